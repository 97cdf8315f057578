"""Three readers of one version agree: the kernel, the explanation and the plain evaluator of the oracle."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import Grouper
from drg.tables.locate import installed
from tests.helpers import DATA, discharge, grouper_tables, outcome, outcomes
from tests.profiles import quick_first, share, tries
from tests.reference import ReferenceGrouper, ReferenceResult
from tests.strategies import frames, tables

SHIPPED = [name for name in installed() if name != "demo"]
# The oracle takes a millisecond or two and an explanation some five, so versions give a part of their sample.
READ = share(4)
IN_DEPTH = ("chs-drg-2.0", "chs-drg-3.0", "yinchuan-2023")
EXPLAINED = dict.fromkeys(SHIPPED, share(0.25)) | dict.fromkeys(IN_DEPTH, share(3))


def as_reference(grouped: dict[str, Any]) -> ReferenceResult:
    return ReferenceResult(
        grouped["mdc"], grouped["adrg"], grouped["drg"], grouped["severity"], grouped["grouping_status"]
    )


def without_nan(case: dict[str, Any]) -> dict[str, Any]:
    """What a frame may say with NaN, one discharge says with None."""
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in case.items()}


def spread(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    """So many rows, evenly from all over the frame; all of them, if it has no more."""
    rows = min(rows, frame.height)
    return frame.gather([place * frame.height // rows for place in range(rows)])


@tries(1.2)
@given(st.data())
def test_kernel_explanation_and_reference_agree(data: st.DataObject) -> None:
    version = data.draw(tables())
    cases, frame = data.draw(frames(version))
    grouper = Grouper(grouper_tables(version))
    oracle = ReferenceGrouper(version)
    for case, grouped in zip(cases, outcomes(grouper.group(frame)), strict=True):
        assert outcome(grouper.explain(without_nan(case))) == grouped
        assert oracle.group(case) == as_reference(grouped)


@pytest.mark.random
@pytest.mark.parametrize("name", quick_first(SHIPPED, 6))
def test_the_three_agree_on_shipped_versions(name: str) -> None:
    grouper = Grouper(name)
    sample = spread(pl.read_parquet(DATA / "conformance" / f"{name}.parquet"), READ)
    oracle = ReferenceGrouper(grouper.tables.frames)
    for case, grouped in zip(sample.to_dicts(), outcomes(grouper.group(sample)), strict=True):
        assert oracle.group(case) == as_reference(grouped), case["case_id"]
    some = spread(sample, EXPLAINED[name])
    for case, grouped in zip(some.to_dicts(), outcomes(grouper.group(some)), strict=True):
        assert outcome(grouper.explain(discharge(case))) == grouped, case["case_id"]


def test_the_three_agree_on_what_is_missing_and_impossible() -> None:
    """Conformance files hold complete cases only; here every third value is taken away or spoiled."""
    grouper = Grouper("chs-drg-2.0")
    sample = spread(pl.read_parquet(DATA / "conformance" / "chs-drg-2.0.parquet"), 120)
    row = pl.int_range(pl.len())
    spoiled = sample.with_columns(
        *(
            pl.when((row + place) % 9 == 0).then(-7).when((row + place) % 3 == 0).then(None).otherwise(name)
            .alias(name)
            for place, name in enumerate(("sex", "age_years", "age_days", "birth_weight_g", "icu_hours"))
        ),
        *(
            pl.when((row + place) % 5 == 0).then(pl.lit("?")).when((row + place) % 4 == 0).then(None)
            .otherwise(name).alias(name)
            for place, name in enumerate(("principal_diagnosis", "principal_procedure"))
        ),
        *(
            pl.when((row + place) % 3 == 0).then(None).otherwise(name).alias(name)
            for place, name in enumerate(("other_diagnoses", "other_procedures"))
        ),
    )  # fmt: skip
    oracle = ReferenceGrouper(grouper.tables.frames)
    grouped_rows = outcomes(grouper.group(spoiled))
    assert {row["grouping_status"] for row in grouped_rows} >= {"grouped", "ungrouped", "invalid"}
    for case, grouped in zip(spoiled.to_dicts(), grouped_rows, strict=True):
        assert outcome(grouper.explain(discharge(case))) == grouped
        assert oracle.group(case) == as_reference(grouped)
