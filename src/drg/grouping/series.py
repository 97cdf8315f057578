"""Versions that follow one another: each discharge is grouped by the one in force on its day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import INPUT, OUTPUT, RECORD
from drg.errors import TablesError, UnknownGrouperError, did_you_mean
from drg.grouping import cache, outcomes
from drg.grouping.base import AnyGrouper, output_types
from drg.grouping.grouper import Grouper
from drg.grouping.tally import Tally
from drg.reasons import CODED, check_form, handed_over
from drg.records.binding import UNREAD
from drg.records.cases import Cases
from drg.records.codes import CodeKind
from drg.records.short_table import name_and_value
from drg.tables.locate import find_series, list_series
from drg.tables.table_layout import MANIFEST_FILE
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.grouping.explain import Explanation
    from drg.records import Discharge
    from drg.tables import Series

DATE: Final = "discharge_date"
# What stands in place of the number of a version.
NONE_IN_FORCE: Final = -1
NO_DATE: Final = -2

_REASONS: Final = {NONE_IN_FORCE: outcomes.without_version, NO_DATE: outcomes.without_date}
_EPOCH: Final = date(1970, 1, 1)


class GrouperSeries(AnyGrouper):
    """A series of versions, loaded, checked and compiled; safe to share between threads.

    A case is grouped by the version in force on its ``discharge_date``, exactly as by that version alone. A
    case without a date, or of a day on which no version was in force, keeps its row ungrouped, with a reason.

    Args:
        series: the id of a series of installed versions, or the versions of one series.

    Attributes:
        series: its manifests, the oldest first.
        versions: the versions, in the same order.

    Raises:
        UnknownGrouperError: if there is no such series.
        TablesError: if its versions contradict each other or cannot be used; RuleError if a rule cannot be
            read.
    """

    def __init__(self, series: str | Iterable[Grouper]) -> None:
        if isinstance(series, str):
            self.series = _installed(series)
            self.versions = tuple(Grouper(member.id) for member in self.series.members)
        else:
            given = {grouper.id: grouper for grouper in series}
            self.series = _one_series(given)
            self.versions = tuple(given[member.id] for member in self.series.members)
        first = [member.valid_from for member in self.series.members]
        last = [member.valid_to for member in self.series.members]
        self._first_day = np.array([_number(day or date.min) for day in first])
        self._last_day = np.array([_number(day or date.max) for day in last])

    @property
    def id(self) -> str:
        """The id of the series."""
        return self.series.id

    @property
    def digest(self) -> str:
        """SHA-256 of the ids and digests of the versions."""
        return cache.digest(*(part for version in self.versions for part in (version.id, version.digest)))

    def _short(self) -> tuple[str, pl.DataFrame]:
        return repr(self), name_and_value({member.id: member.period for member in self.series.members})

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that any of the versions needs, and the date that chooses between them."""
        needed = {name for version in self.versions for name in version.required_columns}
        return (*(name for name in INPUT if name in needed), DATE)

    def lacks(self, names: Collection[str]) -> dict[str, str]:
        """The required columns that are not among some, and why each is needed."""
        missing = self._lacks_date(names)
        for version in self.versions:
            for name, why in version.lacks(names).items():
                missing.setdefault(name, why)
        return missing

    def knows(self, kind: CodeKind, codes: pl.Series) -> npt.NDArray[np.bool_]:
        """Which codes any of the versions knows."""
        known = np.zeros(len(codes), dtype=np.bool_)
        for version in self.versions:
            known |= version.knows(kind, codes)
        return known

    def group_batch(
        self, batch: pl.DataFrame, tally: Tally | None = None, *, numbered: bool = False
    ) -> pl.DataFrame:
        """Group cases as ``Cases.read`` gives them at once, in the calling thread; reasons as codes."""

        def groups(number: int, rows: pl.DataFrame) -> pl.DataFrame:
            if number < 0:
                return self._without_version(number, rows.height, tally, numbered=numbered)
            return self.versions[number].group_batch(rows, tally, numbered=numbered).select(list(OUTPUT))

        return batch.with_columns(self.by_version(batch, groups).get_columns())

    def explain(
        self, discharge: Mapping[str, Any] | Discharge | Cases, *, language: str = "en"
    ) -> Explanation:
        """How one discharge comes to its version and its group; see ``drg.explain``."""
        from drg.grouping.explain import Choice, Explanation
        from drg.records.discharge import discharge_frame, discharge_of

        check_form("text", language)
        record = discharge_of(discharge)
        frame = discharge_frame(record)
        number = int(self._numbers(frame)[0])
        day = _days(frame)[0]
        if number >= 0:
            member = self.series.members[number]
            choice = Choice(
                series=self.id, discharged=day, valid_from=member.valid_from, valid_to=member.valid_to
            )
            explained = self.versions[number].explain(record, language=language)
            return explained.model_copy(update={"choice": choice})
        outcome = handed_over(self._without_version(number, 1), "text", language).row(0, named=True)
        return Explanation(discharge=record, choice=Choice(series=self.id, discharged=day), **outcome)

    def by_version(
        self, batch: pl.DataFrame, function: Callable[[int, pl.DataFrame], pl.DataFrame]
    ) -> pl.DataFrame:
        """Apply a function to the rows of each version.

        Args:
            batch: cases as ``Cases.read`` gives them.
            function: from the place of a version in ``versions``, ``NONE_IN_FORCE`` or ``NO_DATE``, and its
                rows, which have the columns of ``columns.INPUT_COLUMNS`` at least, to as many rows.

        Returns:
            What the function gives, in the order of the batch.
        """
        numbers = self._numbers(batch)
        present = np.unique(numbers).tolist() or [0]
        if len(present) == 1:
            return function(present[0], batch)
        read = batch.select(name for name in batch.columns if name.removesuffix(UNREAD) in INPUT)
        places = [np.flatnonzero(numbers == number) for number in present]
        parts = [function(number, read[rows]) for number, rows in zip(present, places, strict=True)]
        back = np.empty(batch.height, dtype=np.uint32)
        back[np.concatenate(places)] = np.arange(batch.height, dtype=np.uint32)
        # Taking rows out of one chunk is much faster than out of several.
        return pl.concat(parts, rechunk=True)[pl.Series(back)]

    def _numbers(self, batch: pl.DataFrame) -> npt.NDArray[np.int64]:
        """The place of the version of each row in ``versions``, ``NONE_IN_FORCE`` or ``NO_DATE`` [rows]."""
        days = _days(batch)
        day = days.to_physical().fill_null(0).to_numpy()
        numbers = np.searchsorted(self._first_day, day, side="right") - 1
        # Before the first version the place is that of none already.
        numbers[day > self._last_day[numbers]] = NONE_IN_FORCE
        numbers[days.is_null().to_numpy()] = NO_DATE
        return numbers

    def _lacks_date(self, names: Collection[str]) -> dict[str, str]:
        if DATE in names:
            return {}
        hint = did_you_mean(DATE, set(names) - set(INPUT))
        why = Sentence(
            "it says which version was in force on the day of discharge ({periods}); without it name one "
            "version, {ids}, instead of {series}",
            periods=self.series.periods,
            ids=Joined(" or ", (version.id for version in self.versions)),
            series=self.id,
        )
        line = Sentence("{name} ({label}): {why}", name=DATE, label=RECORD[DATE].label_zh, why=why)
        return {DATE: Joined(". ", (line, hint))}

    def _without_version(
        self, number: int, rows: int, tally: Tally | None = None, *, numbered: bool = False
    ) -> pl.DataFrame:
        """The outcome of cases that have no version."""
        said = {
            "drg": outcomes.UNGROUPED_DRG,
            "severity": outcomes.SEVERITIES[0],
            "grouping_status": outcomes.UNGROUPED,
            "grouping_reason": _REASONS[number](self.series),
        }
        if tally is not None:
            reason = said["grouping_reason"]
            tally.add(None, {(outcomes.UNGROUPED, reason): rows}, {(outcomes.UNGROUPED_DRG, ""): rows})
        types = output_types(numbered=numbered) | {"grouping_reason": CODED}
        return pl.DataFrame(
            [
                pl.Series(name, [said.get(name)], dtype=dtype).new_from_index(0, rows)
                for name, dtype in types.items()
            ]
        )


