"""How like a real region simulated ones are: writes the table of docs/simulation.md.

python benchmarks/realism.py                  300,000 cases of each version: half a minute
python benchmarks/realism.py --cases 1000000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import polars as pl

import drg
from benchmarks.groupers.report import generator
from benchmarks.measuring import ROOT
from drg.analysis.simulation.realism import realism
from drg.report.simulation import of_range, shown

DOCUMENT = ROOT / "docs" / "simulation.md"
VERSIONS = ("chs-drg-2.0", "chongqing-2025")
SEED = 1


def figures(version: str, cases: int) -> pl.DataFrame:
    """The figures of a simulated region."""
    return realism(drg.group(drg.simulate(cases, version, seed=SEED), version))


def table(cases: int) -> str:
    """Each figure of each version beside what is known of real regions, as Markdown."""
    found = {version: figures(version, cases) for version in VERSIONS}
    known, *_ = found.values()
    rows = [
        (
            row["meaning"],
            of_range(row["figure"], row["low"], row["high"]),
            row["status"],
            *(shown(row["figure"], one["value"][place]) for one in found.values()),
            row["source"],
        )
        for place, row in enumerate(known.iter_rows(named=True))
    ]
    header = ("figure", "known of real regions", "status", *VERSIONS, "source")
    words = f"{cases:,} cases, seed {SEED}."
    return f"{generator().table(header, rows)}\n\n{words}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the document up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--cases", type=int, default=300_000)
    options = parser.parse_args(arguments)
    text = DOCUMENT.read_text(encoding="utf-8")
    changed = generator().with_block(text, "realism", table(options.cases))
    DOCUMENT.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main()
