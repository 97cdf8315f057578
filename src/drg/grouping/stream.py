"""Discharges in the columns of their files → the same rows with their groups, batch by batch."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from drg.columns import ALL, OUTPUT, PRICE
from drg.errors import InputError
from drg.grouping.base import OUTPUT_NAMES, AnyGrouper, output_types
from drg.grouping.batched_frames import check_free
from drg.grouping.tally import Tally
from drg.reasons import ReasonForm, check_form, handed_over
from drg.records.binding import Binding
from drg.records.codebook import KINDS, UNKNOWN, UNMAPPED
from drg.records.discharges import Discharges
from drg.records.findings_log import FindingsLog
from drg.records.header import folded
from drg.records.layout import CANONICAL
from drg.records.notes import ROW, TABLE
from drg.words import Sentence


def group_discharges(
    grouper: AnyGrouper,
    discharges: Discharges,
    *,
    canonical: bool = False,
    beside: bool = False,
    reasons: ReasonForm = "text",
    language: str = "en",
    tally: Tally | None = None,
    numbered: bool = False,
    log: FindingsLog | None = None,
) -> pl.LazyFrame:
    """Group discharges of any layout.

    Args:
        grouper: the version, or a series of versions.
        discharges: from files.
        canonical: give canonical columns instead of the files' own.
        beside: with canonical columns, also those of the files' own that are not read.
        reasons: as sentences (``text``) or as codes (``code``).
        language: of the sentences, ``en`` or ``zh``.
        tally: counts what becomes of the cases.
        numbered: give texts as ``categories.numbered_text``, which ``files.write`` writes fastest.
        log: takes the findings of reading, if anybody wants to know them; grouping is faster without.

    Returns:
        The rows in their order, when they are needed: the files' own columns as they are (of several tables,
        those of the first), then those of ``columns.OUTPUT_COLUMNS``.

    Raises:
        MissingColumnError: a file lacks the principal diagnosis or, for a series of versions, the date of
            discharge. Other columns count as not known; that is the reason of each case that it concerns.
        InputError: an output column is already there.
    """
    check_form(reasons, language)
    _check_columns(grouper, discharges)
    if not canonical:
        check_free(
            (*discharges.own_columns, *discharges.binding.labelled),
            OUTPUT,
            Sentence("grouping"),
            Sentence("Rename or drop it first, or give --canonical"),
        )
    if log is not None:
        log.add(discharges.remarks)
    needed = grouper.required_columns
    kept = discharges.own_columns
    reads = tuple(name for name in discharges.columns if name in needed or name in KINDS)
    if canonical:
        kept = reads = tuple(name for name in discharges.columns if name not in OUTPUT and name not in PRICE)
    others = _names_of_others(discharges, kept) if canonical and beside else {}
    converts = canonical or log is not None

    def step(batch: pl.DataFrame) -> pl.DataFrame:
        if converts:
            frame, findings = discharges.convert(batch, reads)
            if log is not None:
                log.add(_unknown_to(grouper, findings), _place(batch))
        else:
            frame = discharges.read(batch, reads)
        groups = grouper.group_batch(frame, tally, numbered=numbered).select(OUTPUT_NAMES)
        groups = handed_over(groups, reasons, language, numbered=numbered)
        rows = (frame if canonical else batch).select(kept)
        return rows.hstack(batch.select(list(others)).rename(others)).hstack(groups)

    schema = discharges.rows.collect_schema()
    types = {name: ALL[name].dtype if canonical else schema[name] for name in kept}
    types |= {called: schema[name] for name, called in others.items()}
    return discharges.rows.map_batches(
        step,
        schema=pl.Schema({**types, **output_types(numbered=numbered)}),
        streamable=True,
        predicate_pushdown=False,
        projection_pushdown=False,
    )


def _names_of_others(discharges: Discharges, kept: Collection[str]) -> dict[str, str]:
    """The own columns that are not read, and what they are called beside canonical ones and results."""
    taken = {folded(name) for name in (*kept, *OUTPUT, *PRICE)}
    read = discharges.binding.fields(kept)
    names: dict[str, str] = {}
    for name in discharges.own_columns:
        if name not in read:
            called = name
            while folded(called) in taken:
                called = f"{called}_"
            names[name] = called
    return names


def _check_columns(grouper: AnyGrouper, discharges: Discharges) -> None:
    """Each file by itself: what one of them lacks, the others do not make up for."""
    if discharges.layout.id != CANONICAL:
        grouper.check_columns(discharges.names)
        return
    for table in discharges.tables:
        known = Binding(discharges.layout, dict.fromkeys(table.names, pl.String())).columns
        try:
            grouper.check_columns((*table.names, *known))
        except InputError as error:
            error.file = table.label
            raise


def _place(batch: pl.DataFrame) -> tuple[int, int]:
    """The table and the first row of a batch, by which batches are in order."""
    if batch.is_empty():
        return -1, 0
    return int(batch[TABLE][0]) if TABLE in batch.columns else 0, int(batch[ROW][0])


def _unknown_to(grouper: AnyGrouper, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings without codes that are in no list, but that the version knows."""
    strange = findings["rule"].is_in([UNKNOWN, UNMAPPED])
    if not strange.any():
        return findings
    known = pl.repeat(False, len(findings), dtype=pl.Boolean, eager=True)
    for name, kind in KINDS.items():
        of_column = strange & (findings["field"] == name)
        if of_column.any():
            known |= of_column & pl.Series(grouper.knows(kind, findings["value"]))
    return findings.filter(~known)
