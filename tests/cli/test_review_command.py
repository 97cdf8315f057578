"""``drg review``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from drg.cli.main import cli
from tests.analysis.coding_review.made import VERSION, frame


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["review", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def discharges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("review") / "cases.parquet"
    frame({}, {"other_diagnoses": ["E10.900", "E11.900"]}).drop(
        "surgery_yuan", "materials_yuan"
    ).write_parquet(file)
    return file


def test_both_languages_and_what_was_not_judged(discharges: Path) -> None:
    english, chinese = (run(discharges, "-g", VERSION, "--lang", language) for language in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 0
    assert "Two codes that rule each other out" in english.output
    assert "互斥编码同时出现" in chinese.output
    assert "Rule surgery-fees-without-procedure judged no case, because the data lacks" in english.output
    assert "Rules that are off: transfusion-unexplained" in english.output
    assert "提示仅供核对病历" in chinese.output
    assert run(discharges, "-g", VERSION, "-q").output == ""


def test_the_worklist_has_room_for_answers(discharges: Path, tmp_path: Path) -> None:
    book, text = tmp_path / "w.xlsx", tmp_path / "w.json"
    for output in (book, text):
        assert run(discharges, "-g", VERSION, "-o", output, "--only", "exclusive-codes").exit_code == 0
    sheets = pl.read_excel(book, sheet_id=0, infer_schema_length=0)
    assert list(sheets) == ["编码自查清单", "规则", "说明"]
    (row,) = sheets["编码自查清单"].rows(named=True)
    assert (row["病案标识"], row["病案中的依据"]) == ("C1", "同一病案中同时有 E10.900, E11.900")
    assert row["更正后支付"] == "可增可减"
    assert row["核查结论（属实/不属实）"] is None
    found = json.loads(text.read_text(encoding="utf-8"))
    assert [hint["case_id"] for hint in found["hints"]] == ["C1"]
    assert found["money"] == "mean cost"


def test_one_table_in_a_file(discharges: Path, tmp_path: Path) -> None:
    output = tmp_path / "o.csv"
    assert run(discharges, "-g", VERSION, "-o", output, "--only", "exclusive-codes").exit_code == 0
    assert pl.read_csv(output)["rule"].to_list() == ["exclusive-codes"]
    assert run(discharges, "-g", VERSION, "-o", output, "--table", "rules").exit_code == 0
    assert "chronic-condition-gone" in pl.read_csv(output)["rule"].to_list()


def test_the_rules_are_listed() -> None:
    listed = run("--list", "--lang", "zh").output
    assert "exclusive-codes" in listed
    assert "Two codes" not in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a FILE and --grouper"),
        (("{file}",), "Give a FILE and --grouper"),
        (("{file}", "-g", VERSION, "--table", "rules"), "give -o OUT too"),
        (("{file}", "-g", VERSION, "--table", "rules", "-o", "{out}.json"), "leave --table out"),
        (("{file}", "-g", VERSION, "-o", "{out}.doc"), "doc"),
        (("{file}", "-g", VERSION, "--only", "exclusive"), "there is no rule 'exclusive'"),
    ],
)
def test_what_cannot_be_asked_for(
    discharges: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    line = [part.format(file=discharges, out=tmp_path / "o") for part in arguments]
    done = CliRunner().invoke(cli, ["review", *line, "--lang", "en"])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert not list(tmp_path.iterdir())
