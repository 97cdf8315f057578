"""Findings name the file, the sheet, the row, the column and the cell as the user has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg.analysis.checks import checker, choose
from drg.records import notes
from drg.records.findings import FirstFindings
from drg.records.reading import read
from tests.records.broken_files import write_workbook

HQMS = (
    "A48,A49,A12C,A14,A16,C03C,C06x01C,C06x02C,C06x03C\n"
    "1,1,1,65,,I50.900,I10.x00x002,,I10.X00X002\n"
    "2,1,男,30,,k80.101, O80.000 ,I50.9,O81.1\n"
    "3,1,2,200,,,I50.9,,？\n"
)


def checked(file: Path, *rules: str) -> list[dict[str, Any]]:
    cases = read(file)
    return checker(cases.binding.columns, None, choose(rules)).findings(cases).collect().to_dicts()


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("age-years-impossible", [(4, "A14", "age_years", "200")]),
        ("principal-diagnosis-missing", [(4, "C03C", "principal_diagnosis", None)]),
        # The first of the columns that hold the code, and the code as it is spelled there.
        ("other-diagnoses-repeated", [(2, "C06x01C", "other_diagnoses", "I10.x00x002")]),
        (
            "other-diagnoses-form",
            [(3, "C06x02C", "other_diagnoses", "I50.9|O81.1"), (4, "C06x01C", "other_diagnoses", "I50.9|？")],
        ),
        ("obstetric-in-man", [(3, "C06x01C", "other_diagnoses", "O80.000|O81.1")]),
    ],
)
def test_rules_name_the_column_of_the_user(
    tmp_path: Path, rule: str, found: list[tuple[int, str, str, str | None]]
) -> None:
    file = tmp_path / "f.csv"
    file.write_text(HQMS, encoding="utf-8")
    told = checked(file, rule)
    assert [(one["row"], one["column"], one["field"], one["value"]) for one in told] == found
    assert {(one["file"], one["sheet"]) for one in told} <= {(str(file), None)}


def test_of_columns_that_say_the_same_the_one_that_does(tmp_path: Path) -> None:
    """Alternatives of a layout: where the first is empty, the other is named."""
    layout = tmp_path / "mine.toml"
    layout.write_text(
        'id = "mine"\ntitle = "Mine"\ntitle_zh = "本院"\n'
        '[[field]]\ncolumn = "principal_diagnosis"\nnames = ["诊断"]\nconversion = "code"\n'
        '[[field]]\ncolumn = "age_years"\nnames = ["岁数"]\nconversion = "age"\n'
        '[[field]]\ncolumn = "age_years"\nnames = ["岁"]\nconversion = "age"\n',
        encoding="utf-8",
    )
    file = tmp_path / "f.csv"
    file.write_text("诊断,岁数,岁\nI50.900,300,\nI50.900,,400\nI50.900,-,\n", encoding="utf-8")
    cases = read(file, layout=layout)
    found = checker(cases.binding.columns, None, choose(["age-years-impossible", "age-years-missing"]))
    told = found.findings(cases).collect()
    assert told.select("row", "column", "value").rows() == [
        (2, "岁数", "300"),
        (3, "岁", "400"),
        (4, "岁数", "-"),
    ]


def test_sheets_are_named_in_findings_of_rules_and_of_reading(tmp_path: Path) -> None:
    head = ["病案号", "出院主要诊断编码", "年龄", "性别"]
    sheets = {
        "一月": [head, ["1", "I50.900", "200", "1"]],
        "二月": [["某医院"], head, ["2", "I50.900", "岁x", "1"], ["3", "I50.900", "300", "2"]],
    }
    file = write_workbook(tmp_path / "f.xlsx", sheets)  # type: ignore[arg-type]
    told = [
        (one["sheet"], one["row"], one["column"], one["value"])
        for one in checked(file, "age-years-impossible")
    ]
    assert told == [("一月", 2, "年龄", "200"), ("二月", 4, "年龄", "300")]
    found = read(file).findings().filter(rule="age-years-malformed")
    assert found.select("file", "sheet", "row", "column", "field", "value").rows() == [
        (str(file), "二月", 3, "年龄", "age_years", "岁x")
    ]


def test_frames_name_their_columns() -> None:
    frame = pl.DataFrame({"主要诊断": ["I50.900"], "年龄": ["200"]})
    found = drg.check(frame, rules=["age-years-impossible"]).findings
    assert found.select("file", "row", "column", "field", "value").rows() == [
        (None, 2, "年龄", "age_years", "200")
    ]


def test_values_of_other_tables_name_their_table(tmp_path: Path) -> None:
    (tmp_path / "setlinfo.csv").write_text("mdtrt_sn,gend,age\nv1,1,60\n", encoding="utf-8")
    (tmp_path / "diseinfo.csv").write_text(
        "mdtrt_sn,diag_type,diag_code,maindiag_flag\nv1,1,R50.900,1\n", encoding="utf-8"
    )
    (told,) = checked(tmp_path, "principal-symptom")
    assert (told["file"], told["row"]) == (str(tmp_path / "setlinfo.csv"), 2)
    assert (told["column"], told["value"]) == ("diseinfo.diag_code", "R50.900")


def test_the_first_finding_of_a_rule_whatever_the_order_of_batches() -> None:
    def batch(*rows: tuple[str, int, str | None, str]) -> pl.DataFrame:
        some = pl.DataFrame(rows, schema=["rule", "row", "field", "value"], orient="row")
        return notes.findings(some)

    firsts = FirstFindings()
    firsts.add(batch(("a", 9, "sex", "7")), (1, 8))
    firsts.add(batch(("a", 5, "sex", "8"), ("a", 6, "sex", "9"), ("b", 5, "patient_id", "P1")), (1, 4))
    firsts.add(batch(("a", 12, "sex", "7"), ("c", 13, None, "李四")), (1, 11))
    others = FirstFindings()
    others.update(firsts)
    told = {rule: others.get(rule) or {} for rule in "abc"}
    assert [(one["row"], one["value"]) for one in told.values()] == [(5, "8"), (5, None), (13, None)]
    assert others.get("d") is None
