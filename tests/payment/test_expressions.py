"""Formulas written once: exact for one account, the same for columns, and what is left of them."""

from __future__ import annotations

import ast
import random
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given

from drg.payment.expressions import (
    WIDE,
    Quotient,
    Rounding,
    as_decimal,
    evaluate,
    exact,
    names,
    over_columns,
    parse,
    resolve,
)
from tests.payment.strategies import randoms

ROUNDINGS = [Rounding(unit, down=down) for unit in (1, 100) for down in (False, True)]


def random_formula(rng: random.Random, depth: int = 4) -> str:
    if depth == 0:
        return rng.choice(["a", "b", "c", "0", "7"])
    left, right = random_formula(rng, depth - 1), random_formula(rng, depth - 1)
    return rng.choice(
        [
            f"({left} + {right})",
            f"({left} - {right})",
            f"max({left}, {right})",
            f"min({left}, {right})",
            f"round({left} * share)",
            f"half_up({left} * share / 3)",
            f"cut({left} / 7)",
            f"({left} if {right} > b else c)",
            f"({left} if {right} >= {left} and not a > c else -{right})",
        ]
    )


@given(randoms())
def test_columns_and_fractions_agree(rng: random.Random) -> None:
    rounding = rng.choice(ROUNDINGS)
    share = Fraction(rng.randint(0, 10**4), 10**4)
    tree = parse(f"round({random_formula(rng)})")
    rows = [{name: rng.randint(-(10**9), 10**9) for name in "abc"} for _ in range(5)]

    def of_columns(name: str) -> Quotient | Fraction:
        return share if name == "share" else Quotient(pl.col(name).cast(WIDE))

    value = Quotient.of(evaluate(tree, of_columns, over_columns(rounding))).units(1)
    found = pl.DataFrame(rows).select(value.alias("x"))["x"].to_list()
    functions = exact(rounding, Fraction(1))

    def of_row(row: dict[str, int]) -> Fraction:
        return evaluate(tree, lambda name: share if name == "share" else Fraction(row[name]), functions)

    wanted = [of_row(row) for row in rows]
    assert found * (5 // len(found)) == wanted


@pytest.mark.parametrize(
    ("rounding", "amount"),
    [(ROUNDINGS[0], "0.13"), (ROUNDINGS[1], "0.12"), (ROUNDINGS[2], "0"), (ROUNDINGS[3], "0")],
)
def test_shares_are_rounded_as_the_scheme_says(rounding: Rounding, amount: str) -> None:
    found = evaluate(parse("round(a / 2)"), lambda _: Fraction(1, 4), exact(rounding))
    assert found == Fraction(amount)


def test_a_ratio_has_eight_decimals_and_needs_something_to_divide_by() -> None:
    frame = pl.DataFrame({"a": [2, 1, 1], "b": [3, 0, -1]})
    value = evaluate(
        parse("ratio(a, b)"), lambda name: Quotient(pl.col(name).cast(WIDE)), over_columns(Rounding())
    )
    assert frame.select(value.units(10**8)).to_series().to_list() == [66_666_667, None, None]


@pytest.mark.parametrize("text", ["a ** 2", "open(a)", "a.b", "0.5 * a", "'a'", "a[0]", "a < b"])
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no formula can have"):
        parse(text)


def test_a_figure_that_need_not_be_whole_has_to_be_rounded() -> None:
    third = evaluate(parse("a / 3"), lambda _: Quotient(pl.col("a")), over_columns(Rounding()))
    with pytest.raises(ValueError, match="has to say how it is rounded"):
        third.units(1)


@pytest.mark.parametrize(
    ("text", "known", "left"),
    [
        ("a + b - c", {"b": 0}, "a - c"),
        ("b - a", {"b": 0}, "-a"),
        ("a * (b - 1)", {"b": 0}, "a * -1"),
        ("round(a * b)", {"b": 0}, "0"),
        ("round(a * b)", {"b": Decimal(0)}, "round(a * Decimal('0'))"),
        ("a * b", {"b": 1}, "a"),
        ("a if yes and b > 0 else c", {"yes": False}, "c"),
        ("a if yes or b > 0 else c", {"yes": True}, "a"),
        ("a if b > 0 else c", {"b": Decimal(2)}, "a"),
        ("a if not yes else c", {"yes": True}, "c"),
    ],
)
def test_what_is_left(text: str, known: dict[str, object], left: str) -> None:
    assert ast.unparse(resolve(parse(text), known)) == left


def test_names_come_in_order() -> None:
    assert names(parse("b + max(a, c if d > 0 else b)")) == ["b", "a", "d", "c"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(5), "5.00"),
        (Fraction(12345678901234567890, 100), "123456789012345678.90"),
        (Fraction(1, 10**16) + 10**14, "100000000000000.0000000000000001"),
        (Fraction(1, 3), "0.3333333333333333"),
        (Fraction(-5, 1000), "-0.005"),
    ],
)
def test_fractions_as_decimals(value: Fraction, text: str) -> None:
    assert as_decimal(value) == Decimal(text)
    assert str(as_decimal(value)) == text
