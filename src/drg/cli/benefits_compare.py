"""``drg benefits compare``: what another benefit scheme would change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drg.cli.reported import Run


def show_comparison(
    run: Run,
    files: tuple[Path, ...],
    schemes: list[str],
    output: Path | None,
    table: str,
    constants: tuple[str, ...],
    person_limits: list[Decimal],
    household_limits: list[Decimal],
    *,
    bom: bool,
) -> None:
    """Work it out, write it and print it.

    Args:
        run: of the command.
        files: the stays.
        schemes: the one before and the one after.
        output: where to write it.
        table: of a file that holds one.
        constants: values of columns, as the command has them.
        person_limits: of own payments of persons in a year, in yuan.
        household_limits: the same of households.
        bom: whether CSV begins with a byte order mark.
    """
    from drg.analysis.benefit_comparison import PERSON_LIMITS_YUAN, compare_benefits
    from drg.benefit import BenefitCalculator
    from drg.cli.constants import with_constants
    from drg.cli.reported import Made
    from drg.records.files import check_output, check_place, write, write_bytes
    from drg.records.reading import read_results
    from drg.report.benefit_comparison import (
        comparison_json,
        comparison_warnings,
        comparison_workbook,
        print_comparison,
    )
    from drg.report.console import say, speed, written_to
    from drg.report.layouts import print_reading

    calculators = [BenefitCalculator(scheme) for scheme in schemes]
    is_json = output is not None and output.suffix.lower() == ".json"
    if output is not None:
        (check_place if is_json else check_output)(output)
    given = read_results(files)
    cases = with_constants(given, constants)
    for calculator in calculators:
        calculator.check_cases(cases)
    missing = list(dict.fromkeys(name for one in calculators for name in one.missing_columns(cases)))
    run.read_results(given.with_lacking(missing))
    run.warn_of_missing(missing)
    before, after = calculators
    found = compare_benefits(
        cases,
        before=before,
        after=after,
        person_limits_yuan=person_limits or PERSON_LIMITS_YUAN,
        household_limits_yuan=household_limits,
    )
    if output is not None:
        if is_json:
            write_bytes(comparison_json(found), output, sources=files)
        elif output.suffix.lower() == ".xlsx":
            write_bytes(comparison_workbook(found, run.language), output, sources=files)
        else:
            write(found.tables[table].lazy(), output, sources=files, bom=bom)
        run.outputs.append(output)
    run.cases = found.stays
    run.results += [Made(scheme=one.loaded) for one in calculators]
    run.warn(comparison_warnings(found, run.language))
    if run.talks:
        print_reading(run.console, run.findings, run.firsts, run.language)
        print_comparison(run.console, found, run.language)
        say(run.console, speed(run.cases, run.seconds, run.language))
        if output is not None:
            written_to(run.console, output, run.language)
