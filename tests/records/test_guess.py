"""Layouts that are guessed from the names and the contents of columns."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.errors import InputError
from drg.records.guess import Found, Guess, guess
from drg.records.guess_contents import contents
from drg.records.guess_names import named, said
from drg.records.guess_text import layout_text
from drg.records.layout_files import entries, read_layout
from drg.records.source_tables import Dialect
from tests import layout_files

DIAGNOSES = ("K80.200", "I20.000", "O80.000", "J18.900")
PROCEDURES = ("51.2300", "36.0601", "73.5900x002", "")


def file_of(tmp_path: Path, columns: dict[str, object], *, encoding: str = "utf-8") -> Path:
    file = tmp_path / "export.csv"
    rows = pl.DataFrame(
        {name: cells if isinstance(cells, tuple) else (cells,) * 4 for name, cells in columns.items()}
    )
    file.write_bytes(rows.write_csv().encode(encoding))
    return file


def guessed(tmp_path: Path, columns: dict[str, object]) -> Guess:
    return guess(file_of(tmp_path, columns), Dialect())


def found(one: Guess) -> dict[str, Found]:
    return {each.column: each for each in one.found}


def names(one: Guess) -> dict[str, tuple[str, ...]]:
    return {each.column: each.names for each in one.found}


@pytest.mark.parametrize(
    ("name", "stem", "number", "unit"),
    [
        ("手术编码1", "手术", 1, None),
        ("*总费用（万元）", "总费用", None, "wan_yuan"),
        ("出生体重(kg)", "出生体重", None, "kg"),
        ("birth_weight_kg", "birthweight", None, "kg"),
        ("oth_diag_12", "othdiag", 12, None),
        ("其他诊断编码（ICD-10）3", "其他诊断", 3, None),
        ("诊断二", "诊断", 2, None),
        ("入院时间（yyyy-mm-dd）", "入院时间", None, None),
        ("住院时长（小时）", "住院时长", None, "hours"),
        ("Dx１", "dx", 1, None),
        ("（元）", "(元)", None, "yuan"),
    ],
)
def test_names_are_taken_apart(name: str, stem: str, number: int | None, unit: str | None) -> None:
    one = named(name)
    assert (one.stem, one.number, one.unit) == (stem, number, unit)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("住院号", "case_id"),
        ("病案号", "record_number"),
        ("主诊断", "principal_diagnosis"),
        ("主要诊断代码", "principal_diagnosis"),
        ("其它诊断编码15", "other_diagnoses"),
        ("诊断编码1", "diagnoses"),
        ("手术编码7", "procedures"),
        ("主手术", "principal_procedure"),
        ("出院科室", "department"),
        ("费别", "insurance_type"),
        ("总费用（元）", "total_cost_yuan"),
        ("住院天数", "los_days"),
        ("出生体重", "birth_weight_g"),
        ("入院诊断编码", "unused"),
        ("ZYH", "case_id"),
        ("QTZDBM3", "other_diagnoses"),
        ("gender", "sex"),
        ("dx1", "diagnoses"),
        ("proc_1", "procedures"),
        ("date of birth", "birth_date"),
    ],
)
def test_names_of_hospital_systems(name: str, role: str) -> None:
    one = said(name)
    assert one is not None
    assert one.role == role


def test_names_that_say_nothing() -> None:
    assert said("Q1") is None
    assert said("姓名") is None


def test_contents_are_told_apart() -> None:
    def kind(name: str, *cells: str) -> str | None:
        return contents(name, pl.Series("", cells)).kind_of_code

    assert kind("x", "K80.200", "i20.000", "K80200 胆囊结石") == "diagnosis"
    assert kind("x", "51.2300", "73.5900x002") == "procedure"
    # Amounts look like short codes.
    assert kind("金额", "51.23", "36.06") is None
    assert kind("手术编码", "51.23", "36.06") == "procedure"
    assert kind("x", "胆囊结石", "心绞痛") is None
    assert kind("x") is None
    assert contents("x", pl.Series(["K80.200|I10.x00", "-"])).has_several
    assert contents("x", pl.Series([["K80.200", "I10.x00"], None])).kind_of_code == "diagnosis"


def test_a_usual_export(tmp_path: Path) -> None:
    one = guessed(
        tmp_path,
        {
            "住院号": ("1", "2", "3", "4"),
            "姓名": "甲",
            "主诊断": "某病",
            "诊断编码": DIAGNOSES,
            "其他诊断编码1": "I10.x00x002",
            "其他诊断编码2": "",
            "手术编码1": PROCEDURES,
            "手术编码2": "",
            "手术编码3": "",
            "费别": ("职工医保", "自费", "居民", "自费"),
            "总费用（万元）": "1.5",
            "出生体重": ("3.2", "", "", ""),
            "门诊诊断编码": "K80.200",
        },
    )
    assert names(one) == {
        "case_id": ("住院号",),
        "birth_weight_g": ("出生体重",),
        "principal_diagnosis": ("诊断编码",),
        "other_diagnoses": ("其他诊断编码1", "其他诊断编码2"),
        "principal_procedure": ("手术编码1",),
        "other_procedures": ("手术编码2", "手术编码3"),
        "insurance_type": ("费别",),
        "total_cost_yuan": ("总费用（万元）",),
    }
    by_column = found(one)
    (others,) = by_column["other_procedures"].sources
    assert (others.names, others.first, others.conversion) == (("手术编码{n}",), 2, "codes_wide")
    assert by_column["total_cost_yuan"].sources[0].unit == "wan_yuan"
    assert by_column["birth_weight_g"].sources[0].unit == "kg"
    assert "kilograms" in by_column["birth_weight_g"].doubts[0]
    assert "自费" in by_column["insurance_type"].doubts[0]
    assert by_column["principal_procedure"].doubts == ()
    assert one.unused == ("门诊诊断编码",)
    assert one.left == ("姓名", "主诊断")
    assert "sex" in one.missing


def test_the_layout_can_be_used_at_once(tmp_path: Path) -> None:
    columns: dict[str, object] = {
        "住院号": ("1", "2", "3", "4"),
        "性别": ("男", "女", "女", "男"),
        "年龄": ("65岁", "3天", "30", "40岁"),
        "诊断1": DIAGNOSES,
        "诊断2": "I10.x00x002",
        "手术1": PROCEDURES,
        "手术2": ("", "", "", "51.2300"),
        "出生体重（kg）": ("", "3.2", "", ""),
        "总费用": "1,234.50",
    }
    file = file_of(tmp_path, columns)
    one = guess(file, Dialect())
    written = tmp_path / "my.toml"
    written.write_text(layout_text(one, "my", "zh"), encoding="utf-8")
    layout = read_layout(written)
    assert entries(layout)["field"] == entries(one.layout("my"))["field"]
    frame = drg.read(file, layout=written).frame()
    assert frame["principal_diagnosis"].to_list() == list(DIAGNOSES)
    assert frame["other_diagnoses"].to_list() == [["I10.x00x002"]] * 4
    assert frame["other_procedures"].to_list() == [[], [], [], ["51.2300"]]
    assert frame["age_days"].to_list() == [None, 3, None, None]
    assert frame["birth_weight_g"].to_list() == [None, 3200, None, None]
    assert [str(cost) for cost in frame["total_cost_yuan"]] == ["1234.50"] * 4
    # The function gives the same.
    assert drg.read(file, layout=drg.guess_layout(file)).frame().equals(frame)


def test_columns_without_names_are_known_by_contents(tmp_path: Path) -> None:
    one = guessed(
        tmp_path, {"Q1": DIAGNOSES, "Q2": "I10.x00x002", "Q3": PROCEDURES, "Q4": "51.2300", "A": "1.50"}
    )
    assert names(one) == {
        "principal_diagnosis": ("Q1",),
        "other_diagnoses": ("Q2",),
        "principal_procedure": ("Q3",),
        "other_procedures": ("Q4",),
    }
    assert all(each.doubts for each in one.found)
    text = layout_text(one, "my", "en")
    assert text.count("\n# ??") == 6
    assert "# Not read: A." in text


def test_series_that_do_not_fit_a_pattern_are_listed(tmp_path: Path) -> None:
    one = guessed(tmp_path, {"Q1": DIAGNOSES, "Q2": "I10.x00x002", "Q3": "51.2300", "Q4": "E11.900"})
    (source,) = found(one)["other_diagnoses"].sources
    assert source.parts == (("Q2",), ("Q4",))
    assert source.conversion == "codes_wide"


def test_a_series_may_repeat_the_principal_code(tmp_path: Path) -> None:
    one = guessed(tmp_path, {"主诊断编码": DIAGNOSES, "诊断编码1": DIAGNOSES, "诊断编码2": "I10.x00x002"})
    assert names(one)["principal_diagnosis"] == ("主诊断编码",)
    assert names(one)["other_diagnoses"] == ("诊断编码2",)
    assert one.unused == ("诊断编码1",)


def test_words_in_names_of_codes_count(tmp_path: Path) -> None:
    columns: dict[str, object] = {
        "入院时第一疾病ICD": "K80.200",
        "出院时其他疾病（甲）ICD": "I10.x00x002",
        "出院时主要疾病ICD": DIAGNOSES,
    }
    one = guessed(tmp_path, columns)
    assert names(one)["principal_diagnosis"] == ("出院时主要疾病ICD",)
    assert names(one)["other_diagnoses"] == ("出院时其他疾病（甲）ICD",)
    assert one.unused == ("入院时第一疾病ICD",)


def test_several_codes_in_a_cell(tmp_path: Path) -> None:
    one = guessed(tmp_path, {"诊断编码": "K80.200|I10.x00x002"})
    assert "several codes" in found(one)["principal_diagnosis"].doubts[0]
    one = guessed(tmp_path, {"主诊断": DIAGNOSES, "其他诊断": "E11.900；I10.x00x002"})
    assert found(one)["other_diagnoses"].sources[0].conversion == "codes"


def test_ids(tmp_path: Path) -> None:
    columns = {"病案号": ("1", "1", "2", "3"), "住院次数": ("1", "2", "1", "1"), "主诊断": DIAGNOSES}
    one = found(guessed(tmp_path, {**columns}))
    assert one["case_id"].names == ("病案号", "住院次数")
    assert one["patient_id"].names == ("病案号",)
    del columns["住院次数"]
    assert "more than once" in found(guessed(tmp_path, {**columns}))["case_id"].doubts[0]


def test_a_name_in_a_list_of_words_is_not_repeated(tmp_path: Path) -> None:
    columns: dict[str, object] = {"主诊断": DIAGNOSES, "离院方式": ("回家", "回家", "1", "孙八")}
    (doubt,) = found(guessed(tmp_path, columns))["disposition"].doubts
    assert doubt.startswith("not known: 回家; say")
    columns["离院方式"] = ("1", "1", "1", "孙八")
    (doubt,) = found(guessed(tmp_path, columns))["disposition"].doubts
    assert doubt.startswith("not known: 1 values that are there once; say")


def test_what_is_uncertain_is_said(tmp_path: Path) -> None:
    one = found(
        guessed(
            tmp_path,
            {
                "主诊断": DIAGNOSES,
                "性别": ("0", "1", "1", "0"),
                "年龄": "3",
                "年龄单位": ("月", "岁", "岁", "岁"),
                "总费用": "1.50",
                "住院费用": "1.50",
                "ICU时间": "12",
                "医疗付款方式": ("1", "2", "7", "1"),
                "出院日期": "",
            },
        )
    )
    assert "0 counts as not known" in one["sex"].doubts[0]
    assert "年龄单位" in one["age_years"].doubts[0]
    assert "住院费用" in one["total_cost_yuan"].doubts[0]
    assert "hours" in one["icu_hours"].doubts[0]
    assert one["insurance_type"].sources[0].values == {"1": "310", "2": "390"}
    assert "empty" in one["discharge_date"].doubts[0]


def test_contents_contradict_names(tmp_path: Path) -> None:
    one = guessed(
        tmp_path,
        {"主诊断": DIAGNOSES, "总费用": "某", "出院日期": "K80.200", "年龄（月）": "5", "性别": "甲"},
    )
    assert names(one) == {
        "age_days": ("年龄（月）",),
        "principal_diagnosis": ("主诊断",),
        "other_diagnoses": ("出院日期",),
    }
    assert found(one)["age_days"].sources[0].conversion == "months_to_days"


def test_a_shipped_layout_is_the_base(tmp_path: Path) -> None:
    cases = layout_files.discharges(50)
    one = guess(layout_files.write_hqms(tmp_path / "h.csv", cases), Dialect())
    assert one.base is not None
    assert one.base.id == "hqms"
    assert all(
        not each.sources for each in one.found if each.column in {field.column for field in one.base.field}
    )
    text = tomllib.loads(layout_text(one, "my", "en"))
    assert text["based_on"] == "hqms"
    sheet = layout_files.write_sheet(tmp_path / "s.xlsx", cases)
    other = guess(sheet, Dialect())
    assert other.base is not None
    assert other.base.id == "n041"
    expected = drg.read(sheet).frame()
    assert drg.read(sheet, layout=other.layout()).frame().select(expected.columns).equals(expected)


def test_a_header_below_titles_is_found(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("某院出院病人\n2027年1月\nZYH,ZYZDBM,SSBM1\n1,K80.200,51.2300\n", encoding="gb18030")
    one = guess(file, Dialect())
    assert names(one)["principal_diagnosis"] == ("ZYZDBM",)


def test_a_header_alone_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("ZYH,主诊断编码,诊断编码1,诊断编码2,手术编码1,总费用\n", encoding="utf-8")
    one = guess(file, Dialect())
    assert names(one)["other_diagnoses"] == ("诊断编码1", "诊断编码2")
    assert names(one)["principal_procedure"] == ("手术编码1",)
    assert all(
        "empty" in found(one)[column].doubts[-1] for column in ("principal_diagnosis", "total_cost_yuan")
    )


def test_columns_without_a_name_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("主诊断,,其他诊断\nK80.200,E11.900,I10.x00x002\n", encoding="utf-8")
    one = guess(file, Dialect())
    assert names(one)["other_diagnoses"] == ("其他诊断",)
    assert read_layout(_written(tmp_path, one)).field


def _written(tmp_path: Path, one: Guess) -> Path:
    layout = tmp_path / "my.toml"
    layout.write_text(layout_text(one, "my", "en"), encoding="utf-8")
    return layout


def test_parquet_with_lists(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    rows = {"dx": ["K80.200"], "others": [["E11.900", "I10.x00x002"]], "age": [45], "cost": [1.5]}
    pl.DataFrame(rows).write_parquet(file)
    one = guess(file, Dialect())
    assert names(one)["principal_diagnosis"] == ("dx",)
    frame = drg.read(file, layout=_written(tmp_path, one)).frame()
    assert frame["other_diagnoses"].to_list() == [["E11.900", "I10.x00x002"]]
    assert frame["age_years"].to_list() == [45]


def test_files_for_which_there_is_no_guess(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column seems to hold principal diagnoses"):
        guessed(tmp_path, {"年龄": "3", "金额": "12.50"})
    directory = layout_files.write_settlement(tmp_path / "s", layout_files.discharges(5))
    with pytest.raises(InputError, match="of the layout settlement"):
        drg.guess_layout(directory / "9.csv")
