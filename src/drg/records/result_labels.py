"""Columns under their Chinese labels, as workbooks for people have them: written and known again here.

Under a Chinese label the words of a closed list are Chinese too; ``cells.category`` reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Final

import polars as pl

from drg.benefit_columns import BENEFIT
from drg.columns import ALL, OUTPUT, PRICE, Kind
from drg.records.header import Header, folded
from drg.words import CHINESE, categories

# The results that stand in every file that this package writes, and that nobody else has all of.
_OF_GROUPING: Final = ("mdc", "adrg", "drg", "severity", "grouping_status", "grouper")
_OF_PRICING: Final = ("relative_weight", "case_class", "payment_yuan", "scheme")
_OF_BENEFITS: Final = ("in_policy_yuan", "basic_fund_yuan", "stay_in_year", "benefit_scheme")
_STEPS: Final = ((_OF_GROUPING, OUTPUT), (_OF_PRICING, PRICE), (_OF_BENEFITS, BENEFIT))


def labelled(
    frame: pl.LazyFrame, file: Path, language: str, columns: Collection[str] = (*OUTPUT, *PRICE, *BENEFIT)
) -> pl.LazyFrame:
    """A frame as a workbook for who reads Chinese has it; any other file keeps the names of columns.

    Args:
        frame: the rows.
        file: where they go.
        language: of who reads it.
        columns: those that are ours; columns of the user stay as they are, and where one has the label of
            ours, or its name in another spelling, ours keeps its name.
    """
    if language != CHINESE or file.suffix.lower() != ".xlsx":
        return frame
    names = frame.collect_schema().names()
    taken = Counter(folded(name) for name in names)
    # Of a step some of whose results are gone, the labels would not be known again.
    broken = {name for signs, results in _STEPS if not {*signs} <= {*names} for name in results}
    ours = {
        name: ALL[name].label_zh
        for name in names
        if name in columns and name not in broken and taken[folded(name)] == 1
    }
    ours = {name: label for name, label in ours.items() if not taken[folded(label)]}
    words = [
        pl.col(name).cast(pl.String).replace(categories(name, language))
        for name in ours
        if ALL[name].kind is Kind.CATEGORY
    ]
    return frame.with_columns(words).rename(ours)


def labelled_results(header: Header) -> frozenset[str]:
    """The results that stand in a header under their labels.

    A column of the user may have the label of one of them, so a label counts only beside the others.
    """
    found: set[str] = set()
    for signs, results in _STEPS:
        if all(header.find((name, ALL[name].label_zh)) for name in signs):
            absent = (name for name in results if not header.find((name,)))
            found.update(name for name in absent if header.find((ALL[name].label_zh,)))
    return frozenset(found)
