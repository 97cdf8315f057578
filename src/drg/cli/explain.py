"""``drg explain``: one case as a tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drg.cli.commands import verb
from drg.cli.options import file_argument, grouper_option, lang_option
from drg.cli.reading import read_discharges, reading_options
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.records.cases import Cases, CodeVersion

# The input columns by name; spelled out here so that asking for help imports nothing.
_FIELDS = (
    ("sex", "1 male, 2 female"),
    ("age-years", "completed years"),
    ("age-days", "days, under one year"),
    ("birth-weight-g", "grams"),
    ("admission-weight-g", "grams"),
    ("department", "code of the discharging department"),
    ("los-days", "length of stay"),
    ("disposition", "1 home, 2 transfer, 3 community, 4 against advice, 5 died, 9 other"),
    ("icu-hours", "hours in intensive care"),
    ("principal-diagnosis", "code"),
    ("other-diagnoses", "codes joined by | or ,"),
    ("principal-procedure", "code"),
    ("other-procedures", "codes joined by | or ,"),
    ("discharge-date", "day of discharge, such as 2027-01-05; a series chooses the version by it"),
)


def _field_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, text in reversed(_FIELDS):
        command = click.option(f"--{name}", help=text)(command)
    return command


@verb(
    "explain -g chs-drg-2.0 --principal-diagnosis I63.900 --age-years 70 --sex 1",
    "explain hqms-2024.csv --case-id 0001-1 -g chs-drg-2.0",
    "explain hqms-2024.csv --case-id 0001-1 --groupers chs-drg-2.0,chs-drg-3.0",
)
@file_argument(required=False)
@click.option("--case-id", help="The case of FILE to explain.")
@_field_options
@reading_options
@grouper_option(required=False)
@click.option(
    "--groupers",
    metavar="A,B",
    help="Two versions: both explanations, and the first cause if the case changes from A to B.",
)
@click.option("--all", "everything", is_flag=True, help="Show every rule that was tried.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@lang_option
def explain(
    file: Path | None,
    case_id: str | None,
    grouper: str | None,
    groupers: str | None,
    everything: bool,
    as_json: bool,
    lang: str,
    layout: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    header_row: int | None,
    ignored: tuple[str, ...],
    codes: CodeVersion,
    **fields: str | None,
) -> None:
    """Explain how one case comes to its group: what held, by which codes, and what did not.

    The case is given by options, or is a case of a FILE of any layout that drg group reads; for a settlement
    list FILE is the directory of its tables.
    """
    from drg.grouping import grouper_of
    from drg.report.console import echo_json, stdout
    from drg.report.explanation import print_explanation

    if (grouper is None) is (groupers is None):
        raise click.UsageError(Sentence("Give one version with --grouper, or two with --groupers A,B."))
    given = {name: value for name, value in fields.items() if value is not None}
    if file is not None:
        if case_id is None or given:
            raise click.UsageError(Sentence("With a FILE give --case-id and no other field."))
        options = {"layout": layout, "encoding": encoding, "delimiter": delimiter, "sheet": sheet}
        given_as = {**options, "header_row": header_row, "ignored": ignored, "codes": codes}
        source = read_discharges([file], given_as).discharges
        discharge: Cases | dict[str, Any] = source.case(case_id)
    elif not given:
        raise click.UsageError(
            Sentence("Give a FILE and --case-id, or the fields of a case such as --principal-diagnosis.")
        )
    else:
        discharge = {"case_id": case_id, **given}
    if groupers is not None:
        _both(groupers, discharge, lang, everything=everything, as_json=as_json)
        return
    explanation = grouper_of(str(grouper)).explain(discharge, language=lang)
    if as_json:
        echo_json(explanation.model_dump_json(indent=2))
    else:
        print_explanation(stdout(), explanation, lang, everything=everything)


def _both(
    groupers: str, discharge: Cases | dict[str, Any], language: str, *, everything: bool, as_json: bool
) -> None:
    import json

    from drg.analysis.comparison.causes import first_cause
    from drg.analysis.comparison.compared_versions import sides
    from drg.records.discharge import discharge_of
    from drg.report.comparison.side_by_side import print_both
    from drg.report.console import echo_json, stdout

    ids = [id_.strip() for id_ in groupers.split(",") if id_.strip()]
    if len(ids) != 2:
        raise click.UsageError(Sentence("--groupers takes two versions: --groupers A,B."))
    # A file's codes were converted when it was read.
    base, other = (side.grouper for side in sides(ids, (), "insurance"))
    record = discharge_of(discharge)
    cause, table = first_cause(base, other, record)
    both = base.explain(record, language=language), other.explain(record, language=language)
    if as_json:
        explanations = [explanation.model_dump(mode="json") for explanation in both]
        found = {"cause": cause, "cause_table": table, "explanations": explanations}
        echo_json(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_both(stdout(), both, cause, table, language, everything=everything)
