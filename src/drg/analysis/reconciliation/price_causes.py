"""Why the price of a case is another one though its group is the same: rules played again, then numbers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from drg.analysis.reconciliation.causes import Cause
from drg.analysis.reconciliation.compared import Compared
from drg.analysis.reconciliation.group_causes import SCHEMA
from drg.analysis.reconciliation.replay import Pricing, with_fields_of
from drg.analysis.reconciliation.sides import (
    BUREAU,
    CLASS,
    COEFFICIENT,
    OF_PRICE,
    OURS,
    PLACE,
    STANDARD,
    WEIGHT,
    whole_numbers,
)
from drg.categories import CaseClass
from drg.payment import Pricer

_COST = "total_cost_yuan"
_NO = pl.lit(value=False)
# What a replayed price must have in common with the bureau's, as far as it says so.
_REPLAYED = (WEIGHT, STANDARD, CLASS)


@dataclass
class PriceCauses:
    """The first cause of every case whose group is the same and whose price is not.

    Attributes:
        compared: both sides.
        own: the schemes of our prices.
        others: schemes to try.
    """

    compared: Compared
    own: list[Pricer]
    others: list[Pricer]

    def find(self) -> pl.DataFrame:
        """As ``GroupCauses.find``; ``by`` which scheme."""
        compared = self.compared
        rows = compared.table.filter(compared.any_differs & ~compared.group_differs)
        if rows.is_empty():
            return pl.DataFrame(schema=SCHEMA)
        rows = rows.with_columns(
            by_record=pl.lit(None, pl.List(pl.String)), by_readmission=_NO, by_scheme=pl.lit(None, pl.String)
        )
        for pricer in self.own:
            pricing = Pricing.of(pricer, compared.ours)
            if pricing is not None:
                rows = self._replayed(rows, pricer.id, pricing)
        for pricer in self.others:
            pricing = Pricing.of(pricer, compared.ours)
            if pricing is not None:
                hit = self._explains(rows, pricing.prices())
                is_it = pl.col("by_scheme").is_null() & hit
                by = pl.when(is_it).then(pl.lit(pricer.id)).otherwise("by_scheme")
                rows = rows.with_columns(by_scheme=by)
        return self._judged(rows)

    def _replayed(self, rows: pl.DataFrame, scheme: str, pricing: Pricing) -> pl.DataFrame:
        """Whether our scheme makes the bureau's price with its fields, or with other readmissions."""
        mine = pl.col(f"{OURS}scheme") == scheme
        names = [name for name in OF_PRICE if name in self.compared.bureau.has & {*pricing.batch.columns}]
        if names:
            theirs = pl.DataFrame(
                {f"{OURS}{PLACE}": pl.int_range(pricing.batch.height, dtype=pl.UInt32, eager=True)}
            )
            returned = rows.select(
                f"{OURS}{PLACE}", *(pl.col(f"{BUREAU}{name}").alias(name) for name in names)
            )
            theirs = theirs.join(returned, on=f"{OURS}{PLACE}", how="left", maintain_order="left")
            changed = with_fields_of(pricing.batch, theirs.drop(f"{OURS}{PLACE}"), names)
            fields = changed.select("changed").with_row_index(f"{OURS}{PLACE}")
            rows = rows.join(fields, on=f"{OURS}{PLACE}", how="left", maintain_order="left")
            hit = mine & self._explains(rows, pricing.prices(changed.drop("changed")))
            by = pl.when(hit & (pl.col("changed").list.len() > 0)).then("changed").otherwise("by_record")
            rows = rows.with_columns(by_record=by).drop("changed")
        for batch in pricing.readmission:
            hit = mine & self._explains(rows, pricing.prices(batch))
            rows = rows.with_columns(by_readmission=pl.col("by_readmission") | hit)
        return rows

    def _explains(self, rows: pl.DataFrame, prices: pl.DataFrame) -> pl.Series:
        """Whether prices are those of the bureau, as far as it says, and not ours."""
        compared = self.compared
        names = [name for name in dict.fromkeys((*_REPLAYED, compared.amount)) if name in compared.names]
        played = prices.select(
            pl.col(PLACE).alias(f"{OURS}{PLACE}"),
            *(
                pl.col(name).cast(pl.String if name == CLASS else prices[name].dtype).alias(f"played_{name}")
                for name in names
            ),
        )
        joined = rows.join(played, on=f"{OURS}{PLACE}", how="left", maintain_order="left")
        same, ours = pl.lit(value=True), pl.lit(value=True)
        for name in names:
            mine, theirs = compared.both(name)
            again = pl.col(f"played_{name}")
            if name in compared.precision:
                again = whole_numbers(f"played_{name}", name)
                is_same = (again - theirs).abs() <= compared.precision[name]
            else:
                is_same = again == theirs
            same &= theirs.is_null() | is_same.fill_null(value=False)
            ours &= again.eq_missing(mine)
        theirs_known = pl.lit(value=True)
        if compared.amount is not None:
            theirs_known = compared.both(compared.amount)[1].is_not_null()
        return joined.select((same & ~ours & theirs_known).alias("hit"))["hit"]

    def _judged(self, rows: pl.DataFrame) -> pl.DataFrame:
        compared = self.compared
        special = _NO
        if CLASS in compared.names:
            either = [side == str(CaseClass.SPECIAL) for side in compared.both(CLASS)]
            special = compared.differs(CLASS) & (either[0] | either[1])
        standard = compared.differs(STANDARD, fen=1)
        others = compared.differs(WEIGHT) | compared.differs(COEFFICIENT) | standard | compared.differs(CLASS)
        steps = (
            (Cause.AMOUNT_MISSING, compared.amount_missing & ~others),
            (Cause.SPECIAL, special),
            (Cause.ROUNDING, (~others & self._is_near) | self._weight_rounded),
            (Cause.RECORD_CHANGED, pl.col("by_record").is_not_null()),
            (Cause.READMISSION, pl.col("by_readmission")),
            (Cause.OTHER_SCHEME, pl.col("by_scheme").is_not_null()),
            (Cause.OTHER_WEIGHT, compared.differs(WEIGHT)),
            (Cause.OTHER_COEFFICIENT, compared.differs(COEFFICIENT)),
            (Cause.OTHER_RATE, standard),
            (Cause.RECORD_CHANGED, self._cost_differs),
            (Cause.OTHER_CLASS, compared.differs(CLASS) | self._paid_as_another_class),
            (Cause.AMOUNT_MISSING, compared.amount_missing),
        )
        cause = pl.lit(str(Cause.AMOUNT_UNEXPLAINED))
        for name, holds in reversed(steps):
            cause = pl.when(holds).then(pl.lit(str(name))).otherwise(cause)
        played = [str(one) for one in (Cause.RECORD_CHANGED, Cause.READMISSION, Cause.OTHER_SCHEME)]
        return rows.with_columns(cause=cause).select(
            f"{OURS}{PLACE}",
            "cause",
            by=pl.when(pl.col("cause") == str(Cause.OTHER_SCHEME)).then("by_scheme"),
            changed=pl.when(pl.col("cause") == str(Cause.RECORD_CHANGED)).then(
                pl.col("by_record").fill_null(pl.lit([_COST]))
            ),
            confirmed=pl.when(pl.col("cause").is_in(played)).then(
                (pl.col("cause") != str(Cause.RECORD_CHANGED)) | pl.col("by_record").is_not_null()
            ),
        )

    @property
    def _is_near(self) -> pl.Expr:
        """Whether amounts differ by a fen, or by the decimals that the bureau's column lacks."""
        compared = self.compared
        if compared.amount is None:
            return _NO
        mine, theirs = compared.both(compared.amount)
        allowed = max(1, compared.precision[compared.amount])
        return ((mine - theirs).abs() <= allowed).fill_null(value=False)

    @property
    def _weight_rounded(self) -> pl.Expr:
        """Whether the standard is that of the weight as the bureau rounds it."""
        compared = self.compared
        if not {WEIGHT, STANDARD} <= {*compared.names} or not compared.precision[WEIGHT]:
            return _NO
        (mine, theirs), (ours, bureau) = compared.both(WEIGHT), compared.both(STANDARD)
        expected = ours * theirs / mine
        rounded = (mine != theirs) & ~compared.differs(WEIGHT) & ~compared.differs(CLASS)
        return (rounded & ((expected - bureau).abs() <= 1)).fill_null(value=False)

    @property
    def _cost_differs(self) -> pl.Expr:
        """Whether the bureau has another cost, on which a payment may depend."""
        if _COST not in self.compared.ours.has & self.compared.bureau.has:
            return _NO
        mine, theirs = self.compared.both(_COST)
        return (mine != theirs).fill_null(value=False)

    @property
    def _paid_as_another_class(self) -> pl.Expr:
        """Without a class of the bureau: whether it pays the standard, or the cost."""
        compared = self.compared
        if CLASS in compared.names or compared.amount in (None, STANDARD):
            return _NO
        theirs = compared.both(compared.amount)[1]
        there = [name for name in (STANDARD, _COST) if name in compared.ours.has]
        paid = [whole_numbers(f"{OURS}{name}", name) == theirs for name in there]
        return pl.any_horizontal(_NO, *paid).fill_null(value=False)
