"""Tiny workbooks in the layout of the national 3.0 configuration, with every quirk of the published ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

Sheets = dict[str, list[list[Any]]]

# What a sane author would have written; `quirky` and `second_edition` say it as the published files do.
PLAIN: Sheets = {
    "MDC": [
        ["按病组（DRG）付费3.0版分组方案配置信息"],
        ["MDC编码", "MDC名称", "MDC规则", "排序"],
        ["MDCA", "先期分组", None, 1],
        ["MDCO", "妊娠、分娩及产褥期", "ZYZD in DI_O00", 2],
        ["MDCZ", "多发严重创伤", "(ZYZD in DI_Z01) and (QTZD in {DI_Z02, DI_Z03})", 3],
        ["0000", None, None, 27],
    ],
    "ADRG": [
        ["ADRG编码", "ADRG名称", "ADRG规则", "所属MDC编码", "MDC内排序"],
        ["000", None, None, "0000", None],
        ["AA1", "心肺移植", "ZYSS in OP_AA1", "MDCA", 1],
        ["OQY", None, "ZYSS in OP_ALL", "MDCO", 1],
        ["OS2", "流产相关疾病", "ZYZD in DI_OS2", "MDCO", 2],
        ["OT1", "异位妊娠", "(ZYZD in DI_OT1) and (NL>=10)", "MDCO", 3],
        ["O00", None, None, "MDCO", 2],
        ["ZZ1", "多发性重要创伤无手术", "1", "MDCZ", 1],
    ],
    "DRG": [
        ["DRG", "DRG名称", "DRG规则", "所属ADRG编码", "所属MDC编码", "排序"],
        ["0000", None, None, "000", "0000", None],
        ["AA19", "心肺移植", None, "AA1", "MDCA", 1],
        ["OQY", None, None, "OQY", "MDCO", 1],
        ["OS21", "流产相关疾病，伴严重合并症或并发症", "QTZD in MCC", "OS2", "MDCO", 1],
        ["OS25", "流产相关疾病，不伴严重合并症或并发症", None, "OS2", "MDCO", 2],
        ["OT19", "异位妊娠", None, "OT1", "MDCO", 1],
        ["O000", None, None, "O00", "MDCO", 1],
        ["ZZ15", "多发性重要创伤无手术", None, "ZZ1", "MDCZ", 1],
    ],
    "集合": [
        ["集合编号", "ICD编码", "ICD名称", "类型编号"],
        ["OP_AA1", "33.6x00", "心肺联合移植术", "OP"],
        ["DI_OS2", "O03.900", "自然流产", "DI"],
        ["DI_OT1", "O00.100", "输卵管妊娠", "DI"],
        ["DI_O00", "O03.900", "自然流产", "DI"],
        ["DI_O00", "O00.100", "输卵管妊娠", "DI"],
        ["DI_O00", "O99.800", None, "DI"],
        ["DI_Z01", "S02.100", "颅底骨折", "DI"],
        ["DI_Z02", "S22.400", "多根肋骨骨折", "DI"],
        ["DI_Z03", "S36.000", "脾损伤", "DI"],
        ["OP_ALL", "33.6x00", "心肺联合移植术", "OP"],
        ["OP_ALL", "69.0200", "清宫术", "OP"],
    ],
    "CC": [
        ["疾病编码", "疾病名称", "排除表", "类型"],
        ["D65.x00", "弥散性血管内凝血", "EX_1", "MCC"],
        ["A41.900", "脓毒症", "EX_2", "MCC"],
        ["Z94.000", "肾移植状态", "无", "CC"],
    ],
    "排除表": [
        ["集合编号", "ICD编码", "ICD名称"],
        ["EX_1", "O03.900", "自然流产"],
        ["EX_2", "A41.900", "脓毒症"],
    ],
}


def second_edition(sheets: Sheets = PLAIN) -> Sheets:
    """The alternatives of the second edition and of other printings: headers, orders as text, their row."""
    sheets = copy.deepcopy(sheets)
    sheets["ADRG"][0][4] = "排序"
    sheets["DRG"][0][0] = "DRG编码"
    sheets["集合"][0][3] = "类型"
    sheets["CC"][0] = ["ICD编码", "ICD名称", "排除表", "类型编号"]
    sheets["MDC"].insert(1, [None, "说明"])
    for row in sheets["ADRG"][2:]:
        row[4] = f"{row[4]}.0"
    for row in sheets["DRG"][2:]:
        row[5] = f" {row[5]} "
    return dict(reversed(sheets.items()))


def quirky(sheets: Sheets = PLAIN) -> Sheets:
    """The first edition: an empty first column, and every blemish that was ever seen in a cell."""
    sheets = copy.deepcopy(sheets)
    sheets["MDC"][4][2] = "(ZYZD in DI_Z01)_x000D_\nand\u00a0 (QTZD in\u3000{DI_Z02,\u200bDI_Z03})\r\n"
    sheets["MDC"][3][2] = " ZYZD  in\tDI_O00_x000A__x0009_"
    sheets["ADRG"][5][2] = "(ZYZD in DI_OT1)  AND (NL>=10)"
    sheets["ADRG"][7][2] = 1.0
    sheets["ADRG"] = [[None, *row] for row in sheets["ADRG"]]
    sheets["ADRG"].append([None, " ", None, None, None, None])
    sheets["集合"][1][1] = "\u00a033.6x00 "
    sheets["集合"][2][1] = "Ｏ03.900"
    sheets["集合"] += [sheets["集合"][10], sheets["集合"][11], [None, None, None, None]]
    sheets["CC"][2][3] = " mcc"
    sheets["DRG"][4][1] = "流产相关疾病，\u200b伴严重合并症或并发症 "
    return sheets


def write(file: Path, sheets: Sheets, edit: Callable[[xlsxwriter.Workbook], None] | None = None) -> Path:
    """Writes sheets of rows; numbers become number cells, everything else text."""
    with xlsxwriter.Workbook(file, {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, int | float):
                        sheet.write_number(at, column, value)
                    elif value is not None:
                        sheet.write_string(at, column, value)
        if edit is not None:
            edit(book)
    return file


def changed(sheet: str, row: int, column: int, value: Any) -> Sheets:
    """The plain sheets with one cell changed; row and column as Excel counts, from 1."""
    sheets = copy.deepcopy(PLAIN)
    sheets[sheet][row - 1][column - 1] = value
    return sheets
