"""Files and sheets as tables: where the header is, what each row is, all cells as text; read when needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import InputError
from drg.records import dbf, encodings, notes, spreadsheet
from drg.records import input_limits as limits
from drg.records.exact_paths import scan_csv, scan_lines, scan_parquet
from drg.records.first_row import check_names
from drg.records.header_row import MOST_ROWS_ABOVE, HeaderPlace, KnownNames, distinct, find_header
from drg.records.notes import OURS, ROW
from drg.records.parquet import check_size
from drg.records.row_kinds import FIRST_WORDS
from drg.records.shape import TableShape, shape_of
from drg.records.standard_input import name_of
from drg.records.text_shape import LINE, NUMBER, Mended, NotPlainError, OddLines, odd_lines
from drg.records.workbook_parts import CellFault
from drg.words import Sentence

# Rows that are looked at to find the header, and the labels below it.
_HEAD_ROWS: Final = MOST_ROWS_ABOVE + 5
# The cells of a sheet, and those without a value.
_Cells = tuple[pl.DataFrame, list[CellFault]]
_BLANK: Final = f"{OURS}blank"
# Findings do not repeat a formula, which may hold whatever text.
_A_FORMULA: Final = "=…"
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How to read files of text and workbooks; None is found out from the file.

    Attributes:
        encoding: such as gb18030 or utf-8.
        delimiter: what stands between cells.
        sheet: the name or the number of the sheet of a workbook.
        header_row: the row that holds the names of the columns, counted from 1.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class SourceTable:
    """One table of a file.

    Attributes:
        file: the file.
        sheet: its sheet, if the file is a workbook.
        frame: the rows that may be cases, with ``notes.ROW``; all text, but for Parquet.
        names: of the columns.
        header_row: where the header is, counted from 1.
        shape: what rows were left out, and what else there is to say of them.
        other_sheets: of the workbook that were not read.
    """

    file: Path
    frame: pl.LazyFrame
    names: tuple[str, ...]
    sheet: str | None = None
    header_row: int = 1
    shape: TableShape = field(default_factory=TableShape)
    other_sheets: tuple[str, ...] = ()

    @property
    def remarks(self) -> pl.DataFrame:
        """Findings on its rows, and on the sheets beside it that were not read."""
        others = [notes.sheets_not_read(self.other_sheets)] if self.other_sheets else []
        return self.placed(notes.together([*others, *self.shape.findings]))

    def placed(self, findings: pl.DataFrame) -> pl.DataFrame:
        """Findings on the table, which say where they are from."""
        return findings.with_columns(
            pl.lit(self.name).alias("file"),
            pl.col("sheet").fill_null(pl.lit(self.sheet, dtype=pl.String)),
        )

    @property
    def name(self) -> str:
        """What the user calls the file."""
        return name_of(self.file)

    @property
    def label(self) -> str:
        """The file and the sheet, as messages say them."""
        return f"{self.name} [{self.sheet}]" if self.sheet else self.name


def parquet_table(file: Path) -> SourceTable:
    """A Parquet file.

    Raises:
        InputError: it is larger than may be read.
    """
    frame = scan_parquet(file, row=ROW)
    names = _own(frame)
    check_size(file, len(names))
    return SourceTable(file, frame, names)


def text_table(file: Path, dialect: Dialect, known: KnownNames) -> SourceTable:
    """A text file.

    Raises:
        InputError: it is empty, its text cannot be decoded, or most of its rows are broken.
    """
    given = dialect.encoding
    encoding = encodings.known_encoding(given) if given else encodings.detect_encoding(file)
    encodings.check_lines(file)
    head = encodings.head(file, encoding)
    delimiter, place = _header_of(head, dialect, known, file)
    if not any(known.rank(place.names)):
        check_names(place.names, place.row, file)
    try:
        content = encodings.as_utf8(file, encoding)
        lines = scan_lines(content, name=LINE, number=NUMBER)
        odd = odd_lines(lines, delimiter, place.names, place.last)
        shape = TableShape()
    except NotPlainError:
        content, odd, shape = _mended(file, encoding, delimiter, place, only=bool(given))
    except InputError:
        # Other lines may be of another encoding, unless the user says that they are not.
        if given or encoding not in encodings.LINE_BY_LINE:
            raise
        content, odd, shape = _mended(file, encoding, delimiter, place, only=False)
    judged = shape_of(
        odd, place.names, place.last + 1, file, is_cut=not encodings.ends_with_line_feed(file)
    ).after(shape)
    frame = scan_csv(
        content,
        separator=delimiter,
        has_header=False,
        skip_lines=place.last,
        schema=dict.fromkeys(place.names, pl.String()),
        # Rows that are short or long are judged by now.
        missing_columns="insert",
        extra_columns="ignore",
        row_index_name=ROW,
        row_index_offset=place.last + 1,
        raise_if_empty=False,
    )
    return SourceTable(file, _without(frame, judged), place.names, None, place.row, judged)


def _header_of(head: str, dialect: Dialect, known: KnownNames, file: Path) -> tuple[str, HeaderPlace]:
    """The delimiter and the header of a text, by its first lines."""
    said = _SEPARATOR_LINE.match(head)
    first_line = next((line for line in head.splitlines()[bool(said) :] if line.strip()), "")
    found = encodings.detect_delimiter(first_line)
    if dialect.delimiter:
        delimiters = [encodings.known_delimiter(dialect.delimiter)]
    elif said:
        delimiters = [said[1]]
    else:
        delimiters = [found, *(one for one in encodings.DELIMITERS if one != found)]
    best: tuple[tuple[int, int], str, HeaderPlace] | None = None
    for delimiter in delimiters:
        records = list(islice(Mended(delimiter).records([head.encode()]), _HEAD_ROWS))
        if said:
            records[0] = []
        _check_width(records, file)
        place = find_header(records, known, given=dialect.header_row)
        if place is None:
            continue
        rank = known.rank(place.names)
        if best is None or rank > best[0]:
            best = (rank, delimiter, place)
        if any(rank):
            break
    if best is None:
        raise InputError(
            Sentence("the file is empty"), file=file, fix=Sentence("A table has at least a header row")
        )
    return best[1], best[2]


def _check_width(records: Sequence[Sequence[str]], file: Path) -> None:
    for row, cells in enumerate(records, start=1):
        if len(cells) > limits.MOST_COLUMNS:
            raise InputError(
                Sentence("the row has more than {most:,} cells", most=limits.MOST_COLUMNS),
                file=file,
                row=row,
                fix=Sentence("Take out the columns that are not needed"),
            )


def _mended(
    file: Path, encoding: str, delimiter: str, place: HeaderPlace, *, only: bool
) -> tuple[Path | bytes, OddLines, TableShape]:
    mended = Mended(delimiter, place.names, place.last)
    content = encodings.spooled(mended.lines(encodings.blocks(file, encoding, only=only)))
    shape = TableShape()
    shape.say(notes.NO_ENCODING, mended.undecodable)
    shape.say(notes.STRAY_QUOTE, mended.stray)
    shape.say(notes.OTHER_ENCODING, mended.other_encoding)
    return content, mended.odd, shape


def dbf_table(file: Path, dialect: Dialect) -> SourceTable:
    """A .dbf file.

    Raises:
        InputError: it is damaged, it was cut off, or its memo file is missing.
    """
    content = dbf.DbfFile(file, dialect.encoding)
    names = distinct(content.names)
    frame = content.lazy(names, ROW)
    deleted = content.deleted_rows()
    odd = replace(_odd_rows(frame, names, content.records + 1), deleted=deleted)
    shape = shape_of(odd, names, 2, file)
    if content.has_unknown_characters:
        unknown = pl.any_horizontal(pl.col(names).str.contains(dbf.UNKNOWN_CHARACTER, literal=True))
        rows = frame.filter(unknown).select(ROW).collect(engine="streaming")
        shape.say(notes.NO_ENCODING, rows[ROW].to_list())
    return SourceTable(file, _without(frame, shape), names, None, 1, shape)


def sheet_tables(file: Path, dialect: Dialect, known: KnownNames) -> list[SourceTable]:
    """The sheets of a workbook that hold tables with known columns; the first if there are none such.

    Raises:
        InputError: it cannot be read, it has no such sheet, or the sheet is empty.
    """
    book = spreadsheet.Book(file)
    names = book.names if dialect.sheet is None else [book.named(dialect.sheet)]
    found: list[tuple[str, _Cells, HeaderPlace, tuple[int, int]]] = []
    for name in names:
        cells, faults = book.cells(name)
        head = cells.head(_HEAD_ROWS).rows()
        place = find_header(head, known, given=dialect.header_row) if head else None
        if place is not None:
            found.append((name, (cells, faults), place, known.rank(place.names)))
    if not found:
        raise InputError(
            Sentence("the workbook holds no table"),
            file=file,
            fix=Sentence("A table has a header row at the top"),
        )
    # The sheet with the best header decides what the workbook holds.
    best_name, _, best_place, best_rank = max(found, key=lambda one: one[3])
    best = best_place.names
    if not any(best_rank):
        check_names(best, best_place.row, f"{file} [{best_name}]")
    taken = [one for one in found if known.is_alike(one[2].names, best)] or found[:1]
    others: tuple[str, ...] = ()
    if dialect.sheet is None:
        full = [name for name, *_ in found]
        others = tuple(one for one in (*full, *book.hidden) if one not in {name for name, *_ in taken})
    return [
        _sheet_table(file, name, cells, place, others if at == 0 else ())
        for at, (name, cells, place, _) in enumerate(taken)
    ]


def _sheet_table(
    file: Path, sheet: str, cells: _Cells, place: HeaderPlace, others: tuple[str, ...]
) -> SourceTable:
    frame, faults = cells
    rows = frame.slice(place.last)
    rows = rows.rename(dict(zip(rows.columns, place.names, strict=True)))
    # Sheets often go on below their last row.
    filled = rows.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true().max()
    rows = rows.head(0 if filled is None else int(filled) + 1)  # type: ignore[arg-type]
    first = place.last + 1
    numbered = rows.with_row_index(ROW, offset=first).lazy()
    odd = _odd_rows(numbered, place.names, place.last + rows.height)
    shape = shape_of(odd, place.names, first, file)
    for rule, text in ((notes.CELL_ERROR, None), (notes.NOT_COMPUTED, _A_FORMULA)):
        these = [one for one in faults if one.row >= first and one.is_error == (text is None)]
        columns = [place.names[one.column - 1] for one in these]
        shape.say(rule, [one.row for one in these], [text or one.text for one in these], columns)
    return SourceTable(file, _without(numbered, shape), place.names, sheet, place.row, shape, others)


def _odd_rows(rows: pl.LazyFrame, names: Sequence[str], last: int) -> OddLines:
    """The rows of a table of cells, up to the last one, that are blank or may be no case."""
    columns = [pl.col(name) for name in names]
    blank = pl.all_horizontal(column.is_null() | (column.str.strip_chars() == "") for column in columns)
    beginning = pl.concat_str([column.fill_null("") for column in columns[:4]])
    same = pl.sum_horizontal(column == name for column, name in zip(columns, names, strict=True))
    maybe_no_case = beginning.str.contains(rf"^\s*(?:{FIRST_WORDS})") | (same > 1)
    odd = rows.filter(blank | maybe_no_case).with_columns(blank.alias(_BLANK)).collect(engine="streaming")
    others = odd.filter(~pl.col(_BLANK)).drop(_BLANK)
    width = len(names)
    return OddLines(
        rows=[(row, ["" if cell is None else cell for cell in cells]) for row, *cells in others.rows()],
        blank=[(row, width) for row in odd.filter(pl.col(_BLANK))[ROW]],
        lines=last,
    )


def _without(frame: pl.LazyFrame, shape: TableShape) -> pl.LazyFrame:
    if not shape.left_out:
        return frame
    gone = pl.Series(shape.left_out, dtype=pl.UInt32)
    return frame.filter(~pl.col(ROW).is_in(gone.implode()))


def _own(frame: pl.LazyFrame) -> tuple[str, ...]:
    return tuple(name for name in frame.collect_schema().names() if not name.startswith(OURS))
