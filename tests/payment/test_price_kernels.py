"""The pricing kernel as it stands and compiled."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drg.payment import price_kernels as kernels
from drg.payment.formulas import HIGHEST_COST_FEN, LARGEST_AMOUNT, LARGEST_TERM
from tests.kernels import same_both_ways

ROWS = st.integers(0, 3)
AMOUNTS = st.one_of(
    st.sampled_from([-2, -1, 0, 1, HIGHEST_COST_FEN, HIGHEST_COST_FEN + 1, 2**62]),
    st.integers(0, HIGHEST_COST_FEN),
)


@st.composite
def lines(draw: st.DrawFn) -> list[int]:
    d = draw(st.integers(1, LARGEST_TERM))
    p = draw(st.integers(0, min(LARGEST_TERM, d * (LARGEST_AMOUNT // 2 // HIGHEST_COST_FEN))))
    whole = draw(st.integers(-LARGEST_AMOUNT // 2, LARGEST_AMOUNT // 2))
    return [p, d, whole, draw(st.integers(1, d))]


@st.composite
def combinations(draw: st.DrawFn) -> list[int]:
    return [
        draw(st.sampled_from([kernels.PRICED, kernels.PRICED, kernels.NO_WEIGHT, kernels.NO_PRICE])),
        *(draw(AMOUNTS) for _ in range(kernels.LINE_HIGH - 1)),
        *(number for _ in range(3) for number in draw(lines())),
        # For as many rules for stays outside as there can be.
        *(draw(st.sampled_from([kernels.HELD, kernels.ELSEWHERE, 0, 0, 4321])) for _ in range(3)),
    ]


SHARES = st.integers(0, kernels.SHARE_UNITS)


@st.composite
def outside_rules(draw: st.DrawFn) -> list[int]:
    days = st.integers(-1, 3)
    pays = st.sampled_from(
        [
            *(kernels.BY_ITEM, kernels.NOTHING, kernels.PER_DAY, kernels.PER_CASE, kernels.NOT_KNOWN),
            *(kernels.SHARE_OF_STANDARD, kernels.SHARE),
        ]
    )
    class_ = st.sampled_from([kernels.SHORT, kernels.LONG, kernels.BED_DAY, kernels.UNSTABLE])
    conditions = [draw(class_), draw(days), draw(days), draw(st.integers(-1, 1))]
    return [*conditions, draw(pays), draw(SHARES), *draw(lines())]


CASES = st.tuples(
    ROWS, st.integers(0, 3), AMOUNTS, st.integers(-1, 4), st.integers(-1, 1),
    st.one_of(st.just(-1), AMOUNTS), st.one_of(st.just(0), AMOUNTS), st.booleans(), st.booleans(),
)  # fmt: skip
CLASSES = st.integers(0, kernels.NORMAL)
PAYS = st.sampled_from([kernels.BY_ITEM, kernels.SHARE, kernels.NOTHING, kernels.NOT_KNOWN])


@given(
    st.lists(combinations(), min_size=4, max_size=4),
    st.lists(outside_rules(), max_size=3),
    st.lists(st.tuples(PAYS, SHARES, CLASSES),
             min_size=4, max_size=4),
    st.lists(CASES, max_size=20),
    st.booleans(),
)  # fmt: skip
def test_plain_and_compiled_agree(
    table: list[list[int]],
    outside: list[list[int]],
    by_status: list[tuple[int, int, int]],
    rows: list[tuple[int, ...]],
    has_high: bool,
) -> None:
    rules = kernels.Rules(
        np.array(outside, dtype=np.int64).reshape(-1, kernels.OUTSIDE_WIDTH),
        np.array(by_status, dtype=np.int64),
        has_high,
    )
    columns = zip(*rows, strict=True) if rows else [()] * 9
    types = ("i8", "u1", "i8", "i8", "i8", "i8", "i8", "?", "?")
    cases = kernels.CaseArrays(*(np.array(c, dtype=t) for c, t in zip(columns, types, strict=True)))
    amounts = (np.full(len(rows), -9, dtype=np.int64) for _ in kernels.Priced._fields[1:])
    out = kernels.Priced(np.full(len(rows), 99, dtype=np.uint8), *amounts)
    same_both_ways(kernels.price_cases, np.array(table, dtype=np.int64), rules, cases, out)
