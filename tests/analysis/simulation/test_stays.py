from __future__ import annotations

import polars as pl


def share(frame: pl.DataFrame, when: pl.Expr) -> float:
    return float(frame.select(when.mean()).item())


def test_stays_are_short_and_long(grouped: pl.DataFrame) -> None:
    days = pl.col("los_days")
    assert 7 < grouped["los_days"].mean() < 9.5
    assert 0.03 < share(grouped, days == 1) < 0.09
    assert 0.0005 < share(grouped, days > 60) < 0.005
    assert grouped["los_days"].max() > 90
    same = pl.col("admission_date").dt.date() == pl.col("discharge_date").dt.date()
    assert 0 < share(grouped, same) < share(grouped, days == 1)
    assert set(grouped.filter(same)["los_days"]) == {1}


def test_day_surgery_stays_for_a_day(grouped: pl.DataFrame) -> None:
    day = pl.col("los_days") == 1
    lens, polyps, joints = (grouped.filter(pl.col("adrg") == adrg) for adrg in ("CB5", "GK3", "IC2"))
    assert share(lens, day) > 0.5
    assert 0.25 < share(polyps, day) < 0.5
    assert share(joints, day) < 0.1


def test_stays_of_the_mind_are_long(grouped: pl.DataFrame) -> None:
    of_mdc = grouped.group_by("mdc").agg(pl.col("los_days").mean(), pl.len()).filter(pl.col("len") > 200)
    assert of_mdc.sort("los_days")["mdc"][-1] == "MDCT"


def test_procedures_and_diagnoses(grouped: pl.DataFrame) -> None:
    assert 0.4 < share(grouped, pl.col("principal_procedure").is_not_null()) < 0.65
    adults = grouped.filter(pl.col("age_years") >= 18)
    of_age = (
        adults.group_by(pl.col("age_years").clip(20, 89) // 20)
        .agg(
            diagnoses=pl.col("other_diagnoses").list.len().mean(),
            complicated=(pl.col("severity") != "none").mean(),
        )
        .sort("age_years")
    )
    assert of_age["diagnoses"].is_sorted()
    assert of_age["complicated"].is_sorted()
    assert of_age["complicated"][-1] > 2.5 * of_age["complicated"][0]
