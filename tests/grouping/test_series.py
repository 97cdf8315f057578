"""The version in force: each case is grouped as by the version of its day alone, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, GrouperSeries, MissingColumnError, TablesError, UnknownGrouperError
from drg.columns import INPUT
from drg.tables import GrouperTables, Manifest
from tests.helpers import DATA, DEMO_CASES, OUTPUTS, demo_frame, discharge, outcome, outcomes

DEMO = Grouper("demo").tables


def of_days(id_: str, tables: GrouperTables, first: date, last: date | None = None) -> Grouper:
    manifest = Manifest(id=id_, title=id_, series="made", valid_from=first, valid_to=last)
    return Grouper(replace(tables, manifest=manifest))


def without(tables: GrouperTables, *adrgs: str) -> GrouperTables:
    """The version without some ADRGs: their cases find another group."""
    keep = ~pl.col("adrg").is_in(adrgs)
    return replace(tables, adrg=tables.adrg.filter(keep), drg=tables.drg.filter(keep))


# One after the other, a gap of a month, and a last one that ends.
FIRST = of_days("made-9", DEMO, date(2025, 1, 1), date(2025, 12, 31))
SECOND = of_days("made-10", without(DEMO, "BR1", "AA1"), date(2026, 1, 1), date(2026, 5, 31))
THIRD = of_days("made-2", without(DEMO, "BS1"), date(2026, 7, 1), date(2027, 12, 31))
MADE = GrouperSeries([THIRD, FIRST, SECOND])
EDGES = [date(2025, 1, 1), date(2026, 1, 1), date(2026, 6, 1), date(2026, 7, 1), date(2028, 1, 1)]


def in_force(day: date | None) -> Grouper | None:
    """Which version groups a case, worked out the plain way."""
    for version in (FIRST, SECOND, THIRD):
        manifest = version.tables.manifest
        if day and str(manifest.valid_from) <= str(day) <= str(manifest.valid_to):
            return version
    return None


DAYS = st.one_of(
    st.none(),
    st.builds(lambda edge, days: edge + timedelta(days), st.sampled_from(EDGES), st.integers(-2, 2)),
    st.dates(date(2024, 1, 1), date(2029, 1, 1)),
)
# The same day, as files write it.
SPELLED: dict[str, Callable[[date | None], Any]] = {
    "date": lambda day: day,
    "datetime": lambda day: day and datetime(day.year, day.month, day.day, 23, 59, 59),
    "2026-01-31": lambda day: day and f"{day:%Y-%m-%d}",
    "2026-01-31 08:00:00": lambda day: day and f"{day:%Y-%m-%d} 08:00:00",
    "2026/01/31": lambda day: day and f"{day:%Y/%m/%d}",
    "20260131": lambda day: day and f"{day:%Y%m%d}",
}


@given(
    st.lists(st.tuples(st.sampled_from(DEMO_CASES), DAYS), max_size=30),
    st.sampled_from(sorted(SPELLED)),
    st.sampled_from(["en", "zh"]),
)
def test_every_case_is_grouped_as_by_the_version_of_its_day(
    cases: list[tuple[dict, date | None]], spelling: str, language: str
) -> None:
    days = [SPELLED[spelling](day) for _, day in cases]
    dtypes: dict[str, Any] = {"date": pl.Date, "datetime": pl.Datetime("us")}
    dates = pl.Series("discharge_date", days, dtype=dtypes.get(spelling, pl.String))
    frame = demo_frame(case for case, _ in cases).with_columns(dates)
    found = MADE.group(frame, language=language)
    assert_frame_equal(found.drop(OUTPUTS), frame)
    for place, (_, day) in enumerate(cases):
        version, row = in_force(day), found[place]
        if version is not None:
            assert_frame_equal(row, version.group(frame[place], language=language))
        else:
            assert row.select("mdc", "adrg", "drg", "drg_name", "severity", "grouping_status").row(0) == (
                *(None, None, "0000", None, "none", "ungrouped"),
            )
            assert row["grouper"][0] is None
            zh = "缺少出院时间或无法识别" if day is None else "出院日期不在 made 任何版本的有效期内"
            en = "discharge_date is missing or" if day is None else "no version of made was in force on"
            assert row["grouping_reason"][0].startswith(zh if language == "zh" else en)


@given(st.sampled_from(DEMO_CASES), DAYS)
def test_an_explanation_has_the_outcome_of_the_row(case: dict, day: date | None) -> None:
    frame = demo_frame([case]).with_columns(pl.Series("discharge_date", [day], dtype=pl.Date))
    explanation = MADE.explain({**case, "discharge_date": day})
    assert [outcome(explanation)] == outcomes(MADE.group(frame))
    assert explanation.choice is not None
    assert (explanation.choice.series, explanation.choice.discharged) == ("made", day)
    version = in_force(day)
    manifest = version.tables.manifest if version else None
    assert explanation.choice.valid_from == (manifest and manifest.valid_from)
    assert explanation.choice.valid_to == (manifest and manifest.valid_to)
    if version is not None:
        assert explanation.mdcs == version.explain(case).mdcs


def test_what_the_reason_names() -> None:
    frame = demo_frame(DEMO_CASES[:3]).with_columns(
        discharge_date=pl.Series(["2024-12-31", "31 December", ""])
    )
    early, unreadable, absent = MADE.group(frame)["grouping_reason"]
    assert early == (
        "no version of made was in force on discharge_date (made-9 2025-01-01 – 2025-12-31,"
        " made-10 2026-01-01 – 2026-05-31, made-2 2026-07-01 – 2027-12-31)"
    )
    assert unreadable == absent
    assert "which version of made was in force is not known" in absent


def test_without_the_column_it_says_why_and_what_to_do() -> None:
    with pytest.raises(MissingColumnError) as caught:
        MADE.group(demo_frame(DEMO_CASES))
    said = str(caught.value)
    assert caught.value.field == "discharge_date"
    assert "discharge_date (出院时间): it says which version was in force on the day of discharge" in said
    assert "without it name one version, made-9 or made-10 or made-2, instead of made" in said
    with pytest.raises(MissingColumnError, match="2 columns that the data lacks") as caught:
        MADE.group(demo_frame(DEMO_CASES).drop("sex"), strict=True)
    assert "sex (性别)" in str(caught.value)


def test_every_kind_of_frame() -> None:
    frame = demo_frame(DEMO_CASES).with_columns(discharge_date=pl.lit(date(2026, 3, 1)))
    expected = MADE.group(frame)
    assert set(expected["grouper"]) == {"made-10"}
    assert_frame_equal(MADE.group(frame.lazy()).collect(), expected)
    arrow = MADE.group(frame.to_arrow())
    assert isinstance(arrow, pa.Table)
    assert arrow["drg"].to_pylist() == expected["drg"].to_list()
    pandas = MADE.group(frame.to_pandas())
    assert isinstance(pandas, pd.DataFrame)
    assert set(pandas["grouper"]) == {"made-10"}


def test_no_rows() -> None:
    frame = demo_frame([]).with_columns(discharge_date=pl.lit(None, dtype=pl.Date))
    assert MADE.group(frame).columns == [*frame.columns, *OUTPUTS]


def test_versions_of_different_series_are_no_series() -> None:
    other = Manifest(id="other", title="o", series="other", valid_from=date(2030, 1, 1))
    with pytest.raises(TablesError, match="are not the versions of one series"):
        GrouperSeries([FIRST, Grouper(replace(DEMO, manifest=other))])
    with pytest.raises(TablesError, match="are not the versions of one series"):
        GrouperSeries([FIRST, Grouper("demo")])
    with pytest.raises(TablesError, match="not the versions of one series"):
        GrouperSeries([])


def test_an_unknown_series() -> None:
    with pytest.raises(UnknownGrouperError, match="no series of versions 'nationl'") as caught:
        GrouperSeries("nationl")
    assert "Did you mean 'national'?" in str(caught.value.fix)
    with pytest.raises(UnknownGrouperError, match="no series of versions 'demo'"):
        GrouperSeries("demo")


# ------------------------------------------------------------------------------- the month around a switch


def around_the_switch() -> pl.DataFrame:
    """Cases of both national versions, discharged in December 2026 and January 2027."""
    both = [
        pl.read_parquet(DATA / "conformance" / f"{id_}.parquet").select(list(INPUT))
        for id_ in ("chs-drg-2.0", "chs-drg-3.0")
    ]
    cases = pl.concat(both)
    day = pl.int_range(pl.len()) * 7919 % 62
    return cases.with_columns(discharge_date=pl.datetime(2026, 12, 1, 9) + pl.duration(days=day))


def test_december_by_2_and_january_by_3() -> None:
    cases = around_the_switch()
    found = drg.group(cases, "national")
    december = pl.col("discharge_date") < date(2027, 1, 1)
    counts = dict(found["grouper"].value_counts().iter_rows())
    expected = cases.select(december=december.sum(), january=(~december).sum()).row(0)
    assert (counts["chs-drg-2.0"], counts["chs-drg-3.0"]) == expected
    assert min(expected) > 1000
    for version, of_it in (("chs-drg-2.0", december), ("chs-drg-3.0", ~december)):
        assert_frame_equal(found.filter(of_it), drg.group(cases.filter(of_it), version))


def test_why_a_version_was_chosen() -> None:
    case = discharge(around_the_switch().row(0, named=True))
    last = drg.explain({**case, "discharge_date": "2026-12-31"}, "national")
    first = drg.explain({**case, "discharge_date": date(2027, 1, 1)}, "national")
    assert (last.grouper, first.grouper) == ("chs-drg-2.0", "chs-drg-3.0")
    assert last.choice is not None
    assert last.choice.valid_to == date(2026, 12, 31)
    assert drg.explain(case, "chs-drg-2.0").choice is None


def test_a_chain_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for id_, dates in (
        ("city-1", "valid_from = 2025-07-01\nvalid_to = 2025-12-31"),
        ("city-2", "valid_from = 2026-01-01"),
    ):
        (tmp_path / id_).mkdir()
        text = f'id = "{id_}"\ntitle = "{id_}"\nbased_on = "demo"\nseries = "city"\n{dates}\n'
        (tmp_path / id_ / "manifest.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("DRG_TABLES", str(tmp_path))
    days = ["2025-06-30", "2025-07-01", "2025-12-31", "2026-01-01"]
    frame = demo_frame(DEMO_CASES[:4]).with_columns(discharge_date=pl.Series(days))
    assert drg.group(frame, "city")["grouper"].to_list() == [None, "city-1", "city-1", "city-2"]
