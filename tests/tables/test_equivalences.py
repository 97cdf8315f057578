from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from drg.errors import TablesError
from drg.tables import GrouperTables, list_groupers, load_tables
from drg.tables.equivalences import EMPTY, normal_name, same_adrgs
from tests.helpers import grouper_tables, version

MANIFESTS = list_groupers()
# What is based on another version has most of its ADRGs from there.
SHIPPED = [
    manifest.id if manifest.based_on is None else pytest.param(manifest.id, marks=pytest.mark.thorough)
    for manifest in MANIFESTS
]
WHOLE = [manifest.id for manifest in MANIFESTS if manifest.based_on is None]


def named(tables: GrouperTables, **names: str) -> GrouperTables:
    """A version with other names of ADRGs."""
    return replace(
        tables, adrg=tables.adrg.with_columns(name=pl.col("adrg").replace_strict(names, default=""))
    )


def made(rules: dict[str, str], sets: dict[str, list[str]], names: dict[str, str]) -> GrouperTables:
    adrgs = [(code, rule, f"MDC{code[0]}", order) for order, (code, rule) in enumerate(rules.items())]
    mdcs = [(mdc, "", order) for order, mdc in enumerate(sorted({parent for _, _, parent, _ in adrgs}))]
    return named(version(mdcs, adrgs, sets=sets), **names)


def test_names_compare_without_punctuation() -> None:
    assert normal_name("早产儿（ 出生体重 1500-1999g）") == normal_name("早产儿（出生体重1500－1999G）")
    assert normal_name("肝、胆疾患") == normal_name("肝胆疾病")
    assert normal_name("出生体重＜1500g") != normal_name("出生体重≥1500g")


def test_equal_names_of_an_mdc_are_one_group_whatever_the_code() -> None:
    before = made({"HC2": "ZYSS in OP_A", "IC2": "ZYSS in OP_A"}, {"OP_A": ["1"]}, {"HC2": "甲", "IC2": "甲"})
    after = made(
        {"HC4": "ZYSS in OP_B and NL > 3", "HC2": "NL > 5"}, {"OP_B": ["1", "2"]}, {"HC4": "甲", "HC2": "乙"}
    )
    assert same_adrgs(before, after) == {"HC4": "HC2"}
    assert same_adrgs(after, before) == {"HC2": "HC4"}


def test_equal_rules_come_before_names() -> None:
    """The names of two groups were exchanged; their lists tell which is which."""
    rules = {"FR1": "ZYZD in DI_FR1", "FR2": "ZYZD in DI_FR2"}
    sets = {"DI_FR1": ["I21.0", "I21.1"], "DI_FR2": ["I50.0", "I50.1"]}
    before = made(rules, sets, {"FR1": "心力衰竭", "FR2": "急性心肌梗死"})
    after = made(rules, sets, {"FR1": "急性心肌梗死", "FR2": "心力衰竭"})
    assert same_adrgs(before, after) == {"FR1": "FR1", "FR2": "FR2"}


@pytest.mark.parametrize(
    ("common", "rule", "same"),
    [(9, "ZYZD in DI_X", True), (8, "ZYZD in DI_X", False), (9, "ZYZD in DI_X and NL > 5", False)],
)
def test_rules_are_equal_if_form_and_nine_tenths_of_each_list_are(common: int, rule: str, same: bool) -> None:
    before = made({"AB1": "ZYZD in DI_AB1"}, {"DI_AB1": [f"A0{n}" for n in range(10)]}, {"AB1": "甲"})
    after = made({"AB3": rule}, {"DI_X": [f"A0{n}" for n in range(common)]}, {"AB3": "乙"})
    assert same_adrgs(before, after) == ({"AB3": "AB1"} if same else {})


def test_names_do_not_join_lists_without_a_common_code() -> None:
    before = made({"CD1": "ZYSS in OP_A"}, {"OP_A": ["1"]}, {"CD1": "眼眶手术"})
    after = made({"CD1": "ZYSS in OP_A"}, {"OP_A": ["2"]}, {"CD1": "眼眶手术"})
    assert same_adrgs(before, after) == {}


def test_a_shared_name_joins_equal_codes_only() -> None:
    rules = {"HT1": "NL > 1", "HT2": "NL > 2"}
    before = made(rules, {}, {"HT1": "急性胰腺炎", "HT2": "急性胰腺炎"})
    after = made({"HT1": "NL > 3", "HT2": "NL > 4"}, {}, {"HT1": "重症胰腺炎", "HT2": "急性胰腺炎"})
    assert same_adrgs(before, after) == {"HT2": "HT2"}


