"""Hospitals compared with one another, against plain numpy, pandas and scipy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pytest
from scipy import integrate, optimize, stats

from drg.analysis.quality import Evaluation, evaluate
from drg.analysis.quality.profiles import between_variance, shrunken, usual_variance
from drg.analysis.trimming import Trimming, trim
from tests.analysis.quality.frames import grouped, random_cases, usable
from tests.profiles import share

GROUPS = 8
NORMAL = stats.norm


def made_up(cases: int, factors: npt.NDArray[np.float64], seed: int, *, spread: float = 0.6) -> pl.DataFrame:
    """Log-normal costs of eight groups; each hospital costs so many times as much, and stays as long."""
    rng = np.random.default_rng(seed)
    group, hospital = rng.integers(0, GROUPS, cases), rng.integers(0, len(factors), cases)
    cost = rng.lognormal(8 + group / 5, spread) * factors[hospital]
    return pl.DataFrame(
        {
            "drg": [f"AA{n + 1}9" for n in group],
            "adrg": [f"AA{n + 1}" for n in group],
            "grouping_status": "grouped",
            "total_cost_yuan": pl.Series(cost.round(2)).cast(pl.Decimal(18, 2)),
            "los_days": np.maximum(rng.poisson(7 * factors[hospital]), 1),
            "hospital_id": [f"H{n:02}" for n in hospital],
        }
    )


def evaluated(frame: pl.DataFrame, min_cases: int = 30) -> Evaluation:
    return evaluate(frame, min_cases=min_cases)


def of_cost(found: Evaluation) -> pl.DataFrame:
    return found.profiles.filter(value="cost")


def by_pandas(frame: pl.DataFrame, column: str, digits: int) -> pd.DataFrame:
    """Observed, expected, index and standard error of its log, case by case."""
    cases = usable(frame, column)
    codes = cases["drg"].astype("category").cat.codes.to_numpy().astype(np.int64)
    values = (cases["x"] * 10**digits).round().astype(np.int64).to_numpy()
    kept = trim(codes, values, Trimming.parse("winsor-log-sd:3"))
    cases["x"] = kept.values / 10**digits
    of_group = cases.groupby("drg")
    cases["mean"] = of_group["x"].transform("mean")
    cases["region"] = of_group["x"].transform("count")
    cases = cases[cases["hospital_id"].notna()].copy()
    cases["here"] = cases.groupby(["drg", "hospital_id"])["x"].transform("count")
    cases = cases[cases["here"] < cases["region"]]
    of_hospital = cases.groupby("hospital_id")
    cases["index"] = of_hospital["x"].transform("sum") / of_hospital["mean"].transform("sum")
    cases["residual"] = cases["x"] / cases["mean"] / cases["index"] - 1
    freedom = len(cases) / (len(cases) - cases["hospital_id"].nunique() - cases["drg"].nunique() + 1)
    cases["spread"] = cases.groupby("drg")["residual"].transform(lambda part: (part**2).mean() * freedom)
    rows = {}
    for hospital, part in cases.groupby("hospital_id"):
        variance = (part["mean"] ** 2 * part["spread"] * (1 - part["here"] / part["region"])).sum()
        sums = part["x"].sum(), part["mean"].sum()
        rows[hospital] = (len(part), *sums, sums[0] / sums[1], np.sqrt(variance) / sums[1])
    columns = ["cases", "observed", "expected", "index", "log_standard_error"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


@pytest.mark.parametrize(
    ("value", "column", "digits"), [("cost", "total_cost_yuan", 2), ("los", "los_days", 0)]
)
def test_the_index_equals_pandas(value: str, column: str, digits: int) -> None:
    frame = random_cases(3000, seed=4, hospitals=9)
    # A group of one hospital alone, and cases of nobody.
    frame = frame.with_columns(
        drg=pl.when(hospital_id="H3").then(pl.col("drg").replace("AA11", "AZ19")).otherwise("drg"),
        hospital_id=pl.when(pl.int_range(pl.len()) % 50 != 0).then("hospital_id"),
    ).filter(pl.col("hospital_id").is_not_null() | (pl.col("drg") != "AZ19"))
    found = evaluated(frame).profiles.filter(value=value).sort("hospital_id")
    expected = by_pandas(frame, column, digits).sort_index()
    assert found["hospital_id"].to_list() == expected.index.to_list()
    for name in expected.columns:
        assert found[name].to_list() == pytest.approx(expected[name].tolist(), rel=1e-9), name
    alone = found.filter(pl.col("only_here_cases") > 0)
    assert alone["hospital_id"].to_list() == ["H3"]
    half = NORMAL.isf(0.025) * expected["log_standard_error"]
    assert found["index_high"].to_list() == pytest.approx((expected["index"] * np.exp(half)).tolist())
    z = np.log(expected["index"].to_numpy())
    usual = usual_variance(z, expected["log_standard_error"].to_numpy() ** 2)
    error = np.sqrt(expected["log_standard_error"] ** 2 + usual)
    p = 2 * stats.t.cdf(-np.abs(z) / error, 8)
    assert found["p"].to_list() == pytest.approx(p.tolist())
    assert found["p_adjusted"].to_list() == pytest.approx(stats.false_discovery_control(p).tolist())
    assert found["funnel_between_99_8_low"].to_list() == pytest.approx(
        np.exp(-NORMAL.isf(0.001) * error).tolist()
    )
    assert found["funnel_95_high"].to_list() == pytest.approx(np.exp(half).tolist())


def test_the_variance_between_solves_its_equation() -> None:
    rng = np.random.default_rng(3)
    variance = rng.uniform(0.0005, 0.01, 30)
    log_index = rng.normal(0, np.sqrt(variance + 0.02))

    def equation(between: float) -> float:
        weight = 1 / (variance + between)
        mean = (weight * log_index).sum() / weight.sum()
        return float((weight * (log_index - mean) ** 2).sum() - 29)

    assert between_variance(log_index, variance) == pytest.approx(optimize.brentq(equation, 0, 1), rel=1e-4)
    assert between_variance(log_index / 100, variance) == 0


def test_shrinking_is_the_posterior_of_the_normal_model() -> None:
    """With flat priors of the common mean and the standard deviation; the moments by scipy."""
    log_index, variance = np.array([0.2, -0.1, 0.0, 0.4, 0.05]), np.array([0.01, 0.02, 0.005, 0.03, 0.001])

    def moment(spread: float, power: int, hospital: int) -> float:
        total = variance + spread**2
        mean = (log_index / total).sum() / (1 / total).sum()
        likelihood = NORMAL.pdf(log_index, mean, np.sqrt(total)).prod() / np.sqrt((1 / total).sum())
        kept = spread**2 / total[hospital]
        at = mean + kept * (log_index[hospital] - mean)
        around = kept * variance[hospital] + (1 - kept) ** 2 / (1 / total).sum()
        return float(likelihood * (1, at, at**2 + around)[power])

    mean, uncertain = shrunken(log_index, variance).moments()
    for hospital in range(5):
        whole, first, second = (
            integrate.quad(moment, 0, 1, (power, hospital))[0]
            + integrate.quad(moment, 1, np.inf, (power, hospital))[0]
            for power in range(3)
        )
        assert mean[hospital] == pytest.approx(first / whole, rel=1e-3)
        assert uncertain[hospital] == pytest.approx(second / whole - (first / whole) ** 2, rel=1e-3)


def test_the_usual_variance_leaves_the_outermost_out() -> None:
    rng = np.random.default_rng(8)
    variance = np.full(400, 0.001)
    log_index = rng.normal(0, np.sqrt(variance + 0.01))
    assert usual_variance(log_index, variance) == pytest.approx(0.01, rel=0.2)
    log_index[:20] = 2.0
    assert usual_variance(log_index, variance) < 0.016 < 0.1 < between_variance(log_index, variance)
    # Of fewer than ten none is set to another.
    few = log_index[20:29]
    assert usual_variance(few, variance[:9]) == between_variance(few, variance[:9])


def test_a_hospital_that_is_a_fifth_dearer_is_found() -> None:
    factors = np.ones(20)
    factors[7] = 1.2
    found = evaluated(made_up(12_000, factors, seed=1))
    for value in ("cost", "los"):
        rows = found.profiles.filter(value=value)
        assert rows.filter("differs")["hospital_id"].to_list() == ["H07"]
        (row,) = rows.filter(hospital_id="H07").to_dicts()
        assert 1.05 < row["shrunken_index"] < row["index"]
        assert 1.12 < row["index"] < 1.25
        assert row["rank"] == row["rank_low"] == 1
        assert row["rank_high"] <= 5
        assert row["index"] > row["funnel_between_99_8_high"] > row["funnel_between_95_high"]
    rule = found.findings.filter(rule="hospitals-differ-cost")
    assert rule["count"].to_list() == [1]


@pytest.mark.random
def test_where_all_are_alike_few_are_outside() -> None:
    """2.5 % above and below by the limits of 95 %; after adjustment a file in twenty has any."""
    outside = files = hospitals = 0
    tried = share(0.5)
    for seed in range(tried):
        rows = of_cost(evaluated(made_up(3000, np.ones(20), seed=100 + seed)))
        inside = pl.col("index").is_between(pl.col("funnel_95_low"), pl.col("funnel_95_high"))
        outside += rows.filter(~inside).height
        hospitals += rows["p"].count()
        files += rows["differs"].any()
    # One in a thousand runs would exceed these.
    assert 0 < outside <= stats.binom.isf(0.001, hospitals, 0.055)
    assert files <= stats.binom.isf(0.001, tried, 0.06)


@pytest.mark.random
def test_intervals_hold_the_truth() -> None:
    """Hospitals whose costs truly vary: the shrunken index is nearer to the truth, its interval holds it."""
    held = count = 0
    squares = np.zeros(2)
    for seed in range(share(0.25)):
        rng = np.random.default_rng(seed)
        factors = rng.lognormal(0, 0.05, 30)
        rows = of_cost(evaluated(made_up(2400, factors, seed=200 + seed))).sort("hospital_id")
        truth = factors / factors.mean()
        held += rows.select(
            pl.lit(pl.Series(truth)).is_between("shrunken_index_low", "shrunken_index_high").sum()
        ).item()
        count += rows.height
        squares += [((rows[name] - truth) ** 2).sum() for name in ("index", "shrunken_index")]
    assert squares[1] < squares[0] * 0.8
    assert held / count > 0.9


def test_few_cases_are_told_and_not_compared() -> None:
    frame = made_up(2000, np.ones(8), seed=5)
    frame = frame.filter((pl.col("hospital_id") != "H02") | (pl.int_range(pl.len()) < 100))
    found = evaluated(frame)
    (row,) = of_cost(found).filter(hospital_id="H02").to_dicts()
    assert 2 < row["cases"] < 30
    assert row["index"] is not None
    assert {row[name] for name in ("p", "rank", "shrunken_index", "funnel_95_low", "differs")} == {None}
    assert found.summary["hospitals_compared_cost"] == 7
    rule = found.findings.filter(rule="hospitals-not-compared-cost")
    assert rule["count"].to_list() == [1]
    assert "30 cases" in rule["message"][0]


@pytest.mark.parametrize(
    "frame",
    [
        grouped([]),
        grouped([("AA19", 5, 1)] * 40),
        pl.concat([grouped([("AA19", 5, 1)] * 40, f"H{n}") for n in range(5)]),
        pl.concat([grouped([("AA19", 0, 0)] * 40, f"H{n}") for n in range(5)]),
        pl.concat([grouped([(f"A{n}19", 5 + m, 1) for m in range(40)], f"H{n}") for n in range(5)]),
        grouped([("AA19", 5, 1)]).drop("hospital_id"),
    ],
    ids=["no case", "one hospital", "all alike", "nothing", "each its own group", "no hospital"],
)
def test_what_is_not_defined_is_null(frame: pl.DataFrame) -> None:
    found = evaluated(frame)
    rows = found.profiles
    assert rows.height == 2 * frame.get_column("hospital_id", default=pl.Series()).n_unique()
    for name, dtype in rows.schema.items():
        if dtype == pl.Float64:
            assert rows[name].is_finite().all(), name
    assert rows["p"].count() == 0
    assert found.summary["hospitals_compared_cost"] == 0
    assert found.summary["between_hospitals_log_sd_cost"] is None
    told = found.findings.filter(pl.col("rule").str.starts_with("too-few-hospitals"))
    assert told.height == (2 if rows.height > 2 else 0)


def test_the_same_seed_gives_the_same_ranks() -> None:
    frame = made_up(1500, np.ones(8), seed=2)
    one, other = (evaluated(frame.sample(fraction=1, shuffle=True, seed=n)) for n in (1, 2))
    assert one.profiles.equals(other.profiles)
