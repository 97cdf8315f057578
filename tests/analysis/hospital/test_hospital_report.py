from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import drg
from drg.analysis.hospital.hospital_report import BY
from tests.analysis.hospital.by_hand import MONTH, cases, figures, period

OWN = "H001"


@pytest.fixture(scope="module")
def report() -> drg.HospitalReport:
    return drg.hospital_report(cases(), hospital=OWN)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return cases().to_dicts()


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found == {
        name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        for name, value in expected.items()
    }


def test_each_figure_of_each_month(report: drg.HospitalReport, rows: list[dict[str, Any]]) -> None:
    assert report.month == MONTH
    assert report.months["period"].to_list() == sorted({period(row) for row in rows})
    for row in report.months.iter_rows(named=True):
        month = row.pop("period")
        of_month = [one for one in rows if period(one) == month]
        same(row, figures([one for one in of_month if one["hospital_id"] == OWN], rows, of_month))


@pytest.mark.parametrize("name", BY)
def test_each_figure_by_key(report: drg.HospitalReport, rows: list[dict[str, Any]], name: str) -> None:
    key = ["主诊医师" if one == "doctor" else one for one in BY[name]]
    of_month = [one for one in rows if period(one) == MONTH]
    parts: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in of_month:
        if one["hospital_id"] == OWN:
            parts[tuple(one[column] for column in key)].append(one)
    table = report.tables[name]
    assert table.height == len(parts) > 1
    for row in table.iter_rows(named=True):
        part = parts[tuple(row.pop(column) for column in BY[name])]
        same(row, figures(part, rows, of_month))


def test_the_cases_are_of_every_kind(report: drg.HospitalReport) -> None:
    """So that the tests above can fail."""
    shown = report.figures
    for name in ("high_cases", "low_cases", "deaths", "low_risk_deaths", "readmissions", "weighted_cases"):
        assert shown[name], name
    assert shown["grouping_rate"] != 1
    assert report.tables["doctor"]["doctor"].null_count() == 1


def test_a_change_is_that_of_the_statement(report: drg.HospitalReport) -> None:
    now = Decimal(report.figures["cases"])  # type: ignore[arg-type]
    for months, before in ((1, "2025-02"), (12, "2024-03")):
        then = Decimal(report.months.filter(period=before)["cases"].item())
        assert report.change("cases", months=months) == (now - then) / then
    assert report.before("cases", months=40) is report.change("cases", months=40) is None


def test_earlier_months_may_be_in_other_files(report: drg.HospitalReport) -> None:
    is_month = pl.col("discharge_date").dt.to_string("%Y-%m") == MONTH
    now, before = cases().filter(is_month), cases().filter(~is_month)
    found = drg.hospital_report(now, previous=before, hospital=OWN)
    assert found.months.equals(report.months)
    assert all(found.tables[name].equals(report.tables[name]) for name in BY)
    # What comes twice counts once, and is said.
    twice = drg.hospital_report(now, previous=cases(), hospital=OWN)
    assert twice.months.equals(report.months)
    told = twice.notes.filter(note="month_twice")["message"].item()
    assert told.startswith(f"{now.height:,} earlier cases are left out")


def test_lists_of_what_stands_out(report: drg.HospitalReport) -> None:
    for name, count in (("high", "high_cases"), ("low", "low_cases"), ("readmissions", "readmissions")):
        assert getattr(report, name).height == report.figures[count]
    assert report.low_risk_deaths.height == report.figures["low_risk_deaths"]
    deficits = report.deficits["surplus_yuan"]
    assert deficits.is_sorted()
    assert deficits.max() < 0
    negative = report.cases.filter(pl.col("surplus_yuan") < 0)["surplus_yuan"].sum()
    assert deficits.sum() == negative


def test_findings_are_those_of_the_check(report: drg.HospitalReport) -> None:
    is_month = pl.col("discharge_date").dt.to_string("%Y-%m") == MONTH
    own = cases().filter(is_month & (pl.col("hospital_id") == OWN))
    expected = drg.check(own, "demo").summary.filter(pl.col("cases") > 0)
    assert expected.height
    assert report.checks.equals(expected)


def test_one_hospital_alone() -> None:
    own = cases().filter(pl.col("hospital_id") == OWN)
    found = drg.hospital_report(own)
    assert found.hospital == OWN
    assert found.figures["cost_index_ratio_of_sums"] == pytest.approx(1)
    assert "one_hospital" in found.notes["note"].to_list()
    nameless = drg.hospital_report(own.drop("hospital_id", "patient_id", "disposition"))
    assert nameless.figures["readmissions"] is nameless.figures["deaths"] is None
    assert {"readmissions_not_known", "no_disposition"} <= set(nameless.notes["note"])


def test_what_cannot_be_reported() -> None:
    with pytest.raises(drg.InputError, match=r"of 2 hospitals.*\n?.*--hospital: H001, H002"):
        drg.hospital_report(cases())
    with pytest.raises(drg.InputError, match="no case of hospital 'H9'"):
        drg.hospital_report(cases(), hospital="H9")
    with pytest.raises(drg.InputError, match="no case of the month 2026-01"):
        drg.hospital_report(cases(), hospital=OWN, month="2026-01")
    with pytest.raises(drg.InputError, match="no column 'Dr' of the doctor"):
        drg.hospital_report(cases(), hospital=OWN, doctor="Dr")
    with pytest.raises(drg.MissingColumnError, match="payment_yuan"):
        drg.hospital_report(cases().drop("payment_yuan"), hospital=OWN)
    with pytest.raises(drg.InputError, match="readmission_days is 0"):
        drg.hospital_report(cases(), hospital=OWN, readmission_days=0)
