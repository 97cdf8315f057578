"""What is paid beside the group for single items of a case, as ``[[additions]]`` of a scheme says it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, model_validator

from drg.payment.group_rules import FEES
from drg.payment.parts import Positive, Share, Sourced, Text
from drg.words import Joined, Sentence

EXCLUDED_ITEMS: Final = "excluded_items_yuan"
# What a scheme may pay beside the group: amounts in yuan, and counts.
AMOUNTS: Final = (
    EXCLUDED_ITEMS,
    *("negotiated_drugs_yuan", "robot_surgery_yuan", "special_beds_yuan", "pet_ct_yuan"),
    *FEES,
)
COUNTS: Final = ("special_bed_days", "pet_ct_count")
# So that a price × a count stays within 64 bits, in the last place of a price.
_HIGHEST_PRICE: Final = 1_000_000


class Addition(Sourced):
    """An item that is paid beside the group (除外支付).

    Attributes:
        name: what it is called.
        column: of the cases; an amount in yuan, or a count.
        share: of an amount, what is paid.
        price_yuan: of one, where the column counts.
        at_most_yuan: the highest payment of a case.
        out_of_cost: the amount leaves the cost by which the case is judged, as excluded items do.
    """

    name: Text
    column: Text
    share: Share | None = None
    price_yuan: Annotated[Positive, Field(le=_HIGHEST_PRICE)] | None = None
    at_most_yuan: Positive | None = None
    out_of_cost: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Addition:
        if self.column not in (*AMOUNTS, *COUNTS):
            raise ValueError(
                Sentence(
                    "{name!r} is no column that can be paid beside the group; these are {amounts}, and of "
                    "counts {counts}",
                    name=self.column,
                    amounts=Joined(", ", AMOUNTS),
                    counts=Joined(", ", COUNTS),
                )
            )
        is_count = self.column in COUNTS
        if (self.share is None) != is_count or (self.price_yuan is not None) != is_count:
            problem = Sentence("give a share of an amount in yuan, and a price_yuan of what is counted")
            raise ValueError(problem)
        if self.out_of_cost and is_count:
            problem = Sentence("only an amount can leave the cost; {name} is a count", name=self.column)
            raise ValueError(problem)
        return self


class ExcludedItems(Sourced):
    """Approved new drugs, devices and technology: out of the case's cost, paid beside the group."""

    share: Share = Decimal(1)

    @property
    def as_addition(self) -> Addition:
        """The same as what it is: an addition whose amount leaves the cost."""
        return Addition(
            name=EXCLUDED_ITEMS, column=EXCLUDED_ITEMS, share=self.share, out_of_cost=True, source=self.source
        )
