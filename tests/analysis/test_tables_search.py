"""Groups of a version by code, name or pinyin."""

from __future__ import annotations

import pytest

from drg.analysis.tables_search import search_groups
from drg.tables import load_tables


@pytest.mark.parametrize("query", ["青光眼", "qingguangyan", "qingguang", "CV1", "cv1"])
def test_groups_are_found(query: str) -> None:
    found = search_groups(load_tables("chs-drg-2.0"), query)
    assert [(group.table, group.code) for group in found] == [("adrg", "CV1"), ("drg", "CV19")]
    assert found[0].rule


def test_initials() -> None:
    assert "CV1" in [group.code for group in search_groups(load_tables("chs-drg-2.0"), "qgy")]


def test_mdcs_come_first() -> None:
    found = search_groups(load_tables("chs-drg-2.0"), "眼")
    assert (found[0].table, found[0].code) == ("mdc", "MDCC")


def test_nothing_is_found() -> None:
    assert search_groups(load_tables("demo"), "没有的") == []
    assert search_groups(load_tables("demo"), "qqqqq") == []