def grouper_of(grouper: str | Path | AnyGrouper) -> AnyGrouper:
    """What groups: a version by id or directory, or a series of versions by id.

    Raises:
        UnknownGrouperError: there is neither. TablesError: it cannot be used as it stands.
    """
    if isinstance(grouper, AnyGrouper):
        return grouper
    return GrouperSeries(str(grouper)) if find_series(grouper) else Grouper(grouper)


def _installed(id_: str) -> Series:
    found = find_series(id_)
    if found is None:
        known = list_series()
        hint = did_you_mean(id_, known)
        raise UnknownGrouperError(
            Sentence("there is no series of versions {id!r}", id=id_),
            fix=Joined(
                " ",
                (
                    hint,
                    Sentence(
                        "There are: {names}. A single version is a Grouper",
                        names=Joined(", ", known) or Sentence("none"),
                    ),
                ),
            ),
        )
    return found


def _one_series(groupers: Mapping[str, Grouper]) -> Series:
    from drg.tables.version_series import series_of

    manifests = {Path(id_) / MANIFEST_FILE: grouper.tables.manifest for id_, grouper in groupers.items()}
    found = series_of(manifests)
    outside = [manifest.id for manifest in manifests.values() if not manifest.series]
    if len(found) != 1 or outside:
        raise TablesError(
            Sentence(
                "{groupers}: these are not the versions of one series",
                groupers=Joined(", ", groupers) or Sentence("no version"),
            ),
            field="series",
            fix=Sentence("Give versions whose manifests name the same series"),
        )
    return next(iter(found.values()))


def _days(batch: pl.DataFrame) -> pl.Series:
    """The day of discharge of each row; null if it is not given or cannot be read."""
    if DATE not in batch.columns:
        return pl.repeat(None, batch.height, dtype=pl.Date, eager=True)
    return batch[DATE].dt.date()


def _number(day: date) -> int:
    """Days since 1970, as polars counts them."""
    return (day - _EPOCH).days
