"""What deserves a look in a settlement: said once, with what mends it; see ``settlement_notes.csv``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from drg.payment.hospital_groups import BudgetKey, group_of
from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.accounts import standing
from drg.settlement.case_sums import CaseSums
from drg.settlement.exact_decimals import figure
from drg.settlement.settlement_columns import LOCAL, MONTH, YEAR
from drg.settlement.settlement_findings import Finding, finding

# A budget that is so many times the claims, or so small a part of them, is asked about.
_FAR: Final = 2
_NAMES_ZH: Final = {
    "hospital_id": "医疗机构代码",
    "insurance_type": "险种",
    "discharge_date": "出院时间",
    "settlement_date": "结算日期",
}
_PLACE: Final = ("hospital_id", "insurance_type", "period")


def _found(rule: str, place: Mapping[str, Any], **facts: Any) -> Finding:
    return finding(rule, place, facts)


def of_cases(counted: CaseSums, rows: pl.DataFrame, scheme: PaymentScheme) -> Iterator[Finding]:
    """Cases that are in no account, or in no amount; hospitals that the scheme does not name."""
    for column, count in sorted(counted.homeless.items()):
        yield _found("case_without_account", {}, count=count, column=column, column_zh=_NAMES_ZH[column])
    for hospital, count, case in counted.twice:
        place = {"hospital_id": hospital, "case_id": case}
        yield _found("case_twice", place, hospital=hospital, count=count)
    if counted.cases and not counted.has_shares:
        yield _found("patient_share_not_given", {})
    if counted.by_unknown:
        yield _found("scheme_state_not_known", {}, count=counted.by_unknown, scheme=scheme.id)
    period = {"valid_from": str(scheme.valid_from or "…"), "valid_to": str(scheme.valid_to or "…")}
    for year, count in counted.outside.items():
        yield _found("outside_validity", {"period": str(year)}, count=count, scheme=scheme.id, **period)
    for row in standing(rows).filter(pl.col("cases_held") > 0).iter_rows(named=True):
        yield _found("cases_held", _place(row), count=row["cases_held"])
    named = {row.hospital for row in scheme.coefficients.rows if row.hospital} if scheme.coefficients else ()
    for hospital in rows["hospital_id"].unique().sort() if named else ():
        if hospital not in named:
            place = {"hospital_id": hospital}
            yield _found("hospital_not_in_coefficients", place, hospital=hospital, scheme=scheme.id)


def of_strays(strays: Mapping[int, tuple[int, int, int]], closed: Mapping[int, bool]) -> Iterator[Finding]:
    """Years of a few cases, which are not cleared unless it was asked for."""
    for year, (count, largest, others) in strays.items():
        if not closed.get(year, False):
            facts = {"count": count, "year": year, "largest": largest, "others": others}
            yield _found("year_is_stray", {"period": str(year)}, **facts)


def of_payments(rows: pl.DataFrame) -> Iterator[Finding]:
    """Accounts that were paid more than they are due, or that have payments but no cases."""
    last = standing(rows).filter(pl.col("basis") == LOCAL).rename(figure)
    for row in last.iter_rows(named=True):
        paid = row["instalments"] + row["prepayment"]
        is_year = row["span"] == YEAR
        if row["cases"] == 0 and paid + row["deductions"] != 0:
            yield _found("payment_without_cases", _place(row), paid=paid)
        elif row["instalments"] > max(row["entitlement"], 0) or (is_year and row["balance"] < 0):
            due, due_zh = ("payable", "应拨付") if is_year else ("entitlement", "基金应付")
            amounts = {"amount": row[due], "instalments": row["instalments"]}
            over = row["instalments"] - row[due]
            yield _found("paid_above_entitlement", _place(row), over=over, due=due, due_zh=due_zh, **amounts)


def of_scores(years: pl.DataFrame, scores: pl.DataFrame, rules: SettlementRules) -> Iterator[Finding]:
    """Scores that are missing where a year is cleared, or that are for nobody."""
    local = years.filter(pl.col("basis") == LOCAL)
    if rules.deposit or rules.quality:
        for row in local.filter(pl.col("score").is_null()).iter_rows(named=True):
            yield _found("score_missing", _place(row) | {"period": str(row["year"])})
    known = local.select("hospital_id", "year", "insurance_type")
    one = pl.col("insurance_type").is_not_null()
    of_one = scores.filter(one).join(known, on=known.columns, how="anti")
    of_all = scores.filter(~one).join(known, on=("hospital_id", "year"), how="anti")
    nobody = pl.concat([of_one, of_all])
    for row in nobody.sort("row").iter_rows(named=True):
        place = {name: row[name] for name in ("row", "hospital_id", "insurance_type")}
        yield _found("score_for_nobody", place | {"period": str(row["year"])})


def of_budgets(
    rows: pl.DataFrame, budgets: pl.DataFrame, closed: Mapping[int, bool], rules: SettlementRules
) -> Iterator[Finding]:
    """Years that are not cleared, accounts without a budget, budgets without accounts, or not closed."""
    months = rows.filter((pl.col("span") == MONTH) & (pl.col("cases") > 0))
    ends = dict(months.group_by("year").agg(pl.col("period").max()).iter_rows())
    for year, is_closed in sorted(closed.items()):
        last = ends.get(year, "–")
        if not is_closed:
            yield _found("year_not_cleared", {"period": str(year)}, year=year, last=last)
        elif not last.endswith("-12"):
            yield _found("year_cleared_early", {"period": str(year)}, year=year, last=last)
    yield from _months_missing(months, ends)
    if not rules.budgets:
        return
    yield from _of_no_budget(rows, rules)
    closing = set(budgets.select("year", "insurance_type", "hospital_group").iter_rows())
    for budget in rules.budgets:
        if budget.year in closed and budget.key not in closing:
            yield _of_budget("budget_without_accounts", budget.key)
    budgets = budgets.rename(figure)
    is_closed_ = pl.col("closed_by") != "not_possible"
    for row in budgets.filter(is_closed_).iter_rows(named=True):
        pool, claimed = row["pool"], row["claimed"]
        # More often a slip of the pen than a policy.
        if claimed > 0 and not pool <= _FAR * claimed <= _FAR * _FAR * pool:
            yield _of_budget("budget_far_from_claims", _key(row), pool=pool, claimed=claimed)
    for row in budgets.filter(~is_closed_).iter_rows(named=True):
        yield _of_budget("budget_not_closed", _key(row), pool=row["pool"])


def _of_no_budget(rows: pl.DataFrame, rules: SettlementRules) -> Iterator[Finding]:
    """Accounts that share in no budget: hospitals whose group is not known; what has no budget."""
    accounts = rows.filter(pl.col("basis") == LOCAL).select("year", "insurance_type", "hospital_id")
    missing: dict[BudgetKey, None] = {}
    for year, insurance, hospital in accounts.unique().sort(pl.all()).iter_rows():
        if rules.budget_of(year, insurance, hospital):
            continue
        fits = [b for b in rules.budgets if b.year == year and b.insurance in (None, insurance)]
        group = group_of(hospital, year, rules.hospital_groups)
        if fits and group is None:
            place = {"hospital_id": hospital, "insurance_type": insurance, "period": str(year)}
            yield _found("hospital_group_not_known", place, hospital=hospital, year=year)
        else:
            missing[BudgetKey(year, insurance, group if fits else None)] = None
    for key in missing:
        yield _of_budget("budget_missing", key)


def _months_missing(months: pl.DataFrame, ends: Mapping[int, str]) -> Iterator[Finding]:
    """Hospitals that have cases in most months since their first, but not in all: a file may be lacking."""
    found = months.group_by("year", "hospital_id").agg(pl.col("period").unique())
    for year, hospital, periods in found.sort("year", "hospital_id").iter_rows():
        first, last = int(min(periods)[-2:]), int(ends[year][-2:])
        since = [f"{year}-{month:02}" for month in range(first, last + 1)]
        missing = [period for period in since if period not in periods]
        if missing and len(periods) >= len(missing):
            place = {"hospital_id": hospital, "period": str(year)}
            listed = {"months": ", ".join(missing), "months_zh": "、".join(missing)}
            yield _found("month_without_cases", place, **listed)


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in _PLACE}


def _key(row: Mapping[str, Any]) -> BudgetKey:
    return BudgetKey(row["year"], row["insurance_type"], row["hospital_group"])


def _of_budget(rule: str, key: BudgetKey, **facts: Any) -> Finding:
    year, insurance, group = key
    place = {"insurance_type": insurance, "period": str(year)}
    of_group = (
        {"group": f" of {group}", "group_zh": f"（{group}）"} if group else {"group": "", "group_zh": ""}
    )
    return _found(rule, place, **facts, **of_group)
