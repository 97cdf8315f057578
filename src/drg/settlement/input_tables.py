"""The tables that a settlement is given: instalments, decisions on special cases, scores of quality.

Each is checked row by row. What cannot be used is left out and named, with what to write instead; what is odd
but can be used is kept and named. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from drg.columns import Column, Kind
from drg.errors import did_you_mean
from drg.records.amounts import exact
from drg.records.dates import dates
from drg.settlement.input_fields import (
    DECISIONS,
    FIRST,
    KINDS,
    MONTH,
    PAYMENTS,
    ROW,
    SCORES,
    Field,
    FindingsBuilder,
    empty,
    months,
    plain,
    read_fields,
)
from drg.settlement.settlement_findings import Finding, finding
from drg.words import in_both

APPROVED: Final = ("同意", "approved", "approve", "通过", "批准", "是", "yes", "y", "true", "1")
REJECTED: Final = ("不同意", "rejected", "reject", "不通过", "不批准", "驳回", "否", "no", "n", "false", "0")

_KINDS_ZH = [words[0] for words in KINDS.values()]
_NOTE = Field("note", "备注", "for people", "供人阅读", needed=False)
_HOSPITAL = Field(
    "hospital_id",
    "医疗机构代码",
    "the hospital, as the cases name it",
    "与病例数据一致",
    others=("医院代码",),
)
_INSURANCE = Field("insurance_type", "险种", "as the cases name it, such as 310", "与病例数据一致，如 310")

PAYMENT_FIELDS: Final = (
    _HOSPITAL,
    _INSURANCE,
    Field("period", "月份", "the month, 2025-03, or a day of it", "2025-03，或该月的某一天"),
    Field("kind", "类别", ", ".join(KINDS), "、".join(_KINDS_ZH)),
    Field("amount_yuan", "金额", "in yuan, not negative", "元，不为负数", others=("金额(元)",)),
    Field("paid_on", "支付日期", "the day of the payment, 2025-03-15", "如 2025-03-15", needed=False),
    _NOTE,
)
DECISION_FIELDS: Final = (
    _HOSPITAL,
    Field("case_id", "病案标识", "the case, as the cases name it", "与病例数据一致"),
    Field("decision", "决定", "approved or rejected; empty: not decided yet", "同意或不同意；空为尚未决定"),
    Field(
        "special_payment_yuan",
        "支付金额",
        "in yuan; empty: what the case cost",
        "元；空为按项目支付",
        needed=False,
        others=("支付金额(元)",),
        former="payment_yuan",
    ),
    _NOTE,
)
SCORE_FIELDS: Final = (
    _HOSPITAL,
    Field("year", "年度", "the year, 2025", "2025", others=("年份",)),
    Field("score", "考核得分", "points from 0 to 100", "0 至 100 分", others=("得分",)),
    Field("insurance_type", "险种", "if it is for one only", "仅适用于一个险种时填写", needed=False),
)

_PAID_ON: Final = Column("paid_on", Kind.DATE, pl.Date, "支付日期", "the day of the payment")
# As the highest cost of a case in pricing.
HIGHEST_DECISION_YUAN: Final = 100_000_000
SCORE_PLACES: Final = 4
_TEXT: Final = pl.String()
SCHEMAS: Final[dict[str, pl.Schema]] = {
    PAYMENTS: pl.Schema(
        {
            ROW: pl.UInt32(),
            **dict.fromkeys(("hospital_id", "insurance_type", "period", "kind"), _TEXT),
            "amount_fen": pl.Int64(),
            "paid_on": pl.Date(),
            "note": _TEXT,
        }
    ),
    DECISIONS: pl.Schema(
        {
            ROW: pl.UInt32(),
            **dict.fromkeys(("hospital_id", "case_id"), _TEXT),
            "approved": pl.Boolean(),
            "special_payment_fen": pl.Int64(),
            "note": _TEXT,
        }
    ),
    SCORES: pl.Schema(
        {
            ROW: pl.UInt32(),
            "hospital_id": _TEXT,
            "year": pl.Int32(),
            "insurance_type": _TEXT,
            "score": pl.Decimal(7, SCORE_PLACES),
        }
    ),
}


@dataclass(frozen=True)
class Checked:
    """A table as the settlement uses it.

    Attributes:
        frame: the rows that can be used, in their order; ``row`` counts the header as row 1.
        findings: what is wrong with the others, and what is odd.
    """

    frame: pl.DataFrame
    findings: tuple[Finding, ...]


def check_payments(frame: pl.DataFrame | pl.LazyFrame) -> Checked:
    """Check a table of instalments and deductions (拨付记录).

    Args:
        frame: text or typed, headers in English or Chinese: hospital_id, insurance_type, period, kind,
            amount_yuan and, if wanted, paid_on and note; other columns are not looked at, but tell rows
            apart.

    Returns:
        row, hospital_id, insurance_type, period (``2025-03``), kind (English), amount_fen, paid_on,
        note. Rows that are given twice, or whose date cannot be read, are kept, with a warning.

    Raises:
        MissingColumnError: a column is absent.
        InputError: two columns are the same, or it is no frame.
    """
    cells = read_fields(frame, PAYMENTS, PAYMENT_FIELDS)
    told = FindingsBuilder(cells)
    _missing(told, "payment", ("hospital_id", "insurance_type"))
    period = months(cells["period"])
    told.cells = cells.with_columns(period.fill_null(cells["period"]).alias(MONTH))
    told.add(period.is_null(), "payment_period_unreadable", case=empty("period"), leave_out=True)
    kinds = {word: kind for kind, others in KINDS.items() for word in (kind, *others)}
    kind = _named(cells["kind"], kinds)
    told.add(kind.is_null(), "payment_kind_unknown", case=empty("kind"), facts=_known_kinds, leave_out=True)
    amounts = exact(cells["amount_yuan"], 2)
    negative = (amounts["value"] < 0).alias("negative")
    told.add(
        amounts["value"].is_null() | negative,
        "payment_amount_unusable",
        case=lambda row: "negative" if row["negative"] else empty("amount_yuan")(row),
        more=negative.to_frame(),
        leave_out=True,
    )
    told.add(amounts["rounded"] & told.usable, "payment_amount_rounded", more=amounts.select("value"))
    told.add(cells[FIRST].is_not_null() & told.usable, "payment_given_twice")
    paid_on = dates(cells["paid_on"], _PAID_ON).values
    told.add(paid_on.is_null() & cells["paid_on"].is_not_null() & told.usable, "payment_date_unreadable")
    # A month is paid day by day from its first day on; a prepayment may come before.
    early = (paid_on < (period + "-01").str.to_date()) & (kind != "prepayment")
    told.add(early & told.usable, "payment_before_its_month")
    made = cells.with_columns(period=period, kind=kind, amount_fen=_fen(amounts), paid_on=paid_on)
    return _checked(told, made, PAYMENTS)


def check_decisions(frame: pl.DataFrame | pl.LazyFrame) -> Checked:
    """Check a table of decisions on special cases (特例单议).

    Args:
        frame: text or typed, headers in English or Chinese: hospital_id, case_id, decision and, if wanted,
            special_payment_yuan and note; other columns are not looked at. ``drg special-cases`` writes such
            a table.

    Returns:
        row, hospital_id, case_id, approved, special_payment_fen (null: what the case cost), note; one row per
        case. Rows without a decision are left out and counted. A case that is decided twice in the same way
        counts once; decided in two ways, it is left out.

    Raises:
        MissingColumnError: a column is absent.
        InputError: two columns are the same, or it is no frame.
    """
    cells = read_fields(frame, DECISIONS, DECISION_FIELDS)
    told = FindingsBuilder(cells)
    open_ = cells["decision"].is_null() & cells["special_payment_yuan"].is_null()
    if count := int(open_.sum()):
        told.findings.append(finding("decision_open", {}, {"count": count}))
    told.usable &= ~open_
    _missing(told, "decision", ("hospital_id", "case_id"), told.usable)
    meant = dict.fromkeys(APPROVED, "y") | dict.fromkeys(REJECTED, "n")
    approved = _named(cells["decision"], meant) == "y"
    unread = approved.is_null() & ~open_
    told.add(unread, "decision_unreadable", case=empty("decision"), leave_out=True)
    amounts = exact(cells["special_payment_yuan"], 2)
    value = amounts["value"]
    given = cells["special_payment_yuan"].is_not_null()
    impossible = given & approved & ~value.is_between(0, HIGHEST_DECISION_YUAN).fill_null(False)
    told.add(impossible, "decision_payment_unusable", leave_out=True)
    told.add(given & ~approved & told.usable, "decision_rejected_with_payment")
    rounded = approved & amounts["rounded"] & told.usable
    told.add(rounded, "decision_payment_rounded", more=value.to_frame())
    told.add(approved & (value == 0) & told.usable, "decision_payment_zero")
    payment = _fen(amounts).set(~approved.fill_null(False), None)
    made = cells.with_columns(approved=approved, special_payment_fen=payment)
    _once(told, made, ("hospital_id", "case_id"), ("approved", "special_payment_fen"), "decision")
    return _checked(told, made, DECISIONS)


def check_scores(frame: pl.DataFrame | pl.LazyFrame) -> Checked:
    """Check a table of the yearly scores of hospitals (年度考核得分).

    Args:
        frame: text or typed, headers in English or Chinese: hospital_id, year, score and, if wanted,
            insurance_type; other columns are not looked at.

    Returns:
        row, hospital_id, year, insurance_type (null: all), score (points with four decimals); one row for
        each hospital, year and insurance.

    Raises:
        MissingColumnError: a column is absent.
        InputError: two columns are the same, or it is no frame.
    """
    cells = read_fields(frame, SCORES, SCORE_FIELDS)
    told = FindingsBuilder(cells)
    _missing(told, "score", ("hospital_id",))
    digits = plain(cells["year"]).str.extract(r"^(\d{4})\s*(?:年度?)?$")
    year = digits.cast(pl.Int32, strict=False)
    year = year.set(~year.is_between(1990, 2099).fill_null(False), None)
    told.add(year.is_null(), "score_year_unreadable", case=empty("year"), leave_out=True)
    points = exact(cells["score"], SCORE_PLACES, "分|points?")
    unusable = ~points["value"].is_between(0, 100).fill_null(False)
    told.add(unusable, "score_out_of_range", case=empty("score"), leave_out=True)
    told.add(points["rounded"] & told.usable, "score_rounded", more=points.select("value"))
    share = (points["value"] > 0) & (points["value"] <= 1) & told.usable
    told.add(share, "score_looks_like_share")
    score = points["value"].set(unusable, None).cast(SCHEMAS[SCORES]["score"])
    made = cells.with_columns(year=year, score=score)
    _once(told, made, ("hospital_id", "year", "insurance_type"), ("score",), "score")
    return _checked(told, made, SCORES)


# -------------------------------------------------------------------------------------------- common to them


def _checked(told: FindingsBuilder, made: pl.DataFrame, table: str) -> Checked:
    schema = SCHEMAS[table]
    return Checked(made.filter(told.usable).select(schema.names()).cast(schema), told.sorted_findings())


def _known_kinds(row: Mapping[str, Any]) -> dict[str, str]:
    """What a payment of a kind that is not known could be."""
    hint = did_you_mean(row["kind"], [*KINDS, *_KINDS_ZH]) if row["kind"] else ""
    listed = ", ".join(f"{kind} {words[0]}" for kind, words in KINDS.items())
    hints = in_both(hint=hint)
    hints["hint"] += " " if hint else ""
    return {**hints, "kinds": listed, "kinds_zh": "、".join(_KINDS_ZH)}


def _fen(amounts: pl.DataFrame) -> pl.Series:
    return (amounts["value"].cast(pl.Decimal(38, 2)) * 100).cast(pl.Int64)


def _named(text: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """What the words mean; null for any other."""
    bare = plain(text).str.replace_all(r"\s", "")
    return bare.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)


def _missing(
    told: FindingsBuilder, what: str, names: tuple[str, ...], among: pl.Series | None = None
) -> None:
    for name in names:
        absent = told.cells[name].is_null()
        rule = f"{what}_{name.removesuffix('_id').removesuffix('_type')}_missing"
        told.add(absent if among is None else absent & among, rule, leave_out=True)


def _once(
    told: FindingsBuilder, made: pl.DataFrame, keys: tuple[str, ...], values: tuple[str, ...], what: str
) -> None:
    """One row for each key: the same again is left out with a warning, another one with all of its kind."""
    rows = made.with_columns(__usable=told.usable)
    usable = rows.filter("__usable").group_by(keys)
    seen = usable.agg(rows=pl.col(ROW), ways=pl.struct(values).n_unique(), kept=pl.col(ROW).min())
    found = rows.join(seen, on=keys, how="left", nulls_equal=True, maintain_order="left")
    several = (found["rows"].list.len() > 1) & told.usable
    differ = several & (found["ways"] > 1)
    again = several & ~differ & (found[ROW] != found["kept"])
    more = found.select("rows", "kept")

    def others(row: Mapping[str, Any]) -> dict[str, str]:
        numbers = [str(number) for number in row["rows"] if number != row[ROW]][:5]
        return {"others": ", ".join(numbers), "others_zh": "、".join(numbers)}

    told.add(differ, f"{what}_twice", facts=others, more=more, leave_out=True)
    told.add(again, f"{what}_repeated", more=more, leave_out=True)
