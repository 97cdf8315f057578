from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, InputError, UnknownGrouperError
from drg.analysis.simulation import MEAN_COST_YUAN, simulate, true_weights
from drg.columns import ALL, INPUT, RECORD
from drg.tables import find
from tests.analysis.simulation.conftest import CASES, VERSION
from tests.helpers import grouper_tables
from tests.profiles import tries
from tests.strategies import tables


def cost(column: str = "total_cost_yuan") -> pl.Expr:
    return pl.col(column).cast(pl.Float64)


# -- the frame -------------------------------------------------------------------------------------------


def test_columns_are_canonical(cases: pl.DataFrame) -> None:
    assert set(cases.columns) == {*INPUT, *RECORD, "hospital_level"} - {"cost_parts_yuan"}
    dtypes = {name: ALL[name].dtype for name in cases.columns}
    assert dict(cases.schema) == dtypes | {"los_days": pl.Int64()}
    empty_where = ("age_days", "birth_weight_g", "admission_weight_g")
    nulls = {name for name in cases.columns if cases[name].null_count()}
    assert nulls == {*empty_where, "principal_diagnosis", "principal_procedure"}
    assert cases["case_id"].is_unique().all()


@pytest.mark.parametrize("size", [0, 1, 2, 317])
def test_any_size(size: int) -> None:
    frame = simulate(size, "demo")
    assert frame.height == size
    assert frame.schema == simulate(5, "demo").schema
    assert drg.group(frame, "demo").height == size


def test_same_arguments_same_frame(cases: pl.DataFrame) -> None:
    assert_frame_equal(simulate(CASES, Grouper(VERSION), seed=3), cases)
    assert_frame_equal(simulate(500, find("demo"), seed=1), simulate(500, "demo", seed=1))
    others: tuple[dict[str, int], ...] = ({}, {"seed": 2}, {"year": 2024}, {"hospitals": 3})
    ones = [simulate(500, "demo", **{"seed": 1} | other) for other in others]
    for place, one in enumerate(ones):
        assert all(not one.equals(other) for other in ones[:place])


def test_same_frame_in_another_process() -> None:
    code = (
        "import drg, hashlib; frame = drg.simulate(3000, 'demo', seed=9);"
        "print(hashlib.sha256(frame.write_ndjson().encode()).hexdigest())"
    )
    source = str(Path(drg.__file__).parents[1])
    # The hashes of this process have a random seed already, and it has a thread for each core.
    other = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": source, "PYTHONHASHSEED": "77", "POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = drg.simulate(3000, "demo", seed=9).write_ndjson().encode()
    assert other.stdout.strip() == hashlib.sha256(here).hexdigest()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"n": -1}, "n is -1"),
        ({"n": 2.5}, "n is 2.5"),
        ({"n": True}, "n is True"),
        ({"n": 5, "seed": -1}, "seed is -1"),
        ({"n": 5, "year": 24}, "year is 24. Give a whole number from 1950 to 2150"),
        ({"n": 5, "hospitals": 0}, "hospitals is 0"),
        ({"n": 5, "mean_cost_yuan": float("nan")}, "mean_cost_yuan is nan"),
        ({"n": 5, "mean_cost_yuan": 0}, "mean_cost_yuan is 0"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, float], what: str) -> None:
    with pytest.raises(InputError, match=what):
        simulate(grouper="demo", **arguments)  # type: ignore[arg-type]
    with pytest.raises(UnknownGrouperError):
        simulate(5, "no-such-version")


# -- groups ----------------------------------------------------------------------------------------------


def test_every_group_of_the_demo_version_is_reached() -> None:
    reached = set(drg.group(simulate(4_000, "demo"), "demo")["drg"])
    assert reached == {*Grouper("demo").tables.drg["drg"], "0000"}


def test_nearly_every_case_is_grouped(grouped: pl.DataFrame) -> None:
    shares = dict(grouped["grouping_status"].value_counts(normalize=True).iter_rows())
    assert shares["grouped"] > 0.97
    assert 0.005 < shares["ungrouped"] < 0.02
    assert 0 < shares["ambiguous"] < 0.02
    assert set(shares) == {"grouped", "ungrouped", "ambiguous"}


def test_frequencies_are_skewed(grouped: pl.DataFrame) -> None:
    counts = grouped["drg"].value_counts(sort=True)["count"].to_numpy()
    assert counts[: len(counts) // 10].sum() > 0.35 * CASES
    assert len(counts) > 0.9 * Grouper(VERSION).tables.drg.height


@tries(0.2)
@given(st.data())
def test_any_version_has_a_simulation(data: st.DataObject) -> None:
    version = Grouper(grouper_tables(data.draw(tables())))
    frame = simulate(40, version)
    assert drg.group(frame, version).height == 40
    assert (frame["total_cost_yuan"] > 0).all()
    assert true_weights(version)["drg"].to_list() == version.program.drg["drg"].to_list()
    if version.program.drg.height:
        assert true_weights(version)["relative_weight"].is_finite().all()


# -- costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "size", "seeds"),
    [
        (VERSION, CASES, 1),
        ("demo", 10_000, 5),
        pytest.param("harbin-2022", 200_000, 1, marks=pytest.mark.thorough),
        pytest.param("changzhou-2022", 200_000, 2, marks=pytest.mark.thorough),
    ],
)
def test_mean_cost_of_a_group_is_its_weight(version: str, size: int, seeds: int) -> None:
    # changzhou-2022 and demo split groups by length of stay, which goes with cost elsewhere.
    parts = []
    for seed in range(seeds):
        frame = drg.group(simulate(size, version, seed=seed), version)
        means = frame.group_by("drg").agg(mean=cost().mean() / MEAN_COST_YUAN, cases=pl.len())
        # Costs are skewed: the mean of few cases is not normal.
        found = means.join(true_weights(version, seed), on="drg").filter(pl.col("cases") >= 300)
        error = pl.col("relative_weight") * pl.col("cv") / pl.col("cases").sqrt()
        parts.append(found.select((pl.col("mean") - pl.col("relative_weight")) / error).to_series())
    z = pl.concat(parts).to_numpy()
    assert len(z) >= 20
    assert np.abs(z).max() < 5
    assert 0.6 < (z**2).mean() < 1.4
    assert abs(z.mean()) * np.sqrt(len(z)) < 4


