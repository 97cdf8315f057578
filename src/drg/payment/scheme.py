"""A payment scheme as data: what ``scheme.toml`` may say.

Nothing here computes. A scheme chooses among components and gives them their numbers; each number that was
published or chosen stands beside its source. Unknown keys, wrong types, gaps and overlaps are errors.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from drg.payment.addition_rules import Addition, ExcludedItems
from drg.payment.group_rules import Amounts, Tcm
from drg.payment.high_rules import High
from drg.payment.incentive_rules import Incentive
from drg.payment.names import Hospital, Insurance, Level
from drg.payment.outside_rules import Outside
from drg.payment.parts import Dated, Id, Part, Positive, SchemeHead, Share, Sourced, Text, overlap
from drg.payment.settlement_rules import SettlementRules
from drg.words import Sentence

# The classes that may have points of their own: what they are paid is no part of what groups are paid.
OwnPoints = Literal[
    "ungrouped",
    "ambiguous",
    "short",
    "long",
    "bed_day",
    "day_surgery",
    "unstable",
    "unweighted",
    "extreme",
    "high",
    "low",
]


class Method(Sourced):
    """How a relative weight becomes money.

    ``rate``: weight × rate × coefficient. ``points`` (点数法): weight × scale × coefficient × value of a
    point; the value is known at the year's clearing, until then the scheme's rates are provisional.

    Attributes:
        points_for: classes of cases that are not paid by their group, and have points all the same: payment ÷
            value of a point, so that they move with the value that closes the year.
    """

    kind: Literal["rate", "points"]
    scale: Positive | None = None
    regional_mean_yuan: Positive | None = None
    points_for: tuple[OwnPoints, ...] = ()

    @model_validator(mode="after")
    def _points_have_a_scale(self) -> Method:
        if (self.kind == "points") != (self.scale is not None):
            raise ValueError(Sentence("scale is given for the points method, and only for it"))
        if self.points_for and self.kind != "points":
            raise ValueError(Sentence("points_for is given for the points method, and only for it"))
        if len(set(self.points_for)) < len(self.points_for):
            raise ValueError(Sentence("points_for names a class twice"))
        return self


class Rate(Dated):
    """Yuan per unit of weight (or per point), for an insurance and a hospital level; left out: for any."""

    value_yuan: Positive
    insurance: Insurance | None = None
    level: Level | None = None


class Coefficient(Dated):
    """A coefficient for a hospital, a level or a group, or a combination; the most specific row counts."""

    value: Positive
    hospital: Hospital | None = None
    level: Level | None = None
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


class Extreme(Sourced):
    """The most expensive of the grouped cases, among all of them or in each group; paid by item.

    Never more than ``top_share`` of them: equal costs of which only some would fit are none of them extreme.
    """

    top_share: Annotated[Share, Field(gt=0)]
    within: Literal["all", "group"] = "all"


class LowFactor(Part):
    """The control factor of low-cost cases of one insurance."""

    insurance: Insurance
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


class Incomplete(Sourced):
    """A broken-off treatment: standard × cost ÷ group mean, at most the standard."""


class Readmission(Sourced):
    """A stay that is followed by another of the patient in the same hospital and group.

    Attributes:
        days: from discharge to admission at most.
        pays: ``factor``: the standard of the earlier stay is cut; ``one_stay`` (合并计算为一次住院): the
            stays are judged together and paid one standard, with the last of them.
        factor: by which the standard is multiplied.
        except_adrg: stays that are not looked at.
    """

    days: int = Field(ge=1)
    pays: Literal["factor", "one_stay"] = "factor"
    factor: Share | None = None
    except_adrg: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Readmission:
        if (self.pays == "factor") != (self.factor is not None):
            raise ValueError(Sentence("factor is given unless pays is one_stay, and only then"))
        return self

    @property
    def cut(self) -> Decimal:
        """What the standard of a stay that is followed by another is multiplied by."""
        return Decimal(1) if self.factor is None else self.factor


class Rounding(Sourced):
    """Where amounts are rounded to the fen, half up: the payment always, the standard only if so said."""

    standard_first: bool = False


class PaymentScheme(SchemeHead):
    """One payment scheme. Only what a scheme names applies.

    Attributes:
        grouper: the id of the grouper version whose groups it prices.
        grouper_missing: why that version is not installed, for excerpts; its groups are then not checked.
        source: where the weights are from.
    """

    grouper: Id
    grouper_missing: Text | None = None
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
    additions: tuple[Addition, ...] = ()
    incomplete: Incomplete | None = None
    readmission: Readmission | None = None
    tcm: Tcm | None = None
    rounding: Rounding | None = None
    settlement: SettlementRules | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> PaymentScheme:
        # Beside the problem stands the entry at which it is told.
        if not self.rates and self.amounts is None:
            problem = Sentence("there is no rate: add [[rates]] with value_yuan and a source")
            raise ValueError(problem, ("rates",))
        if twice := overlap(((rate.insurance, rate.level), rate) for rate in self.rates):
            problem = Sentence("two rates are for the same insurance and level on the same days")
            raise ValueError(problem, ("rates", twice))
        rows = self.coefficients.rows if self.coefficients else ()
        if twice := overlap(((row.hospital, row.level, row.drg), row) for row in rows):
            problem = Sentence("two coefficients are for the same hospital, level and group on the same days")
            raise ValueError(problem, ("coefficients", "rows", twice))
        if self.low and self.low.factor == "price_ratio" and self.method.regional_mean_yuan is None:
            problem = Sentence('factor = "price_ratio" needs regional_mean_yuan in [method]')
            raise ValueError(problem, ("low", "factor"))
        for place, later in enumerate(self.outside):
            for before, rule in enumerate(self.outside[:place]):
                if rule.takes_all_of(later):
                    problem = Sentence(
                        "row {row} of outside is never used: row {before} takes all its cases; put the one "
                        "that is for fewer cases first",
                        row=place + 1,
                        before=before + 1,
                    )
                    raise ValueError(problem, ("outside", place))
        for name in self.method.points_for:
            if not self._pays_beside_groups(name):
                problem = Sentence(
                    'points_for names "{name}", but the scheme has no such cases or pays them by group',
                    name=name,
                )
                raise ValueError(problem, ("method", "points_for"))
        columns = [one.column for one in self.beside]
        for place, one in enumerate(self.additions):
            if columns.count(one.column) > 1:
                problem = Sentence("{name} is paid beside the group twice", name=one.column)
                raise ValueError(problem, ("additions", place))
        budgets = self.settlement.budgets if self.settlement else ()
        if self.method.kind != "points" and any(budget.excess == "point_value" for budget in budgets):
            problem = Sentence("point_value closes a budget under the points method only")
            raise ValueError(problem, ("settlement", "budgets"))
        if self.amounts and any(budget.excess == "point_value" for budget in budgets):
            problem = Sentence("point_value cannot close a budget beside amounts, which have no points")
            raise ValueError(problem, ("amounts",))
        return self

    @cached_property
    def beside(self) -> tuple[Addition, ...]:
        """What is paid beside the group: excluded items, which are the oldest case of it, and additions."""
        excluded = (self.excluded_items.as_addition,) if self.excluded_items else ()
        return (*excluded, *self.additions)

    @property
    def joins_stays(self) -> bool:
        """Whether stays that follow one another are paid as one."""
        return self.readmission is not None and self.readmission.pays == "one_stay"

    @property
    def out_of_cost(self) -> tuple[str, ...]:
        """The columns whose amounts leave the cost by which a case is judged."""
        return tuple(one.column for one in self.beside if one.out_of_cost)

    def _pays_beside_groups(self, case_class: str) -> bool:
        """Whether the scheme can have cases of this class, and pays nothing of them by group."""
        if case_class in ("ungrouped", "ambiguous", "unweighted"):
            return True
        if case_class == "high":
            return self.high is not None and self.high.is_by_item
        if case_class in ("extreme", "low"):
            return getattr(self, case_class) is not None
        return any(rule.case_class == case_class for rule in self.outside)
