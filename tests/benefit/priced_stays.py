"""A few stays with who pays what, priced: of three persons in two hospitals, one of them held."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

import drg
from tests.benefit.made import WHOLE, stay

SCHEME = Path(__file__).resolve().parents[2] / "examples" / "settlement" / "scheme"
_GROUPED = {"drg": "BR15", "grouping_status": "grouped", "grouper": "demo", "los_days": 7}


def _stay(case_id: str, month: int, **more: Any) -> dict[str, Any]:
    days = {"admission_date": datetime(2025, month, 2), "discharge_date": datetime(2025, month, 9)}
    return WHOLE | _GROUPED | stay(case_id, **days) | {"hospital_id": "H1"} | more


def stays() -> pl.DataFrame:
    """The stays: the second of P1 costs much, that of P3 has classes that do not add up."""
    dear = {"total_cost_yuan": Decimal(90_000), "class_a_cost_yuan": Decimal(88_000)}
    rows = [
        _stay("1", 1, aid_class="minimum_living"),
        _stay("2", 3, aid_class="minimum_living", hospital_id="H2", **dear),
        _stay("3", 3, patient_id="P2", insurance_type="310"),
        _stay("4", 4, patient_id="P3", total_cost_yuan=Decimal(1)),
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def shared() -> pl.DataFrame:
    """The same with who pays what."""
    done = drg.benefits(stays(), "demo")
    assert isinstance(done, pl.DataFrame)
    return done


def priced() -> pl.DataFrame:
    """The same with their payment by group."""
    done = drg.price(shared(), SCHEME)
    assert isinstance(done, pl.DataFrame)
    return done
