"""``drg price``: grouped files in, priced file out; or the arithmetic of one case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.constants import set_option, with_constants
from drg.cli.options import (
    bom_option,
    files_argument,
    lang_option,
    output_option,
    quiet_option,
    reasons_option,
    scheme_option,
)
from drg.words import Sentence, said

if TYPE_CHECKING:
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
@click.option("--json", "as_json", is_flag=True, help="The arithmetic as JSON.")
@set_option
@reasons_option
@lang_option
@bom_option
@quiet_option
def price(
    files: tuple[Path, ...],
    output: Path | None,
    scheme: str,
    case_id: str | None,
    as_json: bool,
    constants: tuple[str, ...],
    reasons: ReasonForm,
    lang: str,
    bom: bool,
    quiet: bool,
) -> None:
    """Price grouped cases: the same rows come out with weight, standard, class, payment and surplus.

    FILE is what drg group writes. The ending of the output
    chooses its format. A case that cannot be priced stays in its row with a class and a reason; nothing is
    dropped. Memory does not grow with the files, but for a few columns where the scheme compares cases
    (readmissions, the most expensive cases).
    """
    from drg.payment import Pricer
    from drg.records.reading import read_results

    if (case_id is None) == (output is None):
        raise click.UsageError(Sentence("Give -o OUT to price all cases, or --explain CASE_ID to see one."))
    pricer = Pricer(scheme)
    cases = with_constants(read_results(files), constants)
    if case_id is not None:
        _explain(pricer, cases, case_id, files[0], lang, as_json=as_json)
    elif output is not None:
        _price(pricer, cases, files, output, reasons, lang, bom=bom, quiet=quiet)


def _price(
    pricer: Pricer,
    cases: Cases,
    files: tuple[Path, ...],
    output: Path,
    reasons: ReasonForm,
    lang: str,
    *,
    bom: bool,
    quiet: bool,
) -> None:
    from time import perf_counter

    from drg.analysis.price_tally import PriceTally
    from drg.cli.progress import counting
    from drg.records.files import write
    from drg.records.scanning import count_rows
    from drg.report.console import stdout, written_to
    from drg.report.prices import print_prices

    started = perf_counter()
    tally = PriceTally()
    with counting(lambda: tally.cases, total=count_rows(files), show=not quiet, what=said("pricing", lang)):
        priced = pricer.price(
            cases, reasons=reasons, language=lang, on_batch=tally.add, on_batch_reads=tally.reads
        )
        write(priced.source, output, sources=files, bom=bom)
    warn(tally, lang)
    if not quiet:
        console = stdout()
        print_prices(console, tally, pricer.scheme, perf_counter() - started, lang)
        written_to(console, output, lang, pricer.id)


def warn(tally: Any, lang: str) -> None:
    """Say what nobody may overlook, also to those who asked for quiet."""
    from drg.report.prices import warnings

    for warning in warnings(tally, lang):
        click.echo(said("Warning: {warning}.", lang, warning=warning), err=True)


def _explain(pricer: Pricer, cases: Cases, case_id: str, file: Path, lang: str, *, as_json: bool) -> None:
    """Print the arithmetic of the first case with this id, with what only the other cases show.

    Raises:
        InputError: there is none.
        MissingColumnError: the scheme needs a column that the file lacks.
    """
    from dataclasses import replace

    from drg.columns import PRICE
    from drg.errors import InputError
    from drg.payment.cross_case_flags import EXTREME, READMITTED
    from drg.report.console import echo_json, stdout
    from drg.report.prices import print_price_explanation

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
    readmitted, extreme = (name in found.columns and bool(found[name][0]) for name in (READMITTED, EXTREME))
    case = replace(cases, rows=found.lazy().drop(READMITTED, EXTREME, strict=False))
    explanation = pricer.explain(case, readmitted=readmitted, extreme=extreme, language=lang)
    if as_json:
        echo_json(explanation.model_dump_json(indent=2))
    else:
        print_price_explanation(stdout(), explanation, lang)
