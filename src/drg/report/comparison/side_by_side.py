"""One case in two versions: how it comes to its group in each, and the first cause if they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from drg.grouping import Explanation, Tried
from drg.grouping.outcomes import INVALID
from drg.report.comparison.cause_words import CAUSE_WORDS, TABLE_WORDS
from drg.report.console import say, status_in
from drg.report.explanation import code_names, explanation_tree
from drg.words import CHINESE, Both, said

# Two trees of rules side by side need so many columns of the screen.
_WIDE: Final = 140


def print_both(
    console: Console,
    both: tuple[Explanation, Explanation],
    cause: str | None,
    table: str | None,
    language: str,
    *,
    everything: bool = False,
) -> None:
    """Both explanations, side by side on a wide screen, else one above the other.

    Args:
        console: where to.
        both: of the base and of the other version.
        cause: the first cause of the change, if there is one.
        table: the table whose exchange made it, if there is one.
        language: of the words around codes and rules.
        everything: also the rules that the principal diagnosis and procedure alone rule out.
    """
    for line in cause_lines(cause, table, language):
        say(console, line)
    trees = [explanation_tree(console, one, language, everything=everything) for one in both]
    if console.width < _WIDE:
        for tree in trees:
            console.print(tree)
        return
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in trees:
        grid.add_column(ratio=1, overflow="fold")
    grid.add_row(*trees)
    console.print(grid)


def cause_lines(cause: str | None, table: str | None, language: str) -> Iterator[str]:
    """What the first cause is."""
    if cause is None:
        yield said("The outcome is the same in both.", language)
        return
    words = CAUSE_WORDS[cause]
    meaning = f"{words.meaning_en[0].upper()}{words.meaning_en[1:]}."
    yield said("First cause: {words} ({cause})", language, cause=cause, words=Both(words.en, words.zh))
    yield f"  {Both(meaning, f'{words.meaning_zh}。').to(language)}"
    if table is not None:
        zh, en = TABLE_WORDS[table]
        yield said("  The exchange of the {table} moves the case.", language, table=Both(en, zh))


class Line(NamedTuple):
    """A fact of an explanation: what it is about, in Chinese, and what it is."""

    about: str
    fact: str


def brief(explanation: Explanation, before: str | None = None) -> Iterator[Line]:
    """How a case comes to its group, in a few lines for a reader who does not know the notation.

    Args:
        explanation: of the case.
        before: the ADRG that is the same as the one to which another version leads, if it did not take the
            case: its rule is told too.
    """
    names = code_names(explanation)
    path = " → ".join(code for code in (explanation.mdc, explanation.adrg, explanation.drg) if code)
    status = status_in(explanation.grouping_status, CHINESE)
    yield Line("病组", f"{path or '–'} {explanation.drg_name or ''}（{status}）".strip())
    if explanation.grouping_reason:
        yield Line("说明", explanation.grouping_reason)
    if explanation.grouping_status == INVALID:
        return
    for one in explanation.complications:
        counts = "计入" if one.counts else f"被主要诊断排除（{one.exclusion_set}）"
        yield Line("并发症或合并症", f"{_named(one.code, names)}：{one.level}，{counts}")
    if not explanation.complications:
        yield Line("并发症或合并症", "无")
    for rule in _held(explanation.mdcs):
        yield Line(f"符合 {rule.code}", _conditions(rule, names, held=True))
    failed = next((rule for mdc in explanation.mdcs for rule in mdc.inside if rule.code == before), None)
    if failed is not None and not failed.held:
        yield Line(f"不符合 {failed.code}", _conditions(failed, names, held=False))


def _held(rules: Sequence[Tried]) -> Iterator[Tried]:
    """The rules that led to the group: of its MDC, its ADRG, its DRG."""
    for rule in rules:
        led = [inner for inner in rule.inside if inner.held]
        # An MDC may hold without an ADRG that does.
        if rule.held and (led or not rule.code.startswith("MDC")):
            yield rule
            yield from _held(led)


def _conditions(rule: Tried, names: Mapping[str, str], *, held: bool) -> str:
    told = [
        condition.text
        + (f"（{'、'.join(_named(code, names) for code in condition.codes)}）" if condition.codes else "")
        for condition in rule.conditions
        if condition.held is held
    ]
    return "；".join(told) or rule.rule or "无条件"


def _named(code: str, names: Mapping[str, str]) -> str:
    return f"{code} {names[code]}" if code in names else code
