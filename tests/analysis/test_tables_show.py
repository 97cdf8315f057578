"""One group, set or code of a version."""

from __future__ import annotations

import pytest

from drg.analysis.tables_show import Code, CodeSet, Group, show
from drg.errors import TablesError
from drg.tables import load_tables
from tests.analysis.test_tables_check import made


def only(item: str) -> Group | CodeSet | Code:
    (found,) = show(made(), item, {"D10.001": "脑梗死"}.get)  # type: ignore[arg-type]
    return found


def test_an_adrg() -> None:
    group = only("br1")
    assert isinstance(group, Group)
    assert (group.line.table, group.line.code, group.line.rule) == ("adrg", "BR1", "ZYZD in DI_BR1")
    assert (group.order, group.place, group.of) == (2, 2, 3)
    assert [line.code for line in group.parents] == ["MDCB"]
    assert [(line.code, line.rule) for line in group.inside] == [("BR11", "QTZD in MCC"), ("BR15", "")]
    assert [(one.name, one.codes) for one in group.sets] == [("DI_BR1", (("D10.001", "脑梗死"),))]


def test_an_mdc_and_a_drg() -> None:
    mdc, drg = only("MDCB"), only("BR11")
    assert isinstance(mdc, Group)
    assert [line.code for line in mdc.inside] == ["BQY", "BR1", "B00"]
    assert (mdc.place, mdc.of, mdc.parents) == (2, 2, ())
    assert isinstance(drg, Group)
    assert [line.code for line in drg.parents] == ["MDCB", "BR1"]
    assert (drg.inside, drg.sets) == ((), ())


def test_a_code_that_is_adrg_and_drg() -> None:
    group = only("BQY")
    assert isinstance(group, Group)
    assert group.line.table == "adrg"
    assert [line.code for line in group.inside] == ["BQY"]


def test_sets() -> None:
    one = only("op_all")
    assert isinstance(one, CodeSet)
    assert [code for code, _ in one.codes] == ["03.6x00", "09.9000"]
    assert [line.code for line in one.used_by] == ["BQY"]
    assert one.complications is None
    exclusion = only("EX_1")
    assert isinstance(exclusion, CodeSet)
    assert (exclusion.complications, exclusion.used_by) == (1, ())


def test_codes() -> None:
    code = only(" d10.001")
    assert isinstance(code, Code)
    assert (code.code, code.name, code.level, code.excludes) == ("D10.001", "脑梗死", None, ("EX_1",))
    assert [(name, [line.code for line in lines]) for name, lines in code.sets] == [
        ("DI_B00", ["MDCB"]),
        ("DI_BR1", ["BR1"]),
    ]
    complication = only("D90.100")
    assert isinstance(complication, Code)
    assert (complication.level, complication.exclusion_set, complication.sets) == ("MCC", "EX_1", ())
    free = only("D90.300")
    assert isinstance(free, Code)
    assert (free.level, free.exclusion_set) == ("CC", None)


def test_nothing_of_that_name() -> None:
    with pytest.raises(TablesError, match="made has no group, set or code 'BR9'") as caught:
        show(made(), "BR9")
    assert str(caught.value.fix).startswith("Did you mean 'BR")
    with pytest.raises(TablesError, match="no group"):
        show(made(), "???")


def test_fallbacks_are_shown_where_they_are_tried() -> None:
    (group,) = show(load_tables("demo"), "B00")
    assert isinstance(group, Group)
    assert (group.order, group.place, group.of) == (3, 8, 8)
