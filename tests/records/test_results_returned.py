from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from drg.records.results_returned import Returned, of_frame, read_returned


def columns(returned: Returned) -> dict[str, str]:
    binding = returned.cases.binding
    return {name: binding.called(name) for name in binding.columns}


def values(returned: Returned, name: str) -> list[object]:
    cases = returned.cases
    return cases.collect(cases.lazy([name]))[name].to_list()


@pytest.mark.parametrize(
    ("name", "cell", "column", "value"),
    [
        ("入组编码", "ES31", "drg", "ES31"),
        ("病组", "ES31 呼吸系统感染", "drg", "ES31 呼吸系统感染"),
        ("DRG权重", "1.2345", "relative_weight", 1.2345),
        ("病组支付标准(元)", "12,345.60", "standard_payment_yuan", 12345.6),
        ("结算金额（万元）", "1.2", "payment_yuan", 12000),
        ("统筹基金支付", "￥100.05", "fund_payment_yuan", 100.05),
        ("倍率类型", "高倍率病例", "case_class", "high"),
        ("病例类型", "正常", "case_class", "normal"),
        ("结算时间", "2025-03-01 10:00:00", "settlement_date", None),
    ],
)
def test_names_and_cells_of_bureaus_are_read(name: str, cell: str, column: str, value: object) -> None:
    returned = of_frame(pl.DataFrame({"结算号": ["1"], name: [cell]}))
    assert columns(returned) == {"case_id": "结算号", column: name}
    (read,) = values(returned, column)
    if value is None:
        assert read is not None
    elif isinstance(value, str):
        assert read == value
    else:
        assert float(str(read)) == value


def test_names_of_groups_are_no_groups() -> None:
    returned = of_frame(pl.DataFrame({"病组": ["呼吸系统感染", "脑卒中"], "DRG编码": ["ES31", "BR15"]}))
    assert columns(returned) == {"drg": "DRG编码", "drg_name": "病组"}


def test_a_title_and_a_total_are_no_cases(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    text = "三月DRG结算反馈\n结算号,DRG编码,DRG支付金额\n1,ES31,10\n2,BR15,20\n合计,,30\n"
    file.write_bytes(text.encode("gb18030"))
    returned = read_returned(file)
    assert values(returned, "case_id") == ["1", "2"]
    assert returned.cases.remarks["rule"].to_list() == ["row-total"]


def test_every_column_of_ids_may_be_the_one() -> None:
    frame = pl.DataFrame({"病案号": ["1"], "结算流水号": ["2"], "支付金额": ["1"], "姓名": ["甲"]})
    assert of_frame(frame).ids == ("病案号", "结算流水号")


def test_fields_of_a_shipped_layout_are_read_beside_the_results() -> None:
    fields = {"A48": ["b1"], "A49": ["1"], "B15": ["2025-03-05"], "C03C": ["I63.900"], "C01C": ["I63.900"]}
    more = {"A12C": ["1"], "A14": ["70"], "B12": ["2025-03-01"], "B20": ["4"], "D01": ["5000"]}
    returned = of_frame(pl.DataFrame({**fields, **more, "DRG编码": ["BR15"], "DRG支付金额": ["9000"]}))
    read = columns(returned)
    assert {"case_id", "discharge_date", "principal_diagnosis", "drg", "payment_yuan"} <= set(read)
    assert read["principal_diagnosis"] == "C03C"


@pytest.mark.parametrize("names", [("其他手术编码",), ("其他手术编码1", "其他手术编码2")])
def test_other_procedures_alone_are_not_the_principal_one(names: tuple[str, ...]) -> None:
    returned = of_frame(pl.DataFrame({"结算号": ["1"], **{name: ["01.2400"] for name in names}}))
    assert set(columns(returned)) == {"case_id", "other_procedures"}
    (codes,) = values(returned, "other_procedures")
    assert isinstance(codes, list)
    assert set(codes) == {"01.2400"}
