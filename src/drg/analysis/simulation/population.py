"""What is the same for all cases of a simulation: true weights, frequencies, courses, stays.

It depends on the tables of the version and on the seed, not on how many cases are drawn or for which year, so
that several years of one seed share their truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation import clinic
from drg.analysis.simulation.costs import Courses, draw_courses
from drg.analysis.simulation.drawing import AGE_YEARS
from drg.analysis.simulation.frequencies import group_shares, of_adrgs
from drg.analysis.simulation.prototypes import Prototypes
from drg.analysis.simulation.published_weights import published_weights
from drg.columns import INPUT
from drg.grouping import Grouper
from drg.grouping.outcomes import is_ambiguous
from drg.tables.language import PROCEDURE_FIELDS, Compare, Count, Expression, Member, atoms, parse, variables
from drg.tables.logic import required_members

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NONE: Final = 0
CC: Final = 1
MCC: Final = 2
# Made-up weights are like those that Harbin published for 2022: median and log-SD of medical groups, surgical
# ones and those before all MDCs (先期分组); groups with none, CC and MCC against the mean of their ADRG.
_MEDICAL: Final = (0.70, 0.43)
_SURGICAL: Final = (1.94, 0.80)
_PRE_MDC: Final = (11.4, 0.95)
_SEVERITY_COST: Final = np.array([0.82, 1.09, 1.27])
_SURGICAL_TREND: Final = 1.0  # from the last surgical ADRG of an MDC to the first, in logs
_OTHER_SPLIT: Final = 0.2  # log-SD of groups that are split by age, stay and the like
_UNGROUPABLE: Final = 0.012
_PROTOTYPE_SHARE: Final = 0.8  # exponent of Zipf's law
# The older patients are, the likelier are complications: with so many years more, a patient of a group with
# none, CC and MCC is e times as frequent in it; less frequent where it is negative.
_YEARS_OF_SEVERITY: Final = np.array([-80.0, 60.0, 40.0])
_ADULT_YEARS: Final = 18
_WEIGHT_DECIMALS: Final = 4
_STAY: Final = INPUT["los_days"].variable
_RESPIRATORY: Final = "E"


@dataclass(frozen=True)
class Population:
    """``d`` groups of a version, ``p`` prototypes. The last of d + 1 is of cases that reach no group.

    Attributes:
        weight: [d + 1] true relative weights.
        share: [d + 1] of all cases.
        courses: of d + 1 groups: how costs lie around their mean.
        severity: [d + 1] NONE, CC or MCC.
        surgical, respiratory: [d + 1] when cases are admitted depends on it.
        adrg, mdc: [d + 1] numbers of the ADRG and of the MDC.
        los: [d + 1] median length of stay in days.
        day: [d + 1] below which place in a standard normal distribution the stay is that of a day.
        returns: [d + 1] how patients come back: "series", "chronic" or "".
        split_by_stay: [d + 1] some group of the ADRG asks for the length of stay.
        department: [d + 1] of adults.
        chance: [p] shares of the prototypes.
        true: drg, relative_weight, cv, weight_source.
    """

    weight: Floats
    share: Floats
    courses: Courses
    severity: Ints
    surgical: Mask
    respiratory: Mask
    adrg: Ints
    mdc: Ints
    los: Floats
    day: Floats
    returns: npt.NDArray[np.str_]
    split_by_stay: Mask
    department: pl.Series
    chance: Floats
    true: pl.DataFrame


def make_population(grouper: Grouper, prototypes: Prototypes, seed: int) -> Population:
    """The population of a version and a seed."""
    drg = grouper.program.drg
    rng = generator(grouper, seed, 0)
    trees = [parse(rule) for rule in drg["rule"]]
    severity = np.array([*map(_severity, trees), NONE])
    raw, surgical = _raw_weights(grouper, trees, severity, rng)
    there = np.zeros(drg.height, dtype=np.bool_)
    there[prototypes.reached] = True
    known = published_weights(grouper.id)
    published = drg["drg"].is_in(list(known)).to_numpy()
    given = np.array([known.get(code, 0.0) for code in drg["drg"]])
    named = of_adrgs(grouper)
    shares = group_shares(grouper, named, there, severity[:-1], surgical, rng)
    weight = _weights(_numbered(drg["adrg"].to_list()), raw, given, published, shares)
    courses = draw_courses(weight, rng)
    mdc = [*drg["mdc"], ""]
    day_shares = [*(max(named[code].day_share, 1e-9) for code in drg["adrg"]), 1e-9]
    los = (2.9 + 4.2 * weight**0.55) * np.exp(rng.normal(0, 0.15, len(weight)))
    departments = [clinic.department(code, surgical=s) for code, s in zip(mdc, surgical, strict=False)]
    ungroupable = _UNGROUPABLE if shares.any() else 1.0
    share = np.append(shares * (1 - ungroupable), ungroupable)
    return Population(
        weight=weight,
        share=share,
        courses=courses,
        severity=severity,
        surgical=np.array([*surgical, False]),
        respiratory=np.array([code[3:4] == _RESPIRATORY for code in mdc]),
        adrg=_numbered([*drg["adrg"], ""]),
        mdc=_numbered(mdc),
        los=los * [clinic.stay(code) for code in mdc],
        day=np.array([NormalDist().inv_cdf(share) for share in day_shares]),
        returns=np.array([*(named[code].returns for code in drg["adrg"]), ""]),
        split_by_stay=_split_by_stay(grouper),
        department=pl.Series([*departments, "03"], dtype=pl.String),
        chance=_chances(prototypes, share, severity, rng),
        true=pl.DataFrame(
            {
                "drg": drg["drg"],
                "relative_weight": weight[:-1],
                "cv": courses.cv[:-1],
                "weight_source": np.where(published, "published", "made_up"),
            },
            schema_overrides={"weight_source": pl.String},
        ),
    )


def generator(grouper: Grouper, *numbers: int) -> np.random.Generator:
    """Random numbers that depend on the tables of a version and on some numbers."""
    return np.random.default_rng([int(grouper.tables.digest[:16], 16), *numbers])


def _numbered(values: list[str]) -> Ints:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _severity(tree: Expression) -> int:
    """The lowest complication with which a case reaches a group."""
    named = {name for member in required_members(tree) if isinstance(member, Member) for name in member.sets}
    if "CC" in named:
        return CC
    return MCC if "MCC" in named else NONE


def _raw_weights(
    grouper: Grouper, trees: list[Expression], severity: Ints, rng: np.random.Generator
) -> tuple[Floats, list[bool]]:
    """Made-up weights of any scale [d + 1], and which groups are surgical [d]."""
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
            # The trend is part of how surgical weights spread.
            spread = np.sqrt(spread**2 - _SURGICAL_TREND**2 / 12) if code in place else spread
            of_adrg[code] = median * float(np.exp(trend + rng.normal(0, spread)))
    split = drg["adrg"].is_duplicated().to_numpy()
    weights = np.array([of_adrg[code] for code in drg["adrg"]])
    weights *= np.where(split, _SEVERITY_COST[severity[:-1]], 1.0)
    # What is split by severity alone stays in its order.
    otherwise = np.array([any(isinstance(atom, Compare | Count) for atom in atoms(tree)) for tree in trees])
    weights *= np.exp(np.where(otherwise, rng.normal(0, _OTHER_SPLIT, len(weights)), 0.0))
    return np.append(weights, _MEDICAL[0]), [is_surgical[code] for code in drg["adrg"]]


def _weights(adrg: Ints, raw: Floats, given: Floats, published: Mask, shares: Floats) -> Floats:
    """True weights [d + 1]: the published ones [d] as they are ``given``, the others on their scale.

    Without published weights the expected weight of a grouped case is 1. A group without one, whose ADRG has
    others with one, is brought to their scale.
    """
    of_group = raw[:-1]
    if published.any():
        scale = float(shares[published] @ given[published]) / (shares[published] @ of_group[published] or 1.0)
    else:
        scale = 1 / float(shares @ of_group or 1.0)
    factor = np.full(len(of_group), scale)
    for number in np.unique(adrg[published]):
        known = (adrg == number) & published
        factor[adrg == number] = given[known].mean() / of_group[known].mean()
    weight = np.where(published, given, np.round(of_group * factor, _WEIGHT_DECIMALS))
    return np.append(weight, round(raw[-1] * scale, _WEIGHT_DECIMALS))


def _split_by_stay(grouper: Grouper) -> Mask:
    drg, adrg = grouper.program.drg, grouper.program.adrg
    rows = pl.concat(frame.select("adrg", "rule") for frame in (drg, adrg)).iter_rows()
    asking = {code for code, rule in rows if _STAY in variables(parse(rule))}
    return np.array([*(code in asking for code in drg["adrg"]), False])


def _asks_for_procedure(rule: Expression) -> bool:
    return any(set(member.fields) <= PROCEDURE_FIELDS for member in required_members(rule))


def _chances(prototypes: Prototypes, share: Floats, severity: Ints, rng: np.random.Generator) -> Floats:
    """Within a group, few prototypes are frequent, and complications are those of the old."""
    group = prototypes.group
    raw = rng.permuted(np.arange(1, len(group) + 1)).astype(np.float64)
    order = np.lexsort((raw, group))
    first = np.searchsorted(group, group, side="left")
    rank = np.empty(len(group))
    rank[order] = np.arange(len(group)) - first + 1
    age = prototypes.candidates.numbers[AGE_YEARS]
    older = np.maximum(age, _ADULT_YEARS) / _YEARS_OF_SEVERITY[severity[group]]
    chance = rank**-_PROTOTYPE_SHARE * np.exp(older)
    sums = np.bincount(group % len(share), weights=chance, minlength=len(share))
    chance *= share[group] / sums[group]
    return np.asarray(chance / chance.sum())
