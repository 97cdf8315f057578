"""The month of a hospital for its director: figures, what stands out, and why each case is in its group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from drg.analysis.checks import check
from drg.analysis.hospital.case_reasons import REASONS, case_reasons
from drg.analysis.hospital.hospital_notes import notes_of
from drg.analysis.hospital.hospital_report import BY, HospitalReport
from drg.analysis.hospital.month_cases import PLACE, read_cases
from drg.analysis.hospital.month_figures import figures_by
from drg.columns import INPUT
from drg.errors import InputError, UnknownGrouperError
from drg.grouping import Grouper
from drg.records.cases import Cases, without
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.records.frames import Frame

__all__ = ["HospitalReport", "hospital_report"]

_MOST_NAMED = 5


def hospital_report(
    cases: Frame,
    *,
    previous: Frame | None = None,
    month: str | None = None,
    hospital: str | None = None,
    doctor: str | None = None,
    grouper: str | Path | Grouper | None = None,
    readmission_days: int = 15,
) -> HospitalReport:
    """Report the month of a hospital: figures beside earlier months, what stands out, a reason for each case.

    Args:
        cases: grouped and priced, as ``drg.price`` gives them. If cases of other hospitals are among them,
            the means of all are the standard of cost and time index.
        previous: those of earlier months, beside the ones that are in ``cases``.
        month: 2025-03; by default the last in ``cases``.
        hospital: its id; needed if there are several.
        doctor: the column of the doctor; by default one that is called so (主诊医师, 主治医师 …), if any.
        grouper: the version that grouped the cases, if it is not one that is installed.
        readmission_days: a stay is followed by a readmission if the patient comes back to the same hospital
            and group within so many days.

    Returns:
        The report.

    Raises:
        MissingColumnError: the cases are not grouped and priced.
        InputError: there is no case of this month or hospital, or several hospitals and none is named.
        UnknownGrouperError, TablesError: the version that was given cannot be used.
    """
    if readmission_days < 1:
        problem = Sentence("{name} is {value}", name="readmission_days", value=readmission_days)
        raise InputError(problem, fix=Sentence("Give 1 or more"))
    given = Cases.of(cases)
    earlier = None if previous is None else Cases.of(previous)
    read = read_cases(given, doctor, days=readmission_days, earlier=earlier)
    every = read.cases
    hospital = _hospital(every, hospital)
    own = every.filter(pl.col("hospital_id") == hospital)
    month = _month(own, month)
    region = every.filter(pl.col(PLACE).is_not_null() & (pl.col("period") == month))
    of_month = region.filter(pl.col("hospital_id") == hospital)
    chosen = _only(given, every, of_month)
    versions = _versions(of_month, grouper)
    unknown = sorted(str(name) for name, version in versions.items() if name and version is None)
    reasons = _reasons(chosen, of_month, versions)
    # Rules that ask a version are applied if all cases are of one.
    checked_by = next(iter(versions.values())) if len(versions) == 1 else None
    periods = sorted({*own["period"].drop_nulls()})
    months = pl.concat(
        figures_by(
            ("period",), own.filter(pl.col("period") == period), every.filter(pl.col("period") == period)
        )
        for period in periods
        if period <= month
    )
    tables = {
        name: figures_by(key, of_month, region)
        for name, key in BY.items()
        if of_month[key[0]].null_count() < of_month.height
    }
    return HospitalReport(
        hospital=hospital,
        month=month,
        months=months,
        tables=tables,
        cases=of_month.hstack(reasons),
        checks=check(chosen, checked_by).summary.filter(pl.col("cases") > 0),
        notes=notes_of(read, of_month, region, reasons, months, unknown, days=readmission_days),
    )


def _hospital(every: pl.DataFrame, hospital: str | None) -> str:
    here = every.filter(pl.col(PLACE).is_not_null())["hospital_id"].unique().sort().to_list()
    if hospital is None and len(here) == 1:
        return str(here[0])
    if not here:
        raise InputError(Sentence("there are no cases"), fix=Sentence("Give grouped and priced cases"))
    names = Joined(", ", [*here[:_MOST_NAMED], *(["…"] if len(here) > _MOST_NAMED else [])])
    if hospital is None:
        problem = Sentence("the cases are of {count} hospitals", count=len(here))
        raise InputError(
            problem, fix=Sentence("Name the one to report, with --hospital: {names}", names=names)
        )
    if hospital not in here:
        problem = Sentence("there is no case of hospital {hospital!r}", hospital=hospital)
        raise InputError(problem, fix=Sentence("Give one of {names}", names=names))
    return hospital


def _month(own: pl.DataFrame, month: str | None) -> str:
    here = own.filter(pl.col(PLACE).is_not_null())["period"].drop_nulls().unique().sort().to_list()
    if not here:
        raise InputError(
            Sentence("no case has a date of discharge"), fix=Sentence("The month is that of discharge_date")
        )
    if month is not None and month not in here:
        problem = Sentence("there is no case of the month {month}", month=month)
        raise InputError(problem, fix=Sentence("Give one of {names}", names=Joined(", ", here)))
    return month or str(here[-1])


def _only(given: Cases, every: pl.DataFrame, of_month: pl.DataFrame) -> Cases:
    """The cases as they were given, without those of other months and hospitals."""
    places = every[PLACE].drop_nulls()
    dropped = places.filter(~places.is_in(of_month[PLACE].implode()))
    return without(given, dropped) if len(dropped) else given


def _versions(of_month: pl.DataFrame, given: str | Path | Grouper | None) -> dict[str | None, Grouper | None]:
    """The version of each name in the cases, None if it is not at hand; the one that is given is for all."""
    named = of_month["grouper"].unique().to_list()
    if given is not None:
        used = given if isinstance(given, Grouper) else Grouper(given)
        return dict.fromkeys(named, used)
    found: dict[str | None, Grouper | None] = {}
    for name in named:
        try:
            found[name] = None if name is None else Grouper(name)
        except UnknownGrouperError:
            found[name] = None
    return found


def _reasons(
    chosen: Cases, of_month: pl.DataFrame, versions: Mapping[str | None, Grouper | None]
) -> pl.DataFrame:
    """Why each case is in its group; null where the version is not at hand or there are no diagnoses."""
    known = chosen.binding.columns
    records = chosen.collect(chosen.lazy([name for name in INPUT if name in known]))
    records = records.with_columns(of_month.select("drg", "adrg", "severity", "grouping_status", "grouper"))
    records = records.with_row_index("row")
    parts = [pl.DataFrame(schema={"row": pl.UInt32(), **REASONS})]
    for (name,), part in records.partition_by("grouper", as_dict=True).items():
        version = versions[name]
        if version is not None and "principal_diagnosis" in known:
            parts.append(part.select("row").hstack(case_reasons(part, version)))
    found = pl.concat(parts)
    return records.select("row").join(found, on="row", how="left", maintain_order="left").drop("row")
