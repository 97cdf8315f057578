"""Versions compared: what changes for which cases, and by how much money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from drg.analysis.comparison.budget import budget
from drg.analysis.comparison.cause_sums import CausesFound
from drg.analysis.comparison.compared_sums import CellTally, group
from drg.analysis.comparison.compared_versions import check_columns, sides
from drg.analysis.comparison.comparison_findings import findings
from drg.analysis.comparison.comparison_result import DEPARTMENT, HOSPITAL, Comparison
from drg.analysis.comparison.examples import Wanted, examples
from drg.analysis.comparison.glance import at_a_glance
from drg.analysis.comparison.step import LEVELS, LOOKED_AT, Step
from drg.columns import ALL, OUTPUT, PRICE
from drg.errors import InputError
from drg.grouping import Grouper
from drg.payment import Pricer
from drg.reasons import ReasonForm, check_form
from drg.records.cases import CODE_VERSIONS, Cases, CodeVersion
from drg.records.exact_paths import scan_parquet
from drg.records.files import write
from drg.records.outputs import present
from drg.words import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEPARTMENT", "HOSPITAL", "LEVELS", "Comparison", "Wanted", "at_a_glance", "compare", "examples"]


def compare(
    frame: Any,
    groupers: Sequence[str | Path | Grouper],
    schemes: Iterable[str | Path | Pricer] | None = None,
    *,
    codes: CodeVersion = "insurance",
    reasons: ReasonForm = "text",
    language: str = "en",
    cases: Path | None = None,
    sources: Sequence[Path] = (),
    on_batch: Callable[[int], None] | None = None,
) -> Comparison:
    """Group every case by each version, price it by the scheme of each, and tell what differs.

    Codes are looked up once for all versions. Results do not depend on batches or threads.

    Args:
        frame: discharges, one row per case: all that ``Cases.of`` takes. A LazyFrame is read in batches.
            ``hospital_id``, ``department``, ``los_days`` and ``total_cost_yuan`` (in yuan) are used if they
            are there.
        groupers: two versions or more, by id, directory or as Groupers; the first is the base.
        schemes: payment schemes, at most one for each version; a scheme belongs to the version that it
            names. Without one, a version has no weights and no money.
        codes: the version of the codes in the frame, unless it says so itself; clinical (国临版) ones are
            converted for the versions that read insurance codes.
        reasons: as sentences (``text``) or as codes (``code``).
        language: of the sentences, ``en`` or ``zh``.
        cases: a Parquet file to write the case-level results to, so that memory does not grow with the
            frame; without it they are kept in memory.
        sources: the files that a LazyFrame reads, for messages; none of them is overwritten.
        on_batch: is told the number of cases of every batch.

    Returns:
        The comparison.

    Raises:
        InputError: fewer than two versions, versions without a common code system, or a column that holds
            what it cannot hold. MissingColumnError: a column is absent that some version or scheme needs.
        SchemeError: a scheme is for none of the versions. UnknownGrouperError, TablesError,
            UnknownSchemeError: a version or scheme cannot be used.
        OutputError: the case-level results cannot be written.
    """
    check_form(reasons, language)
    if codes not in CODE_VERSIONS:
        known = ", ".join(CODE_VERSIONS)
        problem = Sentence("there is no code version {name!r}", name=codes)
        raise InputError(problem, field="codes", fix=Sentence("Give one of {names}", names=known))
    given = Cases.of(frame, codes=codes)
    compared = sides(list(groupers), schemes or (), given.codes)
    names = [name for name in given.columns if name not in OUTPUT and name not in PRICE]
    check_columns(compared, names)
    asked = {name for side in compared if side.pricer for name in side.pricer.asks}
    names = [name for name in names if name in LOOKED_AT or name in asked]
    # Each version has its own way with codes; here they are as they are spelled.
    needs = {name for side in compared if side.pricer for name in side.pricer.required_columns}
    read = [*names, *(name for name in ALL if name in needs and name not in (*names, *OUTPUT))]
    lazy = replace(given, codes="insurance").lazy(read, marked=True, listed=False)
    step = Step(compared, names, reasons, language)
    tally = CellTally(compared)

    def seen(batch: Any) -> None:
        tally.add(batch)
        if on_batch is not None:
            on_batch(batch.cases.height)

    results = step.lazy(lazy, seen)
    if cases is None:
        results = results.collect(engine="streaming").lazy()
    else:
        write(results, cases, sources=sources)
        results = scan_parquet(present(cases))
    if tally.is_new:
        # Of a file without rows the streaming engine shows no batch, not even an empty one.
        step.lazy(lazy.head(0).collect().lazy(), seen).collect()
    summaries: list[Mapping[str, Any]] = [moments.summary() for moments in tally.moments]
    cells = tally.cells()
    variance = tally.common.variance([side.id for side in compared], tally.cases)
    paid = budget(tally.paid, [side.id for side in compared if side.pricer], base=compared[0].id)
    return Comparison(
        sides=compared,
        cases=results,
        language=language,
        count=tally.cases,
        variance=variance,
        budget=paid,
        findings=findings(compared, names, tally, cells, summaries, _kept_codes(step, cells), variance, paid),
        _cells=cells,
        _reasons=tally.reasons(),
        _labels=step.labels,
        _summaries=tuple(dict(summary) for summary in summaries),
        _groups=tuple(moments.groups() for moments in tally.moments),
        _causes=CausesFound(
            told=tuple(step.tells),
            homonyms=(frozenset(), *(found.homonyms for found in step.first_causes)),
            same=({}, *(found.exchange.there for found in step.first_causes)),
            examples=tally.examples,
            inputs=tally.inputs,
        ),
    )


def _kept_codes(step: Step, cells: pl.DataFrame) -> list[int]:
    """For each version the cases that keep a code of the base which means another group there."""
    labels = cells.select(
        step.labels.gather(cells[group(at)]).alias(group(at)) for at in range(len(step.sides))
    )
    counts = [0]
    for at, found in enumerate(step.first_causes, start=1):
        kept = (labels[group(0)] == labels[group(at)]) & labels[group(0)].is_in(list(found.homonyms))
        counts.append(int(cells["cases"].filter(kept).sum()))
    return counts
