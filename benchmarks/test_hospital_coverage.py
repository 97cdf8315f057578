"""The measure of the intervals of hospitals measures what it says."""

from __future__ import annotations

from benchmarks.hospital_coverage import BEGIN, DOCUMENT, END, measured, table


def test_the_rows_are_those_of_the_document() -> None:
    shown = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    made = table(20)
    kept = [[line.split("|")[1:4] for line in text.splitlines()] for text in (shown, made)]
    assert kept[0] == kept[1]


def test_intervals_hold_most_and_not_all() -> None:
    row = measured(30, 100, 0.1, 300)
    index, shrunken, rank, low, _ = (float(cell.rstrip("%")) for cell in row[3:])
    assert 85 < index < 100
    assert 85 < shrunken < 100
    assert rank > 85
    assert 0 < low < 12
