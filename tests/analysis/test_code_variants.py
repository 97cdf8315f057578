"""Every variant is what grouping and pricing that record afresh gives."""

from __future__ import annotations

import warnings
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drg
from drg import InputError, MissingColumnWarning, code_variants
from tests.comparing import demo_groupers, scheme
from tests.helpers import DEMO_CASES
from tests.profiles import tries

DIAGNOSES = sorted({case["principal_diagnosis"] for case in DEMO_CASES if case.get("principal_diagnosis")})
CODES = [*DIAGNOSES, "D90.100", "D90.200", "D90.300"]
PROCEDURES = ["01.1000", "01.2000", "03.6x00", "02.1000"]


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "case_id": "1",
        "sex": draw(st.sampled_from([1, 2])),
        "age_years": draw(st.integers(1, 90)),
        "age_days": None,
        "birth_weight_g": None,
        "admission_weight_g": None,
        "los_days": 9,
        "icu_hours": draw(st.sampled_from([None, 100])),
        "department": None,
        "disposition": "1",
        "principal_diagnosis": draw(st.sampled_from(CODES)),
        "other_diagnoses": draw(st.lists(st.sampled_from(CODES), max_size=4)),
        "principal_procedure": draw(st.sampled_from([None, *PROCEDURES])),
        "other_procedures": draw(st.lists(st.sampled_from(PROCEDURES), max_size=2)),
        "total_cost_yuan": draw(st.integers(100, 60_000)),
        "insurance_type": "310",
        "hospital_level": "3",
        "hospital_id": "H1",
    }


def put_otherwise(record: dict[str, Any], variant: str, code: str | None) -> dict[str, Any]:
    """The record with a code put first or left out, worked out one by one."""
    if variant == "recorded":
        return record
    kind = "procedures" if variant == "principal_procedure" else "diagnoses"
    principal = f"principal_{'procedure' if kind == 'procedures' else 'diagnosis'}"
    rest = [one for one in record[f"other_{kind}"] if one != code]
    if variant == "without_diagnosis":
        return record | {"other_diagnoses": rest}
    before = [] if record[principal] is None else [record[principal]]
    return record | {principal: code, f"other_{kind}": before + rest}


def expected(record: dict[str, Any], complications: set[str]) -> list[tuple[str, str | None]]:
    diagnoses = list(dict.fromkeys(record["other_diagnoses"]))
    procedures = list(dict.fromkeys(record["other_procedures"]))
    return [
        ("recorded", None),
        *(("principal_diagnosis", code) for code in diagnoses if code != record["principal_diagnosis"]),
        *(("without_diagnosis", code) for code in diagnoses if code in complications),
        *(("principal_procedure", code) for code in procedures if code != record["principal_procedure"]),
    ]


@tries(0.5)
@given(records())
def test_a_variant_is_that_record_grouped_and_priced_afresh(record: dict[str, Any]) -> None:
    versions = demo_groupers()[:2]
    pricer = scheme(versions[0])
    found = code_variants([record], versions, [pricer])
    complications = {code for one in versions for code in one.tables.complications["code"]}
    for version in versions:
        rows = found.filter(pl.col("grouper") == version.id).to_dicts()
        assert [(row["variant"], row["code"]) for row in rows] == expected(record, complications)
        changed = [put_otherwise(record, row["variant"], row["code"]) for row in rows]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MissingColumnWarning)
            grouped = drg.group(pl.DataFrame(changed, infer_schema_length=None), version)
            fresh = drg.price(grouped, pricer).to_dicts() if version is versions[0] else grouped.to_dicts()
        for row, one in zip(rows, fresh, strict=True):
            names = ("mdc", "adrg", "drg", "drg_name", "severity", "grouping_status")
            assert [row[name] for name in names] == [one[name] for name in names]
            for name in ("relative_weight", "standard_payment_yuan", "case_class", "payment_yuan"):
                assert row[name] == one.get(name)
            if row["payment_yuan"] is not None and rows[0]["payment_yuan"] is not None:
                assert row["payment_difference_yuan"] == row["payment_yuan"] - rows[0]["payment_yuan"]


@pytest.mark.parametrize("case", DEMO_CASES[:12:2])
def test_the_rules_are_those_of_the_explanation(case: dict[str, Any]) -> None:
    version = demo_groupers()[0]
    rows = code_variants([case], [version]).filter(pl.col("variant") == "recorded")
    explained = version.explain(case)
    held = [
        one for tried in explained.mdcs for one in tried.inside if one.held and one.code == explained.adrg
    ]
    rules = [(one.code, one.rule) for adrg in held for one in (adrg, *adrg.inside) if one.held and one.rule]
    told = "; ".join(f"{code}: {rule}" for code, rule in rules if code in (explained.adrg, explained.drg))
    assert (rows["rule"].item() or "") == told


def test_results_do_not_depend_on_batches() -> None:
    frame = pl.DataFrame(DEMO_CASES, infer_schema_length=None).head(3)
    versions = demo_groupers()[:1]
    whole = code_variants(frame, versions)
    single = pl.concat(
        [code_variants(frame[place : place + 1], versions).drop("case") for place in range(frame.height)]
    )
    assert whole.drop("case").equals(single)
    assert whole.filter(pl.col("variant") == "recorded")["case"].to_list() == [*range(1, frame.height + 1)]


def test_no_version_is_refused() -> None:
    with pytest.raises(InputError):
        code_variants(DEMO_CASES[:1], [])
