from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.errors import InputError, MissingColumnError
from drg.records.scanning import scan
from drg.settlement.input_fields import KINDS, MOST_NAMED
from drg.settlement.input_tables import (
    SCHEMAS,
    Checked,
    check_decisions,
    check_payments,
    check_scores,
)
from drg.settlement.settlement_findings import findings_frame

PAYMENT = {
    "hospital_id": "H1",
    "insurance_type": "310",
    "period": "2025-03",
    "kind": "monthly",
    "amount_yuan": "1000",
}
DECISION = {"hospital_id": "H1", "case_id": "0001", "decision": "approved", "special_payment_yuan": ""}
SCORE = {"hospital_id": "H1", "year": "2025", "score": "92.5"}


def table(base: dict[str, Any], *rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**base, **row} for row in rows], schema=dict.fromkeys(base, pl.String))


def payments(*rows: dict[str, Any]) -> Checked:
    return check_payments(table(PAYMENT, *rows))


def decisions(*rows: dict[str, Any]) -> Checked:
    return check_decisions(table(DECISION, *rows))


def scores(*rows: dict[str, Any], base: dict[str, Any] = SCORE) -> Checked:
    return check_scores(table(base, *rows))


def told(checked: Checked) -> list[tuple[int | None, str, str]]:
    return [(finding.row, finding.rule, finding.severity) for finding in checked.findings]


# ---------------------------------------------------------------------------------------------- the columns


def test_a_clean_table_of_payments() -> None:
    checked = payments({"kind": "prepayment"}, {"kind": "daily", "amount_yuan": "0.01"})
    assert checked.findings == ()
    assert checked.frame.schema == SCHEMAS["payments"]
    assert checked.frame.rows() == [
        (2, "H1", "310", "2025-03", "prepayment", 100_000, None, None),
        (3, "H1", "310", "2025-03", "daily", 1, None, None),
    ]


def test_chinese_headers_however_they_are_spelled() -> None:
    frame = pl.DataFrame(
        {
            " 医疗机构代码": ["H1"],
            "险种": ["310"],
            "月份": ["2025年3月"],
            "类别": ["预付金"],
            "金额（元）": ["1"],
            "支付日期": ["2025年2月28日"],
            "备注": ["甲"],
            "经办": ["乙"],
        }
    )
    row = (2, "H1", "310", "2025-03", "prepayment", 100, date(2025, 2, 28), "甲")
    assert check_payments(frame).frame.rows() == [row]


def test_what_is_missing_is_named_in_both_languages() -> None:
    frame = table(PAYMENT, {}).rename({"kind": "类 型", "amount_yuan": "amount"})
    with pytest.raises(MissingColumnError, match="lacks 2 columns") as caught:
        check_payments(frame)
    for part in ("类别 (kind)", "金额 (amount_yuan)", "prepayment"):
        assert part in str(caught.value)
    for part in ("缺少 2 列", "类别（kind）", "金额（amount_yuan）", "日拨付"):
        assert part in caught.value.text("zh")
    with pytest.raises(MissingColumnError, match="Did you mean '考核得份'"):
        check_scores(table(SCORE, {}).rename({"score": "考核得份"}))


def test_two_columns_for_one_field_are_refused() -> None:
    frame = table(PAYMENT, {}).with_columns(pl.lit("2").alias("金额"))
    with pytest.raises(InputError, match="金额 amount_yuan: amount_yuan and 金额"):
        check_payments(frame)


def test_only_frames_are_tables() -> None:
    with pytest.raises(InputError, match="no frame, but int"):
        check_payments(5)  # type: ignore[arg-type]


def test_rows_may_bring_their_numbers() -> None:
    frame = table(PAYMENT, {}, {"kind": "x"}).with_columns(pl.Series("__row", [7, 9]))
    checked = check_payments(frame)
    assert checked.frame["row"].to_list() == [7]
    assert told(checked) == [(9, "payment_kind_unknown", "error")]


def test_blank_rows_are_nothing() -> None:
    blank = dict.fromkeys(PAYMENT, " ")
    checked = payments({}, blank, {"kind": "daily"})
    assert checked.frame["row"].to_list() == [2, 4]
    assert checked.findings == ()


