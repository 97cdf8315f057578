"""Codes and groups that were looked for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from drg.analysis.tables_show import Line
from drg.records.code_search import FoundCode
from drg.records.codes import DIAGNOSIS
from drg.report.console import say
from drg.report.console_table import show
from drg.report.language import either
from drg.words import Joined, Sentence


def print_codes(console: Console, found: Sequence[FoundCode], language: str, *, limit: int | None) -> None:
    """Codes with their names, and the codes of the other version that mean the same."""
    heads = either(language, "类别,编码,名称,另一版本", "kind,code,name,other version").split(",")
    rows = [(_kind(one, language), one.code, one.name, _others(one, language)) for one in found[:limit]]
    show(console, heads, "wwtt", rows)
    if more := len(found) - len(rows):
        say(console, Sentence("… and {count:,} more: --all", count=more).to(language))


def print_groups(console: Console, groups: Sequence[Line], grouper: str, language: str) -> None:
    """Groups of a version, one row each."""
    heads = either(language, "级别,编码,名称", "level,code,name").split(",")
    rows = [(group.table.upper(), group.code, group.name) for group in groups]
    title = Sentence("{count:,} groups of {grouper}", count=len(rows), grouper=grouper).to(language)
    show(console, heads, "wwt", rows, title=title)


def _kind(code: FoundCode, language: str) -> str:
    if code.kind == DIAGNOSIS:
        return either(language, "诊断", "diagnosis")
    return either(language, "手术", "procedure")


def _others(code: FoundCode, language: str) -> str:
    others: Sentence = Joined(", ", code.counterparts)
    if code.version == "clinical":
        return Sentence("clinical; insurance: {codes}", codes=others).to(language)
    return Sentence("clinical: {codes}", codes=others).to(language) if code.counterparts else ""
