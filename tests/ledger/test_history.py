"""Any sequence of additions and corrections, against a ledger that is a dictionary; past states stay."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from drg.ledger import Ledger
from drg.settlement.settle import settle
from tests.ledger.made import begun, held, priced, write
from tests.profiles import tries

HOSPITALS = ("H1", "H2", "H3")
MONTHS = ("2025-01", "2025-02", "2025-03")
PAIRS = [(hospital, month) for month in MONTHS for hospital in HOSPITALS]

Pair = tuple[str, str]
# What each pair of a step shall hold: so many cases, at a payment.
Step = dict[Pair, tuple[int, int]]

steps = st.lists(
    st.dictionaries(
        st.sampled_from(PAIRS),
        st.tuples(st.integers(0, 3), st.integers(1000, 1003)),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=6,
)


def cases_of(pair: Pair, count: int, payment: int) -> pl.DataFrame:
    hospital, month = pair
    return priced(month, count, (hospital,), payment=payment)


def apply(ledger: Ledger, now: Step, step: Step, directory: Path) -> Step:
    """Add a step as a user would: plainly where all is new, else as a correction."""
    filled = {pair: value for pair, value in step.items() if value[0]}
    emptied = [pair for pair, value in step.items() if not value[0] and now.get(pair, (0, 0))[0]]
    if not (filled or emptied):
        return now
    files = []
    if filled:
        frame = pl.concat([cases_of(pair, *value) for pair, value in filled.items()])
        ending = "csv" if len(filled) % 2 else "parquet"
        files.append(write(frame, directory / f"{len(ledger.entries())}.{ending}"))
    correct = any(now.get(pair, (0, 0))[0] for pair in filled)
    replaced = sum(now.get(pair, (0, 0))[0] for pair in filled) if correct else None
    ledger.add_cases(files, correct=correct, replaces_cases=replaced, empty=emptied)
    return {**now, **filled, **dict.fromkeys(emptied, (0, 0))}


@tries(0.25)
@given(steps)
def test_any_history(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ledger = begun(directory / "ledger")
        states: dict[int, Step] = {}
        now: Step = {}
        for step in history:
            now = apply(ledger, now, step, directory)
            states[len(ledger.entries())] = now
        for number, state in states.items():
            ids = {pair: cases_of(pair, *value)["case_id"] for pair, value in state.items() if value[0]}
            wanted = sorted((pair[0], case) for pair, cases in ids.items() for case in cases)
            if wanted:
                assert held(ledger, number) == wanted
            months = ledger.months(number).filter(pl.col("cases") > 0)
            payments = months.select("hospital_id", "month", "cases", "payment_yuan").rows()
            assert {(h, m): (n, int(p)) for h, m, n, p in payments} == {
                pair: (n, n * payment) for pair, (n, payment) in state.items() if n
            }
        assert ledger.verify().is_empty()


def test_a_state_settles_as_its_cases_do(ledger: Ledger, tmp_path: Path) -> None:
    january, february = priced("2025-01", 30), priced("2025-02", 20)
    better = priced("2025-01", 30, payment=1250)
    text = "hospital_id,insurance_type,period,kind,amount_yuan\nH1,310,2025-01,monthly,100.50\n"
    (tmp_path / "payments.csv").write_text(text, encoding="utf-8")
    ledger.add_cases([write(january, tmp_path / "a.parquet")])
    ledger.add_table("payments", tmp_path / "payments.csv")
    ledger.add_cases([write(february, tmp_path / "b.parquet")])
    ledger.add_cases([write(better, tmp_path / "c.parquet")], correct=True)
    payments = pl.read_csv(tmp_path / "payments.csv", infer_schema=False)
    for number, cases, paid in (
        (2, january, None),
        (3, january, payments),
        (4, pl.concat([january, february]), payments),
        (5, pl.concat([better, february]), payments),
    ):
        found, wanted = ledger.settle(number), settle(cases, "demo", payments=paid)
        assert_frame_equal(found.rows, wanted.rows)
        assert_frame_equal(found.findings, wanted.findings)
    assert not ledger.settle(2).rows.equals(ledger.settle(5).rows)
    assert ledger.settle(close=True).closed == {2025: True}
