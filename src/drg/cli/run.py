"""``drg run``: read, check, group and price in one go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    directory_option,
    files_argument,
    grouper_option,
    reasons_option,
    scheme_option,
)
from drg.cli.reading import read_discharges, reading_options
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED
from drg.cli.reported import Run, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.grouping import AnyGrouper
    from drg.payment import Pricer
    from drg.reasons import ReasonForm
    from drg.records.checking import RuleTally
    from drg.records.discharges import Discharges

CASES = "cases"
FINDINGS = "findings.csv"
SUMMARY = "summary"


@verb(
    "run discharges.csv -o results/ --scheme harbin-2022",
    "run hqms-2024.csv -o results/ --scheme demo --set hospital_level=3 --set insurance_type=310",
)
@files_argument()
@directory_option("Directory of the results.")
@scheme_option
@grouper_option("Id of a version or series, or a directory. [that of the scheme]", required=False)
@reading_options
@set_option
@click.option("--csv", "as_csv", is_flag=True, help=f"Write {CASES}.csv instead of {CASES}.parquet.")
@click.option("--xlsx", "as_xlsx", is_flag=True, help=f"Write {CASES}.xlsx instead of {CASES}.parquet.")
@click.option("--text", "as_text", is_flag=True, help=f"Write {SUMMARY}.txt instead of {SUMMARY}.html.")
@reasons_option
@reported(MIN_GROUPED, MAX_ERRORS)
def run(
    run: Run,
    files: tuple[Path, ...],
    directory: Path,
    scheme: str,
    grouper: str | None,
    constants: tuple[str, ...],
    as_csv: bool,
    as_xlsx: bool,
    as_text: bool,
    reasons: ReasonForm,
    **reading: Any,
) -> None:
    """Check a hospital's own discharges: what is wrong, which group, which payment (医院自查).

    FILE is what drg group reads. Into the directory go the cases with group and payment (of other layouts in
    canonical columns, with the file's own columns that are not read beside them), the findings of the check,
    and a page with cases, CMI, standard, cost and surplus, by department and by group.
    """
    from drg.analysis.checks import RULES
    from drg.analysis.price_tally import DEPARTMENT, GROUP, PriceTally
    from drg.cli.price import priced_as
    from drg.cli.progress import counting
    from drg.columns import ALL, OUTPUT, PRICE
    from drg.grouping import grouper_of
    from drg.grouping.stream import group_discharges
    from drg.grouping.tally import Tally
    from drg.payment import Pricer
    from drg.records.files import write, write_bytes
    from drg.records.findings import ERROR
    from drg.records.outputs import make_directory
    from drg.records.result_labels import labelled
    from drg.records.scanning import count_rows
    from drg.report.console import print_versions, say, written_to
    from drg.report.layouts import print_reading
    from drg.report.page import html_page, text_page
    from drg.report.prices import print_prices, warnings

    if as_csv and as_xlsx:
        raise click.UsageError(Sentence("Give --csv or --xlsx, not both."))
    lang = run.language
    pricer = Pricer(scheme)
    version = grouper_of(grouper or pricer.scheme.grouper)
    groups = Tally()
    given = read_discharges(files, reading, _needed(version, pricer, constants), strict=True)
    discharges = given.discharges
    run.read(given)
    # Of other layouts the canonical columns are wanted, and beside them what is not read.
    grouped = group_discharges(
        version,
        discharges,
        canonical=not discharges.is_canonical,
        beside=True,
        reasons=reasons,
        language=lang,
        tally=groups,
    )
    tally = PriceTally((DEPARTMENT, GROUP))
    cases_to_price = with_constants(grouped, constants)
    priced = pricer.price_cases(
        cases_to_price,
        reasons=reasons,
        language=lang,
        on_batch=tally.add,
        on_batch_reads=tally.reads,
    )
    make_directory(directory)
    pricing = said("grouping and pricing", lang)
    cases = directory / f"{CASES}.{'csv' if as_csv else 'xlsx' if as_xlsx else 'parquet'}"
    columns = (*OUTPUT, *PRICE) if discharges.is_canonical else ALL
    with counting(lambda: tally.cases, total=count_rows(discharges.files), show=not run.quiet, what=pricing):
        write(labelled(priced.source, cases, lang, columns), cases, sources=discharges.files)
    rules = _check(run, discharges, version, directory / FINDINGS)
    seconds = run.seconds
    page = directory / (f"{SUMMARY}.txt" if as_text else f"{SUMMARY}.html")
    text = (
        text_page(tally, pricer.scheme, seconds, lang) if as_text else html_page(tally, pricer.scheme, lang)
    )
    write_bytes(text.encode(), page, sources=discharges.files)
    run.cases = tally.cases
    run.findings.update(rules.counts)
    run.firsts.update(rules.firsts)
    run.outputs += [cases, directory / FINDINGS, page]
    run.results.append(priced_as(tally, version, pricer))
    run.warn(warnings(tally, lang))
    if run.talks:
        console = run.console
        found = rules.flagged[ERROR]
        print_reading(console, given.counts | rules.beside(RULES), run.firsts, lang)
        print_prices(console, tally, pricer.scheme, seconds, lang)
        print_versions(console, version, groups.versions, lang)
        say(
            console,
            said(
                "{found:,} cases have findings of severity error; see {findings}.",
                lang,
                found=found,
                findings=FINDINGS,
            ),
        )
        names = f"{directory}: {cases.name}, {FINDINGS}, {page.name}"
        written_to(console, names, lang, ", ".join(dict.fromkeys((version.id, pricer.id))))


def _needed(version: AnyGrouper, pricer: Pricer, constants: Sequence[str]) -> list[str]:
    """The columns that grouping and pricing ask for, but for those that are refused or set by the command."""
    from drg.columns import OUTPUT

    given = {*OUTPUT, *pricer.vital_columns, *(constant.partition("=")[0].strip() for constant in constants)}
    asked = dict.fromkeys((*version.required_columns, *pricer.required_columns))
    return [name for name in asked if name in version.required_columns or name not in given]


def _check(run: Run, discharges: Discharges, version: AnyGrouper, file: Path) -> RuleTally:
    """Check the files as ``drg check`` does and write the findings."""
    from dataclasses import replace

    from drg.analysis.checks import checker, choose
    from drg.cli.progress import counting
    from drg.records.batches import rebatched
    from drg.records.checking import RuleTally
    from drg.records.files import write
    from drg.records.scanning import count_rows

    rules = RuleTally()
    ready = checker(discharges.binding.columns, version, choose())
    found = discharges.with_remarks(
        ready.findings(replace(discharges, rows=rebatched(discharges.rows)), tally=rules)
    )
    doing = said("checking", run.language)
    with counting(lambda: rules.cases, total=count_rows(discharges.files), show=not run.quiet, what=doing):
        write(found, file, sources=discharges.files)
    return rules
