from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Drg

CASE = (
    "case_id,sex,age_years,principal_diagnosis,other_diagnoses,principal_procedure,other_procedures,"
    "total_cost_yuan,insurance_type,hospital_level,hospital_id,los_days\n"
    "A1,1,60,D12.000,D90.100|D13.000x001,,01.2000,9000,310,3,H1,9\n"
    "A2,2,50,D13.000x001,,,,5000,310,3,H1,4\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "cases.csv").write_text(CASE, encoding="utf-8")
    return tmp_path / "cases.csv"


def test_one_case_is_printed_the_record_first(drg: Drg, file: Path) -> None:
    outcome = drg("what-if", file, "--case-id", "A1", "-g", "demo", "-s", "demo", "--lang", "en")
    assert outcome.code == 0, outcome.err
    places = [
        outcome.out.index(text)
        for text in ("as recorded", "as principal diagnosis", "without this complication")
    ]
    assert places == sorted(places)
    assert "not which one is right" in outcome.out


def test_a_whole_file_is_written(drg: Drg, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.parquet"
    outcome = drg("what-if", file, "-g", "demo", "-o", out, "--lang", "zh")
    assert outcome.code == 0, outcome.err
    found = pl.read_parquet(out)
    assert found.group_by("case_id", maintain_order=True).len().rows() == [("A1", 5), ("A2", 1)]
    assert found["variant"][0] == found["variant"][-1] == "recorded"
    assert found["payment_yuan"].null_count() == found.height


def test_something_has_to_be_asked_for(drg: Drg, file: Path) -> None:
    assert drg("what-if", file, "-g", "demo", "--lang", "en").code == 2
