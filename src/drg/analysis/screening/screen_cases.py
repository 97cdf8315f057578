"""What supervision looks at of each case, in the types of the registry, with costs as whole fen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from drg.columns import ORDINARY
from drg.grouping.outcomes import GROUPED
from drg.records.cases import Cases
from drg.records.notes import PLACE, ROW, TABLE

_READ: Final = (
    *(
        "hospital_id",
        "hospital_level",
        "patient_id",
        "admission_date",
        "discharge_date",
        "los_days",
        "disposition",
    ),
    *("principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures"),
    *("mdc", "adrg", "drg", "severity", "grouping_status", "case_kind", "grouper", "relative_weight"),
    *("total_cost_yuan", "payment_yuan", "standard_payment_yuan"),
)
# What counts only of a case that is grouped.
_OF_GROUPED: Final = ("mdc", "adrg", "drg", "severity", "relative_weight")
_FEN: Final = 100


@dataclass(frozen=True, eq=False)
class ScreenCases:
    """The cases of a region or of a hospital.

    Attributes:
        origin: as they were given.
        rows: one row for each, in their order: ``place`` counted from 0, the columns of the registry, and
            ``cost``, ``paid``, ``standard`` and ``money`` in fen: what was paid, or the cost where the file
            has no payments.
        given: the columns that the file has.
    """

    origin: Cases
    rows: pl.DataFrame
    given: frozenset[str]

    @classmethod
    def of(cls, cases: Cases, own: Iterable[str] = ()) -> ScreenCases:
        """Read what is needed, and columns of the file's own that are there."""
        given = frozenset((*cases.binding.columns, *cases.own_columns))
        beside = [name for name in own if name in cases.own_columns]
        frame = cases.lazy(_READ, own=bool(beside)).select(*_READ, *beside)
        rows = cases.collect(frame)
        # Bed-day cases and others outside DRG are not held against the groups.
        ordinary = (pl.col("case_kind") == ORDINARY).fill_null(True)
        grouped = (pl.col("grouping_status") == GROUPED).fill_null(False) & ordinary
        amounts = (
            ("cost", "total_cost_yuan"),
            ("paid", "payment_yuan"),
            ("standard", "standard_payment_yuan"),
        )
        rows = rows.with_row_index("place").with_columns(
            *((pl.when(pl.col(n) >= 0).then(pl.col(n)) * _FEN).cast(pl.Int64).alias(a) for a, n in amounts),
            *(pl.when(grouped).then(pl.col(name)).alias(name) for name in _OF_GROUPED),
            pl.col("admission_date").dt.date().alias("admitted"),
            pl.col("discharge_date").dt.date().alias("discharged"),
        )
        stayed = (pl.col("discharged") - pl.col("admitted")).dt.total_days().cast(pl.Float64)
        money = "paid" if "payment_yuan" in given else "cost"
        rows = rows.with_columns(
            pl.coalesce("los_days", pl.when(stayed >= 0).then(stayed)).alias("los_days"),
            pl.col(money).alias("money"),
        )
        return cls(cases, rows, given)

    @property
    def is_priced(self) -> bool:
        """Whether money is what was paid; else it is the cost."""
        return "payment_yuan" in self.given

    @cached_property
    def groups(self) -> pl.DataFrame:
        """Of each group its cases with a cost, and their mean cost, cost a day and money, in fen."""
        days = pl.col("los_days").filter(pl.col("cost").is_not_null()).clip(1)
        costs = self.rows.filter(pl.col("drg").is_not_null() & pl.col("cost").is_not_null())
        return costs.group_by("drg").agg(
            pl.len().alias("group_cases"),
            pl.col("cost").mean().alias("group_cost"),
            (pl.col("cost").sum() / days.sum()).alias("group_day_cost"),
            pl.col("money").mean().alias("group_money"),
        )

    @cached_property
    def compared(self) -> pl.DataFrame:
        """The rows with what is usual in their groups, and how dear their hospital is for its groups."""
        rows = self.rows.join(self.groups, on="drg", how="left", maintain_order="left")
        usual = pl.col("group_cost").filter(pl.col("cost").is_not_null())
        level = (pl.col("cost").filter(pl.col("group_cost").is_not_null()).sum() / usual.sum()).over(
            "hospital_id"
        )
        return rows.with_columns(level.alias("cost_level"))

    def lacking(self, needs: Iterable[str]) -> tuple[str, ...]:
        """The columns that the file does not have."""
        there = self.given | ({"los_days"} if {"admission_date", "discharge_date"} <= self.given else set())
        return tuple(name for name in needs if name not in there)

    def judged(self, needs: Iterable[str]) -> pl.Series:
        """[cases] whether each has all that a rule needs."""
        known = pl.all_horizontal(pl.lit(True), *(pl.col(name).is_not_null() for name in needs))
        return self.rows.select(known.alias("judged")).to_series()

    def placed(self, places: pl.Series) -> pl.DataFrame:
        """File, sheet, row and case id of some rows."""
        cases = self.origin
        there = cases.rows.collect_schema().names()
        names = [name for name in (TABLE, ROW) if name in there]
        names += [name for name in cases.binding.read_for(["case_id"]) if name in there]
        batch = cases.collect(cases.rows.select(names).with_row_index(PLACE))
        return cases.placed(batch, places)
