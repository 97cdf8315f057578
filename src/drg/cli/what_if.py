"""``drg what-if``: what each code of a record does, for one case or a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import bom_option, file_argument, listed, output_option, schemes_option
from drg.cli.reading import read_discharges, reading_options
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said


@verb(
    "what-if discharges.csv --case-id 0001 -g chs-drg-2.0,chs-drg-3.0",
    "what-if discharges.csv -g harbin-2022 -s harbin-2022 -o variants.parquet",
)
@file_argument()
@click.option("--case-id", help="Only this case, and print it.")
@click.option(
    "-g",
    "--groupers",
    multiple=True,
    required=True,
    callback=listed,
    metavar="A[,B…]",
    help="Ids of versions (see: drg groupers) or their directories.",
)
@schemes_option
@output_option("Where to write all variants: .csv, .parquet or .xlsx.", required=False)
@reading_options
@set_option
@bom_option
@reported()
def what_if(
    run: Run,
    file: Path,
    case_id: str | None,
    groupers: list[str],
    schemes: list[str],
    output: Path | None,
    constants: tuple[str, ...],
    bom: bool,
    **reading: Any,
) -> None:
    """Show what each code of a record does to its group and its payment (编码变化试算).

    FILE is what drg group reads. The record as it is comes first; then every other diagnosis as the principal
    one, the record without each complication, every other procedure as the principal one, in the order of the
    record, each grouped and priced afresh by every version. It says what a code does and which rules decide,
    not which code is right: that is a matter of the chart. Rules that compare cases, as for readmissions, are
    left out.
    """
    from drg.analysis.code_variants import lazy_variants
    from drg.analysis.comparison.compared_versions import sides
    from drg.cli.progress import counting
    from drg.records.batches import rebatched
    from drg.records.files import check_output, write
    from drg.records.scanning import count_rows
    from drg.report.code_variants import print_variants
    from drg.report.console import say as print_line
    from drg.report.console import speed, written_to

    if case_id is None and output is None:
        raise click.UsageError(Sentence("Give --case-id to see one case, or -o OUT for all."))
    if output is not None:
        check_output(output)
    lang = run.language
    versions = sides(groupers, schemes, reading["codes"], least=1)
    needs = {name for version in versions for name in version.grouper.required_columns}
    given = read_discharges([file], reading, needs)
    run.read(given)
    discharges = given.discharges
    cases = with_constants(discharges if case_id is None else discharges.case(case_id), constants)
    done = [0]

    def seen(count: int) -> None:
        done[0] += count

    run.results += [
        Made(version.grouper, version.pricer.loaded if version.pricer else None) for version in versions
    ]
    if case_id is not None:
        found = lazy_variants(cases, versions, seen).collect()
        if run.talks:
            print_variants(run.console, found, lang)
        variants = found.lazy()
    else:
        variants = lazy_variants(cases.of_rows(rebatched(cases.rows)), versions, seen)
    if output is not None:
        doing = said("grouping", lang)
        with counting(lambda: done[0], total=count_rows([file]), show=not run.quiet, what=doing):
            write(variants, output, sources=[file], bom=bom)
        run.outputs.append(output)
    run.cases = done[0]
    if run.talks and output is not None:
        print_line(run.console, speed(run.cases, run.seconds, lang))
        written_to(run.console, output, lang)
