"""Stays of a patient that are paid as one (合并计算为一次住院): all that the earlier ones bring to the last.

An earlier stay is paid nothing by itself. What it cost, how long it took, what patient and other payers bear
of it and what is paid for it beside the group count with the last stay of the chain.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.columns import INPUT
from drg.grouping.outcomes import GROUPED
from drg.payment.added_amounts import added, out_of_cost
from drg.payment.cross_case_flags import ends_before_it_begins
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.money import NOT_GIVEN, UNUSABLE, fen, yuan
from drg.payment.price_kernels import Flags, Ints
from drg.payment.reasons import NOTE, note
from drg.payment.scheme import PaymentScheme, Readmission
from drg.records.binding import UNREAD
from drg.records.cells import empty

JOINED: Final = "__joined"
DTYPE: Final = pl.Struct(
    {"later": pl.Boolean()}
    | dict.fromkeys(("stays", "cost", "days", "borne", "beside"), pl.Int64())  # as ``JoinedStays``
)
# Stays under different insurances are paid from different funds.
_SAME: Final = ("hospital_id", "patient_id", "drg", "insurance_type")
_DATES: Final = ("admission_date", "discharge_date")


class JoinedStays(NamedTuple):
    """What the other stays of its chain mean to each case.

    Attributes:
        later: [n] it is paid with a later stay.
        stays: [n] how many earlier stays are paid with it.
        cost: [n] their cost, less what leaves it, in fen.
        days: [n] their days; ``NOT_GIVEN`` if those of one are not known.
        borne: [n] what patient and other payers bear of them, in fen; ``UNUSABLE`` if that is not known.
        beside: [n] what is paid for them beside the group, in fen.
    """

    later: Flags
    stays: Ints
    cost: Ints
    days: Ints
    borne: Ints
    beside: Ints

    def with_days(self, days: Ints, concerned: Flags, notes: Ints) -> Ints:
        """The days of all stays; ``NOT_GIVEN``, and noted, if those of one are not known."""
        unknown = (self.days < 0) & (days >= 0)
        note(notes, unknown & concerned, NOTE["los_days_missing"])
        return np.where((self.days < 0) | (days < 0), NOT_GIVEN, days + np.maximum(self.days, 0))

    def with_borne(self, patient_share: Ints, other_payers: Ints) -> None:
        """Add what others bear of the earlier stays; of these, nothing is left."""
        unknown = self.borne < 0
        known = (patient_share >= 0) & ~unknown
        patient_share[known] += self.borne[known]
        patient_share[unknown & (patient_share >= 0)] = NOT_GIVEN
        patient_share[self.later] = other_payers[self.later] = 0


def reads(scheme: PaymentScheme) -> tuple[str, ...]:
    """The columns by which stays are joined."""
    rule = scheme.readmission
    names = (
        *(*_SAME, *_DATES, "grouping_status", "grouper"),
        *("total_cost_yuan", "special_payment_yuan", "patient_share_yuan", "other_payers_yuan", "los_days"),
        *(one.column for one in scheme.beside),
        *(["adrg"] if rule and rule.except_adrg else []),
    )
    return tuple(dict.fromkeys(names))


def joined(cases: pl.DataFrame, scheme: PaymentScheme) -> pl.Series:
    """The stays that are paid as one, as structs of ``DTYPE``.

    A stay is paid with the first one of the same patient, hospital, group and insurance that begins on the
    day on which it ends or at most ``days`` days later, and with those that this one is paid with. Stays take
    part that are grouped and whose dates and cost can be used, and for which nothing was decided.

    Args:
        cases: all of them, with the columns of ``reads``.
        scheme: with a rule of readmission.
    """
    rule = scheme.readmission
    assert rule is not None
    n, cost = cases.height, fen(cases, "total_cost_yuan")
    items = added(scheme, cases, cost)
    excluded = out_of_cost(items, cost, np.zeros(n, dtype=np.int64))
    share, others = fen(cases, "patient_share_yuan"), np.maximum(fen(cases, "other_payers_yuan"), NOT_GIVEN)
    others_bad = fen(cases, "other_payers_yuan") == UNUSABLE
    days = whole_days(cases)

    usable = (cost >= 0) & (cost <= HIGHEST_COST_FEN) & (excluded >= 0)
    usable &= fen(cases, "special_payment_yuan") == NOT_GIVEN
    stays = np.flatnonzero(usable & _can_be_judged(cases, scheme, rule))
    earlier, last = _chains(cases[stays], cost[stays], rule.days)
    earlier, last = stays[earlier], stays[last]

    later = np.zeros(n, dtype=np.bool_)
    later[earlier] = True
    found = {name: np.zeros(n, dtype=np.int64) for name in ("stays", "cost", "days", "borne", "beside")}
    np.add.at(found["stays"], last, 1)
    np.add.at(found["cost"], last, (cost - excluded)[earlier])
    np.add.at(found["days"], last, np.maximum(days, 0)[earlier])
    np.add.at(found["borne"], last, (share + np.maximum(others, 0))[earlier])
    for item in items:
        np.add.at(found["beside"], last, item.paid[earlier])
    found["days"][last[days[earlier] < 0]] = NOT_GIVEN
    found["borne"][last[((share < 0) | others_bad)[earlier]]] = UNUSABLE
    return pl.DataFrame({"later": later, **found}).to_struct()


def _can_be_judged(cases: pl.DataFrame, scheme: PaymentScheme, rule: Readmission) -> Flags:
    found = (cases["grouping_status"] == GROUPED).fill_null(False)
    found &= (cases["grouper"] == scheme.grouper).fill_null(True)
    for name in (*_SAME[:3], *_DATES):
        found &= cases[name].is_not_null()
    found &= ~ends_before_it_begins(cases)
    if rule.except_adrg:
        found &= ~cases["adrg"].is_in(rule.except_adrg).fill_null(False)
    return found.to_numpy()


def _chains(stays: pl.DataFrame, cost: Ints, most_days: int) -> tuple[Ints, Ints]:
    """The places of the earlier stays, and of the last one of each one's chain."""
    came, left = (stays[name].cast(pl.Date).to_physical().cast(pl.Int64).to_numpy() for name in _DATES)
    n = stays.height
    if n == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    # One number for patient, group and day: stays of one patient stand together in order of their days.
    base = stays.select(pl.struct(_SAME).rank("dense")).to_series().cast(pl.Int64).to_numpy()
    base = base * (int(left.max()) - int(came.min()) + most_days + 2)
    # Of stays on the same days the dearest is the last, whatever the order of rows.
    order = np.lexsort((cost, left, base + came))
    begins, ends = (base + came)[order], (base + left)[order]
    following = np.maximum(np.searchsorted(begins, ends), np.arange(1, n + 1))
    near = begins[np.minimum(following, n - 1)] <= ends + most_days
    is_followed = (following < n) & near
    last = np.where(is_followed, following, np.arange(n))
    while not np.array_equal(further := last[last], last):
        last = further
    return order[is_followed], order[last[is_followed]]


