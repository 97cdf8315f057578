"""What the commands print."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from drg.analysis.tally import Tally
from drg.grouping import AnyGrouper, GrouperSeries
from drg.grouping.outcomes import STATUSES, UNGROUPED_DRG
from drg.reasons import in_words
from drg.report.console_table import show
from drg.report.language import either
from drg.words import categories

if TYPE_CHECKING:
    from drg.tables import Manifest

TOP_GROUPS: Final = 10
_WIDTH_OF_A_FILE: Final = 160


def stdout() -> Console:
    """The console to print on; in a file or a pipe, lines are not broken for a narrow screen."""
    return console()


def console(*, stderr: bool = False, silent: bool = False, record: bool = False) -> Console:
    """A console.

    Args:
        stderr: print on standard error.
        silent: print nothing.
        record: keep what is printed, for ``export_text``.
    """
    made = Console(stderr=stderr, record=record, file=io.StringIO() if silent else None)
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

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    cases, share = of("病例数", "cases"), of("占比", "share")
    outcome = [
        (status_in(status, language), f"{count:,}", _share(count, tally.cases))
        for status in STATUSES
        if (count := tally.statuses[status]) or status == "grouped"
    ]
    total = (of("合计", "all"), f"{tally.cases:,}", _share(tally.cases, tally.cases))
    show(
        console, (of("状态", "status"), cases, share), "wnn", outcome, title=of("病例", "Cases"), total=total
    )
    if tally.reasons:
        order = {status: place for place, status in enumerate(STATUSES)}
        told = [(status, in_words(text, language), count) for (status, text), count in tally.reasons.items()]
        told.sort(key=lambda line: (-order[line[0]], -line[2], line[1]))
        reasons = [(status_in(status, language), reason, f"{count:,}") for status, reason, count in told]
        heads = (of("状态", "status"), of("原因", "reason"), cases)
        show(console, heads, "wtn", reasons, title=of("原因", "Reasons"))
    groups = [item for item in tally.groups.items() if item[0][0] != UNGROUPED_DRG]
    if groups:
        largest = sorted(groups, key=lambda item: (-item[1], item[0]))[:TOP_GROUPS]
        rows = [(code, name, f"{count:,}", _share(count, tally.cases)) for (code, name), count in largest]
        columns = (of("病组", "DRG"), of("名称", "name"), cases, share)
        show(console, columns, "wtnn", rows, title=of("病例最多的病组", "Largest groups"))
        say(console, of(f"共 {len(groups):,} 个病组有病例。", f"{len(groups):,} groups in use."))
    say(console, speed(tally.cases, seconds, language))


def status_in(status: str, language: str) -> str:
    """A grouping status in a language."""
    return categories("grouping_status", language).get(status, status)


def speed(cases: int, seconds: float, language: str) -> str:
    """How many cases took how long."""
    each = cases / max(seconds, 1e-9)
    return either(
        language,
        f"{cases:,} 个病例，用时 {seconds:.2f} 秒（{each:,.0f} 例/秒）。",
        f"{cases:,} cases in {seconds:.2f} s ({each:,.0f} cases/s).",
    )


def written_to(console: Console, files: object, language: str, by: str = "") -> None:
    """Where the result is, and by which version or scheme it was made."""
    with_zh, with_en = (f"，使用 {by}", f" with {by}") if by else ("", "")
    say(console, either(language, f"已写入 {files}{with_zh}。", f"Written to {files}{with_en}."))


def _share(count: int, cases: int) -> str:
    return f"{count / cases:.1%}" if cases else "–"


def print_versions(
    console: Console, grouper: AnyGrouper, versions: Mapping[str | None, int], language: str
) -> None:
    """How many cases went to which version of a series; nothing if there was one version only."""
    if not isinstance(grouper, GrouperSeries):
        return

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    cases = sum(versions.values())
    rows = [
        (member.id, member.period, f"{(count := versions.get(member.id, 0)):,}", _share(count, cases))
        for member in grouper.series.members
    ]
    if without := versions.get(None, 0):
        why = of("无有效日期或版本", "no usable date, or none in force")
        rows.append((of("无", "none"), why, f"{without:,}", _share(without, cases)))
    heads = of("版本,有效期,病例数,占比", "version,in force,cases,share").split(",")
    show(console, heads, "wtnn", rows, title=of(f"{grouper.id} 各版本病例数", f"Versions of {grouper.id}"))


def print_groupers(console: Console, manifests: Sequence[Manifest], language: str) -> None:
    """The installed versions."""
    heads = either(
        language, "编号,名称,系列,基于,核对,有效期", "id,title,series,based on,verified,valid"
    ).split(",")
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

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    titles = {
        True: of(f"{day} 有效", f"In force on {day}"),
        None: of("有效期不详（清单中没有 valid_from）", "Validity not known: the manifest has no valid_from"),
    }
    for known, title in titles.items():
        found = [manifest for manifest in manifests if manifest.is_in_force(day) is known]
        say(console, title + (of("：", ":") if found else of("：无", ": none")))
        if found:
            print_groupers(console, found, language)
