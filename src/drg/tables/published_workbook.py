"""The national 3.0 configuration workbook → the six tables, in whichever edition it comes.

Sheets are found by name and columns by the text of their header: the second edition shifts a whole sheet.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import RuleError, TablesError, did_you_mean
from drg.records.codes import DIAGNOSIS, PROCEDURE
from drg.tables.excel import Excel
from drg.tables.language import parse
from drg.tables.lint import check_cells, check_references, check_unique
from drg.tables.names import gathered
from drg.tables.published import chs_drg_3_0
from drg.tables.read import NO_EXCLUSION_SET
from drg.tables.table_layout import ADRG, COMPLICATIONS, DRG, PROVENANCE, TABLES, Table
from drg.words import Joined, Sentence

# The row of what is in no group; it is not a group.
NOT_A_GROUP: Final = "0000"
TITLE: Final = "title"  # the name of a code, which no table holds
HEADER_ROWS: Final = 10

_ESCAPES = r"_x000[DdAa9]_"
_BLANKS = r"[\s\u00a0\u3000\u200b\ufeff]+"


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook.

    Attributes:
        name: its name.
        table: the table that it holds.
        headers: for each column of the table, the header texts by which it is known.
        optional: columns that may be absent.
    """

    name: str
    table: Table
    headers: Mapping[str, list[str]]
    optional: Mapping[str, list[str]]


_TABLES: Final = {table.name: table for table in TABLES}
SHEETS: Final = tuple(
    Sheet(sheet["name"], _TABLES[sheet["table"]], sheet["headers"], sheet.get("optional", {}))
    for sheet in chs_drg_3_0().sheets
)


@dataclass(frozen=True)
class Workbook:
    """What a workbook says.

    Attributes:
        file: the workbook.
        sha256: the digest of the file.
        title: what it calls itself, if it does.
        tables: the six tables by name; ``file`` names the sheet, ``row`` the row as Excel counts.
        names: the names of codes; see ``drg.tables.names``.
        counts: what it holds, duplicates included and the ``0000`` rows left out.
        notes: what was found and mended, for people.
    """

    file: Path
    sha256: str
    title: str | None
    tables: dict[str, pl.DataFrame]
    names: pl.DataFrame
    counts: dict[str, int]
    notes: tuple[str, ...]


def read_workbook(file: str | Path) -> Workbook:
    """Reads the workbook and checks each cell, rule and reference; sets are compared with rules later.

    Args:
        file: the workbook (.xlsx), in either edition.

    Raises:
        TablesError: it cannot be read; names file, sheet, row, column and remedy. RuleError: a rule is not
            in the notation; names the character too.
    """
    excel = Excel(Path(file))
    notes: list[str] = []
    whole, title = {}, None
    for sheet in SHEETS:
        cells, first_cell = _cells(excel, sheet)
        title = title or first_cell
        with _in_words_of(sheet):
            whole[sheet.table.name] = _checked(cells, sheet, notes)
    counts = _counts(whole)
    tables = {sheet.table.name: _table(whole[sheet.table.name], sheet, notes) for sheet in SHEETS}
    # It names columns that the sheet DRG has all of, called as in the sheet ADRG.
    with _in_words_of(SHEETS[2]):
        check_references(tables)
    notes += _misplaced(tables["adrg"], ADRG) + _misplaced(tables["drg"], DRG)
    return Workbook(
        file=Path(file),
        sha256=hashlib.sha256(excel.raw).hexdigest(),
        title=title,
        tables=tables,
        names=_names(whole),
        counts=counts,
        notes=tuple(notes),
    )


# -- one sheet ------------------------------------------------------------------------------------------


