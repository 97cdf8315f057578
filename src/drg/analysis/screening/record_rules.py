"""Rules that look at the record of each case, or for records that are alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from drg.analysis.screening.found import (
    EVIDENCE,
    FOUND,
    Found,
    each_case,
    hospital_findings,
    shaped,
    share_tests,
)
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule
from drg.settlement.working_days import WorkingDays

_NO_PROCEDURE: Final = pl.col("principal_procedure").is_null()
# What the group costs in a hospital of this level of costs.
_COST_HERE: Final = pl.col("group_cost") * pl.col("cost_level")
# Home or to community care: who dies, is moved or leaves against advice stays short for that reason.
_WENT_HOME: Final = pl.col("disposition").fill_null("1").is_in(["1", "3"])


def cost_over_mean(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Cases that cost more than so many times the mean of their group; ``money`` is what is above that."""
    judged = _judged(cases, rule)
    limit = rule.number("times") * pl.col("group_cost")
    rows = cases.compared.filter(judged)
    dear = rows.filter(pl.col("cost") > limit).with_columns(
        (pl.col("cost") / 100).alias("observed"),
        (pl.col("group_cost") / 100).alias("expected"),
        (pl.col("cost") / pl.col("group_cost")).alias("ratio"),
        (pl.col("cost") - limit).round().alias("money"),
    )
    findings, evidence = each_case(dear)
    return Found(judged, findings, evidence, share_tests(rows, pl.col("cost") > limit, "mdc"))


def low_standard_admission(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Hospitals with many short and cheap stays of light groups without a procedure."""
    judged = _judged(cases, rule)
    flag = (
        (pl.col("los_days") <= rule.number("days"))
        & (pl.col("cost") < rule.number("cost_share") * _COST_HERE)
        & (pl.col("group_cost") < rule.number("light_share") * pl.col("cost").mean())
        & _NO_PROCEDURE
        & _WENT_HOME
    )
    return _by_hospital(judged, cases.compared.filter(judged), flag, rule)


def weekend_beds(cases: ScreenCases, rule: ScreenRule) -> tuple[Found, set[int]]:
    """Hospitals with many stays mostly over days off at a low cost a day.

    Returns:
        What is found, and the years whose days off are not known.
    """
    days = (pl.col("discharged") - pl.col("admitted")).dt.total_days()
    judged = _judged(cases, rule) & cases.rows.select((days >= 0).fill_null(False)).to_series()
    rows = cases.compared.filter(judged)
    calendar, unknown = _days_off_until(rows)
    for end, day in (("off_from", "admitted"), ("off_to", "discharged")):
        of_day = calendar.rename({"off": end, "day": day})
        rows = rows.join(of_day, on=day, how="left", maintain_order="left")
    cost_a_day = pl.col("group_day_cost") * pl.col("cost_level")
    flag = (
        (days >= rule.number("days"))
        & (pl.col("off_to") - pl.col("off_from") >= rule.number("days_off_share") * days)
        & (pl.col("cost") < rule.number("cost_share") * cost_a_day * days)
        & _NO_PROCEDURE
        & _WENT_HOME
    )
    return _by_hospital(judged, rows, flag, rule), unknown


def _by_hospital(judged: pl.Series, rows: pl.DataFrame, flag: pl.Expr, rule: ScreenRule) -> Found:
    tests = share_tests(rows, flag, "mdc")
    flagged = rows.filter(flag.fill_null(False))
    findings, evidence = hospital_findings(tests, rule, flagged, money="sum", every=True)
    return Found(judged, findings, evidence, tests, by_test=True)


def _judged(cases: ScreenCases, rule: ScreenRule) -> pl.Series:
    """Which cases have what is needed, and a group of enough cases."""
    enough = (cases.compared["group_cases"] >= rule.number("group_cases")).fill_null(False)
    return cases.judged(rule.needs) & enough


def _days_off_until(rows: pl.DataFrame) -> tuple[pl.DataFrame, set[int]]:
    """Of each day how many days off are before it, from the first admission to the last discharge."""
    schema = pl.Schema({"day": pl.Date(), "off": pl.Int64()})
    if rows.is_empty():
        return pl.DataFrame(schema=schema), set()
    first, last = rows.select(pl.col("admitted").min(), pl.col("discharged").max().alias("last")).row(0)
    calendar, found, before = WorkingDays(), [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        found.append((day, before))
        before += not calendar.is_working(day)
    return pl.DataFrame(found, schema=schema, orient="row"), calendar.unknown_years


def cloned_records(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Records of a hospital with the same codes, stay and cost, under several patients.

    ``observed`` is how many there are. Where patients are not known, every case counts as another.
    """
    judged = cases.judged(rule.needs)
    codes = pl.col("other_diagnoses").fill_null([]).list.sort().list.join("|").alias("__others")
    procedures = pl.concat_list(
        pl.concat_list("principal_procedure").list.drop_nulls(), pl.col("other_procedures").fill_null([])
    )
    rows = cases.rows.filter(judged).with_columns(
        codes,
        procedures.list.sort().list.join("|").alias("__procedures"),
        (1 + pl.col("other_diagnoses").list.len().fill_null(0) + procedures.list.len()).alias("__codes"),
        pl.coalesce("patient_id", pl.concat_str(pl.lit("\0"), pl.col("place").cast(pl.String))).alias(
            "__who"
        ),
    )
    alike = ["hospital_id", "principal_diagnosis", "__others", "__procedures", "los_days", "cost"]
    told = rows.filter(pl.col("__codes") >= rule.number("min_codes"), pl.col("cost") > 0)
    told = told.filter(pl.col("__who").n_unique().over(alike) > 1)
    clones = (
        told.group_by(alike, maintain_order=True)
        .agg(
            pl.len().alias("observed"),
            pl.col("money").sort_by("place").slice(1).sum(),
        )
        .with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"), pl.lit(1.0).alias("expected"))
    )
    evidence = told.join(clones.select(*alike, "key"), on=alike, nulls_equal=True).sort("key", "place")
    places = evidence["place"].implode()
    tests = share_tests(rows, pl.col("place").is_in(places), None)
    return Found(judged, shaped(clones, FOUND), shaped(evidence, EVIDENCE), tests)


def impossible(cases: ScreenCases, rule: ScreenRule, found: pl.DataFrame) -> Found:
    """Cases in which ``drg check`` finds a contradiction: ``found`` has their ``place`` and ``rule``."""
    judged = cases.judged(rule.needs)
    by_case = found.group_by("place", maintain_order=True).agg(pl.col("rule").unique().sort().str.join(", "))
    rows = cases.rows.filter(judged)
    flagged = rows.join(by_case.rename({"rule": "subject"}), on="place").sort("place")
    findings, evidence = each_case(flagged)
    tests = share_tests(rows, pl.col("place").is_in(by_case["place"].implode()), None)
    return Found(judged, findings, evidence, tests)
