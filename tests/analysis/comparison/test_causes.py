from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from drg import Grouper
from drg.analysis.comparison.causes import CAUSES, NUMBER, FirstCauses, Found, first_cause
from drg.analysis.comparison.exchange import STEPS, Exchange
from drg.columns import INPUT
from drg.grouping.multi_grouper import MultiGrouper
from drg.records import Discharge
from drg.records.cases import Cases
from drg.tables import GrouperTables, load_tables
from tests.exchange_reference import STEPS as REFERENCE_STEPS
from tests.exchange_reference import ReferenceExchange
from tests.helpers import DATA, grouper_tables, version
from tests.profiles import quick_first, tries
from tests.strategies import frames, tables

OLD, NEW = "chs-drg-2.0", "chs-drg-3.0"
# Of the steps whose cause does not depend on more than the step.
OF_STEP = {
    "mdc_lists": {"mdc_diagnosis_list"},
    "mdc_rules": {"mdc_rule"},
    "procedure_sets": {"adrg_procedure_set"},
    "adrg_lists": {"adrg_diagnosis_list"},
    "adrg_rules": {"adrg_rule", "adrg_redrawn"},
    "levels": {"severity_level"},
    "exclusions": {"severity_exclusion"},
    "drg_rows": {"split_procedure", "split_age", "split_cc", "split_other"},
}
ONE_VERSION_ONLY = {"newly_grouped", "no_longer_grouped"}


# ------------------------------------------------------------------------------- one small pair of versions

SETS = {
    "DI_B00": ["A01", "A02", "A03", "A04"],
    "DI_C00": ["C01", "C02"],
    "OP_BA1": ["01.1", "01.2"],
    "OP_BB1": ["02.1"],
    "DI_BR1": ["A01", "A02"],
    "DI_BS1": ["A03"],
    "OP_ROBOT": ["17.4"],
}
MDC = [("MDCB", "ZYZD in DI_B00", 1), ("MDCC", "ZYZD in DI_C00", 2)]
ADRG = [
    ("BA1", "ZYSS in OP_BA1", "MDCB", 1),
    ("BB1", "ZYSS in OP_BB1", "MDCB", 2),
    ("BR1", "ZYZD in DI_BR1", "MDCB", 3),
    ("BS1", "ZYZD in DI_BS1", "MDCB", 4),
    ("CZ1", "ZYZD in DI_C00", "MDCC", 1),
]
DRG = [
    ("BA11", "QTZD in MCC", "BA1", "MDCB", 1),
    ("BA15", "", "BA1", "MDCB", 2),
    ("BB19", "", "BB1", "MDCB", 1),
    ("BR11", "QTZD in MCC", "BR1", "MDCB", 1),
    ("BR13", "QTZD in {MCC, CC}", "BR1", "MDCB", 2),
    ("BR15", "", "BR1", "MDCB", 3),
    ("BS19", "", "BS1", "MDCB", 1),
    ("CZ19", "", "CZ1", "MDCC", 1),
]
COMPLICATIONS = [("E11", "MCC", "EX_1"), ("E12", "CC", "")]
EXCLUSIONS = {"EX_1": ["A02"]}
NAMES = {
    "BA1": "甲手术",
    "BB1": "乙手术",
    "BR1": "丙病",
    "BS1": "丁病",
    "CZ1": "戊病",
    "BA2": "甲手术",
    "BT1": "己病",
}


def made(id_: str = "old", **changed: Any) -> Grouper:
    parts: dict[str, Any] = {
        "mdc": MDC, "adrg": ADRG, "drg": DRG, "sets": SETS,
        "complications": COMPLICATIONS, "exclusions": EXCLUSIONS,
    }  # fmt: skip
    built = version(**(parts | changed))
    names = built.adrg["adrg"].replace_strict(NAMES, default="")
    manifest = built.manifest.model_copy(update={"id": id_})
    return Grouper(replace(built, manifest=manifest, adrg=built.adrg.with_columns(name=names)))


def swapped(rows: list[tuple[Any, ...]], *new: tuple[Any, ...], without: tuple[str, ...] = ()) -> list[Any]:
    """Rows with some in place of those of the same code."""
    codes = {row[0] for row in new} | set(without)
    return [row for row in rows if row[0] not in codes] + list(new)