def _cells(excel: Excel, sheet: Sheet) -> tuple[pl.DataFrame, str | None]:
    """The cells below the header as clean text, with their place; and the title above the header."""
    raw = excel.sheet(sheet.name)
    place = excel.place(sheet.name)
    row, columns = _header(raw, sheet, place)
    blank = pl.lit("").alias(TITLE)
    frame = raw.slice(row + 1).select(
        *(_clean(pl.nth(at), column).alias(column) for column, at in columns.items()),
        *([] if TITLE in columns or not sheet.optional else [blank]),
        file=pl.lit(place),
        row=pl.int_range(row + 2, row + 2 + pl.len(), dtype=pl.Int64),
        spelled=pl.nth(columns["code"]) if "code" in columns else pl.lit(""),
    )
    above = [cell for line in raw.head(row).rows() for cell in line if cell]
    empty = pl.all_horizontal(pl.col(*columns) == "")
    return frame.filter(~empty), above[0].strip() if above else None


def _header(raw: pl.DataFrame, sheet: Sheet, place: str) -> tuple[int, dict[str, int]]:
    """The row of the header, counted from 0, and where each column stands."""
    best: tuple[int, dict[str, int], list[str]] = (0, {}, [])
    for row, cells in enumerate(raw.head(HEADER_ROWS).rows()):
        texts = [_folded(cell) for cell in cells]
        columns = {
            column: texts.index(found)
            for column, headers in {**sheet.headers, **sheet.optional}.items()
            if (found := next((text for text in headers if text in texts), None))
        }
        if len(columns) > len(best[1]):
            best = row, columns, texts
    row, columns, texts = best
    for column, headers in sheet.headers.items():
        if column not in columns:
            there = [text for text in texts if text]
            hint = did_you_mean(headers[0], there)
            if there:
                reads = Joined(", ", there)
                fix = Sentence(
                    "The header reads {header}; the column must be called {names}",
                    header=reads,
                    names=Joined(" or ", headers),
                )
            else:
                fix = Sentence(
                    "No header was found; the column must be called {names}", names=Joined(" or ", headers)
                )
            problem = Sentence("column {name} is missing", name=headers[0])
            raise TablesError(
                problem, file=place, row=row + 1 if there else None, fix=Joined(" ", (hint, fix))
            )
    for at in columns.values():
        if texts.count(texts[at]) > 1:
            fix = Sentence("Delete or rename one of the two")
            problem = Sentence("the column is there twice")
            raise TablesError(problem, file=place, row=row + 1, field=texts[at], fix=fix)
    return row, columns


