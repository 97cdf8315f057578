from __future__ import annotations

import random
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from polars.testing import assert_frame_equal

import drg
from drg.columns import PRICE, PRICE_COLUMNS
from drg.errors import MissingColumnError
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_numbers import CLASSES, INSIDE
from drg.payment.special_review import SpecialReview
from drg.records.binding import without_unread
from drg.records.cases import Cases
from drg.settlement.input_tables import SCHEMAS
from drg.settlement.special_case_decisions import APPLIED, Decided, apply_decisions
from tests.payment.strategies import frame, random_cases, random_scheme, randoms, write_scheme
from tests.profiles import tries

quickly = tries(0.25, shrink=False)
PARTS = [
    *(
        "drg_payment_yuan",
        "high_cost_payment_yuan",
        "item_payment_yuan",
        "outside_payment_yuan",
        "special_case_payment_yuan",
    ),
    "excluded_items_payment_yuan",
]


def priced(*cases: dict[str, Any]) -> pl.DataFrame:
    """Priced cases of H1 that cost 9,000 and are paid 10,000 by their group, unless it says else."""
    plain = {
        "hospital_id": "H1",
        "hospital_level": None,
        "case_id": "1",
        "discharge_date": "2025-03-10",
        "total_cost_yuan": "9000.00",
        "excluded_items_yuan": "0.00",
        "patient_share_yuan": "2000.00",
        "other_payers_yuan": "100.00",
        **dict.fromkeys(PRICE),
        **dict.fromkeys(PARTS, "0.00"),
        "case_class": "normal",
        "drg_payment_yuan": "10000.00",
        "payment_yuan": "10000.00",
        "fund_payment_yuan": "7900.00",
        "patient_and_others_yuan": "2100.00",
        "borne_above_payment_yuan": "0.00",
        "surplus_formula_yuan": "1000.00",
        "surplus_adjustment_yuan": "0.00",
        "surplus_yuan": "1000.00",
        "scheme": "demo",
    }
    rows = [{**plain, **case} for case in cases]
    text = pl.DataFrame(rows, schema=dict.fromkeys(plain, pl.String))
    unread = [name for name in plain if "abc" in [row[name] for row in rows]]
    typed = Cases.of(text).lazy(own=True).collect()
    # What cannot be read stays as it is.
    return typed.with_columns(text[name] for name in unread)


def decided(*rows: tuple[str, bool, int | None], hospital: str = "H1") -> pl.DataFrame:
    """Clean decisions: case, approved, fen."""
    cells = [(place, hospital, *row, None) for place, row in enumerate(rows, start=2)]
    return pl.DataFrame(cells, schema=SCHEMAS["decisions"], orient="row")


def gated(cases: pl.DataFrame) -> pl.LazyFrame:
    """Cases as a settlement has them."""
    return Cases.of(cases).lazy(own=True, marked=True)


def quota_of(share: str) -> SpecialReview:
    """The same quota for all hospitals."""
    return SpecialReview(source="made up", quota_share=Decimal(share))


def apply(cases: pl.DataFrame, decisions: pl.DataFrame, share: str | None = "1", **more: Any) -> Decided:
    return apply_decisions(gated(cases), decisions, None if share is None else quota_of(share), **more)


def one(result: Decided, case: str = "1") -> dict[str, Any]:
    found = result.frame.filter(pl.col("case_id") == case).collect()
    return found.row(0, named=True)


def told(result: Decided) -> list[tuple[int | None, str, str]]:
    return [(finding.row, finding.rule, finding.severity) for finding in result.findings]


# -------------------------------------------------------------------------------------- what a case is paid


