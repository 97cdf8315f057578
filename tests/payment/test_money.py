from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import InputError
from drg.payment.money import NOT_GIVEN, UNUSABLE, YUAN, yuan
from drg.payment.money import fen as fen_of
from drg.records.cases import Cases

D = Decimal


def fen(series: pl.Series) -> np.ndarray:
    """Amounts as pricing has them after the gate."""
    frame = pl.DataFrame([series.alias("total_cost_yuan")])
    return fen_of(Cases.of(frame).read(frame, ["total_cost_yuan"]), "total_cost_yuan")


HIGHEST = 10**17


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.34", 1234),
        (" 12.34 ", 1234),
        ("12", 1200),
        ("+5", 500),
        (".5", 50),
        ("1e3", 100_000),
        ("0", 0),
        ("1.004999", 100),
        ("1.005", 101),
        ("1.015", 102),
        ("2.675", 268),
        ("100000000.00", 10**10),
        ("", NOT_GIVEN),
        ("  ", NOT_GIVEN),
        (None, NOT_GIVEN),
        ("-0.01", UNUSABLE),
        ("-0.001", 0),
        ("-0.005", UNUSABLE),
        ("abc", UNUSABLE),
        ("1,5", UNUSABLE),
        ("12 元", 1200),
        ("12,345.60", 1_234_560),
        ("１２，３４５．６０", 1_234_560),
        ("¥12.5", 1250),
        ("(3.00)", UNUSABLE),
        ("12 万元", 12_000_000),
        ("12 百元", UNUSABLE),
        ("NaN", NOT_GIVEN),
        ("-", NOT_GIVEN),
        ("无", NOT_GIVEN),
        ("inf", UNUSABLE),
        ("99999999999999999999", UNUSABLE),
    ],
)
def test_text(text: str | None, expected: int) -> None:
    assert fen(pl.Series([text], dtype=pl.String)).tolist() == [expected]
    if text != "":
        assert fen(pl.Series([text], dtype=pl.Categorical)).tolist() == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.34, 1234),
        (0.1 + 0.2, 30),
        (1.005, 101),
        (2.675, 268),
        (1e8, 10**10),
        (float("nan"), NOT_GIVEN),
        (None, NOT_GIVEN),
        (-0.01, UNUSABLE),
        (float("inf"), UNUSABLE),
        (1e300, UNUSABLE),
    ],
)
def test_floats(value: float | None, expected: int) -> None:
    assert fen(pl.Series([value], dtype=pl.Float64)).tolist() == [expected]


def test_whole_numbers_are_yuan() -> None:
    whole = pl.Series([0, 7, None, -1, 10**18])
    assert fen(whole).tolist()[:4] == [0, 700, NOT_GIVEN, UNUSABLE]
    assert fen(whole).tolist()[4] == UNUSABLE  # more than any cost can be, and no overflow
    assert fen(pl.Series([7], dtype=pl.UInt8)).tolist() == [700]


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 4, 8])
def test_decimals_of_any_scale_round_half_up(scale: int) -> None:
    values = [D("1.005"), D("1.00499999"), D("-0.001"), D("17")]
    places = D(1).scaleb(-scale)
    given_ = [value.quantize(places) for value in values]
    series = pl.Series(given_, dtype=pl.Decimal(18, scale))
    expected = [int((value * 100).to_integral_value(rounding="ROUND_HALF_UP")) for value in given_]
    expected = [UNUSABLE if fen_ < 0 else fen_ for fen_ in expected]
    assert fen(series).tolist() == expected


def test_an_empty_column_of_any_type_is_not_given() -> None:
    for dtype in (pl.Null, pl.Date, pl.Boolean, pl.Decimal(18, 2)):
        assert fen(pl.Series([None, None], dtype=dtype)).tolist() == [NOT_GIVEN] * 2
    assert fen(pl.Series([], dtype=pl.String)).tolist() == []


def test_what_is_no_amount_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="住院总费用 total_cost_yuan holds Boolean") as caught:
        fen(pl.Series("total_cost_yuan", [True]))
    assert "cost of the stay in yuan" in str(caught.value)


@given(st.lists(st.integers(-HIGHEST, HIGHEST)))
def test_fen_become_decimals_exactly(amounts: list[int]) -> None:
    series = yuan(np.array(amounts, dtype=np.int64))
    assert series.dtype == YUAN
    assert series.to_list() == [D(amount).scaleb(-2) for amount in amounts]


@given(st.lists(st.tuples(st.integers(0, 10**10), st.booleans())))
def test_there_and_back(cases: list[tuple[int, bool]]) -> None:
    amounts = np.array([amount for amount, _ in cases], dtype=np.int64)
    missing = np.array([gone for _, gone in cases], dtype=np.bool_)
    series = yuan(amounts, missing)
    assert series.is_null().to_list() == missing.tolist()
    expected = np.where(missing, NOT_GIVEN, amounts).tolist()
    assert fen(series).tolist() == expected
    assert fen(series.cast(pl.String)).tolist() == expected
    assert fen(series.cast(pl.Float64)).tolist() == expected


def test_nothing_is_quick_and_right() -> None:
    assert yuan(np.zeros(3, dtype=np.int64)).to_list() == [D("0.00")] * 3
    assert yuan(np.zeros(2, dtype=np.int64), np.array([True, False])).to_list() == [None, D("0.00")]
