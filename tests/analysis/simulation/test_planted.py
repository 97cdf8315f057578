from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, simulate
from drg.analysis.simulation import true_weights
from drg.analysis.simulation.planted import PlantedErrors, Planting, plant_errors
from drg.errors import InputError, MissingColumnError
from drg.payment.cross_case_flags import readmitted
from drg.payment.scheme import Readmission
from tests.profiles import quick_first

SEED = 3
SIZES = {"demo": 6_000, "chs-drg-2.0": 20_000}
PLANTINGS = (
    "missing_cc=0.05",
    "swapped-principal=0.02",
    "upcoding=H001:0.05",
    "split_stays=0.03",
    "split_procedures=0.05",
    "cloned-records=0.02",
)
MONEY = pl.col("total_cost_yuan")


class Planted:
    """Discharges of a version before and after, grouped."""

    def __init__(self, version: str, size: int) -> None:
        self.version = Grouper(version)
        self.frame = simulate(size, self.version, seed=SEED)
        self.weights = true_weights(self.version, SEED)
        self.found = plant_errors(self.frame, self.version, PLANTINGS, seed=SEED, weights=self.weights)
        self.labels = self.found.labels
        self.before = drg.group(self.frame, self.version)
        self.after = drg.group(self.found.cases, self.version)

    def pairs(self, kind: str) -> pl.DataFrame:
        """The cases of a kind of error as they are, and as they were with ``_was``."""
        of_kind = self.labels.filter(kind=kind).select("case_id", "original_case_id")
        found = of_kind.join(self.after, on="case_id", validate="1:1")
        return found.join(self.before, left_on="original_case_id", right_on="case_id", suffix="_was")


@pytest.fixture(scope="module", params=quick_first(SIZES))
def planted(request: pytest.FixtureRequest) -> Planted:
    return Planted(request.param, SIZES[request.param])


def all_diagnoses(suffix: str = "") -> pl.Expr:
    principal = pl.col(f"principal_diagnosis{suffix}")
    return pl.concat_list(principal, f"other_diagnoses{suffix}").list.sort()


def same(rows: pl.DataFrame, *but: str) -> None:
    """All columns of the discharges are as they were, but for some."""
    names = [name.removesuffix("_was") for name in rows.columns if name.endswith("_was")]
    results = {column.name for column in drg.columns.OUTPUT_COLUMNS}
    for name in sorted({*names} - {*but} - results):
        assert rows[name].equals(rows[f"{name}_was"]), name


def test_every_label_is_true(planted: Planted) -> None:
    told = [name.removesuffix("_after") for name in planted.labels.columns if name.endswith("_after")]
    assert {"drg", "relative_weight", "principal_diagnosis", "total_cost_yuan"} <= {*told}
    for cases, key, suffix in (
        (planted.after, "case_id", "after"),
        (planted.before, "original_case_id", "before"),
    ):
        weighted = cases.join(planted.weights, on="drg", how="left", maintain_order="left")
        truth = planted.labels.select(pl.col(key).alias("case_id")).join(
            weighted, on="case_id", maintain_order="left", validate="m:1"
        )
        assert truth.height == planted.labels.height
        for name in told:
            assert truth[name].equals(planted.labels[f"{name}_{suffix}"]), name
    assert planted.labels["drg_after"].null_count() == 0
    assert planted.labels["case_id"].is_unique().all()


def test_all_other_rows_are_as_they_were(planted: Planted) -> None:
    cases, labels = planted.found.cases, planted.labels
    assert cases.schema == planted.frame.schema
    untouched = cases.join(labels, on="case_id", how="anti", maintain_order="left")
    changed = labels.filter(pl.col("case_id") == pl.col("original_case_id"))
    expected = planted.frame.join(changed, on="case_id", how="anti", maintain_order="left")
    assert_frame_equal(untouched, expected)
    added = labels.filter(pl.col("case_id") != pl.col("original_case_id"))
    assert cases.height == planted.frame.height + added.height
    assert cases["case_id"].is_unique().all()
    assert cases["discharge_date"].dt.date().is_sorted()


