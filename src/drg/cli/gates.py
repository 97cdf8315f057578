"""Gates: what a result is held to, beside being written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drg.records.findings import ERROR
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.cli.reported import Run


class Gate(NamedTuple):
    """A limit that a result was held to.

    Attributes:
        gate: which: an option without its dashes, or ``cases``.
        limit: the limit.
        value: what was found.
        passed: whether the gate let the result pass.
    """

    gate: str
    limit: str
    value: str
    passed: bool


def gates_of(run: Run) -> list[Gate]:
    """The gates that a run is held to; those that it fails are told."""
    gates = [*_cases(run), *_grouped(run), *_errors(run)]
    for gate in gates:
        if gate.passed:
            continue
        if gate.gate == "cases":
            run.tell(Sentence("Gate failed: there are no cases. If that is right: --expect-cases 0"))
        else:
            run.tell(
                Sentence(
                    "Gate failed: --{gate} {limit}, but it is {value}",
                    gate=gate.gate,
                    limit=gate.limit,
                    value=gate.value,
                )
            )
    return gates


def _cases(run: Run) -> list[Gate]:
    if run.cases is None:
        return []
    value, expected = str(run.cases), run.asked.expect_cases
    if expected is None:
        return [Gate("cases", "1", value, run.cases > 0)]
    return [Gate("expect-cases", str(expected), value, run.cases == expected)]


def _grouped(run: Run) -> list[Gate]:
    least = run.asked.min_grouped
    if least is None:
        return []
    shares = [
        result.statuses.get("grouped", 0) / cases
        for result in run.results
        if result.statuses and (cases := sum(result.statuses.values()))
    ]
    lowest = min(shares, default=1.0)
    return [Gate("min-grouped", str(least), f"{lowest:.6g}", lowest >= least)]


def _errors(run: Run) -> list[Gate]:
    most = run.asked.max_errors
    if most is None:
        return []
    errors = sum(count for (_, severity), count in run.findings.items() if severity == ERROR)
    return [Gate("max-errors", str(most), str(errors), errors <= most)]