OLD_MADE = made()
CASE = {"sex": 1, "age_years": 50, "los_days": 5}


def cause(case: Mapping[str, Any], **changed: Any) -> tuple[str | None, str | None]:
    return first_cause(OLD_MADE, made("new", **changed), Discharge.of({**CASE, **case}))


def test_a_case_that_stays_has_no_cause() -> None:
    assert cause({"principal_diagnosis": "A01"}) == (None, None)


def test_mdc_by_list() -> None:
    sets = SETS | {"DI_B00": ["A02", "A03", "A04"], "DI_C00": ["C01", "C02", "A01"]}
    found = cause({"principal_diagnosis": "A01"}, sets=sets)
    assert found == ("mdc_diagnosis_list", "mdc_lists")


def test_mdc_by_rule() -> None:
    mdc = swapped(MDC, ("MDCC", "ZYZD in {DI_C00, DI_B00} and NL > 40", 0))
    adrg = swapped(ADRG, ("CZ1", "", "MDCC", 1))
    assert cause({"principal_diagnosis": "A01"}, mdc=mdc, adrg=adrg)[0] in ("mdc_rule", "adrg_rule")
    old = made(adrg=adrg)
    new = made("new", mdc=mdc, adrg=adrg)
    assert first_cause(old, new, Discharge.of({**CASE, "principal_diagnosis": "A01"})) == (
        "mdc_rule",
        "mdc_rules",
    )


def test_adrg_by_procedure_set() -> None:
    sets = SETS | {"OP_BA1": ["01.2"], "OP_BB1": ["02.1", "01.1"]}
    found = cause({"principal_diagnosis": "A01", "principal_procedure": "01.1"}, sets=sets)
    assert found == ("adrg_procedure_set", "procedure_sets")


def test_adrg_by_diagnosis_list() -> None:
    sets = SETS | {"DI_BR1": ["A02"], "DI_BS1": ["A03", "A01"]}
    assert cause({"principal_diagnosis": "A01"}, sets=sets) == ("adrg_diagnosis_list", "adrg_lists")


def test_adrg_by_rule() -> None:
    adrg = swapped(ADRG, ("BB1", "ZYSS in OP_BB1 or ZYZD in DI_BR1", "MDCB", 2))
    assert cause({"principal_diagnosis": "A01"}, adrg=adrg) == ("adrg_rule", "adrg_rules")


def test_adrg_redrawn() -> None:
    adrg = [*ADRG, ("BT1", "ZYZD in DI_BT1", "MDCB", 0)]
    drg = [*DRG, ("BT19", "", "BT1", "MDCB", 1)]
    found = cause({"principal_diagnosis": "A01"}, adrg=adrg, drg=drg, sets=SETS | {"DI_BT1": ["A01"]})
    assert found == ("adrg_redrawn", "adrg_rules")


def test_severity_by_level() -> None:
    complications = [("E11", "CC", "EX_1"), ("E12", "CC", "")]
    case = {"principal_diagnosis": "A01", "other_diagnoses": ["E11"]}
    assert cause(case, complications=complications) == ("severity_level", "levels")
    new = [*COMPLICATIONS, ("E13", "MCC", "EX_1")]
    case = {"principal_diagnosis": "A01", "other_diagnoses": ["E13"]}
    assert cause(case, complications=new) == ("severity_level", "levels")


def test_a_new_complication_comes_with_what_excludes_it() -> None:
    """It is excluded in the new version, so at no step does it count."""
    case = {"principal_diagnosis": "A02", "other_diagnoses": ["E13"]}
    assert cause(case, complications=[*COMPLICATIONS, ("E13", "MCC", "EX_1")]) == (None, None)


def test_severity_by_exclusion() -> None:
    case = {"principal_diagnosis": "A01", "other_diagnoses": ["E11"]}
    found = cause(case, exclusions={"EX_1": ["A02", "A01"]})
    assert found == ("severity_exclusion", "exclusions")
    # Other names of the same tables are no change.
    renamed = {"complications": [("E11", "MCC", "EX_7"), ("E12", "CC", "")], "exclusions": {"EX_7": ["A02"]}}
    assert cause({"principal_diagnosis": "A02", "other_diagnoses": ["E11"]}, **renamed) == (None, None)


