"""Every sentence of the code has its translation, with the same facts; no error is worded past it."""

from __future__ import annotations

import ast
import csv
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import drg
from drg import errors
from drg.words import LANGUAGES
from tests.words.help_texts import help_texts

ROOT = Path(drg.__file__).parent
TABLE = ROOT / "words" / "zh.csv"
MODULES = sorted(ROOT.rglob("*.py"))
# They take a template from the code, not from a table; what ``recognised`` fills is one of such templates.
MAKERS = ("Sentence", "Joined")
# What says a template at once; ``of`` is ``said`` in the language of a report.
SAYERS = ("said", "_said", "_say", "of")
IMPORTED = re.compile(r"^from drg\.words import .*\bsaid\b", re.MULTILINE)
ERRORS = {"UsageError", "BadParameter"} | {
    name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, Exception)
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Heads of a table, which are parted at the commas.
HEADS = re.compile(r",\S")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff\u201d\uff09][,;:!?()]|[,;:!?()][\u4e00-\u9fff\u201c\uff08]")


def calls(tree: ast.Module, names: set[str] | tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in names:
            yield node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def templates() -> dict[str, str]:
    """The templates of the code, and a place of each."""
    found = {text: f"help of {command}" for command, text in help_texts()}
    for module in MODULES:
        sayers = SAYERS if IMPORTED.search(module.read_text(encoding="utf-8")) else ()
        for call in calls(tree_of(module), MAKERS + sayers):
            place = f"{module.relative_to(ROOT)}:{call.lineno}"
            template = call.args[0]
            if name_of(call) in sayers and not isinstance(template, ast.Constant):
                continue
            if module == ROOT / "words" / "__init__.py":
                continue
            assert isinstance(template, ast.Constant), f"{place} takes its template from elsewhere"
            assert isinstance(template.value, str), place
            found.setdefault(template.value, place)
    return found


def rows() -> list[tuple[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [(row["en"], row["zh"]) for row in csv.DictReader(file)]


def fields(template: str) -> dict[str, set[str]]:
    """The fields of a template and how each is written; by its ``repr`` counts as plain."""
    found: dict[str, set[str]] = {}
    for _, name, form, _ in string.Formatter().parse(template):
        if name is not None:
            found.setdefault(name, set()).add(form or "")
    return found


def words(template: str) -> str:
    """A template without its fields."""
    return re.sub(r"\{\w+[^{}]*\}", "", template)


def test_every_language_has_its_table() -> None:
    assert LANGUAGES == ("en", "zh")
    assert TABLE.is_file()


def test_every_sentence_has_a_translation() -> None:
    known = dict(rows())
    missing = {place: template for template, place in templates().items() if template not in known}
    missing = {place: template for place, template in missing.items() if template.strip() or template == " "}
    assert missing == {}


def test_every_translation_is_used() -> None:
    assert set(dict(rows())) - set(templates()) == set()


def test_the_table_is_in_order() -> None:
    english = [en for en, _ in rows()]
    assert english == sorted(english, key=lambda en: (en.casefold(), en))
    assert len(set(english)) == len(english)


def test_facts_are_the_same() -> None:
    assert [(en, zh) for en, zh in rows() if fields(en) != fields(zh)] == []
    assert [en for en, _ in rows() if not all(map(str.isidentifier, fields(en)))] == []


def test_chinese_is_chinese() -> None:
    worded = [(en, zh) for en, zh in rows() if re.search(r"[A-Za-z]{2}|\ba\b", words(en))]
    assert [zh for _, zh in worded if not CHINESE.search(zh)] == []
    text = [(en, zh) for en, zh in rows() if not HEADS.search(words(en))]
    assert [zh for _, zh in text if HALF_WIDTH.search(words(zh))] == []


def test_what_ends_a_sentence_ends_both() -> None:
    ends = ((re.search(r"[.?]\)? ?\Z", en), re.search(r"[。？]）?\Z", zh), zh) for en, zh in rows())
    assert [zh for english, chinese, zh in ends if bool(english) != bool(chinese)] == []


def plain(node: ast.expr) -> bool:
    """Whether text is worded where it stands, and so in one language only."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.IfExp):
        return plain(node.body) or plain(node.orelse)
    if isinstance(node, ast.BoolOp):
        return any(map(plain, node.values))
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and plain(node.func.value)
    return isinstance(node, ast.JoinedStr | ast.BinOp)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_no_error_is_worded_past_the_catalogue(module: Path) -> None:
    assigned = {
        target.id: statement.value
        for statement in ast.walk(tree_of(module))
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in calls(tree_of(module), ERRORS):
        texts = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("problem", "fix"))]
        for text in texts:
            worded = assigned.get(text.id, text) if isinstance(text, ast.Name) else text
            assert not plain(worded), f"line {call.lineno}: {ast.unparse(worded)}"


def test_plain_text_is_found() -> None:
    for worded in ("'x'", "f'{x}'", "'a' + b", "x or 'a'", "'a' if x else y", "f'{x} '.strip()"):
        assert plain(ast.parse(worded, mode="eval").body), worded
    for said in ("Sentence('x')", "hint", "hint or Sentence('x')", "error.fix", "None"):
        assert not plain(ast.parse(said, mode="eval").body), said
