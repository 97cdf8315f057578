"""Frame ↔ arrays of pricing.

Arrays that go to the kernel are always fresh and writable: a read-only one would compile it a second time.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import ORDINARY, PRICE, PRICE_COLUMNS, PRICING
from drg.grouping.jit import suited
from drg.grouping.outcomes import AMBIGUOUS, GROUPED, STATUSES
from drg.payment import cross_case_flags, tcm
from drg.payment import price_kernels as kernels
from drg.payment.added_amounts import Added, added, out_of_cost
from drg.payment.case_keys import UNDECIDED
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.joined_stays import JoinedStays, joined_of, whole_days
from drg.payment.load_scheme import LoadedScheme
from drg.payment.money import NOT_GIVEN, UNUSABLE, fen, fine, yuan
from drg.payment.own_points import with_own_points
from drg.payment.price_book import PriceBook
from drg.payment.price_entries import Page
from drg.payment.price_kernels import CaseArrays, Flags, Ints, Priced, price_cases
from drg.payment.reasons import NOTE, Notes, no_weight, note
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_numbers import CLASSES, INSIDE, case_kinds, rules
from drg.records.binding import UNREAD
from drg.records.cells import empty

# The parts of a payment.
PAYMENTS: Final = (
    *("drg_payment_yuan", "high_cost_payment_yuan", "item_payment_yuan", "outside_payment_yuan"),
    *("special_case_payment_yuan", "excluded_items_payment_yuan"),
)
_HIGHEST_COEFFICIENT: Final = int(PRICING["hospital_coefficient"].highest * kernels.SHARE_UNITS)
_FIRST_INSIDE: Final = kernels.INCOMPLETE  # this class and all after it are paid by their group

# What the kernel knows of a status: by its place in ``STATUSES``, and of none.
_KNOWN: Final = {GROUPED: kernels.STATUS_GROUPED, AMBIGUOUS: kernels.STATUS_AMBIGUOUS}
_STATUS: Final = np.array(
    [_KNOWN.get(status, kernels.STATUS_UNGROUPED) for status in (*STATUSES, "")], dtype=np.uint8
)
# What is only said of cases that are paid by their group.
_OF_GROUPS: Final = NOTE["readmission_not_judged"] | NOTE["case_kind_not_named"] | NOTE["grouper_not_known"]


class Encoded(NamedTuple):
    """Cases as arrays, and what there is to say of them."""

    cases: CaseArrays
    page: Page
    notes: Ints  # [n] bits of ``reasons.NOTE``
    added: list[Added]  # what is paid beside the group
    patient_share: Ints | None  # [n] fen, negative if not known; None if there is no such column
    other_payers: Ints  # [n] fen, 0 if not given, ``UNUSABLE`` if that cannot be read
    joined: JoinedStays | None  # stays that are paid as one


class Encoder:
    """Frames → arrays, for one scheme."""

    def __init__(self, loaded: LoadedScheme, book: PriceBook) -> None:
        scheme = loaded.scheme
        self._scheme = scheme
        self._book = book
        self._kinds = pl.Enum(case_kinds(scheme))
        self._by_days = needs_days(scheme)
        self._periods = [(scheme.valid_from, scheme.valid_to, NOTE["scheme_not_in_force"])]
        if loaded.grouper:
            period = (loaded.grouper.valid_from, loaded.grouper.valid_to, NOTE["grouper_not_in_force"])
            self._periods.append(period)
        self._periods = [period for period in self._periods if period[0] or period[1]]

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that this scheme reads, as far as there are any."""
        scheme, tcm = self._scheme, self._scheme.tcm
        fees = (*tcm.tcm_fees, *tcm.other_fees, "tcm_share") if tcm else ()
        asked = dict.fromkeys(cross_case_flags.STAYS, scheme.readmission is not None)
        asked |= {
            "los_days": self._by_days,
            "case_kind": len(self._kinds.categories) > 0,
            "incomplete": scheme.incomplete is not None,
            "discharge_date": bool(self._periods) or scheme.readmission is not None,
            "hospital_coefficient": self._book.asks_coefficients,
            "adrg": bool(scheme.readmission and scheme.readmission.except_adrg),
        }
        return (
            *self._book.keys,
            *("grouping_status", "grouper", "total_cost_yuan"),
            *("special_payment_yuan", "patient_share_yuan", "other_payers_yuan"),
            *(name for name, is_asked in asked.items() if is_asked and name not in self._book.keys),
            *(one.column for one in scheme.beside if one.column not in fees),
            *(name for name in fees if name not in self._book.keys),
        )

    def encode(self, frame: pl.DataFrame) -> Encoded:
        """Cases as ``Cases.read`` gives them as arrays; a column that is absent counts as empty."""
        n = frame.height
        notes = np.zeros(n, dtype=np.int64)
        cost = fen(frame, "total_cost_yuan")
        note(notes, cost == NOT_GIVEN, NOTE["cost_missing"])
        note(notes, (cost == UNUSABLE) | (cost > HIGHEST_COST_FEN), NOTE["cost_impossible"])
        items = added(self._scheme, frame, cost)
        excluded = out_of_cost(items, cost, notes)
        special = fen(frame, "special_payment_yuan")
        note(notes, special == UNUSABLE, NOTE["special_payment_impossible"])

        status = self._status(frame)
        if one := joined_of(frame):
            status[one.later] = kernels.STATUS_JOINED
        grouped = status == kernels.STATUS_GROUPED
        keys = {name: frame[name] for name in self._book.keys if name in frame.columns}
        if "discharge_date" in keys:
            keys["discharge_date"] = self._book.period(keys["discharge_date"])
        if not grouped.all():
            nothing = pl.Series([None], dtype=pl.String)
            keys["drg"] = keys["drg"].zip_with(pl.Series(grouped), nothing)
        self._hold_other_versions(frame, keys, notes)
        if self._scheme.tcm:
            usable = (cost >= 0) & (cost <= HIGHEST_COST_FEN) & (excluded >= 0) & (excluded <= cost)
            net = np.where(usable, cost - excluded, UNUSABLE)
            if "tcm_share" in self._book.keys:
                keys["tcm_share"] = tcm.tier_of(self._scheme.tcm, frame, net)
            if judged := tcm.judge(self._scheme.tcm, frame, keys["drg"], net):
                keys["drg"] = judged.drg
                note(notes, judged.few, NOTE["tcm_share_low"])
                note(notes, judged.unknown, NOTE["tcm_share_not_known"])
        cut = _marked(frame, cross_case_flags.READMITTED)
        rows, page = self._book.rows(keys, cut, self._coefficients(frame, notes))
        incomplete = self._incomplete(frame, notes)
        concerned = grouped & (special == NOT_GIVEN)
        days = self._days(frame, concerned, notes)
        if one:
            days = one.with_days(days, concerned & self._by_days, notes)
            cost = cost + one.cost
            note(notes, cost > HIGHEST_COST_FEN, NOTE["cost_impossible"])
            note(notes, one.later, NOTE["paid_with_later_stay"])
            note(notes, one.stays > 0, NOTE["paid_with_earlier_stays"])
        cases = CaseArrays(
            combination=rows,
            status=status,
            cost=cost,
            days=days,
            kind=self._kind(frame, notes),
            special=special,
            excluded=excluded,
            incomplete=incomplete,
            extreme=_marked(frame, cross_case_flags.EXTREME),
        )
        note(notes, cut & grouped, NOTE["readmitted"])
        if rule := self._scheme.readmission:
            not_judged = cross_case_flags.not_judged(frame, rule)
            note(notes, grouped & not_judged, NOTE["readmission_not_judged"])
        self._check_validity(frame, notes)
        patient_share = fen(frame, "patient_share_yuan") if "patient_share_yuan" in frame.columns else None
        others = fen(frame, "other_payers_yuan")
        others[others == NOT_GIVEN] = 0
        if patient_share is not None:
            note(notes, (patient_share == UNUSABLE) | (others < 0), NOTE["shares_impossible"])
            if one:
                one.with_borne(patient_share, others)
        return Encoded(cases, page, notes, items, patient_share, others, one)

    @staticmethod
    def _status(frame: pl.DataFrame) -> npt.NDArray[np.uint8]:
        places = frame["grouping_status"].to_physical().fill_null(len(STATUSES)).to_numpy()
        found: npt.NDArray[np.uint8] = _STATUS[places]
        return found

    def _coefficients(self, frame: pl.DataFrame, notes: Ints) -> Ints | None:
        """The coefficients that cases bring, in 1e-8, negative if none; None if they are not asked."""
        if not self._book.asks_coefficients or "hospital_coefficient" not in frame.columns:
            return None
        found = fine(frame, "hospital_coefficient")
        found[(found == 0) | (found > _HIGHEST_COEFFICIENT)] = UNUSABLE
        note(notes, found == UNUSABLE, NOTE["coefficient_impossible"])
        return found

    def _days(self, frame: pl.DataFrame, concerned: Flags, notes: Ints) -> Ints:
        if not self._by_days:
            return np.full(frame.height, NOT_GIVEN, dtype=np.int64)
        days = whole_days(frame)
        note(notes, concerned & (days == UNUSABLE), NOTE["los_days_impossible"])
        note(notes, concerned & (days == NOT_GIVEN), NOTE["los_days_missing"])
        return np.maximum(days, NOT_GIVEN)

    def _kind(self, frame: pl.DataFrame, notes: Ints) -> Ints:
        if not len(self._kinds.categories) or "case_kind" not in frame.columns:
            return np.full(frame.height, NOT_GIVEN, dtype=np.int64)
        kinds = frame["case_kind"].cast(self._kinds, strict=False)
        found: Ints = kinds.to_physical().cast(pl.Int64).fill_null(NOT_GIVEN).to_numpy(writable=True)
        other = (frame["case_kind"] != ORDINARY).fill_null(False).to_numpy()
        note(notes, other & (found == NOT_GIVEN), NOTE["case_kind_not_named"])
        return found

    def _incomplete(self, frame: pl.DataFrame, notes: Ints) -> Flags:
        if not self._scheme.incomplete or "incomplete" not in frame.columns:
            return np.zeros(frame.height, dtype=np.bool_)
        note(notes, _unread(frame, "incomplete"), NOTE["incomplete_unreadable"])
        found: Flags = frame["incomplete"].fill_null(False).to_numpy(writable=True)
        return found

    def _hold_other_versions(self, frame: pl.DataFrame, keys: dict[str, pl.Series], notes: Ints) -> None:
        """A DRG of another version may be another group of the same code: its weight is not known."""
        if "grouper" in frame.columns:
            note(notes, frame["grouper"].is_null().to_numpy(), NOTE["grouper_not_known"])
            other = (frame["grouper"] != self._scheme.grouper).fill_null(False)
            note(notes, other.to_numpy(), NOTE["other_grouper"])
            if other.any():
                held = pl.Series([UNDECIDED]).new_from_index(0, frame.height)
                keys["drg"] = held.zip_with(other & keys["drg"].is_not_null(), keys["drg"])

    def _check_validity(self, frame: pl.DataFrame, notes: Ints) -> None:
        """Note who was discharged when scheme or version did not apply."""
        if not self._periods or "discharge_date" not in frame.columns:
            return
        days = frame["discharge_date"].cast(pl.Date).to_physical()
        unknown = days.is_null().to_numpy()
        note(notes, unknown, NOTE["validity_not_checked"])
        day = days.fill_null(0).to_numpy()
        for first, last, bit in self._periods:
            outside = np.zeros(frame.height, dtype=np.bool_)
            if first:
                outside |= day < _number(first)
            if last:
                outside |= day > _number(last)
            note(notes, outside & ~unknown, bit)


