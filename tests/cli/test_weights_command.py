from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from drg.analysis.calibration import calibrate
from drg.payment import load_scheme
from tests.analysis.calibration.made import SPLIT, year
from tests.cli.conftest import Drg


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    found = []
    directory = tmp_path_factory.mktemp("files")
    for number in range(2):
        found.append(directory / f"{2023 + number}.{'csv' if number else 'parquet'}")
        frame = year(number, 4_000)
        frame.write_csv(found[-1]) if number else frame.write_parquet(found[-1])
    return found


def sheets(file: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(file)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_files_in_scheme_and_report_out(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine"
    done = drg("weights", f"{files[0]}:1", f"{files[1]}:2.5", "-o", out, "--region", "某市")
    assert done.code == 0, done.err
    assert sorted(path.name for path in out.iterdir()) == ["calibration.xlsx", "scheme.toml", "weights.csv"]
    scheme = load_scheme(out)
    assert scheme.scheme.id == "mine"
    assert scheme.scheme.region == "某市"
    assert "2023.parquet × 1, 2024.csv × 2.5" in scheme.scheme.source
    assert str(files[0].parent) not in scheme.scheme.source
    for words in ("2023.parquet", "mean cost", "adrg", "weights for chs-drg-1.0", "Written to"):
        assert words in done.out
    report = sheets(out / "calibration.xlsx")
    head, *rows = report["权重 weights"]
    assert head[0] == "病组 drg"
    weight = {row[0]: row[head.index("权重 relative_weight")] for row in rows}
    assert {drg: value for drg, value in weight.items() if value is not None} == {
        drg: float(one.relative_weight) for (drg, _), one in scheme.weights.items()
    }
    low, high = head.index("95% 下限 low_95"), head.index("95% 上限 high_95")
    assert any(row[low] is not None and row[low] < row[high] for row in rows)
    cells = [cell for part in report.values() for row in part for cell in row]
    assert not {"nan", "NaN", "inf", "None"} & {str(cell) for cell in cells if cell is not None}


def test_same_weights_with_either_option(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert drg("weights", f"{files[0]}:1", f"{files[1]}:3", "-o", one, "-q").out == ""
    assert drg("weights", *files, "--year-weights", "1,3", "-o", other, "-q").code == 0
    assert (one / "weights.csv").read_bytes() == (other / "weights.csv").read_bytes()
    assert drg("weights", f"{files[0]}:1", files[1], "--year-weights", "1,3", "-o", other).code == 2


def test_budget_and_what_if(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    assert drg("weights", files[0], "-o", old, "-q", "--trim", "none").code == 0
    budgets = ("--budget", "310=20000000", "--budget", "390=15000000", "--reserve", "0.05")
    done = drg("weights", *files, "-o", new, *budgets, "--what-if", old, "--compare-trims", old)
    assert done.code == 0, done.err
    divided = ("paid by item", "paid by DRG", "cases by item", "What each trim does", "winsor-iqr:1.5")
    assert len(sheets(new / "calibration.xlsx")["裁剪对比 trims"]) > 10
    for words in (
        *divided,
        "20,000,000.00",
        "1,000,000.00",
        "What if: old → new",
        "Hospitals",
        "Departments",
    ):
        assert words in done.out
    hospitals = sheets(new / "what-if.xlsx")["医疗机构 hospitals"]
    assert sorted(str(row[0]) for row in hospitals[1:]) == ["H1", "H2", "H3"]
    # The same once more, of two schemes that are there.
    change = tmp_path / "change"
    again = drg("weights", files[1], "-o", change, "--what-if", old, "--to", new)
    assert again.code == 0, again.err
    assert [path.name for path in change.iterdir()] == ["what-if.xlsx"]
    assert sheets(change / "what-if.xlsx")["医疗机构 hospitals"] == hospitals


def test_names_that_look_like_formulas_and_markup(drg: Drg, tmp_path: Path) -> None:
    file, out = tmp_path / "a.parquet", tmp_path / "out"
    year(1, 4_000).with_columns(hospital_id=pl.lit("=1+1[red]")).write_parquet(file)
    calibrate(year(0, 2_000)).write(tmp_path / "before")
    done = drg("weights", file, "-o", out, "--what-if", tmp_path / "before")
    assert done.code == 0, done.err
    assert "=1+1[red]" in done.out
    assert sheets(out / "what-if.xlsx")["医疗机构 hospitals"][1][0] == "=1+1[red]"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--budget", "310=1e7", "--budget", "5"], 2, "INSURANCE=YUAN"),
        (["--budget", "310=1e7", "--budget", "310=5"], 2, "has a budget already"),
        (["--budget", "999=1e7"], 1, "The cases have 310, 390"),
        (["--to", "demo"], 2, "--to needs --what-if"),
        (["--trim", "iqr:x"], 1, "is no trimming"),
        (["--base", "2020.csv"], 2, "the files are 2023.parquet, 2024.csv"),
        (["--grouper", "demo"], 1, f"grouped by {SPLIT}, not by demo"),
        (["--prior", "demo"], 1, "is for demo"),
        (["--min-cases", "100000"], 1, "--min-cases"),
        (["--what-if", "demo"], 1, "drg compare"),
        (["--id", "我的方案"], 2, "--id"),
        (["--rules", "demo"], 1, "name groups of demo"),
    ],
)
def test_mistakes(
    drg: Drg, files: list[Path], tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    done = drg("weights", *files, "-o", tmp_path / "out", *options)
    assert done.code == code
    assert words in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()


def test_files_of_different_versions(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    frame = pl.read_parquet(files[0]).with_columns(grouper=pl.lit("chs-drg-1.1"))
    frame.write_parquet(tmp_path / files[0].name)
    done = drg("weights", tmp_path / files[0].name, files[1], "-o", tmp_path / "out")
    assert done.code == 1
    assert f"2023.parquet: chs-drg-1.1; 2024.csv: {SPLIT}" in done.err
    assert not (tmp_path / "out").exists()


def test_an_existing_scheme_is_kept(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine"
    assert drg("weights", files[0], "-o", out, "-q").code == 0
    assert "--overwrite" in drg("weights", files[0], "-o", out, "-q").err
    assert drg("weights", files[0], "-o", out, "-q", "--overwrite").code == 0


def test_base_by_its_path(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine"
    assert drg("weights", *files, "-o", out, "-q", "--base", files[0]).code == 0
    assert "mean 1 over the cases of 2023.parquet" in load_scheme(out).scheme.source


def test_files_of_the_same_name(drg: Drg, files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / files[1].name).write_bytes(files[1].read_bytes())
    out = tmp_path / "mine"
    assert drg("weights", other / files[1].name, files[1], "-o", out, "-q").code == 0
    assert "2024.csv (1) × 1, 2024.csv (2) × 1" in load_scheme(out).scheme.source
