"""Cases are matched by what is certain, and what is not is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from drg.analysis.reconciliation.matching import (
    BY_ID,
    BY_ID_AND_DAYS,
    BY_ID_AND_HOSPITAL,
    BY_ID_WITHOUT_ZEROS,
    BY_PATIENT_AND_DAYS,
    Matches,
    matched,
)
from drg.analysis.reconciliation.sides import Side
from drg.records.cases import Cases
from drg.records.results_returned import id_columns, of_frame

FIRST, LATER = date(2025, 3, 1), date(2025, 3, 9)


def stay(case_id: str | None, day: date | None = FIRST, **more: Any) -> dict[str, Any]:
    left = None if day is None else date(2025, 3, day.day + 4)
    days = {"admission_date": day, "discharge_date": left}
    whole = {"case_id": case_id, "patient_id": "P", "hospital_id": "H1", "drg": "BB19", "payment_yuan": 1}
    return whole | days | more


def match(ours: list[dict[str, Any]], bureau: list[dict[str, Any]]) -> Matches:
    cases, returned = Cases.of(pl.DataFrame(ours)), of_frame(pl.DataFrame(bureau))
    return matched(Side(cases, id_columns(cases.own_columns)), Side(returned.cases, returned.ids))


def pairs(found: Matches) -> set[tuple[int, int, str]]:
    return set(found.pairs.rows())


def test_ids_come_first_whatever_the_column_is_called() -> None:
    bureau = [
        {"流水号": str(n), "结算号": id_, "DRG编码": "BB19", "支付金额": 1} for n, id_ in enumerate("ba")
    ]
    found = match([stay("a"), stay("b", LATER)], bureau)
    assert pairs(found) == {(0, 1, BY_ID), (1, 0, BY_ID)}
    assert found.ids == ("case_id", "结算号") or found.ids == ("", "结算号")


def test_an_id_of_several_stays_needs_their_days() -> None:
    found = match([stay("a"), stay("a", LATER)], [stay("a", LATER), stay("a")])
    assert pairs(found) == {(0, 1, BY_ID_AND_DAYS), (1, 0, BY_ID_AND_DAYS)}


def test_an_id_of_several_hospitals_needs_the_hospital() -> None:
    ours = [stay("a"), stay("a", hospital_id="H2")]
    assert pairs(match(ours, ours)) == {(0, 0, BY_ID_AND_HOSPITAL), (1, 1, BY_ID_AND_HOSPITAL)}


def test_zeros_that_a_spreadsheet_took_away_do_not_matter() -> None:
    found = match([stay("0012"), stay("a", LATER)], [stay("12", None, patient_id=None), stay("a", LATER)])
    assert pairs(found) == {(0, 0, BY_ID_WITHOUT_ZEROS), (1, 1, BY_ID)}


def test_without_ids_patient_and_days_tell() -> None:
    found = match([stay("a"), stay("b", LATER)], [stay("x", LATER), stay("y")])
    assert pairs(found) == {(0, 1, BY_PATIENT_AND_DAYS), (1, 0, BY_PATIENT_AND_DAYS)}
    assert found.ids is None


@pytest.mark.parametrize(
    ("ours", "bureau"),
    [
        ([stay("a")], [stay("a"), stay("a")]),
        ([stay("a"), stay("a")], [stay("a")]),
        ([stay("a")], [stay("a", LATER)]),
    ],
    ids=["twice returned", "twice ours", "another stay"],
)
def test_what_may_be_several_stays_is_in_doubt(
    ours: list[dict[str, Any]], bureau: list[dict[str, Any]]
) -> None:
    found = match(ours, bureau)
    assert pairs(found) == set()
    assert len(found.ours_in_doubt) == len(ours)
    assert len(found.bureau_in_doubt) == len(bureau)


def test_what_nobody_has_on_the_other_side_is_in_no_doubt() -> None:
    found = match([stay("a"), stay("b", LATER)], [stay("a")])
    assert (pairs(found), len(found.ours_in_doubt)) == ({(0, 0, BY_ID)}, 0)
