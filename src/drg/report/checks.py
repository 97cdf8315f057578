"""What a quality check found, as tables on the console and as the page of all rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.columns import ALL
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.report.console import say
from drg.report.console_table import show
from drg.report.language import either

if TYPE_CHECKING:
    from drg.records.checking import RuleTally
    from drg.records.rules import Rule

SEVERITIES_ZH: Final = {ERROR: "错误", WARNING: "警告", NOTICE: "提示"}
STYLES: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}

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
    console: Console, summary: pl.DataFrame, skipped: pl.DataFrame, tally: RuleTally, language: str
) -> None:
    """The outcome of a check: findings by rule, cases by severity, and what could not be checked."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    found = summary.filter(pl.col("cases") > 0)
    if found.height:
        message = of("message_zh", "message")
        rows = [
            (row["rule"], severity_in(row["severity"], language), row[message], f"{row['cases']:,}")
            for row in found.iter_rows(named=True)
        ]
        heads = of("规则,级别,说明,病例数", "rule,severity,meaning,cases").split(",")
        show(console, heads, "wwtn", rows, title=of("检查结果", "Findings"))
    errors, warned, quiet = tally.flagged[ERROR], tally.flagged[WARNING], summary.height - found.height
    say(
        console,
        of(
            f"{tally.cases:,} 个病例；有错误的 {errors:,} 个，有警告的 {warned:,} 个。"
            f"应用规则 {summary.height} 条，其中 {quiet} 条未发现问题。",
            f"{tally.cases:,} cases; {errors:,} with errors, {warned:,} with warnings."
            f" {summary.height} rules applied, {quiet} of them found nothing.",
        ),
    )
    if skipped.height:
        names = skipped.explode("missing")["missing"].unique(maintain_order=True)
        lacking = ", ".join(
            of(f"{name} {ALL[name].label_zh}" if name in ALL else name, name) for name in names
        )
        say(
            console,
            of(
                f"{skipped.height} 条规则未应用，因为数据缺少：{lacking}。",
                f"{skipped.height} rules were skipped, because the data lacks: {lacking}.",
            ),
        )


def severity_in(severity: str, language: str) -> Text:
    """A severity in a language, in its colour."""
    return Text(either(language, SEVERITIES_ZH[severity], severity), STYLES[severity])


def print_rules(console: Console, rules: Iterable[Rule], language: str) -> None:
    """All rules, with what each says and where it comes from."""
    heads = either(language, "规则,级别,说明,来源", "rule,severity,meaning,source").split(",")
    rows = [
        (
            rule.id,
            severity_in(rule.severity, language),
            either(language, rule.message_zh, rule.message),
            rule.source,
        )
        for rule in rules
    ]
    show(console, heads, "wwtt", rows)


def rules_page(rules: Sequence[Rule]) -> str:
    """The reference page of the rules, as Markdown."""
    lines = [
        f"| `{rule.id}` | {rule.severity} | {rule.message_zh} | {rule.message} | {rule.source} |\n"
        for rule in rules
    ]
    return _PAGE.format(count=len(rules)) + "".join(lines)
