"""Single cases that come late or are corrected, and months that are replaced by too little."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.errors import LedgerError
from drg.ledger import Ledger
from drg.ledger.entry import CASES_FILE
from drg.ledger.store import place
from tests.ledger.made import begun, held, priced, write
from tests.profiles import tries


def rows(ledger: Ledger, as_of: int | None = None) -> dict[tuple[str, str], tuple[str, int]]:
    """Month and payment of each case that holds."""
    month = pl.col("discharge_date").dt.strftime("%Y-%m")
    found = ledger.cases(as_of).select("hospital_id", "case_id", month, "payment_yuan").collect()
    return {(hospital, case): (when, int(paid)) for hospital, case, when, paid in found.rows()}


def test_a_month_is_not_replaced_by_one_case(ledger: Ledger, tmp_path: Path) -> None:
    whole = priced("2025-01", 40)
    ledger.add_cases([write(whole, tmp_path / "a.parquet")])
    one = write(whole.head(1), tmp_path / "one.parquet")
    with pytest.raises(LedgerError, match="H1 has 20 cases in 2025-01, of which 1 would be left") as error:
        ledger.add_cases([one], correct=True)
    assert "--correct-cases" in str(error.value.fix)
    assert "--replace-months 20" in str(error.value.fix)
    with pytest.raises(LedgerError, match="has 20 cases of these hospitals and months, not 40"):
        ledger.add_cases([one], correct=True, replaces_cases=40)
    assert len(ledger.entries()) == 2
    # A tenth of a month may be missing without a question.
    ledger.add_cases(
        [write(whole.filter(pl.col("case_id") != "2025-01-0"), tmp_path / "b.parquet")], correct=True
    )
    ledger.add_cases([one], correct=True, replaces_cases=19)
    assert len(held(ledger)) == 21


def test_late_cases_are_added_to_their_month(ledger: Ledger, tmp_path: Path) -> None:
    first = priced("2025-01", 4)
    ledger.add_cases([write(first, tmp_path / "a.parquet")])
    late = priced("2025-01", 3, first=100)
    with pytest.raises(LedgerError, match="in the ledger already") as refused:
        ledger.add_cases([write(late, tmp_path / "late.csv")])
    assert "--append" in str(refused.value.fix)
    entry = ledger.add_cases([write(late, tmp_path / "late.csv")], mode="append").entry
    assert (entry.mode, entry.given_rows, entry.rows, entry.replaces) == ("append", 3, 7, (2,))
    assert held(ledger) == sorted(pl.concat([first, late]).select("hospital_id", "case_id").rows())
    assert held(ledger, 2) == sorted(first.select("hospital_id", "case_id").rows())
    assert ledger.verify().is_empty()
    with pytest.raises(LedgerError, match="case 2025-01-100 of hospital H1 is in entry 3 already"):
        ledger.add_cases([tmp_path / "late.csv"], mode="append")
    with pytest.raises(LedgerError, match="no cases of H1 in 2025-02 that these could be added to") as error:
        ledger.add_cases([write(priced("2025-02", 2), tmp_path / "new.parquet")], mode="append")
    assert "without --append" in str(error.value.fix)


def test_single_cases_are_corrected(ledger: Ledger, tmp_path: Path) -> None:
    first = priced("2025-01", 4)
    ledger.add_cases([write(first, tmp_path / "a.parquet")])
    ledger.add_cases([write(priced("2025-02", 2), tmp_path / "b.parquet")])
    # One is dearer, another was discharged in the next month; both belong to H1.
    better = first.filter(hospital_id="H1").with_columns(
        payment_yuan=pl.Series([1300, 1200]).cast(pl.Decimal(18, 2)),
        discharge_date=pl.col("discharge_date") + pl.Series([0, 31]) * pl.duration(days=1),
    )
    added = ledger.add_cases([write(better, tmp_path / "c.parquet")], mode="single_cases")
    assert (added.entry.mode, added.entry.given_rows, added.entry.rows) == ("single_cases", 2, 3)
    assert rows(ledger) == rows(ledger, 3) | {
        ("H1", "2025-01-0"): ("2025-01", 1300),
        ("H1", "2025-01-2"): ("2025-02", 1200),
    }
    assert ledger.verify().is_empty()
    wrong = better.with_columns(case_id=pl.Series(["2025-01-0", "X1"]))
    with pytest.raises(LedgerError, match="no case X1 of hospital H1 to correct; nothing was added") as error:
        ledger.add_cases([write(wrong, tmp_path / "d.parquet")], mode="single_cases")
    assert "--append" in str(error.value.fix)


def test_a_month_that_loses_its_last_case(ledger: Ledger, tmp_path: Path) -> None:
    first = priced("2025-01", 1)
    ledger.add_cases([write(first, tmp_path / "a.parquet")])
    moved = first.with_columns(discharge_date=pl.col("discharge_date") + pl.duration(days=40))
    entry = ledger.add_cases([write(moved, tmp_path / "b.parquet")], mode="single_cases").entry
    assert entry.emptied == (("H1", "2025-01"),)
    assert rows(ledger) == {("H1", "2025-01-0"): ("2025-02", 1200)}
    assert ledger.verify().is_empty()


@pytest.mark.parametrize("mode", ["append", "single_cases"])
def test_a_damaged_entry_of_single_cases_is_restored(ledger: Ledger, tmp_path: Path, mode: str) -> None:
    first = priced("2025-01", 4)
    ledger.add_cases([write(first, tmp_path / "a.parquet")])
    came = priced("2025-01", 2, first=9) if mode == "append" else first.head(2)
    file = write(came, tmp_path / "b.parquet")
    ledger.add_cases([file], mode=mode)  # type: ignore[arg-type]
    stored = place(ledger.directory, 3) / CASES_FILE
    was = stored.read_bytes()
    stored.write_bytes(b"damaged")
    assert ledger.restore(3, [file]) == [CASES_FILE]
    assert stored.read_bytes() == was
    assert ledger.verify().is_empty()


hospitals, months = st.sampled_from(["H1", "H2"]), st.sampled_from(["2025-01", "2025-02"])
changes = st.lists(
    st.tuples(st.booleans(), hospitals, months, st.integers(0, 5), st.integers(1201, 1209)), max_size=6
)


@tries(0.25)
@given(changes)
def test_any_sequence_of_single_cases(history: list[tuple[bool, str, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ledger = begun(directory / "ledger")
        start = pl.concat([priced(month, 4) for month in ("2025-01", "2025-02")])
        ledger.add_cases([write(start, directory / "a.parquet")])
        wanted = rows(ledger)
        for number, (late, hospital, month, place_, payment) in enumerate(history):
            first = place_ + 100 * (number + 1) if late else place_
            case = priced(month, 1, (hospital,), first=first, payment=payment)
            key = (hospital, case["case_id"].item())
            file = write(case, directory / f"{number}.parquet")
            if late:
                ledger.add_cases([file], mode="append")
            elif key in wanted:
                ledger.add_cases([file], mode="single_cases")
            else:
                with pytest.raises(LedgerError, match="to correct"):
                    ledger.add_cases([file], mode="single_cases")
                continue
            wanted[key] = (month, payment)
            assert rows(ledger) == wanted
        assert ledger.verify().is_empty()
