"""Payment on the console: schemes, summaries, the arithmetic of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.analysis.price_tally import CLASS, PriceTally
from drg.categories import CaseClass
from drg.columns import ALL
from drg.payment import PaymentScheme, PriceExplanation
from drg.report.console import say, speed
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.language import either
from drg.words import categories

STATUSES_ZH = {"published": "公布", "transcribed": "转录", "illustrative": "示例"}
METHODS_ZH = {"rate": "费率法", "points": "点数法"}
_MOST_REASONS = 20


def print_schemes(console: Console, schemes: Sequence[PaymentScheme], language: str) -> None:
    """The installed schemes."""
    heads = either(
        language, "编号,名称,分组方案,方法,状态,有效期", "id,title,grouper,method,status,valid"
    ).split(",")
    rows = []
    for scheme in schemes:
        valid = f"{scheme.valid_from or '…'} – {scheme.valid_to or '…'}"
        method = either(language, METHODS_ZH[scheme.method.kind], scheme.method.kind)
        status = either(language, STATUSES_ZH[scheme.status], scheme.status)
        is_limited = scheme.valid_from or scheme.valid_to
        rows.append((scheme.id, scheme.title, scheme.grouper, method, status, valid if is_limited else "–"))
    show(console, heads, "wtwwwt", rows)


def warnings(tally: PriceTally, language: str) -> list[str]:
    """What everybody must see who prices with these: once each, with the number of cases."""
    form = "{count:,}/{cases:,} 例：{text}" if language == "zh" else "{count:,} of {cases:,} cases: {text}"
    found = tally.warned(language)
    classes = tally.by(CLASS).filter(case_class=CaseClass.UNPRICED.value)
    if not classes.is_empty():
        text = either(
            language,
            "无法计价，未计入支付和结余，见支付说明",
            "not priced: something is not known; in no payment and no surplus; see pricing_reason",
        )
        found.append((text, classes["cases"].item()))
    return [form.format(count=count, cases=tally.cases, text=text) for text, count in found]


def print_prices(
    console: Console, tally: PriceTally, scheme: PaymentScheme, seconds: float, language: str
) -> None:
    """The outcome of a run: classes, reasons, totals, the speed. Every case is in one class."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    cases = of("病例数", "cases")
    money = (of("支付", "payment"), of("费用", "cost"), of("结余", "surplus"))
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
        (of("病例类型", "class"), cases, *money),
        "wnnnn",
        rows,
        title=of("病例", "Cases"),
        total=(of("合计", "all"), f"{tally.cases:,}", *sums),
    )
    if told := tally.reasons(language):
        reasons = [
            (class_in(name, language), reason, f"{count:,}") for name, reason, count in told[:_MOST_REASONS]
        ]
        heads = (of("病例类型", "class"), of("说明", "reason"), cases)
        show(console, heads, "wtn", reasons, title=of("支付说明", "Reasons"))
        if (more := len(told) - _MOST_REASONS) > 0:
            say(
                console,
                of(f"另有 {more} 种，见 pricing_reason 列。", f"{more} more in the column pricing_reason."),
            )
    totals = [(of(zh, en), value) for en, zh, value in total_lines(tally)]
    show(console, (of("项目", "total"), of("数值", "value")), "tn", totals, title=of("合计", "Totals"))
    say(console, speed(tally.cases, seconds, language))
    if scheme.status == "illustrative":
        say(console, of(f"{scheme.id}：{ILLUSTRATIVE_ZH}。", f"{scheme.id}: {ILLUSTRATIVE_EN}."))


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


def print_ranking(
    console: Console, title: str, rows: pl.DataFrame, names: Sequence[str], language: str
) -> None:
    """Departments or groups with their cases, CMI and amounts."""
    heads = either(language, "病例数,CMI,支付标准,费用,结余", "cases,CMI,standard,cost,surplus").split(",")
    keys = [either(language, ALL[name].label_zh, name) for name in names]
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
    status = either(language, STATUSES_ZH[e.status], e.status)
    title = either(language, f"  {e.scheme}：{e.title}（{status}）", f"  {e.scheme}: {e.title} [{status}]")
    console.print(Text.assemble((str(case), "bold"), title), soft_wrap=True)
    heads = either(language, "名称,数值,算式,出处,来源", "name,value,arithmetic,where from,source").split(",")
    rows = [
        (either(language, step.name_zh, step.name), step.value, step.arithmetic, step.place, step.source)
        for step in e.steps
    ]
    show(console, heads, "tnttt", rows)
