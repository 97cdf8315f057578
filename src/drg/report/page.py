"""One page on the cases of a hospital: totals, classes, the best and worst departments and groups."""

from __future__ import annotations

from html import escape
from io import StringIO

import polars as pl
from rich.console import Console

from drg.analysis.price_tally import CLASS, DEPARTMENT, GROUP, PriceTally
from drg.payment import PaymentScheme
from drg.report.console import say
from drg.report.html import END, ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH, head, table, warning
from drg.report.prices import (
    class_amounts,
    print_prices,
    print_ranking,
    ranking_cells,
    total_lines,
    warnings,
)
from drg.words import categories, said

MOST = 10
_AMOUNTS = ("cases 病例数", "CMI", "standard 支付标准", "cost 费用", "surplus 结余")


def rankings(tally: PriceTally) -> list[tuple[str, tuple[str, ...], pl.DataFrame]]:
    """Title, key columns and rows of each ranking by surplus; few departments or groups are in one table."""
    found: list[tuple[str, tuple[str, ...], pl.DataFrame]] = []
    for what, key in (("departments 科室", DEPARTMENT), ("groups 病组", GROUP)):
        rows = tally.by(key).sort("surplus", *key, descending=[True, *(False for _ in key)])
        if rows.height <= 2 * MOST:
            found.append((f"All {what}, by surplus 按结余排序", key, rows))
            continue
        found.append((f"{MOST} best {what} 结余最多", key, rows.head(MOST)))
        found.append((f"{MOST} worst {what} 超支最多", key, rows.tail(MOST).reverse()))
    return found


def text_page(tally: PriceTally, scheme: PaymentScheme, seconds: float, language: str) -> str:
    """The page as text."""
    out = StringIO()
    console = Console(file=out, width=140)
    say(console, f"{scheme.title} ({scheme.id})")
    for text in warnings(tally, language):
        say(console, said("Warning: {text}.", language, text=text))
    print_prices(console, tally, scheme, seconds, language)
    for title, key, rows in rankings(tally):
        print_ranking(console, title, rows, key, language)
    return out.getvalue()


def html_page(tally: PriceTally, scheme: PaymentScheme, language: str) -> str:
    """The page as HTML, whole in one file."""
    parts = [head(f"{scheme.title} ({scheme.id})")]
    if scheme.status == "illustrative":
        parts.append(warning(f"{ILLUSTRATIVE_ZH}。{ILLUSTRATIVE_EN}."))
    parts += [warning(text) for text in warnings(tally, language)]
    parts.append(table(("", "", "total"), 2, ((name, zh, value) for name, zh, value in total_lines(tally))))
    rows = (
        (
            row["case_class"],
            categories("case_class", "zh")[row["case_class"]],
            f"{row['cases']:,}",
            *class_amounts(row),
        )
        for row in tally.by(CLASS).iter_rows(named=True)
    )
    parts.append("<h2>Cases 病例</h2>\n")
    names = ("class", "病例类型", "cases 病例数", "payment 支付", "cost 费用", "surplus 结余")
    parts.append(table(names, 2, rows))
    for title, key, frame in rankings(tally):
        parts.append(f"<h2>{escape(title)}</h2>\n")
        lines = (
            [*(row[name] or "–" for name in key), *ranking_cells(row)] for row in frame.iter_rows(named=True)
        )
        parts.append(table((*key, *_AMOUNTS), len(key), lines))
    if told := tally.reasons(language):
        parts.append("<h2>Reasons 说明</h2>\n")
        reasons = ((name, reason, f"{count:,}") for name, reason, count in told)
        parts.append(table(("class", "reason", "cases 病例数"), 2, reasons))
    return "".join(parts) + END
