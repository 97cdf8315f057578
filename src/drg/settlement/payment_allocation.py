"""Which payment covers what is due: first in, first out, in whole fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Status = Literal["overdue", "not_due", "paid_late", "paid", "offset", "owed_back", "paid_ahead"]
# What is due, in the order of amounts that are due on the same day.
DUE_ITEMS: Final = ("month", "refund", "clearing")


@dataclass
class Due:
    """An amount that is due or, below zero, a credit of the insurer; and what has covered it so far.

    Attributes:
        item: of ``DUE_ITEMS``.
        period: the month, or the year.
        due_on: the day by which it is to be paid, or from which a credit covers what is due.
        amount: in fen.
        deductions: audit deductions in it, in fen.
        offset: covered by credits; of a credit, below zero: what it has covered.
        paid: covered by payments; ``undated``: by those without a date.
        in_time: covered on the due date.
        last_paid_on: day of the last payment with a date.
        covered_on: day on which it was covered last.
    """

    item: str
    period: str
    due_on: date
    amount: int
    deductions: int = 0
    offset: int = 0
    paid: int = 0
    undated: int = 0
    in_time: int = 0
    last_paid_on: date | None = None
    covered_on: date | None = None

    @property
    def outstanding(self) -> int:
        """What is not covered; below zero: what the hospital owes."""
        return self.amount - self.offset - self.paid

    def late(self, on: date) -> int:
        """What was not covered on the due date, whether it was later or not."""
        return max(0, self.amount - self.in_time) if on > self.due_on else 0

    def days_late(self, on: date) -> int:
        """Calendar days from the due date until it was covered, or until ``on``."""
        if not self.late(on):
            return 0
        end = on if self.outstanding or self.covered_on is None else self.covered_on
        return (end - self.due_on).days

    def status(self, on: date) -> Status:
        """How it stands on a day."""
        if self.outstanding:
            if on <= self.due_on:
                return "not_due"
            return "overdue" if self.outstanding > 0 else "owed_back"
        if self.amount < 0:
            return "offset"
        return "paid_late" if self.late(on) else "paid"


@dataclass
class Payment:
    """Money that covers what is due.

    Attributes:
        day: of the payment.
        left: the fen that have not covered anything yet.
        dated: whether the day is known, or assumed.
    """

    day: date
    left: int
    dated: bool = True


def allocate(dues: Sequence[Due], payments: Iterable[Payment], on: date) -> None:
    """Let payments and credits cover what is due: in their order the oldest that is not yet covered.

    Args:
        dues: of one account; what covers them is put into them.
        payments: until ``on``; ``left`` is what remains of them.
        on: a credit that is due after it covers nothing yet.
    """
    owed = sorted(
        (due for due in dues if due.amount > 0),
        key=lambda due: (due.due_on, DUE_ITEMS.index(due.item), due.period),
    )
    below = [due for due in dues if due.amount < 0 and due.due_on <= on]
    # Of one day, credits come first: what is paid on that day is what they leave.
    money: list[tuple[date, int, Due | Payment]] = [
        *((credit.due_on, 0, credit) for credit in below),
        *((payment.day, 1, payment) for payment in payments),
    ]
    place = 0
    for day, _, one in sorted(money, key=lambda entry: entry[:2]):
        while place < len(owed) and (left := -one.outstanding if isinstance(one, Due) else one.left):
            due = owed[place]
            part = min(left, due.outstanding)
            if isinstance(one, Due):
                one.offset -= part
                due.offset += part
            else:
                _pay(due, one, part)
            due.covered_on = day
            due.in_time += part if day <= due.due_on else 0
            place += not due.outstanding


def _pay(due: Due, payment: Payment, part: int) -> None:
    payment.left -= part
    due.paid += part
    if payment.dated:
        due.last_paid_on = payment.day
    else:
        due.undated += part
