"""The rule notation: what it says, what it refuses, and where in the text it says so."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import Grouper, RuleError
from drg.columns import VARIABLES
from drg.tables import load_tables
from drg.tables.language import (
    FIELDS,
    SCALARS,
    And,
    Compare,
    Constant,
    Count,
    Expression,
    Member,
    Not,
    Or,
    atoms,
    parse,
    variables,
)
from drg.tables.locate import installed
from tests.helpers import SHARED, grouper_tables, outcomes
from tests.profiles import tries
from tests.reference import ReferenceGrouper
from tests.strategies import SETS_OF_DIAGNOSES, SETS_OF_PROCEDURES, frames, rules, tables

ZYZD_A = Member(("ZYZD",), ("DI_A",))
ZYSS_B = Member(("ZYSS",), ("OP_B",))
TRUE, FALSE = Constant(True), Constant(False)
OLD = Compare("NL", ">=", 70.0)


@pytest.mark.parametrize("rule", ["", " ", "\n", "\t\r\n", "\u3000\u00a0\u200b\ufeff", " " * 100])
def test_an_empty_rule_always_holds(rule: str) -> None:
    assert parse(rule) == TRUE


@pytest.mark.parametrize(
    ("rule", "tree"),
    [
        ("1", TRUE),
        ("1.0", TRUE),
        ("0", FALSE),
        ("0.0", FALSE),
        ("000", FALSE),
        ("0.001", TRUE),
        ("27", TRUE),
        ("(((1)))", TRUE),
        ("ZYZD in DI_A", ZYZD_A),
        ("{ZYZD} in {DI_A}", ZYZD_A),
        ("{ZYZD, QTZD} in DI_A", Member(("ZYZD", "QTZD"), ("DI_A",))),
        ("{QTZD, ZYZD} in DI_A", Member(("QTZD", "ZYZD"), ("DI_A",))),
        ("{ZYZD, ZYZD} in {DI_A, DI_A}", ZYZD_A),
        ("{ZYSS, QTSS} in {OP_A, OP_B}", Member(("ZYSS", "QTSS"), ("OP_A", "OP_B"))),
        ("ZYZD not in DI_A", Not(ZYZD_A)),
        ("not ZYZD in DI_A", Not(ZYZD_A)),
        ("not ZYZD not in DI_A", Not(Not(ZYZD_A))),
        ("not not 1", Not(Not(TRUE))),
        ("QTZD in MCC", Member(("QTZD",), ("MCC",))),
        ("{QTZD} in {MCC, CC}", Member(("QTZD",), ("MCC", "CC"))),
        ("QTZD in {CC, DI_A}", Member(("QTZD",), ("CC", "DI_A"))),
        ("NL>=70", OLD),
        ("NL <= 6", Compare("NL", "<=", 6.0)),
        ("NL < 6.5", Compare("NL", "<", 6.5)),
        ("NL > 06", Compare("NL", ">", 6.0)),
        ("XB = 1", Compare("XB", "=", 1.0)),
        ('LYFS = "5"', Compare("LYFS", "=", "5")),
        ('CYKB=" 03 01 "', Compare("CYKB", "=", "03 01")),
        ("length(OP_B ∩ {ZYSS, QTSS}) >= 2", Count("OP_B", ("ZYSS", "QTSS"), ">=", 2.0)),
        ("length(DI_A∩{QTZD})=0", Count("DI_A", ("QTZD",), "=", 0.0)),
        ("1 and 0", And((TRUE, FALSE))),
        ("1 or 0", Or((TRUE, FALSE))),
        ("1 and 0 and 1", And((TRUE, FALSE, TRUE))),
    ],
)
def test_every_form(rule: str, tree: Expression) -> None:
    assert parse(rule) == tree


@pytest.mark.parametrize(
    ("rule", "tree"),
    [
        ("1 and 0 or 1", Or((And((TRUE, FALSE)), TRUE))),
        ("1 or 0 and 1", Or((TRUE, And((FALSE, TRUE))))),
        ("1 and (0 or 1)", And((TRUE, Or((FALSE, TRUE))))),
        ("(1 or 0) and 1", And((Or((TRUE, FALSE)), TRUE))),
        ("not 1 and 0", And((Not(TRUE), FALSE))),
        ("not 1 or 0", Or((Not(TRUE), FALSE))),
        ("not (1 or 0)", Not(Or((TRUE, FALSE)))),
        ("ZYZD not in DI_A and not NL>=70", And((Not(ZYZD_A), Not(OLD)))),
        (
            "ZYZD in DI_A and ZYSS in OP_B or ZYZD in DI_A and NL>=70",
            Or((And((ZYZD_A, ZYSS_B)), And((ZYZD_A, OLD)))),
        ),
    ],
)
def test_and_binds_tighter_than_or_and_not_tighter_than_both(rule: str, tree: Expression) -> None:
    assert parse(rule) == tree


@pytest.mark.parametrize(
    "rule",
    [
        "ZYZD IN DI_A AND (NOT ZYSS IN OP_B OR LENGTH(OP_B ∩ {QTSS}) >= 2)",
        "ZYZD In DI_A And (Not ZYSS iN OP_B oR Length(OP_B ∩ {QTSS}) >= 2)",
        "ZYZD in DI_A\nand\r\n(not\tZYSS in OP_B\u3000or\u00a0length(OP_B ∩ {QTSS})\u200b>= 2)",
        "ZYZD in DI_A and(not ZYSS in OP_B or length(OP_B∩{QTSS})>=2)",
        "  ZYZD  in  DI_A  and  (  not ZYSS in OP_B or length ( OP_B ∩ { QTSS } ) >= 2  )  ",
        "ZYZD in DI_A and （not ZYSS in OP_B or length（OP_B ∩ ｛QTSS｝） ≥ 2）",
        "ZYZD in DI_A and (not ZYSS in OP_B or length(OP_B ∩ QTSS) ＞＝ 2)",
        "ZYZD in {DI_A} and (not {ZYSS} in ｛OP_B｝ or length(OP_B∩QTSS)＞=2)",
    ],
)
def test_spelling_does_not_matter(rule: str) -> None:
    plain = "ZYZD in DI_A and (not ZYSS in OP_B or length(OP_B ∩ {QTSS}) >= 2)"
    assert parse(rule) == parse(plain)


@pytest.mark.parametrize(
    ("wide", "plain"),
    [
        ("NL＜6", "NL<6"),
        ("NL＞6", "NL>6"),
        ("NL＝6", "NL=6"),
        ("NL≤6", "NL<=6"),
        ("NL≥6", "NL>=6"),
        ("NL＜＝6", "NL<=6"),
        ("NL＞=6", "NL>=6"),
        ("NL>＝6", "NL>=6"),
        ("（NL=6）", "NL=6"),
        ("ZYZD in ｛DI_A，DI_B｝", "ZYZD in {DI_A,DI_B}"),
        ("LYFS=“5”", 'LYFS="5"'),
    ],
)
def test_signs_of_full_width(wide: str, plain: str) -> None:
    assert parse(wide) == parse(plain)


def test_names_keep_their_case() -> None:
    assert parse("ZYZD in di_a") != parse("ZYZD in DI_A")


@pytest.mark.parametrize("variable", sorted(SCALARS))
def test_every_variable_is_known(variable: str) -> None:
    operand = '"1"' if variable in ("LYFS", "CYKB") else "1"
    assert variables(parse(f"{variable} = {operand}")) == {variable}


def test_variables_and_fields_are_those_of_the_columns() -> None:
    assert set(VARIABLES) == SCALARS | FIELDS
    assert {"ZYZD", "QTZD", "ZYSS", "QTSS"} == FIELDS


def test_atoms_from_left_to_right() -> None:
    tree = parse("not (ZYZD in DI_A or 1 and NL>=70) and ZYSS not in OP_B")
    assert list(atoms(tree)) == [ZYZD_A, OLD, ZYSS_B]
    assert variables(tree) == {"ZYZD", "NL", "ZYSS"}


@pytest.mark.parametrize(
    ("rule", "texts"),
    [
        ("(ZYZD in DI_A)\nand  NL>=70", ["ZYZD in DI_A", "NL>=70"]),
        ("ZYZD not in DI_A", ["ZYZD in DI_A"]),
        ("ZYZD NOT IN DI_A", ["ZYZD in DI_A"]),
        ("{ZYZD,QTZD}Not\u200bin{DI_A}", ["{ZYZD,QTZD}in{DI_A}"]),
        ("length( OP_B ∩\n{QTSS} )>1", ["length( OP_B ∩ {QTSS} )>1"]),
    ],
)
def test_conditions_know_their_text(rule: str, texts: list[str]) -> None:
    """The text of a condition is what is tested, so it says nothing of a negation."""
    assert [atom.text for atom in atoms(parse(rule))] == texts


@pytest.mark.parametrize(
    ("rule", "character", "problem", "fix"),
    [
        # What is left over, and what is missing.
        ("1 1", 3, "'1' is left over after a complete rule", None),
        ("1)", 2, "')' is left over", None),
        ("NL >= 6years", 8, "'years' is left over", None),
        ("ZYZD in DI_A DI_B", 14, "'DI_B' is left over", None),
        ("(1", 3, "')' was expected here, not 'the end of the rule'", None),
        ("()", 2, "a condition was expected here, not ')'", None),
        ("and", 1, "a condition was expected here, not 'and'", None),
        ("1 OR", 5, "a condition was expected here, not 'the end of the rule'", None),
        ("1 and or 1", 7, "a condition was expected here, not 'or'", None),
        ("not", 4, "a condition was expected here", None),
        ("not in DI_A", 5, "a condition was expected here, not 'in'", None),
        ('"5" = LYFS', 1, "a condition was expected here, not '\"5\"'", None),
        # Memberships.
        ("ZYZD", 5, "'in' was expected here", None),
        ("ZYZD DI_A", 6, "'in' was expected here, not 'DI_A'", None),
        ("ZYZD not DI_A", 10, "'in' was expected here, not 'DI_A'", None),
        ("ZYZD not not in DI_A", 10, "'in' was expected here, not 'not'", None),
        ("ZYZD in", 8, "a set or {…} was expected here", None),
        ("ZYZD in not DI_A", 9, "a set or {…} was expected here, not 'not'", None),
        ("ZYZD in {}", 10, "a set was expected here, not '}'", None),
        ("ZYZD in {DI_A,}", 15, "a set was expected here, not '}'", None),
        ("ZYZD in {DI_A DI_B}", 15, "'}' was expected here, not 'DI_B'", None),
        ("ZYZD in {DI_A", 14, "'}' was expected here, not 'the end of the rule'", None),
        ("{} in DI_A", 2, "a field was expected here, not '}'", None),
        ("{ZYZD QTZD} in DI_A", 7, "'}' was expected here, not 'QTZD'", None),
        ("1 and {ZYZD, ZYSS} in DI_A", 7, "diagnoses and procedures are mixed", None),
        ("{NL} in DI_A", 1, "'NL' is not a field of codes", "ZYZD, QTZD, ZYSS, QTSS"),
        ("1 and ZYZD in MCC", 15, "only QTZD can be in them", None),
        ("{ZYZD, QTZD} in {DI_A, CC}", 17, "only QTZD can be in them", None),
        # Comparisons.
        ("FOO >= 1", 1, "unknown variable 'FOO'", "The variables are CYKB, ICUXS, LYFS, NL"),
        ("1 or\nNLL >= 1", 6, "unknown variable 'NLL'", "Did you mean 'NL'?"),
        ("zyzd in DI_A", 1, "unknown variable 'zyzd'", "Did you mean 'ZYZD'?"),
        ("NL", 3, "one of >= <= > < = was expected here, not 'the end of the rule'", None),
        ("NL in DI_A", 4, "one of >= <= > < = was expected here, not 'in'", None),
        ("NL == 1", 5, "NL is compared with a number, not with '='", None),
        ("NL => 1", 5, "NL is compared with a number, not with '>'", None),
        ('NL = "1"', 6, "NL is compared with a number, not with '\"1\"'", None),
        ("NL >= ZYZD", 7, "NL is compared with a number, not with 'ZYZD'", None),
        ("LYFS = 5", 8, 'compared as text: write LYFS = "5"', None),
        ('LYFS >= "5"', 9, "LYFS is a code and is compared as text", None),
        # length.
        ("length DI_A", 8, "'(' was expected here, not 'DI_A'", None),
        ("length(DI_A) >= 1", 12, "'∩' was expected here, not ')'", None),
        ("length(DI_A ∩ {QTZD} >= 1", 22, "')' was expected here, not '>='", None),
        ("length(DI_A ∩ {QTZD})", 22, "one of >= <= > < = was expected here", None),
        ("length(DI_A ∩ {QTZD}) >= NL", 26, "a number was expected here, not 'NL'", None),
        ("length(DI_A ∩ {NL}) >= 1", 15, "'NL' is not a field of codes", "ZYZD, QTZD, ZYSS, QTSS"),
        ("length(DI_A ∩ {QTZD, QTSS}) >= 1", 15, "diagnoses and procedures are mixed", None),
        ("length(MCC ∩ {QTZD}) >= 1", 8, "a set of the version, not of 'MCC'", None),
        ("length(ZYZD ∩ {QTZD}) >= 1", 8, "a set of the version, not of 'ZYZD'", None),
        ("length({DI_A} ∩ {QTZD}) >= 1", 8, "a set of the version, not of '{'", None),
        # Signs that are none.
        ("NL != 1", 4, "'!' does not belong to the rule notation", "Remove it"),
        ("XB = -1", 6, "'-' does not belong", "Remove it"),
        ("1 & 1", 3, "'&' does not belong", "Remove it"),
        ("ZYZD in 'DI_A'", 9, '"\'" does not belong', "Remove it"),
        ('LYFS = "5', 8, "'\"' does not belong", "close the quotation mark"),
        ('LYFS = “5"', 8, "'“' does not belong", "close the quotation mark"),
        ("NL >= 6 岁", 9, "'岁' does not belong", "Remove it"),
        ("NL >= １", 7, "'１' does not belong", "Remove it"),
        ("\n\n 1.", 5, "'.' does not belong", "Remove it"),
    ],
)
def test_errors_name_the_character(rule: str, character: int, problem: str, fix: str | None) -> None:
    with pytest.raises(RuleError) as caught:
        parse(rule)
    assert problem in caught.value.problem
    assert caught.value.character == character
    assert caught.value.rule == rule
    if fix is None:
        assert caught.value.fix is None
    else:
        assert fix in str(caught.value.fix)


def test_the_message_points_at_the_character() -> None:
    rule = "ZYZD in DI_A and\nNLL >= 70"
    with pytest.raises(RuleError) as caught:
        parse(rule)
    first, window, pointer = str(caught.value).splitlines()
    assert first == "character 18: unknown variable 'NLL'. Did you mean 'NL'?"
    assert window[pointer.index("^") :] == "NLL >= 70"


def test_the_message_shows_only_the_neighbourhood_of_a_long_rule() -> None:
    rule = " or ".join(["ZYZD in DI_A"] * 40) + " or NLL = 1"
    with pytest.raises(RuleError) as caught:
        parse(rule)
    _, window, pointer = str(caught.value).splitlines()
    assert window[pointer.index("^") :].startswith("NLL = 1")
    assert len(window) <= 84


# ------------------------------------------------------------------------------- every rule that there is


@pytest.mark.parametrize("grouper", sorted(installed()))
def test_every_rule_of_a_shipped_version_is_understood(grouper: str) -> None:
    loaded = load_tables(grouper)
    known = set(loaded.sets["set"]) | {"MCC", "CC"}
    for frame in (loaded.mdc, loaded.adrg, loaded.drg):
        for rule in frame["rule"].unique():
            for atom in atoms(parse(rule)):
                if not isinstance(atom, Compare):
                    names = (atom.set,) if isinstance(atom, Count) else atom.sets
                    assert known.issuperset(names)
                    assert rule[atom.character - 1 :].startswith(("{", names[0]))


def test_every_rule_of_the_3_0_workbook_is_understood() -> None:
    file = SHARED / "chs-drg-3.0" / "rules.json"
    if not file.is_file():
        pytest.skip("the rules of CHS-DRG 3.0 are not beside the repository")
    sheets = json.loads(file.read_text(encoding="utf-8"))
    texts = [row["rule"] for sheet in ("mdc", "adrg", "drg") for row in sheets[sheet]]
    assert len(texts) == 1433
    trees = [parse(text) for text in texts]
    assert sum(tree == TRUE for tree in trees) == 1 + 24 + 537 + 1  # MDCA, X00, DRGs without a rule, ZZ1
    used = set().union(*map(variables, trees))
    assert used == {"ZYZD", "QTZD", "ZYSS", "QTSS", "XB", "NL", "XSRTL", "XSRTZ"}


# --------------------------------------------------------------------------------- a rule means one thing

few = tries(0.6)


@few
@given(rules(SETS_OF_DIAGNOSES, SETS_OF_PROCEDURES))
def test_random_rules_are_rules(rule: str) -> None:
    texts = [atom.text for atom in atoms(parse(rule))]
    assert parse(rule) == parse(" ".join(rule.split()))
    assert all(parse(text) for text in texts)


@few
@given(st.data())
def test_a_random_rule_means_what_the_oracle_reads(data: st.DataObject) -> None:
    """The rule stands at the only DRG: the status says whether it holds."""
    version = data.draw(tables())
    sets = version["sets"]["set"].unique().to_list()
    diagnoses = tuple(sorted(name for name in sets if name.startswith("DI")))
    procedures = tuple(sorted(name for name in sets if name.startswith("OP")))
    rule = data.draw(rules(diagnoses, procedures))
    version |= {
        "mdc": pl.DataFrame({"mdc": "MDCB", "name": "", "rule": "", "order": 1}),
        "adrg": pl.DataFrame({"adrg": "BA1", "name": "", "rule": "", "mdc": "MDCB", "order": 1}),
        "drg": pl.DataFrame(
            {"drg": "BA11", "name": "", "rule": rule, "adrg": "BA1", "mdc": "MDCB", "order": 1}
        ),
    }
    cases, frame = data.draw(frames(version))
    oracle = ReferenceGrouper(version)
    grouped = outcomes(Grouper(grouper_tables(version)).group(frame))
    for case, result in zip(cases, grouped, strict=True):
        assert result["grouping_status"] == oracle.group(case).status
