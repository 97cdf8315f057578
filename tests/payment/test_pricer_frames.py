from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import InputError, MissingColumnError, MissingColumnWarning, Pricer
from drg.categories import CaseClass
from drg.columns import ALL, PRICE, PRICE_COLUMNS
from drg.payment.load_scheme import load_scheme

pa = pytest.importorskip("pyarrow")
D = Decimal
SCHEME = """
id = "made"
title = "made"
region = "none"
grouper = "demo"
status = "illustrative"
source = "made up"
{more}
[method]
kind = "rate"
source = "made up"
[[rates]]
value_yuan = 10000
insurance = "310"
source = "made up"
[ungrouped]
pays = "nothing"
source = "made up"
[ambiguous]
pays = "share"
share = 0.5
source = "made up"
[unweighted]
pays = "by_item"
source = "made up"
{tables}
"""
OUTSIDE = """
[[outside]]
case_class = "short"
los_days_at_most = 1
pays = "by_item"
source = "made up"
[[outside]]
case_class = "bed_day"
case_kind = "bed_day"
pays = "per_day"
price_yuan = 300.335
source = "made up"
"""
EVERYTHING = (
    OUTSIDE
    + """
[coefficients]
default = 0.9
source = "made up"
[[coefficients.rows]]
value = 1.1
hospital = "H1"
source = "made up"
[excluded_items]
share = 0.8
source = "made up"
[incomplete]
source = "made up"
[readmission]
days = 15
factor = 0.5
source = "made up"
[tcm]
share_below = 0.6
medical_drg = { BV19 = "BR15" }
source = "made up"
[extreme]
top_share = 0.2
source = "made up"
"""
)
WEIGHTS = "drg,relative_weight\nBR15,1\nBR13,1.25\nBV19,2\n"


def scheme(directory: Path, tables: str = "", more: str = "", weights: str = WEIGHTS) -> Path:
    directory.mkdir(exist_ok=True)
    text = SCHEME.replace("{tables}", tables).replace("{more}", more)
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    (directory / "weights.csv").write_text(weights, encoding="utf-8")
    return directory


def cases(**columns: Any) -> pl.DataFrame:
    n = max(len(values) for values in columns.values())
    plain = {
        "drg": ["BR15"] * n,
        "adrg": ["BR1"] * n,
        "grouping_status": ["grouped"] * n,
        "insurance_type": ["310"] * n,
        "total_cost_yuan": ["9000.00"] * n,
    }
    return pl.DataFrame({**plain, **columns})


def frame() -> pl.DataFrame:
    return cases(
        case_id=[str(n) for n in range(7)],
        drg=["BR15", "BR13", "AA19", "0000", "BQY", "BR15", "BR15"],
        grouping_status=["grouped", "grouped", "grouped", "ungrouped", "ambiguous", "grouped", "grouped"],
        insurance_type=["310", "310", "310", "310", "310", "9", "310"],
        total_cost_yuan=["9000.00", "9000.5", "1", "2", "3.01", "5", ""],
    )


CLASS = pl.Enum(CaseClass)
CLASSES = ["normal", "normal", "unweighted", "ungrouped", "ambiguous", "unpriced", "invalid"]
PAYMENTS = ["10000.00", "12500.00", "1.00", "0.00", "1.51", "0.00", "0.00"]


# -------------------------------------------------------------------------------------------------- frames


def test_every_row_keeps_its_place_and_its_columns(tmp_path: Path) -> None:
    source = frame()
    priced = drg.price(source, scheme(tmp_path))
    assert priced.columns == [*source.columns, *PRICE]
    assert {name: dtype for name, dtype in priced.schema.items() if name in PRICE} == {
        column.name: column.dtype for column in PRICE_COLUMNS
    }
    assert_frame_equal(priced.select(source.columns), source)
    assert priced["case_class"].to_list() == CLASSES
    assert priced["payment_yuan"].to_list() == list(map(D, PAYMENTS))
    assert set(priced["scheme"]) == {"made"}


