"""A reconciliation for people: on the console, as the list to send back (数据核对意见表) and as a page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from html import escape
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.reconciliation import Reconciliation
from drg.analysis.reconciliation.causes import NAMES, Cause
from drg.analysis.reconciliation.matching import WAYS
from drg.analysis.reconciliation.sides import BUREAU, OURS
from drg.columns import ALL, Kind
from drg.records.workbook import Book, Heading, new_book
from drg.records.workbook_looks import HEADER, OPEN
from drg.report.console import say
from drg.report.figure_table import FigureTable
from drg.report.html import END, head, table
from drg.words import Both, Sentence, categories, column_in, said

# Of the list in a workbook and on the page; the files for programs have all.
MOST_LISTED: Final = 100_000
_MOST_ON_PAGE: Final = 300
_WIDE: Final = "body { max-width: none }\n"
_SCALE_OF_MONEY: Final = 2
_SAME: Final = Sentence("same")
_WAYS: Final = dict(
    zip(
        WAYS,
        (
            Sentence("by id"),
            Sentence("by id and hospital"),
            Sentence("by id and dates"),
            Sentence("by id without leading zeros"),
            Sentence("by patient and dates"),
        ),
        strict=True,
    )
)
_IDS: Final = {
    f"{OURS}case_id": Both("our case", "我方病案标识"),
    f"{BUREAU}case_id": Both("case of the bureau", "反馈病案标识"),
    f"{OURS}row": Both("our row", "我方行号"),
    f"{BUREAU}row": Both("row of the bureau", "反馈行号"),
    "hospital_id": ALL["hospital_id"].label,
    "discharge_date": Both("discharged on", "出院日期"),
}


def opinion(cause: Cause, by: str | None, confirmed: bool | None) -> Sentence:
    """What is asked of the bureau for a case."""
    if cause is Cause.MISSING_IN_BUREAU:
        return Sentence("The return lacks this case: was it received and settled?")
    if cause is Cause.MISSING_IN_OURS:
        return Sentence("We have no such case: please say whose it is")
    if cause is Cause.AMBIGUOUS_MATCH:
        return Sentence("Several cases could be this one, or its dates are others: please name the stay")
    if cause in (Cause.CODES_CHANGED, Cause.RECORD_CHANGED):
        if by is not None:
            return Sentence(
                "The record was changed on the way, and {version} grouped it: please check", version=by
            )
        if confirmed:
            return Sentence(
                "The record was changed on the way; with ours the result is ours: please correct it"
            )
        return Sentence(
            "The record was changed on the way; that alone does not explain the result: please check"
        )
    if cause is Cause.OTHER_VERSION:
        return Sentence("{version} makes this group of our record: which version is in force?", version=by)
    if cause is Cause.OTHER_SCHEME:
        return Sentence("The scheme {scheme} gives this price: which scheme is in force?", scheme=by)
    return _OPINIONS[cause]


_OPINIONS: Final = {
    Cause.GROUP_UNEXPLAINED: Sentence(
        "No version that was tried makes this group of our record: please explain"
    ),
    Cause.SPECIAL: Sentence("One side pays by special review: please send the decision"),
    Cause.ROUNDING: Sentence("The amount differs by rounding only"),
    Cause.READMISSION: Sentence(
        "One side counts this stay as followed by a readmission: please name the stay"
    ),
    Cause.OTHER_WEIGHT: Sentence("The weight is another one: please send the table of weights in force"),
    Cause.OTHER_COEFFICIENT: Sentence(
        "The coefficient is another one: please send the coefficients in force"
    ),
    Cause.OTHER_RATE: Sentence(
        "Group and weight are ours, the standard is not: please send rate and coefficient"
    ),
    Cause.OTHER_CLASS: Sentence("The case class is another one: please name the threshold that was applied"),
    Cause.AMOUNT_MISSING: Sentence("One side has no amount: please complete it"),
    Cause.AMOUNT_UNEXPLAINED: Sentence("The amount follows from nothing that was returned: please explain"),
}


class _Said:
    """The tables of a reconciliation in a language."""

    def __init__(self, result: Reconciliation, language: str) -> None:
        self.result = result
        self.language = language
        self.of = partial(said, language=language)

    def tables(self) -> Iterator[FigureTable]:
        """The figures."""
        totals, result = self.result.totals, self.result
        amounts = ("ours_yuan", "bureau_yuan", "difference_yuan")
        cases = (totals["ours_cases"], totals["bureau_cases"], totals["bureau_cases"] - totals["ours_cases"])
        sides = (self.of("ours"), self.of("bureau"), self.of("bureau less ours"))
        money = [totals[name] for name in amounts]
        title = self.of("Both sides; amounts are not known")
        if result.amount is not None:
            title = self.of("Both sides, by {amount}", amount=ALL[result.amount].label.to(self.language))
        yield FigureTable(
            title,
            self.of("side,cases,amount in yuan").split(","),
            ("text", "count", "money"),
            list(zip(sides, cases, money, strict=True)),
        )
        found = result.matches
        yield FigureTable(
            self.of("Matched cases"),
            self.of("matched,cases").split(","),
            ("text", "count"),
            [(_WAYS[way].to(self.language), found[way]) for way in WAYS if way in found],
        )
        numbers = ("compared", "same", "other", "unknown", "agreement")
        yield FigureTable(
            self.of("Agreement of matched cases"),
            self.of("compared with,both say,the same,another,not known,agreement").split(","),
            ("text", "count", "count", "count", "count", "percent"),
            [
                (ALL[row["measure"]].label.to(self.language), *(row[name] for name in numbers))
                for row in result.agreement.iter_rows(named=True)
            ],
        )
        every = (self.of("all"), "", totals["same"] + totals["different"], *money)
        yield FigureTable(
            self.of("Differences by their first cause"),
            self.of("cause,explained by,cases,our yuan,yuan of the bureau,bureau less ours").split(","),
            ("text", "text", "count", "money", "money", "money"),
            [
                *(
                    (
                        self.cause(row["cause"]),
                        row["by"] or "",
                        row["cases"],
                        *(row[name] for name in amounts),
                    )
                    for row in result.causes.iter_rows(named=True)
                ),
                every,
            ],
        )

    def cause(self, name: str) -> str:
        return (_SAME if name == "same" else NAMES[Cause(name)]).to(self.language)

    def notes(self) -> list[str]:
        return self.result.notes[column_in(self.language, "message")].to_list()

    def head_of(self, name: str) -> str:
        """The head of a column of the list."""
        if name in _IDS:
            return _IDS[name].to(self.language)
        if name.startswith(OURS):
            return self.of("our {name}", name=ALL[name.removeprefix(OURS)].label)
        return self.of("{name} of the bureau", name=ALL[name.removeprefix(BUREAU)].label)

    def listed(self, most: int) -> tuple[list[Heading], pl.DataFrame]:
        """The list to send back: who it is, what both sides say, the money, why, and room for an answer."""
        rows = self.result.differences.head(most)
        kept = [name for name in rows.columns if name in _IDS and rows[name].null_count() < rows.height]
        both = [name for name in rows.columns if name.startswith((OURS, BUREAU)) and name not in _IDS]
        opinions = rows.select("cause", "by", "confirmed").unique()
        worded = [opinion(Cause(c), by, sure).to(self.language) for c, by, sure in opinions.iter_rows()]
        opinions = opinions.with_columns(opinion=pl.Series(worded, dtype=pl.String))
        said_rows = rows.join(
            opinions, on=["cause", "by", "confirmed"], nulls_equal=True, how="left", maintain_order="left"
        )
        causes = {str(cause): self.cause(cause) for cause in Cause}
        change = pl.col("change")
        if self.language == "zh":
            names = [f"{name}: " for name in ALL]
            labels = [f"{column.label_zh}：" for column in ALL.values()]
            change = change.str.replace_many(names, labels)
        frame = said_rows.select(
            pl.int_range(1, pl.len() + 1).alias("number"),
            *kept,
            *(self._in_words(name) for name in both),
            "difference_yuan",
            pl.col("cause").cast(pl.String).replace(causes),
            change,
            "opinion",
            pl.lit(None, dtype=pl.String).alias("answer"),
        )
        look = {"difference_yuan": ("money", 14), "number": ("plain", 7), "discharge_date": ("day", 12)}
        heads = dict(
            zip(
                ("number", "difference_yuan", "cause", "change", "opinion", "answer"),
                self._heads,
                strict=True,
            )
        )
        headings = [
            Heading(heads.get(name) or self.head_of(name), *look.get(name, (_look(name), None)))
            for name in frame.columns
        ]
        return headings, frame

    @property
    def _heads(self) -> list[str]:
        return self.of("no.,bureau less ours,cause,what was changed,our question,answer of the bureau").split(
            ","
        )

    def _in_words(self, name: str) -> pl.Expr:
        if name.removeprefix(OURS).removeprefix(BUREAU) != "case_class":
            return pl.col(name)
        return pl.col(name).cast(pl.String).replace(categories("case_class", self.language))


def _look(name: str) -> str:
    if name == "answer":
        return f"code{OPEN}"
    column = ALL.get(name.removeprefix(OURS).removeprefix(BUREAU))
    if column is not None and column.kind is Kind.MONEY:
        return "money"
    return "number" if column is not None and column.kind is Kind.NUMBER else "code"


def _shown(cell: Any) -> str:
    """A cell of the list on the page: weights without zeros at their end, amounts with all their digits."""
    if isinstance(cell, Decimal):
        is_amount = -int(cell.as_tuple().exponent) == _SCALE_OF_MONEY
        return f"{cell:,}" if is_amount else f"{cell.normalize():f}"
    return "" if cell is None else str(cell)


def print_reconciliation(console: Console, result: Reconciliation, language: str) -> None:
    """What agrees, what does not and why, on one screen."""
    told = _Said(result, language)
    for one in told.tables():
        one.show(console)
    for note in told.notes():
        say(console, said("Note: {note}.", language, note=note))


def reconciliation_page(result: Reconciliation, language: str) -> str:
    """The same as a page, with the largest differences."""
    told = _Said(result, language)
    parts = [head(said("Reconciliation with the bureau", language), language=language, style=_WIDE)]
    parts += [one.page() for one in told.tables()]
    if told.notes():
        notes = "".join(f"<li>{escape(note)}</li>\n" for note in told.notes())
        parts.append(f"<h2>{escape(said('Notes', language))}</h2>\n<ul>\n{notes}</ul>\n")
    headings, frame = told.listed(_MOST_ON_PAGE)
    if frame.height:
        title = said(
            "Differences: {shown:,} of {count:,}",
            language,
            shown=frame.height,
            count=result.differences.height,
        )
        cells = ([_shown(cell) for cell in row] for row in frame.iter_rows())
        parts.append(f"<h2>{escape(title)}</h2>\n")
        parts.append(table([heading.text for heading in headings], len(headings), cells))
    return "".join(parts) + END


def reconciliation_workbook(result: Reconciliation, language: str) -> bytes:
    """The list to send back, the figures, and what each column was read as."""
    told, of = _Said(result, language), partial(said, language=language)
    content = io.BytesIO()
    with new_book(content, title=of("Reconciliation with the bureau")) as book:
        headings, frame = told.listed(MOST_LISTED)
        book.frame(of("differences to check"), headings, frame)
        sheet = book.sheet(of("figures"), (30, 18, 16, 18, 18, 18))
        row = 0
        for one in told.tables():
            row = one.write(book, sheet, row)
        sheet = book.sheet(of("notes"), (100, 30))
        lines: list[str] = told.notes()
        if (left := result.differences.height - frame.height) > 0:
            lines.insert(0, of("{count:,} more differences are in differences.csv", count=left))
        for place, line in enumerate(lines):
            book.cell(sheet, place, 0, line, "wrap")
        _write_columns(book, sheet, len(lines) + 1, told)
    return content.getvalue()


def _write_columns(book: Book, sheet: Any, row: int, told: _Said) -> None:
    book.row(sheet, row, told.of("column of the return,read as").split(","), [HEADER] * 2)
    for place, (name, column) in enumerate(told.result.columns.items(), start=row + 1):
        book.row(sheet, place, [name, ALL[column].label.to(told.language)], ["text"] * 2)
