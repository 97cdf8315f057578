"""A payment scheme as data: what ``scheme.toml`` may say.

Nothing here computes. A scheme chooses among components and gives them their numbers; each number that was
published or chosen stands beside its source. Unknown keys, wrong types, gaps and overlaps are errors.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from drg.payment.group_rules import Amounts, Tcm
from drg.payment.incentive_rules import Incentive
from drg.payment.outside_rules import Outside
from drg.payment.parts import Dated, Id, Part, Positive, Share, Sourced, Text, overlap
from drg.payment.settlement_rules import SettlementRules
from drg.words import Sentence


class Method(Sourced):
    """How a relative weight becomes money.

    ``rate``: weight × rate × coefficient. ``points`` (点数法): weight × scale × coefficient × value of a
    point; the value is known at the year's clearing, until then the scheme's rates are provisional.
    """

    kind: Literal["rate", "points"]
    scale: Positive | None = None
    regional_mean_yuan: Positive | None = None

    @model_validator(mode="after")
    def _points_have_a_scale(self) -> Method:
        if (self.kind == "points") != (self.scale is not None):
            raise ValueError(Sentence("scale is given for the points method, and only for it"))
        return self


class Rate(Dated):
    """Yuan per unit of weight (or per point), for an insurance and a hospital level; left out: for any."""

    value_yuan: Positive
    insurance: Text | None = None
    level: Text | None = None


class Coefficient(Dated):
    """A coefficient for a hospital, a level or a group, or a combination; the most specific row counts."""

    value: Positive
    hospital: Text | None = None
    level: Text | None = None
    drg: Text | None = None

    @model_validator(mode="after")
    def _is_for_something(self) -> Coefficient:
        if not (self.hospital or self.level or self.drg):
            raise ValueError(Sentence("name a hospital, a level or a drg; for all cases there is default"))
        if self.hospital and self.level:
            raise ValueError(Sentence("name the hospital or its level, not both"))
        return self


class Coefficients(Sourced):
    """Coefficients of hospitals and groups.

    Attributes:
        default: where no row fits; ``not_known`` holds such cases, unless they bring their own coefficient in
            the column ``hospital_coefficient``.
        base_groups: groups that are paid the same everywhere (基础病组): coefficient 1.
        rows: the most specific fits: hospital and group, level and group, group, hospital, level.
    """

    default: Positive | Literal["not_known"] = Decimal(1)
    base_groups: tuple[Text, ...] = ()
    rows: tuple[Coefficient, ...] = ()


class Tier(Part):
    """A threshold for weights below a limit; the last tier has no limit."""

    threshold: Positive
    weight_below: Positive | None = None


class High(Sourced):
    """High-cost cases (高倍率病例): cost above threshold × reference.

    With standard S (weight × mean × coefficient f × price ratio c), mean M of the group, threshold K, cost a:
    ``linear_add`` S + (a − K·M)·c; ``deduct`` (a − (K − 1)·M·f)·c; ``cap`` K·S; ``by_item`` a. The reference
    ``lower_of_two`` is S or M, whichever is lower.
    """

    formula: Literal["linear_add", "deduct", "cap", "by_item"]
    reference: Literal["standard", "mean", "lower_of_two"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]

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


class Extreme(Sourced):
    """The most expensive of the grouped cases, among all of them or in each group; paid by item.

    Never more than ``top_share`` of them: equal costs of which only some would fit are none of them extreme.
    """

    top_share: Annotated[Share, Field(gt=0)]
    within: Literal["all", "group"] = "all"


class LowFactor(Part):
    """The control factor of low-cost cases of one insurance."""

    insurance: Text
    factor: Positive


class Low(Sourced):
    """Low-cost cases (低倍率病例): cost below threshold × reference; paid at cost × factor (控制系数).

    Attributes:
        threshold, reference: which cases are low.
        factor: of the insurances that ``factors`` does not name; ``price_ratio`` is yuan per unit of weight ÷
            regional mean, so that low cases move with the value of a point.
        factors: of single insurances.
    """

    threshold: Annotated[Share, Field(gt=0)]
    reference: Literal["standard", "mean"]
    factor: Positive | Literal["price_ratio"] = Decimal(1)
    factors: tuple[LowFactor, ...] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Low:
        names = [row.insurance for row in self.factors]
        if len(set(names)) < len(names):
            raise ValueError(Sentence("two factors are for the same insurance"))
        return self

    def factor_of(self, insurance: str | None) -> Decimal | Literal["price_ratio"]:
        """The factor of an insurance."""
        return next((row.factor for row in self.factors if row.insurance == insurance), self.factor)


class ByStatus(Sourced):
    """What a case without a usable group is paid: its cost, a share of it, nothing; or nobody knows."""

    pays: Literal["by_item", "share", "nothing", "not_known"]
    share: Share | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> ByStatus:
        if (self.pays == "share") != (self.share is not None):
            raise ValueError(Sentence("share is given if pays is share, and only then"))
        return self


class ExcludedItems(Sourced):
    """Approved new drugs, devices and technology: out of the case's cost, paid beside the group."""

    share: Share = Decimal(1)


