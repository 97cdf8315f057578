"""Cases that are given twice: found, named, and none left out in silence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from drg import Settlement, settle
from drg.settlement import repeated
from tests.settlement.strategies import frame, loaded, priced_case, scheme

CASES = [priced_case(case_id=f"C{n}") for n in range(20)]


def settled(rows: pl.DataFrame) -> Settlement:
    return settle(rows, loaded(scheme()), close=False)


def test_cases_that_are_given_twice() -> None:
    # The same id at another hospital is another case.
    rows = frame([*CASES, *CASES[:3], priced_case(case_id="C0", hospital_id="H2")])
    settlement = settled(rows)
    (finding,) = settlement.findings.filter(rule="case_twice").iter_rows(named=True)
    assert (finding["hospital_id"], finding["case_id"], finding["severity"]) == ("H1", "C0", "error")
    assert "H1 has 3 cases more than once" in finding["message"]
    assert "3 个病例重复" in finding["message_zh"]
    # Each row counts.
    forecast = settlement.rows.filter(span="year_to_date", hospital_id="H1").sort("period")
    assert forecast["cases"][-1] == 23


def test_a_file_that_is_given_twice_is_counted_by_hospital() -> None:
    rows = frame([*CASES, *(priced_case(case_id=f"C{n}", hospital_id="H2") for n in range(5))])
    findings = settled(pl.concat([rows, rows])).findings.filter(rule="case_twice")
    assert findings.select("hospital_id", "case_id").rows() == [("H1", "C0"), ("H2", "C0")]
    assert "20 cases" in findings["message"][0]


@pytest.mark.parametrize("nothing", [None, ""])
def test_cases_without_an_id_are_not_the_same(nothing: str | None) -> None:
    rows = frame(CASES).with_columns(case_id=pl.lit(nothing, dtype=pl.String))
    assert "case_twice" not in settled(rows).findings["rule"]


def test_marks_that_are_equal_by_chance_are_no_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeated, "_MARK", pl.col("case_id").hash() * 0)
    marks = np.zeros(20, dtype=np.uint64)
    assert repeated.repeated(frame(CASES).lazy(), marks) == []
    assert repeated.repeated(frame([*CASES, *CASES[:2]]).lazy(), marks) == [("H1", 2, "C0")]
