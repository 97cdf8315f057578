"""A month of ours, and the return of a bureau in which every kind of difference is planted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import drg
from drg import MissingColumnWarning, Pricer
from drg.analysis.reconciliation import Cause
from drg.columns import OUTPUT, PRICE
from tests.comparing import demo_discharges, demo_groupers

FEN = Decimal("0.01")
Row = dict[str, Any]

# The columns of a return in which all causes can be told apart, as a bureau calls them.
CHINESE = {
    "case_id": "结算流水号",
    "patient_id": "人员编号",
    "hospital_id": "定点医疗机构编号",
    "admission_date": "入院日期",
    "discharge_date": "出院日期",
    "sex": "性别",
    "age_years": "年龄",
    "insurance_type": "险种",
    "principal_diagnosis": "主要诊断编码",
    "other_diagnoses": "其他诊断编码",
    "principal_procedure": "主要手术编码",
    "other_procedures": "其他手术编码",
    "drg": "DRG编码",
    "drg_name": "DRG名称",
    "relative_weight": "病组权重",
    "coefficient": "调整系数",
    "case_class": "病例类型",
    "total_cost_yuan": "医疗总费用",
    "standard_payment_yuan": "病组支付标准（元）",
    "payment_yuan": "DRG支付金额",
}
CLASSES = {"normal": "正常病例", "high": "高倍率病例", "low": "低倍率病例", "special": "特例单议"}


@dataclass(frozen=True)
class Planted:
    """Both sides, and what was planted.

    Attributes:
        ours: our priced cases.
        bureau: the return, in canonical columns.
        causes: of each case that was changed.
        money: what the bureau pays more, in all.
    """

    ours: pl.DataFrame
    bureau: pl.DataFrame
    causes: dict[str, Cause]
    money: Decimal


@lru_cache(maxsize=1)
def demo_scheme() -> Pricer:
    """The demo scheme, loaded once."""
    return Pricer("demo")


@lru_cache(maxsize=1)
def other_scheme() -> Pricer:
    """The demo scheme with weights a quarter higher."""
    loaded = demo_scheme().loaded
    weights = {
        key: replace(one, relative_weight=one.relative_weight * Decimal("1.25"))
        for key, one in loaded.weights.items()
    }
    scheme = loaded.scheme.model_copy(update={"id": "demo-dearer"})
    return Pricer(replace(loaded, scheme=scheme, weights=weights))


@lru_cache
def month(cases: int = 600, seed: int = 1) -> pl.DataFrame:
    """Our cases, grouped and priced."""
    made = demo_discharges(cases, seed=seed).with_columns(
        insurance_type=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("390")).otherwise(pl.lit("310")),
        hospital_level=pl.lit("3"),
    )
    # No two stays of a patient on the same days, so that days tell them apart.
    made = made.unique(["patient_id", "admission_date"], keep="first", maintain_order=True)
    return priced(made)


def priced(records: pl.DataFrame, grouper: Any = "demo", scheme: Any = None) -> pl.DataFrame:
    """Records grouped and priced afresh."""
    bare = records.drop(*OUTPUT, *PRICE, strict=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingColumnWarning)
        return drg.price(drg.group(bare, grouper), scheme or demo_scheme())


def planted(seed: int = 1, each: int = 2) -> Planted:
    """Plant so many differences of each kind."""
    ours = month(seed=seed)
    rng = np.random.default_rng(seed)
    rows: dict[str, Row] = {row["case_id"]: row for row in ours.iter_rows(named=True)}
    usable = [
        id_
        for id_, row in rows.items()
        if row["grouping_status"] == "grouped" and row["payment_yuan"] is not None
    ]
    order = [usable[place] for place in rng.permutation(len(usable))]
    causes: dict[str, Cause] = {}
    extra: list[Row] = []
    for cause, plant in _plants(ours).items():
        left = each
        for id_ in order:
            if left == 0:
                break
            if id_ in causes:
                continue
            changed = plant(dict(rows[id_]))
            if changed is None:
                continue
            causes[id_] = Cause(cause.partition("-")[0])
            left -= 1
            rows[id_] = changed
        assert left == 0, f"too few cases for {cause}"
    for cause in (Cause.MISSING_IN_BUREAU, Cause.MISSING_IN_OURS, Cause.AMBIGUOUS_MATCH):
        for id_ in [one for one in order if one not in causes][:each]:
            row = rows[id_]
            if cause is Cause.MISSING_IN_BUREAU:
                del rows[id_]
                causes[id_] = cause
            elif cause is Cause.MISSING_IN_OURS:
                new = row | {"case_id": f"new-{id_}", "patient_id": f"new-{id_}"}
                extra.append(new)
                causes[new["case_id"]] = cause
            else:
                extra.append(dict(row))
                causes[id_] = cause
    bureau = pl.DataFrame([*rows.values(), *extra], schema=ours.schema)
    money = sum(bureau["payment_yuan"].drop_nulls(), Decimal(0)) - sum(ours["payment_yuan"].drop_nulls())
    return Planted(ours, bureau, causes, money)


def _plants(ours: pl.DataFrame) -> dict[str, Callable[[Row], Row | None]]:
    """What makes a case another one of a kind; None where it would stay the same."""
    principal = ours["principal_diagnosis"].shift(1, fill_value=ours["principal_diagnosis"][-1])
    without = ours.with_columns(other_diagnoses=pl.lit([], dtype=pl.List(pl.String)))
    first = ours["other_diagnoses"].list.first()
    swapped = ours.with_columns(
        principal_diagnosis=pl.when(first.is_not_null()).then(first).otherwise("principal_diagnosis")
    )
    remade = {
        "codes_changed-principal": priced(ours.with_columns(principal_diagnosis=principal)),
        "codes_changed-others": priced(without),
        "codes_changed-swapped": priced(swapped),
        "record_changed-sex": priced(ours.with_columns(sex=3 - pl.col("sex"))),
        "other_version": _recorded(ours, priced(ours, demo_groupers()[1])),
        "record_changed-cost": priced(ours.with_columns(total_cost_yuan=pl.col("total_cost_yuan") * 4)),
        "record_changed-insurance": priced(ours.with_columns(insurance_type=pl.lit("390"))),
        "other_scheme": _recorded(ours, priced(ours, scheme=other_scheme())),
    }
    by_id = {
        kind: {row["case_id"]: row for row in frame.iter_rows(named=True)} for kind, frame in remade.items()
    }

    def again(kind: str) -> Callable[[Row], Row | None]:
        what = (
            ("drg",)
            if kind.startswith(("codes", "other_version", "record_changed-sex"))
            else ("payment_yuan",)
        )
        same = () if what == ("drg",) else ("drg",)

        def plant(row: Row) -> Row | None:
            new = by_id[kind][row["case_id"]]
            differs = any(new[name] != row[name] for name in what) and all(new[n] == row[n] for n in same)
            return new if differs and new["payment_yuan"] is not None else None

        return plant

    return {kind: again(kind) for kind in remade} | {
        "group_unexplained": lambda row: row | {"drg": "ZZ99", "mdc": "MDCZ", "adrg": "ZZ9"},
        "special": lambda row: row | {"case_class": "special", "payment_yuan": row["total_cost_yuan"] + 1},
        "rounding": lambda row: row | {"payment_yuan": row["payment_yuan"] + FEN},
        "readmission": lambda row: _times(row, "0.5", "coefficient"),
        "other_weight": lambda row: _times(row, "1.1", "relative_weight"),
        "other_coefficient": lambda row: _times(row, "1.2", "coefficient"),
        "other_rate": lambda row: _times(row, "1.02"),
        "other_class": _of_other_class,
        "amount_missing": lambda row: row | {"payment_yuan": None},
        "amount_unexplained": lambda row: row | {"payment_yuan": row["payment_yuan"] + Decimal("123.45")},
    }


def _recorded(ours: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Results of others on our records; of whom they are, a return does not say."""
    return made.with_columns(ours["grouper"], ours["scheme"], ours["scheme_digest"]).select(ours.columns)


