"""What the cases of one class add up to, once: for settlements, statements and the formulas of workbooks.

Names are sums of columns of priced cases, or other rows; a row that names itself means the column.
``inside``: the class is paid by its group. ``shared``: its standard and cost are compared. ``converted``:
what it is paid beside that is converted into points, and moves with their value.
``has_excluded_items``: the scheme takes amounts out of the cost; ``excluded_items_yuan`` is their sum.
``has_joined_stays``: stays that are paid as one are judged with the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from drg.categories import CaseClass
from drg.payment.expressions import ONE, Quotient, Rounding, evaluate, over_columns, parse
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_numbers import INSIDE
from drg.settlement.exact_decimals import in_yuan

# The parts of a payment that no sharing touches: as accounts call them, and as priced cases do.
BESIDE: Final = ("item_payment", "outside_payment", "special_case_payment", "excluded_items_payment")
PAID_BESIDE: Final = tuple(in_yuan(name) for name in BESIDE)
# What a case is judged by.
_NET: Final = "cost - excluded_items + (joined_cost_yuan if has_joined_stays else 0)"
FORMULAS: Final = {
    "cost": "total_cost_yuan",
    "excluded_items": "excluded_items_yuan if has_excluded_items else 0",
    "standard": "standard_payment_yuan if inside else 0",
    "shared_cost": f"{_NET} if shared else 0",
    "shared_standard": "drg_payment_yuan + high_cost_payment_yuan if shared else 0",
    "item_payment": (
        "item_payment_yuan if shared else item_payment_yuan + drg_payment_yuan + high_cost_payment_yuan"
    ),
    "outside_payment": "outside_payment_yuan",
    "special_case_payment": "special_case_payment_yuan",
    "excluded_items_payment": "excluded_items_payment_yuan",
    "patient_and_others": "patient_and_others_yuan",
    "borne_above_payment": "borne_above_payment_yuan",
    "payment": f"shared_standard + {' + '.join(BESIDE)}",
    "surplus_formula": f"standard - ({_NET}) if inside else 0",
    "surplus": "payment - cost",
    "points": "points if shared or converted else 0",
    "converted_payment": "item_payment + outside_payment if converted else 0",
    "cleared_payment": "cleared_payment_yuan",
}
# Every amount that is added up, in fen; the others are columns of priced cases as they are.
AMOUNTS: Final = (
    *("cost", "excluded_items", "standard", "shared_cost", "shared_standard", *BESIDE, "payment"),
    *("patient_and_others", "borne_above_payment", "surplus_formula", "surplus"),
)
# Sums of cases that settlement starts from.
SUMS: Final = (
    *("cases", "cases_held", "weighted_cases", "relative_weight", "points", "cost", "standard"),
    *("surplus_formula", "shared_cost", "shared_standard", *BESIDE, "converted_payment"),
    *("patient_and_others", "borne_above_payment"),
)


def shared_classes(scheme: PaymentScheme) -> tuple[str, ...]:
    """The classes whose standard and cost are compared; cases paid by item count as zero."""
    classes = [CaseClass.NORMAL, CaseClass.INCOMPLETE]
    if scheme.high and not scheme.high.is_by_item:
        classes.append(CaseClass.HIGH)
    return tuple(classes)


def facts_of(scheme: PaymentScheme) -> dict[str, Any]:
    """The conditions of ``FORMULAS`` over a column ``case_class``."""
    known = {name: pl.col("case_class").is_in(classes) for name, classes in _classes(scheme).items()}
    return known | _of_scheme(scheme)


def facts_of_class(scheme: PaymentScheme, case_class: str) -> dict[str, bool]:
    """The conditions of ``FORMULAS`` for one class."""
    known = {name: case_class in classes for name, classes in _classes(scheme).items()}
    return known | _of_scheme(scheme)


def _of_scheme(scheme: PaymentScheme) -> dict[str, bool]:
    return {"has_excluded_items": bool(scheme.out_of_cost), "has_joined_stays": scheme.joins_stays}


def _classes(scheme: PaymentScheme) -> dict[str, list[str]]:
    return {
        "inside": list(INSIDE),
        "shared": [str(name) for name in shared_classes(scheme)],
        "converted": list(scheme.method.points_for),
    }


def over_sums(scheme: PaymentScheme, names: tuple[str, ...]) -> Mapping[str, pl.Expr]:
    """Formulas over a frame of sums, a class in each row: amounts in fen, points in units of 1e-8."""
    facts, functions = facts_of(scheme), over_columns(Rounding())

    def value(name: str, within: str = "") -> Any:
        if name in facts:
            return facts[name]
        if name in FORMULAS and name != within:
            return evaluate(parse(FORMULAS[name]), lambda other: value(other, name), functions)
        return Quotient(pl.col(name).cast(pl.Int128), ONE if name == "points" else 1)

    return {name: Quotient.of(value(name)).units(ONE if name == "points" else 1) for name in names}
