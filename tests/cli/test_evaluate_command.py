from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from drg.analysis.quality import evaluate
from drg.analysis.simulation.realism import realism
from drg.cli.evaluate import _TABLES
from drg.grouping import Grouper
from tests.analysis.quality.frames import grouped, random_cases
from tests.cli.conftest import Drg


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "grouped.parquet"
    random_cases(1200, seed=3).with_columns(drg_name=pl.lit("=1+1 [b]")).write_parquet(path)
    return path


def cells(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]


def test_what_is_printed_is_what_was_computed(drg: Drg, file: Path) -> None:
    outcome = drg("evaluate", file, "--min-cases", "40")
    assert outcome.code == 0, outcome.err
    assert outcome.err == ""
    found = evaluate(pl.read_parquet(file), min_cases=40)
    lines = cells(outcome.out)
    totals = {line[0]: line[1] for line in lines if len(line) == 2}
    assert totals["cases"] == "1,200"
    assert totals["grouping rate"] == f"{found.summary['grouping_rate']:.1%}"
    assert totals["few case groups"] == str(found.summary["few_case_groups"])
    first = found.variance.row(0, named=True)
    printed = next(line for line in lines if line[:2] == ["cost", "none"])
    assert printed[4] == f"{first['riv']:.4f}"
    assert printed[5:7] == [f"{first['riv_adjusted']:.4f}", "–"]
    shares = next(line for line in lines if line[:2] == ["cost", "iqr:1.5"] and len(line) == 6)
    assert shares[2] == f"{found.variance['share_cases_cv_below_0_8'][4]:.1%}"
    assert f"{found.summary['splits_tested']} ADRGs tested" in outcome.out
    pairs = found.order
    assert f"{pairs.height} pairs, {found.summary['order_tested']} of them" in outcome.out
    assert f"The mean descends in {pairs['descends'].sum()} of all pairs" in outcome.out
    assert all(message in outcome.out for message in found.findings["message"])


