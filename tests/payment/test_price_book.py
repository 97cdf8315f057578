from __future__ import annotations

import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import SchemeError
from drg.payment import price_book as book_module
from drg.payment.case_keys import UNNAMED
from drg.payment.formulas import HIGHEST_COST_FEN, half_up, line, not_above
from drg.payment.load_scheme import LoadedScheme
from drg.payment.price_book import PriceBook
from drg.payment.price_kernels import LACKS, NO_PRICE, NO_WEIGHT, PRICED, STANDARD
from drg.payment.reasons import NOTE
from drg.payment.scheme import PaymentScheme
from drg.payment.weights import Weight

D = Decimal
S = {"source": "made up"}


def loaded(weights: dict[tuple[str, str | None], str] | None = None, **entries: Any) -> LoadedScheme:
    plain = {
        "id": "made",
        "title": "made",
        "region": "none",
        "grouper": "demo",
        "status": "illustrative",
        "method": {"kind": "rate", **S},
        "rates": [{"value_yuan": 10_000, **S}],
        "ungrouped": {"pays": "nothing", **S},
        "ambiguous": {"pays": "nothing", **S},
        "unweighted": {"pays": "nothing", **S},
        **S,
    }
    given_ = weights or {("BR15", None): "1"}
    rows = {
        key: Weight(key[0], D(text), key[1], row) for row, (key, text) in enumerate(given_.items(), start=2)
    }
    return LoadedScheme(PaymentScheme.model_validate(plain | entries), rows, Path("made"))


def rate(value: str, insurance: str | None = None, level: str | None = None) -> dict[str, Any]:
    return {"value_yuan": D(value), "insurance": insurance, "level": level, **S}


def row(value: str, **where: str) -> dict[str, Any]:
    return {"value": D(value), **where, **S}


# ----------------------------------------------------------------------------------------------- looking up


@pytest.mark.parametrize(
    ("insurance", "level", "value"),
    [
        ("310", "3", 1),
        ("310", "2", 2),
        ("390", "3", 3),
        ("390", "2", 4),
        (UNNAMED, "3", 3),
        (UNNAMED, UNNAMED, 4),
    ],
)
def test_the_most_specific_rate_counts(insurance: str | None, level: str | None, value: int) -> None:
    rates = [rate("4"), rate("3", level="3"), rate("2", "310"), rate("1", "310", "3")]
    entry = PriceBook(loaded(rates=rates)).look_up("BR15", insurance, level, None, cut=False)
    assert entry.rate is not None
    assert entry.rate.value_yuan == value


@pytest.mark.parametrize(
    ("drg", "level", "hospital", "factor"),
    [
        ("BR15", "3", "H1", "1.1"),
        ("BR15", "3", "H2", "1.2"),
        ("BR15", "2", "H2", "1.3"),
        ("BR13", "3", "H1", "1.4"),
        ("BR13", "3", "H2", "1.5"),
        ("BR13", "2", "H2", "0.9"),
        ("BS19", "3", "H1", "1"),
        ("BR15", "3", UNNAMED, "1.2"),
        ("BR15", UNNAMED, UNNAMED, "1.3"),
        ("BR13", UNNAMED, UNNAMED, "0.9"),
    ],
)
def test_the_most_specific_coefficient_counts(
    drg: str, level: str | None, hospital: str | None, factor: str
) -> None:
    rows = [
        row("1.1", hospital="H1", drg="BR15"),
        row("1.2", level="3", drg="BR15"),
        row("1.3", drg="BR15"),
        row("1.4", hospital="H1"),
        row("1.5", level="3"),
    ]
    coefficients = {"default": D("0.9"), "base_groups": ["BS19"], "rows": rows, **S}
    entry = PriceBook(loaded(coefficients=coefficients)).look_up(drg, None, level, hospital, cut=False)
    assert entry.factor == D(factor)


def test_a_weight_for_the_level_wins_over_one_for_all() -> None:
    book = PriceBook(loaded({("BR15", None): "1", ("BR15", "1"): "0.8"}))
    weights = [book.look_up("BR15", None, level, None, cut=False).weight for level in ("1", "2", UNNAMED)]
    assert [weight.relative_weight for weight in weights if weight] == [D("0.8"), 1, 1]


