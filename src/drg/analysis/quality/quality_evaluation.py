"""``drg.evaluate``: grouped discharges in, the quality of the grouping out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from drg.analysis.quality.gather import Gathered, Gatherer
from drg.analysis.quality.homogeneity import characteristics, homogeneity, homogeneity_findings
from drg.analysis.quality.indices import case_mix_index, hospital_indices
from drg.analysis.quality.moments import GroupMoments
from drg.analysis.quality.profiles import hospital_profiles, profile_findings
from drg.analysis.quality.quality_cases import CaseReader
from drg.analysis.quality.quality_findings import findings, of_cases, without_interval
from drg.analysis.quality.rows import GROUP_COLUMNS, group_rows, variance_rows
from drg.analysis.quality.splits import cost_order, split_tests
from drg.analysis.quality.variants import variants
from drg.analysis.quality.years import years, years_findings
from drg.analysis.severity import ladders_of_codes, ladders_of_version, levels
from drg.analysis.trimming import PERCENTILE, Trimming
from drg.errors import InputError, UnknownGrouperError
from drg.grouping import Grouper
from drg.grouping.outcomes import STATUSES
from drg.records.cases import Cases
from drg.records.short_table import ShortTable, name_and_value
from drg.tables import GrouperTables, load_tables
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.records.frames import Frame

_SIGNIFICANT: Final = 0.05


@dataclass(frozen=True, repr=False)
class Evaluation(ShortTable):
    """The statistical quality of a grouping; definitions are in ``docs/quality.md``.

    Attributes:
        summary: the measures of the whole by name: those of ``GroupMoments.summary``, ``riv_…`` of each
            variant (``riv_log_cost_trimmed`` …), tests of splits, violations of order; None where undefined.
        variance: one row for each variant (cost or stay, raw or log, whole or trimmed): ``value``, ``scale``,
            ``trimming``, ``cases``, ``left_out``, ``trimmed_low``, ``trimmed_high``, ``riv``,
            ``riv_adjusted`` for the number of groups, with limits, and the shares of cases and groups with
            a CV below 0.8 and 1.
        groups: one row for each group.
        splits: one row for each ADRG of several groups; see ``splits.SPLITS``.
        order: one row for each pair of groups in the order MCC, CC, none; see ``splits.ORDER``.
        hospitals: one row for each hospital; see ``indices.HOSPITALS``.
        profiles: one row for each hospital and value, compared with the others; see ``profiles.PROFILES``.
        homogeneity: what was asked of groups: one row for each test; see ``homogeneity.HOMOGENEITY``.
        densities: with it, the density of log cost of each group.
        years: with an earlier year, what changed since: one row for each measure and hospital or group; see
            ``years.YEARS``.
        findings: ``rule``, ``severity``, ``count``, ``message``, ``message_zh``.
        settings: how it was computed.
        statuses: cases by grouping status, without those that do not count.
        grouper: the version whose rules said which groups are for MCC or CC; None if the codes of groups did.
    """

    summary: dict[str, float | int | None]
    variance: pl.DataFrame
    groups: pl.DataFrame
    splits: pl.DataFrame
    order: pl.DataFrame
    hospitals: pl.DataFrame
    profiles: pl.DataFrame
    findings: pl.DataFrame
    settings: dict[str, str | int | float]
    statuses: dict[str, int]
    grouper: str | None = None
    homogeneity: pl.DataFrame | None = None
    densities: pl.DataFrame | None = None
    years: pl.DataFrame | None = None

    def _short(self) -> tuple[str, pl.DataFrame]:
        names = ("grouped", "grouping_rate", "groups_used", "mean_cost_yuan", "riv_cost", "riv_los")
        found = {name: self.summary.get(name) for name in names}
        shown = {
            name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()
        }
        return f"Evaluation: {self.summary['cases']:,} cases", name_and_value(shown)

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name, in the order in which one reads them; without those that were not asked for."""
        names = (
            *("variance", "groups", "splits", "order", "homogeneity"),
            *("hospitals", "profiles", "years", "findings"),
        )
        found = {name: getattr(self, name) for name in names}
        return {name: table for name, table in found.items() if table is not None}


