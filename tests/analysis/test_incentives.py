"""Incentive coefficients of hospitals: CMI ÷ mean CMI of the level, and the band it falls into."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg.analysis.incentives import incentives
from drg.errors import InputError, MissingColumnError, SchemeError
from drg.payment.load_scheme import LoadedScheme, load_scheme
from tests.payment.strategies import frame, plain_case, plain_scheme, sourced, write_scheme

WEIGHTS: dict[tuple[str, str | None], Decimal] = {
    ("BR15", None): Decimal(1),
    ("BR13", None): Decimal("1.2"),
    ("BR11", None): Decimal("0.7"),
}
BANDS = [
    {"cmi_ratio_at_least": 0, "coefficient": Decimal("0.98")},
    {"cmi_ratio_at_least": 1, "coefficient": 1},
    {"cmi_ratio_at_least": Decimal("1.1"), "coefficient": Decimal("1.02")},
]


@pytest.fixture
def scheme(tmp_path: Path) -> LoadedScheme:
    rule = sourced(bands=BANDS, default=1)
    return load_scheme(write_scheme(tmp_path / "mine", plain_scheme(incentive=rule), WEIGHTS))


def priced(scheme: LoadedScheme, cases: list[dict[str, Any]]) -> pl.DataFrame:
    result: pl.DataFrame = drg.Pricer(scheme).price(frame(cases))
    return result


def case(drg_: str | None, hospital: str | None, level: str | None, **values: Any) -> dict[str, Any]:
    return plain_case(drg_ or "0000", 5000, hospital_id=hospital, hospital_level=level, **values)


def test_a_year_by_hand(scheme: LoadedScheme) -> None:
    """Level 2: H1 1 and 1.2, H2 0.7, so (1 + 1.2 + 0.7) ÷ 3; H1 1.1 ÷ 0.9667 is above 1.1, H2 is below 1.

    H3 is alone in its level: a ratio of exactly 1.
    """
    places = [("BR15", "H1", "2"), ("BR13", "H1", "2"), ("BR11", "H2", "2"), ("BR11", "H3", "3")]
    cases = [case(*place) for place in places]
    found = incentives(priced(scheme, cases), scheme, 2026)
    assert [(one.hospital, one.level, one.cases) for one in found.hospitals] == [
        ("H1", "2", 2),
        ("H2", "2", 1),
        ("H3", "3", 1),
    ]
    assert [one.cmi for one in found.hospitals] == [Fraction(11, 10), Fraction(7, 10), Fraction(7, 10)]
    assert [one.level_cmi for one in found.hospitals] == [Fraction(29, 30), Fraction(29, 30), Fraction(7, 10)]
    assert [str(one.coefficient) for one in found.hospitals] == ["1.02", "0.98", "1"]
    assert found.table.splitlines() == [
        "hospital,coefficient,valid_from,valid_to,level,cases,cmi,level_cmi,cmi_ratio",
        "H1,1.02,2026-01-01,2026-12-31,2,2,1.100000,0.966667,1.137931",
        "H2,0.98,2026-01-01,2026-12-31,2,1,0.700000,0.966667,0.724138",
        "H3,1,2026-01-01,2026-12-31,3,1,0.700000,0.700000,1.000000",
    ]


def test_the_table_is_what_later_cases_are_priced_with(scheme: LoadedScheme) -> None:
    cases = [case("BR15", "H1", "2"), case("BR13", "H1", "2"), case("BR11", "H2", "2")]
    table = incentives(priced(scheme, cases), scheme, 2026).table
    (scheme.directory / "incentives.csv").write_text(table, encoding="utf-8")
    later = load_scheme(scheme.directory)
    given = frame([case("BR15", hospital, "2") for hospital in ("H1", "H2", "H9")]).with_columns(
        discharge_date=pl.datetime(2026, 12, 31)
    )
    assert drg.Pricer(later).price(given)["payment_yuan"].to_list() == [10_200, 9800, 10_000]
    before = given.with_columns(discharge_date=pl.datetime(2025, 12, 31))
    assert drg.Pricer(later).price(before)["payment_yuan"].to_list() == [10_000] * 3


def test_cases_that_do_not_count_are_counted(scheme: LoadedScheme) -> None:
    places = [("BR15", "H1", "2"), ("BR15", None, "2"), ("BR15", "H1", None), ("AA19", "H1", "2")]
    cases = [
        *(case(*place) for place in places),
        case(None, "H1", "2", grouping_status="ungrouped"),
    ]
    found = incentives(priced(scheme, cases), scheme, 2026)
    assert (found.hospitals[0].cases, found.without_weight, found.without_place) == (1, 2, 2)


def test_held_cases_count_too(scheme: LoadedScheme) -> None:
    """A scheme that holds all cases until the coefficients are known is where they come from."""
    entries = plain_scheme(incentive=sourced(bands=BANDS))
    held = load_scheme(write_scheme(scheme.directory.parent / "held", entries, WEIGHTS))
    cases = priced(held, [case("BR15", "H1", "2")])
    assert cases["case_class"].to_list() == ["unpriced"]
    assert "no incentive coefficient for this hospital" in cases["pricing_reason"][0]
    assert incentives(cases, held, 2026).hospitals[0].cases == 1


@pytest.mark.random
def test_sums_are_those_of_a_plain_loop(scheme: LoadedScheme) -> None:
    rng = random.Random(7)
    level = {f"H{number}": rng.choice("123") for number in range(9)}
    cases = [
        case(rng.choice(["BR15", "BR13", "BR11"]), hospital, level[hospital])
        for hospital in rng.choices(sorted(level), k=200)
    ]
    of_hospital, of_level = defaultdict(list), defaultdict(list)
    for one in cases:
        weight = Fraction(WEIGHTS[one["drg"], None])
        of_hospital[one["hospital_id"]].append(weight)
        of_level[one["hospital_level"]].append(weight)
    for found in incentives(priced(scheme, cases), scheme, 2026).hospitals:
        own, whole = of_hospital[found.hospital], of_level[found.level]
        ratio = (sum(own) / len(own)) / (sum(whole) / len(whole))
        assert found.cmi_ratio == ratio
        wanted = "0.98" if ratio < 1 else "1" if ratio < Fraction(11, 10) else "1.02"
        assert str(found.coefficient) == wanted


def test_what_is_refused(scheme: LoadedScheme) -> None:
    cases = priced(scheme, [case("BR15", "H1", "2"), case("BR15", "H1", "3")])
    with pytest.raises(InputError, match="H1 has cases of several levels: 2, 3"):
        incentives(cases, scheme, 2026)
    with pytest.raises(InputError, match="priced with plain, not with demo-groups"):
        incentives(cases, load_scheme("demo-groups"), 2026)
    with pytest.raises(SchemeError, match=r"demo has no bands in \[incentive\]"):
        incentives(cases, load_scheme("demo"), 2026)
    with pytest.raises(MissingColumnError, match="relative_weight"):
        incentives(cases.drop("relative_weight"), scheme, 2026)
    with pytest.raises(InputError, match="no case has a weight, a hospital and its level"):
        incentives(priced(scheme, [case("AA19", "H1", "2")]), scheme, 2026)
