"""``drg review``: what a coder should look at before the cases are handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import bom_option, files_argument, grouper_option, output_option, rules_options
from drg.cli.reading import read_discharges, reading_options
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said

# Spelled out here so that asking for help imports nothing; tables of analysis.coding_review.CodingReview.
_TABLES = ("hints", "rules", "notes")


@verb(
    "review discharges.csv -g chs-drg-2.0 -s harbin-2022 -o worklist.xlsx",
    "review discharges.parquet -g chs-drg-2.0 -o hints.csv --only symptom-with-cause,exclusive-codes",
    "review --list --lang zh",
)
@files_argument(required=False)
@grouper_option("Id of a version (see: drg groupers), or the directory of one.", required=False)
@click.option(
    "-s", "--scheme", help="Id of a scheme (see: drg schemes) or its directory. [money by mean costs]"
)
@output_option(
    "Write .xlsx: the worklist of the coder; .json: all tables; or .csv, .parquet: the table that --table "
    "names.",
    required=False,
)
@click.option("--table", type=click.Choice(_TABLES), help="Which table .csv or .parquet holds. [hints]")
@rules_options
@reading_options
@set_option
@bom_option
@reported()
def review(
    run: Run,
    files: tuple[Path, ...],
    grouper: str | None,
    scheme: str | None,
    output: Path | None,
    table: str | None,
    rules: Path | None,
    only: tuple[str, ...],
    list_rules: bool,
    constants: tuple[str, ...],
    bom: bool,
    **reading: Any,
) -> None:
    """Check coding oneself before cases are handed in: what to look up in which chart (编码自查).

    FILE is what drg group reads. A hint says what in the record speaks for it, asks for the chart, and has
    the money at stake; the most money comes first. It proposes no code that nothing in the record supports,
    and codes that are paid without treatment are looked for too. What a rule cannot judge is counted.
    """
    from drg.analysis.coding_review import review as reviewed
    from drg.analysis.coding_review import review_rules
    from drg.analysis.comparison.compared_versions import sides
    from drg.records.files import check_output, check_place, write, write_bytes
    from drg.report.coding_review import print_review, review_workbook
    from drg.report.console import say, speed, written_to
    from drg.report.screen import print_screen_rules, tables_json

    lang = run.language
    ids = [name.strip() for names in only for name in names.split(",") if name.strip()]
    chosen = review_rules(rules, ids)
    if list_rules:
        print_screen_rules(run.console, chosen, lang)
        return
    if not files or grouper is None:
        raise click.UsageError(Sentence("Give a FILE and --grouper, or --list to see the rules."))
    if output is None and table is not None:
        raise click.UsageError(Sentence("--table chooses what -o writes; give -o OUT too."))
    ending = "" if output is None else output.suffix.lower()
    if table is not None and ending == ".json":
        raise click.UsageError(Sentence("This file has all tables: leave --table out, or write .csv."))
    is_worklist = ending == ".xlsx" and table is None
    if output is not None:
        (check_place if is_worklist or ending == ".json" else check_output)(output)
    (version,) = sides([grouper], [scheme] if scheme else [], reading["codes"], least=1)
    given = read_discharges(files, reading, version.grouper.required_columns)
    run.read(given)
    run.results.append(Made(version.grouper, version.pricer.loaded if version.pricer else None))
    cases = with_constants(given.discharges, constants)
    found = reviewed(cases, version.grouper, scheme=version.pricer, rules=rules, only=ids)
    if output is not None:
        if is_worklist:
            write_bytes(review_workbook(found), output, sources=files)
        elif ending == ".json":
            money = "scheme" if found.is_priced else "mean cost"
            write_bytes(tables_json(found.cases, money, found.tables), output, sources=files)
        else:
            write(found.tables[table or "hints"].lazy(), output, sources=files, bom=bom)
        run.outputs.append(output)
    run.cases = found.cases
    run.findings.update(
        {(rule, "notice"): count for rule, count in found.hints["rule"].value_counts().iter_rows()}
    )
    if run.talks:
        print_review(run.console, found, lang)
        say(run.console, speed(run.cases, run.seconds, lang))
        if output is not None:
            written_to(run.console, output, lang)
        say(run.console, said("Hints are questions to the chart; only what it shows is coded.", lang))
