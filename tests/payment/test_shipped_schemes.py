"""The schemes that come with the package: they load, name their sources, and price as they say."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel

import drg
from drg.categories import CaseClass
from drg.payment.load_scheme import installed_schemes, load_scheme
from drg.payment.scheme import PaymentScheme
from drg.tables import load_tables
from tests.helpers import SHARED
from tests.payment import reference
from tests.payment.strategies import frame, plain_case, rows_of

SHIPPED = sorted(installed_schemes())
# Their READMEs work cases by hand.
WORKED = ["demo", "demo-groups"]
HARBIN_UNWEIGHTED = ["AA19", "AC19", "AD19", "JA19", "NA19", "NG19", "PJ19", "RA39"]


def weights_of(scheme: str) -> dict[tuple[str, str | None], Decimal]:
    return {key: weight.relative_weight for key, weight in load_scheme(scheme).weights.items()}


def parts(model: BaseModel) -> list[BaseModel]:
    """All parts of a scheme, the scheme itself first."""
    found = [model]
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                found += parts(part)
    return found


def test_nothing_is_missing() -> None:
    assert [
        *("chongqing-2025", "demo", "demo-groups", "harbin-2022", "reference-3.0", "template"),
    ] == SHIPPED


@pytest.mark.parametrize("scheme", SHIPPED)
def test_scheme_loads(scheme: str) -> None:
    loaded = load_scheme(scheme)
    assert loaded.scheme.id == scheme
    assert loaded.weights
    for part in parts(loaded.scheme):
        if "source" in type(part).model_fields:
            assert getattr(part, "source", "").strip()


@pytest.mark.parametrize("scheme", SHIPPED)
def test_only_what_is_published_is_shipped_as_published(scheme: str) -> None:
    model = load_scheme(scheme).scheme
    made_up = dict.fromkeys(["demo", "demo-groups", "template"], "made up")
    made_up |= dict.fromkeys(["harbin-2022", "reference-3.0"], "illustration")
    if scheme in made_up:
        assert model.status == "illustrative"
        assert all(made_up[scheme] in rate.source for rate in model.rates)


@pytest.mark.parametrize("scheme", SHIPPED)
def test_weights_fit_the_grouper(scheme: str) -> None:
    loaded = load_scheme(scheme)
    groups = {group for group, _ in loaded.weights}
    assert loaded.scheme.grouper_missing is None
    assert groups <= set(load_tables(loaded.scheme.grouper).drg["drg"])


# ------------------------------------------------------------------------------------------------------ demo


def tables(markdown: str) -> list[list[dict[str, str]]]:
    """The tables of a document, row by row: heading → cell."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()]
        found.append([dict(zip(rows[0], row, strict=True)) for row in rows[2:]])
    return found


def number(text: str) -> Decimal | None:
    return None if text == "–" else Decimal(text.replace(",", ""))


