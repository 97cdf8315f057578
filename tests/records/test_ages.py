"""Ages by the dates, and years by days: the same whatever the cases come in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drg
from drg.columns import ALL
from drg.records.ages import by_dates
from drg.records.cases import Cases
from drg.records.reading import read

BABY = {"sex": "1", "principal_diagnosis": "D20.100", "birth_weight_g": "1400", "admission_weight_g": "1400"}
NEWBORN, NOWHERE = "PS19", "0000"
# Years and days as they are given, birth, admission; what counts; the group; rules of findings.
ROWS: list[tuple[str, str, str, str, int | None, int | None, str, list[str]]] = [
    ("0", "12", "", "", 0, 12, NEWBORN, []),
    ("", "12", "", "", 0, 12, NEWBORN, ["age-years-from-days"]),
    ("", "364", "", "", 0, 364, NOWHERE, ["age-years-from-days"]),
    ("", "365", "", "", None, 365, NOWHERE, []),
    ("x", "12", "", "", None, 12, NOWHERE, []),
    ("45", "", "1980-03-01", "2025-03-01", 45, None, NOWHERE, []),
    ("46", "", "19800301", "2025-03-01 08:00", 45, None, NOWHERE, ["age-years-from-dates"]),
    ("45", "", "1980年3月2日", "2025-03-01", 44, None, NOWHERE, ["age-years-from-dates"]),
    ("", "", "1980-03-01", "2025-03-01", 45, None, NOWHERE, ["age-years-from-dates"]),
    ("200", "", "1980-03-01", "2025-03-01", 45, None, NOWHERE, ["age-years-from-dates"]),
    ("1", "", "2025-02-20", "2025-03-01", 0, 9, NEWBORN, ["age-years-from-dates", "age-days-from-dates"]),
    ("x", "9", "2025-02-20", "2025-03-01", 0, 9, NEWBORN, ["age-years-from-dates"]),
    ("12天", "", "2025-02-20", "2025-03-01", 0, 9, NEWBORN, ["age-days-from-dates"]),
    ("0", "", "2025-03-01", "2025-03-01 23:00", 0, 0, NEWBORN, ["age-days-from-dates"]),
    ("0", "10", "2025-02-20", "2025-03-01", 0, 10, NEWBORN, []),
    ("0", "40", "2025-02-20", "2025-03-01", 0, 9, NEWBORN, ["age-days-from-dates"]),
    ("30", "12", "1980-03-01", "2025-03-01", 45, 12, NOWHERE, ["age-years-from-dates"]),
    # Dates that cannot be right.
    ("30", "", "1900-01-01", "2025-03-01", 30, None, NOWHERE, []),
    ("30", "", "2025-03-02", "2025-03-01", 30, None, NOWHERE, []),
    ("30", "", "soon", "2025-03-01", 30, None, NOWHERE, []),
    ("30", "", "1980-03-01", "", 30, None, NOWHERE, []),
]
NAMES = ("age_years", "age_days", "birth_date", "admission_date")
FRAME = pl.DataFrame(
    [{"case_id": f"{at}", **BABY, **dict(zip(NAMES, row, strict=False))} for at, row in enumerate(ROWS)]
)
TYPED = [row[0].isdecimal() or not row[0] for row in ROWS]


def typed() -> pl.DataFrame:
    """The cases whose ages are numbers, in the types of the registry, as a Parquet file has them."""
    kept = FRAME.filter(TYPED)
    ages = kept.select(pl.col("age_years", "age_days").replace("", None).cast(pl.Int64))
    return Cases.of(kept.drop(ages.columns)).lazy().collect().drop(ages.columns).hstack(ages)


def made(make: str, directory: Path) -> Any:
    frame = typed() if make == "typed" else FRAME
    if make in ("frame", "typed"):
        return frame
    if make == "mappings":
        return frame.to_dicts()
    if make == "parquet":
        frame.write_parquet(directory / "a.parquet")
        return read(directory / "a.parquet")
    if make == "chinese":
        frame = frame.rename({name: ALL[name].label_zh for name in frame.columns})
    frame.write_csv(directory / "a.csv")
    return read(directory / "a.csv")


@pytest.mark.filterwarnings("ignore::drg.MissingColumnWarning")
@pytest.mark.parametrize("make", ["frame", "typed", "mappings", "csv", "chinese", "parquet"])
def test_ages_are_the_same_in_cases_of_every_make(tmp_path: Path, make: str) -> None:
    cases = made(make, tmp_path)
    rows = [row for row, is_typed in zip(ROWS, TYPED, strict=True) if is_typed or make != "typed"]
    read_as = Cases.of(cases).lazy(["age_years", "age_days"]).collect()
    assert read_as.rows() == [row[4:6] for row in rows]
    grouped = Cases.of(drg.group(cases, "demo")).lazy(["drg"]).collect()
    assert grouped["drg"].to_list() == [row[6] for row in rows]
    findings = drg.check(cases, "demo").findings.filter(pl.col("rule").str.contains("-from-"))
    assert findings.select("row", "rule").rows() == [
        (at + 2, rule) for at, row in enumerate(rows) for rule in row[7]
    ]


def test_one_case_is_explained_as_it_is_grouped() -> None:
    found = [drg.explain(row, "demo").drg for row in FRAME.to_dicts()]
    assert found == [row[6] for row in ROWS]
    assert drg.explain({**BABY, "age_days": 12}, "demo").drg == NEWBORN


def test_a_finding_says_what_was_given_and_what_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    header = "病案标识,性别,年龄,出生日期,入院时间,主要诊断"
    file.write_text(f"{header}\n7,1,46岁,1980-03-01,2025-03-01,K80.101\n", encoding="utf-8")
    found = read(file).findings().filter(rule="age-years-from-dates")
    assert found.select("row", "case_id", "column", "value", "severity", "message", "message_zh").rows() == [
        (
            *(2, "7", "年龄", "46岁", "warning"),
            *(
                "age_years counts as 45: so say birth_date and admission_date",
                "年龄按 45 计：由出生日期和入院时间算得",
            ),
        )
    ]


@pytest.mark.filterwarnings("ignore::drg.MissingColumnWarning")
def test_an_age_that_no_column_has_is_computed_and_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    header = "case_id,sex,birth_date,admission_date,principal_diagnosis,birth_weight_g"
    file.write_text(f"{header}\n1,1,2025-02-20,2025-03-01,D20.100,1400\n", encoding="utf-8")
    cases = read(file)
    lacking = cases.lacking(["age_years", "age_days"])
    assert lacking.select("rule", "severity").rows() == [
        ("age-years-from-dates", "notice"),
        ("age-days-from-dates", "notice"),
    ]
    assert drg.group(cases, "demo").frame()["drg"].to_list() == [NEWBORN]
    # Days alone say nothing of those who are no newborns.
    file.write_text("case_id,sex,age_days,principal_diagnosis\n1,1,12,D20.100\n", encoding="utf-8")
    assert read(file).lacking(["age_years"])["rule"].to_list() == ["column-missing"]


def completed_years(born: date, admitted: date) -> int:
    return admitted.year - born.year - ((admitted.month, admitted.day) < (born.month, born.day))


@given(st.dates(date(1910, 1, 1), date(2030, 12, 31)), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_completed_years_and_days(born: date, admitted: date) -> None:
    columns = pl.Series([born]), pl.Series([admitted], dtype=pl.Datetime("us"))
    years, days = (by_dates(name, None, *columns).item() for name in ("age_years", "age_days"))
    if born > admitted or completed_years(born, admitted) > 120:
        assert (years, days) == (None, None)
    else:
        assert years == completed_years(born, admitted)
        assert days == ((admitted - born).days if years == 0 else None)
