"""Which group is for MCC, CC or none."""

from __future__ import annotations

import polars as pl

from drg.analysis.quality import evaluate
from drg.analysis.quality.levels import levels_of_codes, levels_of_version, pairs
from drg.tables import list_groupers, load_tables
from tests.analysis.quality.frames import grouped
from tests.helpers import version


def test_levels_by_rule() -> None:
    tables = version(
        mdc=[("MDCA", "1", 1)],
        adrg=[(code, "1", "MDCA", order) for order, code in enumerate(("AA1", "AB1", "AC1"))],
        drg=[
            ("AA1A", "QTZD in MCC", "AA1", "MDCA", 1),
            ("AA1B", "QTZD in {MCC, CC}", "AA1", "MDCA", 2),
            ("AA1C", "NL < 17", "AA1", "MDCA", 3),
            ("AA1D", "QTZD in CC and NL < 17", "AA1", "MDCA", 4),
            ("AA15", "", "AA1", "MDCA", 5),
            ("AB11", "NL < 17", "AB1", "MDCA", 1),
            ("AB15", "1", "AB1", "MDCA", 2),
            ("AC13", "QTZD in CC", "AC1", "MDCA", 1),
            ("AC15", "1", "AC1", "MDCA", 2),
        ],
        complications=[("K10", "MCC", ""), ("K11", "CC", "")],
    )
    levels = levels_of_version(tables)
    assert levels == {"AA1A": "MCC", "AA1B": "CC", "AA15": "none", "AC13": "CC", "AC15": "none"}
    assert pairs(levels, ["AA1C", "AA15", "AA1A", "AA1B"]) == [("AA1A", "AA1B"), ("AA1B", "AA15")]
    assert pairs(levels, ["AA15", "AA1A"]) == [("AA1A", "AA15")]
    assert pairs(levels, ["AC15"]) == pairs(levels, ["AB11", "AB15"]) == []


def test_levels_by_the_last_character() -> None:
    levels = levels_of_codes({"AA11": "AA1", "AA13": "AA1", "AA15": "AA1", "AA19": "AA1", "AB15": "AB1"})
    assert levels == {"AA11": "MCC", "AA13": "CC", "AA15": "none"}


def test_rules_and_last_characters_agree_in_national_versions() -> None:
    for name in ("chs-drg-1.0", "chs-drg-1.1", "chs-drg-2.0"):
        tables = load_tables(name)
        rows = tables.drg.filter(~pl.col("drg").is_in(["", "0000"])).select("drg", "adrg").rows()
        by_rule, by_code = levels_of_version(tables), levels_of_codes(dict(rows))
        assert len(by_rule) > 300
        differing = {drg for drg in by_rule if by_code.get(drg) != by_rule[drg]}
        # A few groups of code 1 are for either.
        assert len(differing) < 0.1 * len(by_rule), sorted(differing)


def test_every_installed_version_has_levels() -> None:
    for manifest in list_groupers():
        assert levels_of_version(load_tables(manifest.id)), manifest.id


def test_where_the_levels_come_from() -> None:
    frame = grouped([("BB21", 100, 1), ("BB25", 50, 1), ("BR1A", 10, 1), ("BR15", 60, 1)])
    by_code = evaluate(frame, replicates=0)
    assert by_code.settings["levels"] == "last character"
    assert "levels-by-code" in by_code.findings["rule"]
    by_rule = evaluate(frame, "demo", replicates=0)
    assert by_rule.settings["levels"] == "rules"
    named = evaluate(frame.with_columns(grouper=pl.lit("demo")), replicates=0)
    assert named.order.equals(by_rule.order)
    assert named.settings == by_rule.settings
    not_installed = evaluate(frame.with_columns(grouper=pl.lit("no-such-version")), replicates=0)
    assert not_installed.settings["levels"] == "last character"
    other = evaluate(frame.with_columns(grouper=pl.lit("chs-drg-2.0")), "demo", replicates=0)
    assert "other-version" in other.findings["rule"]


def test_pairs_of_equal_means_are_in_order() -> None:
    found = evaluate(grouped([("BB21", 100, 1), ("BB23", 100, 1), ("BB25", 100.01, 1)]), "demo", replicates=0)
    assert found.order.select("higher_drg", "violated").rows() == [("BB21", False), ("BB23", True)]
    assert found.order["p_welch"].to_list() == [None, None]
