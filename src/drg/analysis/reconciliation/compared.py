"""Every case of both sides in one table, and what agrees of those that are matched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from drg.analysis.reconciliation.causes import Cause
from drg.analysis.reconciliation.matching import Matches
from drg.analysis.reconciliation.sides import (
    AMOUNTS,
    BUREAU,
    CLASS,
    COMPARED,
    GROUPS,
    OURS,
    PLACE,
    Side,
    decimals,
    whole_numbers,
)
from drg.columns import ALL
from drg.errors import InputError
from drg.words import Joined, Sentence

CAUSE: Final = "cause"
DIFFERENCE: Final = "difference_yuan"
_MATCHED: Final = pl.col(CAUSE).is_null()


@dataclass(frozen=True)
class Compared:
    """Both sides, case by case.

    Attributes:
        ours, bureau: the sides.
        matches: which cases belong together.
    """

    ours: Side
    bureau: Side
    matches: Matches

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What both sides have, of what is compared; groups that a side lacks follow from the DRG."""
        both = self.ours.has & self.bureau.has
        grouped = "drg" in both
        return tuple(name for name in COMPARED if name in both or (grouped and name in GROUPS))

    @cached_property
    def amount(self) -> str | None:
        """The amount that is reconciled; None where a side has none, as in the feedback of a pre-grouping.

        Raises:
            InputError: there is neither an amount nor a group on both sides.
        """
        found = next((name for name in AMOUNTS if name in self.names and not self.without(name)), None)
        if found is None and not {*self.names} & {*GROUPS}:
            labels = Joined(", ", (ALL[name].label for name in ("drg", *AMOUNTS)))
            lacking = (
                Sentence("our file") if not self.ours.has & {*GROUPS, *AMOUNTS} else Sentence("the return")
            )
            raise InputError(
                Sentence("no group or amount of {who} can be compared: {names}", who=lacking, names=labels),
                fix=Sentence(
                    "Group and price our file first; where the return calls its groups and amounts "
                    "otherwise, give a layout that reads them (--layout)"
                ),
            )
        return found

    def without(self, name: str) -> list[Side]:
        """The sides that lack a column, or have nothing in it."""
        return [
            side
            for side in (self.ours, self.bureau)
            if name not in side.has or (side.frame.height and side.frame[name].count() == 0)
        ]

    @cached_property
    def precision(self) -> dict[str, int]:
        """How far a number of ours may be from the bureau's, whose column has fewer decimals, in its last."""
        found = {}
        for name in self.names:
            dtype = ALL[name].dtype
            if isinstance(dtype, pl.Decimal):
                mine, theirs = (decimals(side.frame[name]) for side in (self.ours, self.bureau))
                found[name] = 10 ** (dtype.scale - theirs) // 2 if theirs < mine else 0
        return found

    @cached_property
    def table(self) -> pl.DataFrame:
        """Every case of both sides: matched, missing on a side or in doubt (``cause``)."""
        mine, theirs = self._side(self.ours, OURS), self._side(self.bureau, BUREAU)
        pairs = self.matches.pairs
        both = pairs.join(mine, on=f"{OURS}{PLACE}").join(theirs, on=f"{BUREAU}{PLACE}")
        left = mine.join(pairs, on=f"{OURS}{PLACE}", how="anti")
        right = theirs.join(pairs, on=f"{BUREAU}{PLACE}", how="anti")
        cause = pl.lit(None, dtype=pl.String).alias(CAUSE)
        whole = pl.concat(
            [
                both.with_columns(cause),
                _alone(left, OURS, self.matches.ours_in_doubt, Cause.MISSING_IN_BUREAU),
                _alone(right, BUREAU, self.matches.bureau_in_doubt, Cause.MISSING_IN_OURS),
            ],
            how="diagonal",
        ).sort(f"{OURS}{PLACE}", f"{BUREAU}{PLACE}", nulls_last=True)
        if self.amount is None:
            return whole.with_columns(difference_fen=pl.lit(None, dtype=pl.Int64))
        money = [whole_numbers(f"{whose}{self.amount}", self.amount).fill_null(0) for whose in (OURS, BUREAU)]
        return whole.with_columns((money[1] - money[0]).alias("difference_fen"))

    def _side(self, side: Side, whose: str) -> pl.DataFrame:
        frame = side.frame
        grouped = "drg" in self.names
        groups = [
            side.level(name, derived=not {name} <= self.ours.has & self.bureau.has).alias(name)
            for name in (GROUPS[:2] if grouped else ())
        ]
        frame = frame.with_columns(groups)
        ids = self.matches.ids
        if ids is not None:
            frame = frame.with_columns(pl.col(f"id:{ids[whose == BUREAU]}").alias("case_id"))
        names = [name for name in frame.columns if not name.startswith("id:")]
        if CLASS in names:
            frame = frame.with_columns(pl.col(CLASS).cast(pl.String))
        return frame.select(pl.col(name).alias(f"{whose}{name}") for name in names)

    def both(self, name: str) -> tuple[pl.Expr, pl.Expr]:
        """A column of both sides as it compares: amounts and weights as whole numbers, codes as text."""
        ours, bureau = f"{OURS}{name}", f"{BUREAU}{name}"
        if isinstance(ALL[name].dtype, pl.Decimal):
            return whole_numbers(ours, name), whole_numbers(bureau, name)
        return pl.col(ours), pl.col(bureau)

    def known(self, name: str) -> pl.Expr:
        """Whether both sides say something."""
        mine, theirs = self.both(name)
        return mine.is_not_null() & theirs.is_not_null()

    def differs(self, name: str, *, fen: int = 0) -> pl.Expr:
        """Whether both sides say something else; or the bureau has a number where we have none.

        Args:
            name: what is compared.
            fen: so far amounts may be from each other.
        """
        if name not in self.names:
            return pl.lit(value=False)
        mine, theirs = self.both(name)
        if name in self.precision:
            if name == self.amount:
                return ((mine - theirs).abs() > fen).fill_null(value=False)
            other = (mine - theirs).abs() > max(self.precision[name], fen)
            return pl.when(mine.is_null()).then(theirs != 0).otherwise(other).fill_null(value=False)
        return (mine != theirs).fill_null(value=False)

    @cached_property
    def group_differs(self) -> pl.Expr:
        """Whether a group differs at any level."""
        return pl.any_horizontal(self.differs(name) for name in GROUPS)

    @cached_property
    def amount_missing(self) -> pl.Expr:
        """Whether one side alone has no amount of a case."""
        if self.amount is None:
            return pl.lit(value=False)
        mine, theirs = self.both(self.amount)
        return mine.is_null() != theirs.is_null()

    @cached_property
    def any_differs(self) -> pl.Expr:
        """Whether a matched case is another on the two sides."""
        names = [name for name in self.names if name not in AMOUNTS[:2] or name == self.amount]
        return _MATCHED & (pl.any_horizontal(map(self.differs, names)) | self.amount_missing)

    def agreement(self) -> pl.DataFrame:
        """For each thing that is compared: how many cases both sides tell, and how many are the same."""
        matched = self.table.filter(_MATCHED)
        rows = []
        for name in self.names:
            known, differs = matched.select(
                known=(self.known(name) | self.differs(name)).sum(), differs=self.differs(name).sum()
            ).row(0)
            rows.append((name, known, known - differs, differs, matched.height - known))
        schema = {"measure": pl.String, **dict.fromkeys(("compared", "same", "other", "unknown"), pl.Int64)}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        share = pl.when(pl.col("compared") > 0).then(pl.col("same") / pl.col("compared"))
        return frame.with_columns(share.alias("agreement"))


def _alone(rows: pl.DataFrame, whose: str, in_doubt: pl.Series, missing: Cause) -> pl.DataFrame:
    doubt = pl.col(f"{whose}{PLACE}").is_in(in_doubt.implode())
    cause = pl.when(doubt).then(pl.lit(str(Cause.AMBIGUOUS_MATCH))).otherwise(pl.lit(str(missing)))
    return rows.with_columns(cause.alias(CAUSE))