def test_every_kind_of_frame_gives_the_same(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pricer = Pricer(scheme(tmp_path))
    source = frame()
    expected = pricer.price(source).select(list(PRICE))
    lazy = drg.price(source.lazy(), pricer)
    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect().select(list(PRICE)), expected)
    arrow = drg.price(source.to_arrow(), pricer)
    assert isinstance(arrow, pa.Table)
    assert_frame_equal(pl.DataFrame(arrow).select(list(PRICE)).cast({"case_class": CLASS}), expected)
    pandas = drg.price(source.to_pandas().set_index(pd.Index(range(50, 57))), pricer)
    assert list(pandas.index) == list(range(50, 57))
    assert list(pandas["case_class"]) == CLASSES
    assert list(map(str, pandas["payment_yuan"])) == PAYMENTS


@pytest.mark.parametrize(
    "dtype", [pl.String, pl.Float64, pl.Decimal(18, 2), pl.Decimal(38, 4), pl.Categorical]
)
def test_costs_of_every_type_are_the_same(tmp_path: Path, dtype: Any) -> None:
    text = cases(total_cost_yuan=["9000.01", "0", None])
    cost = pl.col("total_cost_yuan").cast(dtype)
    priced = drg.price(text.with_columns(cost), scheme(tmp_path))
    assert priced["surplus_yuan"].to_list() == [D("999.99"), D("10000.00"), None]


def test_nothing_is_priced_without_a_murmur(tmp_path: Path) -> None:
    assert drg.price(frame().clear(), scheme(tmp_path)).height == 0
    everything = scheme(tmp_path / "all", EVERYTHING)
    assert drg.price(whole_records().clear(), everything).columns[-1] == "scheme_digest"


def test_a_pricer_says_what_it_needs(tmp_path: Path) -> None:
    assert Pricer(scheme(tmp_path)).required_columns == (
        "drg", "grouping_status", "total_cost_yuan", "insurance_type",
    )  # fmt: skip
    pricer = Pricer(scheme(tmp_path / "all", EVERYTHING))
    assert set(pricer.required_columns) == {
        "drg", "grouping_status", "total_cost_yuan", "insurance_type", "hospital_id", "los_days",
        "case_kind", "incomplete", "patient_id", "admission_date", "discharge_date",
    }  # fmt: skip


def test_a_column_that_decides_no_rate_may_be_missing(tmp_path: Path) -> None:
    pricer = Pricer(scheme(tmp_path, EVERYTHING))
    records = whole_records()
    may = [name for name in pricer.required_columns if name not in pricer.vital_columns]
    assert may
    for name in may:
        with pytest.warns(MissingColumnWarning, match=name):
            without = pricer.price(records.drop(name))
        empty = pricer.price(records.with_columns(pl.lit(None, ALL[name].dtype).alias(name)))
        assert without.equals(empty.drop(name)), name


def test_missing_and_taken_columns_are_named(tmp_path: Path) -> None:
    path = scheme(tmp_path, OUTSIDE)
    with pytest.raises(MissingColumnError) as caught:
        drg.price(frame().drop("total_cost_yuan"), path)
    assert "made needs a column" in str(caught.value)
    assert "total_cost_yuan (住院总费用)" in str(caught.value)
    with pytest.raises(MissingColumnError) as caught:
        drg.price(frame().drop("insurance_type"), path)
    assert "can be given as --set insurance_type=310 (" in str(caught.value)
    assert "(the scheme knows insurance_type: 310)" in str(caught.value)
    with pytest.raises(MissingColumnError, match="drg group … --grouper demo"):
        drg.price(frame().drop("drg", "grouping_status"), path)
    with pytest.raises(InputError, match="already has a column payment_yuan"):
        drg.price(frame().with_columns(payment_yuan=1), scheme(tmp_path))
    with pytest.raises(InputError, match="no language 'fr'"):
        drg.price(frame(), scheme(tmp_path), language="fr")


# ------------------------------------------------------------------------------------------------- reasons


def reasons(frame: pl.DataFrame, path: Path, language: str = "en") -> list[str | None]:
    return drg.price(frame, path, language=language)["pricing_reason"].to_list()


