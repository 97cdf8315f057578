"""What a change of scheme does to whom: the same cases priced by two schemes, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.analysis.calibration.estimate import half_up
from drg.analysis.price_tally import CLASS, GROUP, PriceTally
from drg.columns import PRICE
from drg.errors import InputError
from drg.payment import Pricer
from drg.payment.load_scheme import LoadedScheme
from drg.payment.marks import MARKS
from drg.records.cases import Cases
from drg.records.short_table import ShortTable
from drg.words import Sentence

HOSPITAL: Final = ("hospital_id",)
DEPARTMENT: Final = ("hospital_id", "department")
GAINS: Final = "gains"
LOSES: Final = "loses"
UNCHANGED: Final = "unchanged"

_OLD: Final = "__old"
_YUAN: Final = pl.Decimal(38, 2)
_PERCENT: Final = pl.Decimal(38, 2)


_WARNED: Final = {
    "en": "{id}: {count:,} of {cases:,} cases: {text}",
    "zh": "{id}：{count:,}/{cases:,} 例：{text}",
}


@dataclass(frozen=True, repr=False)
class WhatIf(ShortTable):
    """Payments of the same cases by two schemes.

    Attributes:
        old, new: the ids of the schemes.
        total: one row.
        hospitals, departments, groups, classes: one row per hospital; hospital and department; group; case
            class. All have their keys and ``cases``, ``cost_yuan``, ``weight_old``, ``weight_new`` (Σ of the
            relative weights), ``payment_old_yuan``, ``payment_new_yuan``, ``difference_yuan`` (new less old),
            ``difference_percent`` (of the old; null if that is 0) and ``outcome`` (``gains``, ``loses``,
            ``unchanged``); those who gain most are first. A case can be of another class by the new scheme:
            ``classes`` has ``cases_old`` and ``cases_new`` instead of ``cases``, and no cost or weight.
        warnings, warnings_zh: what either scheme says of cases that it is not made for, with their number.
    """

    old: str
    new: str
    total: pl.DataFrame
    hospitals: pl.DataFrame
    departments: pl.DataFrame
    groups: pl.DataFrame
    classes: pl.DataFrame
    warnings: tuple[str, ...]
    warnings_zh: tuple[str, ...]

    def _short(self) -> tuple[str, pl.DataFrame]:
        columns = ("hospital_id", "cases", "payment_old_yuan", "payment_new_yuan", "difference_yuan")
        return f"WhatIf: {self.new} instead of {self.old}", self.hospitals.select(columns)


def what_if(
    frame: Any,
    old: str | Path | LoadedScheme | Pricer,
    new: str | Path | LoadedScheme | Pricer,
    *,
    on_batch: Callable[[int], None] | None = None,
) -> WhatIf:
    """Price the same cases by two schemes of one grouper version, and see who gains and who loses.

    Args:
        frame: grouped discharges of any kind, with what either scheme asks for; what they were paid is not
            looked at. A LazyFrame is read batch by batch.
        old: the scheme that is; an id, a directory or a loaded one.
        new: the scheme that may be.
        on_batch: is told how many cases each batch has.

    Raises:
        MissingColumnError: if a column that a scheme needs is absent.
        InputError: if the schemes are for different versions.
        UnknownSchemeError, SchemeError: if a scheme cannot be used.
    """
    before, after = (one if isinstance(one, Pricer) else Pricer(one) for one in (old, new))
    if before.scheme.grouper != after.scheme.grouper:
        problem = Sentence(
            "{first} pays for groups of {grouper}, {second} for groups of {other}: the same cases have "
            "other groups there",
            first=before.id,
            grouper=before.scheme.grouper,
            second=after.id,
            other=after.scheme.grouper,
        )
        raise InputError(problem, fix=Sentence("Compare two versions with: drg compare … --schemes"))
    cases = Cases.of(frame)
    names = [name for name in cases.binding.columns if name not in PRICE]
    for pricer in (before, after):
        pricer.check_columns(names)
    keys = (HOSPITAL, DEPARTMENT, GROUP)
    tallies = PriceTally(keys), PriceTally(keys)

    reads = {*tallies[0].reads, *before.reads, *after.reads}

    def step(batch: pl.DataFrame) -> pl.DataFrame:
        cells = cases.read(batch, reads)
        of_new = batch.select(mark for mark in MARKS if mark in batch.columns)
        of_old = batch.select(
            pl.col(f"{mark}{_OLD}").alias(mark) for mark in MARKS if f"{mark}{_OLD}" in batch
        )
        for pricer, tally, marks in ((before, tallies[0], of_old), (after, tallies[1], of_new)):
            tally.add(cells.hstack(pricer.price_batch(cells.hstack(marks))))
        if on_batch is not None:
            on_batch(batch.height)
        return pl.DataFrame(schema={"done": pl.Null})

    marks_of_old = [mark.name.suffix(_OLD) for mark in before.marks(cases)]
    cases.rows.with_columns(*marks_of_old, *after.marks(cases)).map_batches(
        step, schema={"done": pl.Null}, streamable=True, projection_pushdown=False, predicate_pushdown=False
    ).collect(engine="streaming")
    return _result(before, after, *tallies)


def _result(before: Pricer, after: Pricer, old: PriceTally, new: PriceTally) -> WhatIf:
    found = {key: _joined(old.by(key), new.by(key), key) for key in (HOSPITAL, DEPARTMENT, GROUP)}
    sums = pl.col("cases", "weight", "cost", "payment").sum()
    total_old, total_new = (tally.by(CLASS).select(pl.lit("all").alias("all"), sums) for tally in (old, new))
    said, said_zh = (
        tuple(
            form.format(id=pricer.id, count=count, cases=tally.cases, text=text)
            for pricer, tally in ((before, old), (after, new))
            for text, count in tally.warned(language)
        )
        for language, form in _WARNED.items()
    )
    return WhatIf(
        before.id,
        after.id,
        _joined(total_old, total_new, ("all",)).drop("all"),
        found[HOSPITAL],
        found[DEPARTMENT],
        found[GROUP],
        _classes(old.by(CLASS), new.by(CLASS)),
        said,
        said_zh,
    )


def _joined(old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    both = old.join(new, on=key, how="inner", nulls_equal=True, suffix="_new", validate="1:1")
    rows = both.select(
        *key,
        "cases",
        cost_yuan="cost",
        weight_old="weight",
        weight_new="weight_new",
        payment_old_yuan="payment",
        payment_new_yuan="payment_new",
    )
    return _with_difference(rows).sort("difference_yuan", *key, descending=[True, *(False for _ in key)])


def _classes(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    sides = [
        part.select("case_class", pl.col("cases", "payment").name.suffix(f"_{name}"))
        for name, part in (("old", old), ("new", new))
    ]
    both = sides[0].join(sides[1], on="case_class", how="full", coalesce=True, maintain_order="left_right")
    both = both.rename({f"payment_{name}": f"payment_{name}_yuan" for name in ("old", "new")})
    rows = both.select("case_class", "cases_old", "cases_new", "payment_old_yuan", "payment_new_yuan")
    return _with_difference(rows.fill_null(0))


def _with_difference(rows: pl.DataFrame) -> pl.DataFrame:
    found = rows.with_columns(difference_yuan=pl.col("payment_new_yuan") - pl.col("payment_old_yuan"))
    pairs = found.select("difference_yuan", "payment_old_yuan").iter_rows()
    percent = pl.Series([_percent(difference, old) for difference, old in pairs], dtype=_PERCENT)
    change = pl.col("difference_yuan")
    outcome = pl.when(change > 0).then(pl.lit(GAINS)).when(change < 0).then(pl.lit(LOSES))
    return found.with_columns(
        percent.alias("difference_percent"), outcome.otherwise(pl.lit(UNCHANGED)).alias("outcome")
    )


def _percent(difference: Decimal, old: Decimal) -> Decimal | None:
    if not old:
        return None
    size = half_up(abs(Fraction(difference) * 100 / Fraction(old)), 2)
    return size.copy_sign(difference) if size else size
