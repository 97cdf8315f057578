"""A page for the director of a hospital: what another version changes for us, and why. Chinese first.

It holds no script and loads nothing, so that it opens anywhere and prints as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, Comparison
from drg.analysis.comparison.cause_sums import CauseExample
from drg.report.comparison.cause_words import CAUSE_WORDS, cause_label
from drg.report.comparison.side_by_side import Line, brief
from drg.report.comparison.summary_figures import figures, signed
from drg.report.html import END, head, table

_MOST_PLACES: Final = 30
_STYLE: Final = """body { max-width: 72em; padding: 0 1em }
small { color: #5b6b7b; font-weight: normal; margin-left: .4em }
.figures { display: flex; flex-wrap: wrap; gap: .6em }
.figures div { border: 1px solid #dfe4ea; border-radius: 6px; padding: .4em .9em }
.figures b { display: block; font-size: 1.2em }
.pair { break-inside: avoid; table-layout: fixed; width: 100% }
.pair td { overflow-wrap: anywhere; vertical-align: top }
.pair th:first-child { width: 50% }
dt { color: #5b6b7b } dd { margin: 0 0 .3em }
h2 { border-bottom: 2px solid #333; margin-top: 1.6em }
h2, h3 { break-after: avoid }
tr { break-inside: avoid }
@page { margin: 12mm; size: A4 landscape }
@media print { body { font-size: 11px; margin: 0; max-width: none } }
"""


def what_changes_page(comparison: Comparison) -> str:
    """The page: for each version but the base how many cases change, why, for whom, and examples."""
    others = [comparison.sides[at].grouper.tables.manifest for at in range(1, len(comparison.ids))]
    title = f"{'、'.join(manifest.title for manifest in others)} 对我们意味着什么"
    parts = [head(title, style=_STYLE)]
    ids = ", ".join(comparison.others)
    parts.append(f"<p><small>What {escape(ids)} changes for us</small></p>\n")
    for at, version in enumerate(comparison.others, start=1):
        parts += _version(comparison, at, version)
    if comparison.findings:
        parts.append("<h2>数据说明<small>Notes on the data</small></h2>\n<ul>\n")
        parts += (f"<li>{escape(zh)}<small>{escape(en)}</small></li>\n" for zh, en in comparison.findings)
        parts.append("</ul>\n")
    return "".join(parts) + END


def _version(comparison: Comparison, at: int, version: str) -> Iterator[str]:
    base = comparison.sides[0].grouper.tables.manifest
    other = comparison.sides[at].grouper.tables.manifest
    yield _heading(2, f"{base.title} → {other.title}", f"{base.id} → {other.id}")
    starts = f"{other.title} 自 {other.valid_from} 起施行。" if other.valid_from else ""
    ends = f"{base.title} 施行至 {base.valid_to}。" if base.valid_to else ""
    yield (
        f"<p>{escape(ends + starts)}同一批 {comparison.count:,} 例病例分别按两版方案分组，结果如下。"
        f"<small>The same {comparison.count:,} cases, grouped by both versions.</small></p>\n"
    )
    yield '<div class="figures">\n'
    for zh, en, value in figures(comparison, version):
        yield f"<div>{zh}<small>{en}</small><b>{escape(value)}</b></div>\n"
    yield "</div>\n"
    if not comparison.tells_causes(version):
        yield "<p>两版方案使用的编码体系不同，不分析换组原因。"
        yield "<small>The versions read different codes: causes are not told.</small></p>\n"
        return
    yield from _causes(comparison, version)
    for by in (HOSPITAL, DEPARTMENT):
        yield from _places(comparison, version, by)
    yield from _examples(comparison, version)


def _causes(comparison: Comparison, version: str) -> Iterator[str]:
    yield _heading(3, "为什么换组", "Why cases change")
    causes = comparison.causes(version)
    money = comparison.has_money(comparison.ids[0], version)
    names = ["原因 first cause", "含义", "病例数 cases", "占换组病例 share", *_money_names(money)]
    rows = [
        [
            cause_label(row["cause"], row["status"]),
            CAUSE_WORDS[row["cause"]].meaning_zh,
            *_numbers(row, money),
        ]
        for row in causes.to_dicts()
    ]
    sums = causes.select(
        pl.col(name).sum() for name in ("cases", "share", *_money_columns(causes))
    ).to_dicts()[0]
    yield table(names, 2, [*rows, ["合计 all", "", *_numbers(sums, money)]], totals=1)
    yield (
        "<p>每例只计首要原因：把原方案的各类表按固定次序逐一换成新方案的表，"
        "病例离开原病组且不再回到原病组的那一步，就是首要原因。"
        "<small>Each case has one first cause: the first exchange of a table after which it is no longer in"
        " the group of the base, and does not come back.</small></p>\n"
    )


def _places(comparison: Comparison, version: str, by: tuple[str, ...]) -> Iterator[str]:
    places = comparison.places(by)
    if places.height < 2 or (by == DEPARTMENT and not comparison.has_departments):
        return
    money = comparison.has_money(comparison.ids[0], version)
    size = f"surplus_difference_yuan_{version}" if money else f"changed_{version}"
    largest = places.sort(-pl.col(size).abs(), *by).head(_MOST_PLACES)
    # The rows of ``causes`` are in the order of causes: of equal ones the first is named.
    mains = comparison.causes(version, by).sort("cases", descending=True, maintain_order=True)
    main = mains.unique(list(by), keep="first", maintain_order=True).select(
        *by, main=pl.struct("cause", "status"), main_cases="cases"
    )
    rows = largest.join(main, on=list(by), how="left", nulls_equal=True, maintain_order="left")
    zh, en = ("各医院", "Hospitals") if by == HOSPITAL else ("各科室", "Departments")
    if places.height > largest.height:
        zh, en = f"{zh}（变化最大的 {largest.height} 个）", f"{en}: the {largest.height} that change most"
    yield _heading(3, zh, en)
    keys = ["医疗机构 hospital", "科室 department"][: len(by)]
    names = [*keys, "主要原因 main cause", "病例数 cases", "换组 changed", "换组率 share"]
    names += ["结余差（元）surplus"] if money else []
    yield table(names, len(keys) + 1, (_place(row, version, by, money) for row in rows.to_dicts()))


def _place(row: dict[str, Any], version: str, by: Sequence[str], money: bool) -> list[str]:
    changed = row[f"changed_{version}"]
    main = "–" if row["main"] is None or not changed else cause_label(**row["main"])
    share = f"（{row['main_cases']:,}）" if changed else ""
    cells = [*(row[name] or "–" for name in by), f"{main}{share}", f"{row['cases']:,}", f"{changed:,}"]
    cells.append(f"{changed / row['cases']:.1%}")
    return [*cells, signed(row[f"surplus_difference_yuan_{version}"])] if money else cells


def _examples(comparison: Comparison, version: str) -> Iterator[str]:
    found = comparison.examples(version)
    if not found:
        return
    yield _heading(3, "示例病例", "Example cases, the first three of each cause in the order of the file")
    ids = comparison.ids[0], version
    shown = ""
    for example in found:
        if example.cause != shown:
            shown = example.cause
            words = CAUSE_WORDS[shown]
            yield _heading(4, words.zh, words.en)
            yield f"<p>{escape(words.meaning_zh)}。<small>{escape(words.meaning_en)}</small></p>\n"
        yield _example(example, ids)


def _example(example: CauseExample, ids: tuple[str, str]) -> str:
    heads = "".join(f"<th>{escape(id_)}</th>" for id_ in ids)
    case = f"文件第 {example.row:,} 行 row {example.row:,}"
    if example.base is None or example.other is None:
        return f"<p>{case}：字段含无法识别的值，不能说明。<small>A field cannot be read.</small></p>\n"
    d = example.base.discharge
    codes = (("主要诊断", d.principal_diagnosis), ("主要手术操作", d.principal_procedure))
    given = "；".join(f"{zh} {code}" for zh, code in codes if code)
    cells = "".join(
        f"<td>{_list(brief(one, before))}</td>"
        for one, before in ((example.base, None), (example.other, example.before))
    )
    caption = f"<caption>{case}　{escape(given)}</caption>"
    return f'<table class="pair">{caption}\n<tr>{heads}</tr>\n<tr>{cells}</tr>\n</table>\n'


def _list(lines: Iterator[Line]) -> str:
    items = "".join(f"<dt>{escape(about)}</dt><dd>{escape(fact)}</dd>" for about, fact in lines)
    return f"<dl>{items}</dl>"


def _heading(level: int, zh: str, en: str) -> str:
    return f"<h{level}>{escape(zh)}<small>{escape(en)}</small></h{level}>\n"


def _money_columns(causes: pl.DataFrame) -> list[str]:
    wanted = ("weight_difference", "payment_difference_yuan", "surplus_difference_yuan")
    return [name for name in wanted if name in causes.columns]


def _money_names(money: bool) -> list[str]:
    return ["权重差 weight", "支付差（元）payment", "结余差（元）surplus"] if money else []


def _numbers(row: dict[str, Any], money: bool) -> list[str]:
    cells = [f"{row['cases']:,}", f"{row['share'] or 0:.1%}"]
    if money:
        cells.append(f"{row['weight_difference']:+,.4f}")
        cells += [signed(row[name]) for name in ("payment_difference_yuan", "surplus_difference_yuan")]
    return cells
