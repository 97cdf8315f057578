"""Cases → the stays of persons in order, as arrays; and the results back in the rows of the cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.benefit import kernels as k
from drg.benefit.book import Book
from drg.benefit.kernels import Flags, Ints, StayArrays, share_stays
from drg.benefit.kinds_of_stay import StayKind, ages
from drg.benefit.reasons import HELD, NOTE
from drg.benefit.scheme import AGE, EMPTY, BenefitScheme
from drg.columns import ALL
from drg.grouping.jit import suited
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.money import NOT_GIVEN, UNUSABLE, fen
from drg.records.binding import UNREAD

CLASSES: Final = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")
# How many stays at least the loop works on at once; its output is wide.
_AT_ONCE: Final = 100_000
READS: Final = (
    *("case_id", "patient_id", "mother_id", "admission_date", "discharge_date"),
    *("insurance_type", "hospital_level", "aid_class", "referral", "off_site", AGE, "commercial_product"),
    *("maternity", "newborn", "total_cost_yuan", *CLASSES, "special_drugs_cost_yuan"),
)
# The columns that make the kind of a stay, in the order of ``StayKind``.
_OF_KIND: Final = (
    *("insurance_type", "hospital_level", "aid_class", "referral", "off_site", AGE),
    *("maternity", "newborn", "commercial_product"),
)


class Worked(NamedTuple):
    """What came of cases, in the order of their rows.

    Attributes:
        out: [n] of each column of the loop that is kept; rows of held stays say nothing.
        order: the places of the rows by person, discharge, admission, case id.
        amounts: the cost by class, as it counted; see ``kernels.StayArrays``.
        notes: [n] bits of ``reasons.NOTE``.
        kinds: [n] the place of each stay's entry in the book, -1 if it has none.
    """

    out: dict[int, Ints]
    order: Ints
    amounts: dict[str, Ints]
    notes: Ints
    kinds: Ints

    @property
    def held(self) -> Flags:
        """Of which stays nothing can be said."""
        found: Flags = (self.notes & HELD) != 0
        return found


def work(frame: pl.DataFrame, book: Book, columns: Sequence[int]) -> Worked:
    """Who pays what of each stay.

    Args:
        frame: all stays as ``Cases.read`` gives them; a column that is absent counts as empty.
        book: of the scheme.
        columns: of the output of the loop that are kept.
    """
    scheme, n = book.scheme, frame.height
    notes = np.zeros(n, dtype=np.int64)
    amounts = _amounts(frame, scheme, notes)
    person = persons(frame, scheme, notes)
    kinds = _kinds(frame, book)
    problems = np.array([entry.problem is not None for entry in book.entries], dtype=np.bool_)
    notes[problems[kinds]] |= NOTE["no_benefit_rule"]
    _check_validity(frame, scheme, notes)
    order, begins = _order(frame, person, notes)
    stays = StayArrays(order=order, begins=begins, kind=kinds, held=(notes & HELD) != 0, **amounts)
    out = _shared(book, stays, (k.AFTER_HELD, *columns))
    _note(notes, out[0] == 1, "earlier_stay_held")
    return Worked(dict(zip(columns, out[1:], strict=True)), order, amounts, notes, kinds)


def _shared(book: Book, stays: StayArrays, columns: Sequence[int]) -> Ints:
    """Some columns of the output of the loop, by row; worked out some persons at a time."""
    n = len(stays.order)
    found = np.zeros((len(columns), n), dtype=np.int64)
    if n == 0:
        return found
    loop, kinds, deductibles, tiers = suited(share_stays, n), book.kinds, book.deductibles, book.tiers
    starts = np.flatnonzero(stays.begins)
    cuts = np.unique(starts[np.searchsorted(starts, np.arange(0, starts[-1] + 1, _AT_ONCE))])
    for start, end in pairwise([*cuts.tolist(), n]):
        order = stays.order[start:end].copy()
        some = stays._replace(order=order, begins=stays.begins[start:end].copy())
        out = np.zeros((end - start, k.OUT_WIDTH), dtype=np.int64)
        loop(kinds, deductibles, tiers, some, out)
        found[:, order] = out[:, list(columns)].T
    return found


def _note(notes: Ints, where: Flags, name: str) -> None:
    if where.any():
        notes[where] |= NOTE[name]


def _amounts(frame: pl.DataFrame, scheme: BenefitScheme, notes: Ints) -> dict[str, Ints]:
    """The cost of each stay by class, in fen; what does not add up is noted."""
    cost = fen(frame, "total_cost_yuan")
    _note(notes, (cost < 0) | (cost > HIGHEST_COST_FEN), "benefit_cost_not_known")
    classes = [fen(frame, name) for name in CLASSES]
    drugs = fen(frame, "special_drugs_cost_yuan")
    given = np.any([one != NOT_GIVEN for one in classes], axis=0)
    impossible = np.any([(one == UNUSABLE) | (one > HIGHEST_COST_FEN) for one in classes], axis=0)
    for one in (*classes, drugs):
        one[one == NOT_GIVEN] = 0
    class_a, class_b, self_paid, above_limit = classes
    known = given & ~impossible
    _note(notes, impossible, "classes_impossible")
    _note(notes, known & (sum(classes) != cost), "classes_do_not_add_up")
    share = scheme.items.assumed_in_policy_share
    if share is None:
        _note(notes, ~given, "classes_not_known")
    else:
        _note(notes, ~given, "classes_assumed")
        units = int(share * k.SHARE_UNITS)
        usable = np.clip(cost, 0, HIGHEST_COST_FEN)
        assumed = (2 * usable * units + k.SHARE_UNITS) // (2 * k.SHARE_UNITS)
        class_a[~given] = assumed[~given]
        self_paid[~given] = (usable - assumed)[~given]
    _note(notes, (drugs < 0) | (known & (drugs > self_paid)), "special_drugs_impossible")
    _note(notes, ~given & (drugs > 0), "special_drugs_impossible")
    return {
        "class_a": class_a,
        "class_b": class_b,
        "self_paid": self_paid,
        "above_limit": above_limit,
        "drugs": drugs,
    }


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if name in frame.columns:
        return frame[name]
    return pl.repeat(None, frame.height, dtype=dtype, eager=True).alias(name)


def _flag(frame: pl.DataFrame, name: str) -> pl.Series:
    return _column(frame, name, pl.Boolean()).fill_null(False)


def persons(frame: pl.DataFrame, scheme: BenefitScheme, notes: Ints) -> pl.Series:
    """Among whose stays each counts; null and noted if that is not known."""
    person = _column(frame, "patient_id", pl.String())
    with_mother = np.zeros(frame.height, dtype=np.bool_)
    if scheme.newborn is not None and scheme.newborn.with_mother:
        newborn = _flag(frame, "newborn")
        person = _column(frame, "mother_id", pl.String()).zip_with(newborn, person)
        with_mother = newborn.to_numpy()
    unknown = person.is_null().to_numpy()
    _note(notes, unknown & ~with_mother, "patient_not_known")
    _note(notes, unknown & with_mother, "mother_not_known")
    for name in ("maternity", "newborn"):
        if f"{name}{UNREAD}" in frame.columns:
            _note(notes, frame[f"{name}{UNREAD}"].is_not_null().to_numpy(), "benefit_flag_unreadable")
    return person


def _kinds(frame: pl.DataFrame, book: Book) -> Ints:
    """The place of the kind of each stay in the book."""
    cuts = np.array(ages(book.scheme), dtype=np.float64)
    age = _column(frame, AGE, pl.Int64()).cast(pl.Float64).fill_null(-1).to_numpy()
    possible = (age >= ALL[AGE].lowest) & (age <= ALL[AGE].highest)
    age = np.where(possible, age, -1)
    bands = np.searchsorted(cuts, age, side="right") - 1
    columns: dict[str, pl.Series] = {}
    for name in _OF_KIND:
        if name == AGE:
            columns[name] = pl.Series(bands)
        elif name in ("maternity", "newborn"):
            columns[name] = _flag(frame, name)
        else:
            values = _column(frame, name, pl.String())
            columns[name] = values.fill_null(EMPTY[name]) if name in EMPTY else values
    stays = pl.DataFrame(columns)
    distinct = stays.unique(maintain_order=True)
    places = []
    for insurance, level, aid_class, referral, off_site, band, birth, newborn, product in distinct.rows():
        lowest = int(cuts[band]) if band >= 0 else None
        kind = StayKind(insurance, level, aid_class, referral, off_site, lowest, birth, newborn, product)
        places.append(book.place(kind))
    if distinct.height == 1:
        return np.full(frame.height, places[0], dtype=np.int64)
    keyed = distinct.with_columns(pl.Series("place", places, dtype=pl.Int64))
    found = stays.join(keyed, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
    return found["place"].to_numpy(writable=True)


def _check_validity(frame: pl.DataFrame, scheme: BenefitScheme, notes: Ints) -> None:
    if "discharge_date" not in frame.columns:
        _note(notes, np.ones(frame.height, dtype=np.bool_), "discharge_not_known")
        return
    days = frame["discharge_date"].cast(pl.Date)
    _note(notes, days.is_null().to_numpy(), "discharge_not_known")
    outside = (days < (scheme.valid_from or date.min)) | (days > (scheme.valid_to or date.max))
    _note(notes, outside.fill_null(False).to_numpy(), "benefit_scheme_not_in_force")


def _order(frame: pl.DataFrame, person: pl.Series, notes: Ints) -> tuple[Ints, Flags]:
    """The rows in order of person, discharge, admission, case id; and where a person's year begins."""
    moment = pl.Datetime("us")
    keys = pl.DataFrame(
        {
            "person": person.rank("dense"),
            "discharge": _column(frame, "discharge_date", moment),
            "admission": _column(frame, "admission_date", moment),
            "case": _column(frame, "case_id", pl.String()),
        }
    )
    order = keys.select(pl.arg_sort_by(*keys.columns, nulls_last=False)).to_series()
    in_order = keys[order].with_columns(year=pl.col("discharge").dt.year())
    changed = in_order.select(
        begins=pl.any_horizontal(
            pl.col(name).ne_missing(pl.col(name).shift()) for name in ("person", "year")
        ),
        same=pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in keys.columns),
    )
    begins = changed["begins"].to_numpy(writable=True)
    begins[:1] = True
    same = changed["same"].to_numpy(writable=True)
    same[:1] = False
    same |= np.append(same[1:], False)
    places: Ints = order.cast(pl.Int64).to_numpy(writable=True)
    told = (
        notes[places] & (NOTE["patient_not_known"] | NOTE["mother_not_known"] | NOTE["discharge_not_known"])
    ) == 0
    _note(notes, np.isin(np.arange(frame.height), places[same & told]), "stays_not_told_apart")
    return places, begins