def test_every_case_that_is_not_priced_says_why(tmp_path: Path) -> None:
    path = scheme(tmp_path)
    assert reasons(frame(), path) == [
        None,
        None,
        "the scheme has no weight for this DRG",
        "the case has no DRG; see grouping_reason",
        "the case has no DRG; see grouping_reason",
        "the scheme has no rate for this insurance_type and hospital_level",
        "total_cost_yuan is missing",
    ]
    assert reasons(frame(), path, "zh")[2:] == [
        "支付方案中没有该病组的权重",
        "病例未入组，见入组原因",
        "病例未入组，见入组原因",
        "支付方案中没有该险种和医院级别的费率",
        "缺少住院总费用",
    ]


@pytest.mark.parametrize("cost", ["-1", "abc", "100000000.01"])
def test_an_impossible_cost(tmp_path: Path, cost: str) -> None:
    source = cases(total_cost_yuan=[cost])
    priced = drg.price(source, scheme(tmp_path)).row(0, named=True)
    assert priced["case_class"] == "invalid"
    assert (priced["payment_yuan"], priced["surplus_yuan"]) == (0, None)
    assert "total_cost_yuan is impossible" in priced["pricing_reason"]


def test_the_highest_cost_is_possible(tmp_path: Path) -> None:
    priced = drg.price(cases(total_cost_yuan=["100000000.00"]), scheme(tmp_path))
    assert priced["surplus_yuan"].to_list() == [D("-99990000.00")]


def test_days(tmp_path: Path) -> None:
    source = cases(
        los_days=["1", "2", None, "abc", "-1", "2.5", None, "7"],
        case_kind=[None, None, None, None, None, None, "bed_day", "bed_day"],
    )
    priced = drg.price(source, scheme(tmp_path, OUTSIDE))
    assert priced["case_class"].to_list() == [
        "short", "normal", "normal", "normal", "normal", "normal", "invalid", "bed_day",
    ]  # fmt: skip
    # 7 × 300.335 = 2,102.345, rounded once.
    assert priced["outside_payment_yuan"].to_list()[-1] == D("2102.35")
    told = priced["pricing_reason"].to_list()
    assert told[0] is None
    assert told[2] == "los_days is missing: no rule for short or long stays applied"
    assert all("los_days is impossible" in text for text in told[3:6])
    assert told[6] == "paid by day, but los_days is not known"


def test_dates_outside_validity(tmp_path: Path) -> None:
    path = scheme(tmp_path, more="valid_from = 2025-01-01\nvalid_to = 2025-12-31")
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), None]
    outside = "discharged outside the validity of the scheme (2025-01-01 – 2025-12-31)"
    unknown = "discharge_date cannot be used: validity not checked"
    expected = [outside, None, None, outside, unknown]
    assert reasons(cases(discharge_date=days), path) == expected
    texts = [None if day is None else f"{day} 23:59:00" for day in days]
    assert reasons(cases(discharge_date=texts), path) == expected
    assert reasons(cases(case_id=["1"]), path) == [None]


def test_a_day_of_discharge_that_decides_the_rate(tmp_path: Path) -> None:
    """Not known: held where the rates differ, and paid where they do not; a gap between the rows is told."""
    dated = (
        '[[rates]]\nvalue_yuan = {}\ninsurance = "390"\nvalid_from = {}\nvalid_to = {}\nsource = "made up"\n'
    )
    halves = dated.format(9000, "2025-01-01", "2025-06-30") + dated.format(9100, "2025-07-02", "9999-12-31")
    pricer = Pricer(scheme(tmp_path, halves))
    assert "discharge_date" in pricer.vital_columns
    days = [datetime(2025, 6, 30), datetime(2025, 7, 1), datetime(2025, 7, 2), None, None]
    rows = cases(discharge_date=days, insurance_type=["390"] * 4 + ["310"])
    priced = pricer.price(rows, reasons="code")
    assert priced["standard_payment_yuan"].to_list() == [D(9000), None, D(9100), None, D(10_000)]
    assert priced["pricing_reason"].to_list() == [None, "P34", None, "P33", None]
    with pytest.raises(MissingColumnError, match="discharge_date"):
        pricer.price(rows.drop("discharge_date"))
    explained = pricer.explain(rows.row(2, named=True))
    (place,) = [step.place for step in explained.steps if step.name == "rate"]
    assert "insurance 390, discharged from 2025-07-02 to 9999-12-31" in place


