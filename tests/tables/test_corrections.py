"""Corrected rows: what a manifest may say, what loading checks, and what the shipped versions say."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.errors import TablesError
from drg.tables import list_groupers, load_tables
from drg.tables.equivalences import normal_name
from drg.tables.locate import find
from drg.tables.manifest import parse_manifest

NATIONAL = 'id = "a"\ntitle = "b"\n\n[[corrections]]\n'


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The demo version, to be altered."""
    return Path(shutil.copytree(find("demo"), tmp_path / "demo"))


def corrected(directory: Path, correction: str) -> Path:
    manifest = directory / "manifest.toml"
    manifest.write_text(
        f"{manifest.read_text(encoding='utf-8')}\n[[corrections]]\n{correction}", encoding="utf-8"
    )
    return directory


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('table = "sets"\nreason = "x"', "has exactly one of added, removed, or before"),
        ('table = "sets"\nreason = "x"\nadded = ["a b"]\nremoved = ["c d"]', "this one has added, removed"),
        ('table = "adrg"\nreason = "x"\nbefore = { A = "" }', "exactly one"),
        ('table = "adrg"\nreason = "x"\ncolumn = "rule"\nadded = ["A"]', "this one has added, column"),
        ('table = "set"\nreason = "x"\nadded = ["a b"]', "corrections.1.table is 'set'; expected one of mdc"),
        ('table = "sets"\nadded = ["a b"]', "corrections.1.reason is missing"),
        ('table = "sets"\nreason = "x"\nadded = [1]', "corrections.1.added.1 is 1; expected a list of keys"),
        ('table = "sets"\nreason = "x"\nadds = ["a b"]', "unknown key 'corrections.1.adds'"),
    ],
)  # fmt: skip
def test_bad_corrections_are_refused(text: str, problem: str) -> None:
    with pytest.raises(TablesError, match=r"manifest\.toml") as caught:
        parse_manifest(NATIONAL + text, Path("manifest.toml"))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("correction", "problem"),
    [
        ('table = "drg"\nreason = "x"\nadded = ["QQ19"]', "but the table has no such row"),
        ('table = "mdc"\nreason = "x"\nremoved = ["MDCA"]', "but the table has the row"),
        ('table = "mdc"\nreason = "x"\ncolumn = "order"\nbefore = { MDCA = "1" }', "but the order is"),
        ('table = "mdc"\nreason = "x"\ncolumn = "level"\nbefore = { MDCA = "1" }', "has no column"),
    ],
)  # fmt: skip
def test_tables_must_be_as_the_corrections_say(copied: Path, correction: str, problem: str) -> None:
    with pytest.raises(TablesError, match="corrections") as caught:
        load_tables(corrected(copied, correction))
    assert problem in str(caught.value)


def test_corrections_do_not_change_the_digest(copied: Path) -> None:
    before = load_tables(copied).digest
    tables = load_tables(
        corrected(copied, 'table = "mdc"\nreason = "x"\ncolumn = "order"\nbefore = { MDCA = "9" }')
    )
    assert tables.digest == before
    assert tables.corrections.row(0, named=True) == {
        "table": "mdc", "key": "MDCA", "change": "changed", "column": "order", "before": "9",
        "reason": "x", "reason_zh": None, "version": "demo",
    }  # fmt: skip


def overlay(tmp_path: Path, manifest: str = "") -> Path:
    directory = tmp_path / "mine"
    directory.mkdir()
    text = f'id = "mine"\ntitle = "mine"\nbased_on = "chs-drg-1.1"\n{manifest}'
    (directory / "manifest.toml").write_text(text, encoding="utf-8")
    return directory


def test_a_version_takes_over_the_corrections_of_its_base(tmp_path: Path) -> None:
    base = load_tables("chs-drg-1.1").corrections
    assert load_tables(overlay(tmp_path)).corrections.equals(base)


def test_a_row_of_its_own_is_no_correction_of_the_base(tmp_path: Path) -> None:
    directory = overlay(tmp_path)
    row = "change,adrg,name,rule,mdc,order\nreplace,OR1,阴道分娩,QTZD in DI_OR1,MDCO,9\n"
    (directory / "adrg.csv").write_text(row, encoding="utf-8")
    base = load_tables("chs-drg-1.1").corrections
    assert load_tables(directory).corrections.equals(base.filter(pl.col("key") != "OR1"))