def test_ambiguous_groups_of_an_mdc_are_one_group() -> None:
    before = made({"BQY": "NL > 1"}, {}, {"BQY": "歧义组"})
    after = made({"BQY": "NL > 2", "B00": ""}, {}, {})
    assert same_adrgs(before, after) == {"BQY": "BQY"}


def test_an_equivalence_joins_other_names() -> None:
    before = made({"SR1": "NL > 1"}, {}, {"SR1": "败血症"})
    after = made({"SR2": "NL > 2"}, {}, {"SR2": "脓毒症"})
    assert same_adrgs(before, after) == {}
    row = pl.DataFrame([("SR2", "败血症", "old", "renamed")], schema=EMPTY.schema, orient="row")
    after = replace(after, equivalences=row)
    assert same_adrgs(before, after) == {"SR2": "SR1"}
    assert same_adrgs(after, before) == {"SR1": "SR2"}


@pytest.mark.parametrize("id_", SHIPPED)
def test_each_version_is_the_same_as_itself(id_: str) -> None:
    tables = load_tables(id_)
    assert same_adrgs(tables, tables) == {code: code for code in tables.adrg["adrg"]}


@pytest.mark.parametrize("id_", WHOLE)
def test_shipped_equivalences_have_both_sides_and_are_needed(id_: str) -> None:
    tables = load_tables(id_)
    others = {version: load_tables(version) for version in tables.equivalences["version"].unique()}
    same = {version: same_adrgs(other, tables) for version, other in others.items()}
    bare = replace(tables, equivalences=EMPTY)
    without = {version: same_adrgs(other, bare) for version, other in others.items()}
    for row in tables.equivalences.to_dicts():
        other = others[row["version"]]
        mdc = tables.adrg.row(by_predicate=pl.col("adrg") == row["adrg"], named=True)["mdc"]
        there = [
            code
            for code, name, parent in other.adrg.select("adrg", "name", "mdc").rows()
            if parent == mdc and normal_name(name) == normal_name(row["other_name"])
        ]
        assert len(there) == 1, row
        assert same[row["version"]][row["adrg"]] == there[0]
        assert row["adrg"] not in without[row["version"]]


def write(directory: Path, *rows: str) -> Path:
    lines = ["adrg,other_name,version,reason", *rows]
    (directory / "equivalences.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory


def copy_of_demo(tmp_path: Path) -> Path:
    source = Path(__file__).parents[2] / "grouper_tables" / "demo"
    directory = tmp_path / "mine"
    directory.mkdir()
    for file in source.iterdir():
        (directory / file.name).write_bytes(file.read_bytes())
    return directory


def test_equivalences_are_read_and_do_not_change_the_digest(tmp_path: Path) -> None:
    directory = copy_of_demo(tmp_path)
    digest = load_tables(directory).digest
    found = load_tables(write(directory, "BR1,旧名,old,renamed"))
    assert found.equivalences.rows() == [("BR1", "旧名", "old", "renamed")]
    assert found.digest == digest


@pytest.mark.parametrize(
    ("row", "problem", "field"),
    [
        ("XX1,旧名,old,renamed", "no ADRG 'XX1'", "adrg"),
        ("BR1,,old,renamed", "other_name is empty", "other_name"),
        ("BR1,旧名,old,", "reason is empty", "reason"),
    ],
)
def test_a_wrong_equivalence_is_refused_with_its_place(
    tmp_path: Path, row: str, problem: str, field: str
) -> None:
    directory = write(copy_of_demo(tmp_path), row)
    with pytest.raises(TablesError, match=problem) as raised:
        load_tables(directory)
    assert raised.value.row == 2
    assert raised.value.field == field


def test_an_equivalence_with_the_own_name_is_refused(tmp_path: Path) -> None:
    directory = copy_of_demo(tmp_path)
    name = load_tables(directory).adrg.row(by_predicate=pl.col("adrg") == "BR1", named=True)["name"]
    with pytest.raises(TablesError, match="has this name already"):
        load_tables(write(directory, f"BR1,{name},old,renamed"))


def test_versions_made_in_memory_have_none() -> None:
    assert grouper_tables(load_tables("demo").frames).equivalences.is_empty()
