"""Data that nothing can be said of: a finding or a refusal, never NaN."""

from __future__ import annotations

from datetime import date
from math import isfinite
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drg.analysis.quality import Evaluation, evaluate
from drg.errors import InputError, MissingColumnError, UnknownGrouperError
from tests.analysis.quality.frames import SCHEMA, grouped
from tests.profiles import tries


def nothing_odd(found: Evaluation) -> Evaluation:
    """No NaN and no infinity anywhere."""
    numbers = [value for value in found.summary.values() if value is not None]
    for table in found.tables.values():
        numbers += [value for row in table.rows() for value in row if isinstance(value, float)]
    assert all(isfinite(number) for number in numbers)
    return found


def counts(found: Evaluation) -> dict[str, int]:
    return dict(found.findings.select("rule", "count").iter_rows())


def test_all_costs_equal() -> None:
    frame = grouped([("AA11", 500, 3)] * 3 + [("AA13", 500, 3)] * 3)
    found = nothing_odd(evaluate(frame))
    assert found.summary["riv_cost"] is None
    assert found.summary["riv_log_cost"] is None
    assert found.variance["riv"].is_null().all()
    assert found.variance["riv_adjusted_high"].is_null().all()
    assert found.groups["cv_cost"].to_list() == [0, 0]
    (split,) = found.splits.to_dicts()
    assert (split["f"], split["h"], split["p_f"], split["p_h"]) == (None,) * 4
    assert counts(found)["cost-equal"] == counts(found)["los-equal"] == 6


def test_costs_that_vary_between_groups_only() -> None:
    frame = grouped([("AA11", 500, 3)] * 3 + [("AA13", 400, 3)] * 3)
    found = nothing_odd(evaluate(frame))
    assert found.summary["riv_cost"] == 1
    (split,) = found.splits.to_dicts()
    assert split["f"] is None
    assert split["h"] == pytest.approx(5)


def test_groups_of_one_case() -> None:
    found = nothing_odd(evaluate(grouped([("AA11", 500, 3), ("AA13", 300, 4), ("AB19", 1, 0)])))
    assert found.groups.select(
        "sd_cost_yuan", "cv_cost", "cv_cost_low", "mean_cost_yuan_low"
    ).null_count().row(0) == (3, 3, 3, 3)
    assert found.summary["share_groups_cv_below_1"] is None
    assert found.summary["riv_cost"] == 1
    assert found.summary["riv_cost_adjusted"] is None
    assert found.splits.is_empty()
    assert counts(found)["one-case"] == counts(found)["few-cases"] == 3
    assert counts(found)["los-zero"] == 1


def test_one_case() -> None:
    found = nothing_odd(evaluate(grouped([("AA11", 500, 3)])))
    assert found.summary["riv_cost"] is None
    assert found.groups["mean_cost_yuan"].to_list() == [500]


def test_zero_and_missing_costs() -> None:
    frame = grouped([("AA11", 0, 1), ("AA11", 0, 2), ("AA13", None, 3), ("AA13", 7, 4), ("AA13", 9, 5)])
    found = nothing_odd(evaluate(frame))
    assert counts(found)["cost-zero"] == 2
    assert counts(found)["cost-missing"] == 1
    raw, log = (
        found.variance.filter(value="cost", scale=s, trimming="none").row(0, named=True)
        for s in ("raw", "log")
    )
    assert (raw["cases"], raw["left_out"]) == (4, 1)
    assert (log["cases"], log["left_out"]) == (2, 3)
    zero, other = found.groups.to_dicts()
    assert (zero["mean_cost_yuan"], zero["cv_cost"]) == (0, None)
    assert other["mean_cost_yuan"] == 8


def test_costs_that_cannot_be() -> None:
    frame = grouped([("AA11", 5, 1)] * 5).with_columns(
        total_cost_yuan=pl.Series(["5", "-5", "abc", "100000000.01", ""]),
        los_days=pl.Series(["1", "-1", "1.5", "x", ""]),
    )
    found = nothing_odd(evaluate(frame))
    assert (counts(found)["cost-impossible"], counts(found)["cost-missing"]) == (3, 1)
    assert (counts(found)["los-impossible"], counts(found)["los-missing"]) == (3, 1)


def test_no_grouped_cases() -> None:
    frame = grouped([("0000", 5, 1)] * 3).with_columns(grouping_status=pl.lit("ungrouped"))
    found = nothing_odd(evaluate(frame))
    assert found.summary["grouping_rate"] == 0
    assert found.summary["riv_cost"] is None
    assert "nothing-grouped" in counts(found)
    assert [table.height for table in found.tables.values()] == [8, 0, 0, 0, 0, 0, 1]


def test_no_cases() -> None:
    found = nothing_odd(evaluate(pl.DataFrame(schema=SCHEMA)))
    assert found.summary["grouping_rate"] is None
    assert list(counts(found)) == ["no-cases"]


def test_all_cases_excluded() -> None:
    frame = grouped([("AA11", 5, 1)] * 2).with_columns(grouping_status=pl.lit("invalid"))
    found = nothing_odd(evaluate(frame, exclude=["invalid"]))
    assert found.summary["grouping_rate"] is None
    assert counts(found)["excluded"] == 2


