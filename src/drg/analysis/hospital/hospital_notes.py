"""What was assumed, left out or not known in the report of a hospital's month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from drg.analysis.hospital.month_cases import Read, low_risk_groups
from drg.analysis.price_tally import NOT_PRICED
from drg.words import Joined, Sentence, in_both


def notes_of(
    read: Read,
    of_month: pl.DataFrame,
    region: pl.DataFrame,
    reasons: pl.DataFrame,
    months: pl.DataFrame,
    unknown: Sequence[str],
    *,
    days: int,
) -> pl.DataFrame:
    """The notes: a name for programs, and both languages.

    Args:
        read: all cases of the files.
        of_month: those of the hospital's month.
        region: those of all hospitals in the month.
        reasons: of ``case_reasons``, for those of the hospital's month.
        months: the figures by month.
        unknown: versions that are not at hand.
        days: within which a return is a readmission.
    """
    every = read.cases
    told = (
        *_on_files(read),
        *_on_money(of_month),
        *_on_comparison(region, months),
        *_on_outcomes(every, of_month, days),
        *_on_reasons(reasons, unknown),
    )
    rows = [{"note": name} | in_both(message=text) for name, text in told]
    return pl.DataFrame(rows, schema=dict.fromkeys(("note", "message", "message_zh"), pl.String))


def _on_files(read: Read) -> Iterator[tuple[str, Sentence]]:
    if no_date := read.cases.filter(pl.col("period").is_null()).height:
        yield (
            "no_date",
            Sentence("{count:,} cases have no date of discharge and are in no month", count=no_date),
        )
    if read.twice:
        yield (
            "month_twice",
            Sentence(
                "{count:,} earlier cases are left out: their month is in the files of this month too",
                count=read.twice,
            ),
        )


def _on_money(of_month: pl.DataFrame) -> Iterator[tuple[str, Sentence]]:
    schemes = of_month["scheme"].drop_nulls().unique().sort().to_list()
    if schemes:
        yield "schemes", Sentence("priced by {names}", names=Joined(", ", schemes))
    if open_ := of_month.filter(pl.col("case_class").is_in(NOT_PRICED)).height:
        yield (
            "not_priced",
            Sentence(
                "{count:,} cases of the month are not priced: their cost counts, they have no payment and"
                " no surplus",
                count=open_,
            ),
        )
    if no_cost := of_month["cost_fen"].null_count():
        yield "no_cost", Sentence("{count:,} cases of the month have no cost that can be read", count=no_cost)


def _on_comparison(region: pl.DataFrame, months: pl.DataFrame) -> Iterator[tuple[str, Sentence]]:
    if region["hospital_id"].n_unique() == 1:
        yield (
            "one_hospital",
            Sentence(
                "there are no cases of other hospitals: the indices compare with the hospital's own means,"
                " and those of the whole hospital are 1"
            ),
        )
    if months.height == 1:
        yield "no_earlier_month", Sentence("the files have no earlier month to compare with")


def _on_outcomes(every: pl.DataFrame, of_month: pl.DataFrame, days: int) -> Iterator[tuple[str, Sentence]]:
    if of_month["disposition"].null_count() == of_month.height:
        yield "no_disposition", Sentence("there is no column disposition: deaths are not known")
    else:
        yield (
            "low_risk",
            Sentence(
                "low risk of death: groups whose log mortality, by all cases of the files, is more than one"
                " standard deviation below the mean of the groups with deaths; {count:,} groups",
                count=len(low_risk_groups(every)),
            ),
        )
    if of_month["readmitted"].null_count() == of_month.height:
        yield (
            "readmissions_not_known",
            Sentence("readmissions are not known: patient or dates are missing"),
        )
        return
    yield (
        "readmissions",
        Sentence(
            "readmission: the patient comes back to the same hospital and group within {days} days, as far as"
            " the files hold the later stay",
            days=days,
        ),
    )
    if count := int(of_month["not_judged"].sum()):
        yield (
            "readmission_not_judged",
            Sentence("{count:,} cases lack patient or dates and count as not followed by one", count=count),
        )


def _on_reasons(reasons: pl.DataFrame, unknown: Sequence[str]) -> Iterator[tuple[str, Sentence]]:
    if unknown:
        yield (
            "version_not_at_hand",
            Sentence(
                "no reasons for groups of versions that are not installed: {names}",
                names=Joined(", ", unknown),
            ),
        )
    elif reasons["why"].null_count() == reasons.height:
        yield "no_reasons", Sentence("no reasons for groups: the cases have no diagnoses or name no version")
    if count := int(reasons["other_severity"].sum()):
        yield (
            "other_severity",
            Sentence(
                "{count:,} records have another severity than the file says; their codes were changed after"
                " grouping",
                count=count,
            ),
        )
