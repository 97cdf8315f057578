"""The figures of a hospital's month by plain loops over rows, and cases for them."""

from __future__ import annotations

import math
import statistics
import warnings
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl

import drg

Row = dict[str, Any]
MONTH = "2025-03"


@cache
@cache
def cases() -> pl.DataFrame:
    """Two hospitals from March 2024 to March 2025, priced; some deaths and returns, a case without cost."""
    made = drg.simulate(500, "demo", seed=5, hospitals=2).with_row_index("n")
    n = pl.col("n")
    of_days = pl.duration(days=n % 25, hours=2)
    months = pl.date_ranges(pl.date(2024, 3, 1), pl.date(2025, 3, 1), "1mo")
    last = pl.when(n % 3 > 0).then(12).when(n % 3 == 0).then(n % 13)
    made = made.with_columns(
        discharge_date=months.list.get(last).cast(pl.Datetime("us")) + of_days,
        patient_id=pl.lit("P") + (n % 70).cast(pl.String),
        hospital_level=pl.lit("3"),
        case_kind=pl.when(n % 50 == 0).then(pl.lit("bed_day")),
        incomplete=None,
        主诊医师=pl.when(n % 11 > 0).then(pl.lit("D") + (n % 5).cast(pl.String)),
        disposition=pl.when(n % 9 == 0).then(pl.lit("5")).otherwise(pl.lit("1")),
        total_cost_yuan=pl.when(n != 7).then("total_cost_yuan"),
    )
    made = made.with_columns(admission_date=pl.col("discharge_date") - pl.duration(days=1 + n % 6)).drop("n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", drg.MissingColumnWarning)
        priced = drg.price(drg.group(made, "demo"), "demo")
    # In the largest group one death alone.
    largest = priced.filter(pl.col("drg") != "0000")["drg"].mode().sort()[0]
    is_of_month = pl.col("discharge_date").dt.to_string("%Y-%m") == MONTH
    first = is_of_month & (pl.col("hospital_id") == "H001") & pl.col("case_kind").is_null()
    alone = (pl.col("drg") == largest) & first
    died = pl.when(alone & (alone.cum_sum() == 1)).then(pl.lit("5")).otherwise(pl.lit("1"))
    return priced.with_columns(
        disposition=pl.when(pl.col("drg") == largest).then(died).otherwise("disposition")
    )


def period(row: Row) -> str:
    return f"{row['discharge_date']:%Y-%m}"


def figures(rows: Iterable[Row], every: list[Row], region: Iterable[Row]) -> Row:
    """The figures of some rows.

    Args:
        rows: of one hospital and month, or of a part of it.
        every: all that there are.
        region: those of the month, of all hospitals.
    """
    rows, region = list(rows), [row for row in region if usable(row)]
    used = [row for row in rows if usable(row)]
    weights = [row["relative_weight"] for row in rows if row["relative_weight"] is not None]
    costs = [row["total_cost_yuan"] for row in rows if row["total_cost_yuan"] is not None]
    used_costs = [row["total_cost_yuan"] for row in used if row["total_cost_yuan"] is not None]
    stays = [row["los_days"] for row in used if row["los_days"] is not None]
    both = [row for row in used if None not in (row["total_cost_yuan"], row["standard_payment_yuan"])]
    inside = [row for row in rows if row["case_class"] in ("high", "low", "normal", "extreme", "incomplete")]
    counting = [row for row in rows if row["case_kind"] is None]
    low = low_risk(every)
    sums = {
        name: sum((row[name] or Decimal(0) for row in rows), Decimal(0))
        for name in ("payment_yuan", "surplus_yuan")
    }
    return {
        "cases": len(rows),
        "grouped": len(used),
        "grouping_rate": share(len(used), len(counting)),
        "weighted_cases": len(weights),
        "total_weight": sum(weights, Decimal(0)),
        "cmi": share(sum(weights), len(weights)),
        "total_cost_yuan": sum(costs, Decimal(0)),
        "mean_cost_yuan": share(sum(used_costs), len(used_costs)),
        "mean_los_days": share(sum(stays), len(stays)),
        **indices("cost", "total_cost_yuan", used, region),
        **indices("time", "los_days", used, region),
        "cost_to_payment_standard": share(
            sum(row["total_cost_yuan"] for row in both), sum(row["standard_payment_yuan"] for row in both)
        ),
        "standard_payment_yuan": sum((row["standard_payment_yuan"] for row in inside), Decimal(0)),
        **sums,
        "high_cases": sum(row["case_class"] == "high" for row in rows),
        "low_cases": sum(row["case_class"] == "low" for row in rows),
        "deaths": sum(row["disposition"] == "5" for row in rows),
        "low_risk_deaths": sum(row["disposition"] == "5" and row["drg"] in low for row in used),
        "readmissions": sum(followed(row, every) for row in used),
    }


def usable(row: Row) -> bool:
    return row["grouping_status"] == "grouped" and row["case_kind"] is None


def share(above: Any, below: Any) -> float | None:
    return float(above) / float(below) if below else None


def indices(name: str, column: str, rows: list[Row], region: list[Row]) -> Row:
    means: dict[str, list[float]] = defaultdict(list)
    for row in region:
        if row[column] is not None:
            means[row["drg"]].append(float(row[column]))
    mean = {group: statistics.fmean(values) for group, values in means.items()}
    values = [(row["drg"], float(row[column])) for row in rows if row[column] is not None]
    of_groups: dict[str, list[float]] = defaultdict(list)
    for group, value in values:
        of_groups[group].append(value)
    ratios = sum(statistics.fmean(own) / mean[group] * len(own) for group, own in of_groups.items())
    return {
        f"{name}_index_ratio_of_sums": share(sum(v for _, v in values), sum(mean[g] for g, _ in values)),
        f"{name}_index_mean_of_ratios": share(ratios, len(values)),
    }


def low_risk(every: list[Row]) -> set[str]:
    """Groups whose log mortality is more than a standard deviation below the mean of those with deaths."""
    dead: dict[str, list[bool]] = defaultdict(list)
    for row in filter(usable, every):
        dead[row["drg"]].append(row["disposition"] == "5")
    logs = {group: math.log(sum(died) / len(died)) for group, died in dead.items() if any(died)}
    least = statistics.fmean(logs.values()) - statistics.stdev(logs.values())
    return {group for group, value in logs.items() if value < least}


def followed(row: Row, every: list[Row]) -> bool:
    """Whether the patient comes back to the hospital and the group within 15 days."""
    until = row["discharge_date"].date() + timedelta(days=15)
    same = ("hospital_id", "patient_id", "drg")
    return any(
        other is not row
        and usable(other)
        and all(other[name] == row[name] for name in same)
        and row["discharge_date"].date() <= other["admission_date"].date() <= until
        for other in every
    )