def test_as_many_as_asked_and_one_a_case(planted: Planted) -> None:
    counts, labels = planted.found.counts, planted.labels
    assert counts["kind"].to_list() == [Planting.parse(text).kind for text in PLANTINGS]
    assert (counts["planted"] == counts["asked"]).all()
    assert (counts["planted"] > 0).all()
    for kind, _, share, eligible, asked, number in counts.iter_rows():
        assert asked == round(share * eligible)
        assert labels.filter(kind=kind)["original_case_id"].n_unique() == number
    assert (labels.group_by("original_case_id").agg(pl.col("kind").n_unique())["kind"] == 1).all()
    grouped = planted.before.filter(pl.col("grouping_status") == "grouped")
    eligible = dict(counts.select("kind", "eligible").iter_rows())
    ill = (pl.col("severity") != "none") & (pl.col("other_diagnoses").list.len() > 0)
    assert eligible["missing_cc"] == grouped.filter(ill).height
    assert eligible["upcoding"] == grouped.filter(hospital_id="H001").height


def test_a_complication_is_missing(planted: Planted) -> None:
    rows = planted.pairs("missing_cc")
    same(rows, "other_diagnoses")
    fewer = rows.select(
        less=pl.col("other_diagnoses_was").list.len() - pl.col("other_diagnoses").list.len(),
        new=pl.col("other_diagnoses").list.set_difference("other_diagnoses_was").list.len(),
    )
    assert set(fewer["less"]) == {1}
    assert set(fewer["new"]) == {0}
    assert (rows["adrg"] == rows["adrg_was"]).all()
    assert (rows["severity"] < rows["severity_was"]).all()
    assert (rows["drg"] != rows["drg_was"]).all()


def test_the_principal_diagnosis_is_swapped(planted: Planted) -> None:
    rows = planted.pairs("swapped_principal")
    same(rows, "principal_diagnosis", "other_diagnoses")
    assert (rows["principal_diagnosis"] != rows["principal_diagnosis_was"]).all()
    assert rows.select((all_diagnoses() == all_diagnoses("_was")).all()).item()
    assert (rows["drg"] != rows["drg_was"]).all()


def test_one_hospital_adds_complications(planted: Planted) -> None:
    rows = planted.pairs("upcoding")
    same(rows, "other_diagnoses")
    assert set(rows["hospital_id"]) == {"H001"}
    was = pl.col("other_diagnoses_was").list.len()
    assert rows.select(
        (pl.col("other_diagnoses").list.head(was) == pl.col("other_diagnoses_was")).all()
    ).item()
    assert rows.select((pl.col("other_diagnoses").list.len() == was + 1).all()).item()
    assert (rows["adrg"] == rows["adrg_was"]).all()
    assert (rows["severity"] > rows["severity_was"]).all()


@pytest.mark.parametrize("kind", ["split_stays", "split_procedures"])
def test_a_stay_becomes_two(planted: Planted, kind: str) -> None:
    rows = planted.pairs(kind).sort("original_case_id", "admission_date")
    same(
        rows,
        *("admission_date", "discharge_date", "los_days", "age_years", "disposition", "total_cost_yuan"),
        *("icu_hours", "ventilator_hours", "other_diagnoses", "principal_procedure", "other_procedures"),
    )
    procedures, were = (
        pl.concat_list(pl.col(f"principal_procedure{suffix}"), f"other_procedures{suffix}").list.drop_nulls()
        for suffix in ("", "_was")
    )
    stays = rows.group_by("original_case_id", maintain_order=True).agg(
        pl.len(),
        gap=(pl.col("admission_date").last() - pl.col("discharge_date").first()).dt.total_hours(),
        inside=(pl.col("admission_date").first() == pl.col("admission_date_was").first())
        & (pl.col("discharge_date").last() == pl.col("discharge_date_was").first())
        & (pl.col("discharge_date") > pl.col("admission_date")).all(),
        cost=(MONEY.sum() == pl.col("total_cost_yuan_was").first()) & (MONEY > 0).all(),
        hours=pl.col("icu_hours").sum() == pl.col("icu_hours_was").first(),
        diagnoses=pl.col("other_diagnoses").first().list.concat(pl.col("other_diagnoses").last())
        == pl.col("other_diagnoses_was").first(),
        procedures=procedures.first().list.concat(procedures.last()) == were.first(),
        second=procedures.last().list.len(),
    )
    assert set(stays["len"]) == {2}
    assert stays["gap"].min() >= 0
    assert stays["gap"].max() <= 16 * 24
    for name in ("inside", "cost", "hours", "diagnoses", "procedures"):
        assert stays[name].all(), name
    assert (stays["second"] > 0).all() if kind == "split_procedures" else (stays["second"] == 0).all()
    nights = pl.col("discharge_date").dt.date() - pl.col("admission_date").dt.date()
    assert rows.select((nights.dt.total_days() == pl.col("los_days")).all()).item()
    assert (rows["grouping_status"] == "grouped").all()


