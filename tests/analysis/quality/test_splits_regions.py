"""The order MCC ≥ CC ≥ none in whole simulated regions, whose true weights are known."""

from __future__ import annotations

import pytest
from benchmarks.order import outcome

from drg import Grouper
from tests.profiles import share

# Of 20 regions without a violation at most so many may report one.
MOST = 3 / 20


@pytest.mark.random
def test_violations_are_found_where_planted_and_nowhere_else() -> None:
    version = Grouper("demo")
    found = [outcome(version, 60_000, seed) for seed in range(share(0.25))]
    assert all(one.tested for one in found)
    # With a handful of pairs a region may have too few cases to be sure, but most have not.
    planted = [one.planted for one in found if one.planted is not None]
    assert sum(planted) > len(planted) / 2
    # Of a few regions one may report a violation by chance.
    assert sum(one.in_order > 0 for one in found) <= max(1, MOST * len(found))
    assert sum(one.equal > 0 for one in found) <= max(1, MOST * len(found))


@pytest.mark.thorough
def test_so_it_is_in_a_national_version() -> None:
    version = Grouper("chs-drg-2.0")
    found = [outcome(version, 100_000, seed) for seed in range(20)]
    assert min(one.tested for one in found) > 80
    assert sum(one.in_order > 0 for one in found) <= MOST * len(found)
    assert sum(one.equal > 0 for one in found) <= MOST * len(found)
    assert sum(one.planted is True for one in found) >= 18
