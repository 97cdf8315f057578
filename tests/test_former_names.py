"""Columns of prices under the names that they had before: refused at every door that reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg.columns import PRICE_COLUMNS, Kind
from drg.ledger.entry import CASES_FILE, ENTRY_FILE, LedgerEntry, digest, read_entry, write_entry
from drg.ledger.head import new_head
from drg.records.former_names import FORMER
from drg.settlement.candidates import find_candidates
from drg.settlement.input_tables import check_decisions
from tests.comparing import demo_discharges, demo_groupers, scheme

EXAMPLE = Path(__file__).parents[1] / "examples" / "settlement"
SCHEME = EXAMPLE / "scheme"
OLD = {new: old for old, new in FORMER.items()}


@pytest.fixture(scope="module")
def priced() -> pl.DataFrame:
    return drg.price(pl.read_csv(EXAMPLE / "grouped.csv", infer_schema=False), SCHEME)


def test_all_money_that_pricing_adds_has_its_unit_and_its_former_name() -> None:
    money = {column.name for column in PRICE_COLUMNS if column.kind is Kind.MONEY}
    assert all(name.endswith("_yuan") for name in money)
    # Those that never had another name.
    assert set(OLD) == money - {"borne_above_payment_yuan", "joined_cost_yuan"}
    assert not set(FORMER) & {column.name for column in PRICE_COLUMNS}


def evaluated(frame: pl.DataFrame, _: Path) -> Any:
    return drg.evaluate(frame)


def settled(frame: pl.DataFrame, _: Path) -> Any:
    return drg.settle(frame, SCHEME)


def candidates(frame: pl.DataFrame, _: Path) -> Any:
    return find_candidates(frame, drg.load_scheme(SCHEME))


def kept(frame: pl.DataFrame, directory: Path) -> Any:
    ledger = drg.Ledger.create(directory / "ledger")
    ledger.add_scheme(SCHEME)
    frame.write_parquet(directory / "priced.parquet")
    return ledger.add_cases([directory / "priced.parquet"])


def priced_again(frame: pl.DataFrame, _: Path) -> Any:
    others = [name for name in frame.columns if name in {column.name for column in PRICE_COLUMNS}]
    return drg.price(frame.drop(others), SCHEME)


DOORS = (evaluated, settled, candidates, kept, priced_again)


@pytest.mark.parametrize("door", DOORS)
def test_one_column(priced: pl.DataFrame, tmp_path: Path, door: Callable[..., Any]) -> None:
    frame = priced.rename({"standard_payment_yuan": "standard_payment"})
    with pytest.raises(drg.InputError, match="standard_payment is now standard_payment_yuan") as caught:
        door(frame, tmp_path)
    assert caught.value.field == "standard_payment"
    assert "ename" in str(caught.value.fix)
    door(priced, tmp_path / "as_they_are")


@pytest.mark.parametrize("door", DOORS)
def test_all_columns(priced: pl.DataFrame, tmp_path: Path, door: Callable[..., Any]) -> None:
    read = ["standard_payment_yuan"] if door is evaluated else OLD
    with pytest.raises(drg.InputError) as caught:
        door(priced.rename(OLD), tmp_path)
    for name in read:
        assert f"{OLD[name]} is now {name}" in str(caught.value)


@pytest.mark.parametrize("door", [settled, candidates, kept])
def test_both_names_in_one_frame(priced: pl.DataFrame, tmp_path: Path, door: Callable[..., Any]) -> None:
    """As after months of both kinds are put together: the new column lacks what the old one has."""
    with pytest.raises(drg.InputError, match="payment is now payment_yuan"):
        door(priced.with_columns(payment="payment_yuan"), tmp_path)


def test_who_reads_no_prices_does_not_mind(priced: pl.DataFrame) -> None:
    old = priced.rename(OLD)
    assert drg.calibrate(old).weights == drg.calibrate(priced).weights
    summary = drg.evaluate(old.drop("standard_payment")).summary
    assert summary == drg.evaluate(priced.drop("standard_payment_yuan")).summary
    cases = demo_discharges(50)
    own = cases.with_columns(payment=pl.lit("mine"))
    groupers = demo_groupers()
    found, wanted = (drg.compare(one, groupers, [scheme(groupers[0])]).totals for one in (own, cases))
    assert found.equals(wanted)


def test_a_ledger_from_before(priced: pl.DataFrame, tmp_path: Path) -> None:
    """Its files are as its entry knows them; nothing of it is read, nothing added."""
    kept(priced, tmp_path)
    ledger = drg.Ledger(tmp_path / "ledger")
    directory = tmp_path / "ledger" / "entries" / "000002"
    pl.read_parquet(directory / CASES_FILE).rename(OLD).write_parquet(directory / CASES_FILE)
    entry = read_entry(directory)
    files = tuple(digest(directory / known.name) for known in entry.files)
    (directory / ENTRY_FILE).unlink()
    write_entry(LedgerEntry(**{**dict(entry), "files": files}), directory)
    with new_head(tmp_path / "ledger", read_entry(directory)):
        pass
    later = priced.with_columns(
        case_id=pl.col("case_id") + "x", discharge_date=pl.lit("2026-01-05"), age_years=pl.lit("40")
    )
    later.write_parquet(tmp_path / "later.parquet")
    for read in (
        ledger.cases,
        ledger.settle,
        ledger.verify,
        lambda: ledger.add_cases([tmp_path / "later.parquet"]),
    ):
        with pytest.raises(drg.InputError, match="payment is now payment_yuan") as caught:
            read()
        assert caught.value.file == "000002/cases.parquet"
        assert "begin a new one" in str(caught.value.fix)


def test_decisions_name_their_amount_otherwise_than_pricing_does() -> None:
    row = {"hospital_id": ["H1"], "case_id": ["C1"], "decision": ["approved"]}
    with pytest.raises(drg.InputError, match="payment_yuan is now special_payment_yuan"):
        check_decisions(pl.DataFrame(row | {"payment_yuan": ["10.00"]}))
    both = pl.DataFrame(row | {"payment_yuan": ["10.00"], "special_payment_yuan": ["20.00"]})
    assert check_decisions(both).frame["special_payment_fen"].to_list() == [2000]
