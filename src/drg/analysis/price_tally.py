"""What many discharges are paid, added up batch by batch: by class, by department, by group."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from drg.columns import PRICE
from drg.payment import Pricer
from drg.payment.money import fen, yuan
from drg.payment.reasons import GROUPER_NOT_VALID, NOTES, OTHER_GROUPER, SCHEME_NOT_VALID, Reasons
from drg.payment.scheme_numbers import CLASSES, INSIDE

CLASS: Final = ("case_class",)
DEPARTMENT: Final = ("department",)
GROUP: Final = ("drg", "drg_name")
SUMS: Final = ("weight", "standard", "payment", "cost", "formula", "surplus")
# What every user must see.
_WARNED: Final = (SCHEME_NOT_VALID, GROUPER_NOT_VALID, OTHER_GROUPER)
# So many partial sums are kept before they are added up.
_MOST_PARTS: Final = 64


class PriceTally:
    """Sums of priced discharges; batches may arrive from several threads.

    Args:
        pricer: the scheme.
        keys: what to add up by, beside the case class: tuples of columns. Columns that are absent are empty.

    Attributes:
        cases: all rows.
        notes: rows by case class and bits of ``payment.reasons``, as far as something is said of them.
    """

    def __init__(self, pricer: Pricer, keys: Iterable[Sequence[str]] = ()) -> None:
        self.cases = 0
        self.notes: Counter[tuple[str, int]] = Counter()
        self._words = Reasons(pricer.loaded)
        self._parts: dict[tuple[str, ...], list[pl.DataFrame]] = {
            CLASS: [],
            **{tuple(key): [] for key in keys},
        }
        self._lock = threading.Lock()

    @property
    def reads(self) -> tuple[str, ...]:
        """The canonical columns of the cases that it looks at, beside those that pricing adds."""
        keys = (name for key in self._parts for name in key if name not in PRICE)
        return tuple(dict.fromkeys(("total_cost_yuan", *keys)))

    def add(self, batch: pl.DataFrame) -> None:
        """Add a batch of ``reads`` with the columns that pricing adds, and ``NOTES``."""
        cost = fen(batch, "total_cost_yuan")
        numbers = batch.select(
            "case_class",
            weight="relative_weight",
            standard=pl.when(pl.col("case_class").is_in(INSIDE)).then("standard_payment_yuan"),
            payment="payment_yuan",
            cost=yuan(cost, cost < 0),
            formula="surplus_formula_yuan",
            surplus="surplus_yuan",
        )
        parts = {key: _added(_with(numbers, batch, key), key) for key in self._parts}
        told = batch.select("case_class", NOTES).filter(pl.col(NOTES) != 0).group_by(pl.all()).len().rows()
        with self._lock:
            self.cases += batch.height
            for key, part in parts.items():
                self._parts[key].append(part)
                if len(self._parts[key]) > _MOST_PARTS:
                    self._parts[key] = [self._together(key)]
            self.notes.update({(name, notes): count for name, notes, count in told})

    def reasons(self, language: str) -> list[tuple[str, str, int]]:
        """Case class, reason in a language, and cases: class by class, the most frequent first."""
        order = {name: place for place, name in enumerate(CLASSES)}
        found = [
            (name, self._words.text(notes, language) or "", count)
            for (name, notes), count in self.notes.items()
        ]
        return sorted(found, key=lambda line: (order[line[0]], -line[2], line[1]))

    def warned(self, language: str) -> list[tuple[str, int]]:
        """What every user must see: scheme or version out of date, another version; and how many cases."""
        counts = {
            bit: sum(count for (_, notes), count in self.notes.items() if notes & bit) for bit in _WARNED
        }
        return [(self._words.phrase(bit, language), count) for bit, count in counts.items() if count]

    def by(self, key: Sequence[str]) -> pl.DataFrame:
        """The sums by a key.

        Returns:
            The columns of the key, ``cases``, ``weighted`` (cases that have a weight), and the sums:
            ``weight``, and in yuan ``standard`` (of the cases paid by their group), ``payment``, ``cost``,
            ``formula`` and ``surplus``. Sorted by the key; classes in their order.
        """
        with self._lock:
            found = self._together(tuple(key))
        if tuple(key) == CLASS:
            return found.sort(pl.col("case_class").cast(pl.Enum(CLASSES)))
        return found.sort(*key)

    def total(self) -> dict[str, Decimal]:
        """All classes together: ``cases``, ``weighted`` and the sums."""
        classes = self.by(CLASS)
        return {name: Decimal(classes[name].sum() or 0) for name in ("cases", "weighted", *SUMS)}

    def _together(self, key: tuple[str, ...]) -> pl.DataFrame:
        if not self._parts[key]:
            types = {name: pl.Decimal(38, 8 if name == "weight" else 2) for name in SUMS}
            counts = {"cases": pl.Int64, "weighted": pl.Int64}
            return pl.DataFrame(schema={**dict.fromkeys(key, pl.String), **counts, **types})
        sums = pl.col("cases", "weighted", *SUMS).sum()
        return pl.concat(self._parts[key]).group_by(*key).agg(sums)


def _with(numbers: pl.DataFrame, batch: pl.DataFrame, key: Iterable[str]) -> pl.DataFrame:
    missing = [name for name in key if name not in numbers.columns]
    return numbers.with_columns(
        (batch[name] if name in batch.columns else pl.lit(None, dtype=pl.String)).alias(name)
        for name in missing
    )


def _added(numbers: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    return numbers.group_by(*key).agg(
        pl.len().cast(pl.Int64).alias("cases"),
        pl.col("weight").count().cast(pl.Int64).alias("weighted"),
        *(pl.col(name).sum().cast(pl.Decimal(38, 8 if name == "weight" else 2)) for name in SUMS),
    )
