"""``drg check``: what is wrong with discharges, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.options import (
    bom_option,
    files_argument,
    grouper_option,
    lang_option,
    output_option,
    quiet_option,
)
from drg.cli.reading import read_discharges, reading_options
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
@lang_option
@click.option("--strict", is_flag=True, help="Exit with 1 if a case has an error.")
@click.option("--list", "list_rules", is_flag=True, help="List the rules and leave.")
@bom_option
@quiet_option
def check(
    files: tuple[Path, ...],
    output: Path | None,
    grouper: str | None,
    chosen: tuple[str, ...],
    min_severity: str,
    until: datetime | None,
    lang: str,
    strict: bool,
    list_rules: bool,
    bom: bool,
    quiet: bool,
    **reading: Any,
) -> None:
    """Check discharges: missing and malformed fields, contradictions, duplicates (病案质量检查).

    FILE is what drg group reads. Printed is a summary by rule; with -o every finding is written: the row (the
    header is row 1), the case, the field and its value, what is wrong and how to mend it. Findings are a
    result, not a failure: the exit code is 0 unless --strict is given and a case has an error.
    """
    from drg.analysis.checks import choose
    from drg.report.checks import print_rules
    from drg.report.console import stdout

    ids = [name.strip() for names in chosen for name in names.split(",") if name.strip()]
    severities = _SEVERITIES[: _SEVERITIES.index(min_severity) + 1]
    rules = choose(ids or None, until=until.date() if until else None)
    rules = tuple(rule for rule in rules if rule.severity in severities)
    if list_rules:
        print_rules(stdout(), rules, lang)
        return
    if not files:
        raise click.UsageError(Sentence("Give a FILE, or --list to see the rules."))
    errors = _run(files, reading, output, grouper, rules, lang, bom=bom, quiet=quiet)
    if strict and errors:
        click.get_current_context().exit(1)


def _run(
    files: Sequence[Path],
    reading: Mapping[str, Any],
    output: Path | None,
    grouper: str | None,
    rules: Sequence[Rule],
    lang: str,
    *,
    bom: bool,
    quiet: bool,
) -> int:
    """Check and report; the number of cases that have an error."""
    from dataclasses import replace

    import polars as pl

    from drg.analysis.checks import checker, skipped_frame, summary_frame
    from drg.cli.progress import counting
    from drg.records.batches import rebatched
    from drg.records.checking import RuleTally
    from drg.records.files import write
    from drg.records.findings import ERROR
    from drg.records.scanning import count_rows
    from drg.report.checks import print_check
    from drg.report.console import stdout, written_to
    from drg.report.layouts import print_columns, print_reading

    given = read_discharges(files, dict(reading))
    discharges = given.discharges
    if not quiet:
        print_columns(stdout(), given, lang)
    ready = checker(discharges.binding.columns, grouper, rules)
    tally = RuleTally()
    found = discharges.with_remarks(
        ready.findings(replace(discharges, rows=rebatched(discharges.rows)), tally=tally)
    )
    doing = said("checking", lang)
    with counting(lambda: tally.cases, total=count_rows(discharges.files), show=not quiet, what=doing):
        if output is None:
            found.select(pl.len()).collect(engine="streaming")
        else:
            write(found, output, sources=discharges.files, bom=bom)
    if not quiet:
        console = stdout()
        summary, skipped = summary_frame(ready.rules, tally), skipped_frame(ready.skipped)
        print_reading(console, given.counts, lang)
        print_check(console, summary, skipped, tally, lang)
        if output is not None:
            written_to(console, output, lang)
    return tally.flagged[ERROR]