def test_a_workbook_has_every_table(drg: Drg, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "quality.xlsx"
    outcome = drg("evaluate", file, "-o", out, "-q")
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    found = evaluate(pl.read_parquet(file), with_homogeneity=True)
    sheets = pl.read_excel(out, sheet_id=0, infer_schema_length=None)
    assert [name.split()[-1] for name in sheets] == ["summary", *found.tables, "settings"]
    by_name = {name.split()[-1]: sheet for name, sheet in sheets.items()}
    for name, table in found.tables.items():
        assert by_name[name].height == table.height
        assert [column.split("\n")[1] for column in by_name[name].columns] == table.columns
    summary = dict(by_name["summary"].select("measure", "value").iter_rows())
    assert float(summary["riv_cost"]) == pytest.approx(found.summary["riv_cost"])
    # Names from the file stay text.
    assert set(by_name["groups"].to_series(1)) == {"=1+1 [b]"}


@pytest.mark.parametrize("command", ["evaluate", "price"])
@pytest.mark.parametrize("lacking", ["drg", "grouping_status"])
def test_a_file_that_is_not_grouped_among_others(
    drg: Drg, file: Path, tmp_path: Path, command: str, lacking: str
) -> None:
    raw = tmp_path / "raw.parquet"
    pl.read_parquet(file).drop(lacking).write_parquet(raw)
    out = tmp_path / "out.csv"
    outcome = drg(command, file, raw, "-o", out, *(["-s", "demo"] if command == "price" else []))
    assert outcome.code == 1
    assert f"raw.parquet, column {lacking}: " in outcome.err
    assert "drg group" in outcome.err
    assert not out.exists()


def test_a_page(drg: Drg, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "quality.html"
    outcome = drg("evaluate", file, "-o", out, "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "=1+1 [b]" in page
    outcome = drg("evaluate", file, "-o", out, "--table", "groups")
    assert outcome.code == 2
    assert "A page has all tables" in outcome.err
    assert out.read_text(encoding="utf-8") == page


def test_an_earlier_year(drg: Drg, file: Path, tmp_path: Path) -> None:
    before, out = tmp_path / "2023.parquet", tmp_path / "years.parquet"
    random_cases(1500, seed=5).write_parquet(before)
    arguments = ("evaluate", file, "--previous", before)
    outcome = drg(*arguments, "-o", out, "--table", "years", "--json", tmp_path / "run.json")
    assert outcome.code == 0, outcome.err
    found = evaluate(pl.read_parquet(file), previous=pl.read_parquet(before))
    assert found.years is not None
    assert pl.read_parquet(out).equals(found.years)
    assert f"{found.years['p'].count():,} measures of hospitals and groups compared" in outcome.out
    summary = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert [Path(one["path"]).name for one in summary["inputs"]] == ["grouped.parquet", "2023.parquet"]
    # The earlier cases are compared with, not counted.
    assert summary["rows_read"] == 1200
    page = tmp_path / "quality.html"
    assert drg(*arguments, "-o", page, "-q").code == 0
    assert "年度比较" in page.read_text(encoding="utf-8")


def test_mistakes_with_an_earlier_year(drg: Drg, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "years.csv"
    outcome = drg("evaluate", file, "-o", out, "--table", "years")
    assert outcome.code == 2
    assert "give --previous FILE" in outcome.err
    ungrouped = tmp_path / "discharges.csv"
    ungrouped.write_text("case_id,total_cost_yuan\n1,5\n", encoding="utf-8")
    outcome = drg("evaluate", file, "--previous", ungrouped)
    assert outcome.code == 1
    assert "the earlier year: the evaluation needs 2 columns" in outcome.err
    before = tmp_path / "2023.parquet"
    random_cases(50).write_parquet(before)
    outcome = drg("evaluate", file, "--previous", before, "-o", before)
    assert outcome.code == 1
    assert "this is the input" in outcome.err


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("table", [None, "variance"])
def test_one_table(drg: Drg, file: Path, tmp_path: Path, ending: str, table: str | None) -> None:
    out = tmp_path / f"table{ending}"
    chosen = ["--table", table] if table else []
    outcome = drg("evaluate", file, "-o", out, "--ddof", "0", *chosen)
    assert outcome.code == 0, outcome.err
    expected = evaluate(pl.read_parquet(file), ddof=0).tables[table or "groups"]
    read = pl.read_csv(out, schema_overrides=expected.schema) if ending == ".csv" else pl.read_parquet(out)
    assert read.columns == expected.columns
    assert read.height == expected.height
    if ending == ".parquet":
        assert read.equals(expected)


def test_figures_of_the_region(drg: Drg, file: Path, tmp_path: Path) -> None:
    region = tmp_path / "region.parquet"
    outcome = drg("evaluate", file, "--trim", "none", "--realism", region)
    assert outcome.code == 0, outcome.err
    assert_frame_equal(pl.read_parquet(region), realism(pl.read_parquet(file)))
    assert f"Figures of the region written to {region}." in outcome.out
    assert drg("evaluate", file, "-o", region, "--realism", region).code == 2


def test_csv_and_several_files(drg: Drg, file: Path, tmp_path: Path) -> None:
    cases = pl.read_parquet(file)
    parts = [tmp_path / "a.csv", tmp_path / "b.csv"]
    cases.head(500).write_csv(parts[0])
    cases.tail(700).write_csv(parts[1])
    outputs = []
    for source in ([file], parts):
        out = tmp_path / f"{len(source)}.parquet"
        assert drg("evaluate", *source, "-o", out, "-q").code == 0
        outputs.append(pl.read_parquet(out))
    assert outputs[0].equals(outputs[1])


def test_nothing_odd_is_printed_of_odd_data(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "odd.parquet"
    grouped([("AA11", 5, 1), ("AA13", 5, 1)]).write_parquet(file)
    out = drg("evaluate", file).out
    assert "nan" not in out.lower()
    assert "None" not in out
    assert next(line for line in cells(out) if line[:2] == ["cost", "none"])[4:7] == ["–"] * 3
    assert "all costs are equal (cases: 2)" in out
    assert "全部 2 例费用相同" in drg("evaluate", file, "--lang", "zh").out


def test_tables_are_those_of_an_evaluation() -> None:
    nobody = grouped([])
    assert list(_TABLES) == list(evaluate(nobody, with_homogeneity=True, previous=nobody).tables)


def test_mistakes(drg: Drg, file: Path, tmp_path: Path) -> None:
    outcome = drg("evaluate", tmp_path / "no.csv")
    assert outcome.code == 1
    assert "no.csv" in outcome.err
    ungrouped = tmp_path / "discharges.csv"
    ungrouped.write_text("case_id,total_cost_yuan\n1,5\n", encoding="utf-8")
    outcome = drg("evaluate", ungrouped)
    assert outcome.code == 1
    assert "Group the discharges first" in outcome.err
    assert "no trimming 'top'" in drg("evaluate", file, "--trim", "top").err
    assert drg("evaluate", file, "--table", "groups").code == 2
    assert drg("evaluate", file, "-q").code == 2
    outcome = drg("evaluate", file, "-o", file)
    assert outcome.code == 1
    assert "this is the input" in outcome.err
    assert drg("evaluate", file, "-o", tmp_path / "out.txt").code == 1
    assert drg("evaluate", file, "-o", tmp_path / "none" / "out.xlsx").code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["discharges.csv", "grouped.parquet"]


@pytest.mark.parametrize("asked", [["-g", "demo"], []], ids=["given", "named by the cases"])
def test_the_summary_has_the_measures_and_the_version(
    drg: Drg, file: Path, tmp_path: Path, asked: list[str]
) -> None:
    named = tmp_path / "named.parquet"
    pl.read_parquet(file).with_columns(grouper=pl.lit("demo")).write_parquet(named)
    outcome = drg("evaluate", named, *asked, "--json", tmp_path / "run.json", "-q")
    assert outcome.code == 0, outcome.err
    (result,) = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["results"]
    assert result["measures"] == evaluate(pl.read_parquet(named)).summary
    assert result["grouper"] == {"id": "demo", "sha256": Grouper("demo").digest}


def test_a_version_that_is_not_installed_has_measures_all_the_same(
    drg: Drg, file: Path, tmp_path: Path
) -> None:
    named = tmp_path / "named.parquet"
    pl.read_parquet(file).with_columns(grouper=pl.lit("of-another-city")).write_parquet(named)
    outcome = drg("evaluate", named, "--json", tmp_path / "run.json", "-q")
    assert outcome.code == 0, outcome.err
    (result,) = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["results"]
    assert result["grouper"] is None
    assert result["measures"]["cases"] == 1200


def test_words_of_columns_are_in_chinese(drg: Drg, file: Path, tmp_path: Path) -> None:
    book, page = tmp_path / "quality.xlsx", tmp_path / "quality.html"
    assert drg("evaluate", file, "-o", book, "-q").code == 0
    sheets = pl.read_excel(book, sheet_id=0, infer_schema_length=None)
    by_name = {name.split()[-1]: sheet for name, sheet in sheets.items()}
    columns = {
        name: {column.split("\n")[1]: set(sheet[column]) for column in sheet.columns}
        for name, sheet in by_name.items()
        if name != "summary"
    }
    assert columns["variance"]["trimming"] == {"不裁剪 none", "iqr:1.5"}
    assert columns["variance"]["scale"] == {"原值 raw", "对数 log"}
    assert columns["homogeneity"]["kind"] <= {"两类费用混合 mixture", "细分 split", "合并 merge"}
    assert columns["groups"]["level"] == {"MCC", "CC", "无 none"}
    assert columns["findings"]["severity"] <= {"错误 error", "警告 warning", "提示 notice"}
    assert "裁剪 trimming" in columns["settings"]["setting"]
    assert drg("evaluate", file, "-o", page, "-q").code == 0
    assert "不裁剪 none" in page.read_text(encoding="utf-8")
    outcome = drg("evaluate", file, "--lang", "zh")
    assert "不裁剪" in outcome.out
    assert "none" not in outcome.out


@pytest.mark.parametrize(("table", "has_page"), [([], True), (["--table", "groups"], False)])
def test_a_refused_ending_names_those_that_are_known(
    drg: Drg, file: Path, tmp_path: Path, table: list[str], has_page: bool
) -> None:
    outcome = drg("evaluate", file, "-o", tmp_path / "quality.pdf", *table)
    assert outcome.code == 1
    assert ".xlsx" in outcome.err
    assert (".html" in outcome.err) is has_page