def test_prices_depend_on_what_a_scheme_says_and_not_on_what_it_leaves_out(tmp_path: Path) -> None:
    """The digest of the rules tells dates of rates apart."""
    texts = ["", "valid_to = 2025-06-30\n", "valid_to = 2025-07-01\n"]
    row = '[[rates]]\nvalue_yuan = 9000\ninsurance = "390"\n{}source = "made up"\n'
    digests = {
        load_scheme(scheme(tmp_path / str(at), row.format(text))).pricing_digest
        for at, text in enumerate(texts)
    }
    assert len(digests) == 3


def test_another_version_than_that_of_the_scheme(tmp_path: Path) -> None:
    frame, path = cases(grouper=["demo", "chs-drg-2.0"]), scheme(tmp_path)
    told = "grouped with another version than demo, for which the scheme is: its weights are for other groups"
    assert reasons(frame, path) == [None, told]
    priced = drg.price(frame, path)
    # The code of a group may mean another group there, so its weight would be a wrong number.
    assert priced["case_class"].to_list()[1] == "unpriced"
    assert priced.select("relative_weight", "standard_payment_yuan", "surplus_yuan").row(1) == (
        None,
        None,
        None,
    )


def whole_records() -> pl.DataFrame:
    """One case for each rule that the scheme has."""
    return cases(
        drg=["BR15", "BR15", "BV19", "BV19", "BR15", "BR15"],
        hospital_id=["H1", "H2", "H1", "H1", "H1", "H1"],
        los_days=[5, 5, 5, 5, 5, 5],
        case_kind=[None] * 6,
        incomplete=["是", "0", "maybe", "", "no", None],
        tcm_cost_yuan=[None, None, "5999.99", "30000", None, None],
        patient_id=["P1", "P2", "P3", "P4", "P5", "P5"],
        admission_date=["2025-03-01", "2025-03-01", "2025-03-01", "2025-03-01", "2025-03-01", "2025-03-25"],
        discharge_date=["2025-03-06", "2025-03-06", "2025-03-06", "2025-03-06", "2025-03-10", "2025-03-30"],
        total_cost_yuan=["5000", "9000", "10000", "40000", "9000", "9000"],
        excluded_items_yuan=["1000", "", None, None, "9000.01", "0"],
        special_payment_yuan=[None, "123.45", None, None, None, "abc"],
        patient_share_yuan=["100", "2000", "1", "-1", None, "0"],
        other_payers_yuan=["50", None, None, None, None, None],
    )


def test_every_rule_together(tmp_path: Path) -> None:
    priced = drg.price(whole_records(), scheme(tmp_path, EVERYTHING))
    assert priced["case_class"].to_list() == [
        "incomplete", "special", "normal", "extreme", "invalid", "invalid",
    ]  # fmt: skip
    told = priced["pricing_reason"].to_list()
    assert told[0] is None
    assert told[1] is None
    assert told[2] == (
        "share of traditional medicine below 60%: paid as the medical DRG; "
        "incomplete is neither yes nor no: taken as no"
    )
    assert told[3] == ("patient_share_yuan or other_payers_yuan is impossible: fund not known")
    assert "excluded_items_yuan is impossible" in told[4]
    assert "followed by a readmission: standard × 0.5" in told[4]
    assert "special_payment_yuan is impossible" in told[5]
    first, second = (priced.row(n, named=True) for n in (0, 1))
    # 11,000 × 4,000 ÷ 10,000 and 1,000 × 0.8
    assert (first["drg_payment_yuan"], first["excluded_items_payment_yuan"]) == (D("4400.00"), D("800.00"))
    assert (first["fund_payment_yuan"], first["patient_and_others_yuan"]) == (D("5050.00"), D("150.00"))
    assert (second["special_case_payment_yuan"], second["fund_payment_yuan"]) == (D("123.45"), D("0.00"))
    assert priced["standard_payment_yuan"].to_list()[:3] == [D("11000.00"), D("9000.00"), D("11000.00")]
    assert priced["fund_payment_yuan"].is_null().to_list() == [False, False, False, True, True, False]


