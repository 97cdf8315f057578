"""Small settlements for tests of statements: three hospitals, two insurances, a scheme with every rule."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

import drg
from drg import Pricer
from drg.payment.load_scheme import installed_schemes, load_scheme
from drg.settlement import Settlement, settle
from tests.payment.strategies import meant

DEMO = installed_schemes()["demo"]
HOSPITALS = ("H1", "H2", "H3")
# As many as it takes for cases of every kind in each hospital.
CASES = 120
GROUPS = ("AA19", "BB21", "BR11", "BR13", "BS19", "NA19")

RULES = """
[settlement]
source = "illustrative"

[settlement.surplus]
mode = "marginal"
bands = [
  { utilisation_at_least = 0, hospital_keeps = 0.2 },
  { utilisation_at_least = 0.8, hospital_keeps = 1 },
]
source = "illustrative"

[settlement.overrun]
mode = "marginal"
bands = [{ utilisation_at_least = 1, fund_bears = 0.7 }, { utilisation_at_least = 1.1, fund_bears = 0.123 }]
source = "illustrative"

[settlement.limits]
cap_of_cost = 1.15
floor_of_cost = 0.9
source = "illustrative"

[settlement.prepayment]
recover_months = 10
source = "illustrative"

[settlement.disbursement]
monthly_share = 0.9
daily_share = 0.6
source = "illustrative"

[settlement.deposit]
share = 0.05
scores = [{ score_at_least = 0, returned = 0 }, { score_at_least = 60, returned = 0.555 }]
source = "illustrative"

[settlement.quality]
scores = [{ score_at_least = 0, factor = 0.98 }, { score_at_least = 90, factor = 1.01 }]
source = "illustrative"

[settlement.special]
quota_share = 0.5
source = "illustrative"
"""


def budget(
    amount: int | str, excess: str, remainder: str = "fund", insurance: str = "310", reserve: str = "0.05"
) -> str:
    return f"""
[[settlement.budgets]]
year = 2025
insurance = "{insurance}"
amount_yuan = {amount}
reserve_share = {reserve}
carried_in_yuan = -12.34
excess = "{excess}"
remainder = "{remainder}"
source = "illustrative"
"""


ROUNDING = """
[settlement.rounding]
unit = "{unit}"
mode = "{mode}"
source = "illustrative"
"""


def scheme(directory: Path, rules: str, *, points: bool = False) -> Path:
    """The demo scheme with other rules of settlement, as a directory."""
    made = directory / "made"
    made.mkdir(exist_ok=True)
    text = (DEMO / "scheme.toml").read_text(encoding="utf-8").replace('id = "demo"', 'id = "made"')
    text = text.partition("\n[settlement]")[0]
    if points:
        text = text.replace('kind = "rate"', 'kind = "points"\nscale = 100')
        for rate in (11000, 10000, 9000):
            text = text.replace(f"value_yuan = {rate}", f"value_yuan = {rate // 100}")
    (made / "scheme.toml").write_text(meant(text + rules), encoding="utf-8")
    (made / "weights.csv").write_bytes((DEMO / "weights.csv").read_bytes())
    return made


def grouped(cases: int = CASES, months: int = 12, seed: int = 1) -> pl.DataFrame:
    """Grouped cases of three hospitals; H1 is cheap, H3 dear. Some cannot be priced, one is far away."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for number in range(cases):
        hospital = chance.choice(HOSPITALS)
        factor = Decimal({"H1": "0.6", "H2": "0.95", "H3": "1.3"}[hospital])
        day = datetime(2025, 1 + number % months, chance.randint(1, 28))
        cost = Decimal(chance.randint(400_000, 2_400_000)).scaleb(-2) * Decimal(factor).quantize(
            Decimal("0.01")
        )
        rows.append(
            {
                "case_id": f"{number:05}",
                "hospital_id": hospital,
                "hospital_level": {"H1": "1", "H2": "2", "H3": "3"}[hospital],
                "insurance_type": chance.choice(("310", "390")),
                "patient_id": f"P{number}",
                "adrg": (drg := chance.choice(GROUPS))[:3],
                "drg": drg,
                "grouping_status": "grouped",
                "grouper": "demo",
                "los_days": chance.choice((1, 5, 9, 14, 61)),
                "admission_date": day - timedelta(days=9),
                "discharge_date": day,
                "case_kind": "bed_day" if number % 31 == 0 else "",
                "incomplete": number % 17 == 0,
                "tcm_cost_yuan": None,
                "total_cost_yuan": None if number % 59 == 5 else cost.quantize(Decimal("0.01")),
                "excluded_items_yuan": Decimal("123.45") if number % 7 == 0 else None,
                "patient_share_yuan": Decimal(chance.randint(50_000, 200_000)).scaleb(-2),
            }
        )
    schema = {
        "tcm_cost_yuan": pl.Decimal(18, 2),
        "total_cost_yuan": pl.Decimal(18, 2),
        "excluded_items_yuan": pl.Decimal(18, 2),
        "patient_share_yuan": pl.Decimal(18, 2),
    }
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)


def payments() -> pl.DataFrame:
    rows = [
        ("H1", "310", "2025-01", "prepayment", "10000.01"),
        ("H1", "310", "2025-02", "daily", "20000"),
        ("H1", "310", "2025-02", "monthly", "30000.33"),
        ("H1", "310", "2025-03", "deduction", "99.99"),
        ("H1", "310", "2025-03", "supplement", "5"),
        ("H1", "310", "2025-04", "refund", "7.77"),
        ("H3", "390", "2025-01", "prepayment", "3333.33"),
    ]
    names = ["hospital_id", "insurance_type", "period", "kind", "amount_yuan"]
    return pl.DataFrame(rows, schema=names, orient="row")


def scores() -> pl.DataFrame:
    rows = [("H1", 2025, "95"), ("H2", 2025, "77.5")]
    return pl.DataFrame(rows, schema=["hospital_id", "year", "score"], orient="row")


@cache
def settlement(
    rules: str = RULES,
    *,
    points: bool = False,
    months: int = 12,
    cases: int = CASES,
    with_tables: bool = True,
) -> Settlement:
    """A settlement of the cases of ``grouped``; the same for all who ask, and none of them changes it."""
    with TemporaryDirectory() as directory:
        loaded = load_scheme(scheme(Path(directory), rules, points=points))
    priced = drg.price(grouped(cases, months), Pricer(loaded))
    tables: dict[str, Any] = {}
    if with_tables:
        tables = {"payments": payments(), "scores": scores() if months == 12 else None}
    return settle(priced, loaded, **tables)
