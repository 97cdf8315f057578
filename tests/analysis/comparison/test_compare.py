from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import drg
from drg import Comparison, Grouper
from drg.analysis.comparison import DEPARTMENT, HOSPITAL, at_a_glance
from drg.analysis.quality.moments import GroupMoments
from drg.columns import OUTPUT
from drg.grouping.outcomes import STATUSES
from drg.payment.scheme_numbers import INSIDE
from drg.records.codes import DIAGNOSIS, crosswalk
from tests.comparing import (
    MADE_UP,
    VERSIONS,
    demo_discharges,
    demo_groupers,
    discharges,
    scheme,
)
from tests.helpers import DEMO_CASES, DEMO_SCHEMA, demo_frame
from tests.helpers import version as tables_of
from tests.profiles import tries

GROUPERS = [Grouper(id_) for id_ in VERSIONS]
MARKS: dict[str, Any] = {
    "readmission": {"days": 60, "factor": Decimal("0.5"), **MADE_UP},
    "extreme": {"top_share": Decimal("0.05"), "within": "all", **MADE_UP},
}
# The measures that are added up, each with the end of its columns.
MEASURES = (("weight", ""), ("standard", "_yuan"), ("payment", "_yuan"), ("surplus", "_yuan"))
SCHEMES = [
    scheme(GROUPERS[0]),
    scheme(GROUPERS[1], factor=Decimal("1.1"), **MARKS),
    scheme(GROUPERS[2], rate=9_500),
]
CASES = discharges(3_000)
DEMO, DEMO_2, DEMO_3 = demo_groupers()
DEMO_SCHEMES = [
    scheme(DEMO),
    scheme(DEMO_2, factor=Decimal("1.3")),
    scheme(DEMO_3, rate=9_500, **MARKS),
]
DEMO_DISCHARGES = demo_discharges(600)


@pytest.fixture(scope="module")
def priced() -> Comparison:
    return drg.compare(CASES, GROUPERS, SCHEMES)


@pytest.fixture(scope="module")
def unpriced() -> Comparison:
    return drg.compare(DEMO_DISCHARGES, demo_groupers())


def frames(comparison: Comparison) -> Iterator[pl.DataFrame]:
    """Every table of a comparison."""
    yield comparison.totals
    yield comparison.agreement
    yield comparison.reasons
    yield comparison.lost
    yield comparison.quality
    yield comparison.variance
    yield comparison.measures
    if any(comparison.has_money(id_) for id_ in comparison.ids):
        yield comparison.budget
    yield comparison.cases.collect()
    for by in (HOSPITAL, DEPARTMENT):
        yield comparison.places(by)
    for version in comparison.ids:
        yield comparison.groups(version)
    for version in comparison.others:
        yield comparison.flows(version)
        for places in ((), HOSPITAL, DEPARTMENT):
            yield comparison.drivers(version, places)


def number_of_nans(comparison: Comparison) -> int:
    floats = (frame.select(pl.selectors.float()) for frame in frames(comparison))
    odd = (frame.select(pl.all().is_nan() | pl.all().is_infinite()) for frame in floats if frame.width)
    return sum(int(frame.sum_horizontal().fill_null(0).sum()) for frame in odd if frame.height)


# ------------------------------------------------------------------------------- against separate runs


def test_cases_are_those_of_separate_runs(priced: Comparison) -> None:
    found = priced.cases.collect()
    assert found["row"].to_list() == list(range(2, CASES.height + 2))
    for grouper, pricer in zip(GROUPERS, SCHEMES, strict=True):
        alone = drg.price(drg.group(CASES, grouper), pricer)
        names = {
            "adrg": "adrg",
            "drg": "drg",
            "status": "grouping_status",
            "reason": "grouping_reason",
            "weight": "relative_weight",
            "standard_yuan": "standard_payment_yuan",
            "payment_yuan": "payment_yuan",
            "surplus_yuan": "surplus_yuan",
            "class": "case_class",
            "pricing": "pricing_reason",
        }
        expected = alone.select("case_id", **{f"{short}_{grouper.id}": name for short, name in names.items()})
        assert_frame_equal(found.select(expected.columns), expected)
    marked = found.filter(pl.col(f"class_{VERSIONS[1]}") == "extreme").height
    assert marked > 50


