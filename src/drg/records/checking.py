"""Discharges and rules → findings, batch by batch.

Within a batch every rule is one column of truth values, and all findings are made at once: nothing here runs
over cases one by one. Rules that compare cases run before, over the few columns that they read, where each
text is a number of eight bytes (in all some 120 MB per million cases); all that is kept of them is the places
of their findings.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.columns import INPUT, Kind
from drg.records.ages import AGES
from drg.records.binding import UNREAD, Binding
from drg.records.bound_fields import first_of
from drg.records.cases import Cases
from drg.records.cells import empty
from drg.records.codebook import KINDS
from drg.records.codes import comparable
from drg.records.findings import SAID, SCHEMA, FirstFindings
from drg.records.notes import PLACE
from drg.records.own_cells import own_cells, own_codes
from drg.records.rules import BY_GROUPER, RECORDED, Rule
from drg.words import in_both

# Works out further columns of a batch, whose names begin with `rules.BY_GROUPER`.
Facts = Callable[[pl.DataFrame], pl.DataFrame]

# What rules compare: ages of infants and lengths of stay have decimals, so every number does.
_DTYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.NUMBER: pl.Float64(),
    Kind.MONEY: pl.Float64(),
    Kind.DATE: pl.Datetime("us"),
    Kind.CODES: pl.List(pl.String()),
}


@dataclass(frozen=True)
class Skipped:
    """A rule that could not be applied, and the columns that it lacks."""

    rule: Rule
    missing: tuple[str, ...]


class RuleTally:
    """Counts of findings; batches may arrive from several threads.

    Attributes:
        cases: all rows.
        found: rows by the id of the rule.
        counts: the same by rule and severity.
        flagged: rows by severity that have at least one such finding.
        firsts: the first finding of each rule.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.found: Counter[str] = Counter()
        self.counts: Counter[tuple[str, str]] = Counter()
        self.flagged: Counter[str] = Counter()
        self.firsts = FirstFindings()
        self._lock = threading.Lock()

    def add(self, cases: int, findings: pl.DataFrame) -> None:
        """Count the findings of a batch of so many cases."""
        counts = findings.group_by("rule", "severity").len().rows()
        flagged = findings.group_by("severity").agg(pl.struct(PLACE).n_unique()).rows()
        with self._lock:
            self.cases += cases
            self.found.update({rule: count for rule, _, count in counts})
            self.counts.update({(rule, severity): count for rule, severity, count in counts})
            self.flagged.update(dict(flagged))
            if findings.height:
                self.firsts.add(findings, (int(findings[PLACE][0]),))

    def beside(self, rules: Iterable[Rule]) -> dict[tuple[str, str], int]:
        """What was found that is of none of these rules: how cells were read."""
        known = {rule.id for rule in rules}
        return {key: count for key, count in self.counts.items() if key[0] not in known}


class Checker:
    """Rules that are ready for frames with certain columns.

    Args:
        rules: what to check.
        columns: the columns of the frames.
        facts: works out the columns of a grouper version; without it, rules that read them are skipped.

    Attributes:
        rules: those that can be applied, in their order.
        skipped: those that cannot.
    """

    def __init__(self, rules: Sequence[Rule], columns: Sequence[str], facts: Facts | None = None) -> None:
        def missing(rule: Rule) -> tuple[str, ...]:
            return tuple(
                name for name in rule.needs if name not in columns and not (facts and _is_fact(name))
            )

        self.skipped = tuple(Skipped(rule, lacks) for rule in rules if (lacks := missing(rule)))
        self.rules = tuple(rule for rule in rules if not missing(rule))
        self._facts = facts if any(_is_fact(name) for rule in self.rules for name in rule.reads) else None
        self._reads = _canonical(rule for rule in self.rules if not rule.across)
        # What may be written in another unit or with a decimal comma, or is computed from the dates.
        self._measures = [
            name for name in self._reads if RECORDED[name].unit in ("g", "yuan") or name in AGES
        ]
        self._across = [rule for rule in self.rules if rule.across]
        # What findings say of each rule, one row per rule.
        self._texts = pl.DataFrame(
            [
                {"rule": rule.id, "severity": rule.severity} | in_both(message=rule.message, fix=rule.fix)
                for rule in self.rules
            ],
            schema={name: SCHEMA[name] for name in SAID},
        )

    def findings(self, cases: Cases, *, tally: RuleTally | None = None) -> pl.LazyFrame:
        """What is wrong, in the order of the rows and, within a row, of the rules.

        Args:
            cases: to check. Columns ``notes.ROW`` and ``notes.TABLE`` of its rows say where they come from.
            tally: counts cases and findings as they pass.

        Returns:
            Findings of the shape ``findings.SCHEMA``.
        """
        return self.placed_findings(cases, tally=tally).drop(PLACE)

    def placed_findings(self, cases: Cases, *, tally: RuleTally | None = None) -> pl.LazyFrame:
        """As ``findings``, with the place of each row, counted from 0, in the first column."""
        places = self._places_across(cases)

        def step(batch: pl.DataFrame) -> pl.DataFrame:
            found = self._found(cases, batch, places)
            if tally is not None:
                tally.add(batch.height, found)
            return found

        return cases.rows.with_row_index(PLACE).map_batches(
            step,
            schema=pl.Schema({PLACE: pl.UInt32(), **SCHEMA}),
            streamable=True,
            # The rows that come out are not those that went in.
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
        )

    def _found(self, given: Cases, batch: pl.DataFrame, across: dict[str, pl.Series]) -> pl.DataFrame:
        cells = _compared(given, batch, self._reads)
        if self._facts is not None:
            cells = self._facts(given.read(batch, _OF_VERSIONS)).hstack(cells)
        truth = cells.select(**{rule.id: rule.when for rule in self.rules if not rule.across})
        # Each list begins with nothing, so that there is something to concatenate.
        places, numbers = [pl.Series(dtype=pl.UInt32)], [pl.Series(dtype=pl.UInt32)]
        told = [pl.DataFrame(schema=_TOLD)]
        for number, rule in enumerate(self.rules):
            if rule.across:
                where = _within(across[rule.id], batch)
            else:
                where = truth[rule.id].fill_null(False).arg_true()
            if where.is_empty():
                continue
            where = where.cast(pl.UInt32)
            places.append(where)
            numbers.append(pl.repeat(number, len(where), dtype=pl.UInt32, eager=True))
            told.append(_told(given.binding, rule, batch, cells, where))
        place, rule_number = pl.concat(places), pl.concat(numbers)
        order = (place.cast(pl.UInt64) * len(self.rules) + rule_number).arg_sort()
        place = place.gather(order)
        lines = given.placed(batch, place).hstack(self._texts[rule_number.gather(order)])
        lines = lines.hstack(pl.concat(told)[order]).with_columns(batch[PLACE].gather(place))
        found = lines.select(PLACE, *(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()))
        doubtful = given.doubtful(batch, self._measures)
        if doubtful.is_empty():
            return found
        return pl.concat([found, doubtful.cast(found.schema)]).sort(PLACE, maintain_order=True)

    def _places_across(self, cases: Cases) -> dict[str, pl.Series]:
        """The places of the findings of rules that compare cases, in order."""
        if not self._across:
            return {}
        names = _canonical(self._across)

        def step(batch: pl.DataFrame) -> pl.DataFrame:
            cells = _compared(cases, batch, names).select(names)
            text = pl.col(pl.String)
            return cells.with_columns(pl.when(text.is_not_null()).then(text.hash()))

        dtypes = {name: _dtype(name) for name in names}
        schema = {name: pl.UInt64() if dtype == pl.String else dtype for name, dtype in dtypes.items()}
        read = cases.rows.select(cases.binding.read_for(names))
        slim = read.map_batches(step, schema=pl.Schema(schema), streamable=True, projection_pushdown=False)
        found = cases.collect(slim)
        return {
            rule.id: found.select(rule.when).to_series().fill_null(False).arg_true() for rule in self._across
        }


