"""Which group is for MCC, CC or none, and which groups are in order by that."""

from __future__ import annotations

import polars as pl
import pytest

from drg.analysis.severity import (
    CC,
    MCC,
    NONE,
    Ladder,
    asked,
    ladders_of_codes,
    ladders_of_version,
    levels,
)
from drg.tables import list_groupers, load_tables
from tests.helpers import version


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        ("QTZD in MCC", MCC),
        ("QTZD in {MCC, CC}", CC),
        ("QTZD in CC", CC),
        ("", NONE),
        ("1", NONE),
        ("NL <= 14", NONE),
        ("NL <= 14 and QTZD in MCC", MCC),
        ("QTZD in MCC or NL <= 14", NONE),
    ],
)
def test_level_of_a_rule(rule: str, level: str) -> None:
    assert asked(rule)[0] == level


def test_other_conditions_tell_groups_apart() -> None:
    assert asked("QTZD in MCC and NL <= 14")[1] == asked("NL <= 14")[1]
    assert asked("NL <= 14")[1] != asked("NL > 14")[1] != asked("")[1]
    assert asked("QTZD in MCC or NL <= 14")[1] != asked("")[1]


def test_ladders_by_rule() -> None:
    tables = version(
        mdc=[("MDCA", "1", 1)],
        adrg=[(code, "1", "MDCA", order) for order, code in enumerate(("AA1", "AB1", "AC1", "AD1"))],
        drg=[
            ("AA1A", "QTZD in MCC", "AA1", "MDCA", 1),
            ("AA1B", "QTZD in {MCC, CC}", "AA1", "MDCA", 2),
            ("AA1C", "QTZD in CC and NL < 17", "AA1", "MDCA", 3),
            ("AA1D", "NL < 17", "AA1", "MDCA", 4),
            ("AA15", "", "AA1", "MDCA", 5),
            ("AB11", "NL < 17", "AB1", "MDCA", 1),
            ("AB15", "1", "AB1", "MDCA", 2),
            ("AC13", "QTZD in CC", "AC1", "MDCA", 1),
            ("AC15", "1", "AC1", "MDCA", 2),
            ("AD11", "QTZD in MCC and NL < 17", "AD1", "MDCA", 1),
            ("AD15", "1", "AD1", "MDCA", 2),
        ],
        complications=[("K10", "MCC", ""), ("K11", "CC", "")],
    )
    ladders = ladders_of_version(tables)
    assert ladders == [
        ("AA1", {"AA15": NONE, "AA1B": CC, "AA1A": MCC}),
        ("AA1", {"AA1D": NONE, "AA1C": CC}),
        ("AC1", {"AC15": NONE, "AC13": CC}),
    ]
    assert list(ladders[0].levels) == ["AA15", "AA1B", "AA1A"]
    assert {"AB11", "AB15", "AD11", "AD15"}.isdisjoint(levels(ladders))


def test_each_group_is_compared_with_the_next_lower_level_that_is_there() -> None:
    ladder = Ladder("AA1", {"AA15": NONE, "AA1B": CC, "AA1A": MCC})
    assert ladder.pairs(["AA1C", "AA15", "AA1A", "AA1B"]) == [("AA1A", "AA1B"), ("AA1B", "AA15")]
    assert ladder.pairs(["AA15", "AA1A"]) == [("AA1A", "AA15")]
    assert ladder.pairs(["AA15"]) == ladder.pairs([]) == []


def test_of_groups_that_ask_for_the_same_the_later_one_is_milder() -> None:
    tables = version(
        mdc=[("MDCA", "1", 1)],
        adrg=[("AA1", "1", "MDCA", 1)],
        drg=[
            ("AA11", "QTZD in {MCC, CC}", "AA1", "MDCA", 1),
            ("AA13", "QTZD in CC", "AA1", "MDCA", 2),
            ("AA15", "1", "AA1", "MDCA", 3),
        ],
        complications=[("K10", "MCC", ""), ("K11", "CC", "")],
    )
    (ladder,) = ladders_of_version(tables)
    assert list(ladder.levels) == ["AA15", "AA13", "AA11"]
    assert ladder.pairs(["AA11", "AA13", "AA15"]) == [("AA13", "AA15"), ("AA11", "AA15")]


def test_ladders_by_the_last_character() -> None:
    codes = {"AA11": "AA1", "AA13": "AA1", "AA15": "AA1", "AA19": "AA1", "AB15": "AB1", "AC13": "AC1"}
    assert ladders_of_codes(codes) == [("AA1", {"AA15": NONE, "AA13": CC, "AA11": MCC})]


def test_rules_and_last_characters_agree_in_national_versions() -> None:
    for name in ("chs-drg-1.0", "chs-drg-1.1", "chs-drg-2.0"):
        tables = load_tables(name)
        rows = tables.drg.filter(~pl.col("drg").is_in(["", "0000"])).select("drg", "adrg").rows()
        by_rule = levels(ladders_of_version(tables))
        by_code = levels(ladders_of_codes(dict(rows)))
        assert len(by_rule) > 300
        differing = {drg for drg in by_rule if by_code.get(drg) != by_rule[drg]}
        # A few groups of code 1 are for either.
        assert len(differing) < 0.1 * len(by_rule), sorted(differing)


def test_every_installed_version_has_ladders() -> None:
    for manifest in list_groupers():
        assert ladders_of_version(load_tables(manifest.id)), manifest.id