def whole_days(frame: pl.DataFrame) -> Ints:
    """The days of stays; ``NOT_GIVEN`` where they are missing, ``UNUSABLE`` where they cannot be."""
    given = frame["los_days"] if "los_days" in frame.columns else empty(frame.height, pl.Float64())
    days = given.fill_null(float("nan")).to_numpy()
    possible = (days == np.floor(days)) & (days >= 0) & (days <= INPUT["los_days"].highest)
    bad = ~(possible | np.isnan(days))
    if f"los_days{UNREAD}" in frame.columns:
        bad |= frame[f"los_days{UNREAD}"].is_not_null().to_numpy()
    found = np.where(possible, days, NOT_GIVEN).astype(np.int64)
    found[bad] = UNUSABLE
    return found


def joined_of(frame: pl.DataFrame) -> JoinedStays | None:
    """What ``joined`` found of a batch; None if the scheme joins no stays."""
    if JOINED not in frame.columns:
        return None
    return JoinedStays(*(series.to_numpy(writable=True) for series in frame[JOINED].struct.unnest()))


def as_one(cases: pl.DataFrame, scheme: PaymentScheme) -> pl.DataFrame:
    """The cases with the cost of all stays in the last of each chain, and no group in the others."""
    found = JoinedStays(*(series.to_numpy() for series in joined(cases, scheme).struct.unnest()))
    cost = fen(cases, "total_cost_yuan")
    return cases.select(
        "drg",
        cases["grouping_status"].set(pl.Series(found.later), None),
        yuan(np.maximum(cost, 0) + found.cost, cost < 0).alias("total_cost_yuan"),
    )
