"""Discharges → arrays that hold a million cases in some tens of megabytes: numbers instead of strings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.quality.moments import GroupMoments
from drg.analysis.quality.quality_cases import CaseReader, amounts
from drg.payment.money import fine
from drg.records.binding import with_unread
from drg.records.former_names import check_names

Ints = npt.NDArray[np.int64]
NOBODY: Final = -1  # the hospital of a case without one

_STANDARD: Final = "standard_payment_yuan"
_WEIGHT: Final = "relative_weight"
_HOSPITAL: Final = "hospital_id"
_SCHEMA: Final = pl.Schema(
    {
        "group": pl.Int32(),
        "cost": pl.Int64(),
        "los": pl.Int64(),
        "hospital": pl.Int32(),
        "standard": pl.Int64(),
        "weight": pl.Int64(),
    }
)


class Characteristic(NamedTuple):
    """What each case is in one respect, such as its department."""

    values: list[str]
    places: Ints  # [n] in ``values``, -1 if it is not known


@dataclass(frozen=True)
class Gathered:
    """The grouped cases in an order that depends on nothing but themselves.

    Attributes:
        drgs: the groups that are there, by code.
        adrgs: their ADRGs.
        names: their names, empty if not known.
        hospitals: the hospitals that are there, by id.
        versions: the grouper versions that the rows name.
        columns: those of the frame.
        group: [n] place in ``drgs``, ascending.
        cost: [n] fen, ``cases.ABSENT`` or ``cases.IMPOSSIBLE`` if there is none.
        los: [n] days, the same.
        hospital: [n] place in ``hospitals``, or ``NOBODY``.
        standard: [n] payment standard in fen, negative if there is none.
        weight: [n] relative weight in units of 1e-8, negative if there is none.
        characteristics: of the cases by name, those that were asked for and whose columns are there.
    """

    drgs: list[str]
    adrgs: list[str | None]
    names: list[str]
    hospitals: list[str]
    versions: list[str]
    columns: frozenset[str]
    group: Ints
    cost: Ints
    los: Ints
    hospital: Ints
    standard: Ints
    weight: Ints
    characteristics: Mapping[str, Characteristic] = field(default_factory=dict)


class _Numbers:
    """Numbers for strings, in the order in which they turn up; shared between threads."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self._lock = threading.Lock()

    def encode(self, texts: pl.Series) -> pl.Series:
        """The number of each text; null stays null."""
        new = texts.drop_nulls().unique()
        with self._lock:
            numbers = [self.of.setdefault(text, len(self.of)) for text in new]
        return texts.replace_strict(
            new, pl.Series(numbers, dtype=pl.Int32), default=None, return_dtype=pl.Int32
        )

    def in_order(self) -> tuple[list[str], npt.NDArray[np.int32]]:
        """The texts in order, and the place of each number in it."""
        texts = sorted(self.of)
        places = np.empty(len(texts), dtype=np.int32)
        places[[self.of[text] for text in texts]] = np.arange(len(texts))
        return texts, places