def test_what_changed_is_what_differs(priced: Comparison) -> None:
    cases = priced.cases.collect()
    groups = [drg.group(CASES, grouper) for grouper in GROUPERS]
    changed = pl.Series([False]).new_from_index(0, CASES.height)
    for id_, other in zip(VERSIONS[1:], groups[1:], strict=True):
        expected = []
        for one, two in zip(groups[0].to_dicts(), other.to_dicts(), strict=True):
            differs = [level for level in ("mdc", "adrg", "drg") if one[level] != two[level]]
            code = one["drg"] or f"{one['adrg']} –"
            # The same code may mean another group.
            same_code = "adrg" if code in priced.homonyms(id_) else None
            expected.append(differs[0] if differs else same_code)
        assert cases[f"change_{id_}"].to_list() == expected
        changed |= pl.Series(expected).is_not_null()
    assert cases["changed"].to_list() == changed.to_list()
    assert 0 < changed.sum() < CASES.height


def test_statistics_are_those_of_separate_runs(priced: Comparison) -> None:
    for grouper in GROUPERS:
        moments = GroupMoments()
        moments.add(drg.group(CASES, grouper))
        quality = priced.quality.filter(pl.col("version") == grouper.id)
        summary = quality.drop("version", "cmi").row(0, named=True)
        assert summary == moments.summary()
        cmi = priced.totals.filter(pl.col("version") == grouper.id)["cmi"].item()
        assert quality["cmi"].item() == cmi
        rows = priced.measures.filter(pl.col("version") == grouper.id).select("measure", "value").rows()
        assert dict(rows) == {**summary, "cmi": cmi}
        assert_frame_equal(priced.groups(grouper.id).drop("drg_name"), moments.groups())


def test_agreement_is_counted_case_by_case(priced: Comparison) -> None:
    groups = {
        id_: drg.group(CASES, id_).with_columns(pl.col("drg").replace("0000", None)) for id_ in VERSIONS
    }
    for row in priced.agreement.to_dicts():
        one, two = groups[VERSIONS[0]][row["level"]], groups[row["version"]][row["level"]]
        pairs = list(zip(one, two, strict=True))
        expected = {
            "same": sum(a == b and a is not None for a, b in pairs),
            "different": sum(a != b and a is not None and b is not None for a, b in pairs),
            "only_base": sum(a is not None and b is None for a, b in pairs),
            "only_other": sum(a is None and b is not None for a, b in pairs),
            "neither": sum(a is None and b is None for a, b in pairs),
        }
        assert {name: row[name] for name in expected} == expected
        assert sum(expected.values()) == CASES.height
        assert row["agreement"] == expected["same"] / (CASES.height - expected["neither"])


def test_places_are_those_of_pandas(priced: Comparison) -> None:
    cases = priced.cases.collect().to_pandas()
    for by in (HOSPITAL, DEPARTMENT):
        found = priced.places(by)
        grouped = cases.groupby(list(by), dropna=False)
        assert found.height == grouped.ngroups
        for row in found.to_dicts():
            key = tuple(row[name] if row[name] is not None else float("nan") for name in by)
            own = cases
            for name in by:
                own = own[own[name].isna()] if row[name] is None else own[own[name] == row[name]]
            assert row["cases"] == len(own), key
            assert row["cost_yuan"] == sum(own["total_cost_yuan"])
            for id_ in VERSIONS:
                weights = own[f"weight_{id_}"].dropna()
                assert row[f"weight_{id_}"] == sum(weights)
                assert row[f"cmi_{id_}"] == pytest.approx(float(sum(weights)) / len(weights), rel=1e-12)
                inside = own[own[f"class_{id_}"].isin(INSIDE)]
                assert row[f"standard_yuan_{id_}"] == sum(inside[f"standard_yuan_{id_}"])
                assert row[f"payment_yuan_{id_}"] == sum(own[f"payment_yuan_{id_}"])
                assert row[f"surplus_yuan_{id_}"] == sum(own[f"surplus_yuan_{id_}"].dropna())
                is_priced = own[f"surplus_yuan_{id_}"].notna()
                assert row[f"priced_cost_yuan_{id_}"] == sum(own["total_cost_yuan"][is_priced])
            for id_ in VERSIONS[1:]:
                difference = row[f"surplus_yuan_{id_}"] - row[f"surplus_yuan_{VERSIONS[0]}"]
                assert row[f"surplus_difference_yuan_{id_}"] == difference
                first, other = (label(own, version) for version in (VERSIONS[0], id_))
                homonyms = priced.homonyms(id_)
                pairs = zip(first, other, strict=True)
                assert row[f"changed_{id_}"] == sum(a != b or a in homonyms for a, b in pairs)


