"""What deserves a look in a settlement: said once, with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.settlement.cells import CaseSums
from drg.settlement.columns import LOCAL, YEAR, YEAR_TO_DATE
from drg.settlement.findings import Finding

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
            message=f"{_cases(row['cases_held'])} not settled (invalid, without a rate, or with an unknown "
            "patient share): in no amount",
            message_zh=f"{row['cases_held']:,} 个病例暂不能结算（数据无效、无费率或个人负担不详），"
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
            message_zh="有考核得分，但没有相应的清算账户",
            fix="Check hospital_id, year and insurance_type of the score, and that the year is cleared",
            fix_zh="核对考核得分的医疗机构代码、年度和险种，以及该年度是否已清算",
        )


def of_budgets(
    rows: pl.DataFrame, budgets: pl.DataFrame, closed: Mapping[int, bool], rules: SettlementRules
) -> Iterator[Finding]:
    """Years that are not cleared, accounts without a budget, budgets without accounts, or not closed."""
    for year, is_closed in sorted(closed.items()):
        if not is_closed:
            spans = rows.filter((pl.col("year") == year) & (pl.col("cases") > 0))
            last = spans.sort("period")["period"].to_list()[-1:] or ["–"]
            yield Finding(
                table="cases",
                rule="year_not_cleared",
                severity=NOTICE,
                period=str(year),
                message=f"the cases of {year} end with {last[0]}: the year is forecast, not cleared",
                message_zh=f"{year} 年病例截至 {last[0]}：给出全年预测，未作年度清算",
                fix="Add the months to come; a year that is shorter is cleared with --close",
                fix_zh="补充后续月份；如年度确已结束，使用 --close 清算",
            )
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
                message_zh="有预算，但没有参与清算的账户",
                fix="Check year and insurance of the budget in [[settlement.budgets]], or add the cases",
                fix_zh="核对 [[settlement.budgets]] 的 year 和 insurance，或补充病例",
            )
    for row in budgets.filter(pl.col("closed_by") == "not_possible").iter_rows(named=True):
        yield Finding(
            table="scheme",
            rule="budget_not_closed",
            severity=ERROR,
            insurance_type=row["insurance_type"],
            period=str(row["year"]),
            message=f"a budget of {row['pool']:,.2f} yuan cannot be closed: nobody is there to share in it, "
            "or what is paid by item already exceeds it",
            message_zh=f"预算 {row['pool']:,.2f} 元无法清算：没有可分配的账户，或按项目等支付已超过预算",
            fix="Check amount_yuan, reserve_share and carried_in_yuan of the budget",
            fix_zh="核对预算的 amount_yuan、reserve_share 和 carried_in_yuan",
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
