"""One CSV file of a version → one clean frame, every cell text, with the place of each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from drg.errors import TablesError, did_you_mean, system_reason
from drg.records.exact_paths import read_csv
from drg.records.plain_files import read_bytes
from drg.tables.lint import check_cells, check_unique
from drg.tables.table_layout import CHANGE, COMPLICATIONS, EQUIVALENCES, PROVENANCE, TABLES, Table
from drg.words import Joined, Sentence

# The published workbook writes 无 where a complication is never excluded.
NO_EXCLUSION_SET = "无"


def read_table(file: Path, table: Table, *, overlay: bool = False) -> pl.DataFrame:
    """Reads and checks one table.

    Args:
        file: the CSV file: UTF-8 with or without byte order mark, any line ending.
        table: its shape.
        overlay: whether it holds changes, with a column ``change``.

    Returns:
        The columns of the table (text; ``order`` Int64, null in rows that remove), after ``change`` in
        an overlay, followed by ``file`` and ``row``. Exact duplicates in complete lists are dropped.

    Raises:
        TablesError: the file or a row is not as it must be; names file, row, column and remedy.
    """
    frame = _clean(_parse(file, table, overlay=overlay), table).with_columns(file=pl.lit(str(file)))
    check_cells(frame, table)
    if table.is_list and not overlay:
        frame = frame.unique(table.columns, keep="first", maintain_order=True)
    check_unique(frame, table)
    columns = [CHANGE] * overlay + [*table.columns, *PROVENANCE]
    frame = frame.select(columns)
    return frame.with_columns(pl.col("order").cast(pl.Int64, strict=False)) if "order" in columns else frame


def check_files(directory: Path, *, overlay: bool) -> None:
    """Every table is there, if all must be, and no CSV file is there that would not be read."""
    expected = [table.file for table in TABLES]
    present = {file.name for file in directory.glob("*.csv") if file.name[0] not in "~."}
    known = [*expected, EQUIVALENCES.file]
    for name in sorted(present.difference(known)):
        hint = did_you_mean(name, known)
        problem = Sentence("this file belongs to no table, so it would not be read")
        names = Sentence("Rename it to one of {names}, or delete it", names=Joined(", ", known))
        fix: Sentence = Joined(" ", (hint, names))
        raise TablesError(problem, file=directory / name, fix=fix)
    missing = [] if overlay else [name for name in expected if name not in present]
    if missing:
        fix = Sentence(
            'Add it, or name in the manifest the version from which this one differs: based_on = "…"'
        )
        raise TablesError(Sentence("the file is missing"), file=directory / missing[0], fix=fix)


def _parse(file: Path, table: Table, *, overlay: bool) -> pl.DataFrame:
    try:
        raw = read_bytes(file)
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise TablesError(problem, file=file, fix=Sentence("Check its rights")) from None
    header = _header(raw, file)
    _check_header(header, table, file, overlay=overlay)
    try:
        frame = read_csv(raw, infer_schema=False, empty_string_is_null=False, new_columns=header)
    except pl.exceptions.PolarsError as error:
        _check_ragged(raw, header, file)
        problem = Sentence("cannot be read as CSV: {reason}", reason=str(error))
        raise TablesError(problem, file=file, fix=Sentence("Save it as CSV UTF-8")) from error
    # The reader pads a short row with empty cells, so an empty last cell is the only sign of one.
    if (frame[header[-1]] == "").any():
        _check_ragged(raw, header, file)
    return frame.with_columns(pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("row"))


def _clean(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    frame = frame.with_columns(pl.col(pl.String).str.strip_chars())
    if not table.is_list:
        frame = frame.with_columns(pl.col("name", "rule").str.replace_all("\r\n", "\n", literal=True))
    if table is COMPLICATIONS:
        frame = frame.with_columns(pl.col("exclusion_set").replace(NO_EXCLUSION_SET, ""))
    key = pl.any_horizontal(pl.col(*table.key) == "")
    if frame.select(key.any()).item():
        # Spreadsheets leave blank rows behind.
        return frame.filter(~pl.all_horizontal(pl.exclude("row") == ""))
    return frame


def _header(raw: bytes, file: Path) -> list[str]:
    first = raw.split(b"\n", 1)[0]
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(file, 1) from None
    return [cell.strip() for cell in next(csv.reader([text]), [])]


def _check_header(header: list[str], table: Table, file: Path, *, overlay: bool) -> None:
    expected = [CHANGE] * overlay + [*table.columns]
    missing = [name for name in expected if name not in header]
    extra = [name for name in header if name not in expected]
    shape = Sentence("The columns are {names}", names=Joined(", ", expected))
    if CHANGE in extra:
        raise TablesError(
            Sentence("a complete version has no column 'change'"),
            file=file,
            row=1,
            field=CHANGE,
            fix=Sentence(
                'Delete the column, or name in the manifest the version that is changed: based_on = "…"'
            ),
        )
    if extra:
        if extra[0]:
            problem = Sentence("unknown column {name!r}", name=extra[0])
        else:
            problem = Sentence("unknown column without a name")
        instead = did_you_mean(extra[0], missing) or Sentence("Delete the column.")
        fix = Joined(" ", (instead, shape))
        raise TablesError(problem, file=file, row=1, field=extra[0] or Sentence("(unnamed)"), fix=fix)
    if missing:
        raise TablesError(
            Sentence("column {name!r} is missing", name=missing[0]),
            file=file,
            row=1,
            field=missing[0],
            fix=shape,
        )
    for name in header:
        if header.count(name) > 1:
            raise TablesError(
                Sentence("column {name!r} is there twice", name=name),
                file=file,
                row=1,
                field=name,
                fix=Sentence("Delete one of the two"),
            )


def _check_ragged(raw: bytes, header: list[str], file: Path) -> None:
    """Raises if a row has more or fewer cells than the header; blank lines are no rows."""
    for row, cells in enumerate(_records(raw, file), start=1):
        if cells and len(cells) != len(header):
            where = header[min(len(cells), len(header) - 1)]
            problem = Sentence(
                "the row has {cells} cells, but the header has {columns}",
                cells=len(cells),
                columns=len(header),
            )
            fix = Sentence(
                'Give every row one cell per column, and put cells that hold a comma or a " in quotes'
            )
            raise TablesError(problem, file=file, row=row, field=where, fix=fix)


def _records(raw: bytes, file: Path) -> Iterator[list[str]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(file, raw.count(b"\n", 0, error.start) + 1) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    row = 0
    try:
        for cells in reader:
            row += 1
            yield cells
    except csv.Error:
        problem = Sentence("a quotation mark is not closed, or stands inside a cell that is not in quotes")
        fix = Sentence('Write such a cell in quotes, and each " in it twice')
        raise TablesError(problem, file=file, row=row + 1, fix=fix) from None


def _not_utf8(file: Path, row: int) -> TablesError:
    fix = Sentence('Save the file as "CSV UTF-8", not as GBK or "CSV"')
    return TablesError(Sentence("not UTF-8 text"), file=file, row=row, fix=fix)
