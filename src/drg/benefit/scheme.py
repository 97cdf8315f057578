"""A benefit scheme as data: what the ``scheme.toml`` of one may say.

Nothing here computes. Of the rows of a table the first that fits a stay counts. Only what a scheme names
applies: without a section there is no such payer. Unknown keys, wrong types and rows that are never used are
errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from drg.benefit_columns import LOCAL, NO_AID, NO_REFERRAL
from drg.payment.names import Insurance, Level, name_form
from drg.payment.parts import Part, SchemeHead, Share, Sourced, Text
from drg.words import Sentence

# Amounts that are whole fen.
Yuan = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2, allow_inf_nan=False)]
PositiveYuan = Annotated[Yuan, Field(gt=0)]

AGE: Final = "age_years"
# What a row can ask of a stay, by the name of the column.
ASKED: Final = {
    "insurance": "insurance_type",
    "level": "hospital_level",
    "aid_class": "aid_class",
    "referral": "referral",
    "off_site": "off_site",
}


# What an empty cell says; of insurance and level it says nothing.
EMPTY: Final = {"aid_class": NO_AID, "referral": NO_REFERRAL, "off_site": LOCAL}


def _read_as(column: str) -> AfterValidator:
    """As stays have it: 低保 is minimum_living, and 无 is as an empty cell."""
    return AfterValidator(lambda text: name_form(column, text) or EMPTY[column])


AidClass = Annotated[Text, _read_as("aid_class")]
Referral = Annotated[Text, _read_as("referral")]
Place = Annotated[Text, _read_as("off_site")]


class Who(Part):
    """For which stays a row is; without conditions, for all.

    Attributes:
        insurance, level, aid_class, referral, off_site: the value that the stay has in that column.
        age_at_least, age_below: completed years of age.
    """

    insurance: Insurance | None = None
    level: Level | None = None
    aid_class: AidClass | None = None
    referral: Referral | None = None
    off_site: Place | None = None
    age_at_least: int | None = Field(default=None, ge=0, le=150)
    age_below: int | None = Field(default=None, ge=1, le=150)

    @model_validator(mode="after")
    def _has_ages(self) -> Who:
        if (
            self.age_at_least is not None
            and self.age_below is not None
            and self.age_below <= self.age_at_least
        ):
            raise ValueError(Sentence("age_below is not above age_at_least: the row is for nobody"))
        return self

    def takes_all_of(self, other: Who) -> bool:
        """Whether every stay that another row is for fits this one."""
        least, below = self.age_at_least, self.age_below
        return (
            all(getattr(self, name) in (None, getattr(other, name)) for name in ASKED)
            and (not least or (other.age_at_least or 0) >= least)
            and (below is None or (other.age_below is not None and other.age_below <= below))
        )


class AmountTier(Part):
    """A share of the part of an amount up to a limit; the last tier has none."""

    share: Share
    up_to_yuan: PositiveYuan | None = None


def _in_order(tiers: Sequence[AmountTier]) -> None:
    ends = [tier.up_to_yuan for tier in tiers]
    known = [end for end in ends[:-1] if end is not None]
    if ends[-1] is not None or len(known) < len(ends) - 1:
        raise ValueError(Sentence("every tier has up_to_yuan but the last, which has no limit"))
    if any(a >= b for a, b in pairwise(known)):
        raise ValueError(Sentence("tiers must be in order of up_to_yuan, without overlap"))


class Tiered(Part):
    """Shares that change with the amount."""

    tiers: Annotated[tuple[AmountTier, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _tiers_are_in_order(self) -> Tiered:
        _in_order(self.tiers)
        return self


class OwnShare(Who):
    """What the patient bears first of class B (乙类先行自付)."""

    share: Share


class Items(Sourced):
    """The cost by catalogue class.

    Attributes:
        class_b: the own share of class B items.
        assumed_in_policy_share: of the cost of a stay whose classes are not given; without it such stays are
            held.
    """

    class_b: Annotated[tuple[OwnShare, ...], Field(min_length=1)]
    assumed_in_policy_share: Share | None = None


class Deductible(Who):
    """The deductible (起付线) of the first, second, third … stay of the year; the last one of all others."""

    yuan: Annotated[tuple[Yuan, ...], Field(min_length=1, max_length=12)]


class BasicShare(Who, Tiered):
    """What the basic fund pays of the amount above the deductible."""


class Cap(Who):
    """The most that the basic fund pays in a year (封顶线)."""

    yuan: PositiveYuan


class Basic(Sourced):
    """Basic insurance (基本医保).

    Attributes:
        deductible_by: a deductible for each ``stay``, or one that the stays of a ``year`` add up to.
        deductibles: by the number of the stay.
        upward_pays_difference: a stay with the referral ``up`` is charged what its deductible is above that
            of the stay before it.
        deductible_a_year_yuan: the most that is charged in a year.
        tiers_by: the amounts of tiers are those of the ``stay`` or of the ``year`` up to it.
        shares: of the amount above the deductible.
        caps: by year.
    """

    deductible_by: Literal["stay", "year"] = "stay"
    deductibles: Annotated[tuple[Deductible, ...], Field(min_length=1)]
    upward_pays_difference: bool = False
    deductible_a_year_yuan: Yuan | None = None
    tiers_by: Literal["stay", "year"] = "stay"
    shares: Annotated[tuple[BasicShare, ...], Field(min_length=1)]
    caps: tuple[Cap, ...] = ()

    @model_validator(mode="after")
    def _has_one_way(self) -> Basic:
        if self.deductible_by == "year" and self.upward_pays_difference:
            raise ValueError(Sentence("upward_pays_difference is for deductibles of a stay only"))
        return self


class LayerRow(Who, Tiered):
    """What a payer bears of accumulated own payments: limits of tiers are amounts of the year.

    Attributes:
        threshold_yuan: nothing is paid below it; the first tier begins here.
        tiers: shares by the amount accumulated in the year.
        cap_yuan: the most that is paid in a year.
    """

    threshold_yuan: Yuan
    cap_yuan: PositiveYuan | None = None

    @model_validator(mode="after")
    def _first_tier_is_above(self) -> LayerRow:
        end = self.tiers[0].up_to_yuan
        if end is not None and end <= self.threshold_yuan:
            raise ValueError(Sentence("the first tier ends below the threshold: up_to_yuan counts from 0"))
        return self


class Layer(Sourced):
    """Critical-illness insurance (大病保险) or medical aid (医疗救助), on what is left within policy.

    Attributes:
        counts_first_own_share: whether the first own share of class B counts as an own payment.
        counts_above_cap: whether what the basic fund did not pay for its cap does.
        rows: for whom; a stay that fits none has nothing.
    """

    counts_first_own_share: bool
    counts_above_cap: bool
    rows: Annotated[tuple[LayerRow, ...], Field(min_length=1)]


class Liability(Tiered):
    """What a commercial product bears of a kind of cost, accumulated in the year."""

    deductible_yuan: Yuan
    cap_yuan: PositiveYuan | None = None


class Commercial(Sourced):
    """A commercial product (惠民保) of those who bought it.

    Attributes:
        product: as the column ``commercial_product`` has it.
        within_policy: of what the other payers leave within policy.
        counts_first_own_share: whether that includes the first own share of class B.
        outside_policy: of self-paid items, but for special drugs.
        counts_above_limit: whether that includes what lies above price limits.
        special_drugs: of the product's list.
        cap_yuan: of all together in a year.
    """

    product: Text
    within_policy: Liability | None = None
    counts_first_own_share: bool = False
    outside_policy: Liability | None = None
    counts_above_limit: bool = False
    special_drugs: Liability | None = None
    cap_yuan: PositiveYuan | None = None

    @model_validator(mode="after")
    def _bears_something(self) -> Commercial:
        if not (self.within_policy or self.outside_policy or self.special_drugs):
            raise ValueError(Sentence("name within_policy, outside_policy or special_drugs"))
        return self


class Maternity(Sourced):
    """Stays for a birth.

    Attributes:
        deductible_applies: whether they have one.
        share: of the basic fund, in place of its tiers.
        fund_at_most_yuan: the most that the basic fund pays for one.
    """

    deductible_applies: bool
    share: Share | None = None
    fund_at_most_yuan: PositiveYuan | None = None


class Newborn(Sourced):
    """Stays of newborns.

    Attributes:
        with_mother: whether they count among the stays of the mother, by ``mother_id``.
        deductible_applies, share: as of births.
    """

    with_mother: bool
    deductible_applies: bool
    share: Share | None = None


class OffSite(Sourced):
    """Care outside the area of insurance: its catalogue, but the policy of the area of insurance.

    Attributes:
        off_site: the kind, as the column ``off_site`` has it.
        insurance: for which; without it, for all.
        first_own_share: what the patient bears first of classes A and B.
        share_less: by how much the shares of the basic fund are lower: 0.1 makes 0.6 of 0.7.
    """

    off_site: Place
    insurance: Insurance | None = None
    first_own_share: Share
    share_less: Share

    @property
    def who(self) -> Who:
        """For which stays it is."""
        return Who(off_site=self.off_site, insurance=self.insurance)


class BenefitScheme(SchemeHead):
    """One benefit scheme. Only what a scheme names applies."""

    items: Items
    basic: Basic
    critical: Layer | None = None
    aid: Layer | None = None
    commercial: tuple[Commercial, ...] = ()
    maternity: Maternity | None = None
    newborn: Newborn | None = None
    off_site: tuple[OffSite, ...] = ()

    @model_validator(mode="after")
    def _uses_every_row(self) -> BenefitScheme:
        for name, rows in self.tables():
            for place, later in enumerate(rows):
                for before, row in enumerate(rows[:place]):
                    if row.takes_all_of(later):
                        problem = Sentence(
                            "row {row} of {table} is never used: row {before} takes all its stays; put the "
                            "one that is for fewer stays first",
                            row=place + 1,
                            table=name,
                            before=before + 1,
                        )
                        raise ValueError(problem)
        products = [one.product for one in self.commercial]
        if len(set(products)) < len(products):
            raise ValueError(Sentence("two products of [[commercial]] have the same name"))
        return self

    def tables(self) -> Iterator[tuple[str, Sequence[Who]]]:
        """Every table of rows by its name."""
        yield "items.class_b", self.items.class_b
        yield "basic.deductibles", self.basic.deductibles
        yield "basic.shares", self.basic.shares
        yield "basic.caps", self.basic.caps
        if self.critical:
            yield "critical.rows", self.critical.rows
        if self.aid:
            yield "aid.rows", self.aid.rows
        yield "off_site", [one.who for one in self.off_site]
