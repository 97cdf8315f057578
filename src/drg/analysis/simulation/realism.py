"""Figures of a region beside those that are known of real ones: is a simulated year, or one's own, like them?

``realism.csv`` has what each figure is, its range and where that is from; the formulas are here.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from drg.analysis.quality.quality_evaluation import evaluate
from drg.analysis.sentences import sentences
from drg.categories import Severity
from drg.grouping.outcomes import GROUPED
from drg.records.cases import Cases
from drg.words import Joined, Sentence, in_both

if TYPE_CHECKING:
    from drg.records.frames import Frame

REALISM: Final = pl.Schema(
    {
        "figure": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "difference": pl.Float64(),
        **dict.fromkeys(("status", "meaning", "meaning_zh", "source", "source_zh"), pl.String()),
        **dict.fromkeys(("note", "note_zh"), pl.String()),
    }
)
_KNOWN: Final = sentences(__file__)
_COLUMNS: Final = (
    *("hospital_id", "hospital_level", "patient_id", "age_years", "age_days", "admission_date"),
    *("discharge_date", "los_days", "total_cost_yuan", "principal_diagnosis", "other_diagnoses"),
    *("principal_procedure", "drg", "adrg", "severity", "grouping_status"),
)
_SHARE_OF_TOP: Final = 0.05
_COMMONEST: Final = 60
_AGAIN_DAYS: Final = 31

_COST: Final = pl.col("cost")
_STAY: Final = pl.col("los_days")
_AGE: Final = pl.col("age_years")
_OTHERS: Final = pl.col("other_diagnoses").list.len()
_PATIENT: Final = pl.col("patient_id")
_ADMITTED: Final = pl.col("admission_date")
_CASES: Final = pl.col("cases")
_AGES: Final = ("age_years", "age_days")
_HAS_PROCEDURE: Final = pl.col("principal_procedure").is_not_null()


def _top(values: pl.Expr) -> pl.Expr:
    """What the largest 5 % have of the sum."""
    dearest = values.drop_nulls().sort(descending=True)
    return dearest.head((values.count() * _SHARE_OF_TOP).ceil().cast(pl.Int64)).sum() / values.sum()


def _p99(values: pl.Expr) -> pl.Expr:
    return values.quantile(0.99, interpolation="linear") / values.mean()


def _delivery() -> pl.Expr:
    """O80 to O84 as principal diagnosis, or Z37 (分娩结局) beside any."""
    outcome = pl.element().str.starts_with("Z37")
    return pl.col("principal_diagnosis").str.slice(0, 3).is_between(pl.lit("O80"), pl.lit("O84")).fill_null(
        False
    ) | pl.col("other_diagnoses").list.eval(outcome).list.any().fill_null(False)


def _readmitted() -> pl.Expr:
    """Which share of the stays of known patients is followed by another within 31 days, anywhere."""
    gap = _ADMITTED.dt.date().shift(-1) - pl.col("discharge_date").dt.date()
    again = gap.dt.total_days().is_between(0, _AGAIN_DAYS) & (_PATIENT.shift(-1) == _PATIENT)
    return again.fill_null(False).sum() / _PATIENT.count()


class _Figure(NamedTuple):
    """One figure.

    Attributes:
        table: a row of it is a case (``cases``), a DRG (``groups``), an ADRG (``adrgs``) or a hospital.
        needs: the columns of the cases without which there is no figure.
        value: one number.
    """

    table: str
    needs: tuple[str, ...]
    value: pl.Expr


def _by_age(name: str, needs: str, value: pl.Expr) -> dict[str, _Figure]:
    """A figure of each of three ages."""
    ages = {"under_18": _AGE < 18, "18_to_64": _AGE.is_between(18, 64), "65_and_older": _AGE >= 65}
    return {
        f"{name}_{age}": _Figure("cases", ("age_years", needs), value.filter(chosen).mean())
        for age, chosen in ages.items()
    }


def _of_cases(name: str, value: pl.Expr, *needs: str) -> dict[str, _Figure]:
    return {name: _Figure("cases", needs, value)}


_GROUPED_COST: Final = ("total_cost_yuan", "drg", "grouping_status")
_STAYS: Final = ("patient_id", "admission_date", "discharge_date")
_FIGURES: Final = {
    **_of_cases("mean_cost_yuan", _COST.mean(), "total_cost_yuan"),
    **_of_cases("share_of_cost_of_top_5_percent", _top(_COST), "total_cost_yuan"),
    **_of_cases("p99_to_mean_cost", _p99(_COST), "total_cost_yuan"),
    "share_of_weight_of_top_5_percent_of_groups": _Figure("groups", _GROUPED_COST, _top(_COST)),
    "p99_to_mean_weight_of_groups": _Figure("groups", _GROUPED_COST, _p99(_COST)),
    **_of_cases("mean_los_days", _STAY.mean(), "los_days"),
    **_of_cases("share_up_to_1_day", (_STAY <= 1).mean(), "los_days"),
    **_of_cases("share_over_60_days", (_STAY > 60).mean(), "los_days"),
    **_of_cases("share_with_procedure", _HAS_PROCEDURE.mean(), "principal_procedure"),
    **_of_cases(
        "share_up_to_1_day_with_procedure",
        ((_STAY <= 1) & _HAS_PROCEDURE).mean(),
        *("los_days", "principal_procedure"),
    ),
    **_of_cases("share_newborn", ((_AGE == 0) & (pl.col("age_days") <= 28)).fill_null(False).mean(), *_AGES),
    **_of_cases("share_delivery", _delivery().mean(), "principal_diagnosis", "other_diagnoses"),
    **_of_cases("share_readmitted_within_31_days", _readmitted(), *_STAYS),
    **_of_cases("stays_per_patient", _PATIENT.count() / _PATIENT.drop_nulls().n_unique(), "patient_id"),
    **_of_cases("share_admitted_on_weekends", (_ADMITTED.dt.weekday() >= 6).mean(), "admission_date"),
    **_of_cases("mean_age_years", _AGE.mean(), "age_years"),
    **_of_cases("share_under_18", (_AGE < 18).mean(), "age_years"),
    **_of_cases("share_65_and_older", (_AGE >= 65).mean(), "age_years"),
    **_by_age("other_diagnoses", "other_diagnoses", _OTHERS),
    **_by_age("share_with_cc_or_mcc", "severity", pl.col("severity") != Severity.NONE),
    "share_of_60_commonest_adrgs": _Figure(
        "adrgs", ("adrg", "grouping_status"), _CASES.top_k(_COMMONEST).sum() / _CASES.sum()
    ),
    **{
        f"groups_of_a_hospital_of_level_{level}": _Figure(
            "hospitals",
            ("hospital_id", "hospital_level", "drg", "grouping_status"),
            pl.col("groups").filter(pl.col("hospital_level") == level).mean(),
        )
        for level in "321"
    },
}
# Of an evaluation.
_MEASURES: Final = (
    *("riv_cost", "riv_cost_trimmed", "riv_los", "riv_los_trimmed"),
    *("share_groups_cv_below_1", "share_cases_cv_below_1"),
)


def realism(frame: Frame) -> pl.DataFrame:
    """Figures of a region beside those that are known of real ones.

    Args:
        frame: the discharges of a region, simulated or its own, best a whole year: a frame of any kind or
            ``Cases``. Figures of groups need the columns of ``drg.group``.

    Returns:
        One row for each figure of ``realism.csv``: ``figure``; ``value``; ``low`` and ``high``, what is known
        of real regions, null if nothing is; ``difference``: by how much the value is below (negative) or
        above that, 0 within; ``status``: ``published``, ``transcribed`` (computed from a published table that
        others have typed), ``assumed``, ``reported`` (no range); ``meaning`` and ``source``, in Chinese too;
        ``note``: why there is no value.

    Raises:
        InputError: if a column holds what it cannot hold.
    """
    cases = Cases.of(frame)
    columns = [name for name in _COLUMNS if name in cases.names]
    rows = cases.collect(cases.lazy(_COLUMNS)).with_columns(
        cost=pl.col("total_cost_yuan").cast(pl.Float64), grouped=pl.col("grouping_status") == GROUPED
    )
    tables = _tables(rows)
    missing = {
        name: [column for column in figure.needs if column not in columns]
        for name, figure in _FIGURES.items()
    }
    values: dict[str, float | None] = {}
    for table, of_table in tables.items():
        wanted = {
            name: figure.value.cast(pl.Float64)
            for name, figure in _FIGURES.items()
            if figure.table == table and not missing[name]
        }
        values |= of_table.select(**wanted).row(0, named=True) if wanted else {}
    needs = [name for name in ("drg", "grouping_status") if name not in columns]
    if not needs and {"total_cost_yuan", "los_days"} & {*columns}:
        summary = evaluate(cases).summary
        values |= {name: summary.get(name) for name in _MEASURES}
    missing |= dict.fromkeys(_MEASURES, needs)
    return pl.DataFrame([_row(name, values.get(name), missing[name]) for name in _KNOWN], schema=REALISM)


def _tables(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    grouped = rows.filter("grouped")
    return {
        # In the order in which each patient was there.
        "cases": rows.sort("patient_id", "admission_date", nulls_last=True),
        "groups": grouped.group_by("drg").agg(pl.col("cost").mean()),
        "adrgs": grouped.group_by("adrg").agg(pl.len().alias("cases")),
        "hospitals": grouped.drop_nulls("hospital_id")
        .group_by("hospital_id")
        .agg(pl.col("hospital_level").drop_nulls().mode().sort().first(), groups=pl.col("drg").n_unique()),
    }


def _row(name: str, value: float | None, missing: list[str]) -> dict[str, object]:
    known = _KNOWN[name]
    low, high = (float(known[end]) if known[end] else None for end in ("low", "high"))
    note = None
    if value is not None and not isfinite(value):
        value = None
    if value is None:
        note = Sentence("there is no case that counts")
        if missing:
            note = Sentence("columns are missing: {names}", names=Joined(", ", missing))
    difference = None
    if value is not None and low is not None and high is not None:
        difference = value - min(max(value, low), high)
    texts = {key: known[key] for key in ("status", "meaning", "meaning_zh", "source", "source_zh")}
    ends = {"figure": name, "value": value, "low": low, "high": high, "difference": difference}
    return {**ends, **texts, **in_both(note=note)}
