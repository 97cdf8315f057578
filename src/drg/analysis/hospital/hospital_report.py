"""What the report of a hospital's month holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from drg.analysis.hospital.month_figures import FIGURES
from drg.analysis.statement_account import Change
from drg.categories import CaseClass
from drg.records.short_table import ShortTable, name_and_value

# What the figures are told by: the name of the table, and its key.
BY: Final = {
    "department": ("department",),
    "doctor": ("doctor",),
    "group": ("drg", "drg_name"),
    "insurance": ("insurance_type",),
}
_IN_A_YEAR: Final = 12


@dataclass(frozen=True, repr=False)
class HospitalReport(ShortTable):
    """The month of a hospital; definitions are in ``docs/hospital-report.md``.

    Attributes:
        hospital: its id; empty if the cases name none.
        month: 2025-03.
        months: the figures of this month and of each earlier one that the files hold, by ``period``.
        tables: those of the month by ``department``, ``doctor``, ``group`` and ``insurance``, as far as the
            cases say them.
        cases: the cases of the month, each with what stands out of it and why it is in its group.
        checks: what the check of quality finds in their records: rule, severity, message, cases.
        notes: what was assumed, left out or not known, in both languages.
    """

    hospital: str
    month: str
    months: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    cases: pl.DataFrame
    checks: pl.DataFrame
    notes: pl.DataFrame

    @property
    def figures(self) -> dict[str, int | float | Decimal | None]:
        """The figures of the month by name."""
        row = self.months.row(-1, named=True)
        return {name: row[name] for name in FIGURES}

    def before(self, name: str, *, months: int) -> Decimal | None:
        """A figure of so many months before; None if it is not known."""
        return self._beside(name, months).before

    def change(self, name: str, *, months: int) -> Decimal | None:
        """The change of a figure as a share of that of so many months before: 1 (环比) or 12 (同比).

        None if one of the two is not known, or the earlier one is not above zero.
        """
        return self._beside(name, months).share

    def _beside(self, name: str, months: int) -> Change:
        number = int(self.month[:4]) * _IN_A_YEAR + int(self.month[5:]) - 1 - months
        period = f"{number // _IN_A_YEAR:04}-{number % _IN_A_YEAR + 1:02}"
        before = self.months.filter(pl.col("period") == period)
        return Change(_decimal(self.figures[name]), _decimal(before[name].item()) if before.height else None)

    @property
    def high(self) -> pl.DataFrame:
        """The high-cost cases (高倍率), the largest deficit first."""
        return self._of(pl.col("case_class") == CaseClass.HIGH.value)

    @property
    def low(self) -> pl.DataFrame:
        """The low-cost cases (低倍率), the largest surplus last."""
        return self._of(pl.col("case_class") == CaseClass.LOW.value)

    @property
    def low_risk_deaths(self) -> pl.DataFrame:
        """Deaths in groups of low risk."""
        return self._of(pl.col("died") & pl.col("low_risk"))

    @property
    def readmissions(self) -> pl.DataFrame:
        """Stays that are followed by a readmission."""
        return self._of(pl.col("readmitted"))

    @property
    def deficits(self) -> pl.DataFrame:
        """The cases that cost more than they are paid, the largest deficit first."""
        return self._of(pl.col("surplus_yuan") < 0)

    def _of(self, which: pl.Expr) -> pl.DataFrame:
        return self.cases.filter(which).sort("surplus_yuan", "place", nulls_last=True)

    def _short(self) -> tuple[str, pl.DataFrame]:
        names = ("cases", "grouping_rate", "cmi", "total_cost_yuan", "payment_yuan", "surplus_yuan")
        return (
            f"HospitalReport: {self.hospital} {self.month}",
            name_and_value({name: self.figures[name] for name in names}),
        )


def _decimal(value: float | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
