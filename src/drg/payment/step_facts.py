"""A line of an explanation, and what the lines are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from drg.payment.added_amounts import Added
from drg.payment.joined_stays import JoinedStays
from drg.payment.load_scheme import LoadedScheme
from drg.payment.price_entries import Entry
from drg.payment.scheme import PaymentScheme


class Step(NamedTuple):
    """A line; see ``explain.PriceStep``."""

    name: str
    name_zh: str
    value: str
    arithmetic: str = ""
    place: str = ""
    source: str = ""


@dataclass(frozen=True)
class Facts:
    """All that the lines are made of. Amounts in fen; negative if not known.

    ``tcm``: what is divided by what for the share of traditional medicine; None if none is asked.
    ``joined``: what other stays of its chain mean to it; None if the scheme joins none.
    ``added``: what is paid beside the group, of this one case.
    """

    loaded: LoadedScheme
    case: Mapping[str, Any]
    outcome: Mapping[str, Any]
    entry: Entry
    cost: int
    excluded: int
    days: int
    kind: Any
    readmitted: bool
    joined: JoinedStays | None
    tcm: tuple[int, int] | None
    added: Sequence[Added]

    def payment(self, *names: str) -> Decimal:
        """Parts of the payment, added up; in yuan."""
        return sum((self.outcome[name] for name in names), Decimal(0))

    @property
    def scheme(self) -> PaymentScheme:
        """What the scheme says."""
        return self.loaded.scheme

    @property
    def net(self) -> int:
        """The cost less excluded items, with that of earlier stays."""
        return self.cost - self.excluded + (int(self.joined.cost[0]) if self.joined else 0)
