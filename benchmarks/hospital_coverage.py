"""How often intervals of hospitals hold the truth, and how often hospitals are named; see docs/quality.md.

    python benchmarks/hospital_coverage.py         2,000 hospitals each; writes the table of docs/quality.md
    python benchmarks/hospital_coverage.py 200     fewer, and only shows it

Costs are log-normal (standard deviation of the log 0.6) in eight groups. A hospital costs a factor of what
the others do, which is log-normal too.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from drg.analysis.quality.gather import Gathered
from drg.analysis.quality.profiles import hospital_profiles

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "quality.md"
BEGIN, END = "<!-- hospitals: begin -->\n", "<!-- hospitals: end -->"
HOSPITALS: Final = 2_000
LEVEL: Final = 0.95
_GROUPS: Final = 8
_HEAD: Final = (
    *("hospitals", "cases of each", "true spread of the log"),
    *("index", "shrunken index", "rank", "p < 0.05", "files that name a hospital"),
)


def drawn(random: np.random.Generator, factors: npt.NDArray[np.float64], cases: int) -> Gathered:
    """Cases of hospitals, of which each costs its factor."""
    count = len(factors) * cases
    group = np.sort(random.integers(0, _GROUPS, count))
    hospital = random.integers(0, len(factors), count)
    cost = random.lognormal(13 + group / 5, 0.6) * factors[hospital]
    nothing = np.full(count, -1)
    return Gathered(
        drgs=[f"AA{number}9" for number in range(_GROUPS)],
        adrgs=[None] * _GROUPS,
        names=[""] * _GROUPS,
        hospitals=[f"H{number:03}" for number in range(len(factors))],
        versions=[],
        columns=frozenset(),
        group=group,
        cost=cost.astype(np.int64),
        los=nothing,
        hospital=hospital,
        standard=nothing,
        weight=nothing,
    )


def measured(hospitals: int, cases: int, spread: float, least: int) -> list[str]:
    """One row of the table, from so many files that there are at least ``least`` hospitals."""
    random = np.random.default_rng(1)
    rows, files, naming = [], 0, 0
    while files * hospitals < least:
        factors = random.lognormal(0, spread, hospitals) if spread else np.ones(hospitals)
        of_hospitals = hospital_profiles(drawn(random, factors, cases), min_cases=2, level=LEVEL, seed=files)
        found = of_hospitals[0].filter(value="cost").sort("hospital_id")
        rows.append(found.with_columns(truth=factors / factors.mean(), true_rank=stats.rankdata(-factors)))
        files, naming = files + 1, naming + int(found["differs"].any())
    every = pl.concat(rows)
    held = (
        every.select(
            pl.col(truth).is_between(f"{name}_low", f"{name}_high").mean().alias(name)
            for name, truth in (("index", "truth"), ("shrunken_index", "truth"), ("rank", "true_rank"))
        )
        .with_columns(every.select((pl.col("p") < 1 - LEVEL).mean()))
        .row(0)
    )
    shares = [f"{share:.1%}" for share in (*held, naming / files)]
    return [str(hospitals), str(cases), f"{spread:.0%}", *shares]


def table(least: int) -> str:
    """The table in Markdown."""
    rows = [measured(*setting, least) for setting in product((10, 30, 100), (40, 400), (0.0, 0.05, 0.2))]
    lines = [_HEAD, ["---:"] * len(_HEAD), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the table into the document; with a number of hospitals, only show it."""
    if len(sys.argv) > 1:
        sys.stdout.write(table(int(sys.argv[1])))
        return
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}{table(HOSPITALS)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
