"""First in, first out, against an evaluator that counts every fen as a coin."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drg.settlement.payment_allocation import DUE_ITEMS, Due, Payment, allocate
from tests.profiles import tries

START = date(2025, 1, 1)
# Few, so that much is due and paid on the same day.
DAYS = st.integers(0, 7).map(lambda n: START + timedelta(days=n))


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Due], list[Payment], date]:
    amounts = st.integers(-25, 25)
    dues = [
        Due(item, str(place), draw(DAYS), abs(amount) if item == "refund" else amount)
        for place, (item, amount) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(DUE_ITEMS), amounts), max_size=7))
        )
    ]
    on = draw(DAYS)
    given_ = draw(st.lists(st.tuples(DAYS, st.integers(1, 30), st.booleans()), max_size=8))
    return dues, [Payment(*one) for one in given_ if one[0] <= on], on


def coins(dues: list[Due], payments: list[Payment], on: date) -> dict[str, Any]:
    """What covers each due, by putting all that is owed and all money into two rows, coin by coin."""
    order = sorted(dues, key=lambda due: (due.due_on, DUE_ITEMS.index(due.item), due.period))
    owed = [due for due in order for _ in range(due.amount)]
    money = [
        (due.due_on, 0, due.period, True) for due in dues if due.due_on <= on for _ in range(-due.amount)
    ]
    money += [(one.day, 1, "", one.dated) for one in payments for _ in range(one.left)]
    money.sort(key=lambda coin: coin[:2])
    found: dict[str, Any] = {
        due.period: {"offset": 0, "paid": 0, "undated": 0, "late": 0, "last": None, "end": None}
        for due in dues
    }
    for due, (day, is_payment, period, dated) in zip(owed, money, strict=False):
        told = found[due.period]
        told["paid" if is_payment else "offset"] += 1
        told["undated"] += not dated
        told["late"] += day > due.due_on
        told["end"] = day
        if is_payment and dated:
            told["last"] = day
        if not is_payment:
            found[period]["offset"] -= 1
    for due in owed[len(money) :]:
        found[due.period]["late"] += on > due.due_on
        found[due.period]["end"] = on
    return found


@tries(5)
@given(accounts())
def test_every_coin_covers_the_oldest(account: tuple[list[Due], list[Payment], date]) -> None:
    dues, payments, on = account
    expected = coins(dues, payments, on)
    total = sum(one.left for one in payments)
    allocate(dues, payments, on)
    for due in dues:
        told = expected[due.period]
        assert (due.offset, due.paid, due.undated) == (told["offset"], told["paid"], told["undated"])
        assert due.last_paid_on == told["last"]
        assert due.outstanding == due.amount - told["offset"] - told["paid"]
        assert due.late(on) == (told["late"] if on > due.due_on else 0)
        assert due.days_late(on) == ((told["end"] - due.due_on).days if due.late(on) else 0)
        assert (due.status(on) == "overdue") == (due.outstanding > 0 and on > due.due_on)
    # Money is neither made nor lost: what covers is what was covered.
    assert sum(due.paid for due in dues) + sum(one.left for one in payments) == total
    assert sum(due.offset for due in dues) == 0
    # Nothing waits while something is owed.
    if any(one.left for one in payments):
        assert all(due.outstanding <= 0 for due in dues)


def day(text: str) -> date:
    return date.fromisoformat(f"2025-{text}")


def test_a_credit_waits_for_the_next_due() -> None:
    january, february, march = (
        Due("month", "2025-01", day("02-17"), 10_000),
        Due("month", "2025-02", day("03-17"), -3_000, deductions=5_000),
        Due("month", "2025-03", day("04-17"), 10_000),
    )
    dues = [january, february, march]
    allocate(dues, [Payment(day("02-14"), 10_000), Payment(day("04-16"), 7_000)], day("05-01"))
    assert (march.offset, march.paid, march.status(day("05-01"))) == (3_000, 7_000, "paid")
    assert (february.offset, february.outstanding, february.status(day("05-01"))) == (-3_000, 0, "offset")


def test_a_credit_covers_what_is_overdue() -> None:
    january = Due("month", "2025-01", day("02-17"), 10_000)
    allocate([january, Due("month", "2025-02", day("03-17"), -3_000)], [], day("03-20"))
    assert (january.offset, january.outstanding) == (3_000, 7_000)
    # Late is all of it, for it was not there on the day.
    assert (january.late(day("03-20")), january.days_late(day("03-20"))) == (10_000, 31)


def test_what_a_hospital_pays_back_settles_its_credit() -> None:
    last = Due("month", "2025-12", day("01-16"), -3_000)
    assert last.status(day("01-17")) == "owed_back"
    back = Due("refund", "2025-12", day("02-01"), 3_000)
    allocate([last, back], [], day("02-02"))
    assert (last.status(day("02-02")), back.status(day("02-02"))) == ("offset", "paid")


def test_a_payment_that_came_back_is_due_again() -> None:
    march = Due("month", "2025-03", day("04-17"), 100)
    back = Due("refund", "2025-03", day("04-12"), 100)
    allocate([march, back], [Payment(day("04-10"), 100)], day("04-20"))
    assert (back.status(day("04-20")), march.status(day("04-20"))) == ("paid", "overdue")


def test_of_one_day_credits_come_before_payments_and_months_before_refunds() -> None:
    on = day("05-01")
    back, march = Due("refund", "2025-02", day("04-17"), 100), Due("month", "2025-03", day("04-17"), 100)
    credit = Due("month", "2025-01", day("04-10"), -100)
    allocate([back, march, credit], [Payment(day("04-10"), 60)], on)
    assert (march.offset, march.paid) == (100, 0)
    assert (back.offset, back.paid, back.outstanding) == (0, 60, 40)
