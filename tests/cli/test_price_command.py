from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from drg.columns import PRICE
from tests.cli.conftest import Drg
from tests.payment.strategies import frame, plain_case, plain_scheme, sourced, write_scheme

HEADER = (
    "case_id,drg,drg_name,adrg,grouping_status,grouper,hospital_id,hospital_level,insurance_type,los_days,"
    "total_cost_yuan,case_kind,incomplete,tcm_cost_yuan,patient_id,admission_date,discharge_date\n"
)
END = ",,,,,2025-03-01,2025-03-11\n"
ROWS = [
    "D01,BR15,脑卒中,BR1,grouped,demo,H2,2,310,10,9000" + END,
    "D05,BR13,脑卒中,BR1,grouped,demo,H3,3,310,20,30000" + END,
    "D22,0000,,,ungrouped,demo,H2,2,310,4,5000" + END,
    "D24,BR15,脑卒中,BR1,grouped,demo,H2,2,340,7,8000" + END,
    "D25,BR15,脑卒中,BR1,grouped,demo,H2,2,310,7," + END,
    "D26,BR15,脑卒中,BR1,grouped,demo,H2,2,310,7,abc" + END,
]
CLASSES = ["normal", "high", "ungrouped", "unpriced", "invalid", "invalid"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "grouped.csv"
    file.write_text(HEADER + "".join(ROWS), encoding="utf-8")
    return file


def read(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_rows_stay_and_prices_are_added(drg: Drg, csv: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"priced{ending}"
    outcome = drg("price", csv, "-o", out, "--scheme", "demo")
    assert outcome.code == 0, outcome.err
    result, source = read(out), read(csv)
    assert result.columns == [*source.columns, *PRICE]
    assert result.select(source.columns).equals(source)
    assert result["case_class"].to_list() == CLASSES
    payments = [Decimal(text) for text in result["payment_yuan"].cast(pl.String)]
    assert payments == [11_000, 21_120, 0, 0, 0, 0]


def test_the_summary_counts_every_case(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = drg("price", csv, "-o", tmp_path / "o.parquet", "-s", "demo").out
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    counts = {line[0]: line[1] for line in cells if len(line) == 5}
    assert counts == {
        "invalid": "2", "ungrouped": "1", "unpriced": "1", "high": "1", "normal": "1", "all": "6",
    }  # fmt: skip
    totals = {line[0]: line[1] for line in cells if len(line) == 2}
    assert totals["payment"] == "32,120.00"
    assert totals["cost"] == "52,000.00"
    assert totals["standard, of cases paid by group"] == "25,520.00"
    # 1 + 1.2 + 1 + 1 + 1 over five cases that have a weight
    assert totals["CMI"] == "1.0400"
    for part in (
        "total_cost_yuan is missing",
        "no rate for this insurance_type",
        "Illustrative numbers",
        "6 cases in",
    ):
        assert part in out


def test_quiet_prints_nothing_but_what_nobody_may_overlook(drg: Drg, csv: Path, tmp_path: Path) -> None:
    outcome = drg("price", csv, "-o", tmp_path / "o.csv", "-s", "demo", "-q")
    assert (outcome.code, outcome.out) == (0, "")
    (line,) = outcome.err.splitlines()
    assert line.startswith("Warning: 1 of 6 cases: not priced, as something is not known")
    csv.write_text(csv.read_text(encoding="utf-8").replace(",340,", ",310,"), encoding="utf-8")
    assert drg("price", csv, "-o", tmp_path / "o.csv", "-s", "demo", "-q") == (0, "", "")


def test_a_hospital_gives_its_coefficient(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "grouped.csv"
    text = "case_id,drg,grouping_status,grouper,los_days,total_cost_yuan,tcm_share\n"
    rows = ["1,IU2F,grouped,chongqing-2025,12,8000,0.6", "2,IU2F,grouped,chongqing-2025,12,8000,0.5"]
    file.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
    asked = ["price", file, "-o", tmp_path / "o.csv", "-s", "chongqing-2025", "--set", "hospital_level=2"]
    outcome = drg(*asked, "-q")
    assert "2 of 2 cases: not priced" in outcome.err
    assert "--set hospital_coefficient=" in read(tmp_path / "o.csv")["pricing_reason"][0]
    assert drg(*asked, "--set", "hospital_coefficient=0.92", "-q").err == ""
    assert read(tmp_path / "o.csv")["payment_yuan"].to_list() == ["8155.59", "5747.14"]
    outcome = drg(*asked[:1], file, "--explain", "2", *asked[4:], "--set", "hospital_coefficient=0.92")
    for part in ("column hospital_coefficient", "0.6524 × 9,575.25 × 0.92", "column tcm_share", "IU23"):
        assert part in outcome.out


def test_reasons_in_chinese(drg: Drg, csv: Path, tmp_path: Path) -> None:
    drg("price", csv, "-o", tmp_path / "o.csv", "-s", "demo", "--lang", "zh")
    assert read(tmp_path / "o.csv")["pricing_reason"].to_list()[4] == "缺少住院总费用"


def test_dates_before_validity_and_other_versions_warn_once_even_if_quiet(
    drg: Drg, csv: Path, tmp_path: Path
) -> None:
    text = (
        csv.read_text(encoding="utf-8").replace("2025-03-11", "2024-03-11").replace("d,demo", "d,chs-drg-2.0")
    )
    csv.write_text(text, encoding="utf-8")
    outcome = drg("price", csv, "-o", tmp_path / "o.csv", "-s", "demo", "-q")
    assert outcome.code == 0
    lines = outcome.err.splitlines()
    assert len(lines) == 3
    assert "6 of 6 cases: discharged outside the validity of the scheme (2025-01-01 – …)" in outcome.err
    assert "grouped with another version than demo" in outcome.err
    result = read(tmp_path / "o.csv")
    assert set(result["scheme"]) == {"demo"}
    assert set(result["grouper"]) == {"chs-drg-2.0"}


def test_explain_prints_the_arithmetic(drg: Drg, csv: Path) -> None:
    outcome = drg("price", csv, "--explain", "D05", "-s", "demo")
    assert outcome.code == 0, outcome.err
    for part in (
        "1.2 × 11,000 × 1.1",
        "14,520.00",
        "21,120.00",
        "relative weight",
        "scheme.toml, rates 1",
        "[illustrative]",
    ):
        assert part in outcome.out


def test_explain_as_json(drg: Drg, csv: Path) -> None:
    result = json.loads(drg("price", csv, "--explain", "D05", "-s", "demo", "--json", "-").out)
    assert (result["case_class"], result["payment"]) == ("high", "21120.00")
    file = csv.parent / "case.json"
    assert drg("price", csv, "--explain", "D05", "-s", "demo", "--json", file) == (0, "", "")
    assert json.loads(file.read_text(encoding="utf-8")) == result
    for arguments in (("--json",), ("--json", "-q")):
        outcome = drg("price", csv, "--explain", "D05", "-s", "demo", *arguments)
        assert outcome.code == 2, arguments
        assert "--json" in outcome.err


def test_explain_sees_the_other_cases(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "stays.csv"
    stay = "BR13,,BR1,grouped,demo,H2,2,310,9,8000,,,,P1,"
    rows = [f"A,{stay}2025-03-01,2025-03-10\n", f"B,{stay}2025-03-20,2025-03-29\n"]
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    assert "1 × 0.5" in drg("price", file, "--explain", "A", "-s", "demo").out
    assert "1 × 0.5" not in drg("price", file, "--explain", "B", "-s", "demo").out


def test_a_priced_file_can_be_explained(drg: Drg, csv: Path, tmp_path: Path) -> None:
    priced = tmp_path / "priced.parquet"
    drg("price", csv, "-o", priced, "-s", "demo", "-q")
    assert "21,120.00" in drg("price", priced, "--explain", "D05", "-s", "demo").out


def test_constants(drg: Drg, csv: Path, tmp_path: Path) -> None:
    frame = read(csv).drop("hospital_level")
    file = tmp_path / "narrow.parquet"
    frame.write_parquet(file)
    out = tmp_path / "o.parquet"
    lacking = drg("price", file, "-o", out, "-s", "demo")
    assert lacking.code == 1
    assert "hospital_level (医院级别)" in lacking.err
    assert drg("price", file, "-o", out, "-s", "demo", "--set", "hospital_level=3").code == 0
    assert read(out)["standard_payment_yuan"].to_list()[0] == Decimal("12100.00")
    for wrong in ("hospital_level", "hospitl_level=3", "case_id=1"):
        assert drg("price", file, "-o", out, "-s", "demo", "--set", wrong).code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["grouped.csv", "-s", "demo"], 2, "Give -o OUT"),
        (["grouped.csv", "-s", "demo", "-o", "o.csv", "--explain", "D01"], 2, "Give -o OUT"),
        (["grouped.csv", "-s", "dmeo", "-o", "o.csv"], 1, "Did you mean 'demo'?"),
        (["nofile.csv", "-s", "demo", "-o", "o.csv"], 1, "there is no such file"),
        (["grouped.csv", "-s", "demo", "-o", "grouped.csv"], 1, "this is the input"),
        (["grouped.csv", "-s", "demo", "-o", "o.docx"], 1, ".docx are not known here"),
        (["grouped.csv", "-s", "demo", "--explain", "X"], 1, "there is no case 'X'"),
        (["discharges.csv", "-s", "demo", "-o", "o.csv"], 1, "Group the discharges first"),
    ],
)
@pytest.mark.usefixtures("csv")
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("discharges.csv").write_text("case_id,total_cost_yuan\n1,2\n", encoding="utf-8")
    before = sorted(path.name for path in tmp_path.iterdir())
    outcome = drg("price", *arguments)
    assert outcome.code == code
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_schemes_are_listed(drg: Drg) -> None:
    out = drg("schemes").out
    for part in ("demo", "harbin-2022", "illustrative"):
        assert part in out
    assert "示例" in drg("schemes", "--lang", "zh").out
    listed = json.loads(drg("schemes", "--json").out)
    assert {"demo", "harbin-2022"} <= {scheme["id"] for scheme in listed}


@pytest.mark.parametrize("command", ["price", "run", "schemes"])
def test_help(drg: Drg, command: str) -> None:
    outcome = drg(command, "--help")
    assert outcome.code == 0
    assert outcome.out.startswith("Usage: drg")


def test_the_command_explains_the_last_stay_with_the_others(tmp_path: Path, drg: Drg) -> None:
    path = write_scheme(
        tmp_path,
        plain_scheme(readmission=sourced(days=15, pays="one_stay"), excluded_items=sourced(share=1)),
        {("BR15", None): Decimal(1)},
    )
    cases = [
        plain_case("BR15", cost, case_id=id_, patient_id="P", admission_date=came, discharge_date=left)
        | {"patient_share_yuan": share, "excluded_items_yuan": excluded}
        for id_, cost, came, left, share, excluded in (
            ("1", 5000, datetime(2025, 3, 1), datetime(2025, 3, 10), 700, 1000),
            ("2", 4000, datetime(2025, 3, 12), datetime(2025, 3, 14), 300, None),
        )
    ]
    frame(cases).write_parquet(tmp_path / "cases.parquet")
    told = drg("price", tmp_path / "cases.parquet", "-s", path, "--explain", "2", "--json", "-").out
    steps = {step["name"]: step for step in json.loads(told)["steps"]}
    assert steps["cost of earlier stays"]["value"] == "4,000.00"
    assert steps["cost of earlier stays"]["arithmetic"] == "1 earlier stay, paid as one with this one"
    assert steps["cost in the group"]["arithmetic"] == "4,000.00 + 4,000.00"
    assert steps["excluded items payment"]["arithmetic"] == "1,000.00 of earlier stays"
    assert steps["fund payment"]["arithmetic"] == "11,000.00 − 300.00 − 700.00, at least 0"
    assert steps["surplus"]["arithmetic"] == "11,000.00 − 4,000.00"
