"""The page of a hospital's statement: prints on A4, whole in one file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from typing import Final

from drg.analysis.statement_account import Account
from drg.report.html import END, head, table, warning
from drg.report.statement_balances import balances_page
from drg.report.statement_book import (
    KEY_FIGURES,
    Statement,
    account_title,
    differences,
    end_lines,
    finding_rows,
    forecast_figures,
    head_lines,
)
from drg.report.statement_cases import in_words
from drg.report.statement_changes import changes_page
from drg.report.statement_lines import Section
from drg.report.statement_sums import departments_page
from drg.report.statement_text import Figure, Line, label, shown
from drg.report.statement_totals import capital_lines, capitals_page, totals_page
from drg.report.statement_words import Words

STYLE: Final = """@page { size: A4; margin: 12mm }
body { font-size: 12px }
h2 { border-bottom: 2px solid #345; margin-top: 2em; break-after: avoid }
h3 { margin: 1.2em 0 .3em; break-after: avoid }
table { width: 100%; margin: .3em 0 }
th { background: #dde6f0 }
th, td { padding: .25em .5em; vertical-align: top }
tr { break-inside: avoid }
td.how { font-size: 11px } td.how .numbers { color: #345; font-variant-numeric: tabular-nums }
td.rule { font-size: 10px; color: #555; max-width: 17em }
tr.section td { background: #eef2f7; font-weight: bold }
tr.key td { border-top: 1px solid #000 } tr.key b, tr.total td { font-weight: bold }
tr.total td { border-top: 1px solid #888 }
td.n, th:first-child { white-space: nowrap }
.off { color: #b00; font-weight: bold }
.compact th, .compact td { font-size: 9.5px; padding: .2em .3em } .compact td { white-space: nowrap }
.sign { display: flex; justify-content: space-between; margin: 4em 0 1em }
.sign span { min-width: 30% }
@media print { body { margin: 0; max-width: none } }
@media print { .account { break-before: page } .first { break-before: auto } }
"""
_MONTHS: Final = ("cost", "standard", "payment", "entitlement", "payable", "instalments", "balance")
_CLASSES: Final = (
    "cost",
    "standard",
    "shared_cost",
    "shared_standard",
    "payment",
    "patient_and_others",
    "surplus",
)


def page(statement: Statement) -> str:
    """The page as HTML."""
    words, language = statement.words, statement.language
    parts = [head(statement.title, language=language, style=STYLE)]
    parts += [f"<p>{escape(text)}</p>\n" for text in head_lines(statement)]
    if statement.scheme.status == "illustrative":
        parts.append(warning(words.illustrative))
    for number, (account, sections) in enumerate(statement.accounts):
        parts.append(f'<div class="account{" first" if number == 0 else ""}">\n')
        parts.append(f"<h2>{escape(account_title(account, language))}</h2>\n")
        parts += capitals_page(capital_lines([account], language))
        parts.append(lines_page(statement.words, sections))
        parts.append(_checks(statement, account))
        if account.forecast is not None:
            parts.append(f"<h3>{escape(words.forecast)}</h3>\n")
            figures = (
                (label(name, language), _cell(name, value)) for name, value in forecast_figures(account)
            )
            parts.append(table(words.heads[1:3], 1, figures))
        parts += [
            _classes(statement, account),
            departments_page(account, language),
            _months(statement, account),
        ]
        parts += [balances_page(account, language), changes_page(account, language), "</div>\n"]
    parts.append(totals_page((account for account, _ in statement.accounts), language))
    if statement.with_cases:
        parts.append(f"<p>{escape(words.cases_elsewhere)}</p>\n")
    parts.append(f"<h2>{escape(words.findings)}</h2>\n")
    findings = finding_rows(statement)
    if findings:
        parts.append(table([text for text, _ in words.finding_heads], 7, findings))
    else:
        parts.append(f"<p>{escape(words.no_findings)}</p>\n")
    parts.append(end_page(end_lines(words, statement.names, statement.hospital)))
    return "".join(parts) + END


def end_page(lines: Iterable[Sequence[str]]) -> str:
    """Where people seal and sign, as HTML."""
    signs = ("".join(f"<span>{escape(text)}</span>" for text in line) for line in lines)
    return "".join(f'<div class="sign">{line}</div>\n' for line in signs)


def _cell(name: str, value: object) -> str:
    return shown(Figure(value, "count" if name.startswith("cases") else "money"))


def lines_page(words: Words, sections: Iterable[Section], key: Collection[str] = KEY_FIGURES) -> str:
    """Lines under headings, numbered through, as HTML; those of ``key`` stand out."""
    number, item, amount, arithmetic, _, rule, _ = map(escape, words.heads)
    parts = [
        f"<table>\n<tr><th class=n>{number}</th><th>{item}</th><th class=n>{amount}</th>"
        f"<th>{arithmetic}</th><th>{rule}</th></tr>\n"
    ]
    place = 1
    for section in sections:
        parts.append(f'<tr class="section"><td colspan=5>{escape(section.title)}</td></tr>\n')
        for line in section.lines:
            parts.append(_line(place, line, is_key=line.name in key))
            place += 1
    return "".join(parts) + "</table>\n"


def _line(number: int, line: Line, *, is_key: bool) -> str:
    how = escape(line.words)
    if line.numbers:
        how += f'{"<br>" if how else ""}<span class="numbers">= {escape(line.numbers)}</span>'
    rule = "<br>".join(escape(text) for text in (line.rule, line.source) if text)
    item, amount = escape(line.label), escape(shown(line.figure))
    kind = ""
    if is_key:
        kind, item, amount = ' class="key"', f"<b>{item}</b>", f"<b>{amount}</b>"
    return (
        f"<tr{kind}><td class=n>{number}</td><td>{item}</td>"
        f'<td class=n>{amount}</td><td class="how">{how}</td>'
        f'<td class="rule">{rule}</td></tr>\n'
    )


def _checks(statement: Statement, account: Account) -> str:
    words = statement.words
    parts = [f"<h3>{escape(words.checks)}</h3>\n<table>\n"]
    for text, value in zip(words.check_lines, differences(account), strict=True):
        style = "n" if value == 0 else "n off"
        amount = shown(Figure(value, "exact"))
        parts.append(
            f"<tr><td>{escape(words.check)}</td><td>{escape(text)}</td>"
            f'<td class="{style}">{escape(amount)}</td></tr>\n'
        )
    return "".join(parts) + "</table>\n"


def _classes(statement: Statement, account: Account) -> str:
    language = statement.language
    # Cases that are in no amount are not to be overlooked.
    held = ("cases_held",) if account.total["cases_held"] else ()
    names = ("cases", *held, *_CLASSES)

    def rows() -> Iterator[list[str]]:
        for row in account.by_class.iter_rows(named=True):
            shown_class = in_words("case_class", row["case_class"] or "", language)
            yield [shown_class, *(_cell(name, row[name]) for name in names)]
        yield [statement.words.total, *(_cell(name, account.total[name]) for name in names)]

    heads = ["", *(label(name, language) for name in names)]
    made = table(heads, 1, rows(), style="compact", totals=1)
    return f"<h3>{escape(statement.words.classes)}</h3>\n{made}"


def _months(statement: Statement, account: Account) -> str:
    words, language = statement.words, statement.language
    names = [
        name for name in _MONTHS if any((account.row[name], account.to_date[name], *account.months[name]))
    ]
    clearing = words.clearing

    def rows() -> Iterator[list[str]]:
        for row in account.months.iter_rows(named=True):
            yield [row["period"], f"{row['cases']:,}", *(_cell(name, row[name]) for name in names)]
        sums = account.months.select("cases", *names).sum().row(0, named=True)
        yield [words.total, *(_cell(name, sums[name]) for name in ("cases", *names))]
        if account.cleared:
            yield [clearing, "", *(_cell(name, account.row[name] - sums[name]) for name in names)]
            yield [account.row["period"], *(_cell(name, account.row[name]) for name in ("cases", *names))]

    heads = ["", label("cases", language), *(label(name, language) for name in names)]
    made = table(heads, 1, rows(), style="compact", totals=3 if account.cleared else 1)
    return f"<h3>{escape(words.months)}</h3>\n<p>{escape(words.month_note)}</p>\n{made}"