def label(cases: pd.DataFrame, version: str) -> list[str]:
    columns = (cases[f"{name}_{version}"] for name in ("status", "drg", "adrg"))
    return [
        "invalid" if status == "invalid" else drg if isinstance(drg, str) else f"{adrg} –"
        for status, drg, adrg in zip(*columns, strict=True)
    ]


def test_measures_differ_from_those_of_the_base(priced: Comparison) -> None:
    found = priced.measures.filter(pl.col("measure") == "groups_used")
    assert found["version"].to_list() == list(VERSIONS)
    first, *others = found["value"].to_list()
    assert found["difference"].to_list() == [None, *(other - first for other in others)]
    assert any(found["difference"].drop_nulls() != 0)


KINDS = ("by_group", "by_item", "not_priced", "total")


def test_the_budget_adds_up_to_the_payments_of_the_cases() -> None:
    held = DEMO_DISCHARGES.with_columns(
        total_cost_yuan=pl.when(pl.int_range(pl.len()) % 7 > 0).then("total_cost_yuan"),
        case_kind=pl.when(pl.int_range(pl.len()) % 11 == 0).then(pl.lit("bed_day")),
    )
    comparison = drg.compare(held, [DEMO, DEMO_2], DEMO_SCHEMES[:2])
    cases = comparison.cases.collect().to_pandas()
    expected: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = {}
    for id_ in ("demo", "demo-2"):
        classes = cases[f"class_{id_}"].astype(str)
        # What is not priced has no surplus; what is priced by its group is held against its standard.
        kinds = classes.where(classes.isin(INSIDE), "by_item").where(~classes.isin(INSIDE), "by_group")
        kinds = kinds.where(cases[f"surplus_yuan_{id_}"].notna(), "not_priced")
        for kind in KINDS:
            own = cases if kind == "total" else cases[kinds == kind]
            cost, payment = own["total_cost_yuan"].dropna(), own[f"payment_yuan_{id_}"]
            expected[id_, kind] = len(own), sum(cost, Decimal(0)), sum(payment, Decimal(0))
    for row in comparison.budget.to_dicts():
        assert (row["cases"], row["cost_yuan"], row["payment_yuan"]) == expected.pop(
            (row["version"], row["kind"])
        )
        assert row["cases"] > 0
    assert not expected
    for row in comparison.totals.to_dicts():
        assert row["payment_yuan"] - row["priced_cost_yuan"] == row["surplus_yuan"]
    base, other = (comparison.budget.filter(pl.col("version") == id_) for id_ in ("demo", "demo-2"))
    assert base["payment_difference_yuan"].to_list() == [None] * 4
    difference = (other["payment_yuan"] - base["payment_yuan"]).to_list()
    assert other["payment_difference_yuan"].to_list() == difference
    assert difference[-1] == sum(difference[:-1]) != 0
    assert other["cases_difference"].to_list() == (other["cases"] - base["cases"]).to_list()
    open_ = base.filter(pl.col("kind") == "not_priced")["cases"].item()
    assert f"{DEMO_SCHEMES[0].id} does not price {open_:,} cases" in told(comparison)