@pytest.mark.parametrize(
    ("drg", "insurance", "level", "hospital", "not_known"),
    [
        ("BR15", None, "3", "H1", ["insurance_type"]),
        # Level 2 pays everybody alike.
        ("BR15", None, "2", "H1", []),
        ("BR15", "310", None, "H1", ["hospital_level"]),
        # The rates are equal, but the weight differs.
        ("BR13", "390", None, "H1", ["hospital_level"]),
        ("BR11", "390", None, "H1", []),
        ("BR11", "390", "2", None, ["hospital_id"]),
        # A base group is paid the same in every hospital.
        ("BS19", "390", None, None, []),
        ("BR15", None, None, None, ["insurance_type", "hospital_level", "hospital_id"]),
        # Without a weight it does not matter.
        ("XX19", None, None, None, []),
        (None, None, None, None, []),
    ],
)
def test_what_is_not_known_holds_a_case_only_if_it_matters(
    drg: str | None, insurance: str | None, level: str | None, hospital: str | None, not_known: list[str]
) -> None:
    weights = {
        ("BR15", None): "1",
        ("BR13", None): "1",
        ("BR13", "3"): "2",
        ("BR11", None): "1",
        ("BS19", None): "1",
    }
    coefficients = {"base_groups": ["BS19"], "rows": [row("1.1", hospital="H2")], **S}
    rates = [rate("4"), rate("3", "310", "3")]
    book = PriceBook(loaded(weights, coefficients=coefficients, rates=rates))
    entry = book.look_up(drg, insurance, level, hospital, cut=False)
    assert list(entry.not_known) == not_known
    assert (entry.prices is None) == bool(not_known or drg in ("XX19", None))
    assert (entry.weight is None) == (drg in ("XX19", None) or (drg, level) == ("BR13", None))


def test_what_the_scheme_lacks_is_said_and_not_raised() -> None:
    book = PriceBook(loaded(rates=[rate("1", "310")]))
    columns = {"drg": pl.Series(["BR15", "XX19", "BR15"]), "insurance_type": pl.Series(["310", "310", "9"])}
    rows, page = book.rows(columns, np.zeros(3, dtype=np.bool_))
    assert page.combinations[rows, LACKS].tolist() == [PRICED, NO_WEIGHT, NO_PRICE]
    assert page.combinations[rows, STANDARD].tolist() == [100, -1, -1]
    assert page.weights.gather(rows).to_list() == [D("1.00000000"), None, D("1.00000000")]


def test_a_level_may_be_spelled_in_two_ways() -> None:
    """三级 is 3 in a scheme as it is in cases."""
    book = PriceBook(
        loaded(
            rates=[rate("1", level="3"), rate("2")], coefficients={"rows": [row("1.5", level="三级")], **S}
        )
    )
    columns = {"drg": pl.Series(["BR15", "BR15"]), "hospital_level": pl.Series(["3", "2"])}
    rows, page = book.rows(columns, np.zeros(2, dtype=np.bool_))
    assert page.combinations[rows, STANDARD].tolist() == [150, 200]


def test_a_cut_shows_in_coefficient_and_standard() -> None:
    book = PriceBook(loaded(readmission={"days": 15, "factor": D("0.5"), **S}))
    rows, page = book.rows({"drg": pl.Series(["BR15"] * 2)}, np.array([False, True]))
    assert page.combinations[rows, STANDARD].tolist() == [1_000_000, 500_000]
    assert page.coefficients.gather(rows).to_list() == [D("1.00000000"), D("0.50000000")]


