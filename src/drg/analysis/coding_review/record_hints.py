"""Hints that the record of a case alone, or beside an earlier one of the patient, speaks for.

Each gives ``place``, ``subject`` and what the sentence of its rule names; ``other_drg`` is the group that the
case would have, where it is known, and ``other_payment`` what it would be paid (fen).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.checks import checker, choose
from drg.analysis.code_variants import PRINCIPAL_DIAGNOSIS, WITHOUT_DIAGNOSIS
from drg.analysis.coding_review.review_cases import ReviewCases
from drg.analysis.coding_review.review_rules import ReviewRule, prefixes
from drg.categories import Severity
from drg.grouping.outcomes import AMBIGUOUS, GROUPED
from drg.records.notes import PLACE

# What joins the codes of a hint.
_AND: Final = ", "
_MEDICAL: Final = "R"


def evidence(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """A procedure, or hours of care, whose reason is not coded, where a complication could lift the group."""
    shown = cases.with_procedure(rule.texts("procedures")).select("place", "code")
    if "hours" in rule.parameters:
        hours = pl.col(str(rule.parameters["hours_column"]))
        long = cases.rows.filter(hours >= rule.number("hours"))
        text = hours.round(1).cast(pl.String) + " h"
        shown = pl.concat([shown, long.select("place", text.alias("code"))])
    shown = shown.group_by("place", maintain_order=True).agg(
        pl.col("code").unique(maintain_order=True).str.join(_AND).alias("subject")
    )
    explained = cases.with_diagnosis(rule.texts("explained_by"))
    shown = shown.join(explained, on="place", how="anti")
    if "not_with" in rule.parameters:
        shown = shown.join(cases.with_procedure(rule.texts("not_with")), on="place", how="anti")
    if not cases.counts(rule.texts("asks")):
        shown = shown.clear()
    return _with_gravest(cases, shown)


def intensive_care(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """Hours of intensive care in a medical group, and no complication counts."""
    rows = cases.rows.filter(
        pl.col("icu_hours") >= rule.number("hours"),
        pl.col("severity") == Severity.NONE,
        pl.col("adrg").str.slice(1, 1) >= _MEDICAL,
    )
    return _with_gravest(cases, rows.select("place", pl.col("icu_hours").alias("observed")))


def _with_gravest(cases: ReviewCases, hints: pl.DataFrame) -> pl.DataFrame:
    """The hints of cases whose group a complication could lift."""
    groups = cases.rows.select("place", "drg").join(cases.ladders, on="drg")
    found = hints.join(groups.select("place", pl.col("gravest").alias("other_drg")), on="place")
    return found.drop_nulls("other_drg").sort("place")


def chronic_condition(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """What does not heal, coded in an earlier stay of the patient and not in this, where it would count."""
    stays = cases.rows.select("place", "patient_id", "admitted", "discharged").drop_nulls()
    stays = stays.filter(pl.len().over("patient_id") > 1)
    kinds = [
        cases.with_diagnosis([kind]).select("place", "code", pl.lit(number).alias("kind"))
        for number, kind in enumerate(rule.texts("kinds"))
    ]
    coded = pl.concat(kinds)
    earlier = stays.join(coded, on="place").rename({"place": "before"})
    pairs = stays.join(earlier, on="patient_id", suffix="_before").filter(
        pl.col("discharged_before") <= pl.col("admitted"),
        pl.col("before") != pl.col("place"),
        (pl.col("admitted") - pl.col("discharged_before")).dt.total_days() <= rule.number("days"),
    )
    gone = pairs.join(coded.select("place", "kind"), on=["place", "kind"], how="anti")
    # The latest stay that says so, for each case and code.
    gone = gone.sort("place", "discharged_before", "code", descending=[False, True, False])
    gone = gone.unique(["place", "kind"], keep="first", maintain_order=True)
    case = cases.rows.select("place", "case_id", pl.col("drg").alias("own_drg"), "other_diagnoses")
    gone = gone.join(case.select("place", "own_drg", "other_diagnoses"), on="place", maintain_order="left")
    gone = gone.join(
        case.select(pl.col("place").alias("before"), pl.col("case_id").alias("earlier")),
        on="before",
        maintain_order="left",
    )
    longer = gone.select(pl.concat_list(pl.col("other_diagnoses").fill_null([]), "code")).to_series()
    groups = cases.regrouped(gone["place"], other_diagnoses=longer)
    told = gone.select("place", pl.col("code").alias("subject"), "earlier", "own_drg").with_columns(
        groups["drg"].alias("other_drg"), groups["grouping_status"]
    )
    lifted = (pl.col("grouping_status") == GROUPED) & (pl.col("other_drg") != pl.col("own_drg"))
    return told.filter(lifted).unique("place", keep="first", maintain_order=True)


def symptom(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """A symptom as the principal diagnosis, and a cause of it among the others."""
    others = cases.diagnoses.filter(~pl.col("principal"))
    found = []
    for pair in rule.texts("pairs"):
        sign, _, causes = pair.partition("=")
        has = cases.with_diagnosis([sign]).filter("principal").select("place")
        cause = cases.with_diagnosis(causes.split()).filter(~pl.col("principal"))
        found.append(cause.join(has, on="place", how="semi").select("place", "code"))
    first = others.with_row_index("order").join(pl.concat(found), on=["place", "code"], how="semi")
    first = first.sort("order").unique("place", keep="first").sort("place")
    return _as_principal(cases, first.select("place", pl.col("code").alias("subject")))


def treatment(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """A tumour as the principal diagnosis, its treatment among the others, and no operation."""
    tumour = cases.with_diagnosis(rule.texts("tumours")).filter("principal")
    treated = cases.with_diagnosis(rule.texts("treatments")).filter(~pl.col("principal"))
    pattern = prefixes(rule.texts("only_with"))
    operated = cases.procedures.filter(~pl.col("code").str.contains(pattern))
    found = treated.join(tumour, on="place", how="semi").join(operated, on="place", how="anti")
    found = found.unique("place", keep="first", maintain_order=True).sort("place")
    return _as_principal(cases, found.select("place", pl.col("code").alias("subject")))


def ambiguous(cases: ReviewCases, _rule: ReviewRule) -> pl.DataFrame:
    """QY cases that another diagnosis of the record, put first, would group: the first that does."""
    places = cases.records.with_row_index("place").filter(pl.col("grouping_status") == AMBIGUOUS)["place"]
    found = cases.variants(places, PRINCIPAL_DIAGNOSIS).filter(pl.col("grouping_status") == GROUPED)
    return found.unique("place", keep="first", maintain_order=True).drop("grouping_status")


def _as_principal(cases: ReviewCases, hints: pl.DataFrame) -> pl.DataFrame:
    """Hints with what the case would be with the subject as the principal diagnosis."""
    found = cases.variants(hints["place"], PRINCIPAL_DIAGNOSIS).drop("grouping_status")
    return hints.join(found, on=["place", "subject"], how="left", maintain_order="left")


def exclusive(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """Two codes that rule each other out, and what the case would be without one of them."""
    found = []
    for pair in rule.texts("pairs"):
        one, _, rest = pair.partition("=")
        first = cases.with_diagnosis([one]).select("place", pl.col("code").alias("one"))
        second = cases.with_diagnosis(rest.split()).select("place", pl.col("code").alias("two"))
        found.append(first.join(second, on="place"))
    both = pl.concat(found).filter(pl.col("one") != pl.col("two")).unique("place", keep="first").sort("place")
    without = cases.variants(both["place"], WITHOUT_DIAGNOSIS).drop("grouping_status")
    codes = both.select("place", pl.concat_list("one", "two").alias("subject")).explode("subject")
    own = cases.rows.select("place", pl.col("drg").alias("own_drg"))
    changed = without.join(codes, on=["place", "subject"], how="semi").join(own, on="place")
    changed = changed.filter(pl.col("other_drg") != pl.col("own_drg")).unique("place", keep="first")
    told = both.select("place", pl.concat_str("one", "two", separator=_AND).alias("subject"))
    return told.join(changed.drop("subject", "own_drg"), on="place", how="left", maintain_order="left")


def fees(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """Fees of an operation, or costly materials, and no procedure."""
    surgery, materials = pl.col("surgery_yuan").fill_null(0), pl.col("materials_yuan").fill_null(0)
    rows = cases.rows.filter(
        (surgery >= rule.number("surgery_yuan")) | (materials >= rule.number("materials_yuan"))
    )
    rows = rows.join(cases.procedures, on="place", how="anti")
    charged = pl.when(surgery >= rule.number("surgery_yuan")).then(surgery).otherwise(materials)
    return rows.select("place", charged.cast(pl.Float64).alias("observed"))


def contradiction(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """What ``drg check`` finds; each rule of it that lacks a column is left out."""
    origin = cases.screen.origin
    ready = checker(origin.binding.columns, cases.version.grouper, choose(rule.texts("rules")))
    found = origin.collect(ready.placed_findings(origin))
    found = found.filter(pl.col("rule").is_in([one.id for one in ready.rules]))
    return found.select(
        pl.col(PLACE).cast(pl.UInt32).alias("place"),
        pl.col("rule").alias("subject"),
        pl.col("message").alias("text"),
        pl.col("message_zh").alias("text_zh"),
    ).sort("place")
