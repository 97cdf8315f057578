"""Relative weights, rates and a scheme from the costs of grouped cases; and what a change does to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from drg.analysis.calibration.arguments import (
    Amount,
    amount,
    budgets,
    check_numbers,
    check_scale,
    exact_weights,
    named_frames,
    version_of_cases,
)
from drg.analysis.calibration.calibrated_scheme import names_groups
from drg.analysis.calibration.calibration_cases import check_columns, read_period
from drg.analysis.calibration.calibration_notes import notes_of, notes_of_budgets
from drg.analysis.calibration.calibration_result import (
    Calibration,
    CalibrationNote,
    CalibrationSettings,
    cells_frame,
    groups_frame,
    periods_frame,
)
from drg.analysis.calibration.estimate import OWN, WEIGHTED, Scale, estimate, half_up, sums_of
from drg.analysis.calibration.intervals import intervals
from drg.analysis.calibration.prior import prior_weights
from drg.analysis.calibration.rates import BudgetRate, budget_rates
from drg.analysis.calibration.repricing import Repricing
from drg.analysis.calibration.trim_comparison import compare_trims as trims_compared
from drg.analysis.calibration.whatif import WhatIf, what_if
from drg.analysis.trimming import NONE as TRIMMING_NONE
from drg.analysis.trimming import Trimming
from drg.errors import InputError, did_you_mean
from drg.payment.load_scheme import LoadedScheme, as_loaded
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.grouping import Grouper
    from drg.tables import GrouperTables

__all__ = [
    "BudgetRate",
    "Calibration",
    "CalibrationNote",
    "CalibrationSettings",
    "WhatIf",
    "calibrate",
    "what_if",
]

MIN_CASES: Final = 30
DECIMALS: Final = 4
TRIMMING: Final = "log-sd:3"


def calibrate(
    frames: Any,
    *,
    period_weights: Sequence[Amount] | None = None,
    base: str | None = None,
    grouper: str | Path | GrouperTables | Grouper | None = None,
    trimming: Trimming | str = TRIMMING,
    min_cases: int = MIN_CASES,
    prior: str | Path | LoadedScheme | Mapping[str, Decimal] | None = None,
    blend: bool = False,
    monotone: bool = True,
    decimals: int = DECIMALS,
    scale: Scale = WEIGHTED,
    rules: str | Path | LoadedScheme | None = None,
    budget: Amount | Mapping[str, Amount] | None = None,
    reserve: Amount = 0,
    compare_trims: str | Path | LoadedScheme | Mapping[str, Decimal] | None = None,
) -> Calibration:
    """Relative weights from the costs of grouped cases.

    Args:
        frames: grouped discharges with ``drg``, ``grouping_status`` and ``total_cost_yuan``: a polars
            DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame; several of them, usually years, the
            latest last; or a mapping from what a period is called to its frame.
        period_weights: how much a case of each period counts against one of another; 1 if not given.
        base: the period in which the mean weight is 1, which the budget is for; the last one if not given.
        grouper: the version; if not given, the one that the column ``grouper`` names.
        trimming: which costs of a group and period are too far out to count; a rule, or its text.
        min_cases: a group with fewer that are kept takes the mean of its ADRG × the usual ratio of its
            severity, or else the prior, or else has no weight.
        prior: the id or directory of a scheme, a file of weights, or weights by group.
        blend: mix what such a group takes with its own mean: own × kept ÷ min_cases + taken × the rest.
        monotone: pool the splits of an ADRG where weights descend with severity (MCC ≥ CC ≥ none).
        decimals: of the weights, 1 to 8.
        scale: what 1 is: the mean cost of the cases of the base period whose group has a weight
            (``weighted``), so that their CMI is 1, or of all its cases that count (``all``), which does not
            depend on the groups that have no weight: so weights of different files can be compared.
        rules: the id or directory of a scheme whose method, rates, coefficients and rules are kept.
        budget: yuan to be distributed over the cases of the base period, in all or by ``insurance_type``.
        reserve: the share of the budget that is kept back, such as 0.05.
        compare_trims: say what each rule of trimming does to the weights (``Calibration.trims``), against
            those without trimming (``none``) or against weights that are given as for ``prior``.

    Returns:
        The weights, how each came about, and a scheme that is ready to use.

    Raises:
        MissingColumnError: if a column is absent.
        InputError: if there is nothing to calibrate with: no grouped case with a cost, cases of different
            versions, a budget without cases.
        UnknownGrouperError, TablesError: if the version cannot be used.
        UnknownSchemeError, SchemeError: if a scheme cannot be used.
    """
    named = named_frames(frames)
    weights = exact_weights(period_weights, len(named))
    rule = Trimming.parse(trimming) if isinstance(trimming, str) else trimming
    check_numbers(min_cases, decimals)
    check_scale(scale)
    if base is not None and base not in named:
        fix = did_you_mean(base, named) or Sentence("Give one of {names}", names=Joined(", ", named))
        raise InputError(Sentence("there is no period {name!r}", name=base), fix=fix)
    base = base if base is not None else list(named)[-1]
    kept = None if rules is None else as_loaded(rules)
    amounts = budgets(budget)
    for label, frame in named.items():
        check_columns(frame, label)
    version = version_of_cases(named, grouper)
    if kept and kept.scheme.grouper != version.id and names_groups(kept):
        problem = Sentence(
            "the rules of {scheme} name groups of {grouper}, not of {other}",
            scheme=kept.scheme.id,
            grouper=kept.scheme.grouper,
            other=version.id,
        )
        raise InputError(problem, fix=Sentence("Copy that scheme and take out what is for single groups"))
    share = amount(reserve, Sentence("reserve"))
    if not 0 <= share < 1:
        problem = Sentence("a reserve of {share} is not possible", share=share)
        raise InputError(problem, fix=Sentence("Give a share such as 0.05"))
    if share and not amounts:
        problem = Sentence("there is a reserve, but no budget that it could be kept back from")
        raise InputError(problem, fix=Sentence("Give the budget too, or leave the reserve out"))
    known = prior_weights(prior, version)
    periods = [
        read_period(frame, label, weight, version.drgs)
        for (label, frame), weight in zip(named.items(), weights, strict=True)
    ]
    sums = [sums_of(period, rule) for period in periods]
    of_base = next(one for one in sums if one.period.label == base)
    estimated = partial(
        estimate,
        version=version,
        min_cases=min_cases,
        prior=known.weights,
        blend=blend,
        monotone=monotone,
        decimals=decimals,
        scale=scale,
    )
    found = estimated(sums, of_base)
    given = {version.drgs[g.number]: g.weight for g in found.groups if g.weight is not None}
    if found.mean is None:
        fullest = max(group.kept for group in found.groups)
        problem = Sentence(
            "no group has {min_cases:,} cases, nor has any ADRG; the fullest group has {fullest:,}",
            min_cases=min_cases,
            fullest=fullest,
        )
        fix = Sentence("Give more cases, a smaller number of least cases (--min-cases), or a prior (--prior)")
        raise InputError(problem, fix=fix)
    own = [group.number for group in found.groups if group.source == OWN and group.weight is not None]
    bounds = intervals(sums, own)
    costs = of_base.period.costs[np.isin(of_base.period.groups, [version.drgs.index(drg) for drg in given])]
    trims = None
    if compare_trims is not None:
        against = {} if compare_trims == TRIMMING_NONE else prior_weights(compare_trims, version).weights
        trims = trims_compared(periods, base, rule, version, estimated, against)
    calibration = Calibration(
        settings=CalibrationSettings(
            version.id,
            base,
            rule,
            min_cases,
            known.name,
            blend,
            monotone,
            decimals,
            scale,
            share,
            kept.scheme.id if kept else None,
        ),
        weights=given,
        groups=groups_frame(found, sums, version, known.weights, bounds, decimals),
        periods=periods_frame(sums),
        cells=cells_frame(sums, version),
        rates=(),
        mean_cost_yuan=half_up(Fraction(int(costs.sum()), 100 * len(costs)) * found.factor / found.level, 2),
        all_cases_scale=found.factor,
        mean_weight=found.mean,
        notes=tuple(notes_of(found, sums, version, known, of_base.period, rule, len(own) - len(bounds))),
        rules=kept,
        trims=trims,
    )
    if not amounts:
        return calibration
    pricing = Repricing(named[base], calibration.scheme(), amounts)
    rates = budget_rates(amounts, share, pricing)
    notes = (*calibration.notes, *notes_of_budgets(rates, pricing, base))
    return replace(calibration, rates=rates, notes=notes)
