"""Rules that look at the record of each case, or for records that are alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from drg.analysis.screening.found import EVIDENCE, FOUND, Found, each_case, shaped, share_tests
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule
from drg.settlement.working_days import WorkingDays

_NO_PROCEDURE: Final = pl.col("principal_procedure").is_null()
# Home or to community care: who dies, is moved or leaves against advice stays short for reasons of his own.
_WENT_HOME: Final = pl.col("disposition").fill_null("1").is_in(["1", "3"])


def _by_case(cases: ScreenCases, judged: pl.Series, flag: pl.Expr, like: str | None, **told: pl.Expr) -> Found:
    rows = cases.compared.filter(judged)
    flagged = rows.filter(flag.fill_null(False)).with_columns(value.alias(name) for name, value in told.items())
    findings, evidence = each_case(flagged)
    return Found(judged, findings, evidence, share_tests(rows, flag, like))


def cost_over_mean(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Cases that cost more than so many times the mean of their group; in fen, ``money`` is what is above."""
    limit = rule.number("times") * pl.col("group_cost")
    judged = cases.judged(rule.needs) & (cases.compared["group_cases"] >= rule.number("min_cases")).fill_null(False)
    return _by_case(
        cases,
        judged,
        pl.col("cost") > limit,
        "mdc",
        observed=pl.col("cost") / 100,
        expected=pl.col("group_cost") / 100,
        ratio=pl.col("cost") / pl.col("group_cost"),
        money=(pl.col("cost") - limit).round(),
    )


def low_standard_admission(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Short and cheap stays of light groups without a procedure; ``ratio`` is the cost to that of the group."""
    judged = cases.judged(rule.needs) & (cases.compared["group_cases"] >= rule.number("min_cases")).fill_null(False)
    flag = (
        (pl.col("los_days") <= rule.number("days"))
        & (pl.col("cost") < rule.number("cost_share") * pl.col("group_cost"))
        & (pl.col("group_cost") < rule.number("light_share") * pl.col("cost").mean())
        & _NO_PROCEDURE
        & _WENT_HOME
    )
    return _by_case(
        cases,
        judged,
        flag,
        None,
        observed=pl.col("cost") / 100,
        expected=pl.col("group_cost") / 100,
        ratio=pl.col("cost") / pl.col("group_cost"),
    )


def weekend_beds(cases: ScreenCases, rule: ScreenRule) -> tuple[Found, set[int]]:
    """Stays mostly over days off at a low cost a day; also the years whose days off are not known.

    ``observed`` is the days off, ``expected`` the days of the stay.
    """
    rows = cases.compared
    days = (pl.col("discharged") - pl.col("admitted")).dt.total_days()
    judged = cases.judged(rule.needs) & rows.select((days >= 0).fill_null(False)).to_series()
    judged &= (rows["group_cases"] >= rule.number("min_cases")).fill_null(False)
    calendar, unknown = _days_off_until(rows.filter(judged))
    off = pl.col("off_to") - pl.col("off_from")
    placed = rows.join(calendar.rename({"off": "off_from"}), left_on="admitted", right_on="day", how="left", maintain_order="left")
    placed = placed.join(calendar.rename({"off": "off_to"}), left_on="discharged", right_on="day", how="left", maintain_order="left")
    flag = (
        (days >= rule.number("days"))
        & (off >= rule.number("days_off_share") * days)
        & (pl.col("cost") < rule.number("cost_share") * pl.col("group_day_cost") * days)
        & _NO_PROCEDURE
        & _WENT_HOME
    )
    within = placed.filter(judged)
    flagged = within.filter(flag.fill_null(False)).with_columns(
        off.alias("observed"),
        days.alias("expected"),
        (pl.col("cost") / (pl.col("group_day_cost") * days)).alias("ratio"),
    )
    findings, evidence = each_case(flagged)
    return Found(judged, findings, evidence, share_tests(within, flag, None)), unknown


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
        pl.coalesce("patient_id", pl.concat_str(pl.lit("\0"), pl.col("place").cast(pl.String))).alias("__who"),
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