def test_a_record_is_copied_to_another_patient(planted: Planted) -> None:
    rows = planted.pairs("cloned_records")
    dates = ("birth_date", "admission_date", "discharge_date")
    same(rows, "patient_id", *dates)
    assert rows["patient_id"].is_unique().all()
    assert rows.join(planted.frame, on="patient_id").is_empty()
    for name in dates:
        off = (rows[name] - rows[f"{name}_was"]).dt.total_days().abs()
        assert off.min() >= 1
        assert off.max() <= 7
    assert set(rows["discharge_date"].dt.year()) == {2025}


def test_checks_of_records_find_nothing_more(planted: Planted) -> None:
    """Errors that the rules of a record could see would need no audit."""

    def found(frame: pl.DataFrame) -> dict[str, int]:
        summary = drg.check(frame, planted.version).summary.filter(pl.col("cases") > 0)
        about = ("age-", "los-", "stay", "cost", "icu", "ventilator", "discharge-", "birth-", "case-")
        rules = summary.select("rule", "cases").iter_rows()
        return {rule: cases for rule, cases in rules if rule.startswith(about)}

    assert set(found(planted.found.cases)) <= set(found(planted.frame))


def test_split_stays_are_readmissions_to_a_scheme(planted: Planted) -> None:
    rule = Readmission(days=15, factor=Decimal("0.5"), source="made up")
    marked = planted.after.filter(readmitted(planted.after, rule))
    split = planted.labels.filter(pl.col("kind") == "split_stays")
    alike = split.filter(pl.col("drg_after").n_unique().over("original_case_id") == 1)
    first = alike.filter(pl.col("case_id") == pl.col("original_case_id"))
    assert first.height > 5
    assert first.join(marked, on="case_id", how="anti").is_empty()


def test_upcoding_lowers_the_cost_index_of_its_hospital(planted: Planted) -> None:
    def index(cases: pl.DataFrame) -> float:
        hospitals = drg.evaluate(cases, planted.version).hospitals
        found = hospitals.filter(pl.col("hospital_id") == "H001")
        return float(found["cost_index_ratio_of_sums"].item())

    alone = plant_errors(planted.frame, planted.version, ["upcoding=H001:0.4"], seed=SEED)
    assert index(drg.group(alone.cases, planted.version)) < index(planted.before) - 0.01


# -- how it is asked for ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> pl.DataFrame:
    return simulate(600, "demo", seed=SEED)


def test_same_arguments_same_errors(small: pl.DataFrame) -> None:
    one, other, third = (plant_errors(small, "demo", PLANTINGS[:4], seed=seed) for seed in (1, 1, 2))
    for name in ("cases", "labels", "counts"):
        assert_frame_equal(getattr(one, name), getattr(other, name))
    assert not one.labels.equals(third.labels)


