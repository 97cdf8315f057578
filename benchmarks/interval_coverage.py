"""How often intervals hold the value of the population: interval_coverage.json, docs/quality.md.

python benchmarks/interval_coverage.py              2,000 samples of each size: a quarter of an hour
python benchmarks/interval_coverage.py --samples 9 --out FILE      a try; leaves the documents alone

A population is a million cases. A sample is drawn from it with replacement, and the intervals of the sample
are held against the values of the whole. An interval that is not given is not counted, but its share is told.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import drg
from benchmarks.measuring import ROOT, write_json
from benchmarks.report import documents
from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.estimate import sums_of
from drg.analysis.calibration.intervals import intervals as weight_intervals
from drg.analysis.quality.indices import Indices, case_mix_index
from drg.analysis.quality.influences import mean_and_cv, riv_interval
from drg.analysis.trimming import Trimming, trim

COVERAGE = ROOT / "benchmarks" / "interval_coverage.json"
SIZES = (2_000, 20_000, 100_000)
SAMPLES = 2_000
# Large samples have thousands of groups and hospitals each, so that of these every fifth sample is enough.
LARGE, EACH_OF_LARGE = 50_000, 5
CASES = 1_000_000
LEVEL = 0.95
STRATA = ((2, 9), (10, 29), (30, 99), (100, 999), (1_000, CASES))
RULES = {"none": Trimming.parse("none"), "log-sd:3": Trimming.parse("log-sd:3")}
TRIMMED = Trimming.parse("iqr:1.5")
WAYS = ("ratio of sums", "mean of ratios")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cases:
    """Cases as arrays [n]: group, hospital, cost in fen, days, relative weight in units of 1e-8."""

    group: Ints
    hospital: Ints
    cost: Ints
    los: Ints
    weight: Ints

    def drawn(self, count: int, seed: int) -> Cases:
        """So many of them, with replacement; a sample has groups and hospitals of the same numbers."""
        chosen = np.random.default_rng(seed).integers(0, len(self.group), count)
        return Cases(*(values[chosen] for values in vars(self).values()))


def populations(cases: int) -> Iterator[tuple[str, Cases]]:
    """Of each kind one."""
    for name, spread, top in (
        ("log-normal, sd 0.4", 0.4, 0.0),
        ("log-normal, sd 0.7", 0.7, 0.0),
        ("Pareto top, index 2.5", 0.5, 2.5),
    ):
        yield name, _made(cases, spread, top, seed=len(name))
    frame = drg.group(drg.simulate(cases, "chs-drg-2.0", seed=5), "chs-drg-2.0")
    frame = frame.filter(pl.col("grouping_status") == "grouped")
    group, hospital = (frame[name].rank("dense").to_numpy() - 1 for name in ("drg", "hospital_id"))
    cost = (frame["total_cost_yuan"].cast(pl.Float64) * 100).round().cast(pl.Int64).to_numpy()
    yield "simulated region", _weighted(group, hospital, cost, frame["los_days"].cast(pl.Int64).to_numpy())


def _made(cases: int, spread: float, top: float, seed: int) -> Cases:
    """Sixty groups and forty hospitals of very different sizes; stays are whole days."""
    rng = np.random.default_rng(seed)
    group, hospital = (
        rng.choice(count, cases, p=(shares := 1 / np.arange(1, count + 1)) / shares.sum())
        for count in (60, 40)
    )
    mean, dearness = np.exp(rng.normal(13.5, 0.6, 60)), np.exp(rng.normal(0, 0.1, 40))
    cost = mean[group] * dearness[hospital] * rng.lognormal(0, spread, cases)
    if top:
        dear = rng.random(cases) < 0.05
        cost[dear] *= 1 + rng.pareto(top, int(dear.sum()))
    los = np.rint((2 + group / 6) * rng.lognormal(0, 0.45, cases))
    return _weighted(group, hospital, np.rint(cost).astype(np.int64), los.astype(np.int64))


def _weighted(group: Any, hospital: Any, cost: Ints, los: Ints) -> Cases:
    group, hospital = group.astype(np.int64), hospital.astype(np.int64)
    weight = np.rint(_means(group, cost) / cost.mean() * 10_000).astype(np.int64) * 10_000
    return Cases(group, hospital, cost, los, weight[group])


def _means(key: Ints, values: npt.NDArray[Any]) -> Floats:
    return np.bincount(key, values) / np.maximum(np.bincount(key), 1)


def _spread(key: Ints, values: npt.NDArray[Any]) -> Floats:
    return np.sqrt(_means(key, (values - _means(key, values)[key]) ** 2))


def _riv(group: Ints, values: Floats) -> float:
    there = ~np.isnan(values)
    group, values = group[there], values[there]
    return float(1 - ((values - _means(group, values)[group]) ** 2).sum() / values.var() / len(values))


def _values(cases: Cases, *, trimmed: bool) -> dict[str, Floats]:
    """What the reduction in variance is taken of."""
    cost, los = cases.cost.astype(np.float64), cases.los.astype(np.float64)
    logs = {
        name: np.where(raw > 0, np.log(np.maximum(raw, 1)), np.nan)
        for name, raw in (("log cost", cost), ("log stay", los))
    }
    found = {"cost": cost, "stay": los, **logs}
    if trimmed:
        for name, raw in (("cost", cost), ("stay", los)):
            kept = trim(cases.group, raw, TRIMMED).kept
            found[f"{name}, trimmed (not given by drg)"] = np.where(kept, raw, np.nan)
    return found


def truth(cases: Cases) -> dict[str, Floats]:
    """The values of a population, by measure."""
    found: dict[str, Floats] = {
        f"RIV of {name}": np.array([_riv(cases.group, values)])
        for name, values in _values(cases, trimmed=True).items()
    }
    for name, values in (("cost", cases.cost), ("stay", cases.los)):
        mean = _means(cases.group, values)
        found[f"mean {name} of a group"] = mean
        found[f"CV of {name} of a group"] = _spread(cases.group, values) / mean
        found[f"{name} index, {WAYS[0]}"] = _means(cases.hospital, values) / _means(
            cases.hospital, mean[cases.group]
        )
        found[f"{name} index, {WAYS[1]}"] = _means(cases.hospital, values / mean[cases.group])
    found["CMI"] = np.array([cases.weight.mean() * 1e-8])
    found["CMI of a hospital"] = _means(cases.hospital, cases.weight) * 1e-8
    order = np.lexsort((cases.cost, cases.group))
    group, cost = cases.group[order], cases.cost[order]
    for name, rule in RULES.items():
        kept = trim(group, cost, rule).kept
        found[f"weight, {name}"] = _means(group[kept], cost[kept]) / cost[kept].mean()
    return found


def estimated(
    cases: Cases, groups: int, hospitals: int, *, whole_only: bool
) -> Iterator[tuple[str, Floats, Floats, Ints]]:
    """Measure, low, high and number of cases of the intervals of a sample; NaN where there is none."""
    whole = np.array([len(cases.group)])
    present = np.unique(cases.group, return_inverse=True)[1]
    for name, values in _values(cases, trimmed=not whole_only).items():
        limits = riv_interval(present, values, LEVEL) or (np.nan, np.nan)
        yield f"RIV of {name}", np.array(limits[:1]), np.array(limits[1:]), whole
    yield "CMI", *case_mix_index(np.zeros(whole[0], np.int64), cases.weight, 1, LEVEL)[1], whole
    if whole_only:
        return
    in_group = np.bincount(cases.group, minlength=groups)
    in_hospital = np.bincount(cases.hospital, minlength=hospitals)
    for name, whole_numbers in (("cost", cases.cost), ("stay", cases.los)):
        means, cvs = mean_and_cv(cases.group, whole_numbers.astype(np.float64), groups, 1, LEVEL)
        yield f"mean {name} of a group", *means.limits, in_group
        yield f"CV of {name} of a group", *cvs.limits, in_group
        index = Indices(cases.hospital, cases.group, whole_numbers, hospitals, groups, LEVEL)
        for way, found in zip(WAYS, (index.of_sums, index.of_ratios), strict=True):
            yield f"{name} index, {way}", *found, in_hospital
    yield "CMI of a hospital", *case_mix_index(cases.hospital, cases.weight, hospitals, LEVEL)[1], in_hospital
    order = np.lexsort((cases.cost, cases.group))
    order = order[cases.cost[order] > 0]
    group, cost = cases.group[order].astype(np.int32), cases.cost[order]
    period = Period("", Fraction(1), len(order), 0, 0, 0, 0, Counter(), group, cost)
    for name, rule in RULES.items():
        sums = sums_of(period, rule)
        low, high = np.full((2, groups), np.nan)
        for number, ends in weight_intervals([sums], list(sums.cells)).items():
            low[number], high[number] = ends
        yield f"weight, {name}", low, high, in_group


def counted(population: Cases, size: int, samples: int) -> dict[str, dict[str, list[int]]]:
    """By measure and stratum: estimates, intervals, intervals that hold the value."""
    real = truth(population)
    groups, hospitals = (int(key.max()) + 1 for key in (population.group, population.hospital))

    def one(seed: int) -> list[tuple[str, str, list[int]]]:
        found = []
        sample, whole_only = population.drawn(size, seed), size >= LARGE and seed % EACH_OF_LARGE > 0
        for measure, low, high, cases in estimated(sample, groups, hospitals, whole_only=whole_only):
            there, holds = ~np.isnan(low), (low <= real[measure]) & (real[measure] <= high)
            whole = len(real[measure]) == 1
            for first, last in ((0, CASES),) if whole else STRATA:
                chosen = (cases >= first) & (cases <= last)
                counts = [int(chosen.sum()), int((chosen & there).sum()), int((chosen & holds).sum())]
                label = f"{size:,}" if whole else f"{first:,}–{last:,}" if last < CASES else f"{first:,}+"
                found.append((measure, label, counts))
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(one, range(samples)))
    added: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for measure, label, counts in (row for rows in results for row in rows):
        added[measure][label] = [a + b for a, b in zip(added[measure][label], counts, strict=True)]
    return added


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: not 0 if the document is not current."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--cases", type=int, default=CASES, help="of a population")
    parser.add_argument("--out", type=Path, default=COVERAGE)
    options = parser.parse_args(arguments)
    found: dict[str, Any] = {
        "date": date.today().isoformat(),
        "samples": {str(size): options.samples for size in SIZES},
        "level": LEVEL,
    }
    for name, population in populations(options.cases):
        sizes = {}
        for size in SIZES:
            sizes[str(size)] = counted(population, size, options.samples)
            print(f"{name}, {size:,} cases", flush=True)
        found.setdefault("populations", {})[name] = sizes
    write_json(options.out, found)
    return documents() if options.out == COVERAGE else 0


if __name__ == "__main__":
    sys.exit(main())
