"""The report of a hospital's month: on the console, as a workbook and as a page for its director."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.hospital import HospitalReport
from drg.analysis.hospital.hospital_report import BY
from drg.records.workbook import Heading, new_book
from drg.report.checks import SEVERITIES_ZH
from drg.report.comparison.charts import Bar, can_be_drawn, differences
from drg.report.console import say
from drg.report.figure_table import FigureTable
from drg.report.hospital_words import FIGURES, name_in, reason_of_each, values_in
from drg.report.html import END, head, table
from drg.report.statement_words import words_in
from drg.words import Both, Sentence, column_in, said

# Of the cases in a workbook.
MOST_CASES: Final = 100_000
_MOST_LISTED: Final = 2_000
_MOST_ON_PAGE: Final = 20
_MOST_BARS: Final = 12
_TITLES: Final = {
    "department": Sentence("By department"),
    "doctor": Sentence("By doctor"),
    "group": Sentence("By group"),
    "insurance": Sentence("By insurance"),
}
_LISTS: Final = {
    "high": Sentence("High-cost cases"),
    "low": Sentence("Low-cost cases"),
    "low_risk_deaths": Sentence("Deaths in groups of low risk"),
    "readmissions": Sentence("Stays followed by a readmission"),
    "deficits": Sentence("Largest deficits"),
}
_ON_PAGE: Final = (
    *("cases", "grouping_rate", "cmi", "mean_cost_yuan", "mean_los_days", "cost_index_ratio_of_sums"),
    *("time_index_ratio_of_sums", "payment_yuan", "surplus_yuan", "high_cases", "low_cases"),
)
_OF_CASES: Final = {
    "case_id": "code",
    "department": "code",
    "doctor": "code",
    "discharge_date": "day",
    "drg": "code",
    "drg_name": "text",
    "case_class": "text",
    "los_days": "number",
    "total_cost_yuan": "money",
    "standard_payment_yuan": "money",
    "payment_yuan": "money",
    "surplus_yuan": "money",
    "reason": "text",
}
_STYLE: Final = """@page { size: A4 landscape; margin: 12mm }
body { font-size: 12px; max-width: 76em; padding: 0 1em }
h2 { border-bottom: 2px solid #345; margin-top: 1.6em; break-after: avoid }
table { margin: .3em 0 } th { background: #dde6f0; vertical-align: bottom }
th, td { padding: .2em .5em } td.n { white-space: nowrap }
tr, figure { break-inside: avoid }
figure { margin: 1em 0 } figure svg { height: auto; max-width: 700px; width: 100% }
figcaption { font-weight: 600 }
@media print { body { font-size: 10px; margin: 0; max-width: none; padding: 0 } table { font-size: 9px } }
"""


class _Said:
    """The parts of a report in a language."""

    def __init__(self, report: HospitalReport, language: str) -> None:
        self.report = report
        self.language = language
        self.of = partial(said, language=language)

    @property
    def title(self) -> str:
        hospital, month = self.report.hospital, self.report.month
        return self.of("Monthly DRG report {hospital} {month}", hospital=hospital, month=month)

    def summary(self) -> FigureTable:
        """Each figure beside the month before and the same month of last year."""
        against = words_in("zh" if self.language == "zh" else "en").against
        heads = [self.of("figure"), self.report.month]
        rows, looks = [], []
        for name, (label, look) in FIGURES.items():
            cells: list[Any] = [label.to(self.language), self.report.figures[name]]
            for months, _, _ in against:
                before = self.report.before(name, months=months)
                cells.append(int(before) if look == "count" and before is not None else before)
                cells.append(self.report.change(name, months=months))
            rows.append(tuple(cells))
            looks.append(("text", look, *(look, "percent") * len(against)))
        heads += [text for _, before, change in against for text in (before, change)]
        columns = ("text", *("count",) * (len(heads) - 1))
        return FigureTable(self.of("Summary of the month"), heads, columns, rows, looks)

    def checks(self) -> FigureTable:
        """What the check of quality finds."""
        found = self.report.checks
        severity = {name: Both(name, zh).to(self.language) for name, zh in SEVERITIES_ZH.items()}
        message = column_in(self.language, "message")
        rows = [
            (row["rule"], severity[row["severity"]], row[message], row["cases"])
            for row in found.iter_rows(named=True)
        ]
        heads = self.of("rule,severity,meaning,cases").split(",")
        return FigureTable(self.of("Findings in the records"), heads, ("text", "text", "text", "count"), rows)

    def notes(self) -> list[str]:
        return self.report.notes[column_in(self.language, "message")].to_list()

    def figures(self, name: str) -> tuple[list[Heading], pl.DataFrame]:
        """A table of figures, or the months."""
        if name == "month":
            return self._figures(("period",), self.report.months)
        return self._figures(BY[name], self.report.tables[name])

    def _figures(self, keys: tuple[str, ...], found: pl.DataFrame) -> tuple[list[Heading], pl.DataFrame]:
        frame = found.with_columns(values_in(name, found[name], self.language).alias(name) for name in keys)
        frame = frame.with_columns(pl.col(keys[0]).fill_null(self.of("not stated")))
        headings = [Heading(name_in(name, self.language), "code", None) for name in keys]
        headings += [Heading(label.to(self.language), look, 12) for label, look in FIGURES.values()]
        return headings, frame.select(*keys, *FIGURES)

    def cases(self, cases: pl.DataFrame) -> tuple[list[Heading], pl.DataFrame]:
        """Cases with the reason for their group."""
        names = [
            name
            for name in _OF_CASES
            if name == "reason" or cases[name].null_count() < cases.height or not cases.height
        ]
        frame = cases.with_columns(
            reason_of_each(cases, self.language),
            values_in("case_class", cases["case_class"], self.language),
            pl.col("discharge_date").dt.date(),
        )
        wide = {"reason": 60, "drg_name": 30}
        headings = [Heading(name_in(name, self.language), _OF_CASES[name], wide.get(name)) for name in names]
        return headings, frame.select(names)


def print_hospital_report(console: Console, report: HospitalReport, language: str) -> None:
    """The summary, what the check finds, and the notes."""
    told = _Said(report, language)
    told.summary().show(console)
    if report.checks.height:
        told.checks().show(console)
    for note in told.notes():
        say(console, said("Note: {note}.", language, note=note))


def hospital_workbook(report: HospitalReport, language: str) -> bytes:
    """The whole report, a sheet for each table; every case with the reason for its group."""
    told, of = _Said(report, language), partial(said, language=language)
    content = io.BytesIO()
    with new_book(content, title=told.title) as book:
        sheet = book.sheet(of("summary"), (34, 20, 44, 16, 18, 14))
        book.cell(sheet, 0, 0, told.title, "title")
        row = told.summary().write(book, sheet, 2)
        if report.checks.height:
            row = told.checks().write(book, sheet, row)
        lines = told.notes()
        if (left := report.cases.height - MOST_CASES) > 0:
            lines.append(of("{count:,} more cases are not in the sheet of cases", count=left))
        book.cell(sheet, row, 0, of("Notes"), "heading")
        if any(getattr(report, name).height > _MOST_LISTED for name in _LISTS):
            lines.append(of("lists of cases that stand out hold the first {most:,}", most=_MOST_LISTED))
        for place, line in enumerate(lines, start=row + 1):
            book.cell(sheet, place, 0, line, "note")
        book.frame(of("By month"), *told.figures("month"), freeze_columns=1)
        for name in report.tables:
            book.frame(_TITLES[name].to(language), *told.figures(name), freeze_columns=len(BY[name]))
        for name, title in _LISTS.items():
            cases: pl.DataFrame = getattr(report, name)
            book.frame(title.to(language), *told.cases(cases.head(_MOST_LISTED)))
        book.frame(of("All cases"), *told.cases(report.cases.head(MOST_CASES)))
    return content.getvalue()


def hospital_page(report: HospitalReport, language: str) -> str:
    """The same on a page for A4, its tables cut to what a director reads."""
    told = _Said(report, language)
    parts = [head(told.title, language=language, style=_STYLE), told.summary().page()]
    parts += _charts(told)
    for name, title in {"month": Sentence("By month"), **_TITLES}.items():
        if name == "month" or name in report.tables:
            parts.append(_figures_page(told, name, title.to(language)))
    for name, title in _LISTS.items():
        parts.append(_list_page(told, getattr(report, name), title.to(language)))
    if report.checks.height:
        parts.append(told.checks().page())
    notes = "".join(f"<li>{escape(note)}</li>\n" for note in told.notes())
    parts.append(f"<h2>{escape(said('Notes', language))}</h2>\n<ul>\n{notes}</ul>\n")
    return "".join(parts) + END


def _figures_page(told: _Said, name: str, title: str) -> str:
    headings, frame = told.figures(name)
    keys = frame.columns[: frame.width - len(FIGURES)]
    if name != "month":
        frame = frame.sort("surplus_yuan", *keys)
    shown = frame.select(*keys, *_ON_PAGE)
    half = _MOST_ON_PAGE // 2
    if name != "month" and frame.height > _MOST_ON_PAGE:
        shown = pl.concat([shown.head(half), shown.tail(half)])
        title = told.of(
            "{title}: the {half} with the least and the {half} with the largest surplus of {count:,}",
            title=title,
            half=half,
            count=frame.height,
        )
    heads = [heading.text for heading in headings[: len(keys)]]
    heads += [FIGURES[one][0].to(told.language) for one in _ON_PAGE]
    looks = ("text",) * len(keys) + tuple(FIGURES[one][1] for one in _ON_PAGE)
    return FigureTable(title, heads, looks, shown.rows()).page()


def _list_page(told: _Said, cases: pl.DataFrame, title: str) -> str:
    heading = f"<h2>{escape(title)} ({cases.height:,})</h2>\n"
    if not cases.height:
        return heading
    headings, frame = told.cases(cases.head(_MOST_ON_PAGE))
    rows = ([_cell(cell) for cell in row] for row in frame.iter_rows())
    more = ""
    if cases.height > _MOST_ON_PAGE:
        text = told.of("The first {most}; all are in the workbook.", most=_MOST_ON_PAGE)
        more = f"<p>{escape(text)}</p>\n"
    return heading + table([one.text for one in headings], len(headings), rows) + more


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _charts(told: _Said) -> Iterator[str]:
    if not can_be_drawn():
        return
    for name in ("department", "group"):
        if name not in told.report.tables:
            continue
        _, frame = told.figures(name)
        frame = frame.sort("surplus_yuan", *BY[name])
        if frame.height > _MOST_BARS:
            frame = pl.concat([frame.head(_MOST_BARS // 2), frame.tail(_MOST_BARS // 2)])
        bars = [
            Bar(" ".join(row[key] or "" for key in BY[name]).strip(), float(row["surplus_yuan"]))
            for row in frame.iter_rows(named=True)
        ]
        caption = f"{_TITLES[name].to(told.language)}: {name_in('surplus_yuan', told.language)}"
        svg = differences(bars, name_in("surplus_yuan", told.language), "{:,.0f}".format)
        yield f"<figure><figcaption>{escape(caption)}</figcaption>{svg}</figure>\n"
