from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import drg as package
from drg.records.codes import DIAGNOSIS, crosswalk
from tests.cli.conftest import Drg
from tests.comparing import demo_discharges

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "discharges.csv"
DOCUMENT = ROOT / "docs" / "compare.md"
VERSIONS = "chs-drg-1.1,chs-drg-2.0"


def test_page_workbook_and_cases(drg: Drg, tmp_path: Path) -> None:
    out = tmp_path / "results" / "march"
    outcome = drg("compare", EXAMPLE, "-g", VERSIONS, "-o", out)
    assert outcome.code == 0, outcome.err
    assert sorted(path.name for path in out.iterdir()) == [
        "cases.parquet",
        "comparison.html",
        "comparison.xlsx",
        "what-changes.html",
    ]
    cases = pl.read_parquet(out / "cases.parquet")
    frame = pl.read_csv(EXAMPLE, infer_schema=False)
    for id_ in VERSIONS.split(","):
        assert cases[f"drg_{id_}"].to_list() == package.group(frame, id_)["drg"].to_list()
    assert cases["case_id"].to_list() == frame["case_id"].to_list()
    assert cases["row"].to_list() == list(range(2, 202))
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert openpyxl.load_workbook(out / "comparison.xlsx").sheetnames[0] == "说明 notes"
    assert cases["cause_chs-drg-2.0"].null_count() == (~cases["changed"]).sum()
    director = (out / "what-changes.html").read_text(encoding="utf-8")
    assert "对我们意味着什么" in director
    for part in (
        "First causes",
        "Agreement",
        "there is no column hospital_id",
        "200 cases in",
        "RIV on the same cases",
        "comparison.html",
        "cases that change: 103 (51.5%)",
    ):
        assert part in outcome.out
    assert "nan" not in outcome.out
    assert "None" not in outcome.out


def test_the_document_tells_the_numbers_of_the_example() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    comparison = package.compare(pl.read_csv(EXAMPLE, infer_schema=False), VERSIONS.split(","))
    for row in comparison.agreement.to_dicts():
        counts = " | ".join(
            str(row[name]) for name in ("same", "different", "only_base", "only_other", "neither")
        )
        assert f"| {row['level'].upper()} | {row['agreement'] * 100:.2f} % | {counts} |" in text
    first, second = comparison.totals["grouped"]
    assert f"1.1 groups {first} and 2.0 groups {second}" in text
    assert comparison.totals["ambiguous"].to_list() == [0, 5]
    causes = dict(comparison.causes("chs-drg-2.0").group_by("cause").agg(pl.col("cases").sum()).iter_rows())
    assert causes == {
        "adrg_redrawn": 28,
        "only_code": 30,
        "split_cc": 24,
        "adrg_procedure_set": 6,
        "severity_level": 9,
        "no_longer_grouped": 6,
    }
    assert f"{sum(causes.values())} cases change" in text
    for count, cause in ((28, "cases are in an"), (30, "get only another code"), (24, "are split otherwise")):
        assert f"{count} {cause}" in text
    flow = comparison.flows("chs-drg-2.0").row(0, named=True)
    assert (flow["base"], flow["other"], flow["cases"]) == ("HC29", "HC25", 7)
    lost = comparison.lost.filter(pl.col("now") == "lost")
    assert lost["cases"].to_list() == [5, 1]
    assert "missing birth_weight_g" in lost["reason"][1]


