"""``drg schemes``: the installed payment schemes, one in words, a first one, and coefficients by CMI."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import UsualVerb
from drg.cli.options import (
    directory_option,
    files_argument,
    help_lang_option,
    id_of_scheme,
    lang_option,
    output_option,
    overwrite_option,
    scheme_id_option,
    scheme_option,
)
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.payment import LoadedScheme


@click.group(cls=UsualVerb, usual="list")
@help_lang_option
def schemes() -> None:
    """List the payment schemes, check and explain one, or make a first one of your own (支付方案).

    drg schemes alone lists the installed ones.
    """


@schemes.command(name="list", examples=("schemes",))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the schemes.")
@lang_option
def list_(as_json: bool, lang: str) -> None:
    """List the installed payment schemes."""
    from drg.payment import list_schemes
    from drg.report.console import echo_json, stdout
    from drg.report.prices import print_schemes

    found = list_schemes()
    if as_json:
        echo_json("[" + ",\n ".join(scheme.model_dump_json(exclude_none=True) for scheme in found) + "]")
    else:
        print_schemes(stdout(), found, lang)


@schemes.command(examples=("schemes check harbin-2022", "schemes check ./my-scheme --lang zh"))
@click.argument("scheme")
@lang_option
def check(scheme: str, lang: str) -> None:
    """Check SCHEME, an id or a directory: say its rules in words, and price three cases by them.

    What is wrong is named with file, line and entry. The cases are of the group in the middle of the weights.
    """
    from drg.payment.load_scheme import load_scheme

    _explain(load_scheme(scheme), lang)


def _explain(loaded: LoadedScheme, lang: str) -> None:
    from drg.analysis.scheme_cases import worked_cases
    from drg.grouping.version import Version
    from drg.payment import Pricer
    from drg.report.console import stdout
    from drg.report.scheme_words import print_scheme
    from drg.tables.locate import find

    groups = 0 if loaded.grouper is None else Version(find(loaded.scheme.grouper)).program.drg.height
    print_scheme(stdout(), loaded, groups, worked_cases(Pricer(loaded), lang), lang)


def _amount(_context: click.Context, _option: click.Parameter, text: str) -> Decimal:
    from drg.payment.plausible import is_usual_cost

    try:
        value = Decimal(text.replace(",", ""))
    except ArithmeticError:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise click.BadParameter(Sentence("{text!r} is no amount; write 9575.25", text=text))
    if not is_usual_cost(value):
        problem = Sentence("{text!r} is not what a case of weight 1 costs", text=text)
        yuan = f"{(value * 10_000).normalize():f}"
        meant = Sentence("Amounts are in yuan: if 万元 are meant, write {value}", value=yuan)
        raise click.BadParameter(Joined(". ", (problem, meant)))
    return value


@schemes.command(
    examples=(
        "schemes new --rate 9575.25 --weights weights.xlsx -o my-scheme",
        "schemes new --rate 9575.25 --weights weights.xlsx -o my-scheme --grouper chs-drg-2.0",
    )
)
@click.option("--rate", required=True, callback=_amount, metavar="YUAN", help="Of a weight of 1.")
@click.option(
    "--weights",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="List of weights: Excel, CSV or Parquet with DRG编码 and 权重, or with a 权重 for each level.",
)
@directory_option("Directory of the scheme; its name is the id.")
@click.option("-g", "--grouper", help="Id of the version of the groups. [found by their codes]")
@scheme_id_option
@click.option("--title", help="Title of the scheme.")
@click.option("--region", help="Region of the scheme.")
@click.option("--source", help="Who published weights and rate. [the name of the list]")
@overwrite_option("a scheme that is in the directory")
@lang_option
def new(
    rate: Decimal,
    weights: Path,
    directory: Path,
    grouper: str | None,
    scheme_id: str | None,
    title: str | None,
    region: str | None,
    source: str | None,
    overwrite: bool,
    lang: str,
) -> None:
    """Make a first scheme from a rate and a list of weights, check it, and say it in words.

    A case is paid weight × rate; cases without a group or a weight are held. Add the other rules of the city
    as payment_schemes/template writes them, and check again.
    """
    from drg.payment.new_scheme import scheme_of
    from drg.payment.scheme_files import check_free, loaded, put
    from drg.report.console import say, stdout
    from drg.words import said

    check_free(directory, overwrite=overwrite)
    name = id_of_scheme(scheme_id, directory)
    files = scheme_of(weights, rate, name, grouper=grouper, title=title, region=region, source=source)
    made = loaded(files, name)
    put(directory, files, overwrite=overwrite)
    say(stdout(), said("Written to {files}.", lang, files=directory))
    _explain(made, lang)


@schemes.command(
    examples=(
        "schemes incentives 2025.parquet --scheme my-scheme --for-year 2026 -o my-scheme/incentives.csv",
    )
)
@files_argument()
@scheme_option
@click.option(
    "--for-year",
    "year",
    required=True,
    type=click.IntRange(1990, 2200),
    help="Year of discharge for which the coefficients are.",
)
@output_option("Table to write (.csv).")
@overwrite_option("the table")
@lang_option
def incentives(
    files: tuple[Path, ...], scheme: str, year: int, output: Path, overwrite: bool, lang: str
) -> None:
    """Work out the incentive coefficients of hospitals from the CMI of priced cases (激励系数).

    FILE is what drg price writes, usually of the year before. The CMI of a hospital (Σ weight ÷ cases) is
    divided by that of all cases of its level; the bands in [incentive] of the scheme give the coefficient. As
    incentives.csv beside the scheme, the table is what later cases are priced with.
    """
    from drg.analysis.incentives import incentives as worked_out
    from drg.errors import OutputError
    from drg.payment import load_scheme
    from drg.records.files import check_output, write_bytes
    from drg.records.reading import read_results
    from drg.report.console import stdout, written_to
    from drg.report.incentives import print_incentives

    check_output(output)
    if output.suffix.lower() != ".csv":
        fix = Sentence("Choose a name that ends in .csv")
        raise OutputError(Sentence("the table beside a scheme is a CSV file"), file=output, fix=fix)
    if output.exists() and not overwrite:
        fix = Sentence("Choose another name, or add --overwrite")
        raise OutputError(Sentence("there is a table already"), file=output, fix=fix)
    loaded = load_scheme(scheme)
    found = worked_out(read_results(files), loaded, year)
    write_bytes(found.table.encode(), output, sources=files)
    print_incentives(stdout(), found, lang)
    written_to(stdout(), output, lang, loaded.id)
