"""What is known of published workbooks: counts, editions, and cited amendments. Facts, as TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from drg.tables.manifest import TableName

_DIRECTORY = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Amendment:
    """Rows that a published workbook lacks.

    Attributes:
        table: the table to which they belong.
        citation, citation_zh: where the authority publishes them.
        rows: the rows, as the columns of the table.
    """

    table: TableName
    citation: str
    citation_zh: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Published:
    """What is known of a published workbook.

    Attributes:
        editions: SHA-256 of each known file → its name.
        sheets: name, table, and for its columns the texts by which they are known; see ``Sheet``.
        counts: what it holds, counted as ``workbook.counts`` does.
        amendments: what it lacks.
    """

    editions: dict[str, str]
    sheets: list[dict[str, Any]]
    counts: dict[str, int]
    amendments: tuple[Amendment, ...]


@lru_cache(maxsize=1)
def chs_drg_3_0() -> Published:
    """The national workbook of CHS-DRG 3.0."""
    facts = tomllib.loads((_DIRECTORY / "chs-drg-3.0.toml").read_text(encoding="utf-8"))
    return Published(
        editions=facts["editions"],
        sheets=facts["sheets"],
        counts=facts["counts"],
        amendments=tuple(
            Amendment(**{**entry, "rows": tuple(map(tuple, entry["rows"]))}) for entry in facts["amendments"]
        ),
    )
