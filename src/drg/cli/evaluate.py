"""``drg evaluate``: how well the groups of a grouping tell dear cases from cheap ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from drg.cli.commands import verb
from drg.cli.options import (
    bom_option,
    files_argument,
    grouper_option,
    output_option,
    realism_option,
    trim_option,
)
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said

# Spelled out here so that asking for help imports nothing; tables of analysis.quality.Evaluation.
_TABLES = (
    "variance",
    "groups",
    "splits",
    "order",
    "homogeneity",
    "hospitals",
    "profiles",
    "years",
    "findings",
)
_STATUSES = ("ambiguous", "no_drg", "ungrouped", "invalid")


@verb(
    "evaluate grouped.parquet",
    "evaluate grouped.csv -o quality.xlsx --trim percentile:1,99",
    "evaluate year.parquet --realism region.csv",
    "evaluate grouped.parquet -o quality.html",
    "evaluate 2024.parquet --previous 2023.parquet -o quality.xlsx",
    "evaluate 2023.parquet 2024.parquet -o groups.csv --table groups",
)
@files_argument()
@output_option(
    "Write .xlsx: all tables, a sheet each; .html: a page with charts; or .csv, .parquet: the table that "
    "--table names.",
    required=False,
)
@click.option("--table", type=click.Choice(_TABLES), help="The table for .csv or .parquet. [groups]")
@grouper_option(
    "Whose rules say which groups are for MCC or CC. [the one that the cases name]", required=False
)
@trim_option("iqr:1.5")
@click.option(
    "--min-cases",
    type=click.IntRange(min=0),
    default=30,
    help="A group with fewer has few cases. [30]",
)
@click.option(
    "--ddof",
    type=click.Choice(["0", "1"]),
    default="1",
    help="Divisor of variances: cases less 1 (sample) or less 0. [1]",
)
@click.option(
    "--exclude",
    multiple=True,
    type=click.Choice(_STATUSES),
    help="Leave cases of this status out of all; repeatable.",
)
@click.option(
    "--longest-stay",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Leave cases out that stayed longer, such as 60. [none]",
)
@click.option(
    "--previous",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Grouped cases of an earlier year, to tell what changed since; repeatable.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Of the draws behind ranks of hospitals and tests of homogeneity. [0]",
)
@realism_option
@bom_option
@reported(MIN_GROUPED, MAX_ERRORS)
def evaluate(
    run: Run,
    files: tuple[Path, ...],
    output: Path | None,
    table: str | None,
    grouper: str | None,
    trim: str,
    min_cases: int,
    ddof: str,
    exclude: tuple[str, ...],
    longest_stay: int | None,
    previous: tuple[Path, ...],
    seed: int,
    realism: Path | None,
    bom: bool,
) -> None:
    """Evaluate a grouping: grouping rate, RIV, CV, splits, severity order, indices (分组效能评价).

    FILE is what drg group or drg price writes; of a layout such as HQMS, with --canonical. Needed are group,
    status, and cost or length of stay. A measure that is not defined is shown as – and said why. Some tens
    of bytes are kept for each case, and no text.
    """
    import polars as pl

    from drg.analysis.quality import evaluate as evaluation_of
    from drg.cli.progress import counting
    from drg.grouping import Grouper
    from drg.records.files import check_output, write, write_bytes
    from drg.records.reading import read_results
    from drg.records.scanning import count_rows
    from drg.report.console import say, speed, written_to
    from drg.report.layouts import print_reading
    from drg.report.quality import print_evaluation, workbook
    from drg.report.quality_page import quality_page
    from drg.report.simulation import print_realism

    lang = run.language
    is_workbook = output is not None and output.suffix.lower() == ".xlsx" and table is None
    is_page = output is not None and output.suffix.lower() == ".html"
    if is_page and table is not None:
        raise click.UsageError(Sentence("A page has all tables: leave --table out, or write .csv."))
    if output is None and table is not None:
        raise click.UsageError(Sentence("--table chooses what -o writes; give -o OUT too."))
    if output is None and not run.talks and run.asked.json_file is None:
        raise click.UsageError(Sentence("Give -o OUT with --quiet, or nothing comes out."))
    if output is not None and output == realism:
        raise click.UsageError(Sentence("Give --output and --realism different names."))
    if output is not None:
        check_output(output, *(() if table else (".html",)))
    if realism is not None:
        check_output(realism)
    if table == "years" and not previous:
        raise click.UsageError(
            Sentence("The table years compares with an earlier year: give --previous FILE.")
        )
    given = read_results(files)
    run.read_results(given)
    earlier = read_results(previous) if previous else None
    if earlier is not None:
        run.read_earlier(earlier)
    version = None if grouper is None else Grouper(grouper)
    done = [0]

    def seen(count: int) -> None:
        done[0] += count

    doing = said("evaluating", lang)
    with counting(lambda: done[0], total=count_rows(files), show=not run.quiet, what=doing):
        found = evaluation_of(
            given,
            version,
            trimming=trim,
            min_cases=min_cases,
            ddof=int(ddof),
            exclude=exclude,
            longest_stay=longest_stay,
            seed=seed,
            previous=earlier,
            with_homogeneity=is_workbook or is_page or table == "homogeneity",
            on_batch=seen,
        )
    if output is not None and is_workbook:
        write_bytes(workbook(found), output, sources=(*files, *previous))
    elif output is not None and is_page:
        write_bytes(quality_page(found).encode(), output, sources=(*files, *previous))
    elif output is not None:
        write(found.tables[table or "groups"].lazy(), output, sources=(*files, *previous), bom=bom)
    figures = None
    if realism is not None:
        from drg.analysis.simulation.realism import realism as figures_of

        figures = figures_of(given)
        write(figures.lazy(), realism, sources=(*files, *previous), bom=bom)
    run.cases = int(found.summary["cases"] or 0)
    if version is None and found.grouper is not None:
        version = Grouper(found.grouper)
    run.results.append(Made(version, statuses=found.statuses, measures=found.summary))
    run.outputs += [file for file in (output, realism) if file is not None]
    counts = found.findings.group_by("rule", "severity").agg(pl.col("count").sum()).rows()
    run.findings.update({(rule, severity): count for rule, severity, count in counts})
    if run.talks:
        console = run.console
        read = Counter(run.reading_counts)
        read.update(earlier.remark_counts if earlier is not None else {})
        print_reading(console, read, run.firsts, lang)
        print_evaluation(console, found, lang)
        say(console, speed(run.cases, run.seconds, lang))
        if output is not None:
            written_to(console, output, lang)
        if figures is not None:
            print_realism(console, figures, lang)
            say(console, said("Figures of the region written to {realism}.", lang, realism=realism))
