"""``drg special-cases``: priced files in, the application list of special cases out."""

from __future__ import annotations

from pathlib import Path

from drg.cli.commands import verb
from drg.cli.options import (
    files_argument,
    hospital_option,
    output_option,
    overwrite_option,
    scheme_option,
)
from drg.cli.report_options import MAX_ERRORS
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence


@verb(
    "special-cases priced.parquet --scheme demo -o applications.xlsx",
    "special-cases priced.parquet --scheme demo -o h1.xlsx --hospital H1",
    "settle priced.parquet --scheme demo --decisions applications.xlsx",
)
@files_argument()
@scheme_option
@output_option("Workbook to write (.xlsx).")
@hospital_option
@overwrite_option("the workbook, with any decisions in it")
@reported(MAX_ERRORS)
def special_cases(
    run: Run,
    files: tuple[Path, ...],
    scheme: str,
    output: Path,
    hospitals: tuple[str, ...],
    overwrite: bool,
) -> None:
    """List the cases worth an application for special review (特例单议申请表).

    FILE is what drg price writes. For each hospital and year, cases that cost more than they are paid and
    reach a limit of [settlement.special] of the scheme are ranked by overrun; those beyond the quota are
    marked. In the workbook, decisions and amounts are filled in; drg settle --decisions reads that very file.
    """
    from drg.payment import load_scheme
    from drg.records.files import write_bytes
    from drg.records.reading import read_results
    from drg.report.console import written_to
    from drg.report.special_cases import applications, print_candidates
    from drg.settlement.candidates import find_candidates, special_review

    lang = run.language
    _check(output, overwrite=overwrite)
    loaded = load_scheme(scheme)
    special_review(loaded)
    priced = read_results(files)
    run.read_results(priced)
    candidates = find_candidates(priced, loaded, hospitals=hospitals or None)
    write_bytes(applications(candidates, loaded, lang), output, sources=files)
    run.cases = int(candidates.quotas["discharges"].sum())
    run.outputs.append(output)
    run.results.append(Made(scheme=loaded))
    if run.talks:
        console = run.console
        print_candidates(console, candidates, lang)
        written_to(console, output, lang, loaded.scheme.id)


def _check(file: Path, *, overwrite: bool) -> None:
    """Whether the workbook can be written here, and no work of others is lost.

    Raises:
        OutputError: if not.
    """
    from drg.errors import OutputError
    from drg.records.files import check_output

    if file.suffix.lower() != ".xlsx":
        raise OutputError(
            Sentence("an application list is a workbook"),
            file=file,
            fix=Sentence("Choose a name that ends in .xlsx"),
        )
    check_output(file)
    if file.exists() and not overwrite:
        raise OutputError(
            Sentence("the file is there already, and decisions may be written in it"),
            file=file,
            fix=Sentence("Choose another name, or add --overwrite"),
        )
