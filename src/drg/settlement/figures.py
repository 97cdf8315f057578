"""The figures of accounts, row by row: from sums of cases and payments to the balance."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.payment.settlement_rules import SettlementRules
from drg.settlement.cells import BESIDE
from drg.settlement.columns import LOCAL, SIMULATED
from drg.settlement.shares import ONE, WIDE, band, borne_by_fund, retained, rounded, share_of, wide

# What an account is given beside the sums of its cases, in fen.
GIVEN: Final = (
    *("deductions", "prepayment", "prepayment_recovered"),
    *("daily_paid", "monthly_paid", "supplements", "refunds"),
)
# In units of 1e-8: the factor of the year's score, and the share of the deposit that it pays back, null while
# there is no score.
SCORED: Final = ("quality_factor", "deposit_share_returned")
_c = pl.col


def of_cases(frame: pl.DataFrame, rules: SettlementRules) -> pl.DataFrame:
    """Sharing, limits and what is paid in all, before scores and budgets.

    Args:
        frame: the columns ``cells.COUNTED``, in fen and in units of 1e-8.
        rules: of the scheme.
    """
    standard, cost = _c("shared_standard").clip(0, None), _c("shared_cost")
    frame = frame.with_columns(
        cmi=_quotient(_c("relative_weight"), _c("weighted_cases"), 1),
        utilisation=_quotient(cost, standard, ONE),
        band=band(standard, cost, rules),
        surplus_available=(standard - cost).clip(0, None),
        surplus_retained=retained(standard, cost, rules),
        overrun=(cost - standard).clip(0, None),
        overrun_fund=borne_by_fund(standard, cost, rules),
    ).with_columns(
        surplus_returned=_c("surplus_available") - _c("surplus_retained"),
        overrun_hospital=_c("overrun") - _c("overrun_fund"),
    )
    shared = _c("shared_standard") - _c("surplus_returned") + _c("overrun_fund")
    cap, floor = wide(0) * shared, wide(0) * shared
    if rules.limits and rules.limits.cap_of_cost is not None:
        cap = (share_of(cost, rules.limits.cap_of_cost, rules) - shared).clip(None, 0)
    if rules.limits and rules.limits.floor_of_cost is not None:
        floor = (share_of(cost, rules.limits.floor_of_cost, rules) - shared).clip(0, None)
    return (
        frame.with_columns(cap_effect=cap, floor_effect=floor)
        .with_columns(shared_payment=shared + _c("cap_effect") + _c("floor_effect"))
        .with_columns(payment=pl.sum_horizontal("shared_payment", *BESIDE))
    )


def scored(frame: pl.DataFrame, rules: SettlementRules, *, by_points: pl.Expr) -> pl.DataFrame:
    """What the year's score changes; where ``by_points``, the points, and so what is paid by group."""
    base = pl.when(by_points).then("shared_payment").otherwise(_c("payment") - _c("patient_share"))
    change = rounded(base * (_c("quality_factor") - wide(ONE)), ONE, rules)
    return frame.with_columns(quality_adjustment=change)


def of_account(frame: pl.DataFrame, rules: SettlementRules, *, cleared: bool) -> pl.DataFrame:
    """From the payment to the balance.

    Args:
        frame: the columns of ``of_cases`` and ``scored``, ``budget_adjustment``, ``GIVEN`` and ``SCORED``.
        rules: of the scheme.
        cleared: the year is over: nothing is held back any more, and prepayments count as paid.
    """
    local = _c("basis") == LOCAL
    due = (_c("payment") - _c("patient_share")).clip(0, None)
    deposit = share_of(due, rules.deposit.share, rules) if rules.deposit else wide(0) * due
    monthly = share_of(due, rules.disbursement.monthly_share, rules) if rules.disbursement else None
    daily = share_of(due, rules.disbursement.daily_share, rules) if rules.disbursement else wide(0) * due
    frame = frame.with_columns(
        entitlement=_c("payment") - _c("patient_share") + _c("quality_adjustment") + _c("budget_adjustment"),
        deposit=_only(local, deposit),
        daily_due=_only(local, daily),
    )
    rest = wide(0) * due if cleared or monthly is None else (due - monthly - _c("deposit")).clip(0, None)
    frame = frame.with_columns(
        outcome=_c("entitlement") + _c("patient_share") - _c("cost"),
        held_back=_only(local, rest),
        deposit_returned=rounded(_c("deposit") * _c("deposit_share_returned"), ONE, rules).fill_null(0),
        instalments=_c("daily_paid") + _c("monthly_paid") + _c("supplements") - _c("refunds"),
    ).with_columns(
        deposit_forfeited=_only(
            _c("deposit_share_returned").is_not_null(), _c("deposit") - _c("deposit_returned")
        ),
    )
    taken = _c("prepayment") if cleared else _c("prepayment_recovered")
    payable = _c("entitlement") - _c("deposit") + _c("deposit_returned") - _c("held_back")
    payable = payable - _c("deductions") - taken
    real = _c("basis") != SIMULATED
    return frame.with_columns(payable=_only(real, payable)).with_columns(
        balance=_only(real, _c("payable") - _c("instalments"))
    )


def recovered(prepayment: pl.Expr, month: pl.Expr, rules: SettlementRules) -> pl.Expr:
    """What is recovered of the year's prepayments until the end of a month, in equal parts."""
    if rules.prepayment is None:
        return wide(0) * prepayment
    months = rules.prepayment.recover_months
    part = pl.min_horizontal(rounded(prepayment * month.cast(WIDE), months, rules), prepayment)
    # Whatever the rounding, all of it is recovered in the end.
    return pl.when(month < months).then(part).otherwise(prepayment)


def fund_relief() -> pl.Expr:
    """What the fund really bears of an overrun: a cap may take part of its share off again."""
    return (_c("overrun_fund") + _c("cap_effect")).clip(0, None)


def without_scores(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows before the year's score is known."""
    return frame.with_columns(
        quality_factor=wide(ONE),
        deposit_share_returned=pl.lit(None, dtype=WIDE),
        budget_adjustment=wide(0),
    )


def _only(where: pl.Expr, amount: pl.Expr) -> pl.Expr:
    return pl.when(where).then(amount).otherwise(wide(0))


def _quotient(numerator: pl.Expr, denominator: pl.Expr, times: int) -> pl.Expr:
    """In units of 1e-8, half up; null if there is nothing to divide by."""
    value = (wide(2 * times) * numerator + denominator) // (wide(2) * denominator)
    return pl.when(denominator > 0).then(value)
