"""What each code of a record does: put first or left out, grouped and priced afresh.

Every diagnosis as the principal one, each complication left out, every procedure as the principal one; the
record as it is always comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.analysis.comparison.compared_versions import ComparedVersion, check_columns, sides
from drg.columns import ALL, INPUT, OUTPUT, PRICE
from drg.errors import InputError
from drg.grouping import Grouper
from drg.payment import Pricer
from drg.records.binding import with_unread
from drg.records.cases import CODE_VERSIONS, Cases, CodeVersion
from drg.records.codes import comparable
from drg.words import Joined, Sentence

RECORDED: Final = "recorded"
PRINCIPAL_DIAGNOSIS: Final = "principal_diagnosis"
WITHOUT_DIAGNOSIS: Final = "without_diagnosis"
PRINCIPAL_PROCEDURE: Final = "principal_procedure"
# In the order in which they stand.
VARIANTS: Final = (RECORDED, PRINCIPAL_DIAGNOSIS, WITHOUT_DIAGNOSIS, PRINCIPAL_PROCEDURE)

_CASE: Final = "case"
_PLACE: Final = "variant_place"
_GROUPS: Final = ("mdc", "adrg", "drg", "drg_name", "severity", "grouping_status")
_PRICES: Final = ("relative_weight", "standard_payment_yuan", "case_class", "payment_yuan")
SCHEMA: Final = pl.Schema(
    {
        _CASE: pl.UInt32(),
        "case_id": pl.String(),
        "variant": pl.String(),
        "code": pl.String(),
        "grouper": pl.String(),
        **{name: OUTPUT[name].dtype for name in _GROUPS},
        "rule": pl.String(),
        "scheme": pl.String(),
        **{name: PRICE[name].dtype for name in _PRICES},
        "payment_difference_yuan": pl.Decimal(18, 2),
    }
)


def code_variants(
    frame: Any,
    groupers: Sequence[str | Path | Grouper],
    schemes: Iterable[str | Path | Pricer] = (),
    *,
    codes: CodeVersion = "insurance",
) -> pl.DataFrame:
    """Group and price every variant of the codes of each record, by one version or several.

    It says what a code does, not which one is right: that is a matter of the chart.

    Args:
        frame: discharges, one row per case: all that ``Cases.of`` takes.
        groupers: versions, by id, directory or as Groupers.
        schemes: payment schemes, at most one for each version; without one a version has no prices.
        codes: the version of the codes in the frame, unless it says so itself.

    Returns:
        For each case (numbered from 1), variant and version a row. The record as it is comes first, then the
        others in the order of its codes. A row has the ``variant``, its ``code``, the group, the ``rule`` of
        the ADRG and of the DRG that decide it, weight, standard, class, payment, and the payment less that of
        the record.
        Rules that compare cases (readmissions, the most expensive) are left out.

    Raises:
        InputError, MissingColumnError: as for ``compare``.
        SchemeError: a scheme is for none of the versions.
        UnknownGrouperError, TablesError, UnknownSchemeError: a version or scheme cannot be used.
    """
    if codes not in CODE_VERSIONS:
        known = Joined(", ", CODE_VERSIONS)
        problem = Sentence("there is no code version {name!r}", name=codes)
        raise InputError(problem, field="codes", fix=Sentence("Give one of {names}", names=known))
    cases = Cases.of(frame, codes=codes)
    return lazy_variants(cases, sides(list(groupers), schemes, cases.codes, least=1)).collect(
        engine="streaming"
    )


def lazy_variants(
    cases: Cases, versions: Sequence[ComparedVersion], on_batch: Callable[[int], None] | None = None
) -> pl.LazyFrame:
    """As ``code_variants``, in batches.

    Args:
        cases: discharges.
        versions: with their schemes.
        on_batch: is told the number of cases of every batch.
    """
    converts = {version.converts for version in versions}
    if len(converts) > 1:
        raise InputError(
            Sentence("versions of clinical and of insurance codes are not tried at once"),
            field="groupers",
            fix=Sentence("Give those of one code system"),
        )
    names = [name for name in cases.columns if name not in OUTPUT and name not in PRICE]
    check_columns(versions, names)
    asked = {name for version in versions if version.pricer for name in version.pricer.asks}
    names = [name for name in names if name in INPUT or name in asked]
    read = [*names, *(name for name in INPUT if name not in names)]
    of_codes = replace(cases, codes="clinical" if converts == {True} else "insurance")
    rows = of_codes.lazy(read, marked=True).with_row_index(_CASE, offset=1)
    step = _Step(versions)

    def made(batch: pl.DataFrame) -> pl.DataFrame:
        if on_batch is not None:
            on_batch(batch.height)
        return step.variants(batch)

    return rows.map_batches(
        made,
        schema=SCHEMA,
        streamable=True,
        predicate_pushdown=False,
        projection_pushdown=False,
        slice_pushdown=False,
    )


@dataclass(frozen=True)
class _Step:
    """All variants of a batch, by every version."""

    versions: Sequence[ComparedVersion]

    def variants(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The rows of ``SCHEMA``."""
        records = self.records(batch)
        made = [self._by(place, version, records) for place, version in enumerate(self.versions)]
        whole = pl.concat(made).sort(_CASE, _PLACE, "version_place", maintain_order=True)
        return whole.select(SCHEMA.names()).cast(SCHEMA)

    def records(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Every variant as a record: the codes of the case, put otherwise."""
        recorded = batch.with_columns(variant=pl.lit(RECORDED), code=pl.lit(None, pl.String))
        parts = [
            recorded,
            _as_principal(batch, PRINCIPAL_DIAGNOSIS, "other_diagnoses"),
            self._without(batch),
            _as_principal(batch, PRINCIPAL_PROCEDURE, "other_procedures"),
        ]
        whole = pl.concat([part.select(recorded.columns) for part in parts])
        return whole.with_columns(pl.int_range(pl.len()).alias(_PLACE))

    def _without(self, batch: pl.DataFrame) -> pl.DataFrame:
        found = _exploded(batch, "other_diagnoses", WITHOUT_DIAGNOSIS)
        known = comparable(found["code"]).is_in(self._complications.implode())
        return found.filter(known).with_columns(other_diagnoses=_rest("other_diagnoses"))

    @cached_property
    def _complications(self) -> pl.Series:
        """What any of the versions counts as a complication."""
        every = [version.grouper.tables.complications["code"] for version in self.versions]
        return comparable(pl.concat(every).unique())

    @cached_property
    def _rules(self) -> list[dict[str, pl.DataFrame]]:
        """For each version the rules of its ADRGs and of its DRGs, by their codes."""
        tables = [version.grouper.tables for version in self.versions]
        return [
            {"adrg": one.adrg.select("adrg", "rule"), "drg": one.drg.select("drg", "rule")} for one in tables
        ]

    def _by(self, place: int, version: ComparedVersion, records: pl.DataFrame) -> pl.DataFrame:
        read = with_unread(ALL, records.columns)
        grouped = version.grouper.group_batch(records.select(read))
        priced = None if version.pricer is None else version.pricer.price_batch(grouped)
        nothing = [pl.lit(None, SCHEMA[name]).alias(name) for name in ("scheme", *_PRICES)]
        priced = grouped.with_columns(nothing) if priced is None else priced
        prices = priced.select("scheme", *_PRICES)
        own = records.select(
            _CASE,
            "case_id" if "case_id" in records.columns else pl.lit(None, pl.String).alias("case_id"),
            *("variant", "code", _PLACE),
        )
        whole = own.hstack(grouped.select("grouper", *_GROUPS)).hstack(prices)
        recorded = pl.col("payment_yuan").first().over(_CASE, order_by=_PLACE)
        return whole.with_columns(
            version_place=pl.lit(place),
            rule=_rule(whole, self._rules[place]),
            payment_difference_yuan=pl.col("payment_yuan") - recorded,
        )


def _rule(grouped: pl.DataFrame, rules: dict[str, pl.DataFrame]) -> pl.Series:
    """The rules of ADRG and DRG, each behind its code; a rule that always holds is left out."""
    parts = []
    for name, table in rules.items():
        code = pl.col(name).cast(pl.String)
        text = code.replace_strict(table[name], table["rule"], default=None).replace("", None)
        parts.append(code + ": " + text)
    return grouped.select(
        pl.concat_str(parts, separator="; ", ignore_nulls=True).replace("", None)
    ).to_series()


def _exploded(batch: pl.DataFrame, column: str, variant: str) -> pl.DataFrame:
    """A row for each different code of a list, in its order."""
    return (
        batch.with_columns(variant=pl.lit(variant), code=pl.col(column).list.unique(maintain_order=True))
        .explode("code")
        .drop_nulls("code")
    )


def _rest(column: str) -> pl.Expr:
    """A list without the code of the variant."""
    return pl.col(column).list.set_difference(pl.concat_list("code"))


def _as_principal(batch: pl.DataFrame, principal: str, others: str) -> pl.DataFrame:
    """Every other code in the place of the principal one, which becomes one of the others."""
    found = _exploded(batch, others, principal).filter(pl.col("code").ne_missing(pl.col(principal)))
    before = pl.concat_list(pl.col(principal)).list.drop_nulls()
    return found.with_columns(
        pl.col("code").alias(principal), pl.concat_list(before, _rest(others)).alias(others)
    )
