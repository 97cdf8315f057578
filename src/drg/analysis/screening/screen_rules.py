"""The rules of supervision as data: those that come with the package, and what a file of the user changes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict

from drg.errors import InputError, did_you_mean
from drg.records.toml_files import read_toml
from drg.words import Both, Joined, Sentence

Value = bool | int | float | str | list[int] | list[float] | list[str]

_SHIPPED: Final = Path(__file__).with_name("screening_rules.toml")
_OWN_KEYS: Final = ("id", "on", "parameters", "source")
_WRITTEN: Final = Sentence('Write [[rule]] with id = "…", on = true or false, and [rule.parameters]')


class ScreenRule(BaseModel):
    """One rule of supervision.

    Attributes:
        id: its name, which stays the same for ever.
        on: whether it is applied.
        title, title_zh: what it finds.
        question, question_zh: what to ask the hospital.
        money, money_zh: which money is at stake.
        source: the regulation that it follows, or ``illustrative``.
        needs: the columns without which a case cannot be judged.
        parameters: its limits by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    on: bool
    title: str
    title_zh: str
    question: str
    question_zh: str
    money: str
    money_zh: str
    source: str
    needs: tuple[str, ...]
    parameters: dict[str, Value]

    @property
    def name(self) -> Both:
        """The title in both languages."""
        return Both(self.title, self.title_zh)

    @property
    def parameters_text(self) -> str:
        """The limits in one line."""
        return "; ".join(
            f"{name} = {'|'.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in self.parameters.items()
        )

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        value = self.parameters[name]
        assert isinstance(value, int | float)
        return value

    def numbers(self, name: str) -> list[float]:
        """A parameter that is a list of numbers."""
        value = self.parameters[name]
        assert isinstance(value, list)
        return [float(one) for one in value]

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list of texts."""
        value = self.parameters[name]
        assert isinstance(value, list)
        return [str(one) for one in value]


AnyRule = TypeVar("AnyRule", bound=ScreenRule)


def rules_of(file: Path, kind: type[AnyRule]) -> dict[str, AnyRule]:
    """The rules in a file of the package, by id."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return {one["id"]: kind(**one) for one in data["rule"]}


@lru_cache(maxsize=1)
def shipped_rules() -> dict[str, ScreenRule]:
    """The rules that come with the package, by id."""
    return rules_of(_SHIPPED, ScreenRule)


def screen_rules(file: str | Path | None = None, only: Iterable[str] = ()) -> tuple[ScreenRule, ...]:
    """All rules of supervision, those that are off too; see ``chosen_rules``."""
    return chosen_rules(shipped_rules(), file, only)


def chosen_rules(
    shipped: Mapping[str, AnyRule], file: str | Path | None = None, only: Iterable[str] = ()
) -> tuple[AnyRule, ...]:
    """All rules, those that are off too.

    Args:
        shipped: those of the package, by id.
        file: whose entries take the place of those of the package.
        only: if any are named, these are on and all others are off.

    Raises:
        InputError: the file cannot be read, or names what does not exist.
    """
    rules = dict(shipped)
    if file is not None:
        for entry in _entries(Path(file)):
            rules[entry["id"]] = _changed(rules, entry, Path(file))
    named = list(only)
    for name in named:
        if name not in rules:
            raise _unknown(name, rules)
    if named:
        rules = {id_: rule.model_copy(update={"on": id_ in named}) for id_, rule in rules.items()}
    return tuple(rules.values())


def _unknown(name: str, rules: Iterable[str], file: Path | None = None) -> InputError:
    problem = Sentence("there is no rule {name!r}", name=name)
    hint = did_you_mean(name, rules)
    return InputError(problem, file=file, field="id", fix=hint or Sentence("See them with --list"))


def _entries(file: Path) -> list[dict[str, Any]]:
    data = read_toml(file, _WRITTEN)
    entries = data.get("rule")
    if (
        set(data) != {"rule"}
        or not isinstance(entries, list)
        or not all(isinstance(e, dict) for e in entries)
    ):
        raise InputError(Sentence("a file of rules holds [[rule]] entries alone"), file=file, fix=_WRITTEN)
    return entries


def _changed(rules: Mapping[str, AnyRule], entry: Mapping[str, Any], file: Path) -> AnyRule:
    name = str(entry.get("id", ""))
    if name not in rules:
        raise _unknown(name, rules, file)
    rule = rules[name]
    for key in entry:
        if key not in _OWN_KEYS:
            problem = Sentence("a rule has no {name!r} that could be changed", name=key)
            known = Sentence("The names are {names}", names=Joined(", ", _OWN_KEYS))
            raise InputError(problem, file=file, field=key, fix=did_you_mean(key, _OWN_KEYS) or known)
    on, source, given = (
        entry.get("on", rule.on),
        entry.get("source", rule.source),
        entry.get("parameters", {}),
    )
    for key, value, kind in (("on", on, bool), ("source", source, str), ("parameters", given, dict)):
        if not isinstance(value, kind):
            raise _is(key, value, file)
    parameters = dict(rule.parameters)
    for key, value in given.items():
        if key not in parameters:
            problem = Sentence("the rule {rule} has no parameter {name!r}", rule=name, name=key)
            known = Sentence("The names are {names}", names=Joined(", ", parameters))
            raise InputError(problem, file=file, field=key, fix=did_you_mean(key, parameters) or known)
        if not _fits(value, parameters[key]):
            raise _is(key, value, file)
        parameters[key] = value
    return rule.model_copy(update={"on": on, "source": source, "parameters": parameters})


def _is(key: str, value: object, file: Path) -> InputError:
    problem = Sentence("{field} is {value!r}", field=key, value=value)
    return InputError(problem, file=file, field=key, fix=_WRITTEN)


def _fits(value: object, usual: Value) -> bool:
    """Whether a value is of the kind of another: a number that is not negative, a text, or a list of them."""
    if isinstance(usual, list):
        return isinstance(value, list) and all(_fits(one, usual[0]) for one in value)
    if isinstance(usual, str):
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")
