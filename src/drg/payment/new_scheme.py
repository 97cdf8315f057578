"""A first scheme from what a hospital has at hand: a rate and a list of weights."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Final

import tomli_w

from drg.payment.scheme_library import SCHEME_FILE
from drg.payment.weight_list import WeightRow, read_weight_list, version_of
from drg.payment.weights import WEIGHTS_FILE

_HEAD: Final = """\
# 由费率和权重表生成的支付方案：每个病例按“权重 × 费率”计价，没有其他规则。
# 高低倍率、系数、床日、结算等规则，请按 payment_schemes/template 的写法补充，再用 drg schemes check 检查。
# Made from a rate and a list of weights: a case is paid weight × rate, and there is no other rule. Add high
# and low cost, coefficients, bed-days, settlement and so on as payment_schemes/template writes them, then
# check it: drg schemes check DIRECTORY

"""
_NOT_SAID: Final = "没有给出规则，暂不计价 / no rule was given: held"


def scheme_of(
    weights: Path,
    rate_yuan: Decimal,
    scheme_id: str,
    *,
    grouper: str | None = None,
    title: str | None = None,
    region: str | None = None,
    source: str | None = None,
) -> dict[str, str]:
    """The files of a scheme by name: ``scheme.toml`` and ``weights.csv``.

    Args:
        weights: the list of weights; see ``weight_list.read_weight_list``.
        rate_yuan: what a unit of weight is paid.
        scheme_id: of the scheme.
        grouper: the version of the groups; found by their codes if not given.
        title: for people.
        region: for people.
        source: who published weights and rate; the name of the list if not given.

    Raises:
        InputError: the list cannot be used, or its version cannot be told.
    """
    rows = read_weight_list(weights)
    said = source or weights.name
    held = {"pays": "not_known", "source": _NOT_SAID}
    entries = {
        "id": scheme_id,
        "title": title or scheme_id,
        "region": region or "–",
        "grouper": grouper or version_of(rows, weights),
        "status": "transcribed",
        "source": said,
        "method": {"kind": "rate", "source": said},
        "rates": [{"value_yuan": rate_yuan, "source": said}],
        **{name: dict(held) for name in ("ungrouped", "ambiguous", "unweighted")},
    }
    return {SCHEME_FILE: _HEAD + tomli_w.dumps(entries), WEIGHTS_FILE: _table(rows)}


def _table(rows: list[WeightRow]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("drg", "relative_weight", "level", "name"))
    writer.writerows((row.drg, f"{row.relative_weight:f}", row.level or "", row.name) for row in rows)
    return text.getvalue()
