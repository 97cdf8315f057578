"""The lines of sharing: who keeps a surplus, who bears an overrun, and between which limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from drg.analysis.statement_account import (
    Account,
    Slice,
    overrun_slices,
    rounded_share,
    surplus_slices,
    whole_share,
)
from drg.payment.settlement_rules import SettlementRules
from drg.report import statement_rules as rules_in_words
from drg.report.statement_text import Line, Sheet


def total_of(sheet: Sheet, name: str) -> Line:
    """A figure that the table of case classes adds up."""
    return sheet.total(name)


def rounder(rules: SettlementRules) -> Callable[[str], str]:
    """How a spreadsheet rounds shares of amounts."""
    rule = rules.rounding
    places = 0 if rule is not None and rule.unit == "yuan" else 2
    if rule is not None and rule.mode == "down":
        # A binary product that falls short of a whole by its own error must not be cut to the one below.
        return lambda text: f"ROUNDDOWN(ROUND({text},6),{places})"
    return lambda text: f"ROUND({text},{places})"


class Bound(NamedTuple):
    """That a rounded share is not more than the whole: in words, and around a formula."""

    zh: str
    en: str
    formula: Callable[[str], str]


def at_most(rules: SettlementRules, whole: str) -> Bound:
    """The bound of a share; none is needed where half up to the fen cannot go beyond the whole."""
    if rules.rounding is None or rules.rounding.unit == "fen" or rules.rounding.mode == "down":
        return Bound("", "", lambda text: text)
    return Bound("，但不超过全额", ", but not more than all of it", lambda text: f"MIN({{{whole}}},{text})")


def shared_lines(sheet: Sheet, account: Account, rules: SettlementRules) -> Iterator[Line]:
    """From standard and cost of the cases that share to what is paid by group."""
    row = account.row
    standard, cost = max(row["shared_standard"], Decimal(0)), row["shared_cost"]
    yield total_of(sheet, "shared_standard")
    yield total_of(sheet, "shared_cost")
    yield sheet.line(
        "utilisation",
        row["utilisation"],
        "{shared_cost} ÷ {shared_standard}",
        "{shared_cost} ÷ {shared_standard}",
        formula="IF({shared_standard}>0,{shared_cost}/{shared_standard},0)" if standard > 0 else "",
        look="fine_share",
    )
    yield sheet.line("band", row["band"], look="text")
    rounded = rules_in_words.rounding(rules)
    # The side that is empty is shown too, in a line: zero is an answer.
    yield sheet.line(
        "surplus_available",
        None,
        "{shared_standard} − {shared_cost}，为负时取 0",
        "{shared_standard} − {shared_cost}, 0 if negative",
        formula="MAX(0,MAX(0,{shared_standard})-{shared_cost})",
    )
    if row["surplus_available"] > 0:
        yield from _kept(sheet, rules, standard, cost, rounded)
    yield sheet.line(
        "overrun",
        None,
        "{shared_cost} − {shared_standard}，为负时取 0",
        "{shared_cost} − {shared_standard}, 0 if negative",
        formula="MAX(0,{shared_cost}-MAX(0,{shared_standard}))",
    )
    if row["overrun"] > 0:
        yield from _borne(sheet, rules, standard, cost, rounded)
    yield from _limits(sheet, rules, row["shared_standard"])
    terms = [("", "shared_standard")]
    if row["surplus_available"] > 0:
        terms.append(("−", "surplus_returned"))
    if row["overrun"] > 0:
        terms.append(("+", "overrun_fund"))
    terms += [("+", name) for name in ("cap_effect", "floor_effect") if _limited(rules, name)]
    words = " ".join(f"{sign} {{{name}}}".strip() for sign, name in terms)
    formula = "".join(f"{sign.replace('−', '-')}{{{name}}}" for sign, name in terms)
    yield sheet.line("shared_payment", None, words, words, formula=formula)


def _kept(
    sheet: Sheet, rules: SettlementRules, standard: Decimal, cost: Decimal, rounded: tuple[str, str]
) -> Iterator[Line]:
    rule = rules_in_words.surplus(rules)
    if rules.surplus is None:
        words = "{surplus_available}"
        yield sheet.line("surplus_retained", None, words, words, formula=words, rule=rule)
    elif rules.surplus.mode == "whole":
        bands = [(band.utilisation_at_least, band.hospital_keeps) for band in rules.surplus.bands]
        yield _by_whole(
            sheet, rules, "surplus_retained", "surplus_available", whole_share(bands, standard, cost), rule
        )
    else:
        yield from _by_slices(
            sheet, rules, "surplus_retained", surplus_slices(rules, standard, cost), rule, rounded
        )
    yield sheet.line(
        "surplus_returned",
        None,
        "{surplus_available} − {surplus_retained}",
        "{surplus_available} − {surplus_retained}",
        formula="{surplus_available}-{surplus_retained}",
    )


def _borne(
    sheet: Sheet, rules: SettlementRules, standard: Decimal, cost: Decimal, rounded: tuple[str, str]
) -> Iterator[Line]:
    rule = rules_in_words.overrun(rules)
    if rules.overrun is None:
        yield sheet.line("overrun_fund", None, rule=rule)
    elif rules.overrun.mode == "whole":
        bands = [(band.utilisation_at_least, band.fund_bears) for band in rules.overrun.bands]
        yield _by_whole(sheet, rules, "overrun_fund", "overrun", whole_share(bands, standard, cost), rule)
    else:
        yield from _by_slices(
            sheet, rules, "overrun_fund", overrun_slices(rules, standard, cost), rule, rounded
        )
    yield sheet.line(
        "overrun_hospital",
        None,
        "{overrun} − {overrun_fund}",
        "{overrun} − {overrun_fund}",
        formula="{overrun}-{overrun_fund}",
    )


def _by_whole(
    sheet: Sheet,
    rules: SettlementRules,
    name: str,
    base: str,
    share: Decimal,
    rule: rules_in_words.Rule,
) -> Line:
    (zh, en), bounded = rules_in_words.rounding(rules), at_most(rules, base)
    times = f"{{{base}}} × {rules_in_words.percent(share)}"
    return sheet.line(
        name,
        None,
        f"{times}，{zh}{bounded.zh}",
        f"{times}, {en}{bounded.en}",
        formula=bounded.formula(rounder(rules)(f"{{{base}}}*{share}")),
        rule=rule,
    )


def _by_slices(
    sheet: Sheet,
    rules: SettlementRules,
    name: str,
    slices: Sequence[Slice],
    rule: rules_in_words.Rule,
    rounded: tuple[str, str],
) -> Iterator[Line]:
    """A line for each slice, and one that adds up their shares."""
    words, formulas = [], []
    surplus = name == "surplus_retained"
    for number, part in enumerate(slices, start=1):
        key = f"{name}_slice_{number}"
        start, stop = rules_in_words.percent(part.start), part.stop
        high = f"{{shared_standard}} × {rules_in_words.percent(stop or part.start)}"
        low = f"{{shared_standard}} × {start}"
        high_cell = f"MAX(0,{{shared_standard}})*{stop or part.start}"
        low_cell = f"MAX(0,{{shared_standard}})*{part.start}"
        if part.ends_at_cost:
            if surplus:
                low, low_cell = "{shared_cost}", "{shared_cost}"
            else:
                high, high_cell = "{shared_cost}", "{shared_cost}"
        span = f"{start}–{rules_in_words.percent(stop)}" if stop is not None else f"≥{start}"
        text = f"{high} − {low}"
        yield sheet.line(
            key,
            part.amount,
            text,
            text,
            formula=f"{high_cell}-{low_cell}",
            look="exact",
            called=(f"　第 {number} 段（{span}）", f"  slice {number} ({span})"),
        )
        words.append(f"{{{key}}} × {rules_in_words.percent(part.share)}")
        formulas.append(f"{{{key}}}*{part.share}")
    text = " + ".join(words) or "0"
    bounded = at_most(rules, "surplus_available" if surplus else "overrun")
    yield sheet.line(
        name,
        None,
        f"{text}，{rounded[0]}{bounded.zh}",
        f"{text}, {rounded[1]}{bounded.en}",
        formula=bounded.formula(rounder(rules)("+".join(formulas) or "0")),
        rule=rule,
    )


def _limited(rules: SettlementRules, name: str) -> bool:
    if rules.limits is None:
        return False
    return (rules.limits.cap_of_cost if name == "cap_effect" else rules.limits.floor_of_cost) is not None


def _limits(sheet: Sheet, rules: SettlementRules, shared_standard: Decimal) -> Iterator[Line]:
    if rules.limits is None:
        return
    returned, fund = sheet.figures["surplus_returned"].value, sheet.figures["overrun_fund"].value
    words, formula = "{shared_standard}", "{shared_standard}"
    if sheet.figures["surplus_available"].value > 0:
        words, formula = f"{words} − {{surplus_returned}}", f"{formula}-{{surplus_returned}}"
    if sheet.figures["overrun"].value > 0:
        words, formula = f"{words} + {{overrun_fund}}", f"{formula}+{{overrun_fund}}"
    before = shared_standard - returned + fund
    yield sheet.line("before_limits", before, words, words, formula=formula)
    zh, en = rules_in_words.rounding(rules)
    for effect, limit, share, sign, rule in (
        ("cap_effect", "cap_limit", rules.limits.cap_of_cost, -1, rules_in_words.cap(rules)),
        ("floor_effect", "floor_limit", rules.limits.floor_of_cost, 1, rules_in_words.floor(rules)),
    ):
        if share is None:
            continue
        times = f"{{shared_cost}} × {rules_in_words.percent(share)}"
        amount = rounded_share(sheet.figures["shared_cost"].value, share, rules)
        formula = rounder(rules)(f"{{shared_cost}}*{share}")
        yield sheet.line(limit, amount, f"{times}，{zh}", f"{times}, {en}", formula=formula, rule=rule)
        bound_zh, bound_en = ("为正", "positive") if sign < 0 else ("为负", "negative")
        words = f"{{{limit}}} − {{before_limits}}"
        cell = f"{'MIN' if sign < 0 else 'MAX'}(0,{{{limit}}}-{{before_limits}})"
        yield sheet.line(
            effect, None, f"{words}，{bound_zh}时取 0", f"{words}, 0 if {bound_en}", formula=cell
        )
