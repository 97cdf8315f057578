"""Priced cases → sums by hospital, insurance and month: whole fen, batch by batch."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

import numpy as np
import polars as pl

from drg.columns import PRICE
from drg.errors import InputError, MissingColumnError
from drg.grouping.frames import lacking
from drg.grouping.jit import suited
from drg.payment.kernels import Flags, Ints
from drg.payment.money import fen, signed
from drg.payment.reasons import missing_lines
from drg.payment.rules import CLASSES, INSIDE
from drg.payment.scheme import CaseClass, PaymentScheme
from drg.records.binding import with_unread
from drg.settlement.columns import ACCOUNT, CLASS_COUNTS, LOCAL, OFF_SITE, SIMULATED
from drg.settlement.kernels import NOWHERE, Cases, Numbers, add_up
from drg.settlement.repeated import Marks, marks_of, repeated

# The parts of a payment that no sharing touches, as pricing names them.
BESIDE: Final = ("item_payment", "outside_payment", "special_payment", "excluded_items_payment")
_PARTS: Final = ("standard_payment", "drg_payment", "high_cost_payment", *BESIDE, "patient_share")
_WHERE: Final = ("hospital_id", "insurance_type", "discharge_date")
_READ: Final = (*_WHERE, "total_cost_yuan", "relative_weight", "points", "case_class", *_PARTS, "scheme")
# The columns of the kernel's sums.
SUMS: Final = (
    *("cases", "cases_held", "weighted_cases", "relative_weight", "points", "cost", "standard"),
    *("surplus_formula", "shared_cost", "shared_standard", *BESIDE, "patient_share"),
    *CLASS_COUNTS,
)
COUNTED: Final = (*SUMS, "surplus", "surplus_adjustment")
BASES: Final = (LOCAL, OFF_SITE, SIMULATED)
_MONTHS: Final = 12 * 10_000  # by a date's year and month; all that a date can be
_ROWS: Final = 1024
_WIDE: Final = pl.Int128


def shared_classes(scheme: PaymentScheme) -> tuple[str, ...]:
    """The classes whose standard and cost are compared; cases paid by item count as zero."""
    classes = [CaseClass.NORMAL, CaseClass.INCOMPLETE]
    if scheme.high and scheme.high.formula != "by_item":
        classes.append(CaseClass.HIGH)
    return tuple(classes)


def required_columns(scheme: PaymentScheme) -> tuple[str, ...]:
    """The columns of priced cases that a settlement by this scheme reads."""
    names = [*_READ]
    if scheme.excluded_items:
        names.append("excluded_items_yuan")
    if scheme.settlement and scheme.settlement.off_site:
        names.append("insured_area")
    return tuple(names)


def check_columns(names: list[str], scheme: PaymentScheme) -> None:
    """Whether priced cases with these columns can be settled.

    Raises:
        MissingColumnError: names every column that is missing.
    """
    missing = [name for name in required_columns(scheme) if name not in names]
    if missing:
        fix = "Add what is missing; leave cells empty where the value is not known"
        if any(name in PRICE for name in missing):
            fix = f"Price the cases first: drg price … --scheme {scheme.id}"
        raise lacking(f"A settlement by {scheme.id}", missing, missing_lines(missing), fix)


def sums(priced: pl.LazyFrame, scheme: PaymentScheme) -> CaseSums:
    """Add up priced cases.

    Args:
        priced: what pricing gives, as ``Cases.lazy`` types it, with what could not be read.
        scheme: by which they are settled.

    Raises:
        MissingColumnError: if a column is absent.
        InputError: if cases were priced by another scheme, or a column holds what it cannot hold.
    """
    names = priced.collect_schema().names()
    try:
        check_columns(names, scheme)
    except MissingColumnError:
        # Another scheme asks for other columns: that is said first, for it mends more.
        first = _first_scheme(priced) if "scheme" in names else None
        if first and first != scheme.id:
            raise _by_another(first, scheme, "the first case was") from None
        raise
    found = CaseSums(scheme, has_shares="patient_share_yuan" in names)
    nothing = pl.Schema({"done": pl.Boolean()})
    read = with_unread([*required_columns(scheme), "case_id"], names)
    counted = priced.select(read).map_batches(found.add, schema=nothing, streamable=True)
    counted.collect(engine="streaming")
    if found.schemes:
        other, count = min(found.schemes.items())
        raise _by_another(other, scheme, "1 case was" if count == 1 else f"{count:,} cases were")
    found.twice = repeated(priced, found.marks)
    return found


def _first_scheme(priced: pl.LazyFrame) -> str | None:
    cells = priced.select("scheme").head(1).collect()["scheme"]
    return None if cells.is_empty() else cells[0]


def _by_another(other: str, scheme: PaymentScheme, what: str) -> InputError:
    again = f"Price them again: drg price … --scheme {scheme.id}"
    return InputError(
        f"{what} priced with {other or 'no scheme'}, not with {scheme.id}",
        field="scheme",
        fix=f"{again}; or settle with --scheme {other}" if other else again,
    )


class CaseSums:
    """Sums of priced cases; batches may arrive from several threads, in any order.

    Args:
        scheme: by which they are settled.
        has_shares: what patients bear was given, so the fund's part is known.

    Attributes:
        cases: all rows.
        has_shares: as given.
        homeless: rows that belong to no account, by the column that is empty or cannot be read.
        schemes: rows by another scheme that priced them.
        marks: of the cases, batch by batch, if they have ids; see ``repeated``.
        twice: the hospitals that have cases more than once: how many, and the first.
    """

    def __init__(self, scheme: PaymentScheme, *, has_shares: bool) -> None:
        self.cases = 0
        self.has_shares = has_shares
        self.homeless: Counter[str] = Counter()
        self.schemes: Counter[str] = Counter()
        self.marks: list[Marks] = []
        self.twice: list[tuple[str, int, str]] = []
        self._scheme = scheme
        self._points = scheme.method.kind == "points"
        self._inside = np.array([name in INSIDE for name in CLASSES])
        self._shared = np.array([name in shared_classes(scheme) for name in CLASSES])
        self._hospitals, self._insurances = _Names(), _Names()
        self._months = np.full(_MONTHS, NOWHERE, dtype=np.int32)
        self._known_months: list[int] = []
        self._place = np.full((0, 0, len(BASES), 0), NOWHERE, dtype=np.int32)
        self._filled = 0
        self._keys = np.zeros((_ROWS, 4), dtype=np.int32)
        self._sums = np.zeros((_ROWS, len(SUMS)), dtype=np.int64)
        self._lock = threading.Lock()

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Add a batch; gives nothing back."""
        amounts = {name: whole(batch, name) for name in _PARTS}
        case_class = batch["case_class"].cast(pl.Enum(CLASSES), strict=False).to_physical()
        weight = signed(batch, "relative_weight").fill_null(-1).to_numpy(writable=True)
        nothing = np.zeros(batch.height, dtype=np.int64)
        priced_by = batch["scheme"].fill_null("")
        others = priced_by.filter(priced_by != self._scheme.id)
        marks = marks_of(batch) if "case_id" in batch.columns else None
        date = batch["discharge_date"].dt
        # Zero where there is no date: a month that nothing has.
        month = (date.year().cast(pl.Int32) * 12 + (date.month().cast(pl.Int32) - 1)).fill_null(0)
        with self._lock:
            self.cases += batch.height
            if marks is not None:
                self.marks.append(marks)
            self.schemes.update(dict(others.value_counts().iter_rows()))
            cases = Cases(
                hospital=self._hospitals.numbers(batch["hospital_id"]),
                insurance=self._insurances.numbers(batch["insurance_type"]),
                month=self._month_numbers(month),
                basis=bases(batch, self._scheme),
                case_class=case_class.fill_null(0).cast(pl.Int32).to_numpy(writable=True),
                held=held(batch, case_class, has_shares=self.has_shares),
                weight=weight,
                points=paid_points(batch) if self._points else nothing,
                cost=_as_priced(batch, "total_cost_yuan"),
                beside=_as_priced(batch, "excluded_items_yuan") if self._scheme.excluded_items else nothing,
                standard=amounts["standard_payment"],
                drg=amounts["drg_payment"],
                high=amounts["high_cost_payment"],
                item=amounts["item_payment"],
                outside=amounts["outside_payment"],
                special=amounts["special_payment"],
                excluded=amounts["excluded_items_payment"],
                others=amounts["patient_share"] if self.has_shares else nothing,
            )
            self._count_homeless(cases)
            self._add_up(cases)
        return pl.DataFrame(schema={"done": pl.Boolean()})

    def frame(self) -> pl.DataFrame:
        """The sums: ``columns.ACCOUNT``, ``month`` and ``COUNTED``.

        Counts; ``relative_weight`` and ``points`` in units of 1e-8; all else in fen, as 128-bit integers.
        """
        keys, values = self._keys[: self._filled], self._sums[: self._filled]
        months = np.array(self._known_months, dtype=np.int32)[keys[:, 3]] if self._filled else keys[:, 3]
        frame = pl.DataFrame(
            {
                "hospital_id": self._hospitals.of(keys[:, 0]),
                "insurance_type": self._insurances.of(keys[:, 1]),
                "basis": pl.Series(BASES).gather(keys[:, 2]),
                "year": months // 12,
                "month": months % 12 + 1,
                **{name: values[:, at] for at, name in enumerate(SUMS)},
            },
            schema_overrides={"year": pl.Int32, "month": pl.Int32, **dict.fromkeys(SUMS, _WIDE)},
        )
        return with_surplus(frame).sort(*ACCOUNT, "month")

    def _month_numbers(self, month: pl.Series) -> Numbers:
        values = month.to_numpy()
        values = np.where((values > 0) & (values < _MONTHS), values, 0)
        numbers: Numbers = self._months[values]
        if (unknown := (numbers == NOWHERE) & (values > 0)).any():
            for found in np.unique(values[unknown]):
                self._months[found] = len(self._known_months)
                self._known_months.append(int(found))
            numbers = self._months[values]
        return numbers

    def _count_homeless(self, cases: Cases) -> None:
        for name, numbers in zip(_WHERE, (cases.hospital, cases.insurance, cases.month), strict=True):
            if lost := int((numbers == NOWHERE).sum()):
                self.homeless[name] += lost

    def _add_up(self, cases: Cases) -> None:
        sizes = (len(self._hospitals), len(self._insurances), len(BASES), len(self._known_months))
        if sizes != self._place.shape:
            place = np.full(sizes, NOWHERE, dtype=np.int32)
            h, i, b, t = self._place.shape
            place[:h, :i, :b, :t] = self._place
            self._place = place
        start = 0
        while True:
            start, self._filled = suited(add_up, len(cases.cost) - start)(
                cases, start, self._inside, self._shared, self._place, self._filled, self._keys, self._sums
            )
            if start == len(cases.cost):
                return
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])


