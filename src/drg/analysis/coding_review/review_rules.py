"""The rules of the self-check as data; their form is that of the rules of supervision."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Final, Literal

import polars as pl

from drg.analysis.screening.screen_rules import ScreenRule, chosen_rules, rules_of

_SHIPPED: Final = Path(__file__).with_name("review_rules.toml")
_NOTHING: Final = "–"


class ReviewRule(ScreenRule):
    """One rule of the self-check.

    Attributes:
        finds: which function looks for it.
        evidence, evidence_zh: what in the record speaks for it, with the columns of a hint in braces.
        payment_may: what a correction may do to the payment of the case.
        money_is: ``repriced``, an ``upper_bound``, or ``unknown``.
    """

    finds: str
    evidence: str
    evidence_zh: str
    payment_may: Literal["rise", "fall", "either"]
    money_is: Literal["repriced", "upper_bound", "unknown"]


@lru_cache(maxsize=1)
def shipped_rules() -> dict[str, ReviewRule]:
    """The rules that come with the package, by id."""
    return rules_of(_SHIPPED, ReviewRule)


def review_rules(file: str | Path | None = None, only: Iterable[str] = ()) -> tuple[ReviewRule, ...]:
    """All rules of the self-check, those that are off too; see ``chosen_rules``."""
    return chosen_rules(shipped_rules(), file, only)


def filled(template: str, names: Iterable[str]) -> pl.Expr:
    """A sentence of a rule with the values of a hint in the place of its braces; numbers are rounded."""
    known, parts = set(names), []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(pl.lit(text))
        if name in ("observed", "expected"):
            parts.append(pl.col(name).round(0).cast(pl.Int64).cast(pl.String).fill_null(_NOTHING))
        elif name is not None:
            parts.append(pl.col(name).fill_null(_NOTHING) if name in known else pl.lit(_NOTHING))
    return pl.concat_str(parts)


def prefixes(texts: Iterable[str]) -> str:
    """A pattern of codes that begin so, or are in a range of categories such as D50-D64."""
    found: list[str] = []
    for text in texts:
        first, _, last = text.partition("-")
        if not last:
            found.append(first.replace(".", r"\."))
            continue
        numbers = range(int(first[1:]), int(last[1:]) + 1)
        found += [f"{first[0]}{number:02d}" for number in numbers]
    return f"^(?:{'|'.join(found)})"
