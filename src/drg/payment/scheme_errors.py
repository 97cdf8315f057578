"""What is wrong with a ``scheme.toml``, in the words of the person who writes it, with the line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from drg.errors import SchemeError, did_you_mean
from drg.payment.high_rules import High
from drg.words import Joined, Sentence, recognised

Loc = Sequence[str | int]


def _either(values: Sequence[str]) -> Sentence:
    """Values as a scheme writes them: "a", "b" or "c"."""
    *others, last = (f'"{value}"' for value in values)
    return Sentence("{others} or {last}", others=Joined(", ", others), last=last)


def examples_of(file: Path) -> dict[str, str]:
    """The lines of a file by the entry that each is an example of."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {line.partition(" = ")[0]: line for line in lines if not line.startswith("#")}


# How an entry of this name is written; the same name means the same everywhere in a scheme.
EXAMPLES: Final[Mapping[str, str]] = {
    **examples_of(Path(__file__).with_name("scheme_examples.toml")),
    "grouper_missing": Sentence('grouper_missing = "why the version is not installed"'),
    "status": Sentence('status = "published", "transcribed" or "illustrative"'),
    "source": Sentence('source = "who published it, where and when"'),
    "method": Sentence('[method] with kind = "rate" and a source'),
    "rates": Sentence("[[rates]] with value_yuan and a source"),
    "kind": Sentence('kind = "rate" or "points"'),
    "default": Sentence('default = 1; "not_known" if the coefficients of hospitals are not known'),
    "rows": Sentence(
        "[[coefficients.rows]] with value, what it is for and a source; [[amounts.rows]] with drg and "
        "amount_yuan, or the table amounts.csv"
    ),
    "incentive": Sentence("[incentive] with bands, a default and a source; its rows in incentives.csv"),
    "amounts": Sentence("[amounts] with a source, and its rows in amounts.csv beside the scheme"),
    "formula": Sentence(
        "{key} = {names}", key="formula", names=_either(get_args(High.model_fields["formula"].annotation))
    ),
    "reference": Sentence('reference = "standard" or "mean"; of high-cost cases also "lower_of_two"'),
    "within": Sentence('within = "all" or "group"'),
    "case_class": Sentence(
        'case_class = "short", "long", "bed_day", "day_surgery", "unstable" or "unweighted"'
    ),
    "pays": Sentence(
        'pays = "by_item", "share", "nothing" or "not_known"; outside payment by group also "per_day", '
        '"per_case" or "share_of_standard"'
    ),
    "ungrouped": Sentence(
        '[ungrouped] with pays = "nothing", "by_item", "share" or "not_known", and a source'
    ),
    "ambiguous": Sentence(
        '[ambiguous] with pays = "nothing", "by_item", "share" or "not_known", and a source'
    ),
    "unweighted": Sentence(
        '[unweighted] with pays = "nothing", "by_item", "share" or "not_known", and a source'
    ),
    "settlement": Sentence("[settlement] with a source, and what it settles below it"),
    "months_by": Sentence('months_by = "discharge_date" or "settlement_date"'),
    "mode": Sentence('mode = "marginal" or "whole"; of rounding: "half_up" or "down"'),
    "bands": Sentence(
        "bands = [{{ utilisation_at_least = 0, hospital_keeps = 1 }}]; of an overrun: [{{ "
        "utilisation_at_least = 1, fund_bears = 0.6 }}]; of incentives: [{{ cmi_ratio_at_least = 0, "
        "coefficient = 1 }}]"
    ),
    "scores": Sentence(
        "scores = [{{ score_at_least = 0, returned = 1 }}]; of quality: [{{ score_at_least = 0, factor = 1 "
        "}}]"
    ),
    "budgets": Sentence("[[settlement.budgets]] with year, amount_yuan, excess, remainder and a source"),
    "hospital_groups": Sentence("[[settlement.hospital_groups]] with name, hospitals and a source"),
    "reserve_covers": 'reserve_covers = "nothing" or "overruns"',
    "reserve_rest": 'reserve_rest = "fund" or "carried_over"',
    "in_province": Sentence("[settlement.off_site.in_province] with areas_begin_with, counts and a source"),
    "excess": Sentence('excess = "common_factor", "hospitals_over", "carried_over", "fund" or "point_value"'),
    "remainder": Sentence('remainder = "common_factor", "carried_over", "fund" or "point_value"'),
    "counts": Sentence('counts = "real" or "simulated"'),
    "unit": Sentence('unit = "fen" or "yuan"'),
}
_LIMIT: Final = {"limit": "{limit}"}
# What pydantic says of entries; the first that fits counts.
OF_PYDANTIC: Final = (
    Sentence("it should be greater than or equal to {limit}", **_LIMIT),
    Sentence("it should be greater than {limit}", **_LIMIT),
    Sentence("it should be less than or equal to {limit}", **_LIMIT),
    Sentence("it should be less than {limit}", **_LIMIT),
    Sentence("it should be a valid string"),
    Sentence("it should be a valid decimal"),
    Sentence("it should be a valid boolean"),
    Sentence("it should be a valid date"),
    Sentence("it should be a valid integer"),
    Sentence("it should be a valid dictionary"),
    Sentence("it should be a valid tuple"),
    Sentence("it should be a valid number"),
    Sentence("it should be a finite number"),
    Sentence("it should be a valid dictionary or instance of {model}", model="{model}"),
    Sentence("it should have no more than {limit} decimal places", **_LIMIT),
    Sentence("it should have no more than {limit} digits in total", **_LIMIT),
    Sentence("string should have at least {limit} character", **_LIMIT),
    Sentence(
        "tuple should have at least {limit} item after validation, not {count}",
        limit="{limit}",
        count="{count}",
    ),
    Sentence(
        "tuple should have at most {limit} items after validation, not {count}",
        limit="{limit}",
        count="{count}",
    ),
    Sentence("string should match pattern {pattern}", pattern="{pattern}"),
    Sentence("it should be {others} or {last}", others="{others}", last="{last}"),
    Sentence("it should be {choices}", choices="{choices}"),
)
# What a place also names that is no entry: a key itself, and the alternatives of an entry of several types.
_NO_ENTRIES: Final = ("[key]", "decimal", "literal['not_known']", "literal['price_ratio']")
# An array of tables, a table, or the entry of a key.
_HEADER: Final = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.\s-]+?)\s*\]\]?")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


