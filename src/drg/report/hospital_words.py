"""What the report of a hospital's month calls its figures, and why each case is in its group, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl

from drg.analysis.hospital.case_reasons import Why
from drg.columns import ALL
from drg.reasons import in_words
from drg.records.codes import DIAGNOSIS, PROCEDURE, names_of
from drg.report.quality_labels import LABELS_ZH
from drg.report.statement_words import words_in
from drg.words import Both, Sentence, categories

_OF_QUALITY: Final = (
    *("cost_index_ratio_of_sums", "cost_index_mean_of_ratios"),
    *("time_index_ratio_of_sums", "time_index_mean_of_ratios", "cost_to_payment_standard"),
)
# Of each figure what it is called, and how it looks.
FIGURES: Final[dict[str, tuple[Sentence, str]]] = {
    "cases": (Sentence("cases"), "count"),
    "grouped": (Sentence("grouped cases"), "count"),
    "grouping_rate": (Sentence("grouping rate"), "percent"),
    "weighted_cases": (Sentence("cases with a weight"), "count"),
    "total_weight": (Sentence("total weight"), "weight"),
    "cmi": (Sentence("CMI"), "weight"),
    "total_cost_yuan": (Sentence("total cost (yuan)"), "money"),
    "mean_cost_yuan": (Sentence("mean cost (yuan)"), "two"),
    "mean_los_days": (Sentence("mean stay (days)"), "two"),
    **{name: (Both(name.replace("_", " "), LABELS_ZH[name]), "weight") for name in _OF_QUALITY},
    "standard_payment_yuan": (Sentence("payment standard (yuan)"), "money"),
    "payment_yuan": (Sentence("payment (yuan)"), "money"),
    "surplus_yuan": (Sentence("surplus (yuan)"), "money"),
    "high_cases": (Sentence("high-cost cases"), "count"),
    "low_cases": (Sentence("low-cost cases"), "count"),
    "deaths": (Sentence("deaths"), "count"),
    "low_risk_deaths": (Sentence("deaths in groups of low risk"), "count"),
    "readmissions": (Sentence("stays followed by a readmission"), "count"),
}
_OF_GROUP: Final = ("principal_diagnosis", "principal_procedure", "asks_for_procedures", "adrg")
_OF_COMPLICATIONS: Final = (
    *("why", "complication", "complication_level", "more_complications", "grouping_reason"),
)


def reason_of_each(cases: pl.DataFrame, language: str) -> pl.Series:
    """A sentence for each case: what led to its ADRG, and which complication counted, or why none did.

    Args:
        cases: of a ``HospitalReport``.
        language: of the sentences.
    """
    codes = (*cases["principal_diagnosis"].unique(), *cases["complication"].unique())
    names = names_of(codes, DIAGNOSIS) | names_of(cases["principal_procedure"].unique(), PROCEDURE)

    def named(code: str | None) -> str | None:
        return f"{code} {names[code]}" if code in names else code

    def of_group(row: dict[str, Any]) -> str | None:
        facts = {"adrg": row["adrg"], "diagnosis": named(row["principal_diagnosis"])}
        if None in facts.values():
            return None
        procedure = named(row["principal_procedure"])
        if procedure is None or not row["asks_for_procedures"]:
            return Sentence("{adrg} by {diagnosis}", **facts).to(language)
        return Sentence("{adrg} by {diagnosis} with {procedure}", **facts, procedure=procedure).to(language)

    def of_complications(row: dict[str, Any]) -> str | None:
        return _of_complications(row, named(row["complication"]), language)

    parts = [_worded(cases, _OF_GROUP, of_group), _worded(cases, _OF_COMPLICATIONS, of_complications)]
    between = Both("; ", "；").to(language)
    return pl.select(reason=pl.concat_str(parts, separator=between, ignore_nulls=True)).to_series()


def _of_complications(row: dict[str, Any], code: str | None, language: str) -> str | None:
    why, facts = row["why"], {"code": code, "level": row["complication_level"]}
    if row["grouping_reason"] and why in (None, Why.NOT_GROUPED):
        return in_words(row["grouping_reason"], language)
    if why is None:
        return None
    if why == Why.COUNTS and (more := row["more_complications"]):
        return Sentence("{code} counts as {level}, beside {more} more", **facts, more=more).to(language)
    sentences = {
        Why.COUNTS: Sentence("{code} counts as {level}", **facts),
        Why.ONE_OF_SEVERAL: Sentence(
            "{code} counts as {level}, one of several conditions of this group", **facts
        ),
        Why.NOT_ASKED_FOR: Sentence("{code} counts as {level}, which this group does not ask for", **facts),
        Why.EXCLUDED: Sentence("{code} would be {level}, but the principal diagnosis excludes it", **facts),
        Why.NONE_COUNTS: Sentence("no complication counts"),
        Why.NOT_SPLIT: Sentence("complications make no difference in this ADRG"),
        Why.NOT_GROUPED: Sentence("not grouped"),
    }
    return sentences[Why(why)].to(language)


def _worded(
    cases: pl.DataFrame, columns: Sequence[str], say: Callable[[dict[str, Any]], str | None]
) -> pl.Series:
    """A text for each row, made once for each distinct combination of the columns."""
    keys = cases.select(columns)
    distinct = keys.unique()
    texts = pl.Series("text", [say(row) for row in distinct.iter_rows(named=True)], dtype=pl.String)
    said = keys.join(
        distinct.with_columns(texts), on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return said["text"]


def name_in(name: str, language: str) -> str:
    """What a column of the report is called."""
    own = _OWN.get(name) or (FIGURES[name][0] if name in FIGURES else ALL[name].label)
    return own.to(language)


_OWN: Final = {
    "doctor": Sentence("doctor"),
    "period": Sentence("month"),
    "reason": Sentence("why this group"),
}


def values_in(name: str, values: pl.Series, language: str) -> pl.Series:
    """The values of a column in words; empty ones say so if they are keys."""
    text = values.cast(pl.String)
    if name == "insurance_type":
        return text.replace(words_in("zh" if language == "zh" else "en").insurances)
    return text.replace(categories(name, language)) if name == "case_class" else values
