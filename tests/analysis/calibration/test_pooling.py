from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drg.analysis.calibration.pooling import pooled
from tests.analysis.calibration.reference import isotonic

VALUES = st.lists(
    st.tuples(
        st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=10**9),
        st.fractions(min_value=1, max_value=10**6, max_denominator=100),
    ),
    min_size=1,
    max_size=6,
)


@given(VALUES)
@example([(Fraction(1) + Fraction(1, 10**25), Fraction(1)), (Fraction(1), Fraction(1))])
def test_never_descends_keeps_the_total_and_is_idempotent(cases: list[tuple[Fraction, Fraction]]) -> None:
    values, counts = map(list, zip(*cases, strict=True))
    result = pooled(values, counts)
    assert all(a <= b for a, b in pairwise(result))
    assert pooled(result, counts) == result
    total = sum(v * n for v, n in cases)
    assert float(sum(v * n for v, n in zip(result, counts, strict=True)) / total) == pytest.approx(1)


@given(VALUES)
def test_agrees_with_the_max_min_formula(cases: list[tuple[Fraction, Fraction]]) -> None:
    values, counts = zip(*cases, strict=True)
    expected = isotonic([float(v) for v in values], [float(n) for n in counts])
    assert [float(v) for v in pooled(values, counts)] == pytest.approx(expected, rel=1e-9)


def test_means_are_exact() -> None:
    values = [Fraction(3, 7), Fraction(1, 3), Fraction(2)]
    mean = (Fraction(3, 7) * 2 + Fraction(1, 3)) / 3
    assert pooled(values, [Fraction(2), Fraction(1), Fraction(5)]) == [mean, mean, Fraction(2)]


def test_what_is_in_order_stays() -> None:
    values = [Fraction(1), Fraction(1), Fraction(2)]
    assert pooled(values, [Fraction(1)] * 3) == values
