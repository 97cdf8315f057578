"""Trimming against numpy, group by group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.analysis.trimming import Trimming, limits, trim
from drg.errors import InputError

RULES = ("none", "percentile:5,90", "iqr:1.5", "iqr:0.5", "iqr:0.5,1.5", "log-sd:1", "log-sd:2.5")


def kept_by_numpy(values: npt.NDArray[np.float64], rule: Trimming) -> npt.NDArray[np.bool_]:
    """What is kept of one group; nothing in it is NaN."""
    if rule.method == "none":
        return np.ones(len(values), dtype=bool)
    if rule.method == "log-sd":
        logs = np.log(values[values > 0])
        if len(logs) < 2:
            return values > 0
        distance = rule.times * logs.std(ddof=1)
        low, high = np.exp(logs.mean() - distance) * (1 - 1e-9), np.exp(logs.mean() + distance) * (1 + 1e-9)
        return (values >= low) & (values <= high)
    if rule.method == "percentile":
        if len(values) < 20:  # a twentieth of fewer is no case
            return np.ones(len(values), dtype=bool)
        low, high = np.quantile(values, [rule.low / 100, rule.high / 100])
    else:
        first, third = np.quantile(values, [0.25, 0.75])
        below = rule.times_below or rule.times
        low, high = first - below * (third - first), third + rule.times * (third - first)
    return (values >= low) & (values <= high)


@pytest.mark.parametrize("text", RULES)
def test_each_group_by_itself_as_numpy_does(text: str) -> None:
    rng = np.random.default_rng(5)
    groups = rng.integers(-1, 40, 1500)
    values = np.round(rng.lognormal(9, 1, 1500), 2)
    values[:20] = np.nan
    values[20:40] = 0
    rule = Trimming.parse(text)
    mask = trim(groups, values, rule).kept
    assert not mask[groups < 0].any()
    assert not mask[np.isnan(values)].any()
    for number in range(40):
        here = (groups == number) & ~np.isnan(values)
        assert (mask[here] == kept_by_numpy(values[here], rule)).all(), number
    if text != "none":
        assert 0 < (~mask[(groups >= 0) & ~np.isnan(values)]).sum() < 700


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10**10)), min_size=1, max_size=60),
    st.sampled_from([rule for rule in RULES if rule[0] in "pi"]),
)
def test_whole_numbers_and_any_order(cases: list[tuple[int, int]], text: str) -> None:
    groups, values = (np.array(part) for part in zip(*cases, strict=True))
    rule = Trimming.parse(text)
    mask = trim(groups, values, rule).kept
    for number in np.unique(groups):
        here = groups == number
        assert (mask[here] == kept_by_numpy(values[here].astype(float), rule)).all()
    order = np.random.default_rng(0).permutation(len(cases))
    assert (trim(groups[order], values[order], rule).kept == mask[order]).all()


def test_quantiles_are_those_of_numpy_to_the_last_bit() -> None:
    values = np.random.default_rng(1).lognormal(9, 1, 97)
    low, high = limits(np.zeros(97, dtype=np.int64), values, Trimming.parse("percentile:2.5,97.5"))
    assert [low[0], high[0]] == np.quantile(values, [0.025, 0.975]).tolist()


def test_limits_are_kept_and_single_or_equal_values_are_never_trimmed() -> None:
    groups = np.array([0, 1, 1, 1])
    for text in RULES:
        assert trim(groups, np.array([7, 333, 333, 333]), Trimming.parse(text)).kept.all(), text
    five = np.array([1, 2, 3, 4, 9])
    # Quartiles 2 and 4: limits −1 and 7.
    assert trim(np.zeros(5, int), five, Trimming("iqr")).kept.tolist() == [True] * 4 + [False]
    assert trim(np.zeros(5, int), np.array([1, 2, 3, 4, 7]), Trimming("iqr")).kept.all()


def test_zero_has_no_log() -> None:
    mask = trim(np.array([0, 0, 0, 1]), np.array([0, 10, 10, 0]), Trimming.parse("log-sd:3")).kept
    assert mask.tolist() == [False, True, True, False]


def test_nothing_to_trim() -> None:
    assert trim(np.array([], int), np.array([]), Trimming.parse("iqr")).kept.tolist() == []
    assert trim(np.array([-1, -1]), np.array([1.0, 2.0]), Trimming.parse("iqr")).kept.tolist() == [
        False,
        False,
    ]


@pytest.mark.parametrize("cases", [2, 19, 20, 39, 40, 400])
@pytest.mark.parametrize("text", ["percentile:5,90", "winsor-percentile:5,90"])
def test_percentiles_take_their_share_of_a_group_and_no_small_group_away(text: str, cases: int) -> None:
    rule = Trimming.parse(text)
    assert rule.least_cases == 20
    found = trim(np.zeros(cases, int), np.arange(cases), rule)
    assert found.below.sum() <= 0.05 * cases + 1
    assert found.above.sum() <= 0.10 * cases + 1
    assert (found.below.any() and found.above.any()) == (cases >= 20)


@pytest.mark.parametrize(
    ("text", "least"),
    [
        *(("percentile:1,99", 100), ("percentile:0.5,99", 200), ("percentile:0,95", 20)),
        *(("percentile:0,100", 2), ("percentile:25,75", 4), ("iqr:1.5", 2), ("log-sd:3", 2), ("none", 2)),
    ],
)
def test_the_smallest_group_that_is_trimmed(text: str, least: int) -> None:
    assert Trimming.parse(text).least_cases == least


@pytest.mark.parametrize("text", [rule for rule in RULES if rule != "none"])
def test_winsorising_sets_to_the_limits_what_trimming_leaves_out(text: str) -> None:
    rng = np.random.default_rng(3)
    groups, values = rng.integers(-1, 12, 800), rng.lognormal(12, 1, 800).astype(np.int64)
    left_out = trim(groups, values, Trimming.parse(text))
    found = trim(groups, values, Trimming.parse(f"winsor-{text}"))
    low, high = (bounds.round()[groups] for bounds in limits(groups, values, Trimming.parse(text)))
    assert (found.kept == (groups >= 0)).all()
    assert (found.values[left_out.kept] == values[left_out.kept]).all()
    assert (found.values[left_out.below] == low[left_out.below]).all()
    assert (found.values[left_out.above] == high[left_out.above]).all()
    assert left_out.above.any()
    assert found.values.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "rule", "name"),
    [
        ("none", Trimming(), "none"),
        ("percentile", Trimming("percentile", low=1, high=99), "percentile:1,99"),
        (" Percentile:5,95 ", Trimming("percentile", low=5, high=95), "percentile:5,95"),
        ("iqr", Trimming("iqr", times=1.5), "iqr:1.5"),
        ("iqr:3", Trimming("iqr", times=3), "iqr:3"),
        ("iqr:0.5,1.5", Trimming("iqr", times_below=0.5, times=1.5), "iqr:0.5,1.5"),
        ("winsor-iqr:3", Trimming("iqr", times=3, winsorises=True), "winsor-iqr:3"),
        ("Winsor_log_sd", Trimming("log-sd", times=3, winsorises=True), "winsor-log-sd:3"),
        ("log_sd", Trimming("log-sd", times=3), "log-sd:3"),
        ("log-sd:2", Trimming("log-sd", times=2), "log-sd:2"),
    ],
)
def test_rules_have_names(text: str, rule: Trimming, name: str) -> None:
    assert Trimming.parse(text) == rule
    assert str(rule) == name
    assert Trimming.parse(name) == rule


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "median",
            "iqr:0",
            "iqr:x",
            "iqr:0,1",
            "iqr:1,2,3",
            "percentile:1",
            "percentile:99,1",
            "none:1",
        ),
        *("iqr:nan", "winsor-none", "winsor-", "winsor"),
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="Give"):
        Trimming.parse(text)


@pytest.mark.parametrize("lowest", [-5_000, 0, -(2**62)])
def test_whole_numbers_have_the_limits_of_floats(lowest: int) -> None:
    """Whole numbers are put in order by a shorter way where they are not too large for it."""
    rng = np.random.default_rng(6)
    groups, values = rng.integers(0, 30, 900), rng.integers(-400, 400, 900) * 5
    values[0] = lowest
    found, expected = (
        limits(groups, one, Trimming.parse("iqr:1.5")) for one in (values, values.astype(float))
    )
    assert (found.low == expected.low).all()
    assert (found.high == expected.high).all()
