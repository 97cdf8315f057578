"""Each condition of the notation, as the kernel and the explanation test it, on every edge that it has."""

from __future__ import annotations

import operator
from string import ascii_uppercase
from typing import Any

import polars as pl
import pytest

from drg import Grouper
from drg.columns import VARIABLES, Kind
from tests.helpers import outcome, outcomes, version
from tests.profiles import quick_first

SETS = {
    "DI_A": ["A1", "A2", "A3", "A4"],
    "DI_B": ["B1"],
    "OP_A": ["P1", "P2", "P3", "P4"],
    "OP_B": ["Q1"],
}
COMPLICATIONS = [("A1", "CC", "EX_1"), ("A2", "MCC", "EX_2"), ("B1", "CC", "")]
EXCLUSIONS = {"EX_1": ["A1", "A4", "U4"], "EX_2": ["A3", "A4"]}
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
NUMBERS = sorted(name for name, column in VARIABLES.items() if column.kind is Kind.NUMBER)


def holds(rule: str, cases: list[dict[str, Any]]) -> list[bool]:
    """Whether the rule holds for each case; kernel and explanation must agree."""
    return grouped([("BA1", "", "MDCB", 1)], [("BA19", rule, "BA1", "MDCB", 1)], cases)


def each_holds(rules: list[str], cases: list[dict[str, Any]]) -> list[list[bool]]:
    """Whether each rule holds for each case, all in one version: the age says which rule is asked."""
    codes = [f"B{letter}{digit}" for letter in ascii_uppercase for digit in range(1, 10)]
    own = list(enumerate(zip(codes, rules, strict=False)))
    assert len(own) == len(rules)
    found = grouped(
        [(code, f"NL = {age}", "MDCB", age) for age, (code, _) in own],
        [(f"{code}9", rule, code, "MDCB", age) for age, (code, rule) in own],
        [case | {"age_years": age} for age, _ in own for case in cases],
    )
    return [found[age * len(cases) :][: len(cases)] for age, _ in own]


def grouped(adrgs: list[Any], drgs: list[Any], cases: list[dict[str, Any]]) -> list[bool]:
    """Whether each case has a DRG; kernel and explanation must agree."""
    made = version(
        [("MDCB", "", 1)],
        adrgs,
        drgs,
        SETS,
        COMPLICATIONS,
        EXCLUSIONS,
    )
    grouper = Grouper(made)
    schema = {
        name: pl.List(pl.String) if name.startswith("other_") else None if name in cases[0] else pl.String
        for name in dict.fromkeys((*cases[0], *grouper.required_columns))
    }
    full = [{"principal_diagnosis": "U1"} | case for case in cases]
    rows = outcomes(grouper.group(pl.DataFrame(full, schema=schema, orient="row")))
    for case, row in zip(full, rows, strict=True):
        assert outcome(grouper.explain(case)) == row
    assert {row["grouping_status"] for row in rows} <= {"grouped", "no_drg"}
    return [row["grouping_status"] == "grouped" for row in rows]


def diagnoses(principal: str, *others: str | None) -> dict[str, Any]:
    return {"principal_diagnosis": principal, "other_diagnoses": list(others)}


def procedures(principal: str | None, *others: str | None) -> dict[str, Any]:
    return {"principal_procedure": principal, "other_procedures": list(others)}