def test_long_stays_are_excluded_wherever_they_would_count() -> None:
    frame = grouped([("AA11", 5, 1), ("AA11", 7, 60), ("AA13", 900, 61), ("AA13", 8, None)])
    found = nothing_odd(evaluate(frame, longest_stay=60))
    assert found.groups.select("drg", "cases", "mean_cost_yuan").rows() == [("AA11", 2, 6), ("AA13", 1, 8)]
    assert counts(found)["excluded"] == 1
    assert (found.summary["grouping_rate"], found.summary["cases"]) == (1, 4)


def test_status_missing_or_grouped_into_nothing() -> None:
    frame = grouped([("AA11", 5, 1), ("AA11", 6, 1), ("", 7, 1)]).with_columns(
        grouping_status=pl.Series(["grouped", None, "grouped"])
    )
    found = nothing_odd(evaluate(frame))
    assert found.summary["grouped"] == 1
    assert counts(found)["no-group-named"] == 2


def test_cost_alone_or_days_alone() -> None:
    frame = grouped([("AA11", 5, 1), ("AA11", 6, 3), ("AA13", 9, 7)])
    only_cost = nothing_odd(evaluate(frame.drop("los_days")))
    assert only_cost.summary["riv_los"] is None
    assert only_cost.summary["riv_cost"] is not None
    only_days = nothing_odd(evaluate(frame.drop("total_cost_yuan")))
    assert only_days.summary["riv_cost"] is None
    assert only_days.summary["riv_los"] is not None


def test_several_versions() -> None:
    frame = grouped([("AA11", 5, 1), ("AA11", 6, 3)]).with_columns(grouper=pl.Series(["a", "b"]))
    found = evaluate(frame)
    (message,) = found.findings.filter(rule="several-versions")["message"]
    assert "(a, b)" in message
    assert found.findings["severity"][0] == "warning"


def test_adrg_is_guessed_from_the_code_only_if_there_is_none() -> None:
    frame = grouped([("AA11", 5, 1), ("AA13", 6, 3)])
    assert evaluate(frame.drop("adrg")).groups["adrg"].to_list() == ["AA1", "AA1"]
    other = frame.with_columns(adrg=pl.lit("XX1"))
    assert evaluate(other).groups["adrg"].to_list() == ["XX1", "XX1"]


@pytest.mark.parametrize("missing", ["drg", "grouping_status"])
def test_not_grouped_yet(missing: str) -> None:
    with pytest.raises(MissingColumnError, match=f"(?s){missing}.*drg group"):
        evaluate(grouped([("AA11", 5, 1)]).drop(missing))


def test_neither_cost_nor_days() -> None:
    with pytest.raises(MissingColumnError, match=r"(?s)total_cost_yuan.*los_days.*One of the two is enough"):
        evaluate(grouped([("AA11", 5, 1)]).drop("total_cost_yuan", "los_days"))


def test_columns_that_hold_what_they_cannot() -> None:
    frame = grouped([("AA11", 5, 1)])
    with pytest.raises(InputError, match="住院总费用 total_cost_yuan holds Date"):
        evaluate(frame.with_columns(total_cost_yuan=pl.lit(date(2025, 1, 1))))
    with pytest.raises(InputError, match="实际住院天数 los_days holds List"):
        evaluate(frame.with_columns(los_days=pl.lit([1])))
    with pytest.raises(InputError, match="not a table of discharges"):
        evaluate([1, 2])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"trimming": "top"}, "no trimming 'top'"),
        ({"ddof": 2}, "ddof of 2"),
        ({"min_cases": -1}, "min_cases is -1"),
        ({"longest_stay": -1}, "longest stay is -1"),
        ({"level": 1.0}, "intervals of level 1"),
        ({"exclude": ["grouped"]}, "'grouped' cannot be excluded"),
        ({"exclude": ["nonsense"]}, "'nonsense' cannot be excluded"),
    ],
)
def test_arguments_that_make_no_sense(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(grouped([("AA11", 5, 1)]), **wrong)


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(UnknownGrouperError):
        evaluate(grouped([("AA11", 5, 1)]), "chs-drg-9.9")


CASES = st.lists(
    st.tuples(
        st.sampled_from(["AA11", "AA13", "AA15", "AB19"]),
        st.none() | st.sampled_from([0, 1, 2, "0.01", "99999999.99"]),
        st.none() | st.integers(0, 3),
    ),
    max_size=12,
)


@tries(0.4)
@example([("AA11", 0, 1), ("AA11", 1, 1), *[("AA13", "99999999.99", 1)] * 2], "none", 0)
@given(CASES, st.sampled_from(["none", "percentile:10,90", "iqr:0.1", "log-sd:1"]), st.sampled_from([0, 1]))
def test_never_nan(cases: list[tuple[str, Any, int | None]], rule: str, ddof: int) -> None:
    found = nothing_odd(evaluate(grouped(cases), trimming=rule, ddof=ddof))
    assert found.summary["cases"] == len(cases)
    assert found.summary["cost_cases"] == sum(cost is not None for _, cost, _ in cases)
    for name, value in found.summary.items():
        if name.startswith("riv_") and not name.endswith("_adjusted"):
            assert value is None or -1e-9 <= value <= 1 + 1e-9, name
