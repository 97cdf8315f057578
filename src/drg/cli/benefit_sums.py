"""``drg benefits sums``: what each payer pays to each hospital by month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.benefit_statements import warn_of_stays
from drg.cli.reported import Run
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.analysis.benefit_sums import MonthsBy


def write_sums(
    run: Run,
    files: tuple[Path, ...],
    output: Path,
    months_by: MonthsBy,
    findings: Path | None,
    names_file: Path | None,
    *,
    bom: bool,
) -> None:
    """Add up and write.

    Raises:
        MissingColumnError, InputError: the files cannot be added up.
        OutputError: a file cannot be written.
    """
    import polars as pl

    from drg.analysis.benefit_sums import benefit_sums
    from drg.columns import ALL
    from drg.records.files import check_output, write
    from drg.records.reading import read_results
    from drg.report.benefit_sums_book import write_benefit_sums
    from drg.report.benefits import print_benefit_sums
    from drg.report.console import written_to
    from drg.report.document_names import NO_NAMES, read_names, unnamed

    lang, is_workbook = run.language, output.name.lower().endswith(".xlsx")
    if names_file is not None and not is_workbook:
        raise click.UsageError(Sentence("--names is for workbooks: give -o FILE.xlsx."))
    outputs = [file for file in (output, findings) if file is not None]
    for file in outputs:
        check_output(file)
    names = NO_NAMES if names_file is None else read_names(names_file)
    given = read_results(files)
    run.read_results(given)
    found = benefit_sums(given, months_by=months_by, language=lang)
    if names_file is not None:
        run.inputs.append(names_file)
        run.warn(unnamed(names, names_file, found.rows["hospital_id"].drop_nulls().unique().sort()))
    if is_workbook:
        write_benefit_sums(found, output, language=lang, names=names, sources=run.inputs)
    else:
        write(found.rows.lazy(), output, sources=run.inputs, bom=bom)
    if findings is not None:
        write(found.held.lazy(), findings, sources=run.inputs, bom=bom)
    run.outputs += outputs
    run.cases = int(found.rows["stays"].sum())
    warn_of_stays(
        run,
        [
            Sentence("stay {case_id} is in no amount: {reason}", case_id=case_id or "–", reason=reason)
            for case_id, reason in found.held.select("case_id", "reason").iter_rows()
        ],
        Sentence("{count:,} stays are in no amount", count=found.held.height),
    )
    for key, column in (("hospital_id", "hospital_id"), ("month", months_by)):
        lacking = int(found.rows.filter(pl.col(key).is_null())["stays"].sum())
        if lacking:
            label = ALL[column].label
            run.warn(
                [
                    Sentence(
                        "{count:,} stays have no {column}: they are in rows of their own",
                        count=lacking,
                        column=label,
                    )
                ]
            )
    if run.talks:
        print_benefit_sums(run.console, found, lang)
        written_to(run.console, output, lang)
