"""Sentences and errors in the language of who reads them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drg.errors import DrgError, InputError, RuleError, did_you_mean
from drg.words import Both, Joined, Sentence, recognised, told, translations

COPIES: dict[str, Callable[[Any], Any]] = {
    "pickled": lambda one: pickle.loads(pickle.dumps(one)),
    "copied": copy.copy,
    "copied in depth": copy.deepcopy,
}


def test_it_is_english_text() -> None:
    said = Sentence("there is no language {name!r}", name="fr")
    assert said == "there is no language 'fr'"
    assert said.to("en") == said
    assert said.to("zh") == "没有语言“fr”"


def test_braces_in_facts_are_text() -> None:
    assert Sentence("there is no language {name!r}", name="{x}").to("zh") == "没有语言“{x}”"


def test_facts_are_told_too() -> None:
    said = Sentence("{problem}; nothing was added", problem=Sentence("there are no cases"))
    assert said.to("zh") == "没有病例；未加入任何内容"


def test_a_sentence_without_translation_stays_english() -> None:
    inner = Sentence("there are no cases")
    said = Sentence("Hello {name}: {problem}", name="you", problem=inner)
    assert said.to("zh") == "Hello you: 没有病例"
    assert told("plain", "zh") == "plain"


def test_what_stands_between_is_translated() -> None:
    names = Joined(", ", ["a", "", 3, Sentence("none")])
    assert names == "a, 3, none"
    assert names.to("zh") == "a、3、无"
    assert not Joined(", ", [])
    assert Joined(" ", ["", Sentence("Check the id")]).to("zh") == "请核对病案标识"


def test_data_in_both_languages() -> None:
    assert (str(Both("sex", "性别")), Both("sex", "性别").to("en"), Both("sex", "性别").to("zh")) == (
        "sex",
        "sex",
        "性别",
    )


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize(
    "said",
    [
        Sentence("there is no language {name!r}", name="{fr}"),
        Joined(", ", ["{a}", Sentence("none")]),
        Both("se{x", "性}别"),
        Sentence("Give one of {names}", names=Joined(", ", ["a", "b"])),
    ],
    ids=lambda said: said.template,
)
def test_copies_speak_all_languages(how: str, said: Sentence) -> None:
    again = COPIES[how](said)
    assert type(again) is type(said)
    assert (str(again), again.to("zh")) == (str(said), said.to("zh"))


def test_a_message_of_another_library_is_recognised() -> None:
    known = [
        Sentence("Invalid value for {option}: {problem}", option="{option}", problem="{problem}"),
        Sentence("{value} is not a valid integer.", value="{value}"),
    ]
    said = recognised("Invalid value for '--seed': 'x (y)' is not a valid integer.", known)
    assert told(said, "zh") == "'--seed' 的值无效：'x (y)' 不是整数。"
    assert recognised("Something else.", known) == "Something else."


# ------------------------------------------------------------------------------------------------- errors


def whole() -> InputError:
    return InputError(
        Sentence("there is no case {case_id!r}", case_id="7"),
        file=Path("cases.csv"),
        row=12,
        field="case_id",
        fix=Sentence("Check the id"),
    )


def test_an_error_says_place_problem_and_fix() -> None:
    assert str(whole()) == "cases.csv, row 12, column case_id: there is no case '7'. Check the id."
    assert whole().text("zh") == "cases.csv，第 12 行，case_id 列：没有病例“7”。请核对病案标识。"


def test_an_error_of_plain_text_is_told_as_it_is() -> None:
    assert DrgError("what is wrong").text("zh") == "what is wrong。"
    assert DrgError("列表\n    一行", fix="请更正").text("zh") == "列表\n    一行\n请更正。"


def test_a_rule_is_shown_below() -> None:
    error = RuleError(Sentence("a set"), rule="A in B", character=3, file="adrg.csv", row=2)
    lines = error.text("zh").splitlines()
    assert lines == ["adrg.csv，第 2 行，第 3 个字符：集合名。", "    A in B", "      ^"]


@pytest.mark.parametrize("how", COPIES)
def test_errors_cross_processes(how: str) -> None:
    rule = RuleError(Sentence("a set"), rule="A in B", character=3, fix=Sentence("Check the id"))
    for error in (whole(), rule):
        again = COPIES[how](error)
        assert type(again) is type(error)
        for language in ("en", "zh"):
            assert again.text(language) == error.text(language)
        assert again.args == error.args


def test_the_nearest_name_is_asked_for() -> None:
    assert did_you_mean("grop", ["group", "price"]) == "Did you mean 'group'?"
    assert told(did_you_mean("grop", ["group", "price"]), "zh") == "是不是“group”？"
    assert did_you_mean("xyz", ["group"]) == ""


def test_english_needs_no_table() -> None:
    assert translations("en") == {}
