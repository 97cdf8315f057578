"""What a reconciliation gives: agreement, differences with their causes, and the money of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from drg.analysis.reconciliation.causes import Cause
from drg.analysis.reconciliation.compared import CAUSE, DIFFERENCE, Compared
from drg.analysis.reconciliation.sides import BUREAU, CODES, GROUPS, OURS
from drg.columns import ALL

_FEN: Final = 100
_MONEY: Final = pl.Decimal(18, 2)
_AMOUNTS: Final = (f"{OURS}yuan", f"{BUREAU}yuan", DIFFERENCE)


@dataclass(frozen=True)
class Reconciliation:
    """Our cases and the bureau's, set side by side.

    Attributes:
        amount: the column whose amounts are reconciled, such as ``payment_yuan``; None where a side has no
            amounts: groups are compared, and all amounts of money are null.
        agreement: for each ``measure`` how many cases both sides tell (``compared``), how many of them are
            the ``same`` and ``other``, of how many it is ``unknown``, and the share of the same.
        differences: every case that differs, with its ``cause``, by which version or scheme, what was
            changed, what both sides say, and the money: the bureau's amount less ours.
        matched_by: the columns of ours and of the bureau that held the ids; None: there were none in common.
        notes: what was assumed, ignored or not tried, in both languages.
        columns: what each column of the return was read as.
        rows: every case of both sides.
    """

    amount: str | None
    agreement: pl.DataFrame
    differences: pl.DataFrame
    matched_by: tuple[str, str] | None
    notes: pl.DataFrame
    columns: Mapping[str, str]
    rows: pl.DataFrame

    @cached_property
    def causes(self) -> pl.DataFrame:
        """Cases and money by cause and, beside it, by the version or scheme that explains them.

        ``same`` are cases that agree. The differences add up to that of ``totals``.
        """
        order = pl.Enum(["same", *map(str, Cause)])
        grouped = self.rows.with_columns(pl.col(CAUSE).fill_null("same").cast(order))
        return grouped.group_by(CAUSE, "by").agg(*self._sums).sort(CAUSE, "by", nulls_last=True)

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Cases of each side, matched and different ones, and the amounts of both sides in yuan."""
        sums = self.rows.select(self._sums).row(0, named=True)
        matched = pl.col("matched_by").is_not_null()
        counts = self.rows.select(
            ours_cases=pl.col(f"{OURS}place").is_not_null().sum(),
            bureau_cases=pl.col(f"{BUREAU}place").is_not_null().sum(),
            matched=matched.sum(),
            same=pl.col(CAUSE).is_null().sum(),
            different=pl.col(CAUSE).is_not_null().sum(),
        ).row(0, named=True)
        del sums["cases"]
        return counts | sums

    @cached_property
    def matches(self) -> dict[str, int]:
        """How many cases were matched in which way."""
        return dict(self.rows.drop_nulls("matched_by").group_by("matched_by").len().sort("matched_by").rows())

    @property
    def _sums(self) -> list[pl.Expr]:
        if self.amount is None:
            return [pl.len().alias("cases"), *(pl.lit(None, dtype=_MONEY).alias(name) for name in _AMOUNTS)]
        ours, bureau = (pl.col(f"{whose}{self.amount}").sum().cast(_MONEY) for whose in (OURS, BUREAU))
        fen = pl.col("difference_fen").sum()
        return [
            pl.len().alias("cases"),
            *(one.alias(name) for one, name in zip((ours, bureau), _AMOUNTS, strict=False)),
            _yuan(fen).alias(DIFFERENCE),
        ]

    def summary(self) -> dict[str, Any]:
        """All figures as plain values, for JSON; amounts as text."""
        return {
            "amount": self.amount,
            "totals": {name: _plain(value) for name, value in self.totals.items()},
            "matched_by": list(self.matched_by) if self.matched_by else None,
            "matches": self.matches,
            "agreement": self.agreement.to_dicts(),
            "causes": [{n: _plain(v) for n, v in row.items()} for row in self.causes.to_dicts()],
            "columns": dict(self.columns),
            "notes": self.notes.to_dicts(),
        }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _yuan(fen: pl.Expr) -> pl.Expr:
    return (fen.cast(_MONEY) / _FEN).cast(_MONEY)


def difference_list(rows: pl.DataFrame, compared: Compared) -> pl.DataFrame:
    """The cases that differ, by cause and then by money, in columns for people and programs.

    Args:
        rows: of ``Compared.table``, with their causes.
        compared: both sides.
    """

    def either(name: str) -> pl.Expr:
        there = [pl.col(f"{whose}{name}") for whose in (OURS, BUREAU) if f"{whose}{name}" in rows.columns]
        return pl.coalesce(there).alias(name) if there else pl.lit(None, ALL[name].dtype).alias(name)

    both = [f"{whose}{name}" for name in compared.names for whose in (OURS, BUREAU)]
    level = pl.coalesce(
        *(pl.when(compared.differs(name)).then(pl.lit(name)) for name in GROUPS), pl.lit(None, pl.String)
    )
    order = pl.Enum(list(map(str, Cause)))
    return (
        rows.with_columns(pl.col(CAUSE).cast(order))
        .sort(
            pl.col(CAUSE),
            pl.col("difference_fen").abs(),
            f"{OURS}place",
            f"{BUREAU}place",
            descending=[False, True, False, False],
            nulls_last=True,
        )
        .select(
            *(pl.col(name) if name in rows.columns else pl.lit(None, pl.String).alias(name) for name in _IDS),
            either("hospital_id"),
            either("discharge_date").dt.date(),
            "matched_by",
            CAUSE,
            "by",
            "confirmed",
            level.alias("group_level"),
            *(name for name in both if name in rows.columns),
            change=_change(rows),
            difference_yuan=_yuan(pl.col("difference_fen")),
        )
    )


_IDS: Final = (f"{OURS}case_id", f"{BUREAU}case_id", f"{OURS}row", f"{BUREAU}row")


def _change(rows: pl.DataFrame) -> pl.Expr:
    """What was changed: ``principal_diagnosis: J18.900 → J15.900; other_diagnoses: + E11.900 − I10.x00``."""
    parts = []
    for name in ALL:
        mine, theirs = f"{OURS}{name}", f"{BUREAU}{name}"
        if not {mine, theirs} <= {*rows.columns} or (name not in CODES and not _is_told(name)):
            continue
        told = pl.lit(f"{name}: ") + _told(name, pl.col(mine), pl.col(theirs))
        parts.append(pl.when(pl.col("changed").list.contains(name)).then(told))
    if not parts:
        return pl.lit(None, pl.String)
    return pl.concat_str(parts, separator="; ", ignore_nulls=True).replace("", None)


def _is_told(name: str) -> bool:
    return name not in ("case_id", "patient_id", "birth_date", *GROUPS)


def _told(name: str, mine: pl.Expr, theirs: pl.Expr) -> pl.Expr:
    if not isinstance(ALL[name].dtype, pl.List):
        texts = (one.cast(pl.String).fill_null("–") for one in (mine, theirs))
        return pl.concat_str(texts, separator=" → ")
    empty = pl.lit([], dtype=pl.List(pl.String))
    mine, theirs = mine.fill_null(empty), theirs.fill_null(empty)
    return pl.concat_str(
        [
            pl.when(codes.list.len() > 0).then(pl.lit(sign) + codes.list.sort().list.join(f" {sign}"))
            for sign, codes in (
                ("+ ", theirs.list.set_difference(mine)),
                ("− ", mine.list.set_difference(theirs)),
            )
        ],
        separator=" ",
        ignore_nulls=True,
    )
