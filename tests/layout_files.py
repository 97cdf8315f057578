"""The same discharges as files of every layout, with the dirt that real exports have."""

from __future__ import annotations

import csv
import datetime
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from tests.helpers import DATA

Case = dict[str, Any]

NOTHING = ("", "-", "—", "无", "NULL", "  ")
# Wide digits and letters as a Chinese keyboard gives them.
_WIDE = str.maketrans(
    {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F) if chr(code) not in ",\"'"}
)


def discharges(count: int = 5000, seed: int = 1) -> list[Case]:
    """Cases that reach many groups: those of the conformance file, drawn again, with all other columns."""
    frame = pl.read_parquet(DATA / "conformance" / "chs-drg-2.0.parquet")
    chance = random.Random(seed)
    drawn = frame.sample(count, with_replacement=True, seed=seed)
    return [_completed(case, number, chance) for number, case in enumerate(drawn.to_dicts())]


def _completed(case: Case, number: int, chance: random.Random) -> Case:
    admitted = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=chance.randrange(500_000))
    infant = case["age_years"] == 0
    return {
        **{name: value for name, value in case.items() if not name.startswith("expected")},
        "case_id": f"{number:06d}-{chance.randint(1, 3)}",
        # As real files have it: only infants have an age in days, and newborns their weights.
        "age_days": case["age_days"] if infant else None,
        "birth_weight_g": case["birth_weight_g"] if infant else None,
        "admission_weight_g": case["birth_weight_g"] if infant else None,
        "department": chance.choice(("0301", "0402", "07")),
        "disposition": chance.choice("1111125"),
        "icu_hours": chance.choice((0.0, 0.0, 0.0, 12.5, 84.5)),
        "hospital_id": "H12345678901",
        "patient_id": f"P{number:06d}",
        "admission_date": admitted,
        "discharge_date": admitted + datetime.timedelta(days=case["los_days"]),
        "ventilator_hours": chance.choice((0.0, 3.5, 100.25)),
        "insurance_type": chance.choice(("310", "390")),
        "total_cost_yuan": f"{chance.randrange(100_000, 9_000_000) / 100:.2f}",
        "other_diagnoses": case["other_diagnoses"] or [],
        "other_procedures": case["other_procedures"] or [],
    }


def canonical(cases: Sequence[Case]) -> pl.DataFrame:
    """The cases in the canonical columns that grouping reads."""
    schema = {"birth_weight_g": pl.Int64, "admission_weight_g": pl.Int64, "icu_hours": pl.Float64}
    frame = pl.DataFrame(cases, infer_schema_length=None, schema_overrides=schema)
    return frame.select("case_id", *(name for name in frame.columns if name != "case_id"))


def hqms_fields() -> list[tuple[str, str]]:
    """All fields of HQMS with their labels, in their order."""
    return pl.read_csv(DATA / "hqms_fields.csv", infer_schema=False).rows()


def hqms_row(case: Case) -> dict[str, str]:
    """A clean row of HQMS; codes leave gaps in their series."""
    record, _, stay = case["case_id"].partition("-")
    row = {
        "A01": case["hospital_id"],
        "A48": record,
        "A49": stay,
        "A12C": str(case["sex"]),
        "A14": str(case["age_years"]),
        "A16": _text(case["age_days"]),
        "A17": _text(case["admission_weight_g"]),
        "A18x01": _text(case["birth_weight_g"]),
        "B12": f"{case['admission_date']:%Y-%m-%d %H:%M:%S}",
        "B15": str(case["discharge_date"] or ""),
        "B16C": case["department"],
        "B20": str(case["los_days"]),
        "B34C": case["disposition"],
        "C03C": case["principal_diagnosis"],
        "C14x01C": case["principal_procedure"] or "",
        "A46C": {"310": "1", "390": "2"}[case["insurance_type"]],
        "D01": case["total_cost_yuan"],
        "D11": case["total_cost_yuan"],
        "A11": "张三",
    }
    # Every third place is left empty, as far as the series is long enough.
    places = [place for place in range(1, 41) if place % 3 != 2] + [2, 5, 8]
    for place, code in zip(
        sorted(places[: len(case["other_diagnoses"])]), case["other_diagnoses"], strict=True
    ):
        row[f"C06x{place:02d}C"] = code
    for place, code in enumerate(case["other_procedures"], start=1):
        row[f"C35x{place:02d}C"] = code
    return row


