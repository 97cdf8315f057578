"""What benefits add up to, batch by batch: amounts by payer, and what there is to say of the stays."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from threading import Lock
from typing import Final

import polars as pl

from drg.reasons import counted, in_words

# The shares that the cost of a stay is made of.
PAYERS: Final = (
    *("basic_fund_yuan", "critical_illness_yuan", "medical_aid_yuan", "commercial_yuan"),
    "patient_share_yuan",
)
AMOUNTS: Final = ("total_cost_yuan", "in_policy_yuan", "outside_policy_yuan", *PAYERS)


class BenefitTally:
    """Counts and sums of stays; batches may come from several threads.

    Attributes:
        cases: how many stays.
        held: of which nothing can be said.
        reasons: how many stays have each, by code.
        sums: of the stays that have benefits, in yuan.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.held = 0
        self.reasons: Counter[str] = Counter()
        self.sums: dict[str, Decimal] = dict.fromkeys(AMOUNTS, Decimal(0))
        self._lock = Lock()

    def add(self, batch: pl.DataFrame) -> None:
        """Add a batch of results with the cost of the stays."""
        worked = batch.filter(pl.col("patient_share_yuan").is_not_null())
        sums = worked.select(AMOUNTS).sum().row(0, named=True)
        found = counted(batch["benefit_reason"].cast(pl.String))
        with self._lock:
            self.cases += batch.height
            self.held += batch.height - worked.height
            self.reasons += found
            for name, value in sums.items():
                self.sums[name] += value or Decimal(0)

    def told(self, language: str) -> list[tuple[str, int]]:
        """The reasons in words, the most frequent first."""
        return [(in_words(reason, language), count) for reason, count in self.reasons.most_common()]
