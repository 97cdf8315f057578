"""The public face of settlement: priced cases in, accounts of hospitals out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.payment import Pricer
from drg.payment.load_scheme import LoadedScheme, as_loaded
from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.records.binding import without_unread
from drg.records.cases import Cases
from drg.records.former_names import check_names
from drg.records.short_table import ShortTable
from drg.settlement import accounts
from drg.settlement import settlement_notes as notes
from drg.settlement.budgets import BUDGET_SCHEMA, close_budgets, closes_by_points
from drg.settlement.case_sums import sums
from drg.settlement.evaluation import Accounts
from drg.settlement.exact_decimals import as_decimals
from drg.settlement.input_fields import DECISIONS, PAYMENTS, SCORES
from drg.settlement.input_tables import SCHEMAS, Checked, check_decisions, check_payments, check_scores
from drg.settlement.settlement_columns import (
    ACCOUNT,
    FORECAST,
    SCORE_COLUMNS,
    SETTLEMENT_COLUMNS,
    SPANS,
    YEAR,
)
from drg.settlement.settlement_findings import Finding, findings_frame
from drg.settlement.special_case_decisions import Decided, apply_decisions

NO_RULES: Final = SettlementRules(source="the scheme has no section [settlement]")


@dataclass(frozen=True, repr=False)
class Settlement(ShortTable):
    """The accounts of hospitals.

    Attributes:
        rows: an account is a hospital, an insurance, a basis and a year; a row for each of its months, for
            the year to date of each, and for the year (cleared) or its forecast. Columns: see
            ``settlement_columns.SETTLEMENT_COLUMNS``; amounts in yuan, exact.
        budgets: how each budget was closed, or would be at the present pace; see ``BUDGET_SCHEMA``.
        budget_shares: how that came to each account, line by line; see ``budgets.SHARE_SCHEMA``.
        decisions: the decisions on special cases that were applied.
        findings: what is wrong with the tables that were given, and what deserves a look.
        scheme: by which it was settled.
        closed: whether each year was cleared.
        cases: the priced cases after the decisions, typed as ``Cases.lazy`` does, to be read when they
            are needed.
        scores: of the accounts of cleared years: ``settlement_columns.ACCOUNT``, ``score`` and
            ``deposit_share_returned``; null where there is none.
    """

    rows: pl.DataFrame
    budgets: pl.DataFrame
    budget_shares: pl.DataFrame
    decisions: pl.DataFrame
    findings: pl.DataFrame
    scheme: PaymentScheme
    closed: dict[int, bool]
    cases: pl.LazyFrame
    scores: pl.DataFrame

    def _short(self) -> tuple[str, pl.DataFrame]:
        amounts = ("payment_yuan", "payable_yuan", "balance_yuan")
        columns = ("hospital_id", "insurance_type", "basis", "year", "span", *amounts)
        years = self.rows.filter(pl.col("span").is_in(["year", "forecast"])).select(columns)
        years = years.with_columns(pl.col("year").cast(pl.String))
        return f"Settlement by {self.scheme.id}: {years.height:,} accounts, in yuan", years


def settle(
    priced: Any,
    scheme: str | Path | LoadedScheme | Pricer,
    *,
    payments: Any = None,
    decisions: Any = None,
    scores: Any = None,
    close: bool | None = None,
) -> Settlement:
    """Settle priced cases: what each hospital keeps, bears, is due and has been paid.

    Args:
        priced: what ``drg.price`` gives, with hospital_id, insurance_type and discharge_date: all that
            ``Cases.of`` takes; one year or several.
        scheme: by which the cases were priced; its section ``[settlement]`` has the rules.
        payments: instalments and deductions; see ``input_tables.PAYMENT_FIELDS``.
        decisions: on special cases; see ``input_tables.DECISION_FIELDS``.
        scores: of the year's quality; see ``input_tables.SCORE_FIELDS``.
        close: clear every year (True) or none (False); None: those that have cases in December, but for years
            of a few cases beside a year of many.

    Raises:
        MissingColumnError: if a column is absent.
        InputError: if the cases were priced by another scheme, or a column holds what it cannot hold.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    loaded = scheme.loaded if isinstance(scheme, Pricer) else as_loaded(scheme)
    model = loaded.scheme
    rules = model.settlement or NO_RULES
    frame = Cases.of(priced).lazy(own=True, marked=True)
    check_names(frame.collect_schema().names())
    told: list[Finding] = []
    paid = _checked(payments, check_payments, PAYMENTS, told)
    scored = _checked(scores, check_scores, SCORES, told)
    decided = _decided(frame, _checked(decisions, check_decisions, DECISIONS, told), model, rules)
    told += decided.findings
    counted = sums(decided.frame, model, loaded.pricing_digest)
    formulas = Accounts(rules, closes_by_points(rules))
    by_month = accounts.by_month(counted.frame, paid)
    years = accounts.whole_year(by_month)
    last = dict(years.select("year", "last").unique().rows())
    strays = accounts.stray_years(years)
    closed = {
        year: month == 12 and year not in strays if close is None else close
        for year, month in sorted(last.items())
    }
    is_closed = pl.col("year").is_in([year for year, is_over in closed.items() if is_over])
    over = accounts.with_scores(years.filter(is_closed), scored, rules)
    cleared, budgets, shares = _closed(over, formulas, rules, YEAR)
    # At the present pace, budgets included, scores not.
    pace = accounts.without_scores(accounts.at_pace(years.filter(~is_closed))).drop("budget_adjustment")
    forecast, expected, more_shares = _closed(pace, formulas, rules, FORECAST)
    months = accounts.months(by_month, formulas)
    rows = pl.concat([months, cleared, forecast], how="diagonal_relaxed").sort(
        *ACCOUNT, pl.col("span").cast(pl.Enum(SPANS)), "period"
    )
    table = as_decimals(rows, SETTLEMENT_COLUMNS)
    closings = pl.DataFrame([*budgets, *expected], schema=BUDGET_SCHEMA, orient="row")
    told += notes.of_cases(counted, table, model)
    told += notes.of_strays(strays, closed)
    told += notes.of_payments(table)
    told += notes.of_scores(cleared, scored, rules)
    told += notes.of_budgets(table, closings, closed, rules)
    return Settlement(
        rows=table,
        budgets=closings,
        budget_shares=pl.concat([shares, more_shares]),
        decisions=decided.applied,
        findings=findings_frame(told),
        scheme=model,
        closed=closed,
        cases=decided.frame.select(without_unread(decided.frame.collect_schema())),
        scores=as_decimals(cleared, SCORE_COLUMNS).with_columns(cleared["score"]),
    )


def _checked(given: Any, check: Any, table: str, told: list[Finding]) -> pl.DataFrame:
    if given is None:
        return pl.DataFrame(schema=SCHEMAS[table])
    checked: Checked = check(given)
    told += checked.findings
    return checked.frame


def _decided(
    frame: pl.LazyFrame, decisions: pl.DataFrame, scheme: PaymentScheme, rules: SettlementRules
) -> Decided:
    return apply_decisions(frame, decisions, rules.special, out_of_cost=scheme.out_of_cost)


def _closed(
    years: pl.DataFrame, formulas: Accounts, rules: SettlementRules, span: str
) -> tuple[pl.DataFrame, list[dict[str, Any]], pl.DataFrame]:
    """The rows of years, their budgets closed; the budgets, and the share of each account in them."""
    before = formulas.worked_out(years, cleared=True)
    found, budgets, shares = close_budgets(before, formulas, rules, span)
    found = formulas.worked_out(found, cleared=True)
    return found.with_columns(span=pl.lit(span), period=pl.col("year").cast(pl.String)), budgets, shares
