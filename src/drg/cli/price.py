"""``drg price``: grouped files in, priced file out; or the arithmetic of one case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    bom_option,
    files_argument,
    output_option,
    reasons_option,
    scheme_option,
)
from drg.cli.report_options import MAX_ERRORS, MIN_GROUPED, STANDARD
from drg.cli.reported import Made, Run, Sums, reported
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.analysis.price_tally import PriceTally
    from drg.grouping import AnyGrouper
    from drg.payment import Pricer
    from drg.reasons import ReasonForm
    from drg.records.cases import Cases


@verb(
    "price grouped.csv -o priced.csv --scheme harbin-2022",
    "price grouped.parquet --explain 0001 --scheme harbin-2022",
    "price grouped.csv -o priced.xlsx --scheme demo --set hospital_level=3",
)
@files_argument()
@output_option("Where to write the result.", required=False)
@scheme_option
@click.option("--explain", "case_id", metavar="CASE_ID", help="Print the arithmetic of this case instead.")
@set_option
@reasons_option
@bom_option
@reported(MIN_GROUPED, MAX_ERRORS)
def price(
    run: Run,
    files: tuple[Path, ...],
    output: Path | None,
    scheme: str,
    case_id: str | None,
    constants: tuple[str, ...],
    reasons: ReasonForm,
    bom: bool,
) -> None:
    """Price grouped cases: the same rows come out with weight, standard, class, payment and surplus.

    FILE is what drg group writes. The ending of the output chooses its format. With --explain, --json writes
    the arithmetic of that case. A case that cannot be priced stays in its row with a class and a reason;
    nothing is dropped. Memory does not grow with the files, but for a few columns where the scheme compares
    cases (readmissions, the most expensive cases).
    """
    from drg.payment import Pricer
    from drg.records.files import check_output
    from drg.records.reading import read_results

    if (case_id is None) == (output is None):
        raise click.UsageError(Sentence("Give -o OUT to price all cases, or --explain CASE_ID to see one."))
    pricer = Pricer(scheme)
    if output is not None:
        check_output(output)
    given = read_results(files)
    cases = with_constants(given, constants)
    missing = pricer.missing_columns(cases)
    run.read_results(given.with_lacking(missing))
    run.warn_of_missing(missing)
    if case_id is not None:
        _explain(run, pricer, cases, case_id)
    elif output is not None:
        _price(run, pricer, cases, output, reasons, bom=bom)


def _price(run: Run, pricer: Pricer, cases: Cases, output: Path, reasons: ReasonForm, *, bom: bool) -> None:
    from drg.analysis.price_tally import PriceTally
    from drg.cli.progress import counting
    from drg.records.files import write
    from drg.records.result_labels import labelled
    from drg.records.scanning import count_rows
    from drg.report.console import written_to
    from drg.report.layouts import print_reading
    from drg.report.prices import print_prices, warnings

    lang, files = run.language, run.inputs
    tally = PriceTally()
    doing = said("pricing", lang)
    with counting(lambda: tally.cases, total=count_rows(files), show=not run.quiet, what=doing):
        priced = pricer.price_cases(
            cases, reasons=reasons, language=lang, on_batch=tally.add, on_batch_reads=tally.reads
        )
        write(labelled(priced.source, output, lang), output, sources=files, bom=bom)
    run.cases = tally.cases
    run.outputs.append(output)
    run.results.append(priced_as(tally, None, pricer))
    run.warn(warnings(tally, lang))
    if run.talks:
        console = run.console
        print_reading(console, run.findings, run.firsts, lang)
        print_prices(console, tally, pricer.scheme, run.seconds, lang)
        written_to(console, output, lang, pricer.id)


def priced_as(tally: PriceTally, grouper: AnyGrouper | None, pricer: Pricer) -> Made:
    """What a version and a scheme made of the cases."""
    sums = tally.total()
    money = Sums(sums["payment"], sums["cost"], sums["priced_cost"], sums["surplus"])
    return Made(grouper, pricer.loaded, tally.statuses, tally.classes, money)


def _explain(run: Run, pricer: Pricer, cases: Cases, case_id: str) -> None:
    """Print the arithmetic of the first case with this id, with what only the other cases show.

    Raises:
        InputError: there is none.
        MissingColumnError: the scheme needs a column that the file lacks.
    """
    from dataclasses import replace

    from drg.columns import PRICE
    from drg.errors import InputError
    from drg.payment.explain import explain_price
    from drg.payment.marks import MARKS
    from drg.records.files import write_bytes
    from drg.report.console import echo_json
    from drg.report.prices import print_price_explanation

    file, json_file = run.inputs[0], run.take_json()
    pricer.check_columns([name for name in cases.binding.columns if name not in PRICE])
    if "case_id" not in cases.binding.columns:
        raise InputError(
            Sentence("there is no column case_id"),
            file=file,
            fix=Sentence("Add it, so that a case can be named"),
        )
    (its_id,) = cases.binding.expression("case_id")
    marked = cases.rows.with_columns(pricer.marks(cases)).filter(its_id == case_id).head(1)
    found = marked.collect(engine="streaming")
    if found.is_empty():
        raise InputError(
            Sentence("there is no case {case_id!r}", case_id=case_id),
            file=file,
            field="case_id",
            fix=Sentence("Check the id"),
        )
    case = replace(cases, rows=found.lazy().drop(MARKS, strict=False))
    explanation = explain_price(pricer, case, found, language=run.language)
    if json_file is None:
        print_price_explanation(run.console, explanation, run.language)
        return
    text = explanation.model_dump_json(indent=2)
    if json_file == STANDARD:
        echo_json(text)
    else:
        write_bytes(f"{text}\n".encode(), json_file, sources=run.inputs)
