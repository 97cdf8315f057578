"""The codes of cases: those of their prototypes, and others that decide nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from drg.analysis.simulation import clinic
from drg.analysis.simulation.drawing import named_sets
from drg.analysis.simulation.plans import OTHER_DIAGNOSES, OTHER_PROCEDURES
from drg.analysis.simulation.population import Population
from drg.analysis.simulation.prototypes import Prototypes, flat
from drg.grouping import Grouper
from drg.grouping.code_index import CodeIndex
from drg.tables.language import parse

Codes = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# More diagnoses by severity (none, CC, MCC), and with age; more procedures of those who have one.
_MORE_DIAGNOSES: Final = np.array([3.0, 4.2, 5.5])
_MOST_DIAGNOSES: Final = 12
_MORE_PROCEDURES: Final = 0.7
_BEDSIDE: Final = 0.15  # of the cases without a procedure that decides, those that have one at the bedside
_MOST_PROCEDURES: Final = 3
_NEIGHBOURS: Final = 25
_ROWS: Final = 200_000
_DELIVERY: Final = "^(剖宫产术|阴道分娩|阴道助产)"
_URN: Final = 1 << 17  # from which more diagnoses are drawn


class Harmless(NamedTuple):
    """Codes that decide no group.

    Attributes:
        diagnoses: no complications, and no rule asks for them among the other diagnoses; each as often as it
            is to be drawn.
        procedures: no rule asks for them among the other procedures, in the order of their codes.
        place: [c] for each procedure of the version, its place among ``procedures``.
        bedside: [p] for each prototype a procedure that the version does not know, or "".
        outcome: [p] for each prototype of a delivery (分娩) its outcome, a single live birth; else no code.
    """

    diagnoses: Codes
    procedures: Codes
    place: Ints
    bedside: pl.Series
    outcome: Codes


def harmless(grouper: Grouper, prototypes: Prototypes) -> Harmless:
    """The harmless codes of a version."""
    program = grouper.program
    rules = [parse(rule) for frame in (program.mdc, program.adrg, program.drg) for rule in frame["rule"]]
    free = _unnamed(grouper, named_sets(rules, OTHER_DIAGNOSES), program.diagnoses)
    free &= program.arrays.complication_level == 0
    names = program.diagnoses.codes.to_list()
    weights = clinic.popularity(names, np.random.default_rng(len(names))) * free
    chance = np.cumsum(weights)
    drawn = np.searchsorted(chance, (np.arange(_URN) + 0.5) / _URN * chance[-1]) if weights.any() else []
    open_ = _unnamed(grouper, named_sets(rules, OTHER_PROCEDURES), program.procedures)
    spelled = program.procedures.codes.to_numpy()
    procedures = np.flatnonzero(open_).astype(np.uint32)
    procedures = procedures[np.argsort(spelled[procedures], kind="stable")]
    place = np.searchsorted(spelled[procedures], spelled)
    return Harmless(
        np.array(drawn, dtype=np.uint32),
        procedures,
        place,
        _bedside(grouper, prototypes),
        _outcome(grouper, prototypes),
    )


def _outcome(grouper: Grouper, prototypes: Prototypes) -> Codes:
    """The code Z37.0 of the prototypes whose ADRG is one of deliveries, by its name."""
    program = grouper.program
    live = sorted(code for code in program.diagnoses.codes.to_list() if (code or "").startswith("Z37.0"))
    code = int(program.diagnoses.encode(pl.Series(live[:1], dtype=pl.String))[0]) if live else 0
    deliveries = program.adrg.filter(pl.col("name").str.contains(_DELIVERY).fill_null(False))["adrg"]
    of_group = np.append(program.drg["adrg"].is_in(deliveries.implode()).to_numpy(), False)
    return np.where(of_group[prototypes.group], code, 0).astype(np.uint32)


def _bedside(grouper: Grouper, prototypes: Prototypes) -> pl.Series:
    program = grouper.program
    principal = program.diagnoses.codes.gather(pl.Series(prototypes.candidates.principal)).to_list()
    usual = {code: clinic.bedside(code) for code in dict.fromkeys(principal)}
    every = pl.Series([code for codes in usual.values() for code in codes], dtype=pl.String)
    known = set(every.filter(pl.Series(program.procedures.encode(every) != 0)))
    free = {code: [one for one in codes if one not in known] or [""] for code, codes in usual.items()}
    chosen = [free[code][number % len(free[code])] for number, code in enumerate(principal)]
    return pl.Series(chosen, dtype=pl.String)


def _unnamed(grouper: Grouper, names: tuple[str, ...], index: CodeIndex) -> npt.NDArray[np.bool_]:
    free = np.ones(len(index), dtype=np.bool_)
    free[index.encode(grouper.tables.sets.filter(pl.col("set").is_in(names))["code"])] = False
    free[0] = False
    return free


def columns(
    grouper: Grouper,
    prototypes: Prototypes,
    population: Population,
    prototype: Ints,
    ages: Floats,
    rng: np.random.Generator,
    pool: Harmless,
) -> list[pl.Series]:
    """The four columns of codes."""
    program, known = grouper.program, prototypes.candidates
    diagnoses, procedures = [], []
    for begin in range(0, max(1, len(prototype)), _ROWS):
        part = prototype[begin : begin + _ROWS]
        severity = population.severity[prototypes.group[part]]
        more = _more_diagnoses(severity, ages[begin : begin + _ROWS], pool, rng)
        others = np.vstack([known.other_diagnoses[:, part], pool.outcome[part], more])
        diagnoses.append(_lists(others, known.principal[part], program.diagnoses))
        procedure = known.procedure[part]
        others = np.vstack([known.other_procedures[:, part], _more_procedures(procedure, pool, rng)])
        procedures.append(_lists(others, procedure, program.procedures))
    procedure = known.procedure[prototype]
    principal_procedure = _single(procedure, program.procedures)
    rows = np.flatnonzero((procedure == 0) & (rng.random(len(procedure)) < _BEDSIDE))
    at_bedside = pool.bedside.gather(pl.Series(prototype[rows])).replace("", None)
    return [
        _single(known.principal[prototype], program.diagnoses).alias("principal_diagnosis"),
        pl.concat(diagnoses).alias("other_diagnoses"),
        principal_procedure.scatter(rows, at_bedside).alias("principal_procedure"),
        pl.concat(procedures).alias("other_procedures"),
    ]


def _more_diagnoses(severity: Ints, ages: Floats, pool: Harmless, rng: np.random.Generator) -> Codes:
    found = np.zeros((_MOST_DIAGNOSES, len(ages)), dtype=np.uint32)
    mean = _MORE_DIAGNOSES[severity] * np.clip((ages - 5) / 50, 0.1, 1.6)
    counts = np.minimum(rng.poisson(mean * rng.gamma(2.0, 0.5, len(ages))), _MOST_DIAGNOSES)
    if len(pool.diagnoses):
        wanted = np.arange(_MOST_DIAGNOSES)[:, None] < counts
        found[wanted] = pool.diagnoses[rng.integers(_URN, size=int(wanted.sum()))]
    return found


def _more_procedures(procedure: Codes, pool: Harmless, rng: np.random.Generator) -> Codes:
    """Procedures whose codes are near that of the principal one."""
    found = np.zeros((_MOST_PROCEDURES, len(procedure)), dtype=np.uint32)
    counts = np.where(procedure != 0, rng.poisson(_MORE_PROCEDURES, len(procedure)), 0)
    if len(pool.procedures):
        wanted = np.arange(_MOST_PROCEDURES)[:, None] < counts
        near = rng.integers(-_NEIGHBOURS, _NEIGHBOURS + 1, found.shape) + pool.place[procedure]
        found[wanted] = pool.procedures[near.clip(0, len(pool.procedures) - 1)][wanted]
    return found


def _lists(others: Codes, principal: Codes, index: CodeIndex) -> pl.Series:
    """Lists of codes [w, n], each code once and without the principal one."""
    for row in range(len(others)):
        repeated = others[row] == principal
        for earlier in range(row):
            repeated |= others[row] == others[earlier]
        others[row, repeated] = 0
    numbers, begin = flat(others)
    spelled = index.codes.gather(pl.Series(numbers)).to_arrow()
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(begin), spelled))


def _single(numbers: Codes, index: CodeIndex) -> pl.Series:
    found = index.codes.gather(pl.Series(numbers))
    return found.set(pl.Series(numbers == 0), None) if (numbers == 0).any() else found
