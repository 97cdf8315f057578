"""Discharges → case-level results of all versions, batch by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.comparison.causes import CAUSES, FirstCauses
from drg.analysis.comparison.compared_versions import ComparedVersion
from drg.analysis.comparison.exchange import STEPS
from drg.columns import ALL, INPUT
from drg.grouping.multi_grouper import Grouped, MultiGrouper
from drg.payment.marks import MARKS, mark_columns
from drg.payment.money import fen, yuan
from drg.payment.scheme import PaymentScheme
from drg.reasons import CODED, ReasonForm, counted, handed_over
from drg.records.binding import with_unread
from drg.records.cells import empty
from drg.records.codebook import KINDS, CodeBook, recognised
from drg.records.codes import DIAGNOSIS, PROCEDURE, CodeKind

ROW: Final = "row"
MOST_EXAMPLES: Final = 3
_OUTCOME: Final = "outcome"
_CAUSE: Final = "cause"
_STEP: Final = "step"
_GROUPED: Final = (
    "mdc",
    "adrg",
    "drg",
    "drg_name",
    "severity",
    "grouping_status",
    "grouping_reason",
    "grouper",
)
_TEXTS: Final = ("case_id", "hospital_id", "department")
# The columns of the cases that are looked at, beside those that schemes ask for.
LOOKED_AT: Final = frozenset((*INPUT, *_TEXTS, "los_days", "total_cost_yuan", "case_kind"))
LEVELS: Final = ("mdc", "adrg", "drg")
EXAMPLES: Final = pl.Schema({"version": pl.Int64(), "cause": pl.UInt8(), ROW: pl.UInt32()})
# What each version but the base has besides, and the words that it can be.
_CATEGORIES: Final = {"change": LEVELS, "cause": CAUSES, "cause_table": STEPS}
# The columns of a version in the case-level results, and where each is from.
_OF_GROUPING: Final = {"adrg": "adrg", "drg": "drg", "status": "grouping_status", "reason": "grouping_reason"}
_OF_PRICING: Final = {
    "weight": "relative_weight",
    "standard_yuan": "standard_payment_yuan",
    "payment_yuan": "payment_yuan",
    "surplus_yuan": "surplus_yuan",
    "class": "case_class",
    "pricing": "pricing_reason",
}

Mask = npt.NDArray[np.bool_]


class Numbers(NamedTuple):
    """What the outcomes of a version are called, as numbers that all versions share; [outcome] each.

    MDCs and ADRGs are numbered from 1; 0 is none.
    """

    mdc: npt.NDArray[np.int32]
    adrg: npt.NDArray[np.int32]
    drg: npt.NDArray[np.int32]


def shared_numbers(compared: Sequence[ComparedVersion]) -> tuple[list[Numbers], pl.Series]:
    """The numbers of each version's outcomes, and the label of each number of the last level."""
    tables = [side.outcomes for side in compared]
    labels = pl.concat([table["label"] for table in tables]).unique().sort()
    names = {
        "mdc": pl.concat([table["mdc"] for table in tables]).drop_nulls().unique().sort(),
        "adrg": pl.concat([table["adrg"] for table in tables]).drop_nulls().unique().sort(),
    }

    def numbered(codes: pl.Series, known: pl.Series, first: int) -> npt.NDArray[np.int32]:
        numbers = codes.cast(pl.Enum(known)).to_physical().cast(pl.Int32) + first
        return numbers.fill_null(0).to_numpy(writable=True)

    found = [
        Numbers(
            numbered(table["mdc"], names["mdc"], 1),
            numbered(table["adrg"], names["adrg"], 1),
            numbered(table["label"], labels, 0),
        )
        for table in tables
    ]
    return found, labels


class Compared(NamedTuple):
    """A batch after all versions.

    Attributes:
        cases: the case-level results.
        labels: [version][n] the number of what became of each case.
        told: [version] how many cases have each reason of pricing, as codes; none without a scheme.
        causes: [version][n] the number of the first cause of each case; zeros for the base.
        examples: the first cases of each cause: version (its number), cause (its number), row.
        inputs: what grouping reads of these cases, by ``row``.
    """

    cases: pl.DataFrame
    labels: list[npt.NDArray[np.int32]]
    told: list[Counter[str]]
    causes: list[npt.NDArray[np.uint8]]
    examples: pl.DataFrame
    inputs: pl.DataFrame


