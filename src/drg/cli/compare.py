"""``drg compare``: what changes between grouper versions, for which cases, and by how much money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    directory_option,
    files_argument,
    listed,
    reasons_option,
    schemes_option,
)
from drg.cli.reading import read_discharges, reading_options
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED
from drg.cli.reported import Made, Run, Sums, reported
from drg.words import said

if TYPE_CHECKING:
    from drg.analysis.comparison import Comparison
    from drg.reasons import ReasonForm

CASES = "cases.parquet"
PAGE = "comparison.html"
WORKBOOK = "comparison.xlsx"
WHAT_CHANGES = "what-changes.html"
SCENARIO = "scenario.csv"
SCENARIO_CASES = "scenario-cases.parquet"


@verb(
    "compare discharges.csv -g chs-drg-1.1,chs-drg-2.0 -o comparison/",
    "compare discharges.csv -g chs-drg-2.0,chs-drg-3.0 -o comparison/ --scenario 'remove=MCC share=0.1'",
    "compare hqms-2024.csv -g harbin-2022,chs-drg-2.0 -s harbin-2022 -o comparison/ --lang zh",
)
@files_argument()
@click.option(
    "-g",
    "--groupers",
    multiple=True,
    required=True,
    callback=listed,
    metavar="A,B[,C…]",
    help="Ids of versions (see: drg groupers) or their directories; the first is the base.",
)
@schemes_option
@directory_option("Directory of the results.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="CHANGE",
    help="Change the discharges and compare once more: volume=1.1, stay_days=-1, remove=MCC … or FILE.toml.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the cases that a scenario draws. [0]")
@reading_options
@set_option
@reasons_option
@reported(MIN_GROUPED, MAX_ERRORS)
def compare(
    run: Run,
    files: tuple[Path, ...],
    groupers: list[str],
    schemes: list[str],
    directory: Path,
    scenarios: tuple[str, ...],
    seed: int,
    constants: tuple[str, ...],
    reasons: ReasonForm,
    **reading: Any,
) -> None:
    """Compare versions: what changes for which cases, hospitals and departments (分组方案比较).

    FILE is what drg group reads. Every case is grouped by each version in one pass and, where a scheme is
    given, priced; for each case that changes its first cause is found. Into the directory go a page for the
    director of a hospital (what-changes.html), one with all details (comparison.html; both open without a
    network), a workbook (comparison.xlsx) and the results of every case (cases.parquet). A scheme belongs to
    one version; versions without one have no weights and no money.

    With --scenario (repeatable) the discharges are changed, grouped and priced once more: what that does to
    each version is in the reports, what was changed in scenario.csv, the results of every case in
    scenario-cases.parquet.
    """
    from drg.analysis.comparison import compare as compared
    from drg.cli.progress import counting
    from drg.grouping import Grouper
    from drg.records.cases import Cases
    from drg.records.files import write, write_bytes
    from drg.records.outputs import make_directory
    from drg.records.scanning import count_rows
    from drg.report.comparison.comparison_console import print_comparison, print_scenario
    from drg.report.comparison.comparison_page import comparison_page
    from drg.report.comparison.comparison_workbook import comparison_workbook
    from drg.report.comparison.what_changes import what_changes_page
    from drg.report.console import written_to
    from drg.report.layouts import print_reading

    lang = run.language
    versions = [Grouper(name) for name in groupers]
    needs = {name for version in versions for name in version.required_columns}
    given = read_discharges(files, reading, needs)
    discharges = given.discharges
    run.read(given)
    cases = with_constants(discharges, constants)
    make_directory(directory)
    changed = None
    if scenarios:
        from drg.analysis.scenarios import scenario

        changed = scenario(cases, scenarios, versions[0], seed=seed)
    done = [0]
    doing = said("comparing", lang)

    def seen(count: int) -> None:
        done[0] += count

    with counting(lambda: done[0], total=count_rows(discharges.files), show=not run.quiet, what=doing):
        comparison = compared(
            cases,
            versions,
            schemes,
            reasons=reasons,
            language=lang,
            cases=directory / CASES,
            sources=discharges.files,
            on_batch=seen,
        )
        if changed is not None:
            from drg.analysis.scenarios.outcome import outcome

            again = Cases.of(changed.discharges, codes=cases.codes)
            results = directory / SCENARIO_CASES
            after = compared(again, versions, schemes, reasons=reasons, language=lang, cases=results)
            comparison = replace(comparison, scenario=outcome(comparison, after))
            write(changed.log.lazy(), directory / SCENARIO, sources=discharges.files)
        write_bytes(comparison_page(comparison).encode(), directory / PAGE, sources=discharges.files)
        write_bytes(
            what_changes_page(comparison).encode(), directory / WHAT_CHANGES, sources=discharges.files
        )
        write_bytes(comparison_workbook(comparison), directory / WORKBOOK, sources=discharges.files)
    run.cases = comparison.count
    names = [WHAT_CHANGES, PAGE, WORKBOOK, CASES, *((SCENARIO, SCENARIO_CASES) if changed else ())]
    run.outputs += [directory / name for name in names]
    run.results += _made(comparison)
    if run.talks:
        console = run.console
        print_reading(console, given.counts, run.firsts, lang)
        print_comparison(console, comparison, run.seconds, lang)
        if changed is not None:
            print_scenario(console, changed, lang)
        written_to(console, f"{directory}: {', '.join(names)}", lang)


def _made(comparison: Comparison) -> list[Made]:
    """What each version made of the cases, and its scheme, if it has one."""
    sums = comparison.places().sum()
    # Side by side all of them are floats; here counts stay whole numbers.
    measures = comparison.quality.rows_by_key("version", named=True, unique=True)
    made = []
    for side in comparison.sides:
        statuses = dict(comparison.cases.group_by(f"status_{side.id}").len().collect().rows())
        pricer, money = side.pricer, None
        if pricer is not None:
            names = (f"{name}_yuan_{side.id}" for name in ("payment", "priced_cost", "surplus"))
            payment, priced_cost, surplus = (Decimal(sums[name].item() or 0) for name in names)
            money = Sums(payment, Decimal(sums["cost_yuan"].item() or 0), priced_cost, surplus)
        own = {name: value for name, value in measures[side.id].items() if name != "version"}
        made.append(
            Made(side.grouper, pricer.loaded if pricer else None, statuses, money=money, measures=own)
        )
    return made
