"""The national workbook as a version: counts, amendments, what is left out, and how its cases group."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from drg import Grouper
from drg.errors import OutputError, RuleError, TablesError
from drg.tables import load_tables
from drg.tables.importing import import_workbook
from drg.tables.names import NAMES_FILE, name_lookup, read_names
from drg.tables.published import chs_drg_3_0
from tests.helpers import SHARED
from tests.tables.workbooks import PLAIN, Sheets, changed, quirky, second_edition, write

MINIATURES = sorted((SHARED / "chs-drg-3.0").glob("workbook-excerpt-*.xlsx"))
needs_shared = pytest.mark.skipif(len(MINIATURES) < 2, reason="the miniatures are not here")


def test_editions_import_to_the_same_version(tmp_path: Path) -> None:
    digests = set()
    for name, sheets in {"plain": PLAIN, "second": second_edition(), "quirky": quirky()}.items():
        imported = import_workbook(write(tmp_path / f"{name}.xlsx", sheets), name, tmp_path)
        assert imported.directory == tmp_path / name
        # Rules in capitals stay in capitals; the engine does not mind.
        tables = load_tables(tmp_path / name)
        assert len(tables.digest) == 64
        digests.add((tables.sets.height, tables.exclusions.height, tables.drg.height))
    assert digests == {(11, 9, 7)}
    assert load_tables(tmp_path / "plain").digest == load_tables(tmp_path / "second").digest


def test_manifest(tmp_path: Path) -> None:
    imported = import_workbook(write(tmp_path / "w.xlsx", quirky()), "mine", tmp_path)
    manifest = load_tables(tmp_path / "mine").manifest
    assert manifest == imported.manifest
    assert manifest.title == "按病组（DRG）付费3.0版分组方案配置信息"
    assert manifest.authority == "国家医疗保障局"
    assert re.fullmatch(r"w\.xlsx, sha256 [0-9a-f]{64}", str(manifest.source))
    assert manifest.verification is not None
    assert manifest.verification.status == "unverified"
    for text in ("3 mdc, 6 adrg, 7 drg", "not the published counts", "2 duplicate rows", "7 rows added"):
        assert text in manifest.verification.note
    titled = import_workbook(tmp_path / "w.xlsx", "b", tmp_path, title="三", authority="某市医疗保障局")
    assert (titled.manifest.title, titled.manifest.authority) == ("三", "某市医疗保障局")


def test_amendments_are_cited_and_can_be_left_out(tmp_path: Path) -> None:
    sheets = copy.deepcopy(PLAIN)
    sheets["排除表"].append(["EX_104", "P39.800", None])
    file = write(tmp_path / "w.xlsx", sheets)
    (amended,) = import_workbook(file, "with", tmp_path).amended
    assert amended.rows == 7
    assert amended.added == (
        ("EX_103", "P22.100"),
        ("EX_103", "P24.100"),
        ("EX_105", "P55.100"),
        ("EX_105", "P59.900"),
        ("EX_107", "P78.800"),
        ("EX_128", "S02.400"),
    )
    assert "PDF" in amended.citation
    without = import_workbook(file, "without", tmp_path, amendments=False)
    assert without.amended == ()
    assert load_tables(tmp_path / "with").exclusions.height == 9
    assert load_tables(tmp_path / "without").exclusions.height == 3


def test_published_facts() -> None:
    published = chs_drg_3_0()
    assert (published.counts["mdc"], published.counts["adrg"], published.counts["drg"]) == (26, 537, 870)
    assert published.counts["mcc"] + published.counts["cc"] == published.counts["complications"]
    assert all(amendment.citation and amendment.rows for amendment in published.amendments)


def test_an_absent_set_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", changed("ADRG", 6, 3, "ZYZD in DI_OT1 or ZYZD in DI_OT10"))
    with pytest.raises(RuleError) as caught:
        import_workbook(file, "mine", tmp_path)
    error = caught.value
    assert (error.file, error.row, error.field) == (f"{file}, sheet ADRG", 6, "ADRG规则")
    assert error.rule[error.character - 1 :] == "DI_OT10"
    assert error.fix == (
        "Did you mean 'DI_OT1'? Mend the rule, add the set, or leave out such groups (1) with --partial"
    )
    assert not (tmp_path / "mine").exists()


def test_partial_leaves_out_groups_and_what_is_below_them(tmp_path: Path) -> None:
    sheets = copy.deepcopy(PLAIN)
    absent = ("DI_Z03", "DI_OS2")
    sheets["集合"] = [row for row in sheets["集合"] if row[0] not in absent]
    imported = import_workbook(write(tmp_path / "w.xlsx", sheets), "mine", tmp_path, partial=True)
    assert [(group.table, group.code, group.sets) for group in imported.left_out] == [
        ("mdc", "MDCZ", ("DI_Z03",)),
        ("adrg", "OS2", ("DI_OS2",)),
        ("adrg", "ZZ1", ()),
        ("drg", "OS21", ()),
        ("drg", "OS25", ()),
        ("drg", "ZZ15", ()),
    ]
    assert load_tables(tmp_path / "mine").drg["drg"].to_list() == ["AA19", "OQY", "OT19", "O000"]


def test_names_stay_with_the_version(tmp_path: Path) -> None:
    import_workbook(write(tmp_path / "w.xlsx", PLAIN), "mine", tmp_path)
    assert (tmp_path / "mine" / NAMES_FILE).is_file()
    assert read_names(tmp_path / "mine").filter(code="69.0200")["name"].to_list() == ["清宫术"]
    assert name_lookup(tmp_path / "mine")["D65.x00"] == "弥散性血管内凝血"
    (tmp_path / "over").mkdir()
    (tmp_path / "over" / "manifest.toml").write_text('id = "over"\ntitle = "o"\nbased_on = "mine"\n')
    assert read_names(tmp_path / "over").height == read_names(tmp_path / "mine").height
    assert read_names("demo").height == 0


def test_bad_ids_and_taken_directories(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", PLAIN)
    with pytest.raises(TablesError, match="id is 'a b'"):
        import_workbook(file, "a b", tmp_path)
    import_workbook(file, "mine", tmp_path)
    with pytest.raises(OutputError, match="there is a version already"):
        import_workbook(file, "mine", tmp_path)


def case(**values: Any) -> dict[str, Any]:
    return {"sex": 2, "age_years": 30, "other_diagnoses": [], "principal_procedure": None, **values}


@pytest.mark.parametrize(
    ("principal", "values", "drg"),
    [
        ("O00.100", {}, "OT19"),  # behind O00 by its order, but reached
        ("O99.800", {}, "O000"),
        ("O00.100", {"age_years": 9}, "O000"),
        ("O03.900", {"principal_procedure": "69.0200"}, "OQY"),
        ("O99.800", {"principal_procedure": "33.6X00"}, "AA19"),
        ("O03.900", {"other_diagnoses": ["D65.x00"]}, "OS25"),  # EX_1 holds the principal diagnosis
        ("O03.900", {"other_diagnoses": ["A41.900"]}, "OS21"),
        ("O03.900", {"other_diagnoses": ["Z94.000"]}, "OS25"),
        ("S02.100", {"other_diagnoses": ["S36.000"]}, "ZZ15"),
        ("S02.100", {}, "0000"),
    ],
)
def test_cases(tmp_path: Path, principal: str, values: dict[str, Any], drg: str) -> None:
    import_workbook(write(tmp_path / "w.xlsx", quirky()), "mine", tmp_path)
    explained = Grouper(tmp_path / "mine").explain(case(principal_diagnosis=principal, **values))
    assert explained.drg == drg


# -- the published rules and the miniatures of the published workbook -----------------------------------


@needs_shared
def test_both_miniatures_import_to_the_same_version(tmp_path: Path) -> None:
    imported = [import_workbook(file, file.stem, tmp_path, partial=True) for file in MINIATURES]
    one, other = (load_tables(part.directory) for part in imported)
    assert one.digest == other.digest
    assert imported[0].workbook.counts == imported[1].workbook.counts
    counts = imported[0].workbook.counts
    assert (counts["mdc"], counts["adrg"], counts["drg"]) == (6, 60, 100)
    assert (counts["sets"], counts["set_rows"], one.sets.height) == (66, 1433, 1394)
    assert {group.code for group in imported[0].left_out if group.sets} == {"MDCZ"}
    assert imported[0].amended[0].added == ()
    with pytest.raises(RuleError, match="no set 'DI_Z03'"):
        import_workbook(MINIATURES[0], "whole", tmp_path)


@needs_shared
def test_every_case_of_the_miniature(tmp_path: Path) -> None:
    import_workbook(MINIATURES[0], "mini", tmp_path, partial=True)
    grouper = Grouper(tmp_path / "mini")
    cases = json.loads((SHARED / "chs-drg-3.0" / "cases.json").read_text(encoding="utf-8"))
    known = set(grouper.tables.drg["drg"])
    wanted = [entry for entry in cases if entry["expect"] in known]
    assert len(wanted) == 52
    frame = pl.DataFrame(
        {
            "case_id": [entry["id"] for entry in wanted],
            "sex": [entry["sex"] for entry in wanted],
            "age_years": [entry["age"] for entry in wanted],
            "age_days": [entry["ageDays"] for entry in wanted],
            "admission_weight_g": [entry["weight"] for entry in wanted],
            "principal_diagnosis": [entry["dx"][0] for entry in wanted],
            "other_diagnoses": [entry["dx"][1:] for entry in wanted],
            "principal_procedure": [(entry["px"] or [None])[0] for entry in wanted],
            "other_procedures": [entry["px"][1:] for entry in wanted],
        },
        schema_overrides={"other_diagnoses": pl.List(pl.String), "other_procedures": pl.List(pl.String)},
    )
    grouped = grouper.group(frame)
    wrong = grouped.filter(pl.Series([entry["expect"] for entry in wanted]) != grouped["drg"])
    assert wrong.select("case_id", "drg", "grouping_reason").rows() == []


def published_rules() -> Sheets:
    rules = json.loads((SHARED / "chs-drg-3.0" / "rules.json").read_text(encoding="utf-8"))
    named = sorted({name for rows in rules.values() for row in rows for name in set_names(row["rule"])})
    sheets = copy.deepcopy(PLAIN)
    sheets["MDC"][2:-1] = [[r["code"], r["name"], r["rule"], r["sort"]] for r in rules["mdc"]]
    sheets["ADRG"][2:] = [[r["code"], r["name"], r["rule"], r["mdc"], r["sort"]] for r in rules["adrg"]]
    sheets["DRG"][2:] = [
        [r["code"], r["name"], r["rule"], r["adrg"], r["mdc"], r["sort"]] for r in rules["drg"]
    ]
    sheets["集合"][1:] = [[name, f"{at:03}.x00", None, name[:2]] for at, name in enumerate(named)]
    return sheets


def set_names(rule: str) -> list[str]:
    return re.findall(r"\b(?:DI|OP)[0-9]?_[A-Z0-9]+", rule)


@needs_shared
def test_all_published_rules(tmp_path: Path) -> None:
    imported = import_workbook(write(tmp_path / "w.xlsx", published_rules()), "whole", tmp_path)
    counts, expected = imported.workbook.counts, imported.expected
    for name in ("mdc", "adrg", "drg", "sets"):
        assert counts[name] == expected[name]
    assert counts["mdc"] + counts["adrg"] + counts["drg"] == 1433
    assert any("O00 has an empty rule but is not last" in note for note in imported.workbook.notes)
    program = Grouper(tmp_path / "whole").program
    inside = program.adrg.filter(mdc="MDCO")["adrg"].to_list()
    assert inside[-3:] == ["OT1", "OZ1", "O00"]
