"""Schemes and stays that tests make."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from drg.benefit import LoadedBenefitScheme, load_benefit_scheme

TEXT = """\
id = "mine"
title = "mine"
region = "none"
status = "illustrative"
source = "made up"

[items]
source = "made up"

[[items.class_b]]
share = 0.1

[basic]
source = "made up"

[[basic.deductibles]]
level = "三级"
yuan = [1000, 500]

[[basic.deductibles]]
level = "1"
yuan = [200]

[[basic.shares]]
tiers = [{ share = 0.7 }]
"""
CRITICAL = """
[critical]
counts_first_own_share = false
counts_above_cap = true
source = "made up"

[[critical.rows]]
threshold_yuan = 3000
tiers = [{ share = 0.5 }]
"""

# All that the scheme demo asks of a stay.
WHOLE: dict[str, Any] = {"age_years": 40, "aid_class": None, "referral": None, "off_site": None}
WHOLE |= {"commercial_product": None, "maternity": False, "newborn": False}


def written(directory: Path, text: str = TEXT) -> Path:
    """The directory of a scheme with this text."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    return directory


def mine(directory: Path, text: str = TEXT) -> LoadedBenefitScheme:
    """The same, loaded."""
    return load_benefit_scheme(written(directory, text))


def stay(case_id: str = "1", **more: Any) -> dict[str, Any]:
    """A stay of 11,000 yuan: within policy 9,900, outside 1,000."""
    return {
        "case_id": case_id,
        "patient_id": "P1",
        "admission_date": datetime(2025, 1, 2),
        "discharge_date": datetime(2025, 1, 9),
        "insurance_type": "390",
        "hospital_level": "3",
        "total_cost_yuan": Decimal(11_000),
        "class_a_cost_yuan": Decimal(9_000),
        "class_b_cost_yuan": Decimal(1_000),
        "self_paid_cost_yuan": Decimal(1_000),
    } | more
