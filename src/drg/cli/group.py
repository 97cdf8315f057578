"""``drg group``: files in, grouped file out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.options import (
    bom_option,
    files_argument,
    grouper_option,
    output_option,
    reasons_option,
)
from drg.cli.reading import read_discharges, reading_options
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.reasons import ReasonForm


@verb(
    "group discharges.csv -o grouped.csv --grouper chs-drg-2.0",
    "group discharges.csv -o grouped.csv --grouper national",
    "group hqms-2024.csv -o grouped.xlsx -g chs-drg-2.0 --findings findings.xlsx",
    "group settlement-list/ -o grouped.csv -g wuhan-2022 --codes clinical",
)
@files_argument()
@output_option("Where to write the result.")
@grouper_option()
@reading_options
@click.option("--canonical", is_flag=True, help="Write canonical columns instead of the file's own.")
@click.option(
    "--findings",
    "findings_file",
    type=click.Path(path_type=Path),
    help="Where to write what was read otherwise, was unknown or could not be read.",
)
@bom_option
@reasons_option
@reported(MIN_GROUPED, MAX_ERRORS)
def group(
    run: Run,
    files: tuple[Path, ...],
    output: Path,
    grouper: str,
    canonical: bool,
    findings_file: Path | None,
    bom: bool,
    reasons: ReasonForm,
    **reading: Any,
) -> None:
    """Group discharges: the same rows come out with MDC, ADRG, DRG and the reason.

    FILE is CSV (.csv, .csv.gz, .csv.zst, .txt, .tsv; UTF-8 or GB 18030), a workbook (.xlsx, .xls, .xlsb,
    .ods), dBASE or FoxPro (.dbf) or Parquet; as HQMS, N041 (卫统4-1), settlement list (its five files, or
    their directory), or in canonical columns. Several files become one result. The ending of the output
    chooses its format: .csv, .parquet or .xlsx. A case that cannot be grouped stays in its row with a
    status and a reason; nothing is dropped. Memory does not grow with the files, but for workbooks and
    settlement lists. With a series, such as national, each case is grouped by the version in force on its
    discharge_date.
    """
    from drg.cli.progress import counting
    from drg.columns import ALL, OUTPUT, PRICE
    from drg.grouping import grouper_of
    from drg.grouping.stream import group_discharges
    from drg.grouping.tally import Tally
    from drg.records.files import check_output, write
    from drg.records.findings_log import FindingsLog
    from drg.records.parquet import is_parquet
    from drg.records.result_labels import labelled
    from drg.records.scanning import count_rows
    from drg.report.console import print_summary, print_versions, say, written_to
    from drg.report.layouts import print_reading

    lang = run.language
    check_output(output)
    if findings_file is not None:
        if findings_file == output:
            raise click.UsageError(Sentence("Give --output and --findings different names."))
        check_output(findings_file)
    version = grouper_of(grouper)
    given = read_discharges(files, reading, version.required_columns)
    discharges = given.discharges
    run.read(given)
    tally = Tally()
    with FindingsLog(keep=findings_file is not None) as log:
        # Canonical columns are taken as they are: nothing is read otherwise, unless somebody asks.
        asked = findings_file is not None or not discharges.is_canonical or discharges.codes == "clinical"
        asked = asked or run.counts_findings
        grouped = group_discharges(
            version,
            discharges,
            canonical=canonical,
            reasons=reasons,
            language=lang,
            tally=tally,
            numbered=is_parquet(output),
            log=log if asked else None,
        )
        with counting(
            lambda: tally.cases,
            total=count_rows(discharges.files),
            show=not run.quiet,
            what=said("grouping", lang),
        ):
            columns = ALL if canonical else (*OUTPUT, *PRICE)
            grouped = labelled(grouped, output, lang, columns)
            write(grouped, output, sources=discharges.files, bom=bom)
        if findings_file is not None:
            log.write(findings_file, sources=(*discharges.files, output), bom=bom)
    run.cases = tally.cases
    if asked:
        run.findings = log.counts
        run.firsts.update(log.firsts)
    run.outputs += [output] if findings_file is None else [output, findings_file]
    run.results.append(Made(version, statuses=tally.statuses))
    if run.talks:
        console = run.console
        print_reading(console, run.findings, run.firsts, lang)
        print_summary(console, tally, run.seconds, lang)
        print_versions(console, version, tally.versions, lang)
        layout = discharges.layout.id
        by = version.id
        if not discharges.is_canonical:
            by += said(", read as {layout}", lang, layout=layout)
        written_to(console, output, lang, by)
        if findings_file is not None:
            count = f"{sum(log.counts.values()):,}"
            say(
                console,
                said(
                    "{count} findings written to {findings_file}.",
                    lang,
                    count=count,
                    findings_file=findings_file,
                ),
            )
