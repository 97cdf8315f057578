"""The same ten made-up patients as one file of each kind, as they lie in ``examples/layouts``.

``python -m tests.example_files`` writes them anew.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

PLACE = Path(__file__).resolve().parents[1] / "examples" / "layouts"
# id, name, sex, age in years, in days, weight in g, department, diagnoses, procedures, days, cost
PATIENTS: tuple[tuple[Any, ...], ...] = (
    ("1001", "甲", 2, 74, None, None, "心内科", "I20.000 I10.x00x002", "", 6, "2735.91"),
    ("1002", "乙", 2, 27, None, None, "产科", "O80.000 Z37.000x001", "73.5900x002", 2, "2192.52"),
    (
        "1003",
        "丙",
        1,
        65,
        None,
        None,
        "眼科",
        "H25.900 I10.x00x002 E11.900",
        "13.4100x001 13.7100",
        3,
        "6377.75",
    ),
    ("1004", "丁", 1, 5, None, None, "耳鼻喉科", "J35.300 G47.301", "28.3x01", 3, "5599.45"),
    ("1005", "戊", 2, 67, None, None, "普外科", "C18.700", "17.3600", 20, "39156.82"),
    ("1006", "己", 1, 25, None, None, "普外科", "K40.900x003", "53.0001", 6, "4324.75"),
    ("1007", "庚", 1, 9, None, None, "儿科", "J15.902 J45.900", "", 8, "2157.85"),
    ("1008", "辛", 1, 67, None, None, "神经内科", "I63.900 J18.900", "", 12, "8898.10"),
    ("1009", "壬", 1, 0, 5, 3200, "新生儿科", "P59.901", "", 4, "3135.59"),
    ("1010", "癸", 2, 31, None, None, "产科", "O82.000 Z37.000x001", "74.1x02", 4, "7749.40"),
)
_FIRST_DAY = datetime.date(2027, 1, 4)
_MOST_DIAGNOSES, _MOST_PROCEDURES = 15, 7


def cases() -> list[dict[str, Any]]:
    """The patients as cases."""
    found = []
    for place, (
        id_,
        name,
        sex,
        years,
        days,
        weight,
        department,
        diagnoses,
        procedures,
        los,
        cost,
    ) in enumerate(PATIENTS):
        admitted = _FIRST_DAY + datetime.timedelta(days=place % 5)
        found.append(
            {
                "record": id_,
                "name": name,
                "sex": sex,
                "years": years,
                "days": days,
                "weight": weight,
                "department": department,
                "diagnoses": diagnoses.split(),
                "procedures": procedures.split(),
                "admitted": admitted,
                "discharged": admitted + datetime.timedelta(days=los),
                "los": los,
                "cost": cost,
            }
        )
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _series(pattern: str, values: Sequence[str], most: int, first: int = 1) -> dict[str, str]:
    """A numbered series: ``C06x{:02}C`` and so on."""
    filled = [*values, *[""] * (most - len(values))]
    return {pattern.format(number): value for number, value in enumerate(filled, start=first)}


def canonical(case: Mapping[str, Any]) -> dict[str, str]:
    """In the columns of the package."""
    return {
        "case_id": f"{case['record']}-1",
        "sex": str(case["sex"]),
        "age_years": str(case["years"]),
        "age_days": _text(case["days"]),
        "birth_weight_g": _text(case["weight"]),
        "admission_weight_g": _text(case["weight"]),
        "department": case["department"],
        "admission_date": str(case["admitted"]),
        "discharge_date": str(case["discharged"]),
        "los_days": str(case["los"]),
        "disposition": "1",
        "icu_hours": "",
        "principal_diagnosis": case["diagnoses"][0],
        "other_diagnoses": "|".join(case["diagnoses"][1:]),
        "principal_procedure": "".join(case["procedures"][:1]),
        "other_procedures": "|".join(case["procedures"][1:]),
        "insurance_type": "310",
        "total_cost_yuan": case["cost"],
    }


def hqms(case: Mapping[str, Any]) -> dict[str, str]:
    """In field names of HQMS; of its 623 fields those that say something."""
    return {
        "A01": "H00000000001",
        "A46C": "1",
        "A48": case["record"],
        "A49": "1",
        "A11": case["name"],
        "A12C": str(case["sex"]),
        "A14": str(case["years"]),
        "A16": _text(case["days"]),
        "A17": _text(case["weight"]),
        "A18x01": _text(case["weight"]),
        "B12": f"{case['admitted']} 10:20:00",
        "B15": f"{case['discharged']} 09:00:00",
        "B16C": case["department"],
        "B20": str(case["los"]),
        "B34C": "1",
        "C03C": case["diagnoses"][0],
        **_series("C06x{:02}C", case["diagnoses"][1:], _MOST_DIAGNOSES),
        "C14x01C": "".join(case["procedures"][:1]),
        **_series("C35x{:02}C", case["procedures"][1:], _MOST_PROCEDURES),
        "D01": case["cost"],
    }


def n041(case: Mapping[str, Any]) -> dict[str, Any]:
    """In labels of form 卫统4-1."""
    return {
        "病案号": case["record"],
        "住院次数": 1,
        "姓名": case["name"],
        "性别": case["sex"],
        "年龄": case["years"],
        "不足一周岁年龄（天）": case["days"],
        "新生儿出生体重（克）": case["weight"],
        "新生儿入院体重（克）": case["weight"],
        "入院时间": case["admitted"],
        "出院时间": case["discharged"],
        "出院科别": case["department"],
        "实际住院天数": case["los"],
        "离院方式": 1,
        "主要诊断编码": case["diagnoses"][0],
        **_series("其他诊断编码{}", case["diagnoses"][1:], _MOST_DIAGNOSES),
        **_series("手术及操作编码{}", case["procedures"], _MOST_PROCEDURES),
        "医疗付款方式": 1,
        "总费用": float(case["cost"]),
    }


def hospital_system(case: Mapping[str, Any]) -> dict[str, Any]:
    """As a hospital system may export it: names of its own, ages with units, weights in kg, cost in 万元."""
    return {
        "住院号": f"{case['record']}-1",
        "姓名": case["name"],
        "性别": "男女"[case["sex"] - 1],
        "年龄": f"{case['years']}岁" if case["days"] is None else f"{case['days']}天",
        "费别": "职工医保",
        "入院日期": case["admitted"],
        "出院日期": case["discharged"],
        "出院科室": case["department"],
        "住院天数": case["los"],
        "离院方式": "医嘱离院",
        "出生体重（kg）": case["weight"] and case["weight"] / 1000,
        "主诊断": "某病",
        "主诊断ICD编码": case["diagnoses"][0],
        **_series("其他诊断编码{}", case["diagnoses"][1:], _MOST_DIAGNOSES),
        "主手术": "某手术" if case["procedures"] else "",
        **_series("手术编码{}", case["procedures"], _MOST_PROCEDURES),
        "总费用（万元）": f"{float(case['cost']) / 10_000:.6f}",
    }


def settlement(found: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """The tables of a settlement list."""
    tables: dict[str, list[dict[str, str]]] = {
        name: [] for name in ("setlinfo", "diseinfo", "oprninfo", "iteminfo")
    }
    for case in found:
        visit = {"mdtrt_sn": f"{case['record']}-1"}
        tables["setlinfo"].append(
            visit
            | {
                "fixmedins_code": "H00000000001",
                "psn_no": case["record"],
                "psn_name": case["name"],
                "gend": str(case["sex"]),
                "age": str(case["years"]),
                "nwb_age": _text(case["days"]),
                "nwb_bir_wt": _text(case["weight"]),
                "nwb_adm_wt": _text(case["weight"]),
                "adm_time": f"{case['admitted']} 10:20:00",
                "dscg_time": f"{case['discharged']} 09:00:00",
                "dscg_caty": case["department"],
                "act_ipt_days": str(case["los"]),
                "dscg_way": "1",
                "hi_type": "310",
            }
        )
        for place, code in enumerate(case["diagnoses"], start=1):
            main = "1" if place == 1 else "0"
            row = {"diag_srt_no": str(place), "diag_type": "1", "maindiag_flag": main, "diag_code": code}
            tables["diseinfo"].append(visit | row)
        for place, code in enumerate(case["procedures"], start=1):
            row = {"oprn_oprt_sn": str(place), "oprn_oprt_type": "12"[place > 1], "oprn_oprt_code": code}
            tables["oprninfo"].append(visit | row)
        half = f"{float(case['cost']) / 2:.2f}"
        rest = f"{float(case['cost']) - float(half):.2f}"
        tables["iteminfo"] += [
            visit | {"med_chrgitm_type": item, "amt": amount} for item, amount in (("01", half), ("09", rest))
        ]
    return tables


def write_csv(file: Path, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> None:
    """Rows as text."""
    with file.open("w", encoding=encoding, newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_xlsx(file: Path, rows: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> None:
    """Rows below titles, dates as dates."""
    with xlsxwriter.Workbook(str(file), {"default_date_format": "yyyy/m/d"}) as book:
        book.set_properties({"created": datetime.datetime(2027, 1, 31)})
        sheet = book.add_worksheet("出院病例")
        for row, title in enumerate(titles):
            sheet.write_string(row, 0, title)
        for column, name in enumerate(rows[0]):
            sheet.write_string(len(titles), column, name)
            for row, case in enumerate(rows, start=len(titles) + 1):
                if case[name] not in (None, ""):
                    sheet.write(row, column, case[name])


def write_all(place: Path) -> None:
    """One file of each kind, and the directory of the settlement list."""
    found = cases()
    write_csv(place / "canonical.csv", [canonical(case) for case in found])
    write_csv(place / "hqms.csv", [hqms(case) for case in found], "gb18030")
    titles = ("某医院住院病案首页摘要", "2027年1月")
    write_xlsx(place / "n041.xlsx", [n041(case) for case in found], titles)
    write_xlsx(place / "hospital-system.xlsx", [hospital_system(case) for case in found], ())
    directory = place / "settlement-list"
    directory.mkdir(exist_ok=True)
    for name, rows in settlement(found).items():
        write_csv(directory / f"{name}.csv", rows)


if __name__ == "__main__":
    write_all(PLACE)