def held(batch: pl.DataFrame, case_class: pl.Series, *, has_shares: bool) -> Flags:
    """Which cases are in no amount: only what pricing could work out to the last part can be settled.

    Args:
        batch: priced cases.
        case_class: their classes as numbers, null where it is none.
        has_shares: what patients bear was given, so the fund's part has to be known.
    """
    stuck = [CLASSES.index(CaseClass.INVALID), CLASSES.index(CaseClass.UNPRICED)]
    found = case_class.is_null() | case_class.is_in(stuck)
    if has_shares:
        found |= batch["patient_share"].is_null()
    flags: Flags = found.fill_null(True).to_numpy(writable=True)
    return flags


def bases(batch: pl.DataFrame, scheme: PaymentScheme) -> Numbers:
    """The basis of each case: its place in ``BASES``."""
    basis = np.zeros(batch.height, dtype=np.int32)
    off_site = scheme.settlement.off_site if scheme.settlement else None
    if off_site is not None:
        away = ~batch["insured_area"].is_in(off_site.home_areas)
        other = OFF_SITE if off_site.counts == "real" else SIMULATED
        basis[away.fill_null(False).to_numpy()] = BASES.index(other)
    return basis


def paid_points(batch: pl.DataFrame) -> Ints:
    """Points × what is paid by group ÷ the standard, in units of 1e-8: all of them for a normal case."""
    points = whole(batch, "points")
    paid = whole(batch, "drg_payment") + whole(batch, "high_cost_payment")
    standard = whole(batch, "standard_payment")
    other = np.flatnonzero((paid != standard) & (standard > 0))
    if len(other):
        rows = {"points": points[other], "paid": paid[other], "standard": standard[other]}
        wide = pl.DataFrame(rows).cast(_WIDE)
        part = (2 * pl.col("points") * pl.col("paid") + pl.col("standard")) // (2 * pl.col("standard"))
        points[other] = wide.select(part.cast(pl.Int64)).to_series().to_numpy()
    return points