def test_an_approved_case_is_paid_as_decided() -> None:
    case = {
        "high_cost_payment_yuan": "500.00",
        "excluded_items_payment_yuan": "80.00",
        "excluded_items_yuan": "100.00",
    }
    result = apply(priced(case), decided(("1", True, 800_000)))
    found = one(result)
    # 8,000 as decided and 80 for the excluded items; of the 8,080 others bear 2,100; the case cost 9,000.
    expected = {
        "case_class": "special",
        "drg_payment_yuan": "0.00",
        "high_cost_payment_yuan": "0.00",
        "item_payment_yuan": "0.00",
        "outside_payment_yuan": "0.00",
        "special_case_payment_yuan": "8000.00",
        "excluded_items_payment_yuan": "80.00",
        "payment_yuan": "8080.00",
        "fund_payment_yuan": "5980.00",
        "patient_and_others_yuan": "2100.00",
        "surplus_formula_yuan": "0.00",
        "surplus_adjustment_yuan": "-920.00",
        "surplus_yuan": "-920.00",
    }
    assert {name: str(found[name]) for name in expected} == expected
    assert found["pricing_reason"] == "P25:normal"
    assert result.findings == ()
    assert result.applied.schema == APPLIED
    assert result.applied.rows() == [(2, "H1", "1", 2025, "normal", 800_000, 808_000, False, None)]


def test_without_an_amount_it_is_paid_what_it_cost() -> None:
    case = {"excluded_items_yuan": "100.00", "excluded_items_payment_yuan": "80.00"}
    found = one(result := apply(priced(case), decided(("1", True, None))))
    # 9,000 − 100 by item, and 80 for the excluded items.
    assert (found["special_case_payment_yuan"], found["payment_yuan"]) == (
        Decimal("8900.00"),
        Decimal("8980.00"),
    )
    assert found["surplus_yuan"] == Decimal("-20.00")
    assert result.applied["by_cost"].to_list() == [True]
    # Where the scheme does not take them out of the cost, they are paid as any other item.
    result = apply(priced(case), decided(("1", True, None)), out_of_cost=())
    assert one(result)["special_case_payment_yuan"] == Decimal("9000.00")


def test_the_last_of_stays_that_are_paid_as_one_is_decided_for_all_of_them() -> None:
    # 4,000 of an earlier stay; patient and others bear 2,100 of this one and 1,000 of that.
    last = {
        "joined_cost_yuan": "4000.00",
        "patient_and_others_yuan": "3100.00",
        "fund_payment_yuan": "6900.00",
    }
    found = one(apply(priced(last), decided(("1", True, None))))
    assert found["special_case_payment_yuan"] == Decimal("13000.00")
    assert (found["fund_payment_yuan"], found["patient_and_others_yuan"]) == (
        Decimal("9900.00"),
        Decimal("3100.00"),
    )
    earlier = {"case_class": "joined", "drg_payment_yuan": "0.00", "payment_yuan": "0.00"}
    result = apply(priced(earlier), decided(("1", True, None)))
    assert told(result) == [(2, "decision_case_joined", "error")]
    assert one(result)["payment_yuan"] == 0


def test_others_never_bear_more_than_the_payment() -> None:
    found = one(apply(priced({}), decided(("1", True, 150_000))))
    assert (found["fund_payment_yuan"], found["patient_and_others_yuan"]) == (
        Decimal("0.00"),
        Decimal("1500.00"),
    )


@pytest.mark.parametrize("unknown", ["patient_and_others_yuan", "borne_above_payment_yuan"])
def test_the_fund_is_not_known_where_the_patient_share_is_not(unknown: str) -> None:
    cases = priced({unknown: None})
    found = one(apply(cases, decided(("1", True, None))))
    assert (found["fund_payment_yuan"], found["patient_and_others_yuan"]) == (None, None)
    assert found["payment_yuan"] == Decimal("9000.00")


def test_a_rejected_case_stays_as_it_is() -> None:
    cases = priced({})
    result = apply(cases, decided(("1", False, None)))
    assert_frame_equal(result.frame.select(cases.columns).collect(), cases)
    assert result.applied.is_empty()
    assert result.findings == ()


