"""The section ``[settlement]`` of a scheme: what is settled for a hospital and a year rather than for a case.

Nothing here computes; ``drg.settlement`` does. Only what a scheme names applies: without sharing the hospital
keeps its whole surplus and bears its whole overrun.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise, product
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from drg.payment.hospital_groups import BudgetKey, HospitalGroup, check_groups, group_of
from drg.payment.names import Insurance
from drg.payment.parts import Number, Part, Positive, Share, Sourced, Text
from drg.payment.special_review import SpecialReview
from drg.words import Joined, Sentence

# Budgets in yuan: amounts to the fen.
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=2, allow_inf_nan=False)]


class SurplusBand(Part):
    """From this utilisation up to the next band's, or to 1: the share that the hospital keeps."""

    utilisation_at_least: Share
    hospital_keeps: Share


class OverrunBand(Part):
    """From this utilisation up to the next band's: the share that the fund bears."""

    utilisation_at_least: Annotated[Number, Field(ge=1)]
    fund_bears: Share


class ScoreReturns(Part):
    """From this score up to the next row's: the share of the deposit that is paid back."""

    score_at_least: Annotated[Number, Field(le=100)]
    returned: Share


class ScoreFactor(Part):
    """From this score up to the next row's: the factor on the year's entitlement."""

    score_at_least: Annotated[Number, Field(le=100)]
    factor: Annotated[Number, Field(le=2)]


def _ascending(values: Sequence[Decimal], first: int, what: str) -> None:
    if values[0] != first:
        problem = Sentence(
            "the first row must begin at {what} = {first}, or there is a gap", what=what, first=first
        )
        raise ValueError(problem)
    if any(a >= b for a, b in pairwise(values)):
        raise ValueError(Sentence("rows must be in order of {what}, without overlap", what=what))


