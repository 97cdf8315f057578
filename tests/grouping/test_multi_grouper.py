from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from drg import Grouper
from drg.grouping.code_index import CodeIndex
from drg.grouping.multi_grouper import MultiGrouper, outcome_table
from drg.records.codes import normalised
from tests.comparing import VERSIONS
from tests.helpers import DATA, DEMO_CASES, demo_frame, version

GROUPERS = [Grouper(id_) for id_ in VERSIONS]


@pytest.mark.parametrize("sample", [*VERSIONS, "yinchuan-2023"])
def test_several_versions_at_once_are_each_by_itself(sample: str) -> None:
    cases = pl.read_parquet(DATA / "conformance" / f"{sample}.parquet")
    for grouper, found in zip(GROUPERS, MultiGrouper(GROUPERS).group_batch(cases), strict=True):
        alone = grouper.group_batch(cases).select(found.frame.columns)
        assert_frame_equal(found.frame, alone)
        assert_frame_equal(
            outcome_table(grouper)[found.outcomes], alone.select(outcome_table(grouper).columns)
        )


def test_every_kind_of_outcome_has_its_row() -> None:
    demo = Grouper("demo")
    cases = demo_frame([*DEMO_CASES, {**DEMO_CASES[0], "age_years": 300}])
    (found,) = MultiGrouper([demo]).group_batch(cases)
    assert set(found.frame["grouping_status"]) == {"grouped", "ambiguous", "no_drg", "ungrouped", "invalid"}
    columns = outcome_table(demo).columns
    assert_frame_equal(outcome_table(demo)[found.outcomes], found.frame.select(columns))


def test_a_code_that_one_version_lacks_is_unknown_to_it_alone() -> None:
    one = Grouper(
        version([("A", "ZYZD in S", 1)], [("AA1", "", "A", 1)], [("AA11", "", "AA1", "", 1)], {"S": ["X1"]})
    )
    two = Grouper(
        version([("A", "ZYZD in S", 1)], [("AA1", "", "A", 1)], [("AA11", "", "AA1", "", 1)], {"S": ["X2"]})
    )
    cases = pl.DataFrame({"principal_diagnosis": ["X1", " x2 ", "", None, "X3"]})
    first, second = MultiGrouper([one, two]).group_batch(cases)
    assert first.frame["grouping_status"].to_list() == ["grouped", *["ungrouped"] * 4]
    assert second.frame["grouping_status"].to_list() == ["ungrouped", "grouped", *["ungrouped"] * 3]
    assert first.frame["grouping_reason"].to_list() == [None, "G04|G08", "G03", "G03", "G04|G08"]


SPELLED = st.text("ABab1２. +*", min_size=1, max_size=4)
CODES = st.lists(SPELLED.filter(lambda code: normalised(pl.Series([code]))[0] != ""), min_size=1, max_size=12)


@given(CODES, CODES, st.lists(SPELLED, max_size=12))
def test_shared_numbers_lead_to_the_own_ones(first: list[str], second: list[str], asked: list[str]) -> None:
    one, two = (CodeIndex(pl.Series(codes, dtype=pl.String)) for codes in (first, second))
    shared = CodeIndex(pl.concat([one.codes[1:], two.codes[1:]]))
    spelled = pl.Series([*asked, None, ""], dtype=pl.String)
    for index in (one, two):
        assert (shared.numbers_in(index)[shared.encode(spelled)] == index.encode(spelled)).all()


def test_codes_that_may_not_be_principal_in_one_of_them() -> None:
    """One version has the code in its tables, another has not; each says what it says alone."""
    groupers = [Grouper("chs-drg-1.1"), Grouper("chs-drg-2.0")]
    codes = ["U82.101", "P00.001", "A00.100", "V01.x00", "K80.000x003", "Q99.99"]
    frame = demo_frame([{**DEMO_CASES[0], "principal_diagnosis": code} for code in codes])
    frame = frame.with_columns(principal_procedure=pl.lit(None, dtype=pl.String), age_years=40)
    for grouper, grouped in zip(groupers, MultiGrouper(groupers).group_batch(frame), strict=True):
        alone = grouper.group_batch(frame)["grouping_reason"].cast(pl.String).to_list()
        assert grouped.frame["grouping_reason"].cast(pl.String).to_list() == alone
        assert sum("G11" in (reason or "") for reason in alone) >= 3
