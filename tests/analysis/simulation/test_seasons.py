from __future__ import annotations

import polars as pl


def share(frame: pl.DataFrame, when: pl.Expr) -> float:
    return float(frame.select(when.mean()).item())


def test_weekends_have_fewer_admissions_and_discharges(grouped: pl.DataFrame) -> None:
    weekday = pl.col("admission_date").dt.weekday()
    weekend = weekday >= 6
    surgical = pl.col("adrg").str.slice(1, 1).is_in(list("ABCDEFGHI"))
    assert 0.14 < share(grouped, weekend) < 0.24
    assert share(grouped.filter(surgical), weekend) < share(grouped.filter(~surgical), weekend) - 0.04
    assert share(grouped.filter(surgical), weekday <= 4) > 0.66
    days = grouped["discharge_date"].dt.weekday().value_counts().sort("discharge_date")["count"].to_numpy()
    assert days.argmin() == 6
    assert days[6] < 0.8 * days[:5].mean()


def test_months_have_their_seasons(grouped: pl.DataFrame) -> None:
    month = pl.col("discharge_date").dt.month()
    winter, summer, february = month.is_in([12, 1]), month.is_in([7, 8]), month == 2
    lungs = grouped.filter(pl.col("mdc") == "MDCE")
    assert share(lungs, winter) > 1.4 * share(lungs, summer)
    others = grouped.filter(pl.col("mdc") != "MDCE")
    assert 0.85 < share(others, winter) / share(others, summer) < 1.1
    assert share(others, february) * 365 / 28 < 0.9
    assert grouped["discharge_date"].dt.date().is_sorted()