@pytest.mark.parametrize(
    ("check", "base"), [(check_payments, PAYMENT), (check_decisions, DECISION), (check_scores, SCORE)]
)
def test_an_empty_table_is_a_table(check: Any, base: dict[str, Any]) -> None:
    checked = check(table(base).lazy())
    assert checked.frame.is_empty()
    assert checked.findings == ()
    assert findings_frame(checked.findings).is_empty()


@pytest.mark.parametrize("make", [pl.DataFrame.lazy, pl.DataFrame.to_arrow, pl.DataFrame.to_pandas])
def test_typed_frames_of_any_kind(make: Any) -> None:
    typed = pl.DataFrame(
        {
            "hospital_id": [1, 2],
            "insurance_type": [310, 310],
            "period": [date(2025, 3, 31), date(2025, 12, 1)],
            "kind": ["daily", "退回"],
            "amount_yuan": [Decimal("12.34"), Decimal("5.00")],
            "paid_on": [datetime(2025, 3, 9, 10), None],
        }
    )
    checked = check_payments(make(typed))
    assert checked.findings == ()
    assert checked.frame.rows() == [
        (2, "1", "310", "2025-03", "daily", 1234, date(2025, 3, 9), None),
        (3, "2", "310", "2025-12", "refund", 500, None, None),
    ]


# ----------------------------------------------------------------------------------------------- the months


@pytest.mark.parametrize(
    "text",
    ["2025-03", "2025-3", "2025/3", "202503", "20250315", "2025-03-15", "2025/3/15", "2025年3月",
     "2025年03月15日", "2025-03-15 00:00:00", "２０２５－０３", "2025.03", "2025.3.15", "45731"],
)  # fmt: skip
def test_a_month_in_any_spelling(text: str) -> None:
    assert payments({"period": text}).frame["period"].to_list() == ["2025-03"]


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-13", "2025-00", "2025.1", "3", "25-03", "三月", "1025-03", "全年"]
)
def test_what_is_no_month_is_left_out(text: str) -> None:
    checked = payments({}, {"period": text})
    assert checked.frame["row"].to_list() == [2]
    assert told(checked) == [(3, "payment_period_unreadable", "error")]
    assert "2025-03" in checked.findings[0].fix
    assert "2025-03" in checked.findings[0].fix_zh


@pytest.mark.parametrize("text", ["2025-03-09", "2025/3/9 10:30", "20250309", "2025年3月9日", "45725"])
def test_dates_of_payments_however_they_are_written(text: str) -> None:
    frame = table({**PAYMENT, "paid_on": ""}, {"paid_on": text}, {"paid_on": " "})
    checked = check_payments(frame)
    assert checked.frame["paid_on"].to_list() == [date(2025, 3, 9), None]
    assert checked.findings == ()


def test_a_payment_whose_date_cannot_be_right_counts_and_is_named() -> None:
    base = {**PAYMENT, "paid_on": ""}
    dates: list[dict[str, Any]] = [{"paid_on": day} for day in ("2025-02-30", "soon", "2025-02-28")]
    checked = check_payments(table(base, *dates, {"paid_on": "2025-02-28", "kind": "prepayment"}))
    assert checked.frame["paid_on"].to_list() == [None, None, date(2025, 2, 28), date(2025, 2, 28)]
    assert told(checked) == [
        (2, "payment_date_unreadable", "warning"),
        (3, "payment_date_unreadable", "warning"),
        (4, "payment_before_its_month", "warning"),
    ]
    assert "'soon' is no date" in checked.findings[1].message


def test_months_of_columns_of_dates() -> None:
    frame = table(PAYMENT, {}).with_columns(period=pl.lit(datetime(2025, 3, 31, 23, 59)))
    assert check_payments(frame).frame["period"].to_list() == ["2025-03"]


# -------------------------------------------------------------------------------------------------- kinds


def test_every_kind_by_its_names() -> None:
    for kind, names in KINDS.items():
        for name in (kind, *names, kind.upper()):
            assert payments({"kind": f" {name} "}).frame["kind"].to_list() == [kind], name


