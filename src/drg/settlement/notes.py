"""What deserves a look in a settlement: said once, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.settlement.cells import CaseSums
from drg.settlement.columns import LOCAL, MONTH, YEAR, YEAR_TO_DATE
from drg.settlement.findings import Finding

# A budget that is so many times the claims, or so small a part of them, is asked about.
_FAR: Final = 2
_NAMES_ZH: Final = {"hospital_id": "医疗机构代码", "insurance_type": "险种", "discharge_date": "出院时间"}


def of_cases(counted: CaseSums, rows: pl.DataFrame, scheme: PaymentScheme) -> Iterator[Finding]:
    """Cases that are in no account, or in no amount; hospitals that the scheme does not name."""
    for column, count in sorted(counted.homeless.items()):
        yield Finding(
            table="cases",
            rule="case_without_account",
            severity=ERROR,
            message=f"{_cases(count)} without a usable {column}: in no account",
            message_zh=f"{count:,} 个病例的{_NAMES_ZH[column]}缺失或无法识别，未计入任何结算",
            fix=f"Fill in {column} (drg check names the rows), price and settle again",
            fix_zh=f"补全{_NAMES_ZH[column]}（drg check 会指出所在行），重新计价和结算",
        )
    for hospital, count, case in counted.twice:
        yield Finding(
            table="cases",
            rule="case_twice",
            severity=ERROR,
            hospital_id=hospital,
            case_id=case,
            message=f"{hospital} has {_cases(count)} more than once in the data: each row is settled",
            message_zh=f"{hospital} 有 {count:,} 个病例重复出现：每一行都已计入结算",
            fix="Give every file once, remove the rows that are repeated, and settle again",
            fix_zh="每个文件只提供一次，删除重复的行后重新结算",
        )
    if counted.cases and not counted.has_shares:
        yield Finding(
            table="cases",
            rule="patient_share_not_given",
            severity=NOTICE,
            message="fund_payment is not known: entitlements include what patients and others bear",
            message_zh="病例没有基金支付：应付金额包含个人和其他支付",
            fix="Add patient_share_yuan and other_payers_yuan before drg price, if the fund's part is wanted",
            fix_zh="如需基金部分，请在 drg price 之前补充个人负担和其他支付两列",
        )
    for row in _last(rows).filter(pl.col("cases_held") > 0).iter_rows(named=True):
        yield Finding(
            table="cases",
            rule="cases_held",
            severity=WARNING,
            **_place(row),
            message=f"{_cases(row['cases_held'])} not settled (invalid, not priced, or with an unknown "
            "patient share): in no amount",
            message_zh=f"{row['cases_held']:,} 个病例暂不能结算（数据无效、无法计价或个人负担不详），"
            "未计入任何金额",
            fix="See pricing_reason of these cases, mend them, price and settle again",
            fix_zh="查看这些病例的支付说明，修正后重新计价和结算",
        )
    yield from _not_named(rows, scheme)


def _not_named(rows: pl.DataFrame, scheme: PaymentScheme) -> Iterator[Finding]:
    named = (
        {row.hospital for row in scheme.coefficients.rows if row.hospital} if scheme.coefficients else set()
    )
    if not named:
        return
    for hospital in rows["hospital_id"].unique().sort():
        if hospital not in named:
            yield Finding(
                table="scheme",
                rule="hospital_not_in_coefficients",
                severity=WARNING,
                hospital_id=hospital,
                message=f"{scheme.id} names no coefficient for {hospital}: that of its level or group, or "
                "the default, was used",
                message_zh=f"支付方案 {scheme.id} 的系数表中没有 {hospital}，使用了级别、病组或默认系数",
                fix=f'Add [[coefficients.rows]] with hospital = "{hospital}", or confirm that none is due; '
                "then drg price and drg settle again",
                fix_zh=f'在 [[coefficients.rows]] 中补充 hospital = "{hospital}"，或确认无需'
                "系数，再重新计价和结算",
            )


def of_payments(rows: pl.DataFrame) -> Iterator[Finding]:
    """Accounts that were paid more than they are due, or that have payments but no cases."""
    last = _last(rows).filter(pl.col("basis") == LOCAL)
    for row in last.iter_rows(named=True):
        paid = row["instalments"] + row["prepayment"]
        if row["cases"] == 0 and paid + row["deductions"] != 0:
            yield Finding(
                table="payments",
                rule="payment_without_cases",
                severity=WARNING,
                **_place(row),
                message=f"{paid:,.2f} yuan were paid, but there are no cases",
                message_zh=f"已拨付 {paid:,.2f} 元，但没有病例",
                fix="Check hospital_id and insurance_type of the payments, or add the cases of the hospital",
                fix_zh="核对拨付记录的医疗机构代码和险种，或补充该院病例",
            )
        elif row["instalments"] > max(row["entitlement"], 0) or (row["span"] == YEAR and row["balance"] < 0):
            is_year = row["span"] == YEAR
            due, due_zh = ("payable", "应拨付") if is_year else ("entitlement", "基金应付")
            over = row["instalments"] - row[due]
            yield Finding(
                table="payments",
                rule="paid_above_entitlement",
                severity=WARNING,
                **_place(row),
                message=f"{over:,.2f} yuan more were paid than are due: {due} {row[due]:,.2f}, "
                f"instalments {row['instalments']:,.2f}",
                message_zh=f"多拨付 {over:,.2f} 元：{due_zh} {row[due]:,.2f}，"
                f"已拨付 {row['instalments']:,.2f}",
                fix=f"Correct the payments, or recover it: add a payment of kind refund, {over:.2f}",
                fix_zh=f"更正拨付记录，或收回多拨金额：增加一行类别为“退回”的记录，金额 {over:.2f}",
            )


def of_scores(years: pl.DataFrame, scores: pl.DataFrame, rules: SettlementRules) -> Iterator[Finding]:
    """Scores that are missing where a year is cleared, or that are for nobody."""
    if rules.deposit or rules.quality:
        lacking = years.filter((pl.col("basis") == LOCAL) & pl.col("score").is_null())
        for row in lacking.iter_rows(named=True):
            yield Finding(
                table="scores",
                rule="score_missing",
                severity=WARNING,
                **_place({**row, "period": str(row["year"])}),
                message="there is no score: the deposit stays withheld, and no quality factor applied",
                message_zh="没有考核得分：保证金暂不返还，未应用考核系数",
                fix="Add the hospital to the table of scores and settle again",
                fix_zh="在考核得分表中补充该院后重新结算",
            )
    known = years.filter(pl.col("basis") == LOCAL).select("hospital_id", "year", "insurance_type")
    one = pl.col("insurance_type").is_not_null()
    nobody = pl.concat(
        [
            scores.filter(one).join(known, on=known.columns, how="anti"),
            scores.filter(~one).join(known, on=("hospital_id", "year"), how="anti"),
        ]
    )
    for row in nobody.sort("row").iter_rows(named=True):
        yield Finding(
            table="scores",
            rule="score_for_nobody",
            severity=WARNING,
            row=row["row"],
            hospital_id=row["hospital_id"],
            insurance_type=row["insurance_type"],
            period=str(row["year"]),
            message="there is a score, but no cleared account for it",
            message_zh="有考核得分，但没有相应的年度清算",
            fix="Check hospital_id, year and insurance_type of the score, and that the year is cleared",
            fix_zh="核对考核得分的医疗机构代码、年度和险种，以及该年度是否已清算",
        )


def of_budgets(
    rows: pl.DataFrame, budgets: pl.DataFrame, closed: Mapping[int, bool], rules: SettlementRules
) -> Iterator[Finding]:
    """Years that are not cleared, accounts without a budget, budgets without accounts, or not closed."""
    months = rows.filter((pl.col("span") == MONTH) & (pl.col("cases") > 0))
    ends = dict(months.group_by("year").agg(pl.col("period").max()).iter_rows())
    for year, is_closed in sorted(closed.items()):
        last = ends.get(year, "–")
        if not is_closed:
            yield Finding(
                table="cases",
                rule="year_not_cleared",
                severity=NOTICE,
                period=str(year),
                message=f"the cases of {year} end with {last}: the year is forecast, not cleared",
                message_zh=f"{year} 年病例截至 {last}：给出全年预测，未作年度清算",
                fix="Add the months to come; a year that is shorter is cleared with --close",
                fix_zh="补充后续月份；如年度确已结束，使用 --close 清算",
            )
        elif not last.endswith("-12"):
            yield Finding(
                table="cases",
                rule="year_cleared_early",
                severity=WARNING,
                period=str(year),
                message=f"the cases of {year} end with {last}, and the year is cleared all the same: "
                "scores and budgets of a whole year are applied to a part of it",
                message_zh=f"{year} 年病例截至 {last}，仍作年度清算：全年的考核和预算用于不足一年的数据",
                fix="Add the months that are missing, or settle without --close",
                fix_zh="补充缺少的月份，或不使用 --close",
            )
    yield from _months_missing(months, ends)
    if not rules.budgets:
        return
    for row in _accounts(rows).iter_rows(named=True):
        fits = [
            b for b in rules.budgets if b.year == row["year"] and b.insurance in (None, row["insurance_type"])
        ]
        if not fits:
            yield Finding(
                table="scheme",
                rule="budget_missing",
                severity=WARNING,
                insurance_type=row["insurance_type"],
                period=str(row["year"]),
                message="the scheme has budgets, but none for this insurance and year: it was not closed",
                message_zh="支付方案没有该险种该年度的预算，未作预算清算",
                fix="Add [[settlement.budgets]] with this insurance and year",
                fix_zh="在 [[settlement.budgets]] 中补充该险种和年度",
            )
    closing = set(budgets.select("year", "insurance_type").iter_rows())
    for budget in rules.budgets:
        if budget.year in closed and (budget.year, budget.insurance) not in closing:
            yield Finding(
                table="scheme",
                rule="budget_without_accounts",
                severity=WARNING,
                insurance_type=budget.insurance,
                period=str(budget.year),
                message="there is a budget, but no account that shares in it",
                message_zh="有预算，但没有参加清算的医院",
                fix="Check year and insurance of the budget in [[settlement.budgets]], or add the cases",
                fix_zh="核对 [[settlement.budgets]] 的 year 和 insurance，或补充病例",
            )
    yield from _far_off(budgets)
    for row in budgets.filter(pl.col("closed_by") == "not_possible").iter_rows(named=True):
        yield Finding(
            table="scheme",
            rule="budget_not_closed",
            severity=ERROR,
            insurance_type=row["insurance_type"],
            period=str(row["year"]),
            message=f"a budget of {row['pool']:,.2f} yuan cannot be closed: nobody is there to share in it, "
            "or what is paid by item already exceeds it",
            message_zh=f"预算 {row['pool']:,.2f} 元无法清算：没有可参与分配的医院，或按项目等支付已超过预算",
            fix="Check amount_yuan, reserve_share and carried_in_yuan of the budget",
            fix_zh="核对预算的 amount_yuan、reserve_share 和 carried_in_yuan",
        )


def _months_missing(months: pl.DataFrame, ends: Mapping[int, str]) -> Iterator[Finding]:
    """Hospitals that have cases in most months since their first, but not in all: a file may be lacking."""
    found = months.group_by("year", "hospital_id").agg(pl.col("period").unique())
    for year, hospital, periods in found.sort("year", "hospital_id").iter_rows():
        first, last = int(min(periods)[-2:]), int(ends[year][-2:])
        since = [f"{year}-{month:02}" for month in range(first, last + 1)]
        missing = [period for period in since if period not in periods]
        if missing and len(periods) >= len(missing):
            yield Finding(
                table="cases",
                rule="month_without_cases",
                severity=WARNING,
                hospital_id=hospital,
                period=str(year),
                message=f"no cases in {', '.join(missing)}",
                message_zh=f"{'、'.join(missing)} 没有病例",
                fix="Add the file of the month, or confirm that the hospital had no discharges",
                fix_zh="补充该月病例文件，或确认该院当月没有出院病例",
            )


def _far_off(budgets: pl.DataFrame) -> Iterator[Finding]:
    """Budgets that are nowhere near what is claimed: more often a slip of the pen than a policy."""
    for row in budgets.filter(pl.col("closed_by") != "not_possible").iter_rows(named=True):
        pool, claimed = row["pool"], row["claimed"]
        if claimed > 0 and not pool <= _FAR * claimed <= _FAR * _FAR * pool:
            yield Finding(
                table="scheme",
                rule="budget_far_from_claims",
                severity=WARNING,
                insurance_type=row["insurance_type"],
                period=str(row["year"]),
                message=f"{pool:,.2f} yuan are to be distributed, and {claimed:,.2f} are claimed",
                message_zh=f"可分配预算 {pool:,.2f} 元，清算前应付合计 {claimed:,.2f} 元，相差悬殊",
                fix="Check amount_yuan of the budget: in yuan, not in units of ten thousand, of the "
                "whole year; and that the cases of all hospitals are there",
                fix_zh="核对预算的 amount_yuan：单位为元（不是万元）、为全年数；并核对各医院病例是否齐全",
            )


def _accounts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("basis") == LOCAL).select("year", "insurance_type").unique().sort(pl.all())


def _last(rows: pl.DataFrame) -> pl.DataFrame:
    """Each account as it stands: the cleared year, or the year to date of the last month."""
    known = rows.filter(pl.col("span").is_in([YEAR, YEAR_TO_DATE]))
    account = ("year", "insurance_type", "basis", "hospital_id")
    ranked = known.sort(pl.col("span") == YEAR, "period", maintain_order=True)
    return ranked.unique(account, keep="last", maintain_order=True).sort(account)


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("hospital_id", "insurance_type", "period")}