@pytest.mark.parametrize(
    ("rows", "case", "expected"),
    [
        ([("BR15", "", "BR1", "MDCB", 3)], {"other_diagnoses": ["E12"]}, "split_cc"),
        ([("BR1G", "NL >= 50", "BR1", "MDCB", 0), ("BR15", "", "BR1", "MDCB", 3)], {}, "split_age"),
        (
            [("BR10", "{ZYSS, QTSS} in OP_ROBOT", "BR1", "MDCB", 0), ("BR15", "", "BR1", "MDCB", 3)],
            {"other_procedures": ["17.4"]},
            "split_procedure",
        ),
        (
            [("BR17", "XB = 1", "BR1", "MDCB", 0), ("BR15", "", "BR1", "MDCB", 3)],
            {},
            "split_other",
        ),
    ],
)
def test_another_split_of_the_same_adrg(rows: list[Any], case: dict[str, Any], expected: str) -> None:
    without = ("BR11", "BR13") if expected == "split_cc" else ()
    found = cause({"principal_diagnosis": "A01", **case}, drg=swapped(DRG, *rows, without=without))
    assert found == (expected, "drg_rows")


def test_only_another_code_for_the_same_group() -> None:
    adrg = [*swapped(ADRG, without=("BA1",)), ("BA2", "ZYSS in OP_BA2", "MDCB", 1)]
    drg = [
        *swapped(DRG, without=("BA11", "BA15")),
        ("BA21", "QTZD in MCC", "BA2", "MDCB", 1),
        ("BA25", "", "BA2", "MDCB", 2),
    ]
    sets = {("OP_BA2" if name == "OP_BA1" else name): codes for name, codes in SETS.items()}
    case = {"principal_diagnosis": "A01", "principal_procedure": "01.1"}
    assert cause(case, adrg=adrg, drg=drg, sets=sets) == ("only_code", None)
    # The lists of the two are exchanged, whatever the codes of their groups.
    sets |= {"OP_BA2": ["01.2"], "OP_BB1": ["02.1", "01.1"]}
    assert cause(case, adrg=adrg, drg=drg, sets=sets) == ("adrg_procedure_set", "procedure_sets")


def test_the_same_code_for_another_group_is_a_change() -> None:
    """The new version calls 乙手术 BA1, and takes no 甲手术."""
    new = made("new", adrg=swapped(ADRG, ("BA1", "ZYSS in OP_BA1 and NL > 1", "MDCB", 1), without=("BB1",)),
               drg=swapped(DRG, without=("BB19",)))  # fmt: skip
    other = replace(new.tables, adrg=new.tables.adrg.with_columns(
        name=pl.col("name").replace("甲手术", "别的手术")))  # fmt: skip
    causes = FirstCauses(OLD_MADE, Grouper(other))
    assert {"BA11", "BA15", "BA1 –"} == causes.homonyms
    found = first_cause(
        OLD_MADE,
        Grouper(other),
        Discharge.of({**CASE, "principal_diagnosis": "A01", "principal_procedure": "01.1"}),
    )
    assert found == ("adrg_redrawn", "adrg_rules")


def test_newly_and_no_longer_grouped() -> None:
    sets = SETS | {"DI_BS1": ["A03", "A04"]}
    assert cause({"principal_diagnosis": "A04"}, sets=sets) == ("newly_grouped", "adrg_lists")
    sets = SETS | {"DI_BR1": ["A02"]}
    assert cause({"principal_diagnosis": "A01"}, sets=sets) == ("no_longer_grouped", "adrg_lists")


def test_what_comes_back_is_not_the_cause() -> None:
    """The list of BA1 loses the procedure, its rule takes it back; in the end the split moves the case."""
    adrg = swapped(ADRG, ("BA1", "ZYSS in {OP_BA1, OP_ROBOT}", "MDCB", 1))
    drg = swapped(DRG, ("BA19", "", "BA1", "MDCB", 1), without=("BA11", "BA15"))
    sets = SETS | {"OP_BA1": ["01.2"], "OP_ROBOT": ["01.1"]}
    case = {"principal_diagnosis": "A01", "principal_procedure": "01.1"}
    assert cause(case, adrg=adrg, sets=sets) == (None, None)
    assert cause(case, adrg=adrg, drg=drg, sets=sets) == ("split_cc", "drg_rows")