class Step:
    """Groups and prices batches; safe to share between threads."""

    def __init__(
        self, compared: Sequence[ComparedVersion], names: Sequence[str], reasons: ReasonForm, language: str
    ) -> None:
        self.sides = tuple(compared)
        self.numbers, self.labels = shared_numbers(compared)
        first, *others = compared
        # Between versions that read different codes no tables can be exchanged.
        self.tells = [False, *(side.converts is first.converts for side in others)]
        self.first_causes = [FirstCauses(first.grouper, side.grouper) for side in others]
        self._reasons, self._language = reasons, language
        self._kept = list(names)
        # What kind of case it is counts for the statistics: those outside DRG have no part in them.
        self._texts = (*_TEXTS, "case_kind") if "case_kind" in self._kept else _TEXTS
        converts = any(side.converts for side in compared)
        kinds: tuple[CodeKind, ...] = (DIAGNOSIS, PROCEDURE) if converts else ()
        self._books: dict[str, CodeBook] = {kind: CodeBook(kind, clinical=True) for kind in kinds}
        # Versions that read the same codes look them up together.
        self._together = {
            which: MultiGrouper([side.grouper for side in compared if side.converts is which])
            for which in {side.converts for side in compared}
        }

    def lazy(self, frame: pl.LazyFrame, on_batch: Callable[[Compared], None]) -> pl.LazyFrame:
        """The case-level results, when they are needed.

        Args:
            frame: cases as ``Cases.lazy`` types them, with what could not be read.
            on_batch: is shown every batch, in no particular order and from several threads.
        """
        known = frame.select(with_unread(self._kept, frame.collect_schema())).with_row_index(ROW, offset=2)
        schema = known.collect_schema()
        types = {name: ALL[name].dtype for name in _GROUPED} | {"grouping_reason": CODED}
        types |= {_OUTCOME: pl.Int32(), _CAUSE: pl.UInt8(), _STEP: pl.UInt8()}
        added = {_of(at, name): dtype for at in range(len(self.sides)) for name, dtype in types.items()}
        grouped = known.map_batches(self.group, schema=pl.Schema({**schema, **added}), streamable=True)
        for at, side in enumerate(self.sides):
            if side.pricer is not None:
                grouped = grouped.with_columns(_marks(side.pricer.scheme, at, schema))

        def step(batch: pl.DataFrame) -> pl.DataFrame:
            found = self.finish(batch)
            on_batch(found)
            return found.cases

        return grouped.map_batches(step, schema=self.schema, streamable=True)

    @property
    def schema(self) -> pl.Schema:
        """The columns of the case-level results."""
        names: dict[str, pl.DataType | type[pl.DataType]] = {
            ROW: pl.UInt32(),
            **{name: ALL[name].dtype for name in self._texts},
            "los_days": pl.Int64(),
            "total_cost_yuan": ALL["total_cost_yuan"].dtype,
            "changed": pl.Boolean(),
        }
        for at, side in enumerate(self.sides):
            if at:
                names |= {f"{name}_{side.id}": pl.Enum(values) for name, values in _CATEGORIES.items()}
            names |= {f"{short}_{side.id}": ALL[name].dtype for short, name in _OF_GROUPING.items()}
            if side.pricer:
                names |= {f"{short}_{side.id}": ALL[name].dtype for short, name in _OF_PRICING.items()}
        return pl.Schema(names)

    def group(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The batch, and beside it the groups of each version."""
        done: dict[bool, Iterator[Grouped]] = {}
        read: dict[bool, pl.DataFrame] = {}
        for converts, together in self._together.items():
            read[converts] = self._read(batch, converts)
            done[converts] = iter(together.group_batch(read[converts]))
        columns: list[pl.Series] = []
        none = np.zeros(batch.height, dtype=np.uint8)
        base = np.zeros(0, dtype=np.int32)
        for at, side in enumerate(self.sides):
            found = next(done[side.converts])
            columns += [found.frame[name].alias(_of(at, name)) for name in _GROUPED]
            cause = step = none
            if at == 0:
                base = found.outcomes
            elif self.tells[at]:
                cause, step = self.first_causes[at - 1].find(read[side.converts], base, found.outcomes)
            columns.append(pl.Series(_of(at, _OUTCOME), found.outcomes))
            columns += [pl.Series(_of(at, _CAUSE), cause), pl.Series(_of(at, _STEP), step)]
        return batch.with_columns(columns)

    def _read(self, batch: pl.DataFrame, converts: bool) -> pl.DataFrame:
        """The batch with the codes that a version reads."""
        given = [batch[name] for name in KINDS if converts and name in batch.columns]
        return batch.with_columns(recognised(given, self._books)[0]) if given else batch

    def finish(self, batch: pl.DataFrame) -> Compared:
        """The case-level results of a grouped batch."""
        n = batch.height
        columns: dict[str, pl.Series] = {ROW: batch[ROW]}
        for name in self._texts:
            columns[name] = batch[name] if name in batch.columns else empty(n, pl.String())
        columns["los_days"] = _days(batch)
        cost = fen(batch, "total_cost_yuan")
        columns["total_cost_yuan"] = yuan(cost, cost < 0)
        outcomes = [batch[_of(at, _OUTCOME)].to_numpy() for at in range(len(self.sides))]
        labels = [numbers.drg[found] for numbers, found in zip(self.numbers, outcomes, strict=True)]
        told: list[Counter[str]] = [Counter() for _ in self.sides]
        causes = [batch[_of(at, _CAUSE)].to_numpy() for at in range(len(self.sides))]
        changed = np.zeros(n, dtype=np.bool_)
        for at, side in enumerate(self.sides):
            if at:
                moved = self.first_causes[at - 1].changed(outcomes[0], outcomes[at])
                changed |= moved
                columns[f"change_{side.id}"] = self._change(outcomes, at, moved)
                columns[f"cause_{side.id}"] = _named(CAUSES, causes[at])
                columns[f"cause_table_{side.id}"] = _named(STEPS, batch[_of(at, _STEP)].to_numpy())
            own = self._own(batch, at)
            grouped = self._handed_over(own)
            columns |= {f"{short}_{side.id}": grouped[name] for short, name in _OF_GROUPING.items()}
            if side.pricer:
                made = side.pricer.price_batch(own)
                told[at] = counted(made["pricing_reason"])
                priced = self._handed_over(made)
                columns |= {f"{short}_{side.id}": priced[name] for short, name in _OF_PRICING.items()}
        columns["changed"] = pl.Series(changed)
        cases = pl.DataFrame({name: columns[name] for name in self.schema})
        examples = _first_of_each(batch[ROW], causes)
        of_examples = batch.filter(pl.col(ROW).is_in(examples[ROW].implode()))
        inputs = self._read(of_examples, self.sides[0].converts).select(ROW, *self._inputs)
        return Compared(cases, labels, told, causes, examples, inputs)

    def _handed_over(self, frame: pl.DataFrame) -> pl.DataFrame:
        return handed_over(frame, self._reasons, self._language)

    @property
    def _inputs(self) -> list[str]:
        return [name for name in self._kept if name in INPUT]

    def _change(self, outcomes: Sequence[npt.NDArray[np.int32]], at: int, moved: Mask) -> pl.Series:
        """The highest level at which a version differs from the first; null where none does.

        A code that means another group is another ADRG.
        """
        found = np.full(len(outcomes[0]), len(LEVELS), dtype=np.uint32)
        for level in reversed(range(len(LEVELS))):
            first = self.numbers[0][level][outcomes[0]]
            found[first != self.numbers[at][level][outcomes[at]]] = level
        found[moved & (found == len(LEVELS))] = LEVELS.index("adrg")
        return pl.Series([*LEVELS, None], dtype=pl.Enum(LEVELS)).gather(pl.Series(found))

    def _own(self, batch: pl.DataFrame, at: int) -> pl.DataFrame:
        """The batch as if only one version had grouped it."""
        names = {name: name for name in with_unread(self._kept, batch.columns)}
        names |= {_of(at, name): name for name in (*_GROUPED, *MARKS)}
        return batch.select(pl.col(name).alias(own) for name, own in names.items() if name in batch.columns)


def _marks(scheme: PaymentScheme, at: int, there: pl.Schema) -> list[pl.Expr]:
    """What only the other cases show of a case as a version groups it."""
    own = {name: _of(at, name) for name in _GROUPED}

    def cells(name: str) -> list[pl.Expr]:
        if name in own:
            return [pl.col(own[name]).alias(name)]
        if name not in there:
            return [pl.lit(None, dtype=ALL[name].dtype).alias(name)]
        return [pl.col(one) for one in with_unread([name], there)]

    marks = mark_columns(scheme, cells)
    return [mark.name.map(lambda name: _of(at, name)) for mark in marks]


def _named(names: Sequence[str], numbers: npt.NDArray[np.uint8]) -> pl.Series:
    """Names by numbers from 1; null for 0."""
    return pl.Series([None, *names], dtype=pl.Enum(names)).gather(pl.Series(numbers))


def _first_of_each(rows: pl.Series, causes: Sequence[npt.NDArray[np.uint8]]) -> pl.DataFrame:
    """The first cases of each version and cause."""
    found = [
        pl.DataFrame({"version": at, "cause": numbers, ROW: rows}, schema=EXAMPLES)
        .filter(pl.col("cause") > 0)
        .group_by("cause", maintain_order=True)
        .head(MOST_EXAMPLES)
        .select(EXAMPLES.names())
        for at, numbers in enumerate(causes)
        if at
    ]
    return pl.concat(found)


def _of(at: int, name: str) -> str:
    """The column of a version between the steps; no column of a file is called so."""
    return f"\ue000{at}:{name}"


def _days(batch: pl.DataFrame) -> pl.Series:
    """Whole days; null where they are missing or cannot be."""
    if "los_days" not in batch.columns:
        return empty(batch.height, pl.Int64())
    days = batch["los_days"]
    possible = days.is_between(ALL["los_days"].lowest, ALL["los_days"].highest) & (days == days.floor())
    return days.set(~possible.fill_null(False), None).cast(pl.Int64)
