"""``drg screen``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import drg
from drg.cli.main import cli


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["screen", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region with one cloned record."""
    file = tmp_path_factory.mktemp("screen") / "grouped.parquet"
    made = drg.group(drg.simulate(300, "demo", hospitals=5), "demo")
    clone = made.filter(pl.col("other_diagnoses").list.len() > 0).head(1)
    twin = clone.with_columns(pl.lit("P-other").alias("patient_id"), pl.lit("twin").alias("case_id"))
    pl.concat([made, twin]).write_parquet(file)
    return file


def test_the_screen_speaks_both_languages_and_says_what_was_not_judged(grouped: Path) -> None:
    english, chinese = (run(grouped, "--lang", language) for language in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 0
    assert "The same record under several patients" in english.output
    assert "疑似克隆病案" in chinese.output
    assert "Rule case-mix-index judged no case, because the data lacks: relative_weight" in english.output
    assert "规则 case-mix-index 未判断任何病例，因为数据缺少：relative_weight 权重" in chinese.output
    assert "Findings are questions, not proof." in english.output
    assert run(grouped, "-q").output == ""


def test_all_tables_in_a_workbook_a_page_and_json(grouped: Path, tmp_path: Path) -> None:
    book, page, text = (tmp_path / f"o.{ending}" for ending in ("xlsx", "html", "json"))
    for output in (book, page, text):
        assert run(grouped, "-o", output, "--only", "cloned-records, split-stays").exit_code == 0
    sheets = pl.read_excel(book, sheet_id=0, infer_schema_length=0)
    assert list(sheets) == [
        *("规则 rules", "机构排序 hospitals", "机构检验 tests"),
        *("发现 findings", "证据明细 evidence", "说明 notes"),
    ]
    assert sheets["证据明细 evidence"]["病案标识\ncase_id"].to_list()[-1] == "twin"
    found = json.loads(text.read_text(encoding="utf-8"))
    clones = [one for one in found["findings"] if one["rule"] == "cloned-records"]
    assert [one["cases"] for one in clones] == [2]
    shown = page.read_text(encoding="utf-8")
    assert "疑似克隆病案" in shown
    assert f"{float(clones[0]['money_yuan']):,.2f}" in shown
    assert "<script" not in shown


def test_one_table_in_a_file(grouped: Path, tmp_path: Path) -> None:
    output = tmp_path / "o.parquet"
    assert run(grouped, "-o", output, "--table", "evidence", "--only", "cloned-records").exit_code == 0
    assert pl.read_parquet(output).select("rule", "file").unique().rows() == [
        ("cloned-records", str(grouped))
    ]
    csv = tmp_path / "o.csv"
    assert run(grouped, "-o", csv, "--only", "cloned-records").exit_code == 0
    assert pl.read_csv(csv)["finding"].to_list() == [1]


def test_rules_of_ones_own(grouped: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nid = "cloned-records"\non = false\n', encoding="utf-8")
    assert "Rules that are off: cloned-records." in run(grouped, "--rules", rules, "--lang", "en").output
    listed = run("--list", "--lang", "zh").output
    assert "cloned-records" in listed
    assert "疑似克隆病案" in listed
    assert "The same record" not in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a FILE"),
        (("{file}", "--table", "tests"), "give -o OUT too"),
        (("{file}", "--table", "tests", "-o", "{out}.html"), "leave --table out"),
        (("{file}", "-o", "{out}.doc"), "doc"),
        (("{file}", "--only", "clones"), "there is no rule 'clones'"),
    ],
)
def test_what_cannot_be_asked_for(
    grouped: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    places = {"file": grouped, "out": tmp_path / "o"}
    line = [part.format(**places) for part in arguments]
    done = CliRunner().invoke(cli, ["screen", *line, "--lang", "en"])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert not list(tmp_path.iterdir())
