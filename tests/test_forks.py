"""A process that was forked computes, or says at once that it cannot."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import multiprocessing
import warnings
import polars as pl
import drg
warnings.simplefilter("ignore")
def drgs():
    return len(drg.group([{"principal_diagnosis": "D10.001", "sex": 1}], "demo"))
def simulated():
    return drg.simulate(5, "demo").height
def found(work):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        try:
            return pool.apply_async(work).get(60)
        except drg.DrgError as error:
            return str(error)
print(found(drgs))
pl.LazyFrame({"a": [1, 2]}).select(pl.col("a").sum()).collect()
print(found(drgs))
print(found(simulated))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_forked_before_it_computes_and_after_it_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=True
    )
    before, *after = done.stdout.splitlines()
    assert before == "1"
    assert len(after) == 2
    for said in after:
        assert said.endswith('and would hang. Start it anew: multiprocessing.get_context("spawn").')
