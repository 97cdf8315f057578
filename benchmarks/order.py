"""Violations of MCC ≥ CC ≥ none in simulated regions: found where planted, and not where there are none.

python benchmarks/order.py                    20 regions of 300,000 cases: two minutes; writes docs/quality.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import polars as pl

from benchmarks.groupers.report import generator
from benchmarks.measuring import ROOT
from drg import Grouper, evaluate, simulate
from drg.analysis.severity import MCC, NONE, ladders_of_version
from drg.analysis.simulation import true_weights

DOCUMENT = ROOT / "docs" / "quality.md"
VERSION = "chs-drg-2.0"
CASES = 300_000
SEEDS = 20
# Of each group of the ADRG whose costs are exchanged: with fewer no test can be sure.
LEAST_CASES = 300
_COST = pl.col("total_cost_yuan").cast(pl.Float64)


class Outcome(NamedTuple):
    """What the test of the order says of one region.

    Attributes:
        tested: pairs of groups that are tested.
        in_order: violations that are reported where the true weights are in order, as they are simulated.
        equal: where the groups of each ladder have the same true weight, the hardest case without one.
        planted: whether one is reported of the ADRG whose costs are exchanged, and of no other; None if
            no ADRG has enough cases.
    """

    tested: int
    in_order: int
    equal: int
    planted: bool | None


def outcome(version: Grouper, cases: int, seed: int) -> Outcome:
    """Simulate a region and look at its order three times."""
    region = version.group_batch(simulate(cases, version, seed=seed))
    region = region.select("drg", "adrg", "grouping_status", "grouper", "total_cost_yuan")
    pairs = _order(region, version)
    weights = dict(true_weights(version, seed).select("drg", "relative_weight").iter_rows())
    equal = {
        drg: weights[next(iter(ladder.levels))] / weights[drg]
        for ladder in ladders_of_version(version.tables)
        for drg in ladder.levels
    }
    exchanged = _exchanged(pairs, seed)
    found = _order(_scaled(region, exchanged), version).filter("violated")
    strange = found.filter(
        ~pl.col("higher_drg").is_in([*exchanged]) & ~pl.col("lower_drg").is_in([*exchanged])
    )
    return Outcome(
        tested=pairs["p_adjusted"].count(),
        in_order=int(pairs["violated"].sum()),
        equal=int(_order(_scaled(region, equal), version)["violated"].sum()),
        planted=found.height > 0 and strange.is_empty() if exchanged else None,
    )


def _order(region: pl.DataFrame, version: Grouper) -> pl.DataFrame:
    return evaluate(region, version).order


def _scaled(region: pl.DataFrame, times: dict[str, float]) -> pl.DataFrame:
    """The costs of some groups, each times its factor."""
    factor = pl.col("drg").replace_strict(times, default=1.0, return_dtype=pl.Float64)
    return region.with_columns(total_cost_yuan=(_COST * factor).round(2).cast(pl.Decimal(18, 2)))


def _exchanged(pairs: pl.DataFrame, seed: int) -> dict[str, float]:
    """The factors that exchange the mean costs of the groups of some ADRG for MCC and without any."""
    tested = pairs.filter(pl.min_horizontal("higher_cases", "lower_cases") >= LEAST_CASES)
    severe = tested.filter(pl.col("higher_level") == MCC)
    mild = tested.filter(pl.col("lower_level") == NONE)
    # Of an ADRG that has one ladder: its groups are neighbours, or both are those of its group for CC.
    both = severe.join(mild, on="adrg", suffix="_mild").filter(
        pl.len().over("adrg") == 1,
        (pl.col("higher_drg") == pl.col("higher_drg_mild"))
        | (pl.col("lower_drg") == pl.col("higher_drg_mild")),
    )
    if both.is_empty():
        return {}
    chosen = both.row(int(np.random.default_rng(seed).integers(both.height)), named=True)
    times = chosen["lower_mean_cost_yuan_mild"] / chosen["higher_mean_cost_yuan"]
    return {chosen["higher_drg"]: times, chosen["lower_drg_mild"]: 1 / times}


def table(cases: int, seeds: int) -> str:
    """In how many regions a violation is reported, as Markdown."""
    version = Grouper(VERSION)
    found = [outcome(version, cases, seed) for seed in range(seeds)]
    of = f"of {seeds}"
    rows = [
        ("none: MCC ≥ CC ≥ none, as simulated", f"{sum(one.in_order > 0 for one in found)} {of}"),
        ("none, but all true weights of an ADRG equal", f"{sum(one.equal > 0 for one in found)} {of}"),
        (
            f"one: the mean costs of the groups of an ADRG with MCC and without exchanged, of at least "
            f"{LEAST_CASES} cases each",
            f"{sum(one.planted is True for one in found)} {of}, of this ADRG and no other",
        ),
    ]
    tested = [one.tested for one in found]
    words = f"{cases:,} cases of {VERSION} each, {min(tested)} to {max(tested)} pairs tested."
    header = ("violations in the region", "regions in which one is reported")
    return f"{generator().table(header, rows)}\n\n{words}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the document up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args(arguments)
    text = DOCUMENT.read_text(encoding="utf-8")
    changed = generator().with_block(text, "order", table(options.cases, options.seeds))
    DOCUMENT.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
