"""Input of the benchmarks: the committed conformance samples, resampled with a seed to any size.

pytest benchmarks                                        as tests: tiny, once, nothing timed
pytest benchmarks --benchmark-enable --benchmark-only    timed, a million cases

DRG_BENCH_CASES     how many cases; with 10000000 the command groups ten million, the rest one million
DRG_BENCH_VERSIONS  ids joined by commas, or all
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "data" / "conformance"
# Two national versions, the one with most groups and the one that differs most from its base.
VERSIONS = ("chs-drg-1.1", "chs-drg-2.0", "chs-drg-3.0", "guangxi-2022", "yinchuan-2023")
# As tests: few cases of the newest national version and of one that differs.
SMOKE = ("chs-drg-3.0", "yinchuan-2023")
TINY = 1_000
MILLION = 1_000_000
SEED = 20_240_723


class Sample(NamedTuple):
    """Discharges of one version, and where they belong."""

    discharges: pl.DataFrame
    expected: pl.DataFrame


def resampled(version: str, cases: int) -> Sample:
    """So many discharges, drawn with replacement from the committed sample of a version."""
    drawn = pl.read_parquet(SAMPLES / f"{version}.parquet").sample(cases, with_replacement=True, seed=SEED)
    expected = drawn.select(level for level in drawn.columns if level.startswith("expected_"))
    return Sample(drawn.drop(expected.columns).with_columns(case_id=pl.int_range(pl.len())), expected)


def crossed(version: str, cases: int) -> pl.DataFrame:
    """So many discharges of varied codes: diagnoses and procedures of a row come from different cases."""
    sample = pl.read_parquet(SAMPLES / f"{version}.parquet").select(pl.exclude("^expected_.*$"))
    parts = (["other_diagnoses"], ["principal_procedure"], ["other_procedures"])
    rest = [name for name in sample.columns if [name] not in parts]
    drawn = [
        sample.select(part).sample(cases, with_replacement=True, seed=SEED + number)
        for number, part in enumerate((rest, *parts))
    ]
    return pl.concat(drawn, how="horizontal").with_columns(case_id=pl.int_range(pl.len()))


def check(grouped: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Every case is where it belongs."""
    levels = {f"expected_{name}": pl.col(name) for name in ("mdc", "adrg", "drg")}
    assert_frame_equal(grouped.select(**levels).with_columns(pl.all().replace("0000", None)), expected)


def record(benchmark: Any, cases: int, **more: float | None) -> None:
    """Note what was found beside the seconds; the median of the rounds counts."""
    if benchmark.stats is not None:
        benchmark.extra_info |= {"cases": cases, "cases_per_second": cases / benchmark.stats.stats.median}
        benchmark.extra_info |= more


def most_cases(config: pytest.Config) -> int:
    """The size of the largest input."""
    default = MILLION if config.getoption("benchmark_enable") else TINY
    return int(os.environ.get("DRG_BENCH_CASES") or default)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    most = most_cases(metafunc.config)
    if "version" in metafunc.fixturenames:
        usual = VERSIONS if metafunc.config.getoption("benchmark_enable") else SMOKE
        text = os.environ.get("DRG_BENCH_VERSIONS") or ",".join(usual)
        known = sorted(file.stem for file in SAMPLES.glob("*.parquet"))
        metafunc.parametrize("version", known if text == "all" else text.split(","), scope="module")
    if "size" in metafunc.fixturenames:
        timed = metafunc.config.getoption("benchmark_enable")
        metafunc.parametrize("size", sorted({10, min(most, MILLION), most}) if timed else [most])


@pytest.fixture(scope="session")
def cases(pytestconfig: pytest.Config) -> int:
    return min(most_cases(pytestconfig), MILLION)


@pytest.fixture(scope="session")
def rounds(cases: int) -> int:
    return 5 if cases > TINY else 1


@pytest.fixture(scope="module")
def sample(version: str, cases: int) -> Sample:
    return resampled(version, cases)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards; pytest keeps its own ones, and these files are large."""
    with tempfile.TemporaryDirectory(prefix="drg-bench-") as directory:
        yield Path(directory)
