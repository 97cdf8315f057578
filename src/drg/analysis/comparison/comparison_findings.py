"""What a reader of a comparison must know of the data, in Chinese and English."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from drg.analysis.comparison.budget import NOT_PRICED
from drg.analysis.comparison.common_cases import LEAST_CASES_A_GROUP
from drg.analysis.comparison.compared_sums import CellTally, of
from drg.analysis.comparison.compared_versions import ComparedVersion
from drg.analysis.sentences import both, many, sentences
from drg.analysis.trimming import NONE
from drg.reasons import reasons

Finding = tuple[str, str]
_SENTENCES: Final = sentences(__file__)
_USED: Final = ("case_id", "hospital_id", "department", "total_cost_yuan")


def findings(
    compared: Sequence[ComparedVersion],
    names: Collection[str],
    tally: CellTally,
    cells: pl.DataFrame,
    summaries: Sequence[Mapping[str, Any]],
    kept_codes: Sequence[int],
    variance: pl.DataFrame,
    paid: pl.DataFrame,
) -> tuple[Finding, ...]:
    """One pair of sentences for each thing to know.

    Args:
        compared: the versions.
        names: the columns of the frame.
        tally: what was counted.
        cells: its sums.
        summaries: the statistics of each version.
        kept_codes: for each version the cases that keep a code of the base which means another group.
        variance: what each version explains of the common cases.
        paid: what each scheme pays, by kind.
    """
    return (
        *_of_versions(compared),
        *_of_causes(compared, kept_codes),
        *_of_schemes(compared, tally, cells, summaries),
        *_of_payments(compared, paid),
        *_of_data(names, tally, cells),
        *_of_groups(compared, tally, summaries),
        *_of_common_cases(variance, tally.cases),
    )


def _of_versions(compared: Sequence[ComparedVersion]) -> Iterator[Finding]:
    for side in compared:
        if not side.grouper.tables.manifest.code_system:
            yield _told("no_code_system", version=side.id)
        if side.pricer and side.pricer.scheme.status == "illustrative":
            yield _told("illustrative", scheme=side.pricer.id)
    if any(side.pricer for side in compared):
        for at, side in enumerate(compared):
            if not side.pricer:
                yield _told("no_scheme" if at else "no_scheme_of_base", version=side.id)


def _of_causes(compared: Sequence[ComparedVersion], kept_codes: Sequence[int]) -> Iterator[Finding]:
    base, *others = compared
    for side, kept in zip(others, kept_codes[1:], strict=True):
        if side.converts is not base.converts:
            yield _told("other_codes", base=base.id, version=side.id)
        if kept:
            yield _told("homonyms", kept, base=base.id, version=side.id)


def _of_schemes(
    compared: Sequence[ComparedVersion],
    tally: CellTally,
    cells: pl.DataFrame,
    summaries: Sequence[Mapping[str, Any]],
) -> Iterator[Finding]:
    for at, (side, summary) in enumerate(zip(compared, summaries, strict=True)):
        if side.pricer is None:
            continue
        named = {"scheme": side.pricer.id, "version": side.id}
        if without := int(summary["grouped"]) - int(cells[of("weighted", at)].sum()):
            yield _told("no_weight", without, **named)
        for name in ("scheme_not_in_force", "grouper_not_in_force"):
            if count := tally.told[at, reasons()[name].code]:
                yield _told(name, count, **named)


def _of_payments(compared: Sequence[ComparedVersion], paid: pl.DataFrame) -> Iterator[Finding]:
    lacking = paid.filter((pl.col("kind") == NOT_PRICED) & (pl.col("cases") > 0))
    schemes = {side.id: side.pricer.id for side in compared if side.pricer}
    for version, cases, cost in lacking.select("version", "cases", "cost_yuan").rows():
        yield _told("not_priced", cases, scheme=schemes[version], cost=f"{cost:,.2f}")


def _of_data(names: Collection[str], tally: CellTally, cells: pl.DataFrame) -> Iterator[Finding]:
    if tally.cases == 0:
        yield _told("no_cases")
        return
    yield from (_told(f"no_{name}") for name in _USED if name not in names)
    if "hospital_id" in names and cells["hospital_id"].n_unique() == 1:
        yield _told("one_hospital")
    if "total_cost_yuan" not in names:
        return
    if tally.no_cost:
        yield _told("no_cost", tally.no_cost)
    if tally.zero_cost:
        yield _told("zero_cost", tally.zero_cost)
    costed = tally.cases - tally.no_cost
    if costed and tally.zero_cost == costed:
        yield _told("all_costs_zero")
    elif costed > 1 and tally.equal_costs:
        yield _told("all_costs_equal")


def _of_groups(
    compared: Sequence[ComparedVersion], tally: CellTally, summaries: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    for side, moments, summary in zip(compared, tally.moments, summaries, strict=True):
        if tally.cases and not summary["grouped"]:
            yield _told("nothing_grouped", version=side.id)
        elif single := int((moments.groups()["cases"] == 1).sum()):
            yield _told("single_cases", single, version=side.id)


def _of_common_cases(variance: pl.DataFrame, cases: int) -> Iterator[Finding]:
    not_common = int(variance["not_common"].max())  # type: ignore[arg-type]
    if 0 < not_common < cases:
        yield _told("not_common", not_common)
    whole = variance.filter(pl.col("trimming") == NONE)
    low, difference = (f"riv_adjusted_difference{end}" for end in ("_low", ""))
    if whole[low].null_count() > whole[difference].null_count():
        yield _told("no_interval", least=str(LEAST_CASES_A_GROUP))


def _told(name: str, count: int = 0, **facts: str) -> Finding:
    """A finding of ``comparison_findings.csv``, with a count of what it is about."""
    words = {
        "cases": many(count, "case"),
        "cases_are": many(count, "case") + (" is" if count == 1 else " are"),
        "cases_have": many(count, "case") + (" has" if count == 1 else " have"),
        "grouped_cases": many(count, "grouped case"),
        "discharges": many(count, "discharge"),
        "groups": many(count, "group"),
    }
    en, zh = both(_SENTENCES, name, count=count, **words, **facts)
    return zh, en
