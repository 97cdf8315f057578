from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from drg import group, simulate
from drg.analysis.simulation import true_weights
from drg.analysis.simulation.planted import plant_errors
from drg.analysis.simulation.realism import realism
from tests.cli.conftest import Drg


@pytest.mark.parametrize("name", ["made.parquet", "made.csv", "made.xlsx"])
def test_simulate_writes_what_group_reads(drg: Drg, tmp_path: Path, name: str) -> None:
    made, grouped = tmp_path / name, tmp_path / "grouped.parquet"
    outcome = drg("simulate", 300, "-o", made, "-g", "demo", "--seed", 5, "--year", 2023, "--hospitals", 2)
    assert outcome.code == 0
    assert "300 made-up cases" in outcome.out
    assert "2 hospitals" in outcome.out
    assert drg("group", made, "-o", grouped, "-g", "demo", "-q").code == 0
    frame = pl.read_parquet(grouped)
    expected = simulate(300, "demo", seed=5, year=2023, hospitals=2)
    assert frame["case_id"].to_list() == expected["case_id"].to_list()
    assert frame["total_cost_yuan"].cast(pl.Decimal(18, 2)).equals(expected["total_cost_yuan"])
    assert (frame["grouping_status"] == "grouped").mean() > 0.9


def test_the_truth_can_be_written(drg: Drg, tmp_path: Path) -> None:
    made, weights = tmp_path / "made.parquet", tmp_path / "weights.parquet"
    outcome = drg("simulate", 10, "-o", made, "-g", "demo", "--weights", weights, "--mean-cost", 8000, "-q")
    assert (outcome.code, outcome.out) == (0, "")
    assert_frame_equal(pl.read_parquet(weights), true_weights("demo"))
    assert_frame_equal(pl.read_parquet(made), simulate(10, "demo", mean_cost_yuan=8000))
    assert drg("simulate", 10, "-o", made, "-g", "demo", "--weights", made).code == 2


def test_errors_can_be_planted(drg: Drg, tmp_path: Path) -> None:
    made, labels = tmp_path / "made.parquet", tmp_path / "labels.parquet"
    asked = ("--plant", "missing-cc=1", "--plant", "upcoding=H001:0.02", "--labels", labels)
    outcome = drg("simulate", 300, "-o", made, "-g", "demo", "--seed", 5, *asked)
    assert outcome.code == 0
    plain, weights = simulate(300, "demo", seed=5), true_weights("demo", 5)
    found = plant_errors(plain, "demo", ["missing_cc=1", "upcoding=H001:0.02"], seed=5, weights=weights)
    assert_frame_equal(pl.read_parquet(made), found.cases)
    assert_frame_equal(pl.read_parquet(labels), found.labels)
    count = found.counts.row(0, named=True)
    assert 0 < count["planted"] < count["asked"]
    assert f"only {count['planted']} of {count['asked']} errors could be planted: missing_cc" in outcome.err
    shown = {line.split("│")[1].strip(): line for line in outcome.out.splitlines() if line.startswith("│")}
    assert {"missing cc", "upcoding"} <= set(shown)
    assert f"{found.counts['planted'][1]} │" in shown["upcoding"]


def test_realism_is_shown_and_written(drg: Drg, tmp_path: Path) -> None:
    made, figures = tmp_path / "made.parquet", tmp_path / "figures.parquet"
    outcome = drg("simulate", 300, "-o", made, "-g", "demo", "--realism", figures)
    assert outcome.code == 0
    found = pl.read_parquet(figures)
    assert_frame_equal(found, realism(group(simulate(300, "demo"), "demo")))
    within = (found["difference"] == 0).sum()
    assert f"Realism: {within} of {found['low'].count()} figures are within" in outcome.out
    stay = found.filter(figure="mean_los_days")["value"].item()
    (line,) = (line for line in outcome.out.splitlines() if "mean stay in days" in line)
    assert [cell.strip() for cell in line.split("│")[2:-1]] == [f"{stay:.2f}", "8.40 – 8.80", "published"]


def test_errors_come_with_labels(drg: Drg, tmp_path: Path) -> None:
    made = tmp_path / "made.parquet"
    for asked in (("--plant", "missing-cc=1"), ("--labels", tmp_path / "labels.csv")):
        outcome = drg("simulate", 10, "-o", made, "-g", "demo", *asked)
        assert (outcome.code, "Give --plant and --labels together." in outcome.err) == (2, True)
    outcome = drg("simulate", 10, "-o", made, "-g", "demo", "--plant", "missing-cc=1", "--labels", made)
    assert outcome.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-1", "-o", "a.csv", "-g", "demo"), 2, "-1"),
        (("x", "-o", "a.csv", "-g", "demo"), 2, "not a valid integer"),
        (("5", "-o", "a.txt", "-g", "demo"), 1, "a.txt"),
        (("5", "-o", "nowhere/a.csv", "-g", "demo"), 1, "there is no directory"),
        (("5", "-o", "a.csv", "-g", "demmo"), 1, "Did you mean 'demo'"),
        (("5", "-o", "a.csv", "-g", "demo", "--year", "24"), 1, "year is 24"),
        (
            ("5", "-o", "a.csv", "-g", "demo", "--plant", "x=1", "--labels", "l.csv"),
            1,
            "no kind of error 'x'",
        ),
    ],
)
def test_mistakes_are_explained(
    drg: Drg,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = drg("simulate", *arguments)
    assert outcome.code == code
    assert said in outcome.err
    assert list(tmp_path.iterdir()) == []
