"""Cases for which a special review (特例单议) is worth an application, ranked within each hospital's quota.

A candidate is paid by its group, costs more than it is paid, and has at least one reason: a limit of the
scheme that it reaches, several departments, excluded items or new technology.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import ceil
from typing import Any, Final

import polars as pl

from drg.categories import CaseClass
from drg.columns import ALL, INPUT
from drg.errors import InputError, SchemeError
from drg.grouping.batched_frames import lacking
from drg.payment.addition_rules import EXCLUDED_ITEMS
from drg.payment.load_scheme import LoadedScheme
from drg.payment.money import fen, signed
from drg.payment.priced_with import check_priced_with
from drg.payment.reasons import missing_lines
from drg.payment.scheme_library import SCHEME_FILE
from drg.payment.scheme_numbers import INSIDE
from drg.payment.special_review import SpecialReview
from drg.records.binding import with_unread
from drg.records.cases import Cases
from drg.records.cells import as_text, empty, nothing_as_null
from drg.records.former_names import check_names
from drg.settlement.candidates_words import DEPARTMENTS, NEW_TECHNOLOGY, REASONS, shown, skipped
from drg.settlement.out_of_cost import excluded_fen
from drg.settlement.review_quotas import with_quotas
from drg.words import Joined, Sentence

_NEEDED: Final = (
    *("hospital_id", "case_id", "discharge_date", "drg", "total_cost_yuan"),
    *("standard_payment_yuan", "case_class", "payment_yuan", "scheme"),
)
_STAYS: Final = ("los_days", "icu_hours")
_TEXTS: Final = ("insurance_type", "department", "drg_name", "hospital_level")
_OPTIONAL: Final = (*_STAYS, *_TEXTS, EXCLUDED_ITEMS, DEPARTMENTS, NEW_TECHNOLOGY, "joined_cost_yuan")
# What a cell says that means nothing.
_NO: Final = ("", "0", "-", "--", "—", "无", "否", "no", "n", "false")
_YES: Final = ("1", "是", "有", "yes", "y", "true")
_WIDE: Final = pl.Int128


_HEAD: Final = """\
    [settlement]
    source = "where this is published"
"""
_SECTION: Final = """\
    [settlement.special]
    quota_share = 0.05
    cost_ratio_at_least = 3
    overrun_yuan_at_least = 10000
    los_days_at_least = 60
    los_ratio_at_least = 5
    icu_hours_at_least = 168
    source = "where this is published\""""


@dataclass(frozen=True)
class Candidates:
    """The candidates of hospitals, and how many applications each may make.

    Attributes:
        cases: by hospital and year, ranked by overrun, then by case id: ``rank``, ``within_quota``, what is
            known of the case, ``overrun_yuan``, ``cost_ratio``, and ``reasons_zh``, ``reasons_en``.
        quotas: hospital_id, year, ``discharges`` paid by group, ``quota`` (null: not known), ``special``
            (already, in the priced cases), ``candidates``, ``within_quota``.
        skipped: what could not be looked at, and why: Chinese and English.
    """

    cases: pl.DataFrame
    quotas: pl.DataFrame
    skipped: tuple[tuple[str, str], ...]


def special_review(loaded: LoadedScheme) -> SpecialReview:
    """What a scheme says of special cases.

    Raises:
        SchemeError: it says nothing; names the section to add.
    """
    settlement = loaded.scheme.settlement
    if settlement is None or settlement.special is None:
        head = _HEAD if settlement is None else ""
        problem = Sentence("{id} has no section [settlement.special]", id=loaded.scheme.id)
        fix = Sentence(
            "Add it, with the limits of your region, such as:\n{head}{section}", head=head, section=_SECTION
        )
        raise SchemeError(problem, file=loaded.directory / SCHEME_FILE, fix=fix)
    return settlement.special


