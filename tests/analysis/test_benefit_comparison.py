"""What another benefit scheme would change, against the oracle of benefits and plain counting."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drg
from drg.analysis.benefit_comparison import PERCENTILES
from drg.analysis.benefit_tally import PAYERS
from drg.benefit.load import LoadedBenefitScheme
from drg.benefit.scheme import BenefitScheme
from drg.errors import InputError
from tests.benefit import reference
from tests.benefit.made import CRITICAL, TEXT, mine, stay
from tests.benefit.strategies import random_stays
from tests.benefit.test_properties import drawn
from tests.profiles import tries

BY = ("all", "insurance_type", "aid_class", "hospital_level")


def loaded(entries: Mapping[str, Any]) -> LoadedBenefitScheme:
    return LoadedBenefitScheme(BenefitScheme.model_validate(entries), Path("drawn"))


def value_of(one: Mapping[str, Any], by: str) -> str | None:
    if by == "all":
        return "all"
    return str(one[by] or "none") if by == "aid_class" else one[by]


def years(
    stays: list[dict[str, Any]], sides: list[list[Any]], by: str, who: str
) -> dict[str | None, dict[Any, list[Fraction]]]:
    """What each bears in a year before and after, by value."""
    found: dict[Any, dict[Any, list[Fraction]]] = defaultdict(lambda: defaultdict(lambda: [Fraction(0)] * 2))
    for one, *both in zip(stays, *sides, strict=True):
        if None not in both and one[who] is not None:
            key = one[who], one["discharge_date"].year
            year = found[value_of(one, by)]
            year[key] = [a + b["patient_share_yuan"] for a, b in zip(year[key], both, strict=True)]
    return found


def rank(amounts: Iterable[Fraction], percent: int) -> Fraction:
    """The least amount that so many of a hundred do not exceed."""
    ordered = sorted(amounts)
    return ordered[ceil(Fraction(percent * len(ordered), 100)) - 1]


@given(st.integers(0, 2**32).map(random.Random))
@tries(0.5, shrink=False)
def test_every_table_is_that_of_plain_counting(rng: random.Random) -> None:
    schemes = [drawn(rng), drawn(rng)]
    stays = [one | {"household_id": rng.choice(("F1", "F2", None))} for one in random_stays(rng, 40, 8)]
    limits = [Decimal(1_000), Decimal(15_000)]
    found = drg.compare_benefits(
        pl.DataFrame(stays, infer_schema_length=None),
        before=loaded(schemes[0]),
        after=loaded(schemes[1]),
        person_limits_yuan=limits,
        household_limits_yuan=limits,
    )
    sides = [reference.benefits(scheme, stays) for scheme in schemes]
    worked = [(one, *both) for one, *both in zip(stays, *sides, strict=True) if None not in both]
    assert (found.held_before, found.held_after) == tuple(side.count(None) for side in sides)
    assert found.left_out == len(stays) - len(worked)
    assert found.without_household == sum(one["household_id"] is None for one, *_ in worked)
    for row in found.payers.to_dicts():
        before, after = (sum(both[side][row["payer"]] for _, *both in worked) for side in (0, 1))
        assert (row["before_yuan"], row["after_yuan"]) == (before, after)
        assert row["change_yuan"] == after - before
    check_groups(found, stays, sides, worked)
    check_years(found, stays, sides)


def check_groups(found: Any, stays: list[Any], sides: list[Any], worked: list[Any]) -> None:
    seen = 0
    for row in found.groups.to_dicts():
        own = [both for one, *both in worked if value_of(one, row["by"]) == row["value"]]
        persons = years(stays, sides, row["by"], "patient_id")[row["value"]].values()
        assert (row["stays"], row["persons"]) == (len(own), len(persons))
        for payer in PAYERS:
            for side, name in enumerate(("before", "after")):
                amount = row[f"{payer.removesuffix('_yuan')}_{name}_yuan"]
                assert amount == sum(both[side][payer] for both in own)
        changes = [after - before for before, after in persons]
        less, more = [-one for one in changes if one < 0], [one for one in changes if one > 0]
        assert (row["persons_bear_less"], row["persons_bear_more"]) == (len(less), len(more))
        assert row["persons_bear_the_same"] == changes.count(Fraction(0))
        assert (row["borne_less_yuan"], row["borne_more_yuan"]) == (sum(less), sum(more))
        seen += 1
    assert seen == sum(len({value_of(one, by) for one, *_ in worked}) for by in BY)


def check_years(found: Any, stays: list[Any], sides: list[Any]) -> None:
    columns = {"persons": "patient_id", "households": "household_id"}
    rows = found.own_payments.to_dicts()
    for row in rows:
        of = list(years(stays, sides, row["by"], columns[row["who"]])[row["value"]].values())
        assert row["count"] == len(of)
        for side, name in enumerate(("before_yuan", "after_yuan")):
            amounts = [one[side] for one in of]
            if row["measure"] == "mean":
                wanted = reference.fen_half_up(sum(amounts, Fraction(0)) / len(of))
            else:
                wanted = rank(amounts, int(row["measure"][1:]))
            assert row[name] == wanted
    values = {(row["who"], row["by"], row["value"]) for row in rows}
    assert len(rows) == len(values) * (len(PERCENTILES) + 1)
    above = found.limits.to_dicts()
    assert len(above) == len(values) * 2
    for row in above:
        of = list(years(stays, sides, row["by"], columns[row["who"]])[row["value"]].values())
        was, now = ([one[side] > row["limit_yuan"] for one in of] for side in (0, 1))
        assert (row["above_before"], row["above_after"]) == (sum(was), sum(now))
        assert row["share_after"] == pytest.approx(sum(now) / len(of))
        assert row["newly_above"] == sum(b and not a for a, b in zip(was, now, strict=True))
        assert row["no_longer_above"] == sum(a and not b for a, b in zip(was, now, strict=True))


def test_a_lower_threshold_moves_money_from_patients_to_critical_illness(tmp_path: Path) -> None:
    # P1 bears 1,000 + 30 % of 8,900 and 500 + 30 % of 9,400 within policy, P2 the first of these.
    stays = [
        stay("1", household_id="F"),
        stay("2", household_id="F"),
        stay("3", patient_id="P2", household_id="F"),
    ]
    before = mine(tmp_path / "a", TEXT + CRITICAL)
    after = mine(tmp_path / "b", TEXT + CRITICAL.replace("3000", "2000"))
    found = drg.compare_benefits(
        stays, before=before, after=after, household_limits_yuan=[9_000, Decimal("9_425")]
    )
    assert dict(found.payers.select("payer", "change_yuan").rows()) == {
        "basic_fund_yuan": 0,
        "critical_illness_yuan": 1_000,
        "medical_aid_yuan": 0,
        "commercial_yuan": 0,
        "patient_share_yuan": -1_000,
    }
    (households,) = found.own_payments.filter(who="households", measure="mean").to_dicts()
    assert households["change_yuan"] == -1_000
    assert found.groups.filter(by="all")["persons_bear_less"].to_list() == [2]
    assert "1,000.00" in repr(found)


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    scheme = mine(tmp_path)
    with pytest.raises(InputError, match="there is no column household_id"):
        drg.compare_benefits([stay()], before=scheme, after=scheme, household_limits_yuan=[1])
    for limit in (-1, Decimal("0.001"), 10**10):
        with pytest.raises(InputError, match="a limit is"):
            drg.compare_benefits([stay()], before=scheme, after=scheme, person_limits_yuan=[limit])
    held = drg.compare_benefits([stay(total_cost_yuan=Decimal(1))], before=scheme, after=scheme)
    assert (held.stays, held.left_out, held.without_household) == (1, 1, None)
    assert held.payers["before_yuan"].sum() == 0
    assert held.groups.is_empty()
    assert drg.compare_benefits(
        [stay()], before=scheme, after=scheme, person_limits_yuan=[]
    ).limits.is_empty()