def test_without_a_scheme_of_the_base_the_budget_has_no_difference() -> None:
    comparison = drg.compare(DEMO_DISCHARGES, [DEMO, DEMO_2], [DEMO_SCHEMES[1]])
    assert comparison.budget.select("version", "kind").rows() == [("demo-2", kind) for kind in KINDS]
    assert comparison.budget["payment_difference_yuan"].null_count() == len(KINDS)
    assert drg.compare(DEMO_DISCHARGES, [DEMO, DEMO_2]).budget.is_empty()


# ------------------------------------------------------------------------------------------ what must hold


def test_margins_of_the_matrix_are_each_versions_own_totals(priced: Comparison) -> None:
    totals = {row["version"]: row for row in priced.totals.to_dicts()}
    for id_, pricer in zip(VERSIONS, SCHEMES, strict=True):
        alone = drg.price(drg.group(CASES, id_), pricer)
        assert totals[id_]["payment_yuan"] == sum(alone["payment_yuan"])
        assert totals[id_]["weight"] == sum(alone["relative_weight"].drop_nulls())
        for status in STATUSES:
            assert totals[id_][status] == alone.filter(pl.col("grouping_status") == status).height
    for id_ in VERSIONS[1:]:
        flows = priced.flows(id_)
        assert flows["cases"].sum() == CASES.height
        for side, version in (("base", VERSIONS[0]), ("other", id_)):
            for measure, unit in MEASURES:
                assert flows[f"{measure}_{side}{unit}"].sum() == totals[version][f"{measure}{unit}"]
            own = drg.group(CASES, version).filter(pl.col("grouping_status") == "grouped")
            expected = own.group_by("drg").agg(cases=pl.len().cast(pl.Int64)).sort("drg")
            margin = (
                flows.filter(pl.col(f"{side}_status") == "grouped")
                .group_by(drg=side)
                .agg(pl.col("cases").sum())
                .sort("drg")
            )
            assert_frame_equal(margin, expected)


def test_largest_flows_come_first_changed_before_unchanged(priced: Comparison) -> None:
    flows = priced.flows(VERSIONS[2])
    for changed in (True, False):
        cases = flows.filter(pl.col("changed") == changed)["cases"].to_list()
        assert cases == sorted(cases, reverse=True)
    assert flows["changed"].to_list() == sorted(flows["changed"].to_list(), reverse=True)
    assert flows.select("base", "other").is_unique().all()


@pytest.mark.parametrize("by", [(), HOSPITAL, DEPARTMENT])
def test_drivers_sum_to_the_difference(priced: Comparison, by: tuple[str, ...]) -> None:
    for id_ in VERSIONS[1:]:
        drivers = priced.drivers(id_, by)
        differences = [f"{name}_difference{unit}" for name, unit in MEASURES if unit]
        if by:
            sums = drivers.group_by(by).agg(pl.col("cases", *differences).sum())
            places = priced.places(by).select(
                *by,
                "cases",
                *(pl.col(f"{name}_{id_}").alias(name) for name in differences),
            )
            assert_frame_equal(sums, places, check_row_order=False)
            named = drivers.drop_nulls("rank").group_by(by).len()["len"]
        else:
            totals = {row["version"]: row for row in priced.totals.to_dicts()}
            for name, unit in MEASURES:
                difference = totals[id_][f"{name}{unit}"] - totals[VERSIONS[0]][f"{name}{unit}"]
                assert drivers[f"{name}_difference{unit}"].sum() == difference
            assert drivers["cases"].sum() == CASES.height
            assert drivers["flows"].sum() == priced.flows(id_).height
            named = pl.Series([drivers["rank"].count()])
        assert named.max() == 10
        sizes = drivers.drop_nulls("rank").with_columns(pl.col("surplus_difference_yuan").abs())
        in_order = sizes.sort(*by, "rank")
        assert_frame_equal(
            in_order,
            sizes.sort(
                *by, "surplus_difference_yuan", descending=[*(False for _ in by), True], maintain_order=True
            ),
        )


