"""What several test files share: versions made in memory, the cases of the demo version, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from drg import Explanation, Manifest
from drg.columns import INPUT, OUTPUT_COLUMNS
from drg.tables import GrouperTables
from drg.tables.table_layout import TABLES

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).resolve().parents[2] / "shared"
OUTPUTS = [column.name for column in OUTPUT_COLUMNS]
LEVELS = ("mdc", "adrg", "drg")


def grouper_tables(frames: Mapping[str, pl.DataFrame], grouper: str = "random") -> GrouperTables:
    """A version of six frames, as if it had been read from files called ``mdc.csv``, ``adrg.csv``, …"""
    tables = {}
    for table in TABLES:
        frame = frames[table.name].select(table.columns).with_columns(pl.col(pl.String).fill_null(""))
        if table.is_list:
            frame = frame.unique(maintain_order=True)
        else:
            row = pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
            frame = frame.with_columns(file=pl.lit(table.file), row=row)
        tables[table.name] = frame
    no_set = pl.col("exclusion_set").replace("无", "")
    tables["complications"] = tables["complications"].with_columns(no_set)
    return GrouperTables(Manifest(id=grouper, title=grouper), **tables)


def version(
    mdc: Iterable[tuple[str, str, int]],
    adrg: Iterable[tuple[str, str, str, int]],
    drg: Iterable[tuple[str, str, str, str, int]] = (),
    sets: Mapping[str, Iterable[str]] | None = None,
    complications: Iterable[tuple[str, str, str]] = (),
    exclusions: Mapping[str, Iterable[str]] | None = None,
) -> GrouperTables:
    """A version of rows: the code, the rule, the codes of its parents and the order. All names are empty."""
    rows: dict[str, list[tuple[Any, ...]]] = {
        "mdc": [(code, "", rule, order) for code, rule, order in mdc],
        "adrg": [(code, "", rule, parent, order) for code, rule, parent, order in adrg],
        "drg": [(code, "", rule, parent, top, order) for code, rule, parent, top, order in drg],
        "sets": [(name, code) for name, codes in (sets or {}).items() for code in codes],
        "complications": list(complications),
        "exclusions": [(name, code) for name, codes in (exclusions or {}).items() for code in codes],
    }
    frames: dict[str, pl.DataFrame] = {}
    for table in TABLES:
        schema = {name: pl.Int64 if name == "order" else pl.String for name in table.columns}
        frames[table.name] = pl.DataFrame(rows[table.name], schema=schema, orient="row")
    return grouper_tables(frames, "made")


def outcome(explanation: Explanation) -> dict[str, Any]:
    """The output columns of a grouped row, from an explanation."""
    return {name: getattr(explanation, name) for name in OUTPUTS}


def outcomes(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The output columns of grouped rows."""
    return frame.select(OUTPUTS).to_dicts()


def discharge(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that ``drg.explain`` takes."""
    return {name: value for name, value in row.items() if name in INPUT}


# The columns that the demo version needs, with a patient to whom nothing special applies.
ADULT: dict[str, Any] = {
    "sex": 1,
    "age_years": 45,
    "age_days": 16_436,
    "birth_weight_g": None,
    "los_days": 7,
    "disposition": "1",
    "icu_hours": 0.0,
    "principal_diagnosis": None,
    "other_diagnoses": [],
    "principal_procedure": None,
    "other_procedures": [],
}
DEMO_SCHEMA: dict[str, Any] = {
    "sex": pl.Int64,
    "age_years": pl.Int64,
    "age_days": pl.Int64,
    "birth_weight_g": pl.Int64,
    "los_days": pl.Int64,
    "disposition": pl.String,
    "icu_hours": pl.Float64,
    "principal_diagnosis": pl.String,
    "other_diagnoses": pl.List(pl.String),
    "principal_procedure": pl.String,
    "other_procedures": pl.List(pl.String),
}
NEWBORN = {"age_years": 0, "age_days": 5}


def demo_case(principal: str | None, **values: Any) -> dict[str, Any]:
    return {**ADULT, "principal_diagnosis": principal, **values}


def demo_frame(cases: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([dict(case) for case in cases], schema=DEMO_SCHEMA, orient="row")


# The cases of grouper_tables/demo/README.md, with the variations that it tells of, and their groups.
_DEMO: list[tuple[dict[str, Any], tuple[str | None, str | None, str | None]]] = [
    (demo_case("D10.001", principal_procedure="03.6x00"), ("MDCA", "AA1", "AA19")),
    (demo_case("D10.001", icu_hours=120.0), ("MDCA", "AH1", "AH19")),
    (demo_case("D20.100", **NEWBORN, birth_weight_g=1200), ("MDCP", "PS1", "PS19")),
    (demo_case("D20.100", **NEWBORN), ("MDCP", "PU1", "PU19")),
    (demo_case("D11.000", **NEWBORN), ("MDCB", "BV1", "BV19")),
    (
        demo_case("D13.000x001", principal_procedure="01.1000", other_procedures=["01.2000"]),
        ("MDCB", "BB1", "BB19"),
    ),
    (
        demo_case("D13.000x001", other_diagnoses=["D90.100"], principal_procedure="01.1000"),
        ("MDCB", "BB2", "BB21"),
    ),
    (demo_case("D10.002", principal_procedure="09.9000"), ("MDCB", "BQY", "BQY")),
    (demo_case("D10.002", other_diagnoses=["D90.100"]), ("MDCB", "BR1", "BR11")),
    (demo_case("D10.001", other_diagnoses=["D90.100"]), ("MDCB", "BR1", "BR15")),
    (demo_case("D10.001", other_diagnoses=["D90.300"]), ("MDCB", "BR1", "BR13")),
    (demo_case("D10.001", disposition="5", los_days=2), ("MDCB", "BR1", "BR1A")),
    (demo_case("D10.001", disposition="5", los_days=3), ("MDCB", "BR1", "BR15")),
    (demo_case("D12.000", other_diagnoses=["D50.000"]), ("MDCB", "BS1", "BS19")),
    (demo_case("D12.000"), ("MDCB", "B00", "B000")),
    (demo_case("D11.000", principal_procedure="89.1000"), ("MDCB", "B00", "B000")),
    (demo_case("D14.000"), ("MDCB", "BZ1", None)),
    (
        demo_case("D30.000", sex=2, age_years=75, age_days=27_394, principal_procedure="08.1000"),
        ("MDCN", "NA1", "NA1H"),
    ),
    (demo_case("D30.000"), (None, None, "0000")),
    (demo_case("D30.100", sex=2), (None, None, "0000")),
]
DEMO_CASES = [case for case, _ in _DEMO]
DEMO_GROUPS = [groups for _, groups in _DEMO]
