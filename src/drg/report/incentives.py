"""The incentive coefficients of hospitals on a console."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from drg.analysis.incentives import Incentives, rounded
from drg.report.console import say
from drg.report.console_table import show
from drg.words import said

_MOST: Final = 40


def print_incentives(console: Console, found: Incentives, language: str) -> None:
    """The coefficients, with the CMI from which each follows; and the cases that did not count."""
    heads = said("hospital,level,cases,CMI,mean of the level,ratio,coefficient", language)
    rows = [
        (
            *(one.hospital, one.level, f"{one.cases:,}"),
            *(rounded(figure, 4) for figure in (one.cmi, one.level_cmi, one.cmi_ratio)),
            f"{one.coefficient:f}",
        )
        for one in found.hospitals[:_MOST]
    ]
    title = said("Incentive coefficients of {year}", language, year=found.year)
    show(console, heads.split(","), "wwnnnnn", rows, title=title)
    if (more := len(found.hospitals) - _MOST) > 0:
        say(console, said("{more:,} more hospitals are in the table.", language, more=more))
    if found.without_weight:
        say(
            console,
            said("{count:,} cases have no weight: not counted.", language, count=found.without_weight),
        )
    if found.without_place:
        say(
            console,
            said(
                "{count:,} cases do not say their hospital or its level: not counted.",
                language,
                count=found.without_place,
            ),
        )
