"""Sums of groups: exact, whatever the batches, and the measures those of numpy and pandas."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from drg.analysis.quality import GroupMoments
from drg.analysis.quality.sums import Sums, riv
from drg.errors import InputError
from tests.analysis.quality.frames import grouped, random_cases, riv_by_pandas, usable

# The worked example of the article "One-way analysis of variance" of Wikipedia: SSB 84, SSW 68, F 9.3.
FERTILISERS = {"AA11": [6, 8, 4, 5, 3, 4], "AA13": [8, 12, 9, 11, 6, 8], "AA15": [13, 9, 11, 8, 7, 12]}


def sums(values: list[int]) -> Sums:
    return Sums(len(values), sum(values), sum(value * value for value in values))


def test_textbook_by_hand() -> None:
    groups = [sums(values) for values in FERTILISERS.values()]
    assert [group.mean() for group in groups] == [5, 9, 10]
    assert [group.squares_within for group in groups] == [16, 24, 28]
    assert riv(groups) == pytest.approx(84 / 152, rel=1e-15)
    # The sample variance of the first is 16 ÷ 5.
    assert groups[0].cv(1) == pytest.approx(sqrt(3.2) / 5, rel=1e-15)
    assert groups[0].cv(0) == pytest.approx(sqrt(16 / 6) / 5, rel=1e-15)


@given(st.lists(st.integers(0, 10**10), min_size=2, max_size=50), st.sampled_from([0, 1]))
def test_measures_of_a_group_are_those_of_exact_arithmetic(values: list[int], ddof: int) -> None:
    found = sums(values)
    mean = Fraction(sum(values), len(values))
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - ddof)
    assert found.mean() == float(mean)
    assert found.sd(ddof) == pytest.approx(sqrt(variance), rel=1e-15)
    if mean:
        assert found.cv(ddof) == pytest.approx(sqrt(variance / mean**2), rel=1e-15)
    else:
        assert found.cv(ddof) is None


def test_large_costs_that_hardly_differ_keep_their_variance() -> None:
    # Floats would lose it: the squares have 20 digits.
    values = [9_999_999_999, 9_999_999_998, 9_999_999_997]
    assert sums(values).squares_within == 2
    assert sums(values).sd(1) == 1
    assert sums([10**10] * 3).squares_within == 0


def test_batches_threads_and_order_do_not_matter() -> None:
    frame = random_cases(2000)
    whole = GroupMoments()
    whole.add(frame)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=3)
    parts = GroupMoments()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(parts.add, shuffled.iter_slices(7)))
    assert parts.groups().equals(whole.groups())
    assert parts.summary() == whole.summary()
    assert whole.summary()["cases"] == 2000


@pytest.mark.parametrize("ddof", [0, 1])
def test_groups_and_summary_equal_pandas(ddof: int) -> None:
    frame = random_cases(3000, seed=1)
    moments = GroupMoments(ddof=ddof, min_cases=50)
    moments.add(frame)
    groups = moments.groups()
    statuses = frame["grouping_status"]
    for value, name, unit in (("total_cost_yuan", "cost", "yuan"), ("los_days", "los", "days")):
        by_group = usable(frame, value).groupby("drg")["x"]
        expected = by_group.agg(["count", "mean"]).assign(sd=by_group.std(ddof=ddof)).reset_index()
        assert groups["drg"].to_list() == expected["drg"].tolist()
        assert groups[f"{name}_cases"].to_list() == expected["count"].tolist()
        assert groups[f"mean_{name}_{unit}"].to_list() == pytest.approx(expected["mean"].tolist(), rel=1e-13)
        assert groups[f"sd_{name}_{unit}"].to_list() == pytest.approx(expected["sd"].tolist(), rel=1e-12)
        cv = (expected["sd"] / expected["mean"]).tolist()
        assert groups[f"cv_{name}"].to_list() == pytest.approx(cv, rel=1e-12)
        assert moments.summary()[f"riv_{name}"] == pytest.approx(
            riv_by_pandas(usable(frame, value)), rel=1e-12
        )
    summary = moments.summary()
    cost = usable(frame, "total_cost_yuan").groupby("drg")["x"]
    cv = cost.std(ddof=ddof) / cost.mean()
    assert 0 < (cv < 0.8).mean() < 1
    assert summary["share_groups_cv_below_0_8"] == (cv < 0.8).mean()
    assert summary["share_cases_cv_below_0_8"] == cost.count()[cv < 0.8].sum() / cost.count().sum()
    assert summary["share_cases_cv_below_1"] == cost.count()[cv < 1].sum() / cost.count().sum()
    assert summary["grouped"] == (statuses == "grouped").sum()
    assert summary["grouping_rate"] == (statuses == "grouped").sum() / 3000
    assert summary["groups_used"] == 30
    counts = frame.filter(statuses == "grouped").group_by("drg").len()["len"]
    assert summary["few_case_groups"] == (counts < 50).sum() > 0


def test_the_textbook_through_frames() -> None:
    moments = GroupMoments()
    moments.add(grouped((drg, x, x) for drg, values in FERTILISERS.items() for x in values))
    summary = moments.summary()
    assert summary["riv_cost"] == summary["riv_los"] == pytest.approx(84 / 152, rel=1e-15)
    f = stats.f_oneway(*FERTILISERS.values()).statistic
    assert summary["riv_cost"] == pytest.approx(2 * f / (2 * f + 15))


def test_excluded_cases_are_in_no_denominator() -> None:
    frame = grouped([("AA11", 10, 1), ("AA13", 20, 2), ("AA13", 30, 2), ("AA13", 1000, 2)]).with_columns(
        grouping_status=pl.Series(["grouped", "grouped", "invalid", "grouped"]),
        case_kind=pl.Series([None, None, None, "bed_day"]),
    )
    plain, strict = GroupMoments(), GroupMoments(exclude=["invalid"])
    plain.add(frame)
    strict.add(frame)
    assert (plain.summary()["excluded"], plain.summary()["grouping_rate"]) == (1, 2 / 3)
    assert (strict.summary()["excluded"], strict.summary()["grouping_rate"]) == (2, 1)
    assert strict.groups()["cases"].to_list() == [1, 1]
    short = GroupMoments(longest_stay=1)
    short.add(frame)
    assert (short.summary()["excluded"], short.summary()["grouping_rate"]) == (3, 1)
    with pytest.raises(InputError, match="'grouped' cannot be excluded"):
        GroupMoments(exclude=["grouped"])


def test_other_columns_and_what_could_not_be_read() -> None:
    frame = pl.DataFrame(
        {
            "to": ["AA11", "AA11", "AA13", "0000", None],
            "state": ["grouped", "grouped", "grouped", "grouped", "grouped"],
            "yuan": pl.Series(["1.01", "-3", None, "5", "6"]).cast(pl.Decimal(18, 2)),
            "yuan?": [None, None, "abc", None, None],
            "days": [3.0, 2.5, None, 1.0, 1.0],
        }
    )
    moments = GroupMoments("to", "state", "yuan", "days")
    moments.add(frame)
    groups = moments.groups()
    assert groups.select(
        "drg", "cases", "cost_cases", "impossible_costs", "los_cases", "impossible_los"
    ).rows() == [
        ("AA11", 2, 1, 1, 1, 1),
        ("AA13", 1, 0, 1, 0, 0),
    ]
    assert groups["cost_sum_fen"].to_list() == [101, 0]
    # Grouped into nothing is not grouped.
    assert moments.summary()["grouped"] == 3


def test_nothing_at_all_is_not_nan() -> None:
    summary = GroupMoments().summary()
    assert summary["cases"] == summary["groups_used"] == 0
    assert {name for name, value in summary.items() if value is None} >= {
        "grouping_rate",
        "riv_cost",
        "riv_los",
    }
    no_values = GroupMoments()
    no_values.add(pl.DataFrame({"drg": ["AA11"], "grouping_status": ["grouped"]}))
    assert no_values.summary()["riv_cost"] is None
    assert no_values.groups()["mean_cost_yuan"].to_list() == [None]
    assert np.isfinite([x for x in no_values.summary().values() if x is not None]).all()
