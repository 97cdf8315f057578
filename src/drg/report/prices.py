"""Payment on the console: schemes, summaries, the arithmetic of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.analysis.price_tally import CLASS, NOT_PRICED, PriceTally
from drg.categories import CaseClass
from drg.columns import ALL
from drg.payment import PaymentScheme, PriceExplanation
from drg.report.console import say, speed
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.words import Both, categories, said

STATUSES_ZH = {"published": "公布", "transcribed": "转录", "illustrative": "示例"}
METHODS_ZH = {"rate": "费率法", "points": "点数法"}
_MOST_REASONS = 20


def print_schemes(console: Console, schemes: Sequence[PaymentScheme], language: str) -> None:
    """The installed schemes."""
    heads = said("id,title,grouper,method,status,valid", language).split(",")
    rows = []
    for scheme in schemes:
        valid = f"{scheme.valid_from or '…'} – {scheme.valid_to or '…'}"
        method = Both(scheme.method.kind, METHODS_ZH[scheme.method.kind]).to(language)
        status = Both(scheme.status, STATUSES_ZH[scheme.status]).to(language)
        is_limited = scheme.valid_from or scheme.valid_to
        rows.append((scheme.id, scheme.title, scheme.grouper, method, status, valid if is_limited else "–"))
    show(console, heads, "wtwwwt", rows)


def warnings(tally: PriceTally, language: str) -> list[str]:
    """What everybody must see who prices with these: once each, with the number of cases."""
    found = tally.warned(language)
    classes = tally.by(CLASS).filter(case_class=CaseClass.UNPRICED.value)
    if not classes.is_empty():
        text = said(
            "not priced, as something is not known: they have no payment and no surplus (see pricing_reason)",
            language,
        )
        found.append((text, classes["cases"].item()))
    return [
        said("{count:,} of {cases:,} cases: {text}", language, count=count, cases=tally.cases, text=text)
        for text, count in found
    ]


def print_prices(
    console: Console, tally: PriceTally, scheme: PaymentScheme, seconds: float, language: str
) -> None:
    """The outcome of a run: classes, reasons, totals, the speed. Every case is in one class."""
    of = partial(said, language=language)
    cases = of("cases")
    money = (of("payment"), of("cost"), of("surplus"))
    rows = [
        (
            class_in(row["case_class"], language),
            f"{row['cases']:,}",
            *class_amounts(row),
        )
        for row in tally.by(CLASS).iter_rows(named=True)
    ]
    total = tally.total()
    sums = (amount(total[column]) for column in ("payment", "cost", "surplus"))
    show(
        console,
        (of("class"), cases, *money),
        "wnnnn",
        rows,
        title=of("Cases"),
        total=(of("all"), f"{tally.cases:,}", *sums),
    )
    if told := tally.reasons(language):
        reasons = [
            (class_in(name, language), reason, f"{count:,}") for name, reason, count in told[:_MOST_REASONS]
        ]
        heads = (of("class"), of("reason"), cases)
        show(console, heads, "wtn", reasons, title=of("Reasons"))
        if (more := len(told) - _MOST_REASONS) > 0:
            say(
                console,
                of("{more} more in the column pricing_reason.", more=more),
            )
    totals = [(Both(en, zh).to(language), value) for en, zh, value in total_lines(tally)]
    show(console, (of("item"), of("value")), "tn", totals, title=of("Totals"))
    say(console, speed(tally.cases, seconds, language))
    if scheme.status == "illustrative":
        say(
            console,
            of("{id}: {illustrative}.", id=scheme.id, illustrative=Both(ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH)),
        )


def class_in(name: str, language: str) -> str:
    """A case class in a language."""
    return categories("case_class", language)[name]


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
        ("cost of cases that are priced", "其中：已计价病例费用", amount(total["priced_cost"])),
        ("surplus by formula", "标准差额", amount(total["formula"])),
        ("surplus", "结余", amount(total["surplus"])),
    ]


def class_amounts(row: Mapping[str, Any]) -> list[str]:
    """Payment, cost and surplus of a class; cases that are not priced have no surplus."""
    open_ = row["case_class"] in NOT_PRICED
    return [amount(row["payment"]), amount(row["cost"]), amount(None if open_ else row["surplus"])]


def amount(value: Decimal | None) -> str:
    """An amount in yuan."""
    return "–" if value is None else f"{value:,.2f}"


def print_ranking(
    console: Console, title: str, rows: pl.DataFrame, names: Sequence[str], language: str
) -> None:
    """Departments or groups with their cases, CMI and amounts."""
    heads = said("cases,CMI,standard,cost,surplus", language).split(",")
    keys = [Both(name, ALL[name].label_zh).to(language) for name in names]
    kinds = "w" + "t" * (len(names) - 1) + "n" * len(heads)
    lines = [
        (*(row[name] or "–" for name in names), *ranking_cells(row)) for row in rows.iter_rows(named=True)
    ]
    show(console, (*keys, *heads), kinds, lines, title=title)


def ranking_cells(row: dict[str, object]) -> list[str]:
    """Cases, CMI, standard, cost and surplus of a row of sums."""
    weighted, weight = row["weighted"], row["weight"]
    cmi = f"{weight / weighted:,.4f}" if weighted else "–"  # type: ignore[operator]
    amounts = [f"{row[name]:,.2f}" for name in ("standard", "cost", "surplus")]
    return [f"{row['cases']:,}", cmi, *amounts]


def print_price_explanation(console: Console, explanation: PriceExplanation, language: str) -> None:
    """The arithmetic of one case, a line for each number."""
    e = explanation
    case = e.case.get("case_id", "case")
    status = Both(e.status, STATUSES_ZH[e.status]).to(language)
    title = said("  {scheme}: {title} [{status}]", language, scheme=e.scheme, title=e.title, status=status)
    console.print(Text.assemble((str(case), "bold"), title), soft_wrap=True)
    heads = said("name,value,arithmetic,where from,source", language).split(",")
    rows = [
        (Both(step.name, step.name_zh).to(language), step.value, step.arithmetic, step.place, step.source)
        for step in e.steps
    ]
    show(console, heads, "tnttt", rows)
