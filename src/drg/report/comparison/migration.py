"""Cases that change as a diagram of flows: of all departments, and of each with a choice on the page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

import polars as pl

from drg.analysis.comparison import Comparison
from drg.report.comparison import charts
from drg.report.comparison.summary_figures import link

MOST_FLOWS: Final = 12
MOST_DEPARTMENTS: Final = 6
_BY_DEPARTMENT: Final = ("department",)
_REST: Final = "其余 others"
_ALL: Final = "全部科室 all departments"


def migration(comparison: Comparison, at: int) -> Iterator[str]:
    """The diagrams between the base and a version; nothing if no case changes.

    Departments are those of all hospitals together; the ones in which most cases change can be chosen.
    """
    version = comparison.ids[at]
    whole = comparison.drivers(version, most=MOST_FLOWS, by_cases=True)
    if whole.is_empty():
        return
    shown = [(_ALL, whole)]
    if comparison.has_departments:
        every = comparison.drivers(version, _BY_DEPARTMENT, most=MOST_FLOWS, by_cases=True)
        sizes = every.group_by("department").agg(pl.col("cases").sum()).drop_nulls()
        largest = sizes.sort(-pl.col("cases"), "department").head(MOST_DEPARTMENTS)["department"]
        shown += [(name, every.filter(pl.col("department") == name)) for name in largest]
    yield '<div class="migration">\n'
    if len(shown) > 1:
        choices = "".join(f"<option>{escape(name)}</option>" for name, _ in shown)
        yield f"<label>科室 department <select>{choices}</select></label>\n"
    for place, (name, flows) in enumerate(shown):
        hidden = " hidden" if place else ""
        caption = _caption(comparison.ids[0], version, name, flows)
        yield f"<figure{hidden}>{caption}{charts.flows(_bands(at, flows))}</figure>\n"
    yield "</div>\n"


def _caption(base: str, version: str, department: str, flows: pl.DataFrame) -> str:
    cases = f"{flows['cases'].sum():,}"
    zh = f"换组病例流向（{base} → {version}，{department}，{cases} 例）"
    en = f"Cases that change: the {MOST_FLOWS} largest flows and all others; narrow ones are drawn wider"
    return f"<figcaption>{escape(zh)}<small>{en}</small></figcaption>"


def _bands(at: int, flows: pl.DataFrame) -> list[charts.Flow]:
    return [_band(at, row) for row in flows.to_dicts()]


def _band(at: int, row: dict[str, Any]) -> charts.Flow:
    if row["rank"] is None:
        return charts.Flow(_REST, _REST, row["cases"])
    asked = {"at": at, "base": row["base"], "other": row["other"], "department": row.get("department")}
    return charts.Flow(row["base"], row["other"], row["cases"], link("cases", **asked))
