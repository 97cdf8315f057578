"""One simulated year for all tests of the room."""

from __future__ import annotations

from typing import Final

import polars as pl
import pytest

import drg

VERSION: Final = "chs-drg-2.0"
CASES: Final = 40_000


@pytest.fixture(scope="session")
def cases() -> pl.DataFrame:
    return drg.simulate(CASES, VERSION, seed=3)


@pytest.fixture(scope="session")
def grouped(cases: pl.DataFrame) -> pl.DataFrame:
    return drg.group(cases, VERSION)
