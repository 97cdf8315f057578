"""Which groups an evaluation compares by their complications."""

from __future__ import annotations

import polars as pl

from drg.analysis.quality import evaluate
from tests.analysis.quality.frames import grouped


def test_where_the_levels_come_from() -> None:
    frame = grouped([("BB21", 100, 1), ("BB25", 50, 1), ("BR1A", 10, 1), ("BR15", 60, 1)])
    by_code = evaluate(frame)
    assert by_code.settings["levels"] == "last character"
    assert "levels-by-code" in by_code.findings["rule"]
    by_rule = evaluate(frame, "demo")
    assert by_rule.settings["levels"] == "rules"
    named = evaluate(frame.with_columns(grouper=pl.lit("demo")))
    assert named.order.equals(by_rule.order)
    assert named.settings == by_rule.settings
    not_installed = evaluate(frame.with_columns(grouper=pl.lit("no-such-version")))
    assert not_installed.settings["levels"] == "last character"
    other = evaluate(frame.with_columns(grouper=pl.lit("chs-drg-2.0")), "demo")
    assert "other-version" in other.findings["rule"]


def test_pairs_of_equal_means_are_in_order() -> None:
    found = evaluate(grouped([("BB21", 100, 1), ("BB23", 100, 1), ("BB25", 100.01, 1)]), "demo")
    assert found.order.select("higher_drg", "descends").rows() == [("BB21", False), ("BB23", True)]
    # Single cases prove nothing.
    assert (
        found.order.select("p_welch", "p_ranks", "p_adjusted", "violated").rows()
        == [(None, None, None, False)] * 2
    )
