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
from drg.payment.load import installed_schemes, load_scheme
from drg.payment.scheme import CaseClass, PaymentScheme
from drg.tables import load_tables
from tests.helpers import SHARED
from tests.payment import reference
from tests.payment.strategies import OUTPUTS, frame, plain_case, rows_of

SHIPPED = sorted(installed_schemes())
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
    assert SHIPPED == ["chongqing-2025-excerpt", "demo", "harbin-2022", "template"]


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
    made_up = {"demo": "made up", "template": "made up", "harbin-2022": "illustration"}
    if scheme in made_up:
        assert model.status == "illustrative"
        assert all(made_up[scheme] in rate.source for rate in model.rates)


@pytest.mark.parametrize("scheme", SHIPPED)
def test_weights_fit_the_grouper(scheme: str) -> None:
    loaded = load_scheme(scheme)
    groups = {group for group, _ in loaded.weights}
    if loaded.scheme.grouper_missing:
        assert loaded.scheme.grouper not in [manifest.id for manifest in drg.list_groupers()]
    else:
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


@pytest.fixture(scope="module")
def readme() -> list[list[dict[str, str]]]:
    path = installed_schemes()["demo"] / "README.md"
    return tables(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo_cases(readme: list[list[dict[str, str]]]) -> list[dict[str, Any]]:
    return [demo_case(row) for row in readme[0]]


def as_written(readme: list[list[dict[str, str]]], rows: list[dict[str, Any]]) -> None:
    """The rows are what the second and third table say."""
    _, written, in_parts = readme
    assert [row["case_class"] for row in rows] == [row["class"] for row in written]
    columns = {"standard": "standard_payment", "payment": "payment", "surplus": "surplus"}
    for heading, column in columns.items():
        assert [row[column] for row in rows] == [number(row[heading]) for row in written], heading
    by_case = {row["case"]: priced for row, priced in zip(written, rows, strict=True)}
    for row in in_parts:
        for column in ("surplus_formula", "surplus_adjustment"):
            assert by_case[row["case"]][column] == number(row[column]), row["case"]


def test_demo_readme_by_the_oracle(
    readme: list[list[dict[str, str]]], demo_cases: list[dict[str, Any]]
) -> None:
    as_written(readme, reference.price(demo_cases, load_scheme("demo").scheme, weights_of("demo")))


def test_demo_readme_by_the_engine(
    readme: list[list[dict[str, str]]], demo_cases: list[dict[str, Any]]
) -> None:
    rows = rows_of(drg.price(frame(demo_cases), "demo"))
    as_written(readme, rows)
    assert rows == reference.price(demo_cases, load_scheme("demo").scheme, weights_of("demo"))
    assert (rows[0]["fund_payment"], rows[0]["patient_share"]) == (8000, 3000)
    assert (rows[4]["drg_payment"], rows[4]["high_cost_payment"]) == (14_520, 6600)
    assert (rows[8]["drg_payment"], rows[8]["excluded_items_payment"]) == (52_800, 8000)


def test_demo_uses_every_component_and_class(readme: list[list[dict[str, str]]]) -> None:
    scheme = load_scheme("demo").scheme
    # What is settled for a year is in examples/settlement.
    optional = {"grouper_missing", "settlement", "valid_to"}
    assert {name for name in PaymentScheme.model_fields if not getattr(scheme, name)} == optional
    assert {row["class"] for row in readme[1]} == set(CaseClass)
    # All the same cases, in the same order.
    assert [row["case"] for row in readme[0]] == [row["case"] for row in readme[1]]


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
    assert unweighted["payment"].to_list() == [0] * 8
    assert unweighted["pricing_reason"].null_count() == 0
    assert priced.height == 668
    rest = priced.filter(pl.col("case_class") != "unweighted")
    assert rest["case_class"].unique().to_list() == ["normal"]
    assert (rest["payment"] == (rest["relative_weight"] * 12_000).round(2)).all()


# ------------------------------------------------------------------------------------------------- Chongqing


def test_chongqing_prices_what_the_returns_print() -> None:
    cases = [plain_case(group, 7000, grouper="chongqing-2025") for group in ("IU2F", "IU23", "IS2Z")]
    rows = rows_of(drg.price(frame(cases), "chongqing-2025-excerpt"))
    assert [row["standard_payment"] for row in rows] == [Decimal("8155.59"), Decimal("5747.14"), None]
    assert [row["case_class"] for row in rows] == ["normal", "normal", "unweighted"]
    assert {row["coefficient"] for row in rows[:2]} == {Decimal("0.92")}
    assert list(rows[0]) == OUTPUTS


def test_schemes_hold_nothing_but_data() -> None:
    for directory in installed_schemes().values():
        names = {path.name for path in Path(directory).iterdir()}
        assert {"scheme.toml", "weights.csv"} <= names <= {"scheme.toml", "weights.csv", "README.md"}
