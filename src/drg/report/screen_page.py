"""The page of a screening: one file that opens without a network, Chinese first. It holds no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from drg.analysis.screening import Screening
from drg.report.html import END, head, table, warning
from drg.report.screen import LABELS_ZH, NOTHING, p_value

_MOST: Final = 200
_STYLE: Final = """body { max-width: 76em; padding: 0 1em }
small { color: #5b6b7b; font-weight: normal; margin-left: .4em }
h2 { border-bottom: 2px solid #333; break-after: avoid; margin-top: 1.6em }
table { font-size: 13px }
td.n { white-space: nowrap }
tr { break-inside: avoid }
@page { margin: 12mm; size: A4 landscape }
@media print { body { font-size: 11px; margin: 0; max-width: none } table { font-size: 10px } }
"""
_RULES: Final = (
    "title_zh",
    "question_zh",
    "money_zh",
    "judged",
    "not_judged",
    "findings",
    "cases",
    "money_yuan",
)
_HOSPITALS: Final = (
    *("hospital_id", "significant_rules", "rank", "cases", "least_p_adjusted", "findings", "cases_found"),
    "money_yuan",
)
_FINDINGS: Final = (
    *("rule", "hospital_id", "subject", "finding", "cases", "observed", "expected", "ratio", "p_adjusted"),
    "money_yuan",
)


def screen_page(found: Screening) -> bytes:
    """The page. Its list of findings is bounded; what it leaves out is said, and in the workbook."""
    parts = [head("医保基金监管筛查", style=_STYLE), "<p><small>Screening of cases</small></p>\n"]
    parts.append(warning("筛查结果是需要核实的问题，不是违规结论。Findings are questions, not proof."))
    parts += [warning(f"{row['message_zh']}。{row['message']}.") for row in found.notes.iter_rows(named=True)]
    parts += _parts(found)
    return ("".join(parts) + END).encode()


def _parts(found: Screening) -> Iterator[str]:
    yield _heading("规则", "Rules")
    on = found.rules.filter("on")
    yield _table(on, _RULES, texts=3)
    lacking = on.filter(pl.col("missing").list.len() > 0)
    if lacking.height:
        yield "<ul>\n"
        for row in lacking.iter_rows(named=True):
            names = "、".join(row["missing"])
            yield f"<li>{escape(row['title_zh'])}：数据缺少 {escape(names)}，未判断</li>\n"
        yield "</ul>\n"
    yield _heading("医疗机构排序", "Hospitals, those that stand out first")
    titles = dict(found.rules.select("rule", "title_zh").iter_rows())
    named = (
        pl.col("significant_rules").str.split(", ").list.eval(pl.element().replace(titles)).list.join("；")
    )
    yield _table(found.hospitals.head(_MOST).with_columns(named), _HOSPITALS, texts=2)
    yield _heading("主要发现", "Findings with most money at stake")
    first = found.findings.sort("money_yuan", "finding", descending=[True, False], nulls_last=True).head(
        _MOST
    )
    yield _table(first.with_columns(pl.col("rule").replace(titles)), _FINDINGS, texts=3)
    yield f"<p>{first.height:,} / {found.findings.height:,}</p>\n"


def _heading(zh: str, en: str) -> str:
    return f"<h2>{escape(zh)}<small>{escape(en)}</small></h2>\n"


def _table(frame: pl.DataFrame, columns: Sequence[str], *, texts: int) -> str:
    heads = [LABELS_ZH[name] for name in columns]
    rows = ([_cell(name, row[name]) for name in columns] for row in frame.iter_rows(named=True))
    return table(heads, texts, rows)


def _cell(name: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return p_value(value) if name.endswith("p_adjusted") else f"{value:,.2f}"
    return f"{value:,}"