def test_the_quota_by_level_of_the_hospital() -> None:
    review = SpecialReview.model_validate(
        {"source": "made up", "quotas": [{"level": "三级", "share": "0.5"}, {"level": "2", "share": "0.25"}]}
    )
    levels: dict[str, list[str | None]] = {
        "H3": ["3", "3", None, "3"],
        "H2": ["2"] * 4,
        "H1": ["1"] * 4,
        "H0": [None] * 4,
        "H9": ["3", "2", "2", "2"],
    }
    cases = [
        {"hospital_id": hospital, "case_id": f"{hospital}-{n}", "hospital_level": level}
        for hospital, known in levels.items()
        for n, level in enumerate(known)
    ]
    rows = [(f"{hospital}-{n}", True, None) for hospital in levels for n in range(3)]
    decisions = decided(*rows).with_columns(hospital_id=pl.col("case_id").str.slice(0, 2))
    result = apply_decisions(gated(priced(*cases)), decisions, review)
    # Of four discharges two in level 3, one in level 2.
    assert result.applied["case_id"].to_list() == ["H3-0", "H3-1", "H2-0"]
    told = [(finding.hospital_id, finding.rule) for finding in result.findings]
    unknown = [(hospital, "decision_level_not_known") for hospital in ("H1", "H0", "H9") for _ in range(3)]
    assert told == [("H3", "decision_over_quota"), *[("H2", "decision_over_quota")] * 2, *unknown]
    messages = {finding.hospital_id: finding.message for finding in result.findings}
    assert "the quota is 1 (25 % of 4 discharges" in messages["H2"]
    assert "no quota of special cases for the level 1" in messages["H1"]
    assert "say several: 2, 3" in messages["H9"]
    # A file without the column says no level.
    bare = gated(priced(*cases).drop("hospital_level"))
    assert {f.rule for f in apply_decisions(bare, decisions, review).findings} == {"decision_level_not_known"}


def test_no_decisions_no_change() -> None:
    cases = priced({}).drop("case_id").lazy()
    result = apply_decisions(cases, decided(), None)
    assert result.frame is cases
    assert result.applied.schema == APPLIED


@pytest.mark.parametrize(
    ("before", "en", "zh"),
    [
        ("before", "before; special review, was normal", "before；特例单议，原为正常倍率"),
        ("P06", "los_days is missing: no rule for short or long stays applied; special review, was normal",
         "缺少实际住院天数，未按短期或长期住院判断；特例单议，原为正常倍率"),
    ],
)  # fmt: skip
def test_a_reason_that_was_there_stays(before: str, en: str, zh: str) -> None:
    told = one(apply(priced({"pricing_reason": before}), decided(("1", True, None))))["pricing_reason"]
    assert told == f"{before}|P25:normal"
    assert [drg.reason_text(told, language=language) for language in ("en", "zh")] == [en, zh]


def test_cases_of_text_are_read() -> None:
    typed = priced({}, {"case_id": "2"})
    cases = typed.with_columns(
        pl.col("discharge_date").dt.to_string("%Y-%m-%d"), pl.col(pl.Decimal).cast(pl.String)
    )
    result = apply(cases, decided(("1", True, 1)))
    assert one(result)["payment_yuan"] == Decimal("0.01")
    assert one(result, "2")["payment_yuan"] == Decimal("10000.00")
    assert told(apply(cases, decided(("1", True, 1)), "0.05")) == [(2, "decision_over_quota", "error")]


def test_ids_are_compared_as_text_without_blanks() -> None:
    cases = priced({"hospital_id": "7"}).with_columns(
        pl.col("hospital_id").cast(pl.Int64), case_id=pl.lit(" 0001 ")
    )
    result = apply(cases, decided(("0001", True, 100), hospital="7"))
    found = result.frame.collect()
    assert found["special_case_payment_yuan"].to_list() == [Decimal("1.00")]
    assert found["case_id"].to_list() == ["0001"]


def test_rows_keep_their_order_and_columns_their_place() -> None:
    cases = priced(*[{"case_id": str(n)} for n in range(500)])
    some = [str(n) for n in range(499, 0, -7)]
    result = apply(cases, decided(*[(case, True, 100) for case in some]))
    found = result.frame.collect(engine="streaming")
    assert without_unread(found.columns) == cases.columns
    found = found.select(cases.columns)
    assert found["case_id"].to_list() == cases["case_id"].to_list()
    special = found.filter(pl.col("case_class") == "special")
    assert sorted(special["case_id"]) == sorted(some)
    assert_frame_equal(
        found.filter(pl.col("case_class") != "special"), cases.filter(~pl.col("case_id").is_in(some))
    )