def demo_case(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of the first table as a case."""
    case = plain_case(
        row["group"],
        number(row["cost"]),
        case_id=row["case"],
        hospital_id=row["hospital"],
        hospital_level=row["level"],
        insurance_type=row["insurance"],
        los_days=int(row["days"]),
    )
    for part in filter(None, row["also"].split("; ")):
        name, text = part.split(" ", 1)
        if name.endswith("_date"):
            case[name] = datetime.fromisoformat(text)
        elif name.endswith("_yuan"):
            case[name] = number(text)
        else:
            case[name] = text == "true" if name == "incomplete" else text
    if case["drg"] == "0000":
        case["adrg"] = None
    return case


def readme(scheme: str) -> list[list[dict[str, str]]]:
    return tables((installed_schemes()[scheme] / "README.md").read_text(encoding="utf-8"))


def worked(scheme: str) -> list[dict[str, Any]]:
    """The cases of the first table."""
    return [demo_case(row) for row in readme(scheme)[0]]


def as_written(scheme: str, rows: list[dict[str, Any]]) -> None:
    """The rows are what the second and third table say."""
    cases, written, in_parts = readme(scheme)
    # All the same cases, in the same order.
    assert [row["case"] for row in cases] == [row["case"] for row in written]
    assert [row["case_class"] for row in rows] == [row["class"] for row in written]
    columns = {
        "standard": "standard_payment_yuan",
        "payment": "payment_yuan",
        "surplus": "surplus_yuan",
    }
    for heading, column in columns.items():
        assert [row[column] for row in rows] == [number(row[heading]) for row in written], heading
    by_case = {row["case"]: priced for row, priced in zip(written, rows, strict=True)}
    for row in in_parts:
        for column in ("surplus_formula_yuan", "surplus_adjustment_yuan"):
            assert by_case[row["case"]][column] == number(row[column]), row["case"]


@pytest.mark.parametrize("scheme", WORKED)
def test_a_readme_by_the_oracle(scheme: str) -> None:
    as_written(scheme, reference.price(worked(scheme), load_scheme(scheme).scheme, weights_of(scheme)))


@pytest.mark.parametrize("scheme", WORKED)
def test_a_readme_by_the_engine(scheme: str) -> None:
    rows = rows_of(drg.price(frame(worked(scheme)), scheme))
    as_written(scheme, rows)
    assert rows == reference.price(worked(scheme), load_scheme(scheme).scheme, weights_of(scheme))


def test_the_demo_shows_what_parts_are_paid() -> None:
    rows = rows_of(drg.price(frame(worked("demo")), "demo"))
    assert (rows[0]["fund_payment_yuan"], rows[0]["patient_and_others_yuan"]) == (8000, 3000)
    assert (rows[4]["drg_payment_yuan"], rows[4]["high_cost_payment_yuan"]) == (14_520, 6600)
    assert (rows[8]["drg_payment_yuan"], rows[8]["excluded_items_payment_yuan"]) == (52_800, 8000)


def test_the_demos_use_every_component_and_class() -> None:
    schemes = [load_scheme(name).scheme for name in WORKED]
    # What is settled for a year is in examples/settlement; excluded items are the first of the additions.
    optional = {"additions", "grouper_missing", "settlement", "unusual", "valid_to"}
    unused = (
        {name for name in PaymentScheme.model_fields if not getattr(scheme, name)} for scheme in schemes
    )
    assert set.intersection(*unused) == optional
    assert {row["class"] for name in WORKED for row in readme(name)[1]} == set(CaseClass)


# -------------------------------------------------------------------------------------------------- template


def test_template_explains_every_option_in_both_languages() -> None:
    text = (installed_schemes()["template"] / "scheme.toml").read_text(encoding="utf-8")
    for part in parts(load_scheme("template").scheme):
        for name in type(part).model_fields:
            assert re.search(rf"(?m)^\[*(# )?{name}\b|[{{,.[ ]{name}\b", text), name
    values = ["linear_add", "deduct", "cap", "by_item", "standard", "mean", "all", "group", "points", "rate"]
    for value in [
        *values,
        "per_day",
        "per_case",
        "share",
        "nothing",
        "published",
        "transcribed",
        "illustrative",
        *("marginal", "whole", "common_factor", "hospitals_over", "carried_over", "fund", "point_value"),
        *("real", "simulated", "fen", "yuan", "half_up", "down"),
    ]:
        assert value in text
    headings = [row for row in text.splitlines() if row.startswith("# ----")]
    assert len(headings) >= 23
    for heading in headings:
        assert re.search(r"[\u4e00-\u9fff]", heading)
        assert re.search(r"[a-z]{3}", heading)


# ---------------------------------------------------------------------------------------------------- Harbin


def harbin_frame(groups: list[str]) -> pl.DataFrame:
    cases = [plain_case(group, 9000, grouper="harbin-2022", case_id=group) for group in groups]
    return frame(cases)


def test_harbin_weights_are_those_that_were_published() -> None:
    weights = weights_of("harbin-2022")
    assert len(weights) == 660
    assert weights["AB19", None] == Decimal("27.1292")
    assert weights["ZZ1B", None] == Decimal("0.9152")
    assert sum(weights.values()) == Decimal("1321.6416")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected sources are not here")
def test_harbin_weights_equal_the_source() -> None:
    text = (SHARED / "payment" / "harbin" / "weights-2022.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    expected = {(row["drg"], None): Decimal(row["relative_weight"]) for row in rows}
    assert weights_of("harbin-2022") == expected


def test_eight_groups_of_harbin_have_no_weight() -> None:
    groups = sorted(group for group in load_tables("harbin-2022").drg["drg"] if not group.endswith("QY"))
    priced = drg.price(harbin_frame(groups), "harbin-2022")
    unweighted = priced.filter(pl.col("case_class") == "unweighted")
    assert unweighted["case_id"].to_list() == HARBIN_UNWEIGHTED
    assert unweighted["payment_yuan"].to_list() == [0] * 8
    assert unweighted["pricing_reason"].null_count() == 0
    assert priced.height == 668
    rest = priced.filter(pl.col("case_class") != "unweighted")
    assert rest["case_class"].unique().to_list() == ["normal"]
    assert (rest["payment_yuan"] == (rest["relative_weight"] * 12_000).round(2)).all()


# ------------------------------------------------------------------------------------------------- Chongqing


CHONGQING = "chongqing-2025"
FEES = {
    "tcm_treatment_yuan": "3000",
    "tcm_patent_drugs_yuan": "1000",
    "tcm_herbs_yuan": "800",
    "western_treatment_yuan": "900",
    "western_drugs_yuan": "1200",
    "surgery_yuan": "0",
    "materials_yuan": "1100",
}


def chongqing_case(group: str, **values: Any) -> dict[str, Any]:
    """A case of the hospital whose coefficient is known; beds and care are in the cost, but in no share."""
    known = {"hospital_level": "2", "hospital_coefficient": Decimal("0.92"), "grouper": CHONGQING}
    return plain_case(group, "9000", **(known | values))


def chongqing_rows(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows on which oracle and engine agree."""
    rows = rows_of(drg.price(frame(cases), CHONGQING))
    assert rows == reference.price(cases, load_scheme(CHONGQING).scheme, weights_of(CHONGQING))
    return rows


def chongqing_reasons(case: dict[str, Any], language: str = "en") -> str:
    return drg.price(frame([case]), CHONGQING, language=language)["pricing_reason"].item() or ""


def test_chongqing_prices_what_the_returns_print() -> None:
    path = installed_schemes()[CHONGQING] / "README.md"
    checked = {row["group"]: number(row["standard"]) for row in tables(path.read_text(encoding="utf-8"))[0]}
    assert len(checked) == 15
    rows = chongqing_rows([chongqing_case(group, tcm_share=Decimal("0.6")) for group in checked])
    assert {group: row["standard_payment_yuan"] for group, row in zip(checked, rows, strict=True)} == checked
    assert {row["case_class"] for row in rows} == {"normal"}
    assert (checked["IU2F"], checked["IU23"]) == (Decimal("8155.59"), Decimal("5747.14"))


def test_the_difference_of_two_standards_is_rounded_once() -> None:
    weights = weights_of(CHONGQING)
    difference = (weights["IU2F", "2"] - weights["IU23", "2"]) * Decimal("9575.25") * Decimal("0.92")
    assert round(difference, 2) == Decimal("2408.44")


@pytest.mark.parametrize(
    ("fees", "weight", "payment"),
    [
        (FEES, "0.9258", "8155.59"),  # 4,800 of 8,000, though only 53 % of the whole cost
        (FEES | {"tcm_herbs_yuan": "799.99"}, "0.6524", "5747.14"),
        ({"tcm_share": Decimal("0.6")}, "0.9258", "8155.59"),
        ({"tcm_share": Decimal("0.5")}, "0.6524", "5747.14"),
        (FEES | {"tcm_share": Decimal("0.5")}, "0.6524", "5747.14"),
    ],
)
def test_the_share_of_traditional_medicine_decides(fees: dict[str, Any], weight: str, payment: str) -> None:
    (row,) = chongqing_rows([chongqing_case("IU2F", **fees)])
    assert (row["relative_weight"], row["payment_yuan"]) == (Decimal(weight), Decimal(payment))
    told = chongqing_reasons(chongqing_case("IU2F", **fees))
    assert ("below 60%" in told) is (weight == "0.6524")


@pytest.mark.parametrize("fees", [{}, FEES | {"surgery_yuan": None}, {"tcm_share": Decimal(60)}])
def test_a_share_that_is_not_known_pays_neither_group(fees: dict[str, Any]) -> None:
    case = chongqing_case("IU2F", **fees)
    (row,) = chongqing_rows([case])
    assert (row["case_class"], row["payment_yuan"], row["surplus_yuan"]) == ("unpriced", 0, None)
    assert row["relative_weight"] is None
    assert "share of traditional medicine is not known: give tcm_treatment_yuan" in chongqing_reasons(case)
    assert (
        "中医费用占比未知：请提供中医治疗费、中成药费、中药饮片费、西医治疗费、西药费、手术费、卫生材料费"
        in chongqing_reasons(case, "zh")
    )
    # Other groups need no fees.
    assert chongqing_rows([chongqing_case("IU23", **fees)])[0]["case_class"] == "normal"


def test_medical_groups_of_chongqing() -> None:
    rule = load_scheme(CHONGQING).scheme.tcm
    assert rule is not None
    assert rule.medical_drg == {
        "IR1Z": "IR13", "IR2Z": "IR29", "IS1Z": "IS13", "IS2F": "IS23", "IS2R": "IS23",
        "IS2Z": "IS23", "IU1F": "IU13", "IU2F": "IU23", "IU2Z": "IU23", "IZ2F": "IZ23",
    }  # fmt: skip
    weights = weights_of(CHONGQING)
    for group, medical in rule.medical_drg.items():
        (row,) = chongqing_rows([chongqing_case(group, tcm_share=Decimal("0.59"))])
        assert row["relative_weight"] == weights[medical, "2"]


@pytest.mark.parametrize(
    ("values", "said", "said_zh"),
    [
        ({"hospital_coefficient": None}, "give it in the column hospital_coefficient", "医疗机构系数未知"),
        ({"hospital_coefficient": Decimal(92)}, "hospital_coefficient is impossible", "医疗机构系数不合理"),
        ({"hospital_level": "1"}, "no rate for this", "没有该险种和医院级别的费率"),
        (
            {"drg": "AA19"},
            "no weight for this DRG at this hospital_level (it has weights of 1, 2, 3)",
            "如何支付未知",
        ),
        (
            {"hospital_level": "市级医院"},
            "hospital_level is empty or not readable",
            "医院级别为空或无法识别",
        ),
        ({"drg": "IQY", "grouping_status": "ambiguous"}, "does not know what such a case", "如何支付未知"),
        ({"drg": "0000", "grouping_status": "ungrouped"}, "does not know what such a case", "如何支付未知"),
    ],
)
def test_what_chongqing_does_not_say_is_held_with_a_reason(
    values: dict[str, Any], said: str, said_zh: str
) -> None:
    case = chongqing_case("IU23") | values
    (row,) = chongqing_rows([case])
    assert (row["case_class"], row["payment_yuan"], row["standard_payment_yuan"]) == ("unpriced", 0, None)
    assert row["surplus_yuan"] is None
    assert said in chongqing_reasons(case)
    assert said_zh in chongqing_reasons(case, "zh")


def test_without_the_column_no_hospital_of_chongqing_is_known() -> None:
    cases = frame([chongqing_case("IU23")]).drop("hospital_coefficient")
    assert drg.price(cases, CHONGQING)["case_class"].to_list() == ["unpriced"]


@pytest.mark.parametrize(
    ("cost", "days", "case_class", "payment"),
    [
        ("2298.85", 10, "low", "2298.85"),  # 0.4 × 5,747.141652 is 2,298.8566…
        ("2298.86", 10, "normal", "5747.14"),
        ("99999", 60, "normal", "5747.14"),
        ("99999", 61, "long", "99999"),
    ],
)
def test_low_and_long_stays_of_chongqing(cost: str, days: int, case_class: str, payment: str) -> None:
    case = chongqing_case("IU23", los_days=days) | {"total_cost_yuan": Decimal(cost)}
    (row,) = chongqing_rows([case])
    assert (row["case_class"], row["payment_yuan"]) == (case_class, Decimal(payment))


def test_levels_of_chongqing() -> None:
    weights = weights_of(CHONGQING)
    levels = {level: {drg for drg, its in weights if its == level} for level in ("1", "2", "3", None)}
    assert {level: len(groups) for level, groups in levels.items()} == {"1": 698, "2": 814, "3": 814, None: 0}
    assert all(weights[drg, "2"] == weights[drg, "3"] for drg in levels["2"])
    # A level I hospital has no weight where the catalogue has none, though the other levels do.
    assert levels["1"] < levels["2"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected sources are not here")
@pytest.mark.parametrize("scheme", [CHONGQING, "reference-3.0"])
def test_weights_equal_the_source(scheme: str) -> None:
    text = (SHARED / "payment" / scheme / "weights.csv").read_text(encoding="utf-8-sig")
    columns: dict[str, tuple[str | None, ...]] = {
        "weight_23": ("2", "3"),
        "weight_1": ("1",),
        "weight": (None,),
    }
    groups = set(load_tables(scheme if scheme == CHONGQING else "chs-drg-3.0").drg["drg"])
    expected = {
        (row["drg"], level): Decimal(row[column])
        for row in csv.DictReader(text.splitlines())
        for column, levels in columns.items()
        for level in levels
        if row.get(column) and row["drg"] in groups
    }
    assert weights_of(scheme) == expected


# ------------------------------------------------------------------------------------------------- reference


def test_reference_says_what_it_is() -> None:
    loaded = load_scheme("reference-3.0")
    assert len(loaded.weights) == 815
    for words in ("不得用于结算", "not for settlement", "origin of the weights not known"):
        assert words in loaded.scheme.title
    named = load_tables("chs-drg-3.0").drg.filter(~pl.col("drg").str.contains("QY$|000$"))["drg"]
    lacking = sorted(set(named) - {group for group, _ in loaded.weights})
    readme = (loaded.directory / "README.md").read_text(encoding="utf-8").replace("\n ", "")
    assert " ".join(lacking) in readme
    assert len(lacking) == 10


def test_schemes_hold_nothing_but_data() -> None:
    for directory in installed_schemes().values():
        names = {path.name for path in Path(directory).iterdir()}
        assert {"scheme.toml", "weights.csv"} <= names
        assert names <= {"scheme.toml", "weights.csv", "amounts.csv", "incentives.csv", "README.md"}