def test_the_console_speaks_one_language_of_statuses(drg: Drg, tmp_path: Path) -> None:
    told = drg("compare", EXAMPLE, "-g", VERSIONS, "-o", tmp_path / "zh", "--lang", "zh").out
    _, lost = told.split("不再入组与新入组的病例")
    assert "歧义组 QY" in lost.split("换组原因")[0]
    assert not {"grouped", "ambiguous", "ungrouped"} & set(lost.split("换组原因")[0].split())


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_without_cases(drg: Drg, other_demo: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"nothing.{ending}"
    nothing = pl.read_csv(EXAMPLE, infer_schema=False).head(0)
    nothing.write_csv(file) if ending == "csv" else nothing.write_parquet(file)
    arguments = ("-g", f"demo,{other_demo}", "-o", tmp_path / "out", "--expect-cases", "0")
    outcome = drg("compare", file, *arguments)
    assert outcome.code == 0, outcome.err
    assert "there is no case" in outcome.out
    assert pl.read_parquet(tmp_path / "out" / "cases.parquet").height == 0


def test_schemes_and_constants_and_chinese_reasons(drg: Drg, other_demo: Path, tmp_path: Path) -> None:
    file = tmp_path / "discharges.csv"
    cases = demo_discharges(200)
    lists = pl.col("other_diagnoses", "other_procedures").list.join("|")
    cases.with_columns(lists).write_csv(file)
    given = {"hospital_level": "3", "insurance_type": "310"}
    given |= dict.fromkeys(("case_kind", "incomplete", "tcm_cost_yuan", "excluded_items_yuan"), "")
    given["patient_share_yuan"] = ""
    constants = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    arguments = ("compare", file, "-g", "demo", "-g", other_demo, "-s", "demo", "-o", tmp_path / "out")
    outcome = drg(*arguments, *constants, "--lang", "zh", "-q", "--json", tmp_path / "summary.json")
    assert outcome.code == 0, outcome.err
    assert outcome.out == ""
    found = pl.read_parquet(tmp_path / "out" / "cases.parquet")
    frame = cases.with_columns(pl.lit(value or None, pl.String).alias(name) for name, value in given.items())
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    grouped = package.group(frame, "demo")
    expected = package.price(grouped, "demo")
    measures = summary["results"][0]["measures"]
    quality = package.evaluate(grouped).summary
    for name in ("grouping_rate", "groups_used", "few_case_groups", "riv_cost", "share_groups_cv_below_1"):
        assert measures[name] == quality[name]
    assert measures["cmi"] == pytest.approx(expected["relative_weight"].cast(pl.Float64).mean())
    assert summary["results"][1]["measures"]["cmi"] is None
    assert type(measures["groups_used"]) is int
    assert found["payment_yuan_demo"].to_list() == expected["payment_yuan"].to_list()
    assert found["payment_yuan_demo"].sum() > 0
    reasons = "".join(found["reason_demo-2"].drop_nulls())
    assert "不符合任何 MDC 的入组条件" in reasons


def test_files_of_a_layout_with_clinical_codes(drg: Drg, tmp_path: Path) -> None:
    single = crosswalk(DIAGNOSIS).filter(pl.len().over("from_code") == 1).head(40)
    file = tmp_path / "hqms.csv"
    rows = (f"{at},1,内科,{code}\n" for at, code in enumerate(single["from_code"]))
    file.write_text("A48,A49,B15,C03C\n" + "".join(rows), encoding="gb18030")
    outcome = drg("compare", file, "-g", VERSIONS, "-o", tmp_path / "out", "--codes", "clinical", "-q")
    assert outcome.code == 0, outcome.err
    found = pl.read_parquet(tmp_path / "out" / "cases.parquet")
    assert found.height == single.height
    for id_ in VERSIONS.split(","):
        alone = drg("group", file, "-g", id_, "-o", tmp_path / "alone.parquet", "--codes", "clinical", "-q")
        assert alone.code == 0, alone.err
        assert found[f"drg_{id_}"].to_list() == pl.read_parquet(tmp_path / "alone.parquet")["drg"].to_list()
    assert found[f"status_{id_}"].n_unique() > 1


def test_a_scenario_is_compared_with_the_cases_as_they_are(
    drg: Drg, other_demo: Path, tmp_path: Path
) -> None:
    file, out = tmp_path / "discharges.csv", tmp_path / "out"
    cases = demo_discharges(200)
    lists = pl.col("other_diagnoses", "other_procedures").list.join("|")
    cases.with_columns(lists).write_csv(file)
    arguments = ("compare", file, "-g", "demo", "-g", other_demo, "-o", out, "--seed", "3")
    scenarios = ("--scenario", "remove=MCC,CC share=0.5", "--scenario", "volume=1.5 hospital_id=H1")
    outcome = drg(*arguments, *scenarios)
    assert outcome.code == 0, outcome.err
    for part in ("remove=MCC,CC share=0.5: 200 cases named", "costs do not go with the codes", "Scenario"):
        assert part in outcome.out
    changed = package.scenario(cases, scenarios[1::2], "demo", seed=3)
    log = pl.read_csv(out / "scenario.csv", infer_schema=False)
    assert log["after"].to_list() == changed.log["after"].to_list()
    after = pl.read_parquet(out / "scenario-cases.parquet")
    assert after["drg_demo"].to_list() == package.group(changed.discharges, "demo")["drg"].to_list()
    assert after.height > pl.read_parquet(out / "cases.parquet").height == cases.height
    page = (out / "comparison.html").read_text(encoding="utf-8")
    assert "情景 with the scenario" in page
    sheets = openpyxl.load_workbook(out / "comparison.xlsx").sheetnames
    assert any("情景测算" in name for name in sheets)
    wrong = drg(*arguments[:-3], tmp_path / "none", "--scenario", "volume=2 hospital_id=H99")
    assert wrong.code == 1
    assert "no case has H99 as its hospital_id" in wrong.err
    assert not list((tmp_path / "none").glob("*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-g", "chs-drg-2.0"), 1, "at least two versions"),
        (("-g", "chs-drg-2.0,demo"), 1, "share no code system"),
        (("-g", "chs-drg-2.0,chs-drg-2.O"), 1, "chs-drg-2.0"),
        (("-g", VERSIONS, "-s", "harbin-2022"), 1, "belongs to one version"),
        (("-g", VERSIONS, "--set", "hospital_levl=3"), 2, "hospital_level"),
        ((), 2, "--groupers"),
    ],
)
def test_mistakes_are_told(
    drg: Drg, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = drg("compare", EXAMPLE, "-o", tmp_path / "out", *arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert not list((tmp_path / "out").glob("*"))


def test_a_file_stands_where_the_directory_should(drg: Drg, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    outcome = drg("compare", EXAMPLE, "-g", VERSIONS, "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "there is a file of this name" in outcome.err
