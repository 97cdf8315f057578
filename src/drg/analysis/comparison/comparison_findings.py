"""What a reader of a comparison must know of the data, in Chinese and English."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from drg.analysis.comparison.compared_sums import CellTally, of
from drg.analysis.comparison.compared_versions import ComparedVersion
from drg.reasons import reasons

Finding = tuple[str, str]
_OUT_OF_DATE: Final = (
    ("scheme_not_in_force", "支付方案", "scheme"),
    ("grouper_not_in_force", "分组方案", "version"),
)
_USED: Final = {
    "case_id": (
        "没有病案标识列，病例以行号 row 标识",
        "there is no column case_id: cases are named by their row",
    ),
    "hospital_id": (
        "没有医疗机构代码列，全部病例按一家医院处理",
        "there is no column hospital_id: all cases count as one hospital",
    ),
    "department": (
        "没有出院科别列，不按科室比较",
        "there is no column department: departments are not compared",
    ),
    "total_cost_yuan": (
        "没有住院总费用列，无费用统计",
        "there is no column total_cost_yuan: there are no statistics of cost",
    ),
}


def findings(
    compared: Sequence[ComparedVersion],
    names: Collection[str],
    tally: CellTally,
    cells: pl.DataFrame,
    summaries: Sequence[Mapping[str, Any]],
    kept_codes: Sequence[int],
) -> tuple[Finding, ...]:
    """One pair of sentences for each thing to know.

    Args:
        compared: the versions.
        names: the columns of the frame.
        tally: what was counted.
        cells: its sums.
        summaries: the statistics of each version.
        kept_codes: for each version the cases that keep a code of the base which means another group.
    """
    return (
        *_of_versions(compared),
        *_of_causes(compared, kept_codes),
        *_of_schemes(compared, tally, cells, summaries),
        *_of_data(names, tally, cells),
        *_of_groups(compared, tally, summaries),
    )


def _of_versions(compared: Sequence[ComparedVersion]) -> Iterator[Finding]:
    for side in compared:
        manifest = side.grouper.tables.manifest
        if not manifest.code_system:
            yield (
                f"{side.id} 未注明编码体系，按与其他版本相同处理",
                f"{side.id} does not state its code system: it is taken to be that of the others",
            )
        if side.pricer and side.pricer.scheme.status == "illustrative":
            yield (
                f"支付方案 {side.pricer.id} 为示例，非官方数据",
                f"the numbers of {side.pricer.id} are illustrative: no authority set them",
            )
    if any(side.pricer for side in compared):
        for at, side in enumerate(compared):
            if side.pricer:
                continue
            if at:
                yield (
                    f"{side.id} 没有给出支付方案，因而没有其权重和金额",
                    f"no scheme is given for {side.id}: it has no weights and no money",
                )
            else:
                yield (
                    f"基准方案 {side.id} 没有给出支付方案，无法计算金额差异；"
                    "请为其给出支付方案（可用 drg weights 测算），或把有支付方案的分组方案放在第一位",
                    f"no scheme is given for the base {side.id}, so there are no differences of money: give"
                    " one (drg weights makes one), or name a version that has one first",
                )


def _of_causes(compared: Sequence[ComparedVersion], kept_codes: Sequence[int]) -> Iterator[Finding]:
    base, *others = compared
    for side, kept in zip(others, kept_codes[1:], strict=True):
        if side.converts is not base.converts:
            yield (
                f"{base.id} 与 {side.id} 使用的编码体系不同，不分析换组原因",
                f"{base.id} and {side.id} read different codes: the causes of changes are not told",
            )
        if kept:
            yield (
                f"{base.id} → {side.id}：{kept:,} 例病组编码未变但含义不同，计为换组",
                f"{base.id} → {side.id}: {_many(kept, 'case')} with a code that now means another group:"
                " counted as changed",
            )


def _of_schemes(
    compared: Sequence[ComparedVersion],
    tally: CellTally,
    cells: pl.DataFrame,
    summaries: Sequence[Mapping[str, Any]],
) -> Iterator[Finding]:
    for at, (side, summary) in enumerate(zip(compared, summaries, strict=True)):
        if side.pricer is None:
            continue
        scheme = side.pricer.id
        without = int(summary["grouped"]) - int(cells[of("weighted", at)].sum())
        if without:
            yield (
                f"{scheme}：{without:,} 例入组病例没有权重，不计入 CMI",
                f"{scheme} has no weight for {_many(without, 'grouped case')}: left out of the CMI",
            )
        for name, zh, en in _OUT_OF_DATE:
            if count := tally.told[at, reasons()[name].code]:
                what = scheme if name == "scheme_not_in_force" else side.id
                yield (
                    f"{count:,} 例的出院日期不在{zh} {what} 有效期内",
                    f"{_many(count, 'discharge')} outside the validity of the {en} {what}",
                )


def _of_data(names: Collection[str], tally: CellTally, cells: pl.DataFrame) -> Iterator[Finding]:
    if tally.cases == 0:
        yield "没有病例", "there is no case"
        return
    yield from (text for name, text in _USED.items() if name not in names)
    if "hospital_id" in names and cells["hospital_id"].n_unique() == 1:
        yield "只有一家医院，医院之间无从比较", "there is only one hospital: hospitals are not compared"
    if "total_cost_yuan" not in names:
        return
    if tally.no_cost:
        yield (
            f"{tally.no_cost:,} 例费用缺失或不可用，不计入费用统计",
            f"{_cases(tally.no_cost)} no usable cost: left out of the statistics of cost",
        )
    if tally.zero_cost:
        yield f"{tally.zero_cost:,} 例费用为 0", f"{_cases(tally.zero_cost)} a cost of zero"
    costed = tally.cases - tally.no_cost
    if costed and tally.zero_cost == costed:
        yield (
            "全部费用为 0，费用的 RIV 和 CV 无定义",
            "all costs are zero: RIV and CV of cost are not defined",
        )
    elif costed > 1 and tally.equal_costs:
        yield (
            "全部病例费用相同，RIV 无定义，各组 CV 为 0",
            "all costs are equal: RIV is not defined, and CV is 0 in every group",
        )


def _of_groups(
    compared: Sequence[ComparedVersion], tally: CellTally, summaries: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    for side, moments, summary in zip(compared, tally.moments, summaries, strict=True):
        if tally.cases and not summary["grouped"]:
            yield f"{side.id}：没有病例入组", f"{side.id} groups none of the cases"
            continue
        single = int((moments.groups()["cases"] == 1).sum())
        if single:
            yield (
                f"{side.id}：{single:,} 个病组只有 1 例，没有 CV",
                f"{side.id}: {_many(single, 'group')} with one case only, and so without a CV",
            )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _cases(count: int) -> str:
    return _many(count, "case") + (" has" if count == 1 else " have")
