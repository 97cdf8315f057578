"""Codes and names that are found by their beginning, a part, or pinyin."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from drg.cli import codes
from drg.records.code_search import KINDS, FoundCode, search_codes
from drg.records.codes import code_names, crosswalk
from drg.records.name_search import name_ranks

NAMES = pl.Series(
    ["胆囊结石", "急性胆囊炎", "绿脓杆菌感染", "HIV感染", "长骨骨折", "西安", "Kidner手术", "银屑病"]
)


def fitting(query: str) -> list[str]:
    ranked = pl.DataFrame({"name": NAMES, "rank": name_ranks(NAMES, query)}).drop_nulls()
    return ranked.sort("rank")["name"].to_list()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("胆囊", ["胆囊结石", "急性胆囊炎"]),
        ("dannang", ["胆囊结石", "急性胆囊炎"]),
        ("DanNang", ["胆囊结石", "急性胆囊炎"]),
        ("danna", ["胆囊结石", "急性胆囊炎"]),
        ("dn", ["胆囊结石", "急性胆囊炎"]),
        ("dnjs", ["胆囊结石"]),
        ("囊 jieshi", ["胆囊结石"]),
        ("dn 炎", ["急性胆囊炎"]),
        ("lvnong", ["绿脓杆菌感染"]),
        ("lünong", ["绿脓杆菌感染"]),
        ("hiv", ["HIV感染"]),
        ("changgu", ["长骨骨折"]),
        ("zhanggu", ["长骨骨折"]),
        ("xian", ["西安"]),
        ("yinxie", ["银屑病"]),
        ("idn", []),
        ("[", []),
        ("zz", []),
        ("", [*sorted(NAMES)]),
    ],
)
def test_names(query: str, names: list[str]) -> None:
    found = fitting(query)
    assert found == names if query else sorted(found) == names


def test_codes_by_their_beginning() -> None:
    found = search_codes("k80.2")
    assert [one.code for one in found][:2] == ["K80.200", "K80.200x001"]
    assert all(one.code.startswith("K80.2") for one in found)
    assert [one.code for one in search_codes("K802")] == [one.code for one in found]
    assert {one.kind for one in search_codes("51.2")} == {"procedure"}
    assert {one.kind for one in search_codes("5")} == {"procedure"}
    assert len(search_codes("E", ["diagnosis"])) > 100
    assert search_codes("E", ["procedure"]) == []
    assert search_codes("Q99.999") == search_codes(" ") == []


def test_clinical_codes_and_their_counterparts() -> None:
    found = {(one.code, one.version): one for one in search_codes("A01.00")}
    assert found["A01.000x002", "clinical"].counterparts == ("A01.003",)
    assert found["A01.003", "insurance"].counterparts == ("A01.000x002",)
    assert found["A01.000x002", "clinical"].name == found["A01.003", "insurance"].name
    assert found["A01.000", "insurance"] == FoundCode("diagnosis", "insurance", "A01.000", "伤寒", ())


def test_a_code_of_both_versions_with_another_meaning_is_there_twice() -> None:
    pairs = crosswalk("diagnosis").filter(
        pl.col("from_code").is_in(code_names("diagnosis")["code"].implode())
    )
    code = pairs.filter(pl.col("from_code") != pl.col("to_code"))["from_code"][0]
    assert {one.version for one in search_codes(code) if one.code == code} == {"insurance", "clinical"}


def test_codes_by_name() -> None:
    found = search_codes("胆囊")
    assert {one.kind for one in found} == set(KINDS)
    assert all("胆囊" in one.name for one in found)
    assert found[0].name.startswith("胆囊")
    assert [one.code for one in search_codes("dannang")][:3] == [one.code for one in found][:3]


def test_the_command_knows_the_kinds() -> None:
    assert codes._KINDS == KINDS


def test_pinyin_is_loaded_only_for_pinyin() -> None:
    program = (
        "import sys; from drg.records.code_search import search_codes; search_codes('胆囊'); "
        "search_codes('K80'); assert 'pypinyin' not in sys.modules; "
        "search_codes('dn'); assert 'pypinyin' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
