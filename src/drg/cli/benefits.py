"""``drg benefits``: files of stays in, the same with who pays what out; the schemes of benefits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import UsualVerb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    Decorator,
    bom_option,
    directory_option,
    files_argument,
    help_lang_option,
    lang_option,
    listed,
    names_option,
    output_option,
    reasons_option,
)
from drg.cli.report_options import MAX_ERRORS, STANDARD
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.analysis.benefit_sums import MonthsBy
    from drg.benefit import BenefitCalculator
    from drg.reasons import ReasonForm
    from drg.records.cases import Cases

# Spelled out here so that asking for help imports nothing; tables of analysis.benefit_comparison.
_TABLES = ("payers", "groups", "own_payments", "limits")


_scheme_option: Decorator = click.option(
    "-s", "--scheme", required=True, help="Id of a benefit scheme (see: drg benefits list) or its directory."
)


@click.group(cls=UsualVerb, usual="run")
@help_lang_option
def benefits() -> None:
    """Work out who pays what of stays: fund, critical illness, aid, products, the patient (医保待遇).

    drg benefits FILE is drg benefits run FILE.
    """


@benefits.command(
    name="run",
    examples=(
        "benefits stays.csv -o shared.csv --scheme demo",
        "benefits stays.parquet --scheme demo --explain 0001",
        "benefits corrected.csv -o shared.csv --scheme demo --previous before.csv --changes changes.xlsx",
    ),
)
@files_argument()
@output_option("Where to write the result.", required=False)
@_scheme_option
@click.option("--explain", "case_id", metavar="CASE_ID", help="Print the arithmetic of this case instead.")
@click.option(
    "--previous",
    type=click.Path(path_type=Path),
    metavar="RESULT",
    help="The result before a correction; what changed goes to --changes.",
)
@click.option(
    "--changes",
    type=click.Path(path_type=Path),
    help="Where to write each stay that changed, before and after.",
)
@set_option
@reasons_option
@bom_option
@reported(MAX_ERRORS)
def run_(
    run: Run,
    files: tuple[Path, ...],
    output: Path | None,
    scheme: str,
    case_id: str | None,
    previous: Path | None,
    changes: Path | None,
    constants: tuple[str, ...],
    reasons: ReasonForm,
    bom: bool,
) -> None:
    """Work out who pays what: the same rows come out with each payer's part and sums of the year.

    FILE has the stays of whole years of persons, in any order: they count in order of discharge, then of
    admission and case id. A stay of which nothing can be said stays in its row with a reason. The result can
    be priced: drg price takes what patient and other payers bear. With --explain, --json writes the
    arithmetic of that case.
    """
    from drg.benefit import BenefitCalculator
    from drg.records.files import check_output
    from drg.records.reading import read_results

    if (case_id is None) == (output is None):
        raise click.UsageError(Sentence("Give -o OUT for all stays, or --explain CASE_ID to see one."))
    if (previous is None) != (changes is None) or (previous is not None and output is None):
        raise click.UsageError(Sentence("--previous and --changes go together, and with -o OUT."))
    calculator = BenefitCalculator(scheme)
    for file in (output, changes):
        if file is not None:
            check_output(file)
    given = read_results(files)
    cases = with_constants(given, constants)
    calculator.check_cases(cases)
    missing = calculator.missing_columns(cases)
    run.read_results(given.with_lacking(missing))
    run.warn_of_missing(missing)
    if case_id is not None:
        _explain(run, calculator, cases, case_id)
    elif output is not None:
        _work_out(run, calculator, cases, output, previous, changes, reasons, bom=bom)


def _work_out(
    run: Run,
    calculator: BenefitCalculator,
    cases: Cases,
    output: Path,
    previous: Path | None,
    changes: Path | None,
    reasons: ReasonForm,
    *,
    bom: bool,
) -> None:
    from drg.analysis.benefit_tally import BenefitTally
    from drg.benefit import benefit_changes
    from drg.cli.progress import counting
    from drg.records.files import write
    from drg.records.reading import read_results
    from drg.records.result_labels import labelled
    from drg.records.scanning import count_rows
    from drg.report.benefits import print_benefits, warnings
    from drg.report.console import say, written_to
    from drg.report.layouts import print_reading

    lang, files = run.language, list(run.inputs)
    tally = BenefitTally()
    doing = said("benefits", lang)
    with counting(lambda: tally.cases, total=count_rows(files), show=not run.quiet, what=doing):
        done = calculator.benefits_of_cases(cases, reasons=reasons, language=lang, on_batch=tally.add)
        write(labelled(done.source, output, lang), output, sources=files, bom=bom)
    changed = None
    if previous is not None and changes is not None:
        earlier = read_results((previous,))
        run.read_earlier(earlier)
        # Once more, for what is shown of batches is counted.
        again = calculator.benefits_of_cases(cases, reasons="code")
        changed = benefit_changes(earlier, again)
        write(changed.lazy(), changes, sources=[*files, previous], bom=bom)
        run.outputs.append(changes)
    run.cases = tally.cases
    run.outputs.append(output)
    run.results.append(Made(scheme=calculator.loaded))
    run.warn(warnings(tally, lang))
    if run.talks:
        print_reading(run.console, run.findings, run.firsts, lang)
        print_benefits(run.console, tally, calculator.scheme, run.seconds, lang)
        if changed is not None:
            say(
                run.console,
                said("{count:,} stays differ from the earlier result.", lang, count=changed.height),
            )
        written_to(run.console, output, lang, calculator.id)


def _explain(run: Run, calculator: BenefitCalculator, cases: Cases, case_id: str) -> None:
    from drg.benefit import explain_benefits
    from drg.records.files import write_bytes
    from drg.report.benefits import print_benefit_explanation
    from drg.report.console import echo_json

    json_file = run.take_json()
    explanation = explain_benefits(cases, calculator, case_id=case_id, language=run.language)
    if json_file is None:
        print_benefit_explanation(run.console, explanation, run.language)
        return
    text = explanation.model_dump_json(indent=2)
    if json_file == STANDARD:
        echo_json(text)
    else:
        write_bytes(f"{text}\n".encode(), json_file, sources=run.inputs)


def _amounts(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[Decimal]:
    found = []
    for text in texts:
        try:
            found.append(Decimal(text.replace(",", "")))
        except ArithmeticError:
            raise click.BadParameter(Sentence("{text!r} is no amount; write 9575.25", text=text)) from None
    return found


@benefits.command(
    examples=(
        "benefits statements stays.csv -o statements --scheme demo --case-id 0001",
        "benefits statements priced.csv -o statements --scheme demo --names names.toml --lang zh",
    )
)
@files_argument()
@directory_option("Directory of the statements; is made.")
@_scheme_option
@click.option("--case-id", "case_ids", multiple=True, help="Only this stay; repeatable.")
@names_option
@set_option
@reported(output="directory")
def statements(
    run: Run,
    files: tuple[Path, ...],
    directory: Path,
    scheme: str,
    case_ids: tuple[str, ...],
    names_file: Path | None,
    constants: tuple[str, ...],
) -> None:
    """Write the statement of each stay (医疗费用结算单): who pays what, line by line, as workbook and page.

    FILE has the stays of whole years of persons, or what drg benefits and drg price made of them: then the
    payment by group and what the fund pays of it stand beside. Of all stays together at most 1,000; without
    a statement, and named, is a stay of which nothing can be said or which the file has otherwise.
    """
    from drg.cli.benefit_statements import write_statements_of_stays

    write_statements_of_stays(run, files, directory, scheme, case_ids, names_file, constants)


@benefits.command(
    examples=(
        "benefits sums shared.csv -o payers.xlsx",
        "benefits sums priced.parquet -o payers.xlsx --months-by settlement_date --names names.toml",
        "benefits sums shared-*.parquet -o payers.csv --findings held.csv",
    )
)
@files_argument()
@output_option("Where to write the sums: .xlsx (with a page for each hospital), .parquet or .csv.")
@click.option(
    "--months-by",
    type=click.Choice(("discharge_date", "settlement_date")),
    default="discharge_date",
    help="The date that puts a stay into its month. [discharge_date]",
)
@click.option("--findings", type=click.Path(path_type=Path), help="Also write the stays that are held here.")
@names_option
@bom_option
@reported(MAX_ERRORS)
def sums(
    run: Run,
    files: tuple[Path, ...],
    output: Path,
    months_by: MonthsBy,
    findings: Path | None,
    names_file: Path | None,
    bom: bool,
) -> None:
    """Add up what each payer pays to each hospital by month (同步结算).

    FILE is what drg benefits wrote; if it was priced too, the payment by group and the fund's part stand
    beside. A stay of which nothing can be said, or whose payers do not add up to its cost, is in no amount:
    it is counted and named.
    """
    from drg.cli.benefit_sums import write_sums

    write_sums(run, files, output, months_by, findings, names_file, bom=bom)


@benefits.command(
    examples=(
        "benefits compare stays.csv --scheme demo --scheme ./demo-2026",
        "benefits compare stays.csv --scheme demo,./demo-2026 --household-limit 30000 -o change.xlsx",
        "benefits compare stays.csv --scheme demo,./demo-2026 -o limits.csv --table limits",
    ),
)
@files_argument()
@click.option(
    "-s",
    "--scheme",
    "schemes",
    multiple=True,
    required=True,
    callback=listed,
    metavar="A[,B]",
    help="Two benefit schemes (see: drg benefits list) or their directories: the one before, then the one "
    "after.",
)
@output_option(
    "Write .xlsx or .json: all tables; or .csv, .parquet: the table that --table names.", required=False
)
@click.option("--table", type=click.Choice(_TABLES), help="The table for .csv or .parquet. [groups]")
@click.option(
    "--person-limit",
    "person_limits",
    multiple=True,
    callback=_amounts,
    metavar="YUAN",
    help="Tell how many persons bear more in a year; repeatable. [10000, 20000 and 50000]",
)
@click.option(
    "--household-limit",
    "household_limits",
    multiple=True,
    callback=_amounts,
    metavar="YUAN",
    help="Tell how many households bear more in a year, by the column household_id; repeatable.",
)
@set_option
@bom_option
@reported()
def compare(
    run: Run,
    files: tuple[Path, ...],
    schemes: list[str],
    output: Path | None,
    table: str | None,
    person_limits: list[Decimal],
    household_limits: list[Decimal],
    constants: tuple[str, ...],
    bom: bool,
) -> None:
    """Show what another scheme would change for fund, other payers, persons and households (待遇调整测算).

    FILE is what drg benefits reads, with whole years of persons. The benefits of the same stays are worked
    out by both schemes: totals by payer, by insurance, class of aid and hospital level; who bears less or
    more; what persons and households bear in a year, and how many of them more than a limit. drg simulate
    --benefits makes up such stays.
    """
    from drg.cli.benefits_compare import show_comparison

    if len(schemes) != 2:
        raise click.UsageError(Sentence("Give two schemes, the one before and the one after."))
    if output is None and table is not None:
        raise click.UsageError(Sentence("--table chooses what -o writes; give -o OUT too."))
    if output is None and not run.talks and run.asked.json_file is None:
        raise click.UsageError(Sentence("Give -o OUT with --quiet, or nothing comes out."))
    show_comparison(
        run, files, schemes, output, table or "groups", constants, person_limits, household_limits, bom=bom
    )


@benefits.command(name="list", examples=("benefits list",))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the schemes.")
@lang_option
def list_(as_json: bool, lang: str) -> None:
    """List the installed benefit schemes."""
    from drg.benefit import list_benefit_schemes
    from drg.report.benefits import print_benefit_schemes
    from drg.report.console import echo_json, stdout

    found = list_benefit_schemes()
    if as_json:
        echo_json("[" + ",\n ".join(scheme.model_dump_json(exclude_none=True) for scheme in found) + "]")
    else:
        print_benefit_schemes(stdout(), found, lang)


@benefits.command(examples=("benefits check demo", "benefits check ./my-scheme --lang zh"))
@click.argument("scheme")
@lang_option
def check(scheme: str, lang: str) -> None:
    """Check SCHEME, an id or a directory: say its rules in words, and work out three stays by them.

    What is wrong is named with file, line and entry.
    """
    from drg.analysis.benefit_cases import worked_stays
    from drg.benefit import BenefitCalculator
    from drg.report.benefit_scheme_words import print_benefit_scheme
    from drg.report.console import stdout

    calculator = BenefitCalculator(scheme)
    print_benefit_scheme(stdout(), calculator.scheme, worked_stays(calculator, lang), lang)
