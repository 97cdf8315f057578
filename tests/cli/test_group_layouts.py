"""The same discharges in every layout come to the same groups."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import polars as pl
import pytest

import drg
from drg.columns import OUTPUT, OUTPUT_COLUMNS, PRICE
from drg.records.reading import read_results
from tests import layout_files
from tests.cli.conftest import Drg
from tests.helpers import OUTPUTS
from tests.layout_files import Case

GROUPER = "chs-drg-2.0"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "discharges.csv"
CASES = 1_000
GROUPS = ["mdc", "adrg", "drg", "drg_name", "severity", "grouping_status", "grouping_reason"]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return layout_files.discharges(CASES)


@pytest.fixture(scope="module")
def expected(cases: list[Case]) -> pl.DataFrame:
    return drg.group(layout_files.canonical(cases), GROUPER)


@pytest.fixture(scope="module")
def files(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("layouts")
    frame = layout_files.canonical(cases)
    frame.write_parquet(directory / "canonical.parquet")
    frame.with_columns(pl.col(pl.List(pl.String)).list.join("|")).write_csv(directory / "canonical.csv")
    return {
        "canonical.parquet": directory / "canonical.parquet",
        "canonical.csv": directory / "canonical.csv",
        "hqms": layout_files.write_hqms(directory / "hqms.csv", cases),
        "n041": layout_files.write_n041(directory / "n041.csv", cases),
        "sheet": layout_files.write_sheet(directory / "n041.xlsx", cases),
        "settlement": layout_files.write_settlement(directory / "settlement", cases),
    }


LAYOUTS = ["canonical.parquet", "canonical.csv", "hqms", "n041", "sheet", "settlement"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_comes_to_the_same_groups(
    drg: Drg, files: dict[str, Path], expected: pl.DataFrame, tmp_path: Path, layout: str
) -> None:
    out, told = tmp_path / "o.parquet", tmp_path / "f.parquet"
    more = ["--sheet", "首页"] if layout == "sheet" else []
    outcome = drg("group", files[layout], "-o", out, "-g", GROUPER, "--findings", told, *more)
    assert outcome.code == 0, outcome.err
    grouped = pl.read_parquet(out)
    assert grouped.select(GROUPS).equals(expected.select(GROUPS))
    findings = pl.read_parquet(told)
    # Dirt is told, and nothing is lost: no cell was unreadable, no code unknown.
    assert set(findings["rule"]) <= {"code-rewritten"}
    assert findings.is_empty() == (layout != "n041")
    assert findings["row"].is_sorted()


def test_own_columns_are_kept_in_order(
    drg: Drg, files: dict[str, Path], expected: pl.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "o.csv"
    assert drg("group", files["hqms"], "-o", out, "-g", GROUPER).code == 0
    source = pl.read_csv(files["hqms"].read_text(encoding="gb18030").encode(), infer_schema=False)
    grouped = pl.read_csv(out, infer_schema=False)
    assert grouped.width == 623 + len(OUTPUTS)
    assert grouped.drop(OUTPUTS).equals(source)
    assert grouped["drg"].equals(expected["drg"])


def test_canonical_columns_instead(
    drg: Drg, files: dict[str, Path], expected: pl.DataFrame, tmp_path: Path
) -> None:
    for layout in ("settlement", "canonical.csv"):
        out = tmp_path / f"{layout}.parquet"
        assert drg("group", files[layout], "-o", out, "-g", GROUPER, "--canonical").code == 0
        grouped = pl.read_parquet(out)
        assert grouped.columns[0] == "case_id"
        assert grouped.columns[-len(OUTPUTS) :] == OUTPUTS
        same = ["case_id", "sex", "age_years", "age_days", "icu_hours", "other_diagnoses", "drg"]
        assert grouped.select(same).equals(expected.select(same))


def test_a_workbook_as_result(
    drg: Drg, files: dict[str, Path], expected: pl.DataFrame, tmp_path: Path
) -> None:
    out, told = tmp_path / "o.xlsx", tmp_path / "f.xlsx"
    arguments = ("-o", out, "-g", GROUPER, "--sheet", "2", "--findings", told)
    assert drg("group", files["sheet"], *arguments).code == 0
    sheet = fastexcel.read_excel(out).load_sheet(0, dtypes="string").to_polars()
    assert sheet["drg"].to_list() == expected["drg"].to_list()
    assert sheet["主要诊断编码"].to_list() == expected["principal_diagnosis"].to_list()
    assert sheet["病案号"][0] == "000000"
    assert fastexcel.read_excel(told).load_sheet(0).height == 0


def test_too_many_rows_for_a_sheet(
    drg: Drg, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drg.records.spreadsheet.MOST_ROWS", CASES)
    out = tmp_path / "o.xlsx"
    outcome = drg("group", files["canonical.parquet"], "-o", out, "-g", GROUPER)
    assert outcome.code == 1
    assert "more than the 999 rows that a sheet of Excel holds" in outcome.err
    assert not out.exists()


def test_explain_reads_every_layout(
    drg: Drg, files: dict[str, Path], cases: list[Case], expected: pl.DataFrame
) -> None:
    number = next(place for place, case in enumerate(cases) if len(case["other_diagnoses"]) > 2)
    case_id = cases[number]["case_id"]
    for layout in LAYOUTS:
        more = ["--sheet", "首页"] if layout == "sheet" else []
        outcome = drg("explain", files[layout], "--case-id", case_id, "-g", GROUPER, "--json", *more)
        assert outcome.code == 0, outcome.err
        explained = json.loads(outcome.out)
        assert [explained[name] for name in GROUPS] == list(expected.select(GROUPS).row(number))
        assert explained["discharge"]["other_diagnoses"] == cases[number]["other_diagnoses"]


def test_explanations_name_codes(drg: Drg) -> None:
    fields = ("--principal-diagnosis", "i50.900", "--other-diagnoses", "I10.x00x002", "--sex", "1")
    outcome = drg("explain", "-g", GROUPER, "--age-years", "70", "--principal-procedure", "37.2200", *fields)
    assert outcome.code == 0
    for part in ("i50.900 心力衰竭", "I10.x00x002 高血压", "37.2200 左心导管置入"):
        assert part in outcome.out


def test_what_a_layout_lacks_is_a_finding_and_a_reason(drg: Drg, tmp_path: Path) -> None:
    # The demo version asks for hours in intensive care, which HQMS has not.
    file, out, told = tmp_path / "h.csv", tmp_path / "o.csv", tmp_path / "f.csv"
    file.write_text("A48,C03C,A12C,A14,B20,B34C\n1,D10.001,1,65,3,1\n", encoding="utf-8")
    outcome = drg("group", file, "-o", out, "-g", "demo", "--findings", told)
    assert outcome.code == 0
    assert "column-missing" in outcome.out
    assert "read as hqms" in outcome.out
    grouped = pl.read_csv(out, infer_schema=False)
    assert "icu_hours" in grouped["grouping_reason"][0]
    findings = pl.read_csv(told, infer_schema=False)
    assert "icu_hours" in findings["field"].to_list()
    # Codes that the version knows are not unknown, whatever the code list says.
    assert "code-unknown" not in findings["rule"].to_list()


@pytest.mark.parametrize(
    "header",
    [
        "case_id,principal_diagnosis,other_diagnoses,sex,age_years,age_days,birth_weight_g,principal_procedure,"
        "other_procedures",
        "A48,C03C,C06x01C,A12C,A14,A16,A17,C14x01C,C35x01C",
    ],
)
def test_clinical_codes_are_converted_for_grouping_only(drg: Drg, tmp_path: Path, header: str) -> None:
    file, out, told = tmp_path / "f.csv", tmp_path / "o.csv", tmp_path / "f.parquet"
    file.write_text(f"{header}\n1,A01.000x002,A19.000x001,1,,,,,\n", encoding="utf-8")
    arguments = ("-g", "chs-drg-2.0", "--findings", told)
    assert drg("group", file, "-o", out, *arguments, "--codes", "clinical").code == 0
    assert pl.read_csv(out, infer_schema=False).row(0)[:4] == ("1", "A01.000x002", "A19.000x001", "1")
    converted = pl.read_parquet(told).filter(pl.col("rule") == "code-converted")
    assert converted.select("field", "value").rows() == [
        ("principal_diagnosis", "A01.000x002"),
        ("other_diagnoses", "A19.000x001"),
    ]
    assert drg("group", file, "-o", out, *arguments, "--canonical", "--codes", "clinical").code == 0
    grouped = pl.read_csv(out, infer_schema=False)
    assert grouped.select("principal_diagnosis", "other_diagnoses").row(0) == ("A01.003", "A19.001")
    assert drg("group", file, "-o", out, *arguments).code == 0
    assert "code-converted" not in pl.read_parquet(told)["rule"].to_list()


def test_findings_are_counted_and_in_order(drg: Drg, tmp_path: Path) -> None:
    names = [f"{letter}.csv" for letter in "ab"]
    for number, name in enumerate(names):
        rows = [f"{number}{row},I50.99,{'男' if row % 2 else 'x'}\n" for row in range(1000)]
        (tmp_path / name).write_text("A48,C03C,A12C\n" + "".join(rows), encoding="utf-8")
    told = tmp_path / "f.parquet"
    paths = [tmp_path / name for name in names]
    outcome = drg("group", *paths, "-o", tmp_path / "o.csv", "-g", "demo", "--findings", told)
    assert outcome.code == 0
    assert "2,000" in outcome.out
    findings = pl.read_parquet(told).filter(pl.col("rule") != "column-missing")
    assert findings.columns[0] == "file"
    assert findings.group_by("rule").len().sort("rule").rows() == [
        ("code-unknown", 2000),
        ("sex-malformed", 1000),
    ]
    placed = findings.select("file", "row").rows()
    assert placed == sorted(placed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["n.csv", "--layout", "hqsm"], ["no layout 'hqsm'", "Did you mean 'hqms'?"]),
        (["n.csv", "--layout", "hqms"], ["no principal diagnosis, which hqms calls C03C"]),
        (["n.csv", "--encoding", "utf-9"], ["no encoding 'utf-9'"]),
        (["n.csv", "--delimiter", "ab"], ["'ab' cannot stand between cells"]),
        (["odd.csv"], ["no layout that is known; known names, of 2: none"]),
        (["n.csv", "h.csv"], ["h.csv: the header is that of hqms, but the first file is n041"]),
        (["taken.csv"], ["already has a column drg", "--canonical"]),
        (["n.csv", "--findings", "f.docx"], [".docx are not known here"]),
        (["n.csv", "--findings", "nowhere/f.csv"], ["there is no directory nowhere"]),
        (["fake.xlsx"], ["fake.xlsx: the file is text, not what its ending .xlsx says"]),
    ],
)
def test_what_cannot_be_read_is_said_clearly(
    drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.csv").write_text("BAH,JBDM\n1,I50.900\n", encoding="utf-8")
    Path("h.csv").write_text("A48,C03C\n1,I50.900\n", encoding="utf-8")
    Path("odd.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("taken.csv").write_text("A48,C03C,drg\n1,I50.900,X\n", encoding="utf-8")
    Path("fake.xlsx").write_text("this is no workbook", encoding="utf-8")
    outcome = drg("group", *arguments, "-o", "o.csv", "-g", "demo")
    assert outcome.code == 1
    for part in said:
        assert part in outcome.err
    assert not Path("o.csv").exists()


def test_layouts_are_listed_and_shown(drg: Drg, tmp_path: Path) -> None:
    outcome = drg("layouts")
    assert outcome.code == 0
    for id_ in ("canonical", "hqms", "n041", "settlement"):
        assert id_ in outcome.out
    assert "卫统4-1" in drg("layouts", "--lang", "zh").out
    shown = drg("layouts", "hqms").out
    assert "C06x{n}C" in shown
    assert "codes_wide" in shown
    assert [entry["id"] for entry in json.loads(drg("layouts", "--json").out)][1] == "hqms"
    assert json.loads(drg("layouts", "n041", "--json").out)["id"] == "n041"
    mine = tmp_path / "mine.toml"
    mine.write_text("id = 1", encoding="utf-8")
    broken = drg("layouts", mine)
    assert broken.code == 1
    assert "mine.toml" in broken.err


def test_result_and_findings_are_two_files(drg: Drg, tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("BAH,JBDM\n1,I50.900\n", encoding="utf-8")
    outcome = drg(
        "group", tmp_path / "n.csv", "-o", tmp_path / "o.csv", "-g", "demo", "--findings", tmp_path / "o.csv"
    )
    assert outcome.code == 2
    assert "different names" in outcome.err


def test_chinese_workbooks_go_on(drg: Drg, tmp_path: Path) -> None:
    """What is written for people in Chinese is read by the next command as the English one is."""
    own = pl.read_csv(EXAMPLE, infer_schema=False).with_columns(
        pl.lit("张三").alias("姓名"), pl.lit("李四").alias("主管医师"), pl.lit("旧").alias("病组")
    )
    source = tmp_path / "cases.csv"
    own.write_csv(source)
    results = {}
    for lang in ("zh", "en"):
        grouped, priced, out = (tmp_path / f"{lang}-{name}" for name in ("g.xlsx", "p.xlsx", "e.csv"))
        outcome = drg(
            "group", source, "-o", grouped, "-g", "chs-drg-3.0", "--lang", lang, "--reasons", "code"
        )
        assert outcome.code == 0, outcome.err
        header = pl.read_excel(grouped, infer_schema_length=0).columns
        assert header[: own.width] == own.columns
        results_of = [column.label_zh if lang == "zh" else column.name for column in OUTPUT_COLUMNS]
        # The column 病组 is the user's, so the group keeps its name.
        assert header[own.width :] == [name if name != "病组" else "drg" for name in results_of]
        scheme = ("-s", "reference-3.0", "--reasons", "code", "--lang", lang, "-q")
        outcome = drg("price", grouped, "-o", priced, *scheme)
        assert outcome.code == 0, outcome.err
        assert drg("price", priced, "-o", out, *scheme).code == 1
        assert drg("group", grouped, "-o", out, "-g", "chs-drg-3.0").code == 1
        outcome = drg("evaluate", priced, "-o", out, "-q")
        assert outcome.code == 0, outcome.err
        read = read_results([priced])
        results[lang] = read.lazy([*OUTPUT, *PRICE]).collect(), out.read_bytes()
    assert results["zh"][0].equals(results["en"][0])
    assert results["zh"][0]["payment_yuan"].sum() > 0
    assert results["zh"][1] == results["en"][1]
