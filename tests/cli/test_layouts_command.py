"""``drg layouts guess``: a layout for a file that no layout fits."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Drg

HEADER = "住院号,性别,年龄,费别,总费用（万元）,诊断编码1,诊断编码2,手术编码1,手术编码2,随访编码\n"
ROWS = (
    "1,女,65岁,职工医保,1.2,H25.900,I10.x00x002,13.4100x001,,E11.900\n"
    "2,男,60岁,居民医保,0.5,I20.000,,,,I10.x00x002\n"
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.csv"
    file.write_text("某院出院病人\n" + HEADER + ROWS, encoding="gb18030")
    return file


def test_a_run_with_a_guessed_layout(drg: Drg, export: Path, tmp_path: Path) -> None:
    refused = drg("run", export, "-o", tmp_path / "r", "-s", "harbin-2022", "--lang", "en")
    assert refused.code == 1
    assert f"drg layouts guess {export}" in refused.err
    layout = tmp_path / "my.toml"
    made = drg("layouts", "guess", export, "-o", layout, "--lang", "en")
    assert made.code == 0, made.err
    assert f"--layout {layout}" in made.out
    text = layout.read_text(encoding="utf-8")
    assert 'id = "my"' in text
    assert "# ?? 随访编码 by their contents alone" in text
    done = drg("run", export, "-o", tmp_path / "r", "-s", "harbin-2022", "--csv", "--layout", layout)
    assert done.code == 0, done.err
    cases = pl.read_csv(tmp_path / "r" / "cases.csv", infer_schema=False)
    assert cases["total_cost_yuan"].to_list() == ["12000.00", "5000.00"]
    assert cases["grouping_status"].to_list() == ["grouped", "grouped"]
    assert drg("layouts", layout).code == 0


def test_a_guess_is_printed(drg: Drg, export: Path) -> None:
    printed = drg("layouts", "guess", export, "--lang", "zh")
    assert printed.code == 0
    assert "主要诊断" in printed.out
    assert "仅凭内容判断" in printed.out
    assert "未找到" in printed.out
    assert "-o my-export.toml" in printed.out


def test_columns_with_codes_that_are_not_read_name_the_command(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("principal_diagnosis,total_cost_yuan,Q2\nK80.200,5,I10.x00x002\n", encoding="utf-8")
    refused = drg("run", file, "-o", tmp_path / "r", "-s", "harbin-2022", "--lang", "en")
    assert refused.code == 1
    assert f"make one with: drg layouts guess {file}" in refused.err


def test_layouts_that_cannot_be_written(drg: Drg, export: Path, tmp_path: Path) -> None:
    assert "End it in .toml" in drg("layouts", "guess", export, "-o", tmp_path / "x.csv", "--lang", "en").err
    layout = tmp_path / "我.toml"
    assert drg("layouts", "guess", export, "-o", layout).code == 0
    assert 'id = "guessed"' in layout.read_text(encoding="utf-8")
    again = drg("layouts", "guess", export, "-o", layout, "--lang", "en")
    assert again.code == 1
    assert "--overwrite" in again.err
    assert drg("layouts", "guess", export, "-o", layout, "--overwrite").code == 0


def test_showing_needs_no_word(drg: Drg) -> None:
    assert drg("layouts").out == drg("layouts", "show").out
    assert drg("layouts", "n041", "--lang", "zh").out == drg("layouts", "show", "n041", "--lang", "zh").out
    assert "guess" in drg("layouts", "-h").out
