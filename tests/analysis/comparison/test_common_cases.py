"""Measures on the same cases, against pandas, scipy and derivatives by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import drg
from drg import Comparison
from drg.analysis.comparison.common_cases import LEAST_CASES_A_GROUP, VARIANCE
from tests.comparing import DEMO_VERSIONS as VERSIONS
from tests.comparing import demo_discharges, demo_groupers
from tests.helpers import DEMO_CASES, demo_frame

Floats = npt.NDArray[np.float64]
NAME = "riv_adjusted_difference"
LIMITS = [f"{NAME}_low", f"{NAME}_high"]


def cases(count: int) -> pl.DataFrame:
    """Costs and stays that depend on the diagnosis; some are zero, missing or of cases outside DRG."""
    rng = np.random.default_rng(3)
    made = demo_discharges(count)
    level = (made["principal_diagnosis"].hash(1) % 5).to_numpy()
    cost = np.exp(8 + level / 3 + rng.normal(0, 0.7, count)).round(2)
    cost[:5] = 0
    number = pl.int_range(pl.len())
    return made.with_columns(
        total_cost_yuan=pl.when(number.is_between(10, 30)).then(None).otherwise(pl.Series(cost)),
        los_days=pl.Series(np.ceil(np.exp(level / 4 + rng.normal(1, 0.6, count))).astype(int)),
        case_kind=pl.when(number > count - 40).then(pl.lit("bed_day")),
    )


CASES = cases(4_000)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return drg.compare(CASES, demo_groupers())


@pytest.fixture(scope="module")
def common() -> pd.DataFrame:
    """The cases that every version groups, with their groups; by separate runs."""
    found = CASES.select("total_cost_yuan", "los_days", "case_kind")
    for grouper in demo_groupers():
        grouped = drg.group(CASES, grouper)
        outside = grouped["grouping_status"] != "grouped"
        found = found.with_columns(grouped["drg"].set(outside, None).alias(grouper.id))
    kept = found.filter(pl.col("case_kind").is_null()).drop_nulls(VERSIONS)
    return kept.select(*VERSIONS, cost=pl.col("total_cost_yuan").cast(pl.Float64), los="los_days").to_pandas()


def looked_at(common: pd.DataFrame, value: str, scale: str, trimming: str) -> pd.DataFrame:
    """The cases that have a part, with their ``x``."""
    found = common.assign(x=common[value]).dropna(subset="x")
    if trimming != "none":
        kept = pd.Series(True, index=found.index)
        for version in VERSIONS:
            first, third = (found.groupby(version)["x"].transform("quantile", q) for q in (0.25, 0.75))
            # A group of one has no spread, and keeps its case.
            kept &= found["x"].between(first - 1.5 * (third - first), third + 1.5 * (third - first))
        found = found[kept]
    if scale == "log":
        found = found[found["x"] > 0]
        found = found.assign(x=np.log(found["x"]))
    return found


def adjusted(x: Floats, group: Floats, weights: Floats | None = None) -> float:
    """Adjusted R² of the means of the groups, of cases that count more or less than once."""
    codes, labels = pd.factorize(group)
    weights = np.ones(len(x)) if weights is None else weights
    means = np.bincount(codes, weights * x) / np.bincount(codes, weights)
    within = np.average((x - means[codes]) ** 2, weights=weights)
    whole = np.average((x - np.average(x, weights=weights)) ** 2, weights=weights)
    return float(1 - within / whole * (len(x) - 1) / (len(x) - len(labels)))


def explained(samples: list[Floats]) -> float:
    """R² from the F of a one-way analysis of variance."""
    between, within = len(samples) - 1, sum(map(len, samples)) - len(samples)
    f = stats.f_oneway(*samples).statistic
    return float(f * between / (f * between + within))


def rows(compared: Comparison) -> list[dict[str, Any]]:
    return compared.variance.to_dicts()


def test_each_look_is_that_of_pandas_and_scipy(compared: Comparison, common: pd.DataFrame) -> None:
    looks = [("raw", "none"), ("log", "none"), ("raw", "iqr:1.5")]
    expected = [(v, value, *look) for value in ("cost", "los") for look in looks for v in VERSIONS]
    assert compared.variance.select("version", "value", "scale", "trimming").rows() == expected
    for row in rows(compared):
        kept = looked_at(common, row["value"], row["scale"], row["trimming"])
        x, group = kept["x"].to_numpy(), kept[row["version"]].to_numpy()
        grouped = kept.groupby(row["version"])["x"]
        assert row["cases"] == len(kept)
        assert row["groups"] == grouped.ngroups
        assert row["riv"] == pytest.approx(explained([one.to_numpy() for _, one in grouped]), rel=1e-9)
        assert row["riv_adjusted"] == pytest.approx(adjusted(x, group), rel=1e-9)
        if row["version"] == VERSIONS[0]:
            assert row[NAME] is None
        else:
            difference = adjusted(x, group) - adjusted(x, kept[VERSIONS[0]].to_numpy())
            assert row[NAME] == pytest.approx(difference, rel=1e-7, abs=1e-12)
        cvs = (grouped.std() / grouped.mean()).dropna()
        sizes = grouped.size()[cvs.index]
        for name, limit in (("0_8", 0.8), ("1", 1.0)):
            shares = (cvs < limit).mean(), sizes[cvs < limit].sum() / sizes.sum()
            found = row[f"share_groups_cv_below_{name}"], row[f"share_cases_cv_below_{name}"]
            assert found == ((None, None) if row["scale"] == "log" else pytest.approx(shares, rel=1e-12))
    assert compared.variance[NAME].drop_nulls().abs().max() > 0.01


def test_every_case_is_counted_once(compared: Comparison, common: pd.DataFrame) -> None:
    for row in rows(compared):
        assert row["cases"] + row["not_common"] + row["no_value"] + row["trimmed"] == CASES.height
        assert row["not_common"] == CASES.height - len(common)
        assert (row["trimmed"] > 0) == (row["trimming"] != "none")
        missing = common[row["value"]].isna().sum()
        zero = (common[row["value"]] == 0).sum() if row["scale"] == "log" else 0
        assert row["no_value"] == missing + zero
    told = [en for _, en in compared.findings]
    left_out = f"{CASES.height - len(common):,} cases are not grouped by every version"
    assert sum(left_out in en for en in told) == 1


def test_the_interval_is_how_much_each_case_moves_the_difference(
    compared: Comparison, common: pd.DataFrame
) -> None:
    """Each case is counted a little more than once, and what that changes is squared and added up."""
    for row in rows(compared):
        if row["version"] == VERSIONS[0] or row["value"] == "los":
            continue
        if row["trimming"] != "none":
            assert [row[name] for name in LIMITS] == [None, None]
            continue
        kept = looked_at(common, row["value"], row["scale"], row["trimming"])
        x = kept["x"].to_numpy()

        def difference(weights: Floats, x: Floats = x, kept: pd.DataFrame = kept, row: Any = row) -> float:
            both = (kept[version].to_numpy() for version in (row["version"], VERSIONS[0]))
            other, base = (adjusted(x, group, weights) for group in both)
            return other - base

        error = np.sqrt(sum(moves**2 for moves in moved(kept, row["version"], difference)))
        reach = 1.959964 * error
        assert row[LIMITS[0]] == pytest.approx(row[NAME] - reach, abs=2e-5 * reach)
        assert row[LIMITS[1]] == pytest.approx(row[NAME] + reach, abs=2e-5 * reach)


def moved(kept: pd.DataFrame, version: str, difference: Callable[[Floats], float]) -> Floats:
    """How much the difference moves for each case, divided by how much more it counts.

    Cases of one combination of groups move it by a parabola of their value: three of them give it all.
    """
    x = kept["x"].to_numpy()
    step = 1e-4
    found = np.zeros(len(x))
    for members in kept.reset_index().groupby([VERSIONS[0], version]).groups.values():
        places = np.array(members)
        few = len(places) < 8
        order = places[np.argsort(x[places])]
        tried = places if few else order[[0, len(order) // 2, -1]]
        slopes = []
        for place in tried:
            up, down = np.ones(len(x)), np.ones(len(x))
            up[place] += step
            down[place] -= step
            slopes.append((difference(up) - difference(down)) / (2 * step))
        if few:
            found[places] = slopes
        else:
            found[places] = np.polyval(np.polyfit(x[tried], slopes, 2), x[places])
    return found


def test_few_cases_a_group_have_no_interval() -> None:
    few = drg.compare(CASES.head(300), demo_groupers()[:2])
    row = few.variance.row(1, named=True)
    assert row["cases"] < LEAST_CASES_A_GROUP * row["groups"]
    assert row[NAME] is not None
    assert few.variance.select(LIMITS).null_count().row(0) == (few.variance.height,) * 2
    assert any(f"with fewer than {LEAST_CASES_A_GROUP} cases a group" in en for _, en in few.findings)


@pytest.mark.parametrize("strange", ["nothing", "one", "equal", "none together"])
def test_strange_cases_give_nothing_and_no_nan(strange: str) -> None:
    some = {"nothing": [], "one": DEMO_CASES[:1], "equal": DEMO_CASES * 3, "none together": DEMO_CASES[-1:]}
    found = drg.compare(
        demo_frame(some[strange]).with_columns(total_cost_yuan=pl.lit("5000"), los_days=3),
        demo_groupers()[:2],
    ).variance
    assert found.schema == VARIANCE
    assert found.height == 2 * 2 * 3
    assert found.select("riv", "riv_adjusted", NAME, *LIMITS).null_count().row(0) == (12,) * 5
    assert not found.select(pl.selectors.float().is_nan().any()).row(0).count(True)
