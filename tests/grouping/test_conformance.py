"""Every version gives the groups that the published facts give.

``tests/data/conformance`` holds a sample of each version; ``make_conformance.py`` beside it took them from
the full files, which the long tests use too where they lie beside the repository.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from drg import Grouper
from drg.tables.locate import installed
from tests.helpers import DATA, LEVELS

SAMPLES = DATA / "conformance"
FULL = Path(__file__).resolve().parents[3] / "shared" / "conformance"
SHIPPED = [name for name in installed() if name != "demo"]
SIZE_BUDGET = 6_000_000
EXPECTED = [f"expected_{level}" for level in LEVELS]


@lru_cache(maxsize=1)
def grouper(name: str) -> Grouper:
    return Grouper(name)


def expected(cases: pl.DataFrame) -> pl.DataFrame:
    """The expected groups as grouping writes them: what reaches no ADRG is 0000."""
    nothing = pl.col("expected_adrg").is_null()
    return cases.select(
        "expected_mdc", "expected_adrg", pl.when(nothing).then(pl.lit("0000")).otherwise("expected_drg")
        .alias("expected_drg"),
    )  # fmt: skip


def differences(name: str, cases: pl.DataFrame) -> pl.DataFrame:
    """The cases whose groups are not the expected ones."""
    groups = grouper(name).group(cases.drop(EXPECTED)).select("case_id", *LEVELS)
    both = pl.concat([groups, expected(cases)], how="horizontal")
    wrong = [pl.col(a).ne_missing(pl.col(b)) for a, b in zip(LEVELS, EXPECTED, strict=True)]
    return both.filter(pl.any_horizontal(wrong))


def full_file(name: str) -> pl.DataFrame:
    file = FULL / f"{name}.parquet"
    if not file.is_file():
        pytest.skip("the full conformance files are not beside the repository")
    return pl.read_parquet(file)


def test_every_version_has_a_sample() -> None:
    files = sorted(SAMPLES.glob("*"))
    assert [file.stem for file in files] == SHIPPED
    assert len(SHIPPED) == 30
    assert sum(file.stat().st_size for file in files) < SIZE_BUDGET


@pytest.mark.parametrize("name", SHIPPED)
def test_sample(name: str) -> None:
    cases = pl.read_parquet(SAMPLES / f"{name}.parquet")
    assert cases.height >= 500
    assert cases["case_id"].is_unique().all()
    assert differences(name, cases).rows() == []
    # What the sample covers: most MDCs and DRGs of the version (of Liaocheng 75 %), and no group.
    tables = grouper(name).tables
    for level in ("mdc", "drg"):
        known, reached = set(tables.frames[level][level]), set(cases[f"expected_{level}"]) - {None}
        assert reached <= known
        assert len(reached) > 0.7 * len(known)
    assert cases["expected_adrg"].null_count() >= 1


@pytest.mark.thorough
@pytest.mark.parametrize("name", SHIPPED)
def test_sample_covers_every_outcome_of_the_full_file(name: str) -> None:
    full = full_file(name)
    sample = pl.read_parquet(SAMPLES / f"{name}.parquet")
    counts = (
        full.group_by(EXPECTED)
        .len("full")
        .join(sample.group_by(EXPECTED).len("sample"), on=EXPECTED, how="left", nulls_equal=True)
    )
    few = pl.col("sample").fill_null(0) < pl.min_horizontal("full", 2)
    assert counts.filter(few).rows() == []
    assert sample.join(full, on=full.columns, how="anti", nulls_equal=True).height == 0


@pytest.mark.thorough
@pytest.mark.parametrize("name", SHIPPED)
def test_all_cases(name: str) -> None:
    cases = full_file(name)
    assert cases.height == 20_000
    assert differences(name, cases).rows() == []


def test_a_wrong_group_is_seen() -> None:
    """The comparison can fail: one expected group is altered, one is taken away."""
    cases = pl.read_parquet(SAMPLES / "chs-drg-2.0.parquet").head(20)
    row = pl.int_range(pl.len())
    spoiled = pl.when(row == 3).then(pl.lit("ZZ99")).when(row == 5).then(None).otherwise("expected_drg")
    wrong = cases.with_columns(expected_drg=spoiled)
    assert differences("chs-drg-2.0", cases).height == 0
    assert differences("chs-drg-2.0", wrong)["case_id"].to_list() == cases["case_id"].gather([3, 5]).to_list()
