"""``drg tables``: the commands as a user calls them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from drg.analysis.tables_diff import WHAT
from drg.cli import tables as command
from drg.errors import DrgError, OutputError, RuleError, TablesError
from drg.tables import find, load_tables
from drg.tables.manifest import Manifest
from drg.tables.write import write_version
from tests.tables.workbooks import PLAIN, changed, write


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own directory of versions: an empty one."""
    monkeypatch.delenv("DRG_TABLES", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "drg" / "grouper_tables"


def run(*arguments: str | Path, code: int = 0) -> str:
    result: Result = CliRunner().invoke(command.tables, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def test_import(tmp_path: Path, own: Path) -> None:
    out = run("import", write(tmp_path / "w.xlsx", PLAIN), "--id", "mine")
    assert load_tables("mine").drg.height == 7
    for text in (
        "106,950",
        "-106,939",
        "O00 has an empty rule",
        "7 rows added to exclusions",
        "tables 6-5-N",
    ):
        assert text in out
    assert f"Written to {own / 'mine'}; group with --grouper mine" in out


def test_import_elsewhere_without_amendments(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", PLAIN)
    arguments = ["--no-amendments", "--title", "三", "--authority", "某"]
    out = run("import", file, "--id", "mine", "-o", tmp_path, *arguments)
    assert f"group with --grouper {tmp_path / 'mine'}" in out
    tables = load_tables(tmp_path / "mine")
    assert (tables.manifest.title, tables.manifest.authority) == ("三", "某")
    assert tables.exclusions.height == 2


def test_partial_import(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", changed("MDC", 5, 3, "ZYZD in DI_Z99"))
    with pytest.raises(RuleError, match="--partial"):
        run("import", file, "--id", "mine")
    out = run("import", file, "--id", "mine", "--partial")
    assert "left out: MDC MDCZ: no set DI_Z99" in out
    assert "left out with the groups above them: ZZ1, ZZ15" in out


def test_a_bad_workbook_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "w.xlsx").write_bytes(b"nothing")
    with pytest.raises(TablesError, match=r"not an \.xlsx workbook"):
        run("import", tmp_path / "w.xlsx", "--id", "mine")


def test_check(tmp_path: Path) -> None:
    out = run("check", "demo")
    assert "no-rows" in out
    assert "BZ1: no row of drg.csv names it" in out
    assert "… and 5 more: --all" in out
    assert "demo: 0 errors, 11 warnings, 10 notices." in out
    assert "more: --all" not in run("check", "demo", "--all")
    run("check", "demo", "--strict", code=1)
    tables = load_tables("demo")
    frames = {**tables.frames, "complications": pl.concat([tables.complications] * 2)}
    frames["complications"] = frames["complications"].with_row_index("at").with_columns(
        code=pl.when(pl.col("at") < 3).then("code").otherwise(pl.col("code").str.to_lowercase()),
        level=pl.when(pl.col("at") < 3).then("level").otherwise(pl.lit("CC")),
    )  # fmt: skip
    write_version(tmp_path / "bad", Manifest(id="bad", title="bad"), frames)
    assert "D90.100: as D90.100 and d90.100" in run("check", tmp_path / "bad", code=1)


def test_check_of_a_sound_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = load_tables("demo")
    known = pl.concat([tables.sets["code"], tables.complications["code"]]).to_frame()
    monkeypatch.setattr("drg.records.codes.code_names", lambda _: known)
    frames = {
        **tables.frames,
        "adrg": tables.adrg.filter(pl.col("adrg") != "BZ1").with_columns(name=pl.lit("")),
        "sets": tables.sets.filter(pl.col("set") != "DI_BZ1"),
    }
    frames["adrg"] = frames["adrg"].with_columns(name=pl.col("adrg"))
    frames["drg"] = tables.drg.with_columns(name=pl.concat_str("adrg", pl.lit("，"), "drg"))
    write_version(tmp_path / "good", Manifest(id="good", title="good"), frames)
    assert "good: nothing was found." in run("check", tmp_path / "good", "--strict")


def test_check_for_programs() -> None:
    rows = list(csv.DictReader(io.StringIO(run("check", "demo", "--format", "csv"))))
    assert len(rows) == 21
    assert rows[0]["check"] == "no-rows"
    assert rows[0]["message_zh"]
    found = json.loads(run("check", "demo", "--format", "json"))
    assert {entry["severity"] for entry in found} == {"warning", "notice"}
    assert found[0]["item"] == "BZ1"


def test_diff() -> None:
    out = run("diff", "wuhan-2022", "chs-drg-1.0", "--details", "split")
    assert "665" in out
    assert "split: 204" in out
    assert "… and 184 more: --all" in out
    assert "PR1" in run("diff", "wuhan-2022", "chs-drg-1.0", "--details", "split", "--all")
    assert "The two say the same." in run("diff", "demo", "demo")


def test_every_change_has_a_chinese_name() -> None:
    out = run("diff", "chs-drg-2.0", "chs-drg-3.0", "--lang", "zh")
    for word in ("grouped", "asked", "another", "none"):
        assert word not in out
    for word in ("次序改变", "新入组", "不再列入", "CC → 无"):
        assert word in out


def test_diff_into_files(tmp_path: Path) -> None:
    run("diff", "wuhan-2022", "chs-drg-1.0", "-o", tmp_path / "d.csv")
    frame = pl.read_csv(tmp_path / "d.csv", infer_schema=False)
    assert frame.columns == ["what", "change", "item", "about", "before", "after"]
    assert frame.height == 370 + 323 + 176 + 204
    run("diff", "wuhan-2022", "chs-drg-1.0", "-o", tmp_path / "d.json")
    content = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    assert (content["before"], content["after"]) == ("wuhan-2022", "chs-drg-1.0")
    assert content["counts"][2] == {"what": "DRG", "before": 665, "after": 618, "common": 295}
    assert len(content["changes"]) == frame.height


@pytest.mark.parametrize(
    ("name", "problem"), [("d.xlsx", "cannot be written as"), ("no/d.csv", "there is no directory")]
)
def test_diff_into_a_file_that_cannot_be(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(OutputError, match=problem):
        run("diff", "demo", "demo", "-o", tmp_path / name)


def test_what_can_be_asked_for() -> None:
    assert command._WHAT == WHAT


def test_show() -> None:
    out = run("show", "BR1", "-g", "demo")
    for text in (
        "ADRG BR1 脑卒中（演示）",
        "in MDC MDCB",
        "tried as number 4 of 8",
        "DI_BR1: 2 codes",
        "BR1A",
    ):
        assert text in out
    assert "named by ADRG BR1" in run("show", "di_br1", "-g", "demo")
    assert "MCC; principal diagnoses in EX_1 exclude it" in run("show", "D90.100", "-g", "demo")
    assert "CC; nothing excludes it" in run("show", "D90.300", "-g", "demo")
    assert "2 codes, excluding for 2 complications" in run("show", "EX_1", "-g", "demo")
    assert "in DI_B00: MDC MDCB" in run("show", "D10.001", "-g", "demo")
    with pytest.raises(DrgError, match="demo has no group"):
        run("show", "XYZ", "-g", "demo")


def test_show_takes_the_newest_national_version(tmp_path: Path, own: Path) -> None:
    assert "[chs-drg-3.0]" in run("show", "BR1")
    run("import", write(tmp_path / "w.xlsx", PLAIN), "--id", "an-edition-of-3.1")
    manifest = own / "an-edition-of-3.1" / "manifest.toml"
    dates = 'series = "national"\nvalid_from = 2029-01-01\n'
    manifest.write_text(dates + manifest.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(TablesError, match=r"chs-drg-3.0 .* and an-edition-of-3.1 .* on the same days"):
        run("show", "OP_ALL")
    shutil.copytree(find("chs-drg-3.0"), own / "chs-drg-3.0")
    ended = own / "chs-drg-3.0" / "manifest.toml"
    text = ended.read_text(encoding="utf-8")
    ended.write_text(text.replace("valid_from", "valid_to = 2028-12-31\nvalid_from", 1), encoding="utf-8")
    out = run("show", "OP_ALL")
    assert "69.0200 清宫术" in out
    run("show", "BR1", "-g", "chs-drg-2.0")


def test_show_all_codes() -> None:
    assert "… and 1 more: --codes" in run("show", "OP_ALL", "-g", "demo")
    assert "more: --codes" not in run("show", "OP_ALL", "-g", "demo", "--codes")


def test_new(tmp_path: Path, own: Path) -> None:
    out = run("new", "mine", "--based-on", "demo")
    assert "change, drg, name, rule, adrg, mdc, order" in out
    assert load_tables("mine").manifest.based_on == "demo"
    shipped = load_tables("wuhan-2022")
    write_version(tmp_path / "full", Manifest(id="full", title="full"), shipped.frames)
    out = run("new", "city", "--based-on", "chs-drg-1.0", "--from", tmp_path / "full", "--title", "市")
    assert f"drg.csv: {pl.read_csv(find('wuhan-2022') / 'drg.csv').height:,} changes" in out
    assert load_tables("city").digest == shipped.digest
    assert (own / "city" / "manifest.toml").is_file()


@pytest.mark.parametrize("name", ["import", "check", "diff", "show", "new"])
def test_help_has_examples(name: str) -> None:
    assert f"\n    drg tables {name} " in run(name, "--help")
