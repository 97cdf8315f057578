"""What docs/simulation.md says is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from drg.analysis.simulation import costs, readmissions
from drg.cli.simulate import simulate

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "simulation.md").read_text(encoding="utf-8")


def test_snippet_works() -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert names["grouped"].height == names["discharges"].height == 10_000
    assert names["truth"].columns == ["drg", "relative_weight", "cv", "weight_source"]


def test_every_option_is_named() -> None:
    options = {
        option for parameter in simulate.params for option in parameter.opts if option.startswith("--")
    }
    of_every_command = {"--output", "--bom", "--lang", "--quiet", "--json", "--log", "--expect-cases"}
    assert [option for option in options - of_every_command if f"`{option}" not in DOCUMENT] == []


def test_courses_are_as_told() -> None:
    for share, mean, cv in costs.COURSES.values():
        for scale, (low, high) in ((100, share), (1, mean), (1, cv)):
            assert f"{scale * low:g}–{scale * high:g}" in DOCUMENT
    median, spread, low, high = costs.USUAL_CV
    assert f"median {median:g}, log-SD {spread:g}, from {low:g} to {high:g}" in DOCUMENT


def test_returns_are_as_told() -> None:
    for returns in readmissions.SAME_ILLNESS.values():
        low, high = returns.days
        assert f"| {100 * returns.share:g} % | {low}–{high} |" in DOCUMENT
