"""The tables of causes: of all cases, of hospitals and of departments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, Comparison
from drg.report.comparison.cause_words import cause_label, every_label
from drg.report.comparison.page_layout import MOST_PLACES, Column, Table

_KEYS = {
    "hospital_id": Column("hospital_id", "医疗机构", "hospital"),
    "department": Column("department", "科室", "department"),
}
_NAMED = {(): "causes", HOSPITAL: "causesofhospitals", DEPARTMENT: "causesofdepartments"}
_TITLES = {
    (): ("换组原因", "First causes of changes"),
    HOSPITAL: ("各医疗机构换组原因", "First causes by hospital"),
    DEPARTMENT: ("各科室换组原因", "First causes by department"),
}
# Causes of one place: more rows than places.
_MOST = 4 * MOST_PLACES


def cause_tables(comparison: Comparison, at: int) -> Iterator[Table]:
    """Why cases change between the base and a version; nothing if causes are not told."""
    version = comparison.ids[at]
    if not comparison.tells_causes(version):
        return
    yield _table(comparison, at, ())
    if comparison.places(HOSPITAL).height > 1:
        yield _table(comparison, at, HOSPITAL)
    if comparison.has_departments:
        yield _table(comparison, at, DEPARTMENT)


def labelled(causes: pl.DataFrame) -> pl.DataFrame:
    """Causes by their labels."""
    labels = [cause_label(*row) for row in causes.select("cause", "status").rows()]
    return causes.with_columns(cause=pl.Series(labels, dtype=pl.String))


def case_label(comparison: Comparison, version: str) -> pl.Expr:
    """The label of the first cause of each case-level row."""
    cause = pl.col(f"cause_{version}")
    status = (
        pl.when(cause == "newly_grouped")
        .then(f"status_{comparison.ids[0]}")
        .when(cause == "no_longer_grouped")
        .then(f"status_{version}")
    )
    known = {f"{cause} {status or ''}": label for (cause, status), label in every_label().items()}
    return pl.concat_str(cause, pl.lit(" "), status.cast(pl.String).fill_null("")).replace_strict(
        known, default=None, return_dtype=pl.String
    )


def _table(comparison: Comparison, at: int, by: tuple[str, ...]) -> Table:
    version = comparison.ids[at]
    columns = [
        *(_KEYS[name] for name in by),
        Column("cause", "原因", "first cause"),
        Column("cases", "病例数", "cases", "count", {}, counts=True),
        Column("share", "占换组病例", "of those that change", "share", {}),
    ]
    if comparison.has_money(comparison.ids[0], version):
        columns += [
            Column("weight_difference", "权重差", "weight", "weight", {}),
            Column("standard_difference_yuan", "支付标准差", "standard", "money", {}),
            Column("payment_difference_yuan", "支付差", "payment", "money", {}),
            Column("surplus_difference_yuan", "结余差", "surplus", "money", {}),
        ]
    cases: dict[str, Any] = {"at": at, "cause": {"col": "cause"}}
    names = {"hospital_id": "hospital", "department": "department"}
    cases |= {names[name]: {"col": name} for name in by}
    frame = labelled(comparison.causes(version, by))
    return Table(f"{_NAMED[by]}{at}", *_TITLES[by], frame, tuple(columns), cases, _MOST, at)
