"""Weights that are there already, for groups that have too few cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from drg.analysis.calibration.groups_of_version import Version
from drg.errors import InputError
from drg.payment.load_scheme import LoadedScheme, as_loaded
from drg.payment.weights import read_weights
from drg.words import Sentence


@dataclass(frozen=True)
class Prior:
    """Weights by group.

    Attributes:
        name: what they are called; None if there are none.
        weights: of groups of the version.
        strange: groups that the version does not have.
        by_level: groups that have weights for single hospital levels only; these are not used.
    """

    name: str | None
    weights: Mapping[str, Decimal]
    strange: tuple[str, ...] = ()
    by_level: tuple[str, ...] = ()


def prior_weights(prior: str | Path | LoadedScheme | Mapping[str, Decimal] | None, version: Version) -> Prior:
    """Read a prior.

    Args:
        prior: the id or directory of a scheme, a loaded one, a ``.csv`` file of weights, or weights by group.
        version: whose groups they must be.

    Raises:
        InputError: if it is for another version, or holds what is no weight.
        UnknownSchemeError, SchemeError: if it cannot be read.
    """
    if prior is None:
        return Prior(None, {})
    if isinstance(prior, Mapping):
        name, weights, levels = "the given weights", dict(prior), set()
    else:
        if isinstance(prior, str | Path) and str(prior).lower().endswith(".csv"):
            name, table = Path(prior).name, read_weights(Path(prior))
        else:
            scheme = as_loaded(prior)
            name, table = scheme.scheme.id, scheme.weights
            if scheme.scheme.grouper != version.id:
                problem = Sentence(
                    "the prior {name} is for {grouper}, the cases are of {id}",
                    name=name,
                    grouper=scheme.scheme.grouper,
                    id=version.id,
                )
                raise InputError(problem, fix=Sentence("Give weights for the groups of that version"))
        weights = {drg: weight.relative_weight for (drg, level), weight in table.items() if level is None}
        levels = {drg for drg, _ in table} - set(weights)
    for drg, weight in weights.items():
        if not (isinstance(weight, Decimal) and weight.is_finite() and weight > 0):
            problem = Sentence("the prior weight of {drg} is {weight!r}", drg=drg, weight=weight)
            raise InputError(problem, fix=Sentence("Give positive decimals"))
    known = set(version.drgs)
    return Prior(
        name,
        {drg: weight for drg, weight in weights.items() if drg in known},
        tuple(sorted(set(weights) - known)),
        tuple(sorted(levels & known)),
    )
