"""What is said of a stay beside its benefits: bits while they are worked out, then codes with their facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import polars as pl

from drg.benefit.kernels import Ints
from drg.benefit.kinds_of_stay import Entry
from drg.benefit.scheme import BenefitScheme
from drg.reasons import CODED, coded, reasons, together

# The bit of each reason of benefits by its name; those of a kind of stay come with its entry.
NOTE: Final = {
    name: 1 << place
    for place, name in enumerate(name for name, reason in reasons().items() if reason.code.startswith("B"))
}
# With one of these nothing can be said of a stay.
HELD: Final = sum(
    NOTE[name]
    for name in (
        "patient_not_known",
        "discharge_not_known",
        "mother_not_known",
        "benefit_cost_not_known",
        "classes_not_known",
        "classes_impossible",
        "classes_do_not_add_up",
        "special_drugs_impossible",
        "benefit_column_not_known",
        "no_benefit_rule",
        "stays_not_told_apart",
    )
)


class Notes:
    """The notes of one scheme as codes with facts."""

    def __init__(self, scheme: BenefitScheme) -> None:
        facts: dict[str, Iterable[object]] = {
            "classes_assumed": (scheme.items.assumed_in_policy_share,),
            "benefit_scheme_not_in_force": (scheme.valid_from or "", scheme.valid_to or ""),
        }
        self._coded = {bit: coded(name, *map(str, facts.get(name, ()))) for name, bit in NOTE.items()}
        self._of_entries = NOTE["benefit_column_not_known"] | NOTE["no_benefit_rule"]

    def column(self, notes: Ints, kinds: Ints, entries: Sequence[Entry]) -> pl.Series:
        """The reasons of many stays; each is worked out once: there are few of them.

        Args:
            notes: bits of ``NOTE``.
            kinds: the place of each stay's entry, -1 if it has none.
            entries: by kind of stay.
        """
        both = notes * (len(entries) + 1) + kinds + 1
        distinct, where = np.unique(both, return_inverse=True)
        texts = []
        for one in distinct.tolist():
            bits, place = divmod(one, len(entries) + 1)
            parts = [text for bit, text in self._coded.items() if bits & bit and not bit & self._of_entries]
            if place:
                entry = entries[place - 1]
                parts += [entry.problem] if entry.problem else entry.notes
            texts.append(together(parts))
        return pl.Series(texts, dtype=CODED).gather(pl.Series(where.astype(np.uint32)))
