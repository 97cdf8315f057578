from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.analysis.hospital.by_hand import MONTH, cases
from tests.cli.conftest import Drg


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The cases of a month, and those of earlier ones."""
    is_month = pl.col("discharge_date").dt.to_string("%Y-%m") == MONTH
    now, before = tmp_path / "now.parquet", tmp_path / "before.parquet"
    cases().filter(is_month).write_parquet(now)
    cases().filter(~is_month).write_parquet(before)
    return now, before


def test_a_month_beside_earlier_ones(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    now, before = files
    out, summary = tmp_path / "r.xlsx", tmp_path / "s.json"
    told = drg(
        *("report", "hospital", now, "--previous", before, "--hospital", "H001", "-o", out),
        *("--json", summary, "--lang", "zh"),
    )
    assert (told.code, told.err) == (0, "")
    assert "本月概况" in told.out
    own = pl.read_parquet(now).filter(hospital_id="H001")
    assert json.loads(summary.read_text(encoding="utf-8"))["cases"] == own.height
    sheet = openpyxl.load_workbook(out)["分月"]
    assert [row[0].value for row in sheet][-1] == MONTH
    assert sheet.max_row > 2


def test_what_it_asks_for(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    several = drg("report", "hospital", files[0], "-o", tmp_path / "r.html", "--lang", "en")
    assert several.code == 1
    assert "Name the one to report, with --hospital: H001, H002" in several.err
    other = drg("report", "hospital", files[0], "-o", tmp_path / "r.csv", "--lang", "en")
    assert other.code == 2
    assert "-o OUT.xlsx or -o OUT.html" in other.err
    assert not list(tmp_path.glob("r.*"))


def test_the_page(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    told = drg("report", "hospital", files[0], "--hospital", "H002", "-o", out, "--lang", "en", "-q")
    assert (told.code, told.err, told.out) == (0, "", "")
    page = out.read_text(encoding="utf-8")
    assert f"Monthly DRG report H002 {MONTH}" in page
    assert "the files have no earlier month to compare with" in page
