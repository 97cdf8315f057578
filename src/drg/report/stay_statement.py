"""Statements of stays (医疗费用结算单): for each a workbook and a page that print on A4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from drg.analysis.stay_statements import StayStatement
from drg.records.files import write_bytes
from drg.records.outputs import make_directory, together
from drg.records.workbook import NO_TIME, new_book
from drg.records.workbook_looks import HEADER
from drg.report.document_names import NO_NAMES, DocumentNames
from drg.report.html import END, head, warning
from drg.report.statement import file_names
from drg.report.statement_book import write_ends, write_line
from drg.report.statement_page import STYLE, end_page, lines_page
from drg.report.statement_text import Language
from drg.report.statement_totals import capitals_page, write_capitals
from drg.report.statement_words import words_in
from drg.report.stay_statement_lines import KEY_LINES, StayDocument, document

_NAMES: Final = {"zh": "医疗费用结算单", "en": "stay"}
_WIDTHS: Final = (6, 34, 20, 62, 44, 24)
_BLANK: Final = (None,) * (len(_WIDTHS) - 1)


def write_stay_statements(
    statements: Sequence[StayStatement],
    directory: Path,
    *,
    language: Language = "zh",
    names: DocumentNames = NO_NAMES,
    sources: Sequence[Path] = (),
    on_stay: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the statement of each stay: a workbook and a page. The same stays give the same bytes.

    All of them are written, or none.

    Args:
        statements: by ``analysis.stay_statements``.
        directory: where to; is made.
        language: of the statements.
        names: of hospitals, bureau and documents, as ``document_names.read_names`` gives them.
        sources: none of these files is overwritten.
        on_stay: is told each stay whose statement is written.

    Returns:
        The files, in order of the stays.

    Raises:
        OutputError: a file cannot be written.
    """
    files = file_names([one.case_id for one in statements], _NAMES[language])
    written: list[Path] = []
    with together():
        make_directory(directory)
        for statement in statements:
            name, made = files[statement.case_id], document(statement, names, language)
            book, html = directory / f"{name}.xlsx", directory / f"{name}.html"
            _write_book(statement, made, book, language, sources)
            write_bytes(_page(made, language).encode(), html, sources=sources)
            written += [book, html]
            if on_stay is not None:
                on_stay(statement.case_id)
    return written


def _page(made: StayDocument, language: Language) -> str:
    parts = [
        head(made.title, language=language, style=STYLE),
        *(f"<p>{escape(text)}</p>\n" for text in made.heads),
        *(warning(text) for text in made.warnings),
        *capitals_page(made.capitals),
        lines_page(words_in(language), made.sections, KEY_LINES),
        end_page(made.ends),
    ]
    return "".join(parts) + END


def _write_book(
    statement: StayStatement, made: StayDocument, file: Path, language: Language, sources: Sequence[Path]
) -> None:
    words = words_in(language)
    number, item, amount, arithmetic, _, rule, source = words.heads
    with new_book(file, statement.stay.discharge_date or NO_TIME, title=made.title, sources=sources) as book:
        sheet = book.sheet(words.sheet, _WIDTHS)
        book.cell(sheet, 0, 0, made.title, "title")
        row = 1
        for look, texts in (("note", made.heads), ("warning", made.warnings)):
            for text in texts:
                book.row(sheet, row, [text, *_BLANK], [look] * len(_WIDTHS))
                row += 1
        row = write_capitals(book, sheet, row + 1, made.capitals) + 1
        book.row(sheet, row, (number, item, amount, arithmetic, rule, source), [HEADER] * len(_WIDTHS))
        row += 1
        cells: dict[str, str] = {}
        place = 1
        for section in made.sections:
            book.row(sheet, row, [section.title, *_BLANK], ["section"] * len(_WIDTHS))
            row += 1
            for line in section.lines:
                how = "\n".join(text for text in (line.words, line.numbers) if text)
                beside = (how, line.rule, line.source)
                write_line(book, sheet, row, place, line, cells, beside, is_key=line.name in KEY_LINES)
                cells.setdefault(line.name, f"$C${row + 1}")
                row, place = row + 1, place + 1
        write_ends(book, sheet, row, made.ends)
