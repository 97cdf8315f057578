from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

import drg
from drg.analysis import stay_statements as module
from drg.analysis.benefit_tally import PAYERS
from drg.analysis.stay_statements import fund_payment, stay_statements
from drg.benefit import BenefitCalculator
from drg.errors import InputError
from drg.records.cases import Cases
from tests.benefit.priced_stays import priced, shared, stays

DEMO = BenefitCalculator("demo")


def test_statements_have_what_benefits_and_price_give() -> None:
    rows = {row["case_id"]: row for row in priced().to_dicts()}
    made, without = stay_statements(Cases.of(priced()), DEMO, language="en")
    assert [one.case_id for one in made] == ["1", "2", "3"]
    assert [one.case_id for one in without] == ["4"]
    assert "do not add up" in without[0].reason
    for one in made:
        row = rows[one.case_id]
        assert [one.yuan(name) for name in PAYERS] == [row[name] for name in PAYERS]
        assert sum(one.yuan(name) for name in PAYERS) == one.yuan("total_cost_yuan")
        left = row["payment_yuan"] - row["patient_share_yuan"] - row["other_payers_yuan"]
        assert fund_payment(one) == row["fund_payment_yuan"] == max(left, Decimal(0))
        assert one.explanation == drg.explain_benefits(stays(), "demo", case_id=one.case_id)
    assert len(made[1].explanation.stays) == 2


def test_what_was_not_priced_has_no_payment() -> None:
    for frame in (stays(), shared()):
        made, _ = stay_statements(Cases.of(frame), DEMO, case_ids=["2", "2"])
        assert [(one.case_id, one.is_priced) for one in made] == [("2", False)]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("basic_fund_yuan", "otherwise who pays what"),
        ("patient_share_yuan", "otherwise who pays what"),
        ("fund_payment_yuan", "price what drg benefits wrote"),
    ],
)
def test_a_file_that_says_otherwise_gets_no_statement(column: str, told: str) -> None:
    for value in (pl.col(column) + Decimal("0.01"), None):
        frame = priced().with_columns(
            pl.when(pl.col("case_id") == "2").then(value).otherwise(column).alias(column)
        )
        made, without = stay_statements(Cases.of(frame), DEMO, language="en")
        assert [one.case_id for one in made] == ["1", "3"]
        assert told in without[0].reason


def test_stays_that_cannot_be_told_apart_are_named() -> None:
    frame = pl.concat([stays(), stays().filter(case_id="3")])
    made, without = stay_statements(Cases.of(frame), DEMO)
    assert [one.case_id for one in made] == ["1", "2"]
    assert [one.case_id for one in without] == ["3", "3", "4"]
    for case_id, told in (("3", "2 cases"), ("9", "no case '9'")):
        with pytest.raises(InputError, match=told):
            stay_statements(Cases.of(frame), DEMO, case_ids=[case_id])


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STAYS", 3)
    with pytest.raises(InputError, match="there are 4 stays, and at most 3"):
        stay_statements(Cases.of(stays()), DEMO)
    made, _ = stay_statements(Cases.of(stays()), DEMO, case_ids=["1", "2", "3"])
    assert len(made) == 3