_TOLD: Final = {name: SCHEMA[name] for name in ("column", "field", "value")}
# What grouper versions read, and what chooses between them.
_OF_VERSIONS: Final = (*INPUT, "discharge_date")


def _dtype(name: str) -> pl.DataType:
    return _DTYPES.get(RECORDED[name].kind, pl.String())


def _compared(cases: Cases, batch: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The named columns as rules compare them; those that there are none of are empty.

    Beside each number, date and amount stands a column of the same name and ``UNREAD`` that says which cells
    could not be read.
    """
    cells = cases.read(batch, names)
    columns: list[pl.Series] = []
    for name in names:
        if name not in cells.columns:
            column = empty(batch.height, _dtype(name))
        elif RECORDED[name].kind in (Kind.CODE, Kind.CODES):
            column = comparable(cells[name])
        else:
            column = cells[name].cast(_dtype(name))
        columns.append(column.alias(name))
        if RECORDED[name].kind in (Kind.NUMBER, Kind.DATE, Kind.MONEY):
            mark = f"{name}{UNREAD}"
            nothing = pl.repeat(False, batch.height, dtype=pl.Boolean, eager=True)
            columns.append((cells[mark].is_not_null() if mark in cells.columns else nothing).alias(mark))
    return pl.DataFrame(columns)


def _told(
    binding: Binding, rule: Rule, batch: pl.DataFrame, cells: pl.DataFrame, where: pl.Series
) -> pl.DataFrame:
    """What findings of a rule point at: the column, the canonical one and the value."""
    column, value = own_cells(binding, rule.fields[0], batch, where)
    field = pl.repeat(rule.fields[0], len(where), dtype=pl.String, eager=True)
    if rule.shown is not None:
        value = cells[where].select(rule.shown.cast(pl.String)).to_series()
        coded = [name for name in rule.fields if name in KINDS]
        for name in reversed(coded):
            holds, spelled = _spelled(binding, name, batch, where, value)
            field = field.set(holds.is_not_null(), name)
            column, value = first_of([holds, column]), first_of([spelled, value])
    return pl.DataFrame({"column": column, "field": field, "value": value}, schema=_TOLD)


def _spelled(
    binding: Binding, name: str, batch: pl.DataFrame, where: pl.Series, shown: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """The column that holds the first of the codes that are shown, and all of them as they are spelled."""
    codes = pl.DataFrame(
        {"at": pl.int_range(len(where), eager=True), "row": where, "code": shown.str.split("|")}
    )
    codes = codes.explode("code")
    column, spelled = own_codes(binding, name, batch, codes["row"], codes["code"])
    found = codes.select("at", column.alias("column"), spelled.alias("spelled"))
    told = found.group_by("at", maintain_order=True).agg(
        pl.col("column").first(),
        pl.when(pl.col("spelled").is_not_null().all()).then(pl.col("spelled").str.join("|")).first(),
    )
    return told["column"], told["spelled"]


def _is_fact(name: str) -> bool:
    return name.startswith(BY_GROUPER)


def _canonical(rules: Iterable[Rule]) -> list[str]:
    read = {name for rule in rules for name in rule.reads}
    return [name for name in RECORDED if name in read]


def _within(places: pl.Series, batch: pl.DataFrame) -> pl.Series:
    """The places that are in a batch, counted from its first row."""
    if batch.is_empty():
        return places.clear()
    first = int(batch[PLACE][0])
    begin, end = (int(places.search_sorted(at)) for at in (first, first + batch.height))
    return places[begin:end] - first
