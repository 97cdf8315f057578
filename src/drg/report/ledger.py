"""What a ledger says on the console, and of what a statement of it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from typing import Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.ledger.additions import Added
from drg.ledger.entry import KINDS_ZH, Entry
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.report.checks import SEVERITIES_ZH

_MOST_NAMED: Final = 10
_STYLES: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}


def print_added(console: Console, added: Added) -> None:
    """What came in, and what it took the place of."""
    entry = added.entry
    console.print(f"Entry {entry.number} 第 {entry.number} 号记录: {_what(entry)}", highlight=False)
    if added.months is not None:
        changed = added.months.filter(pl.col("replaces").is_not_null())
        if not changed.is_empty():
            table = Table(
                "hospital 医疗机构",
                "month 月份",
                "in place of entry 替代记录",
                "cases before 原病例数",
                "cases now 现病例数",
                title="Corrected 更正",
                title_justify="left",
            )
            for column in table.columns[2:]:
                column.justify = "right"
            for row in changed.head(_MOST_NAMED).iter_rows(named=True):
                numbers = (f"{row['cases_before']:,}", f"{row['cases']:,}")
                table.add_row(escape(row["hospital_id"]), row["month"], str(row["replaces"]), *numbers)
            console.print(table)
            if changed.height > _MOST_NAMED:
                console.print(f"… and {changed.height - _MOST_NAMED:,} more 另有更多")
    for finding in added.findings[:_MOST_NAMED]:
        where = f"row {finding.row} 第 {finding.row} 行: " if finding.row else ""
        told = f"{where}{finding.message}. {finding.fix}."
        _print_finding(console, finding.severity, told, f"{finding.message_zh}。{finding.fix_zh}。")
    if len(added.findings) > _MOST_NAMED:
        console.print(f"… and {len(added.findings) - _MOST_NAMED:,} more findings 另有更多")


def _what(entry: Entry) -> str:
    kind = f"{entry.kind} {KINDS_ZH[entry.kind]}"
    if entry.kind == "scheme":
        return f"{kind} {entry.scheme}, {entry.rows:,} weights 权重"
    if entry.kind != "cases":
        return f"{kind}, {entry.rows:,} rows 行"
    return f"{kind}, {entry.rows:,} cases 例, {entry.hospitals:,} hospitals 家医疗机构, {_span(entry)}"


def _span(entry: Entry) -> str:
    if entry.first_month is None:
        return "–"
    same = entry.first_month == entry.last_month
    return entry.first_month if same else f"{entry.first_month} … {entry.last_month}"


def print_status(console: Console, entries: Sequence[Entry], months: pl.DataFrame) -> None:
    """Which months are in, what was corrected, what is missing; the entries.

    Args:
        console: where to.
        entries: in order.
        months: what holds, as ``Ledger.months`` gives it.
    """
    held = months.filter(pl.col("cases") > 0)
    table = Table(
        "month 月份",
        "hospitals 医疗机构",
        "cases 病例数",
        "payment 支付合计",
        "entries 记录",
        title="Months 各月",
        title_justify="left",
    )
    for column in table.columns[1:4]:
        column.justify = "right"
    by_month = held.group_by("month").agg(
        pl.len().alias("hospitals"), pl.col("cases", "payment_yuan").sum(), pl.col("entry").unique().sort()
    )
    for row in by_month.sort("month").iter_rows(named=True):
        numbers = " ".join(map(str, row["entry"]))
        amounts = (f"{row['hospitals']:,}", f"{row['cases']:,}", f"{row['payment_yuan']:,.2f}")
        table.add_row(row["month"], *amounts, numbers)
    table.add_section()
    total = (f"{held['hospital_id'].n_unique():,}", f"{int(held['cases'].sum()):,}")
    table.add_row("all 合计", *total, f"{Decimal(held['payment_yuan'].sum()):,.2f}", "")
    console.print(table)
    _print_gaps(console, held)
    listed = Table(
        "no. 号", "what 内容", "months 月份", "rows 行数", "in place of 替代", "at 时间", "by 经办",
        "note 备注", title="Entries 记录", title_justify="left",
    )  # fmt: skip
    listed.columns[3].justify = "right"
    for entry in entries:
        replaced = " ".join(map(str, entry.replaces))
        if entry.replaced_pairs:
            replaced += f" ({entry.replaced_pairs:,} hospital months 机构月)"
        listed.add_row(
            str(entry.number),
            f"{entry.kind} {KINDS_ZH[entry.kind]}",
            _span(entry),
            f"{entry.rows:,}",
            replaced or "–",
            entry.at.isoformat(sep=" "),
            escape(entry.by or "–"),
            escape(entry.note or "–"),
        )
    console.print(listed)
    if entries:
        last = entries[-1]
        console.print(f"Scheme 支付方案: {last.scheme}. Seal of entry {last.number} 封签: {last.seal}")


def _print_gaps(console: Console, held: pl.DataFrame) -> None:
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
        console.print(
            f"Missing 缺少: {escape(hospital)} {', '.join(missing)}", style="yellow", highlight=False
        )
    if len(gaps) > _MOST_NAMED:
        console.print(f"… and {len(gaps) - _MOST_NAMED:,} more hospitals with gaps 另有更多", style="yellow")


def _all_months(months: Sequence[str]) -> list[str]:
    """Every month from the first to the last."""
    if not months:
        return []
    first, last = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (min(months), max(months)))
    return [f"{place // 12}-{place % 12 + 1:02}" for place in range(first, last + 1)]


def print_each(console: Console, findings: pl.DataFrame) -> None:
    """Findings one by one, each with what mends it."""
    for row in findings.iter_rows(named=True):
        told = f"{row['rule']}: {row['message']}. {row['fix']}."
        _print_finding(console, row["severity"], told, f"{row['message_zh']}。{row['fix_zh']}。")


def _print_finding(console: Console, severity: str, text: str, text_zh: str) -> None:
    for line in (f"{severity} {SEVERITIES_ZH[severity]} {text}", f"    {text_zh}"):
        console.print(escape(line), style=_STYLES[severity], highlight=False, soft_wrap=True)


def about(
    entries: Sequence[Entry], hospitals: Sequence[str], language: str, cleared: Mapping[int, bool]
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