def test_a_hospital_that_the_scheme_does_not_name(tmp_path: Path) -> None:
    path = scheme(
        tmp_path, EVERYTHING.replace("[extreme]", "").replace('top_share = 0.2\nsource = "made up"', "")
    )
    source = whole_records().with_columns(
        hospital_id=pl.lit("H9"), incomplete=pl.lit("0"), total_cost_yuan=pl.lit("9000")
    )
    told = drg.price(source, path)["pricing_reason"].to_list()
    assert told[0] == "the scheme does not name this hospital: default coefficient used"


# ---------------------------------------------------------------------------------------- beside the others


def stays(*days: tuple[str, str]) -> pl.DataFrame:
    return cases(
        hospital_id=["H1"] * len(days),
        patient_id=["P"] * len(days),
        admission_date=[datetime.fromisoformat(came) for came, _ in days],
        discharge_date=[datetime.fromisoformat(left) for _, left in days],
    )


@pytest.mark.parametrize(
    ("again", "cut"),
    [("2025-03-10", True), ("2025-03-25", True), ("2025-03-26", False), ("2025-03-09", False)],
)
def test_a_return_cuts_the_earlier_stay(tmp_path: Path, again: str, cut: bool) -> None:
    path = scheme(tmp_path, '[readmission]\ndays = 15\nfactor = 0.5\nsource = "made up"\n')
    source = stays(("2025-03-01", "2025-03-10"), (again, "2025-04-30"))
    payments = [D(5000 if cut else 10_000), D(10_000)]
    assert drg.price(source, path)["payment_yuan"].to_list() == payments
    assert drg.price(source.reverse(), path)["payment_yuan"].to_list() == payments[::-1]
    elsewhere = source.with_columns(hospital_id=pl.Series(["H1", "H2"]))
    nobody = source.with_columns(patient_id=pl.lit(None, dtype=pl.String))
    for other in (elsewhere, nobody):
        assert drg.price(other, path)["payment_yuan"].to_list() == [D(10_000)] * 2


def test_kinds_of_case(tmp_path: Path) -> None:
    kinds = ["bed_day", "床日", "日间手术", None, "普通", "普通住院", "ordinary"]
    source = cases(case_kind=kinds, los_days=["3"] * len(kinds))
    for spelled in ("bed_day", "床日"):
        path = scheme(
            tmp_path / spelled,
            OUTSIDE.replace('"bed_day"', f'"{spelled}"').replace(
                f'case_class = "{spelled}"', 'case_class = "bed_day"'
            ),
        )
        priced = drg.price(source, path)
        assert priced["case_class"].to_list() == ["bed_day"] * 2 + ["normal"] * 5
        assert priced["pricing_reason"].is_null().to_list() == [True, True, False, *[True] * 4]
        assert "none of those that the scheme names (bed_day)" in priced["pricing_reason"][2]
        explained = drg.explain_price(source.row(1, named=True), path)
        (step,) = [step for step in explained.steps if step.name == "case class"]
        assert (step.value, "2" in step.place) == ("bed_day", True)
    # Where no rule asks for the kind, it is not looked at.
    assert reasons(source, scheme(tmp_path / "none")) == [None] * len(kinds)


def test_a_case_that_does_not_say_how_it_was_grouped(tmp_path: Path) -> None:
    source = cases(grouper=["demo", None, "demo", None]).with_columns(
        pl.Series("grouping_status", ["grouped", "grouped", "ungrouped", "ungrouped"])
    )
    told = reasons(source, scheme(tmp_path))
    assert told == [
        None,
        "grouper is empty: taken to be grouped by demo, for which the scheme is",
        *["the case has no DRG; see grouping_reason"] * 2,
    ]


