"""Rows of files of any layout → canonical columns, and the texts that could not be read, for the check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from drg.records.codebook import recognised
from drg.records.typed import MALFORMED

if TYPE_CHECKING:
    from drg.records.checking import Convert
    from drg.records.discharges import Discharges


def converter(discharges: Discharges) -> Convert | None:
    """How a batch of ``discharges.rows`` becomes canonical columns; None if it has them already.

    A column ``name?`` holds the texts that could not be read as ``name``: the check shows them as malformed,
    and not as missing.
    """
    clinical = discharges.codes == "clinical"
    if discharges.is_canonical and not clinical:
        return None

    def convert(batch: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        series, unread = discharges.binding.read(batch, columns)
        if clinical:
            series, _ = recognised(series, discharges.books)
        marks: dict[str, pl.Series] = {}
        for one in unread:
            name = f"{one.source.column}{MALFORMED}"
            empty = pl.repeat(None, batch.height, dtype=pl.String, eager=True)
            marks[name] = marks.get(name, empty).scatter(one.places, one.texts)
        return pl.DataFrame([*series, *(mark.alias(name) for name, mark in marks.items())])

    return convert
