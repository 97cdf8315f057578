"""Costs."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import CLAIM, Rule
from drg.words import Both, Sentence

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
        message=Sentence("total_cost_yuan is zero or below"),
        fix=Sentence("Fill in the cost of the whole stay; leave out stays that were cancelled"),
        source=CLAIM,
    ),
    Rule(
        id="cost-below-5-yuan",
        fields=("total_cost_yuan",),
        when=(_TOTAL > 0) & (_TOTAL < LOWEST_YUAN),
        message=Sentence("total_cost_yuan is below {lowest} yuan", lowest=LOWEST_YUAN),
        fix=Sentence("Check the unit (yuan) and whether the stay really took place"),
    ),
    Rule(
        id="cost-very-high",
        fields=("total_cost_yuan",),
        when=_TOTAL > HIGHEST_YUAN,
        message=Sentence(
            "total_cost_yuan is over {highest} yuan",
            highest=Both(f"{HIGHEST_YUAN:,}", f"{HIGHEST_YUAN // 10_000} 万"),
        ),
        fix=Sentence("Check the unit: yuan, not fen"),
    ),
    Rule(
        id="cost-parts-differ",
        fields=("cost_parts_yuan", "total_cost_yuan"),
        when=(_PARTS - _TOTAL).abs() > _HALF_A_FEN,
        message=Sentence("the parts of the cost do not add up to total_cost_yuan"),
        fix=Sentence("Check whether a part is missing or counts twice"),
        source=CLAIM,
    ),
    Rule(
        id="cost-parts-negative",
        fields=("cost_parts_yuan",),
        when=_PARTS < 0,
        message=Sentence("the sum of the parts of the cost is negative"),
        fix=Sentence("Check refunds that were booked without the charge"),
        source=CLAIM,
    ),
)