def _times(row: Row, factor: str, *scaled: str) -> Row | None:
    """A normal case that is paid so many times as much; other numbers follow."""
    if row["case_class"] != "normal" or row["drg"].startswith("NR1") or row["pricing_reason"]:
        return None
    times = Decimal(factor)
    standard = (row["standard_payment_yuan"] * times).quantize(FEN, ROUND_HALF_UP)
    numbers = {name: row[name] * times for name in scaled}
    return row | numbers | {"standard_payment_yuan": standard, "payment_yuan": standard}


def _of_other_class(row: Row) -> Row | None:
    if row["case_class"] != "normal":
        return None
    paid = (row["total_cost_yuan"] * Decimal("0.85")).quantize(FEN, ROUND_HALF_UP)
    return row | {"case_class": "low", "payment_yuan": paid}


def in_chinese(frame: pl.DataFrame, file: Path, *, seed: int = 1) -> Path:
    """A return as a bureau sends it: other names, another order of columns and rows, other words, GBK."""
    joined = [pl.col(name).list.reverse().list.join("，") for name in ("other_diagnoses", "other_procedures")]
    days = [pl.col(name).dt.strftime("%Y年%m月%d日") for name in ("admission_date", "discharge_date")]
    words = pl.col("case_class").cast(pl.String).replace(CLASSES)
    sexes = pl.col("sex").cast(pl.String).replace({"1": "男", "2": "女"})
    insured = pl.col("insurance_type").replace({"310": "职工医保", "390": "居民医保"})
    amounts = pl.col("total_cost_yuan").map_elements(lambda one: f"{one:,}", return_dtype=pl.String)
    returned = frame.with_columns(*joined, *days, words, sexes, insured, amounts)
    names = list(CHINESE)
    np.random.default_rng(seed).shuffle(names)
    returned = returned.select(names).rename(CHINESE).sample(fraction=1, shuffle=True, seed=seed)
    text = "某统筹区DRG月度结算反馈表\n" + returned.write_csv()
    file.write_bytes(text.encode("gbk"))
    return file
