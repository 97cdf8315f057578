"""``drg check``: what is wrong with discharges, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.options import (
    bom_option,
    files_argument,
    grouper_option,
    output_option,
)
from drg.cli.reading import read_discharges, reading_options
from drg.cli.report_options import MAX_ERRORS
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.records.rules import Rule

# Spelled out here so that asking for help imports nothing.
_SEVERITIES = ("error", "warning", "notice")


@verb(
    "check discharges.csv",
    "check discharges.csv --grouper chs-drg-2.0 -o findings.xlsx",
    "check --list --lang zh",
)
@files_argument(required=False)
@output_option("Write all findings: .csv, .parquet or .xlsx.", required=False)
@grouper_option("Also apply the rules that ask a version or series (see: drg groupers).", required=False)
@reading_options
@click.option("--rules", "chosen", multiple=True, metavar="ID[,ID…]", help="Apply only these rules.")
@click.option(
    "--min-severity",
    type=click.Choice(_SEVERITIES),
    default="notice",
    help="Leave out milder rules. [notice]",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The last day of the period: later discharges are findings.",
)
@click.option("--strict", is_flag=True, help="As --max-errors 0.")
@click.option("--list", "list_rules", is_flag=True, help="List the rules and leave.")
@bom_option
@reported(MAX_ERRORS)
def check(
    run: Run,
    files: tuple[Path, ...],
    output: Path | None,
    grouper: str | None,
    chosen: tuple[str, ...],
    min_severity: str,
    until: datetime | None,
    strict: bool,
    list_rules: bool,
    bom: bool,
    **reading: Any,
) -> None:
    """Check discharges: missing and malformed fields, contradictions, duplicates (病案质量检查).

    FILE is what drg group reads. Printed is a summary by rule; with -o every finding is written: the row (the
    header is row 1), the case, the field and its value, what is wrong and how to mend it. Findings are a
    result, not a failure: the exit code is 0 unless --strict or --max-errors says otherwise.
    """
    from drg.analysis.checks import choose
    from drg.report.checks import print_rules

    ids = [name.strip() for names in chosen for name in names.split(",") if name.strip()]
    severities = _SEVERITIES[: _SEVERITIES.index(min_severity) + 1]
    rules = choose(ids or None, until=until.date() if until else None)
    rules = tuple(rule for rule in rules if rule.severity in severities)
    if list_rules:
        print_rules(run.console, rules, run.language)
        return
    if not files:
        raise click.UsageError(Sentence("Give a FILE, or --list to see the rules."))
    if strict:
        run.asked = replace(run.asked, max_errors=0)
    _run(run, files, reading, output, grouper, rules, bom=bom)


def _run(
    run: Run,
    files: Sequence[Path],
    reading: Mapping[str, Any],
    output: Path | None,
    grouper: str | None,
    rules: Sequence[Rule],
    *,
    bom: bool,
) -> None:
    """Check and report."""
    import polars as pl

    from drg.analysis.checks import checker, skipped_frame, summary_frame
    from drg.cli.progress import counting
    from drg.grouping import grouper_of
    from drg.records.batches import rebatched
    from drg.records.checking import RuleTally
    from drg.records.files import check_output, write
    from drg.records.scanning import count_rows
    from drg.report.checks import print_check
    from drg.report.console import written_to
    from drg.report.layouts import print_reading

    if output is not None:
        check_output(output)
    lang = run.language
    given = read_discharges(files, dict(reading))
    discharges = given.discharges
    run.read(given)
    version = None if grouper is None else grouper_of(grouper)
    ready = checker(discharges.binding.columns, version, rules)
    tally = RuleTally()
    found = discharges.with_remarks(
        ready.findings(replace(discharges, rows=rebatched(discharges.rows)), tally=tally)
    )
    doing = said("checking", lang)
    with counting(lambda: tally.cases, total=count_rows(discharges.files), show=not run.quiet, what=doing):
        if output is None:
            found.select(pl.len()).collect(engine="streaming")
        else:
            write(found, output, sources=discharges.files, bom=bom)
    run.cases = tally.cases
    run.findings.update(tally.counts)
    run.firsts.update(tally.firsts)
    run.outputs += [] if output is None else [output]
    run.results += [] if version is None else [Made(version)]
    if run.talks:
        console = run.console
        summary, skipped = summary_frame(ready.rules, tally), skipped_frame(ready.skipped)
        print_reading(console, given.counts, run.firsts, lang)
        print_check(console, summary, skipped, tally, lang)
        if output is not None:
            written_to(console, output, lang)
