"""What a scheme may say of groups that are paid otherwise than by their weight alone."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from drg.columns import PRICING
from drg.payment.names import Hospital, Insurance, Level
from drg.payment.parts import Part, Period, Positive, Share, Sourced, Text, overlap
from drg.words import Joined, Sentence

# The columns of single fees that a share can be made of.
FEES: Final = tuple(
    name
    for name in PRICING
    if name.endswith("_yuan") and name.startswith(("tcm_", "western_", "surgery_", "materials_"))
)


class Amount(Period):
    """What a case of a group is paid, whatever its weight; the most specific row counts, as of rates.

    ``name`` is for people.
    """

    drg: Text
    amount_yuan: Positive
    insurance: Insurance | None = None
    level: Level | None = None
    name: Text | None = None


class Amounts(Sourced):
    """Groups that are paid an amount (按病种定额) instead of weight × rate × coefficient.

    The rows stand here, or with the same columns in ``amounts.csv`` beside the scheme.
    """

    rows: Annotated[tuple[Amount, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_each_once(self) -> Amounts:
        if twice := overlap(((row.drg, row.insurance, row.level), row) for row in self.rows):
            problem = Sentence(
                "two amounts of {drg} are for the same insurance and level on the same days",
                drg=self.rows[twice].drg,
            )
            raise ValueError(problem, ("rows", twice))
        return self


class TcmUplift(Part):
    """A coefficient that is multiplied on the others (中医药倾斜系数).

    Attributes:
        coefficient: the coefficient.
        share_at_least: of cases whose share of traditional medicine is so much or more.
        drgs: of the cases of these groups, as they are priced.
        hospitals: of the cases of these hospitals.
    """

    coefficient: Positive
    share_at_least: Annotated[Share, Field(gt=0)] | None = None
    drgs: tuple[Text, ...] = ()
    hospitals: tuple[Hospital, ...] = ()

    @model_validator(mode="after")
    def _is_for_something(self) -> TcmUplift:
        if self.share_at_least is None and not self.drgs and not self.hospitals:
            raise ValueError(Sentence("say which cases: share_at_least, drgs or hospitals"))
        return self

    def takes_all_of(self, other: TcmUplift) -> bool:
        """Whether every case that another row is for fits this one."""
        least = self.share_at_least
        return (
            (least is None or (other.share_at_least is not None and other.share_at_least >= least))
            and (not self.drgs or bool(other.drgs and set(other.drgs) <= set(self.drgs)))
            and (not self.hospitals or bool(other.hospitals and set(other.hospitals) <= set(self.hospitals)))
        )


class Tcm(Sourced):
    """What the share of traditional medicine in the fees of a case decides.

    A case of a TCM group whose share is low is paid as its medical group; one with a high share may have a
    coefficient. A case that gives ``tcm_share`` has that share. Else it is Σ tcm_fees ÷ (Σ tcm_fees + Σ
    other_fees).

    Attributes:
        share_below: the medical group counts below this share.
        tcm_fees: the columns of fees for traditional medicine.
        other_fees: the columns of the other fees that count; without any, all of the case's cost counts.
        medical_drg: for each TCM group its medical one.
        uplifts: coefficients; the first that fits counts.
    """

    share_below: Share | None = None
    tcm_fees: Annotated[tuple[Text, ...], Field(min_length=1)] = ("tcm_cost_yuan",)
    other_fees: tuple[Text, ...] = ()
    medical_drg: dict[Text, Text] = Field(default_factory=dict)
    uplifts: tuple[TcmUplift, ...] = ()

    @field_validator("tcm_fees", "other_fees")
    @classmethod
    def _are_fees(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in FEES:
                problem = Sentence(
                    "{name!r} is no column of fees; they are {fees}", name=name, fees=Joined(", ", FEES)
                )
                raise ValueError(problem)
        return names

    @model_validator(mode="after")
    def _counts_each_once(self) -> Tcm:
        names = (*self.tcm_fees, *self.other_fees)
        if len(set(names)) < len(names):
            problem = Sentence("a fee is named twice in tcm_fees and other_fees; it would count twice")
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _is_whole(self) -> Tcm:
        if (self.share_below is None) != (not self.medical_drg):
            raise ValueError(Sentence("share_below and medical_drg are given together"))
        if self.share_below is None and not self.uplifts:
            raise ValueError(Sentence("give share_below and medical_drg, or uplifts, or both"))
        for place, later in enumerate(self.uplifts):
            for before, rule in enumerate(self.uplifts[:place]):
                if rule.takes_all_of(later):
                    problem = Sentence(
                        "row {row} of uplifts is never used: row {before} takes all its cases; put the one "
                        "that is for fewer cases first",
                        row=place + 1,
                        before=before + 1,
                    )
                    raise ValueError(problem, ("uplifts", place))
        return self