def test_an_empty_list_says_that_nothing_is_corrected(tmp_path: Path) -> None:
    assert load_tables(overlay(tmp_path, "corrections = []\n")).corrections.is_empty()


def test_shipped_versions_state_their_corrections_in_both_languages() -> None:
    counts = {}
    for manifest in list_groupers():
        counts[manifest.id] = load_tables(manifest.id).corrections["key"].len()
        for one in manifest.corrections or ():
            assert one.reason_zh, (manifest.id, one.reason)
    assert counts["chs-drg-1.1"] == 155
    assert counts["chs-drg-2.0"] == 36
    # Its own notes of the base, but for the ADRGs that the city does not have or changes.
    assert counts["chongqing-2025"] == 35
    assert counts["chs-drg-3.0"] == 7
    assert counts["yunnan-2022"] == 48
    assert counts["yinchuan-2023"] == 43


def names_of(version: str, *adrgs: str) -> list[str]:
    names = dict(load_tables(version).adrg.select("adrg", "name").rows())
    return [names[adrg] for adrg in adrgs]


def test_adrgs_have_the_names_of_their_own_lists() -> None:
    """The source of 1.1 and of what is based on it has the names that 1.0 gives to equal codes."""
    right = ["急性心肌梗死", "心力衰竭、休克", "胆总管手术", "胆囊切除手术", "除胆囊切除术以外的胆道手术"]
    for version in ("chs-drg-1.1", "changsha-2023", "guangxi-2022", "yinchuan-2023"):
        assert names_of(version, "FR1", "FR2", "HC1", "HC2", "HC3") == right
    assert names_of("chs-drg-1.0", "FR1", "FR2") == ["心力衰竭、休克", "急性心肌梗死"]


def test_an_adrg_that_a_region_defines_otherwise_keeps_its_own_name() -> None:
    """Tracheotomies are in AH1 of Beijing, mild pancreatitis in HT1 of Yinchuan."""
    assert names_of("chs-drg-1.1", "AH1", "HT1") == [
        "有创呼吸机支持≥96小时或ECMO或全人工心脏移植术", "重症胰腺炎",
    ]  # fmt: skip
    assert names_of("beijing-2022", "AH1", "BC1") == [
        "气管切开伴呼吸机支持≥96小时或ECMO",
        "脑室分流及翻修手术",
    ]
    assert names_of("yinchuan-2023", "HT1") == ["急性胰腺炎"]


def test_drgs_of_1_1_begin_with_the_name_of_their_adrg() -> None:
    """But for names of 1.0 that say the same group otherwise."""
    tables = load_tables("chs-drg-1.1")
    names = dict(tables.adrg.select("adrg", "name").rows())
    other = {
        adrg for name, adrg in tables.drg.select("name", "adrg").rows()
        if not normal_name(name).startswith(normal_name(names[adrg]))
    }  # fmt: skip
    assert other == {
        "BV1", "BV2", "BW2", "BX2", "CB1", "CS1", "KE1", "KT1",
        "LF1", "LV1", "RA1", "RA2", "RU1", "WB1", "XR2",
    }  # fmt: skip


def keys(explanation: drg.Explanation) -> list[tuple[str, str]]:
    return [(row.table, row.key) for row in explanation.corrections]


def test_an_explanation_names_the_corrected_rows_that_it_used() -> None:
    burn = {"principal_diagnosis": "T20.300", "age_years": 30, "sex": 1}
    assert keys(drg.explain(burn, "chs-drg-1.1")) == [("sets", "DI_W00 T20.300")]
    delivery = {"principal_diagnosis": "o80.000", "other_diagnoses": "Z37.000", "sex": 2, "age_years": 28}
    assert keys(drg.explain(delivery, "chs-drg-1.1")) == [("adrg", "OR1")]
    assert drg.explain(delivery, "chs-drg-1.1").drg == "OR19"
    gallstones = {"principal_diagnosis": "K80.101", "sex": 1, "age_years": 45}
    assert keys(drg.explain(gallstones, "chs-drg-1.1")) == []


def test_an_explanation_names_a_corrected_exclusion() -> None:
    newborn = {
        "principal_diagnosis": "P22.100",
        "other_diagnoses": ["P22.000"],
        "age_years": 0,
        "age_days": 3,
        "sex": 1,
        "admission_weight_g": 3000,
    }
    found = drg.explain(newborn, "chs-drg-3.0")
    assert [c.counts for c in found.complications] == [False]
    assert keys(found) == [("exclusions", "EX_103 P22.100")]
