"""Findings of reading, in the one shape of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

from drg.columns import Column, Kind
from drg.records.findings import ERROR, NOTICE, SCHEMA, WARNING
from drg.records.row_kinds import ROW_BLANK, ROW_DELETED, ROW_HEADER, ROW_REMARK, ROW_TOTAL
from drg.words import Sentence, in_both

# Columns of ours in a frame whose other columns are those of a file: the row as a spreadsheet numbers it, the
# number of the table if there are several, and the place of the row in the frame, both counted from 0.
OURS: Final = "\ue000"
ROW: Final = f"{OURS}row"
TABLE: Final = f"{OURS}table"
PLACE: Final = f"{OURS}place"

VISIT_UNKNOWN: Final = "visit-unknown"
COLUMN_MISSING: Final = "column-missing"

ROW_SHORT: Final = "row-short"
ROW_LONG: Final = "row-long"
ROW_BROKEN: Final = "row-broken"
FILE_CUT: Final = "file-cut"
STRAY_QUOTE: Final = "stray-quotation-mark"
OTHER_ENCODING: Final = "other-encoding"
NO_ENCODING: Final = "no-encoding"
COLUMN_NOT_READ: Final = "column-not-read"
UNMARKED: Final = "principal-unmarked"
CODES_CLINICAL: Final = "codes-clinical"
CODES_INSURANCE: Final = "codes-insurance"
COUNT_DIFFERS: Final = "count-differs"
SHEET_NOT_READ: Final = "sheet-not-read"
COLUMN_TWICE: Final = "column-twice"
CELL_ERROR: Final = "cell-error"
NOT_COMPUTED: Final = "formula-not-computed"

# Severity, message and remedy of findings on whole rows.
_OF_ROWS: Final[dict[str, tuple[str, Sentence, Sentence | None]]] = {
    ROW_BLANK: (NOTICE, Sentence("blank rows were left out"), None),
    ROW_DELETED: (NOTICE, Sentence("records that are marked as deleted were left out"), None),
    ROW_TOTAL: (NOTICE, Sentence("a row of totals was left out"), None),
    ROW_REMARK: (NOTICE, Sentence("a remark or signature was left out"), None),
    ROW_HEADER: (NOTICE, Sentence("the header stands here once more; the row was left out"), None),
    ROW_SHORT: (
        WARNING,
        Sentence("the row has fewer cells than the header; the last columns count as empty"),
        Sentence("Check the row; write empty cells too"),
    ),
    ROW_LONG: (
        ERROR,
        Sentence("the row has more cells than the header; it was left out"),
        Sentence("Give the row one cell per column; put a cell that holds a comma in quotation marks"),
    ),
    ROW_BROKEN: (
        ERROR,
        Sentence("the row is part of a record that is broken over several lines; it was left out"),
        Sentence("Join the lines of the record, or put the cell with the line feed in quotation marks"),
    ),
    FILE_CUT: (
        ERROR,
        Sentence("the file ends in the middle of this row; it was left out"),
        Sentence("Export or copy the file once more"),
    ),
    STRAY_QUOTE: (
        NOTICE,
        Sentence("a quotation mark in the row is not closed; it counts as part of the text"),
        None,
    ),
    OTHER_ENCODING: (
        NOTICE,
        Sentence("the row is in another encoding than the file; it was read as GB 18030"),
        None,
    ),
    NO_ENCODING: (
        ERROR,
        Sentence("the row holds characters of no known encoding"),
        Sentence("Export the file once more, in one encoding"),
    ),
    CELL_ERROR: (
        ERROR,
        Sentence("the cell holds an error and no value"),
        Sentence("Mend the formula, or write the value itself"),
    ),
    NOT_COMPUTED: (
        ERROR,
        Sentence("the cell holds a formula that was never computed, and no value"),
        Sentence("Open the workbook in a spreadsheet program and save it, or write the value itself"),
    ),
    COUNT_DIFFERS: (
        WARNING,
        Sentence("the file says how many rows it has, and other than there are"),
        Sentence("Check whether the file is whole"),
    ),
}

_FORMS: Final = {"g": Sentence("grams"), "yuan": Sentence("an amount such as 1234.50")}
# What a column may seem to hold.
SEEMS: Final = {
    "diagnoses": Sentence("diagnoses"),
    "procedures": Sentence("procedures"),
    "money": Sentence("money"),
    "dates": Sentence("dates"),
}
# Why an age counts otherwise than it is given, and what to do.
_COMPUTED: Final = {
    "dates": (
        Sentence("so say birth_date and admission_date"),
        Sentence("Correct the age; or the dates, if one of them is wrong"),
    ),
    "days": (
        Sentence("age_days is given, and no years"),
        Sentence("Fill in the age in years; 0 is under one year"),
    ),
}
_EXPECTED: Final = {
    Kind.NUMBER: Sentence("a number"),
    Kind.DATE: Sentence("a date such as 2024-03-01 10:20:00"),
    Kind.MONEY: Sentence("an amount such as 1234.50"),
}


def no_findings() -> pl.DataFrame:
    """The shape of findings, without any."""
    return pl.DataFrame(schema=SCHEMA)


def findings(places: pl.DataFrame, **cells: pl.Expr | str | None) -> pl.DataFrame:
    """One finding for each row of ``places``; what is not given is empty.

    Args:
        places: columns of ``findings.SCHEMA``, and any others.
        cells: further columns of it: text for all rows, or an expression on ``places``.
    """
    given = {name: pl.col(name) for name in places.columns} | cells
    columns = [
        (cell if isinstance(cell, pl.Expr) else pl.lit(cell)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
        for cell in (given.get(name),)
    ]
    return places.select(columns) if places.height else no_findings()


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Findings of several kinds in one frame."""
    return pl.concat([no_findings(), *parts])