def with_surplus(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the surplus of the cases, and the part of it that is not by formula."""
    paid = pl.sum_horizontal("shared_standard", *BESIDE)
    return frame.with_columns(surplus=paid - pl.col("cost")).with_columns(
        surplus_adjustment=pl.col("surplus") - pl.col("surplus_formula")
    )


class _Names:
    """Identifiers as they come, numbered."""

    def __init__(self) -> None:
        self._spellings = pl.Series([], dtype=pl.Categorical(pl.Categories.random()))
        self._number_of_spelling = np.full(1, NOWHERE, dtype=np.int32)
        self._learned = 0
        self._names: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._names)

    def numbers(self, cells: pl.Series) -> Numbers:
        """The number of each; NOWHERE for empty ones."""
        found = cells.cast(self._spellings.dtype)
        spelled = found.to_physical()
        highest = spelled.max()
        if highest is not None and int(highest) >= self._learned:  # type: ignore[arg-type]
            self._learn(found)
        numbers: Numbers = self._number_of_spelling[spelled.fill_null(0).to_numpy()]
        if spelled.has_nulls():
            numbers[spelled.is_null().to_numpy()] = NOWHERE
        return numbers

    def of(self, numbers: Numbers) -> pl.Series:
        """The names of numbers."""
        return pl.Series(list(self._names), dtype=pl.String).gather(numbers)

    def _learn(self, found: pl.Series) -> None:
        new = found.unique().drop_nulls()
        self._spellings = pl.concat(
            [self._spellings, new]
        )  # polars keeps the numbers while there is such a series
        places = new.to_physical().to_numpy()
        grown = np.full(int(places.max()) + 1, NOWHERE, dtype=np.int32)
        grown[: len(self._number_of_spelling)] = self._number_of_spelling
        for place, spelling in zip(places, new.cast(pl.String), strict=True):
            grown[place] = self._names.setdefault(spelling, len(self._names))
        self._number_of_spelling, self._learned = grown, len(grown)


def _as_priced(batch: pl.DataFrame, name: str) -> Ints:
    """Amounts of a record as pricing has them; cases whose amounts it could not use are held."""
    return np.maximum(fen(batch, name), 0)


def whole(batch: pl.DataFrame, name: str) -> Ints:
    """Numbers that pricing wrote as whole numbers of their last place; empty ones are 0."""
    values: Ints = signed(batch, name).fill_null(0).to_numpy(writable=True)
    return values
