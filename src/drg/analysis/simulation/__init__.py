"""Made-up discharges of any version, from its tables alone: for tests, documents and benchmarks.

Nothing here describes real patients, hospitals or prices. The codes of a case are such that its group is
reached; whether a doctor would ever write them together is another matter.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drg.errors import InputError
from drg.forks import check_process
from drg.words import Sentence

if TYPE_CHECKING:
    import polars as pl

    from drg.analysis.simulation.code_choice import Harmless
    from drg.analysis.simulation.population import Population
    from drg.analysis.simulation.prototypes import Prototypes
    from drg.grouping import Grouper

__all__ = ["MEAN_COST_YUAN", "YEAR", "persons", "simulate", "true_weights", "with_benefit_columns"]

MEAN_COST_YUAN = 12_000.0
YEAR = 2025
_FIRST_YEAR, _LAST_YEAR = 1950, 2150


class _Ready(NamedTuple):
    """A version with its prototypes."""

    grouper: Grouper
    prototypes: Prototypes
    pool: Harmless


# By digest: the same tables, however they are named, have the same prototypes.
_prepared: dict[str, _Ready] = {}
_PREPARED = 6


def simulate(
    n: int,
    grouper: str | Path | Grouper,
    *,
    seed: int = 0,
    year: int = YEAR,
    hospitals: int | None = None,
    mean_cost_yuan: float = MEAN_COST_YUAN,
) -> pl.DataFrame:
    """Make up the discharges of a year.

    Some groups are far more common than others; costs lie around weight × mean cost with a heavy tail, and
    stays go with them; hospitals differ in size, level, case mix and cost level, months and weekdays in how
    many come and leave. Some patients have several stays. A few cases cannot be grouped. See
    ``docs/simulation.md``.

    Args:
        n: how many cases.
        grouper: the id of an installed version, the directory of one, or a Grouper.
        seed: another one gives other weights, hospitals and cases.
        year: of the discharges. Years of one seed share weights and frequencies, and their hospitals if
            there are as many.
        hospitals: how many; by default one for each 5,000 cases, but at least 5 and at most 60.
        mean_cost_yuan: what a case of weight 1 costs on average.

    Returns:
        A frame [n] of canonical columns (``columns.INPUT_COLUMNS`` and ``RECORD_COLUMNS``, with
        ``hospital_level``), by day of discharge; the same for the same arguments and version of this library.

    Raises:
        InputError: for a number that cannot be.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    from drg.analysis.simulation.hospitals import make_hospitals, usual_hospitals
    from drg.analysis.simulation.population import generator
    from drg.analysis.simulation.simulated_cases import make_cases

    check_process()
    _check_whole("n", n, 0)
    _check_whole("seed", seed, 0)
    _check_whole("year", year, _FIRST_YEAR, _LAST_YEAR)
    if hospitals is not None:
        _check_whole("hospitals", hospitals, 1, 100_000)
    if not 1 <= mean_cost_yuan <= 1e9:
        problem = Sentence("{name} is {value}", name="mean_cost_yuan", value=mean_cost_yuan)
        raise InputError(problem, fix=Sentence("Give an amount from 1 to 1,000,000,000"))
    ready = _ready(grouper)
    population = _population_of(ready, seed)
    number = usual_hospitals(n) if hospitals is None else hospitals
    return make_cases(
        ready.grouper,
        ready.prototypes,
        population,
        make_hospitals(ready.grouper, population, seed, number),
        ready.pool,
        n,
        year,
        float(mean_cost_yuan),
        generator(ready.grouper, seed, 2, year, n),
    )


def true_weights(grouper: str | Path | Grouper, seed: int = 0) -> pl.DataFrame:
    """The weights behind the costs of ``simulate`` with this seed.

    The mean cost of a group is relative_weight × mean_cost_yuan in expectation, whatever the hospitals.

    Args:
        grouper: as for ``simulate``.
        seed: as for ``simulate``.

    Returns:
        A frame of one row for each DRG of the version, in the order in which it evaluates them: ``drg``;
        ``relative_weight``, four decimals; ``cv``, the coefficient of variation of the cost before hospitals
        differ; ``weight_source``, published or made_up.

    Raises:
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    _check_whole("seed", seed, 0)
    return _population_of(_ready(grouper), seed).true


def persons(frame: pl.DataFrame) -> pl.DataFrame:
    """The patients of simulated discharges, and who lives with whom.

    A newborn lives with a woman who was in the same hospital to give birth on that day, if there is one;
    other children live with a woman who could be their mother, and six of ten adults with a partner of about
    their age, as far as there are such. Only who was in hospital is there.

    Args:
        frame: discharges as ``simulate`` makes them.

    Returns:
        A frame of one row for each patient, by ``patient_id``: ``household_id``, ``birth_date``, ``sex``,
        ``insurance_type``; the same for the same discharges.
    """
    from drg.analysis.simulation.households import persons as of_frame

    return of_frame(frame)


def with_benefit_columns(frame: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """Simulated discharges with what ``drg.benefits`` asks for. The shares behind it are assumed.

    Args:
        frame: discharges as ``simulate`` makes them, or with planted errors.
        seed: another one draws others.

    Returns:
        The same rows with further columns: ``household_id``; the cost by catalogue class, which adds up to
        the fen; ``aid_class``, ``commercial_product``, ``referral``, ``off_site``; ``maternity``,
        ``newborn``, ``mother_id``.
    """
    from drg.analysis.simulation.insured import with_benefit_columns as of_frame

    _check_whole("seed", seed, 0)
    return of_frame(frame, seed)


def _check_whole(name: str, value: int, lowest: int, highest: int | None = None) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        problem = Sentence("{name} is {value!r}", name=name, value=value)
        raise InputError(problem, fix=Sentence("Give a whole number"))
    if value < lowest or (highest is not None and value > highest):
        # No thousands separators: the value may be a year.
        if highest is None:
            fix = Sentence("Give a whole number from {lowest} on", lowest=lowest)
        else:
            fix = Sentence("Give a whole number from {lowest} to {highest}", lowest=lowest, highest=highest)
        problem = Sentence("{name} is {value}", name=name, value=value)
        raise InputError(problem, fix=fix)


@lru_cache(maxsize=_PREPARED)
def _installed(grouper: str) -> Grouper:
    from drg.grouping import Grouper

    return Grouper(grouper)


def _ready(grouper: str | Path | Grouper) -> _Ready:
    """A version with its prototypes, which take seconds to find and are kept."""
    from drg.analysis.simulation.code_choice import harmless
    from drg.analysis.simulation.prototypes import find_prototypes
    from drg.grouping import Grouper

    if not isinstance(grouper, Grouper):
        grouper = _installed(grouper) if isinstance(grouper, str) else Grouper(grouper)
    key = grouper.tables.digest
    if key not in _prepared:
        while len(_prepared) >= _PREPARED:
            del _prepared[next(iter(_prepared))]
        prototypes = find_prototypes(grouper)
        _prepared[key] = _Ready(grouper, prototypes, harmless(grouper, prototypes))
    return _prepared[key]


def _population_of(ready: _Ready, seed: int) -> Population:
    from drg.analysis.simulation.population import make_population

    return make_population(ready.grouper, ready.prototypes, seed)
