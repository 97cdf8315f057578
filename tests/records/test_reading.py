from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

import drg
from drg.columns import INPUT
from drg.errors import InputError
from drg.records.discharge import discharge_of
from drg.records.discharges import Discharges
from drg.records.findings import SCHEMA
from drg.records.reading import read, read_results
from tests import layout_files
from tests.layout_files import Case

ROOT = Path(__file__).resolve().parents[2]

CASES = layout_files.discharges(300, seed=7)
WRITERS: dict[str, tuple[str, Callable[[Path, list[Case]], Path]]] = {
    "hqms": ("h.csv", layout_files.write_hqms),
    "n041": ("n.csv", layout_files.write_n041),
    "sheet": ("x.xlsx", layout_files.write_sheet),
    "settlement": ("s", layout_files.write_settlement),
}
# What these layouts have no field for, and what dirt makes less precise.
UNKNOWN = {
    "hqms": {"icu_hours"},
    "n041": {"icu_hours", "age_days"},
    "sheet": {"icu_hours"},
    "settlement": set(),
}


def told(findings: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return findings.select(columns).rows()


def lines(file: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file.write_text("\n".join(rows) + "\n", encoding=encoding)
    return file


def test_a_file_that_is_given_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("case_id,principal_diagnosis\n1,K80.101\n", encoding="utf-8")
    (tmp_path / "b.csv").symlink_to(file)
    for again in (file, tmp_path / "b.csv", tmp_path):
        for reading in (read, read_results):
            if again is tmp_path and reading is read_results:
                continue
            with pytest.raises(InputError, match=r"this is the same file as a\.csv\. Name it once"):
                reading([file, again])


@pytest.mark.parametrize("layout", WRITERS)
def test_every_layout_gives_the_same_canonical_columns(tmp_path: Path, layout: str) -> None:
    name, write = WRITERS[layout]
    discharges = read(write(tmp_path / name, CASES), sheet="首页" if layout == "sheet" else None)
    frame = discharges.frame()
    truth = layout_files.canonical(CASES)
    assert set(INPUT) <= set(frame.columns)
    for column in frame.columns:
        if column in UNKNOWN[layout]:
            continue
        if column in ("patient_id", "cost_parts_yuan"):
            continue
        if column == "birth_date":
            assert frame[column].null_count() == len(CASES)
            continue
        expected = truth[column]
        if column in ("admission_date", "discharge_date") and layout == "n041":
            # Some forms say no hours.
            assert frame[column].dt.date().equals(expected.dt.date()), column
        elif column == "total_cost_yuan":
            assert frame[column].cast(pl.String).to_list() == expected.to_list()
        else:
            assert frame[column].to_list() == expected.to_list(), column
    assert frame["patient_id"].null_count() == 0
    assert frame.equals(discharges.lazy().collect())


def test_own_columns_stay_as_they_are(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "f.csv", ' C03c ,"年龄（岁）",x,x,', "i50.900, 65岁 ,00, ,", ",,,1,", encoding="gb18030"
    )
    discharges = read(file)
    own = discharges.source.collect()
    assert own.columns[:3] == [" C03c ", "年龄（岁）", "x"]
    assert own.rows() == [("i50.900", " 65岁 ", "00", " ", None), (None, None, None, "1", None)]
    assert discharges.canonical(own, ["principal_diagnosis", "age_years"]).rows() == [
        ("I50.900", 65),
        (None, None),
    ]


def test_canonical_files_are_recognised_as_such(tmp_path: Path) -> None:
    truth = layout_files.canonical(CASES)
    truth.write_parquet(tmp_path / "c.parquet")
    parquet = read(tmp_path / "c.parquet")
    assert parquet.is_canonical
    assert (
        parquet.frame()
        .select("age_days", "other_diagnoses")
        .equals(truth.select("age_days", "other_diagnoses"))
    )
    joined = truth.with_columns(pl.col(pl.List(pl.String)).list.join("|"))
    joined.rename({"sex": "Sex"}).write_csv(tmp_path / "c.csv")
    text = read(tmp_path / "c.csv")
    assert text.layout.id == "canonical"
    assert not text.is_canonical
    same = [name for name in parquet.frame().columns if name != "total_cost_yuan"]
    assert text.frame().select(same).equals(parquet.frame().select(same))


def test_what_could_not_be_read_is_told_with_its_row(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "f.csv",
        "A48,A49,A12C,A14,B12,C03C,C06x01C,C14x01C",
        "1,1,男,65,2024-03-01,I50.900,I10.x00x002,51.2300",
        '2,1,x,半岁,2024-02-30,"i50.900","A17.000 + g01",51.23',
        "3,2,—,NULL,无,-,,",
    )
    discharges = read(file)
    findings = discharges.findings()
    assert findings.schema == SCHEMA
    missing = findings.filter(pl.col("rule") == "column-missing")
    assert {"icu_hours", "admission_weight_g"} <= set(missing["field"])
    assert told(
        findings.filter(pl.col("rule") != "column-missing"), "row", "rule", "column", "field", "value"
    ) == [
        (3, "sex-malformed", "A12C", "sex", "x"),
        (3, "age-years-malformed", "A14", "age_years", "半岁"),
        (3, "admission-date-malformed", "B12", "admission_date", "2024-02-30"),
        (3, "code-rewritten", "C03C", "principal_diagnosis", "i50.900"),
        (3, "code-rewritten", "C06x01C", "other_diagnoses", "A17.000 + g01"),
        (3, "code-lost-zeros", "C14x01C", "principal_procedure", "51.23"),
    ]
    assert findings["file"].unique().to_list() == [str(file)]
    assert findings["sheet"].unique().to_list() == [None]
    assert findings.select("message", "message_zh", "fix", "fix_zh").null_count().sum_horizontal().item() == 0
    frame = discharges.frame()
    assert frame["sex"].to_list() == [1, None, None]
    assert frame["principal_diagnosis"].to_list() == ["I50.900", "I50.900", None]
    assert frame["icu_hours"].to_list() == [None] * 3


def test_a_number_in_a_workbook_where_a_code_should_be(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "f.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["BAH", "JBDM", "SSJCZBM1", "SSJCZBM2", "SSJCZBM3"])
        sheet.write_row(1, 0, ["0012", "I50.900", 51.23, "51.2300", 1.24])
    discharges = read(tmp_path / "f.xlsx")
    frame = discharges.frame()
    assert frame["case_id"].to_list() == ["0012"]
    assert frame["principal_procedure"].to_list() == ["51.23"]
    assert frame["other_procedures"].to_list() == [["51.2300", "1.24"]]
    findings = discharges.findings().filter(pl.col("rule") == "code-lost-zeros")
    assert told(findings, "sheet", "row", "column", "value") == [
        ("Sheet1", 2, "SSJCZBM1", "51.23"),
        ("Sheet1", 2, "SSJCZBM3", "1.24"),
    ]


def test_sheets(tmp_path: Path) -> None:
    file = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        book.add_worksheet("空")
        sheet = book.add_worksheet("首页")
        sheet.write_row(0, 0, ["C03C", "C03C", None, "A14"])
        sheet.write_row(1, 0, ["I50.900", "x"])
        sheet.write_row(4, 3, [" "])
        sheet.write_blank(9, 3, None, book.add_format({"bold": True}))
    found = read(file, sheet="首页")
    assert found.source.collect().height == 1
    blank = (3, "row-blank", "3–5")
    assert told(found.remarks, "row", "rule", "value") == [blank, (1, "column-twice", None)]
    assert read(file, sheet="2").source.collect().columns == ["C03C", "C03C_duplicated_0", "", "A14"]
    assert read(file).source.collect().height == 1
    with pytest.raises(InputError, match="the workbook holds no table"):
        read(file, sheet="空")
    with pytest.raises(InputError, match=r"no sheet '首页1'.*Did you mean '首页'.*空, 首页"):
        read(file, sheet="首页1")
    with pytest.raises(InputError, match="no sheet '3'"):
        read(file, sheet="3")
    file.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(InputError, match="not a workbook that can be read"):
        read(file)


def test_clinical_codes_are_converted_only_if_it_is_said(tmp_path: Path) -> None:
    file = lines(tmp_path / "f.csv", "A48,C03C,C14x01C", "1,A01.000x002,00.6500x014")
    assert read(file).frame()["principal_diagnosis"].to_list() == ["A01.000x002"]
    clinical = read(file, codes="clinical")
    assert clinical.frame().select("principal_diagnosis", "principal_procedure").rows() == [
        ("A01.003", "00.6501")
    ]
    converted = clinical.findings().filter(pl.col("rule") == "code-converted")
    assert told(converted, "row", "field", "value") == [
        (2, "principal_diagnosis", "A01.000x002"),
        (2, "principal_procedure", "00.6500x014"),
    ]
    with pytest.raises(InputError, match="no code version 'klinisch'"):
        read(file, codes="klinisch")  # type: ignore[arg-type]


def test_several_files_of_one_layout(tmp_path: Path) -> None:
    one = lines(tmp_path / "1.csv", "A48,C03C,C06x01C", "1,I50.900,I10.x00x002")
    two = lines(tmp_path / "2.csv", "病案号;出院主要诊断编码;性别", "2;a01.000;女", encoding="gb18030")
    discharges = read([one, two])
    frame = discharges.frame()
    assert frame.select("case_id", "principal_diagnosis", "other_diagnoses", "sex").rows() == [
        ("1", "I50.900", ["I10.x00x002"], None),
        ("2", "A01.000", [], 2),
    ]
    findings = discharges.findings().filter(pl.col("rule") == "code-rewritten")
    assert told(findings, "file", "row", "case_id") == [(str(two), 2, "2")]
    assert read(tmp_path).frame().equals(frame)
    other = lines(tmp_path / "3.csv", "BAH,JBDM", "1,I50.900")
    with pytest.raises(InputError, match=r"3\.csv: the header is that of n041, but the first file is hqms"):
        read([one, other])


def test_one_case(tmp_path: Path) -> None:
    file = lines(tmp_path / "f.csv", "A48,A49,C03C,A12C", "1,1,I50.900,1", "1,2,i50.900,男")
    case = discharge_of(read(file).case("1-2"))
    assert (case.case_id, case.principal_diagnosis, case.sex) == ("1-2", "I50.900", 1)
    with pytest.raises(InputError, match="no case '1-3'"):
        read(file).case("1-3")
    with pytest.raises(InputError, match="no column case_id"):
        read(lines(file, "C03C", "I50.900")).case("1")


def settlement(tmp_path: Path, **tables: list[str]) -> Discharges:
    rows = {
        "setlinfo": ["mdtrt_sn,gend,age,vent_used_dura", "v1,1,65,1/2/30", "v2,2,12天,", " v3 ,2,7,x"],
        "diseinfo": [
            "mdtrt_sn,diag_srt_no,diag_type,maindiag_flag,diag_code",
            "v1,10,1,0,E11.900",
            "v1,2,1,0,I10.x00x002",
            "v1,1,2,1,BNX010",
            "v1,3,,1,I50.900",
            "v1,4,1,1,A01.000",
            "v2,1,1,0,B02.900",
            "v9,1,1,1,I50.900",
            "v9,2,1,0,I50.900",
            ",2,1,0,I50.900",
        ],
        **tables,
    }
    for name, table in rows.items():
        lines(tmp_path / f"{name}.csv", *table)
    return read(random.sample(sorted(tmp_path.glob("*.csv")), len(rows)))


def test_settlement_list(tmp_path: Path) -> None:
    discharges = settlement(
        tmp_path,
        oprninfo=[
            "mdtrt_sn,oprn_oprt_sn,oprn_oprt_type,oprn_oprt_code",
            "v1,2,2,88.7200",
            "v1,1,1,51.2300",
            "v2,1,2,-",
        ],
        iteminfo=["mdtrt_sn,amt", "v1,1.10", 'v1,"1,000.25"', "v2,x", "v2,5", "v8,1"],
        icuinfo=["mdtrt_sn,scs_cutd_sum_dura", "v1,1/0/0", "v1,0/2/30", "v2,bad"],
    )
    assert discharges.layout.id == "settlement"
    assert discharges.own_columns == ("mdtrt_sn", "gend", "age", "vent_used_dura")
    frame = discharges.frame().with_columns(pl.col(pl.Decimal).cast(pl.String))
    wanted = ("principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures")
    assert frame.select("case_id", *wanted).rows() == [
        # Chinese medicine takes no part; the first main diagnosis is the principal, no other is lost.
        ("v1", "I50.900", ["I10.x00x002", "A01.000", "E11.900"], "51.2300", ["88.7200"]),
        ("v2", None, ["B02.900"], None, []),
        ("v3", None, [], None, []),
    ]
    assert frame.select(
        "age_years", "age_days", "total_cost_yuan", "icu_hours", "ventilator_hours"
    ).rows() == [
        (65, None, "1001.35", 26.5, 26.5),
        (0, 12, "5.00", None, None),
        # No row in a table that is there: no hours. No costs are costs that are not known.
        (7, None, None, 0.0, None),
    ]
    findings = discharges.findings()
    findings = findings.with_columns(pl.col("file").str.extract(r"(\w+)\.csv$").fill_null("?"))
    places = ("file", "row", "case_id", "rule", "column", "field", "value")
    assert sorted(told(findings, *places), key=str) == sorted(
        [
            ("setlinfo", 1, None, "column-missing", None, name, None)
            for name in ("birth_weight_g", "admission_weight_g", "department", "los_days", "disposition")
        ]
        + [
            ("iteminfo", 4, "v2", "total-cost-yuan-malformed", "amt", "total_cost_yuan", "x"),
            ("iteminfo", 4, "v2", "cost-parts-yuan-malformed", "amt", "cost_parts_yuan", "x"),
            ("icuinfo", 4, "v2", "icu-hours-malformed", "scs_cutd_sum_dura", "icu_hours", "bad"),
            ("setlinfo", 4, "v3", "ventilator-hours-malformed", "vent_used_dura", "ventilator_hours", "x"),
            ("iteminfo", 6, "v8", "visit-unknown", "mdtrt_sn", "case_id", "v8"),
            ("diseinfo", 8, "v9", "visit-unknown", "mdtrt_sn", "case_id", "v9"),
            ("diseinfo", 10, None, "visit-unknown", "mdtrt_sn", "case_id", None),
        ],
        key=str,
    )
    assert "2 rows" in findings.filter(pl.col("case_id") == "v9")["message"][0]


def test_a_settlement_list_without_the_optional_tables(tmp_path: Path) -> None:
    discharges = settlement(tmp_path)
    frame = discharges.frame()
    assert frame["principal_diagnosis"].to_list() == ["I50.900", None, None]
    assert frame["icu_hours"].to_list() == [None] * 3
    assert {"principal_procedure", "icu_hours"} <= set(discharges.lacking()["field"])
    assert discharges.source.collect().columns == ["mdtrt_sn", "gend", "age", "vent_used_dura"]
    assert discharge_of(discharges.case("v1")).other_diagnoses == ["I10.x00x002", "A01.000", "E11.900"]


def test_a_settlement_list_without_a_required_table(tmp_path: Path) -> None:
    file = lines(tmp_path / "setlinfo.csv", "mdtrt_sn,gend,age", "v1,1,65")
    with pytest.raises(InputError, match=r"needs diseinfo \(诊断信息\) as well"):
        read(file)


def test_empty_tables(tmp_path: Path) -> None:
    discharges = settlement(
        tmp_path,
        setlinfo=["mdtrt_sn,gend,age"],
        diseinfo=["mdtrt_sn,diag_code,maindiag_flag"],
        oprninfo=["mdtrt_sn,oprn_oprt_code"],
    )
    assert discharges.frame().height == 0
    assert read(lines(tmp_path / "f.csv", "C03C,A48")).frame().height == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["A48,A49,A12C", "1,1,1"], ["no principal diagnosis, which hqms calls C03C"]),
        (["病案号,性别,总费用", "1,1,1"], ["no principal diagnosis, which n041 calls 主要诊断编码"]),
        (["张三,李四", "王五,赵六"], ["no layout that is known; known names, of 2: none"]),
        (["foo,bar", "1,2"], ["no layout that is known; known names, of 2: none", "--layout"]),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, rows: list[str], said: list[str]) -> None:
    file = lines(tmp_path / "f.csv", *rows)
    with pytest.raises(InputError) as raised:
        read(file).frame()
    for part in ("f.csv", *said):
        assert part in str(raised.value)


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table in this directory"):
        read(tmp_path)
    with pytest.raises(InputError, match="no file was given"):
        read([])


def test_a_given_layout_is_not_found_out(tmp_path: Path) -> None:
    file = lines(tmp_path / "f.csv", "JBDM,C03C", "I50.900,A01.000")
    assert read(file, layout="hqms").frame()["principal_diagnosis"].to_list() == ["A01.000"]
    assert read(file, layout="n041").frame()["principal_diagnosis"].to_list() == ["I50.900"]


def test_the_front_door(tmp_path: Path) -> None:
    file = lines(tmp_path / "f.csv", "A48,C03C,A14", "1,D10.001,65")
    discharges = drg.read(str(file))
    assert isinstance(discharges, drg.Discharges)
    grouped = drg.group(discharges.frame(), "demo")
    assert grouped["case_id"].to_list() == ["1"]
    assert grouped["grouping_status"].to_list() == ["grouped"]


def test_the_usual_names_of_columns_that_hold_several_codes(tmp_path: Path) -> None:
    header = "病案号,性别,年龄,住院天数,主要诊断编码,其他诊断编码,其他诊断编码1,主要手术编码,其他手术编码"
    row = "1,男,45,5,K80.101,E11.900;I10.x00x002,I50.900,51.2300,38.9300x001|39.9500"
    (case,) = read(lines(tmp_path / "f.csv", header, row)).frame().rows(named=True)
    assert (case["los_days"], case["principal_procedure"]) == (5, "51.2300")
    assert case["other_diagnoses"] == ["E11.900", "I10.x00x002", "I50.900"]
    assert case["other_procedures"] == ["38.9300x001", "39.9500"]


def test_what_is_missing_is_called_as_in_the_file(tmp_path: Path) -> None:
    chinese = read(lines(tmp_path / "z.csv", "病案号,性别,年龄,主要诊断编码", "1,1,1,I50.900"))
    assert chinese.called("other_diagnoses") == "其他诊断编码"
    assert chinese.called("admission_weight_g") == "新生儿入院体重"
    other = read(lines(tmp_path / "e.csv", "BAH,XB,NL,JBDM", "1,1,1,I50.900"))
    assert other.called("other_diagnoses") == "JBDM1"
    assert other.called("other_procedures") == "SSJCZBM2"


def test_a_frame_keeps_what_could_not_be_read(tmp_path: Path) -> None:
    """An impossible value is no empty one, whatever way cases take."""
    file = tmp_path / "cases.csv"
    rows = [
        ("X", "50", "1.00"),
        ("2.5", "50", "1.00"),
        ("1", "abc", "1.00"),
        ("1", "50", "kein"),
        ("1", "", ""),
    ]
    strange = pl.DataFrame(rows, ["sex", "age_years", "total_cost_yuan"], orient="row")
    example = pl.read_csv(ROOT / "examples" / "discharges.csv", infer_schema=False).head(len(rows))
    example.with_columns(strange).write_csv(file)
    discharges = drg.read(file)
    frame = discharges.frame()
    assert frame["sex?"].to_list() == ["X", "2.5", None, None, None]
    assert frame["age_years?"].to_list() == [None, None, "abc", None, None]
    assert frame["total_cost_yuan?"].to_list() == [None, None, None, "kein", None]
    assert "los_days?" not in frame.columns
    grouped = drg.group(discharges, "chs-drg-2.0").frame()
    assert grouped["grouping_status"].to_list()[:3] == ["invalid"] * 3
    again = drg.group(frame, "chs-drg-2.0")
    for name in ("drg", "grouping_status", "grouping_reason"):
        assert again[name].to_list() == grouped[name].to_list()
    told = [drg.check(given).findings for given in (frame, discharges)]
    one, other = (found.select("rule", pl.col("value").fill_null("")).rows() for found in told)
    assert one == other
