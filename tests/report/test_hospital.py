from __future__ import annotations

import io
import re

import openpyxl
import polars as pl
import pytest

import drg
from drg.report.hospital import hospital_page, hospital_workbook
from drg.report.hospital_words import FIGURES, reason_of_each
from tests.analysis.hospital.by_hand import cases


@pytest.fixture(scope="module")
def report() -> drg.HospitalReport:
    return drg.hospital_report(cases(), hospital="H001")


def test_the_workbook_has_every_figure(report: drg.HospitalReport) -> None:
    book = openpyxl.load_workbook(io.BytesIO(hospital_workbook(report, "zh")))
    assert book.sheetnames == [
        *("汇总", "分月", "分科室", "分医师", "分病组", "分险种"),
        *("高倍率病例", "低倍率病例", "低风险组死亡病例", "再入院病例", "亏损病例", "全部病例"),
    ]
    lines = {row[0].value: [cell.value for cell in row[1:]] for row in book["汇总"]}
    for name, (label, look) in FIGURES.items():
        value, before, *_ = lines[label.to("zh")]
        assert value == pytest.approx(float(report.figures[name] or 0)), name
        earlier = report.before(name, months=1)
        assert before == pytest.approx(float(earlier or 0)), (name, look)
    head, *rows = book["分科室"].iter_rows(values_only=True)
    surplus = head.index("结余（元）")
    assert sum(row[surplus] for row in rows) == pytest.approx(float(report.figures["surplus_yuan"] or 0))
    every = list(book["全部病例"].iter_rows(values_only=True))
    assert len(every) - 1 == report.cases.height
    assert every[0][-1] == "入组原因"
    assert all(row[-1] for row in every)


@pytest.mark.parametrize(("language", "surplus"), [("zh", "结余（元）"), ("en", "surplus (yuan)")])
def test_the_page(report: drg.HospitalReport, language: str, surplus: str) -> None:
    page = hospital_page(report, language)
    shown = f"{report.figures['surplus_yuan']:,.2f}"
    assert re.search(rf"{re.escape(surplus)}</td><td class=n>{shown}<", page)
    assert "size: A4" in page
    assert "<script" not in page
    for name in ("high", "low", "low_risk_deaths", "readmissions", "deficits"):
        assert f" ({getattr(report, name).height:,})</h2>" in page
    for note in report.notes["message_zh" if language == "zh" else "message"]:
        assert note.replace("'", "&#x27;") in page


def test_one_sentence_for_each_case(report: drg.HospitalReport) -> None:
    chinese = reason_of_each(report.cases, "zh").alias("zh")
    shown = report.cases.with_columns(reason_of_each(report.cases, "en"), chinese)
    counting = shown.filter(why="counts", more_complications=0).row(0, named=True)
    code, level = counting["complication"], counting["complication_level"]
    assert re.fullmatch(rf"{counting['adrg']} by .+; {code}\b.* counts as {level}", counting["reason"])
    assert re.fullmatch(rf"主要诊断.+，入{counting['adrg']}；{code}.*计为{level}", counting["zh"])
    assert shown.filter(why="none_counts")["reason"].str.ends_with("; no complication counts").all()
    split = pl.col("reason").str.ends_with("; complications make no difference in this ADRG")
    assert shown.filter(why="not_split").select(split.all()).item()
    assert shown.filter(pl.col("reason").is_null()).is_empty()
