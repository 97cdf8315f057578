"""Weights that must not descend with severity: isotonic regression, exact where it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from scipy.optimize import isotonic_regression


def pooled(values: Sequence[Fraction], counts: Sequence[Fraction]) -> list[Fraction]:
    """The nearest values that do not descend, by least squares weighted with counts.

    Neighbours that descend get their common mean (pool adjacent violators). scipy finds in floats who
    belongs together; the means are then made exactly.

    Args:
        values: in the order in which they must not descend.
        counts: of each value, more than 0.

    Returns:
        As many values; those that were in order are unchanged, so applying it again changes nothing.
    """
    if all(a <= b for a, b in pairwise(values)):
        return list(values)
    found = isotonic_regression([float(v) for v in values], weights=[float(n) for n in counts])
    result: list[Fraction] = []
    for start, end in pairwise(found.blocks.tolist()):
        part = range(start, end)
        mean = sum((values[i] * counts[i] for i in part), Fraction(0)) / sum(counts[i] for i in part)
        result += [mean] * len(part)
    # Of two blocks that are equal as floats, the second may be lower by less than a float can tell.
    return list(accumulate(result, max))
