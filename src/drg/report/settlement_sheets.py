"""Sheets of the workbook of a settlement that end in totals: the summary to be printed, the whole tables."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.workbook import Book, Heading
from drg.report.document_names import DocumentNames
from drg.report.sheet_totals import Totals
from drg.settlement.accounts import standing
from drg.settlement.settlement_columns import BASES_ZH, SETTLEMENT_COLUMNS, SIMULATED, YEAR_TO_DATE

_COLUMNS: Final = {column.name: column for column in SETTLEMENT_COLUMNS}
SUMMARY: Final = "汇总"
_TITLE: Final = "DRG 结算汇总表"
_TOTAL: Final = "合计"
_ALL: Final = "全部"
_NOT_SIMULATED: Final = "不含异地模拟"
_NAME: Final = "name"
# What adds up over hospitals; shares, factors and the mix index do not.
_ADDED: Final = tuple(
    column.name
    for column in SETTLEMENT_COLUMNS
    if column.kind is Kind.MONEY or column.dtype == pl.Int64 or column.name in ("relative_weight", "points")
)
# What accounts must share to be added up.
_KEYS: Final = ("year", "insurance_type", "basis", "span")
_FROZEN: Final = 6  # up to the period
_SUMMARY_KEYS: Final = ("hospital_id", "insurance_type", "basis", "period")
_SUMMARY_FIGURES: Final = (
    *("cases", "cost_yuan", "payment_yuan", "entitlement_yuan", "deductions_yuan"),
    *("payable_yuan", "instalments_yuan", "balance_yuan", "outcome_yuan"),
)


def write_summary(book: Book, rows: pl.DataFrame, names: DocumentNames) -> None:
    """The first sheet: each account as it stands, and totals; as wide as a page."""
    accounts = standing(rows).sort("year", "hospital_id", "insurance_type", "basis")
    columns = [*_SUMMARY_KEYS, *_SUMMARY_FIGURES]
    headings = {name: _heading(_COLUMNS[name], 9) for name in columns}
    shown = accounts.select(columns)
    if names.hospitals:
        columns.insert(1, _NAME)
        headings[_NAME] = Heading("医疗机构名称", "wrap", 20, "name of the hospital")
        named = [names.name(hospital) or None for hospital in shown["hospital_id"]]
        shown = shown.with_columns(pl.Series(_NAME, named, pl.String))
    frame = shown.select(columns).with_columns(pl.col("basis").replace(BASES_ZH))
    sheet = book.frame(SUMMARY, [headings[name] for name in columns], frame, freeze_columns=1)
    title = f"{names.bureau} {_TITLE}".strip().replace("&", "&&")
    sheet.set_header(f"&C&14{title}&R单位：元")
    looks = {name: headings[name].look for name in columns}
    totals = Totals(book, sheet, looks, _ADDED, frame.height)
    for (_, period), of_period in accounts.group_by("year", "period", maintain_order=True):
        real: list[int] = []
        for key, part in of_period.group_by("insurance_type", "basis", maintain_order=True):
            where = {"insurance_type": key[0], "basis": BASES_ZH[str(key[1])], "period": period}
            row = totals.write({"hospital_id": _TOTAL, **where}, part, where)
            if key[1] not in SIMULATED:
                real.append(row)
        all_real = of_period.filter(~pl.col("basis").is_in(SIMULATED))
        which = _ALL if all_real.height == of_period.height else _NOT_SIMULATED
        texts = {"hospital_id": _TOTAL, "insurance_type": _ALL, "basis": which, "period": period}
        totals.write_sum(texts, all_real, real)


def write_accounts(book: Book, name: str, rows: pl.DataFrame, shown: pl.DataFrame) -> None:
    """A sheet with every figure of the accounts of one span, and their totals by year, insurance and basis.

    Args:
        book: to write to.
        name: of the sheet.
        rows: of the settlement.
        shown: the same with the words of the sheet.
    """
    headings = [_heading(column, _width(column)) for column in SETTLEMENT_COLUMNS]
    names = [column.name for column in SETTLEMENT_COLUMNS]
    sheet = book.frame(name, headings, shown, freeze_columns=_FROZEN)
    looks = {name: heading.look for name, heading in zip(names, headings, strict=True)}
    totals = Totals(book, sheet, looks, _ADDED, rows.height)
    words = shown.select(_KEYS).rename({key: f"shown_{key}" for key in _KEYS})
    for _, part in rows.hstack(words).group_by(_KEYS, maintain_order=True):
        where = {key: part[f"shown_{key}"][0] for key in _KEYS}
        if part["span"][0] == YEAR_TO_DATE:
            # Each month has the year until then: only the last of them adds up over hospitals.
            last = part["period"].max()
            part, where = part.filter(period=last), where | {"period": last}
        totals.write({**where, "hospital_id": _TOTAL}, part, where)


def _heading(column: Column, width: float) -> Heading:
    return Heading(column.label_zh, _look(column), width, f"{column.name}\n{column.meaning}")


def _look(column: Column) -> str:
    if column.name == "year" or column.kind is Kind.TEXT:
        return "code"
    if column.kind is Kind.MONEY:
        return "money"
    others = {"utilisation": "fine_share", "quality_factor": "number", "points": "number"}
    return others.get(column.name, "count" if column.dtype == pl.Int64 else "weight")


def _width(column: Column) -> float:
    if column.kind is Kind.MONEY:
        return 17
    return {"hospital_id": 16.0, "span": 13.0, "year": 7.0}.get(column.name, 11.0)
