"""A month of 200 cases whose official surplus is not Σ standard − Σ cost, and why.

Published, by settlement returns of Chongqing 2025: the rate 9,575.25 and the coefficient 0.92 of the
hospital; the standards of two groups; and of a month of 200 cases Σ cost, Σ standard and the surplus. The
returns say that outlier cases are paid by item and count as zero.

Ours: which cases these were. The returns have sums only; the groups, the costs, the thresholds of high and
low cost and the weight of the third group below are made up so that the sums come out. What is shown is that
the rule explains an adjustment of that size, not that these were the cases.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest

import drg
from tests.payment.strategies import frame, plain_case, plain_scheme, sourced, write_scheme

# Published.
RATE, COEFFICIENT = Decimal("9575.25"), Decimal("0.92")
STANDARDS = {"IU2F": Decimal("8155.59"), "IU23": Decimal("5747.14")}
WEIGHTS = {"IU2F": Decimal("0.9258"), "IU23": Decimal("0.6524")}
COST, STANDARD = Decimal("1342866.05"), Decimal("1500938.12")
SURPLUS, ADJUSTMENT = Decimal("163910.84"), Decimal("5838.77")

# Ours. The standard of the third group fills up what two groups leave of Σ standard.
OTHER = Decimal("12910.70")
FEN = Decimal("0.01")


def costs_by_group() -> list[tuple[str, Decimal]]:
    """The group and the cost of each of the 200 cases."""
    outliers = [
        # One above three standards, three below 40 % of theirs: together 5,838.77 more than their standards.
        ("IU2F", Decimal("25235.78")),  # + 17,080.19
        ("IU23", Decimal("2000.00")),  # − 3,747.14, three times
        ("IU23", Decimal("2000.00")),
        ("IU23", Decimal("2000.00")),
    ]
    normal = ["IU2F"] * 139 + ["IU23"] * 55 + ["IU99"] * 2
    standards = STANDARDS | {"IU99": OTHER}
    # Between 78 % and 99 % of the standard, case after case; the last takes what is left of Σ cost.
    shares = [Decimal(78 + at * 13 % 22).scaleb(-2) for at in range(len(normal))]
    costs = [
        (standards[g] * share).quantize(FEN, ROUND_HALF_UP) for g, share in zip(normal, shares, strict=True)
    ]
    costs[-1] = COST - sum(costs[:-1]) - sum(cost for _, cost in outliers)
    return outliers + list(zip(normal, costs, strict=True))


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    entries = plain_scheme(
        id="month-of-200",
        grouper="chongqing-2025",
        grouper_missing="the groups of 2025 are not installed",
        rates=[sourced(value_yuan=RATE)],
        coefficients=sourced(default=COEFFICIENT),
        high=sourced(formula="by_item", reference="standard", tiers=[{"threshold": 3}]),
        low=sourced(threshold=Decimal("0.4"), reference="standard"),
        # To the fen case by case, as the returns print the standards.
        rounding=sourced(standard_first=True),
    )
    third = (OTHER / (RATE * COEFFICIENT)).quantize(Decimal("0.00000001"))
    weights = {(drg, None): weight for drg, weight in WEIGHTS.items()} | {("IU99", None): third}
    return write_scheme(tmp_path, entries, weights)


def test_surplus_is_formula_plus_adjustment(scheme: Path) -> None:
    cases = [
        plain_case(group, cost, case_id=f"C{n:03}", insurance_type="310", grouper="chongqing-2025")
        for n, (group, cost) in enumerate(costs_by_group(), start=1)
    ]
    grouped = frame(cases).with_columns(
        discharge_date=pl.datetime(2025, 3, 20), patient_share_yuan=pl.lit(0, pl.Decimal(18, 2))
    )
    priced = drg.price(grouped, scheme)
    assert dict(priced["case_class"].value_counts().iter_rows()) == {"normal": 196, "high": 1, "low": 3}
    printed = priced.filter(pl.col("drg") != "IU99").select("drg", "standard_payment_yuan").unique()
    assert dict(printed.iter_rows()) == STANDARDS

    rows = drg.settle(priced, scheme).rows.filter(span="month", period="2025-03")
    (month,) = rows.iter_rows(named=True)
    assert month["cases"] == 200
    assert (month["cost_yuan"], month["standard_yuan"]) == (COST, STANDARD)
    # Σ standard − Σ cost is not what the hospital gained …
    assert month["surplus_formula_yuan"] == STANDARD - COST == Decimal("158072.07")
    # … because outliers are paid what they cost and count as zero: their part of the formula is taken out.
    assert month["surplus_adjustment_yuan"] == ADJUSTMENT
    outliers = priced.filter(pl.col("case_class") != "normal")
    assert outliers["surplus_yuan"].to_list() == [0] * 4
    assert -outliers["surplus_formula_yuan"].sum() == ADJUSTMENT
    assert (
        month["surplus_yuan"] == month["surplus_formula_yuan"] + month["surplus_adjustment_yuan"] == SURPLUS
    )
    # What is compared when a surplus is shared are the other 196 cases only.
    assert month["surplus_available_yuan"] == SURPLUS
    assert month["item_payment_yuan"] == Decimal("31235.78")
    assert month["outcome_yuan"] == SURPLUS
