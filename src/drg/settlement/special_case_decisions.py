"""Decisions on special cases (特例单议), put into priced cases: those approved are paid as decided.

The arithmetic is done for the few cases that are decided. All others pass by: the frame stays lazy, its rows
keep their order, and a column that nobody asks for is not read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from drg.categories import CaseClass
from drg.columns import PRICE
from drg.grouping.batched_frames import lacking
from drg.payment.addition_rules import EXCLUDED_ITEMS
from drg.payment.money import NOT_GIVEN, fen, yuan
from drg.payment.price_arrays import PAYMENTS
from drg.payment.price_kernels import Flags, Ints
from drg.payment.reasons import missing_lines
from drg.payment.scheme_numbers import INSIDE
from drg.payment.special_review import SpecialReview
from drg.reasons import coded, together
from drg.records.binding import with_unread
from drg.settlement.input_fields import MONTH, ROW, FindingsBuilder
from drg.settlement.out_of_cost import excluded_fen
from drg.settlement.review_quotas import LEVELS, NO_LEVEL, with_quotas
from drg.settlement.settlement_findings import Finding
from drg.words import Sentence

KEYS: Final = ("hospital_id", "case_id")
_READ: Final = (*KEYS, "discharge_date", "case_class", "total_cost_yuan", "excluded_items_payment_yuan")
_READ_IF_THERE: Final = (
    *("patient_and_others_yuan", "borne_above_payment_yuan", "joined_cost_yuan"),
    *("special_case_payment_yuan", "pricing_reason", "hospital_level"),
)
_NOTHING: Final = (*PAYMENTS[:4], "surplus_formula_yuan")
_WORKED_OUT: Final = (
    *("special_case_payment_yuan", "payment_yuan", "fund_payment_yuan", "patient_and_others_yuan"),
    "borne_above_payment_yuan",
    *("surplus_adjustment_yuan", "surplus_yuan"),
)
_NEW: Final = "__new_"
_KEY: Final = "__key_"
_YEAR: Final = pl.col("discharge_date").dt.year().cast(pl.Int32).alias("year")
APPLIED: Final = pl.Schema(
    {
        ROW: pl.UInt32(),
        "hospital_id": pl.String(),
        "case_id": pl.String(),
        "year": pl.Int32(),
        "case_class": PRICE["case_class"].dtype,
        "special_fen": pl.Int64(),
        "payment_fen": pl.Int64(),
        "by_cost": pl.Boolean(),
        "note": pl.String(),
    }
)


@dataclass(frozen=True)
class Decided:
    """Priced cases after the decisions.

    Attributes:
        frame: the same rows and columns.
        findings: decisions that were not applied, and why.
        applied: the others: ``row`` of the table, hospital_id, case_id, ``year`` of discharge, the
            ``case_class`` before, ``special_fen`` and ``payment_fen`` after, ``by_cost`` if no amount was
            decided, note.
    """

    frame: pl.LazyFrame
    findings: tuple[Finding, ...]
    applied: pl.DataFrame


def apply_decisions(
    priced: pl.LazyFrame,
    decisions: pl.DataFrame,
    review: SpecialReview | None = None,
    *,
    out_of_cost: Collection[str] = (EXCLUDED_ITEMS,),
) -> Decided:
    """Pay approved cases as decided.

    An approved case gets the class ``special``. It is paid what was decided, or what it cost if no amount
    was, and its excluded items beside that; every other part of its payment is 0. Rejected cases stay as
    they are.

    Args:
        priced: what pricing gives, as ``Cases.lazy`` types it, with hospital_id, case_id, discharge_date and
            total_cost_yuan.
        decisions: of ``check_decisions``; in its order approvals use up the quota.
        review: of the scheme: how many cases of a hospital and calendar year may be special.
        out_of_cost: the columns whose amounts the scheme takes out of the cost.

    Raises:
        MissingColumnError: if a column is absent.
    """
    if decisions.is_empty():
        return Decided(priced, (), pl.DataFrame(schema=APPLIED))
    names = priced.collect_schema().names()
    missing = [name for name in dict.fromkeys((*_READ, *_NOTHING, *_WORKED_OUT)) if name not in names]
    if missing:
        fix = Sentence("Price the cases first: drg price …; ids of hospital and case must be in the file")
        raise lacking(Sentence("A decision on special cases"), missing, missing_lines(missing), fix)
    read = with_unread(dict.fromkeys((*_READ, *_READ_IF_THERE, *out_of_cost)), names)
    found, counts = _look_up(priced.select(read), decisions)
    cells = _with_facts(decisions, found, with_quotas(counts, review, "inside")).hstack(
        _with_case(decisions, found, out_of_cost)
    )
    told = FindingsBuilder(cells)
    _tell(told)
    chosen = cells.filter(told.usable & cells["approved"])
    frame = priced if chosen.is_empty() else _put(priced, chosen)
    applied = chosen.with_columns(payment_fen="payment_after").select(APPLIED.names()).cast(APPLIED)
    return Decided(frame, told.sorted_findings(), applied)


# --------------------------------------------------------------------------------------------- what is known


def _look_up(priced: pl.LazyFrame, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cases that are decided, with their ids as written; and counts of each hospital and year."""
    ids = decisions["case_id"].unique().implode()
    kept = {f"{_KEY}{name}": pl.col(name) for name in KEYS}
    found = priced.filter(pl.col("case_id").is_in(ids)).with_columns(**kept)
    case_class = pl.col("case_class")
    if "hospital_level" not in priced.collect_schema():
        priced = priced.with_columns(hospital_level=pl.lit(None, dtype=pl.String))
    counts = priced.group_by("hospital_id", _YEAR).agg(
        LEVELS,
        inside=case_class.is_in(INSIDE).sum().cast(pl.Int64),
        taken=(case_class == CaseClass.SPECIAL).sum().cast(pl.Int64),
    )
    cases, numbers = pl.collect_all([found, counts], engine="streaming")
    cases = cases.join(decisions.select(KEYS), on=KEYS, how="semi")
    return cases, numbers


