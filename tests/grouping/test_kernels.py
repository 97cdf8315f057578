"""The grouping kernel as it stands and compiled, and which of the two is used."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import Grouper
from drg.grouping import jit
from drg.grouping.case_arrays import encode
from drg.grouping.kernels import Groups, group_cases
from drg.records.cases import Cases
from drg.records.codebook import KINDS
from tests.helpers import DATA, DEMO_CASES, demo_case, demo_frame, grouper_tables
from tests.kernels import same_both_ways
from tests.strategies import frames, tables

ODD_CASES = [
    demo_case(None),
    demo_case("X99.999", principal_procedure="?", other_diagnoses=["?", "", None], other_procedures=["?"]),
    demo_case("D10.001", sex=7),
    demo_case("D20.100", age_years=None, icu_hours=None, disposition=None, other_diagnoses=None),
    demo_case(
        "D13.000x001", other_procedures=["01.1000", "01.2000", "01.2000"], principal_procedure="01.1000"
    ),
]


def check(grouper: Grouper, frame: pl.DataFrame) -> None:
    cases = Cases.of(frame)
    typed = cases.read(cases.rows.collect(), dict.fromkeys((*grouper.required_columns, *KINDS)))
    encoded = encode(typed, grouper.program)
    n = frame.height
    nothing = Groups(
        adrg=np.full(n, 9, dtype=np.int32),
        drg=np.full(n, 9, dtype=np.int32),
        complications=np.full(n, 9, dtype=np.uint8),
        missing=np.full(n, 9, dtype=np.uint32),
        mdc=np.full(n, 9, dtype=np.int16),
    )
    same_both_ways(group_cases, grouper.program.arrays, encoded.cases, nothing)


@pytest.mark.parametrize("version", ["demo", "chs-drg-1.1", "chs-drg-2.0", "yinchuan-2023"])
def test_shipped_versions(version: str) -> None:
    if version == "demo":
        check(Grouper(version), demo_frame(DEMO_CASES + ODD_CASES))
    else:
        check(Grouper(version), pl.read_parquet(DATA / "conformance" / f"{version}.parquet"))


@given(st.data())
def test_random_versions(data: st.DataObject) -> None:
    version = data.draw(tables())
    _, frame = data.draw(frames(version))
    check(Grouper(grouper_tables(version)), frame)


def test_rows_decide_which_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(x: int) -> int:
        return x + 1

    kept = False
    monkeypatch.setattr(jit, "_is_kept", lambda _: kept)
    jit.kernel(load_from=10, compile_from=100)(small)
    assert jit.suited(small, 9) is small
    # What was done before counts, or a file in many batches would never be compiled.
    assert jit.suited(small, 90) is small
    kept = True
    fast = jit.suited(small, 1)
    assert fast is not small
    assert jit.suited(small, 1) is fast
    assert fast(1) == 2