def test_length_counts_distinct_codes() -> None:
    """The principal procedure may stand among the others again, and a code may stand there twice."""
    cases: dict[Any, list[tuple[Any, ...]]] = {
        procedures: [
            # the case, distinct codes of OP_A in {ZYSS, QTSS}, in {QTSS}, in {ZYSS}
            (procedures(None), 0, 0, 0),
            (procedures("P1"), 1, 0, 1),
            (procedures("P1", "p1"), 1, 1, 1),
            (procedures("P1", "P1", "P2", "P2"), 2, 2, 1),
            (procedures("P2", "P1", "Q1", "P1"), 2, 1, 1),
            (procedures("Q1", "P1", "P2", "P1", "?", "P3"), 3, 3, 0),
            (procedures("?", "P2", "Q1", None, "P2", "P2"), 1, 1, 0),
            (procedures("P4", "P1", "P2", "P3", "P2"), 4, 3, 1),
        ],
        diagnoses: [
            # A principal diagnosis that is repeated among the others is no other diagnosis.
            (diagnoses("U1"), 0, 0, 0),
            (diagnoses("A1"), 1, 0, 1),
            (diagnoses("A1", "A1"), 1, 0, 1),
            (diagnoses("A1", "A1", "A2", "A2"), 2, 1, 1),
            (diagnoses("B1", "A1", "A2", "A1", "?", "A3"), 3, 3, 0),
            (diagnoses("A4", "A4", "A1", "A2", "A3", "A2"), 4, 3, 1),
        ],
    }
    for kind, table in cases.items():
        name, principal, other = ("OP_A", "ZYSS", "QTSS") if kind is procedures else ("DI_A", "ZYZD", "QTZD")
        for place, fields in enumerate((f"{principal}, {other}", other, principal), 1):
            # Numbers are compared alike wherever codes are counted.
            thresholds = ("0", "1.5", "2") if place == 1 and kind is procedures else ("2",)
            asked = [(sign, threshold) for sign in COMPARISONS for threshold in thresholds]
            rules = [f"length({name} ∩ {{{fields}}}) {sign} {threshold}" for sign, threshold in asked]
            found = each_holds(rules, [row[0] for row in table])
            for rule, (sign, threshold), held in zip(rules, asked, found, strict=True):
                assert held == [COMPARISONS[sign](row[place], float(threshold)) for row in table], rule


MEMBERSHIPS = [
    # the case, ZYZD in DI_A, QTZD in DI_A, {ZYZD, QTZD} in DI_A, QTZD in {DI_A, DI_B}
    (diagnoses("U1"), False, False, False, False),
    (diagnoses("?", "?", None, ""), False, False, False, False),
    (diagnoses("A1"), True, False, True, False),
    (diagnoses("a1", " A1", "A1"), True, False, True, False),
    (diagnoses("A1", "A2"), True, True, True, True),
    (diagnoses("U1", "A1"), False, True, True, True),
    (diagnoses("U1", "U1", "B1"), False, False, False, True),
    (diagnoses("B1", "B1", "U1"), False, False, False, False),
    (diagnoses("U1", *["?"] * 50, "A4"), False, True, True, True),
]


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ("ZYZD in DI_A", 1),
        ("QTZD in DI_A", 2),
        ("{ZYZD, QTZD} in DI_A", 3),
        ("QTZD in {DI_A, DI_B}", 4),
    ],
)
def test_membership_of_diagnoses(rule: str, place: int) -> None:
    cases = [row[0] for row in MEMBERSHIPS]
    expected = [bool(row[place]) for row in MEMBERSHIPS]
    assert holds(rule, cases) == expected
    assert holds(f"not {rule}", cases) == [not held for held in expected]
    assert holds(rule.replace(" in ", " not in "), cases) == [not held for held in expected]


def test_membership_of_procedures() -> None:
    """Unlike a diagnosis, a principal procedure that is repeated among the others counts there."""
    cases = [
        procedures(None),
        procedures("P1"),
        procedures("P1", "P1"),
        procedures("?", "P1"),
        procedures("Q1"),
    ]
    assert holds("ZYSS in OP_A", cases) == [False, True, True, False, False]
    assert holds("QTSS in OP_A", cases) == [False, False, True, True, False]
    assert holds("{QTSS, ZYSS} in OP_A", cases) == [False, True, True, True, False]
    assert holds("{ZYSS, QTSS} not in {OP_A, OP_B}", cases) == [True, False, False, False, False]


