"""The check as users call it: frames of all kinds, versions, rules of one's own, nothing ever lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, InputError
from drg.analysis.checks import RULES, Rule, choose
from drg.analysis.checks.facts import GrouperFacts
from drg.columns import Kind
from drg.records.batches import rebatched
from drg.records.cases import Cases
from drg.records.cells import as_text
from drg.records.checking import Checker
from drg.records.findings import ERROR, SCHEMA
from drg.records.rules import RECORDED as CANONICAL
from drg.words import Both
from tests.helpers import DATA, demo_case, demo_frame
from tests.profiles import tries

VERSION = "chs-drg-2.0"
# Values that trip rules often, with others that do not.
_DAYS = [datetime(2024, 3, 1, 8) + timedelta(days=days) for days in range(6)]
VALUES: dict[str, list[Any]] = {
    "case_id": ["1", "2", "3", "4", "5"],
    "hospital_id": ["A", "B"],
    "patient_id": ["P", "Q", "R"],
    "sex": [1, 2, 9, 3],
    "age_years": [0, 1, 30, 75, 200],
    "age_days": [0, 5, 40, 400],
    "birth_weight_g": [0, 3, 1200, 3300],
    "admission_weight_g": [1200, 3300, 30000],
    "department": ["03"],
    "los_days": [0, 1, 2, 61],
    "disposition": ["1", "5", "8"],
    "icu_hours": [0.0, 12.5, 500.0],
    "ventilator_hours": [0.0, 95.5, 97.0],
    "principal_diagnosis": [
        "I50.900",
        "i50.9",
        "O80.000",
        "C61.x00",
        "P07.100",
        "Z51.100",
        "V01.000",
        "ＢAD",
    ],
    "other_diagnoses": [[], ["Z37.000"], ["I10.x00", "I10.x00"], ["N40.x00", "D25.900"], ["I50.900", "?"]],
    "principal_procedure": ["51.2300", "96.7201", "51.23", "99.9900"],
    "other_procedures": [[], ["96.7101"], ["51.2300", "68.4100"]],
    "birth_date": [date(1994, 3, 2), date(2024, 2, 28), date(2024, 3, 4)],
    "admission_date": _DAYS,
    "discharge_date": _DAYS,
    "insurance_type": ["310"],
    "total_cost_yuan": [0.0, 3.5, 1000.25],
    "cost_parts_yuan": [-1.0, 1000.25],
}
DTYPES = {
    name: pl.Float64 if column.kind is Kind.MONEY else column.dtype for name, column in CANONICAL.items()
}


def frames(least: int = 0) -> st.SearchStrategy[pl.DataFrame]:
    row = st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in VALUES.items()})
    return st.lists(row, min_size=least, max_size=12).map(
        lambda rows: pl.DataFrame(rows, schema={name: DTYPES[name] for name in VALUES}, orient="row")
    )


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(as_text(series) for series in frame)


@pytest.fixture(scope="module")
def grouper() -> Grouper:
    return Grouper(VERSION)


@tries(0.25)
@given(frame=frames())
def test_text_and_types_give_the_same_findings(frame: pl.DataFrame, grouper: Grouper) -> None:
    typed, text = (drg.check(one, grouper) for one in (frame, as_texts(frame)))
    assert_frame_equal(typed.findings, text.findings)
    assert typed.findings.schema == SCHEMA
    assert typed.cases == frame.height
    assert typed.summary["cases"].sum() == typed.findings.height
    assert typed.findings["row"].is_sorted()


@tries(0.25)
@given(frame=frames())
def test_validate_never_loses_a_row(frame: pl.DataFrame, grouper: Grouper) -> None:
    numbered = frame.with_row_index("number", offset=2)
    valid, findings = drg.validate(numbered, grouper)
    wrong = set(findings.filter(pl.col("severity") == ERROR)["row"])
    assert_frame_equal(valid, numbered.filter(~pl.col("number").is_in(wrong)))
    assert valid.height + len(wrong) == frame.height
    assert_frame_equal(findings, drg.check(frame, grouper).findings)


@tries(0.15)
@given(frame=frames(least=1), rows=st.integers(1, 5))
def test_batches_give_what_the_whole_gives(frame: pl.DataFrame, rows: int, grouper: Grouper) -> None:
    parts = pl.concat([frame[start : start + rows].lazy() for start in range(0, frame.height, rows)])
    whole = drg.check(frame, grouper).findings
    assert_frame_equal(drg.check(parts, grouper).findings, whole)
    assert_frame_equal(drg.check(rebatched(parts, rows), grouper).findings, whole)


def test_many_batches_keep_their_order() -> None:
    frame = pl.DataFrame({"case_id": pl.int_range(300_000, eager=True) // 2, "los_days": 61})
    findings = drg.check(frame, rules=["los-days-over-60", "case-repeated"]).findings
    assert findings["row"].is_sorted()
    assert findings.filter(pl.col("rule") == "case-repeated")["row"].to_list() == list(range(3, 300_002, 2))
    assert findings.height == 450_000


def test_every_kind_of_frame() -> None:
    frame = pl.DataFrame({"case_id": ["a", "b", "c"], "sex": [1, 5, 2], "los_days": [1.0, 2.0, 70.0]})
    expected = drg.check(frame).findings
    assert expected["rule"].to_list() == ["sex-impossible", "los-days-over-60"]
    as_pandas = frame.to_pandas().set_index(pd.Index([30, 10, 20]))
    for kind in (frame.lazy(), frame.to_arrow(), as_pandas):
        assert_frame_equal(drg.check(kind).findings, expected)
    valid, _ = drg.validate(frame)
    assert valid["case_id"].to_list() == ["a", "c"]
    lazy, _ = drg.validate(frame.lazy())
    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect(), valid)
    arrow, _ = drg.validate(frame.to_arrow())
    assert isinstance(arrow, pa.Table)
    assert arrow.schema == frame.to_arrow().schema
    assert arrow["case_id"].to_pylist() == ["a", "c"]
    pandas, _ = drg.validate(as_pandas)
    pd.testing.assert_frame_equal(pandas, as_pandas.loc[[30, 20]])
    with pytest.raises(InputError, match="not a table"):
        drg.check([1, 2])


def test_rules_are_skipped_for_lack_of_columns_and_say_so() -> None:
    result = drg.check(pl.DataFrame({"principal_diagnosis": ["I50.900"]}))
    skipped = dict(result.skipped.rows())
    assert skipped["principal-groups-nowhere"] == ["grouper"]
    assert skipped["stays-overlap"] == ["admission_date", "discharge_date", "patient_id"]
    assert len(skipped) + result.summary.height == len(RULES)
    assert result.errors == 0


def test_only_some_rules_and_rules_of_ones_own() -> None:
    mine = Rule(
        id="department-of-children",
        fields=("department", "age_years"),
        when=(pl.col("department") == "07") & (pl.col("age_years") > 18),
        message=Both("an adult was discharged from the children's department", "成人患者从儿科出院"),
        fix="Check the department",
    )
    frame = pl.DataFrame({"department": ["07", "07"], "age_years": [5, 50], "los_days": [0, 61]})
    result = drg.check(frame, rules=["los-days-zero", mine])
    assert result.findings.select("row", "rule", "value").rows() == [
        (2, "los-days-zero", "0"),
        (3, "department-of-children", "07"),
    ]
    said = ("成人患者从儿科出院", "Check the department", "Check the department")
    assert result.findings.select("message_zh", "fix", "fix_zh").row(1) == said
    with pytest.raises(InputError, match="los-days-zero"):
        drg.check(frame, rules=["los-day-zero"])
    late = pl.DataFrame({"discharge_date": [date(2024, 1, 31), date(2024, 2, 1)]})
    assert drg.check(late, rules=[], until=date(2024, 1, 31)).findings["row"].to_list() == [3]


# ------------------------------------------------------------------------------- rules that ask a version

SOMEBODY = {"sex": 2, "age_years": 40, "age_days": None, "disposition": "1", "los_days": 3, "icu_hours": 0.0}


@pytest.mark.parametrize(
    ("rule", "tripping", "passing"),
    [
        ("principal-groups-nowhere", {"principal_diagnosis": "V01.000"}, {"principal_diagnosis": "I50.900"}),
        (
            "case-groups-nowhere",
            {"principal_diagnosis": "N40.x00", "sex": None},
            {"principal_diagnosis": "N40.x00", "sex": 2},  # principal-against-sex says it
        ),
        (
            "principal-against-sex",
            {"principal_diagnosis": "n40.x00"},
            {"principal_diagnosis": "N40.x00", "sex": 1},
        ),
        (
            "principal-against-sex",
            {"principal_diagnosis": "O80.000", "sex": 1},
            {"principal_diagnosis": "Z38.000", "sex": 1, "age_years": 0, "age_days": 1},
        ),
        (
            "other-diagnosis-against-sex",
            {"principal_diagnosis": "I50.900", "other_diagnoses": ["I10.x00", "N40.x00"]},
            {"principal_diagnosis": "I50.900", "other_diagnoses": ["I10.x00", "N40.x00"], "sex": 1},
        ),
        (
            "procedure-against-sex",
            {"principal_diagnosis": "I50.900", "other_procedures": ["60.5x01"]},
            {"principal_diagnosis": "I50.900", "other_procedures": ["60.5x01"], "sex": 1},
        ),
        (
            "principal-procedure-no-operation",
            {
                "principal_diagnosis": "K80.100",
                "principal_procedure": "99.9900",
                "other_procedures": ["51.2300"],
            },
            {"principal_diagnosis": "K80.100", "principal_procedure": "51.2300"},
        ),
        (
            "ambiguous-group",
            {"principal_diagnosis": "I50.900", "principal_procedure": "51.2300"},
            {"principal_diagnosis": "K80.100", "principal_procedure": "51.2300"},
        ),
    ],
)
def test_version_rules(
    rule: str, tripping: dict[str, Any], passing: dict[str, Any], grouper: Grouper
) -> None:
    empty: dict[str, Any] = {"other_diagnoses": [], "principal_procedure": None, "other_procedures": []}
    rows = [{**SOMEBODY, **empty, **cells} for cells in (tripping, passing)]
    nothing = dict.fromkeys(rows[0])
    schema = {name: CANONICAL[name].dtype for name in rows[0]}
    frame = pl.DataFrame([*rows, nothing], schema=schema, orient="row")
    found = drg.check(frame, grouper, rules=[rule]).findings
    assert found["row"].to_list() == [2]


def test_version_rules_of_the_demo_version() -> None:
    frame = demo_frame([demo_case("D30.000", sex=1), demo_case("D30.000", sex=2), demo_case("D12.000")])
    result = drg.check(frame, "demo")
    found = result.findings.filter(pl.col("severity") == ERROR).select("row", "rule").rows()
    assert (2, "principal-against-sex") in found
    assert {row for row, rule in found if rule != "principal-diagnosis-form"} == {2}


def test_codes_of_one_sex_come_from_the_tables(grouper: Grouper) -> None:
    facts = GrouperFacts(grouper)
    men, women = facts.diagnoses_of[1], facts.diagnoses_of[2]
    assert {"N40.X00", "C61.X00"} <= men
    assert {"D25.900", "O80.000", "C53.900"} <= women
    assert not men & women
    assert not any(code.startswith("Z38") for code in women)
    assert "I50.900" not in men | women
    assert "60.5X01" in facts.procedures_of[1]
    assert "74.0X00" in facts.procedures_of[2]
    assert "51.2300" not in facts.procedures_of[1] | facts.procedures_of[2]


def test_every_version_has_codes_of_both_sexes() -> None:
    for version in ("chs-drg-1.1", "wuhan-2022", "yinchuan-2023"):
        facts = GrouperFacts(Grouper(version))
        assert all(facts.diagnoses_of[sex] and facts.procedures_of[sex] for sex in (1, 2))


def test_cases_that_belong_somewhere_are_not_said_to_group_nowhere(grouper: Grouper) -> None:
    sample = pl.read_parquet(DATA / "conformance" / f"{VERSION}.parquet")
    result = drg.check(sample, grouper, rules=["principal-groups-nowhere", "case-groups-nowhere"])
    lost = sample.with_row_index("row", offset=2).filter(pl.col("expected_adrg").is_null())
    assert set(result.findings["row"]) <= set(lost["row"])


def test_the_checker_reads_no_more_than_its_rules_need() -> None:
    ready = Checker(choose(["los-days-zero"]), ["los_days", "principal_diagnosis"])
    # A column that no rule reads may hold anything.
    frame = pl.LazyFrame({"los_days": [0], "principal_diagnosis": [51.23]})
    assert ready.findings(Cases.of(frame)).collect().height == 1
