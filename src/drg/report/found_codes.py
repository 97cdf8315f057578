"""Codes and groups that were looked for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from drg.analysis.tables_show import Line
from drg.records.code_search import FoundCode
from drg.records.codes import DIAGNOSIS
from drg.report.console import say
from drg.report.console_table import show
from drg.words import Joined, said


def print_codes(console: Console, found: Sequence[FoundCode], language: str, *, limit: int | None) -> None:
    """Codes with their names, and the codes of the other version that mean the same."""
    heads = said("kind,code,name,other version", language).split(",")
    rows = [(_kind(one, language), one.code, one.name, _others(one, language)) for one in found[:limit]]
    show(console, heads, "wwtt", rows)
    if more := len(found) - len(rows):
        say(console, said("… and {count:,} more: --all", language, count=more))


def print_groups(console: Console, groups: Sequence[Line], grouper: str, language: str) -> None:
    """Groups of a version, one row each."""
    heads = said("level,code,name", language).split(",")
    rows = [(group.table.upper(), group.code, group.name) for group in groups]
    title = said("{count:,} groups of {grouper}", language, count=len(rows), grouper=grouper)
    show(console, heads, "wwt", rows, title=title)


def _kind(code: FoundCode, language: str) -> str:
    return said("diagnosis", language) if code.kind == DIAGNOSIS else said("procedure", language)


def _others(code: FoundCode, language: str) -> str:
    others = Joined(", ", code.counterparts)
    if code.version == "clinical":
        return said("clinical; insurance: {codes}", language, codes=others)
    return said("clinical: {codes}", language, codes=others) if code.counterparts else ""
