"""What a correction changes, before and after."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.errors import InputError
from tests.benefit.made import mine, stay


def test_later_stays_follow_and_are_told(tmp_path: Path) -> None:
    loaded = mine(tmp_path)
    months = [datetime(2025, month, 1) for month in (1, 2, 3)]
    stays = [stay(str(place), discharge_date=month) for place, month in enumerate(months)]
    other = stay("9", patient_id="P2")
    before = drg.benefits(pl.DataFrame([*stays, other]), loaded)
    # The first stay was no stay of the person; another one is new.
    new = stay("10", patient_id="P2", discharge_date=months[2])
    after = drg.benefits(pl.DataFrame([other, *stays[1:], new]), loaded)
    changes = drg.benefit_changes(before, after)
    assert changes.select("case_id", "change").rows() == [
        ("0", "removed"),
        ("1", "changed"),
        ("10", "added"),
    ]
    row = changes.row(1, named=True)
    # Now the first of the year: the deductible is 1,000 and not 500.
    assert row["basic_fund_before_yuan"] - row["basic_fund_after_yuan"] == 350
    assert row["patient_share_after_yuan"] - row["patient_share_before_yuan"] == 350
    assert changes.row(0, named=True)["patient_share_after_yuan"] is None
    assert drg.benefit_changes(after, after).height == 0


def test_a_stay_that_is_held_now_is_a_change(tmp_path: Path) -> None:
    loaded = mine(tmp_path)
    before = drg.benefits(pl.DataFrame([stay()]), loaded)
    after = drg.benefits(pl.DataFrame([stay(total_cost_yuan=Decimal(12_000))]), loaded)
    (row,) = drg.benefit_changes(before, after).to_dicts()
    assert (row["change"], row["patient_share_after_yuan"]) == ("changed", None)
    assert row["patient_share_before_yuan"] == 4_770


def test_results_are_compared_by_case_id(tmp_path: Path) -> None:
    result = drg.benefits(pl.DataFrame([stay()]), mine(tmp_path))
    with pytest.raises(InputError, match="the earlier result lacks"):
        drg.benefit_changes(result.drop("commercial_yuan"), result)
    with pytest.raises(InputError, match="the result has the case id '1' more than once"):
        drg.benefit_changes(result, pl.concat([result, result]))
    with pytest.raises(InputError, match="a stay without a case id"):
        drg.benefit_changes(result, result.with_columns(case_id=pl.lit(None, pl.String)))
