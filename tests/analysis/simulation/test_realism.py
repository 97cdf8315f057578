from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import load_scheme, simulate
from drg.analysis.simulation.realism import _KNOWN, REALISM, realism

MEASURES = (
    *("riv_cost", "riv_cost_trimmed", "riv_los", "riv_los_trimmed"),
    *("share_groups_cv_below_1", "share_cases_cv_below_1"),
)
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "simulation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def grouped() -> pl.DataFrame:
    frame = drg.group(simulate(3_000, "demo", seed=6), "demo")
    # A delivery, a very long stay, and a patient who is back after 31 and again after 32 days.
    day = pl.col("case_id").rank("ordinal")
    dates = [pd.Timestamp(text) for text in ("2025-01-01", "2025-02-01", "2025-03-05")]
    return frame.with_columns(
        other_diagnoses=pl.when(day == 1).then(pl.lit(["Z37.000"])).otherwise("other_diagnoses"),
        los_days=pl.when(day == 2).then(90).otherwise("los_days"),
        patient_id=pl.when(day <= 3).then(pl.lit("back")).otherwise("patient_id"),
        **{
            name: pl.when(day <= 3)
            .then(pl.lit(dates).list.get((day - 1).clip(0, 2)).cast(pl.Datetime("us")))
            .otherwise(name)
            for name in ("admission_date", "discharge_date")
        },
    )


@pytest.fixture(scope="module")
def found(grouped: pl.DataFrame) -> pl.DataFrame:
    return realism(grouped)


def values(table: pl.DataFrame) -> dict[str, float | None]:
    return dict(table.select("figure", "value").iter_rows())


def tails(costs: pd.Series) -> tuple[float, float]:
    """The share of the dearest 5 %, and the 99th percentile ÷ mean, by numpy."""
    ordered = np.sort(costs.dropna().to_numpy())[::-1]
    share = ordered[: ceil(len(ordered) * 0.05)].sum() / ordered.sum()
    return float(share), float(np.percentile(ordered, 99) / ordered.mean())


def by_pandas(frame: pl.DataFrame, measures: Mapping[str, float | None]) -> dict[str, float]:
    """Every figure worked out another way."""
    cases = pd.DataFrame(frame.drop("total_cost_yuan").to_dicts())
    cases["cost"] = frame["total_cost_yuan"].cast(pl.Float64).to_numpy()
    in_group = cases[cases["grouping_status"] == "grouped"]
    others = cases["other_diagnoses"].map(len)
    procedure = cases["principal_procedure"].notna()
    delivery = [
        str(main)[:3] in ("O80", "O81", "O82", "O83", "O84") or any(code[:3] == "Z37" for code in beside)
        for main, beside in zip(cases["principal_diagnosis"], cases["other_diagnoses"], strict=True)
    ]
    again = 0
    for _, stays in cases.sort_values("admission_date").groupby("patient_id"):
        for left, came in zip(stays["discharge_date"], stays["admission_date"].shift(-1), strict=True):
            again += pd.notna(came) and 0 <= (came.normalize() - left.normalize()).days <= 31
    of_all, of_groups = tails(cases["cost"]), tails(in_group.groupby("drg")["cost"].mean())
    ages = {
        "under_18": cases["age_years"] < 18,
        "18_to_64": cases["age_years"].between(18, 64),
        "65_and_older": cases["age_years"] >= 65,
    }
    levels = in_group.groupby("hospital_id").agg({"drg": "nunique", "hospital_level": "first"})
    return {
        "mean_cost_yuan": cases["cost"].mean(),
        "share_of_cost_of_top_5_percent": of_all[0],
        "p99_to_mean_cost": of_all[1],
        "share_of_weight_of_top_5_percent_of_groups": of_groups[0],
        "p99_to_mean_weight_of_groups": of_groups[1],
        "mean_los_days": cases["los_days"].mean(),
        "share_up_to_1_day": (cases["los_days"] <= 1).mean(),
        "share_over_60_days": (cases["los_days"] > 60).mean(),
        "share_with_procedure": procedure.mean(),
        "share_up_to_1_day_with_procedure": (procedure & (cases["los_days"] <= 1)).mean(),
        "share_newborn": ((cases["age_years"] == 0) & (cases["age_days"] <= 28)).mean(),
        "share_delivery": np.mean(delivery),
        "share_readmitted_within_31_days": again / len(cases),
        "stays_per_patient": len(cases) / cases["patient_id"].nunique(),
        "share_admitted_on_weekends": (cases["admission_date"].dt.day_of_week >= 5).mean(),
        "mean_age_years": cases["age_years"].mean(),
        "share_under_18": ages["under_18"].mean(),
        "share_65_and_older": ages["65_and_older"].mean(),
        **{f"other_diagnoses_{age}": others[chosen].mean() for age, chosen in ages.items()},
        **{
            f"share_with_cc_or_mcc_{age}": (cases["severity"][chosen] != "none").mean()
            for age, chosen in ages.items()
        },
        "share_of_60_commonest_adrgs": in_group["adrg"].value_counts()[:60].sum() / len(in_group),
        **{
            f"groups_of_a_hospital_of_level_{level}": levels["drg"][levels["hospital_level"] == level].mean()
            for level in "321"
        },
        **{name: measures[name] or 0 for name in MEASURES},
    }


