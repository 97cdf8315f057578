"""The whole evaluation against pandas and scipy, and on data of textbooks."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import drg
from drg.analysis.quality import Evaluation, evaluate
from drg.analysis.trimming import Trimming, trim
from tests.analysis.quality.frames import grouped, random_cases, riv_by_pandas, usable
from tests.profiles import share

# Shape of the anterior adductor muscle scar of mussels from five places, the example of scipy.stats.f_oneway:
# McDonald, Handbook of Biological Statistics, third edition, 2014. F(4, 34) = 7.121, p = 2.8e-4.
MUSSELS = {
    "AA11": [0.0571, 0.0813, 0.0831, 0.0976, 0.0817, 0.0859, 0.0735, 0.0659, 0.0923, 0.0836],
    "AA12": [0.0873, 0.0662, 0.0672, 0.0819, 0.0749, 0.0649, 0.0835, 0.0725],
    "AA13": [0.0974, 0.1352, 0.0817, 0.1016, 0.0968, 0.1064, 0.105],
    "AA14": [0.1033, 0.0915, 0.0781, 0.0685, 0.0677, 0.0697, 0.0764, 0.0689],
    "AA15": [0.0703, 0.1026, 0.0956, 0.0973, 0.1039, 0.1045],
}
RULE = "percentile:2,95"
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def cases() -> pl.DataFrame:
    return random_cases(4000, seed=2)


@pytest.fixture(scope="module")
def found(cases: pl.DataFrame) -> Evaluation:
    return evaluate(cases, trimming=RULE, min_cases=60)


def test_mussels() -> None:
    # In yuan, a ten-thousandth of the scar is a yuan.
    frame = grouped((drg, round(x * 10_000), 1) for drg, values in MUSSELS.items() for x in values)
    found = evaluate(frame, trimming="none")
    (split,) = found.splits.to_dicts()
    assert split["f"] == pytest.approx(7.121019471642447, rel=1e-9)
    assert split["p_f"] == pytest.approx(0.0002812242314534544, rel=1e-9)
    assert (split["df_between"], split["df_within"]) == (4, 34)
    assert found.summary["riv_cost"] == pytest.approx(4 * 7.121019471642447 / (4 * 7.121019471642447 + 34))


def test_two_groups_by_hand() -> None:
    """The example of docs/quality.md."""
    found = evaluate(
        grouped([("AA13", x, 1) for x in (100, 200, 300)] + [("AA11", x, 2) for x in (400, 500, 600)]),
        trimming="none",
    )
    # In all 175,000, within the groups 20,000 each.
    assert found.summary["riv_cost"] == pytest.approx(1 - 40_000 / 175_000, rel=1e-15)
    assert found.summary["riv_cost_adjusted"] == pytest.approx(1 - (40_000 / 4) / (175_000 / 5), rel=1e-14)
    assert found.summary["riv_los"] == 1
    assert found.groups["cv_cost"].to_list() == pytest.approx([0.2, 0.5], rel=1e-15)
    population = evaluate(grouped([("AA13", x, 1) for x in (100, 200, 300)]), trimming="none", ddof=0)
    assert population.groups["cv_cost"].to_list() == pytest.approx([sqrt(2 / 3) / 2], rel=1e-15)
    (split,) = found.splits.to_dicts()
    assert split["f"] == pytest.approx(13.5)
    assert split["h"] == pytest.approx(12 / 42 * (36 / 3 + 225 / 3) - 21)
    (order,) = found.order.to_dicts()
    assert (order["higher_drg"], order["lower_drg"], order["ratio"]) == ("AA11", "AA13", 2.5)
    assert not order["descends"]
    assert not order["violated"]


@pytest.mark.parametrize("value", ["cost", "los"])
@pytest.mark.parametrize("scale", ["raw", "log"])
@pytest.mark.parametrize("rule", ["none", RULE])
def test_variance_equals_pandas(
    found: Evaluation, cases: pl.DataFrame, value: str, scale: str, rule: str
) -> None:
    column = {"cost": "total_cost_yuan", "los": "los_days"}[value]
    chosen = usable(cases, column)
    all_usable = len(chosen)
    codes = pd.factorize(chosen["drg"])[0]
    chosen = chosen[trim(codes, chosen["x"].to_numpy(), Trimming.parse(rule)).kept]
    after_trimming = len(chosen)
    if scale == "log":
        chosen = chosen[chosen["x"] > 0].assign(x=lambda frame: np.log(frame["x"]))
    (row,) = found.variance.filter(value=value, scale=scale, trimming=rule).to_dicts()
    assert row["riv"] == pytest.approx(riv_by_pandas(chosen), rel=1e-11)
    assert row["cases"] == len(chosen)
    assert row["trimmed_low"] + row["trimmed_high"] == all_usable - after_trimming
    grouped_cases = (cases["grouping_status"] == "grouped").sum()
    assert row["left_out"] == grouped_cases - all_usable + after_trimming - len(chosen)
    trimmed = "" if rule == "none" else "_trimmed"
    name = f"riv_{'log_' if scale == 'log' else ''}{value}{trimmed}"
    assert found.summary[name] == row["riv"]
    n, groups = len(chosen), chosen["drg"].nunique()
    assert row["riv_adjusted"] == pytest.approx(1 - (1 - row["riv"]) * (n - 1) / (n - groups), rel=1e-13)
    if scale == "raw":
        by_group = chosen.groupby("drg")["x"]
        cv = by_group.std() / by_group.mean()
        assert row["share_groups_cv_below_0_8"] == (cv < 0.8).mean()
        assert row["share_cases_cv_below_1"] == by_group.count()[cv < 1].sum() / by_group.count().sum()
    if rule != "none":
        assert row["trimmed_low"] > 0
        assert row["trimmed_high"] > 0


def test_groups_equal_pandas(found: Evaluation, cases: pl.DataFrame) -> None:
    for column, name, unit in (("total_cost_yuan", "cost", "yuan"), ("los_days", "los", "days")):
        chosen = usable(cases, column)
        by_group = chosen.groupby("drg")["x"]
        for ours, theirs in (
            (f"mean_{name}_{unit}", by_group.mean()),
            (f"median_{name}_{unit}", by_group.median()),
            (f"sd_{name}_{unit}", by_group.std()),
            (f"cv_{name}", by_group.std() / by_group.mean()),
        ):
            assert found.groups[ours].to_list() == pytest.approx(theirs.tolist(), rel=1e-12), ours
        kept = chosen[trim(pd.factorize(chosen["drg"])[0], chosen["x"].to_numpy(), Trimming.parse(RULE)).kept]
        trimmed = kept.groupby("drg")["x"]
        assert found.groups[f"trimmed_{name}_cases"].to_list() == trimmed.count().tolist()
        trimmed_cv = found.groups[f"trimmed_cv_{name}"].to_list()
        assert trimmed_cv == pytest.approx((trimmed.std() / trimmed.mean()).tolist(), rel=1e-12)
    assert found.groups["few_cases"].to_list() == (found.groups["cases"] < 60).to_list()
    assert found.groups["few_cases"].sum() > 0


def test_splits_equal_scipy(found: Evaluation, cases: pl.DataFrame) -> None:
    costs = usable(cases, "total_cost_yuan")
    assert found.splits["adrg"].to_list() == [f"A{chr(65 + number)}1" for number in range(10)]
    for row in found.splits.iter_rows(named=True):
        samples = [part["x"].to_numpy() for _, part in costs[costs["adrg"] == row["adrg"]].groupby("drg")]
        f, h = stats.f_oneway(*samples), stats.kruskal(*samples)
        logs = stats.f_oneway(*(np.log(sample[sample > 0]) for sample in samples))
        ours = [row[name] for name in ("f", "p_f", "h", "p_h", "f_log", "p_f_log")]
        theirs = [f.statistic, f.pvalue, h.statistic, h.pvalue, logs.statistic, logs.pvalue]
        assert ours == pytest.approx(theirs, rel=1e-9)
        assert row["cases"] == sum(map(len, samples))
        assert row["log_cases"] == sum((sample > 0).sum() for sample in samples)
    assert found.summary["splits_tested"] == 10
    assert found.summary["splits_p_h_below_0_05"] == (found.splits["p_h"] < 0.05).sum()


def test_order_equals_pandas_and_scipy(found: Evaluation, cases: pl.DataFrame) -> None:
    costs = usable(cases, "total_cost_yuan")
    expected = [
        (f"A{chr(65 + n)}1", f"A{chr(65 + n)}1{high}", f"A{chr(65 + n)}1{low}")
        for n in range(10)
        for high, low in ("13", "35")
    ]
    assert found.order.select("adrg", "higher_drg", "lower_drg").rows() == expected
    for row in found.order.iter_rows(named=True):
        above, below = (costs[costs["drg"] == row[f"{side}_drg"]]["x"] for side in ("higher", "lower"))
        assert row["descends"] == (above.mean() < below.mean())
        assert row["ratio"] == pytest.approx(above.mean() / below.mean(), rel=1e-12)
        if min(len(above), len(below)) < 60:
            assert row["p_welch"] is row["p_ranks"] is row["p_adjusted"] is None
            continue
        welch = stats.ttest_ind(above, below, equal_var=False, alternative="less").pvalue
        assert row["p_welch"] == pytest.approx(welch, rel=1e-7)
        ranks = stats.mannwhitneyu(above, below, alternative="less").pvalue
        assert row["p_ranks"] == pytest.approx(ranks, rel=1e-7)
    assert 0 < found.summary["order_descends"] == found.order["descends"].sum() < 20
    tested = found.order.filter(pl.col("p_adjusted").is_not_null())
    assert 0 < found.summary["order_tested"] == tested.height < 20
    # Benjamini–Yekutieli by hand: p × tests × (1 + 1/2 + … + 1/tests) ÷ rank, made to ascend from the
    # largest p down.
    larger = tested.select(pl.max_horizontal("p_welch", "p_ranks"))["p_welch"].to_numpy()
    order = np.argsort(larger)
    ranks = np.arange(1, len(larger) + 1)
    scaled = larger[order] * len(larger) * (1 / ranks).sum() / ranks
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1)
    assert tested["p_adjusted"].to_numpy()[order] == pytest.approx(adjusted, rel=1e-12)
    assert found.order["violated"].to_list() == [
        row["descends"] and row["p_adjusted"] is not None and row["p_adjusted"] < 0.05
        for row in found.order.iter_rows(named=True)
    ]


def ladders(seed: int, groups: int, planted: int = 0) -> pl.DataFrame:
    """ADRGs whose three groups cost the same, or, where planted, whose MCC costs half of the CC."""
    rng = np.random.default_rng(seed)
    drgs, costs = [], []
    for number in range(groups):
        for last, level in (("1", 0.5 if number < planted else 1.0), ("3", 1.0), ("5", 1.0)):
            cases = 30 + int(rng.lognormal(3.5, 1))
            drgs += [f"A{chr(65 + number)}1{last}"] * cases
            costs += (9_000 * level * rng.lognormal(0, 0.8, cases)).round(2).tolist()
    return pl.DataFrame({"drg": drgs, "total_cost_yuan": costs}).with_columns(
        grouping_status=pl.lit("grouped")
    )


@pytest.mark.random
def test_noise_is_no_violation_of_the_order() -> None:
    """Where all groups cost the same, at most three of 20 files report a violation."""
    noise = [evaluate(ladders(seed, 10)).summary for seed in range(share(1))]
    assert all(one["order_tested"] == 20 for one in noise)
    assert sum(one["order_descends"] or 0 for one in noise) > 5 * len(noise)
    assert sum(bool(one["order_violated"]) for one in noise) <= 0.15 * len(noise)


def test_an_order_that_is_broken_is_found() -> None:
    planted = evaluate(ladders(100, 10, planted=4))
    found = set(planted.order.filter("violated")["higher_drg"])
    assert {"AA11", "AB11", "AC11", "AD11"} <= found
    assert len(found) <= 5
    assert "order-violated" in planted.findings["rule"]


def test_intervals_hold_what_they_are_intervals_of(found: Evaluation) -> None:
    groups = found.groups
    for name, cases in (("mean_cost_yuan", "cost_cases"), ("mean_los_days", "los_cases")):
        value, given = name.split("_")[1], groups.filter(pl.col(f"{name}_low").is_not_null())
        assert given.height > 10
        assert (given[f"{name}_low"] < given[name]).all()
        assert (given[name] < given[f"{name}_high"]).all()
        needed = found.summary[f"cases_for_interval_mean_{value}"]
        assert needed >= 30
        assert given.height == (groups[cases] >= needed).sum()


def test_measures_without_an_interval_are_told(found: Evaluation) -> None:
    told = dict(found.findings.select("rule", "count").rows())
    assert told["no-riv-interval"] == found.variance["riv_adjusted_low"].null_count() == 8
    lacks = pl.col("mean_cost_yuan_low").is_null() | pl.col("mean_los_days_low").is_null()
    assert told["no-mean-interval"] == found.groups.filter(lacks).height
    assert told["no-cv-interval"] == found.groups.height
    assert found.groups["cv_cost_low"].null_count() == found.groups.height


def test_rows_batches_and_kinds_of_frames_do_not_matter(cases: pl.DataFrame) -> None:
    def told(frame: object) -> list[object]:
        result = evaluate(frame)
        return [result.summary, *(table.to_dicts() for table in result.tables.values())]

    expected = told(cases)
    assert told(cases.sample(fraction=1, shuffle=True, seed=1)) == expected
    assert told(cases.lazy()) == expected
    assert told(cases.to_arrow()) == expected
    assert told(cases.cast(pl.String)) == expected
    assert told(cases.with_columns(pl.col("total_cost_yuan").cast(pl.Float64)).to_pandas()) == expected
    assert told(pl.concat([cases.head(1500), cases.tail(2500)], rechunk=False).lazy()) == expected


def test_the_front_door_and_a_real_grouping() -> None:
    frame = pl.read_csv(EXAMPLES / "discharges.csv", infer_schema=False)
    costs = frame.with_columns(total_cost_yuan=pl.lit("100") + pl.col("los_days"))
    found = drg.evaluate(drg.group(costs, "chs-drg-2.0"))
    assert isinstance(found, drg.Evaluation)
    assert found.settings["grouper"] == "chs-drg-2.0"
    assert found.settings["levels"] == "rules"
    assert found.summary["cases"] == frame.height
    assert found.groups["drg_name"].str.len_chars().min() > 0


def test_what_the_documentation_works_by_hand() -> None:
    cases = pl.read_csv(EXAMPLES / "quality.csv", infer_schema=False)
    found, population = (evaluate(cases, trimming="none", ddof=ddof) for ddof in (1, 0))
    (split,) = found.splits.to_dicts()
    (order,) = found.order.to_dicts()
    hospital = found.hospitals.row(0, named=True)
    page = " ".join((EXAMPLES.parent / "docs" / "quality.md").read_text(encoding="utf-8").split())
    for shown in (
        f"6 ÷ 7 = {found.summary['grouping_rate']:.1%}",
        f"40,000 ÷ 175,000 = {found.summary['riv_cost']:.4f}",
        f"× 5 ÷ 4 = {found.summary['riv_cost_adjusted']:.4f}",
        f"÷ 200 = {found.groups['cv_cost'][1]:.1f}; of AA11: 100 ÷ 500 = {found.groups['cv_cost'][0]:.1f}",
        f"`--ddof 0` {population.groups['cv_cost'][1]:.4f} and {population.groups['cv_cost'][0]:.4f}",
        f"(40,000 ÷ 4) = {split['f']:.1f}",
        f"3 × 7 = {split['h']:.3f}, p = {split['p_h']:.4f}",
        f"in order, ratio {order['ratio']:.1f}",
        f"500) = {hospital['cost_index_ratio_of_sums']:.4f}",
        f"÷ 3 = {hospital['cost_index_mean_of_ratios']:.4f}",
    ):
        assert shown in page
