"""Commands with a series of versions: a month around a switch, and where the date is missing."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

import drg as package
from drg.tables import find
from tests import layout_files
from tests.cli.conftest import Drg
from tests.helpers import OUTPUTS
from tests.layout_files import Case
from tests.profiles import quick_first

SWITCH = datetime(2027, 1, 1)
DECEMBER = pl.col("discharge_date").str.to_datetime() < SWITCH


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Discharged from 15 December 2026 to 15 January 2027; one on 2024-12-31, one on an unknown day."""
    found = layout_files.discharges(600)
    for place, case in enumerate(found):
        case["discharge_date"] = datetime(2026, 12, 15, 10) + timedelta(days=place % 32)
        case["admission_date"] = case["discharge_date"] - timedelta(days=case["los_days"])
    found[7]["discharge_date"] = datetime(2024, 12, 31, 23, 59, 59)
    found[8]["discharge_date"] = None
    return found


@pytest.fixture(scope="module")
def month(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("month") / "month.csv"
    frame = layout_files.canonical(cases).with_columns(pl.col(pl.List(pl.String)).list.join("|"))
    frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%d %H:%M:%S")).write_csv(file)
    return file


def test_the_month_around_a_switch(drg: Drg, month: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    outcome = drg("group", month, "-o", out, "--grouper", "national")
    assert outcome.code == 0, outcome.err
    found = pl.read_parquet(out)
    source = pl.read_csv(month, infer_schema=False)
    assert found.drop(OUTPUTS).equals(source)
    placed = source.with_columns(december=DECEMBER).with_row_index()
    none = placed["index"].is_in([7, 8])
    for version, rows in (
        ("chs-drg-2.0", placed.filter(~none & placed["december"])["index"]),
        ("chs-drg-3.0", placed.filter(~none & ~placed["december"])["index"]),
    ):
        assert len(rows) > 250
        assert found[rows].equals(package.group(source[rows], version))
        assert re.search(rf"{version} +│ 20\d\d-01-01 – \S+ +│ +{len(rows)} │", outcome.out), outcome.out
    assert (
        found.filter(none).select("drg", "grouping_status", "grouper").rows()
        == [("0000", "ungrouped", None)] * 2
    )
    early, unknown = found.filter(none)["grouping_reason"]
    assert early.startswith("no version of national was in force on discharge_date (chs-drg-2.0 2025-01-01")
    assert unknown.startswith("discharge_date is missing or cannot be read")
    assert re.search(r"none +│ no usable date, or none in force +│ +2 │", outcome.out)


@pytest.mark.parametrize("more", quick_first([[], ["--canonical"]]))
def test_a_file_of_a_layout(
    drg: Drg, cases: list[Case], month: Path, tmp_path: Path, more: list[str]
) -> None:
    out, expected = tmp_path / "out.parquet", tmp_path / "expected.parquet"
    file = layout_files.write_hqms(tmp_path / "hqms.csv", cases)
    outcome = drg("group", file, "-o", out, "-g", "national", *more)
    assert outcome.code == 0, outcome.err
    drg("group", month, "-o", expected, "-g", "national", "-q")
    assert pl.read_parquet(out).select(OUTPUTS).equals(pl.read_parquet(expected).select(OUTPUTS))


def test_without_the_date_nothing_is_written(
    drg: Drg, cases: list[Case], month: Path, tmp_path: Path
) -> None:
    no_date = tmp_path / "no_date.csv"
    pl.read_csv(month, infer_schema=False).drop("discharge_date").write_csv(no_date)
    lines = layout_files.write_hqms(tmp_path / "hqms.csv", cases).read_text(encoding="gb18030")
    (tmp_path / "hqms.csv").write_text(lines.replace("B15,", "B99,", 1), encoding="gb18030")
    for file in (no_date, tmp_path / "hqms.csv"):
        outcome = drg("group", file, "-o", tmp_path / "out.csv", "-g", "national")
        assert outcome.code != 0
        assert "discharge_date (出院时间): it says which version was in force" in outcome.err
        assert "name one version, chs-drg-2.0 or chs-drg-3.0, instead of national" in outcome.err
        assert not (tmp_path / "out.csv").exists()
    outcome = drg("check", no_date, "-g", "national")
    assert outcome.code != 0
    assert "discharge_date (出院时间): it says which version was in force" in outcome.err


def test_the_check_asks_the_version_in_force(drg: Drg, month: Path, tmp_path: Path) -> None:
    def found(file: Path, grouper: str) -> pl.DataFrame:
        out = tmp_path / "findings.csv"
        outcome = drg("check", file, "-g", grouper, "-o", out, "-q")
        assert outcome.code == 0, outcome.err
        return pl.read_csv(out, infer_schema=False).drop("row")

    source = pl.read_csv(month, infer_schema=False)
    parts = []
    for name, version, rows in (
        ("december", "chs-drg-2.0", source.filter(DECEMBER & (pl.col("discharge_date") > "2025"))),
        ("january", "chs-drg-3.0", source.filter(~DECEMBER)),
    ):
        rows.write_csv(tmp_path / f"{name}.csv")
        parts.append(found(tmp_path / f"{name}.csv", version))
    named = pl.concat(parts)["case_id"].unique()
    whole = found(month, "national")
    usual = whole.filter(pl.col("case_id").is_in(named.implode()))
    columns = ["case_id", "rule", "field"]
    ours = whole.filter(pl.col("rule") == "no-version-in-force")
    assert ours["case_id"].to_list() == [source["case_id"][7]]
    assert ours["value"][0].startswith("2024-12-31")
    versions_rules = ["principal-groups-nowhere", "case-groups-nowhere", "case-ambiguous"]
    for rule in versions_rules:
        one = usual.filter(pl.col("rule") == rule).select(columns).sort(columns)
        other = pl.concat(parts).filter(pl.col("rule") == rule).select(columns).sort(columns)
        assert one.equals(other)
    assert usual["rule"].is_in(versions_rules).any()


def test_an_explanation_says_which_version_and_why(drg: Drg) -> None:
    case = ["--principal-diagnosis", "I63.900", "--age-years", "70", "--sex", "1", "-g", "national"]
    out = drg("explain", *case, "--discharge-date", "2026-12-31").out
    assert "version of national: chs-drg-2.0, in force 2025-01-01 – 2026-12-31" in out
    assert "discharged 2026-12-31" in out
    told = json.loads(drg("explain", *case, "--discharge-date", "2027/1/1", "--json").out)
    assert told["grouper"] == "chs-drg-3.0"
    assert told["choice"]["valid_from"] == "2027-01-01"
    out = drg("explain", *case).out
    assert "no version of national: discharged ?" in out
    assert "discharge_date is missing" in out


def test_a_case_of_a_file_is_explained_by_its_date(drg: Drg, month: Path, cases: list[Case]) -> None:
    for case in (cases[0], cases[20]):
        day = case["discharge_date"].date()
        told = json.loads(drg("explain", month, "--case-id", case["case_id"], "-g", "national", "--json").out)
        assert told["grouper"] == ("chs-drg-2.0" if day < date(2027, 1, 1) else "chs-drg-3.0")
        assert told["choice"]["discharged"] == str(day)


def test_an_explanation_in_chinese_names_columns_in_chinese(drg: Drg) -> None:
    given = {"principal-diagnosis": "P07.300x021", "age-years": "0", "age-days": "0", "sex": "1"}
    options = [f"--{name}={value}" for name, value in given.items()]
    out = drg("explain", "-g", "national", *options, "--discharge-date", "2026-12-31", "--lang", "zh").out
    assert "出院时间 = 2026-12-31\n" in out
    assert "缺少新生儿出生体重" in out
    assert "chs-drg-2.0 的更正：MDC表 MDCA，名称原为“先期分组疾病及相关操作”；" in out
    assert not {"discharge_date", "birth_weight_g"} & set(out.replace("(", " ").split())


def test_commands_that_need_one_version_say_so(drg: Drg, month: Path, tmp_path: Path) -> None:
    for arguments in (
        ("compare", month, "-g", "national,chs-drg-1.1", "-o", tmp_path / "out"),
        ("simulate", "10", "-g", "national", "-o", tmp_path / "out.csv"),
        ("tables", "check", "national"),
    ):
        outcome = drg(*arguments)
        assert outcome.code != 0
        assert "'national' is a series of versions, and one version is needed here" in outcome.err
        assert "chs-drg-2.0 2025-01-01 – 2026-12-31" in outcome.err


def test_groupers_on_a_day(drg: Drg) -> None:
    out = drg("groupers", "--on", "2027-01-05").out
    in_force, unknown = out.split("Validity not known")
    assert "In force on 2027-01-05" in in_force
    assert "chs-drg-3.0" in in_force
    assert "chs-drg-2.0  " not in in_force
    assert "chs-drg-1.1" not in in_force
    assert "wuhan-2022" in unknown
    assert "chs-drg-2.0  " not in unknown.replace("│ chs-drg-1", "")
    listed = {
        one["id"]: one["in_force"] for one in json.loads(drg("groupers", "--on", "2026-12-31", "--json").out)
    }
    assert listed["chs-drg-2.0"] is True
    assert listed["wuhan-2022"] is None
    assert "chs-drg-3.0" not in listed
    for day in ("2026/12/31", "20261231"):
        assert drg("groupers", "--on", day).out == drg("groupers", "--on", "2026-12-31").out
    assert "national" in drg("groupers").out


def test_the_newest_is_so_by_date(drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "chs-drg-10.0"
    directory.mkdir()
    (directory / "manifest.toml").write_text(
        'id = "chs-drg-10.0"\ntitle = "x"\nbased_on = "demo"\nseries = "national"\n'
        "valid_from = 2020-01-01\nvalid_to = 2020-12-31\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("DRG_TABLES", str(tmp_path))
    newest = drg("tables", "show", "BR2").out
    assert newest == drg("tables", "show", "BR2", "-g", "chs-drg-3.0").out
    assert newest != drg("tables", "show", "BR2", "-g", "chs-drg-2.0").out


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A series of the demo version and one after it, and discharges of both."""
    root = tmp_path / "versions"
    shutil.copytree(find("demo"), root / "demo")
    manifest = (root / "demo" / "manifest.toml").read_text(encoding="utf-8")
    dates = 'series = "city"\nvalid_from = 2025-01-01\nvalid_to = 2025-12-31\n'
    (root / "demo" / "manifest.toml").write_text(dates + manifest, encoding="utf-8")
    (root / "demo-b").mkdir()
    (root / "demo-b" / "manifest.toml").write_text(
        'id = "demo-b"\ntitle = "b"\nbased_on = "demo"\nseries = "city"\nvalid_from = 2026-01-01\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("DRG_TABLES", str(root))
    file = tmp_path / "discharges.csv"
    header = (
        "case_id,sex,age_years,age_days,birth_weight_g,los_days,disposition,icu_hours,principal_diagnosis,"
        "other_diagnoses,principal_procedure,other_procedures,department,hospital_id,hospital_level,"
        "insurance_type,total_cost_yuan,case_kind,incomplete,tcm_cost_yuan,patient_id,admission_date,"
        "discharge_date\n"
    )
    row = "{},1,60,,,5,1,0,D10.002,D90.100|D50.000,,,内科,H2,2,310,9000,,,,,2025-03-01,{}\n"
    days = ["2025-12-31", "2026-01-01", "2024-01-01", ""]
    text = header + "".join(row.format(place, day) for place, day in enumerate(days))
    file.write_text(text, encoding="utf-8")
    return file


def test_a_scheme_does_not_price_cases_of_another_version_in_silence(
    drg: Drg, city: Path, tmp_path: Path
) -> None:
    outcome = drg("run", city, "-o", tmp_path / "out", "-s", "demo", "-g", "city")
    assert outcome.code == 0, outcome.err
    found = pl.read_parquet(tmp_path / "out" / "cases.parquet")
    assert found["grouper"].to_list() == ["demo", "demo-b", None, None]
    own, other, early, unknown = found["pricing_reason"].fill_null("").to_list()
    assert "another version" not in own
    assert "grouped with another version than demo, for which the scheme is" in other
    assert "the case has no DRG" in early
    assert "the case has no DRG" in unknown
    assert "grouped with another version than demo" in outcome.err
    assert re.search(r"demo-b +│ 2026-01-01 – … +│ +1 │", outcome.out), outcome.out
