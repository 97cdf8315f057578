"""An account → the lines of its statement, in the order in which they follow from each other.

The words of a line and its formula name other figures in braces; every figure that is named stands above, in
the table of case classes (``sum_…``) or in the scheme.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from drg.analysis.statement_account import Account, rounded_share
from drg.analysis.statement_budget import BudgetShare
from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.report import statement_rules as rules_in_words
from drg.report.statement_cases import in_words
from drg.report.statement_closing import closing_lines
from drg.report.statement_sharing import at_most, rounder, shared_lines, total_of
from drg.report.statement_text import Figure, Language, Line, Sheet
from drg.settlement.cells import BESIDE
from drg.settlement.columns import FLOWS, LOCAL
from drg.settlement.settle import NO_RULES

# Figures that are sums over the cases, class by class.
CLASS_SUMS: Final = (
    *("cost", "standard", "shared_cost", "shared_standard", *BESIDE),
    *("patient_share", "surplus_formula", "surplus"),
)


@dataclass(frozen=True)
class Section:
    """Lines under a heading."""

    title: str
    lines: tuple[Line, ...]


def sections(account: Account, scheme: PaymentScheme, language: Language) -> list[Section]:
    """The lines of an account."""
    rules = scheme.settlement or NO_RULES
    classes = {
        name: [
            (in_words("case_class", row["case_class"] or "", language), row[name])
            for row in account.by_class.iter_rows(named=True)
        ]
        for name in CLASS_SUMS
    }
    sheet = Sheet(_figures(account.row), language, classes)
    made: list[tuple[tuple[str, str], Iterator[Line]]] = [
        (("病例差额", "Cases: surplus"), _surplus_of_cases(sheet)),
        (("结余留用与超支分担", "Surplus kept, overrun shared"), shared_lines(sheet, account, rules)),
        (("支付合计", "Payment"), _payment(sheet)),
        (("基金应付", "Entitlement"), _entitlement(sheet, account, rules)),
        (("应拨付", "Payable"), _payable(sheet, account, rules)),
        (("已拨付与余额", "Instalments and balance"), _balance(sheet, account, rules)),
        (("医院盈亏", "The hospital's result"), _outcome(sheet)),
        (("点数法病例清算", "Cases by the value of a point"), _cleared_cases(sheet, account)),
    ]
    if account.forecast is not None and account.budget is not None:
        expected = Sheet(_figures(account.forecast), language)
        title = (
            "全年预测与预算清算（仅供参考）",
            "The year and its budget at the present pace (for information)",
        )
        made.append((title, _expected(expected, account.budget, rules)))
    # Lines refer to lines above: they are made in order.
    found = []
    for (zh, en), lines in made:
        section = Section(zh if language == "zh" else en, tuple(lines))
        if section.lines:
            found.append(section)
    return found


def _figures(row: Mapping[str, Any]) -> dict[str, Figure]:
    figures = {column.name: Figure(row[column.name]) for column in FLOWS}
    numbers = {name: Figure(row[name], "number") for name in ("points", "quality_factor")}
    return figures | numbers


def _expected(sheet: Sheet, share: BudgetShare, rules: SettlementRules) -> Iterator[Line]:
    """How the budget would be closed if the months to come are as those that were.

    The lines have the names of those above, with the figures of the forecast: each that is referred to is
    here again.
    """
    given = (
        "全年预测：已有月份的病例合计 × 12 ÷ 已有月数，再按方案计算",
        "forecast: the sums of the cases × 12 ÷ the months so far, then by the scheme",
    )
    names = ["payment", "patient_share"]
    if share.closing["closed_by"] == "point_value":
        names += ["shared_payment"]
    elif share.closing["closed_by"] == "hospitals_over":
        names += ["overrun_fund", "cap_effect"]
    for name in names:
        yield sheet.line(name, None, *given)
    if rules.quality:
        none = ("预测不含考核", "no score yet")
        yield sheet.line("quality_factor", None, *none)
        yield sheet.line("quality_adjustment", None, *none)
    words, formula = "{payment} − {patient_share}", "{payment}-{patient_share}"
    due = sheet.figures["payment"].value - sheet.figures["patient_share"].value
    yield sheet.line("due", due, words, words, formula=formula)
    yield from closing_lines(sheet, share, rules)
    words, formula = "{due} + {budget_adjustment}", "{due}+{budget_adjustment}"
    yield sheet.line("entitlement", None, words, words, formula=formula)


def _surplus_of_cases(sheet: Sheet) -> Iterator[Line]:
    yield total_of(sheet, "cost")
    yield total_of(sheet, "standard")
    yield total_of(sheet, "surplus_formula")
    yield total_of(sheet, "surplus")
    yield sheet.line(
        "surplus_adjustment",
        None,
        "{surplus} − {surplus_formula}",
        "{surplus} − {surplus_formula}",
        formula="{surplus}-{surplus_formula}",
    )


def _payment(sheet: Sheet) -> Iterator[Line]:
    for name in BESIDE:
        yield total_of(sheet, name)
    names = ("shared_payment", *BESIDE)
    words = " + ".join(f"{{{name}}}" for name in names)
    yield sheet.line("payment", None, words, words, formula="+".join(f"{{{name}}}" for name in names))


def _entitlement(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    row = account.row
    yield total_of(sheet, "patient_share")
    due = row["payment"] - row["patient_share"]
    words = "{payment} − {patient_share}"
    yield sheet.line("due", due, words, words, formula="{payment}-{patient_share}")
    terms = ["due"]
    if account.cleared and row["basis"] == LOCAL:
        if rules.quality:
            yield from _quality(sheet, account, rules)
            terms.append("quality_adjustment")
        if account.budget:
            yield from closing_lines(sheet, account.budget, rules)
            terms.append("budget_adjustment")
    words = " + ".join(f"{{{name}}}" for name in terms)
    yield sheet.line("entitlement", None, words, words, formula="+".join(f"{{{name}}}" for name in terms))


def _quality(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    rule = rules_in_words.quality(rules)
    yield sheet.line("score", account.score, "考核得分表", "the table of scores", look="number")
    if account.score is None:
        missing = ("没有得分，系数按 1", "no score: the factor is 1")
    else:
        missing = ("按 {score} 查考核系数表", "the row of {score}")
    yield sheet.line("quality_factor", None, *missing, rule=rule)
    by_points = account.budget is not None and account.budget.closing["closed_by"] == "point_value"
    base = "shared_payment" if by_points or _points_budget(account) else "due"
    zh, en = rules_in_words.rounding(rules)
    words = f"{{{base}}} × ({{quality_factor}} − 1)"
    yield sheet.line(
        "quality_adjustment",
        None,
        f"{words}，{zh}",
        f"{words}, {en}",
        formula=rounder(rules)(f"{{{base}}}*({{quality_factor}}-1)"),
        rule=rule,
    )


def _points_budget(account: Account) -> bool:
    return account.budget is not None and account.budget.budget.excess == "point_value"


def _payable(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    terms = [("", "entitlement")]
    local = account.row["basis"] == LOCAL
    if rules.deposit and local:
        yield from _deposit(sheet, account, rules)
        terms.append(("−", "deposit"))
        if account.deposit_share_returned is not None:
            terms.append(("+", "deposit_returned"))
    if rules.disbursement and local and not account.cleared:
        yield from _held_back(sheet, rules)
        terms.append(("−", "held_back"))
    if local:
        yield sheet.line("deductions", None, "审核扣款记录合计", "sum of the deductions given")
        yield sheet.line("prepayment", None, "预付金记录合计", "sum of the prepayments given")
        terms.append(("−", "deductions"))
        if account.cleared:
            terms.append(("−", "prepayment"))
        elif rules.prepayment:
            yield from _recovered(sheet, account, rules)
            terms.append(("−", "prepayment_recovered"))
    words = " ".join(f"{sign} {{{name}}}".strip() for sign, name in terms)
    formula = "".join(f"{sign.replace('−', '-')}{{{name}}}" for sign, name in terms)
    if account.row["basis"] not in (LOCAL, "off_site"):
        yield sheet.line("payable", None, "异地模拟，不拨付", "a simulation: nothing is paid")
        return
    yield sheet.line("payable", None, words, words, formula=formula)


def _deposit(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    assert rules.deposit is not None
    zh, en = rules_in_words.rounding(rules)
    share = rules.deposit.share
    words = f"{{due}} × {rules_in_words.percent(share)}"
    yield sheet.line(
        "deposit",
        None,
        f"{words}，{zh}",
        f"{words}, {en}",
        formula=rounder(rules)(f"MAX(0,{{due}})*{share}"),
        rule=rules_in_words.deposit(rules),
    )
    if account.deposit_share_returned is None:
        return
    if not rules.quality:
        yield sheet.line("score", account.score, "考核得分表", "the table of scores", look="number")
    yield sheet.line(
        "deposit_share_returned",
        account.deposit_share_returned,
        "按 {score} 查返还比例表",
        "the row of {score}",
        look="share",
        rule=rules_in_words.returned(rules),
    )
    words = "{deposit} × {deposit_share_returned}"
    yield sheet.line(
        "deposit_returned",
        None,
        f"{words}，{zh}",
        f"{words}, {en}",
        formula=rounder(rules)("{deposit}*{deposit_share_returned}"),
    )
    words = "{deposit} − {deposit_returned}"
    yield sheet.line("deposit_forfeited", None, words, words, formula="{deposit}-{deposit_returned}")


def _held_back(sheet: Sheet, rules: SettlementRules) -> Iterator[Line]:
    assert rules.disbursement is not None
    zh, en = rules_in_words.rounding(rules)
    share = rules.disbursement.monthly_share
    deposit = "deposit" if rules.deposit else ""
    monthly = rounded_share(max(sheet.figures["due"].value, Decimal(0)), share, rules)
    words = f"{{due}} × {rules_in_words.percent(share)}"
    yield sheet.line(
        "monthly_due",
        monthly,
        f"{words}，{zh}",
        f"{words}, {en}",
        formula=rounder(rules)(f"MAX(0,{{due}})*{share}"),
        rule=rules_in_words.disbursement(rules),
    )
    words = "{due} − {monthly_due}" + (" − {deposit}" if deposit else "")
    formula = "MAX(0,{due})-{monthly_due}" + ("-{deposit}" if deposit else "")
    yield sheet.line(
        "held_back", None, f"{words}，为负时取 0", f"{words}, 0 if negative", formula=f"MAX(0,{formula})"
    )


def _recovered(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    assert rules.prepayment is not None
    months = rules.prepayment.recover_months
    gone = min(int(account.row["period"][-2:]), months)
    zh, en = rules_in_words.rounding(rules)
    words, bounded = f"{{prepayment}} × {gone} ÷ {months}", at_most(rules, "prepayment")
    formula = bounded.formula(rounder(rules)(f"{{prepayment}}*{gone}/{months}"))
    zh, en = f"{words}，{zh}{bounded.zh}", f"{words}, {en}{bounded.en}"
    if gone == months:
        zh, en = (
            f"{{prepayment}}；满 {months} 个月，全部收回",
            f"{{prepayment}}; all of it after {months} months",
        )
        formula = "{prepayment}"
    rule = rules_in_words.prepayment(rules)
    yield sheet.line("prepayment_recovered", None, zh, en, formula=formula, rule=rule)


def _balance(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    if account.row["basis"] != LOCAL:
        yield sheet.line(
            "instalments", None, "拨付记录只记本地人群", "payments are given for local patients only"
        )
    else:
        if rules.disbursement and rules.disbursement.daily_share:
            yield _daily_due(sheet, rules)
        for name in ("daily_paid", "monthly_paid", "supplements", "refunds"):
            yield sheet.line(name, None, "拨付记录合计", "sum of the payments given")
        words = "{daily_paid} + {monthly_paid} + {supplements} − {refunds}"
        formula = "{daily_paid}+{monthly_paid}+{supplements}-{refunds}"
        rule = rules_in_words.disbursement(rules)
        yield sheet.line("instalments", None, words, words, formula=formula, rule=rule)
    words = "{payable} − {instalments}"
    yield sheet.line(
        "balance",
        None,
        f"{words}；正数为医保应补付，负数为医院应退回",
        f"{words}; positive: due to the hospital, negative: owed by it",
        formula="{payable}-{instalments}",
    )


def _daily_due(sheet: Sheet, rules: SettlementRules) -> Line:
    """What day by day should have come to; to compare, in no other figure."""
    assert rules.disbursement is not None
    zh, en = rules_in_words.rounding(rules)
    share = rules.disbursement.daily_share
    words = f"{{due}} × {rules_in_words.percent(share)}"
    return sheet.line(
        "daily_due",
        None,
        f"{words}，{zh}；供核对，不计入余额",
        f"{words}, {en}; to compare with, in no other figure",
        formula=rounder(rules)(f"MAX(0,{{due}})*{share}"),
    )


def _outcome(sheet: Sheet) -> Iterator[Line]:
    words = "{entitlement} + {patient_share} − {cost}"
    yield sheet.line("outcome", None, words, words, formula="{entitlement}+{patient_share}-{cost}")


def _cleared_cases(sheet: Sheet, account: Account) -> Iterator[Line]:
    share = account.budget
    if not account.cleared or share is None or share.closing["point_value"] is None:
        return
    cases = account.total.get("cleared_payment")
    if cases is None:
        return
    entitled = account.row["entitlement"] + account.row["patient_share"]
    yield sheet.line(
        "cleared_cases",
        cases,
        "病例表清算支付之和：结算点数 × 考核系数 × 点值（四舍五入到分）+ 点数以外的支付",
        "sum over the cases: points × factor × point value, half up to the fen, + what is paid beside points",
        formula="{sum_cleared_payment}",
    )
    words = "{entitlement} + {patient_share}"
    yield sheet.line("cleared_account", entitled, words, words, formula="{entitlement}+{patient_share}")
    words = "{cleared_account} − {cleared_cases}"
    yield sheet.line(
        "rounding_difference", entitled - cases, words, words, formula="{cleared_account}-{cleared_cases}"
    )
