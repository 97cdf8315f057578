"""What a tally counts as cases are grouped is what their columns say."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import polars as pl
import pytest

from drg.grouping import grouper_of
from drg.grouping.tally import Tally
from tests.helpers import DATA

DAYS = (None, datetime(2019, 1, 1), datetime(2025, 6, 1), datetime(2026, 12, 31), datetime(2027, 1, 1))


def cases() -> pl.DataFrame:
    """Known cases, some of them without a principal diagnosis, or with what is unknown or impossible."""
    known = pl.read_parquet(DATA / "conformance" / "chs-drg-2.0.parquet").head(3000)
    place = pl.int_range(pl.len())
    code = pl.col("principal_diagnosis")
    days = pl.Series("discharge_date", [DAYS[i % len(DAYS)] for i in range(known.height)])
    return known.with_columns(
        pl.when(place % 11 == 3).then(None).when(place % 11 == 5).then(pl.lit("?")).otherwise(code),
        pl.when(place % 7 == 2)
        .then(500)
        .when(place % 7 == 4)
        .then(None)
        .otherwise("age_years")
        .alias("age_years"),
        days,
    )


@pytest.mark.parametrize("grouper", ["chs-drg-2.0", "chs-drg-3.0", "national"])
def test_a_tally_counts_what_the_columns_say(grouper: str) -> None:
    version, tally = grouper_of(grouper), Tally()
    batches = [version.group_batch(batch, tally) for batch in cases().iter_slices(700)]
    grouped = pl.concat(batches).with_columns(pl.col("drg_name").fill_null(""))
    outcomes = grouped.select("grouping_status", "grouping_reason")
    assert tally.cases == grouped.height
    assert tally.statuses == Counter(grouped["grouping_status"])
    assert tally.reasons == Counter(outcomes.drop_nulls().rows())
    assert tally.groups == Counter(grouped.select("drg", "drg_name").drop_nulls().rows())
    assert tally.versions == Counter(grouped["grouper"])
    assert len(tally.statuses) >= 3
    assert len(tally.reasons) >= 5


def test_a_tally_of_nothing() -> None:
    tally = Tally()
    grouper_of("demo").group_batch(cases().clear(), tally=tally)
    assert (tally.cases, tally.groups, +tally.statuses, tally.reasons) == (0, {}, {}, {})
