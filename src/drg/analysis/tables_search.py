"""Groups of a version found by the beginning of their code, or by name or pinyin."""

from __future__ import annotations

import polars as pl

from drg.analysis.tables_show import Line
from drg.records.name_search import name_ranks
from drg.tables import GrouperTables

_TABLES = ("mdc", "adrg", "drg")


def search_groups(tables: GrouperTables, query: str) -> list[Line]:
    """The MDCs, ADRGs and DRGs whose code begins so, in their order; if there are none, those of such a name.

    Args:
        tables: the version.
        query: the beginning of a code, or words of a name, as characters, pinyin or initials of it.

    Returns:
        By name MDCs before ADRGs before DRGs, of each the best first.
    """
    asked = query.strip()
    groups = pl.concat(
        getattr(tables, name).select(
            pl.lit(name).alias("table"), pl.col(name).alias("code"), "name", "rule", place=pl.lit(place)
        )
        for place, name in enumerate(_TABLES)
    )
    begins = groups["code"].str.to_uppercase().str.starts_with(asked.upper())
    found = groups.filter(begins)
    if not asked or found.is_empty():
        ranks = name_ranks(groups["name"].fill_null(""), asked)
        found = groups.with_columns(ranks).drop_nulls("rank").sort("place", "rank", "code")
    return [Line(*row) for row in found.select("table", "code", "name", "rule").rows()]
