"""A bureau's return against our grouped and priced cases: what differs, why, and by how much money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from drg.analysis.reconciliation.causes import Cause
from drg.analysis.reconciliation.compared import Compared
from drg.analysis.reconciliation.group_causes import SCHEMA, GroupCauses
from drg.analysis.reconciliation.matching import matched
from drg.analysis.reconciliation.price_causes import PriceCauses
from drg.analysis.reconciliation.reconciliation_notes import notes_of
from drg.analysis.reconciliation.reconciliation_result import Reconciliation, difference_list
from drg.analysis.reconciliation.replay import pricers, versions
from drg.analysis.reconciliation.sides import OURS, PLACE, Side
from drg.grouping import Grouper
from drg.payment import Pricer
from drg.records.cases import Cases
from drg.records.reading import read_results
from drg.records.results_returned import Returned, id_columns, of_frame, read_returned

__all__ = ["Cause", "Reconciliation", "reconcile"]


def reconcile(
    ours: Any,
    bureau: Any,
    *,
    groupers: Sequence[str | Path | Grouper] = (),
    schemes: Sequence[str | Path | Pricer] = (),
) -> Reconciliation:
    """Set the return of a bureau beside our priced cases.

    Cases are matched by their id, then by patient and dates; what belongs to several stays unmatched. Each
    difference has one cause, the first that is found, and the money of all causes adds up to the whole.

    Args:
        ours: what ``price`` gives: the path of a file, or all that ``Cases.of`` takes.
        bureau: the return: the path of a file, whose columns are found by their names and contents, or a
            frame of any kind.
        groupers: versions that the bureau may have used, by id, directory or as Groupers; by default those of
            the same line as ours, and the national ones.
        schemes: payment schemes that it may have used; by default those installed for the same version. Name
            the scheme of ours too if it is not installed.

    Returns:
        The reconciliation.

    Raises:
        InputError: a file cannot be read, or there is neither a group nor an amount to compare.
        UnknownGrouperError, TablesError, UnknownSchemeError, SchemeError: one that is named cannot be used.
    """
    cases = read_results([Path(ours)]) if isinstance(ours, str | Path) else Cases.of(ours)
    if not isinstance(bureau, Returned):
        bureau = read_returned(bureau) if isinstance(bureau, str | Path) else of_frame(bureau)
    mine, theirs = Side(cases, id_columns(cases.own_columns)), Side(bureau.cases, bureau.ids)
    compared = Compared(mine, theirs, matched(mine, theirs))
    _ = compared.amount
    tried = versions(_named(mine, "grouper"), groupers)
    of_groups = GroupCauses(compared, tried)
    own, others, absent = pricers(_named(mine, "scheme"), schemes)
    causes = pl.concat(
        [pl.DataFrame(schema=SCHEMA), of_groups.find(), PriceCauses(compared, own, others).find()]
    )
    table = compared.table.join(
        causes, on=f"{OURS}{PLACE}", how="left", suffix="_found", maintain_order="left"
    )
    table = table.with_columns(cause=pl.coalesce("cause", "cause_found")).drop("cause_found")
    return Reconciliation(
        rows=table,
        amount=compared.amount,
        agreement=compared.agreement(),
        differences=difference_list(table.filter(pl.col("cause").is_not_null()), compared),
        matched_by=compared.matches.ids,
        notes=notes_of(compared, bureau, of_groups, tried, absent),
        columns=_columns(bureau),
    )


def _named(side: Side, column: str) -> Iterable[str | None]:
    return side.frame[column].unique().to_list() if column in side.has else ()


def _columns(bureau: Returned) -> dict[str, str]:
    """What each column of the return was read as, by its name."""
    binding = bureau.cases.binding
    found: dict[str, str] = {}
    for name in binding.columns:
        for one in binding.fields([name]):
            found.setdefault(one, name)
    return found
