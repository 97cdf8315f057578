"""A year of forty hospitals: prices by the oracle, every line of statements by hand, the document."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import polars as pl
import pytest

from drg.payment.scheme import PaymentScheme
from drg.report.statement import write_statements
from tests.payment import reference, strategies
from tests.settlement.strategies import Drawn, by_reference, differences

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "payment_schemes" / "chongqing-2025" / "weights.csv"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """``docs/simulated_year.py``, which imports what stands beside it."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(ROOT / "docs"))
    import simulated_year

    yield simulated_year
    patch.undo()
    for name in ("simulated_year", "year_by_hand", "generate"):
        sys.modules.pop(name, None)


def made_up_cases(script: ModuleType, count: int) -> pl.DataFrame:
    """Grouped cases of six hospitals without the simulator: groups and costs by chance."""
    rng = random.Random(40)
    weights: dict[tuple[str, str], Fraction] = script.weights_of_scheme()
    groups = {level: [drg for drg, of in weights if of == level] for level in "123"}
    medical = list(script.rules_of_scheme()["tcm"]["medical_drg"])
    rows = []
    for number in range(count):
        hospital = rng.choice([1, 2, 20, 21, 33, 34])
        level = "3" if hospital < 10 else "2" if hospital < 30 else "1"
        drg = rng.choice(medical if rng.random() < 0.1 and level != "1" else groups[level])
        status = rng.choices(["grouped", "ungrouped", "ambiguous"], [96, 3, 1])[0]
        cost = float(weights.get((drg, level), Fraction(1))) * 9600 * rng.lognormvariate(-0.1, 0.7)
        days = rng.choice([3, 8, 12, 70])
        left = date(2025, 1, 1) + timedelta(days=rng.randint(0, 364))
        rows.append(
            {
                "case_id": f"C{number}",
                "hospital_id": f"H{hospital:03}",
                "hospital_level": level,
                "insurance_type": rng.choice(["310", "390"]),
                "admission_date": left - timedelta(days=days),
                "discharge_date": left,
                "los_days": days,
                "adrg": drg[:3],
                "drg": drg if status == "grouped" else "0000",
                "grouping_status": status,
                "grouper": script.GROUPER,
                "total_cost_yuan": Decimal(f"{cost:.2f}"),
            }
        )
    return script.with_what_is_not_simulated(pl.DataFrame(rows))


def check_prices(script: ModuleType, priced: pl.DataFrame) -> None:
    """Every case is paid what the oracle says."""
    scheme = PaymentScheme.model_validate(script.rules_of_scheme())
    named: dict[str, strategies.Weights] = defaultdict(dict)
    for (drg, level), value in script.weights_of_scheme().items():
        named[drg][drg, level] = Decimal(value.numerator) / value.denominator
    medical = script.rules_of_scheme()["tcm"]["medical_drg"]
    for case, mine in zip(priced.to_dicts(), strategies.rows_of(priced), strict=True):
        # Of the other groups no weight is asked.
        own = {**named[case["drg"]], **named[medical.get(case["drg"], "")]}
        (wanted,) = reference.price([case], scheme, own or named["AA29"])
        assert mine == wanted, case


def check_lines(script: ModuleType, year: Any, hospitals: list[str], directory: Path) -> int:
    """Each line of the statements of these hospitals is that by hand, and none is missing; how many."""
    accounts = script.by_hand(year)
    write_statements(year.settlement, directory, hospitals=hospitals, language="en", with_cases=False)
    count = 0
    for hospital in hospitals:
        book = openpyxl.load_workbook(directory / f"statement-{hospital}.xlsx", data_only=True)
        insurance, told = "", {}
        for cells in book.worksheets[0].iter_rows(values_only=True):
            if str(cells[0])[:4] in ("310 ", "390 "):
                insurance = str(cells[0])[:3]
            if isinstance(cells[0], int) and isinstance(cells[2], int | float):
                name = str(cells[1]).split("(")[0].strip()
                told[insurance, name] = Decimal(str(cells[2]))
        by_hand = {
            (of, step.name): step.amount
            for of in ("310", "390")
            if (hospital, of) in accounts
            for step in accounts[hospital, of].steps
        }
        assert told.keys() == by_hand.keys()
        for key, amount in by_hand.items():
            # A workbook has floats, and utilisation with eight decimals.
            exact = amount.numerator / Decimal(amount.denominator)
            assert abs(told[key] - exact) <= Decimal("5e-9") * max(1, abs(exact)), (hospital, key)
        count += len(by_hand)
    return count


def check_settlement(script: ModuleType, year: Any) -> None:
    """Every figure of every account, month and budget is that of the oracle."""
    absent = dict.fromkeys(("insured_area", "excluded_items_yuan", "points"))
    payments = [
        {**row, "year": 2025, "month": int(row["period"][5:]), "amount": Decimal(row["amount_yuan"])}
        for row in year.payments.to_dicts()
    ]
    decisions = [
        {**row, "approved": True, "payment": Decimal(row["special_payment_yuan"])}
        for row in year.decisions.to_dicts()
    ]
    scores = [
        {**row, "year": 2025, "insurance_type": None, "score": Decimal(row["score"])}
        for row in year.scores.to_dicts()
    ]
    scheme = PaymentScheme.model_validate(script.rules_of_scheme())
    cases = [{**absent, **case} for case in year.priced.to_dicts()]
    drawn = Drawn(scheme, cases, payments, decisions, scores, close=True)
    assert differences(year.settlement, by_reference(drawn)) == []


def test_weights_are_those_of_chongqing(script: ModuleType) -> None:
    assert (script.SCHEME / "weights.csv").read_bytes() == SHIPPED.read_bytes()


def test_a_small_year_by_hand(script: ModuleType, tmp_path: Path) -> None:
    year = script.settled_year(made_up_cases(script, 300))
    check_prices(script, year.priced)
    check_settlement(script, year)
    assert check_lines(script, year, ["H001", "H033"], tmp_path) > 180
    classes = set(year.priced["case_class"])
    assert classes >= {"normal", "high", "low", "long", "ungrouped", "ambiguous"}
    assert year.decisions.height == 0


@pytest.mark.thorough
def test_the_year_of_the_document(script: ModuleType, tmp_path: Path) -> None:
    year = script.simulated_year()
    assert year.priced["hospital_id"].n_unique() == 40
    assert year.decisions.height > 100
    text = script.DOCUMENT.read_text(encoding="utf-8")
    assert script.document(text, year) == text, "run python docs/simulated_year.py"
    check_prices(script, year.priced)
    check_settlement(script, year)
    hospitals = year.priced["hospital_id"].unique().sort().to_list()
    assert check_lines(script, year, hospitals, tmp_path) > 4000