def test_every_figure_is_that_of_pandas(grouped: pl.DataFrame, found: pl.DataFrame) -> None:
    expected = by_pandas(grouped, drg.evaluate(grouped).summary)
    assert found.schema == REALISM
    assert found["figure"].to_list() == list(expected) == list(_KNOWN)
    for figure, value in values(found).items():
        assert value == pytest.approx(expected[figure], rel=1e-9), figure
    assert 0 < (values(found)["share_delivery"] or 0) < 0.001
    assert found["note"].null_count() == found.height


def test_the_difference_is_to_the_nearer_end(found: pl.DataFrame) -> None:
    for row in found.iter_rows(named=True):
        low, high, value = row["low"], row["high"], row["value"]
        assert row["status"] in ("published", "transcribed", "assumed", "reported")
        assert (row["status"] == "reported") == (low is None)
        assert row["source"]
        assert row["source_zh"]
        if low is None:
            assert high is row["difference"] is None
            continue
        assert low <= high
        expected = 0 if low <= value <= high else min(value - low, value - high, key=abs)
        assert row["difference"] == pytest.approx(expected)
    assert {-1.0, 0.0, 1.0} <= set(found["difference"].sign())


def test_transcribed_figures_are_those_of_the_shipped_weights() -> None:
    harbin, chongqing = (
        [
            float(weight.relative_weight)
            for (_, level), weight in load_scheme(scheme).weights.items()
            if level == of
        ]
        for scheme, of in (("harbin-2022", None), ("chongqing-2025", "3"))
    )
    found = [tails(pd.Series(weights)) for weights in (harbin, chongqing)]
    for place, figure in enumerate(name for name, row in _KNOWN.items() if row["status"] == "transcribed"):
        ends = sorted(round(tail[place], 3) for tail in found)
        assert [float(_KNOWN[figure][end]) for end in ("low", "high")] == ends
        assert f"{len(harbin)} groups" in _KNOWN[figure]["source"]
        assert f"{len(chongqing)} groups" in _KNOWN[figure]["source"]


def test_what_cannot_be_computed_is_null_and_said(grouped: pl.DataFrame) -> None:
    plain = realism(grouped.drop("drg", "adrg", "severity", "grouping_status", "patient_id"))
    note = dict(plain.select("figure", "note").iter_rows())
    assert note["riv_cost"] == "columns are missing: drg, grouping_status"
    assert note["stays_per_patient"] == "columns are missing: patient_id"
    assert values(plain)["mean_cost_yuan"] == pytest.approx(grouped["total_cost_yuan"].cast(float).mean())
    for row in plain.iter_rows(named=True):
        assert (row["value"] is None) == (row["note"] is not None) == (row["note_zh"] is not None)
    nobody = realism(grouped.clear())
    assert nobody["value"].null_count() == nobody.height
    assert set(nobody["note"]) == {"there is no case that counts"}
    assert nobody["difference"].null_count() == nobody.height


def test_any_frame_gives_the_same(grouped: pl.DataFrame, found: pl.DataFrame) -> None:
    assert_frame_equal(realism(grouped.sample(fraction=1, shuffle=True, seed=1).to_arrow()), found)


def test_every_figure_is_in_the_document() -> None:
    for row in _KNOWN.values():
        assert f"| {row['meaning']} |" in DOCUMENT
