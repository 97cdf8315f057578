"""What a scheme may say of groups that are paid otherwise than by their weight alone."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from drg.columns import PRICING
from drg.payment.parts import Period, Positive, Share, Sourced, Text, overlap
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
    insurance: Text | None = None
    level: Text | None = None
    name: Text | None = None


class Amounts(Sourced):
    """Groups that are paid an amount (按病种定额) instead of weight × rate × coefficient.

    The rows stand here, or with the same columns in ``amounts.csv`` beside the scheme.
    """

    rows: Annotated[tuple[Amount, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_each_once(self) -> Amounts:
        twice = overlap(((row.drg, row.insurance, row.level), row) for row in self.rows)
        if isinstance(twice, tuple):
            problem = Sentence(
                "two amounts of {drg} are for the same insurance and level on the same days", drg=twice[0]
            )
            raise ValueError(problem)
        return self


class Tcm(Sourced):
    """A case of a TCM group whose share of such fees is low is paid as its medical group.

    A case that gives ``tcm_share`` has that share. Else it is Σ tcm_fees ÷ (Σ tcm_fees + Σ other_fees).

    Attributes:
        share_below: the medical group counts below this share.
        tcm_fees: the columns of fees for traditional medicine.
        other_fees: the columns of the other fees that count; without any, all of the case's cost counts.
        medical_drg: for each TCM group its medical one.
    """

    share_below: Share
    tcm_fees: Annotated[tuple[Text, ...], Field(min_length=1)] = ("tcm_cost_yuan",)
    other_fees: tuple[Text, ...] = ()
    medical_drg: dict[Text, Text]

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
