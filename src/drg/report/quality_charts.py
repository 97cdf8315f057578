"""The charts of an evaluation as SVG: funnel plot and league plot of hospitals, densities of groups."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import numpy as np

from drg.report.comparison.charts import BASE, DOWN, POINT, UP, as_svg, ems, new_figure

Rows = Sequence[dict[str, Any]]
_MIDDLE: Final = "#5f93c2"
_MOST_NAMED: Final = 12
_SMALL: Final = (160.0, 34.0)  # width and height of a small curve


def funnel(rows: Rows, across: str, up: str) -> str:
    """Hospitals by the number of their cases, with the limits within which like hospitals lie.

    Those that differ by more than usual are coloured and named. The curves are those of the usual case mix.

    Args:
        rows: of the table ``profiles``, of hospitals that are compared.
        across: what the axis of cases is.
        up: what that of indices is.
    """
    figure, axes = new_figure(17, 4)
    cases = np.array([row["cases"] for row in rows], dtype=np.float64)
    error = np.array([row["log_standard_error"] for row in rows])
    usual = np.array([np.log(row["funnel_between_99_8_high"]) for row in rows])
    wide = np.log([row["funnel_99_8_high"] for row in rows])
    between = np.median(np.maximum((usual / wide) ** 2 - 1, 0) * error**2)
    unit = np.median(cases * error**2)
    along = np.geomspace(cases.min() * 0.9, cases.max() * 1.1, 100)
    for share, times in (("95", 1.959964), ("99_8", 3.090232)):
        dashes = "--" if share == "95" else "-"
        for spread, colour in ((unit / along, "#b9c4cf"), (unit / along + between, BASE)):
            for side in (-1, 1):
                curve = np.exp(side * times * np.sqrt(spread))
                axes.plot(along, curve, dashes, color=colour, linewidth=0.9)
    axes.axhline(1, color=BASE, linewidth=0.8)
    axes.scatter(cases, [row["index"] for row in rows], s=16, c=[_colour(row) for row in rows], zorder=3)
    named = sorted((row for row in rows if row["differs"]), key=lambda row: float(row["p"]))[:_MOST_NAMED]
    for row in named:
        axes.annotate(
            row["hospital_id"],
            (row["cases"], row["index"]),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=POINT - 1,
        )
    axes.set_xscale("log")
    axes.yaxis.grid(True, color="#e4e8ec", linewidth=0.8)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.minorticks_off()
    axes.set_xticks(_ticks(cases.min(), cases.max()))
    return as_svg(figure, axes)


def league(rows: Rows, across: str) -> str:
    """Shrunken indices with their intervals, the highest on top, and the interval of each rank beside it."""
    names = [f"{row['hospital_id']}  {row['rank']} ({row['rank_low']}–{row['rank_high']})" for row in rows]
    figure, axes = new_figure(len(rows), max(map(ems, names), default=0))
    places = np.arange(len(rows))
    middle = np.array([row["shrunken_index"] for row in rows])
    low, high = (np.array([row[f"shrunken_index_{end}"] for row in rows]) for end in ("low", "high"))
    axes.hlines(places, low, high, color=[_colour(row) for row in rows], linewidth=1.6)
    axes.scatter(middle, places, s=14, c=[_colour(row) for row in rows], zorder=3)
    axes.axvline(1, color=BASE, linewidth=0.8)
    axes.set_yticks(list(places), names)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.invert_yaxis()
    axes.set_xlabel(across)
    return as_svg(figure, axes)


def density(heights: Sequence[float], label: str) -> str:
    """A small curve, as high as its place."""
    width, height = _SMALL
    top = max(heights, default=0) or 1.0
    step = width / max(len(heights) - 1, 1)
    points = " ".join(
        f"{place * step:.1f},{height - (height - 2) * value / top:.1f}" for place, value in enumerate(heights)
    )
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 {width:g} {height:g}">'
        f'<polygon points="0,{height:g} {points} {width:g},{height:g}" fill="#dbe7f2" stroke="{_MIDDLE}"/>'
        "</svg>"
    )


def _colour(row: dict[str, Any]) -> str:
    if not row["differs"]:
        return _MIDDLE
    return DOWN if row["index"] > 1 else UP


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers of cases between the two: 1, 2 and 5 times powers of ten."""
    every = [times * 10**power for power in range(9) for times in (1.0, 2.0, 5.0)]
    found = [tick for tick in every if low * 0.8 <= tick <= high * 1.25]
    return found if len(found) > 1 else [low, high]
