"""Insurances, levels, hospitals and kinds of a scheme are read as those of cases; odd ones are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from drg import SchemeError
from drg.payment.load_scheme import load_scheme
from drg.payment.names import name_form
from tests.payment.test_plausible import scheme

COEFFICIENTS = '[coefficients]\nsource = "x"\n[[coefficients.rows]]\nvalue = 1.1\nsource = "x"\n'
WEIGHTS = "drg,relative_weight,level\nBR15,1,\nBR15,1.2,{level}\n"


@pytest.mark.parametrize(
    ("column", "text", "form"),
    [
        ("hospital_level", "三级甲等", "3"),
        ("hospital_level", " ３ ", "3"),
        ("insurance_type", "职工", "310"),
        ("insurance_type", "390 ", "390"),
        ("case_kind", "床日", "bed_day"),
        ("hospital_id", " H1", "H1"),
        ("hospital_id", "NA", None),
    ],
)
def test_a_name_has_the_form_of_cases(column: str, text: str, form: str | None) -> None:
    assert name_form(column, text) == form


def test_every_name_of_a_scheme_is_read(tmp_path: Path) -> None:
    part = (
        f'{COEFFICIENTS}level = "三级"\n[[coefficients.rows]]\nvalue = 1.2\nhospital = "H1 "\nsource = "x"\n'
    )
    outside = (
        '[[outside]]\ncase_class = "bed_day"\ncase_kind = "床日"\npays = "by_item"\ninsurance = "职工"\n'
    )
    directory = scheme(tmp_path, f'{part}\n{outside}level = "二级"\nsource = "x"\n')
    (directory / "weights.csv").write_text(WEIGHTS.format(level="三级"), encoding="utf-8")
    loaded = load_scheme(directory)
    assert loaded.scheme.coefficients is not None
    rows, (rule,) = loaded.scheme.coefficients.rows, loaded.scheme.outside
    assert [rows[0].level, rows[1].hospital] == ["3", "H1"]
    assert [rule.case_kind, rule.level, rule.insurance] == ["bed_day", "2", "310"]
    assert list(loaded.weights) == [("BR15", None), ("BR15", "3")]


@pytest.mark.parametrize(
    ("entry", "problem", "usual"),
    [
        ('level = "III"', "level is 'III', which cases hardly ever have", "The levels of hospitals are 1, 2"),
        ('level = "NA"', "'NA' is read as an empty hospital_level in cases, so no case fits", ""),
        ('hospital = "-"', "'-' is read as an empty hospital_id in cases, so no case fits", ""),
    ],
)
def test_a_name_that_no_case_has_is_refused(tmp_path: Path, entry: str, problem: str, usual: str) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(scheme(tmp_path, COEFFICIENTS + entry))
    assert str(caught.value.problem) == problem
    assert usual in str(caught.value.fix)
    assert caught.value.row is not None
    if usual:
        assert load_scheme(
            scheme(tmp_path, COEFFICIENTS + entry, 'unusual = ["coefficients.rows.1.level"]')
        ).scheme.unusual


@pytest.mark.parametrize(
    ("level", "problem"),
    [
        ("III", "no rule is for the level 'III'"),
        ("NA", "the level 'NA' is read as an empty cell"),
        ('"3', "a quotation mark opens or ends no cell"),
    ],
)
def test_a_level_of_a_weight_that_no_case_has_is_refused(tmp_path: Path, level: str, problem: str) -> None:
    directory = scheme(tmp_path, "")
    (directory / "weights.csv").write_text(WEIGHTS.format(level=level), encoding="utf-8")
    with pytest.raises(SchemeError) as caught:
        load_scheme(directory)
    assert (str(caught.value.problem), caught.value.row) == (problem, 3)
    named = f'{COEFFICIENTS}level = "{level}"'
    if level == "III":
        named_there = scheme(tmp_path / "named", named, 'unusual = ["coefficients.rows.1.level"]')
        (named_there / "weights.csv").write_text(WEIGHTS.format(level=level), encoding="utf-8")
        assert ("BR15", "III") in load_scheme(named_there).weights


def test_rules_that_contradict_each_other_are_told_at_the_second(tmp_path: Path) -> None:
    twice = COEFFICIENTS + 'level = "3"\n[[coefficients.rows]]\nvalue = 1.2\nlevel = "三级"\nsource = "x"\n'
    with pytest.raises(SchemeError, match="two coefficients are for the same") as caught:
        load_scheme(scheme(tmp_path, twice))
    assert caught.value.field == "coefficients.rows.2"
    lines = (tmp_path / "scheme.toml").read_text(encoding="utf-8").splitlines()
    assert caught.value.row is not None
    assert lines[caught.value.row - 1] == "[[coefficients.rows]]"
    assert "value = 1.2" in lines[caught.value.row]
