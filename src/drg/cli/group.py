"""``drg group``: files in, grouped file out."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Where to write the result."
)
@click.option("-g", "--grouper", required=True, help="Id of a version (see: drg groupers) or its directory.")
@click.option(
    "--bom/--no-bom", default=True, help="Begin CSV with a byte order mark, as Excel needs it. [on]"
)
@click.option("-q", "--quiet", is_flag=True, help="No progress bar and no summary.")
def group(files: tuple[Path, ...], output: Path, grouper: str, bom: bool, quiet: bool) -> None:
    r"""Group discharges: the same rows come out with MDC, ADRG, DRG and the reason.

    FILE is Parquet (.parquet) or CSV in UTF-8 (.csv, .csv.gz, .csv.zst); several files become one result.
    The ending of the output chooses its format. A case that cannot be grouped stays in its row with a status
    and a reason; nothing is dropped. Memory does not grow with the files.

    \b
        drg group discharges.csv -o grouped.csv --grouper chs-drg-2.0
        drg group 2024-*.parquet -o 2024.parquet --grouper wuhan-2022
    """
    from time import perf_counter

    from drg.analysis.tally import Tally
    from drg.cli.progress import counting
    from drg.grouping import Grouper
    from drg.records.files import count_rows, scan_all, write
    from drg.report.console import print_summary, stdout

    started = perf_counter()
    version = Grouper(grouper)
    frame = scan_all(files)
    tally = Tally()
    with counting(lambda: tally.cases, total=count_rows(files), show=not quiet):
        write(version.group(frame, watch=tally.add), output, sources=files, bom=bom)
    if not quiet:
        console = stdout()
        print_summary(console, tally, perf_counter() - started)
        console.print(f"Written to {output} with {version.id}.", soft_wrap=True)
