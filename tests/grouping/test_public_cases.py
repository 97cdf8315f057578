"""Public cases of CHS-DRG 3.0 with the group that their source expects; each row names its source.

The sources are other implementations of 3.0, not the authority: that they agree is worth something, no more.
"""

from __future__ import annotations

import polars as pl

import drg
from tests.helpers import DATA

CASES = pl.read_csv(DATA / "chs-drg-3.0-cases.csv", infer_schema=False)


def test_all_groups_are_as_expected() -> None:
    assert CASES.height == 188
    grouped = drg.group(CASES, "chs-drg-3.0")
    expected = pl.col("expected_drg").fill_null("0000")
    wrong = grouped.filter(pl.col("drg").ne_missing(expected))
    assert wrong.select("case_id", "drg", "expected_drg").rows() == []


def test_explanations_say_the_same() -> None:
    grouper = drg.Grouper("chs-drg-3.0")
    for case in CASES.drop("expected_drg", "source").iter_rows(named=True):
        expected = CASES.filter(case_id=case["case_id"])["expected_drg"][0] or "0000"
        assert grouper.explain(case).drg == expected, case