@pytest.mark.parametrize("absent", ["hospital_id", "patient_id", "admission_date", "discharge_date"])
def test_a_stay_that_cannot_be_judged_says_so(tmp_path: Path, absent: str) -> None:
    rule = '[readmission]\ndays = 15\nfactor = 0.5\nexcept_adrg = ["BV1"]\nsource = "made up"\n'
    known = stays(("2025-03-01", "2025-03-10"), ("2025-07-10", "2025-07-30"), ("2025-08-10", "2025-08-30"))
    excepted = known.with_columns(
        pl.Series("drg", ["BR15", "BV19", None]),
        pl.Series("adrg", ["BR1", "BV1", None]),
        pl.Series("grouping_status", ["grouped", "grouped", "ungrouped"]),
    )
    empty = excepted.with_columns(pl.lit(None, known[absent].dtype).alias(absent))
    path = scheme(tmp_path, rule)
    assert reasons(excepted, path) == [None, None, "the case has no DRG; see grouping_reason"]
    told = reasons(empty, path)
    assert told[1:] == reasons(excepted, path)[1:]
    assert told[0] is not None
    assert told[0].startswith("whether a readmission followed is not known: give hospital_id, patient_id")
    assert drg.price(empty, path)["payment_yuan"].to_list() == [D(10_000), D(20_000), 0]


@pytest.mark.parametrize(
    ("tables", "costs", "excluded", "said"),
    [
        ("", ["0", "0.01"], [None, None], [True, False]),
        ('[excluded_items]\nsource = "made up"\n', ["500", "500"], ["500", "499.99"], [True, False]),
        ('[low]\nthreshold = 0.4\nreference = "mean"\nsource = "made up"\n', ["0"], [None], [False]),
    ],
)
def test_a_case_that_cost_nothing_and_is_paid_in_full_says_so(
    tmp_path: Path, tables: str, costs: list[str], excluded: list[str | None], said: list[bool]
) -> None:
    source = cases(total_cost_yuan=costs, excluded_items_yuan=pl.Series(excluded, dtype=pl.String))
    told = reasons(source, scheme(tmp_path, tables))
    assert ["paid in full" in (reason or "") for reason in told] == said


@pytest.mark.parametrize(
    ("costs", "share", "extreme"),
    [
        ([5, 4, 3, 2, 1], "0.4", [0, 1]),
        ([5, 4, 4, 2, 1], "0.4", [0]),
        ([5, 5, 5, 2, 1], "0.4", []),
        ([5, 5, 5, 2, 1], "0.6", [0, 1, 2]),
        ([5, 4, 3, 2, 1], "0.19", []),
    ],
)
def test_never_more_than_the_share_is_extreme(
    tmp_path: Path, costs: list[int], share: str, extreme: list[int]
) -> None:
    path = scheme(tmp_path, f'[extreme]\ntop_share = {share}\nsource = "made up"\n')
    priced = drg.price(cases(total_cost_yuan=costs), path)
    assert [n for n, name in enumerate(priced["case_class"]) if name == "extreme"] == extreme


def test_the_dearest_within_each_group(tmp_path: Path) -> None:
    path = scheme(tmp_path, '[extreme]\ntop_share = 0.5\nwithin = "group"\nsource = "made up"\n')
    source = cases(drg=["BR15", "BR15", "BR13", "BR13"], total_cost_yuan=[9, 8, 1, 2])
    assert drg.price(source, path)["case_class"].to_list() == ["extreme", "normal", "normal", "extreme"]


def test_only_usable_costs_of_grouped_cases_are_ranked(tmp_path: Path) -> None:
    path = scheme(tmp_path, '[extreme]\ntop_share = 0.5\nsource = "made up"\n')
    source = cases(
        grouping_status=["ungrouped", "grouped", "grouped", "grouped"], total_cost_yuan=["99", "-5", "2", "1"]
    )
    assert drg.price(source, path)["case_class"].to_list() == ["ungrouped", "invalid", "extreme", "normal"]