@pytest.mark.parametrize("largest", [2**24, 1])
def test_tables_and_sorting_find_the_same_rows(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(book_module, "_LARGEST_TABLE", largest)
    rows = [row(f"1.{n}", hospital=f"H{n}") for n in range(1, 8)]
    book = PriceBook(loaded(coefficients={"rows": rows, **S}))
    hospitals = pl.Series([f"H{n % 9}" for n in range(100)])
    columns = {"drg": pl.Series(["BR15"] * 100), "hospital_id": hospitals}
    for _ in range(2):
        places, page = book.rows(columns, np.zeros(100, dtype=np.bool_))
        expected = [10_000 * (100 + (10 * (n % 9) if 1 <= n % 9 <= 7 else 0)) for n in range(100)]
        assert page.combinations[places, STANDARD].tolist() == expected
        named_not = [NOTE["hospital_not_named"] if n % 9 in (0, 8) else 0 for n in range(100)]
        assert page.notes[places].tolist() == named_not


@pytest.mark.parametrize("largest", [2**24, 1])
def test_coefficients_that_cases_bring(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(book_module, "_LARGEST_TABLE", largest)
    rows = [row("1.1", hospital="H1")]
    book = PriceBook(loaded(coefficients={"default": "not_known", "rows": rows, **S}))
    columns = {"drg": pl.Series(["BR15"] * 5), "hospital_id": pl.Series(["H1", "H2", "H2", "H2", "H1"])}
    cut = np.zeros(5, dtype=np.bool_)
    brought = np.array([92_000_000, 92_000_000, 85_000_000, -1, -1], dtype=np.int64)
    for coefficients, standards in (
        (brought, [1_100_000, 920_000, 850_000, -1, 1_100_000]),
        (None, [1_100_000, -1, -1, -1, 1_100_000]),
        (brought[::-1].copy(), [1_100_000, -1, 850_000, 920_000, 1_100_000]),
    ):
        places, page = book.rows(columns, cut, coefficients)
        assert page.combinations[places, STANDARD].tolist() == standards
        lacks = [NOTE["coefficient_not_known"] if standard < 0 else 0 for standard in standards]
        assert page.notes[places].tolist() == lacks
        assert page.coefficients.gather(places).is_null().to_list() == [s < 0 for s in standards]


def test_a_book_can_be_shared_between_threads() -> None:
    rows = [row(f"1.{n:03}", hospital=f"H{n}") for n in range(1, 200)]
    book = PriceBook(loaded(coefficients={"rows": rows, **S}))
    wrong: list[object] = []

    def work(seed: int) -> None:
        numbers = np.random.default_rng(seed).integers(1, 200, 500)
        columns = {
            "drg": pl.Series(["BR15"] * 500),
            "hospital_id": pl.Series([f"H{n}" for n in numbers.tolist()]),
        }
        places, page = book.rows(columns, np.zeros(500, dtype=np.bool_))
        found = page.combinations[places, STANDARD]
        if not (found == 1_000_000 + 1000 * numbers).all():
            wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---------------------------------------------------------------------------------------------------- lines

slopes = st.fractions(0, 1000, max_denominator=10**12)
starts = st.fractions(-(10**12), 10**12, max_denominator=10**15)
costs = st.integers(0, HIGHEST_COST_FEN)


@given(slopes, st.just(Fraction(0)) | starts, st.lists(costs, min_size=1))
def test_a_line_is_exact_or_refused(slope: Fraction, start: Fraction, xs: list[int]) -> None:
    try:
        found = line(slope, start, "it")
    except SchemeError:
        assert start != 0
        assert max(slope.numerator, slope.denominator) > 10**13
        return
    for x in (0, *xs, HIGHEST_COST_FEN):
        assert found.at(x) == half_up(slope * x + start)


@given(st.fractions(0, 1000, max_denominator=10**30), costs)
def test_a_line_without_a_start_takes_any_slope(slope: Fraction, x: int) -> None:
    assert line(slope, Fraction(0), "it").at(x) == half_up(slope * x)


@given(st.fractions(0, 50), st.integers(1, 40))
def test_the_largest_fraction_that_is_not_above(value: Fraction, denominator: int) -> None:
    best = max(Fraction(value * d // 1, d) for d in range(1, denominator + 1))
    assert not_above(value, denominator) == best


def test_amounts_beyond_64_bits_are_refused() -> None:
    with pytest.raises(SchemeError, match="amounts beyond"):
        line(Fraction(1), Fraction(10**20), "the weight 1")