def _folded(cell: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", cell or "").split())


def _clean(cell: pl.Expr, column: str) -> pl.Expr:
    text = cell.fill_null("").str.replace_all(_ESCAPES, " ")
    if column in ("name", TITLE):
        text = text.str.replace_all(r"[\u200b\ufeff]", "")
    if column in ("name", "rule", TITLE):
        return text.str.replace_all(_BLANKS, " ").str.strip_chars()
    return text.str.normalize("NFKC").str.replace_all(_BLANKS, "")


def _checked(frame: pl.DataFrame, sheet: Sheet, notes: list[str]) -> pl.DataFrame:
    """The rows of a sheet, each cell by itself in order; rows that are no groups are left out."""
    table = sheet.table
    if not table.is_list:
        frame = frame.filter(pl.col("mdc") != NOT_A_GROUP)
        # A number cell is a rule too: 1 may arrive as 1.0.
        whole = pl.col("rule", "order").str.replace(r"\A(-?[0-9]+)\.0+\z", "$1")
        frame = _ordered(frame.with_columns(whole), sheet, notes)
    if table is COMPLICATIONS:
        frame = frame.with_columns(
            pl.col("level").str.to_uppercase(), pl.col("exclusion_set").replace(NO_EXCLUSION_SET, "")
        )
    if "code" in frame.columns:
        respelled = frame.filter(pl.col("spelled").str.strip_chars() != pl.col("code"))
        if respelled.height:
            first = respelled.row(0, named=True)
            notes.append(
                f"sheet {sheet.name}: codes with blanks or full-width letters: {respelled.height}; first, "
                f"{first['spelled']!r} in row {first['row']}, is read as {first['code']!r}"
            )
    check_cells(frame, table)
    if not table.is_list:
        _check_rules(frame)
    return frame


def _ordered(frame: pl.DataFrame, sheet: Sheet, notes: list[str]) -> pl.DataFrame:
    """Rows without a number in 排序 come last in their scope, in the order in which they stand."""
    number = pl.col("order").str.contains(r"\A-?[0-9]+(\.[0-9]+)?\z")
    unordered = frame.filter(~number)
    if not unordered.height:
        return frame
    notes.append(
        f"sheet {sheet.name}: no number in {sheet.headers['order'][0]} of "
        f"{_some(unordered[sheet.table.key[0]])}; such rows come last"
    )
    last = pl.col("order").cast(pl.Int64, strict=False).max()
    last = last.over(sheet.table.scope) if sheet.table.scope else last
    last = (last.fill_null(0) + 1).cast(pl.String)
    return frame.with_columns(order=pl.when(number).then(pl.col("order")).otherwise(last))


def _check_rules(frame: pl.DataFrame) -> None:
    for rule, file, row in frame.select("rule", *PROVENANCE).rows():
        try:
            parse(rule)
        except RuleError as error:
            fix = error.fix or Sentence("Mend the cell in the workbook")
            raise RuleError(
                error.problem, rule=rule, character=error.character, file=file, row=row, field="rule", fix=fix
            ) from None


@contextmanager
def _in_words_of(sheet: Sheet) -> Iterator[None]:
    """Errors name a column by its header."""
    try:
        yield
    except TablesError as error:
        if error.field is not None and error.field in sheet.headers:
            error.field = sheet.headers[error.field][0]
        raise


# -- all sheets -----------------------------------------------------------------------------------------


def _counts(whole: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    complications = whole["complications"]
    return {
        "mdc": whole["mdc"].height,
        "adrg": whole["adrg"].height,
        "drg": whole["drg"].height,
        "sets": whole["sets"]["set"].n_unique(),
        "set_rows": whole["sets"].height,
        "complications": complications.height,
        "mcc": complications.filter(level="MCC").height,
        "cc": complications.filter(level="CC").height,
        "exclusion_sets": whole["exclusions"]["exclusion_set"].n_unique(),
        "exclusions": whole["exclusions"].height,
    }


def _table(frame: pl.DataFrame, sheet: Sheet, notes: list[str]) -> pl.DataFrame:
    table = sheet.table
    if table.is_list:
        kept = frame.unique(table.columns, keep="first", maintain_order=True)
        if dropped := frame.height - kept.height:
            notes.append(f"sheet {sheet.name}: {dropped} duplicate rows dropped")
        frame = kept
    with _in_words_of(sheet):
        check_unique(frame, table)
    frame = frame.select(*table.columns, *PROVENANCE)
    return frame if table.is_list else frame.with_columns(pl.col("order").cast(pl.Int64))


def _misplaced(frame: pl.DataFrame, table: Table) -> list[str]:
    """Rows with an empty rule that 排序 puts before others: grouping tries them last all the same."""
    name = table.key[0]
    behind = pl.col("order") <= pl.col("order").filter(pl.col("rule") != "").max().over(table.scope)
    rows = frame.filter((pl.col("rule") == "") & behind)
    if not rows.height:
        return []
    return [
        f"sheet {name.upper()}: {_some(rows[name])} has an empty rule but is not last by its order; "
        "the order is kept as published, and grouping tries it last"
    ]


def _names(whole: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    diagnosis = pl.lit(DIAGNOSIS)
    in_sets = pl.when(pl.col("set").str.starts_with("OP")).then(pl.lit(PROCEDURE)).otherwise(diagnosis)
    kinds = {"sets": in_sets, "complications": diagnosis, "exclusions": diagnosis}
    return gathered(
        whole[table].select(kind.alias("kind"), "code", name=TITLE) for table, kind in kinds.items()
    )


def _some(values: pl.Series) -> str:
    most = 5
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(values.head(most)) + more
