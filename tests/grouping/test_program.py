"""Tables → program: what is refused and where, the order of evaluation, and what may be left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import Grouper, RuleError
from drg.grouping import opcodes as op
from drg.grouping.program import unpacked
from drg.tables import GrouperTables
from tests.helpers import discharge, grouper_tables, version
from tests.profiles import tries
from tests.reference import ReferenceGrouper, clean_code
from tests.strategies import frames, tables

SETS = {"DI_A": ["A00.100", "A00.100x001"], "DI_AB": ["B20.000"], "OP_A": ["33.6x00"], "OP_ALL": ["33.6x00"]}
FILES = {
    "manifest.toml": 'id = "base"\ntitle = "base"\n',
    "mdc.csv": "mdc,name,rule,order\nMDCB,,ZYZD in DI_A,1\n",
    "adrg.csv": "adrg,name,rule,mdc,order\nBA1,,ZYSS in OP_A,MDCB,1\nBR1,,,MDCB,2\n",
    "drg.csv": "drg,name,rule,adrg,mdc,order\nBA19,,,BA1,MDCB,1\nBR11,,QTZD in MCC,BR1,MDCB,1\n",
    "sets.csv": "set,code\n" + "".join(f"{name},{code}\n" for name in SETS for code in SETS[name]),
    "complications.csv": "code,level,exclusion_set\nI50.900,MCC,\n",
    "exclusions.csv": "exclusion_set,code\n",
}


def written(directory: Path, files: dict[str, str]) -> Path:
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def refused(grouper: Path | GrouperTables) -> RuleError:
    with pytest.raises(RuleError) as caught:
        Grouper(grouper)
    return caught.value


def one_rule(rule: str) -> GrouperTables:
    return version([("MDCB", "", 1)], [("BA1", rule, "MDCB", 1)], [("BA19", "", "BA1", "MDCB", 1)], SETS)


# ----------------------------------------------------------------------------------------- wrong rules


@pytest.mark.parametrize(
    ("rule", "character", "name"),
    [
        ("ZYZD in DI_X", 9, "DI_X"),
        ("{ZYZD, QTZD} in DI_X", 17, "DI_X"),
        ("ZYZD in {DI_X, DI_A}", 10, "DI_X"),
        ("ZYZD in {DI_A,\n DI_X}", 17, "DI_X"),
        ("ZYZD in DI_A and ZYZD not in DI_A or ZYZD not in {DI_A, DI_AB, DI_X}", 64, "DI_X"),
        ("length(OP_X ∩ {ZYSS, QTSS}) >= 2", 8, "OP_X"),
        ("ZYZD in ｛DI_A，DI_X｝", 15, "DI_X"),
        ("QTZD in {MCC, DI_X}", 15, "DI_X"),
        ("ZYZD in di_a", 9, "di_a"),
    ],
)
def test_an_unknown_set(rule: str, character: int, name: str) -> None:
    error = refused(one_rule(rule))
    assert error.problem == f"the version has no set {name!r}, or it is empty"
    assert (error.file, error.row, error.field) == ("adrg.csv", 2, "rule")
    assert (error.character, error.rule) == (character, rule)
    assert rule[character - 1 :].startswith(name)


def test_an_unknown_set_whose_name_begins_another() -> None:
    made = version([("MDCB", "ZYZD in {DI_AB, DI_A}", 1)], [], [], {"DI_AB": ["B20.000"]})
    assert refused(made).character == 17


def test_the_nearest_set_is_offered() -> None:
    assert refused(one_rule("ZYSS in OP_AL")).fix == "Did you mean 'OP_ALL'?"
    assert "sets.csv" in str(refused(one_rule("ZYSS in XXXX")).fix)


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "character", "problem"),
    [
        ("mdc.csv", "DI_A", "DI_X", 2, 9, "no set 'DI_X'"),
        ("adrg.csv", "BR1,,", "BR1,,NLL > 1", 3, 1, "unknown variable 'NLL'"),
        ("drg.csv", "QTZD in MCC", "QTZD in {MCC DI_A}", 3, 14, "'}' was expected"),
        ("drg.csv", "QTZD in MCC", '"QTZD in {MCC,\n DI_X}"', 3, 16, "no set 'DI_X'"),
        ("sets.csv", "OP_A,33.6x00\n", "", 2, 9, "no set 'OP_A'"),
    ],
)
def test_errors_name_file_row_column_and_character(
    tmp_path: Path, file: str, old: str, new: str, row: int, character: int, problem: str
) -> None:
    assert old in FILES[file]
    directory = written(tmp_path / "base", FILES | {file: FILES[file].replace(old, new, 1)})
    error = refused(directory)
    ruled = "adrg.csv" if file == "sets.csv" else file
    assert (error.file, error.row, error.field) == (str(directory / ruled), row, "rule")
    assert error.character == character
    assert problem in error.problem
    place = f"{directory / ruled}, row {row}, column rule, character {character}: "
    assert str(error).startswith(place + error.problem)


def test_errors_in_an_overlay_name_its_own_file(tmp_path: Path) -> None:
    base = written(tmp_path / "base", FILES)
    overlay = {
        "manifest.toml": 'id = "over"\ntitle = "over"\nbased_on = "base"\n',
        "adrg.csv": (
            "change,adrg,name,rule,mdc,order\n"
            'add,BB1,,"{ZYSS, QTSS} in {OP_A, OP_X}",MDCB,3\nreplace,BR1,,1,MDCB,2\n'
        ),
    }
    error = refused(written(tmp_path / "over", overlay))
    assert (error.file, error.row, error.character) == (str(tmp_path / "over" / "adrg.csv"), 2, 24)

    # A rule of the base that the overlay leaves without its set is still the base's.
    overlay = {
        "manifest.toml": overlay["manifest.toml"],
        "sets.csv": "change,set,code\nremove,OP_A,33.6x00\n",
    }
    error = refused(written(tmp_path / "bare", overlay))
    assert (error.file, error.row, error.character) == (str(base / "adrg.csv"), 2, 9)


# ------------------------------------------------------------------------------------ order of evaluation


def reached(made: GrouperTables, **values: object) -> tuple[str | None, str | None, str | None]:
    result = Grouper(made).explain({"principal_diagnosis": "A00.100", **values})
    return result.mdc, result.adrg, result.drg


def test_order_counts_and_not_the_row() -> None:
    made = version(
        [("MDCC", "1", 2), ("MDCB", "1", 1)],
        [("CA1", "1", "MDCC", 1), ("BB1", "1", "MDCB", 10), ("BA1", "1", "MDCB", 9)],
        [("BA12", "1", "BA1", "MDCB", 20), ("BA11", "1", "BA1", "MDCB", 3), ("BA13", "1", "BA1", "MDCB", 3)],
    )
    assert reached(made) == ("MDCB", "BA1", "BA11")


def test_fallbacks_go_last_in_their_scope() -> None:
    made = version(
        [("MDCB", "1", 1), ("MDCC", "1", 2)],
        [("B00", "", "MDCB", 1), ("BA1", "ZYZD in DI_A", "MDCB", 2), ("CA1", "1", "MDCC", 1)],
        [
            ("B000", "", "B00", "MDCB", 1),
            ("BA19", " \n", "BA1", "MDCB", 1),
            ("BA11", "XB = 1", "BA1", "MDCB", 2),
        ],
        SETS,
    )
    assert reached(made, sex=1) == ("MDCB", "BA1", "BA11")
    assert reached(made, sex=2) == ("MDCB", "BA1", "BA19")
    assert reached(made, principal_diagnosis="B20.000") == ("MDCB", "B00", "B000")
    program = Grouper(made).program
    assert program.adrg["adrg"].to_list() == ["BA1", "B00", "CA1"]
    assert program.drg["drg"].to_list() == ["BA11", "BA19", "B000"]


def test_a_rule_of_one_keeps_its_place() -> None:
    """Six transcribed versions have unconditional rows before others; they are written as 1."""
    made = version([("MDCB", "", 1)], [("BA1", "1", "MDCB", 1), ("BB1", "ZYZD in DI_A", "MDCB", 2)], [], SETS)
    assert reached(made) == ("MDCB", "BA1", None)


def test_an_mdc_without_a_rule_keeps_its_place() -> None:
    made = version(
        [("MDCB", "ZYZD in DI_A", 2), ("MDCA", "", 1)],
        [("AA1", "ZYSS in OP_A", "MDCA", 1), ("BA1", "1", "MDCB", 1)],
        [],
        SETS,
    )
    assert reached(made, principal_procedure="33.6X00") == ("MDCA", "AA1", None)
    assert reached(made) == ("MDCB", "BA1", None)


def test_rows_without_a_rule_keep_their_order_among_themselves() -> None:
    made = version(
        [("MDCB", "", 1)], [("B02", "", "MDCB", 2), ("B01", "", "MDCB", 1), ("B03", "0", "MDCB", 3)]
    )
    assert Grouper(made).program.adrg["adrg"].to_list() == ["B03", "B01", "B02"]
    assert reached(made) == ("MDCB", "B01", None)


def test_the_next_mdc_is_tried_and_not_the_next_adrg() -> None:
    made = version(
        [("MDCB", "1", 1), ("MDCC", "1", 2), ("MDCD", "1", 3)],
        [("BA1", "0", "MDCB", 1), ("DA1", "1", "MDCD", 1), ("DB1", "1", "MDCD", 2)],
        [("DA11", "0", "DA1", "MDCD", 1), ("DB19", "", "DB1", "MDCD", 1)],
    )
    assert reached(made) == ("MDCD", "DA1", None)


def test_the_row_of_what_is_in_no_group_is_no_group() -> None:
    made = version(
        [("0000", "", 0), ("MDCB", "XB = 1", 1)],
        [("000", "", "0000", 1), ("BA1", "", "MDCB", 1)],
        [("0000", "", "000", "0000", 1), ("BA19", "", "BA1", "MDCB", 1)],
    )
    program = Grouper(made).program
    codes = (program.mdc["mdc"].to_list(), program.adrg["adrg"].to_list(), program.drg["drg"].to_list())
    assert codes == (["MDCB"], ["BA1"], ["BA19"])
    assert reached(made, sex=1) == ("MDCB", "BA1", "BA19")
    result = Grouper(made).explain({"principal_diagnosis": "A00.100", "sex": 2})
    assert (result.mdc, result.adrg, result.drg, result.grouping_status) == (None, None, "0000", "ungrouped")


def test_required_columns_are_those_that_rules_read() -> None:
    assert Grouper(one_rule("")).required_columns == ("principal_diagnosis",)
    rule = 'LYFS = "5" or XSRTZ < 1 or {QTSS} in OP_A or length(DI_A ∩ {QTZD}) > 1'
    assert Grouper(one_rule(rule)).required_columns == (
        "admission_weight_g",
        "disposition",
        "principal_diagnosis",
        "other_diagnoses",
        "other_procedures",
    )


def test_a_version_of_almost_nothing() -> None:
    empty = Grouper(version([], []))
    assert empty.explain({"principal_diagnosis": "A00.100"}).grouping_status == "ungrouped"
    bare = Grouper(version([("MDCB", "", 1)], [("B00", "", "MDCB", 1)]))
    assert bare.explain({"principal_diagnosis": "A00.100"}).grouping_status == "no_drg"


@pytest.mark.parametrize("count", [7, 8, 9, 62, 63, 64, 65, 126, 127, 128, 129])
def test_any_number_of_sets_and_groups(count: int) -> None:
    """Sets are packed into bytes and candidates into words of 63 bits: nothing is lost at the seams."""
    numbers = range(count)
    made = version(
        [("MDCB", "", 1)],
        [(f"B{n}", f"ZYZD in DI_{n} and not ZYSS in OP_{n}", "MDCB", n) for n in numbers],
        [(f"B{n}9", "", f"B{n}", "MDCB", 1) for n in numbers],
        {f"DI_{n}": [f"A{n}"] for n in numbers} | {f"OP_{n}": [f"P{n}"] for n in numbers},
    )
    frame = pl.DataFrame(
        {
            "principal_diagnosis": [f"A{n}" for n in numbers] * 2,
            "principal_procedure": [f"P{n}" for n in numbers] + [f"P{count - n}" for n in numbers],
        }
    )
    expected = ["0000"] * count + ["0000" if 2 * n == count else f"B{n}9" for n in numbers]
    assert Grouper(made).group(frame)["drg"].to_list() == expected


# -------------------------------------------------------------------------------------------- candidates


@tries(0.4)
@given(st.data())
def test_what_is_no_candidate_never_holds(data: st.DataObject) -> None:
    """An ADRG that the principal codes rule out does not hold, or its MDC does not."""
    random = data.draw(tables())
    cases, _ = data.draw(frames(random))
    program = Grouper(grouper_tables(random)).program
    oracle = ReferenceGrouper(random)
    rules = {row.code: row.rule for row in oracle.mdcs + oracle.adrgs}
    diagnoses = {clean_code(code): number for number, code in enumerate(program.diagnoses.codes)}
    procedures = {clean_code(code): number for number, code in enumerate(program.procedures.codes)}
    arrays = program.arrays
    for case in cases:
        facts = oracle.facts(case)
        if facts is None:
            continue
        diagnosis = diagnoses.get(clean_code(case["principal_diagnosis"]), 0)
        procedure = procedures.get(clean_code(case["principal_procedure"]), 0)
        left = (
            arrays.diagnosis_candidates[arrays.diagnosis_class[[diagnosis]]]
            & arrays.procedure_candidates[arrays.procedure_class[[procedure]]]
        )
        candidates = unpacked(left)[0]
        for number, (adrg, mdc) in enumerate(program.adrg.select("adrg", "mdc").iter_rows()):
            if not candidates[number]:
                assert not (oracle.holds(rules[adrg], facts) and oracle.holds(rules[mdc], facts))


def test_candidates_leave_out_what_the_principal_codes_rule_out() -> None:
    """The property above would hold if every ADRG were always a candidate."""
    made = version(
        [("MDCB", "ZYZD in DI_A", 1), ("MDCC", "", 2)],
        [
            ("BA1", "ZYSS in OP_A", "MDCB", 1),
            ("BR1", "QTZD in DI_AB or NL > 1", "MDCB", 2),
            ("CA1", "0", "MDCC", 1),
            ("CB1", "not ZYSS in OP_A and ZYZD not in DI_A", "MDCC", 2),
        ],
        [],
        SETS,
    )

    def ruled_out(principal: str, procedure: str | None) -> set[str]:
        case = {"principal_diagnosis": principal, "principal_procedure": procedure}
        tried = Grouper(made).explain(discharge(case)).mdcs
        return {adrg.code for mdc in tried for adrg in mdc.inside if adrg.ruled_out}

    assert ruled_out("A00.100", None) == {"BA1", "CA1", "CB1"}
    assert ruled_out("B20.000", "33.6x00") == {"CA1", "CB1"}
    assert ruled_out("B20.000", None) == {"CA1"}


def test_codes_in_the_same_sets_are_of_one_class() -> None:
    program = Grouper(one_rule("ZYZD in DI_A or ZYSS in OP_A or ZYSS in OP_ALL")).program
    classes = program.arrays.diagnosis_class
    spelled = {program.diagnoses.decode(number): number for number in range(len(program.diagnoses))}
    assert classes[spelled["A00.100"]] == classes[spelled["A00.100x001"]]
    assert classes[spelled["A00.100"]] != classes[0]
    assert len(np.unique(classes)) == 2


def test_equal_parts_of_rules_share_their_instructions() -> None:
    instructions = Grouper(one_rule("(ZYZD in DI_A or NL > 1) and (ZYZD in DI_A or NL > 1)")).program.arrays
    assert len(instructions.instructions) == 4
    alone = Grouper(one_rule("NL > 1")).program.arrays.instructions
    assert alone.tolist() == [[op.GREATER, 0, 0, op.HOLDS, op.FAILS]]