def find_candidates(
    priced: Any, loaded: LoadedScheme, *, hospitals: Sequence[str] | None = None
) -> Candidates:
    """Find and rank the candidates for special review.

    Args:
        priced: what pricing gives: all that ``Cases.of`` takes. ``transfer_departments`` (转科科别) and
            ``new_technology`` (新技术) are looked at if they are there. The mean stay of a group is that of
            all cases given.
        loaded: the scheme, with a section ``[settlement.special]``.
        hospitals: only theirs; by default all.

    Raises:
        SchemeError: the scheme says nothing of special cases.
        MissingColumnError: a column is absent.
        InputError: cases were priced with another scheme, a column holds what it cannot hold, or there is no
            such hospital.
    """
    review = special_review(loaded)
    priced = Cases.of(priced).lazy(own=True, marked=True)
    names = priced.collect_schema().names()
    check_names(names)
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        fix = Sentence("Price the cases first: drg price … --scheme {scheme}", scheme=loaded.scheme.id)
        raise lacking(Sentence("A list of special cases"), missing, missing_lines(missing), fix)
    there = with_unread(dict.fromkeys((*_NEEDED, *_OPTIONAL, *loaded.scheme.out_of_cost)), names)
    read = partial(_read, out_of_cost=loaded.scheme.out_of_cost)
    cases = priced.select(there).map_batches(read, schema=_READ, streamable=True)
    inside = cases.filter("inside")
    means = inside.group_by("drg").agg(
        group_days=pl.col("los_days").cast(_WIDE).sum(), group_stays=pl.col("los_days").count()
    )
    counts = cases.group_by("hospital_id", "year", "scheme").agg(
        discharges=pl.col("inside").sum().cast(pl.Int64),
        special=pl.col("special").sum().cast(pl.Int64),
        levels=pl.col("hospital_level").drop_nulls().unique(),
        nameless=pl.col("nameless").sum().cast(pl.Int64),
    )
    chosen = inside.filter((pl.col("overrun") > 0) & ~pl.col("nameless"))
    if hospitals is not None:
        chosen = chosen.filter(pl.col("hospital_id").is_in(list(hospitals)))
    chosen = chosen.join(means, on="drg", how="left").with_columns(**_reached(review))
    chosen = chosen.filter(pl.any_horizontal(f"has_{name}" for name in REASONS))
    found, numbers = pl.collect_all([chosen, counts], engine="streaming")
    check_priced_with(numbers, loaded.scheme.id)
    nameless = int(numbers["nameless"].sum())
    numbers = numbers.filter(pl.col("year").is_not_null() & pl.col("hospital_id").is_not_null())
    if hospitals is not None:
        _check_hospitals(hospitals, numbers)
        numbers = numbers.filter(pl.col("hospital_id").is_in(list(hospitals)))
    quotas = _quotas(numbers, review)
    ranked = _ranked(found, quotas)
    by_place = ("hospital_id", "year")
    totals = ranked.group_by(by_place).agg(
        candidates=pl.len().cast(pl.Int64), within_quota=pl.col("within_quota").sum().cast(pl.Int64)
    )
    quotas = quotas.join(totals, on=by_place, how="left").with_columns(
        pl.col("candidates", "within_quota").fill_null(0)
    )
    no_quota = quotas.filter(pl.col("quota").is_null())["hospital_id"].unique().sort().to_list()
    return Candidates(shown(ranked), quotas.sort(by_place), tuple(skipped(review, names, nameless, no_quota)))


_READ: Final = pl.Schema(
    {
        **dict.fromkeys(("hospital_id", "case_id", "drg", "scheme", *_TEXTS), pl.String()),
        "case_class": ALL["case_class"].dtype,
        "discharge_date": pl.Datetime("us"),
        "year": pl.Int32(),
        **dict.fromkeys(("cost", "excluded", "net", "standard", "payment", "overrun"), pl.Int64()),
        "los_days": pl.Int64(),
        "icu_hours": pl.Float64(),
        DEPARTMENTS: pl.String(),
        NEW_TECHNOLOGY: pl.String(),
        **dict.fromkeys(("inside", "special", "nameless"), pl.Boolean()),
    }
)


def _read(batch: pl.DataFrame, *, out_of_cost: Sequence[str]) -> pl.DataFrame:
    """Priced cases as the numbers that are compared, in fen, days and hours."""
    names = (*_TEXTS, *_STAYS, "hospital_id", "case_id", "discharge_date", "drg", "case_class", "scheme")
    known = pl.DataFrame([_column(batch, name) for name in names])
    cost = pl.Series(fen(batch, "total_cost_yuan"))
    # Excluded items are a reason also where the scheme does not pay them apart.
    excluded = pl.Series(excluded_fen(batch, out_of_cost or (EXCLUDED_ITEMS,))).clip(lower_bound=0)
    # Of earlier stays that are paid with it.
    joined = pl.Series(fen(batch, "joined_cost_yuan")).clip(lower_bound=0)
    payment = signed(batch, "payment_yuan")
    case_class = known["case_class"]
    nameless = pl.any_horizontal(pl.col("hospital_id", "case_id", "year").is_null())
    days = pl.col("los_days")
    possible = (days >= 0) & (days == days.floor()) & (days <= INPUT["los_days"].highest)
    frame = known.with_columns(
        pl.when(possible).then(days),
        year=known["discharge_date"].dt.year(),
        cost=cost,
        net=(cost - excluded if out_of_cost else cost) + joined,
        standard=signed(batch, "standard_payment_yuan"),
        payment=payment,
        overrun=cost + joined - payment,
        excluded=excluded,
        inside=case_class.is_in(INSIDE).fill_null(False),
        special=(case_class == CaseClass.SPECIAL).fill_null(False),
        **{name: _yes(batch, name) for name in (DEPARTMENTS, NEW_TECHNOLOGY)},
    )
    return frame.with_columns(nameless=pl.col("inside") & nameless).select(_READ.names()).cast(_READ)


