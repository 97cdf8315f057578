"""What the commands print."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final, TextIO

import click
from rich.console import Console

from drg.grouping import AnyGrouper, GrouperSeries
from drg.grouping.outcomes import STATUSES, UNGROUPED_DRG
from drg.grouping.tally import Tally
from drg.reasons import in_words
from drg.report.console_table import show
from drg.words import categories, said

if TYPE_CHECKING:
    from drg.tables import Manifest

TOP_GROUPS: Final = 10
_WIDTH_OF_A_FILE: Final = 160


def stdout() -> Console:
    """The console to print on; in a file or a pipe, lines are not broken for a narrow screen."""
    return console()


def console(*, file: TextIO | None = None, silent: bool = False, record: bool = False) -> Console:
    """A console.

    Args:
        file: where to; None: standard output.
        silent: print nothing.
        record: keep what is printed, for ``export_text``.
    """
    made = Console(record=record, file=io.StringIO() if silent else file)
    if not made.is_terminal:
        made.width = _WIDTH_OF_A_FILE
    return made


def shown_as(console: Console, signs: Sequence[str]) -> str:
    """The first of some signs that a console can show; the last is ASCII."""
    for sign in signs[:-1]:
        try:
            sign.encode(console.encoding)
        except UnicodeEncodeError:
            continue
        return sign
    return signs[-1]


def echo_json(text: str) -> None:
    """Print JSON whole: what the console cannot show is escaped."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=1)
    click.echo(text)


def say(console: Console, text: str) -> None:
    """A line as it is: brackets in a path or an id are no markup, and the line is not broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def print_summary(console: Console, tally: Tally, seconds: float, language: str) -> None:
    """The outcome of a run: statuses, reasons, the largest groups, the speed."""
    of = partial(said, language=language)
    cases, share = of("cases"), of("share")
    outcome = [
        (status_in(status, language), f"{count:,}", _share(count, tally.cases))
        for status in STATUSES
        if (count := tally.statuses[status]) or status == "grouped"
    ]
    total = (of("all"), f"{tally.cases:,}", _share(tally.cases, tally.cases))
    show(console, (of("status"), cases, share), "wnn", outcome, title=of("Cases"), total=total)
    if tally.reasons:
        order = {status: place for place, status in enumerate(STATUSES)}
        told = [(status, in_words(text, language), count) for (status, text), count in tally.reasons.items()]
        told.sort(key=lambda line: (-order[line[0]], -line[2], line[1]))
        reasons = [(status_in(status, language), reason, f"{count:,}") for status, reason, count in told]
        heads = (of("status"), of("reason"), cases)
        show(console, heads, "wtn", reasons, title=of("Reasons"))
    groups = [item for item in tally.groups.items() if item[0][0] != UNGROUPED_DRG]
    if groups:
        largest = sorted(groups, key=lambda item: (-item[1], item[0]))[:TOP_GROUPS]
        rows = [(code, name, f"{count:,}", _share(count, tally.cases)) for (code, name), count in largest]
        columns = (of("DRG"), of("name"), cases, share)
        show(console, columns, "wtnn", rows, title=of("Largest groups"))
        say(console, of("{count:,} groups in use.", count=len(groups)))
    say(console, speed(tally.cases, seconds, language))


def status_in(status: str, language: str) -> str:
    """A grouping status in a language."""
    return categories("grouping_status", language).get(status, status)


def speed(cases: int, seconds: float, language: str) -> str:
    """How many cases took how long."""
    each = cases / max(seconds, 1e-9)
    return said(
        "{cases:,} cases in {seconds:.2f} s ({each:,.0f} cases/s).",
        language,
        cases=cases,
        seconds=seconds,
        each=each,
    )


def written_to(console: Console, files: object, language: str, by: str = "") -> None:
    """Where the result is, and by which version or scheme it was made."""
    made = said("Written to {files} with {by}.", language, files=files, by=by)
    say(console, made if by else said("Written to {files}.", language, files=files))


def _share(count: int, cases: int) -> str:
    return f"{count / cases:.1%}" if cases else "–"


def print_versions(
    console: Console, grouper: AnyGrouper, versions: Mapping[str | None, int], language: str
) -> None:
    """How many cases went to which version of a series; nothing if there was one version only."""
    if not isinstance(grouper, GrouperSeries):
        return

    of = partial(said, language=language)
    cases = sum(versions.values())
    rows = [
        (member.id, member.period, f"{(count := versions.get(member.id, 0)):,}", _share(count, cases))
        for member in grouper.series.members
    ]
    if without := versions.get(None, 0):
        why = of("no usable date, or none in force")
        rows.append((of("none"), why, f"{without:,}", _share(without, cases)))
    heads = of("version,in force,cases,share").split(",")
    show(console, heads, "wtnn", rows, title=of("Versions of {id}", id=grouper.id))


def print_groupers(console: Console, manifests: Sequence[Manifest], language: str) -> None:
    """The installed versions."""
    heads = said("id,title,series,based on,verified,valid", language).split(",")
    rows = (
        (
            manifest.id,
            manifest.title,
            manifest.series or "–",
            manifest.based_on or "–",
            manifest.verification.status if manifest.verification else "–",
            manifest.period if manifest.valid_from or manifest.valid_to else "–",
        )
        for manifest in manifests
    )
    show(console, heads, "wttwtt", rows)


def print_in_force(console: Console, manifests: Sequence[Manifest], day: date, language: str) -> None:
    """The versions in force on a day, and apart from them those of which that is not known."""
    of = partial(said, language=language)
    titles = {
        True: of("In force on {day}", day=day),
        None: of("Validity not known: the manifest has no valid_from"),
    }
    for known, title in titles.items():
        found = [manifest for manifest in manifests if manifest.is_in_force(day) is known]
        say(console, title + (of(":") if found else of(": none")))
        if found:
            print_groupers(console, found, language)
