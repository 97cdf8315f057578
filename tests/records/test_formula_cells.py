"""No cell of a CSV file for Excel is a formula, and drg reads the cells as they were."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from drg.records.files import write
from drg.records.formula_cells import marked
from tests.profiles import tries

HARMFUL = [
    *("=1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "\n=1", "-2+3", "+1-2", "-1+cmd|'x'!A0"),
    *("+A1", "-A1", "--A1", "-(1)", "＝1+1", "＠x", "－A1", "-1 ", "=", "@", '="007"'),
]
HARMLESS = [
    *("", "-", "+", "--", "－", "-5", "+5", "-12.50", "-1,200.00", "A=1", "张三", "'=1+1", "1-2", " =1", "0"),
]


def cells(texts: list[str | None]) -> tuple[list[str | None], int]:
    found: list[int] = []
    frame = marked(pl.LazyFrame({"text": texts}, schema={"text": pl.String}), found.append).collect()
    return frame["text"].to_list(), sum(found)


def test_what_is_marked() -> None:
    assert cells([*HARMFUL]) == (["'" + text for text in HARMFUL], len(HARMFUL))
    assert cells([*HARMLESS, None]) == ([*HARMLESS, None], 0)


@tries(1)
@given(st.lists(st.one_of(st.none(), st.text("=+-@＝＋\t\r\n'1.,aA张 "))))
def test_nothing_changes_but_the_mark(texts: list[str | None]) -> None:
    made, found = cells(texts)
    assert found == sum(one != two for one, two in zip(texts, made, strict=True))
    for given_, one in zip(texts, made, strict=True):
        assert one in (given_, f"'{given_}")
        assert not (one or "").startswith(("=", "@", "＝", "＠", "\t", "\r", "\n"))
    # A mark is set once, however often a table is written.
    assert cells(made) == (made, 0)


def test_lists_headers_and_words_of_the_users() -> None:
    frame = pl.LazyFrame({"=a": ["x"], "b": pl.Series(["=1", "-"], dtype=pl.Categorical)[:1], "n": [-1]})
    made = marked(frame, lambda _: None).collect()
    assert made.to_dicts() == [{"'=a": "x", "b": "'=1", "n": -1}]


def test_programs_get_what_is_there(tmp_path: Path) -> None:
    for bom, text in ((True, "'=1"), (False, "=1")):
        file = tmp_path / f"{bom}.csv"
        write(pl.LazyFrame({"a": ["=1"]}), file, sources=(), bom=bom)
        assert file.read_text("utf-8-sig") == f"a\n{text}\n"
