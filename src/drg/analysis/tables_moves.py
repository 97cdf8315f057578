"""Where single diagnoses and procedures lead, in one version and in another."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

import polars as pl

from drg.columns import INPUT_COLUMNS
from drg.grouping import Grouper
from drg.tables import GrouperTables
from drg.tables.language import DIAGNOSIS_FIELDS, parse
from drg.tables.logic import required_members, sets_of

CHANGE_COLUMNS: Final = ("what", "change", "item", "about", "before", "after")
# The set of all procedures that make a surgical case; being in it leads to no ADRG of one's own.
ALL_OPERATIONS: Final = "OP_ALL"

# A diagnosis leads elsewhere in a newborn, and may lead nowhere for the other sex.
PATIENTS: Final[dict[str, dict[str, Any]]] = {
    "man": {"sex": 1, "age_years": 40},
    "woman": {"sex": 2, "age_years": 40},
    "newborn": {
        "sex": 1,
        "age_years": 0,
        "age_days": 10,
        "birth_weight_g": 3000,
        "admission_weight_g": 3000,
    },
}
_STAY: Final[dict[str, Any]] = {"los_days": 5, "disposition": "1"}


def changes_of(
    rows: pl.DataFrame,
    what: str,
    change: str | pl.Expr,
    item: str,
    *,
    about: str | pl.Expr = "",
    before: str | pl.Expr = "",
    after: str | pl.Expr = "",
) -> pl.DataFrame:
    """Rows as changes; what is named is a column, of ``what`` and ``change`` it is a word; nothing: empty."""

    def cell(value: str | pl.Expr) -> pl.Expr:
        return value if isinstance(value, pl.Expr) else pl.col(value) if value else pl.lit("")

    word = pl.lit(change) if isinstance(change, str) else change
    cells = (pl.lit(what), word, pl.col(item), cell(about), cell(before), cell(after))
    named = zip(cells, CHANGE_COLUMNS, strict=True)
    return rows.select(value.cast(pl.String).alias(name) for value, name in named)


def diagnosis_moves(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Principal diagnoses that lead to another MDC or ADRG, alone: without other diagnoses or procedures.

    Returns:
        what, change (moved, no longer grouped, newly grouped), item, about (the patients), before, after.
    """
    groupers = [Grouper(before), Grouper(after)]
    known = [set(grouper.program.diagnoses.codes[1:]) for grouper in groupers]
    codes = pl.Series("code", sorted(known[0] | known[1]), dtype=pl.String)
    cases = pl.concat(_cases(codes, patient) for patient in PATIENTS)
    leads_to = pl.concat_str("mdc", "adrg", separator=" ")  # null if it is not grouped
    old, new = (grouper.group_batch(cases).select(leads_to).to_series() for grouper in groupers)
    both = cases.select(pl.col("principal_diagnosis").alias("item"), "patient").with_columns(
        before=old, after=new
    )
    both = both.filter(pl.col("before").ne_missing(pl.col("after")))
    moved = both.group_by("item", "before", "after", maintain_order=True).agg(
        about=pl.col("patient").str.join(", ")
    )
    change = (
        pl.when(pl.col("after") == "")
        .then(pl.lit("no longer grouped"))
        .when(pl.col("before") == "")
        .then(pl.lit("newly grouped"))
        .otherwise(pl.lit("moved"))
    )
    moved = moved.sort("item", maintain_order=True).with_columns(pl.col("before", "after").fill_null(""))
    about = pl.col("about").replace(", ".join(PATIENTS), "any patient")
    return changes_of(moved, "diagnosis", change, "item", about=about, before="before", after="after")


def procedure_moves(before: GrouperTables, after: GrouperTables) -> pl.DataFrame:
    """Procedures for which other ADRGs ask.

    Returns:
        what, change (moved, no longer asked for, newly asked for), item, about, before, after.
    """
    old, new = _asked_for(before), _asked_for(after)
    rows = []
    for code in sorted(old.keys() | new.keys()):
        a, b = old.get(code, []), new.get(code, [])
        if a != b:
            change = "moved" if a and b else "no longer asked for" if a else "newly asked for"
            about = f"−{len(set(a) - set(b))} +{len(set(b) - set(a))}"
            rows.append(("procedure", change, code, about, ", ".join(a), ", ".join(b)))
    return pl.DataFrame(rows, schema=dict.fromkeys(CHANGE_COLUMNS, pl.String), orient="row")


def _cases(codes: pl.Series, patient: str) -> pl.DataFrame:
    values = {**_STAY, **PATIENTS[patient], "principal_diagnosis": codes}
    columns = [
        pl.lit(values.get(column.name), dtype=column.dtype).alias(column.name)
        for column in INPUT_COLUMNS
        if column.name != "principal_diagnosis"
    ]
    return pl.DataFrame({"principal_diagnosis": codes}).with_columns(
        *columns, pl.lit(patient).alias("patient")
    )


def _asked_for(tables: GrouperTables) -> dict[str, list[str]]:
    """For each procedure the ADRGs whose rules ask for a set that holds it."""
    sets = dict(tables.sets.group_by("set").agg("code").rows())
    found: dict[str, set[str]] = defaultdict(set)
    for adrg, rule in tables.adrg.select("adrg", "rule").rows():
        for atom in required_members(parse(rule)):
            for name in sets_of(atom) if atom.fields[0] not in DIAGNOSIS_FIELDS else ():
                if name != ALL_OPERATIONS:
                    for code in sets.get(name, ()):
                        found[code].add(adrg)
    return {code: sorted(adrgs) for code, adrgs in found.items()}
