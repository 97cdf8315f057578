"""What a quality check found, as tables on the console and as the page of all rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.columns import ALL
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.report.console import say
from drg.report.console_table import show
from drg.words import CHINESE, Both, Sentence, column_in, said, told

if TYPE_CHECKING:
    from drg.records.checking import RuleTally
    from drg.records.findings import FirstFindings
    from drg.records.rules import Rule

SEVERITIES_ZH: Final = {ERROR: "错误", WARNING: "警告", NOTICE: "提示"}
STYLES: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}

# Of a value on the screen.
_MOST_CHARACTERS: Final = 24

_PAGE: Final = """# Quality check: all rules

`drg check FILE` and `drg.check(frame)` apply these {count} rules; a rule whose columns the data lacks is
skipped and listed as skipped. An **error** says that the case cannot be grouped or paid as it stands, a
**warning** that something in it is probably wrong. Rules whose source is 分组方案 ask a grouper version
(`--grouper`); `discharge-after-period` needs the end of the period (`--until`). "field practice" is what
reviewers commonly ask for though no regulation says it in these words.

This page is generated: `python docs/generate.py`.

## A finding

Findings of the check and of [reading](layouts.md#what-is-found-in-reading) have one shape, in files (`-o`,
`--findings`, `findings.csv` of `drg run`) and from Python (`drg.check(frame).findings`,
`drg.read(file).findings()`). The console and `--json` show the first of each rule, without values
that [may identify a patient](layouts.md#limits-of-input-files).

| column | 中文 | what it holds |
|---|---|---|
| `file` | 文件 | the file, as it was given; empty of a frame |
| `sheet` | 工作表 | the sheet of a workbook |
| `row` | 行 | the row, as a spreadsheet numbers it: of a text file without titles, the header is row 1 |
| `case_id` | 病案标识 | the case |
| `rule`, `severity` | 规则、级别 | which rule found it, and how grave it is |
| `column` | 列 | the column, as the file calls it: 年龄; of codes in many columns the one that holds the \
code; `iteminfo.amt` if it is in another table of a settlement list, `C06x01C … C06x40C` if many are put \
together; empty if there is none |
| `field` | 标准列 | the [canonical column](columns.md): `age_years` |
| `value` | 值 | what the cell holds, as it stands there; of a count, the number |
| `message`, `message_zh` | 说明 | what is wrong |
| `fix`, `fix_zh` | 处理 | what mends it |

## The rules

| rule | severity | 说明 | meaning | source |
|---|---|---|---|---|
"""


def print_check(
    console: Console, summary: pl.DataFrame, skipped: pl.DataFrame, tally: RuleTally, language: str
) -> None:
    """The outcome of a check: findings by rule, cases by severity, and what could not be checked."""
    of = partial(said, language=language)
    found = summary.filter(pl.col("cases") > 0)
    if found.height:
        message = column_in(language, "message")
        rows = [
            (
                row["rule"],
                severity_in(row["severity"], language),
                row[message],
                first_in(tally.firsts, row["rule"], language),
                f"{row['cases']:,}",
            )
            for row in found.iter_rows(named=True)
        ]
        heads = of("rule,severity,meaning,first,cases").split(",")
        show(console, heads, "wwttn", rows, title=of("Findings"))
    errors, warned, quiet = tally.flagged[ERROR], tally.flagged[WARNING], summary.height - found.height
    say(
        console,
        of(
            "{cases:,} cases; {errors:,} with errors, {warned:,} with warnings."
            " {height} rules applied, {quiet} of them found nothing.",
            cases=tally.cases,
            errors=errors,
            warned=warned,
            height=summary.height,
            quiet=quiet,
        ),
    )
    if skipped.height:
        names = skipped.explode("missing")["missing"].unique(maintain_order=True)
        lacking = ", ".join(
            Both(name, f"{name} {ALL[name].label_zh}" if name in ALL else name).to(language) for name in names
        )
        say(
            console,
            of(
                "{height} rules were skipped, because the data lacks: {lacking}.",
                height=skipped.height,
                lacking=lacking,
            ),
        )


def first_in(firsts: FirstFindings, rule: str, language: str) -> str:
    """The cell of the first finding of a rule; with its file, if there are findings on several."""
    cell = firsts.get(rule)
    if cell is None:
        return ""
    parts = []
    if len({one["file"] for one in firsts}) > 1 and cell["file"]:
        parts.append(Path(cell["file"]).name)
    if len({(one["file"], one["sheet"]) for one in firsts}) > 1 and cell["sheet"]:
        parts.append(cell["sheet"])
    if cell["row"] is not None:
        parts.append(Sentence("row {row}", row=cell["row"]))
    column = cell["column"] or (ALL[cell["field"]].label if cell["field"] in ALL else None)
    if column is not None and cell["value"]:
        parts.append(Sentence("{column}: {value}", column=column, value=_shortened(cell["value"])))
    elif column is not None:
        parts.append(column)
    return Both(", ", "，").to(language).join(told(part, language) for part in parts)


def _shortened(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def severity_in(severity: str, language: str) -> Text:
    """A severity in a language, in its colour."""
    return Text(Both(severity, SEVERITIES_ZH[severity]).to(language), STYLES[severity])


def print_rules(console: Console, rules: Iterable[Rule], language: str) -> None:
    """All rules, with what each says and where it comes from."""
    heads = said("rule,severity,meaning,source", language).split(",")
    rows = [
        (
            rule.id,
            severity_in(rule.severity, language),
            told(rule.message, language),
            rule.source,
        )
        for rule in rules
    ]
    show(console, heads, "wwtt", rows)


def rules_page(rules: Sequence[Rule]) -> str:
    """The reference page of the rules, as Markdown."""
    cells = ((f"`{r.id}`", r.severity, told(r.message, CHINESE), r.message, r.source) for r in rules)
    lines = [f"| {' | '.join(row)} |\n" for row in cells]
    return _PAGE.format(count=len(rules)) + "".join(lines)
