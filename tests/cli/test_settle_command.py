from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import drg as package
from drg.records.files import write
from drg.records.result_labels import labelled
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS
from tests.cli.conftest import Drg
from tests.report import settled
from tests.report.test_statement import COUNTY, OF_THE_COUNTY, POINTS

LABELS = [column.label_zh for column in SETTLEMENT_COLUMNS]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return settled.scheme(tmp_path, settled.RULES + settled.budget(100_000, "common_factor"))


@pytest.fixture
def priced(tmp_path: Path, made: Path) -> Path:
    file = tmp_path / "priced.parquet"
    package.price(settled.grouped(), scheme=made).write_parquet(file)
    return file


def test_parquet_and_csv_are_the_rows(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    for ending in ("parquet", "csv"):
        outcome = drg("settle", priced, "--scheme", made, "-o", tmp_path / f"out.{ending}")
        assert outcome.code == 0, outcome.err
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows.columns == [column.name for column in SETTLEMENT_COLUMNS]
    expected = package.settle(pl.read_parquet(priced), made).rows
    assert rows.equals(expected)
    text = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
    assert text["entitlement_yuan"].to_list() == [str(value) for value in rows["entitlement_yuan"]]


def test_budgets_of_groups_of_hospitals_are_shown(drg: Drg, tmp_path: Path, priced: Path) -> None:
    budget = settled.budget(100_000, "common_factor").replace(
        "reserve_share", f"{OF_THE_COUNTY}reserve_share"
    )
    scheme = settled.scheme(tmp_path, settled.RULES + COUNTY + budget)
    outcome = drg("settle", priced, "-s", scheme, "-o", tmp_path / "out.xlsx", "--lang", "zh")
    assert outcome.code == 0, outcome.err
    assert "310 甲县" in outcome.out
    assert "风险金支付超支" in outcome.out
    row = pl.read_excel(tmp_path / "out.xlsx", sheet_name="预算", infer_schema_length=0).row(0, named=True)
    assert row["医院分组"] == "甲县"
    assert float(row["预留"]) == float(row["风险金支付超支"]) + float(row["风险金余额"]) > 0


def test_chinese_workbooks_of_cases_settle_alike(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    file, cases = tmp_path / "priced.xlsx", pl.scan_parquet(priced)
    write(labelled(cases, file, "zh"), file, sources=[])
    assert "正常倍率" in pl.read_excel(file, infer_schema_length=0)["病例类型"].to_list()
    for one, out in ((priced, "a"), (file, "b")):
        assert drg("settle", one, "-s", made, "-o", tmp_path / f"{out}.parquet", "-q").code == 0
    assert pl.read_parquet(tmp_path / "a.parquet").equals(pl.read_parquet(tmp_path / "b.parquet"))


def test_the_workbook_can_be_read_back(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    file = tmp_path / "out.xlsx"
    assert drg("settle", priced, "-s", made, "-o", file, "-q").code == 0
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["汇总", "年度", "月度", "累计", "预算", "待处理"]
    sheet = book["年度"]
    assert [cell.value for cell in sheet[1]] == LABELS
    assert len(set(LABELS)) == len(LABELS)
    assert sheet["D1"].comment.text.startswith("hospital_id\n")
    assert sheet.freeze_panes == "G2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(7, len(LABELS)).coordinate}"
    rows = package.settle(pl.read_parquet(priced), made).rows.filter(span="year")
    read = pl.read_excel(file, sheet_name="年度", infer_schema_length=0).head(rows.height)
    assert read["医疗机构代码"].to_list() == rows["hospital_id"].to_list()
    assert [round(float(v), 2) for v in read["基金应付"]] == [float(v) for v in rows["entitlement_yuan"]]


def test_the_workbook_of_a_part_of_a_year_has_a_forecast(drg: Drg, tmp_path: Path, made: Path) -> None:
    file, out = tmp_path / "part.parquet", tmp_path / "out.xlsx"
    package.price(settled.grouped(months=3), scheme=made).write_parquet(file)
    outcome = drg("settle", file, "-s", made, "-o", out)
    assert outcome.code == 0
    assert openpyxl.load_workbook(out).sheetnames == ["汇总", "预测", "月度", "累计", "预算", "待处理"]
    assert "year_not_cleared" in outcome.out
    assert "forecast" in outcome.out
    drg("settle", file, "-s", made, "-o", out, "--close")
    assert openpyxl.load_workbook(out).sheetnames == ["汇总", "年度", "月度", "累计", "预算", "待处理"]


def test_the_summary(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    outcome = drg("settle", priced, "-s", made, "-o", tmp_path / "out.parquet")
    rows = pl.read_parquet(tmp_path / "out.parquet").filter(span="year")
    for insurance in ("310", "390"):
        mine = rows.filter(insurance_type=insurance)
        for name in ("cost_yuan", "standard_yuan", "entitlement_yuan", "balance_yuan"):
            assert f"{mine[name].sum():,.2f}" in outcome.out
        assert f"{mine['relative_weight'].sum() / mine['weighted_cases'].sum():.4f}" in outcome.out
    assert "common_factor" in outcome.out
    assert "…" not in outcome.out
    best = rows.group_by("hospital_id").agg(pl.col("outcome_yuan").sum()).sort("outcome_yuan")
    assert f"{best['outcome_yuan'][0]:,.2f}" in outcome.out
    assert "score_missing" in outcome.out
    assert "Illustrative" in outcome.out


def test_quiet_still_warns(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    outcome = drg("settle", priced, "-s", made, "-o", tmp_path / "out.parquet", "-q")
    assert outcome.code == 0
    assert outcome.out == ""
    assert "Warning: score_missing × 6: H1 310 2025:" in outcome.err
    assert "Add the hospital to the table of scores" in outcome.err
    # A notice is no warning.
    assert "patient_share_not_given" not in outcome.err


def test_tables_and_findings(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    settled.payments().write_csv(tmp_path / "payments.csv")
    settled.scores().rename({"hospital_id": "医疗机构代码", "year": "年度", "score": "考核得分"}).write_excel(
        tmp_path / "scores.xlsx"
    )
    normal = pl.read_parquet(priced).filter(case_class="normal", hospital_id="H1")
    case = normal["case_id"][0]
    (tmp_path / "decisions.csv").write_text(
        f"医疗机构代码,病案标识,决定,支付金额\nH1,{case},同意,12345.67\nH1,nobody,同意,\n", encoding="utf-8"
    )
    outcome = drg(
        *("settle", priced, "-s", made, "-o", tmp_path / "out.parquet"),
        *("--payments", tmp_path / "payments.csv", "--scores", tmp_path / "scores.xlsx"),
        *("--decisions", tmp_path / "decisions.csv", "--findings", tmp_path / "findings.csv"),
        *("--statement", tmp_path / "st", "--hospital", "H1", "--lang", "zh"),
    )
    assert outcome.code == 0, outcome.err
    rows = pl.read_parquet(tmp_path / "out.parquet").filter(span="year", hospital_id="H1")
    assert "12345.67" in [str(value) for value in rows["special_case_payment_yuan"]]
    assert "50000.33" not in [str(value) for value in rows["instalments_yuan"]]
    assert "49997.56" in [str(value) for value in rows["instalments_yuan"]]
    with (tmp_path / "findings.csv").open(encoding="utf-8-sig", newline="") as text:
        rules = [row["rule"] for row in csv.DictReader(text)]
    assert "decision_case_unknown" in rules
    assert sorted(file.name for file in (tmp_path / "st").iterdir()) == ["结算单-H1.html", "结算单-H1.xlsx"]
    assert "1 份结算单" in outcome.out
    assert "特例单议 12,345.67" in (tmp_path / "st" / "结算单-H1.html").read_text(encoding="utf-8")


def test_names_are_on_the_statements(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    (tmp_path / "names.toml").write_text('number_prefix = "A"\nhospitals.H1 = "First"', encoding="utf-8")
    outcome = drg(
        *("settle", priced, "-s", made, "-o", tmp_path / "out.xlsx", "-q"),
        *("--statement", tmp_path / "st", "--names", tmp_path / "names.toml", "--lang", "zh"),
    )
    assert outcome.code == 0, outcome.err
    assert "没有 2 家医疗机构的名称，其单据上只有代码：H2、H3。" in outcome.err
    assert "First（H1）" in (tmp_path / "st" / "结算单-H1.html").read_text(encoding="utf-8")


def test_cases_are_cleared(drg: Drg, tmp_path: Path) -> None:
    made = settled.scheme(tmp_path, POINTS, points=True)
    file = tmp_path / "priced.csv"
    package.price(settled.grouped(), scheme=made).write_csv(file)
    out, cases = tmp_path / "out.parquet", tmp_path / "cleared.parquet"
    outcome = drg("settle", file, "-s", made, "-o", out, "--cases", cases, "-q")
    assert outcome.code == 0, outcome.err
    frame = pl.read_parquet(cases)
    assert frame.height == settled.CASES
    assert (
        frame["cleared_payment_yuan"].null_count() == frame["case_class"].is_in(["invalid", "unpriced"]).sum()
    )


def test_reasons_of_cleared_cases_in_either_form(drg: Drg, tmp_path: Path) -> None:
    made = settled.scheme(tmp_path, POINTS, points=True)
    file, cases = tmp_path / "priced.csv", tmp_path / "cleared.parquet"
    coded = package.price(settled.grouped(), scheme=made, reasons="code")
    coded.write_csv(file)
    assert coded["pricing_reason"].n_unique() > 2
    (tmp_path / "decided.csv").write_text(
        "hospital_id,case_id,decision\n" + ",".join([*coded.select("hospital_id", "case_id").row(0), "同意"]),
        encoding="utf-8",
    )
    expected = [
        f"{coded['pricing_reason'][0] or ''}|P25:{coded['case_class'][0]}".strip("|"),
        *coded["pricing_reason"][1:],
    ]
    arguments = ("settle", file, "-s", made, "-o", tmp_path / "out.parquet", "--cases", cases, "-q")
    for form, language in (("code", "en"), ("code", "zh"), ("text", "en"), ("text", "zh")):
        options = ("--decisions", tmp_path / "decided.csv", "--reasons", form, "--lang", language)
        outcome = drg(*arguments, *options)
        assert outcome.code == 0, outcome.err
        found = pl.read_parquet(cases)["pricing_reason"].to_list()
        in_words = [text and package.reason_text(text, language=language) for text in expected]
        assert found == (expected if form == "code" else in_words)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["-o", "out.txt"], 1, "files that end in .txt"),
        (["-o", "no/out.xlsx"], 1, "there is no directory"),
        (["-o", "priced.parquet"], 1, "this is the input"),
        (["-o", "out.xlsx", "--hospital", "H1"], 2, "--statement"),
        (["-o", "out.csv", "--names", "names.toml"], 2, "--names is for statements"),
        (["-o", "out.xlsx", "--statement", "st", "--names", "none.toml"], 1, "none.toml: cannot be read"),
        (["-o", "out.xlsx", "--statement", "st", "--hospital", "H9"], 1, "no hospital 'H9'"),
        (["-o", "out.xlsx", "--payments", "nothing.csv"], 1, "there is no such file"),
        (["-o", "out.xlsx", "--cases", "c.parquet"], 1, "no case can be priced by it"),
        (["-o", "out.xlsx", "--findings", "f.txt"], 1, "files that end in .txt"),
    ],
)
def test_mistakes(
    drg: Drg,
    tmp_path: Path,
    made: Path,
    priced: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = drg("settle", priced, "-s", made, *arguments)
    assert outcome.code == code
    assert text in outcome.err
    # What cannot be done in whole is not begun.
    assert sorted(file.name for file in tmp_path.iterdir()) == ["made", "priced.parquet"]


def test_cases_of_another_scheme_are_refused(drg: Drg, tmp_path: Path, priced: Path) -> None:
    outcome = drg("settle", priced, "-s", "demo", "-o", tmp_path / "out.xlsx")
    assert outcome.code == 1
    assert "not with demo" in outcome.err
    assert not (tmp_path / "out.xlsx").exists()


def test_the_same_bytes_each_time(drg: Drg, tmp_path: Path, made: Path, priced: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        assert drg("settle", priced, "-s", made, "-o", tmp_path / name, "-q").code == 0
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