# --------------------------------------------------------------------------------- against the slow oracle


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """As the gate gives cases on."""
    cases = Cases.of(frame)
    return cases.read(cases.rows.collect(), [name for name in INPUT if name in frame.columns])


def frame_of(cases: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.concat([Discharge.of(case).frame() for case in cases], how="vertical_relaxed")


def check(
    base: GrouperTables, other: GrouperTables, frame: pl.DataFrame, cases: list[dict[str, Any]]
) -> Found:
    """The step of each case is that of the oracle; the cause is one of that step."""
    groupers = [Grouper(base), Grouper(other)]
    frame = typed(frame)
    outcomes = MultiGrouper(groupers).outcomes(frame)
    causes = FirstCauses(*groupers)
    oracle = ReferenceExchange(base.frames, other.frames, causes.exchange.same)
    found = causes.find(frame, *outcomes)
    assert (found.cause > 0).tolist() == causes.changed(*outcomes).tolist()
    for at, case in enumerate(cases):
        step = oracle.step(case)
        assert (None, *STEPS)[found.step[at]] == step, case
        name = (None, *CAUSES)[found.cause[at]]
        if step is None:
            assert name in (None, "only_code")
        else:
            assert name in OF_STEP[step] | ONE_VERSION_ONLY
    return found


@tries(0.25, shrink=False, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_steps_are_those_of_the_oracle(data: st.DataObject) -> None:
    one, two = (grouper_tables(data.draw(tables()), id_) for id_ in ("one", "two"))
    for side in (one, two):
        cases, frame = data.draw(frames(side.frames))
        check(one, two, frame, cases)


@pytest.mark.parametrize(("base", "other"), quick_first([(OLD, NEW), (NEW, OLD), ("harbin-2022", OLD)]))
def test_first_and_last_step_group_as_the_two_versions(base: str, other: str) -> None:
    samples = [pl.read_parquet(DATA / "conformance" / f"{id_}.parquet") for id_ in (base, other)]
    cases = pl.concat(samples, how="diagonal_relaxed")
    exchange = Exchange(load_tables(base), load_tables(other))
    first, last = (Grouper(exchange.tables(done)).group_batch(cases) for done in (0, len(STEPS)))
    old, new = (Grouper(id_).group_batch(cases) for id_ in (base, other))
    names = ["mdc", "adrg", "drg", "severity", "grouping_status"]
    assert first.select(names).equals(old.select(names))
    code = pl.col("adrg").replace(exchange.codes)
    assert last.select("mdc", "adrg", "severity", "grouping_status").equals(
        new.select("mdc", code, "severity", "grouping_status")
    )


def committed() -> list[dict[str, Any]]:
    """Public cases of 3.0 with the cause of their change from 2.0; see tests/data/causes/README.md."""
    with (DATA / "causes" / "chs-drg-3.0.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if value} for row in rows]


def public_cases() -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    told = ("cause", "cause_table", "drg_2.0", "drg_3.0")
    cases = [{name: value for name, value in row.items() if name not in told} for row in committed()]
    return typed(frame_of(cases)), cases


def test_public_cases_have_the_causes_that_the_tables_say() -> None:
    """The expected causes were found by the oracle, and each kind was read in the tables by hand."""
    rows = committed()
    frame, _ = public_cases()
    groupers = [Grouper(OLD), Grouper(NEW)]
    grouped = [grouper.group_batch(frame)["drg"].to_list() for grouper in groupers]
    assert grouped == [[row[f"drg_{id_}"] for row in rows] for id_ in ("2.0", "3.0")]
    found = FirstCauses(*groupers).find(frame, *MultiGrouper(groupers).outcomes(frame))
    names = zip(found.cause, found.step, strict=True)
    expected = [(row.get("cause"), row.get("cause_table")) for row in rows]
    assert [((None, *CAUSES)[one], (None, *STEPS)[two]) for one, two in names] == expected
    assert len({cause for cause, _ in expected}) >= 8


@pytest.mark.thorough
def test_the_oracle_still_finds_the_causes_of_the_public_cases() -> None:
    check(load_tables(OLD), load_tables(NEW), *public_cases())


def test_steps_and_numbers() -> None:
    assert STEPS == REFERENCE_STEPS
    assert sorted(NUMBER.values()) == list(range(1, len(CAUSES) + 1))
    assert np.iinfo(np.uint8).max > len(CAUSES)
