"""The first thing on the page: for each version what changes, by how much money, and for which hospitals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import urlencode

from drg.analysis.comparison import Comparison, at_a_glance
from drg.words import Both


def glance(comparison: Comparison) -> Iterator[str]:
    """For the page: the figures of each version, each with a link to what is behind it."""
    for at, (pair, figures) in enumerate(_pairs(comparison), start=1):
        yield f'<h3><a href="#pair{at}">{escape(pair)}</a></h3>\n<div class="glance">\n'
        for zh, en, value, address in figures:
            said = f'<a href="{escape(address)}">{escape(value)}</a>'
            yield f"<div>{zh}<small>{en}</small><b>{said}</b></div>\n"
        yield "</div>\n"


def lines(comparison: Comparison, language: str) -> Iterator[str]:
    """For the console: a line for each version, and one for each of its figures."""
    for pair, figures in _pairs(comparison):
        yield pair
        yield from (f"  {Both(en, zh).to(language)}: {value}" for zh, en, value, _ in figures)


def figures(comparison: Comparison, version: str) -> Iterator[tuple[str, str, str]]:
    """The figures of one version: what each is in Chinese and English, and its value."""
    at = comparison.ids.index(version)
    row = at_a_glance(comparison).row(at - 1, named=True)
    yield from (figure[:3] for figure in _figures(row, at))


def _pairs(comparison: Comparison) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    for at, row in enumerate(at_a_glance(comparison).to_dicts(), start=1):
        yield f"{comparison.ids[0]} → {row['version']}", list(_figures(row, at))


def link(what: str, **asked: object) -> str:
    """Where the page shows the cases or drivers of something."""
    known = {name: value for name, value in asked.items() if value is not None}
    return f"#{what}?{urlencode(known)}"


def _figures(row: dict[str, Any], at: int) -> Iterator[tuple[str, str, str, str]]:
    cases, changed = row["cases"], row["changed"]
    share = f" ({changed / cases:.1%})" if cases else ""
    yield "换组病例", "cases that change", f"{changed:,}{share}", f"#table-flows{at}"
    yield "不再入组", "no longer grouped", f"{row['lost']:,}", "#lost"
    yield "新入组", "newly grouped", f"{row['gained']:,}", "#lost"
    if row["payment_difference_yuan"] is None:
        return
    difference, before = row["payment_difference_yuan"], row["payment_base_yuan"]
    relative = f" ({difference / before:+z.2%})" if before else ""
    yield (
        "支付合计差（元）",
        "payment, yuan",
        f"{signed(difference)}{relative}",
        f"#table-drivers{at}",
    )
    if row["hospitals"] < 2:
        return
    moved = f"{row['hospitals_gain']:,} / {row['hospitals_lose']:,}"
    yield "结余增加 / 减少的医院", "hospitals that gain / lose", moved, f"#table-hospitals{at}"
    for name, zh, en in (
        ("most_gained", "结余增加最多", "gains most"),
        ("most_lost", "结余减少最多", "loses most"),
    ):
        if row[f"{name}_yuan"] is not None:
            hospital = row[f"{name}_hospital"]
            value = f"{hospital or '–'}: {signed(row[f'{name}_yuan'])}"
            yield zh, en, value, link("drivers", at=at, hospital=hospital)


def signed(amount: Decimal) -> str:
    """An amount with its sign."""
    return f"{amount:+,.2f}" if amount else "0.00"
