"""What a ledger says on the console, and of what a statement of it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from typing import Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.ledger.additions import LedgerAddition
from drg.ledger.entry import KINDS_ZH, LedgerEntry
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.report.language import either

_MOST_NAMED: Final = 10


def print_added(console: Console, added: LedgerAddition, language: str) -> None:
    """What came in, and what it took the place of."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    entry = added.entry
    what = _what(entry, language)
    say(console, of(f"第 {entry.number} 号记录：{what}", f"Entry {entry.number}: {what}"))
    if added.months is not None:
        changed = added.months.filter(pl.col("replaces").is_not_null())
        if not changed.is_empty():
            heads = of(
                "医疗机构,月份,替代记录,原病例数,现病例数",
                "hospital,month,in place of entry,cases before,cases now",
            )
            rows = [
                (
                    *(row["hospital_id"], row["month"], str(row["replaces"])),
                    *(f"{row['cases_before']:,}", f"{row['cases']:,}"),
                )
                for row in changed.head(_MOST_NAMED).iter_rows(named=True)
            ]
            show(console, heads.split(","), "wwnnn", rows, title=of("更正", "Corrected"))
            _more(console, changed.height, of("", ""), language)
    for finding in added.findings[:_MOST_NAMED]:
        where = of(f"第 {finding.row} 行：", f"row {finding.row}: ") if finding.row else ""
        told = of(f"{finding.message_zh}。{finding.fix_zh}。", f"{finding.message}. {finding.fix}.")
        _print_finding(console, finding.severity, f"{where}{told}", language)
    _more(console, len(added.findings), of("个问题", " findings"), language)


def _more(console: Console, count: int, what: str, language: str) -> None:
    if count > _MOST_NAMED:
        more = f"{count - _MOST_NAMED:,}"
        say(console, either(language, f"……另有 {more} {what or '项'}", f"… and {more} more{what}"))


def _what(entry: LedgerEntry, language: str) -> str:
    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    kind, rows = of(KINDS_ZH[entry.kind], entry.kind), f"{entry.rows:,}"
    if entry.kind == "scheme":
        return of(f"{kind} {entry.scheme}，权重 {rows} 个", f"{kind} {entry.scheme}, {rows} weights")
    if entry.kind != "cases":
        return of(f"{kind}，{rows} 行", f"{kind}, {rows} rows")
    hospitals, span = f"{entry.hospitals:,}", _span(entry)
    return of(
        f"{kind}，{rows} 例，{hospitals} 家医疗机构，{span}",
        f"{kind}, {rows} cases, {hospitals} hospitals, {span}",
    )


def _span(entry: LedgerEntry) -> str:
    if entry.first_month is None:
        return "–"
    same = entry.first_month == entry.last_month
    return entry.first_month if same else f"{entry.first_month} … {entry.last_month}"


def print_status(
    console: Console, entries: Sequence[LedgerEntry], months: pl.DataFrame, language: str
) -> None:
    """Which months are in, what was corrected, what is missing; the entries.

    Args:
        console: where to.
        entries: in order.
        months: what holds, as ``Ledger.months`` gives it.
        language: of the words.
    """

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    held = months.filter(pl.col("cases") > 0)
    by_month = held.group_by("month").agg(
        pl.len().alias("hospitals"), pl.col("cases", "payment_yuan").sum(), pl.col("entry").unique().sort()
    )
    rows = [
        (
            *(row["month"], f"{row['hospitals']:,}", f"{row['cases']:,}", f"{row['payment_yuan']:,.2f}"),
            " ".join(map(str, row["entry"])),
        )
        for row in by_month.sort("month").iter_rows(named=True)
    ]
    total = (f"{held['hospital_id'].n_unique():,}", f"{int(held['cases'].sum()):,}")
    heads = of("月份,医疗机构,病例数,支付合计,记录", "month,hospitals,cases,payment,entries")
    show(
        console,
        heads.split(","),
        "wnnnt",
        rows,
        title=of("各月", "Months"),
        total=(of("合计", "all"), *total, f"{Decimal(held['payment_yuan'].sum()):,.2f}", ""),
    )
    _print_gaps(console, held, language)
    lines = []
    for entry in entries:
        replaced = " ".join(map(str, entry.replaces))
        if entry.replaced_pairs:
            replaced += of(
                f"（{entry.replaced_pairs:,} 机构月）", f" ({entry.replaced_pairs:,} hospital months)"
            )
        lines.append(
            (
                *(str(entry.number), of(KINDS_ZH[entry.kind], entry.kind), _span(entry)),
                *(f"{entry.rows:,}", replaced or "–", entry.at.isoformat(sep=" ")),
                *(entry.by or "–", entry.note or "–"),
            )
        )
    heads = of("号,内容,月份,行数,替代,时间,经办,备注", "no.,what,months,rows,in place of,at,by,note")
    show(console, heads.split(","), "wwtntttt", lines, title=of("记录", "Entries"))
    if entries:
        last = entries[-1]
        say(
            console,
            of(
                f"支付方案：{last.scheme}。第 {last.number} 号记录封签：{last.seal}",
                f"Scheme: {last.scheme}. Seal of entry {last.number}: {last.seal}",
            ),
        )


def _print_gaps(console: Console, held: pl.DataFrame, language: str) -> None:
    """Hospitals that lack a month between their first and their last."""
    order = {name: place for place, name in enumerate(_all_months(held["month"].to_list()))}
    gaps = []
    for hospital, found in held.group_by("hospital_id").agg("month").sort("hospital_id").iter_rows():
        places = {order[name] for name in found}
        missing = [
            m for m, place in order.items() if min(places) < place < max(places) and place not in places
        ]
        if missing:
            gaps.append((hospital, missing))
    for hospital, missing in gaps[:_MOST_NAMED]:
        text = f"{either(language, '缺少：', 'Missing: ')}{hospital} {', '.join(missing)}"
        console.print(Text(text, "yellow"), soft_wrap=True)
    _more(console, len(gaps), either(language, "家缺少月份的医疗机构", " hospitals with gaps"), language)


def _all_months(months: Sequence[str]) -> list[str]:
    """Every month from the first to the last."""
    if not months:
        return []
    first, last = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (min(months), max(months)))
    return [f"{place // 12}-{place % 12 + 1:02}" for place in range(first, last + 1)]


def print_each(console: Console, findings: pl.DataFrame, language: str) -> None:
    """Findings one by one, each with what mends it."""
    for row in findings.iter_rows(named=True):
        told = either(language, f"{row['message_zh']}。{row['fix_zh']}。", f"{row['message']}. {row['fix']}.")
        _print_finding(console, row["severity"], f"{row['rule']}: {told}", language)


def _print_finding(console: Console, severity: str, text: str, language: str) -> None:
    console.print(Text.assemble(severity_in(severity, language), " ", text), soft_wrap=True)


def about(
    entries: Sequence[LedgerEntry], hospitals: Sequence[str], language: str, cleared: Mapping[int, bool]
) -> str:
    """What a statement is of, as JSON: enough to make it again from the same ledger."""
    last = entries[-1]
    scheme = [entry for entry in entries if entry.kind == "scheme"][-1]
    values = {
        "entry": last.number,
        "seal": last.seal,
        "at": last.at.isoformat(),
        "scheme": scheme.scheme,
        "scheme_sha256": scheme.scheme_sha256,
        "drg": version("drg"),
        "polars": pl.__version__,
        "hospitals": list(hospitals),
        "language": language,
        "cleared": {str(year): is_cleared for year, is_cleared in cleared.items()},
    }
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"
