"""``drg benefits``: run, explain, corrections, list, check."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from drg.analysis.benefit_tally import PAYERS
from drg.columns import ALL
from tests.benefit.made import WHOLE, stay
from tests.cli.conftest import Drg


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


def test_statements_of_stays(drg: Drg, stays: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.toml"
    names.write_text('bureau = "甲局"\n[hospitals]\nH1 = "一院"\n', encoding="utf-8")
    line = ("benefits", "statements", stays, "-s", "demo", "--lang", "en", "--set", "hospital_id=H2")
    done = drg(*line, "-o", tmp_path / "all", "--names", names)
    assert (done.code, "2 statements written" in done.out) == (0, True)
    assert "no statement of stay 3: the amounts of the catalogue classes do not add up" in done.err
    assert "has no name for 1 hospitals" in done.err
    files = {file.name: file for file in (tmp_path / "all").iterdir()}
    assert set(files) == {"stay-1.html", "stay-1.xlsx", "stay-2.html", "stay-2.xlsx"}
    assert "bureau: 甲局" in files["stay-1.html"].read_text(encoding="utf-8")
    one = drg(*line, "-o", tmp_path / "one", "--case-id", "2", "-q")
    assert (one.code, one.out, one.err) == (0, "", "")
    assert len(list((tmp_path / "one").iterdir())) == 2
    for case_id, told in (("3", "no stay can have a statement"), ("9", "there is no case '9'")):
        none = drg(*line, "-o", tmp_path / "none", "--case-id", case_id)
        assert (none.code, told in none.err) == (1, True)
    assert not (tmp_path / "none").exists()


def test_sums_by_hospital_month_and_payer(drg: Drg, stays: Path, tmp_path: Path) -> None:
    shared, table, held = (tmp_path / name for name in ("shared.csv", "sums.csv", "held.csv"))
    line = ("benefits", stays, "-s", "demo", "-q", "-o", shared, "--set", "hospital_id=H1")
    assert drg(*line).code == 0
    done = drg("benefits", "sums", shared, "-o", table, "--findings", held, "--lang", "en")
    assert (done.code, "1 rows of hospitals and months: 3 stays, 1 of them" in done.out) == (0, True)
    assert "stay 3 is in no amount: the amounts of the catalogue classes do not add up" in done.err
    (row,) = pl.read_csv(table).rows(named=True)
    assert (row["hospital_id"], row["month"], row["stays"], row["stays_held"]) == ("H1", "2025-01", 3, 1)
    assert row["total_cost_yuan"] == 22_000 == sum(row[name] for name in PAYERS)
    assert pl.read_csv(held)["case_id"].to_list() == [3]
    names = tmp_path / "names.toml"
    names.write_text('bureau = "甲局"\n', encoding="utf-8")
    book = drg("benefits", "sums", shared, "-o", tmp_path / "sums.xlsx", "--names", names, "--lang", "zh")
    assert (book.code, "H1" in book.err) == (0, True)
    assert drg("benefits", "sums", shared, "-o", table, "--names", names).code == 2
    homeless = pl.read_csv(shared).with_columns(discharge_date=None, hospital_id=None)
    homeless.write_csv(shared)
    lost = drg("benefits", "sums", shared, "-o", table, "--lang", "en")
    assert "3 stays have no hospital_id" in lost.err
    assert "3 stays have no discharge_date" in lost.err


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
