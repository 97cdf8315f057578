"""Every rule on its own: a case that trips it, one that does not, and one of which nothing is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from drg.analysis.checks import RULES, choose
from drg.columns import Kind
from drg.records.cases import Cases
from drg.records.checking import Checker
from drg.records.findings import SEVERITIES
from drg.records.rules import BY_GROUPER, Rule
from drg.records.rules import RECORDED as CANONICAL
from drg.words import told
from tests.records.check_examples import EXAMPLES

ALL = choose(until=date(2024, 3, 5))
ALONE = [rule for rule in ALL if not rule.across and not any(n.startswith(BY_GROUPER) for n in rule.reads)]
IDS = [rule.id for rule in ALONE]


def frame(cells: dict[str, Any], rule: Rule) -> pl.DataFrame:
    names = dict.fromkeys((*rule.needs, *cells, "case_id"))
    columns = {}
    for name in names:
        value = cells.get(name)
        dtype = CANONICAL[name].dtype
        if CANONICAL[name].kind is Kind.MONEY and not isinstance(value, str):
            dtype = pl.Float64
        columns[name] = pl.Series([value], dtype=pl.String if isinstance(value, str) else dtype)
    return pl.DataFrame(columns)


def found(cells: dict[str, Any], rule: Rule) -> pl.DataFrame:
    data = frame(cells, rule)
    ready = Checker([rule], data.columns)
    assert not ready.skipped
    return ready.findings(Cases.of(data)).collect()


@pytest.mark.parametrize("rule", ALONE, ids=IDS)
def test_it_finds_what_it_should(rule: Rule) -> None:
    tripping, _ = EXAMPLES[rule.id]
    (finding,) = found(tripping, rule).to_dicts()
    assert (finding["row"], finding["rule"]) == (2, rule.id)
    # Of several columns the one in which the code that is shown stands.
    assert finding["field"] in (rule.fields if rule.shown is not None else rule.fields[:1])
    assert finding["column"] in (finding["field"], None)
    value = tripping.get(rule.fields[0])
    if rule.shown is None and not isinstance(value, float):
        shown = str(value).removesuffix(" 00:00:00") if value is not None else None
        assert finding["value"] == ("|".join(value) if isinstance(value, list) else shown)


@pytest.mark.parametrize("rule", ALONE, ids=IDS)
def test_it_leaves_good_cases_alone(rule: Rule) -> None:
    _, passing = EXAMPLES[rule.id]
    assert found(passing, rule).is_empty()


@pytest.mark.parametrize("rule", ALONE, ids=IDS)
def test_it_says_nothing_of_what_is_not_known(rule: Rule) -> None:
    assert found({}, rule).height == rule.id.endswith("-missing") - (rule.id == "principal-procedure-missing")


def test_every_rule_has_an_example() -> None:
    unused = {"age-days-missing", "birth-weight-g-missing", "admission-weight-g-missing"}
    unused |= {"icu-hours-missing", "ventilator-hours-missing", "cost-parts-yuan-missing"}
    assert set(EXAMPLES) - unused == set(IDS)


def test_ids_are_unique_and_texts_complete() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL) >= 25
    for rule in ALL:
        assert rule.severity in SEVERITIES
        assert rule.id == rule.id.lower().replace("_", "-")
        assert set(rule.fields) <= set(CANONICAL), rule
        assert all(name in CANONICAL or name.startswith(BY_GROUPER) for name in rule.reads), rule
        for text in (rule.message, rule.fix):
            assert text.isprintable()
            assert text
        for text in (told(rule.message, "zh"), told(rule.fix, "zh")):
            assert any("\u4e00" <= character <= "\u9fff" for character in text)
        assert rule.source


@pytest.mark.parametrize(
    ("rule", "cells", "shown"),
    [
        ("other-diagnoses-form", {"other_diagnoses": ["I10.x00", "I50.9", "?"]}, "I50.9|?"),
        ("other-diagnoses-repeated", {"other_diagnoses": ["A00.000", "B", "A00.000", "B"]}, "A00.000|B"),
        ("other-diagnoses-many", {"other_diagnoses": ["A00.000"] * 45}, "45"),
        ("obstetric-in-man", {"sex": 1, "other_diagnoses": ["I10.x00", "O80.000"]}, "O80.000"),
        ("obstetric-in-man", {"sex": 1, "principal_diagnosis": "O80.000"}, "O80.000"),
        ("sex-impossible", {"sex": 3}, "3"),
        ("icu-hours-impossible", {"icu_hours": -0.5}, "-0.5"),
        ("birth-after-admission", EXAMPLES["birth-after-admission"][0], "2024-03-02"),
    ],
)
def test_the_value_shown_is_the_one_to_look_at(rule: str, cells: dict[str, Any], shown: str) -> None:
    (one,) = (one for one in RULES if one.id == rule)
    assert found(cells, one)["value"].to_list() == [shown]


# ------------------------------------------------------------------------------ cases against each other


def stays(*rows: tuple[str | None, int | None, int | None], **more: list[Any]) -> pl.DataFrame:
    """Stays of a patient from one day of March to another."""
    day = {None: None} | {n: date(2024, 3, n) for n in range(1, 32)}
    patients, begins, ends = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "case_id": [str(n) for n in range(len(rows))],
            "patient_id": pl.Series(patients, dtype=pl.String),
            "admission_date": pl.Series([day[begin] for begin in begins], dtype=pl.Date),
            "discharge_date": pl.Series([day[end] for end in ends], dtype=pl.Date),
            **more,
        }
    )


def rows_of(rule: str, data: pl.DataFrame) -> list[int]:
    ready = Checker([one for one in RULES if one.id == rule], data.columns)
    return (ready.findings(Cases.of(data)).collect()["row"] - 2).to_list()


def test_overlapping_stays() -> None:
    data = stays(
        ("P", 1, 20),
        ("P", 3, 5),
        ("P", 10, 12),  # within the first, though it begins after the second
        ("P", 20, 22),  # discharged and admitted on one day
        ("Q", 2, 4),
        ("Q", 4, 6),
        (None, 1, 9),
        (None, 2, 9),
        ("R", 1, None),
        ("R", 2, 3),
        ("S", None, 9),
        ("S", 2, 3),
    )
    assert rows_of("stays-overlap", data) == [1, 2]
    assert rows_of("stays-overlap", data.reverse()) == [9, 10]


def test_overlap_is_not_fooled_by_far_dates() -> None:
    data = stays(("P", 1, 2), ("Q", 3, 4)).with_columns(discharge_date=pl.Series([date(9999, 12, 31)] * 2))
    assert rows_of("stays-overlap", data) == []


def test_repeated_cases() -> None:
    data = stays(("P", 1, 2), ("P", 1, 2), ("P", 1, 3), (None, 1, 2), (None, 1, 2))
    assert rows_of("stay-repeated", data) == [1]
    assert rows_of("case-repeated", data.with_columns(case_id=pl.lit("7"))) == [1, 2, 3, 4]
    apart = data.with_columns(case_id=pl.lit("7"), hospital_id=pl.Series(["A", "B", "A", None, "C"]))
    assert rows_of("case-repeated", apart) == [2]
    assert rows_of("case-repeated", data.with_columns(case_id=pl.lit(None, pl.String))) == []
