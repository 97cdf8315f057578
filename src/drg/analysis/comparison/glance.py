"""What a reader wants to know first: how many cases change, how much money, which hospitals gain and lose."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.comparison.comparison_result import HOSPITAL, Comparison

GLANCE: Final = pl.Schema(
    {
        "version": pl.String(),
        "cases": pl.Int64(),
        "changed": pl.Int64(),
        "lost": pl.Int64(),
        "gained": pl.Int64(),
        "payment_base_yuan": pl.Decimal(38, 2),
        "payment_other_yuan": pl.Decimal(38, 2),
        "payment_difference_yuan": pl.Decimal(38, 2),
        "hospitals": pl.Int64(),
        "hospitals_gain": pl.Int64(),
        "hospitals_lose": pl.Int64(),
        "most_gained_hospital": pl.String(),
        "most_gained_yuan": pl.Decimal(38, 2),
        "most_lost_hospital": pl.String(),
        "most_lost_yuan": pl.Decimal(38, 2),
    }
)


def at_a_glance(comparison: Comparison) -> pl.DataFrame:
    """Each version but the base in a line.

    Returns:
        One row for each other ``version``: all ``cases``; those ``changed`` (another group or status),
        ``lost`` and ``gained`` (grouped by the base only, by the other only); the number of ``hospitals``.
        Where both have a scheme also payments in yuan, how many hospitals get a larger and a smaller
        surplus, and the largest rise (``most_gained_yuan``) and fall (``most_lost_yuan``, negative), null if
        there is none.
    """
    return pl.DataFrame([_line(comparison, version) for version in comparison.others], schema=GLANCE)


def _line(comparison: Comparison, version: str) -> dict[str, object]:
    base = comparison.ids[0]
    places = comparison.places(HOSPITAL)
    lost = comparison.lost.filter(pl.col("version") == version)
    line: dict[str, object] = {
        "version": version,
        "cases": comparison.count,
        "changed": places[f"changed_{version}"].sum(),
        **{which: lost.filter(pl.col("now") == which)["cases"].sum() for which in ("lost", "gained")},
        "hospitals": places["hospital_id"].n_unique(),
    }
    if not comparison.has_money(base, version):
        return line
    paid = dict(comparison.totals.select("version", "payment_yuan").iter_rows())
    difference = f"surplus_difference_yuan_{version}"
    ordered = places.select("hospital_id", amount=difference).sort(-pl.col("amount"), "hospital_id")
    gain = ordered.filter(pl.col("amount") > 0)
    lose = ordered.filter(pl.col("amount") < 0).sort("amount", "hospital_id")
    line |= {
        "payment_base_yuan": paid[base],
        "payment_other_yuan": paid[version],
        "payment_difference_yuan": paid[version] - paid[base],
        "hospitals_gain": gain.height,
        "hospitals_lose": lose.height,
    }
    for name, found in (("most_gained", gain), ("most_lost", lose)):
        if found.height:
            line[f"{name}_hospital"], line[f"{name}_yuan"] = found.row(0)
    return line
