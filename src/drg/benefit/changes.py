"""What a correction changes: every stay whose benefits differ from an earlier result, before and after."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import ALL
from drg.errors import InputError
from drg.records.cases import Cases
from drg.records.frames import Frame
from drg.words import Joined, Sentence

# What is compared of a stay.
COMPARED: Final = (
    *("total_cost_yuan", "basic_fund_yuan", "critical_illness_yuan", "medical_aid_yuan", "commercial_yuan"),
    "patient_share_yuan",
)
_KEYS: Final = ("case_id", "patient_id", "discharge_date")
CHANGES: Final = ("added", "removed", "changed")


def benefit_changes(old: Frame, new: Frame) -> pl.DataFrame:
    """What differs between two results of ``benefits``, by case id.

    Args:
        old: the earlier result.
        new: the result of the corrected stays.

    Returns:
        A row for each stay that is ``added``, ``removed`` or ``changed``: its id, its patient, its discharge,
        and of every amount of ``COMPARED`` what it was and is, ``…_before_yuan`` and ``…_after_yuan``; in
        order of patient and discharge.

    Raises:
        InputError: if one lacks a column of results or ``case_id``, or a case id stands for several stays.
    """
    one, other = _results(old, Sentence("the earlier result")), _results(new, Sentence("the result"))
    both = one.join(other, on="case_id", how="full", suffix=_AFTER)
    parts = {name: (pl.col(name), pl.col(f"{name}{_AFTER}")) for name in (*COMPARED, *_KEYS[1:])}
    was, now = pl.col("case_id").is_not_null(), pl.col(f"case_id{_AFTER}").is_not_null()
    change = pl.when(was & now).then(pl.lit("changed")).when(now).then(pl.lit("added"))
    differs = pl.any_horizontal(a.ne_missing(b) for name, (a, b) in parts.items() if name in COMPARED)
    keys = [pl.coalesce(b, a).alias(name) for name, (a, b) in parts.items() if name in _KEYS]
    amounts = [
        side.alias(f"{name.removesuffix('_yuan')}_{which}_yuan")
        for name, sides in parts.items()
        if name in COMPARED
        for side, which in zip(sides, ("before", "after"), strict=True)
    ]
    return (
        both.filter(~(was & now) | differs)
        .select(
            pl.coalesce(f"case_id{_AFTER}", "case_id").alias("case_id"),
            *keys,
            change.otherwise(pl.lit("removed")).alias("change"),
            *amounts,
        )
        .sort("patient_id", "discharge_date", "case_id", nulls_last=True)
    )


_AFTER: Final = "\0after"


def _results(data: Frame, what: Sentence) -> pl.DataFrame:
    """What is compared of a result, in the types of the registry."""
    cases = Cases.of(data)
    wanted = (*_KEYS, *COMPARED)
    lacking = [name for name in wanted if name not in cases.binding.columns]
    if lacking:
        raise InputError(
            Sentence(
                "{what} lacks {columns}", what=what, columns=Joined(", ", [ALL[n].label for n in lacking])
            ),
            field=lacking[0],
            fix=Sentence("Give what drg benefits wrote"),
        )
    found = cases.collect(cases.lazy(wanted))
    twice = found.filter(pl.col("case_id").is_duplicated() | pl.col("case_id").is_null())
    if not twice.is_empty():
        raise InputError(
            Sentence(
                "{what} has the case id {case_id!r} more than once", what=what, case_id=twice["case_id"][0]
            )
            if twice["case_id"][0] is not None
            else Sentence("{what} has a stay without a case id", what=what),
            field="case_id",
            fix=Sentence("Results are compared by case id: give each stay its own"),
        )
    return found
