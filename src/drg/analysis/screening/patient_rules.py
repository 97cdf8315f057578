"""Rules that follow a patient from stay to stay."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.screening.found import (
    EVIDENCE,
    FOUND,
    TESTS,
    Found,
    shaped,
    share_tests,
    with_p_of_counts,
)
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule

_GAP: Final = (pl.col("admitted") - pl.col("before_discharged")).dt.total_days()
_ORDER: Final = ("admission_date", "discharge_date", "place")
_BEFORE: Final = (
    *("place", "discharged", "drg", "hospital_id", "principal_diagnosis"),
    *("cost", "group_cost"),
)
_TOGETHER: Final = (pl.col("cost") + pl.col("before_cost")) / pl.max_horizontal(
    "group_cost", "before_group_cost"
)


def _no_course(rule: ScreenRule) -> pl.Expr:
    """Whether the principal diagnosis is none of a course of treatment in stages."""
    courses = [pl.col("principal_diagnosis").str.starts_with(begin) for begin in rule.texts("leave_out")]
    return ~pl.any_horizontal(pl.lit(False), *courses).fill_null(False)


def _with_stay_before(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Stays with that before each, of the same patient and what else is named."""
    ordered = rows.sort(*by, *_ORDER)
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in by)
    return ordered.with_columns(
        pl.when(same).then(pl.col(name).shift(1)).alias(f"before_{name}") for name in _BEFORE
    )


def _pairs(later: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A finding for each later stay, with both stays as evidence."""
    keyed = later.sort("place").with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"))
    both = keyed.select("key", pl.concat_list("before_place", "place").alias("place")).explode("place")
    return shaped(keyed, FOUND), shaped(both, EVIDENCE)


def _returns(cases: ScreenCases, rule: ScreenRule, same: pl.Expr) -> Found:
    judged = cases.judged(rule.needs)
    stays = _with_stay_before(cases.compared.filter(judged), "patient_id", "hospital_id")
    days = rule.number("days")
    back = _GAP.is_between(0, days) & same & (rule.number("together") >= _TOGETHER) & _no_course(rule)
    later = stays.filter(back.fill_null(False)).with_columns(
        _GAP.alias("observed"), pl.lit(days).alias("expected"), _TOGETHER.alias("ratio")
    )
    findings, evidence = _pairs(later)
    return Found(judged, findings, evidence, share_tests(stays, back, "mdc"))


def returns_same_group(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Stays that begin within days after one in the same hospital and group.

    ``observed`` is the days between, ``ratio`` the cost of both to the mean of the group.
    """
    return _returns(cases, rule, pl.col("drg") == pl.col("before_drg"))


def split_stays(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Stays that begin a few days after one in the same hospital, with the same principal diagnosis."""
    same = pl.col("principal_diagnosis") == pl.col("before_principal_diagnosis")
    return _returns(cases, rule, same)


def many_stays(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Persons with so many stays in a calendar year, told of the hospital with most of them.

    ``observed`` is the stays, ``expected`` the limit.
    """
    judged = cases.judged(rule.needs)
    least = rule.number("stays")
    stays = cases.rows.filter(judged).filter(_no_course(rule)).sort("patient_id", *_ORDER)
    of_year = ("patient_id", pl.col("discharged").dt.year().alias("year"))
    stays = stays.with_columns(of_year[1]).with_columns(
        pl.len().over("patient_id", "year").alias("stays"),
        pl.int_range(pl.len()).over("patient_id", "year").alias("number"),
    )
    many = stays.filter(pl.col("stays") >= least)
    persons = (
        many.group_by("patient_id", "year", maintain_order=True)
        .agg(
            pl.col("hospital_id").mode().min(),
            pl.len().alias("observed"),
            pl.col("money").filter(pl.col("number") >= least - 1).sum(),
        )
        .with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"),
            pl.col("year").cast(pl.String).alias("subject"),
            pl.lit(least).alias("expected"),
        )
    )
    evidence = many.join(persons.select("patient_id", "year", "key"), on=["patient_id", "year"])
    return Found(
        judged,
        shaped(persons, FOUND),
        shaped(evidence.sort("key", "number"), EVIDENCE),
        share_tests(stays, pl.col("stays") >= least, "adrg"),
    )


def linked_transfers(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Pairs of hospitals: more patients pass from one to the other at once than by the size of the other.

    Of those who pass from a hospital to any other, as many are expected in each as it has of the other cases.
    """
    judged = cases.judged(rule.needs)
    stays = _with_stay_before(cases.compared.filter(judged), "patient_id")
    passed = _GAP.is_between(0, rule.number("days")) & (pl.col("hospital_id") != pl.col("before_hospital_id"))
    moves = stays.filter(passed.fill_null(False))
    sizes = stays.group_by(pl.col("hospital_id").alias("to")).agg(pl.len().alias("size"))
    leaving = moves.group_by(pl.col("before_hospital_id").alias("hospital_id")).agg(pl.len().alias("cases"))
    own = sizes.rename({"to": "hospital_id", "size": "own_size"})
    pairs = moves.group_by(
        pl.col("before_hospital_id").alias("hospital_id"), pl.col("hospital_id").alias("to")
    )
    named = (
        leaving.join(own, on="hospital_id")
        .join(sizes, how="cross")
        .filter(pl.col("hospital_id") != pl.col("to"))
        .join(
            pairs.agg(pl.len().alias("observed"), pl.col("money").sum()), on=["hospital_id", "to"], how="left"
        )
        .with_columns(
            pl.col("observed").fill_null(0),
            (pl.col("cases") * pl.col("size") / (stays.height - pl.col("own_size"))).alias("expected"),
            pl.concat_str("hospital_id", pl.lit(" → "), "to").alias("subject"),
        )
        .sort("hospital_id", "to")
    )
    tests = with_p_of_counts(shaped(named, TESTS))
    enough = pl.col("observed") >= rule.number("min_cases")
    told = tests.filter(enough, pl.col("ratio") >= rule.number("ratio"))
    told = told.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"))
    told = told.join(named.select("hospital_id", "subject", "money"), on=["hospital_id", "subject"])
    names = pl.concat_str("before_hospital_id", pl.lit(" → "), "hospital_id").alias("subject")
    both = moves.with_columns(names).join(told.select("subject", "key"), on="subject").sort("key", "place")
    both = both.select("key", pl.concat_list("before_place", "place").alias("place")).explode("place")
    return Found(judged, shaped(told, FOUND), shaped(both, EVIDENCE), tests, by_test=True)