def test_an_unknown_kind_says_what_to_write() -> None:
    checked = payments({"kind": "日拔付"}, {"kind": ""})
    assert told(checked) == [
        (2, "payment_kind_unknown", "error"),
        (3, "payment_kind_unknown", "error"),
    ]
    assert "Did you mean '日拨付'" in checked.findings[0].fix
    assert checked.findings[0].fix_zh.startswith("是不是“日拨付”？类别请写：")
    assert checked.findings[0].message_zh == "类别“日拔付”无法识别，该行未计入"
    assert all(kind in checked.findings[1].fix for kind in KINDS)


# ------------------------------------------------------------------------------------------------- amounts


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1234.5", 123450), ("1,234.50", 123450), ("￥1234.50", 123450), ("1234.5元", 123450),
     ("1 234.5", 123450), ("0", 0), ("12.", 1200), ("+3", 300), ("1.5E+6", 150_000_000),
     ("0.30000000000000004", 30), ("１２", 1200), ("1000000000000", 100_000_000_000_000)],
)  # fmt: skip
def test_amounts_in_any_spelling(text: str, fen: int) -> None:
    checked = payments({"amount_yuan": text})
    assert checked.frame["amount_fen"].to_list() == [fen]
    assert checked.findings == ()


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1.5百", "-", "1000000000000.01", "nan", "inf", "1e99"])
def test_what_is_no_amount_is_left_out(text: str) -> None:
    checked = payments({}, {"amount_yuan": text})
    assert checked.frame["row"].to_list() == [2]
    assert told(checked) == [(3, "payment_amount_unusable", "error")]
    assert "in yuan" in checked.findings[0].fix


@pytest.mark.parametrize("text", ["-0.01", "-1,200", "(100.00)", "−5"])
def test_an_amount_below_zero_is_a_refund_or_a_deduction(text: str) -> None:
    checked = payments({"amount_yuan": text})
    assert checked.frame.is_empty()
    assert "refund or deduction" in checked.findings[0].fix
    assert "退回" in checked.findings[0].fix_zh


def test_parts_of_a_fen_are_rounded_half_up_and_told() -> None:
    checked = payments({"amount_yuan": "1.005"}, {"amount_yuan": "1.0049"})
    assert checked.frame["amount_fen"].to_list() == [101, 100]
    assert told(checked) == [
        (2, "payment_amount_rounded", "notice"),
        (3, "payment_amount_rounded", "notice"),
    ]
    assert "read as 1.01" in checked.findings[0].message


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_every_amount_is_read_exactly(amount: Decimal) -> None:
    for text in (f"{amount}", f"{amount:,}"):
        assert payments({"amount_yuan": text}).frame["amount_fen"].to_list() == [int(amount * 100)]


@given(st.integers(min_value=0, max_value=10**13))
def test_floats_mean_the_shortest_decimal(fen: int) -> None:
    frame = table(PAYMENT, {}).with_columns(amount_yuan=pl.lit(fen / 100))
    assert check_payments(frame).frame["amount_fen"].to_list() == [fen]


# ---------------------------------------------------------------------------------------- rows as a whole


def test_everything_that_is_wrong_with_a_row_is_told() -> None:
    checked = payments(
        {"hospital_id": "", "insurance_type": " ", "period": "x", "kind": "x", "amount_yuan": "x"}
    )
    assert checked.frame.is_empty()
    assert {rule for _, rule, _ in told(checked)} == {
        "payment_hospital_missing",
        "payment_insurance_missing",
        "payment_period_unreadable",
        "payment_kind_unknown",
        "payment_amount_unusable",
    }


def test_findings_say_where() -> None:
    finding = payments({"period": "2025年3月", "kind": "x"}).findings[0]
    assert (finding.table, finding.row) == ("payments", 2)
    assert (finding.hospital_id, finding.insurance_type, finding.period) == ("H1", "310", "2025-03")


def test_the_same_row_twice_is_kept_and_told() -> None:
    checked = payments({}, {"kind": "daily"}, {}, {})
    assert checked.frame["row"].to_list() == [2, 3, 4, 5]
    assert told(checked) == [
        (4, "payment_given_twice", "warning"),
        (5, "payment_given_twice", "warning"),
    ]
    assert "row 2" in checked.findings[1].message


def test_rows_of_one_month_that_differ_by_day_or_voucher_are_not_the_same() -> None:
    assert payments({"period": "2025-03-03"}, {"period": "2025-03-04"}).findings == ()
    frame = table(PAYMENT, {}, {}).with_columns(pl.Series("凭证号", ["1", "2"]))
    assert check_payments(frame).findings == ()


