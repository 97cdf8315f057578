"""The rules as data, and what a file of the user may change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drg import InputError
from drg.analysis.screening import screen_rules, shipped_rules
from drg.analysis.screening.screening import RULES
from drg.columns import ALL

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_rule_is_applied_by_a_function_and_says_all_in_both_languages() -> None:
    rules = shipped_rules()
    assert list(rules) == list(RULES)
    for rule in rules.values():
        assert set(rule.needs) <= set(ALL)
        for english, chinese in (
            (rule.title, rule.title_zh),
            (rule.question, rule.question_zh),
            (rule.money, rule.money_zh),
        ):
            assert not CHINESE.search(english)
            assert CHINESE.search(chinese)


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        '[[rule]]\nid = "many-stays"\non = false\n[[rule]]\nid = "split-stays"\nsource = "本市规程"\n'
        '[rule.parameters]\ndays = 10\nleave_out = ["Z51"]\n',
        encoding="utf-8",
    )
    found = {rule.id: rule for rule in screen_rules(file)}
    assert not found["many-stays"].on
    split, shipped = found["split-stays"], shipped_rules()["split-stays"]
    assert split.parameters == shipped.parameters | {"days": 10, "leave_out": ["Z51"]}
    assert split.source == "本市规程"
    assert found["cloned-records"] == shipped_rules()["cloned-records"]


def test_only_some_rules() -> None:
    found = screen_rules(only=["many-stays"])
    assert [rule.id for rule in found if rule.on] == ["many-stays"]
    assert len(found) == len(shipped_rules())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nid = "many-stay"', "there is no rule 'many-stay'"),
        ('[[rule]]\nid = "many-stays"\ntitle = "x"', "a rule has no 'title' that could be changed"),
        ('[[rule]]\nid = "many-stays"\non = 1', "on is 1"),
        (
            '[[rule]]\nid = "many-stays"\n[rule.parameters]\nstay = 2',
            "the rule many-stays has no parameter 'stay'",
        ),
        ('[[rule]]\nid = "many-stays"\n[rule.parameters]\nstays = "3"', "stays is '3'"),
        ('[[rule]]\nid = "many-stays"\n[rule.parameters]\nstays = -1', "stays is -1"),
        ('[[rule]]\nid = "many-stays"\n[rule.parameters]\nleave_out = [3]', r"leave_out is \[3\]"),
        ("[[rule]]\non = true", "there is no rule ''"),
        ("rule = 3", "a file of rules holds"),
        ("rule = [3]", "a file of rules holds"),
        ('[other]\nid = "x"', "a file of rules holds"),
        ("[[rule]\n", "rules.toml"),
    ],
)
def test_what_a_file_of_rules_cannot_say(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as found:
        screen_rules(file)
    assert "rules.toml" in str(found.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        screen_rules(tmp_path / "none.toml")
    file = tmp_path / "rules.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        screen_rules(file)
    with pytest.raises(InputError, match="no rule 'x'"):
        screen_rules(only=["x"])
