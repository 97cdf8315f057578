"""Codes that are looked up by their views: the same numbers as by polars, in any spelling and layout."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from drg.grouping import code_index as codes
from drg.grouping import spelled
from drg.grouping.code_index import CodeIndex
from drg.records.codes import normalised
from tests.kernels import same_both_ways

# Around twelve bytes, where a text is no longer whole in its view; some that are equal but for the last byte.
TEXTS = st.one_of(
    st.text("AB1.x", max_size=14),
    st.text(max_size=6),
    st.integers(0, 50).map(lambda n: f"I10.x00x{n:03}"),
    st.integers(0, 50).map(lambda n: f"A17.000+G0{n:03}*"),
)
KNOWN = st.lists(
    TEXTS.filter(lambda text: normalised(pl.Series([text]))[0] != ""), min_size=1, max_size=60
)  # no table has a blank code
ASKED = st.lists(st.one_of(st.none(), TEXTS), max_size=60)


@given(KNOWN, ASKED, st.data())
def test_the_same_numbers_as_by_polars(
    known: list[str], asked: list[str | None], data: st.DataObject
) -> None:
    index = CodeIndex(pl.Series(known, dtype=pl.String))
    start = data.draw(st.integers(0, len(asked)))
    whole = pl.Series([*asked, *data.draw(st.lists(st.sampled_from(known)))], dtype=pl.String)
    series = whole[start:].append(whole[:start]) if data.draw(st.booleans()) else whole[start:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "is_worth_while", lambda _: False)
        by_polars = index.encode(series)
        patch.setattr(codes, "is_worth_while", lambda _: True)
        assert_array_equal(index.encode(series), by_polars, strict=True)


@given(KNOWN, ASKED)
def test_plain_and_compiled_agree(known: list[str], asked: list[str | None]) -> None:
    distinct = pl.Series(known, dtype=pl.String).unique(maintain_order=True)
    views = spelled._views(distinct)
    assert views is not None
    slots = np.full(256, -1, dtype=np.int32)
    same_both_ways(spelled.fill, views.copy(), slots)
    of_asked = spelled._views(pl.Series(asked, dtype=pl.String))
    assert of_asked is not None
    found = np.zeros(len(asked), dtype=np.uint32)
    same_both_ways(spelled.look_up, of_asked, views, spelled.spelled(distinct).slots, found)


def test_all_known_codes_are_found_and_no_other() -> None:
    known = pl.Series(
        [f"{letter}{number:02}.{more}" for letter in "ABC" for number in range(99) for more in "019"]
    )
    table = spelled.spelled(known)
    assert_array_equal(spelled.numbers(known, table), np.arange(len(known)))
    assert (spelled.numbers(known + "x", table) == spelled.MISSED).all()
    assert (spelled.numbers(pl.Series([None, None], dtype=pl.String), table) == 0).all()
    # Most codes have a slot of their own, or looking them up would be slow.
    places = [spelled._place(table.views, i) & (len(table.slots) - 1) for i in range(len(known))]
    assert len(set(places)) > 0.7 * len(known)
