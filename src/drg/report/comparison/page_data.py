"""What the page shows, as plain data: tables, the flows behind differences, and cases.

Numbers stay numbers; the page writes them. Nothing here is markup, nor taken for it by the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import polars as pl

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, LEVELS, Comparison, Wanted, examples
from drg.analysis.comparison.compared_sums import column_of
from drg.reasons import column_in_words
from drg.report.comparison.cause_tables import case_label
from drg.report.comparison.page_layout import MOST_PLACES, Table
from drg.report.comparison.page_tables import largest_drivers, with_rest
from drg.words import categories

# How many cases of each number the page holds, and of each flow that is shown for a hospital or department.
MANY: Final = 20
SOME: Final = 8
FEW: Final = 3
FIRST_FLOWS: Final = 100
_MOST_PLACES_WITH_FLOWS: Final = {HOSPITAL: MOST_PLACES, DEPARTMENT: 300}


def page_data(comparison: Comparison, shown: Sequence[Table]) -> dict[str, Any]:
    """Everything that the page needs, ready for JSON."""
    drivers = {
        f"{at}": {str(len(by)): _drivers(comparison, at, by) for by in (HOSPITAL, DEPARTMENT)}
        for at in range(1, len(comparison.ids))
    }
    return {
        "versions": [
            {"id": side.id, "scheme": side.pricer.id if side.pricer else None} for side in comparison.sides
        ],
        "count": comparison.count,
        "words": categories("grouping_status", "zh"),
        "homonyms": [[], *(sorted(comparison.homonyms(id_)) for id_ in comparison.others)],
        "tables": [_table(table) for table in shown],
        "drivers": drivers,
        "most": {"many": MANY, "some": SOME, "few": FEW},
        **_cases(comparison, _wanted(comparison, shown)),
    }


def _table(table: Table) -> dict[str, Any]:
    rows = table.frame.head(table.most)
    return {
        "id": table.id,
        "total": table.frame.height,
        "cases": {name: _place(rule, table) for name, rule in table.cases.items()},
        "columns": [
            {
                "name": column.name,
                "zh": column.zh,
                "en": column.en,
                "kind": column.kind,
                "cases": column.cases,
                "counts": column.counts,
                "drivers": column.drivers,
            }
            for column in table.columns
        ],
        "rows": plain_rows(rows.select(column.name for column in table.columns)),
    }


def _place(rule: Any, table: Table) -> Any:
    """A constant, or the place of a column in a row."""
    if isinstance(rule, Mapping):
        return {"col": [column.name for column in table.columns].index(rule["col"])}
    return rule


def plain_rows(frame: pl.DataFrame) -> list[list[Any]]:
    """Rows for JSON: decimals as numbers, nothing that is no number."""
    return [[_plain(value) for value in row] for row in frame.rows()]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _drivers(comparison: Comparison, at: int, by: tuple[str, ...]) -> list[dict[str, Any]]:
    """The main flows of the places with the largest differences."""
    version = comparison.ids[at]
    found = largest_drivers(comparison, version, by, _MOST_PLACES_WITH_FLOWS[by])
    columns = [name for name in found.columns if name not in (*by, "base_name", "other_name")]
    places = found.select(by).rows()
    rows = plain_rows(with_rest(found).select(columns))
    # The rows of a place stand together.
    together = groupby(zip(places, rows, strict=True), key=itemgetter(0))
    return [
        {"place": list(place), "columns": columns, "rows": [row for _, row in those]}
        for place, those in together
    ]


def _wanted(comparison: Comparison, shown: Iterable[Table]) -> list[Wanted]:
    """The cells behind the numbers of the page."""
    frames = {table.id: table.frame.head(table.most) for table in shown}
    base = comparison.ids[0]
    wanted: list[Wanted] = []
    for at, id_ in enumerate(comparison.ids):
        statuses = comparison.reasons.filter(pl.col("version") == id_)
        wanted.append(Wanted(statuses.select(pl.col("status").alias(f"status_{id_}")).unique(), MANY))
        wanted.append(Wanted(frames[f"groups{at}"].select(pl.col("drg").alias(f"label_{id_}")), FEW))
        keys = {"status": f"status_{id_}", "reason": f"reason_{id_}"}
        if at:
            keys |= {"base_status": f"status_{base}", "base_reason": f"reason_{base}"}
        wanted.append(Wanted(statuses.select(pl.col(name).alias(key) for name, key in keys.items()), MANY))
        if at:
            wanted += _wanted_of_pair(comparison, at, frames)
    return wanted


def _wanted_of_pair(comparison: Comparison, at: int, frames: Mapping[str, pl.DataFrame]) -> list[Wanted]:
    id_ = comparison.ids[at]
    flow = {"base": f"label_{comparison.ids[0]}", "other": f"label_{id_}"}

    def cells(frame: pl.DataFrame, *by: str) -> pl.DataFrame:
        named = frame.drop_nulls(["base", "other"])
        return named.select(*by, *(pl.col(name).alias(key) for name, key in flow.items()))

    flows = frames[f"flows{at}"]
    levels = pl.DataFrame({f"change_{id_}": [*LEVELS, None]}, schema={f"change_{id_}": pl.Enum(LEVELS)})
    wanted = [
        Wanted(cells(flows.head(FIRST_FLOWS)), MANY),
        Wanted(cells(flows), FEW),
        Wanted(cells(frames[f"drivers{at}"]), MANY),
        Wanted(cells(frames[f"stayed{at}"]), FEW),
        Wanted(levels, MANY),
        Wanted(comparison.causes(id_).select(pl.col("cause").alias(f"cause_{id_}")), MANY),
    ]
    for by, table, most in ((HOSPITAL, "hospitals", MANY), (DEPARTMENT, "departments", SOME)):
        if f"{table}{at}" not in frames:
            continue
        places = frames[f"{table}{at}"].select(by)
        wanted.append(Wanted(places, most))
        if comparison.tells_causes(id_):
            causes = comparison.causes(id_, by).head(MOST_PLACES)
            wanted.append(Wanted(causes.select(*by, pl.col("cause").alias(f"cause_{id_}")), 1))
        wanted.append(Wanted(places.with_columns(pl.lit(True).alias(f"changed_{id_}")), most))
        few = FEW if by == HOSPITAL else 2
        wanted.append(
            Wanted(cells(largest_drivers(comparison, id_, by, _MOST_PLACES_WITH_FLOWS[by]), *by), few)
        )
    return wanted


def _cases(comparison: Comparison, wanted: Sequence[Wanted]) -> dict[str, Any]:
    """The cases that the page holds; texts that repeat are numbers of lists."""
    found = examples(comparison, wanted).with_columns(
        case_label(comparison, id_).alias(f"why_{id_}") for id_ in comparison.others
    )
    lists: dict[str, list[Any]] = {}
    columns: list[pl.Expr] = []

    def numbered(name: str, key: str, sources: Sequence[str]) -> None:
        texts = pl.concat([found[source] for source in sources]).unique().sort(nulls_last=False)
        lists[key] = texts.to_list()
        numbers = pl.int_range(len(texts), dtype=pl.Int64, eager=True)
        columns.append(pl.col(name).replace_strict(texts, numbers, return_dtype=pl.Int64))

    columns.append(pl.col("row", "case_id"))
    numbered("hospital_id", "hospitals", ["hospital_id"])
    numbered("department", "departments", ["department"])
    columns.append(pl.col("los_days", "total_cost_yuan"))
    names = ["row", "case_id", "hospital", "department", "days", "cost"]
    reasons = [f"reason_{id_}" for id_ in comparison.ids]
    found = found.with_columns(
        *(column_in_words(found[name], comparison.language) for name in reasons),
        pl.col(f"status_{id_}" for id_ in comparison.ids).cast(pl.String),
    )
    statuses = [f"status_{id_}" for id_ in comparison.ids]
    labels = [f"label_{id_}" for id_ in comparison.ids]
    for at, side in enumerate(comparison.sides):
        numbered(labels[at], "labels", labels)
        numbered(statuses[at], "statuses", statuses)
        numbered(reasons[at], "reasons", reasons)
        names += [f"label{at}", f"status{at}", f"reason{at}"]
        if at:
            numbered(f"why_{side.id}", "causes", [f"why_{id_}" for id_ in comparison.others])
            names.append(f"cause{at}")
        if side.pricer:
            money = ("weight", "standard", "payment", "surplus")
            columns.append(pl.col(*(f"{column_of(name)}_{side.id}" for name in money)))
            names += [f"{name}{at}" for name in money]
    return {
        "lists": lists,
        "known": [_known(comparison, at, lists["labels"]) for at in range(len(comparison.ids))],
        "case_columns": names,
        "cases": plain_rows(found.select(columns)),
    }


def _known(comparison: Comparison, at: int, labels: Sequence[str]) -> list[list[Any] | None]:
    """For each label: MDC, ADRG and name in a version; null if the version has no such outcome."""
    table = comparison.sides[at].outcomes
    rows = {row["label"]: [row["mdc"], row["adrg"], row["drg_name"]] for row in table.iter_rows(named=True)}
    return [rows.get(label) for label in labels]
