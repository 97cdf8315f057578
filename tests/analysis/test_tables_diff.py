"""Two versions side by side. The numbers of shipped versions were counted from the tables by hand.

By hand: with the csv module and Python sets, and the moves of diagnoses with tests/reference.py.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from drg.analysis.tables_diff import WHAT, TablesDiff, diff_tables
from drg.analysis.tables_moves import CHANGE_COLUMNS
from drg.tables import load_tables
from tests.analysis.test_tables_check import made

Rows = list[tuple[str, str, str, str, str]]


def told(diff: TablesDiff, what: str) -> Rows:
    return diff.details(what).select(pl.exclude("what")).rows()


def summary(diff: TablesDiff) -> dict[tuple[str, str], int]:
    return {(what, change): count for what, change, count in diff.summary().rows()}


def test_nothing_changed() -> None:
    diff = diff_tables(made(), made())
    assert diff.changes.height == 0
    assert diff.changes.columns == list(CHANGE_COLUMNS)
    assert diff.counts.rows()[:3] == [("MDC", 2, 2, 2), ("ADRG", 4, 4, 4), ("DRG", 5, 5, 5)]


@pytest.mark.parametrize(
    ("changes", "what", "expected"),
    [
        (
            {"drg": [("BR13", "卒中一般", "QTZD in CC", "BR1", "MDCB", 2)]},
            "drg",
            [("added", "BR13", "卒中一般", "", "BR1")],
        ),
        (
            {"adrg": [("BR1", "脑卒中", "ZYZD in  DI_BR1", "MDCB", 2)]},
            "adrg",
            [("renamed", "BR1", "脑卒中", "卒中", "脑卒中")],
        ),
        ({"adrg": [("BR1", "卒\u3000中", "ZYZD in DI_BR1", "MDCB", 2)]}, "adrg", []),
        (
            {"drg": [("BR11", "卒中，伴严重合并症或并发症", "QTZD in {MCC, CC}", "BR1", "MDCB", 1)]},
            "drg",
            [("rule changed", "BR11", "卒中，伴严重合并症或并发症", "QTZD in MCC", "QTZD in {MCC, CC}")],
        ),
        (
            {
                "adrg": [("AA1", "移植", "ZYSS in OP_AA1", "MDCB", 9)],
                "drg": [("AA19", "移植", "", "AA1", "MDCB", 1)],
            },
            "adrg",
            [("moved", "AA1", "移植", "MDCA", "MDCB")],
        ),
        (
            {"adrg": [("BQY", "", "ZYSS in OP_ALL", "MDCB", 9)]},
            "order",
            [("another order", "MDCB", "ADRG", "BQY, BR1, B00", "BR1, B00, BQY")],
        ),
        (
            {
                "drg": [
                    ("BR13", "卒中一般", "QTZD in CC", "BR1", "MDCB", 2),
                    ("BR15", "卒中，不伴严重合并症或并发症", "", "BR1", "MDCB", 3),
                ]
            },
            "split",
            [("split otherwise", "BR1", "卒中", "1, 5", "1, 3, 5")],
        ),
        (
            {"sets": [("DI_BR1", "D11.000")]},
            "diagnosis",
            [("moved", "D11.000", "any patient", "MDCB B00", "MDCB BR1")],
        ),
        (
            {"sets": [("DI_B00", "D90.100")]},
            "diagnosis",
            [("newly grouped", "D90.100", "any patient", "", "MDCB B00")],
        ),
        (
            {"mdc": [("MDCB", "神经", "ZYZD in DI_B00 and XB = 2", 2)]},
            "diagnosis",
            [
                ("no longer grouped", "D10.001", "man, newborn", "MDCB BR1", ""),
                ("no longer grouped", "D11.000", "man, newborn", "MDCB B00", ""),
            ],
        ),
        (
            {"sets": [("OP_AA1", "09.9000"), ("OP_ALL", "01.0000")]},
            "procedure",
            [("newly asked for", "09.9000", "−0 +1", "", "AA1")],
        ),
        (
            {"sets": [("DI_BR1", "D11.000"), ("DI_X", "D11.000")]},
            "set",
            [("codes changed", "DI_BR1", "−0 +1", "1", "2"), ("added", "DI_X", "−0 +1", None, "1")],
        ),
        (
            {"sets": [("DI_BR1", "D11.000"), ("DI_X", "D11.000")]},
            "code",
            [("added", "D11.000", "DI_BR1", "", "DI_BR1")],
        ),
        (
            {"complications": [("D11.000", "CC", "EX_1")]},
            "complication",
            [("none → CC", "D11.000", "", "none", "CC")],
        ),
        (
            {"exclusions": [("EX_1", "D11.000")]},
            "exclusion",
            [("excluded by others", "D90.100", "−0 +1", "EX_1 (1)", "EX_1 (2)")],
        ),
    ],
)
def test_changes(changes: dict[str, list[tuple[Any, ...]]], what: str, expected: Rows) -> None:
    diff = diff_tables(made(), made(changes))
    assert told(diff, what) == expected
    assert set(diff.changes["what"]) <= set(WHAT)


def test_the_other_way_round() -> None:
    changes: dict[str, list[tuple[Any, ...]]] = {
        "drg": [("BR13", "卒中一般", "QTZD in CC", "BR1", "MDCB", 2)],
        "sets": [("OP_AA1", "09.9000"), ("DI_X", "D10.001")],
        "complications": [("D11.000", "CC", "EX_1")],
    }
    back = summary(diff_tables(made(changes), made()))
    assert back == {
        ("drg", "dropped"): 1,
        ("split", "split otherwise"): 1,
        ("procedure", "no longer asked for"): 1,
        ("set", "dropped"): 1,
        ("set", "codes changed"): 1,
        ("code", "removed"): 1,
        ("complication", "CC → none"): 1,
    }


def test_exclusion_sets_are_compared_by_their_codes() -> None:
    renumbered = made()
    renamed = {"EX_1": "EX_9"}
    other = type(renumbered)(
        renumbered.manifest,
        **{
            **renumbered.frames,
            "complications": renumbered.complications.with_columns(pl.col("exclusion_set").replace(renamed)),
            "exclusions": renumbered.exclusions.with_columns(pl.col("exclusion_set").replace(renamed)),
        },
    )
    assert diff_tables(made(), other).changes.height == 0


def test_from_the_first_to_the_second_national_version() -> None:
    diff = diff_tables(load_tables("chs-drg-1.1"), load_tables("chs-drg-2.0"))
    assert diff.counts.rows() == [
        ("MDC", 26, 26, 26),
        ("ADRG", 376, 430, 356),
        ("DRG", 628, 655, 408),
        ("sets", 446, 497, 403),
        ("codes in sets", 99_742, 100_463, 84_188),
        ("MCC diagnoses", 4_678, 4_477, 1_794),
        ("CC diagnoses", 16_568, 8_009, 5_993),
        ("exclusion sets", 223, 211, None),
    ]
    assert summary(diff) == {
        ("mdc", "renamed"): 8,
        ("mdc", "rule changed"): 4,
        ("adrg", "dropped"): 20,
        ("adrg", "added"): 74,
        ("adrg", "renamed"): 153,
        ("adrg", "rule changed"): 40,
        ("drg", "dropped"): 220,
        ("drg", "added"): 247,
        ("drg", "renamed"): 316,
        ("order", "another order"): 2,
        ("split", "split otherwise"): 132,
        ("diagnosis", "newly grouped"): 178,
        ("diagnosis", "moved"): 1_968,
        ("diagnosis", "no longer grouped"): 56,
        ("procedure", "moved"): 5_787,
        ("procedure", "no longer asked for"): 300,
        ("procedure", "newly asked for"): 156,
        ("set", "added"): 94,
        ("set", "dropped"): 43,
        ("set", "codes changed"): 295,
        ("code", "removed"): 10_636,
        ("code", "added"): 6_777,
        ("complication", "CC → MCC"): 1_937,
        ("complication", "CC → none"): 8_638,
        ("complication", "MCC → CC"): 755,
        ("complication", "MCC → none"): 2_129,
        ("complication", "none → CC"): 1_261,
        ("complication", "none → MCC"): 746,
        ("exclusion", "excluded by others"): 1_896,
    }
    assert ("rule changed", "MDCY") in [row[:2] for row in told(diff, "mdc")]
    assert ("split otherwise", "AH1", "ECMO 或全人工心脏植入术", "1, 5", "9") in told(diff, "split")


def test_from_a_city_to_the_version_it_is_based_on() -> None:
    diff = diff_tables(load_tables("wuhan-2022"), load_tables("chs-drg-1.0"))
    assert diff.counts.row(2) == ("DRG", 665, 618, 295)
    assert summary(diff) == {
        ("drg", "dropped"): 370,
        ("drg", "added"): 323,
        ("drg", "renamed"): 176,
        ("split", "split otherwise"): 204,
    }
    assert ("split otherwise", "PR1", "新生儿呼吸窘迫综合征", "9", "1, 3, 5") in told(diff, "split")
