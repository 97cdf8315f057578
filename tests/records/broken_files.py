"""A clean table of discharges, and ways to write it as files that people really have."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import xlsxwriter

HEADER: Final = (
    *("病案号", "患者姓名", "性别", "年龄", "实际住院天数", "出院主要诊断编码"),
    *("出院其他诊断编码1", "主要手术操作编码", "住院总费用"),
)
CASES: Final = (
    ("A0001", "甲", "1", "45", "5", "K80.101", "I50.900", "51.2300", "1000.5"),
    ("A0002", "乙", "2", "74", "6", "I20.000", "I10.x00x002", "", "2000"),
    ("A0003", "丙", "1", "63", "7", "I63.900", "", "", "30000"),
    ("A0004", "丁", "2", "31", "3", "O80.000x001", "Z37.000", "", "4000"),
    ("A0005", "戊", "1", "58", "9", "C34.100x001", "J18.900", "32.4100", "51000"),
    ("A0006", "己", "2", "66", "8", "K80.101", "", "51.2300", "6100"),
    ("A0007", "庚", "1", "80", "11", "J18.900", "I50.900", "", "7000"),
)
TITLE: Final = ("某医院2024年3月出院病人明细",)
TOTAL: Final = ("合计", "", "", "", "49", "", "", "", "101100.5")
SUBTOTAL: Final = ("", "小 计", "", "", "", "", "", "", "9")
REMARK: Final = ("制表人：某某", "", "", "审核人：某某")
PRINTED: Final = ("打印日期：2024-04-01",)
LABELS: Final = ("A48", "A11", "A12C", "A14", "B20", "C03C", "C06x01C", "C14x01C", "D01")
FORMS: Final = ("必填", "选填", "必填", "必填", "数值", "字符", "字符", "字符", "数值")
# Rows that are no cases, and the rule by which they are left out.
EXTRA: Final = {
    "total": (TOTAL, "row-total"),
    "subtotal": (SUBTOTAL, "row-total"),
    "remark": (REMARK, "row-remark"),
    "printed": (PRINTED, "row-remark"),
    "header": (HEADER, "row-header"),
    "blank": (("",) * len(HEADER), "row-blank"),
    "blanks": ((" ",) * len(HEADER), "row-blank"),
}

Rows = Sequence[Sequence[str]]


def text(rows: Rows, delimiter: str = ",", end: str = "\n", *, quote_all: bool = False) -> str:
    """Rows as a text file."""
    stream = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return stream.getvalue()


def write_text(file: Path, content: str, encoding: str = "utf-8") -> Path:
    """A text file in an encoding."""
    file.write_bytes(content.encode(encoding))
    return file


def write_workbook(file: Path, sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> Path:
    """A workbook; cells without text are not written."""
    with xlsxwriter.Workbook(str(file)) as book:
        for name, rows in sheets.items():
            sheet: Any = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell:
                        sheet.write_string(at, column, cell)
    return file
