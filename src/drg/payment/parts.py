"""What every part of a scheme is made of."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from drg.words import Sentence

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
# Rates and prices in yuan, weights, coefficients and shares: decimals as written, never binary floats.
Number = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=8, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(le=1)]


_NUMBER: Final = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*")


def _no_number(value: object) -> object:
    """20250101, also as text, would be read as seconds since 1970."""
    if isinstance(value, int | float | Decimal) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError(Sentence("{value} is no date: write it like 2026-01-31", value=str(value)))
    return value


Day = Annotated[date, BeforeValidator(_no_number)]


class Part(BaseModel):
    """A part of a scheme: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Part):
    """A part whose numbers somebody published or chose."""

    source: Text


class Period(Part):
    """A part that holds for discharges from one day to another, both included; without days, for any."""

    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Period:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(Sentence("valid_to is before valid_from"))
        return self

    def holds(self, day: date) -> bool:
        """Whether it holds for a discharge on that day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class Dated(Period, Sourced):
    """The same, of which each has a source of its own."""


class SchemeHead(Dated):
    """What every scheme says of itself.

    Attributes:
        id, title, region: what it is; the id is the name of its directory.
        status: ``published`` by the authority, ``transcribed`` from what it published, or ``illustrative``.
        valid_from, valid_to: the first and last day of discharge to which it applies, as far as known.
        unusual: the entries whose numbers are out of proportion and meant so, as ``low.factor``.
    """

    id: Id
    title: Text
    region: Text
    status: Literal["published", "transcribed", "illustrative"]
    unusual: tuple[Text, ...] = ()


def overlap(rows: Iterable[tuple[Hashable, Period]]) -> int | None:
    """The place of a row that is for the same as an earlier one on the same day; never 0, None without one.

    Each row comes with what it is for.
    """
    periods: dict[Hashable, list[tuple[date, date, int]]] = {}
    for place, (key, row) in enumerate(rows):
        days = (row.valid_from or date.min, row.valid_to or date.max, place)
        periods.setdefault(key, []).append(days)
    return next(
        (
            max(first, second)
            for same in periods.values()
            for (_, end, first), (start, _, second) in pairwise(sorted(same))
            if end >= start
        ),
        None,
    )
