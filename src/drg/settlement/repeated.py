"""Cases that are in the data more than once, found by a number for each."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Marks = npt.NDArray[np.uint64]
_HOSPITAL: Final = pl.col("hospital_id").cast(pl.String, strict=False)
_CASE: Final = pl.col("case_id").cast(pl.String, strict=False)
# Cases without an id cannot be told apart.
_KNOWN: Final = _HOSPITAL.is_not_null() & (_CASE.fill_null("") != "")
_MARK: Final = _HOSPITAL.hash(1) ^ _CASE.hash(2)


def mark() -> pl.Expr:
    """A number for the hospital and id of each case that has both; equal cases have the same."""
    return _MARK.filter(_KNOWN)


def repeated(priced: pl.LazyFrame, marks: Marks) -> list[tuple[str, int, str]]:
    """Which hospitals have cases more than once.

    Args:
        priced: the cases, with hospital_id and case_id.
        marks: of all of them, in any order.

    Returns:
        Hospital, how many of its cases are there more than once, and the first of their ids, by hospital.
    """
    ordered = np.sort(marks)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return []
    # Numbers may be equal by chance: the ids decide.
    marked = priced.filter(_KNOWN & _MARK.is_in(pl.Series(twice).implode()))
    suspects = marked.group_by(_HOSPITAL, _CASE).agg(pl.len().alias("times")).filter(pl.col("times") > 1)
    found = suspects.group_by("hospital_id").agg(pl.len().cast(pl.Int64), pl.col("case_id").min())
    return found.sort("hospital_id").collect(engine="streaming").rows()