def test_what_cannot_be_planted_is_counted(small: pl.DataFrame) -> None:
    found = plant_errors(small, "demo", ["missing_cc=1", "missing_cc=1"])
    first, second = found.counts.iter_rows(named=True)
    assert 0 < first["planted"] < first["asked"] == first["eligible"]
    # All that could be planted has been; the rest counts as eligible still.
    assert (second["planted"], second["asked"]) == (0, first["asked"])
    assert found.labels.height == first["planted"]
    assert "missing_cc" in repr(found)


def test_without_hospital_one_is_drawn(small: pl.DataFrame) -> None:
    found = plant_errors(small, "demo", ["upcoding=0.2"])
    (hospital,) = found.counts["hospital_id"]
    assert hospital in set(small["hospital_id"])
    assert set(found.labels["hospital_id"]) == {hospital}
    (named,) = plant_errors(small, "demo", [Planting("cloned_records", 0.1, "H002")]).counts.rows()
    assert named[:3] == ("cloned_records", "H002", 0.1)


def test_no_errors_no_change(small: pl.DataFrame) -> None:
    for cases, plantings in (
        (small, []),
        (small.clear(), PLANTINGS[:2]),
        (small.head(1), ["missing_cc=0.1"]),
    ):
        found = plant_errors(cases, "demo", plantings)
        assert_frame_equal(found.cases, cases)
        assert found.labels.is_empty()
        assert found.labels.columns == plant_errors(small, "demo", PLANTINGS[:1]).labels.columns
        assert found.counts["planted"].sum() == 0


def test_the_users_columns_and_order_stay(small: pl.DataFrame) -> None:
    shuffled = small.sample(fraction=1, shuffle=True, seed=1).with_columns(pl.lit("x").alias("note"))
    found = plant_errors(shuffled, "demo", ["cloned_records=0.1"])
    places = {case: place for place, case in enumerate(found.cases["case_id"])}
    pairs = found.labels.select("case_id", "original_case_id").rows()
    assert len(pairs) > 20
    assert all(places[copy] == places[original] + 1 for copy, original in pairs)
    assert set(found.cases["note"]) == {"x"}


@pytest.mark.parametrize(
    ("known", "following"),
    [
        (["a9", "a10"], ["a11", "a12"]),
        (["0099"], ["0100", "0101"]),
        (["x", "yz"], ["yz1", "yz2"]),
    ],
)
def test_new_identifiers_go_on(known: list[str], following: list[str]) -> None:
    from drg.analysis.simulation.planted import _next

    assert _next(pl.Series(known), 2) == following


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("missing_cc", "'missing_cc' is no kind of error with its share. Write kind=share"),
        ("missing_cc=much", "is no kind of error with its share"),
        ("missing_ccs=0.1", "there is no kind of error 'missing_ccs'. Did you mean 'missing_cc'"),
        ("upcoding=0", "the share of upcoding is 0. Give a share above 0 and up to 1"),
        ("upcoding=1.2", "the share of upcoding is 1.2"),
        ("upcoding=nan", "the share of upcoding is nan"),
        ("upcoding=H999:0.2", "there is no case of the hospital H999"),
    ],
)
def test_what_cannot_be_asked_is_refused(small: pl.DataFrame, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        plant_errors(small, "demo", [text])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"drg": pl.lit("AA19")}, "the cases have been grouped already: drg"),
        ({"los_days": pl.col("los_days").cast(pl.String)}, "los_days is of type String"),
        ({"case_id": pl.lit("1")}, "some cases have no case_id of their own"),
        ({"case_id": pl.lit(None, pl.String)}, "some cases have no case_id of their own"),
    ],
)
def test_cases_that_cannot_be_are_refused(small: pl.DataFrame, change: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what):
        plant_errors(small.with_columns(**change), "demo", PLANTINGS)
    with pytest.raises(MissingColumnError, match="columns are missing: icu_hours, patient_id"):
        plant_errors(small.drop("icu_hours", "patient_id"), "demo", PLANTINGS)


def test_labels_have_no_weights_unless_given(small: pl.DataFrame) -> None:
    found: PlantedErrors = plant_errors(small, "demo", PLANTINGS[:1])
    assert found.labels["relative_weight_after"].null_count() == found.labels.height > 0
