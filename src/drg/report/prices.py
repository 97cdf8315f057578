"""Payment on the console: schemes, summaries, the arithmetic of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.analysis.price_tally import CLASS, PriceTally
from drg.payment import PaymentScheme, PriceExplanation
from drg.payment.rules import CLASSES
from drg.payment.scheme import CaseClass
from drg.payment.steps import CLASSES_ZH
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH

STATUSES_ZH = {"published": "公布", "transcribed": "转录", "illustrative": "示例"}
_MOST_REASONS = 20


def print_schemes(console: Console, schemes: Sequence[PaymentScheme]) -> None:
    """The installed schemes."""
    table = Table("id", "title", "grouper", "method", "status", "valid")
    for scheme in schemes:
        valid = f"{scheme.valid_from or '…'} – {scheme.valid_to or '…'}"
        table.add_row(
            scheme.id,
            escape(scheme.title),
            scheme.grouper,
            scheme.method.kind,
            f"{scheme.status} {STATUSES_ZH[scheme.status]}",
            valid if scheme.valid_from or scheme.valid_to else "–",
        )
    console.print(table)


def warnings(tally: PriceTally) -> list[str]:
    """What everybody must see who prices with these: once each, with the number of cases."""
    found = [f"{count:,} of {tally.cases:,} cases: {text}" for text, count in tally.warned.items()]
    classes = tally.by(CLASS).filter(case_class=CaseClass.UNPRICED.value)
    if not classes.is_empty():
        count = classes["cases"].item()
        found.append(
            f"{count:,} of {tally.cases:,} cases: not priced: something is not known; in no payment and "
            "no surplus; see pricing_reason (无法计价，未计入支付和结余，见支付说明)"
        )
    return found


def print_prices(console: Console, tally: PriceTally, scheme: PaymentScheme, seconds: float) -> None:
    """The outcome of a run: classes, reasons, totals, the speed. Every case is in one class."""
    classes = Table(
        "class", "病例类型", "cases", "payment", "cost", "surplus", title="Cases", title_justify="left"
    )
    for column in classes.columns[2:]:
        column.justify = "right"
    for row in tally.by(CLASS).iter_rows(named=True):
        name = row["case_class"]
        classes.add_row(name, CLASSES_ZH[name], f"{row['cases']:,}", *class_amounts(row))
    total = tally.total()
    classes.add_section()
    sums = (amount(total[column]) for column in ("payment", "cost", "surplus"))
    classes.add_row("all", "合计", f"{tally.cases:,}", *sums)
    console.print(classes)
    if tally.reasons:
        reasons = Table("class", "reason", "cases", title="Reasons", title_justify="left")
        reasons.columns[2].justify = "right"
        order = {name: place for place, name in enumerate(CLASSES)}
        told = sorted(tally.reasons.items(), key=lambda item: (order[item[0][0]], -item[1], item[0][1]))
        for (name, reason), count in told[:_MOST_REASONS]:
            reasons.add_row(name, escape(reason), f"{count:,}")
        console.print(reasons)
        if len(told) > _MOST_REASONS:
            console.print(f"{len(told) - _MOST_REASONS} more in the column pricing_reason.")
    totals = Table(title="Totals", title_justify="left", show_header=False)
    totals.add_column(justify="left")
    totals.add_column(justify="left")
    totals.add_column(justify="right")
    for line in total_lines(tally):
        totals.add_row(*line)
    console.print(totals)
    console.print(
        f"{tally.cases:,} cases in {seconds:.2f} s ({tally.cases / max(seconds, 1e-9):,.0f} cases/s)."
    )
    if scheme.status == "illustrative":
        console.print(f"{scheme.id}: {ILLUSTRATIVE_EN} ({ILLUSTRATIVE_ZH}).", soft_wrap=True)


def total_lines(tally: PriceTally) -> list[tuple[str, str, str]]:
    """The totals as name, Chinese name and value. Amounts are in yuan."""
    total = tally.total()
    weighted = int(total["weighted"])
    cmi = f"{total['weight'] / weighted:,.4f}" if weighted else "–"
    return [
        ("cases", "病例数", f"{tally.cases:,}"),
        ("cases with a weight", "有权重的病例数", f"{weighted:,}"),
        ("total weight", "总权重", f"{total['weight']:,.4f}"),
        ("CMI", "病例组合指数", cmi),
        ("standard, of cases paid by group", "支付标准合计", amount(total["standard"])),
        ("payment", "支付合计", amount(total["payment"])),
        ("cost", "住院总费用", amount(total["cost"])),
        ("surplus by formula", "标准差额", amount(total["formula"])),
        ("surplus", "结余", amount(total["surplus"])),
    ]


def class_amounts(row: Mapping[str, Any]) -> list[str]:
    """Payment, cost and surplus of a class; cases that are not priced have no surplus."""
    open_ = row["case_class"] in (CaseClass.INVALID, CaseClass.UNPRICED)
    return [amount(row["payment"]), amount(row["cost"]), amount(None if open_ else row["surplus"])]


def amount(value: Decimal | None) -> str:
    """An amount in yuan."""
    return "–" if value is None else f"{value:,.2f}"


def print_ranking(console: Console, title: str, rows: pl.DataFrame, names: Sequence[str]) -> None:
    """Departments or groups with their cases, CMI and amounts."""
    table = Table(*names, "cases", "CMI", "standard", "cost", "surplus", title=title, title_justify="left")
    for column in table.columns[len(names) :]:
        column.justify = "right"
    for row in rows.iter_rows(named=True):
        table.add_row(*(escape(row[name] or "–") for name in names), *ranking_cells(row))
    console.print(table)


def ranking_cells(row: dict[str, object]) -> list[str]:
    """Cases, CMI, standard, cost and surplus of a row of sums."""
    weighted, weight = row["weighted"], row["weight"]
    cmi = f"{weight / weighted:,.4f}" if weighted else "–"  # type: ignore[operator]
    amounts = [f"{row[name]:,.2f}" for name in ("standard", "cost", "surplus")]
    return [f"{row['cases']:,}", cmi, *amounts]


def print_price_explanation(console: Console, explanation: PriceExplanation) -> None:
    """The arithmetic of one case, a line for each number."""
    e = explanation
    case = e.case.get("case_id", "case")
    heading = f"[bold]{escape(str(case))}[/]  {escape(f'{e.scheme}: {e.title} [{e.status}]')}"
    console.print(heading, highlight=False)
    table = Table("name", "名称", "value", "arithmetic", "where from", "source")
    table.columns[2].justify = "right"
    for step in e.steps:
        texts = (step.name, step.name_zh, step.value, step.arithmetic, step.place, step.source)
        table.add_row(*map(escape, texts))
    console.print(table)
