"""A settlement on the console: totals, budgets, the hospitals that gain and lose most, what needs a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.settlement_totals import by_insurance, by_rule, ranked
from drg.records.findings import ERROR, WARNING
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.prices import amount
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import BASES_ZH, FORECAST, LOCAL
from drg.words import Both, Sentence, column_in, said

_MOST_COLUMNS: Final = 3
_SPANS: Final = {
    "year": Sentence("year"),
    "year_to_date": Sentence("to date"),
    "forecast": Sentence("forecast"),
}
CLOSED_ZH: Final = {
    "common_factor": "统一系数",
    "hospitals_over": "收回超支分担",
    "carried_over": "结转下年",
    "fund": "基金承担",
    "point_value": "点值",
    "balanced": "平衡",
    "not_possible": "无法清算",
}


def print_settlement(console: Console, settlement: Settlement, language: str) -> None:
    """All of the summary."""
    of = partial(said, language=language)
    _print_totals(console, settlement.rows, language)
    if not settlement.budgets.is_empty():
        _print_budgets(console, settlement.budgets, language)
    best, worst = ranked(settlement.rows)
    _print_hospitals(console, of("Largest surplus"), best, language)
    _print_hospitals(console, of("Largest overrun"), worst, language)
    if not settlement.findings.is_empty():
        print_findings(console, settlement.findings, language)
    if settlement.scheme.status == "illustrative":
        id_ = settlement.scheme.id
        say(console, of("{id}: {illustrative}.", id=id_, illustrative=Both(ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH)))


def warnings(findings: pl.DataFrame, language: str) -> list[str]:
    """What nobody may overlook, also who asked for quiet: errors and warnings by rule, the first of each."""
    serious = findings.filter(pl.col("severity").is_in([ERROR, WARNING]))
    return [
        f"{row['rule']} × {row['count']:,}: {_place(row, language)}"
        + said(
            "{message}. {fix}",
            language,
            message=Both(row["message"], row["message_zh"]),
            fix=Both(row["fix"], row["fix_zh"]),
        )
        for row in by_rule(serious).iter_rows(named=True)
    ]


def _print_totals(console: Console, rows: pl.DataFrame, language: str) -> None:
    of = partial(said, language=language)
    sums = by_insurance(rows).to_dicts()
    heads, columns = [], []
    for row in sums:
        basis = "" if row["basis"] == LOCAL else f" {Both(row['basis'], BASES_ZH[row['basis']]).to(language)}"
        heads.append(f"{row['insurance_type']}{basis}\n{row['period']} {_SPANS[row['span']].to(language)}")
        columns.append(
            {
                of("hospitals"): f"{row['hospitals']:,}",
                of("cases"): f"{row['cases']:,}",
                of("CMI"): "–" if row["cmi"] is None else f"{row['cmi']:.4f}",
                of("cost"): amount(row["cost_yuan"]),
                of("standard"): amount(row["standard_yuan"]),
                of("utilisation"): ("–" if row["utilisation"] is None else f"{row['utilisation']:.2%}"),
                of("payment"): amount(row["payment_yuan"]),
                of("entitlement"): amount(row["entitlement_yuan"]),
                of("deposit"): amount(row["deposit_yuan"] - row["deposit_returned_yuan"]),
                of("held back"): amount(row["held_back_yuan"]),
                of("deductions"): amount(row["deductions_yuan"]),
                of("prepayment"): amount(row["prepayment_taken_yuan"]),
                of("payable"): amount(row["payable_yuan"]),
                of("instalments"): amount(row["instalments_yuan"]),
                of("balance"): amount(row["balance_yuan"]),
            }
        )
    # What is nothing anywhere is not in the way of what is something.
    used = (
        [name for name in columns[0] if any(column[name] != "0.00" for column in columns)] if columns else []
    )
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, of("Totals (yuan)"), heads, columns)
    held = sum(row["cases_held"] for row in sums if row["span"] != FORECAST)
    if held:
        say(
            console,
            of("{held:,} cases are held: they are in no amount.", held=held),
        )


def _print_budgets(console: Console, budgets: pl.DataFrame, language: str) -> None:
    of = partial(said, language=language)
    heads, columns = [], []
    for row in budgets.iter_rows(named=True):
        insurance = row["insurance_type"] or of("all insurances")
        group = f" {row['hospital_group']}" if row["hospital_group"] else ""
        heads.append(f"{insurance}{group}\n{row['year']} {_SPANS[row['span']].to(language)}")
        column = {
            of("closed by"): Both(row["closed_by"], CLOSED_ZH[row["closed_by"]]).to(language),
            of("budget"): amount(row["budget_yuan"]),
            of("reserve used"): amount(row["reserve_used_yuan"]) if row["reserve_used_yuan"] else "–",
            of("to distribute"): amount(row["pool_yuan"]),
            of("claimed"): amount(row["claimed_yuan"]),
            of("factor"): "–" if row["factor"] is None else f"{row['factor']:.8f}",
            of("point value"): "–" if row["point_value"] is None else f"{row['point_value']:.8f}",
            of("paid"): amount(row["paid_yuan"]),
            of("carried out"): amount(row["carried_out_yuan"]),
            of("borne by fund"): amount(row["borne_by_fund_yuan"]),
        }
        columns.append(column)
    used = [name for name in columns[0] if any(column[name] != "–" for column in columns)]
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, of("Budgets"), heads, columns)


def _print_side_by_side(
    console: Console, title: str, heads: Sequence[str], columns: Sequence[Mapping[str, str]]
) -> None:
    """Figures as rows, accounts as columns; as many tables as it takes, for no amount may be cut."""
    for start in range(0, len(columns), _MOST_COLUMNS):
        part = columns[start : start + _MOST_COLUMNS]
        rows = [(name, *(column[name] for column in part)) for name in part[0]]
        show(console, ("", *heads[start : start + _MOST_COLUMNS]), "w" + "n" * len(part), rows, title=title)


def _print_hospitals(console: Console, title: str, rows: pl.DataFrame, language: str) -> None:
    if rows.is_empty():
        return
    heads = said("hospital,cases,cost,entitlement,outcome,balance", language)
    names = ("cost_yuan", "entitlement_yuan", "outcome_yuan", "balance_yuan")
    lines = [
        (row["hospital_id"], f"{row['cases']:,}", *(amount(row[name]) for name in names))
        for row in rows.iter_rows(named=True)
    ]
    show(console, heads.split(","), "wnnnnn", lines, title=title)


def print_findings(console: Console, findings: pl.DataFrame, language: str) -> None:
    """Findings counted by rule, each with its first and what mends it."""
    heads = said("severity,rule,count,first of them,fix", language)
    message, fix = column_in(language, "message"), column_in(language, "fix")
    rows = [
        (
            severity_in(row["severity"], language),
            row["rule"],
            f"{row['count']:,}",
            f"{_place(row, language)}{row[message]}",
            row[fix],
        )
        for row in by_rule(findings).iter_rows(named=True)
    ]
    show(console, heads.split(","), "wtntt", rows, title=said("Findings", language))


def _place(row: dict[str, Any], language: str) -> str:
    at = said("row {row}", language, row=row["row"])
    parts = [at] if row["row"] is not None else []
    parts += [row[name] for name in ("hospital_id", "insurance_type", "period", "case_id") if row[name]]
    return f"{' '.join(parts)}: " if parts else ""