def _column(batch: pl.DataFrame, name: str) -> pl.Series:
    return batch[name] if name in batch.columns else empty(batch.height, ALL[name].dtype).alias(name)


def _yes(batch: pl.DataFrame, name: str) -> pl.Series:
    """A column of one's own that says something or not: 是 for yes, null for no."""
    if name not in batch.columns:
        return empty(batch.height, pl.String()).alias(name)
    text = nothing_as_null(as_text(batch[name]).str.strip_chars())
    text = text.set(text.str.to_lowercase().is_in(_NO).fill_null(False), None)
    return text.set(text.str.to_lowercase().is_in(_YES).fill_null(False), "是")


def _reached(review: SpecialReview) -> dict[str, pl.Expr]:
    """For each reason whether a case has it; all comparisons are of whole numbers."""
    no = pl.lit(False)
    overrun, ratio = review.overrun_yuan_at_least, review.cost_ratio_at_least
    days, hours, stays = review.los_days_at_least, review.icu_hours_at_least, review.los_ratio_at_least
    # As many times the stay as the group has stays, against all days of the group.
    all_days = pl.col("los_days").cast(_WIDE) * pl.col("group_stays").cast(_WIDE)
    reached = {
        "overrun": no if overrun is None else pl.col("overrun") >= ceil(overrun * 100),
        "cost_ratio": no if ratio is None else _reaches(pl.col("net"), "standard", ratio),
        "los_days": no if days is None else pl.col("los_days") >= days,
        "los_ratio": no if stays is None else _reaches(all_days, "group_days", stays),
        "icu_hours": no if hours is None else pl.col("icu_hours") >= float(hours),
        "departments": pl.col(DEPARTMENTS).is_not_null(),
        "excluded_items": pl.col("excluded") > 0,
        "new_technology": pl.col(NEW_TECHNOLOGY).is_not_null(),
    }
    return {f"has_{name}": expression.fill_null(False) for name, expression in reached.items()}


def _reaches(above: pl.Expr, below: str, ratio: Decimal) -> pl.Expr:
    """Whether above ÷ below is at least the ratio; nothing is a multiple of zero."""
    part = Fraction(ratio)
    whole = pl.col(below).cast(_WIDE)
    return (whole > 0) & (above.cast(_WIDE) * part.denominator >= whole * part.numerator)


def _check_hospitals(hospitals: Sequence[str], numbers: pl.DataFrame) -> None:
    known = numbers["hospital_id"].unique().sort()
    for hospital in hospitals:
        if hospital not in known:
            shown = Joined(", ", (*known.head(10), "…") if len(known) > 10 else known)
            problem = Sentence("there is no hospital {hospital!r} in the cases", hospital=hospital)
            fix = Sentence("Write it as the cases do; they have {ids}", ids=shown)
            raise InputError(problem, field="hospital_id", fix=fix)


def _quotas(numbers: pl.DataFrame, review: SpecialReview) -> pl.DataFrame:
    sums = numbers.group_by("hospital_id", "year").agg(
        pl.col("discharges", "special").sum(), pl.col("levels").explode().drop_nulls().unique()
    )
    columns = ("hospital_id", "year", "discharges", "quota", "special")
    return with_quotas(sums, review, "discharges").select(columns)


def _ranked(found: pl.DataFrame, quotas: pl.DataFrame) -> pl.DataFrame:
    by_place = ["hospital_id", "year"]
    ordered = found.sort(*by_place, "overrun", "case_id", descending=[False, False, True, False])
    ranked = ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over(by_place).cast(pl.Int64))
    ranked = ranked.join(quotas, on=by_place, how="left", maintain_order="left", suffix="_counted")
    free = pl.col("quota") - pl.col("special_counted")
    return ranked.with_columns(within_quota=(pl.col("rank") <= free).fill_null(False))
