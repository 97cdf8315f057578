"""Takes the committed samples of ``tests/data/conformance`` from the full conformance files.

    python tests/data/make_conformance.py FOLDER_OF_THE_FULL_FILES

A full file holds 20,000 discharges of one version with the groups that they belong to. The sample keeps its
columns. It holds the first case of every outcome (MDC, ADRG and DRG) that the file reaches, a second one if
there is one, and is filled up with the first rows of the file to at least 500. Rows keep their order, so that
the same files always give the same samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

CASES_OF_AN_OUTCOME = 2
FEWEST = 500
OUTCOME = ("expected_mdc", "expected_adrg", "expected_drg")
SAMPLES = Path(__file__).parent / "conformance"


def sample(full: pl.DataFrame) -> pl.DataFrame:
    """The rows of a full file that are committed."""
    place = pl.int_range(pl.len())
    wanted = full.select(place.over(OUTCOME) < CASES_OF_AN_OUTCOME).to_series()
    fill = max(0, FEWEST - int(wanted.sum()))
    filled = (~wanted).cum_sum() <= fill
    return full.filter(wanted | filled)


def main(folder: Path) -> None:
    """Writes the sample of every full file of the folder."""
    SAMPLES.mkdir(exist_ok=True)
    for file in sorted(folder.glob("*.parquet")):
        sample(pl.read_parquet(file)).write_parquet(
            SAMPLES / file.name, compression="zstd", compression_level=19, statistics=False
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
