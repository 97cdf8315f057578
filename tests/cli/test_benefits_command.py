"""``drg benefits``: run, explain, corrections, list, check."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from drg.columns import ALL
from tests.benefit.made import stay
from tests.cli.conftest import Drg
from tests.cli.writing_commands import WHOLE


@pytest.fixture
def stays(tmp_path: Path) -> Path:
    rows = [stay("2", aid_class="低保"), stay("1"), stay("3", patient_id="P2", total_cost_yuan=Decimal(1))]
    file = tmp_path / "stays.csv"
    pl.DataFrame([WHOLE | row for row in rows]).write_csv(file)
    return file


def test_stays_in_shares_out(drg: Drg, stays: Path, tmp_path: Path) -> None:
    done = drg(
        "benefits",
        stays,
        "-s",
        "demo",
        "-o",
        tmp_path / "out.csv",
        "--json",
        tmp_path / "s.json",
        "--lang",
        "en",
    )
    assert done.code == 0
    assert "Who pays what" in done.out
    assert "1 of 3 stays: the amounts of the catalogue classes do not add up" in done.err
    result = pl.read_csv(tmp_path / "out.csv")
    assert result["case_id"].to_list() == [2, 1, 3]
    assert result["stay_in_year"].to_list() == [2, 1, None]
    paid = result.select("basic_fund_yuan", "critical_illness_yuan", "medical_aid_yuan", "patient_share_yuan")
    assert paid.sum_horizontal().to_list()[:2] == [11_000, 11_000]
    assert (
        json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["results"][0]["scheme"]["id"] == "demo"
    )
    again = drg("benefits", "run", stays, "-s", "demo", "-o", tmp_path / "again.csv", "-q")
    assert (again.code, again.out) == (0, "")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_a_chinese_workbook_is_known_again(drg: Drg, stays: Path, tmp_path: Path) -> None:
    first = tmp_path / "一.xlsx"
    assert drg("benefits", stays, "-s", "demo", "-o", first, "--lang", "zh").code == 0
    assert ALL["basic_fund_yuan"].label_zh in pl.read_excel(first).columns
    changes = tmp_path / "changes.csv"
    done = drg(
        *("benefits", stays, "-s", "demo", "-o", tmp_path / "out.csv"),
        *("--previous", first, "--changes", changes, "--lang", "zh"),
    )
    assert (done.code, "与此前结果不同的住院 0 例" in done.out) == (0, True)
    assert pl.read_csv(changes).height == 0


def test_columns_by_their_labels_and_what_all_stays_have(drg: Drg, stays: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(stays)
    labelled = {name: ALL[name].label_zh for name in frame.columns if name != "insurance_type"}
    frame.drop("insurance_type").rename(labelled).write_csv(tmp_path / "标签.csv")
    line = ("benefits", tmp_path / "标签.csv", "-s", "demo", "-q")
    lacks = drg(*line, "-o", tmp_path / "a.csv", "--lang", "en")
    assert "3 of 3 stays: insurance_type" in lacks.err
    assert drg(*line, "-o", tmp_path / "b.csv", "--set", "insurance_type=390").code == 0
    assert drg("benefits", stays, "-s", "demo", "-q", "-o", tmp_path / "c.csv").code == 0
    results = [pl.read_csv(tmp_path / name)["basic_fund_yuan"].to_list() for name in ("b.csv", "c.csv")]
    assert results[0] == results[1]
    assert results[0][0] > 0


def test_a_correction_is_told(drg: Drg, stays: Path, tmp_path: Path) -> None:
    before, changes = tmp_path / "before.csv", tmp_path / "changes.csv"
    assert drg("benefits", stays, "-s", "demo", "-o", before).code == 0
    pl.read_csv(stays).filter(pl.col("case_id") != 1).write_csv(stays)
    line = ("benefits", stays, "-s", "demo", "-o", tmp_path / "after.csv", "--lang", "en")
    done = drg(*line, "--previous", before, "--changes", changes)
    assert (done.code, "2 stays differ from the earlier result" in done.out) == (0, True)
    assert "1 of 2 stays: the amounts" in done.err
    assert pl.read_csv(changes).select("case_id", "change").rows() == [(1, "removed"), (2, "changed")]
    assert drg(*line, "--changes", changes).code == 2


def test_one_stay_line_by_line(drg: Drg, stays: Path, tmp_path: Path) -> None:
    english, chinese = (
        drg("benefits", stays, "-s", "demo", "--explain", "2", "--lang", lang) for lang in ("en", "zh")
    )
    assert "Earlier stays of the year" in english.out
    assert "basic fund" in english.out
    assert "基本医保统筹支付" in chinese.out
    target = tmp_path / "e.json"
    assert drg("benefits", stays, "-s", "demo", "--explain", "2", "--json", target).code == 0
    explained = json.loads(target.read_text(encoding="utf-8"))
    assert [one["case_id"] for one in explained["stays"]] == ["1", "2"]
    assert json.loads(drg("benefits", stays, "-s", "demo", "--explain", "2", "--json", "-").out) == explained
    held = drg("benefits", stays, "-s", "demo", "--explain", "3", "--lang", "en")
    assert "do not add up to total_cost_yuan" in " ".join(held.out.split())
    assert drg("benefits", stays, "-s", "demo").code == 2
    assert drg("benefits", stays, "-s", "demo", "--explain", "9").code == 1


def test_schemes_are_listed_and_checked(drg: Drg) -> None:
    assert "template" in drg("benefits", "list").out
    assert {one["id"] for one in json.loads(drg("benefits", "list", "--json").out)} == {"demo", "template"}
    english, chinese = (drg("benefits", "check", "demo", "--lang", lang) for lang in ("en", "zh"))
    assert "Basic fund: 0.65" in english.out
    assert "大病保险：年度累计自付超过 12,000 元的部分" in chinese.out
    assert "（救助对象类别 特困）" in chinese.out
    assert "异地就医（临时外出）" in chinese.out
    assert english.out.count("scheme.toml, basic.shares") == 3
    unknown = drg("benefits", "check", "dmeo", "--lang", "en")
    assert (unknown.code, "Did you mean 'demo'" in unknown.err) == (1, True)


@pytest.fixture
def lowered(tmp_path: Path) -> Path:
    """The scheme demo with another threshold of critical illness."""
    text = (Path(__file__).resolve().parents[2] / "benefit_schemes" / "demo" / "scheme.toml").read_text(
        "utf-8"
    )
    directory = tmp_path / "lowered"
    directory.mkdir()
    changed = text.replace('id = "demo"', 'id = "lowered"').replace(
        "threshold_yuan = 6000", "threshold_yuan = 1000"
    )
    (directory / "scheme.toml").write_text(changed, encoding="utf-8")
    return directory


def test_two_schemes_are_compared(drg: Drg, stays: Path, lowered: Path, tmp_path: Path) -> None:
    arguments = ("benefits", "compare", stays, "-s", "demo", "-s", lowered, "--lang", "en")
    done = drg(*arguments, "--person-limit", "1,000", "-o", tmp_path / "c.xlsx")
    assert done.code == 0
    assert "1 of 3 stays are left out: demo says nothing of 1 and lowered of 1" in done.err
    assert "Own payments of a year above limits" in done.out
    sheets = pl.read_excel(tmp_path / "c.xlsx", sheet_id=0)
    assert list(sheets) == ["payers", "groups of stays", "own payments of a year", "above limits", "schemes"]
    payers = dict(sheets["payers"].select("payer", "change").rows())
    assert payers["critical_illness_yuan"] > 0
    assert sum(payers.values()) == pytest.approx(0)
    assert sheets["above limits"]["limit"].unique().to_list() == [1000]
    assert drg(*arguments, "-o", tmp_path / "c.csv", "--table", "payers").code == 0
    table = pl.read_csv(tmp_path / "c.csv")
    assert dict(table.select("payer", "change_yuan").rows()) == payers
    assert drg(*arguments, "-o", tmp_path / "c.json").code == 0
    told = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [row["change_yuan"] for row in told["tables"]["payers"]] == [
        f"{change:.2f}" for change in payers.values()
    ]
    assert (told["stays"], told["left_out"], told["schemes"]["after"]["id"]) == (3, 1, "lowered")


def test_what_a_comparison_needs_is_said(drg: Drg, stays: Path) -> None:
    arguments = ("benefits", "compare", stays, "--lang", "en", "-s", "demo")
    assert "Give two schemes" in drg(*arguments).err
    assert "'x' is no amount" in drg(*arguments, "-s", "demo", "--person-limit", "x").err
    assert "there is no column household_id" in drg(*arguments, "-s", "demo", "--household-limit", "1").err
    assert "give -o OUT too" in drg(*arguments, "-s", "demo", "--table", "payers").err
    assert "nothing comes out" in drg(*arguments, "-s", "demo", "--quiet").err