def test_only_the_columns_that_are_asked_for_are_read(tmp_path: Path) -> None:
    file = tmp_path / "priced.parquet"
    priced({}).with_columns(unrelated=pl.lit("x")).write_parquet(file)
    result = apply_decisions(pl.scan_parquet(file), decided(("1", True, None)), quota_of("1"))
    plan = result.frame.select("case_class", "payment_yuan").explain(engine="streaming")
    assert "unrelated" not in plan
    assert "surplus_yuan" not in plan


def test_what_cannot_be_decided_upon() -> None:
    with pytest.raises(MissingColumnError, match="case_id"):
        apply(priced({}).drop("case_id"), decided(("1", True, None)))
    with pytest.raises(MissingColumnError, match="drg price"):
        apply(priced({}).drop("payment_yuan"), decided(("1", True, None)))


# ----------------------------------------------------------------------------------- what is not applied


def test_a_decision_for_an_unknown_case() -> None:
    cases = priced({})
    result = apply(cases, decided(("01", True, None), ("9", False, None)))
    assert_frame_equal(result.frame.select(cases.columns).collect(), cases)
    assert told(result) == [
        (2, "decision_case_unknown", "error"),
        (3, "decision_case_unknown", "warning"),
    ]
    assert result.findings[0].case_id == "01"
    assert "leading zeros" in result.findings[0].fix
    # The same case of another hospital is another case.
    assert told(apply(cases, decided(("1", True, None), hospital="H2")))[0][1] == "decision_case_unknown"


def test_a_case_that_is_there_twice_is_not_decided() -> None:
    cases = priced({}, {}, {"hospital_id": "H2"})
    result = apply(cases, decided(("1", True, None)))
    assert_frame_equal(result.frame.select(cases.columns).collect(), cases)
    assert told(result) == [(2, "decision_case_twice", "error")]
    assert "2 times" in result.findings[0].message
    assert result.findings[0].period == "2025"


@pytest.mark.parametrize("approved", [True, False])
def test_a_case_that_is_special_already_stays(approved: bool) -> None:
    cases = priced({"case_class": "special", "special_case_payment_yuan": "7000.00"}, {"case_id": "2"})
    result = apply(cases, decided(("1", approved, 1)))
    assert_frame_equal(result.frame.select(cases.columns).collect(), cases)
    assert told(result) == [(2, "decision_case_already_special", "warning")]
    assert "7000.00" in result.findings[0].message


@pytest.mark.parametrize(
    "case", [{"case_class": "invalid"}, {"total_cost_yuan": None}, {"excluded_items_yuan": "9000.01"}]
)
def test_a_case_whose_cost_cannot_be_used_is_not_decided(case: dict[str, Any]) -> None:
    cases = priced(case)
    result = apply(cases, decided(("1", True, 1)))
    assert_frame_equal(result.frame.select(cases.columns).collect(), cases)
    assert told(result) == [(2, "decision_case_invalid", "error")]


def test_a_case_without_a_date_is_of_no_year() -> None:
    result = apply(priced({"discharge_date": None}), decided(("1", True, 1)))
    assert told(result) == [(2, "decision_case_undated", "error")]
    assert result.applied.is_empty()


# --------------------------------------------------------------------------------------------------- quota


def many(count: int, **values: Any) -> list[dict[str, Any]]:
    return [{"case_id": f"{values.get('hospital_id', 'H1')}-{n}", **values} for n in range(count)]


def test_the_quota_is_rounded_down_and_used_in_the_order_of_the_table() -> None:
    # 59 discharges paid by group: 5 % are 2.95, so two. An ungrouped case is none of them.
    cases = priced(*many(59), {"case_id": "u", "case_class": "ungrouped"})
    wanted = ["H1-9", "H1-3", "u", "H1-5"]
    result = apply(cases, decided(*[(case, True, None) for case in wanted]), None)
    assert result.applied["case_id"].to_list() == ["H1-9", "H1-3"]
    assert told(result) == [(4, "decision_over_quota", "error"), (5, "decision_over_quota", "error")]
    finding = result.findings[0]
    for part in ("approval 3 of H1 in 2025", "quota is 2", "5 % of 59 discharges"):
        assert part in finding.message
    assert "quota_share" in finding.fix
    assert "第 3 例" in finding.message_zh


