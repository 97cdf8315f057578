"""What a scheme may say of cases outside payment by group: short and long stays, unstable groups."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from drg.payment.names import CaseKind, Insurance, Level
from drg.payment.parts import Part, Positive, Share, Sourced, Text
from drg.words import Sentence


class Stage(Part):
    """A price for the days of a stay up to one, counted from the first; the last stage has no end."""

    price_yuan: Positive
    up_to_day: int | None = Field(default=None, ge=1)


class Outside(Sourced):
    """Stays and kinds of case outside DRG payment, and what they are paid.

    Attributes:
        case_class: what such cases are called.
        los_days_at_most, los_days_at_least, case_kind, drgs, level, insurance: which cases; of which groups,
            as they are priced.
        pays: their cost or a share of it; a price a day or a case; a share of what the group would be paid;
            nothing; or nobody knows.
        price_yuan: of a day or a case.
        stages: prices of a day that change with the length of stay, instead of ``price_yuan``.
        share: of the cost or the standard.
    """

    case_class: Literal["short", "long", "bed_day", "day_surgery", "unstable", "unweighted"]
    drgs: tuple[Text, ...] = ()
    los_days_at_most: int | None = Field(default=None, ge=0)
    los_days_at_least: int | None = Field(default=None, ge=1)
    case_kind: CaseKind | None = None
    level: Level | None = None
    insurance: Insurance | None = None
    pays: Literal["by_item", "share", "per_day", "per_case", "share_of_standard", "nothing", "not_known"]
    price_yuan: Positive | None = None
    stages: tuple[Stage, ...] = ()
    share: Annotated[Share, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Outside:
        conditions = (self.los_days_at_most, self.los_days_at_least, self.case_kind, self.drgs or None)
        if all(condition is None for condition in conditions):
            raise ValueError(
                Sentence("say which cases: los_days_at_most, los_days_at_least, case_kind or drgs")
            )
        if self.case_class in ("unstable", "unweighted") and not self.drgs:
            raise ValueError(Sentence("name the groups of such cases in drgs"))
        if self.stages and (self.pays != "per_day" or self.price_yuan is not None):
            raise ValueError(Sentence("stages are given for per_day, instead of price_yuan"))
        if (self.pays in ("per_day", "per_case")) != (self.price_yuan is not None or bool(self.stages)):
            raise ValueError(Sentence("price_yuan is given for per_day and per_case, and only for them"))
        if (self.pays in ("share", "share_of_standard")) != (self.share is not None):
            raise ValueError(Sentence("share is given for share and share_of_standard, and only for them"))
        ends = [stage.up_to_day for stage in self.stages]
        known = [end for end in ends[:-1] if end is not None]
        if ends and (ends[-1] is not None or len(known) < len(ends) - 1):
            raise ValueError(Sentence("every stage has up_to_day but the last, which has no end"))
        if any(a >= b for a, b in pairwise(known)):
            raise ValueError(Sentence("stages must be in order of up_to_day, without overlap"))
        return self

    def takes_all_of(self, other: Outside) -> bool:
        """Whether every case that another row is for fits this one."""
        least, most = self.los_days_at_least, self.los_days_at_most
        return (
            (least is None or (other.los_days_at_least is not None and other.los_days_at_least >= least))
            and (most is None or (other.los_days_at_most is not None and other.los_days_at_most <= most))
            and (not self.drgs or bool(other.drgs and set(other.drgs) <= set(self.drgs)))
            and self.case_kind in (None, other.case_kind)
            and self.level in (None, other.level)
            and self.insurance in (None, other.insurance)
        )
