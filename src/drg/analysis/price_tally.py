"""What many discharges are paid, added up batch by batch: by class, by department, by group."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from drg.categories import CaseClass
from drg.columns import ALL, PRICE
from drg.payment.money import fen, yuan
from drg.payment.scheme_numbers import CLASSES, INSIDE
from drg.reasons import BETWEEN, code_of, in_words, reasons

CLASS: Final = ("case_class",)
DEPARTMENT: Final = ("department",)
GROUP: Final = ("drg", "drg_name")
STATUS: Final = "grouping_status"
SUMS: Final = ("weight", "standard", "payment", "cost", "formula", "surplus")
# Cases of these classes are paid nothing yet, and have no surplus.
NOT_PRICED: Final = (CaseClass.INVALID.value, CaseClass.UNPRICED.value)
# What every user must see.
_WARNED: Final = ("scheme_not_in_force", "grouper_not_in_force", "other_grouper")
# So many partial sums are kept before they are added up.
_MOST_PARTS: Final = 64


class PriceTally:
    """Sums of priced discharges; batches may arrive from several threads.

    Args:
        keys: what to add up by, beside the case class: tuples of columns. Columns that are absent are empty.

    Attributes:
        cases: all rows.
        statuses: rows by grouping status, as far as it is given.
        coded: rows by case class and reasons as codes, as far as there is something to say of them.
    """

    def __init__(self, keys: Iterable[Sequence[str]] = ()) -> None:
        self.cases = 0
        self.statuses: Counter[str] = Counter()
        self.coded: Counter[tuple[str, str]] = Counter()
        self._parts: dict[tuple[str, ...], list[pl.DataFrame]] = {
            CLASS: [],
            **{tuple(key): [] for key in keys},
        }
        self._lock = threading.Lock()

    @property
    def reads(self) -> tuple[str, ...]:
        """The canonical columns of the cases that it looks at, beside those that pricing adds."""
        keys = (name for key in self._parts for name in key if name not in PRICE)
        return tuple(dict.fromkeys(("total_cost_yuan", STATUS, *keys)))

    def add(self, batch: pl.DataFrame) -> None:
        """Add a batch of ``reads`` with the columns that pricing adds, reasons as codes."""
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
        told = batch.select("case_class", "pricing_reason").drop_nulls().group_by(pl.all()).len().rows()
        statuses = dict(batch.group_by(STATUS).len().rows()) if STATUS in batch.columns else {}
        with self._lock:
            self.cases += batch.height
            self.statuses.update(statuses)
            for key, part in parts.items():
                self._parts[key].append(part)
                if len(self._parts[key]) > _MOST_PARTS:
                    self._parts[key] = [self._together(key)]
            self.coded.update({(name, text): count for name, text, count in told})

    def reasons(self, language: str) -> list[tuple[str, str, int]]:
        """Case class, reason in a language, and cases: class by class, the most frequent first."""
        order = {name: place for place, name in enumerate(CLASSES)}
        found = [(name, in_words(text, language), count) for (name, text), count in self.coded.items()]
        return sorted(found, key=lambda line: (order[line[0]], -line[2], line[1]))

    def warned(self, language: str) -> list[tuple[str, int]]:
        """What every user must see: scheme or version out of date, another version; and how many cases."""
        counts: Counter[str] = Counter()
        for (_, text), count in self.coded.items():
            counts.update(dict.fromkeys(text.split(BETWEEN), count))
        warned = [reasons()[name].code for name in _WARNED]
        found = sorted((warned.index(code_of(part)), part) for part in counts if code_of(part) in warned)
        return [(in_words(part, language), counts[part]) for _, part in found]

    def by(self, key: Sequence[str]) -> pl.DataFrame:
        """The sums by a key.

        Returns:
            The columns of the key, ``cases``, ``weighted`` (cases that have a weight), and the sums:
            ``weight``, and in yuan ``standard`` (of the cases paid by their group), ``payment``, ``cost``,
            ``formula`` and ``surplus``. Sorted by the key; classes in their order.
        """
        with self._lock:
            found = self._together(tuple(key))
        return found.sort(*key)

    @property
    def classes(self) -> dict[str, int]:
        """Rows by case class."""
        return dict(self.by(CLASS).select(*CLASS, "cases").rows())

    def total(self) -> dict[str, Decimal]:
        """All classes together: ``cases``, ``weighted``, the sums, and ``priced_cost``.

        The surplus is that of the cases that are priced: what they are paid less this cost of theirs.
        """
        classes = self.by(CLASS)
        total = {name: Decimal(classes[name].sum() or 0) for name in ("cases", "weighted", *SUMS)}
        priced = classes.filter(~pl.col("case_class").is_in(NOT_PRICED))
        return total | {"priced_cost": Decimal(priced["cost"].sum() or 0)}

    def _together(self, key: tuple[str, ...]) -> pl.DataFrame:
        if not self._parts[key]:
            types = {name: pl.Decimal(38, 8 if name == "weight" else 2) for name in SUMS}
            counts = {"cases": pl.Int64, "weighted": pl.Int64}
            return pl.DataFrame(schema={**{name: ALL[name].dtype for name in key}, **counts, **types})
        sums = pl.col("cases", "weighted", *SUMS).sum()
        return pl.concat(self._parts[key]).group_by(*key).agg(sums)


def _with(numbers: pl.DataFrame, batch: pl.DataFrame, key: Iterable[str]) -> pl.DataFrame:
    missing = [name for name in key if name not in numbers.columns]
    return numbers.with_columns(
        (batch[name] if name in batch.columns else pl.lit(None, dtype=ALL[name].dtype)).alias(name)
        for name in missing
    )


def _added(numbers: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    return numbers.group_by(*key).agg(
        pl.len().cast(pl.Int64).alias("cases"),
        pl.col("weight").count().cast(pl.Int64).alias("weighted"),
        *(pl.col(name).sum().cast(pl.Decimal(38, 8 if name == "weight" else 2)) for name in SUMS),
    )
