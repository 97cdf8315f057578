"""The tables of a comparison: which columns, what they are called, and which cases stand behind a number.

The page and the workbook show the same tables; the page may show fewer rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, Comparison
from drg.analysis.comparison.compared_sums import column_of
from drg.grouping.outcomes import STATUSES
from drg.reasons import column_in_words
from drg.report.comparison.cause_tables import cause_tables
from drg.report.comparison.page_layout import MOST_PLACES, PRICED_COST, Column, Kind, Table
from drg.report.comparison.version_tables import (
    budget_table,
    quality_table,
    scenario_table,
    variance_table,
)
from drg.report.console import status_in

# How many rows a table of the page holds; the workbook holds all.
MOST_FLOWS: Final = 2_000
MOST_REASONS: Final = 200


def tables(comparison: Comparison) -> Iterator[Table]:
    """All tables, in the order of the page."""
    yield _overview(comparison)
    if not comparison.budget.is_empty():
        yield budget_table(comparison)
    if comparison.scenario is not None:
        yield scenario_table(comparison.scenario)
    yield _agreement(comparison)
    yield quality_table(comparison)
    if comparison.count:
        yield variance_table(comparison)
    yield from _lost(comparison)
    for at in range(1, len(comparison.ids)):
        yield from cause_tables(comparison, at)
        yield drivers_table(comparison, at)
        yield from _flows(comparison, at)
        yield _places(comparison, at, HOSPITAL)
        if comparison.has_departments:
            yield _places(comparison, at, DEPARTMENT)
    for at in range(len(comparison.ids)):
        yield _groups(comparison, at)


def _overview(comparison: Comparison) -> Table:
    columns = [
        Column("version", "分组方案", "version"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
        *(Column(s, status_in(s, "zh"), s, "count", {"status": s}, counts=True) for s in STATUSES),
    ]
    if "weight" in comparison.totals.columns:
        columns += [
            Column("scheme", "支付方案", "scheme"),
            Column("weighted", "有权重", "with a weight", "count", {}),
            Column("weight", "总权重", "total weight", "weight", {}),
            Column("cmi", "CMI", "CMI", "weight", {}),
            Column("standard_yuan", "支付标准", "standard", "money", {}),
            Column("payment_yuan", "支付合计", "payment", "money", {}),
        ]
    if comparison.has_cost:
        columns.append(Column("cost_yuan", "住院总费用", "cost", "money", {}))
    if "weight" in comparison.totals.columns:
        columns.append(Column("priced_cost_yuan", *PRICED_COST, "money", {}))
        columns.append(Column("surplus_yuan", "结余", "surplus", "money", {}))
    return Table(
        "overview", "总览", "Overview", comparison.totals, tuple(columns), {"version": {"col": "version"}}
    )


def _agreement(comparison: Comparison) -> Table:
    kinds = (
        ("same", "相同", "same"),
        ("different", "不同", "different"),
        ("only_base", "仅基准有", "only the base"),
        ("only_other", "仅对比方有", "only the other"),
        ("neither", "均无", "neither"),
    )
    columns = (
        Column("version", "对比方案", "version"),
        Column("level", "层级", "level"),
        Column("agreement", "一致率", "agreement", "share", {"kind": "same"}),
        *(Column(name, zh, en, "count", {"kind": name}, counts=True) for name, zh, en in kinds),
    )
    frame = comparison.agreement.with_columns(pl.col("level").str.to_uppercase())
    cases = {"version": {"col": "version"}, "level": {"col": "level"}}
    return Table("agreement", "一致性", "Agreement with the base", frame, columns, cases)


def _lost(comparison: Comparison) -> Iterator[Table]:
    columns = (
        Column("version", "分组方案", "version"),
        Column("base_status", "基准状态", "under the base"),
        Column("status", "状态", "status"),
        Column("reason", "原因", "reason"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
    )
    before = Column("base_reason", "基准原因", "reason under the base")
    cases = {name: {"col": name} for name in ("version", "base_status", "status", "reason")}
    now = Column("now", "变化", "change")
    told = {"lost": "不再入组 lost", "gained": "新入组 gained"}
    language = comparison.language
    lost = comparison.lost.with_columns(
        *(column_in_words(comparison.lost[name], language) for name in ("reason", "base_reason"))
    )
    # Sorted by words, whether the comparison has reasons as words or as codes.
    statuses = pl.col("base_status", "status").cast(pl.String)
    order = ("version", -pl.col("cases"), statuses, "reason", "base_reason")
    lost = lost.sort(pl.col("now") == "gained", *order).with_columns(
        pl.col("now").replace_strict(told, return_dtype=pl.String)
    )
    yield Table(
        "lost",
        "不再入组与新入组的病例",
        "Cases that a version no longer groups, or newly groups, and why",
        lost,
        (now, *columns[:-1], before, columns[-1]),
        cases | {"base_reason": {"col": "base_reason"}},
        MOST_REASONS,
    )
    told_of = comparison.reasons.filter(pl.col("reason").is_not_null())
    told_of = told_of.with_columns(
        column_in_words(told_of[name], language) for name in ("reason", "base_reason")
    ).sort(*order)
    yield Table("reasons", "原因", "All reasons", told_of, columns, cases, MOST_REASONS)


_DIFFERENCES: Final = (
    Column("weight_difference", "权重差", "weight", "weight", {}),
    Column("standard_difference_yuan", "支付标准差", "standard", "money", {}),
    Column("surplus_difference_yuan", "结余差", "surplus", "money", {}),
)


def drivers_table(comparison: Comparison, at: int) -> Table:
    """The flows that make the difference of all cases together."""
    version = comparison.ids[at]
    frame = with_rest(comparison.drivers(version))
    money = _DIFFERENCES if comparison.has_money(comparison.ids[0], version) else ()
    columns = (
        Column("rank", "序", "rank", "count"),
        Column("base", "原病组", "from"),
        Column("base_name", "名称", "name"),
        Column("other", "新病组", "to"),
        Column("other_name", "名称", "name"),
        Column("flows", "流向数", "flows", "count"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
        *money,
    )
    title = (
        ("结余差的主要来源", "Main drivers of the difference") if money else ("主要流向", "Largest changes")
    )
    return Table(f"drivers{at}", *title, frame, columns, _flow(at), section=at)


def largest_drivers(comparison: Comparison, version: str, by: tuple[str, ...], most: int) -> pl.DataFrame:
    """The drivers of the hospitals or departments that differ most."""
    found = comparison.drivers(version, by)
    size = pl.col("surplus_difference_yuan" if "surplus_difference_yuan" in found.columns else "cases")
    places = found.group_by(list(by)).agg(size=size.sum().abs()).sort(-pl.col("size"), *by).head(most)
    return found.join(places.select(by), on=by, how="semi", nulls_equal=True, maintain_order="left")


def with_rest(drivers: pl.DataFrame) -> pl.DataFrame:
    """Drivers, with words in the row of all others."""
    rest = pl.col("rank").is_null()
    return drivers.with_columns(pl.when(rest).then(pl.lit("其余 others")).otherwise("base").alias("base"))


def _flow(at: int) -> dict[str, Any]:
    return {"at": at, "base": {"col": "base"}, "other": {"col": "other"}}


def _flows(comparison: Comparison, at: int) -> Iterator[Table]:
    version = comparison.ids[at]
    columns = [
        Column("base", "原病组", "from"),
        Column("base_name", "名称", "name"),
        Column("other", "新病组", "to"),
        Column("other_name", "名称", "name"),
        Column("other_status", "状态", "status"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
    ]
    if comparison.has_money(comparison.ids[0], version):
        columns += [
            Column("weight_base", "原权重", "weight from", "weight", {}),
            Column("weight_other", "新权重", "weight to", "weight", {}),
            *_DIFFERENCES,
        ]
    frame = comparison.flows(version)
    changed, stayed = frame.filter("changed"), frame.filter(~pl.col("changed"))
    title = ("病组流向（迁移矩阵）：换组病例", "Flows between groups (migration matrix): cases that change")
    yield Table(f"flows{at}", *title, changed, tuple(columns), _flow(at), MOST_FLOWS, at)
    title = ("留在同一病组的病例", "Flows within groups: cases that stay")
    yield Table(f"stayed{at}", *title, stayed, tuple(columns), _flow(at), MOST_FLOWS, at)


def _places(comparison: Comparison, at: int, by: tuple[str, ...]) -> Table:
    base, version = comparison.ids[0], comparison.ids[at]
    columns = [Column("hospital_id", "医疗机构", "hospital")]
    if by == DEPARTMENT:
        columns.append(Column("department", "科室", "department"))
    columns += [
        Column("cases", "病例数", "cases", "count", {}, counts=True),
        Column(
            f"changed_{version}", "换组", "changed", "count", {"changed": True}, counts=True, drivers=True
        ),
    ]
    with_money = [id_ for id_ in (base, version) if comparison.has_money(id_)]
    measures: tuple[tuple[str, str, Kind], ...] = (
        ("cmi", "CMI", "weight"),
        ("standard", "支付标准", "money"),
        ("surplus", "结余", "money"),
    )
    for name, zh, kind in measures:
        for id_ in with_money:
            which, en = ("原", "base") if id_ == base else ("新", "other")
            columns.append(Column(f"{column_of(name)}_{id_}", f"{zh} {which}", f"{name}, {en}", kind, {}))
        if len(with_money) == 2:
            difference = f"{column_of(name, 'difference')}_{version}"
            columns.append(Column(difference, f"{zh} 差", "difference", kind, {}, drivers=True))
        if name == "standard" and comparison.has_cost:
            columns.append(Column("cost_yuan", "住院总费用", "cost", "money", {}))
    frame = comparison.places(by)
    size = f"surplus_difference_yuan_{version}" if len(with_money) == 2 else f"changed_{version}"
    frame = frame.sort(-pl.col(size).abs(), *by)
    cases = {"at": at, "hospital": {"col": "hospital_id"}}
    if by == DEPARTMENT:
        return Table(
            f"departments{at}",
            "科室",
            "Departments",
            frame,
            tuple(columns),
            {**cases, "department": {"col": "department"}},
            MOST_PLACES,
            at,
        )
    return Table(f"hospitals{at}", "医疗机构", "Hospitals", frame, tuple(columns), cases, MOST_PLACES, at)


def _groups(comparison: Comparison, at: int) -> Table:
    version = comparison.ids[at]
    columns = (
        Column("drg", "病组", "DRG"),
        Column("drg_name", "名称", "name"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
        Column("mean_cost_yuan", "次均费用", "mean cost", "money", {}),
        Column("cv_cost", "费用 CV", "CV of cost", "number", {}),
        Column("mean_los_days", "平均住院日", "mean days", "number", {}),
        Column("cv_los", "住院日 CV", "CV of days", "number", {}),
    )
    frame = comparison.groups(version).sort(-pl.col("cases"), "drg")
    cases = {"at": at, "group": {"col": "drg"}}
    return Table(f"groups{at}", f"病组 {version}", f"Groups of {version}", frame, columns, cases)