def test_drivers_by_cases_are_those_without_schemes(priced: Comparison) -> None:
    bare = drg.compare(CASES, GROUPERS[:2]).drivers(VERSIONS[1], ("department",), most=4)
    found = priced.drivers(VERSIONS[1], ("department",), most=4, by_cases=True)
    assert_frame_equal(found.select(bare.columns), bare)
    assert (
        priced.drivers(VERSIONS[1], ("department",), most=4)["cases"].sum()
        == CASES.height
        > bare["cases"].sum()
    )


def test_without_schemes_there_are_cases_and_no_money(unpriced: Comparison) -> None:
    for frame in frames(unpriced):
        money = ("weight", "standard", "payment", "surplus", "cmi")
        assert not [name for name in frame.columns if name.startswith(money)]
    drivers = unpriced.drivers("demo-2")
    flows = unpriced.flows("demo-2").filter("changed")
    assert drivers["cases"].sum() == flows["cases"].sum()
    assert unpriced.homonyms("demo-2") == {"BS19", "BS1 –"}
    assert all(
        one != two or one == "BS19" for one, two in drivers.select("base", "other").drop_nulls().rows()
    )
    assert drivers.filter(pl.col("rank") == 1)["cases"].item() == flows["cases"].max()


def test_one_scheme_counts_for_its_version_only() -> None:
    comparison = drg.compare(DEMO_DISCHARGES, [DEMO, DEMO_2], [DEMO_SCHEMES[1]])
    assert comparison.has_money("demo-2")
    assert not comparison.has_money("demo", "demo-2")
    assert "weight_demo" not in comparison.cases.collect_schema()
    places = comparison.places()
    assert "surplus_yuan_demo-2" in places.columns
    assert not [name for name in places.columns if "difference" in name]
    totals = comparison.totals
    assert totals["payment_yuan"].null_count() == 1
    assert totals["cases"].to_list() == [DEMO_DISCHARGES.height] * 2
    assert any("no scheme is given for the base demo" in en for _, en in comparison.findings)


def test_a_glance_is_counted_from_the_cases(priced: Comparison) -> None:
    cases = priced.cases.collect().to_pandas()
    base, *others = VERSIONS
    found = at_a_glance(priced)
    assert found["version"].to_list() == others
    for row in found.to_dicts():
        id_ = row["version"]
        assert row["cases"] == len(cases)
        pairs = zip(label(cases, base), label(cases, id_), strict=True)
        assert row["changed"] == sum(a != b or a in priced.homonyms(id_) for a, b in pairs)
        now, before = cases[f"status_{id_}"] == "grouped", cases[f"status_{base}"] == "grouped"
        assert (row["lost"], row["gained"]) == ((before & ~now).sum(), (now & ~before).sum())
        payments = cases[f"payment_yuan_{id_}"].sum(), cases[f"payment_yuan_{base}"].sum()
        assert (row["payment_other_yuan"], row["payment_base_yuan"]) == payments
        assert row["payment_difference_yuan"] == payments[0] - payments[1]
        differences = (
            (cases[f"surplus_yuan_{id_}"] - cases[f"surplus_yuan_{base}"]).groupby(cases["hospital_id"]).sum()
        )
        assert row["hospitals"] == len(differences)
        assert row["hospitals_gain"] == (differences > 0).sum()
        assert row["hospitals_lose"] == (differences < 0).sum()
        if row["hospitals_gain"]:
            assert row["most_gained_yuan"] == differences.max() == differences[row["most_gained_hospital"]]
        if row["hospitals_lose"]:
            assert row["most_lost_yuan"] == differences.min() == differences[row["most_lost_hospital"]]


def test_a_glance_without_schemes_has_no_money(unpriced: Comparison) -> None:
    found = at_a_glance(unpriced)
    assert found["changed"].min() > 0
    assert (
        found["payment_difference_yuan"].null_count() == found["most_lost_yuan"].null_count() == found.height
    )


