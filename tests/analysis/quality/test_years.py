"""Year on year: regression to the mean is no change; what was planted is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from drg.analysis.quality import Evaluation, evaluate
from drg.analysis.quality.profiles import shrunken
from drg.analysis.quality.years import MEASURES, YEARS
from tests.analysis.quality.frames import grouped, random_cases
from tests.analysis.quality.test_profiles import made_up
from tests.profiles import share

NONE = np.ones(30)


def compared(then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    found = evaluate(now, previous=then).years
    assert found is not None
    return found


def test_each_row_equals_scipy() -> None:
    then, now = random_cases(2500, seed=1, hospitals=8), random_cases(3000, seed=2, hospitals=8)
    rows = compared(then, now)
    assert rows.schema == YEARS
    indices = [evaluate(year).profiles.filter(value="cost") for year in (then, now)]
    one, other = (year.sort("hospital_id") for year in indices)
    log, error = (one["index"].log().to_numpy(), one["log_standard_error"].to_numpy())
    mean, variance = shrunken(log, error**2).moments()
    found = rows.filter(measure="hospital_cost_index").sort("hospital_id")
    assert found["hospital_id"].to_list() == one["hospital_id"].to_list()
    assert found["then"].to_list() == pytest.approx(one["index"].to_list())
    assert found["now"].to_list() == pytest.approx(other["index"].to_list())
    assert found["expected_now"].to_list() == pytest.approx(np.exp(mean).tolist())
    beyond = other["index"].log().to_numpy() - mean
    spread = np.sqrt(variance + other["log_standard_error"].to_numpy() ** 2)
    assert found["beyond_expected"].to_list() == pytest.approx(np.exp(beyond).tolist())
    assert found["beyond_expected_low"].to_list() == pytest.approx(
        np.exp(beyond - 1.959964 * spread).tolist()
    )
    p = 2 * stats.norm.cdf(-np.abs(beyond) / spread)
    assert found["p"].to_list() == pytest.approx(p.tolist())
    assert found["p_adjusted"].to_list() == pytest.approx(stats.false_discovery_control(p).tolist())


def test_shares_and_means_of_groups_are_those_of_the_cases() -> None:
    then, now = random_cases(2500, seed=3), random_cases(3000, seed=4)
    rows = compared(then, now)
    for name, year in (("then", then), ("now", now)):
        cases = year.filter(grouping_status="grouped")
        shares = dict(cases.group_by("drg").agg(pl.len() / cases.height).iter_rows())
        found = rows.filter(pl.col(name).is_not_null(), measure="group_share_of_cases")
        assert dict(found.select("drg", name).iter_rows()) == pytest.approx(shares)
    means = rows.filter(measure="group_mean_cost_yuan", drg="AA11")
    costs = then.filter(drg="AA11", grouping_status="grouped")["total_cost_yuan"].drop_nulls().cast(float)
    # Only values far out of the group are set to its limits.
    assert means["then"].item() == pytest.approx(costs.mean(), rel=0.02)


def test_what_was_planted_is_found() -> None:
    factors = NONE.copy()
    factors[4] = 1.3
    then, now = made_up(9000, NONE, seed=1), made_up(9000, factors, seed=2)
    now = now.with_columns(
        total_cost_yuan=pl.when(drg="AA29").then(pl.col("total_cost_yuan") * 2).otherwise("total_cost_yuan")
    ).filter((pl.col("drg") != "AA59") | (pl.int_range(pl.len()) % 2 == 0))
    found = evaluate(now, previous=then)
    assert found.years is not None
    changed = found.years.filter("changed")
    assert changed.filter(measure="hospital_cost_index")["hospital_id"].to_list() == ["H04"]
    assert changed.filter(measure="group_mean_cost_yuan")["drg"].to_list() == ["AA29"]
    assert changed.filter(measure="group_share_of_cases")["drg"][0] == "AA59"
    rule = found.findings.filter(rule="hospitals-changed")
    indices = changed.filter(pl.col("hospital_id").is_not_null()).height
    assert rule["message"].item().startswith(f"{indices} indices of hospitals changed")


def test_regression_to_the_mean_is_no_change() -> None:
    """Hospitals that are alike: the outermost of one year come back, as it is expected of them."""
    rows = compared(made_up(3000, NONE, seed=3), made_up(3000, NONE, seed=4))
    rows = rows.filter(measure="hospital_cost_index")
    outermost = rows.sort("then", descending=True).head(5)
    # Beside the earlier year they seem to have become cheaper; beside what is expected, they have not.
    assert (outermost["ratio_now_to_then"] < 1).sum() >= 4
    nearer = (outermost["expected_now"].log().abs() < outermost["then"].log().abs() / 2).all()
    assert nearer
    assert not rows["changed"].any()


@pytest.mark.random
def test_one_measure_in_twenty_changes_by_chance() -> None:
    low = dict.fromkeys(MEASURES, 0)
    count = dict.fromkeys(MEASURES, 0)
    for seed in range(share(0.25)):
        rng = np.random.default_rng(seed)
        factors = rng.lognormal(0, 0.1, 30)
        rows = compared(made_up(2400, factors, seed=300 + seed), made_up(2400, factors, seed=400 + seed))
        for measure in MEASURES:
            p = rows.filter(measure=measure)["p"].drop_nulls()
            low[measure] += int((p < 0.05).sum())
            count[measure] += len(p)
    for measure in MEASURES:
        # One run in ten thousand would exceed these.
        assert low[measure] <= stats.binom.isf(0.0001, count[measure], 0.065), measure


def test_those_of_one_year_are_shown_and_told() -> None:
    then = made_up(3000, NONE[:8], seed=5)
    now = made_up(3000, NONE[:8], seed=6).with_columns(
        hospital_id=pl.col("hospital_id").replace("H03", "H99"), drg=pl.col("drg").replace("AA19", "ZZ19")
    )
    found = evaluate(now, previous=then)
    assert found.years is not None
    rows = found.years.filter(measure="hospital_cost_index")
    (gone,) = rows.filter(hospital_id="H03").to_dicts()
    (new,) = rows.filter(hospital_id="H99").to_dicts()
    assert (gone["cases_now"], gone["now"], gone["p"]) == (0, None, None)
    assert (new["cases_then"], new["then"], new["expected_now"]) == (0, None, None)
    counts = dict(found.findings.select("rule", "count").iter_rows())
    assert (counts["one-year-hospitals"], counts["one-year-groups"]) == (2, 2)


def test_other_versions_are_told() -> None:
    then, now = (
        made_up(500, NONE, seed=7).with_columns(grouper=pl.lit(name))
        for name in ("chs-drg-1.1", "chs-drg-2.0")
    )
    message = evaluate(now, previous=then).findings.filter(rule="years-other-version")["message"]
    assert "chs-drg-1.1 → chs-drg-2.0" in message.item()


@pytest.mark.parametrize(
    "then", [grouped([]), grouped([("AA19", 5, 1)] * 40), grouped([("AA19", 0, 0)] * 40)]
)
def test_what_is_not_defined_is_null(then: pl.DataFrame) -> None:
    for one, other in ((then, made_up(300, NONE, seed=8)), (made_up(300, NONE, seed=8), then)):
        rows = compared(one, other)
        for name, dtype in rows.schema.items():
            if dtype == pl.Float64:
                assert rows[name].drop_nulls().is_finite().all(), name
        assert not rows["changed"].any()


def test_only_if_a_year_is_given() -> None:
    found: Evaluation = evaluate(grouped([("AA19", 5, 1)]))
    assert found.years is None
    assert "years" not in found.tables
