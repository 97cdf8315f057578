from __future__ import annotations

import io
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest
from rich.console import Console

import drg
from drg.analysis.calibration import calibrate
from drg.analysis.calibration.calibration_cases import read_period
from drg.analysis.calibration.estimate import Estimates, Scale, Sums, estimate, sums_of
from drg.analysis.calibration.groups_of_version import version_of
from drg.analysis.trimming import Trimming
from drg.report.calibration import calibration_workbook, print_calibration
from tests.analysis.calibration import reference
from tests.analysis.calibration.made import SPLIT, adrg_of, grouped, year

ROOT = Path(__file__).resolve().parents[3]
PRIOR = {drg: Decimal(50 + 7 * place % 300).scaleb(-2) for place, drg in enumerate(adrg_of()) if place % 3}


def plain(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"drg": frame["drg"].to_list(), "cost": frame["total_cost_yuan"].cast(pl.Float64).to_list()}
    )


@pytest.mark.parametrize("decimals", [2, 4])
@pytest.mark.parametrize("years", [[("1", 20_000)], [("1", 9_000), ("2.5", 12_000)]])
def test_equals_an_independent_computation(years: list[tuple[str, int]], decimals: int) -> None:
    frames = [year(seed, cases) for seed, (_, cases) in enumerate(years)]
    found = calibrate(
        frames,
        period_weights=[weight for weight, _ in years],
        trimming="percentile:2,97",
        min_cases=40,
        prior=PRIOR,
        decimals=decimals,
    )
    expected = reference.weights(
        [plain(frame) for frame in frames],
        [float(weight) for weight, _ in years],
        adrg_of(),
        percentiles=(2, 97),
        min_cases=40,
        prior={drg: float(weight) for drg, weight in PRIOR.items()},
        decimals=decimals,
    )
    assert found.weights == expected
    sources = dict(found.groups["source"].value_counts().iter_rows())
    # Every way to a weight was taken.
    assert min(sources[source] for source in ("own", "adrg", "prior", "none")) > 0
    assert found.groups["pooled_with"].is_not_null().any()


def test_means_and_counts_equal_numpy() -> None:
    frame = year(3, 8_000)
    found = calibrate(frame, trimming="iqr:1.5", min_cases=5)
    for row in found.groups.filter(pl.col("cases") > 0).iter_rows(named=True):
        cost = frame.filter(pl.col("drg") == row["drg"])["total_cost_yuan"].cast(pl.Float64).to_numpy()
        first, third = np.quantile(cost, [0.25, 0.75])
        low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
        kept = cost[(cost >= low) & (cost <= high)]
        counts = (len(cost), int((cost < low).sum()), int((cost > high).sum()), len(kept))
        assert tuple(row[name] for name in ("cases", "trimmed_low", "trimmed_high", "kept")) == counts
        assert abs(float(row["mean_cost_yuan"]) - kept.mean()) < 0.0051
    (period,) = found.periods.iter_rows(named=True)
    assert period["rows"] == period["cases"] == 8_000
    assert period["kept"] + period["trimmed_low"] + period["trimmed_high"] == period["cases"]


def estimates(frame: pl.DataFrame, **options: Any) -> tuple[Estimates, Sums]:
    version = version_of(SPLIT)
    sums = sums_of(read_period(frame, "a", Fraction(1), version.drgs), Trimming.parse("log-sd:2"))
    given: dict[str, Any] = {
        "min_cases": 30,
        "prior": {},
        "blend": False,
        "monotone": True,
        "decimals": 4,
    } | options
    return estimate([sums], sums, version, **given), sums


@pytest.mark.parametrize("options", [{}, {"monotone": False}, {"min_cases": 200, "blend": True}])
def test_normalisation_is_exact(options: dict[str, Any]) -> None:
    found, sums = estimates(year(1, 10_000), **options)
    weighted = [(g, sums.cells[g.number].cases) for g in found.groups if g.number in sums.cells and g.exact]
    cases = sum(count for _, count in weighted)
    assert sum(g.exact * count for g, count in weighted if g.exact) / cases == 1
    rounded = sum(Fraction(g.weight) * count for g, count in weighted if g.weight) / cases
    assert found.mean == rounded
    assert abs(rounded - 1) <= Fraction(1, 20_000)


