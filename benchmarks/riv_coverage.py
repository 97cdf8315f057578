"""How often the interval of the difference of adjusted RIV holds the true difference; see docs/compare.md.

    python benchmarks/riv_coverage.py            2,000 samples each; writes the table of docs/compare.md
    python benchmarks/riv_coverage.py 200        fewer, and only shows them

Populations of log-normal costs whose RIV follows from a formula: the second version splits a third of the
groups of the first and merges another third in pairs. And a simulated region, whose cases are the population.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

import drg
from drg.analysis.comparison.common_cases import CommonCases

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "compare.md"
BEGIN, END = "<!-- coverage: begin -->\n", "<!-- coverage: end -->"
SAMPLES: Final = 2_000
BASE, OTHER = "chs-drg-2.0", "chs-drg-3.0"
LOOKS: Final = (
    ("cost", ("cost", "raw", "none")),
    ("log cost", ("cost", "log", "none")),
    ("stay", ("los", "raw", "none")),
    ("log stay", ("los", "log", "none")),
)

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Look = tuple[str, str, str]


class Drawn(NamedTuple):
    """Cases: cost in fen, days, and their group in both versions."""

    cost: Numbers
    los: Numbers
    groups: tuple[Numbers, Numbers]


class Population(NamedTuple):
    """Where cases are drawn from, and the true differences of RIV."""

    name: str
    cases: int
    draw: Callable[[np.random.Generator, int], Drawn]
    true: dict[Look, float]


def measured(drawn: Drawn) -> dict[Look, tuple[float, float | None, float | None]]:
    """What the comparison says: the difference and the limits of its interval."""
    read = pl.DataFrame(
        {"drg": pl.repeat("A", len(drawn.cost), eager=True), "cost": drawn.cost, "los": drawn.los}
    )
    common = CommonCases()
    common.add([read, read], [group.astype(np.int32) for group in drawn.groups])
    rows = common.variance(["base", "other"], len(drawn.cost)).filter(pl.col("version") == "other")
    names = [f"riv_adjusted_difference{end}" for end in ("", "_low", "_high")]
    return {row[:3]: row[3:] for row in rows.select("value", "scale", "trimming", *names).rows()}


def log_normal(groups: int, cases: int, spread: float, outliers: float) -> Population:
    """Costs are log-normal within the halves of each group; of some the spread is twice as large."""
    rng = np.random.default_rng(7)
    share = 1 / np.arange(1, groups + 1)
    cell_share = np.repeat(share / share.sum(), 2) * np.tile([0.6, 0.4], groups)
    shift = np.tile([-0.12, 0.18], groups) * np.repeat(rng.uniform(0.2, 1.8, groups), 2)
    location = np.repeat(rng.normal(12, 0.8, groups), 2) + shift
    base = np.repeat(np.arange(groups), 2)
    other = np.repeat(np.arange(groups) * 2, 2)
    split, _, merged = np.array_split(rng.permutation(groups), 3)
    other[split * 2 + 1] += 1
    for one, two in zip(merged[::2], merged[1::2], strict=False):
        other[two * 2 : two * 2 + 2] = one * 2

    def moment(power: int) -> Floats:
        parts = ((1 - outliers, spread), (outliers, 2 * spread))
        return np.asarray(
            sum(part * np.exp(power * location + (power * sigma) ** 2 / 2) for part, sigma in parts)
        )

    def log_moment(power: int) -> Floats:
        squares = (1 - outliers) * spread**2 + outliers * (2 * spread) ** 2
        return location if power == 1 else np.asarray(location**2 + squares)

    def unexplained(of: Callable[[int], Floats], group: Numbers) -> float:
        second = float(cell_share @ of(2))
        weight = np.bincount(group, cell_share)
        mean = np.bincount(group, cell_share * of(1)) / np.where(weight > 0, weight, 1)
        return (second - float(weight @ mean**2)) / (second - float(cell_share @ of(1)) ** 2)

    def draw(rng: np.random.Generator, count: int) -> Drawn:
        cell = rng.choice(2 * groups, count, p=cell_share)
        sigma = np.where(rng.random(count) < outliers, 2 * spread, spread)
        cost = np.exp(location[cell] + sigma * rng.normal(size=count))
        return Drawn(cost.round().astype(np.int64), np.ones(count, np.int64), (base[cell], other[cell]))

    true = {
        look: unexplained(of, base) - unexplained(of, other)
        for look, of in ((LOOKS[0][1], moment), (LOOKS[1][1], log_moment))
    }
    name = f"log-normal, σ = {spread:g}, {groups} groups"
    return Population(name + (f", {outliers:.0%} with 2σ" if outliers else ""), cases, draw, true)


def region(sizes: Sequence[int], whole: int = 400_000) -> list[Population]:
    """The cases of a simulated region; of the whole, RIV is what it is, without adjustment."""
    discharges = drg.simulate(whole, BASE, seed=5)
    compared = drg.compare(discharges, [BASE, OTHER]).cases.collect()
    grouped = [pl.col(f"status_{id_}") == "grouped" for id_ in (BASE, OTHER)]
    kept = compared.filter(
        *grouped, pl.col("total_cost_yuan").is_not_null(), pl.col("los_days").is_not_null()
    )
    cost = (kept["total_cost_yuan"] * 100).cast(pl.Int64).to_numpy()
    los = kept["los_days"].to_numpy()
    groups = [kept[f"drg_{id_}"].rank("dense").cast(pl.Int64).to_numpy() for id_ in (BASE, OTHER)]

    def draw(rng: np.random.Generator, count: int) -> Drawn:
        at = rng.integers(0, len(cost), count)
        return Drawn(cost[at], los[at], (groups[0][at], groups[1][at]))

    common = CommonCases()
    read = pl.DataFrame({"drg": kept[f"drg_{BASE}"], "cost": cost, "los": los})
    common.add([read, read], [group.astype(np.int32) for group in groups])
    rows = common.variance(["base", "other"], len(cost)).select("value", "scale", "trimming", "riv").rows()
    true: dict[Look, float] = {}
    for *look, riv in rows:
        key = (look[0], look[1], look[2])
        true[key] = riv - true[key] if key in true else riv
    return [Population("simulated region", size, draw, true) for size in sizes]


def coverage(population: Population, samples: int) -> dict[Look, float | None]:
    """The share of samples whose interval holds the true difference; None where there is no interval."""
    rng = np.random.default_rng(1)
    held: dict[Look, list[bool]] = {look: [] for look in population.true}
    for _ in range(samples):
        for look, (_, low, high) in measured(population.draw(rng, population.cases)).items():
            if look in held and low is not None and high is not None:
                held[look].append(low <= population.true[look] <= high)
    return {look: float(np.mean(found)) if len(found) == samples else None for look, found in held.items()}


def table(samples: int) -> str:
    """Coverage of every population, as a table."""
    populations = [
        log_normal(100, 6_000, 0.5, 0),
        log_normal(100, 6_000, 0.7, 0),
        log_normal(300, 20_000, 0.7, 0.05),
        *region([30_000, 60_000]),
    ]
    heads = ["population", "cases", *(name for name, _ in LOOKS)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for population in populations:
        found = coverage(population, samples)
        cells = ["–" if found.get(look) is None else f"{found[look]:.1%}" for _, look in LOOKS]
        lines.append(f"| {' | '.join([population.name, f'{population.cases:,}', *cells])} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    found = table(samples)
    if samples >= SAMPLES:
        text = DOCUMENT.read_text(encoding="utf-8")
        head, _, rest = text.partition(BEGIN)
        DOCUMENT.write_text(head + BEGIN + found + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
