"""``drg report``: what a month was like, for those who decide."""

from __future__ import annotations

from pathlib import Path

import click

from drg.cli.commands import Verbs
from drg.cli.options import files_argument, grouper_option, help_lang_option, output_option
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence

_FORMATS = (".xlsx", ".html")


@click.group(cls=Verbs)
@help_lang_option
def report() -> None:
    """Report a month: of a hospital, for its director (医院月报)."""


@report.command(
    examples=(
        "report hospital priced.parquet -o march.xlsx --month 2025-03 --lang zh",
        "report hospital 2025-03.csv --previous 2025-02.csv --previous 2024-03.csv -o march.html",
    )
)
@files_argument()
@output_option("Write .xlsx: all tables and every case; or .html: a page for A4 with charts.")
@click.option("--month", metavar="YYYY-MM", help="The month, by date of discharge. [the last one]")
@click.option(
    "--hospital", metavar="ID", help="The hospital to report, if the files hold cases of several hospitals."
)
@click.option(
    "--previous",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Grouped and priced cases of earlier months, to compare with; repeatable.",
)
@click.option(
    "--doctor", metavar="COLUMN", help="The column of the doctor. [主诊医师, 主治医师 or the like, if any]"
)
@grouper_option(
    "Directory of the version of the groups, if it is not installed. [by the cases]", required=False
)
@click.option(
    "--readmission-days",
    type=click.IntRange(min=1),
    default=15,
    metavar="DAYS",
    help="A return to the same group within so many days is a readmission. [15]",
)
@reported(MIN_GROUPED, MAX_ERRORS)
def hospital(
    run: Run,
    files: tuple[Path, ...],
    output: Path,
    month: str | None,
    hospital: str | None,
    previous: tuple[Path, ...],
    doctor: str | None,
    grouper: str | None,
    readmission_days: int,
) -> None:
    """Report the month of a hospital to its director (医院月报).

    FILE is what drg price or drg run writes, of one hospital or of a region: cost and time index compare with
    all cases of the month in the files. The report has cases, grouping rate, CMI, indices and surplus of the
    whole and by department, doctor, group and insurance, beside earlier months (环比、同比); high-cost and
    low-cost cases, deaths in groups of low risk, readmissions, the largest deficits; findings in the records;
    and of every case why it is in its group.
    """
    from drg.analysis.hospital import hospital_report
    from drg.records.files import check_place, write_bytes
    from drg.records.reading import read_results
    from drg.report.console import say, speed, written_to
    from drg.report.hospital import hospital_page, hospital_workbook, print_hospital_report

    if output.suffix.lower() not in _FORMATS:
        raise click.UsageError(Sentence("A report is a workbook or a page: give -o OUT.xlsx or -o OUT.html."))
    check_place(output)
    lang = run.language
    given = read_results(files)
    run.read_results(given)
    earlier = read_results(previous) if previous else None
    if earlier is not None:
        run.read_earlier(earlier)
    found = hospital_report(
        given,
        previous=earlier,
        month=month,
        hospital=hospital,
        doctor=doctor,
        grouper=grouper,
        readmission_days=readmission_days,
    )
    if output.suffix.lower() == ".xlsx":
        content = hospital_workbook(found, lang)
    else:
        content = hospital_page(found, lang).encode()
    write_bytes(content, output, sources=(*files, *previous))
    run.cases = found.cases.height
    statuses = found.cases.group_by("grouping_status").len().drop_nulls().rows()
    run.results.append(Made(statuses=dict(statuses)))
    counts = found.checks.select("rule", "severity", "cases").rows()
    run.findings.update({(rule, severity): count for rule, severity, count in counts})
    run.outputs.append(output)
    if run.talks:
        print_hospital_report(run.console, found, lang)
        say(run.console, speed(run.cases, run.seconds, lang))
        written_to(run.console, output, lang)
