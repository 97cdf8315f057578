"""Single cases that come late or are corrected: the months that they belong to, whole and as they are then.

An entry of cases always holds whole months of hospitals. What comes in as single cases is put together with
the cases of these months that hold already, so that nothing else of a ledger has to know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from drg.errors import LedgerError
from drg.ledger import kept_cases as cases
from drg.ledger import state
from drg.ledger.entry import CASES_FILE, Mode
from drg.ledger.months import PAIR
from drg.records.exact_paths import scan_parquet
from drg.records.files import write
from drg.words import Sentence

_CASE = ("hospital_id", "case_id")


def put_together(
    ledger: Path, covered: pl.DataFrame, mode: Mode, directory: Path, files: Sequence[Path]
) -> list[tuple[str, str]]:
    """Make whole months of single cases, in place of what ``kept_cases.store`` wrote.

    Args:
        ledger: the directory.
        covered: what all entries before cover; see ``state.covered``.
        mode: ``append``: new cases of months that are there. ``single_cases``: in place of the same cases.
        directory: of the entry.
        files: where the cases came from, for messages.

    Returns:
        Hospitals and months that lose their last case.

    Raises:
        LedgerError: there are no such months, or no such cases.
    """
    stored = directory / CASES_FILE
    came = scan_parquet(stored)
    keys = came.select(_CASE).collect(engine="streaming")
    current = state.holding(covered)
    pairs = _pairs(came)
    if mode == "append":
        _check_months(files, pairs, current)
    else:
        found = _where(ledger, covered, current, keys)
        _check_cases(files, keys, found)
        pairs = pl.concat([pairs, found.select(PAIR)]).unique()
    touched = current.join(pairs, on=PAIR, how="semi", maintain_order="left")
    others = [
        frame.join(keys.lazy(), on=_CASE, how="anti", maintain_order="left")
        for _, frame in state.frames(ledger, covered, touched)
    ]
    whole = directory / f"whole-{CASES_FILE}"
    write(state.together([*others, came]), whole, sources=())
    left = _pairs(scan_parquet(whole))
    whole.replace(stored)
    return sorted(touched.filter(pl.col("cases") > 0).join(left, on=PAIR, how="anti").select(PAIR).rows())


def _pairs(frame: pl.LazyFrame) -> pl.DataFrame:
    month = cases.month_text(pl.col(cases.MONTH)).alias("month")
    return frame.select("hospital_id", month).unique().collect(engine="streaming")


def _where(ledger: Path, covered: pl.DataFrame, current: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Hospital, month and case of the cases that are there."""
    hospitals = current.join(keys, on="hospital_id", how="semi", maintain_order="left")
    parts = [
        frame.join(keys.lazy(), on=_CASE, how="semi")
        for _, frame in state.frames(ledger, covered, hospitals, (*_CASE, cases.MONTH))
    ]
    if not parts:
        return pl.DataFrame(schema=dict.fromkeys((*PAIR, "case_id"), pl.String))
    month = cases.month_text(pl.col(cases.MONTH)).alias("month")
    return pl.concat(parts).select("hospital_id", month, "case_id").collect(engine="streaming")


def _check_months(files: Sequence[Path], pairs: pl.DataFrame, current: pl.DataFrame) -> None:
    new = pairs.join(current.filter(pl.col("cases") > 0), on=PAIR, how="anti").sort(PAIR)
    if not new.is_empty():
        hospital, month = new.row(0)
        raise LedgerError(
            Sentence(
                "the ledger has no cases of {hospital} in {month} that these could be added to; nothing was "
                "added",
                hospital=hospital,
                month=month,
            ),
            file=files[0],
            fix=Sentence("Add months that are new without --append, in a file of their own"),
        )


def _check_cases(files: Sequence[Path], keys: pl.DataFrame, found: pl.DataFrame) -> None:
    missing = keys.join(found, on=_CASE, how="anti").sort(_CASE)
    if not missing.is_empty():
        hospital, case = missing.row(0)
        problem = Sentence(
            "the ledger has no case {case} of hospital {hospital} to correct", case=case, hospital=hospital
        )
        if missing.height > 1:
            problem = Sentence("{problem}, and {count:,} more", problem=problem, count=missing.height - 1)
        raise LedgerError(
            Sentence("{problem}; nothing was added", problem=problem),
            file=files[0],
            fix=Sentence("Add cases that came late with --append, in a file of their own"),
        )