def test_why_cases_are_no_longer_grouped(priced: Comparison) -> None:
    before = drg.group(CASES, VERSIONS[0])
    base = before["grouping_status"]
    for id_ in VERSIONS[1:]:
        other = drg.group(CASES, id_)
        lost = other.filter((base == "grouped") & (other["grouping_status"] != "grouped"))
        expected = lost.group_by("grouping_status", "grouping_reason").agg(cases=pl.len().cast(pl.Int64))
        found = priced.lost.filter((pl.col("version") == id_) & (pl.col("now") == "lost"))
        assert_frame_equal(
            found.select(grouping_status="status", grouping_reason="reason", cases="cases"),
            expected,
            check_row_order=False,
        )
        assert found["base_reason"].is_null().all()
        newly = before.filter((base != "grouped") & (other["grouping_status"] == "grouped"))
        gained = priced.lost.filter((pl.col("version") == id_) & (pl.col("now") == "gained"))
        assert_frame_equal(
            gained.select(grouping_status="base_status", grouping_reason="base_reason", cases="cases"),
            newly.group_by("grouping_status", "grouping_reason").agg(cases=pl.len().cast(pl.Int64)),
            check_row_order=False,
        )
        assert gained["reason"].is_null().all()
        assert gained["base_reason"].is_not_null().all()
    assert priced.lost["now"].unique().sort().to_list() == ["gained", "lost"]


@pytest.mark.parametrize("versions", ["demo", pytest.param("national", marks=pytest.mark.thorough)])
def test_batches_do_not_matter(versions: str, tmp_path: Path) -> None:
    cases, groupers, schemes = (
        (DEMO_DISCHARGES, demo_groupers(), DEMO_SCHEMES) if versions == "demo" else (CASES, GROUPERS, SCHEMES)
    )
    size = cases.height // 40
    pieces = pl.concat([cases[at : at + size].lazy() for at in range(0, cases.height, size)])
    seen: list[int] = []
    whole = drg.compare(cases, groupers, schemes)
    cut = drg.compare(pieces, groupers, schemes, cases=tmp_path / "cases.parquet", on_batch=seen.append)
    assert sum(seen) == cases.height
    assert len(seen) > 1
    for one, two in zip(frames(whole), frames(cut), strict=True):
        assert_frame_equal(one, two)
    assert cut.findings == whole.findings


def test_memory_depends_on_what_occurs_and_not_on_how_often(unpriced: Comparison) -> None:
    often = drg.compare(pl.concat([DEMO_DISCHARGES] * 4), demo_groupers())
    assert often.count == 4 * DEMO_DISCHARGES.height
    assert often._cells.height == unpriced._cells.height
    assert often._cells["cases"].to_list() == [4 * cases for cases in unpriced._cells["cases"]]


def test_any_kind_of_frame(unpriced: Comparison) -> None:
    for frame in (DEMO_DISCHARGES.to_arrow(), DEMO_DISCHARGES.to_pandas()):
        assert_frame_equal(drg.compare(frame, demo_groupers()).cases.collect(), unpriced.cases.collect())


def test_what_was_grouped_already_is_grouped_anew(unpriced: Comparison) -> None:
    grouped = drg.group(DEMO_DISCHARGES, "yinchuan-2023")
    assert set(OUTPUT) <= set(grouped.columns)
    assert_frame_equal(drg.compare(grouped, demo_groupers()).cases.collect(), unpriced.cases.collect())


