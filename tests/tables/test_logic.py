"""What follows from what among rules: examples, and never a claim that some case refutes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.tables.language import And, Compare, Constant, Expression, Member, Not, Or, parse
from drg.tables.logic import always, implies, never, required_members, set_names, sets_of
from tests.profiles import tries

SETS = {
    "DI_A": frozenset({"a"}),
    "DI_AB": frozenset({"a", "b"}),
    "DI_B": frozenset({"b"}),
    "OP_A": frozenset({"p"}),
}


@pytest.mark.parametrize("rule", ["", "1", "1 or NL>3", "not 0", "not (NL>3 and NL<2)", "1 and not 0"])
def test_always(rule: str) -> None:
    assert always(parse(rule))
    assert not never(parse(rule))


@pytest.mark.parametrize(
    "rule",
    [
        "0",
        "not 1",
        "NL>=70 and NL<=6",
        "NL>6 and (NL<70 and NL<6)",
        "NL=3 and NL=4",
        "NL>6 and NL<=6",
        'LYFS="5" and LYFS="1"',
        "ZYZD in DI_A and not ZYZD in DI_A",
        "0 or NL<3 and NL>5",
        "NL=1 and 0",
    ],
)
def test_never(rule: str) -> None:
    assert never(parse(rule))
    assert not always(parse(rule))


@pytest.mark.parametrize(
    "rule", ["NL>=6 and NL<=6", "NL>3", "ZYZD in DI_A", 'LYFS="5"', "NL>3 or NL<2", "NL<=6 and XSRTL>7"]
)
def test_neither(rule: str) -> None:
    assert not always(parse(rule))
    assert not never(parse(rule))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NL>=70", ""),
        ("0", "NL>=70"),
        ("ZYZD in DI_A", "ZYZD in DI_A"),
        ("ZYZD in DI_A", "ZYZD in DI_AB"),
        ("ZYZD in DI_AB", "ZYZD in {DI_A, DI_AB}"),
        ("ZYZD in DI_A", "{ZYZD, QTZD} in DI_AB"),
        ("ZYZD in DI_A and NL>3", "ZYZD in DI_A"),
        ("QTZD in MCC", "QTZD in {MCC, CC}"),
        ("QTZD in MCC and NL>=70", "QTZD in {MCC, CC} and NL>=60"),
        ("NL<3", "NL<=3"),
        ("NL=3", "NL>2"),
        ('LYFS="5"', 'LYFS="5" or NL>3'),
        ("ZYZD in DI_A or ZYZD in DI_B", "ZYZD in DI_AB"),
        ("ZYZD not in DI_AB", "ZYZD not in DI_A"),
    ],
)
def test_implies(one: str, other: str) -> None:
    assert implies(parse(one), parse(other), SETS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "NL>=70"),
        ("ZYZD in DI_AB", "ZYZD in DI_A"),
        ("{ZYZD, QTZD} in DI_A", "ZYZD in DI_A"),
        ("QTZD in {MCC, CC}", "QTZD in MCC"),
        ("QTZD in CC", "QTZD in MCC"),
        ("NL<=3", "NL<3"),
        ("NL<=3", "XSRTL<=3"),
        ('LYFS="5"', 'LYFS="1"'),
        ("ZYZD not in DI_A", "ZYZD not in DI_AB"),
        ("QTZD in DI_UNKNOWN", "QTZD in DI_A"),
    ],
)
def test_does_not_imply(one: str, other: str) -> None:
    assert not implies(parse(one), parse(other), SETS)


def test_names() -> None:
    rule = parse("ZYZD in {DI_A, DI_B} and QTZD in MCC and length(OP_A ∩ {ZYSS, QTSS})>=2 and NL>3")
    assert set_names(rule) == ("DI_A", "DI_B", "OP_A")
    assert [sets_of(atom) for atom in required_members(rule)] == [("DI_A", "DI_B"), ("MCC",), ("OP_A",)]
    assert list(required_members(parse("ZYZD not in DI_A or 1"))) == []


# -- no claim that a case refutes -------------------------------------------------------------------------

CASES = [
    {"ZYZD": principal, "QTZD": others, "NL": age}
    for principal, others, age in product("abc", ((), ("a",), ("b", "c")), (None, 0, 3, 4, 5))
]
_members = st.builds(
    Member,
    st.sampled_from([("ZYZD",), ("QTZD",), ("ZYZD", "QTZD")]),
    st.sampled_from([("DI_A",), ("DI_B",), ("DI_AB",), ("DI_A", "DI_B")]),
)
_compares = st.builds(
    Compare, st.just("NL"), st.sampled_from([">", ">=", "<", "<=", "="]), st.sampled_from([3.0, 4.0])
)
_rules: st.SearchStrategy[Any] = st.recursive(
    _members | _compares | st.builds(Constant, st.booleans()),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def holds(rule: Expression, case: dict[str, Any]) -> bool:
    if isinstance(rule, Constant):
        return rule.value
    if isinstance(rule, Not):
        return not holds(rule.part, case)
    if isinstance(rule, And):
        return all(holds(part, case) for part in rule.parts)
    if isinstance(rule, Or):
        return any(holds(part, case) for part in rule.parts)
    if isinstance(rule, Member):
        codes = {code for field in rule.fields for code in case[field]}
        return any(codes & SETS[name] for name in rule.sets)
    assert isinstance(rule, Compare)
    age, limit = case["NL"], rule.value
    if age is None:
        return False
    return {">": age > limit, ">=": age >= limit, "<": age < limit, "<=": age <= limit, "=": age == limit}[
        rule.operator
    ]


@given(_rules)
@tries(1)
def test_always_and_never_are_right(rule: Expression) -> None:
    truths = {holds(rule, case) for case in CASES}
    assert not (always(rule) and False in truths)
    assert not (never(rule) and True in truths)


@given(_rules, _rules)
@tries(2)
def test_implies_is_right(one: Expression, other: Expression) -> None:
    if implies(one, other, SETS):
        for case in CASES:
            assert holds(other, case) or not holds(one, case), case
