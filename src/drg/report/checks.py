"""What a quality check found, as tables on the console and as the page of all rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.records.checking import RuleTally
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.records.rules import Rule

SEVERITIES_ZH: Final = {ERROR: "错误", WARNING: "警告", NOTICE: "提示"}
LANGUAGES: Final = ("zh", "en")
_STYLES: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}

_PAGE: Final = """# Quality check: all rules

`drg check FILE` and `drg.check(frame)` apply these {count} rules; a rule whose columns the data lacks is
skipped and listed as skipped. An **error** says that the case cannot be grouped or paid as it stands, a
**warning** that something in it is probably wrong. Rules whose source is 分组方案 ask a grouper version
(`--grouper`); `discharge-after-period` needs the end of the period (`--until`). "field practice" is what
reviewers commonly ask for though no regulation says it in these words.

This page is generated: `python docs/generate.py`.

| rule | severity | 说明 | meaning | source |
|---|---|---|---|---|
"""


def print_check(
    console: Console,
    summary: pl.DataFrame,
    skipped: pl.DataFrame,
    tally: RuleTally,
    *,
    languages: Sequence[str] = LANGUAGES,
) -> None:
    """The outcome of a check: findings by rule, cases by severity, and what could not be checked."""
    found = summary.filter(pl.col("cases") > 0)
    if found.height:
        columns = [name for name, code in (("说明", "zh"), ("meaning", "en")) if code in languages]
        table = Table("rule", "severity", *columns, "cases", title="Findings", title_justify="left")
        table.columns[-1].justify = "right"
        for row in found.iter_rows(named=True):
            texts = {"zh": row["message_zh"], "en": row["message"]}
            table.add_row(
                row["rule"],
                f"[{_STYLES[row['severity']]}]{row['severity']} {SEVERITIES_ZH[row['severity']]}[/]",
                *(escape(texts[code]) for code in LANGUAGES if code in languages),
                f"{row['cases']:,}",
            )
        console.print(table)
    console.print(
        f"{tally.cases:,} cases; {tally.flagged[ERROR]:,} with errors,"
        f" {tally.flagged[WARNING]:,} with warnings."
        f" {summary.height} rules applied, {summary.height - found.height} of them found nothing."
    )
    if skipped.height:
        lacking = skipped.explode("missing")["missing"].unique(maintain_order=True)
        console.print(f"{skipped.height} rules were skipped, because the data lacks: {', '.join(lacking)}.")


def print_rules(console: Console, rules: Iterable[Rule], *, languages: Sequence[str] = LANGUAGES) -> None:
    """All rules, with what each says and where it comes from."""
    columns = [name for name, code in (("说明", "zh"), ("meaning", "en")) if code in languages]
    table = Table("rule", "severity", *columns, "source")
    for rule in rules:
        texts = {"zh": rule.message_zh, "en": rule.message}
        table.add_row(
            rule.id,
            rule.severity,
            *(escape(texts[code]) for code in LANGUAGES if code in languages),
            escape(rule.source),
        )
    console.print(table)


def rules_page(rules: Sequence[Rule]) -> str:
    """The reference page of the rules, as Markdown."""
    lines = [
        f"| `{rule.id}` | {rule.severity} | {rule.message_zh} | {rule.message} | {rule.source} |\n"
        for rule in rules
    ]
    return _PAGE.format(count=len(rules)) + "".join(lines)
