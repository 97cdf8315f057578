"""What a caller gives → what calibration works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from drg.analysis.calibration.calibration_cases import grouper_ids
from drg.analysis.calibration.estimate import SCALES
from drg.analysis.calibration.groups_of_version import Version, version_of
from drg.errors import InputError
from drg.grouping import Grouper
from drg.tables import GrouperTables
from drg.words import Joined, Sentence

# A weight table takes at most eight decimals.
_MOST_DECIMALS: Final = 8

Amount = Decimal | int | str


def named_frames(frames: Any) -> dict[str, Any]:
    """The frames by what their periods are called.

    Raises:
        InputError: if there is none.
    """
    if isinstance(frames, Mapping):
        named = {str(label): frame for label, frame in frames.items()}
    elif isinstance(frames, list | tuple):
        named = {f"period {number}": frame for number, frame in enumerate(frames, start=1)}
    else:
        named = {"data": frames}
    if not named:
        problem = Sentence("there are no cases")
        raise InputError(problem, fix=Sentence("Give grouped cases of at least one period"))
    return named


def exact_weights(given: Sequence[Amount] | None, count: int) -> list[Fraction]:
    """The weight of each period.

    Raises:
        InputError: if there are more or fewer than periods, or one is not positive.
    """
    if given is None:
        return [Fraction(1)] * count
    if len(given) != count:
        problem = Sentence(
            "the number of weights is {weights}, that of the periods is {periods}",
            weights=len(given),
            periods=count,
        )
        raise InputError(problem, fix=Sentence("Give each period one weight"))
    weights = [Fraction(amount(weight, Sentence("weight of a period"))) for weight in given]
    if any(weight <= 0 for weight in weights):
        problem = Sentence("a period has a weight of 0")
        raise InputError(problem, fix=Sentence("Leave it out, or give it a positive weight"))
    return weights


def check_numbers(min_cases: int, decimals: int) -> None:
    """Whether these numbers make sense.

    Raises:
        InputError: if one does not.
    """
    if min_cases < 1:
        problem = Sentence("{min_cases} is no number of least cases", min_cases=min_cases)
        raise InputError(problem, fix=Sentence("Give 1 or more"))
    if not 1 <= decimals <= _MOST_DECIMALS:
        problem = Sentence("{decimals} decimals are not possible", decimals=decimals)
        raise InputError(problem, fix=Sentence("Give 1 to {most}", most=_MOST_DECIMALS))


def check_scale(scale: str) -> None:
    """Whether this is a scale.

    Raises:
        InputError: if it is none.
    """
    if scale not in SCALES:
        problem = Sentence("there is no scale {scale!r}", scale=scale)
        raise InputError(problem, fix=Sentence("Give one of {names}", names=Joined(", ", SCALES)))


def amount(value: Amount, what: str) -> Decimal:
    """A number that is not negative, as a decimal.

    Raises:
        InputError: if it is none.
    """
    try:
        found = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        problem = Sentence("the {what} {value!r} is no amount", what=what, value=str(value))
        raise InputError(problem, fix=Sentence("Give a positive number such as 1.5"))
    return found


def budgets(budget: Amount | Mapping[str, Amount] | None) -> dict[str | None, Decimal]:
    """Budgets in yuan by insurance; None stands for all.

    Raises:
        InputError: if one is no amount, or 0.
    """
    if budget is None:
        return {}
    given = budget if isinstance(budget, Mapping) else {None: budget}
    amounts = {insurance: amount(yuan, Sentence("budget")) for insurance, yuan in given.items()}
    for insurance, yuan in amounts.items():
        if yuan == 0:
            problem = Sentence("the budget is 0, and nothing can be divided")
            if insurance is not None:
                problem = Sentence(
                    "the budget of insurance {insurance} is 0, and nothing can be divided",
                    insurance=insurance,
                )
            fix = Sentence("Give more than 0, in yuan; leave the budget out to keep the rates")
            raise InputError(problem, fix=fix)
    return amounts


def version_of_cases(
    named: Mapping[str, Any], grouper: str | Path | GrouperTables | Grouper | None
) -> Version:
    """The version of all frames.

    Raises:
        InputError: if they name several, another one than is given, or none.
    """
    ids = {label: grouper_ids(frame, label) for label, frame in named.items()}
    all_ids = set().union(*ids.values())
    if len(all_ids) > 1:
        shown = Joined(
            "; ", (f"{label}: {', '.join(sorted(found))}" for label, found in ids.items() if found)
        )
        problem = Sentence("the cases were grouped by different versions ({versions})", versions=shown)
        raise InputError(
            problem, field="grouper", fix=Sentence("Group them all by one version: drg group … --grouper ID")
        )
    if grouper is None and not all_ids:
        fix = Sentence("Name the version by which they were grouped: --grouper ID")
        raise InputError(Sentence("no case says by which version it was grouped"), field="grouper", fix=fix)
    version = version_of(all_ids.pop() if grouper is None else grouper)
    if all_ids and version.id not in all_ids:
        problem = Sentence(
            "the cases were grouped by {versions}, not by {id}", versions=Joined(", ", all_ids), id=version.id
        )
        raise InputError(
            problem, field="grouper", fix=Sentence("Name that version, or group the cases once more")
        )
    return version
