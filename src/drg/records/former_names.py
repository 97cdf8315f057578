"""Names that columns of prices had before they carried their unit: refused with the name of today."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from drg.errors import InputError
from drg.words import Joined, Sentence

# The name of before → that of today.
FORMER: Final = {
    "standard_payment": "standard_payment_yuan",
    "drg_payment": "drg_payment_yuan",
    "high_cost_payment": "high_cost_payment_yuan",
    "item_payment": "item_payment_yuan",
    "outside_payment": "outside_payment_yuan",
    "special_payment": "special_case_payment_yuan",
    "excluded_items_payment": "excluded_items_payment_yuan",
    "payment": "payment_yuan",
    "fund_payment": "fund_payment_yuan",
    "patient_share": "patient_and_others_yuan",
    "surplus_formula": "surplus_formula_yuan",
    "surplus_adjustment": "surplus_adjustment_yuan",
    "surplus": "surplus_yuan",
}
AGAIN: Final = Sentence("Price the cases again, or rename what has another name now")


def check_names(
    names: Collection[str],
    *,
    read: Iterable[str] = tuple(FORMER.values()),
    file: str | Path | None = None,
    fix: Sentence = AGAIN,
) -> None:
    """Whether no column has a name that it had before.

    Args:
        names: of the columns.
        read: the columns that matter, by their names of today.
        file: where they are, for the message.
        fix: what to do.

    Raises:
        InputError: names those that have, with their names of today.
    """
    wanted = set(read)
    found = {old: new for old, new in FORMER.items() if old in names and new in wanted}
    if not found:
        return
    said = Joined(", ", (Sentence("{old} is now {new}", old=old, new=new) for old, new in found.items()))
    several = len(found) > 1
    raise InputError(
        Sentence("{count} columns of prices have other names now: {names}", count=len(found), names=said)
        if several
        else Sentence("a column of prices has another name now: {name}", name=said),
        file=file,
        field=None if several else next(iter(found)),
        fix=fix,
    )