def test_weights_do_not_descend_with_severity() -> None:
    version = version_of(SPLIT)
    found, _ = estimates(year(2, 10_000))
    descending, _ = estimates(year(2, 10_000), monotone=False)

    def in_order(estimates: Estimates) -> bool:
        chains = [[estimates.groups[number].weight for number in chain] for chain in version.chains]
        known = [[weight for weight in chain if weight is not None] for chain in chains]
        return all(chain == sorted(chain) for chain in known)

    assert in_order(found)
    assert not in_order(descending)


# The example of docs/calibration.md, worked there by hand.
WORKED = [
    *(("BS19", cost) for cost in (3000, 4000, 4000, 4000, 5000)),
    *(("BR15", cost) for cost in (4000, 5000, 5000, 6000)),
    *(("BR13", cost) for cost in (11000, 12000, 12000, 13000)),
    *(("BR11", cost) for cost in (8000, 10000)),
    *(("BB25", cost) for cost in (12000, 14000, 16000, 18000)),
    ("BB21", 34000),
]


def test_worked_example() -> None:
    found = calibrate(grouped(WORKED), trimming="none", min_cases=2)
    text = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w{4}) \| (\d) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$", text, re.M)
    assert [row[0] for row in rows] == list(found.weights)
    for code, kept, own, source, raw, pooled, weight in rows:
        (row,) = found.groups.filter(pl.col("drg") == code).iter_rows(named=True)
        shown = [row[name] for name in ("own_weight", "raw_weight", "pooled_weight")]
        rounded = ["–" if value is None else str(value.quantize(Decimal("0.0001"))) for value in shown]
        assert [own, raw, pooled] == rounded
        assert (int(kept), source, weight) == (row["kept"], row["source"], str(row["relative_weight"]))
    assert found.groups.filter(pl.col("drg") == "BR11")["pooled_with"].item() == "BR13"
    assert found.mean_cost_yuan == Decimal("10000.00")
    assert f"{float(found.mean_weight):.6f}" in text


def test_blending() -> None:
    cases = [*(("BR15", 5000) for _ in range(8)), *(("BR11", 20000) for _ in range(2))]
    row = {}
    for blend in (False, True):
        found = calibrate(grouped(cases), trimming="none", min_cases=8, blend=blend, monotone=False)
        row[blend] = next(r for r in found.groups.iter_rows(named=True) if r["drg"] == "BR11")
    # The mean is 8,000; BR11's own weight is 2.5, its ADRG's is 1; no group of its severity is full.
    assert row[False]["raw_weight"] == Decimal(1)
    assert row[True]["own_share"] == Decimal("0.25")
    assert row[True]["raw_weight"] == Decimal("0.25") * Decimal("2.5") + Decimal("0.75")


def test_prior_is_brought_to_the_level_of_the_cases() -> None:
    cases = [*(("BS19", 2000) for _ in range(5)), *(("BV19", 6000) for _ in range(5)), ("AA19", 1)]
    prior = {"BS19": Decimal(2), "BV19": Decimal(6), "AA19": Decimal(40), "ZZ19": Decimal(1)}
    found = calibrate(grouped(cases), trimming="none", min_cases=5, prior=prior)
    assert found.weights["AA19"] / found.weights["BS19"] == 20
    assert any("ZZ19" in note.message for note in found.notes)


def test_prior_from_files(tmp_path: Path) -> None:
    cases = grouped([*(("BS19", 2000) for _ in range(5)), ("AA19", 1), ("BV19", 1)])
    table = tmp_path / "weights.csv"
    table.write_text("drg,relative_weight,level\nBS19,2,\nAA19,40,\nBV19,3,1\n", encoding="utf-8")
    found = calibrate(cases, trimming="none", min_cases=5, prior=table)
    assert found.weights["AA19"] / found.weights["BS19"] == 20
    assert "BV19" not in found.weights
    assert any("single hospital levels" in note.message and "BV19" in note.message for note in found.notes)
    assert found.settings.prior == "weights.csv"
    shipped = calibrate(cases, trimming="none", min_cases=5, prior="template")
    # The template has 0.9 for BS19, which is full, and 1.5 and 1 for BR11 and BR15, which have no case.
    raw = {code: shipped.groups.filter(drg=code)["raw_weight"].item() for code in ("BS19", "BR11", "BR15")}
    assert float(raw["BR15"] / raw["BS19"]) == pytest.approx(1 / 0.9)
    assert float(raw["BR11"] / raw["BR15"]) == pytest.approx(1.5)


# -- the same result, whatever the input is -----------------------------------------------------------------


