from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.analysis.reconciliation.planted import in_chinese, month
from tests.cli.conftest import Drg

FILES = [
    *("differences.csv", "differences.parquet", "reconciliation.html", "reconciliation.json"),
    "reconciliation.xlsx",
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A month, and a return that pays one case 5 yuan more and has another one not."""
    ours = month(60)
    ours.write_parquet(tmp_path / "ours.parquet")
    more = pl.when(pl.int_range(pl.len()) == 1).then(pl.lit(Decimal(5))).otherwise(pl.lit(Decimal(0)))
    returned = ours.with_columns(pl.col("payment_yuan") + more).slice(1)
    return tmp_path / "ours.parquet", in_chinese(returned, tmp_path / "return.csv")


def test_the_list_to_send_back(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = drg("reconcile", *files, "-o", out, "--lang", "zh")
    assert (outcome.code, outcome.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == FILES
    book = openpyxl.load_workbook(out / "reconciliation.xlsx")
    assert book.sheetnames == ["数据核对意见表", "汇总", "说明"]
    head, *rows = ([cell.value for cell in row] for row in book["数据核对意见表"])
    by_cause = {row[head.index("差异原因")]: row for row in rows}
    assert set(by_cause) == {"反馈缺少的病例", "金额差异原因不明"}
    assert by_cause["金额差异原因不明"][head.index("反馈减我方（元）")] == 5
    assert head[-1] == "经办机构答复"
    assert by_cause["反馈缺少的病例"][head.index("反馈支付合计")] is None
    page = (out / "reconciliation.html").read_text(encoding="utf-8")
    assert "数据核对" in page
    assert "金额差异原因不明" in page
    assert "反馈缺少的病例" in outcome.out


def test_what_programs_read(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = tmp_path / "s.json"
    outcome = drg("reconcile", *files, "-o", out, "--lang", "en", "--json", summary)
    assert outcome.code == 0, outcome.err
    told = json.loads((out / "reconciliation.json").read_text(encoding="utf-8"))
    causes = {row["cause"]: row for row in told["causes"]}
    assert list(causes) == ["same", "missing_in_bureau", "amount_unexplained"]
    assert causes["amount_unexplained"]["difference_yuan"] == "5.00"
    money = sum(Decimal(row["difference_yuan"]) for row in told["causes"])
    assert money == Decimal(told["totals"]["difference_yuan"])
    parquet = pl.read_parquet(out / "differences.parquet")
    assert parquet["cause"].to_list() == ["missing_in_bureau", "amount_unexplained"]
    written = pl.read_csv(out / "differences.csv", infer_schema=False)
    assert written["difference_yuan"].to_list() == parquet["difference_yuan"].cast(pl.String).to_list()
    read = json.loads(summary.read_text(encoding="utf-8"))
    assert [Path(name).name for name in read["outputs"]] == [
        *("reconciliation.xlsx", "reconciliation.html", "reconciliation.json"),
        *("differences.csv", "differences.parquet"),
    ]
    assert {Path(one["path"]).name for one in read["inputs"]} == {"ours.parquet", "return.csv"}


def test_files_of_different_months_are_said(drg: Drg, files: tuple[Path, Path], tmp_path: Path) -> None:
    returned = pl.DataFrame({"结算号": ["x1", "x2"], "DRG编码": ["BB19", "BB21"], "支付金额": ["1", "2"]})
    returned.write_csv(tmp_path / "other.csv")
    outcome = drg("reconcile", files[0], tmp_path / "other.csv", "-o", tmp_path / "out", "--lang", "en")
    assert outcome.code == 0
    assert "no case of the return is one of ours" in outcome.err


def test_a_layout_of_the_users_own_needs_no_diagnosis(
    drg: Drg, files: tuple[Path, Path], tmp_path: Path
) -> None:
    ours = pl.read_parquet(files[0])
    returned = ours.select(A="case_id", B="drg", C="payment_yuan")
    returned.write_csv(tmp_path / "odd.csv")
    fields = (("case_id", "A", "text"), ("drg", "B", "text"), ("payment_yuan", "C", "money"))
    lines = ['id = "odd"', 'title = "odd"', 'title_zh = "odd"']
    for column, name, conversion in fields:
        lines += ["[[field]]", f'column = "{column}"', f'names = ["{name}"]', f'conversion = "{conversion}"']
    (tmp_path / "odd.toml").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    outcome = drg("reconcile", files[0], tmp_path / "odd.csv", "-o", out, "--layout", tmp_path / "odd.toml")
    assert outcome.code == 0, outcome.err
    told = json.loads((out / "reconciliation.json").read_text(encoding="utf-8"))
    assert told["totals"]["same"] == ours.height