def test_many_faults_are_counted_after_the_first_thousand() -> None:
    checked = payments(*[{"kind": "x", "amount_yuan": str(n)} for n in range(MOST_NAMED + 5)])
    assert len(checked.findings) == MOST_NAMED + 1
    assert checked.findings[-1].message.startswith("5 more rows")
    assert checked.findings[-1].row == MOST_NAMED + 2
    assert checked.frame.is_empty()


CELLS = st.sampled_from(["", "H1", "310", "2025-03", "daily", "x", "1", "-1", "1.005", "100", "同意", "2025"])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(PAYMENT, CELLS)), max_size=6))
def test_every_row_is_used_or_named(rows: list[dict[str, str]]) -> None:
    checked = payments(*rows)
    named = {finding.row for finding in checked.findings if finding.severity == "error"}
    filled = {place for place, row in enumerate(rows, start=2) if any(row.values())}
    used = checked.frame["row"].to_list()
    assert used == sorted(set(used))
    assert set(used) | named == filled
    assert not set(used) & named


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(DECISION, CELLS)), max_size=6))
def test_every_decision_is_used_named_or_open(rows: list[dict[str, str]]) -> None:
    checked = decisions(*rows)
    keys = checked.frame.select("hospital_id", "case_id")
    assert not keys.is_duplicated().any()
    named = {f.row for f in checked.findings if f.severity == "error" or f.rule == "decision_repeated"}
    used = set(checked.frame["row"])
    open_ = {
        place
        for place, row in enumerate(rows, start=2)
        if any(row.values()) and not row["decision"] and not row["special_payment_yuan"]
    }
    filled = {place for place, row in enumerate(rows, start=2) if any(row.values())}
    assert used | named | open_ == filled
    assert not used & (named | open_)


# ---------------------------------------------------------------------------------------------- decisions


def test_decisions_by_their_words() -> None:
    words = ["同意", "不同意", "Approved", "rejected", "是", "否", "true", "0"]
    checked = decisions(*[{"case_id": str(n), "decision": word} for n, word in enumerate(words)])
    assert checked.findings == ()
    assert checked.frame.schema == SCHEMAS["decisions"]
    assert checked.frame["approved"].to_list() == [True, False] * 4


def test_decisions_as_truth_values_and_numbers() -> None:
    frame = pl.DataFrame(
        {
            "hospital_id": ["H1"] * 2,
            "case_id": [1, 2],
            "decision": [True, False],
            "special_payment_yuan": [1.5, None],
        }
    )
    assert check_decisions(frame).frame.rows() == [
        (2, "H1", "1", True, 150, None),
        (3, "H1", "2", False, None, None),
    ]


def test_the_amount_may_be_absent_or_empty() -> None:
    assert decisions({}).frame["special_payment_fen"].to_list() == [None]
    assert check_decisions(table(DECISION, {}).drop("special_payment_yuan")).frame[
        "special_payment_fen"
    ].to_list() == [None]


def test_cases_without_a_decision_are_counted_once() -> None:
    checked = decisions({"decision": ""}, {"decision": " ", "case_id": "2"}, {"case_id": "3"})
    assert checked.frame["case_id"].to_list() == ["3"]
    assert told(checked) == [(None, "decision_open", "notice")]
    assert checked.findings[0].message.startswith("2 cases not decided yet")


@pytest.mark.parametrize(
    ("row", "rule", "severity", "used"),
    [
        ({"decision": "maybe"}, "decision_unreadable", "error", False),
        ({"decision": "", "special_payment_yuan": "5"}, "decision_unreadable", "error", False),
        ({"case_id": ""}, "decision_case_missing", "error", False),
        ({"hospital_id": ""}, "decision_hospital_missing", "error", False),
        ({"special_payment_yuan": "x"}, "decision_payment_unusable", "error", False),
        ({"special_payment_yuan": "-1"}, "decision_payment_unusable", "error", False),
        ({"special_payment_yuan": "100000000.01"}, "decision_payment_unusable", "error", False),
        ({"special_payment_yuan": "0"}, "decision_payment_zero", "warning", True),
        ({"special_payment_yuan": "1.005"}, "decision_payment_rounded", "notice", True),
        (
            {"decision": "rejected", "special_payment_yuan": "5"},
            "decision_rejected_with_payment",
            "warning",
            True,
        ),
    ],
)
def test_odd_decisions(row: dict[str, str], rule: str, severity: str, used: bool) -> None:
    checked = decisions(row)
    assert told(checked) == [(2, rule, severity)]
    assert checked.frame.height == used


