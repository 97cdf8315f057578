"""Discharges changed by a scenario, case by case, and what becomes of groups and payments."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import ScenarioCases
from drg.analysis.scenarios.outcome import outcome
from tests.comparing import demo_discharges, demo_groupers, scheme
from tests.profiles import quick_first

CASES = demo_discharges(240).with_columns(los_days=pl.int_range(pl.len(), dtype=pl.Int64) % 12)
GROUPED = drg.group(CASES, "demo")
LEVELS = dict(drg.load_tables("demo").complications.select("code", "level").rows())
MCC = next(code for code, level in LEVELS.items() if level == "MCC")


def changed(*scenario: Any, seed: int = 0, cases: pl.DataFrame = CASES) -> ScenarioCases:
    return drg.scenario(cases, scenario, "demo", seed=seed)


def log_of(found: ScenarioCases, field: str) -> dict[int, tuple[str | None, str | None]]:
    """Before and after of a field by the place of the case."""
    rows = found.log.filter(pl.col("field") == field).select("row", "before", "after").rows()
    return {row - 2: (before, after) for row, before, after in rows}


def others_of(cases: pl.DataFrame) -> list[list[str]]:
    """The other diagnoses of each case."""
    return [codes or [] for codes in cases["other_diagnoses"].to_list()]


# ---------------------------------------------------------------------------------------------- volume


@pytest.mark.parametrize(("volume", "copies"), [("1.5", [1, 2]), ("3", [3]), ("0.4", [0, 1]), ("0", [0])])
def test_volume_of_a_department(volume: str, copies: list[int]) -> None:
    found = changed(f"volume={volume} department=内科")
    before, after = (
        frame["department"].value_counts(name="n").sort("department") for frame in (CASES, found.discharges)
    )
    selected = CASES.filter(pl.col("department") == "内科").height
    wanted = int((Decimal(volume) * selected).quantize(Decimal(1), ROUND_HALF_UP))
    assert found.discharges.filter(pl.col("department") == "内科").height == wanted
    assert_frame_equal(
        before.filter(pl.col("department").ne_missing("内科")),
        after.filter(pl.col("department").ne_missing("内科")),
    )
    times = found.discharges["case_id"].str.replace("-copy.*", "").value_counts(name="n")
    of_department = CASES.filter(pl.col("department") == "内科").join(times, on="case_id", how="left")
    assert set(of_department["n"].fill_null(0)) == set(copies)
    assert found.discharges["case_id"].is_unique().all()
    # Nobody comes back because a case was copied.
    patients = found.discharges.filter(pl.col("case_id").str.contains("copy"))["patient_id"]
    assert patients.str.contains("copy").all()


def test_copies_of_copies_are_cases_of_their_own() -> None:
    found = changed("volume=2 hospital_id=H1", "volume=2 hospital_id=H1")
    own = CASES.filter(pl.col("hospital_id") == "H1").height
    assert found.discharges.filter(pl.col("hospital_id") == "H1").height == 4 * own
    assert found.discharges["case_id"].is_unique().all()


def test_groups_are_those_before_any_change() -> None:
    group = (
        GROUPED.filter(pl.col("grouping_status") == "grouped")["drg"].value_counts().sort("count")["drg"][-1]
    )
    of_group = (GROUPED["drg"] == group).sum()
    found = changed("remove=MCC,CC", f"volume=2 drg={group}")
    assert found.effects["selected"].to_list() == [CASES.height, of_group]
    assert found.discharges.height == CASES.height + of_group


# ------------------------------------------------------------------------------------------------ stay


def test_days_and_discharge_and_cost_go_together() -> None:
    found = changed("stay_factor=0.7 cost=scaled")
    for one, two in zip(CASES.to_dicts(), found.discharges.to_dicts(), strict=True):
        exact = Decimal(one["los_days"]) * Decimal("0.7")
        days = max(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), min(one["los_days"], 1))
        assert two["los_days"] == days
        shorter = timedelta(days=days - one["los_days"])
        assert two["discharge_date"].date() == one["discharge_date"] + shorter
        if one["los_days"]:
            cost = one["total_cost_yuan"] * days / one["los_days"]
            assert two["total_cost_yuan"] == cost.quantize(Decimal("0.01"), ROUND_HALF_UP)
        else:
            assert two["total_cost_yuan"] == one["total_cost_yuan"]


def test_a_day_less_leaves_one_and_cost_as_it_was() -> None:
    found = changed("stay_days=-1 hospital_id=H2")
    own = CASES["hospital_id"] == "H2"
    expected = pl.select(
        pl.when(own & (CASES["los_days"] > 1)).then(CASES["los_days"] - 1).otherwise(CASES["los_days"])
    )
    assert found.discharges["los_days"].to_list() == expected.to_series().to_list()
    assert found.discharges["total_cost_yuan"].to_list() == CASES["total_cost_yuan"].to_list()
    assert found.effects.row(0)[2:] == (own.sum(), own.sum(), (own & (CASES["los_days"] > 1)).sum())


def test_stays_that_cannot_be_are_left_alone() -> None:
    odd = CASES.head(4).with_columns(los_days=pl.Series(["x", "-3", "", "4"]))
    found = changed("stay_days=2", cases=odd)
    assert found.effects.row(0)[2:] == (4, 1, 1)
    assert found.discharges["los_days"].to_list()[2:] == [None, 6]
    assert found.discharges["los_days?"].to_list()[0] == "x"


# ---------------------------------------------------------------------------------------------- coding


def test_codes_of_a_level_are_removed_and_cases_are_grouped_anew() -> None:
    found = changed("remove=MCC")
    assert_frame_equal(changed("remove=mcc").log, found.log)
    for one, two in zip(CASES.to_dicts(), found.discharges.to_dicts(), strict=True):
        kept = [code for code in one["other_diagnoses"] or [] if LEVELS.get(code) != "MCC"]
        assert (two["other_diagnoses"] or []) == kept
    again = drg.group(found.discharges, "demo")
    assert (GROUPED["severity"] == "MCC").any()
    assert not (again["severity"] == "MCC").any()


@pytest.mark.parametrize("share", ["0", "0.25", "1"])
def test_a_share_of_those_that_can_gain_a_code_do(share: str) -> None:
    found = changed(f"add={MCC.lower()} share={share}")
    lacks = [MCC not in (codes) for codes in others_of(CASES)]
    lacks = [lack and one != MCC for lack, one in zip(lacks, CASES["principal_diagnosis"], strict=True)]
    wanted = int((Decimal(share) * sum(lacks)).quantize(Decimal(1), ROUND_HALF_UP))
    assert found.effects.row(0)[2:] == (CASES.height, sum(lacks), wanted)
    logged = log_of(found, "other_diagnoses")
    assert len(logged) == wanted
    assert all(lacks[place] for place in logged)
    for place, (one, two) in enumerate(zip(others_of(CASES), others_of(found.discharges), strict=True)):
        more = [MCC.lower()] if place in logged else []
        assert two == [*one, *more]
        if place in logged:
            assert logged[place] == ("|".join(one), "|".join(two))


def test_one_code_takes_the_place_of_another() -> None:
    cc = next(code for code, level in LEVELS.items() if level == "CC")
    found = changed({"remove": ["MCC"], "add": [cc]})
    had = [any(LEVELS.get(code) == "MCC" for code in codes) for codes in others_of(CASES)]
    gained = [cc in (codes) for codes in others_of(found.discharges)]
    before = [cc in (codes) for codes in others_of(CASES)]
    principal = (CASES["principal_diagnosis"] == cc).to_list()
    expected = [b or (h and not p) for b, h, p in zip(before, had, principal, strict=True)]
    assert gained == expected
    assert found.effects["eligible"].item() == sum(had) > 0


def test_a_code_that_counts_for_nothing_is_told() -> None:
    said = [str(one) for one in changed("add=Z99.999").assumed]
    assert "Z99.999 is no complication or comorbidity in demo" in said
    assert "costs do not go with the codes" in said
    assert not any("no complication" in str(one) for one in changed(f"add={MCC}").assumed)


# ------------------------------------------------------------------------------------------- as a whole


def test_the_same_seed_draws_the_same_cases() -> None:
    some = "remove=MCC,CC share=0.5"
    one, two, other = changed(some), changed(some), changed(some, seed=1)
    assert_frame_equal(one.discharges, two.discharges)
    assert one.log.height > 4
    assert not one.log.equals(other.log)


def test_nothing_changes_but_what_is_named() -> None:
    found = changed("stay_days=1 share=0.5", "remove=CC share=0.5").discharges
    others = [name for name in CASES.columns if name not in ("los_days", "discharge_date", "other_diagnoses")]
    plain = drg.scenario(CASES, "volume=1", "demo").discharges
    assert_frame_equal(found.select(others), plain.select(others))
    assert_frame_equal(
        drg.group(plain, "demo").select(GROUPED.columns[-4:]), GROUPED.select(GROUPED.columns[-4:])
    )


def test_a_file_says_the_same_as_lines(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(
        '[[change]]\nremove = ["MCC"]\nshare = 0.5\n\n[[change]]\nstay_days = -1\nhospital_id = "H1"\n',
        encoding="utf-8",
    )
    lines = changed("remove=MCC share=0.5", "stay_days=-1 hospital_id=H1")
    for given in (file, str(file)):
        assert_frame_equal(drg.scenario(CASES, given, "demo").log, lines.log)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("volme=1.1", "no 'volme'.*'volume'"),
        ("colour=red", "no 'colour'.*volume, stay_factor"),
        ("volume=-1", "volume is '-1'"),
        ("share=2 remove=MCC", "share is '2'"),
        ("volume=2 stay_days=1", "one of volume, stay or codes"),
        ("share=0.5", "one of volume, stay or codes"),
        ("volume=2 share=0.5", "share does not go with volume"),
        ("remove=MCC cost=scaled", "cost goes with the days only"),
        ("nothing", "is no change"),
        ("remove='MCC", "is no change"),
        ("", "is no change"),
        ("volume=2 department=外壳", "no case has 外壳 as its department"),
        ("volume=2 drg=XX99", "no case has XX99 as its drg"),
    ],
)
def test_mistakes_are_told(scenario: str, message: str) -> None:
    with pytest.raises(drg.InputError, match=message):
        changed(scenario)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[change]]\nshare = \n", "not valid TOML"),
        ("share = 1\n", r"something else than \[\[change\]\]"),
        ("", "has no change"),
        ("[[change]]\nvolme = 1\n", "no 'volme'"),
    ],
)
def test_mistakes_of_a_file_name_it(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(drg.InputError, match=message) as raised:
        changed(file)
    assert raised.value.file == str(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(drg.InputError, match="not UTF-8"):
        changed(file)
    with pytest.raises(drg.InputError, match="there is no such file"):
        changed(tmp_path / "none.toml")
    (tmp_path / "directory.toml").mkdir()
    with pytest.raises(drg.InputError, match="cannot be read"):
        changed(tmp_path / "directory.toml")


def test_columns_that_are_needed() -> None:
    for column, scenario in (("los_days", "stay_days=1"), ("department", "volume=2 department=内科")):
        with pytest.raises(drg.MissingColumnError, match=column):
            changed(scenario, cases=CASES.drop(column))
    with pytest.raises(drg.InputError, match="clinical"):
        drg.scenario(CASES, "remove=MCC", "demo", codes="clinical")


def test_the_outcome_is_that_of_grouping_and_pricing_the_changed_cases() -> None:
    groupers = demo_groupers()[:2]
    schemes = [scheme(groupers[0])]
    found = changed("remove=MCC", "volume=1.25 hospital_id=H1")
    before, after = (drg.compare(cases, groupers, schemes) for cases in (CASES, found.discharges))
    rows = {row[:2]: row[2:] for row in outcome(before, after).rows()}
    names = outcome(before, after).columns[2:]
    assert list(rows)[:3] == [("demo", "without"), ("demo", "with"), ("demo", "difference")]
    for of, cases in (("without", CASES), ("with", found.discharges)):
        grouped = drg.group(cases, groupers[0])
        priced = drg.price(grouped, schemes[0])
        weights = priced["relative_weight"].drop_nulls()
        expected = {
            "cases": cases.height,
            "grouped": (grouped["grouping_status"] == "grouped").sum(),
            "not_priced": priced["surplus_yuan"].null_count(),
            "weight": weights.sum(),
            "cmi": pytest.approx(float(weights.sum()) / len(weights)),
            "payment_yuan": priced["payment_yuan"].sum(),
            "cost_yuan": cases["total_cost_yuan"].sum(),
            "priced_cost_yuan": priced["payment_yuan"].sum() - priced["surplus_yuan"].sum(),
            "surplus_yuan": priced["surplus_yuan"].sum(),
        }
        assert dict(zip(names, rows["demo", of], strict=True)) == expected
    for one, two, difference in zip(
        *(rows["demo", of] for of in ("without", "with", "difference")), strict=True
    ):
        assert difference == two - one != 0 or one == two
    assert rows["demo-2", "with"][names.index("payment_yuan")] is None


@pytest.mark.parametrize("place", quick_first(range(3)))
def test_the_document_tells_the_numbers_of_the_example(place: int) -> None:
    root = Path(__file__).resolve().parents[3]
    text = (root / "docs" / "compare.md").read_text(encoding="utf-8")
    example = pl.read_csv(root / "examples" / "discharges.csv", infer_schema=False)
    example = example.with_columns(hospital_level=pl.lit("3"), insurance_type=pl.lit("310"))
    named = re.findall(r"\| `((?:volume|remove|stay)\S* \S+)` \| (\d+) of (\d+) \|(.*)\|", text)
    assert len(named) == 3
    line, count, eligible, rest = named[place]
    found = drg.scenario(example, line, "chs-drg-2.0")
    assert found.effects.select("changed", "eligible").row(0) == (int(count), int(eligible))
    priced = drg.price(drg.group(found.discharges, "chs-drg-3.0"), "reference-3.0")
    weights = priced["relative_weight"].drop_nulls()
    amounts = [priced[name].sum() for name in ("payment_yuan", "total_cost_yuan", "surplus_yuan")]
    cells = [f"{priced.height}", f"{weights.sum() / len(weights):.4f}", *(f"{x:,.2f}" for x in amounts)]
    assert [cell.strip() for cell in rest.split("|")] == cells
