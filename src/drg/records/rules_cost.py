"""Costs."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import CLAIM, Rule

LOWEST_YUAN: Final = 5
HIGHEST_YUAN: Final = 3_000_000

_TOTAL = pl.col("total_cost_yuan")
_PARTS = pl.col("cost_parts_yuan")
# Amounts are whole fen, so they differ by a fen or are equal.
_HALF_A_FEN = 0.005

RULES: Final = (
    Rule(
        id="cost-not-positive",
        severity=ERROR,
        fields=("total_cost_yuan",),
        when=_TOTAL <= 0,
        message="total_cost_yuan is zero or below",
        message_zh="住院总费用为零或负数",
        fix="Fill in the cost of the whole stay; leave out stays that were cancelled",
        fix_zh="请填写本次住院总费用；已作废的住院请剔除",
        source=CLAIM,
    ),
    Rule(
        id="cost-below-5-yuan",
        fields=("total_cost_yuan",),
        when=(_TOTAL > 0) & (_TOTAL < LOWEST_YUAN),
        message=f"total_cost_yuan is below {LOWEST_YUAN} yuan",
        message_zh=f"住院总费用低于 {LOWEST_YUAN} 元",
        fix="Check the unit (yuan) and whether the stay really took place",
        fix_zh="请核对费用单位（元），以及是否为无效住院",
    ),
    Rule(
        id="cost-very-high",
        fields=("total_cost_yuan",),
        when=_TOTAL > HIGHEST_YUAN,
        message=f"total_cost_yuan is over {HIGHEST_YUAN:,} yuan",
        message_zh=f"住院总费用超过 {HIGHEST_YUAN // 10_000} 万元",
        fix="Check the unit: yuan, not fen",
        fix_zh="请核对费用单位（应为元，而非分）",
    ),
    Rule(
        id="cost-parts-differ",
        fields=("cost_parts_yuan", "total_cost_yuan"),
        when=(_PARTS - _TOTAL).abs() > _HALF_A_FEN,
        message="the parts of the cost do not add up to total_cost_yuan",
        message_zh="费用分项合计与住院总费用不一致",
        fix="Check whether a part is missing or counts twice",
        fix_zh="请核对是否有费用项目遗漏或重复计算",
        source=CLAIM,
    ),
    Rule(
        id="cost-parts-negative",
        fields=("cost_parts_yuan",),
        when=_PARTS < 0,
        message="the sum of the parts of the cost is negative",
        message_zh="费用分项合计为负数",
        fix="Check refunds that were booked without the charge",
        fix_zh="请核对是否有退费未冲抵原收费",
        source=CLAIM,
    ),
)
