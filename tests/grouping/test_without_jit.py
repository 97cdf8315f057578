"""The kernel as plain Python gives the same groups.

Compiled code does not check its indexes: what lies outside of an array is read all the same. Plain Python and
numpy raise, so this run shows that no index is out of range.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from drg import Grouper
from tests.helpers import DATA, DEMO_CASES, demo_case, demo_frame

# Overflow is meant in one place, the position of a bit; any other warning ends the run.
SCRIPT = """
import sys
import threading
import warnings

import numba
import numpy as np
import polars as pl

import drg
from drg.grouping import arrays, kernels

warnings.simplefilter("error")
warnings.filterwarnings("ignore", "overflow encountered in scalar (multiply|negative)", RuntimeWarning)
assert numba.config.DISABLE_JIT
assert type(kernels.group_cases).__name__ == "function"


class Checked(np.ndarray):
    '''An array that refuses negative indexes, which would read from its end.'''

    def __getitem__(self, at):
        for index in at if isinstance(at, tuple) else (at,):
            assert not np.isscalar(index) or index >= 0, f"index {at} of {self.shape}"
        return super().__getitem__(at)


def checked(arrays):
    return type(arrays)(*(array.view(Checked) for array in arrays))


plain = kernels.group_cases


def group_cases(program, cases, groups):
    # Where coverage is measured, it follows the threads of Python; this one may be one of polars.
    sys.settrace(threading.gettrace())
    return plain(checked(program), checked(cases), groups)


arrays.group_cases = group_cases

grouper, source, target = sys.argv[1:]
drg.group(pl.read_parquet(source), grouper).write_parquet(target)
"""

ODD_CASES = [
    demo_case(None),
    demo_case("X99.999", principal_procedure="?", other_diagnoses=["?", "", None], other_procedures=["?"]),
    demo_case("D10.001", sex=7),
    demo_case("D20.100", age_years=None, icu_hours=None, disposition=None, other_diagnoses=None),
    demo_case(
        "D13.000x001", other_procedures=["01.1000", "01.2000", "01.2000"], principal_procedure="01.1000"
    ),
]


@pytest.mark.parametrize("grouper", ["demo", "chs-drg-2.0", "yinchuan-2023"])
def test_plain_python_gives_the_same(grouper: str, tmp_path: Path) -> None:
    if grouper == "demo":
        cases = demo_frame(DEMO_CASES + ODD_CASES)
    else:
        cases = pl.read_parquet(DATA / "conformance" / f"{grouper}.parquet").gather_every(9)
    source, target = tmp_path / "cases.parquet", tmp_path / "groups.parquet"
    cases.write_parquet(source)
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", SCRIPT, grouper, str(source), str(target)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    assert_frame_equal(pl.read_parquet(target), Grouper(grouper).group(cases))
