"""Grouped and priced cases → what the report of a month looks at, a row for each case."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.analysis.quality.quality_cases import EXCLUDED, CaseReader, amounts, column_lines
from drg.errors import InputError
from drg.grouping.batched_frames import lacking
from drg.payment.cross_case_flags import STAYS, not_judged, readmitted
from drg.payment.scheme import Readmission
from drg.records.binding import with_unread
from drg.records.cases import Cases
from drg.words import Sentence

# Names of the column of the doctor in files of hospitals; the first that is there counts.
DOCTORS: Final = (
    "doctor",
    "主诊医师",
    "主诊医生",
    "主治医师",
    "主管医生",
    "经治医师",
    "责任医师",
    "住院医师",
)
NEEDED: Final = (
    *("discharge_date", "drg", "grouping_status", "case_class", "total_cost_yuan", "relative_weight"),
    *("standard_payment_yuan", "payment_yuan", "surplus_formula_yuan", "surplus_yuan"),
)
SHOWN: Final = ("case_id", "department", "insurance_type", "drg_name", "severity", "adrg")
_READ: Final = (
    *NEEDED,
    *SHOWN,
    *("hospital_id", "patient_id", "admission_date", "disposition", "los_days", "case_kind"),
    *("principal_diagnosis", "principal_procedure", "grouping_reason", "grouper", "scheme"),
)
_DIED: Final = "5"
PLACE: Final = "place"


class Read(NamedTuple):
    """The cases of the files.

    Attributes:
        cases: a row each; see ``read_cases``.
        twice: earlier ones that were left out, as their month is in the files of the month too.
    """

    cases: pl.DataFrame
    twice: int


def read_cases(cases: Cases, doctor: str | None, *, days: int, earlier: Cases | None) -> Read:
    """All cases of the files, a row each.

    Args:
        cases: grouped and priced.
        doctor: the column of the doctor; by default the first of ``DOCTORS`` that is there.
        days: within which a return is a readmission.
        earlier: those of earlier months.

    Returns:
        The columns that the report shows, and: ``place`` in ``cases`` (null of earlier ones), ``period``
        (2025-03), ``status``, ``usable`` (grouped, and it counts), ``cost_fen``, ``days``, ``standard_fen``
        (null where not known), ``died``, ``low_risk`` (its group is one of low risk of death), ``readmitted``
        (null where it cannot be known), ``not_judged``.

    Raises:
        MissingColumnError, InputError: the cases are not priced, or there is no such column of the doctor.
    """
    frame, twice = _read(cases, doctor).with_row_index(PLACE), 0
    if earlier is not None:
        before = _read(earlier, doctor, is_earlier=True)
        kept = before.filter(~pl.col("period").is_in(frame["period"].unique().implode()))
        twice = before.height - kept.height
        frame = pl.concat([frame, kept], how="diagonal")
    rule = Readmission(days=days, factor=Decimal(1), source="report")
    stays = frame.with_columns(pl.when("usable").then("drg").alias("drg"))
    unknown = pl.Series(not_judged(frame, rule))
    returned = readmitted(stays, rule)
    known = all(frame[name].null_count() < frame.height for name in STAYS)
    frame = frame.with_columns(
        not_judged=unknown, readmitted=returned if known else pl.lit(None, dtype=pl.Boolean)
    )
    low = low_risk_groups(frame)
    return Read(frame.with_columns(low_risk=pl.col("usable") & pl.col("drg").is_in(low)), twice)


def low_risk_groups(frame: pl.DataFrame) -> list[str]:
    """The groups of low risk of death: log mortality more than a standard deviation below the mean of groups.

    Groups without a death have no logarithm and do not take part.
    """
    groups = frame.filter("usable").group_by("drg").agg(pl.col("died").sum().alias("deaths"), pl.len())
    groups = groups.filter(pl.col("deaths") > 0).sort("drg")
    if groups.height < 2:
        return []
    logs = np.log(groups["deaths"].to_numpy() / groups["len"].to_numpy())
    low = logs < logs.mean() - logs.std(ddof=1)
    return groups.filter(pl.Series(low))["drg"].to_list()


def _read(cases: Cases, doctor: str | None, *, is_earlier: bool = False) -> pl.DataFrame:
    missing = [name for name in NEEDED if name not in cases.binding.columns]
    if missing:
        fix = Sentence("Group and price the cases first: drg run FILE -g ID -s ID -o OUT")
        raise lacking(Sentence("the hospital report"), missing, column_lines(missing), fix)
    own = _doctor(cases.own_columns, doctor, is_earlier=is_earlier)
    lazy = cases.lazy(_READ, own=own is not None, marked=True)
    names = lazy.collect_schema().names()
    chosen = lazy.select(*with_unread(set(_READ), names), *([pl.col(own).alias("doctor")] if own else []))
    frame = chosen.collect(engine="streaming")
    read = CaseReader().read(frame)
    standard = pl.Series(amounts(frame, "standard_payment_yuan"))
    doctors = frame["doctor"].cast(pl.String) if own else pl.lit(None, dtype=pl.String)
    return frame.select(_READ).with_columns(
        period=pl.col("discharge_date").dt.to_string("%Y-%m"),
        hospital_id=pl.col("hospital_id").fill_null(""),
        doctor=doctors,
        status=read["status"],
        counts=read["status"] != EXCLUDED,
        usable=read["drg"].is_not_null(),
        cost_fen=read["cost"].set(read["cost"] < 0, None),
        days=read["los"].set(read["los"] < 0, None),
        standard_fen=standard.set(standard < 0, None),
        died=(pl.col("disposition") == _DIED).fill_null(value=False),
    )


def _doctor(names: Sequence[str], given: str | None, *, is_earlier: bool) -> str | None:
    if given is None:
        return next((name for name in DOCTORS if name in names), None)
    if given in names:
        return given
    if is_earlier:
        return None
    problem = Sentence("there is no column {name!r} of the doctor", name=given)
    raise InputError(problem, fix=Sentence("Give the name of a column as the file has it"))
