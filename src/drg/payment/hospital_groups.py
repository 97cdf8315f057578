"""Groups of hospitals (医院分组：县域、医共体), and which budget is whose.

A budget may be of one group; the scheme says which hospitals belong to it, for every year or for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Annotated, NamedTuple

from pydantic import Field

from drg.payment.names import Hospital
from drg.payment.parts import Sourced, Text
from drg.words import Sentence


class HospitalGroup(Sourced):
    """Hospitals that have budgets together: of a county, of a medical community.

    Attributes:
        name: what ``hospital_group`` of a budget says.
        hospitals: their ``hospital_id``.
        year: the only year in which they are together; None: every year.
    """

    name: Text
    hospitals: Annotated[tuple[Hospital, ...], Field(min_length=1)]
    year: Annotated[int, Field(ge=2000, le=2100)] | None = None

    def counts_in(self, year: int) -> bool:
        """Whether it is of this year."""
        return self.year in (None, year)


class BudgetKey(NamedTuple):
    """Whose a budget is: the accounts of a year, of an insurance and a group of hospitals; None: of all."""

    year: int
    insurance: str | None
    hospital_group: str | None


def group_of(hospital: str, year: int, groups: Iterable[HospitalGroup]) -> str | None:
    """The group of a hospital in a year; None if no group has it."""
    return next((row.name for row in groups if row.counts_in(year) and hospital in row.hospitals), None)


def hospitals_of(name: str, year: int, groups: Iterable[HospitalGroup]) -> list[str]:
    """The hospitals of a group in a year."""
    rows = (row for row in groups if row.name == name and row.counts_in(year))
    return [hospital for row in rows for hospital in row.hospitals]


def check_groups(groups: Sequence[HospitalGroup], budgets: Sequence[BudgetKey]) -> None:
    """Whether every hospital has one group at most, and every account one budget at most.

    Raises:
        ValueError: says what is twice or missing.
    """
    for one, other in combinations(groups, 2):
        together = one.year is None or other.year is None or one.year == other.year
        for hospital in one.hospitals if together else ():
            if hospital in other.hospitals:
                raise ValueError(
                    Sentence(
                        "hospital {hospital} is in the groups {one} and {other} in the same year: a year on "
                        "both rows tells when it was in which",
                        hospital=hospital,
                        one=one.name,
                        other=other.name,
                    )
                )
    for budget in budgets:
        year, _, name = budget
        if name is not None and not hospitals_of(name, year, groups):
            problem = Sentence(
                "a budget of {year} is for the group {name}, which has no hospitals: add "
                "[[settlement.hospital_groups]] with this name",
                year=year,
                name=name,
            )
            raise ValueError(problem)
    for one_budget, other_budget in combinations(budgets, 2):
        _check_apart(one_budget, other_budget)


def _check_apart(one: BudgetKey, other: BudgetKey) -> None:
    same_insurance = one.insurance == other.insurance
    same_group = one.hospital_group == other.hospital_group
    if one.year != other.year:
        return
    if not (same_insurance or None in (one.insurance, other.insurance)):
        return
    if not (same_group or None in (one.hospital_group, other.hospital_group)):
        return
    if one == other:
        raise ValueError(Sentence("two budgets are for the same year, insurance and group of hospitals"))
    if not same_insurance:
        problem = Sentence(
            "in {year} a budget is for all insurances, and another for one of them", year=one.year
        )
        raise ValueError(problem)
    raise ValueError(
        Sentence("in {year} a budget is for all hospitals, and another for a group of them", year=one.year)
    )