class Surplus(Sourced):
    """Who keeps a surplus (结余留用): cost below standard.

    ``marginal``: each slice of utilisation by its own share. ``whole``: the band that the utilisation falls
    into decides for all of the surplus.
    """

    mode: Literal["marginal", "whole"]
    bands: Annotated[tuple[SurplusBand, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _bands_are_whole(self) -> Surplus:
        starts = [band.utilisation_at_least for band in self.bands]
        _ascending(starts, 0, "utilisation_at_least")
        if starts[-1] >= 1:
            raise ValueError(Sentence("bands of a surplus end at 1: above, there is an overrun"))
        return self


class Overrun(Sourced):
    """Who bears an overrun (超支分担): cost above standard; modes as for the surplus."""

    mode: Literal["marginal", "whole"]
    bands: Annotated[tuple[OverrunBand, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _bands_are_whole(self) -> Overrun:
        _ascending([band.utilisation_at_least for band in self.bands], 1, "utilisation_at_least")
        return self


class Limits(Sourced):
    """Bounds of what is paid by group, as shares of what its items cost; 1.1 is 110 %."""

    cap_of_cost: Positive | None = None
    floor_of_cost: Share | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Limits:
        if self.cap_of_cost is None and self.floor_of_cost is None:
            raise ValueError(Sentence("give cap_of_cost, floor_of_cost or both"))
        if self.cap_of_cost is not None and (self.floor_of_cost or 0) > self.cap_of_cost:
            raise ValueError(Sentence("floor_of_cost is above cap_of_cost"))
        return self


class Prepayment(Sourced):
    """Prepayments (预付金) are recovered in equal parts in the first months of the year."""

    recover_months: int = Field(ge=1, le=12)


class Disbursement(Sourced):
    """Shares of a month's entitlement: paid day by day (日拨付), and in all when it is settled (月结算)."""

    monthly_share: Share
    daily_share: Share = Decimal(0)

    @model_validator(mode="after")
    def _is_whole(self) -> Disbursement:
        if self.daily_share > self.monthly_share:
            raise ValueError(
                Sentence("monthly_share includes what was paid day by day: it cannot be below daily_share")
            )
        return self


class Deposit(Sourced):
    """The quality deposit (质量保证金): withheld from every month, paid back by the year's score."""

    share: Share
    scores: Annotated[tuple[ScoreReturns, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _scores_are_whole(self) -> Deposit:
        _ascending([row.score_at_least for row in self.scores], 0, "score_at_least")
        return self


class Quality(Sourced):
    """The factor of the year's score (考核系数) on the year's entitlement."""

    scores: Annotated[tuple[ScoreFactor, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _scores_are_whole(self) -> Quality:
        _ascending([row.score_at_least for row in self.scores], 0, "score_at_least")
        return self


class Budget(Sourced):
    """A year's budget of an insurance, and how it is closed.

    Attributes:
        insurance: the insurance type; None: all of them together.
        hospital_group: the group of hospitals that shares in it; None: all of them.
        reserve_share: is not distributed.
        reserve_covers: what the reserve pays: ``overruns``, the fund's share of overruns, as far as it goes.
        reserve_rest: where what is left of the reserve goes: back to the fund, or to the next year.
        carried_in_yuan: from the year before, added; negative: taken off.
        excess: what happens if the entitlements exceed the budget less its reserve. ``common_factor``: all
            are cut alike. ``hospitals_over``: the fund's share of overruns, as far as a cap leaves it, is
            taken back first, then a common factor. ``carried_over``: to the next year. ``fund``: the fund
            bears it. ``point_value``: the budget sets the value of a point.
        remainder: what happens to what is left: ``common_factor``, ``carried_over``, ``fund``,
            ``point_value``.
    """

    year: int = Field(ge=2000, le=2100)
    amount_yuan: Annotated[Amount, Field(gt=0)]
    insurance: Insurance | None = None
    hospital_group: Text | None = None
    reserve_share: Share = Decimal(0)
    reserve_covers: Literal["nothing", "overruns"] = "nothing"
    reserve_rest: Literal["fund", "carried_over"] = "fund"
    carried_in_yuan: Amount = Decimal(0)
    excess: Literal["common_factor", "hospitals_over", "carried_over", "fund", "point_value"]
    remainder: Literal["common_factor", "carried_over", "fund", "point_value"]

    @property
    def key(self) -> BudgetKey:
        """Whose it is."""
        return BudgetKey(self.year, self.insurance, self.hospital_group)

    @model_validator(mode="after")
    def _closes_one_way(self) -> Budget:
        if (self.excess == "point_value") != (self.remainder == "point_value"):
            problem = Sentence("the value of a point closes both ways: give point_value for both or neither")
            raise ValueError(problem)
        if self.reserve_covers != "nothing" and self.reserve_share == 0:
            raise ValueError(Sentence("reserve_covers needs a reserve: give reserve_share, such as 0.05"))
        return self


class DueRules(Sourced):
    """When payments are due (拨付时限): of a month, and of the clearing of a year.

    Attributes:
        claims_until_day: the day of the following month until which the claims of a month come in; of a
            shorter month its last day.
        pay_within_working_days: working days after that day, the last of which is the due date.
        clear_by: month and day of the following year by which a year is cleared and paid, ``06-30``.
    """

    claims_until_day: int = Field(ge=1, le=31)
    pay_within_working_days: int = Field(ge=1, le=250)
    clear_by: Annotated[str, Field(pattern=r"\A\d{2}-\d{2}\z")]

    @field_validator("clear_by")
    @classmethod
    def _is_in_every_year(cls, text: str) -> str:
        try:
            date.fromisoformat(f"2001-{text}")
        except ValueError:
            problem = Sentence(
                'clear_by is {text!r}, which is no day of every year: write "06-30"', text=text
            )
            raise ValueError(problem) from None
        return text

    def clearing_on(self, year: int) -> date:
        """The day by which a year is to be cleared and paid."""
        return date.fromisoformat(f"{year + 1}-{self.clear_by}")


class InProvince(Sourced):
    """Patients insured elsewhere in the province (省内异地): their areas begin so."""

    areas_begin_with: Annotated[tuple[Text, ...], Field(min_length=1)]
    counts: Literal["real", "simulated"]


class OffSite(Sourced):
    """Patients insured elsewhere (异地): grouped and priced by the place of care.

    ``real``: they are paid so, by their own fund, outside the budgets here. ``simulated``: the amounts are
    worked out beside the real payment, and nothing follows from them. With ``in_province`` those of the
    province are settled by themselves, and ``counts`` is of the others (跨省异地).
    """

    home_areas: Annotated[tuple[Text, ...], Field(min_length=1)]
    counts: Literal["real", "simulated"]
    in_province: InProvince | None = None

    @model_validator(mode="after")
    def _home_is_in_the_province(self) -> OffSite:
        begins = self.in_province.areas_begin_with if self.in_province else ("",)
        if not any(area.startswith(begins) for area in self.home_areas):
            problem = Sentence(
                "no home area begins with {begins}, as the areas of the same province do: check "
                "areas_begin_with, such as the first two digits of home_areas",
                begins=Joined(", ", begins),
            )
            raise ValueError(problem)
        return self


class SettlementRounding(Sourced):
    """Shares of amounts are rounded to whole fen or whole yuan, half up or down."""

    unit: Literal["fen", "yuan"] = "fen"
    mode: Literal["half_up", "down"] = "half_up"


class SettlementRules(Sourced):
    """How a hospital's year is settled; sharing is judged by hospital and insurance, on the year so far.

    Attributes:
        months_by: the date that puts a case into its month and year.
    """

    months_by: Literal["discharge_date", "settlement_date"] = "discharge_date"
    surplus: Surplus | None = None
    overrun: Overrun | None = None
    limits: Limits | None = None
    prepayment: Prepayment | None = None
    disbursement: Disbursement | None = None
    deposit: Deposit | None = None
    quality: Quality | None = None
    special: SpecialReview | None = None
    hospital_groups: tuple[HospitalGroup, ...] = ()
    budgets: tuple[Budget, ...] = ()
    due: DueRules | None = None
    off_site: OffSite | None = None
    rounding: SettlementRounding | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> SettlementRules:
        withheld = self.deposit.share if self.deposit else Decimal(0)
        if self.disbursement and self.disbursement.monthly_share + withheld > 1:
            problem = Sentence("disbursement.monthly_share and deposit.share are together more than 1")
            raise ValueError(problem)
        check_groups(self.hospital_groups, [budget.key for budget in self.budgets])
        if any(budget.excess == "point_value" for budget in self.budgets) and (
            self.surplus or self.overrun or self.limits
        ):
            raise ValueError(
                Sentence("the value of a point closes the budget: surplus, overrun or limits would open it")
            )
        if self.overrun is None and any(budget.reserve_covers == "overruns" for budget in self.budgets):
            problem = Sentence(
                "a reserve covers what the fund bears of overruns, which is nothing without "
                "[settlement.overrun]: add the section, or leave out reserve_covers"
            )
            raise ValueError(problem)
        if self.overrun is None and any(budget.excess == "hospitals_over" for budget in self.budgets):
            problem = Sentence(
                "hospitals_over takes back what the fund bears of overruns, which is nothing without "
                '[settlement.overrun]: add the section, or write excess = "common_factor"'
            )
            raise ValueError(problem)
        return self

    def budget_of(self, year: int, insurance: str, hospital: str) -> Budget | None:
        """The budget in which an account of local patients shares."""
        group = group_of(hospital, year, self.hospital_groups)
        keys = [BudgetKey(year, *fit) for fit in product((insurance, None), (group, None))]
        return next((budget for budget in self.budgets if budget.key in keys), None)
