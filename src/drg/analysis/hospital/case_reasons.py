"""Why each case is in its group, for whole months at once: which complication counted, or why none did.

``grouping.explain`` tells all of one case, rule by rule; this tells the one thing that most readers ask for,
from the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from drg.analysis.severity import NONE, asked
from drg.grouping import Grouper
from drg.grouping import opcodes as op
from drg.grouping.case_arrays import encode
from drg.grouping.code_index import NO_CODE
from drg.grouping.outcomes import GROUPED
from drg.grouping.program import Program
from drg.tables.language import And, Expression, Member, Or, parse, variables


class Why(StrEnum):
    """What decided on the group among those of its ADRG."""

    COUNTS = "counts"  # a complication that the group asks for
    ONE_OF_SEVERAL = "one_of_several"  # one counts; the group asks for that or for something else
    NOT_ASKED_FOR = "not_asked_for"  # one counts, but the group asks for none of its level
    EXCLUDED = "excluded"  # the principal diagnosis excludes the only ones
    NONE_COUNTS = "none_counts"
    NOT_SPLIT = "not_split"  # no group of the ADRG asks for complications
    NOT_GROUPED = "not_grouped"


REASONS: Final = pl.Schema(
    {
        "why": pl.Enum(Why),
        "complication": pl.String(),
        "complication_level": pl.String(),
        "more_complications": pl.UInt32(),
        "asks_for_procedures": pl.Boolean(),
        "other_severity": pl.Boolean(),
    }
)
_LEVELS: Final = {"MCC", "CC"}
_PROCEDURES: Final = {"ZYSS", "QTSS"}


def case_reasons(cases: pl.DataFrame, grouper: Grouper) -> pl.DataFrame:
    """Why each case is in its group.

    Args:
        cases: ``drg``, ``adrg``, ``severity``, ``grouping_status`` and the columns that the version reads.
        grouper: the version that grouped them.

    Returns:
        A row for each case, of the shape ``REASONS``: ``complication`` is the first of the highest level that
        counts (or would, if it is excluded), ``more_complications`` how many others count;
        ``asks_for_procedures``: the rule of the ADRG reads procedures; ``other_severity``: the record as it
        stands has another severity than the column says.
    """
    program = grouper.program
    table = cases.select("drg", "adrg", "severity", "grouping_status").with_row_index("place")
    found = _complications(cases, program)
    counted, excluded = (found.filter(excluded=value) for value in (False, True))
    first = counted.unique("place", keep="first", maintain_order=True).drop("excluded")
    number = counted.group_by("place").len("counted")
    shut = excluded.unique("place", keep="first", maintain_order=True)
    shut = shut.select("place", shut_code="code", shut_level="level")
    groups = pl.DataFrame(_asked(program), schema=_ASKED, orient="row")
    reading = pl.DataFrame(_reading(program), schema=_READING, orient="row")
    joined = table
    for other, key in (
        (first, "place"),
        (number, "place"),
        (shut, "place"),
        (groups, "drg"),
        (reading, "adrg"),
    ):
        joined = joined.join(other, on=key, how="left", maintain_order="left")
    level = pl.col("level")
    why = (
        pl.when((pl.col("grouping_status") != GROUPED) | pl.col("split").is_null())
        .then(pl.lit(Why.NOT_GROUPED))
        .when(~pl.col("split"))
        .then(pl.lit(Why.NOT_SPLIT))
        .when(level.is_not_null() & pl.col("asks").list.contains(level))
        .then(pl.when("strictly").then(pl.lit(Why.COUNTS)).otherwise(pl.lit(Why.ONE_OF_SEVERAL)))
        .when(level.is_not_null())
        .then(pl.lit(Why.NOT_ASKED_FOR))
        .when(pl.col("shut_code").is_not_null())
        .then(pl.lit(Why.EXCLUDED))
        .otherwise(pl.lit(Why.NONE_COUNTS))
    )
    return joined.select(
        why=why.cast(REASONS["why"]),
        complication=pl.coalesce("code", "shut_code"),
        complication_level=pl.coalesce("level", "shut_level"),
        more_complications=pl.when(pl.col("counted") > 1).then(pl.col("counted") - 1).otherwise(0),
        asks_for_procedures=pl.col("asks_for_procedures").fill_null(value=False),
        other_severity=(
            pl.col("severity").cast(pl.String).ne_missing(level.fill_null("none"))
            & pl.col("severity").is_not_null()
            & (pl.col("grouping_status") == GROUPED).fill_null(value=False)
        ),
    ).cast(dict(REASONS))  # type: ignore[arg-type]


def _complications(cases: pl.DataFrame, program: Program) -> pl.DataFrame:
    """The complications among the other diagnoses of each case, the highest level first, each code once."""
    arrays, encoded = program.arrays, encode(cases, program).cases
    place = np.repeat(np.arange(cases.height, dtype=np.uint32), np.diff(encoded.other_diagnoses_begin))
    code, principal = encoded.other_diagnoses, encoded.principal_diagnosis[place]
    level = np.where((code != NO_CODE) & (code != principal), arrays.complication_level[code], 0)
    place, code, principal, level = (values[level > 0] for values in (place, code, principal, level))
    exclusion = arrays.complication_exclusion[code]
    known = np.maximum(exclusion, 0)
    if arrays.exclusion_bits.size:
        word = arrays.exclusion_bits[arrays.exclusion_class[principal], known >> 3]
        excluded = (exclusion >= 0) & ((word >> (known & 7).astype(np.uint8)) & 1).astype(np.bool_)
    else:
        excluded = np.zeros(len(code), np.bool_)
    numbers = np.unique(code)
    spelled = np.array([program.diagnoses.decode(int(number)) for number in numbers], dtype=object)
    is_mcc = level == op.MCC
    found = pl.DataFrame(
        {
            "place": pl.Series(place, dtype=pl.UInt32),
            "code": pl.Series(spelled[np.searchsorted(numbers, code)], dtype=pl.String),
            "level": pl.Series(np.where(is_mcc, "MCC", "CC"), dtype=pl.String),
            "excluded": pl.Series(excluded, dtype=pl.Boolean),
            "rank": pl.Series(~is_mcc, dtype=pl.Boolean),
        }
    )
    return (
        found.unique(["place", "code"], keep="first", maintain_order=True)
        .sort("place", "rank", maintain_order=True)
        .drop("rank")
    )


_ASKED: Final = pl.Schema(
    {"drg": pl.String(), "asks": pl.List(pl.String), "strictly": pl.Boolean(), "split": pl.Boolean()}
)
_READING: Final = pl.Schema({"adrg": pl.String(), "asks_for_procedures": pl.Boolean()})


def _asked(program: Program) -> Iterator[tuple[str, list[str], bool, bool]]:
    """Of each group the levels that its rules ask for, whether always, and if its ADRG is split."""
    by_group: dict[str, set[str]] = {}
    adrg_of: dict[str, str] = {}
    loose: set[str] = set()
    for drg, adrg, rule in program.drg.select("drg", "adrg", "rule").iter_rows():
        by_group.setdefault(drg, set()).update(_levels(parse(rule)))
        adrg_of[drg] = adrg
        if asked(rule)[0] == NONE:
            loose.add(drg)
    split = {adrg_of[drg] for drg, asks in by_group.items() if asks}
    for drg, asks in by_group.items():
        yield drg, sorted(asks), drg not in loose, adrg_of[drg] in split


def _levels(rule: Expression) -> set[str]:
    """The levels of complications that make a rule hold."""
    if isinstance(rule, And | Or):
        return set().union(*map(_levels, rule.parts))
    return _LEVELS.intersection(rule.sets) if isinstance(rule, Member) else set()


def _reading(program: Program) -> Iterator[tuple[str, bool]]:
    """Of each ADRG whether its rules read procedures."""
    found: dict[str, bool] = {}
    for adrg, rule in program.adrg.select("adrg", "rule").iter_rows():
        found[adrg] = found.get(adrg, False) or not _PROCEDURES.isdisjoint(variables(parse(rule)))
    yield from found.items()
