from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import drg
from drg.analysis.calibration import calibrate, what_if
from tests.analysis.calibration.made import SPLIT, grouped, year


@pytest.fixture(scope="module")
def demo_cases() -> pl.DataFrame:
    """Cases of the demo scheme with all that it looks at: readmissions, dear ones, levels, ungrouped ones."""
    rng = np.random.default_rng(5)
    n = 600
    drg_ = rng.choice(["BR15", "BR13", "BB21", "BS19", "NR15", "0000"], n)
    day = pl.Series(rng.integers(0, 60, n))
    start = pl.date(2025, 1, 1)
    return pl.DataFrame({"drg": drg_}).with_columns(
        adrg=pl.col("drg").str.head(3),
        drg_name=pl.col("drg"),
        grouping_status=pl.col("drg").replace_strict({"0000": "ungrouped"}, default="grouped"),
        grouper=pl.lit("demo"),
        total_cost_yuan=pl.Series(rng.lognormal(9.3, 0.9, n)).round(2).cast(pl.Decimal(18, 2)),
        hospital_id=pl.Series(rng.choice(["H1", "H2", "H3"], n)),
        hospital_level=pl.Series(rng.choice(["1", "2", "3"], n)),
        insurance_type=pl.Series(rng.choice(["310", "390"], n)),
        department=pl.Series(rng.choice(["01", ""], n)).replace("", None),
        patient_id=pl.Series(rng.integers(0, 60, n)).cast(pl.String),
        admission_date=start + pl.duration(days=pl.lit(day)),
        discharge_date=start + pl.duration(days=pl.lit(day + 5)),
        los_days=pl.lit(5),
        case_kind=pl.lit(None, dtype=pl.String),
        incomplete=pl.lit(False),
        tcm_cost_yuan=pl.lit(0),
    )


@pytest.mark.parametrize("lazy", [False, True])
def test_equals_pricing_twice(demo_cases: pl.DataFrame, lazy: bool) -> None:
    new = calibrate(demo_cases, min_cases=5).scheme("new")
    result = what_if(demo_cases.lazy() if lazy else demo_cases, "demo", new)
    old_priced, new_priced = drg.price(demo_cases, "demo"), drg.Pricer(new).price(demo_cases)
    both = old_priced.with_columns(new=new_priced["payment_yuan"], new_weight=new_priced["relative_weight"])
    for keys, found in (
        (["hospital_id"], result.hospitals),
        (["hospital_id", "department"], result.departments),
        (["drg"], result.groups),
    ):
        expected = both.group_by(keys).agg(
            pl.len().cast(pl.Int64).alias("cases"),
            pl.col("total_cost_yuan").sum().cast(pl.Decimal(38, 2)).alias("cost_yuan"),
            pl.col("relative_weight").sum().cast(pl.Decimal(38, 8)).alias("weight_old"),
            pl.col("new_weight").sum().cast(pl.Decimal(38, 8)).alias("weight_new"),
            pl.col("payment_yuan").sum().cast(pl.Decimal(38, 2)).alias("payment_old_yuan"),
            pl.col("new").sum().cast(pl.Decimal(38, 2)).alias("payment_new_yuan"),
        )
        assert found.select(expected.columns).sort(keys).equals(expected.sort(keys))
        assert found["difference_yuan"].is_sorted(descending=True)
        for row in found.iter_rows(named=True):
            assert row["payment_new_yuan"] - row["payment_old_yuan"] == row["difference_yuan"]
            sign = {"gains": 1, "loses": -1, "unchanged": 0}[row["outcome"]]
            assert sign == (row["difference_yuan"] > 0) - (row["difference_yuan"] < 0)
            if row["payment_old_yuan"]:
                percent = row["difference_yuan"] * 100 / row["payment_old_yuan"]
                assert abs(percent - row["difference_percent"]) <= Decimal("0.005")
            else:
                assert row["difference_percent"] is None
    (total,) = result.total.iter_rows(named=True)
    assert total["cases"] == 600
    for part in (result.hospitals, result.departments, result.groups, result.classes):
        assert part["difference_yuan"].sum() == total["difference_yuan"]
    assert result.classes["cases_old"].sum() == result.classes["cases_new"].sum() == 600
    # The demo scheme compares cases: both kinds must have been seen in one pass.
    assert "extreme" in result.classes["case_class"]


def test_marks_of_both_schemes_are_kept_apart(demo_cases: pl.DataFrame) -> None:
    plain = calibrate(demo_cases, min_cases=5).scheme("plain")
    there, back = what_if(demo_cases, "demo", plain), what_if(demo_cases, plain, "demo")
    same = what_if(demo_cases, "demo", "demo")
    assert (same.total["difference_yuan"] == 0).all()
    assert set(same.hospitals["outcome"]) == {"unchanged"}
    assert there.total["difference_yuan"].item() == -back.total["difference_yuan"].item()


def test_priced_cases_and_absent_columns() -> None:
    frame = year(1, 2_000).drop("department", "hospital_id")
    scheme = calibrate(frame).scheme("a")
    priced = drg.Pricer(scheme).price(frame)
    result = what_if(priced, scheme, scheme)
    assert result.hospitals["hospital_id"].to_list() == [None]
    assert result.departments.height == 1


def test_schemes_of_different_versions_are_refused() -> None:
    with pytest.raises(drg.InputError, match="drg compare"):
        what_if(grouped([("BS19", 1)]), "demo", "harbin-2022")


def test_what_a_scheme_needs_is_asked_for() -> None:
    with pytest.raises(drg.MissingColumnError, match="insurance_type"):
        what_if(grouped([("BS19", 1)]), "demo", "demo")


def test_cases_of_another_version_are_said(demo_cases: pl.DataFrame) -> None:
    other = demo_cases.with_columns(grouper=pl.lit(SPLIT))
    assert any("another version" in warning for warning in what_if(other, "demo", "demo").warnings)


def test_watch_counts_all(demo_cases: pl.DataFrame) -> None:
    seen: list[int] = []
    what_if(demo_cases, "demo", "demo", on_batch=seen.append)
    assert sum(seen) == 600