class Gatherer:
    """Takes batches, from several threads.

    Args:
        reader: what to read.
        moments: is given the same cases.
        characteristics: expressions that give the text of each by name; one without its columns is left out.
    """

    def __init__(
        self,
        reader: CaseReader,
        moments: GroupMoments,
        characteristics: Mapping[str, pl.Expr] | None = None,
    ) -> None:
        self._reader = reader
        self._moments = moments
        self._characteristics = dict(characteristics or {})
        self._numbers: dict[str, _Numbers] = {}
        self._groups, self._hospitals = _Numbers(), _Numbers()
        self._told: dict[str, tuple[str | None, str]] = {}
        self._versions: set[str] = set()
        self._lock = threading.Lock()

    def gather(self, frame: pl.LazyFrame, on_batch: Callable[[int], None] | None = None) -> Gathered:
        """All grouped cases of a frame; ``on_batch`` is told the number of cases of every batch.

        Raises:
            MissingColumnError, InputError: if the frame does not have what quality needs.
        """
        names = frame.collect_schema().names()
        check_names(names, read=[_STANDARD, _WEIGHT])
        self._reader.check_columns(names)
        self._numbers = {
            name: _Numbers()
            for name, expression in self._characteristics.items()
            if set(expression.meta.root_names()) <= set(names)
        }
        chosen = frame.select(with_unread(self._wanted, names))

        def step(batch: pl.DataFrame) -> pl.DataFrame:
            read = self._step(batch)
            if on_batch is not None:
                on_batch(batch.height)
            return read

        schema = pl.Schema({**_SCHEMA, **dict.fromkeys(self._numbers, pl.Int32())})
        read = chosen.map_batches(step, schema=schema, streamable=True)
        return self._ordered(read.collect(engine="streaming"), frozenset(names))

    @property
    def _wanted(self) -> set[str]:
        reader = self._reader
        of_reader = {reader.drg_column, reader.status_column, reader.cost_column, reader.los_column}
        asked = {root for name in self._numbers for root in self._characteristics[name].meta.root_names()}
        return of_reader | asked | {"case_kind", "adrg", "drg_name", "grouper", _HOSPITAL, _STANDARD, _WEIGHT}

    def _step(self, batch: pl.DataFrame) -> pl.DataFrame:
        cases = self._reader.read(batch)
        self._moments.add_read(cases)
        is_grouped = cases["drg"].is_not_null()
        cases, batch = cases.filter(is_grouped), batch.filter(is_grouped)
        self._tell(cases["drg"], batch)
        nothing = pl.repeat(None, cases.height, dtype=pl.Int32, eager=True)
        hospital, standard, weight = nothing, nothing.cast(pl.Int64), nothing.cast(pl.Int64)
        if _HOSPITAL in batch.columns:
            hospital = self._hospitals.encode(batch[_HOSPITAL])
        if _STANDARD in batch.columns:
            standard = pl.Series(amounts(batch, _STANDARD))
        if _WEIGHT in batch.columns:
            weight = pl.Series(fine(batch, _WEIGHT))
        return pl.DataFrame(
            {
                "group": self._groups.encode(cases["drg"]),
                "cost": cases["cost"].fill_null(-1),
                "los": cases["los"].fill_null(-1),
                "hospital": hospital.fill_null(NOBODY),
                "standard": standard.fill_null(-1),
                "weight": weight.fill_null(-1),
            },
            schema=_SCHEMA,
        ).with_columns(
            numbers.encode(batch.select(self._characteristics[name]).to_series()).fill_null(-1).alias(name)
            for name, numbers in self._numbers.items()
        )

    def _tell(self, drgs: pl.Series, batch: pl.DataFrame) -> None:
        """Keep what the rows say of their groups; of two tales the first by the alphabet."""
        said = {
            name: batch[name] if name in batch.columns else pl.repeat(None, len(drgs), eager=True)
            for name in ("adrg", "drg_name", "grouper")
        }
        told = pl.DataFrame({"drg": drgs, **said})
        rows = told.group_by("drg").agg(pl.col("adrg", "drg_name").min()).rows()
        versions = said["grouper"].drop_nulls().unique().to_list()
        with self._lock:
            self._versions.update(versions)
            for drg, adrg, name in rows:
                before = self._told.get(drg, (adrg, name or ""))
                self._told[drg] = (_first(before[0], adrg), _first(before[1], name or "") or "")

    def _ordered(self, frame: pl.DataFrame, columns: frozenset[str]) -> Gathered:
        drgs, places = self._groups.in_order()
        hospitals = self._hospitals.in_order()
        named = {name: numbers.in_order() for name, numbers in self._numbers.items()}
        ordered = frame.with_columns(
            group=pl.Series(places[frame["group"].to_numpy()], dtype=pl.Int32),
            hospital=_placed(frame["hospital"], hospitals[1]),
            **{name: _placed(frame[name], of_name) for name, (_, of_name) in named.items()},
        ).sort(frame.columns)
        arrays = {name: ordered[name].to_numpy().astype(np.int64) for name in ordered.columns}
        characteristics = {
            name: Characteristic(values, arrays.pop(name)) for name, (values, _) in named.items()
        }
        return Gathered(
            drgs,
            [self._told[drg][0] for drg in drgs],
            [self._told[drg][1] for drg in drgs],
            hospitals[0],
            sorted(self._versions),
            columns,
            **arrays,
            characteristics=characteristics,
        )


def _placed(numbers: pl.Series, places: npt.NDArray[np.int32]) -> pl.Series:
    """The place of each number, -1 for that of none."""
    found = numbers.to_numpy()
    known = found >= 0
    if len(places):
        found = np.where(known, places[np.where(known, found, 0)], -1)
    return pl.Series(found, dtype=pl.Int32)


def _first(one: str | None, other: str | None) -> str | None:
    told: Sequence[str] = [text for text in (one, other) if text]
    return min(told) if told else None
