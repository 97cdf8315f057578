"""Tables on a console of any width hold all that they were given."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from drg.report.console_table import NUMBER, TEXT, WHOLE, show

ROWS = [("BR15", "脑缺血性疾患，不伴合并症或并发症与伴随病", "12,345,678.90"), ("0000", "[b] [/x] a", "1")]
HEADS = ("病组 DRG", "名称 name", "支付合计 payment")


def printed(width: int, *arguments: object, **options: object) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show(console, *arguments, **options)  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_table_that_fits_is_one() -> None:
    lines = printed(80, HEADS, "wtn", ROWS, title="[最大]", total=("合计", "", Text("2", "bold")))
    assert lines[0] == "[最大]"
    assert any("脑缺血性疾患，不伴合并症或并发症与伴随病" in line for line in lines)
    assert any("[b] [/x] a" in line for line in lines)
    assert max(map(cell_len, lines)) <= 80
    assert sum("━" in line or "─" in line for line in lines) >= 3


def test_texts_are_folded_and_numbers_are_not() -> None:
    lines = printed(44, HEADS, "wtn", ROWS)
    assert max(map(cell_len, lines)) <= 44
    assert any("12,345,678.90" in line for line in lines)
    names = "".join(line.split("│")[2] for line in lines if "│" in line)
    assert ROWS[0][1] in "".join(re.findall(r"[\u4e00-\u9fff，]", names))


def test_where_a_table_has_no_room_rows_are_upright() -> None:
    lines = printed(24, HEADS, "wtn", ROWS)
    assert "病组 DRG: BR15" in lines
    assert any("12,345,678.90" in line for line in lines)
    assert max(map(cell_len, lines)) <= 24
    assert "│" not in "".join(lines)


CELLS = {
    WHOLE: st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True),
    NUMBER: st.decimals(-(10**12), 10**12, places=2).map(lambda value: f"{value:,.2f}"),
    TEXT: st.text("脑缺血性疾患合并症abc （）[]/", min_size=1, max_size=60),
}


@given(st.data(), st.integers(30, 120))
def test_nothing_is_cut(data: st.DataObject, width: int) -> None:
    kinds = data.draw(st.text("wtn", min_size=1, max_size=6))
    heads = [data.draw(CELLS[TEXT]) for _ in kinds]
    rows = [[data.draw(CELLS[kind]) for kind in kinds] for _ in range(data.draw(st.integers(0, 3)))]
    lines = printed(width, heads, kinds, rows)
    assert max(map(cell_len, lines), default=0) <= width
    for row in rows:
        for kind, cell in zip(kinds, row, strict=True):
            if kind != TEXT:
                assert any(cell in line for line in lines), (cell, lines)
    for letter in "脑缺血性疾患合并症abc":
        count = sum(cell.count(letter) for row in rows for cell in row)
        assert sum(line.count(letter) for line in lines) >= count
    assert "…" not in "".join(lines)