# ---------------------------------------------------------------------------------------------- the scheme


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "rate"', 'knid = "rate"'), ["row 10", "unknown key 'knid'", "Did you mean 'kind'?"]),
        (("share = 0.5", "share = 5"), ["row 21", "share is 5", "less than or equal to 1", "share = 0.7"]),
        (("share = 0.5\n", ""), ["row 19", "share is given if pays is share"]),
        (("value_yuan = 10000", 'value_yuan = "x"'), ["row 13", "value_yuan is 'x'", "value_yuan = 9575.25"]),
        (
            ('[unweighted]\npays = "by_item"\nsource = "made up"', ""),
            ["unweighted is missing", "[unweighted]"],
        ),
        (('grouper = "demo"', 'grouper = "dmeo"'), ["row 5", "no grouper version 'dmeo'", "'demo'"]),
        (('title = "made"', "title = made"), ["row 3", "not valid TOML", "key = "]),
        (('status = "illustrative"', 'status = "official"'), ["row 6", "'published', 'transcribed'"]),
    ],
)
def test_a_scheme_that_cannot_be_used_says_where(
    tmp_path: Path, change: tuple[str, str], said: list[str]
) -> None:
    path = scheme(tmp_path)
    file = path / "scheme.toml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(drg.SchemeError) as caught:
        load_scheme(path)
    for part in ("scheme.toml", *said):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("drg,relative_weight\nBR15,1\nXX19,1\n", ["row 3", "demo has no group 'XX19'"]),
        ("drg,relative_weight\nBR15,1\nBR15,2\n", ["row 3", "a weight already, in row 2"]),
        ("drg,relative_weight\nBR15,0\n", ["row 2", "not between 0 and 10,000"]),
        ("drg,relative_weight\nBR15,-1\n", ["row 2", "'-1'"]),
        ("drg,relative_weight\nBR15,1.123456789\n", ["more than 8 decimals"]),
        ("drg,relative_weight\nBR15,x\n", ["no number"]),
        ("drg,relative_weight\nBR15\n", ["row 2", "1 cells, but the header has 2"]),
        ("drg,weight\nBR15,1\n", ["row 1", "the columns are drg, weight"]),
        ("drg,relative_weight\n", ["there is no weight"]),
        ("", ["the columns are missing"]),
    ],
)
def test_a_weight_table_that_cannot_be_used_says_where(tmp_path: Path, weights: str, said: list[str]) -> None:
    with pytest.raises(drg.SchemeError) as caught:
        load_scheme(scheme(tmp_path, weights=weights))
    for part in ("weights.csv", *said):
        assert part in str(caught.value)


def test_groups_that_only_the_rules_name_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(drg.SchemeError, match=r"row 57.*demo has no group 'BR99'"):
        load_scheme(scheme(tmp_path, EVERYTHING.replace('"BR15"', '"BR99"')))
    wrong = EVERYTHING.replace("factor = 0.5", 'factor = 0.5\nexcept_adrg = ["BR9"]')
    with pytest.raises(drg.SchemeError, match="demo has no ADRG 'BR9'"):
        load_scheme(scheme(tmp_path, wrong))


def test_numbers_that_cannot_be_computed_are_refused_when_loading(tmp_path: Path) -> None:
    path = scheme(tmp_path, more='unusual = ["rates.1.value_yuan"]')
    file = path / "scheme.toml"
    huge = file.read_text(encoding="utf-8").replace("value_yuan = 10000", "value_yuan = 9999999999.99999997")
    assert "unusual" in huge
    high = '[high]\nformula = "linear_add"\nreference = "mean"\ntiers = [{ threshold = 3 }]\n'
    high += 'source = "made up"\n'
    mean = 'kind = "rate"\nregional_mean_yuan = 9999.99999999'
    file.write_text(huge.replace('kind = "rate"', mean) + high, encoding="utf-8")
    with pytest.raises(drg.SchemeError) as caught:
        load_scheme(path)
    assert "the rate 9999999999.99999997" in str(caught.value)
    assert "fewer decimals" in str(caught.value)


def test_unknown_schemes(tmp_path: Path) -> None:
    with pytest.raises(drg.UnknownSchemeError, match="Did you mean 'demo'"):
        load_scheme("dmeo")
    with pytest.raises(drg.UnknownSchemeError, match=r"no scheme.toml in"):
        load_scheme(tmp_path)


def test_shipped_schemes_are_listed() -> None:
    listed = {found.id for found in drg.list_schemes()}
    assert {"demo", "harbin-2022"} <= listed


def test_the_kernel_numbers_the_classes_as_the_scheme_orders_them() -> None:
    from drg.payment import price_kernels as kernels

    for number, case_class in enumerate(CaseClass):
        assert getattr(kernels, case_class.name) == number
