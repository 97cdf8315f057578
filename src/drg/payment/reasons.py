"""What is said of a case beside its payment: bits while it is priced, then codes with their facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import ALL
from drg.payment.cross_case_flags import STAYS
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme_numbers import case_kinds
from drg.reasons import CODED, coded, reasons, together
from drg.words import Both, Joined, Sentence

# The bit of each reason of pricing by its name; reasons are told in the order of their codes.
NOTE: Final = {
    name: 1 << place
    for place, name in enumerate(name for name, reason in reasons().items() if reason.code.startswith("P"))
}


def note(notes: npt.NDArray[np.int64], where: npt.NDArray[np.bool_], bit: int) -> None:
    """Say something of the cases ``where`` it is so."""
    if where.any():
        notes[where] |= bit


class Notes:
    """The notes of one scheme as codes with facts."""

    def __init__(self, loaded: LoadedScheme) -> None:
        scheme, grouper = loaded.scheme, loaded.grouper
        days = (scheme.readmission.days,) if scheme.readmission else ()
        facts: dict[str, Iterable[object]] = {
            "no_weight_at_level": levels(loaded),
            "tcm_share_not_known": (*scheme.tcm.tcm_fees, *scheme.tcm.other_fees) if scheme.tcm else (),
            "readmitted": (scheme.readmission.cut,) if scheme.readmission else (),
            **dict.fromkeys(("paid_with_later_stay", "paid_with_earlier_stays"), days),
            "readmission_not_judged": STAYS,
            "additions_impossible": [one.column for one in scheme.beside],
            "case_kind_not_named": case_kinds(scheme),
            "grouper_not_known": (scheme.grouper,),
            "tcm_share_low": (scheme.tcm.share_below,) if scheme.tcm else (),
            "other_grouper": (scheme.grouper,),
            "scheme_not_in_force": (scheme.valid_from or "", scheme.valid_to or ""),
            "grouper_not_in_force": (scheme.grouper, grouper.valid_from or "", grouper.valid_to or "")
            if grouper
            else (),
        }
        self._coded = {bit: coded(name, *map(str, facts.get(name, ()))) for name, bit in NOTE.items()}

    def text(self, notes: int) -> str | None:
        """What is said of a case, or None if there is nothing to say."""
        return together([text for bit, text in self._coded.items() if notes & bit])

    def column(self, notes: npt.NDArray[np.int64]) -> pl.Series:
        """The reasons of many cases; each is worked out once: there are few of them."""
        if not notes.any():
            return pl.repeat(None, len(notes), dtype=CODED, eager=True)
        keys = pl.Series(notes)
        distinct = keys.unique()
        texts = pl.Series([self.text(note) for note in distinct], dtype=CODED)
        return keys.replace_strict(distinct, texts, return_dtype=CODED)


def levels(loaded: LoadedScheme) -> list[str]:
    """The levels of hospitals for which a scheme has weights of their own."""
    return sorted({level for _, level in loaded.weights if level})


def no_weight(loaded: LoadedScheme) -> int:
    """The note of a case for whose group the scheme has no weight."""
    return NOTE["no_weight_at_level" if levels(loaded) else "no_weight"]


def missing_lines(names: Iterable[str]) -> Sentence:
    """Columns with their Chinese names and meanings, a line each."""
    return Joined("", (part for name in names for part in ("\n    ", missing_line(name))))


def missing_line(name: str) -> Both:
    """A column with its Chinese name and meaning."""
    column = ALL[name]
    return Both(f"{name} ({column.label_zh}): {column.meaning}", f"{name}（{column.label_zh}）")