def _of_diagnoses(id_: str, codes: pl.Series) -> Grouper:
    """A version that reads insurance codes, with a group for the first half of some diagnoses."""
    first = codes.head(len(codes) // 2).to_list()
    tables = tables_of(
        [("A", "ZYZD in S", 1)], [("AA1", "", "A", 1)], [("AA11", "", "AA1", "A", 1)], {"S": first}
    )
    system = Grouper(VERSIONS[0]).tables.manifest.code_system
    return Grouper(
        replace(tables, manifest=tables.manifest.model_copy(update={"id": id_, "code_system": system}))
    )


def test_codes_of_the_clinical_version_are_converted() -> None:
    single = crosswalk(DIAGNOSIS).filter(pl.len().over("from_code") == 1).head(400)
    assert single.height > 100
    groupers = [_of_diagnoses("one", single["to_code"]), _of_diagnoses("two", single["to_code"].reverse())]
    clinical = single.select(principal_diagnosis="from_code")
    insurance = single.select(principal_diagnosis="to_code")
    one = drg.compare(clinical, groupers, codes="clinical").cases.collect()
    two = drg.compare(insurance, groupers).cases.collect()
    assert_frame_equal(one.select(r"^drg_.*$"), two.select(r"^drg_.*$"))
    assert two["drg_one"].n_unique() == 2
    raw = drg.compare(clinical, groupers).cases.collect()
    assert not raw.select(r"^drg_.*$").equals(two.select(r"^drg_.*$"))


# -------------------------------------------------------------------------------------- any discharges


ROWS = st.lists(
    st.tuples(
        st.sampled_from(DEMO_CASES),
        st.sampled_from(["H1", "H2", "", None]),
        st.sampled_from(["内科", None]),
        st.one_of(st.none(), st.decimals(0, 100_000, places=2)),
        st.sampled_from([45, 300, None]),
    ),
    max_size=25,
)


@tries(0.2)
@given(ROWS)
def test_margins_and_drivers_hold_for_any_discharges(rows: list[tuple[Any, ...]]) -> None:
    schema: dict[str, Any] = {
        **DEMO_SCHEMA,
        "hospital_id": pl.String,
        "department": pl.String,
        "total_cost_yuan": pl.Decimal(18, 2),
    }
    cases = pl.DataFrame(
        [
            {
                **case,
                "age_years": case["age_years"] if age == 45 else age,
                "hospital_id": hospital,
                "department": department,
                "total_cost_yuan": cost,
            }
            for case, hospital, department, cost, age in rows
        ],
        schema=schema,
        orient="row",
    )
    comparison = drg.compare(cases, [DEMO, DEMO_2], DEMO_SCHEMES[:2])
    assert number_of_nans(comparison) == 0
    totals = {row["version"]: row for row in comparison.totals.to_dicts()}
    flows = comparison.flows("demo-2")
    for side, id_ in (("base", "demo"), ("other", "demo-2")):
        assert Decimal(flows[f"payment_{side}_yuan"].sum() or 0) == totals[id_]["payment_yuan"]
    difference = totals["demo-2"]["surplus_yuan"] - totals["demo"]["surplus_yuan"]
    for by in ((), HOSPITAL, DEPARTMENT):
        drivers = comparison.drivers("demo-2", by, most=2)
        assert Decimal(drivers["surplus_difference_yuan"].sum() or 0) == difference
        assert drivers["cases"].sum() == len(rows)
    assert comparison.places()["cases"].sum() == len(rows)
    kinds = comparison.agreement.select("same", "different", "only_base", "only_other", "neither")
    assert kinds.sum_horizontal().to_list() == [len(rows)] * 3


# --------------------------------------------------------------------------------------- strange data


def _demo(**columns: Any) -> Comparison:
    cases = demo_frame(DEMO_CASES).with_columns(**columns)
    return drg.compare(cases, [DEMO, DEMO_2], DEMO_SCHEMES[:2] if "total_cost_yuan" in columns else None)


def told(comparison: Comparison) -> str:
    return "\n".join(en for _, en in comparison.findings)


def test_one_hospital_only_is_told() -> None:
    comparison = _demo(hospital_id=pl.lit("H1"))
    assert "only one hospital" in told(comparison)
    assert comparison.places().height == 1


def test_equal_costs_are_told_and_give_no_nan() -> None:
    comparison = _demo(total_cost_yuan=pl.lit("5000"))
    assert "all costs are equal" in told(comparison)
    assert comparison.quality["riv_cost"].to_list() == [None, None]
    assert number_of_nans(comparison) == 0


def test_costs_that_are_all_zero_have_no_cv() -> None:
    comparison = _demo(total_cost_yuan=pl.lit("0"))
    assert "all costs are zero: RIV and CV of cost are not defined" in told(comparison)
    assert "all costs are equal" not in told(comparison)
    assert comparison.groups("demo")["cv_cost"].null_count() == comparison.groups("demo").height
    assert number_of_nans(comparison) == 0


def test_costs_of_zero_and_without_use_are_told() -> None:
    costs = ["0", "", "-5", "some", *["100.5"] * (len(DEMO_CASES) - 4)]
    comparison = _demo(total_cost_yuan=pl.Series(costs))
    assert "1 case has a cost of zero" in told(comparison)
    assert "3 cases have no usable cost" in told(comparison)
    assert comparison.totals["cost_yuan"].to_list() == [Decimal("100.5") * (len(DEMO_CASES) - 4)] * 2
    assert number_of_nans(comparison) == 0


def test_groups_of_one_case_have_no_cv() -> None:
    comparison = _demo(total_cost_yuan=pl.int_range(100, 100 + len(DEMO_CASES)))
    single = comparison.groups("demo").filter(pl.col("cases") == 1)
    assert single.height > 0
    assert single["cv_cost"].null_count() == single.height
    assert f"demo: {single.height} groups with one case only" in told(comparison)


def test_absent_columns_are_told() -> None:
    comparison = _demo()
    for name in ("case_id", "hospital_id", "department", "total_cost_yuan"):
        assert f"there is no column {name}" in told(comparison)
    assert not comparison.has_cost
    assert not comparison.has_departments
    assert comparison.totals["cost_yuan"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("column", "value"),
    [("principal_diagnosis", 5), ("total_cost_yuan", [1]), ("los_days", [1]), ("sex", [1])],
)
def test_columns_that_hold_what_they_cannot_are_refused(column: str, value: object) -> None:
    with pytest.raises(drg.InputError, match=column):
        drg.compare(DEMO_DISCHARGES.head(5).with_columns(pl.lit(value).alias(column)), demo_groupers())


def test_cases_outside_drg_have_no_part_in_the_statistics() -> None:
    bed_day = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("bed_day"))
    comparison = drg.compare(DEMO_DISCHARGES.with_columns(case_kind=bed_day), demo_groupers())
    assert comparison.quality["excluded"].to_list() == [DEMO_DISCHARGES.height // 3] * 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_schemes_that_do_not_fit_are_told(language: str) -> None:
    old = scheme(DEMO, valid_from="2025-06-01", without=["BR15"])
    comparison = drg.compare(DEMO_DISCHARGES, [DEMO, DEMO_2], [old, DEMO_SCHEMES[1]], language=language)
    outside = DEMO_DISCHARGES.filter(pl.col("discharge_date") < pl.date(2025, 6, 1)).height
    assert 0 < outside < DEMO_DISCHARGES.height
    assert f"{outside:,} discharges outside the validity of the scheme {old.id}" in told(comparison)
    classes = comparison.cases.collect()["class_demo"]
    unweighted = (classes == "unweighted").sum()
    assert unweighted > 0
    assert f"{old.id} has no weight for {unweighted:,} grouped cases" in told(comparison)


def test_no_case_at_all() -> None:
    comparison = drg.compare(demo_frame([]), [DEMO, DEMO_2])
    assert comparison.count == 0
    assert "there is no case" in told(comparison)
    assert comparison.agreement["agreement"].to_list() == [None] * 3
    assert number_of_nans(comparison) == 0


def test_a_version_that_groups_nothing_is_told() -> None:
    comparison = drg.compare(demo_frame([DEMO_CASES[-1]]), [DEMO, DEMO_2])
    assert "demo groups none of the cases" in told(comparison)
    assert "does not state its code system" in told(comparison)


def test_pandas_is_not_changed() -> None:
    frame = DEMO_DISCHARGES.head(20).to_pandas()
    before = frame.copy()
    drg.compare(frame, demo_groupers())
    pd.testing.assert_frame_equal(frame, before)