class Incomplete(Sourced):
    """A broken-off treatment: standard × cost ÷ group mean, at most the standard."""


class Readmission(Sourced):
    """A stay that is followed by another in the same hospital and group: its standard is cut."""

    days: int = Field(ge=1)
    factor: Share
    except_adrg: tuple[Text, ...] = ()


class Rounding(Sourced):
    """Where amounts are rounded to the fen, half up: the payment always, the standard only if so said."""

    standard_first: bool = False


class PaymentScheme(Dated):
    """One payment scheme. Only what a scheme names applies.

    Attributes:
        id, title, region: what it is; the id is the name of its directory.
        grouper: the id of the grouper version whose groups it prices.
        grouper_missing: why that version is not installed, for excerpts; its groups are then not checked.
        status: ``published`` by the authority, ``transcribed`` from what it published, or ``illustrative``.
        valid_from, valid_to: the first and last day of discharge to which it applies, as far as known.
        source: where the weights are from.
        unusual: the entries whose numbers are out of proportion and meant so, as ``low.factor``.
    """

    id: Id
    title: Text
    region: Text
    grouper: Id
    grouper_missing: Text | None = None
    status: Literal["published", "transcribed", "illustrative"]
    unusual: tuple[Text, ...] = ()
    method: Method
    rates: tuple[Rate, ...] = ()
    coefficients: Coefficients | None = None
    amounts: Amounts | None = None
    incentive: Incentive | None = None
    high: High | None = None
    extreme: Extreme | None = None
    low: Low | None = None
    outside: tuple[Outside, ...] = ()
    ungrouped: ByStatus
    ambiguous: ByStatus
    unweighted: ByStatus
    excluded_items: ExcludedItems | None = None
    incomplete: Incomplete | None = None
    readmission: Readmission | None = None
    tcm: Tcm | None = None
    rounding: Rounding | None = None
    settlement: SettlementRules | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> PaymentScheme:
        if not self.rates and self.amounts is None:
            raise ValueError(Sentence("there is no rate: add [[rates]] with value_yuan and a source"))
        if overlap(((rate.insurance, rate.level), rate) for rate in self.rates):
            raise ValueError(Sentence("two rates are for the same insurance and level on the same days"))
        rows = self.coefficients.rows if self.coefficients else ()
        if overlap(((row.hospital, row.level, row.drg), row) for row in rows):
            problem = Sentence("two coefficients are for the same hospital, level and group on the same days")
            raise ValueError(problem)
        if self.low and self.low.factor == "price_ratio" and self.method.regional_mean_yuan is None:
            raise ValueError(Sentence('factor = "price_ratio" needs regional_mean_yuan in [method]'))
        for place, later in enumerate(self.outside):
            for before, rule in enumerate(self.outside[:place]):
                if rule.takes_all_of(later):
                    problem = Sentence(
                        "row {row} of outside is never used: row {before} takes all its cases; put the one "
                        "that is for fewer cases first",
                        row=place + 1,
                        before=before + 1,
                    )
                    raise ValueError(problem)
        budgets = self.settlement.budgets if self.settlement else ()
        if self.method.kind != "points" and any(budget.excess == "point_value" for budget in budgets):
            raise ValueError(Sentence("point_value closes a budget under the points method only"))
        if self.amounts and any(budget.excess == "point_value" for budget in budgets):
            problem = Sentence("point_value cannot close a budget beside amounts, which have no points")
            raise ValueError(problem)
        return self
