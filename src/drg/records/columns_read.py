"""What became of each column of the files: which canonical column it is, or what it seems to hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from drg.benefit_columns import BENEFIT
from drg.columns import ALL, OUTPUT, PRICE
from drg.errors import InputError
from drg.records import notes
from drg.records.cells import as_text
from drg.records.code_edition import edition_findings
from drg.records.discharges import Discharges
from drg.records.header import kind_of_name
from drg.records.personal import may_be_repeated
from drg.records.source_tables import SourceTable
from drg.words import Both, Joined, Sentence

DIAGNOSES: Final = "diagnoses"
PROCEDURES: Final = "procedures"
MONEY: Final = "money"
DATES: Final = "dates"

# Rows that are looked at for examples, and to see what a column holds.
_ROWS: Final = 1000
_MOST: Final = 0.6
_DIAGNOSIS: Final = r"^[A-Za-z]\d{2}\.[0-9xX]"
_PROCEDURE: Final = r"^\d{2}\.\d{4}(?:[xX]\d+)?$|^\d{2}\.\d{1,2}$"
_DATE: Final = r"^(?:19|20)\d{2}[-/.年]?\d{1,2}[-/.月]?\d{1,2}"
_AMOUNT: Final = r"^-?\d+(?:\.\d{1,4})?$"
_OF_PROCEDURES: Final = ("手术", "操作", "oper", "oprn", "proc", "ss")
_OF_MONEY: Final = ("费", "金额", "支付", "cost", "fee", "amount", "amt", "charge")


@dataclass(frozen=True)
class ColumnRead:
    """One column of the files.

    Attributes:
        name: in the files.
        reads: the canonical column; None if it is not read.
        seems: what a column that is not read seems to hold, if anything that counts.
        example: the first value that is there, unless it may say who a patient is.
    """

    name: str
    reads: str | None
    seems: str | None
    example: str


def columns_read(discharges: Discharges) -> list[ColumnRead]:
    """What became of each column of the first table, in their order."""
    rows = discharges.collect(discharges.rows.select(discharges.own_columns).head(_ROWS))
    reads: dict[str, str] = {}
    for canonical in discharges.binding.columns:
        for one in discharges.binding.fields([canonical]):
            # Of an age the years come before the days.
            reads.setdefault(one, canonical)
    layout = discharges.layout
    fields = (name for source in layout.field for names in source.fields for name in names)
    no_news = {kind_of_name(name) for name in (*OUTPUT, *PRICE, *BENEFIT, *layout.unused, *fields)}
    found = []
    for name in rows.columns:
        cells, column = rows[name], reads.get(name)
        known = column is not None or kind_of_name(name) in no_news
        texts = as_text(cells) if not cells.dtype.is_nested() else pl.Series(dtype=pl.String)
        texts = texts.str.strip_chars().replace("", None).drop_nulls()
        seems = None if known else _seems(name, texts)
        found.append(ColumnRead(name, column, seems, _example(column, texts.head(1))))
    return found


def _example(column: str | None, first: pl.Series) -> str:
    frame = first.to_frame("text").filter(may_be_repeated(pl.lit(column, pl.String), pl.col("text")))
    return str(frame.item()) if frame.height else ""


def _seems(name: str, texts: pl.Series) -> str | None:
    if texts.is_empty():
        return None
    lower = name.casefold()

    def share(pattern: str) -> float:
        return int(texts.str.contains(pattern).sum()) / len(texts)

    if share(_DIAGNOSIS) >= _MOST:
        return DIAGNOSES
    if share(_PROCEDURE) >= _MOST and (
        any(word in lower for word in _OF_PROCEDURES) or share(r"^\d{2}\.\d{4}") >= _MOST
    ):
        return PROCEDURES
    if share(_DATE) >= _MOST:
        return DATES
    if share(_AMOUNT) >= _MOST and any(word in lower for word in _OF_MONEY):
        return MONEY
    return None


@dataclass(frozen=True)
class Reading:
    """Discharges from files, and what became of the columns of the files.

    Attributes:
        discharges: with findings on columns that count, but are not read or not there.
        columns: those of the first file.
        missing: canonical columns that somebody asks for, and that the files or some of them lack.
    """

    discharges: Discharges
    columns: list[ColumnRead]
    missing: tuple[str, ...] = ()

    @property
    def other_editions(self) -> list[Sentence]:
        """Of each file of codes of the other edition than it is read as: that it is, and what to do."""
        said = self.discharges.remarks.filter(
            pl.col("rule").is_in([notes.CODES_CLINICAL, notes.CODES_INSURANCE])
        )
        return [
            Joined(
                ": ",
                (
                    row.get("file") or "",
                    Both(row["message"], row["message_zh"]),
                    Both(row["fix"], row["fix_zh"]),
                ),
            )
            for row in said.rows(named=True)
        ]

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """The remarks on the files by rule and severity."""
        return self.discharges.remark_counts


def look_through(
    discharges: Discharges,
    ignored: Collection[str] = (),
    needs: Collection[str] = (),
    *,
    strict: bool = False,
) -> Reading:
    """See what became of the columns, and add findings on those that count, but are not read or not there.

    Args:
        discharges: from files.
        ignored: columns that the user says do not count.
        needs: the canonical columns that somebody asks for.
        strict: refuse files with columns of codes that are not read.

    Raises:
        InputError: there is such a column, or there is none to ignore.
    """
    columns = columns_read(discharges)
    _check(columns, ignored, discharges.tables[0], strict=strict)
    strange = [one for one in columns if one.seems and one.name not in ignored]
    if strange:
        table = discharges.tables[0]
        more = [notes.unread_column(one.name, str(one.seems), table.header_row) for one in strange]
        remarks = notes.together([discharges.remarks, *map(table.placed, more)])
        discharges = replace(discharges, remarks=remarks)
    discharges = discharges.with_lacking(needs)
    remarks = notes.together([edition_findings(discharges), discharges.remarks])
    discharges = replace(discharges, remarks=remarks)
    absent = remarks.filter(pl.col("rule") == notes.COLUMN_MISSING)["field"]
    return Reading(discharges, columns, tuple(name for name in ALL if name in needs and name in absent))


def _check(
    columns: Sequence[ColumnRead], ignored: Collection[str], table: SourceTable, *, strict: bool
) -> None:
    names = {one.name for one in columns}
    for name in ignored:
        if name not in names:
            raise InputError(
                Sentence("there is no column {name!r} to ignore", name=name),
                file=table.label,
                field="ignore",
                fix=Sentence("The columns that are not read: {names}", names=_unread(columns)),
            )
    codes = [
        one for one in columns if strict and one.seems in (DIAGNOSES, PROCEDURES) and one.name not in ignored
    ]
    if codes:
        given = " ".join(f"--ignore {one.name}" for one in codes)
        raise InputError(
            Sentence(
                "columns that seem to hold codes are not read: {names}",
                names=Joined(", ", [one.name for one in codes]),
            ),
            file=table.label,
            fix=Sentence(
                "Give a layout that reads them (make one with: drg layouts guess {file}), "
                "or say that they do not count: {given}",
                file=table.file,
                given=given,
            ),
        )


def _unread(columns: Sequence[ColumnRead]) -> Sentence:
    return Joined(", ", [one.name for one in columns if one.reads is None] or [Sentence("none")])
