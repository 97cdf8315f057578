"""Payments, decisions and scores in a ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from drg.errors import InputError, LedgerError, MissingColumnError
from drg.ledger import Ledger
from drg.settlement.input_tables import check_decisions, check_payments, check_scores

PAYMENTS = (
    "医疗机构代码,险种,月份,类别,金额,备注\n"
    'H1,310,2025-01,月结算,"1,234.50",一月\n'
    "H1,310,2025-02,补拨,0.05,\n"
)
DECISIONS = (
    "hospital_id,case_id,decision,special_payment_yuan\nH1,A1,同意,\nH1,A2,approved,99.10\nH2,A1,rejected,\n"
)
SCORES = "hospital_id,year,score\nH1,2025,92.5\n"


def table(directory: Path, name: str, text: str) -> Path:
    file = directory / name
    file.write_text(text, encoding="utf-8")
    return file


def test_payments(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.payments().is_empty()
    entry = ledger.add_table("payments", table(tmp_path, "a.csv", PAYMENTS)).entry
    assert (entry.kind, entry.rows) == ("payments", 2)
    ledger.add_table("payments", table(tmp_path, "b.csv", PAYMENTS.replace("2025", "2026")))
    found = ledger.payments()
    assert found["amount_yuan"].to_list() == [Decimal("1234.50"), Decimal("0.05")] * 2
    assert found["kind"].to_list() == ["monthly", "supplement"] * 2
    assert found["period"].to_list() == ["2025-01", "2025-02", "2026-01", "2026-02"]
    clean = check_payments(found)
    assert clean.findings == ()
    assert clean.frame["amount_fen"].to_list() == [123_450, 5] * 2
    assert clean.frame["row"].to_list() == [2, 3] * 2
    assert ledger.payments(2).height == 2
    assert ledger.verify().is_empty()


def test_decisions_and_scores(ledger: Ledger, tmp_path: Path) -> None:
    assert check_decisions(ledger.decisions()).frame.is_empty()
    assert check_scores(ledger.scores()).frame.is_empty()
    file = table(tmp_path, "d.csv", DECISIONS)
    ledger.add_table("decisions", file)
    ledger.add_table("scores", table(tmp_path, "s.csv", SCORES))
    columns = ("hospital_id", "case_id", "approved", "special_payment_fen")
    clean = check_decisions(ledger.decisions())
    assert clean.findings == ()
    assert clean.frame.select(columns).rows() == [
        ("H1", "A1", True, None),
        ("H1", "A2", True, 9910),
        ("H2", "A1", False, None),
    ]
    assert check_scores(ledger.scores()).frame["score"].to_list() == [Decimal("92.5")]


def test_the_same_file_again(ledger: Ledger, tmp_path: Path) -> None:
    file = table(tmp_path, "a.csv", PAYMENTS)
    ledger.add_table("payments", file)
    with pytest.raises(LedgerError, match=r"this very file is in entry 2 already.*--again"):
        ledger.add_table("payments", file)
    added = ledger.add_table("payments", file, again=True)
    assert ledger.payments().height == 4
    assert {finding.rule for finding in added.findings} == {"payment_given_twice"}


def test_a_table_is_replaced_wholly(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_table("payments", table(tmp_path, "a.csv", PAYMENTS))
    ledger.add_table("scores", table(tmp_path, "s.csv", SCORES))
    better = table(tmp_path, "b.csv", PAYMENTS.replace("0.05", "7"))
    for number in (1, 3, 9):
        with pytest.raises(LedgerError, match=f"entry {number} is none of payments that holds.*: 2"):
            ledger.add_table("payments", better, replaces=number)
    with pytest.raises(LedgerError, match="There are none"):
        ledger.add_table("decisions", table(tmp_path, "d.csv", DECISIONS), replaces=2)
    assert ledger.add_table("payments", better, replaces=2).entry.replaces == (2,)
    assert ledger.payments()["amount_yuan"].to_list() == [Decimal("1234.50"), Decimal(7)]
    assert ledger.payments(3)["amount_yuan"].to_list() == [Decimal("1234.50"), Decimal("0.05")]
    # What was replaced may come again: it does not hold any more.
    ledger.add_table("payments", tmp_path / "a.csv", replaces=4)
    assert ledger.payments().equals(ledger.payments(2))


def test_a_row_that_cannot_be_used_refuses_the_table(ledger: Ledger, tmp_path: Path) -> None:
    file = table(tmp_path, "a.csv", PAYMENTS.replace("补拨", "礼物").replace("0.05", "-5"))
    with pytest.raises(InputError, match=r"a row cannot be used; nothing was added") as error:
        ledger.add_table("payments", file)
    assert str(error.value).count("\n    row 3: ") == 2
    assert error.value.row == 3
    with pytest.raises(MissingColumnError):
        ledger.add_table("scores", file)
    assert len(ledger.entries()) == 1


def test_a_case_decided_otherwise_in_another_entry(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_table("decisions", table(tmp_path, "a.csv", DECISIONS))
    other = table(tmp_path, "b.csv", "hospital_id,case_id,decision\nH1,A2,rejected\n")
    with pytest.raises(InputError, match=r"beside entry 2, cannot be used(.|\n)*--replace N"):
        ledger.add_table("decisions", other)
    ledger.add_table("decisions", other, replaces=2)
    assert ledger.decisions().height == 1
