from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from polars.testing import assert_frame_equal

import drg
from drg.analysis.benefit_sums import SUM_COLUMNS
from drg.analysis.benefit_tally import PAYERS
from drg.benefit_columns import BENEFIT
from drg.errors import InputError, MissingColumnError
from tests.benefit.made import WHOLE
from tests.benefit.priced_stays import priced, shared
from tests.benefit.strategies import random_stays
from tests.payment.strategies import randoms
from tests.profiles import tries

AMOUNTS = ("total_cost_yuan", *PAYERS)


def drawn(rng: random.Random) -> pl.DataFrame:
    """Random stays of some hospitals with who pays what, some without hospital or day of settlement."""
    rows = [WHOLE | row for row in random_stays(rng, rng.randint(1, 40))]
    for place, row in enumerate(rows):
        row |= {"case_id": f"{place}", "hospital_id": rng.choice(("H1", "H2", "H3", None))}
        row["settlement_date"] = rng.choice((None, *(datetime(2025, month, 28) for month in (1, 2, 12))))
    frame = pl.DataFrame(rows, infer_schema_length=None)
    done = drg.benefits(frame, "demo", reasons="code")
    assert isinstance(done, pl.DataFrame)
    return done


@tries(0.5)
@given(randoms())
def test_sums_are_those_of_the_stays(rng: random.Random) -> None:
    results = drawn(rng)
    for date in ("discharge_date", "settlement_date"):
        wanted: dict[Any, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        held = []
        for row in results.iter_rows(named=True):
            month = row[date] and f"{row[date]:%Y-%m}"
            place = wanted[row["hospital_id"], month]
            place["stays"] += 1
            if row["patient_share_yuan"] is None:
                place["stays_held"] += 1
                held.append(row["case_id"])
                continue
            for name in AMOUNTS:
                place[name] += row[name]
        sums = drg.benefit_sums(results, months_by=date)
        found = {(row["hospital_id"], row["month"]): row for row in sums.rows.iter_rows(named=True)}
        assert set(found) == set(wanted)
        for key, row in found.items():
            for name in ("stays", "stays_held", *AMOUNTS):
                assert row[name] == wanted[key][name], (key, name)
            assert sum(row[name] for name in PAYERS) == row["total_cost_yuan"]
        assert sorted(sums.held["case_id"]) == sorted(held)
        assert sums.held["reason"].null_count() == 0


def test_the_payment_by_group_stands_beside() -> None:
    frame = priced()
    sums = drg.benefit_sums(frame)
    assert sums.rows.schema == {column.name: column.dtype for column in SUM_COLUMNS}
    assert sums.rows.select("hospital_id", "month", "stays", "stays_held", "stays_priced").rows() == [
        ("H1", "2025-01", 1, 0, 1),
        ("H1", "2025-03", 1, 0, 1),
        ("H1", "2025-04", 1, 1, 0),
        ("H2", "2025-03", 1, 0, 1),
    ]
    for name in ("payment_yuan", "fund_payment_yuan"):
        counted = frame.filter(pl.col("case_id") != "4")
        assert sums.rows[name].sum() == counted[name].sum()
        assert sums.rows[name][2] is None
    assert not drg.benefit_sums(shared()).is_priced
    assert "4 stays, 1 held" in repr(sums)


def test_what_does_not_add_up_is_held_and_named() -> None:
    cent = pl.when(case_id="2").then(Decimal("0.01")).otherwise(Decimal(0))
    found = drg.benefit_sums(shared().with_columns(pl.col("basic_fund_yuan") + cent))
    assert found.held.select("case_id", "hospital_id", "month").rows() == [
        ("4", "H1", "2025-04"),
        ("2", "H2", "2025-03"),
    ]
    assert "do not add up to total_cost_yuan" in found.held["reason"][1]
    empty = pl.when(pl.col("case_id") != "2").then("medical_aid_yuan").alias("medical_aid_yuan")
    assert drg.benefit_sums(shared().with_columns(empty)).held["case_id"].to_list() == ["4", "2"]


def test_a_stay_that_is_there_twice_is_held() -> None:
    frame = shared()
    twice = drg.benefit_sums(pl.concat([frame, frame.filter(case_id="3")]), language="zh")
    assert twice.held["case_id"].to_list() == ["3", "3", "4"]
    assert "多例住院" in twice.held["reason"][0]
    elsewhere = frame.filter(case_id="3").with_columns(hospital_id=pl.lit("H9"))
    assert drg.benefit_sums(pl.concat([frame, elsewhere])).held["case_id"].to_list() == ["4"]
    nameless = frame.with_columns(case_id=pl.lit(None, dtype=pl.String))
    assert drg.benefit_sums(nameless).held.height == 1


def test_reasons_that_were_codes_are_said() -> None:
    coded = drg.benefits(shared().drop(BENEFIT), "demo", reasons="code")
    assert_frame_equal(drg.benefit_sums(coded).held, drg.benefit_sums(shared()).held)
    assert "费用" in drg.benefit_sums(coded, language="zh").held["reason"][0]
    unsaid = shared().with_columns(benefit_reason=None)
    assert drg.benefit_sums(unsaid).held["reason"].to_list() == ["who pays what is not known"]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingColumnError, match="basic_fund_yuan"):
        drg.benefit_sums(shared().drop("basic_fund_yuan", "hospital_id"))
    with pytest.raises(MissingColumnError, match="settlement_date"):
        drg.benefit_sums(shared(), months_by="settlement_date")
    with pytest.raises(InputError, match="no language"):
        drg.benefit_sums(shared(), language="fr")
