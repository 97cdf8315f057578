"""``drg settle``: priced files in, accounts of hospitals out, and their statements."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import verb
from drg.cli.options import (
    cases_option,
    close_option,
    files_argument,
    hospital_option,
    names_option,
    output_option,
    reasons_option,
    scheme_option,
)
from drg.cli.report_options import MAX_ERRORS
from drg.cli.reported import Made, Run, Sums, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.payment import LoadedScheme
    from drg.reasons import ReasonForm
    from drg.report.document_names import DocumentNames
    from drg.settlement import Settlement


@verb(
    "settle priced.parquet --scheme demo -o settlement.xlsx",
    "settle priced-*.parquet --scheme demo -o settlement.xlsx --payments payments.xlsx",
    "settle priced.csv --scheme demo -o out.parquet --decisions decided.xlsx --scores scores.csv",
    "settle priced.parquet --scheme demo -o out.xlsx --statement statements/ --hospital H1",
    "settle priced.parquet --scheme demo -o out.xlsx --statement statements/ --names names.toml",
)
@files_argument()
@scheme_option
@output_option("Where to write the accounts: .xlsx, .parquet or .csv.")
@click.option("--payments", type=click.Path(path_type=Path), help="Instalments and deductions (拨付记录).")
@click.option("--decisions", type=click.Path(path_type=Path), help="On special cases (特例单议决定).")
@click.option("--scores", type=click.Path(path_type=Path), help="Of the year's quality (考核得分).")
@close_option
@click.option("--findings", type=click.Path(path_type=Path), help="Also write all findings here.")
@click.option(
    "--cases", "cases_file", type=click.Path(path_type=Path), help="Points method: cases as cleared, here."
)
@click.option(
    "--statement",
    "statements",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write a statement (结算单) for each hospital into this directory.",
)
@hospital_option
@names_option
@reasons_option
@cases_option
@reported(MAX_ERRORS)
def settle(
    run: Run,
    files: tuple[Path, ...],
    scheme: str,
    output: Path,
    payments: Path | None,
    decisions: Path | None,
    scores: Path | None,
    close: bool | None,
    findings: Path | None,
    cases_file: Path | None,
    statements: Path | None,
    hospitals: tuple[str, ...],
    names_file: Path | None,
    reasons: ReasonForm,
    with_cases: bool,
) -> None:
    """Settle hospitals: surplus kept, overrun shared, instalments, the annual clearing (结算与清算).

    FILE is what drg price writes, of one year or several. The result has a row for each hospital, insurance
    and month, for the year to date, and for the year: cleared if its December is there, else forecast.
    """
    from drg.payment import load_scheme
    from drg.records.files import check_output
    from drg.records.reading import read_results
    from drg.records.scanning import scan
    from drg.report.console import say
    from drg.report.document_names import NO_NAMES, read_names, unnamed
    from drg.report.settlement import print_settlement, warnings
    from drg.report.statement import check_hospitals
    from drg.settlement import settle as settle_frame

    lang = run.language
    if hospitals and statements is None:
        raise click.UsageError(Sentence("--hospital chooses statements: give --statement DIR too."))
    if names_file is not None and statements is None and not _is_workbook(output):
        raise click.UsageError(
            Sentence("--names is for statements and workbooks: give --statement DIR or -o FILE.xlsx.")
        )
    names = NO_NAMES if names_file is None else read_names(names_file)
    tables = {
        name: None if file is None else scan(file)
        for name, file in (("payments", payments), ("decisions", decisions), ("scores", scores))
    }
    given = [file for file in (payments, decisions, scores, names_file) if file is not None]
    outputs = [file for file in (output, findings, cases_file) if file is not None]
    for file in outputs:
        check_output(file)
    priced = read_results(files)
    run.read_results(priced)
    run.inputs += given
    loaded = load_scheme(scheme)
    settlement = settle_frame(priced, loaded, close=close, **tables)
    check_hospitals(settlement, hospitals)
    _write(settlement, output, findings, cases_file, names, reasons, lang, sources=(*files, *given))
    _count(run, settlement, loaded)
    run.outputs += outputs if statements is None else [*outputs, statements]
    run.warn(warnings(settlement.findings, lang))
    if names_file is not None:
        shown = hospitals or settlement.rows["hospital_id"].unique().sort()
        run.warn(unnamed(names, names_file, shown))
    made = 0
    if statements is not None:
        made = _write_statements(run, settlement, statements, hospitals, names, with_cases=with_cases)
    seconds = run.seconds
    if run.talks:
        console = run.console
        print_settlement(console, settlement, lang)
        written = ", ".join(str(file) for file in outputs)
        count = f"{settlement.rows.height:,}"
        say(
            console,
            said(
                "{count} rows in {seconds:.2f} s, written to {names} with {scheme}.",
                lang,
                count=count,
                seconds=seconds,
                names=written,
                scheme=scheme,
            ),
        )
        if statements is not None:
            say(
                console,
                said("{made:,} statements written to {statements}.", lang, made=made, statements=statements),
            )


def _is_workbook(output: Path) -> bool:
    return output.name.lower().endswith(".xlsx")


def _write(
    settlement: Settlement,
    output: Path,
    findings: Path | None,
    cases_file: Path | None,
    names: DocumentNames,
    reasons: ReasonForm,
    lang: str,
    *,
    sources: tuple[Path, ...],
) -> None:
    from drg.records.files import write
    from drg.records.reason_text import reason_text
    from drg.report.settlement_book import write_settlement
    from drg.report.statement import last_day
    from drg.settlement.point_value_payment import cleared

    # Refused before anything is written if no value of a point is there.
    cases = None if cases_file is None else cleared(settlement.cases, settlement)
    if _is_workbook(output):
        write_settlement(settlement, output, last_day(settlement), names=names, sources=sources)
    else:
        write(settlement.rows.lazy(), output, sources=sources)
    if findings is not None:
        write(settlement.findings.lazy(), findings, sources=sources)
    if cases is not None and cases_file is not None:
        told = reason_text(cases, language=lang) if reasons == "text" else cases
        write(told, cases_file, sources=sources)


def _count(run: Run, settlement: Settlement, scheme: LoadedScheme) -> None:
    """What the accounts add up to as they stand, and the findings."""
    from drg.settlement.accounts import standing

    sums = standing(settlement.rows).select("cases", "payment_yuan", "cost_yuan", "outcome_yuan").sum()
    cases, *money = sums.row(0)
    run.cases = int(cases or 0)
    payment, cost, surplus = (Decimal(amount or 0) for amount in money)
    # Cases that are not priced are not settled.
    run.results.append(Made(scheme=scheme, money=Sums(payment, cost, cost, surplus)))
    counts = settlement.findings.group_by("rule", "severity").len().rows()
    run.findings.update({(rule, severity): count for rule, severity, count in counts})


def _write_statements(
    run: Run,
    settlement: Settlement,
    directory: Path,
    hospitals: tuple[str, ...],
    names: DocumentNames,
    *,
    with_cases: bool,
) -> int:
    """Write the statements; how many."""
    from drg.cli.progress import counting
    from drg.report.statement import write_statements

    done: list[str] = []
    total = len(hospitals) or settlement.rows["hospital_id"].n_unique()
    doing = said("statements", run.language)
    with counting(lambda: len(done), total=total, show=not run.quiet, what=doing):
        written = write_statements(
            settlement,
            directory,
            hospitals=hospitals or None,
            language=run.language,
            with_cases=with_cases,
            names=names,
            on_batch=done.append,
        )
    return len(written) // 2
