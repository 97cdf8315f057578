"""What is the same for all cases of a simulation: true weights, frequencies, hospitals.

All numbers are illustrative. They depend on the tables of the version and on the seed, not on how many cases
are drawn or for which year, so that several years of one seed share their truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation import clinic
from drg.analysis.simulation.prototypes import Prototypes
from drg.columns import INPUT
from drg.grouping import Grouper
from drg.grouping.outcomes import is_ambiguous
from drg.tables.language import PROCEDURE_FIELDS, Compare, Count, Expression, Member, atoms, parse, variables
from drg.tables.logic import required_members

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NONE: Final = 0
CC: Final = 1
MCC: Final = 2
# Cost and frequency of a group with MCC, CC and none, before the weights are scaled.
_SEVERITY_COST: Final = np.array([0.85, 1.15, 1.6])
_SEVERITY_SHARE: Final = np.array([0.6, 0.35, 0.2])
# Median weight and its log-SD: medical, surgical, before all MDCs (先期分组).
_MEDICAL: Final = (0.75, 0.35)
_SURGICAL: Final = (1.8, 0.40)
_PRE_MDC: Final = (8.0, 0.40)
_SURGICAL_TREND: Final = 1.0  # from the last surgical ADRG of an MDC to the first, in logs
_OTHER_SPLIT: Final = 0.2  # log-SD of groups that are split by age, stay and the like
_ADRG_SHARE: Final = 1.2  # log-SD
_FEWEST: Final = 3e-5  # share of the rarest group
_SURGICAL_SHARE: Final = 0.5
_AMBIGUOUS_SHARE: Final = 0.1
_UNGROUPABLE: Final = 0.012
_PROTOTYPE_SHARE: Final = 0.8  # exponent of Zipf's law
_WEIGHT_DECIMALS: Final = 4
_STAY: Final = INPUT["los_days"].variable

# Shares of cases whose cost is far off, and by which factors: uniform between both.
OUTLIERS: Final = ((0.006, 3.0, 6.0), (0.010, 0.15, 0.40))

# Of the levels 3, 2 and 1: share of hospitals, median size, how much they prefer heavy cases, cost.
_LEVELS: Final = {
    "3": (0.30, 8.0, 0.5, 1.12),
    "2": (0.45, 3.0, 0.0, 0.95),
    "1": (0.25, 0.8, -0.9, 0.85),
}
_SIZE: Final = 0.5  # log-SD
_COST_LEVEL: Final = 0.06  # log-SD
_SPECIALISED: Final = 0.12
_CASES_OF_A_HOSPITAL: Final = 5_000
_HOSPITALS: Final = (5, 60)


@dataclass(frozen=True)
class Hospitals:
    """``h`` hospitals.

    Attributes:
        id, level: [h].
        cost: [h] what a case costs there, against the others.
        of_group: [d + 1, h] cumulative shares of the cases of a group; the last row is of no group.
    """

    id: pl.Series
    level: pl.Series
    cost: Floats
    of_group: Floats


@dataclass(frozen=True)
class Population:
    """``d`` groups of a version, ``p`` prototypes.

    Attributes:
        weight: [d + 1] true relative weights; the last is of cases that reach no group.
        sigma: [d + 1] log-SD of the cost of ordinary cases.
        severity: [d + 1] NONE, CC or MCC.
        los: [d + 1] median length of stay in days.
        split_by_stay: [d + 1] some group of the ADRG asks for the length of stay.
        department: [d + 1] of adults.
        chance: [p] cumulative shares of the prototypes.
        true: drg, relative_weight, cv.
    """

    weight: Floats
    sigma: Floats
    severity: Ints
    los: Floats
    split_by_stay: npt.NDArray[np.bool_]
    department: pl.Series
    chance: Floats
    true: pl.DataFrame


def outlier_moments() -> tuple[float, float]:
    """Mean and mean square of the factors of ordinary and outlying cases together."""
    mean = square = 1.0 - sum(share for share, _, _ in OUTLIERS)
    for share, low, high in OUTLIERS:
        mean += share * (low + high) / 2
        square += share * (low * low + low * high + high * high) / 3
    return mean, square


def make_population(grouper: Grouper, prototypes: Prototypes, seed: int) -> Population:
    """The population of a version and a seed."""
    drg = grouper.program.drg
    rng = generator(grouper, seed, 0)
    trees = [parse(rule) for rule in drg["rule"]]
    severity = np.array([*map(_severity, trees), NONE])
    raw, surgical = _raw_weights(grouper, trees, severity, rng)
    shares = _group_shares(grouper, prototypes, severity, surgical, rng)
    weight = np.round(raw / (shares @ raw[:-1] or 1.0), _WEIGHT_DECIMALS)
    core = np.clip(np.exp(rng.normal(np.log(0.5), 0.3, len(weight))), 0.2, 1.0)
    mean, square = outlier_moments()
    cv = np.sqrt((1 + core**2) * square / mean**2 - 1)
    los = (3.0 + 4.5 * weight**0.55) * np.exp(rng.normal(0, 0.15, len(weight)))
    departments = [clinic.department(mdc, surgical=s) for mdc, s in zip(drg["mdc"], surgical, strict=True)]
    true = pl.DataFrame({"drg": drg["drg"], "relative_weight": weight[:-1], "cv": cv[:-1]})
    return Population(
        weight=weight,
        sigma=np.sqrt(np.log1p(core**2)),
        severity=severity,
        los=los,
        split_by_stay=_split_by_stay(grouper),
        department=pl.Series([*departments, "03"], dtype=pl.String),
        chance=_chances(prototypes, shares, rng),
        true=true,
    )


def generator(grouper: Grouper, *numbers: int) -> np.random.Generator:
    """Random numbers that depend on the tables of a version and on some numbers."""
    return np.random.default_rng([int(grouper.tables.digest[:16], 16), *numbers])


def _severity(tree: Expression) -> int:
    """The lowest complication with which a case reaches a group."""
    named = {name for member in required_members(tree) if isinstance(member, Member) for name in member.sets}
    if "CC" in named:
        return CC
    return MCC if "MCC" in named else NONE


def _raw_weights(
    grouper: Grouper, trees: list[Expression], severity: Ints, rng: np.random.Generator
) -> tuple[Floats, list[bool]]:
    """Weights of any scale [d + 1], and which groups are surgical [d]."""
    adrg, drg, first = grouper.program.adrg, grouper.program.drg, grouper.program.mdc["mdc"][:1].to_list()
    is_surgical = {
        code: _asks_for_procedure(parse(rule)) for code, rule in adrg.select("adrg", "rule").iter_rows()
    }
    of_adrg: dict[str, float] = {}
    for (mdc,), rows in adrg.group_by("mdc", maintain_order=True):
        codes = [code for code in rows["adrg"] if is_surgical[code] and not is_ambiguous(code)]
        place = {code: number / len(codes) for number, code in enumerate(codes)}
        for code in rows["adrg"]:
            median, spread = _SURGICAL if is_surgical[code] else _MEDICAL
            if [mdc] == first and code in place:
                median, spread = _PRE_MDC
            trend = _SURGICAL_TREND * (0.5 - place.get(code, 0.5))
            of_adrg[code] = median * float(np.exp(trend + rng.normal(0, spread)))
    split = drg["adrg"].is_duplicated().to_numpy()
    weights = np.array([of_adrg[code] for code in drg["adrg"]])
    weights *= np.where(split, _SEVERITY_COST[severity[:-1]], 1.0)
    # What is split by severity alone stays in its order.
    otherwise = np.array([any(isinstance(atom, Compare | Count) for atom in atoms(tree)) for tree in trees])
    weights *= np.exp(np.where(otherwise, rng.normal(0, _OTHER_SPLIT, len(weights)), 0.0))
    return np.append(weights, _MEDICAL[0]), [is_surgical[code] for code in drg["adrg"]]


def _split_by_stay(grouper: Grouper) -> npt.NDArray[np.bool_]:
    drg, adrg = grouper.program.drg, grouper.program.adrg
    rows = pl.concat(frame.select("adrg", "rule") for frame in (drg, adrg)).iter_rows()
    asking = {code for code, rule in rows if _STAY in variables(parse(rule))}
    return np.array([*(code in asking for code in drg["adrg"]), False])


def _asks_for_procedure(rule: Expression) -> bool:
    return any(set(member.fields) <= PROCEDURE_FIELDS for member in required_members(rule))


def _group_shares(
    grouper: Grouper,
    prototypes: Prototypes,
    severity: Ints,
    surgical: list[bool],
    rng: np.random.Generator,
) -> Floats:
    """The share of each group [d] among the cases that reach one; 0 for groups without a prototype."""
    drg = grouper.program.drg
    raw = {code: float(np.exp(rng.normal(0, _ADRG_SHARE))) for code in grouper.program.adrg["adrg"]}
    raw |= {code: _AMBIGUOUS_SHARE * value for code, value in raw.items() if is_ambiguous(code)}
    shares = np.array([raw[code] for code in drg["adrg"]]) * _SEVERITY_SHARE[severity[:-1]]
    shares *= np.where(surgical, _SURGICAL_SHARE, 1.0) * np.exp(rng.normal(0, 0.25, len(shares)))
    there = np.zeros(len(shares), dtype=np.bool_)
    there[prototypes.reached] = True
    shares[~there] = 0.0
    if not there.any():
        return np.zeros(len(shares))
    for (mdc,), rows in drg.select("mdc").with_row_index("row").group_by("mdc", maintain_order=True):
        mine = rows["row"].to_numpy()
        if shares[mine].sum() > 0:
            shares[mine] *= clinic.share(str(mdc)) / shares[mine].sum()
    shares /= shares.sum()
    shares[there] = np.maximum(shares[there], min(_FEWEST, 0.1 / len(shares)))
    return np.asarray(shares / shares.sum())


def _chances(prototypes: Prototypes, shares: Floats, rng: np.random.Generator) -> Floats:
    """Within a group, few prototypes are frequent."""
    group = prototypes.group
    raw = rng.permuted(np.arange(1, len(group) + 1)).astype(np.float64)
    order = np.lexsort((raw, group))
    first = np.searchsorted(group, group, side="left")
    rank = np.empty(len(group))
    rank[order] = np.arange(len(group)) - first + 1
    chance = rank**-_PROTOTYPE_SHARE
    ungroupable = _UNGROUPABLE if shares.any() else 1.0
    of_group = np.append(shares * (1 - ungroupable), ungroupable)
    sums = np.bincount(group % len(of_group), weights=chance, minlength=len(of_group))
    chance *= of_group[group] / sums[group]
    return np.asarray(np.cumsum(chance) / chance.sum())


def make_hospitals(grouper: Grouper, population: Population, seed: int, hospitals: int) -> Hospitals:
    """So many hospitals: large and small ones, with the cases that each prefers."""
    rng = generator(grouper, seed, 1, hospitals)
    names = list(_LEVELS)
    share, size, heavy, cost = np.array(list(_LEVELS.values())).T
    level = np.sort(rng.choice(len(names), hospitals, p=share))
    level[0] = 0  # somebody takes the heaviest
    sizes = size[level] * np.exp(rng.normal(0, _SIZE, hospitals))
    costs = cost[level] * np.exp(rng.normal(0, _COST_LEVEL, hospitals))
    mdc, letters = _numbered(grouper.program.drg["mdc"])
    likes = rng.normal(0, np.where(rng.random(hospitals) < _SPECIALISED, 1.8, 0.3), (letters, hospitals))
    preference = np.log(sizes) + heavy[level] * np.log(population.weight)[:, None]
    preference += np.vstack([likes[mdc], np.zeros(hospitals)])
    chances = np.exp(preference - preference.max(axis=1, keepdims=True))
    cumulative = np.cumsum(chances, axis=1)
    width = len(str(hospitals))
    return Hospitals(
        id=pl.Series([f"H{number:0{max(3, width)}}" for number in range(1, hospitals + 1)]),
        level=pl.Series([names[row] for row in level]),
        cost=costs,
        of_group=cumulative / cumulative[:, -1:],
    )


def usual_hospitals(cases: int) -> int:
    """How many hospitals have so many cases, if nobody says it."""
    fewest, most = _HOSPITALS
    return min(most, max(fewest, cases // _CASES_OF_A_HOSPITAL))


def _numbered(values: pl.Series) -> tuple[Ints, int]:
    distinct = {value: number for number, value in enumerate(values.unique(maintain_order=True))}
    return np.array([distinct[value] for value in values], dtype=np.int64), len(distinct)
