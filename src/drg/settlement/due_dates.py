"""Due dates of payments: what is due for each month and for the clearing, and what was paid when.

Within an account (hospital, insurance and year) money is allocated first in, first out: each payment goes to
the oldest amount that is due and not yet covered. A month that comes out below zero, as after an audit
deduction, is a credit: from its due date on it covers the oldest amounts as a payment does. What a hospital
pays back is due again. Amounts are whole fen.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from drg.columns import Column, Kind
from drg.errors import SchemeError
from drg.payment.settlement_rules import DueRules
from drg.records.short_table import ShortTable
from drg.settlement.due_notes import notes_of
from drg.settlement.exact_decimals import as_decimals, figure
from drg.settlement.payment_allocation import Due, Payment, Status, allocate
from drg.settlement.settlement_columns import LOCAL, MONTH, SETTLEMENT_COLUMNS, YEAR
from drg.settlement.working_days import WorkingDays
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.settlement.settle import Settlement

ITEMS: Final = {"month": "月度", "clearing": "年度清算", "refund": "退回", "advance": "多付"}
STATUSES: Final[dict[Status, str]] = {
    "overdue": "逾期未付",
    "not_due": "未到期",
    "paid_late": "逾期付清",
    "paid": "按期付清",
    "offset": "已抵扣",
    "owed_back": "医院应退",
    "paid_ahead": "多付待抵",
}
# Kinds of payments that pay what is due; prepayments are recovered from it, deductions lower it.
PAYING: Final = ("daily", "monthly", "supplement")
REFUND: Final = "refund"

_ACCOUNT: Final = ("year", "insurance_type", "hospital_id")
_MONEY: Final = pl.Decimal(38, 2)


def _day(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.DATE, pl.Date, label, meaning)


def _yuan(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.MONEY, _MONEY, label, meaning)


DUE_COLUMNS: Final = (
    *(column for column in SETTLEMENT_COLUMNS if column.name in _ACCOUNT),
    Column("item", Kind.TEXT, pl.String, "项目", ", ".join(f"{k} {v}" for k, v in ITEMS.items())),
    Column("period", Kind.TEXT, pl.String, "期间", "the month, or the year"),
    _day("due_on", "应付日", "day by which it is to be paid"),
    _yuan("due_yuan", "应付金额", "what it adds to payable_yuan; below zero: a credit"),
    _yuan("deductions_yuan", "其中审核扣款", "audit deductions of the month, taken off in due_yuan"),
    _yuan("offset_yuan", "抵扣", "covered by credits; of a credit, below zero: what it covered"),
    _yuan("paid_yuan", "已付", "covered by payments"),
    _yuan("undated_yuan", "其中无支付日期", "of them without a date, so that they count as paid in time"),
    _day("last_paid_on", "最后支付日期", "day of the last payment for it"),
    _yuan("outstanding_yuan", "未付", "due − offset − paid; below zero: owed by the hospital, or paid ahead"),
    _yuan("late_yuan", "逾期金额", "what was not covered on the due date, whether it was paid later or not"),
    Column("days_late", Kind.NUMBER, pl.Int64, "逾期天数", "calendar days from the due date until covered"),
    Column("status", Kind.TEXT, pl.String, "状态", ", ".join(f"{k} {v}" for k, v in STATUSES.items())),
)


@dataclass(frozen=True, repr=False)
class DueDates(ShortTable):
    """What is due when, and what was paid.

    Attributes:
        rows: a row for each hospital, insurance and month in which something is due or owed, for the clearing
            of a cleared year, for what was paid back, and for what was paid ahead; see
            ``due_dates.DUE_COLUMNS``. Of an account ``due_yuan`` adds up to ``payable_yuan`` and refunds,
            ``paid_yuan`` to the payments until ``on``.
        findings: what was assumed, and what deserves a look.
        on: the day as of which it is told.
    """

    rows: pl.DataFrame
    findings: pl.DataFrame
    on: date

    def _short(self) -> tuple[str, pl.DataFrame]:
        columns = ("hospital_id", "insurance_type", "period", "due_on", "due_yuan", "outstanding_yuan")
        late = self.rows.filter(status="overdue").select(*columns, "days_late")
        return f"Due dates on {self.on}: amounts overdue: {late.height:,}; in yuan", late


@dataclass
class _Account:
    dues: list[Due] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)


_Key = tuple[int, str, str]


def due_dates(settlement: Settlement, payments: pl.DataFrame, on: date, days: WorkingDays) -> DueDates:
    """What is due when, and what was paid, as of a day.

    Args:
        settlement: of which accounts of local patients count; payments are given for no others.
        payments: of ``input_tables.check_payments``. Without a date, a payment is taken as made on the day
            when its month is due, or on ``on`` if that is still to come.
        on: the day.
        days: which days are working days.

    Raises:
        SchemeError: the scheme has no due dates.
    """
    rules = settlement.scheme.settlement.due if settlement.scheme.settlement else None
    if rules is None:
        problem = Sentence("the scheme has no section [settlement.due], so that nothing has a due date")
        fix = Sentence(
            "Add [settlement.due] with claims_until_day, pay_within_working_days, clear_by and a source; "
            "see the scheme template"
        )
        raise SchemeError(problem, field="settlement.due", fix=fix)
    months = settlement.rows.filter(span=MONTH)["period"]
    periods = pl.concat([months, payments["period"]]).unique().sort()
    due = {period: due_on(period, rules, days) for period in periods}
    found = _with_days(payments, on, due)
    now = found.filter(pl.col("day") <= on)
    rows = _allocated(settlement.rows, now, rules, due, on)
    return DueDates(rows, notes_of(settlement, rows, found, rules, on, days), on)


def due_on(period: str, rules: DueRules, days: WorkingDays) -> date:
    """The day on which a month is due: so many working days after its claims are in."""
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]), 12)
    month += 1
    closes = date(year, month, min(rules.claims_until_day, monthrange(year, month)[1]))
    return days.after(closes, rules.pay_within_working_days)


def _with_days(payments: pl.DataFrame, on: date, due: Mapping[str, date]) -> pl.DataFrame:
    """Payments and refunds with ``year``, ``day`` and ``dated``; of months after ``on`` the day is later."""
    begins = (pl.col("period") + "-01").str.to_date()
    of_month = pl.col("period").replace_strict(due, return_dtype=pl.Date)
    assumed = pl.when(begins > on).then(begins).otherwise(pl.min_horizontal(of_month, pl.lit(on)))
    return payments.filter(pl.col("kind").is_in([*PAYING, REFUND])).with_columns(
        year=pl.col("period").str.slice(0, 4).cast(pl.Int32),
        day=pl.coalesce("paid_on", assumed),
        dated=pl.col("paid_on").is_not_null(),
    )


def _allocated(
    rows: pl.DataFrame,
    payments: pl.DataFrame,
    rules: DueRules,
    due: Mapping[str, date],
    on: date,
) -> pl.DataFrame:
    """``DUE_COLUMNS``, account by account."""
    accounts: dict[_Key, _Account] = defaultdict(_Account)
    for key, one in _dues(rows, rules, due):
        accounts[key].dues.append(one)
    given = payments.select(*_ACCOUNT, "kind", "period", "amount_fen", "day", "dated")
    for *place, kind, period, amount, day, dated in given.iter_rows():
        account = accounts[place[0], place[1], place[2]]
        if kind == REFUND:
            account.dues.append(Due(REFUND, period, day, amount))
        else:
            account.payments.append(Payment(day, amount, dated))
    lines: list[tuple[Any, ...]] = []
    for key, account in accounts.items():
        allocate(account.dues, account.payments, on)
        lines += [(*key, *_line(one, on)) for one in account.dues]
        if ahead := [payment for payment in account.payments if payment.left]:
            lines.append((*key, *_advance(str(key[0]), ahead)))
    names = {figure(column.name): column for column in DUE_COLUMNS}
    schema = {name: pl.Int64() if c.kind is Kind.MONEY else c.dtype for name, c in names.items()}
    frame = pl.DataFrame(lines, schema=schema, orient="row")
    return as_decimals(frame.sort(*_ACCOUNT, "due_on", "item", "period", nulls_last=True), DUE_COLUMNS)


def _line(one: Due, on: date) -> tuple[Any, ...]:
    """The columns of ``DUE_COLUMNS`` after those of the account."""
    money = (one.amount, one.deductions, one.offset, one.paid, one.undated)
    late = (one.late(on), one.days_late(on), one.status(on))
    return (one.item, one.period, one.due_on, *money, one.last_paid_on, one.outstanding, *late)


def _advance(period: str, payments: list[Payment]) -> tuple[Any, ...]:
    """What was paid beyond all that is due."""
    paid = sum(payment.left for payment in payments)
    undated = sum(payment.left for payment in payments if not payment.dated)
    last = max((payment.day for payment in payments if payment.dated), default=None)
    return ("advance", period, None, 0, 0, 0, paid, undated, last, -paid, 0, 0, "paid_ahead")


def _dues(rows: pl.DataFrame, rules: DueRules, due: Mapping[str, date]) -> Iterator[tuple[_Key, Due]]:
    """What the months and the clearing of each local account add to what is payable, if it is anything."""
    names = ("payable_yuan", "deductions_yuan")
    fen = [(pl.col(name) * 100).cast(pl.Int64).alias(figure(name)) for name in names]
    local = rows.filter(pl.col("basis") == LOCAL).select(*_ACCOUNT, "span", "period", *fen)
    months = local.filter(span=MONTH)
    before = months.group_by(_ACCOUNT).agg(pl.col("payable", "deductions").sum())
    years = local.filter(span=YEAR).join(before, on=_ACCOUNT, how="left", suffix="_before")
    rest = [pl.col(name) - pl.col(f"{name}_before").alias(name) for name in ("payable", "deductions")]
    for part, item in ((months, "month"), (years.with_columns(rest), "clearing")):
        found = part.filter((pl.col("payable") != 0) | (pl.col("deductions") != 0))
        for year, insurance, hospital, period, *amounts in found.select(
            *_ACCOUNT, "period", "payable", "deductions"
        ).iter_rows():
            day = due[period] if item == "month" else rules.clearing_on(year)
            yield (year, insurance, hospital), Due(item, period, day, *amounts)
