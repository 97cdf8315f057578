"""Tests of hospitals against the region, by formulas that can be looked up."""

from __future__ import annotations

import polars as pl
import pytest
from scipy import stats

from drg.analysis.screening.found import TESTS, shaped, share_tests, with_p_of_counts, with_p_of_sums


def test_expected_are_the_shares_of_like_cases() -> None:
    rows = pl.DataFrame(
        {
            "hospital_id": ["A", "A", "B", "B", "C", "D", None],
            "kind": ["x", "y", "x", "x", "y", "y", "x"],
            "flag": [True, False, True, False, True, None, True],
        }
    )
    found = share_tests(rows, pl.col("flag"), "kind").select("hospital_id", "cases", "observed", "expected")
    # x: 2 of 3, y: 1 of 3; who is of no hospital has no part in it.
    assert found.select("hospital_id", "cases", "observed").rows() == [
        ("A", 2, 1.0),
        ("B", 2, 1.0),
        ("C", 1, 1.0),
        ("D", 1, 0.0),
    ]
    assert found["expected"].to_list() == pytest.approx([1.0, 4 / 3, 1 / 3, 1 / 3])


def made_tests(*observed: float) -> pl.DataFrame:
    return shaped(
        pl.DataFrame(
            {"hospital_id": [f"H{n}" for n in range(len(observed))], "observed": observed}
        ).with_columns(subject=pl.lit(""), cases=100, expected=10.0),
        TESTS,
    )


def test_p_is_that_of_the_binomial_distribution_where_hospitals_differ_by_chance() -> None:
    found = with_p_of_counts(made_tests(10, 9, 11, 10, 16))
    exact = stats.binom.sf(16, 100, 0.1) + stats.binom.pmf(16, 100, 0.1) / 2
    assert found["p"][4] == pytest.approx(exact)
    limits = stats.binomtest(16, 100).proportion_ci(method="exact")
    assert found.select("ratio", "ratio_low", "ratio_high").row(4) == pytest.approx(
        (1.6, limits.low * 10, limits.high * 10)
    )


def test_hospitals_that_usually_differ_more_make_p_larger() -> None:
    calm, wild = (with_p_of_counts(made_tests(*others, 30)) for others in ([10] * 20, [2, 20] * 10))
    assert calm["p"][20] < 1e-6
    assert 0.001 < wild["p"][20] < 0.2


def test_fewer_than_four_are_not_compared() -> None:
    assert with_p_of_counts(made_tests(10, 10, 50)).is_empty()
    assert with_p_of_sums(made_tests(10, 10, 50), pl.Series([1.0, 1.0, 1.0])).is_empty()


def test_p_of_sums_is_that_of_the_normal_distribution() -> None:
    found = with_p_of_sums(made_tests(10, 10, 10, 10, 12), pl.Series([1.0] * 5))
    assert found["p"].to_list() == pytest.approx([0.5] * 4 + [stats.norm.sf(2)])
    assert with_p_of_sums(made_tests(10, 10, 10, 12), pl.Series([0.0] * 4))["p"].to_list() == [0.5] * 4
