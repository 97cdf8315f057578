"""Each finding on the smallest version that shows it; none on a version that is sound."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from drg.analysis.tables_check import CHECKS, FINDING_COLUMNS, TablesCheck, check_tables
from drg.errors import RuleError
from drg.records.findings import SEVERITIES
from drg.tables import GrouperTables, load_tables
from drg.tables.table_layout import TABLES
from tests.helpers import DATA, grouper_tables
from tests.tables.conftest import TINY, write_files

SOUND: dict[str, list[tuple[Any, ...]]] = {
    "mdc": [("MDCA", "先期", "", 1), ("MDCB", "神经", "ZYZD in DI_B00", 2)],
    "adrg": [
        ("AA1", "移植", "ZYSS in OP_AA1", "MDCA", 1),
        ("BQY", "", "ZYSS in OP_ALL", "MDCB", 1),
        ("BR1", "卒中", "ZYZD in DI_BR1", "MDCB", 2),
        ("B00", "", "", "MDCB", 3),
    ],
    "drg": [
        ("AA19", "移植", "", "AA1", "MDCA", 1),
        ("BQY", "", "", "BQY", "MDCB", 1),
        ("BR11", "卒中，伴严重合并症或并发症", "QTZD in MCC", "BR1", "MDCB", 1),
        ("BR15", "卒中，不伴严重合并症或并发症", "", "BR1", "MDCB", 2),
        ("B000", "", "", "B00", "MDCB", 1),
    ],
    "sets": [
        ("OP_AA1", "03.6x00"),
        ("OP_ALL", "03.6x00"),
        ("OP_ALL", "09.9000"),
        ("DI_B00", "D10.001"),
        ("DI_B00", "D11.000"),
        ("DI_BR1", "D10.001"),
    ],
    "complications": [("D90.100", "MCC", "EX_1"), ("D90.300", "CC", "")],
    "exclusions": [("EX_1", "D10.001")],
}
DIAGNOSES = pl.Series(["d10.001", "D11.000", "D90.100", "D90.300"])
PROCEDURES = pl.Series(["03.6x00", "09.9000"])


def made(changes: dict[str, list[tuple[Any, ...]]] | None = None) -> GrouperTables:
    """The sound version; rows of `changes` replace those with the same first column, or are added."""
    rows = {name: list(table) for name, table in SOUND.items()}
    for name, new in (changes or {}).items():
        gone = {row[0] for row in new} if name in ("mdc", "adrg", "drg") else set()
        rows[name] = [row for row in rows[name] if row[0] not in gone] + new
    frames = {}
    for table in TABLES:
        schema = {name: pl.Int64 if name == "order" else pl.String for name in table.columns}
        frames[table.name] = pl.DataFrame(rows[table.name], schema=schema, orient="row")
    return grouper_tables(frames, "made")


def without(table: str, code: str) -> GrouperTables:
    tables = made()
    changed: dict[str, Any] = {table: tables.frames[table].filter(pl.col(table) != code)}
    return dataclasses.replace(tables, **changed)


def checked(tables: GrouperTables, **known: Any) -> TablesCheck:
    return check_tables(tables, **{"diagnoses": DIAGNOSES, "procedures": PROCEDURES, **known})


def found(result: TablesCheck) -> set[tuple[str, str, str]]:
    return set(result.findings.select("check", "item", "detail").rows())


def test_a_sound_version() -> None:
    result = checked(made())
    assert found(result) == set()
    assert result.skipped == {"duplicate-rows": "the files of the version are not known"}
    assert result.passed(strict=True)
    assert result.findings.schema == pl.Schema(FINDING_COLUMNS)
    assert result.summary().height == 0


def test_every_check_is_explained() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS) >= 20
    for check in CHECKS:
        assert check.severity in SEVERITIES
        assert check.message
        for text in (check.message, check.fix):
            assert text
            assert any("一" <= sign <= "龥" for sign in text.to("zh"))


@pytest.mark.parametrize(
    ("changes", "finding", "severity"),
    [
        (
            {"drg": [("BR11", "卒中重", "NL>=70 and NL<=6", "BR1", "MDCB", 1)]},
            ("never-holds", "BR11", "NL>=70 and NL<=6"),
            "error",
        ),
        (
            {"adrg": [("BS1", "迷", "ZYZD in DI_BS1", "MDCB", 4)],
             "drg": [("BS19", "迷", "", "BS1", "MDCB", 1)],
             "sets": [("DI_BS1", "D90.100")]},
            ("out-of-reach", "BS1", "MDCB: ZYZD in DI_BS1"),
            "warning",
        ),
        (
            {"adrg": [("BS1", "迷", "ZYZD in DI_BS1 and NL>3", "MDCB", 4)],
             "drg": [("BS19", "迷", "", "BS1", "MDCB", 1)],
             "sets": [("DI_BS1", "D10.001")]},
            ("shadowed", "BS1", "behind BR1: ZYZD in DI_BR1"),
            "warning",
        ),
        (
            {"drg": [("BR11", "卒中", "1", "BR1", "MDCB", 1)]},
            ("shadowed", "BR15", "behind BR11: 1"),
            "warning",
        ),
        (
            {"drg": [("BR13", "卒中", "QTZD in CC", "BR1", "MDCB", 3),
                     ("BR11", "卒中中", "QTZD in {MCC, CC}", "BR1", "MDCB", 1)]},
            ("shadowed", "BR13", "behind BR11: QTZD in {MCC, CC}"),
            "warning",
        ),
        (
            {"drg": [("BR15", "卒中", "NL<70", "BR1", "MDCB", 2)]},
            ("no-default", "BR1", "its DRGs are BR11, BR15"),
            "warning",
        ),
        (
            {"mdc": [("MDCC", "眼", "NL>3", 3)]},
            ("no-rows", "MDCC", "no row of adrg.csv names it"),
            "warning",
        ),
        (
            {"adrg": [("BR1", "卒中", "ZYZD in DI_BR1", "MDCB", 1)]},
            ("order-tie", "BR1", "order 1 is also that of BQY"),
            "warning",
        ),
        (
            {"drg": [("BR15", "卒中轻", "", "BR1", "MDCB", 4)]},
            ("order-gap", "BR1", "no row has order 2, 3"),
            "notice",
        ),
        ({"drg": [("BR15", "", "", "BR1", "MDCB", 2)]}, ("empty-name", "BR15", "no name"), "notice"),
        (
            {"drg": [("BR15", "卒 中(轻)", "", "BR1", "MDCB", 2), ("AA19", "心移植", "", "AA1", "MDCA", 1)]},
            ("name-differs", "AA19", "心移植 / AA1 移植"),
            "notice",
        ),
        (
            {"drg": [("BR15", "卒中，伴严重合并症或并发症", "", "BR1", "MDCB", 2)]},
            ("same-name", "BR15", "卒中，伴严重合并症或并发症, like BR11"),
            "notice",
        ),
        (
            {"sets": [("DI_BR1", "D90.300")]},
            ("code-outside-mdc", "D90.300", "in DI_BR1, but MDCB or the rule of BR1 does not take it"),
            "warning",
        ),
        (
            {"sets": [("OP_AA1", "93.9000")]},
            ("not-an-operation", "93.9000", "in OP_AA1"),
            "notice",
        ),
        ({"sets": [("DI_X", "D10.001")]}, ("unused-set", "DI_X", "holds 1 of sets.csv"), "warning"),
        (
            {"complications": [("d90.100", "CC", "EX_1")]},
            ("level-conflict", "D90.100", "as D90.100 and d90.100"),
            "error",
        ),
        (
            {"sets": [("DI_BR1", "d10.001")]},
            ("spelled-twice", "D10.001", "as D10.001 and d10.001 in DI_BR1"),
            "warning",
        ),
        (
            {"complications": [("D11.000", "CC", "EX_7")]},
            ("empty-exclusion", "EX_7", "named by 1 of complications.csv"),
            "warning",
        ),
        (
            {"exclusions": [("EX_2", "D11.000")]},
            ("unused-exclusion", "EX_2", "holds 1 of exclusions.csv"),
            "notice",
        ),
        (
            {"sets": [("DI_B00", "D99.000")]},
            ("unknown-diagnosis", "D99.000", "in DI_B00"),
            "warning",
        ),
        (
            {"sets": [("OP_ALL", "99.9900"), ("OP_AA1", "99.9900")]},
            ("unknown-procedure", "99.9900", "in OP_ALL, OP_AA1"),
            "warning",
        ),
    ],
)  # fmt: skip
def test_findings(
    changes: dict[str, list[tuple[Any, ...]]], finding: tuple[str, str, str], severity: str
) -> None:
    result = checked(made(changes))
    assert finding in found(result)
    row = result.findings.filter(check=finding[0], item=finding[1]).row(0, named=True)
    assert row["severity"] == severity
    assert result.count(severity) >= 1
    assert result.passed() == (severity != "error")
    explained = result.explained().filter(check=finding[0]).row(0, named=True)
    for column in ("message", "message_zh", "fix", "fix_zh", "detail", "detail_zh"):
        assert explained[column]


def test_an_adrg_without_rows() -> None:
    result = checked(without("drg", "AA19"))
    assert ("no-rows", "AA1", "no row of drg.csv names it") in found(result)


def test_places_are_named() -> None:
    changes = {"drg": [("BR15", "", "", "BR1", "MDCB", 2)]}
    row = checked(made(changes)).findings.filter(check="empty-name").row(0, named=True)
    assert (row["table"], row["file"], row["row"]) == ("drg", "drg.csv", 6)


def test_checks_that_cannot_be_made_are_named() -> None:
    tables = made({"adrg": [("BQY", "", "ZYSS in OP_AA1", "MDCB", 1)]})
    tables = dataclasses.replace(tables, sets=tables.sets.filter(pl.col("set") != "OP_ALL"))
    result = check_tables(tables)
    assert set(result.skipped) == {
        "not-an-operation",
        "duplicate-rows",
        "unknown-diagnosis",
        "unknown-procedure",
    }


def test_errors_come_first() -> None:
    changes: dict[str, list[tuple[Any, ...]]] = {
        "drg": [("BR11", "重", "0", "BR1", "MDCB", 1)],
        "sets": [("DI_X", "D10.001")],
    }
    severities = checked(made(changes)).findings["severity"].to_list()
    assert severities == sorted(severities, key=SEVERITIES.index)
    assert severities[0] == "error"


def test_copies_of_rows_are_seen_in_the_files(tmp_path: Path) -> None:
    doubled = TINY | {"sets.csv": TINY["sets.csv"] + "OP_AA1,33.6x00\nOP_AA1,33.6x00\n"}
    directory = write_files(tmp_path / "tiny", doubled)
    result = check_tables(load_tables(directory), directory=directory)
    assert ("duplicate-rows", "sets.csv", "2 copies") in found(result)


def test_a_rule_that_cannot_be_read() -> None:
    with pytest.raises(RuleError):
        check_tables(made({"drg": [("BR15", "", "ZYZD in DI_NONE", "BR1", "MDCB", 2)]}))


def test_shipped_versions() -> None:
    demo = check_tables(load_tables("demo"))
    assert found(demo) >= {("no-rows", "BZ1", "no row of drg.csv names it")}
    assert demo.passed()
    # YC1 and the rows behind it have no rule; the others hold always, or for every newborn, and stand first.
    first = check_tables(load_tables("chs-drg-1.0"))
    shadowed = first.findings.filter(check="shadowed")
    assert shadowed.height == 14
    assert shadowed["detail"].str.extract(r"behind (\w+):").unique().sort().to_list() == ["PB1", "WB1", "YC1"]
    assert check_tables(load_tables("chs-drg-2.0")).findings.is_empty()
    official = check_tables(load_tables("chs-drg-3.0"))
    assert official.passed()
    # Three lymphomas that the workbook lists for ADRGs of MDCR, and not in the set of MDCR.
    outside = official.findings.filter(check="code-outside-mdc")["item"].unique().sort().to_list()
    assert outside == ["C85.900x008", "C85.900x013", "C85.900x020"]


@pytest.mark.parametrize("grouper", ["beijing-2022", "changzhou-2022", "liaocheng-2022"])
def test_no_case_refutes_a_finding(grouper: str) -> None:
    """No group that is said to be out of reach is the right one of a conformance case."""
    cases = pl.read_parquet(DATA / "conformance" / f"{grouper}.parquet")
    right = {*cases["expected_drg"].drop_nulls(), *cases["expected_adrg"].drop_nulls()}
    findings = check_tables(load_tables(grouper)).findings
    unreached = findings.filter(pl.col("check").is_in(["shadowed", "out-of-reach", "never-holds"]))["item"]
    assert len(unreached) >= 5
    assert not right & set(unreached)
    outside = findings.filter(check="code-outside-mdc")
    adrgs = outside["detail"].str.extract(r"the rule of (\w+) does")
    led = set(zip(cases["principal_diagnosis"], cases["expected_adrg"], strict=True))
    assert not led & set(zip(outside["item"], adrgs, strict=True))
