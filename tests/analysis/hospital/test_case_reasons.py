from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.hospital.case_reasons import Why, case_reasons
from tests.profiles import share


@pytest.mark.random
@pytest.mark.parametrize("version", ["demo", pytest.param("chs-drg-3.0", marks=pytest.mark.thorough)])
def test_the_same_as_the_explanation_of_each_case(version: str) -> None:
    grouper = drg.Grouper(version)
    grouped = drg.group(drg.simulate(share(1, least=60), version, seed=3), grouper)
    found = case_reasons(grouped, grouper)
    assert not found["other_severity"].any()
    assert {Why.COUNTS, Why.NONE_COUNTS, Why.NOT_SPLIT} <= set(found["why"])
    fields = [name for name in grouped.columns if name in drg.Discharge.model_fields]
    for row, case in zip(
        found.iter_rows(named=True), grouped.select(fields).iter_rows(named=True), strict=True
    ):
        explained = grouper.explain(case)
        counted = [one for one in explained.complications if one.counts]
        excluded = [one for one in explained.complications if not one.counts]
        first = next((one for one in counted or excluded if one.level == "MCC"), None)
        first = first or next(iter(counted or excluded), None)
        assert row["complication"] == (first and first.code)
        assert row["complication_level"] == (first and first.level)
        assert row["more_complications"] == max(len(counted) - 1, 0)
        if row["why"] in (Why.COUNTS, Why.NOT_ASKED_FOR, Why.ONE_OF_SEVERAL):
            assert counted
        if row["why"] in (Why.EXCLUDED, Why.NONE_COUNTS):
            assert not counted
            assert bool(excluded) == (row["why"] == Why.EXCLUDED)
        # The conditions that held in the rule of the group name the complication that is told.
        groups = [
            group for mdc in explained.mdcs for adrg in mdc.inside if adrg.held for group in adrg.inside
        ]
        held = {code for group in groups if group.held for one in group.conditions for code in one.codes}
        if row["why"] == Why.COUNTS:
            assert row["complication"] in held
        if row["why"] == Why.NOT_SPLIT:
            assert not any("QTZD in" in one.text and "CC" in one.text for g in groups for one in g.conditions)


def test_codes_that_were_changed_after_grouping() -> None:
    grouper = drg.Grouper("demo")
    grouped = drg.group(drg.simulate(100, "demo", seed=3), grouper)
    bare = grouped.with_columns(other_diagnoses=pl.lit([], dtype=pl.List(pl.String)))
    found = case_reasons(bare, grouper)
    lost = grouped["severity"].cast(pl.String).is_in(["MCC", "CC"]) & (
        grouped["grouping_status"] == "grouped"
    )
    assert lost.any()
    assert found["other_severity"].to_list() == lost.to_list()
