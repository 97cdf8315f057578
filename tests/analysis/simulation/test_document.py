"""What docs/simulation.md says is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from drg.analysis.simulation import costs, planting, readmissions
from drg.cli.simulate import simulate

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "simulation.md").read_text(encoding="utf-8")


def test_snippets_work_in_turn() -> None:
    names: dict[str, Any] = {}
    for snippet in re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE):
        exec(snippet, names)
    assert names["grouped"].height == names["discharges"].height == 10_000
    assert names["truth"].columns == ["drg", "relative_weight", "cv", "weight_source"]
    assert names["planted"].labels.height > 100


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


def test_every_kind_of_error_is_told() -> None:
    for kind in planting.KINDS:
        assert f"| `{kind}` |" in DOCUMENT
        assert kind.replace("_", "-") in next(p for p in simulate.params if p.name == "plantings").help
    assert f"up to {planting._LONGEST_GAP_DAYS} days apart" in DOCUMENT