def of_rows(
    rule: str, rows: Sequence[int], values: Sequence[str], columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Findings on whole rows of a table, or on a cell in each.

    Args:
        rule: one of those of this module or of ``row_kinds``.
        rows: as a spreadsheet numbers them.
        values: what is in each.
        columns: those of the cells.
    """
    severity, message, fix = _OF_ROWS[rule]
    places = {"row": rows, "value": values, **({} if columns is None else {"column": columns})}
    return findings(
        pl.DataFrame(places, schema_overrides={name: pl.String for name in places if name != "row"}),
        rule=rule,
        severity=severity,
        **in_both(message=message, fix=fix),
    )


def sheets_not_read(names: Sequence[str]) -> pl.DataFrame:
    """Findings on sheets of a workbook that were left alone."""
    return findings(
        pl.DataFrame({"sheet": names, "value": names}, schema={"sheet": pl.String(), "value": pl.String()}),
        rule=SHEET_NOT_READ,
        severity=NOTICE,
        **in_both(
            message=Sentence("the sheet was not read: it is hidden, or holds no table like the others"),
            fix=Sentence("Give --sheet to read it"),
        ),
    )


def malformed(places: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Findings on texts that could not be read; ``places`` has where they are, and their column and value."""
    return findings(
        places,
        rule=f"{_dashed(column)}-malformed",
        severity=ERROR,
        field=column.name,
        **in_both(
            message=Sentence("{column} cannot be read; it counts as not known", column=column.label),
            fix=Sentence(
                "Write {form}; leave the cell empty if it is not known", form=_EXPECTED[column.kind]
            ),
        ),
    )


def doubtful(
    places: pl.DataFrame,
    column: Column,
    *,
    read_as: str,
    basis: Literal["dates", "days"] | None = None,
) -> pl.DataFrame:
    """Findings on texts that were read in the way that is likely, or on ages that count otherwise.

    Args:
        places: as for ``malformed``.
        column: that was read.
        read_as: the column of ``places`` that says what the texts were read as.
        basis: what an age was computed from.
    """
    rule = f"{_dashed(column)}-converted"
    message = Sentence("{column} was read as {value}", column=column.label, value="{}")
    if basis is None:
        fix = Sentence("Check it; write {form}", form=_FORMS[column.unit])
    else:
        rule = f"{_dashed(column)}-from-{basis}"
        why, fix = _COMPUTED[basis]
        message = Sentence("{column} counts as {value}: {why}", column=column.label, value="{}", why=why)
    return findings(
        places,
        rule=rule,
        severity=WARNING,
        field=column.name,
        **{name: pl.format(text, read_as) for name, text in in_both(message=message).items()},
        **in_both(fix=fix),
    )


def _dashed(column: Column) -> str:
    return column.name.replace("_", "-")


def orphans(places: pl.DataFrame, *, rows: str) -> pl.DataFrame:
    """Findings on rows of a table that belong to no discharge; the column ``rows`` has how many."""
    message = Sentence(
        "{count} rows of a visit that the first table does not have; they were left out", count="{}"
    )
    return findings(
        places,
        rule=VISIT_UNKNOWN,
        severity=WARNING,
        field="case_id",
        value=pl.col("case_id"),
        **{name: pl.format(text, rows) for name, text in in_both(message=message).items()},
        **in_both(fix=Sentence("Export all tables for the same visits")),
    )


def unmarked(places: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Findings on visits none of whose rows is marked as the principal one."""
    return findings(
        places,
        rule=UNMARKED,
        severity=WARNING,
        field=column.name,
        **in_both(
            message=Sentence(
                "no row of the visit is marked as its {column}; the first one counts", column=column.label
            ),
            fix=Sentence("Mark the principal one"),
        ),
    )


def unread_column(name: str, seems: str, header_row: int) -> pl.DataFrame:
    """The finding on a column that is not read, though it seems to hold what counts: one of ``SEEMS``."""
    return findings(
        pl.DataFrame({"row": [header_row]}),
        rule=COLUMN_NOT_READ,
        severity=WARNING,
        column=name,
        **in_both(
            message=Sentence("the column seems to hold {what} and is not read", what=SEEMS[seems]),
            fix=Sentence("Give a layout that reads it (drg layouts guess makes one), or --ignore it"),
        ),
    )


def column_twice(name: str, header_row: int) -> pl.DataFrame:
    """The finding on a column that is read, and whose name stands in the header twice."""
    return findings(
        pl.DataFrame({"row": [header_row]}),
        rule=COLUMN_TWICE,
        severity=WARNING,
        column=name,
        **in_both(
            message=Sentence("two columns have this name; the first one is read"),
            fix=Sentence("Delete one of the two"),
        ),
    )


def other_edition(percent: int, rows: int | None, header_row: int, *, is_clinical: bool) -> pl.DataFrame:
    """The finding on a file most of whose telling codes are of the edition that it is not read as.

    Args:
        percent: of its codes that the other edition alone has.
        rows: how many were looked at; None if all were.
        header_row: where the header of the file is.
        is_clinical: whether it is read as a file of clinical codes.
    """
    of = Sentence("this file") if rows is None else Sentence("the first {rows:,} rows", rows=rows)
    if is_clinical:
        message = Sentence("{percent} % of the codes of {of} are insurance codes", percent=percent, of=of)
        fix = Sentence("Read the file without --codes clinical")
    else:
        message = Sentence("{percent} % of the codes of {of} are clinical codes", percent=percent, of=of)
        fix = Sentence("Read the file with --codes clinical")
    return findings(
        pl.DataFrame({"row": [header_row]}),
        rule=CODES_INSURANCE if is_clinical else CODES_CLINICAL,
        severity=WARNING,
        value=f"{percent} %",
        **in_both(message=message, fix=fix),
    )


def column_derived(column: Column, header_row: int) -> pl.DataFrame:
    """The finding on an age that the files do not have, and that is computed from the dates."""
    return findings(
        pl.DataFrame({"row": [header_row]}),
        rule=f"{_dashed(column)}-from-dates",
        severity=NOTICE,
        field=column.name,
        **in_both(
            message=Sentence(
                "no column for {column}; it is computed from birth_date and admission_date",
                column=column.label,
            )
        ),
    )


def column_missing(column: Column, names: str, layout: str, header_row: int) -> pl.DataFrame:
    """The finding on a column that the files do not have, though it may be needed."""
    where = Sentence("{layout} has none", layout=layout)
    if names:
        where = Sentence("{layout} calls it {names}", layout=layout, names=names)
    return findings(
        pl.DataFrame({"row": [header_row]}),
        rule=COLUMN_MISSING,
        severity=WARNING,
        field=column.name,
        **in_both(
            message=Sentence(
                "no column for {column}; it counts as not known ({where})", column=column.label, where=where
            ),
            fix=Sentence("Export the file with this column, or give a layout that says where it is"),
        ),
    )