def needs_days(scheme: PaymentScheme) -> bool:
    """Whether a rule of the scheme asks for the length of stay."""
    return any(
        r.pays == "per_day" or r.los_days_at_most is not None or r.los_days_at_least is not None
        for r in scheme.outside
    )


class Decoder:
    """Arrays → the price columns of one scheme."""

    def __init__(self, loaded: LoadedScheme) -> None:
        self._rules = rules(loaded.scheme)
        self._notes = Notes(loaded)
        self._no_weight = no_weight(loaded)
        # Cases of these classes are paid by what their group is paid.
        by_group = {rule.case_class for rule in loaded.scheme.outside if rule.pays == "share_of_standard"}
        self._by_group = np.array([name in by_group or name in INSIDE for name in CLASSES])
        self._has_points = loaded.scheme.method.kind == "points"
        self._own_points = np.array([name in loaded.scheme.method.points_for for name in CLASSES])
        self._knows_low = loaded.scheme.low is not None
        self._scheme = loaded.scheme.id
        self._digest = loaded.pricing_digest

    def price(self, encoded: Encoded) -> list[pl.Series]:
        """The columns of ``columns.PRICE_COLUMNS``, in order; reasons as codes."""
        cases = encoded.cases
        n = len(cases.cost)
        results = (np.empty(n, dtype=np.int64) for _ in Priced._fields[1:])
        priced = Priced(np.empty(n, dtype=np.uint8), *results)
        suited(price_cases, n)(encoded.page.combinations, self._rules, cases, priced)
        notes = self._of_class(encoded, priced)
        points = self._points(encoded, priced, notes)
        beside = np.zeros(n, dtype=np.int64)
        for item in encoded.added:
            beside += item.paid
        joined_cost = empty(n, PRICE["joined_cost_yuan"].dtype)
        own_cost = cases.cost
        if one := encoded.joined:
            beside = np.where(one.later, 0, beside + one.beside)
            own_cost = cases.cost - one.cost
            joined_cost = yuan(one.cost, one.stays == 0)
        beside[priced.case_class == kernels.INVALID] = 0
        parts = (priced.drg, priced.high, priced.item, priced.outside, priced.special, beside)
        payment = priced.drg.copy()
        for part in parts[1:]:
            payment += part
        # What is not paid because something is not known is no loss of its whole cost.
        open_ = (priced.case_class == kernels.INVALID) | (priced.case_class == kernels.UNPRICED)
        inside = priced.case_class >= _FIRST_INSIDE
        surplus = payment - own_cost
        formula = np.where(inside, priced.standard - (cases.cost - cases.excluded), 0)
        fund, above, not_known = self._shares(encoded, payment)
        rows = pl.Series(cases.combination)
        columns = {
            "relative_weight": encoded.page.weights.gather(rows),
            "coefficient": encoded.page.coefficients.gather(rows),
            "points": points,
            "standard_payment_yuan": yuan(priced.standard, priced.standard < 0),
            "case_class": pl.Series(priced.case_class).cat.to(PRICE["case_class"].dtype),
            **dict(zip(PAYMENTS, map(yuan, parts), strict=True)),
            "payment_yuan": yuan(payment),
            "fund_payment_yuan": yuan(fund, not_known),
            "patient_and_others_yuan": yuan(payment - fund, not_known),
            "borne_above_payment_yuan": yuan(above, not_known),
            "joined_cost_yuan": joined_cost,
            "surplus_formula_yuan": yuan(formula, open_),
            "surplus_adjustment_yuan": yuan(surplus - formula, open_),
            "surplus_yuan": yuan(surplus, open_),
            "pricing_reason": self._notes.column(notes),
            "scheme": pl.Series([self._scheme]).new_from_index(0, n),
            "scheme_digest": pl.Series([self._digest]).new_from_index(0, n),
        }
        return [columns[column.name].alias(column.name) for column in PRICE_COLUMNS]

    def _points(self, encoded: Encoded, priced: Priced, notes: Ints) -> pl.Series:
        """The points of cases; those that need the value of a point to have any, and have none, are held."""
        rows, page = encoded.cases.combination, encoded.page
        of_groups = page.points.gather(pl.Series(rows))
        if not self._has_points:
            return of_groups
        special = pl.Series(priced.case_class == kernels.SPECIAL)
        of_groups = of_groups.zip_with(~special, pl.Series([None], dtype=of_groups.dtype))
        own = self._own_points[priced.case_class]
        if not own.any():
            return of_groups
        values = page.point_values[rows]
        held = own & (values == 0)
        if held.any():
            notes[held] |= page.point_notes[rows[held]]
            priced.case_class[held] = kernels.UNPRICED
            for part in (priced.high, priced.item, priced.outside):
                part[held] = 0
        # Of these classes nothing is paid by their group.
        return with_own_points(of_groups, own & ~held, priced.high + priced.item + priced.outside, values)

    @staticmethod
    def _shares(encoded: Encoded, payment: Ints) -> tuple[Ints, Ints, Flags]:
        """What the fund bears, what others bear beyond the payment, and where that is not known."""
        if encoded.patient_share is None:
            return payment, np.zeros_like(payment), np.ones(len(payment), dtype=np.bool_)
        not_known = (encoded.patient_share < 0) | (encoded.other_payers < 0)
        rest = payment - encoded.patient_share - encoded.other_payers
        return np.maximum(rest, 0), np.maximum(-rest, 0), not_known

    def _of_class(self, encoded: Encoded, priced: Priced) -> Ints:
        """The notes, with what the class of each case adds to them."""
        notes = encoded.notes
        of_class = np.zeros(len(CLASSES), dtype=np.int64)
        of_class[[kernels.UNGROUPED, kernels.AMBIGUOUS]] = NOTE["not_grouped"]
        of_class[kernels.UNWEIGHTED] = self._no_weight
        notes |= of_class[priced.case_class]
        grouped = encoded.cases.status == kernels.STATUS_GROUPED
        note(notes, (priced.case_class == kernels.UNPRICED) & ~grouped, NOTE["not_grouped"] | NOTE["no_rule"])
        inside = priced.case_class >= _FIRST_INSIDE
        by_group = self._by_group[priced.case_class]
        notes[~by_group] &= ~_OF_GROUPS
        if not self._knows_low:
            note(notes, inside & (encoded.cases.cost == encoded.cases.excluded), NOTE["cost_zero"])
        held = (priced.case_class == kernels.UNPRICED) & grouped
        if encoded.page.notes.any():
            notes |= np.where((held | by_group) & grouped, encoded.page.notes[encoded.cases.combination], 0)
        if encoded.page.outside_notes.any():
            notes |= np.where(held, encoded.page.outside_notes[encoded.cases.combination], 0)
        days = NOTE["los_days_missing"] | NOTE["los_days_impossible"]
        told = NOTE["cost_missing"] | NOTE["cost_impossible"]
        told |= NOTE["excluded_items_impossible"] | NOTE["special_payment_impossible"]
        told |= NOTE["additions_impossible"]
        unpaid = (priced.case_class == kernels.INVALID) & (notes & told == 0)
        if unpaid.any():
            # What is left of the invalid cases: those that are paid by day, and have none.
            notes[unpaid] = (notes[unpaid] & ~days) | NOTE["los_days_not_known"]
        return notes


def _unread(frame: pl.DataFrame, name: str) -> Flags:
    unread = f"{name}{UNREAD}"
    if unread not in frame.columns:
        return np.zeros(frame.height, dtype=np.bool_)
    found: Flags = frame[unread].is_not_null().to_numpy()
    return found


def _marked(frame: pl.DataFrame, name: str) -> Flags:
    if name not in frame.columns:
        return np.zeros(frame.height, dtype=np.bool_)
    found: Flags = frame[name].to_numpy(writable=True)
    return found


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
