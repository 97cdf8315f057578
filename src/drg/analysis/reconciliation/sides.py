"""The two sides of a reconciliation: our cases and the bureau's, in columns that compare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from drg.columns import ALL, INPUT
from drg.grouping.outcomes import UNGROUPED_DRG
from drg.records.binding import cleaned
from drg.records.cases import FIRST_ROW, Cases
from drg.records.notes import ROW

# The row of a side, counted from 0.
PLACE: Final = "place"
# Before the name of a column: whose it is.
OURS: Final = "ours_"
BUREAU: Final = "bureau_"

GROUPS: Final = ("mdc", "adrg", "drg")
WEIGHT: Final = "relative_weight"
COEFFICIENT: Final = "coefficient"
STANDARD: Final = "standard_payment_yuan"
CLASS: Final = "case_class"
# The amounts of which the first that both sides have is reconciled.
AMOUNTS: Final = ("payment_yuan", "fund_payment_yuan", STANDARD)
# What is compared, in the order in which one follows from another.
COMPARED: Final = (*GROUPS, WEIGHT, COEFFICIENT, STANDARD, CLASS, *AMOUNTS[:2])
CODES: Final = ("principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures")
# What decides the group beside the codes, and what decides the price beside the group.
OF_GROUP: Final = tuple(name for name in INPUT if name not in ("case_id", "department", *CODES))
OF_PRICE: Final = (
    *("insurance_type", "hospital_level", "total_cost_yuan", "excluded_items_yuan", "los_days"),
    *("case_kind", "incomplete"),
)
KEYS: Final = ("case_id", "patient_id", "hospital_id", "admission_date", "discharge_date")

_NOT_GROUPED: Final = ("", "000", "00", "0", "未入组", "无法入组", "未分组", "入组失败", "无")
_READ: Final = tuple(
    dict.fromkeys((*KEYS, *COMPARED, "drg_name", "grouper", "scheme", *CODES, *OF_GROUP, *OF_PRICE))
)


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        cases: as they were given.
        ids: the columns, as they were given, that may identify a stay.
    """

    cases: Cases
    ids: tuple[str, ...]

    @cached_property
    def has(self) -> frozenset[str]:
        """The canonical columns that it has."""
        return frozenset(self.cases.binding.columns)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """What is compared of every case, with its row; ``id:`` before the columns of ``ids``."""
        names = [name for name in _READ if name in self.has]
        read = self.cases.collect(self.cases.lazy(names))
        has_rows = ROW in self.cases.rows.collect_schema()
        row = pl.col(ROW) if has_rows else pl.int_range(FIRST_ROW, pl.len() + FIRST_ROW, dtype=pl.UInt32)
        others = [row.alias("row"), *map(_id, self.ids)]
        ids = self.cases.collect(self.cases.rows.select(others))
        if "case_id" in self.has:
            ids = ids.with_columns(read["case_id"].alias("id:"))
        whole = pl.concat([read, ids], how="horizontal").with_row_index(PLACE)
        return whole.with_columns(self._groups())

    def _groups(self) -> list[pl.Expr]:
        """Groups in the form in which they compare; of a DRG alone those above it by its first signs."""
        made = [_group(name).alias(name) for name in GROUPS if name in self.has]
        if "mdc" in self.has:
            made[0] = made[0].str.replace("^MDC", "")
        return made

    def level(self, name: str, *, derived: bool) -> pl.Expr:
        """The group at a level: as the side says, or by the first signs of the DRG."""
        if not derived:
            return pl.col(name)
        drg = pl.col("drg")
        signs = {"mdc": 1, "adrg": 3}.get(name, 6)
        return pl.when(drg == UNGROUPED_DRG).then(drg).otherwise(drg.str.head(signs))


def _id(name: str) -> pl.Expr:
    """An identifier as it compares; a spreadsheet may have made a number of it."""
    return cleaned(name).str.normalize("NFKC").str.replace(r"^(\d+)\.0+$", "$1").alias(f"id:{name}")


def _group(name: str) -> pl.Expr:
    """A group without its name, in capitals; cases of no group have that of cases that are in none."""
    text = pl.col(name).str.normalize("NFKC").str.strip_chars().str.to_uppercase()
    code = pl.coalesce(text.str.extract(r"^([A-Z0-9]{3,})"), text)
    code = pl.when(text.is_in(_NOT_GROUPED)).then(None).otherwise(code)
    return code.fill_null(UNGROUPED_DRG)


def decimals(values: pl.Series) -> int:
    """How many decimals the values of a column have at the most."""
    scale = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    whole = (values.drop_nulls() * 10**scale).cast(pl.Int64)
    for less in range(scale, 0, -1):
        if (whole % 10**less == 0).all():
            return scale - less
    return scale


def whole_numbers(name: str, column: str) -> pl.Expr:
    """A column of decimals as whole numbers of its last decimal: amounts in fen."""
    dtype = ALL[column].dtype
    scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
    number: pl.Expr = pl.col(name) * 10**scale
    return number.cast(pl.Int64)
