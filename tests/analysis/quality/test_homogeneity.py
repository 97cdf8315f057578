"""Two kinds of cost, splits and merges: against scipy, and found only where they were planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from drg.analysis.quality import Evaluation, evaluate
from drg.analysis.quality.homogeneity import HOMOGENEITY, characteristics
from tests.analysis.quality.frames import grouped, usable
from tests.profiles import share

GROUPS = 12


def made_up(cases: int, seed: int, **planted: Any) -> pl.DataFrame:
    """Log-normal costs of four ADRGs with three groups each, of which each costs 1.6 times the one before.

    Args:
        cases: how many.
        seed: of the draws.
        planted: added to the log: ``old`` of those from 65 years in AA13, ``two`` of half of AB13;
            ``same`` is taken from AA15, which makes it equal to AA13 if it is 0.47.
    """
    rng = np.random.default_rng(seed)
    group = rng.integers(0, GROUPS, cases)
    age = rng.integers(0, 95, cases)
    log = rng.normal(8 + 0.47 * group, 0.6)
    log += planted.get("old", 0) * ((group == 1) & (age >= 65))
    log += planted.get("two", 0) * ((group == 4) & (rng.random(cases) < 0.5))
    log -= planted.get("same", 0) * (group == 2)
    return pl.DataFrame(
        {
            "drg": [f"A{'ABCD'[n // 3]}1{'135'[n % 3]}" for n in group],
            "adrg": [f"A{'ABCD'[n // 3]}1" for n in group],
            "grouping_status": "grouped",
            "total_cost_yuan": pl.Series(np.exp(log).round(0)).cast(pl.Decimal(18, 2)),
            "los_days": rng.poisson(2, cases),
            "age_years": age,
            "severity": rng.choice(["none", "CC", "MCC"], cases, p=[0.5, 0.3, 0.2]),
            "department": rng.choice(["01", "02", "03", "04"], cases),
            "principal_procedure": pl.Series(rng.choice(["55.2300", ""], cases)).replace("", None),
        }
    )


def evaluated(frame: pl.DataFrame) -> Evaluation:
    return evaluate(frame, with_homogeneity=True)


def rows_of(found: Evaluation, kind: str) -> pl.DataFrame:
    assert found.homogeneity is not None
    return found.homogeneity.filter(kind=kind)


def test_splits_equal_scipy() -> None:
    frame = made_up(3000, seed=1, old=0.9).with_columns(
        department=pl.when(pl.col("department") != "04").then("department")
    )
    found = evaluated(frame)
    rows = rows_of(found, "split")
    texts = frame.with_columns(**characteristics())
    cases = usable(frame, "total_cost_yuan")
    total = ((cases["x"] - cases["x"].mean()) ** 2).sum()
    checked = set()
    few = rows.group_by("characteristic", maintain_order=True).head(4)
    for row in few.iter_rows(named=True):
        name = row["characteristic"]
        part = texts.filter(pl.col("drg") == row["drg"], pl.col(name).is_not_null())
        costs = part["total_cost_yuan"].cast(pl.Float64).to_numpy()
        here = (part[name] == row["with_value"]).to_numpy()
        one, other = costs[here], costs[~here]
        assert (row["cases"], row["other_cases"]) == (len(one), len(other))
        assert min(row["cases"], row["other_cases"]) >= 30
        assert row["geometric_mean_cost_yuan"] == pytest.approx(stats.gmean(one))
        ratio = stats.gmean(one) / stats.gmean(other)
        assert row["ratio_of_geometric_means"] == pytest.approx(ratio)
        welch = stats.ttest_ind(np.log(one), np.log(other), equal_var=False).pvalue
        if name != "department":  # ranks are those in the whole group, of which some have no department
            assert row["p"] == pytest.approx(max(welch, stats.kruskal(one, other).pvalue), rel=1e-9)
        assert row["p"] >= welch * (1 - 1e-9)
        explained = len(one) * len(other) / len(costs) ** 2 * np.log(ratio) ** 2 / np.log(costs).var()
        assert row["explained_log_variance"] == pytest.approx(explained)
        parts = ((costs - costs.mean()) ** 2).sum() - sum(((x - x.mean()) ** 2).sum() for x in (one, other))
        assert row["riv_gained"] == pytest.approx(parts / total)
        checked.add(name)
    assert checked >= {"age_at_least_65", "department", "procedure", "severity", "one_day_with_procedure"}
    adjusted = stats.false_discovery_control(rows["p"].to_numpy())
    assert rows["p_adjusted"].to_list() == pytest.approx(adjusted.tolist())
    suggested = rows.filter("suggested")
    assert (suggested["p_adjusted"] < 0.05).all()
    assert not suggested["ratio_of_geometric_means"].is_between(0.8, 1.25).any()
    (first,) = suggested.sort("p").head(1).to_dicts()
    assert (first["drg"], first["characteristic"]) == ("AA13", "age_at_least_65")


def test_merges_equal_scipy() -> None:
    frame = made_up(3000, seed=2, same=0.47)
    found = evaluated(frame)
    rows = rows_of(found, "merge").sort("drg")
    assert rows.select("drg", "other_drg").rows()[:2] == [("AA11", "AA13"), ("AA13", "AA15")]
    assert rows.height == 8
    for row in rows.iter_rows(named=True):
        one, other = (
            np.log(frame.filter(drg=row[name])["total_cost_yuan"].cast(pl.Float64).to_numpy())
            for name in ("drg", "other_drg")
        )
        above = stats.ttest_ind(one - np.log(0.8), other, equal_var=False, alternative="greater").pvalue
        below = stats.ttest_ind(one - np.log(1.25), other, equal_var=False, alternative="less").pvalue
        assert row["p"] == pytest.approx(max(above, below), rel=1e-7)
        assert row["riv_gained"] < 0
    assert rows.filter("suggested").select("drg", "other_drg").rows() == [("AA13", "AA15")]


def test_two_kinds_are_found() -> None:
    found = evaluated(made_up(4000, seed=3, two=2.5))
    (row,) = rows_of(found, "mixture").filter("suggested").to_dicts()
    assert row["drg"] == "AB13"
    assert row["cases"] / (row["cases"] + row["other_cases"]) == pytest.approx(0.5, abs=0.06)
    # Means of the log: 8 + 4 × 0.47, and 2.5 above it.
    assert np.log(row["geometric_mean_cost_yuan"]) == pytest.approx(9.88, abs=0.15)
    assert np.log(row["ratio_of_geometric_means"]) == pytest.approx(2.5, abs=0.2)
    assert found.densities is not None
    assert found.densities.height == GROUPS
    heights = found.densities.filter(drg="AB13")["heights"].item().to_numpy()
    peaks = (
        (heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:]) & (heights[1:-1] > heights.max() / 3)
    )
    assert peaks.sum() == 2
    assert heights.sum() == pytest.approx(row["cases"] + row["other_cases"], rel=0.01)


@pytest.mark.random
def test_nothing_is_suggested_where_nothing_is() -> None:
    """Of files in which groups are homogeneous and differ, one in twenty has a suggestion of each kind."""
    tried = share(0.25)
    wrong = dict.fromkeys(("mixture", "split", "merge"), 0)
    low = cases = 0
    for seed in range(tried):
        found = evaluated(made_up(1200, seed=50 + seed))
        for kind in wrong:
            wrong[kind] += rows_of(found, kind)["suggested"].any()
        p = rows_of(found, "mixture")["p"]
        low, cases = low + int((p < 0.05).sum()), cases + len(p)
    # One run in a thousand would exceed these.
    assert all(count <= stats.binom.isf(0.001, tried, 0.05) for count in wrong.values())
    assert low <= stats.binom.isf(0.001, cases, 0.06)


def test_skew_alone_is_no_second_kind() -> None:
    rng = np.random.default_rng(4)
    frame = made_up(3000, seed=4)
    costs = rng.gamma(2, 5000, 3000)
    found = evaluated(frame.with_columns(total_cost_yuan=pl.Series(costs.round(2)).cast(pl.Decimal(18, 2))))
    rows = rows_of(found, "mixture")
    assert (rows["p_adjusted"] < 0.05).all()
    assert not rows["suggested"].any()


def test_what_is_missing_is_told() -> None:
    found = evaluated(made_up(2000, seed=5).drop("age_years", "department"))
    assert set(rows_of(found, "split")["characteristic"]) == {
        "severity",
        "procedure",
        "one_day_with_procedure",
    }
    rule = found.findings.filter(rule="characteristics-missing")
    assert rule["count"].to_list() == [4]
    assert "age_at_least_17, age_at_least_65, age_at_least_80, department" in rule["message"].item()


@pytest.mark.parametrize(
    "frame",
    [
        grouped([]),
        grouped([("AA19", 5, 1)] * 40),
        grouped([("AA19", 0, 1)] * 40),
        grouped([("AA11", 5, 1)] * 40 + [("AA13", 5, 1)] * 40),
        grouped([("AA19", None, 1)] * 40),
    ],
    ids=["no case", "all alike", "nothing", "two alike", "no cost"],
)
def test_what_is_not_defined_is_left_out(frame: pl.DataFrame) -> None:
    found = evaluated(frame.with_columns(department=pl.lit("01")))
    assert found.homogeneity is not None
    assert found.homogeneity.schema == HOMOGENEITY
    assert not found.homogeneity["suggested"].any()


def test_it_is_computed_only_when_asked_for() -> None:
    found = evaluate(grouped([("AA19", 5, 1)]))
    assert found.homogeneity is None
    assert "homogeneity" not in found.tables


def test_the_order_of_the_cases_does_not_matter() -> None:
    frame = made_up(1000, seed=6)
    one, other = evaluated(frame), evaluated(frame.sample(fraction=1, shuffle=True, seed=1))
    assert one.homogeneity is not None
    assert other.homogeneity is not None
    assert one.homogeneity.equals(other.homogeneity)
