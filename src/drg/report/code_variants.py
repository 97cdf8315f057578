"""The variants of one record on the console: what each code does, the record as it is first."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.code_variants import (
    PRINCIPAL_DIAGNOSIS,
    PRINCIPAL_PROCEDURE,
    RECORDED,
    WITHOUT_DIAGNOSIS,
)
from drg.report.console import say, status_in
from drg.report.console_table import show
from drg.words import Sentence, categories, said

NAMES: Final = {
    RECORDED: Sentence("as recorded"),
    PRINCIPAL_DIAGNOSIS: Sentence("as principal diagnosis"),
    WITHOUT_DIAGNOSIS: Sentence("without this complication"),
    PRINCIPAL_PROCEDURE: Sentence("as principal procedure"),
}
_NOTHING: Final = "–"


def print_variants(console: Console, variants: pl.DataFrame, language: str) -> None:
    """A table for each version."""
    of = partial(said, language=language)
    heads = of("variant,code,group,name,complication,weight,standard,class,payment,difference,rule").split(
        ","
    )
    for (version,), rows in variants.group_by("grouper", maintain_order=True):
        cells = [_cells(row, language) for row in rows.iter_rows(named=True)]
        show(console, heads, "wwwtwnnwnnt", cells, title=of("By {version}", version=version))
    say(
        console,
        of(
            "This says what a code does, not which one is right: that is a matter of the chart. Rules that "
            "compare cases, as for readmissions, are left out."
        ),
    )


def _cells(row: dict[str, Any], language: str) -> list[str]:
    group = row["drg"] if row["grouping_status"] == "grouped" else status_in(row["grouping_status"], language)
    weight = row["relative_weight"]
    money = (row["standard_payment_yuan"], row["payment_yuan"], row["payment_difference_yuan"])
    standard, payment, difference = (_NOTHING if one is None else f"{one:,}" for one in money)
    return [
        NAMES[row["variant"]].to(language),
        row["code"] or "",
        group or _NOTHING,
        row["drg_name"] or "",
        categories("severity", language).get(row["severity"], row["severity"]),
        _NOTHING if weight is None else f"{weight.normalize():f}",
        standard,
        _NOTHING if row["case_class"] is None else categories("case_class", language)[row["case_class"]],
        payment,
        difference,
        row["rule"] or "",
    ]
