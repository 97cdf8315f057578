"""What must be known of a calibration, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.calibration_result import CalibrationNote
from drg.analysis.calibration.estimate import ADRG, NONE, OWN, PRIOR, Estimates, Sums
from drg.analysis.calibration.groups_of_version import Version
from drg.analysis.calibration.prior import Prior
from drg.analysis.calibration.rates import BudgetRate
from drg.analysis.calibration.repricing import Repricing
from drg.analysis.sentences import both, many, sentences
from drg.analysis.trimming import PERCENTILE, Trimming
from drg.payment.plausible import is_usual_cost

_MOST_CODES: Final = 8
_SENTENCES: Final = sentences(__file__)


def notes_of(
    found: Estimates,
    sums: Sequence[Sums],
    version: Version,
    prior: Prior,
    base: Period,
    rule: Trimming,
    without_interval: int,
) -> Iterator[CalibrationNote]:
    """All notes, those on the cases first.

    ``without_interval`` is the number of groups whose own weight has no interval.
    """
    for one in sums:
        yield from _of_period(one.period)
        if one.period.costs[0] == one.period.costs[-1] and len(np.unique(one.period.costs)) == 1:
            yield _note("equal_costs", label=one.period.label)
        mean_yuan = Decimal(round(one.mean_fen)) / 100
        if not is_usual_cost(mean_yuan):
            yield _note("unusual_costs", label=one.period.label, mean=mean_yuan)
        small = [cell.cases for cell in one.cells.values() if cell.cases < rule.least_cases]
        if rule.method == PERCENTILE and small:
            facts = {"count": sum(small), "least": rule.least_cases, "rule": str(rule)}
            yield _note("not_trimmed", len(small), label=one.period.label, **facts)
    yield from _of_groups(found, base, sums, version)
    if without_interval:
        yield _note("no_interval", without_interval)
    if prior.strange:
        yield _note("prior_strange", prior=prior.name, version=version.id, codes=_codes(prior.strange))
    if prior.by_level:
        yield _note("prior_by_level", prior=prior.name, codes=_codes(prior.by_level))


def notes_of_budgets(
    rates: Sequence[BudgetRate], pricing: Repricing, label: str
) -> Iterator[CalibrationNote]:
    """Cases of a period that budgets do not pay for."""
    for rate in rates:
        if rate.held_cases:
            held = "held" if rate.insurance is None else "held_of_insurance"
            yield _note(held, insurance=rate.insurance, count=rate.held_cases, label=label)
    for name, count in pricing.others.items():
        yield _note("no_budget", insurance=name or "–", count=count, label=label)


def _of_period(period: Period) -> Iterator[CalibrationNote]:
    for name in ("no_cost", "unusable_cost", "zero_cost"):
        if count := getattr(period, name):
            yield _note(name, label=period.label, count=count)
    if period.unknown:
        count, codes = sum(period.unknown.values()), _codes(period.unknown)
        yield _note("unknown_groups", label=period.label, count=count, codes=codes)


def _of_groups(
    found: Estimates, base: Period, sums: Sequence[Sums], version: Version
) -> Iterator[CalibrationNote]:
    sources = Counter(group.source for group in found.groups)
    of_base = next(one for one in sums if one.period is base)
    cases = {number: cell.cases for number, cell in of_base.cells.items()}
    without = [group.number for group in found.groups if group.source == NONE]
    if without:
        count = sum(cases.get(number, 0) for number in without)
        yield _note("no_weight", len(without), count=count, label=base.label)
        if count and found.factor != 1:
            yield _note("scale", label=base.label, times=float(found.level))
    counts = {
        "from_adrg": sources[ADRG],
        "from_prior": sources[PRIOR],
        "single_case": sum(group.kept == 1 for group in found.groups if group.source == OWN),
        "pooled": sum(bool(group.pooled_with) for group in found.groups),
    }
    for name, count in counts.items():
        if count:
            yield _note(name, count)
    if found.too_small:
        yield _note("too_small", codes=_codes(version.drgs[number] for number in found.too_small))
    off = 0.0 if found.mean is None else float(found.mean - found.level / found.factor)
    if off:
        mean = f"{float(found.level / found.factor):.6g}"
        yield _note("mean_off", label=base.label, mean=mean, sign="+" if off > 0 else "−", off=abs(off))


def _note(name: str, groups: int = 0, **facts: object) -> CalibrationNote:
    """A note of ``calibration_notes.csv``, of so many groups."""
    have, were = (" has", " was") if groups == 1 else (" have", " were")
    told = many(groups, "group")
    words = {"groups": groups, "groups_have": told + have, "groups_were": told + were}
    return CalibrationNote(*both(_SENTENCES, name, **words, **facts))


def _codes(codes: Iterable[str]) -> str:
    found = sorted(codes)
    more = f" … ({len(found):,})" if len(found) > _MOST_CODES else ""
    return " ".join(found[:_MOST_CODES]) + more