def n041_row(case: Case) -> dict[str, str]:
    """A clean row of the abstract."""
    record, _, stay = case["case_id"].partition("-")
    row = {
        "ZZJGDM": case["hospital_id"],
        "BAH": record,
        "ZYCS": stay,
        "XB": str(case["sex"]),
        "NL": str(case["age_years"]),
        "BZYZSNL": _text(case["age_days"]),
        "XSECSTZ": _text(case["birth_weight_g"]),
        "XSERYTZ": _text(case["admission_weight_g"]),
        "RYSJ": f"{case['admission_date']:%Y-%m-%d %H:%M:%S}",
        "CYSJ": f"{case['discharge_date']:%Y-%m-%d %H:%M:%S}",
        "CYKB": case["department"],
        "SJZYTS": str(case["los_days"]),
        "LYFS": case["disposition"],
        "JBDM": case["principal_diagnosis"],
        "SSJCZBM1": case["principal_procedure"] or "",
        "YLFKFS": {"310": "1", "390": "2"}[case["insurance_type"]],
        "ZFY": case["total_cost_yuan"],
    }
    row |= {f"JBDM{place}": code for place, code in enumerate(case["other_diagnoses"], start=1)}
    row |= {f"SSJCZBM{place}": code for place, code in enumerate(case["other_procedures"], start=2)}
    return row


N041_LABELS = {
    "BAH": "病案号",
    "ZYCS": "住院次数",
    "XB": "性 别",
    "NL": "年龄",
    "BZYZSNL": "不足一周岁年龄（天）",
    "XSECSTZ": "新生儿出生体重",
    "XSERYTZ": "新生儿入院体重",
    "CYKB": "出院科别",
    "SJZYTS": "实际住院天数",
    "LYFS": "离院方式",
    "JBDM": "主要诊断编码",
    **{f"JBDM{place}": f"其他诊断编码{place}" for place in range(1, 41)},
    **{f"SSJCZBM{place}": f"手术操作编码{place}" for place in range(1, 41)},
}


def _text(value: object) -> str:
    return "" if value is None else str(value)


# Dirt. None of it changes what a cell says.


def dirty_code(code: str, chance: random.Random) -> str:
    """A code as somebody may have typed it."""
    ways: list[Callable[[str], str]] = [
        str,
        str.lower,
        lambda text: f" {text} ",
        lambda text: f"{text}.",
        lambda text: text.translate(_WIDE),
        lambda text: text.replace("x", "X"),
        lambda text: f"'{text}",
        lambda text: f"{text[:3]} {text[3:]}",
        lambda text: text.replace("+", " + ").replace("*", " *"),
        lambda text: text.replace("+", "†").replace("*", "＊"),
        lambda text: text.removesuffix("*"),
        lambda text: "*".join(reversed(text.removesuffix("*").split("+"))) + "+" if "+" in text else text,
    ]
    return chance.choice(ways)(code)


