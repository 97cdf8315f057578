"""What must be known of a calibration, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.calibration_result import CalibrationNote
from drg.analysis.calibration.estimate import ADRG, NONE, OWN, PRIOR, Estimates, Sums
from drg.analysis.calibration.groups_of_version import Version
from drg.analysis.calibration.prior import Prior
from drg.analysis.calibration.rates import BudgetRate

_MOST_CODES: Final = 8


def notes_of(
    found: Estimates,
    sums: Sequence[Sums],
    version: Version,
    prior: Prior,
    rates: Sequence[BudgetRate],
    base: Period,
) -> Iterator[CalibrationNote]:
    """All notes, those on the cases first."""
    for one in sums:
        yield from _of_period(one.period)
        if one.period.costs[0] == one.period.costs[-1] and len(np.unique(one.period.costs)) == 1:
            yield CalibrationNote(
                f"{one.period.label}: all costs are equal; the weights say nothing",
                f"{one.period.label}：所有费用都相同，权重没有意义",
            )
    yield from _of_groups(found, base, sums, version)
    if prior.strange:
        codes = _codes(prior.strange)
        yield CalibrationNote(
            f"{prior.name}: groups that {version.id} does not have were not used: {codes}",
            f"{prior.name}：分组方案 {version.id} 没有的病组未使用：{codes}",
        )
    if prior.by_level:
        codes = _codes(prior.by_level)
        yield CalibrationNote(
            f"{prior.name}: weights for single hospital levels were not used: {codes}",
            f"{prior.name}：仅按医院级别给出的权重未使用：{codes}",
        )
    paid = {rate.insurance for rate in rates}
    if rates and None not in paid:
        left: Counter[str] = Counter()
        for row in base.keys.iter_rows(named=True):
            if row["insurance_type"] not in paid:
                left[row["insurance_type"] or "–"] += row["cases"]
        for name, count in sorted(left.items()):
            yield CalibrationNote(
                f"there is no budget, so no rate, for insurance {name}: {count:,} cases of {base.label}",
                f"险种 {name} 没有预算，因而没有费率：{base.label} 中 {count:,} 例",
            )


def _of_period(period: Period) -> Iterator[CalibrationNote]:
    counts = (
        (period.no_cost, "have no cost", "无费用"),
        (period.unusable_cost, "have a cost that cannot be", "费用不合理"),
        (period.zero_cost, "have a cost of 0", "费用为 0"),
    )
    for count, words, words_zh in counts:
        if count:
            yield CalibrationNote(
                f"{period.label}: {count:,} grouped cases {words} and were left out",
                f"{period.label}：{count:,} 例入组病例{words_zh}，未参与测算",
            )
    if period.unknown:
        count, codes = sum(period.unknown.values()), _codes(period.unknown)
        yield CalibrationNote(
            f"{period.label}: {count:,} cases are in groups that the version does not have: {codes}",
            f"{period.label}：{count:,} 例的病组不在分组方案中：{codes}",
        )


def _of_groups(
    found: Estimates, base: Period, sums: Sequence[Sums], version: Version
) -> Iterator[CalibrationNote]:
    sources = Counter(group.source for group in found.groups)
    of_base = next(one for one in sums if one.period is base)
    cases = {number: cell.cases for number, cell in of_base.cells.items()}
    without = [group.number for group in found.groups if group.source == NONE]
    if without:
        count = sum(cases.get(number, 0) for number in without)
        yield CalibrationNote(
            f"{_groups(len(without), 'has', 'have')} no weight: too few cases, no ADRG and no prior to take"
            f" one from; cases of {base.label} in such groups: {count:,}",
            f"{len(without):,} 个病组没有权重：病例过少，且核心病组和先验权重均不可用；"
            f"{base.label} 中属于这些病组的病例：{count:,} 例",
        )
    for source, words, words_zh in (
        (ADRG, "the mean of the ADRG", "核心病组均值"),
        (PRIOR, "the prior", "先验权重"),
    ):
        if sources[source]:
            yield CalibrationNote(
                f"{_groups(sources[source], 'has', 'have')} too few cases and took {words}",
                f"{sources[source]:,} 个病组病例过少，采用{words_zh}",
            )
    single = sum(group.kept == 1 for group in found.groups if group.source == OWN)
    if single:
        yield CalibrationNote(
            f"{_groups(single, 'has', 'have')} a weight from a single case",
            f"{single:,} 个病组的权重仅由 1 例得出",
        )
    pooled = sum(bool(group.pooled_with) for group in found.groups)
    if pooled:
        yield CalibrationNote(
            f"{_groups(pooled, 'was', 'were')} pooled, because weights would have descended with severity",
            f"{pooled:,} 个病组因权重随严重程度倒挂而合并取均值",
        )
    if found.too_small:
        codes = _codes(version.drgs[number] for number in found.too_small)
        yield CalibrationNote(
            f"weights that round to 0, or reach 10,000, were left out: {codes}",
            f"取整后为 0 或不小于 10,000 的权重已略去：{codes}",
        )
    mean = found.mean
    if mean is not None and mean != 1:
        off = float(mean - Fraction(1))
        yield CalibrationNote(
            f"after rounding, the mean weight of {base.label} is 1 {'+' if off > 0 else '−'} {abs(off):.2e};"
            " it was not distributed, so each weight is its own rounded value",
            f"取整后 {base.label} 的平均权重为 1 {'+' if off > 0 else '−'} {abs(off):.2e}；"
            "余数不再分摊，每个权重均为自身四舍五入的值",
        )


def _groups(count: int, one: str, many: str) -> str:
    return f"1 group {one}" if count == 1 else f"{count:,} groups {many}"


def _codes(codes: Iterable[str]) -> str:
    found = sorted(codes)
    more = f" … ({len(found):,})" if len(found) > _MOST_CODES else ""
    return " ".join(found[:_MOST_CODES]) + more