def test_costs_vary_as_said() -> None:
    # One hospital, so that nothing but the cases varies.
    frame = drg.group(simulate(CASES, VERSION, seed=3, hospitals=1), VERSION)
    spread = frame.group_by("drg").agg(cv=cost().std() / cost().mean(), cases=pl.len())
    found = spread.join(true_weights(VERSION, 3), on="drg", suffix="_true").filter(pl.col("cases") >= 300)
    ratio = found["cv"] / found["cv_true"]
    assert ratio.len() >= 10
    assert 0.9 < ratio.mean() < 1.1


def test_hospital_effects_are_one_on_average() -> None:
    from drg.analysis.simulation.simulated_cases import _hospital_effect

    rng = np.random.default_rng(1)
    group = rng.integers(0, 5, 1_000)
    effect = _hospital_effect(rng.uniform(0.7, 1.4, 1_000), group, 6)
    for number in range(5):
        assert effect[group == number].mean() == pytest.approx(1.0, rel=1e-12)
    assert effect.std() > 0.1


def test_years_of_a_seed_share_their_truth() -> None:
    weights = true_weights(VERSION, 3)
    assert weights.columns == ["drg", "relative_weight", "cv", "weight_source"]
    assert set(weights["weight_source"]) == {"made_up"}
    assert weights["drg"].sort().to_list() == Grouper(VERSION).tables.drg["drg"].sort().to_list()
    assert_frame_equal(true_weights(VERSION, 3), weights)
    assert not true_weights(VERSION, 4).equals(weights)
    one, other = (simulate(2_000, VERSION, seed=3, year=year) for year in (2023, 2024))
    assert set(one["discharge_date"].dt.year()) == {2023}
    assert set(other["discharge_date"].dt.year()) == {2024}
    levels = [
        frame.group_by("hospital_id").agg(pl.first("hospital_level")).sort("hospital_id")
        for frame in (one, other)
    ]
    assert_frame_equal(*levels)


def test_mean_weight_is_one(grouped: pl.DataFrame) -> None:
    mean = grouped.join(true_weights(VERSION, 3), on="drg")["relative_weight"].mean()
    assert mean == pytest.approx(1.0, abs=0.05)


def test_severity_costs_more() -> None:
    weights = dict(true_weights(VERSION, 3).select("drg", "relative_weight").iter_rows())
    trees = Grouper(VERSION).tables.drg
    ordered = 0
    for _, rows in trees.group_by("adrg"):
        by_rule = {rule: weights[code] for code, rule in rows.select("drg", "rule").iter_rows()}
        chain = [by_rule[rule] for rule in ("QTZD in MCC", "QTZD in {MCC, CC}", "") if rule in by_rule]
        assert chain == sorted(chain, reverse=True)
        ordered += len(chain) > 1
    assert ordered > 50


# -- patients and hospitals ------------------------------------------------------------------------------


def test_checks_find_hardly_anything(cases: pl.DataFrame) -> None:
    result = drg.check(cases, VERSION)
    found = dict(result.summary.filter(pl.col("cases") > 0).select("rule", "cases").iter_rows())
    assert {"principal-groups-nowhere", "principal-diagnosis-missing"} <= set(found)
    assert result.errors < 0.02 * CASES
    about_numbers = ("age-", "los-", "stays", "cost", "icu", "ventilator", "discharge-", "birth-", "newborn")
    assert {rule for rule in found if rule.startswith(about_numbers)} <= {"los-days-over-60"}


def test_hospitals_differ(grouped: pl.DataFrame) -> None:
    of_level = (
        grouped.join(true_weights(VERSION, 3), on="drg")
        .group_by("hospital_level")
        .agg(
            cmi=pl.col("relative_weight").mean(),
            size=pl.len() / pl.col("hospital_id").n_unique(),
            index=cost().sum() / (pl.col("relative_weight").sum() * MEAN_COST_YUAN),
        )
        .sort("hospital_level", descending=True)
    )
    assert of_level["hospital_level"].to_list() == ["3", "2", "1"]
    assert of_level["cmi"].is_sorted(descending=True)
    assert of_level["size"].is_sorted(descending=True)
    assert of_level["index"][0] > of_level["index"][2]
    assert simulate(300, "demo", hospitals=1)["hospital_id"].n_unique() == 1
    assert simulate(20_000, "demo", hospitals=200)["hospital_id"].n_unique() > 190
