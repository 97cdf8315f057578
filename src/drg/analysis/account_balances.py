"""What stands between insurer and hospital, month by month (往来余额): before it, payable, paid, after it.

Above zero it is owed to the hospital, below zero by it. In the end it is what ``drg ledger due`` has as not
paid, of this year and the years before.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from drg.analysis.statement_account import Account
from drg.settlement.settlement_columns import LOCAL


class Balance(NamedTuple):
    """What a month, or the clearing, does to what stands between both.

    Attributes:
        period: the month; the year for what its clearing changes.
        carried_in: what stood before (上期结转).
        payable: what it adds.
        paid: instalments, less what was paid back.
    """

    period: str
    carried_in: Decimal
    payable: Decimal
    paid: Decimal

    @property
    def carried_out(self) -> Decimal:
        """What stands after it (期末余额)."""
        return self.carried_in + self.payable - self.paid


def balances(account: Account) -> list[Balance]:
    """The balances of an account of local patients; payments are given for no others."""
    if account.row["basis"] != LOCAL:
        return []
    found: list[Balance] = []
    standing = account.carried_in or Decimal(0)
    for period, payable, paid in _changes(account):
        found.append(Balance(period, standing, payable, paid))
        standing = found[-1].carried_out
    return found


def _changes(account: Account) -> Iterator[tuple[str, Decimal, Decimal]]:
    names = ("payable", "instalments")
    yield from account.months.select("period", *names).iter_rows()
    if account.cleared:
        payable, paid = (account.row[name] - account.to_date[name] for name in names)
        yield account.row["period"], payable, paid
