"""Writers of a ledger are killed, at random moments and at each of their steps: no case is lost or doubled.

DRG_LEDGER_CASES is the number of cases of a month, otherwise it is up to the profile; 1000000 make a
year of twelve million.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from drg.ledger import Ledger
from drg.records.findings import NOTICE
from tests.ledger.made import begun, held, priced, write
from tests.profiles import share

pytestmark = [
    pytest.mark.random,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked and killed"),
]

CASES = int(os.environ.get("DRG_LEDGER_CASES") or min(share(250), 20_000))
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
HOSPITALS = [f"H{number}" for number in range(1, 11)]
KILLS = share(0.5)
# Of the moments at which an addition kills itself: each one, or each third.
STRIDE = 1 if share(1) >= 100 else 3
SEED = 20_250_101
KILLED = -signal.SIGKILL


class Adder:
    """Additions in processes of their own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the adder has ended"
        return line

    def add(
        self,
        ledger: Ledger,
        file: Path,
        *,
        correct: bool = False,
        kill_after: float | None = None,
        die_at: int | None = None,
    ) -> int:
        """How an addition ended: its exit code, or minus the signal that killed it."""
        order: dict[str, Any] = {"directory": str(ledger.directory), "file": str(file)}
        order |= {"correct": correct, "die_at": die_at}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        child = int(self._line())
        if kill_after is not None:
            assert self.process.stdout is not None
            done, _, _ = select.select([self.process.stdout], [], [], kill_after)
            if not done:
                # It may end at this very moment; the exit code says how.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        return int(self._line())


@pytest.fixture(scope="module")
def adder() -> Iterator[Adder]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.adder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=Path(__file__).resolve().parents[2],
    ) as process:
        yield Adder(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards; these files can be large."""
    with tempfile.TemporaryDirectory(prefix="drg-ledger-") as directory:
        yield Path(directory)


def month_file(directory: Path, month: str, payment: int, cases: int = CASES) -> Path:
    """The cases of a month at a payment; the same cases each time."""
    file = directory / f"{month}-{payment}.parquet"
    first = MONTHS.index(month) * cases
    return write(priced(month, cases, HOSPITALS, first=first, payment=payment), file)


def expected(payments: dict[str, int], cases: int = CASES) -> dict[str, tuple[int, int]]:
    """Cases and payment of each month."""
    return {month: (cases, cases * payment) for month, payment in sorted(payments.items())}


def found(ledger: Ledger) -> dict[str, tuple[int, int]]:
    """Cases and payment of each month, counted in the cases themselves, and nothing wrong with the ledger."""
    findings = ledger.verify()
    assert set(findings["severity"]) <= {NOTICE}, findings.to_dicts()
    if ledger.months().is_empty():
        return {}
    month = pl.col("discharge_date").dt.to_string("%Y-%m")
    sums = (
        ledger.cases()
        .group_by(month=month)
        .agg(pl.len(), pl.col("payment_yuan").cast(pl.Decimal(38, 2)).sum())
    )
    return {row[0]: (row[1], int(row[2])) for row in sums.sort("month").collect(engine="streaming").rows()}


@pytest.mark.thorough
def test_random_kills(adder: Adder, scratch: Path) -> None:
    rng = random.Random(SEED)
    first = month_file(scratch, MONTHS[0], 1)
    started = time.perf_counter()
    assert adder.add(begun(scratch / "trial"), first) == 0
    span = time.perf_counter() - started
    ledger = begun(scratch / "ledger")
    payments: dict[str, int] = {}
    kills = attempts = 0
    while kills < KILLS or len(payments) < len(MONTHS):
        attempts += 1
        assert attempts < 20 * KILLS, "nothing can be killed"
        missing = [month for month in MONTHS if month not in payments]
        month = missing[0] if missing else rng.choice(MONTHS)
        after = {**payments, month: payments.get(month, 1200) + 1}
        wanted = kills < KILLS and rng.random() < 0.85
        kill_after = rng.uniform(0, span) if wanted else None
        file = month_file(scratch, month, after[month])
        started = time.perf_counter()
        ended = adder.add(ledger, file, correct=month in payments, kill_after=kill_after)
        if ended == 0:
            # What an addition takes, so that kills are spread over all of it, however busy the machine is.
            span = time.perf_counter() - started
        file.unlink()
        now = found(ledger)
        if ended == KILLED:
            kills += 1
            assert now in (expected(payments), expected(after))
        else:
            assert ended == 0
            assert now == expected(after)
        if now == expected(after):
            payments = after
    assert kills == KILLS
    ids = [
        priced(month, CASES, HOSPITALS, first=place * CASES).select("hospital_id", "case_id")
        for place, month in enumerate(MONTHS)
    ]
    there = ledger.cases().select("hospital_id", "case_id").collect(engine="streaming")
    assert there.sort(pl.all()).equals(pl.concat(ids).sort(pl.all()))


@pytest.mark.thorough
@pytest.mark.parametrize("correct", [False, True])
def test_killed_at_each_step(adder: Adder, scratch: Path, *, correct: bool) -> None:
    cases = 20
    old = {"2025-01": 1}
    new = {"2025-01": 2} if correct else {**old, "2025-02": 1}
    (month,) = new.items() - old.items()
    file = month_file(scratch, *month, cases)
    seen = []
    for step in range(0, 1000, STRIDE):
        ledger = begun(scratch / f"ledger-{step}")
        ledger.add_cases([month_file(scratch, "2025-01", 1, cases)])
        # What an earlier run left is in the way of this one, which takes it away.
        (ledger.directory / ".adding-x").mkdir()
        (ledger.directory / ".adding-x" / "cases.parquet").write_text("half a file")
        ended = adder.add(ledger, file, correct=correct, die_at=step)
        now = found(ledger)
        assert now in (expected(old, cases), expected(new, cases))
        seen.append(now == expected(new, cases))
        if ended == 0:
            break
        assert ended == KILLED
        if not seen[-1]:
            assert adder.add(ledger, file, correct=correct) == 0
            assert found(ledger) == expected(new, cases)
            assert ledger.verify().is_empty()
    assert ended == 0
    # First never, then always: there is one moment at which the entry comes to be.
    assert seen == sorted(seen)
    assert seen.count(False) > 10 / STRIDE
    assert seen.count(True) > 2 / STRIDE
    assert len(set(held(ledger))) == sum(count for count, _ in expected(new, cases).values())