class Entries(NamedTuple):
    """The entries of schemes of one kind.

    Attributes:
        model: of the whole file.
        examples: how an entry of a name is written.
        document: that tells more.
    """

    model: type[BaseModel]
    examples: Mapping[str, str]
    document: str


def entry_of(error: ErrorDetails) -> list[str | int]:
    """The path of the entry that a finding of the model is about."""
    loc = [part for part in error["loc"] if part not in _NO_ENTRIES]
    if error["type"] == "value_error":
        loc += [part for entry in error["ctx"]["error"].args[1:] for part in entry]
    return loc


def readable(error: ErrorDetails, file: Path, text: str, entries: Entries) -> SchemeError:
    """One finding of the model: which line and entry, what was expected, how to write it."""
    loc = entry_of(error)
    names = [part for part in loc if isinstance(part, str)]
    last = names[-1] if names else ""
    example, given = entries.examples.get(last), error["input"]
    see: Sentence = Sentence("See {document}", document=entries.document)
    if error["type"] == "extra_forbidden":
        known = _fields(loc[:-1], entries.model)
        problem = Sentence("unknown key {name!r}", name=last)
        listed = Sentence("Known keys: {names}", names=Joined(", ", known))
        fix: Sentence = Joined(" ", (did_you_mean(last, known), listed))
    elif error["type"] == "missing":
        problem = Sentence("{name} is missing", name=last)
        fix = Sentence("Add {example}", example=example) if example else see
    elif error["type"] == "value_error":
        # These say themselves what to do.
        problem, fix = error["ctx"]["error"].args[0], see
    else:
        message = error["msg"][:1].lower() + error["msg"][1:]
        message = message.replace("decimal input should", "it should").replace("input should", "it should")
        shown = str(given) if isinstance(given, Decimal | date | time) else repr(given)
        if isinstance(given, dict | list):
            shown = Sentence("a table") if isinstance(given, dict) else Sentence("a list")
        name, told = last or Sentence("the entry"), recognised(message, OF_PYDANTIC)
        problem = Sentence("{name} is {value}; {problem}", name=name, value=shown, problem=told)
        fix = Sentence("Write it like this: {example}", example=example) if example else see
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc) or None
    return SchemeError(problem, file=file, row=line_of(text, loc), field=field, fix=fix)


def _fields(loc: Loc, model: type[BaseModel]) -> list[str]:
    """The keys that are known in this part of a scheme."""
    for part in loc:
        if isinstance(part, str):
            inner = _model_in(model.model_fields[part].annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)


def line_of(text: str, loc: Loc) -> int | None:
    """The line of a TOML text, counted from 1, at which an entry is written, as near as can be told.

    Args:
        text: the file.
        loc: the path of the entry: ``("rates", 1, "value_yuan")``; of one that is missing, its table counts.
    """
    wanted = [part for part in loc if isinstance(part, str)]
    indices = {
        tuple(p for p in loc[: at + 1] if isinstance(p, str)): part
        for at, part in enumerate(loc)
        if isinstance(part, int)
    }
    seen: dict[tuple[str, ...], int] = {}
    here: tuple[str, ...] = ()
    inside = True
    best, depth, below = None, 0, None
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _HEADER.match(line):
            here = tuple(part.strip() for part in found[1].split("."))
            if line.lstrip().startswith("[["):
                seen[here] = seen.get(here, -1) + 1
            inside = list(here) == wanted[: len(here)] and all(
                indices.get(here[:at], seen.get(here[:at], 0)) == seen.get(here[:at], 0)
                for at in range(1, len(here) + 1)
            )
            if inside and len(here) > depth:
                best, depth = number, len(here)
            if list(here[: len(wanted)]) == wanted:
                below = below or number
        elif inside and (found := _KEY.match(line)):
            path = [*here, found[1]]
            if path == wanted[: len(path)] and len(path) > depth:
                best, depth = number, len(path)
    return best if depth == len(wanted) else below or best
