"""The kernel that adds up priced cases, as it stands and compiled."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drg.settlement.kernels import FIRST_CLASS, NOWHERE, Cases, add_up
from tests.kernels import same_both_ways

PLACES = st.integers(NOWHERE, 1)
AMOUNTS = st.integers(-(10**12), 10**12)
ROWS = st.lists(
    st.tuples(PLACES, PLACES, PLACES, st.integers(0, 1), st.integers(0, 2), st.booleans(), *[AMOUNTS] * 12),
    max_size=30,
)
CLASSES = st.lists(st.booleans(), min_size=3, max_size=3)


@given(ROWS, CLASSES, CLASSES, st.integers(0, 4), st.integers(0, 5))
def test_plain_and_compiled_agree(
    rows: list[tuple[int, ...]], inside: list[bool], shared: list[bool], room: int, start: int
) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * len(Cases._fields)
    types = ["i4"] * 5 + ["?"] + ["i8"] * 12
    cases = Cases(*(np.array(c, dtype=t) for c, t in zip(columns, types, strict=True)))
    same_both_ways(
        add_up,
        cases,
        min(start, len(rows)),
        np.array(inside),
        np.array(shared),
        np.full((2, 2, 2, 2), NOWHERE, dtype=np.int32),
        0,
        np.zeros((room, 4), dtype=np.int32),
        np.zeros((room, FIRST_CLASS + 3), dtype=np.int64),
    )
