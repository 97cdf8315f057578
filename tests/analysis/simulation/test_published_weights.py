from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.simulation import population, true_weights
from drg.analysis.simulation.published_weights import published_weights
from tests.profiles import quick_first


@pytest.mark.parametrize(
    ("version", "scheme"),
    quick_first(
        [
            ("chongqing-2025", "chongqing-2025"),
            ("harbin-2022", "harbin-2022"),
            ("chs-drg-3.0", "reference-3.0"),
        ],
        1,
    ),
)
def test_weights_are_those_of_the_scheme(version: str, scheme: str) -> None:
    loaded = drg.load_scheme(scheme)
    known = published_weights(version)
    # Those of level 1 alone are left out.
    expected = {group: loaded.weight(group, "3") for group, _ in loaded.weights}
    assert known == {g: float(w.relative_weight) for g, w in expected.items() if w is not None}


def test_versions_without_have_none() -> None:
    assert published_weights("chs-drg-2.0") == published_weights("demo") == {}


def test_made_up_weights_are_on_the_scale_of_published_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "published_weights", lambda _: {"BR13": 3.5, "AA19": 20.0})
    truth = true_weights("demo", 4)
    published = truth.filter(pl.col("weight_source") == "published")
    assert dict(published.select("drg", "relative_weight").iter_rows()) == {"BR13": 3.5, "AA19": 20.0}
    weight = dict(truth.select("drg", "relative_weight").iter_rows())
    assert weight["BR11"] > 3.5 > weight["BR15"]
    assert weight["BR11"] / weight["BR15"] == pytest.approx(1.27 / 0.82, rel=1e-3)


@pytest.mark.thorough
def test_truth_says_which_weights_are_published() -> None:
    known = published_weights("harbin-2022")
    truth = true_weights("harbin-2022", 4)
    for group, weight, source in truth.select("drg", "relative_weight", "weight_source").iter_rows():
        assert source == ("published" if group in known else "made_up")
        assert weight == known.get(group, weight)
        assert weight > 0
    assert 0 < truth.filter(pl.col("weight_source") == "made_up").height < 40
    # What a seed makes up differs, what is published does not.
    same = truth["relative_weight"] == true_weights("harbin-2022", 5)["relative_weight"]
    assert set(truth.filter(same)["weight_source"]) == {"published"}
