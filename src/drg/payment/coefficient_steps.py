"""The lines of an explanation on the coefficients: each, where it is written, and their product."""

from __future__ import annotations

from collections.abc import Iterator

from drg.payment.incentive_rules import Incentive
from drg.payment.step_facts import Facts, Step
from drg.payment.step_words import (
    in_column,
    in_scheme,
    in_scheme_row,
    in_table_or_scheme,
    number,
    of_coefficient,
)
from drg.words import Sentence


def coefficient_steps(facts: Facts) -> Iterator[Step]:
    """The coefficients of a combination."""
    scheme, entry = facts.scheme, facts.entry
    coefficients = scheme.coefficients
    if entry.amount is not None:
        plain = Step("coefficient", "系数", "1", place=Sentence("none counts beside an amount"))
    elif coefficients is None:
        plain = Step("coefficient", "系数", "1", place=Sentence("the scheme has none"))
    elif entry.base_group:
        place = in_scheme("coefficients.base_groups")
        plain = Step("coefficient", "系数（基础病组）", "1", place=place, source=coefficients.source)
    elif entry.given is not None:
        plain = Step("coefficient", "系数", number(entry.given), place=in_column("hospital_coefficient"))
    elif entry.coefficient is None:
        default = coefficients.default
        value = Sentence("not known") if isinstance(default, str) else number(default)
        place = in_scheme("coefficients.default")
        plain = Step("coefficient", "系数（默认）", value, place=place, source=coefficients.source)
    else:
        row = entry.coefficient
        place = in_scheme_row("coefficients.rows", coefficients.rows.index(row), of_coefficient(row))
        plain = Step("coefficient", "系数", number(row.value), place=place, source=row.source)
    yield plain
    yield from _further_factors(facts, plain)


def _further_factors(facts: Facts, plain: Step) -> Iterator[Step]:
    """What the coefficient is multiplied with, and the product."""
    scheme, entry = facts.scheme, facts.entry
    found = [plain]
    if scheme.incentive and entry.amount is None and not entry.base_group:
        found.append(_incentive_step(facts, scheme.incentive))
    if scheme.tcm and entry.uplift:
        at = scheme.tcm.uplifts.index(entry.uplift)
        value, place = number(entry.uplift.coefficient), in_scheme_row("tcm.uplifts", at)
        names = ("coefficient for traditional medicine", "中医药倾斜系数")
        found.append(Step(*names, value, place=place, source=scheme.tcm.source))
    yield from found[1:]
    cut = scheme.readmission if facts.readmitted and not scheme.joins_stays else None
    if entry.factor is None or (len(found) == 1 and cut is None):
        return
    factors = [step.value for step in found] + ([number(cut.cut)] if cut else [])
    product = Step("coefficients together", "系数合计", number(entry.factor), " × ".join(factors))
    if cut:
        product = product._replace(
            name="coefficient after readmission",
            name_zh="系数（再入院）",
            place=in_scheme("readmission"),
            source=cut.source,
        )
    yield product


def _incentive_step(facts: Facts, incentive: Incentive) -> Step:
    names, row = ("incentive coefficient", "激励系数"), facts.entry.incentive
    if row is None:
        default = incentive.default
        value = Sentence("not known") if isinstance(default, str) else number(default)
        return Step(*names, value, place=in_scheme("incentive.default"), source=incentive.source)
    what = Sentence("hospital {id}", id=row.hospital)
    place = in_table_or_scheme(facts.loaded, "incentive", incentive.rows.index(row), what)
    arithmetic = ""
    if row.cmi is not None and row.level_cmi is not None:
        arithmetic = Sentence(
            "CMI {cmi} ÷ mean CMI of the level {mean}", cmi=number(row.cmi), mean=number(row.level_cmi)
        )
    return Step(*names, number(row.coefficient), arithmetic, place, incentive.source)