def _with_facts(decisions: pl.DataFrame, found: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The decisions, each with the number of its cases, and the year, class and quota of its case."""
    times = pl.len().cast(pl.Int64).alias("times")
    once = found.group_by(KEYS).agg(times, _YEAR.first(), pl.col("case_class").first())
    cells = decisions.join(once, on=KEYS, how="left", maintain_order="left")
    by_year = ("hospital_id", "year")
    cells = cells.join(counts, on=by_year, how="left", maintain_order="left")
    return cells.with_columns(
        pl.col("times", "inside", "taken").fill_null(0), pl.col("year").cast(pl.String).alias(MONTH)
    )


def _with_case(decisions: pl.DataFrame, found: pl.DataFrame, out_of_cost: Collection[str]) -> pl.DataFrame:
    """What the case of each decision would be paid, and whether that can be known."""
    cases = decisions.select(*KEYS, decided="special_payment_fen").join(
        found.unique(KEYS, keep="any").rename({"special_case_payment_yuan": "was_special"}),
        on=KEYS,
        how="left",
        maintain_order="left",
    )
    cost = fen(cases, "total_cost_yuan")
    excluded = excluded_fen(cases, out_of_cost)
    usable = (cost >= 0) & (excluded >= 0) & (excluded <= cost)
    # With the cost of earlier stays that are paid with it.
    by_cost = pl.Series(np.where(usable, cost - excluded + _amounts(cases, "joined_cost_yuan"), 0))
    special = cases["decided"].fill_null(by_cost).to_numpy()
    payment = special + np.maximum(fen(cases, "excluded_items_payment_yuan"), 0)
    rest, not_known = _left_of(cases, payment)
    fund = np.maximum(rest, 0)
    amounts = {
        "special_case_payment_yuan": yuan(special),
        "payment_yuan": yuan(payment),
        "fund_payment_yuan": yuan(fund, not_known),
        "patient_and_others_yuan": yuan(payment - fund, not_known),
        "borne_above_payment_yuan": yuan(np.maximum(-rest, 0), not_known),
        "surplus_adjustment_yuan": yuan(payment - cost),
        "surplus_yuan": yuan(payment - cost),
        "pricing_reason": pl.Series(_reasons(cases), dtype=pl.String),
    }
    return pl.DataFrame(
        {
            "usable": usable,
            "by_cost": cases["decided"].is_null(),
            "special_fen": special,
            "payment_after": payment,
            "was_special": cases["was_special"],
            **{f"{_KEY}{name}": cases[f"{_KEY}{name}"] for name in KEYS},
            **{f"{_NEW}{name}": values for name, values in amounts.items()},
        }
    )


def _amounts(cases: pl.DataFrame, name: str) -> Ints:
    found = fen(cases, name)
    found[found == NOT_GIVEN] = 0
    return found


def _left_of(cases: pl.DataFrame, payment: Ints) -> tuple[Ints, Flags]:
    """The payment less what others bear: for the fund if positive; and where that is not known."""
    within, above = (fen(cases, name) for name in ("patient_and_others_yuan", "borne_above_payment_yuan"))
    return payment - within - above, (within < 0) | (above < 0)


def _reasons(cases: pl.DataFrame) -> list[str | None]:
    """The reasons that the cases have, as codes or in words, and the code of the decision."""
    before = cases["pricing_reason"] if "pricing_reason" in cases.columns else [None] * cases.height
    notes = [coded("special_review", case_class or "") for case_class in cases["case_class"]]
    return [together([text, note] if text else [note]) for text, note in zip(before, notes, strict=True)]


# ------------------------------------------------------------------------------------------ what is found out


def _tell(told: FindingsBuilder) -> None:
    """Find the decisions that cannot be applied."""
    cells = told.cells
    approved = cells["approved"]
    unknown = cells["times"] == 0
    told.add(unknown & approved, "decision_case_unknown", leave_out=True)
    told.add(unknown & ~approved, "decision_case_unknown", case=lambda _: "rejected", leave_out=True)
    told.add(cells["times"] > 1, "decision_case_twice", leave_out=True)
    once = cells["times"] == 1
    special = once & (cells["case_class"] == CaseClass.SPECIAL)
    told.add(special, "decision_case_already_special", leave_out=True)
    invalid = once & approved & ((cells["case_class"] == CaseClass.INVALID) | ~cells["usable"])
    told.add(invalid, "decision_case_invalid", leave_out=True)
    joined = once & approved & (cells["case_class"] == CaseClass.JOINED) & told.usable
    told.add(joined, "decision_case_joined", leave_out=True)
    undated = once & approved & cells["year"].is_null() & told.usable
    told.add(undated, "decision_case_undated", leave_out=True)
    told.add(
        approved & told.usable & cells["lacking"].is_not_null(),
        "decision_level_not_known",
        case=lambda row: "" if row["lacking"] == NO_LEVEL else row["lacking"],
        facts=lambda row: {"levels": ", ".join(row["levels"])},
        leave_out=True,
    )
    mine = (approved & told.usable).fill_null(False)
    place = cells.select("hospital_id", "year", mine=mine).select(
        place=pl.col("mine").cast(pl.Int64).cum_sum().over("hospital_id", "year")
    )
    told.add(
        mine & (place["place"] + cells["taken"] > cells["quota"]),
        "decision_over_quota",
        case=lambda row: "taken" if row["taken"] else "",
        facts=lambda row: {"number": row["place"] + row["taken"]},
        more=place,
        leave_out=True,
    )


# --------------------------------------------------------------------------------------------- into the cases


def _put(priced: pl.LazyFrame, chosen: pl.DataFrame) -> pl.LazyFrame:
    """The priced cases with the chosen ones paid as decided; columns keep their types, rows their order."""
    schema = priced.collect_schema()
    names = [*_WORKED_OUT, *(["pricing_reason"] if "pricing_reason" in schema else [])]
    keys = [f"{_KEY}{name}" for name in KEYS]
    new = chosen.lazy().select(*keys, *(pl.col(f"{_NEW}{name}").cast(schema[name]) for name in names))
    joined = priced.join(new, left_on=KEYS, right_on=keys, how="left", maintain_order="left")
    hit = pl.col(f"{_NEW}special_case_payment_yuan").is_not_null()
    zero = pl.lit("0.00").cast(pl.Decimal(18, 2))
    values = {
        "case_class": pl.lit(CaseClass.SPECIAL.value),
        **dict.fromkeys(_NOTHING, zero),
        **{name: pl.col(f"{_NEW}{name}") for name in names},
        # What was decided is no part of what points are paid.
        **({"points": pl.lit(None)} if "points" in schema else {}),
    }
    return joined.with_columns(
        pl.when(hit).then(value.cast(schema[name])).otherwise(pl.col(name).cast(schema[name])).alias(name)
        for name, value in values.items()
    ).select(list(schema))