def test_quotas_are_by_hospital_and_year() -> None:
    cases = priced(
        *many(20),
        *many(20, hospital_id="H2"),
        *[{"case_id": f"old-{n}", "discharge_date": "2024-12-31"} for n in range(20)],
    )
    mine = decided(("H1-1", True, None), ("old-1", True, None), ("H1-2", True, None))
    other = decided(("H2-1", True, None), ("H2-2", True, None), hospital="H2")
    result = apply(cases, pl.concat([mine, other]), None)
    assert result.applied.select("case_id", "year").rows() == [
        ("H1-1", 2025),
        ("old-1", 2024),
        ("H2-1", 2025),
    ]
    assert [f.case_id for f in result.findings] == ["H2-2", "H1-2"]


def test_rejections_and_what_cannot_be_applied_use_up_nothing() -> None:
    cases = priced(*many(20), {"case_id": "bad", "case_class": "invalid"})
    rows = [("H1-0", False, None), ("x", True, None), ("bad", True, None), ("H1-1", True, None)]
    result = apply(cases, decided(*rows), None)
    assert result.applied["case_id"].to_list() == ["H1-1"]
    assert "decision_over_quota" not in {rule for _, rule, _ in told(result)}


def test_cases_that_are_special_already_use_up_the_quota() -> None:
    cases = priced(*many(40), {"case_id": "s", "case_class": "special"})
    result = apply(cases, decided(("H1-1", True, None), ("H1-2", True, None)), None)
    assert result.applied["case_id"].to_list() == ["H1-1"]
    assert "approval 3 of H1 in 2025, of which 1 are special" in result.findings[0].message


@pytest.mark.parametrize("case_class", CLASSES)
def test_which_classes_count_for_the_quota(case_class: str) -> None:
    cases = priced(
        *many(19), {"case_id": "1", "case_class": case_class}, {"case_id": "u", "case_class": "short"}
    )
    result = apply(cases, decided(("u", True, None)), None)
    inside = case_class in INSIDE
    assert result.applied.height == inside


# --------------------------------------------------------------------- equal to pricing with the same amount


@quickly
@given(randoms())
def test_a_decision_equals_pricing_with_the_amount(rng: random.Random) -> None:
    entries, weights = random_scheme(rng)
    model = PaymentScheme.model_validate(entries)
    cases = random_cases(rng, model, weights, rng.randint(1, 25))
    for case in cases:
        case["hospital_id"] = case["hospital_id"] or "H1"
        case["special_payment_yuan"] = None
    with tempfile.TemporaryDirectory() as directory:
        scheme = write_scheme(Path(directory), entries, weights)
        before = drg.price(frame(cases), scheme)
        # A decision on the last of stays that are paid as one is for all of them, which no single row says.
        alone = [
            case
            for case, row in zip(cases, before.rows(named=True), strict=True)
            if not row["joined_cost_yuan"]
        ]
        amounts = {
            case["case_id"]: (case["hospital_id"], rng.choice([None, rng.randint(0, 10_000_000)]))
            for case in rng.sample(alone, rng.randint(0, len(alone)))
        }
        rows = [(n, h, c, True, fen, None) for n, (c, (h, fen)) in enumerate(amounts.items(), start=2)]
        decisions = pl.DataFrame(rows, schema=SCHEMAS["decisions"], orient="row")
        result = apply_decisions(gated(before), decisions, quota_of("1"), out_of_cost=model.out_of_cost)
        fen = dict(result.applied.select("case_id", "special_fen").rows())
        for case in cases:
            if case["case_id"] in fen:
                case["special_payment_yuan"] = Decimal(fen[case["case_id"]]).scaleb(-2)
        wanted = drg.price(frame(cases), scheme)
    after = result.frame.collect()
    names = [column.name for column in PRICE_COLUMNS if column.name != "pricing_reason"]
    assert_frame_equal(after.select(names), wanted.select(names))
    # What was not applied has a finding.
    named = {finding.case_id for finding in result.findings}
    assert named | set(fen) == set(amounts)
    assert not named & set(fen)
    total = sum((pl.col(part) for part in PARTS[1:]), pl.col(PARTS[0]))
    assert after.select((total == pl.col("payment_yuan")).all()).item()