def dirty_date(text: str, chance: random.Random) -> str:
    """A date as another program may have written it."""
    time = datetime.datetime.fromisoformat(text)
    serial = (time - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
    ways = (
        text,
        f"{time:%Y/%m/%d %H:%M}",
        f"{time.year}/{time.month}/{time.day}",
        f"{time:%Y%m%d}",
        f"{time:%Y%m%d%H%M%S}",
        f"{serial:.6f}",
        f"{int(serial)}",
        f"{time:%Y-%m-%dT%H:%M:%S}",
        f"{time.year}年{time.month}月{time.day}日",
        f"{text}.0",
    )
    return chance.choice(ways)


def dirty_age(years: int, days: int | None, chance: random.Random) -> tuple[str, str]:
    """The age in years and in days; infants may have theirs in the former."""
    if years or days is None:
        return chance.choice((f"{years}", f"{years}岁", f"{years}.0", f" {years} 周岁", f"{years}Y")), "-"
    if days >= 365:
        # Days alone would be a year.
        return f"{years}", f"{days}"
    ways = [(f"{years}", f"{days}"), (f"{days}天", "—"), (f"0岁{days}天", ""), (f"D{days}", "NULL")]
    if days >= 60:
        # Rules ask whether a patient is 29 days old; from two months on it does not matter how much older.
        ways += [(f"{days // 31}月", ""), (f"{days / 365:.3f}", "无")]
    return chance.choice(ways)


def dirty_n041(row: Mapping[str, str], chance: random.Random) -> dict[str, str]:
    """A row with everything that real exports do to it."""
    dirty = dict(row)
    for name, value in row.items():
        if not value:
            dirty[name] = chance.choice(NOTHING)
        elif name.startswith(("JBDM", "SSJCZBM")):
            dirty[name] = dirty_code(value, chance)
        elif name in ("RYSJ", "CYSJ"):
            dirty[name] = dirty_date(value, chance)
    days = int(row["BZYZSNL"]) if row["BZYZSNL"] else None
    dirty["NL"], dirty["BZYZSNL"] = dirty_age(int(row["NL"]), days, chance)
    dirty["XB"] = chance.choice((row["XB"], {"1": "男", "2": "女"}.get(row["XB"], row["XB"])))
    if row["XSECSTZ"]:
        dirty["XSECSTZ"] = chance.choice((row["XSECSTZ"], f"{row['XSECSTZ']}g", f"{row['XSECSTZ']}.00"))
    dirty["SJZYTS"] = chance.choice((row["SJZYTS"], f"{row['SJZYTS']}天", f" {row['SJZYTS']}"))
    dirty["ZFY"] = chance.choice((row["ZFY"], f"{float(row['ZFY']):,.2f}", f"¥{row['ZFY']}"))
    dirty["LYFS"] = chance.choice((row["LYFS"], {"1": "医嘱离院", "5": "死亡"}.get(row["LYFS"], row["LYFS"])))
    return dirty


# Files.


def write_csv(
    file: Path,
    rows: Iterable[Mapping[str, str]],
    names: Sequence[str],
    *,
    header: Sequence[str] | None = None,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """Rows as text; cells that a row does not have are empty."""
    with file.open("w", encoding=encoding, newline="") as text:
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(header or names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
    return file


def write_hqms(file: Path, cases: Sequence[Case]) -> Path:
    """All 623 columns in GB 18030."""
    return write_csv(file, map(hqms_row, cases), [field for field, _ in hqms_fields()], encoding="gb18030")


def n041_names(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """The fields of some rows, in the order of the form."""
    names = dict.fromkeys(name for row in rows for name in row)
    return sorted(names, key=lambda name: name.startswith(("JBDM", "SSJCZBM")))


def write_n041(file: Path, cases: Sequence[Case], seed: int = 2) -> Path:
    """Dirty text in UTF-8 with a byte order mark, and a header of small letters and stray blanks."""
    chance = random.Random(seed)
    rows = [dirty_n041(n041_row(case), chance) for case in cases]
    names = n041_names(rows)
    header = [f" {name.lower()}" if place % 2 else name for place, name in enumerate(names)]
    return write_csv(file, rows, names, header=header, encoding="utf-8-sig", delimiter=";")


def write_sheet(file: Path, cases: Sequence[Case]) -> Path:
    """The abstract with Chinese labels on a second sheet: dates are dates, numbers are numbers."""
    rows = [n041_row(case) for case in cases]
    names = n041_names(rows)
    numbers = ("NL", "BZYZSNL", "XSECSTZ", "XSERYTZ", "SJZYTS", "ZFY", "XB")
    with xlsxwriter.Workbook(str(file), {"constant_memory": True}) as book:
        book.add_worksheet("说明").write(0, 0, "本表由病案系统导出")
        sheet = book.add_worksheet("首页")
        date = book.add_format({"num_format": "yyyy/m/d hh:mm"})
        for column, name in enumerate(names):
            sheet.write_string(0, column, N041_LABELS.get(name, name))
        for number, row in enumerate(rows, start=1):
            for column, name in enumerate(names):
                value = row.get(name, "")
                if name in ("RYSJ", "CYSJ"):
                    sheet.write_datetime(number, column, datetime.datetime.fromisoformat(value), date)
                elif name in numbers and value:
                    sheet.write_number(number, column, float(value))
                elif value:
                    sheet.write_string(number, column, value)
    return file


def duration(hours: float) -> str:
    """Hours as the settlement list writes them."""
    minutes = round(hours * 60)
    return f"{minutes // 1440}/{minutes % 1440 // 60}/{minutes % 60}"


def settlement_tables(cases: Sequence[Case], seed: int = 3) -> dict[str, list[dict[str, str]]]:
    """The five tables; all but the first are shuffled, and their numbers say the order."""
    chance = random.Random(seed)
    tables: dict[str, list[dict[str, str]]] = {
        name: [] for name in ("setlinfo", "diseinfo", "oprninfo", "iteminfo", "icuinfo")
    }
    for case in cases:
        key = {"mdtrt_sn": case["case_id"]}
        tables["setlinfo"].append(key | _setlinfo(case))
        codes = [case["principal_diagnosis"], *case["other_diagnoses"]]
        for place, code in enumerate(codes, start=1):
            main = "1" if place == 1 else "0"
            tables["diseinfo"].append(
                key | {"diag_srt_no": str(place), "diag_type": "1", "maindiag_flag": main, "diag_code": code}
            )
        if chance.random() < 0.1:
            chinese = {"diag_srt_no": "1", "diag_type": "2", "maindiag_flag": "1", "diag_code": "A04.01.01"}
            tables["diseinfo"].append(key | chinese)
        procedures = [(case["principal_procedure"], "1")] if case["principal_procedure"] else []
        procedures += [(code, "2") for code in case["other_procedures"]]
        for place, (code, kind) in enumerate(procedures, start=1):
            tables["oprninfo"].append(
                key | {"oprn_oprt_sn": str(place), "oprn_oprt_type": kind, "oprn_oprt_code": code}
            )
        half = f"{float(case['total_cost_yuan']) / 2:.2f}"
        rest = f"{float(case['total_cost_yuan']) - float(half):.2f}"
        tables["iteminfo"] += [
            key | {"med_chrgitm": "01", "amt": half},
            key | {"med_chrgitm": "02", "amt": rest},
        ]
        if case["icu_hours"]:
            stays = [case["icu_hours"] / 2] * 2
            tables["icuinfo"] += [key | {"scs_cutd_sum_dura": duration(hours)} for hours in stays]
    for name in list(tables)[1:]:
        chance.shuffle(tables[name])
    return tables


def _setlinfo(case: Case) -> dict[str, str]:
    return {
        "fixmedins_code": case["hospital_id"],
        "psn_no": case["patient_id"],
        "gend": str(case["sex"]),
        "age": str(case["age_years"]),
        "nwb_age": _text(case["age_days"]),
        "nwb_bir_wt": _text(case["birth_weight_g"]),
        "nwb_adm_wt": _text(case["admission_weight_g"]),
        "adm_time": f"{case['admission_date']:%Y-%m-%d %H:%M:%S}",
        "dscg_time": f"{case['discharge_date']:%Y-%m-%d %H:%M:%S}",
        "dscg_caty": case["department"],
        "act_ipt_days": str(case["los_days"]),
        "dscg_way": case["disposition"],
        "vent_used_dura": duration(case["ventilator_hours"]),
        "hi_type": case["insurance_type"],
    }


def write_settlement(directory: Path, cases: Sequence[Case]) -> Path:
    """One file for each of the five tables, whose names say nothing."""
    directory.mkdir()
    tables = settlement_tables(cases)
    for letter, rows in enumerate(tables.values()):
        names = list(dict.fromkeys(field for row in rows for field in row)) or ["mdtrt_sn"]
        write_csv(directory / f"{9 - letter}.csv", rows, names, encoding="gb18030" if letter % 2 else "utf-8")
    return directory
