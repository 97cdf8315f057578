"""High-cost cases, as ``[high]`` of a scheme says it."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from drg.payment.parts import Part, Positive, Share, Sourced
from drg.words import Sentence

HighFormula = Literal["linear_add", "deduct", "cap", "by_item"]
PaidShare = Annotated[Share, Field(gt=0)]


class Tier(Part):
    """A threshold for weights below a limit; the last tier has no limit.

    Attributes:
        threshold, weight_below: from which cost on a case of which weight is high.
        formula, fund_share: of this tier; left out: those of the section.
    """

    threshold: Positive
    weight_below: Positive | None = None
    formula: HighFormula | None = None
    fund_share: PaidShare | None = None


class High(Sourced):
    """High-cost cases (高倍率病例): cost above threshold × reference.

    With standard S (weight × mean × coefficient f × price ratio c), mean M of the group, threshold K, cost a:
    ``linear_add`` S + (a − K·M)·c·s; ``deduct`` (a − (K − 1)·M·f)·c; ``cap`` K·S; ``by_item`` a. The
    reference ``lower_of_two`` is S or M, whichever is lower.

    Attributes:
        formula: of the tiers that have none of their own.
        fund_share: s, the share of the excess that is paid; all of it, if left out.
        reference: what costs are compared with.
        tiers: the thresholds.
    """

    formula: HighFormula
    fund_share: PaidShare | None = None
    reference: Literal["standard", "mean", "lower_of_two"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]

    @cached_property
    def whole_tiers(self) -> tuple[Tier, ...]:
        """The tiers, each with its formula and the share of the excess that is paid."""
        return tuple(self._whole(tier) for tier in self.tiers)

    def tier_of(self, weight: Decimal | None) -> Tier:
        """The tier of a weight, of ``whole_tiers``; the last of a group without one."""
        tiers = self.whole_tiers if weight is not None else self.whole_tiers[-1:]
        return next(t for t in tiers if t.weight_below is None or (weight or 0) < t.weight_below)

    @property
    def is_by_item(self) -> bool:
        """Whether high-cost cases are paid what they cost."""
        return all(tier.formula == "by_item" for tier in self.whole_tiers)

    def _whole(self, tier: Tier) -> Tier:
        formula = tier.formula or self.formula
        share = tier.fund_share or self.fund_share if formula == "linear_add" else None
        return tier.model_copy(update={"formula": formula, "fund_share": share or Decimal(1)})

    @model_validator(mode="after")
    def _formulas_fit(self) -> High:
        formulas = [tier.formula or self.formula for tier in self.tiers]
        if "by_item" in formulas and len(set(formulas)) > 1:
            problem = Sentence(
                "by_item is the formula of all tiers or of none: cases that are paid by item are not "
                "compared with their standard"
            )
            raise ValueError(problem)
        pairs = zip(self.tiers, formulas, strict=True)
        misplaced = any(tier.fund_share and formula != "linear_add" for tier, formula in pairs)
        if misplaced or (self.fund_share and "linear_add" not in formulas):
            problem = Sentence("fund_share is given for linear_add, which pays an excess, and only for it")
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _tiers_are_in_order(self) -> High:
        limits = [tier.weight_below for tier in self.tiers]
        if limits[-1] is not None:
            problem = Sentence("the last tier must not have weight_below, or heavy groups have no threshold")
            raise ValueError(problem)
        known = [limit for limit in limits[:-1] if limit is not None]
        if len(known) < len(limits) - 1 or any(a >= b for a, b in pairwise(known)):
            raise ValueError(Sentence("tiers must be in order of weight_below, without overlap"))
        return self
