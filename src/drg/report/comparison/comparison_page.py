"""The page of a comparison: one HTML file that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Final

import polars as pl

from drg.analysis.comparison import HOSPITAL, Comparison
from drg.report.comparison import charts
from drg.report.comparison.migration import migration
from drg.report.comparison.page_data import page_data
from drg.report.comparison.page_layout import Table
from drg.report.comparison.page_tables import tables
from drg.report.comparison.summary_figures import glance, link

_BARS: Final = 12
_LONGEST: Final = 26
_NO_CHARTS: Final = (
    "未安装 matplotlib，本页没有图。安装后重新比较即可：pip install matplotlib",
    "There are no charts, for matplotlib is not installed: pip install matplotlib, then compare again",
)


def comparison_page(comparison: Comparison) -> str:
    """The page. Its tables and lists are bounded; what it leaves out is in the workbook and the cases."""
    shown = list(tables(comparison))
    parts = files("drg.report.comparison")
    data = json.dumps(
        page_data(comparison, shown), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    title = " → ".join(comparison.ids)
    return "".join(
        [
            '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            # Nothing may be fetched, whatever a file holds.
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
            " style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n",
            '<link rel="icon" href="data:,">\n',
            f"<title>分组方案比较 {escape(title)}</title>\n",
            f"<style>\n{(parts / 'page.css').read_text(encoding='utf-8')}</style>\n</head>\n<body>\n",
            *_head(comparison),
            *_body(comparison, shown),
            '<dialog id="cases"></dialog>\n',
            "<noscript><p>表格需要 JavaScript。The tables need JavaScript.</p></noscript>\n",
            # Within a script only this sign could end it.
            f'<script type="application/json" id="data">{data.replace("<", chr(92) + "u003c")}</script>\n',
            f"<script>\n{(parts / 'page.js').read_text(encoding='utf-8')}</script>\n</body>\n</html>\n",
        ]
    )


def _head(comparison: Comparison) -> Iterator[str]:
    yield f"<h1>分组方案比较<small>Grouper versions compared · {comparison.count:,} 例 cases</small></h1>\n"
    for at, side in enumerate(comparison.sides):
        role = "基准 base" if at == 0 else "对比 other"
        scheme = f" · 支付方案 scheme {escape(side.pricer.id)}" if side.pricer else ""
        title = escape(side.grouper.tables.manifest.title)
        yield f'<p><b>{escape(side.id)}</b> {title} <span class="soft">{role}{scheme}</span></p>\n'
    if comparison.count:
        yield '<section id="glance">\n'
        yield from glance(comparison)
        yield "</section>\n"
    if comparison.findings:
        lines = (f"<li>{escape(zh)}<small>{escape(en)}</small></li>" for zh, en in comparison.findings)
        yield f'<ul class="findings">\n{"".join(lines)}\n</ul>\n'
    links = [("overview", "总览 overview"), ("lost", "入组变化 grouped or not")]
    links += [(f"pair{at}", f"{comparison.ids[0]} → {id_}") for at, id_ in _others(comparison)]
    links += [("groups", "各方案病组 groups")]
    yield "<nav>" + "".join(f'<a href="#{at}">{escape(text)}</a>' for at, text in links) + "</nav>\n"
    if comparison.places(HOSPITAL).height > 1:
        yield (
            '<p id="own"><label>只看一家医院 one hospital only: <input type="search" list="hospitals"'
            ' placeholder="医疗机构代码 hospital_id"></label><datalist id="hospitals"></datalist>'
            ' <span class="soft"></span></p>\n'
        )
    yield (
        '<p class="soft">点击数字可查看病例；点击表头排序。金额单位：元。'
        " Click a number for its cases, a heading to sort. Amounts are in yuan.</p>\n"
    )


def _body(comparison: Comparison, shown: list[Table]) -> Iterator[str]:
    by_id = {table.id: table for table in shown}

    def put(*ids: str) -> Iterator[str]:
        for id_ in ids:
            if id_ in by_id:
                table = by_id[id_]
                if id_ != "overview":
                    yield f"<h3>{escape(table.zh)}<small>{escape(table.en)}</small></h3>\n"
                yield f'<div id="table-{id_}"></div>\n'

    yield '<h2 id="overview">总览<small>Overview</small></h2>\n'
    yield from put("overview", "budget", "scenario")
    drawn = charts.can_be_drawn()
    if not drawn:
        yield f"<p>{_NO_CHARTS[0]}<small>{_NO_CHARTS[1]}</small></p>\n"
    elif comparison.count:
        yield _figure(
            "一致率", "Agreement with the base, of cases with a code in either", _agreement(comparison)
        )
    yield from put("agreement", "quality", "variance")
    yield '<h2 id="lost">入组变化<small>Grouped or not</small></h2>\n'
    yield from put("lost", "reasons")
    for at, version in _others(comparison):
        ids = f"{escape(comparison.ids[0])} → {escape(version)}"
        yield f'<h2 id="pair{at}">{ids}<small>基准与对比 base and other</small></h2>\n'
        if drawn:
            yield f'<div class="charts">\n{"".join(_charts(comparison, at))}</div>\n'
            yield from migration(comparison, at)
        yield from put(
            *(f"{name}{at}" for name in ("causes", "drivers", "flows", "stayed", "hospitals", "departments")),
            *(f"{name}{at}" for name in ("causesofhospitals", "causesofdepartments")),
        )
    yield '<h2 id="groups">各方案病组<small>Groups of each version</small></h2>\n'
    yield from put(*(f"groups{at}" for at in range(len(comparison.ids))))


def _others(comparison: Comparison) -> list[tuple[int, str]]:
    return list(enumerate(comparison.ids))[1:]


def _figure(zh: str, en: str, svg: str) -> str:
    caption = f"<figcaption>{escape(zh)}<small>{escape(en)}</small></figcaption>"
    return f"<figure>{caption}{svg}</figure>\n"


def _agreement(comparison: Comparison) -> str:
    rows = [
        (version, comparison.agreement.filter(pl.col("version") == version)["agreement"].to_list())
        for version in comparison.others
    ]
    return charts.shares(rows, ("MDC", "ADRG", "DRG"))


def _charts(comparison: Comparison, at: int) -> Iterator[str]:
    version = comparison.ids[at]
    money = comparison.has_money(comparison.ids[0], version)
    if comparison.drivers(version).height:
        titles = ("结余差的主要来源", "Main drivers of the difference in surplus")
        if not money:
            titles = ("主要流向", "Largest changes of group")
        yield _figure(*titles, _drivers(comparison, at, money=money))
    places = comparison.places(HOSPITAL)
    if places.height > 1:
        titles = (
            ("各医院结余差", "Difference in surplus by hospital")
            if money
            else ("各医院换组率", "Share of cases that change group")
        )
        if places.height > 2 * _BARS:
            titles = (f"{titles[0]}（首尾各 {_BARS} 家）", f"{titles[1]}: the {_BARS} first and last")
        yield _figure(*titles, _hospitals(comparison, at, places, money=money))
        cmi = (f"cmi_{comparison.ids[0]}", f"cmi_{version}")
        if money:
            points = [
                (row[cmi[0]], row[cmi[1]], link("drivers", at=at, hospital=row["hospital_id"]))
                for row in places.filter(
                    pl.col(cmi[0]).is_not_null() & pl.col(cmi[1]).is_not_null()
                ).to_dicts()
            ]
            svg = charts.scatter(points, f"CMI {comparison.ids[0]}", f"CMI {version}")
            yield _figure("各医院 CMI", "CMI by hospital under both versions", svg)


def _drivers(comparison: Comparison, at: int, *, money: bool) -> str:
    rows = comparison.drivers(comparison.ids[at]).to_dicts()
    size = "surplus_difference_yuan" if money else "cases"
    bars = [
        charts.Bar(
            f"{row['base']} → {row['other']}" if row["rank"] else f"其余 {row['flows']:,} 个流向",
            float(row[size]),
            link("cases", at=at, base=row["base"], other=row["other"]) if row["rank"] else "",
        )
        for row in rows
        if row["rank"] or money
    ]
    unit, divide = _unit(bars) if money else ("病例数 cases", 1.0)
    return charts.differences(_scaled(bars, divide), unit, _written(divide), gains=money)


def _hospitals(comparison: Comparison, at: int, places: pl.DataFrame, *, money: bool) -> str:
    """The hospitals that gain most and those that lose most; all of them if they are few."""
    version = comparison.ids[at]
    value = (
        pl.col(f"surplus_difference_yuan_{version}")
        if money
        else pl.col(f"changed_{version}") / pl.col("cases") * 100
    )
    found = places.select("hospital_id", value=value.cast(pl.Float64)).sort(-pl.col("value"), "hospital_id")
    if found.height > 2 * _BARS:
        found = pl.concat([found.head(_BARS), found.tail(_BARS)])
    bars = [
        charts.Bar(_short(hospital), amount, link("drivers", at=at, hospital=hospital))
        for hospital, amount in found.rows()
    ]
    unit, divide = _unit(bars) if money else ("换组率 % of cases", 1.0)
    form = _written(divide) if money else (lambda share: f"{share:.1f}")
    return charts.differences(_scaled(bars, divide), unit, form, gains=money)


def _unit(bars: list[charts.Bar]) -> tuple[str, float]:
    """Yuan, or ten thousands of them."""
    if max((abs(bar.value) for bar in bars), default=0) >= 1e5:
        return "万元 10,000 yuan", 1e4
    return "元 yuan", 1.0


def _scaled(bars: list[charts.Bar], divide: float) -> list[charts.Bar]:
    return [bar._replace(value=bar.value / divide) for bar in bars]


def _written(divide: float) -> charts.Form:
    return (lambda value: f"{value:,.1f}") if divide > 1 else (lambda value: f"{value:,.0f}")


def _short(text: str | None) -> str:
    shown = " ".join((text or "–").split())
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
