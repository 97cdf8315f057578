"""Cases, weight and money by the first cause of a change, and cases that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from drg.analysis.comparison.causes import CAUSES, NUMBER
from drg.errors import InputError
from drg.grouping import Explanation, Grouper

_SUMS: Final = ("weight_", "standard_", "payment_", "surplus_")


def cause_sums(flows: pl.DataFrame, cause: str, by: Sequence[str]) -> pl.DataFrame:
    """Flows added up by cause.

    Args:
        flows: sums by place, cause and flow, with ``base_status`` and ``other_status``.
        cause: the column of the numbers of the causes; 0 is none.
        by: the columns of the place.

    Returns:
        The columns of ``Comparison.causes``.
    """
    newly, no_longer = (pl.col(cause) == NUMBER[name] for name in ("newly_grouped", "no_longer_grouped"))
    ungrouped = pl.when(newly).then("base_status").when(no_longer).then("other_status")
    sums = [name for name in flows.columns if name.startswith(_SUMS)]
    keys = [*by, "number", "status"]
    changed = flows.filter(pl.col(cause) > 0).with_columns(number=cause, status=ungrouped)
    added = changed.group_by(keys).agg(pl.col("cases", *sums).sum())
    added = added.sort(*by, "number", pl.col("status").cast(pl.String))
    whole = pl.col("cases").sum().over(list(by)) if by else pl.col("cases").sum()
    names = pl.Series([None, *CAUSES], dtype=pl.Enum(CAUSES)).gather(added["number"]).alias("cause")
    return added.select(*by, names, "status", "cases", (pl.col("cases") / whole).alias("share"), *sums)


@dataclass(frozen=True)
class CausesFound:
    """What is known of causes, by the number of the version; nothing for the base.

    Attributes:
        told: whether the causes between the base and the version could be found.
        homonyms: the groups that both versions call by one code though they differ.
        same: the ADRG of the version for each of the base that is the same group.
        examples, inputs: see ``step.Compared``.
    """

    told: tuple[bool, ...]
    homonyms: tuple[frozenset[str], ...]
    same: tuple[Mapping[str, str], ...]
    examples: pl.DataFrame
    inputs: pl.DataFrame


class CauseExample(NamedTuple):
    """A case that shows a cause.

    Attributes:
        cause: the cause.
        row: of the file; the header is row 1.
        base, other: how the case comes to its group in the two versions; None if a field holds what cannot
            be read.
        before: what the other version calls the ADRG of the base, if it has it.
    """

    cause: str
    row: int
    base: Explanation | None
    other: Explanation | None
    before: str | None = None


def explained(
    found: pl.DataFrame, inputs: pl.DataFrame, base: Grouper, other: Grouper, same: Mapping[str, str]
) -> list[CauseExample]:
    """Examples with their explanations.

    Args:
        found: number of the cause, row of the case; sorted.
        inputs: the fields of these cases, by row.
        base: the version that is the base.
        other: the other version.
        same: its ADRG for each of the base that is the same group.
    """
    fields = {row.pop("row"): row for row in inputs.to_dicts()}
    examples = []
    for number, row in found.select("cause", "row").rows():
        given = {name: value for name, value in fields[row].items() if value is not None}
        try:
            both = base.explain(given), other.explain(given)
        except InputError:
            examples.append(CauseExample(CAUSES[number - 1], row, None, None))
        else:
            examples.append(CauseExample(CAUSES[number - 1], row, *both, same.get(both[0].adrg or "")))
    return examples
