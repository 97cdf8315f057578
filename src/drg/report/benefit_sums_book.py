"""The workbook of what payers pay to hospitals by month (同步结算): a summary, a page for each hospital."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.analysis.benefit_sums import HELD_SCHEMA, OF_PRICES, SUM_COLUMNS, SUM_KEYS, BenefitSums
from drg.analysis.benefit_tally import PAYERS
from drg.column import Column, Kind
from drg.columns import ALL
from drg.records.spreadsheet import MOST_ROWS
from drg.records.workbook import Book, Heading, new_book
from drg.records.workbook_looks import HEADER, TOTAL
from drg.report.amount_in_capitals import in_capitals
from drg.report.document_names import NO_NAMES, DocumentNames
from drg.report.sheet_totals import Totals
from drg.report.statement_book import end_lines, write_ends
from drg.report.statement_text import Language
from drg.report.statement_totals import write_capitals
from drg.report.statement_words import words_in
from drg.words import said

_NAME: Final = "name"
_ADDED: Final = tuple(column.name for column in SUM_COLUMNS if column.kind is not Kind.TEXT)


def write_benefit_sums(
    sums: BenefitSums,
    file: Path,
    *,
    language: Language = "zh",
    names: DocumentNames = NO_NAMES,
    sources: Sequence[Path] = (),
) -> None:
    """Write the workbook: a summary (汇总), a page for each hospital, the stays that are held.

    Args:
        sums: by ``drg.benefit_sums``.
        file: where to.
        language: of the words.
        names: of hospitals, bureau and documents, as ``document_names.read_names`` gives them.
        sources: none of these files is overwritten.

    Raises:
        OutputError: if the file cannot be written, or a sheet cannot hold the rows.
    """
    without = () if sums.is_priced else OF_PRICES
    columns = [column for column in SUM_COLUMNS if column.name not in without]
    title = said("Simultaneous settlement by payer", language)
    shown = sums.rows.with_columns(pl.col(SUM_KEYS).fill_null(words_in(language).not_given))
    with new_book(file, title=title, sources=sources) as book:
        _write_summary(book, shown, columns, title, names, language)
        for (hospital,), rows in shown.group_by("hospital_id", maintain_order=True):
            _write_hospital(book, str(hospital), rows, columns[1:], title, names, language)
        _write_held(book, sums.held, language)


def _heading(column: Column, language: Language) -> Heading:
    text = column.label_zh if language == "zh" else column.name.removesuffix("_yuan").replace("_", " ")
    look = "code" if column.kind is Kind.TEXT else "money" if column.kind is Kind.MONEY else "count"
    return Heading(text, look, 14 if column.kind is Kind.MONEY else 9, f"{column.name}\n{column.meaning}")


def _write_summary(
    book: Book,
    rows: pl.DataFrame,
    columns: Sequence[Column],
    title: str,
    names: DocumentNames,
    language: Language,
) -> None:
    """Every hospital and month; below them totals by month and of all."""
    words = words_in(language)
    headings = {column.name: _heading(column, language) for column in columns}
    frame = rows.select(*headings)
    if names.hospitals:
        named = [names.name(hospital) or None for hospital in frame["hospital_id"]]
        frame = frame.insert_column(1, pl.Series(_NAME, named, pl.String))
        of_name = Heading(said("name of the hospital", language), "wrap", 20)
        headings = {name: headings.get(name, of_name) for name in frame.columns}
    sheet = book.frame(said("summary", language), [*headings.values()], frame, freeze_columns=1)
    shown_title = f"{names.bureau} {title}".strip().replace("&", "&&")
    sheet.set_header(f"&C&14{shown_title}&R{words.unit}")
    looks = {name: heading.look for name, heading in headings.items()}
    totals = Totals(book, sheet, looks, _ADDED, rows.height)
    written = [
        totals.write({"hospital_id": words.total, "month": month}, part, {"month": month})
        for (month,), part in rows.sort("month").group_by("month", maintain_order=True)
    ]
    totals.write_sum({"hospital_id": words.total}, rows, written)


def _write_hospital(
    book: Book,
    hospital: str,
    rows: pl.DataFrame,
    columns: Sequence[Column],
    title: str,
    names: DocumentNames,
    language: Language,
) -> None:
    """The months of a hospital with their total, amounts in capitals, a check, seals."""
    words = words_in(language)
    headings = [_heading(column, language) for column in columns]
    looks = [heading.look for heading in headings]
    sheet = book.sheet(hospital, [heading.width or 0 for heading in headings])
    book.cell(sheet, 0, 0, f"{title}  {names.with_id(hospital, language)}", "title")
    known = rows.filter(pl.col("month") != words.not_given)["month"]
    number = names.number(hospital, str(known.max() or ""))
    texts = ((words.number, number), (words.bureau, names.bureau))
    heads = [*(f"{what}{words.colon}{text}" for what, text in texts if text), words.unit]
    for row, text in enumerate(heads, start=1):
        book.cell(sheet, row, 0, text, "note")
    top = len(heads) + 2
    book.row(sheet, top, [heading.text for heading in headings], [HEADER] * len(headings))
    book.rows(sheet, top + 1, rows.select(column.name for column in columns), looks)
    total = top + 1 + rows.height
    book.cell(sheet, total, 0, words.total, f"text{TOTAL}")
    letters = {column.name: xl_col_to_name(place) for place, column in enumerate(columns)}
    for place, column in enumerate(columns[1:], start=1):
        letter = letters[column.name]
        formula = f"SUM({letter}{top + 2}:{letter}{total})"
        book.formula(sheet, total, place, formula, rows[column.name].sum(), f"{looks[place]}{TOTAL}")
    sums = rows.select("total_cost_yuan", *PAYERS).sum().row(0, named=True)
    payers = "-".join(f"{letters[name]}{total + 1}" for name in PAYERS)
    difference = sums["total_cost_yuan"] - sum((sums[name] for name in PAYERS), Decimal(0))
    book.cell(sheet, total + 1, 0, words.check, "small")
    formula = f"{letters['total_cost_yuan']}{total + 1}-{payers}"
    book.formula(sheet, total + 1, 3, formula, difference, "exact")
    capitals = [
        (f"{ALL[name].label_zh}（大写）", in_capitals(amount)) for name, amount in sums.items() if amount
    ]
    row = write_capitals(book, sheet, total + 3, capitals if language == "zh" else [])
    write_ends(book, sheet, row, end_lines(words, names, hospital))


def _write_held(book: Book, held: pl.DataFrame, language: Language) -> None:
    """The stays that are in no amount, and why."""
    labels = {name: ALL[name].label_zh for name in ("case_id", "hospital_id", "total_cost_yuan")}
    labels |= {"month": "月份", "reason": "说明"}
    headings = [
        Heading(
            labels[name] if language == "zh" else name.replace("_", " "),
            {"total_cost_yuan": "money", "reason": "wrap"}.get(name, "code"),
            {"reason": 60}.get(name, 18),
        )
        for name in HELD_SCHEMA
    ]
    book.frame(said("held", language), headings, held.head(MOST_ROWS - 1))