def evaluate(
    frame: Frame,
    grouper: str | Path | Grouper | None = None,
    *,
    trimming: str | Trimming = "iqr:1.5",
    min_cases: int = 30,
    ddof: int = 1,
    exclude: Collection[str] = (),
    longest_stay: int | None = None,
    seed: int = 0,
    level: float = 0.95,
    with_homogeneity: bool = False,
    previous: Frame | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> Evaluation:
    """Evaluate a grouping by the cost and the length of stay of its cases.

    Args:
        frame: grouped discharges, as ``drg.group`` gives them: a polars DataFrame or LazyFrame, a pyarrow
            Table or a pandas DataFrame, with ``drg``, ``grouping_status`` and ``total_cost_yuan`` or
            ``los_days``; with ``adrg`` its splits are tested, with ``hospital_id`` hospitals have indices.
        grouper: the version, whose rules say which group is for MCC or CC; if not given, the one that the
            rows name, and if there is none, the last character of the codes decides.
        trimming: ``none``, ``percentile:1,99``, ``iqr:1.5``, ``log-sd:3`` …; see ``Trimming``.
        min_cases: a group with fewer has few cases.
        ddof: the divisor of variances is the number of cases less this: 1 (sample) or 0.
        exclude: statuses that do not count at all, beside the cases that ``case_kind`` puts outside DRG.
        longest_stay: a case that stayed more days does not count at all, if this is given.
        seed: of the draws behind ranks of hospitals and the tests of homogeneity.
        level: of the intervals.
        with_homogeneity: look for two kinds of cost in groups, and for groups to split or merge.
        previous: grouped discharges of an earlier year, to tell what changed since.
        on_batch: is told the number of cases of every batch that is read.

    Returns:
        The evaluation. A measure that is not defined (all costs equal, a single case) is None or null, never
        NaN, and a finding says why.

    Raises:
        MissingColumnError: without group or status, or with neither cost nor stay.
        InputError: if a column or an argument holds what it cannot hold.
        UnknownGrouperError, TablesError: if the version that was given cannot be used.
    """
    rule = trimming if isinstance(trimming, Trimming) else Trimming.parse(trimming)
    _check(min_cases, ddof, level)
    given = None
    if grouper is not None:
        given = grouper.tables if isinstance(grouper, Grouper) else load_tables(grouper)
    reader = CaseReader(exclude=tuple(exclude), longest_stay=longest_stay)
    moments = GroupMoments(min_cases=min_cases, ddof=ddof)
    asked = characteristics() if with_homogeneity else {}
    cases = Gatherer(reader, moments, asked).gather(Cases.of(frame).lazy(own=True, marked=True), on_batch)

    tables = given or _named(cases.versions)
    adrg_of = {drg: adrg or drg[:-1] for drg, adrg in zip(cases.drgs, cases.adrgs, strict=True)}
    ladders = ladders_of_version(tables) if tables else ladders_of_codes(adrg_of)
    level_of = levels(ladders)
    members: dict[str, list[int]] = {}
    for place, drg in enumerate(cases.drgs):
        members.setdefault(adrg_of[drg], []).append(place)

    looks = variants(cases.group, cases.cost, cases.los, rule)
    costs = looks[0].sums(cases.group, len(cases.drgs))
    variance = variance_rows(looks, cases, ddof, level)
    splits = split_tests(members, cases.group, cases.cost)
    by_drg = dict(zip(cases.drgs, costs, strict=True))
    order = cost_order(ladders, by_drg, cases.group, cases.cost, min_cases)
    groups, intervals = group_rows(moments.groups(), cases, looks, ddof=ddof, level=level)
    groups = groups.with_columns(
        adrg=pl.Series([adrg_of[drg] for drg in cases.drgs], dtype=pl.String),
        level=pl.Series([level_of.get(drg) for drg in cases.drgs], dtype=pl.String),
        few_cases=pl.col("cases") < min_cases,
    )
    rivs = {
        f"riv_{look.name}{ending}": value
        for ending in ("", "_adjusted")
        for look, value in zip(looks, variance[f"riv{ending}"], strict=True)
    }
    hospitals = hospital_indices(cases, level)
    profiles, of_profiles = hospital_profiles(cases, min_cases=min_cases, level=level, seed=seed)
    summary = {
        **moments.summary(),
        **rivs,
        **_case_mix(cases, level),
        **{f"cases_for_interval_{measure}": one.needed for measure, one in intervals.items()},
        "splits_tested": splits.height,
        "splits_p_h_below_0_05": int((splits["p_h"] < _SIGNIFICANT).sum()),
        "order_pairs": order.height,
        "order_tested": order["p_adjusted"].count(),
        "order_descends": int(order["descends"].sum()),
        "order_violated": int(order["violated"].sum()),
        **of_profiles,
    }
    tests, densities = None, None
    if with_homogeneity:
        tests, densities = homogeneity(cases, adrg_of, min_cases=min_cases, seed=seed)
    found = of_cases(moments.statuses, cases) | profile_findings(profiles, min_cases)
    changes = None
    if previous is not None:
        earlier = _earlier(previous, reader)
        changes = years(earlier, cases, min_cases=min_cases, level=level)
        found |= years_findings(earlier, cases, changes)
    if tests is not None:
        found |= homogeneity_findings(cases, tests)
    found |= {
        "other-version": (
            int(given is not None and bool(cases.versions) and cases.versions != [given.manifest.id]),
            ", ".join(cases.versions),
        ),
        "few-cases": (int(groups["few_cases"].sum()), str(min_cases)),
        "not-trimmed": (
            sum(1 < one.cases < rule.least_cases for one in costs) if rule.method == PERCENTILE else 0,
            str(rule.least_cases),
        ),
        "one-case": (sum(one.cases < 2 for one in costs), ""),
        "order-violated": (int(order["violated"].sum()), ""),
        "levels-by-code": (int(tables is None and bool(ladders)), ""),
    } | without_interval(variance, groups, hospitals, summary)
    return Evaluation(
        summary=summary,
        variance=variance,
        groups=groups.select(GROUP_COLUMNS),
        splits=splits,
        order=order,
        hospitals=hospitals,
        profiles=profiles,
        findings=findings(found),
        settings={
            "grouper": tables.manifest.id if tables else ", ".join(cases.versions),
            "levels": "rules" if tables else "last character",
            "trimming": str(rule),
            "min_cases": min_cases,
            "ddof": ddof,
            "exclude": ", ".join(exclude),
            "longest_stay": "" if longest_stay is None else longest_stay,
            "seed": seed,
            "level": level,
        },
        statuses={status: moments.statuses[status] for status in STATUSES},
        grouper=tables.manifest.id if tables else None,
        homogeneity=tests,
        densities=densities,
        years=changes,
    )


def _check(min_cases: int, ddof: int, level: float) -> None:
    if ddof not in (0, 1):
        problem = Sentence("a ddof of {ddof} is not possible", ddof=ddof)
        raise InputError(problem, fix=Sentence("Give 1 (sample) or 0"))
    if min_cases < 0:
        problem = Sentence("{name} is {value}", name="min_cases", value=min_cases)
        raise InputError(problem, fix=Sentence("Give 0 or more"))
    if not 0 < level < 1:
        problem = Sentence("intervals of level {level:g} are not possible", level=level)
        raise InputError(problem, fix=Sentence("Give a share such as 0.95"))


def _named(versions: Sequence[str]) -> GrouperTables | None:
    """The tables of the version that the rows name, if they name one that is installed."""
    if len(versions) != 1:
        return None
    try:
        return load_tables(versions[0])
    except UnknownGrouperError:
        return None


def _case_mix(cases: Gathered, level: float) -> dict[str, float | int | None]:
    """The CMI of all cases that have a weight, and its interval."""
    weight = cases.weight[cases.weight >= 0]
    cmi, limits = case_mix_index(np.zeros(len(weight), np.int64), weight, 1, level)
    found = {"cmi": cmi[0], "cmi_low": limits.low[0], "cmi_high": limits.high[0]}
    shown = {name: None if np.isnan(value) else float(value) for name, value in found.items()}
    return {"weight_cases": len(weight), **shown}


def _earlier(previous: Frame, reader: CaseReader) -> Gathered:
    try:
        return Gatherer(reader, GroupMoments()).gather(Cases.of(previous).lazy(own=True, marked=True))
    except InputError as error:
        # There are two inputs; which of them it is must be said.
        error.file = error.file or Sentence("the earlier year")
        raise
