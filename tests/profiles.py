"""How much the tests try: every test of random cases takes its number from the profile that is in force.

pytest                                  quick: the same few cases each time, within minutes
pytest --hypothesis-profile ci          a part of what thorough tries, the same each time; .ci/run does this
                                        for what draws random cases: -m "hypothesis or random or thorough"
pytest --hypothesis-profile thorough    many cases, others each time, and the tests marked ``thorough``
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

QUICK = "quick"
EXAMPLES = {QUICK: 8, "ci": 100, "thorough": 500}


def register() -> None:
    """Make the profiles known, and begin with the quick one."""
    for name, examples in EXAMPLES.items():
        settings.register_profile(
            name,
            max_examples=examples,
            derandomize=name != "thorough",
            # How long a case takes says more about what else the machine does.
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
    settings.load_profile(QUICK)


def share(part: float, least: int = 1, *, thorough: float | None = None) -> int:
    """So many times what the profile tries, for tests whose cases are dear or cheap.

    Args:
        part: of what the profile tries.
        least: try so many in any profile.
        thorough: the part in the thorough profile, if it is another.
    """
    now = settings.default
    assert now is not None
    if thorough is not None and now.max_examples == EXAMPLES["thorough"]:
        part = thorough
    return max(round(now.max_examples * part), least)


def tries(part: float, *, shrink: bool = True, **more: Any) -> settings:
    """Settings for a property whose cases are dear or cheap.

    Args:
        part: of what the profile tries.
        shrink: whether a smaller case is sought that fails too; with long cases that takes minutes.
        more: what else hypothesis is to know.
    """
    if not shrink:
        more["phases"] = [Phase.explicit, Phase.reuse, Phase.generate]
    return settings(max_examples=share(part), **more)


def quick_first(values: Iterable[Any], quick: int = 1) -> list[Any]:
    """Parameters of a test of which the quick profile takes the first few; the others are ``thorough``."""
    return [
        value
        if place < quick
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.thorough)
        for place, value in enumerate(values)
    ]