def test_any_frame_and_any_order() -> None:
    frame = year(4, 3_000)
    expected = calibrate(frame)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    text = frame.with_columns(pl.all().cast(pl.String))
    for same in (shuffled, frame.lazy(), frame.to_arrow(), frame.to_pandas(), text):
        found = calibrate(same)
        assert found.groups.equals(expected.groups)
        assert found.mean_weight == expected.mean_weight


def test_periods_have_names_and_a_base() -> None:
    frames = {"2023": year(0, 3_000), "2024": year(1, 3_000)}
    last, first = calibrate(frames), calibrate(frames, base="2023")
    assert last.settings.base == "2024"
    assert last.mean_cost_yuan > first.mean_cost_yuan
    assert last.cells["period"].unique().sort().to_list() == ["2023", "2024"]
    # Doubling all weights of the years changes nothing.
    assert calibrate(frames, period_weights=[2, 2]).weights == last.weights
    assert calibrate(frames, period_weights=[1, 3]).weights != last.weights


def test_a_year_of_dearer_money_changes_nothing() -> None:
    frame = year(5, 4_000)
    dearer = frame.with_columns(pl.col("total_cost_yuan") * 2)
    twice = calibrate([frame, dearer], min_cases=60, monotone=False)
    assert twice.weights == calibrate(frame, min_cases=30, monotone=False).weights


# -- bad input ----------------------------------------------------------------------------------------------


def no_nan(found: drg.Calibration) -> None:
    """Neither in the frames nor in what is printed and written."""
    for frame in (found.groups, found.periods, found.cells):
        assert not any(dtype.is_float() for dtype in frame.dtypes)
    out = io.StringIO()
    print_calibration(Console(file=out, width=200), found, 0.0, "en")
    book = openpyxl.load_workbook(io.BytesIO(calibration_workbook(found)))
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    for text in (out.getvalue(), *cells):
        assert not re.search(r"\b(nan|NaN|inf|None)\b", text)


def test_costs_that_cannot_be_are_left_out_and_said() -> None:
    costs = (100, 300, 0, None, -5, "abc")
    found = calibrate(grouped([*(("BS19", cost) for cost in costs), ("XX99", 7)]), min_cases=2)
    (period,) = found.periods.iter_rows(named=True)
    left_out = ("no_cost", "zero_cost", "unusable_cost", "unknown_group")
    assert [period[name] for name in ("rows", "cases", *left_out)] == [7, 2, 1, 1, 2, 1]
    said = " ".join(note.message for note in found.notes)
    for words in ("1 grouped cases have no cost", "cost of 0", "cost that cannot be", "XX99"):
        assert words in said
    assert found.weights == {"BS19": Decimal("1.0000")}
    no_nan(found)


def test_all_costs_equal() -> None:
    found = calibrate(grouped([(drg, 100) for drg in ("BS19", "BV19") for _ in range(4)]), min_cases=2)
    assert set(found.weights.values()) == {Decimal("1.0000")}
    assert any("all costs are equal" in note.message for note in found.notes)
    no_nan(found)


@pytest.mark.parametrize(("cost", "told"), [("1.2", True), ("12000", False)])
def test_costs_in_another_unit_are_told(cost: str, told: bool) -> None:
    found = calibrate(grouped([("BS19", cost), ("BV19", cost)]), min_cases=1)
    assert any("not in 万元" in note.message for note in found.notes) == told
    # The scheme can be used all the same.
    assert found.scheme("mine").id == "mine"


def test_group_with_one_case() -> None:
    found = calibrate(grouped([("BS19", 100), ("BV19", 300), ("BV19", 300)]), min_cases=1)
    assert found.weights["BS19"] < 1
    assert any("1 group has a weight from a single case" in note.message for note in found.notes)
    no_nan(found)


