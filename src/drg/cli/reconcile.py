"""``drg reconcile``: our priced file and the bureau's return in; what differs, why, and its money out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from drg.cli.commands import verb
from drg.cli.options import bom_option, directory_option, file_argument, listed
from drg.cli.reading import reading_options
from drg.cli.reported import Run, reported
from drg.words import Sentence

WORKBOOK = "reconciliation.xlsx"
PAGE = "reconciliation.html"
SUMMARY = "reconciliation.json"
DIFFERENCES = ("differences.csv", "differences.parquet")


@verb(
    "reconcile priced.parquet return.xlsx -o reconciliation/",
    "reconcile priced.csv return.csv -o reconciliation/ -g chs-drg-1.1,chs-drg-2.0 -s my-scheme/ --lang zh",
)
@file_argument(name="ours", metavar="OURS")
@file_argument(name="bureau", metavar="BUREAU")
@directory_option("Directory of the results.")
@click.option(
    "-g",
    "--groupers",
    multiple=True,
    callback=listed,
    metavar="A,B[,C…]",
    help="Versions that the bureau may have used. [national ones and those of the same line as ours]",
)
@click.option(
    "-s",
    "--schemes",
    multiple=True,
    callback=listed,
    metavar="S[,T…]",
    help="Schemes that it may have used; also that of ours, if it is not installed. [those of our version]",
)
@reading_options
@bom_option
@reported(output="directory")
def reconcile(
    run: Run,
    ours: Path,
    bureau: Path,
    directory: Path,
    groupers: list[str],
    schemes: list[str],
    bom: bool,
    **reading: Any,
) -> None:
    """Set a bureau's return beside our priced cases: what differs, why, and the money (数据核对).

    OURS is what drg price or drg run writes. BUREAU is any table of the bureau's results; its columns are
    found by their names and contents, and the options on reading are for it. Cases are matched by their ids,
    then by patient and dates; what could belong to several stays is not matched and said to be so. Each
    difference has the first cause that is found, and the money of all causes adds up to the whole.

    Into the directory go the list to send back (数据核对意见表) with all figures (reconciliation.xlsx), a
    page (reconciliation.html), and for programs differences.csv, differences.parquet and reconciliation.json.
    """
    from drg.analysis.reconciliation import reconcile as reconciled
    from drg.records.columns_read import look_through
    from drg.records.files import write, write_bytes
    from drg.records.outputs import make_directory
    from drg.records.reading import read_results
    from drg.records.results_returned import read_returned
    from drg.report.console import written_to
    from drg.report.layouts import print_columns
    from drg.report.reconciliation import print_reconciliation, reconciliation_page, reconciliation_workbook

    lang, ignored = run.language, reading.pop("ignored")
    mine, returned = read_results([ours]), read_returned(bureau, **reading)
    run.read_results(mine)
    looked = look_through(returned.cases, ignored)
    run.read_earlier(looked.discharges)
    if run.talks:
        print_columns(run.console, looked, lang)
    make_directory(directory)
    result = reconciled(mine, returned, groupers=groupers, schemes=schemes)
    sources = run.inputs
    write_bytes(reconciliation_workbook(result, lang), directory / WORKBOOK, sources=sources)
    write_bytes(reconciliation_page(result, lang).encode(), directory / PAGE, sources=sources)
    text = json.dumps(result.summary(), ensure_ascii=False, indent=2)
    write_bytes(f"{text}\n".encode(), directory / SUMMARY, sources=sources)
    for name in DIFFERENCES:
        write(result.differences.lazy(), directory / name, sources=sources, bom=bom)
    run.cases = result.totals["ours_cases"]
    names = [WORKBOOK, PAGE, SUMMARY, *DIFFERENCES]
    run.outputs += [directory / name for name in names]
    if result.totals["matched"] == 0:
        run.warn([Sentence("no case of the return is one of ours: are these files of the same month?")])
    if run.talks:
        print_reconciliation(run.console, result, lang)
        written_to(run.console, f"{directory}: {', '.join(names)}", lang)
