"""``drg screen``: what supervision of the fund should ask about."""

from __future__ import annotations

from pathlib import Path

import click

from drg.cli.commands import verb
from drg.cli.options import bom_option, files_argument, output_option, rules_options
from drg.cli.reported import Run, reported
from drg.words import Sentence, said

# Spelled out here so that asking for help imports nothing; tables of analysis.screening.Screening.
_TABLES = ("rules", "hospitals", "tests", "findings", "evidence", "notes")


@verb(
    "screen priced.parquet",
    "screen priced.parquet -o screen.xlsx",
    "screen 2025.parquet -o screen.html --rules our-rules.toml",
    "screen grouped.csv -o evidence.csv --table evidence --only split-stays,cloned-records",
    "screen --list --lang zh",
)
@files_argument(required=False)
@output_option(
    "Write .xlsx: all tables, a sheet each; .html: a page; .json: all tables; or .csv, .parquet: the table "
    "that --table names.",
    required=False,
)
@click.option("--table", type=click.Choice(_TABLES), help="Which table .csv or .parquet holds. [findings]")
@rules_options
@bom_option
@reported()
def screen(
    run: Run,
    files: tuple[Path, ...],
    output: Path | None,
    table: str | None,
    rules: Path | None,
    only: tuple[str, ...],
    list_rules: bool,
    bom: bool,
) -> None:
    """Screen cases for what supervision asks about: split stays, upcoding, cloned records (医保基金监管筛查).

    FILE is what drg group or drg price writes, of a region or a hospital. A finding is a question and no
    proof: it has its cases, its strength, the money at stake and what to ask. Hospitals are compared with one
    another and ranked, with the false discoveries held below 5 %. What a rule cannot judge is counted.
    """
    from drg.analysis.screening import screen as screened
    from drg.analysis.screening import screen_rules
    from drg.records.files import check_output, check_place, write, write_bytes
    from drg.records.reading import read_results
    from drg.report.console import say, speed, written_to
    from drg.report.layouts import print_reading
    from drg.report.screen import print_screen_rules, print_screening, screen_json, screen_workbook
    from drg.report.screen_page import screen_page

    lang = run.language
    ids = [name.strip() for names in only for name in names.split(",") if name.strip()]
    chosen = screen_rules(rules, ids)
    if list_rules:
        print_screen_rules(run.console, chosen, lang)
        return
    if not files:
        raise click.UsageError(Sentence("Give a FILE, or --list to see the rules."))
    if output is None and table is not None:
        raise click.UsageError(Sentence("--table chooses what -o writes; give -o OUT too."))
    ending = "" if output is None else output.suffix.lower()
    whole = {".html": screen_page, ".json": screen_json} | ({} if table else {".xlsx": screen_workbook})
    if table is not None and ending in (".html", ".json"):
        raise click.UsageError(Sentence("This file has all tables: leave --table out, or write .csv."))
    if output is not None:
        (check_place if ending in whole else check_output)(output)
    given = read_results(files)
    run.read_results(given)
    found = screened(given, rules=rules, only=ids)
    if output is not None and ending in whole:
        write_bytes(whole[ending](found), output, sources=files)
    elif output is not None:
        write(found.tables[table or "findings"].lazy(), output, sources=files, bom=bom)
    run.cases = found.cases
    run.outputs += [] if output is None else [output]
    run.findings.update(
        {(rule, "notice"): count for rule, count in found.findings["rule"].value_counts().iter_rows()}
    )
    if run.talks:
        console = run.console
        print_reading(console, run.reading_counts, run.firsts, lang)
        print_screening(console, found, lang)
        say(console, speed(run.cases, run.seconds, lang))
        if output is not None:
            written_to(console, output, lang)
        say(console, said("Findings are questions, not proof.", lang))