def test_a_rejected_case_has_no_amount() -> None:
    assert decisions({"decision": "不同意", "special_payment_yuan": "5"}).frame[
        "special_payment_fen"
    ].to_list() == [None]


def test_the_same_decision_twice_counts_once() -> None:
    checked = decisions({"special_payment_yuan": "5"}, {"special_payment_yuan": "5.00"})
    assert checked.frame["row"].to_list() == [2]
    assert told(checked) == [(3, "decision_repeated", "warning")]
    assert "row 2" in checked.findings[0].message


@pytest.mark.parametrize("other", [{"decision": "rejected"}, {"special_payment_yuan": "5"}])
def test_a_case_that_is_decided_in_two_ways_is_decided_in_none(other: dict[str, str]) -> None:
    checked = decisions({}, {"case_id": "2"}, other, {"hospital_id": "H2"})
    assert checked.frame["row"].to_list() == [3, 5]
    assert told(checked) == [(2, "decision_twice", "error"), (4, "decision_twice", "error")]
    assert "row 4" in checked.findings[0].message


# ------------------------------------------------------------------------------------------------- scores


def test_scores_are_exact() -> None:
    checked = scores({"score": "92.1234"}, {"hospital_id": "H2", "score": "100分", "year": "2025年度"})
    assert checked.findings == ()
    assert checked.frame.schema == SCHEMAS["scores"]
    assert checked.frame.rows() == [
        (2, "H1", 2025, None, Decimal("92.1234")),
        (3, "H2", 2025, None, Decimal("100.0000")),
    ]


@pytest.mark.parametrize("score", ["", "-1", "100.0001", "abc", "92.5%", "101"])
def test_scores_out_of_range(score: str) -> None:
    checked = scores({"score": score})
    assert checked.frame.is_empty()
    assert told(checked) == [(2, "score_out_of_range", "error")]


@pytest.mark.parametrize("year", ["", "25", "2025-03", "20250", "1025"])
def test_years(year: str) -> None:
    assert told(scores({"year": year})) == [(2, "score_year_unreadable", "error")]


def test_a_score_that_was_meant_as_a_share_is_told() -> None:
    assert told(scores({"score": "0.925"})) == [(2, "score_looks_like_share", "warning")]
    assert told(scores({"score": "0"})) == []


def test_scores_finer_than_four_decimals_are_told() -> None:
    checked = scores({"score": "92.33335"})
    assert checked.frame["score"].to_list() == [Decimal("92.3334")]
    assert told(checked) == [(2, "score_rounded", "notice")]


def test_one_score_for_hospital_year_and_insurance() -> None:
    base = {**SCORE, "insurance_type": ""}
    assert scores({}, {"insurance_type": "310"}, {"year": "2024"}, base=base).findings == ()
    twice = scores({}, {"score": "92.50"}, base=base)
    assert twice.frame["row"].to_list() == [2]
    assert told(twice) == [(3, "score_repeated", "warning")]
    differ = scores({}, {"score": "90"}, {"insurance_type": "310"}, base=base)
    assert differ.frame["row"].to_list() == [4]
    assert told(differ) == [(2, "score_twice", "error"), (3, "score_twice", "error")]


# -------------------------------------------------------------------------------------------- from a sheet


def test_a_sheet_of_excel(tmp_path: Path) -> None:
    file = tmp_path / "payments.xlsx"
    pl.DataFrame(
        {
            "医疗机构代码": ["H1", "H1"],
            "险种": ["310", "310"],
            "月份": [date(2025, 3, 1), date(2025, 4, 1)],
            "类别": ["预付金", "月结算"],
            "金额": [1234.56, 99.9],
        }
    ).write_excel(file)
    checked = check_payments(scan(file))
    assert checked.findings == ()
    assert checked.frame["period"].to_list() == ["2025-03", "2025-04"]
    assert checked.frame["amount_fen"].to_list() == [123456, 9990]
