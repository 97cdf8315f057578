"""Lists of weights as authorities publish them, and the first scheme that is made of one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from drg.errors import InputError
from drg.payment.load_scheme import load_scheme
from drg.payment.new_scheme import scheme_of
from drg.payment.scheme_files import loaded
from drg.payment.weight_list import WeightRow, read_weight_list, version_of

D = Decimal


def sheet(file: Path, rows: list[list[Any]]) -> Path:
    """A workbook of one sheet."""
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return file


def text(file: Path, content: str) -> Path:
    file.write_text(content, encoding="utf-8")
    return file


def test_a_sheet_with_a_title(tmp_path: Path) -> None:
    file = sheet(
        tmp_path / "权重.xlsx",
        [
            ["附件：2026年DRG病组权重表"],
            ["序号", "DRG 编码", "DRG名称", "权重"],
            [1, "BR15", "脑缺血性疾患", 0.9258],
            [2, "BR13", "脑缺血性疾患，伴", "1.2"],
        ],
    )
    assert read_weight_list(file) == [
        WeightRow("BR15", None, D("0.9258"), "脑缺血性疾患"),
        WeightRow("BR13", None, D("1.2"), "脑缺血性疾患，伴"),
    ]


@pytest.mark.parametrize("header", ["DRG编码,权重,名称", "DRG编码,三级权重,二级权重", "DRG编码,权重,级别"])
def test_a_group_twice(tmp_path: Path, header: str) -> None:
    file = text(tmp_path / "a.csv", f"{header}\nBR15,1,3\nBR13,1,3\nBR15,2,3\n")
    with pytest.raises(InputError, match=r"a\.csv, row 4, column drg: BR15 has a weight already, in row 2"):
        read_weight_list(file)


def test_a_column_for_each_level(tmp_path: Path) -> None:
    header = ["病组编码", "三级医院权重", "二级医院权重", "一级医院权重"]
    file = sheet(tmp_path / "a.xlsx", [header, ["BR15", 1.1, 1, "—"], ["BR13", 1.5, None, 0.8]])
    assert [(row.drg, row.level, row.relative_weight) for row in read_weight_list(file)] == [
        ("BR15", "3", D("1.1")),
        ("BR15", "2", D(1)),
        ("BR13", "3", D("1.5")),
        ("BR13", "1", D("0.8")),
    ]


def test_a_column_of_levels_and_parquet(tmp_path: Path) -> None:
    file = text(tmp_path / "a.csv", "drg,医院级别,RW\nBR15,三级,1.1\nBR15,2,1\n")
    assert [(row.level, row.relative_weight) for row in read_weight_list(file)] == [("3", D("1.1")), ("2", 1)]
    pl.DataFrame({"drg": ["BR15"], "relative_weight": [0.1 + 0.2]}).write_parquet(tmp_path / "a.parquet")
    # What a float holds beyond eight decimals is no part of a weight.
    assert read_weight_list(tmp_path / "a.parquet")[0].relative_weight == D("0.3")


@pytest.mark.parametrize(
    ("content", "said", "row"),
    [
        ("编码,价格\nBR15,1\n", "no row has the names of a list of weights", None),
        ("drg,权重\nBR15,一\n", "relative weight '一' is no number", 2),
        ("drg,权重\nBR15,1\nBR13,\n", "relative weight '' is no number", 3),
        ("drg,权重\n,1\n", "the group is missing", 2),
        ("drg,权重\n", "there is no weight", None),
    ],
)
def test_what_is_no_such_list(tmp_path: Path, content: str, said: str, row: int | None) -> None:
    with pytest.raises(InputError, match=said) as error:
        read_weight_list(text(tmp_path / "a.csv", content))
    assert error.value.row == row
    assert error.value.fix


def test_the_version_is_found_by_the_groups(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for id_ in ("harbin-2022", "chongqing-2025"):
        weights = load_scheme(id_).weights.values()
        rows = [WeightRow(one.drg, one.level, one.relative_weight, "") for one in weights]
        assert version_of(rows, file) == id_
    one = WeightRow("BR15", None, D(1), "")
    with pytest.raises(InputError, match="several versions have all of these groups"):
        version_of([one], file)
    with pytest.raises(InputError, match=r"which lacks 1: ZZ99") as error:
        version_of([*rows, WeightRow("ZZ99", None, D(1), "")], file)
    assert "--grouper" in str(error.value.fix)


def test_a_first_scheme_prices_by_weight_and_rate_alone(tmp_path: Path) -> None:
    file = text(tmp_path / "weights.csv", 'drg,权重,名称\nBR15,0.9258,"a, b"\n')
    files = scheme_of(file, D("9575.25"), "mine", grouper="demo", source="某市医保局")
    scheme = loaded(files, "mine")
    assert scheme.weights["BR15", None].relative_weight == D("0.9258")
    assert (scheme.scheme.rates[0].value_yuan, scheme.scheme.status) == (D("9575.25"), "transcribed")
    assert {scheme.scheme.source, scheme.scheme.rates[0].source} == {"某市医保局"}
    for rule in (scheme.scheme.ungrouped, scheme.scheme.ambiguous, scheme.scheme.unweighted):
        assert rule.pays == "not_known"
