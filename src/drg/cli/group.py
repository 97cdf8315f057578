"""``drg group``: files in, grouped file out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from drg.cli.reading import reading_options


@click.command(
    epilog="\b\nExamples:\n"
    "  drg group discharges.csv -o grouped.csv --grouper chs-drg-2.0\n"
    "  drg group discharges.csv -o grouped.csv --grouper national\n"
    "  drg group hqms-2024.csv -o grouped.xlsx -g chs-drg-2.0 --findings findings.xlsx\n"
    "  drg group settlement-list/ -o grouped.csv -g wuhan-2022 --codes clinical\n"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to write the result."
)
@click.option(
    "-g",
    "--grouper",
    required=True,
    help="Id of a version or of a series (see: drg groupers), or the directory of a version.",
)
@reading_options
@click.option("--canonical", is_flag=True, help="Write canonical columns instead of the file's own.")
@click.option(
    "--findings",
    "findings_file",
    type=click.Path(path_type=Path),
    help="Where to write what was read otherwise, was unknown or could not be read.",
)
@click.option(
    "--bom/--no-bom", default=True, help="Begin CSV with a byte order mark, as Excel needs it. [on]"
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the reasons. [en]")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar and no summary.")
def group(
    files: tuple[Path, ...],
    output: Path,
    grouper: str,
    canonical: bool,
    findings_file: Path | None,
    bom: bool,
    lang: str,
    quiet: bool,
    **reading: Any,
) -> None:
    """Group discharges: the same rows come out with MDC, ADRG, DRG and the reason.

    FILE is CSV (.csv, .csv.gz, .csv.zst, .txt, .tsv; UTF-8 or GB 18030), a workbook (.xlsx, .xls, .xlsb,
    .ods) or Parquet; as HQMS, N041 (卫统4-1), settlement list (its five files, or their directory), or in
    canonical columns. Several files become one result. The ending of the output chooses its format: .csv,
    .parquet or .xlsx. A case that cannot be grouped stays in its row with a status and a reason; nothing is
    dropped. Memory does not grow with the files, but for workbooks and settlement lists. With a series, such
    as national, each case is grouped by the version in force on its discharge_date.
    """
    from time import perf_counter

    from drg.analysis.tally import Tally
    from drg.cli.progress import counting
    from drg.grouping import grouper_of
    from drg.grouping.stream import group_discharges
    from drg.records.files import check_output, count_rows, write
    from drg.records.findings_log import FindingsLog
    from drg.records.reading import read
    from drg.report.console import print_summary, print_versions, stdout
    from drg.report.layouts import print_reading

    started = perf_counter()
    if findings_file is not None:
        if findings_file == output:
            raise click.UsageError("Give --output and --findings different names.")
        check_output(findings_file)
    version = grouper_of(grouper)
    discharges = read(files, **reading)
    tally = Tally()
    with FindingsLog(discharges.findings_schema, keep=findings_file is not None) as log:
        # Canonical columns are taken as they are: nothing is read otherwise, unless somebody asks.
        asked = findings_file is not None or not discharges.is_canonical or discharges.codes == "clinical"
        grouped = group_discharges(
            version,
            discharges,
            canonical=canonical,
            language=lang,
            watch=tally.add,
            log=log if asked else None,
        )
        with counting(lambda: tally.cases, total=count_rows(discharges.files), show=not quiet):
            write(grouped, output, sources=discharges.files, bom=bom)
        if findings_file is not None:
            log.write(findings_file, sources=(*discharges.files, output), bom=bom)
    if not quiet:
        console = stdout()
        print_reading(console, log.counts)
        print_summary(console, tally, perf_counter() - started)
        print_versions(console, version, tally.versions)
        read_as = "" if discharges.is_canonical else f", read as {discharges.layout.id}"
        console.print(f"Written to {output} with {version.id}{read_as}.", soft_wrap=True)
        if findings_file is not None:
            console.print(
                f"{sum(log.counts.values()):,} findings written to {findings_file}.", soft_wrap=True
            )