def test_complications() -> None:
    """The principal diagnosis excludes, by the table of each complication, and never counts itself."""
    cases = [
        # the case, an MCC counts, a CC counts
        (diagnoses("U1"), False, False),
        (diagnoses("U1", "A1"), False, True),
        (diagnoses("U1", "A2"), True, False),
        (diagnoses("U1", "A1", "A2"), True, True),
        (diagnoses("A1", "A2"), True, False),
        (diagnoses("A1", "A1"), False, False),
        (diagnoses("A2", "A2", "A1"), False, True),
        (diagnoses("A3", "A1", "A2"), False, True),
        (diagnoses("A4", "A1", "A2"), False, False),
        (diagnoses("A4", "A1", "A2", "B1"), False, True),
        (diagnoses("B1", "B1"), False, False),
        # A principal diagnosis may be in a table of exclusions only; other diagnoses do not exclude.
        (diagnoses("u4", "A1", "A2"), True, False),
        (diagnoses("U1", "A4", "A1", "A2"), True, True),
    ]
    frames = [row[0] for row in cases]
    assert holds("QTZD in MCC", frames) == [mcc for _, mcc, _ in cases]
    assert holds("QTZD in CC", frames) == [cc for _, _, cc in cases]
    assert holds("QTZD in {CC, MCC}", frames) == [mcc or cc for _, mcc, cc in cases]
    assert holds("QTZD not in {MCC, CC}", frames) == [not (mcc or cc) for _, mcc, cc in cases]
    with_set = [mcc or "B1" in case["other_diagnoses"] for case, mcc, _ in cases]
    with_set[10] = False  # B1 is the principal diagnosis
    assert holds("QTZD in {MCC, DI_B}", frames) == with_set


@pytest.mark.parametrize("variable", quick_first(NUMBERS, 3))
@pytest.mark.parametrize("sign", COMPARISONS)
def test_comparisons(sign: str, variable: str) -> None:
    column = VARIABLES[variable]
    values: tuple[int, ...] = (1, 2) if variable == "XB" else (1, 6, 7, 8)
    if column.unit == "g":
        # A few grams would be kilograms.
        values = tuple(1000 + value for value in values)
    threshold = values[len(values) // 2]
    cases: list[dict[str, Any]] = [{column.name: value} for value in (*values, None)]
    expected = [COMPARISONS[sign](value, threshold) for value in values]
    assert holds(f"{variable} {sign} {threshold}", cases) == [*expected, False]
    assert holds(f"not {variable} {sign} {threshold}", cases) == [*(not held for held in expected), True]


def test_texts() -> None:
    cases = [{"disposition": text} for text in ("5", " 5 ", "05", "1", "", None)]
    assert holds('LYFS = "5"', cases) == [True, True, True, False, False, False]
    assert holds('not LYFS = "5"', cases) == [False, False, False, True, True, True]
    assert holds('LYFS = "1" or LYFS = "5"', cases) == [True, True, True, True, False, False]


def test_words_bind_as_the_notation_says() -> None:
    values = [(a, b, c) for a in (1, 2) for b in (1, 2) for c in (1, 2)]
    cases = [{"sex": a, "los_days": b, "icu_hours": c} for a, b, c in values]
    truths = [(a == 1, b == 1, c == 1) for a, b, c in values]
    a, b, c = "XB = 1", "SJZYTS = 1", "ICUXS = 1"
    assert holds(f"{a} or {b} and {c}", cases) == [x or (y and z) for x, y, z in truths]
    assert holds(f"{a} and {b} or {c}", cases) == [(x and y) or z for x, y, z in truths]
    assert holds(f"({a} or {b}) and {c}", cases) == [(x or y) and z for x, y, z in truths]
    assert holds(f"not {a} and {b} or not ({b} or {c})", cases) == [
        ((not x) and y) or not (y or z) for x, y, z in truths
    ]
    assert holds(f"not ({a} and not ({b} or not {c})) and 1", cases) == [
        not (x and not (y or not z)) for x, y, z in truths
    ]
    assert holds(f"{a} and 0 or {b}", cases) == [y for _, y, _ in truths]