@pytest.mark.parametrize(
    ("frames", "options", "words"),
    [
        ([grouped([("BS19", 1)], "demo"), grouped([("BS19", 1)], "harbin-2022")], {}, "different versions"),
        (grouped([("BS19", 1)], "demo"), {"grouper": SPLIT}, "grouped by demo, not by"),
        (grouped([("BS19", 1)], None), {}, "no case says by which version"),
        (grouped([("BS19", None)]), {}, "no case is grouped and has a cost"),
        (grouped([("BS19", 1)]).with_columns(grouping_status=pl.lit("ungrouped")), {}, "no case is grouped"),
        (grouped([("BS19", 1)]), {}, "no group has 30 cases"),
        (grouped([("BS19", 1)]).drop("total_cost_yuan"), {}, "total_cost_yuan"),
        (grouped([("BS19", 1)]).drop("drg"), {}, "drg group"),
        (grouped([("BS19", 1)]), {"min_cases": 1, "budget": {"310": 5}}, "insurance_type"),
        (grouped([("BS19", 1)], insurance_type="310"), {"min_cases": 1, "budget": {"390": 5}}, "no case of"),
        (grouped([("BS19", 1)]), {"min_cases": 1, "budget": 0}, "budget is 0"),
        (grouped([("BS19", 1)]), {"min_cases": 1, "budget": "0.001"}, "too small"),
        (grouped([("BS19", 1)]), {"min_cases": 1, "budget": {"310": 0}}, "budget of insurance 310 is 0"),
        (grouped([("BS19", 1)]), {"reserve": 1}, "reserve of 1"),
        (grouped([("BS19", 1)]), {"reserve": "0.05"}, "no budget"),
        (grouped([("BS19", 1)]), {"reserve": "x"}, "no amount"),
        (grouped([("BS19", 1)]), {"min_cases": 0}, "least cases"),
        (grouped([("BS19", 1)]), {"decimals": 9}, "9 decimals"),
        (grouped([("BS19", 1)]), {"base": "2020"}, "no period '2020'"),
        (grouped([("BS19", 1)]), {"period_weights": [1, 2]}, "number of weights"),
        (grouped([("BS19", 1)]), {"period_weights": [0]}, "weight of 0"),
        (grouped([("BS19", 1)]), {"prior": "harbin-2022"}, "is for harbin-2022"),
        (grouped([("BS19", 1)]), {"prior": {"BS19": Decimal(0)}}, "prior weight of BS19"),
        ({}, {}, "there are no cases"),
        ("a.csv", {}, "not a table"),
    ],
)  # fmt: skip
def test_clear_refusals(frames: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(drg.DrgError, match=words):
        calibrate(frames, **options)


def test_weights_that_cannot_be_written_are_left_out() -> None:
    rows = [("BS19", "0.01"), *(("BV19", 1000) for _ in range(9))]
    found = calibrate(grouped(rows), min_cases=1, trimming="none")
    assert set(found.weights) == {"BV19"}
    assert any("round to 0" in note.message and "BS19" in note.message for note in found.notes)


def test_by_the_scale_of_all_cases_weights_do_not_depend_on_groups_without_one() -> None:
    """A group of ten dear cases has a weight or none: the weights of the others drift by one scale only."""
    cheap, dear, rare = [code for code in adrg_of() if code.endswith("9")][:3]
    rows = [(cheap, 1_000)] * 100 + [(dear, 3_000)] * 100 + [(rare, 100_000)] * 10
    both: dict[Scale, list[Any]] = {"weighted": [], "all": []}
    for scale, found in both.items():
        for min_cases in (10, 30):
            found.append(calibrate(grouped(rows, SPLIT), trimming="none", min_cases=min_cases, scale=scale))
    with_all, without = both["all"]
    assert rare in with_all.weights
    assert rare not in without.weights
    mean = Fraction(1_400_000, 210)
    assert without.weights == {code: with_all.weights[code] for code in (cheap, dear)}
    assert with_all.weights[dear] == Decimal("0.4500") == round(Decimal(float(3_000 / mean)), 4)
    assert {one.mean_cost_yuan for one in both["all"]} == {Decimal("6666.67")}
    assert {one.all_cases_scale for one in both["all"]} == {1}
    assert not any("--scale all" in note.message for one in both["all"] for note in one.notes)
    # By the other scale 1 is the mean of the 200 cases, and it is said how far that is off.
    drifted = both["weighted"][1]
    assert drifted.weights == {cheap: Decimal("0.5"), dear: Decimal("1.5")}
    assert drifted.all_cases_scale == 2_000 / mean
    assert any("0.3000 times as large" in note.message for note in drifted.notes)
    # Without a budget the cases that have a weight are paid what they cost, whatever the scale.
    for one in (without, drifted):
        paid = drg.Pricer(one.scheme()).price(grouped(rows, SPLIT))["payment_yuan"].sum()
        assert abs(paid - 1_400_000) < 1


def test_a_scale_that_there_is_not_is_refused() -> None:
    with pytest.raises(drg.InputError, match="Give one of weighted, all"):
        calibrate(grouped([("BS19", 1)]), scale=cast(Any, "some"))
