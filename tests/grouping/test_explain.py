"""The explanation of one case: what was tried, what held and by which codes."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

import drg
from drg import Discharge, Explanation, Grouper, InputError
from drg.columns import INPUT
from drg.grouping import Complication, Condition, Tried
from tests.helpers import (
    DEMO_CASES,
    DEMO_GROUPS,
    LEVELS,
    NEWBORN,
    demo_case,
    demo_frame,
    outcome,
    outcomes,
    version,
)

DEMO = Grouper("demo")


def explained(principal: str | None, **values: Any) -> Explanation:
    return drg.explain(demo_case(principal, **values), DEMO)


def tried(explanation: Explanation, *codes: str) -> Tried:
    """The rule with this code, inside those with the codes before it."""
    level = explanation.mdcs
    for code in codes:
        rule = next(rule for rule in level if rule.code == code)
        level = rule.inside
    return rule


def codes(rules: tuple[Tried, ...]) -> list[str]:
    return [rule.code for rule in rules]


@pytest.mark.parametrize(("case", "groups"), list(zip(DEMO_CASES, DEMO_GROUPS, strict=True)))
def test_the_cases_of_the_demo(case: dict[str, Any], groups: tuple[str | None, ...]) -> None:
    explanation = drg.explain(case, "demo")
    assert tuple(getattr(explanation, level) for level in LEVELS) == groups
    assert explanation.grouper == "demo"
    assert outcome(explanation) == outcomes(DEMO.group(demo_frame([case])))[0]


@pytest.mark.parametrize("case", DEMO_CASES)
def test_what_held_leads_to_the_group(case: dict[str, Any]) -> None:
    """At each level only the last rule that was tried leads on, and it is the one of the outcome."""
    explanation = DEMO.explain(case)
    level = explanation.mdcs
    for reached in (explanation.mdc, explanation.adrg, explanation.drg):
        held = [rule.code for rule in level if rule.held and not rule.ruled_out]
        if reached is None or reached == "0000":
            assert level is not explanation.mdcs or not any(
                inside.held and not inside.ruled_out for rule in level for inside in rule.inside
            )
            break
        assert level[-1].code == reached == held[-1]
        level = level[-1].inside


def test_which_rules_were_tried() -> None:
    explanation = explained("D10.001", other_diagnoses=["D90.300", "d90.100"])
    assert codes(explanation.mdcs) == ["MDCA", "MDCP", "MDCB"]
    assert [rule.held for rule in explanation.mdcs] == [True, False, True]
    assert codes(tried(explanation, "MDCA").inside) == ["AA1", "AH1"]
    assert codes(tried(explanation, "MDCB").inside) == ["BB1", "BB2", "BQY", "BR1"]
    assert codes(tried(explanation, "MDCB", "BR1").inside) == ["BR1A", "BR11", "BR13"]
    assert tried(explanation, "MDCP").inside == ()
    assert tried(explanation, "MDCB", "BB2").inside == ()


def test_every_mdc_is_tried_before_a_case_is_ungrouped() -> None:
    explanation = explained("D30.100", sex=2)
    assert codes(explanation.mdcs) == ["MDCA", "MDCP", "MDCB", "MDCN"]
    assert codes(tried(explanation, "MDCN").inside) == ["NA1", "NQY", "NR1"]
    assert not any(rule.held for rule in tried(explanation, "MDCN").inside)
    assert explanation.grouping_reason == "no ADRG of MDCN takes this case"


def test_a_rule_says_what_it_is() -> None:
    rule = tried(explained("D10.001", other_diagnoses=["D90.100"]), "MDCB", "BR1", "BR11")
    assert rule == Tried(
        code="BR11",
        name="脑卒中，伴严重合并症或并发症（演示）",
        rule="QTZD in MCC",
        held=False,
        conditions=(Condition(text="QTZD in MCC", held=False),),
    )


def test_rules_without_conditions() -> None:
    explanation = explained("D12.000")
    assert tried(explanation, "MDCA") == tried(explanation, "MDCA").model_copy(
        update={"rule": "", "held": True, "conditions": ()}
    )
    fallback = tried(explanation, "MDCB", "B00")
    assert (fallback.rule, fallback.held, fallback.conditions) == ("", True, ())
    # The fallback is tried last although its order is 3.
    assert codes(tried(explanation, "MDCB").inside)[-1] == "B00"


@pytest.mark.parametrize(
    ("case", "where", "conditions"),
    [
        (
            demo_case("d10. 001"),
            ("MDCB",),
            [Condition(text="ZYZD in DI_B00", held=True, codes=("D10.001",))],
        ),
        (
            demo_case(
                "D13.000X001", principal_procedure="01.1000", other_procedures=["x", "01.2000", "01.1000"]
            ),
            ("MDCB", "BB1"),
            [
                Condition(text="length(OP_BB1 ∩ {ZYSS, QTSS}) >= 2", held=True, codes=("01.1000", "01.2000")),
                Condition(text="ZYSS in OP_BB1", held=True, codes=("01.1000",)),
            ],
        ),
        (
            demo_case("D13.000x001", principal_procedure="01.1000"),
            ("MDCB", "BB1"),
            [Condition(text="length(OP_BB1 ∩ {ZYSS, QTSS}) >= 2", held=False, codes=("01.1000",))],
        ),
        (
            demo_case("D12.000", other_diagnoses=["D90.100", "D50.000", "D50.000"]),
            ("MDCB", "BS1"),
            [
                Condition(text="ZYZD in DI1_BS1", held=True, codes=("D12.000",)),
                Condition(text="QTZD in DI2_BS1", held=True, codes=("D50.000",)),
            ],
        ),
        # One condition on two fields: the codes of the field that decided.
        (
            demo_case("D20.200", **NEWBORN, birth_weight_g=1200, other_diagnoses=["d20.100"]),
            ("MDCP", "PS1"),
            [
                Condition(text="XSECSTZ < 1500", held=True),
                Condition(text="{ZYZD, QTZD} in DI_PS1", held=True, codes=("D20.100",)),
            ],
        ),
        # `not in` is tested as `in`.
        (
            demo_case("D11.000", other_procedures=["89.1000"]),
            ("MDCB", "BV1"),
            [
                Condition(text="ZYZD in DI_BV1", held=True, codes=("D11.000",)),
                Condition(text="{ZYSS, QTSS} in OP_BV1", held=True, codes=("89.1000",)),
            ],
        ),
        # A rule is left at the first condition that decides it.
        (
            demo_case("D20.100", age_years=0, age_days=40),
            ("MDCP",),
            [Condition(text="NL = 0", held=True), Condition(text="XSRTL < 29", held=False)],
        ),
        (demo_case("D20.100"), ("MDCP",), [Condition(text="NL = 0", held=False)]),
        # What is missing.
        (
            demo_case("D20.100", age_years=0, age_days=None),
            ("MDCP",),
            [
                Condition(text="NL = 0", held=True),
                Condition(text="XSRTL < 29", held=False, missing="age_days"),
            ],
        ),
        (
            demo_case("D10.001", disposition="5", los_days=None),
            ("MDCB", "BR1", "BR1A"),
            [
                Condition(text='LYFS = "5"', held=True),
                Condition(text="SJZYTS <= 2", held=False, missing="los_days"),
            ],
        ),
        (
            demo_case("D10.001", disposition=None),
            ("MDCB", "BR1", "BR1A"),
            [Condition(text='LYFS = "5"', held=False, missing="disposition")],
        ),
        # Complications are named by those that count.
        (
            demo_case("D10.002", other_diagnoses=["D90.200", "D90.100", "d90.100"]),
            ("MDCB", "BR1", "BR11"),
            [Condition(text="QTZD in MCC", held=True, codes=("D90.100",))],
        ),
        (
            demo_case("D10.001", other_diagnoses=["D90.200", "D90.300"]),
            ("MDCB", "BR1", "BR13"),
            [Condition(text="QTZD in CC", held=True, codes=("D90.300",))],
        ),
        (
            demo_case("D30.000", sex=2, other_diagnoses=["D90.200", "D90.100"]),
            ("MDCN", "NR1", "NR13"),
            [Condition(text="QTZD in {MCC, CC}", held=True, codes=("D90.200", "D90.100"))],
        ),
    ],
)
def test_what_held_and_by_which_codes(
    case: dict[str, Any], where: tuple[str, ...], conditions: list[Condition]
) -> None:
    assert list(tried(DEMO.explain(case), *where).conditions) == conditions


def test_what_the_principal_codes_rule_out() -> None:
    explanation = explained("D10.001")
    inside = {rule.code: rule.ruled_out for rule in tried(explanation, "MDCB").inside}
    assert inside == {"BB1": True, "BB2": True, "BQY": True, "BR1": False}
    operated = explained("D10.001", principal_procedure="01.1000")
    inside = {rule.code: rule.ruled_out for rule in tried(operated, "MDCB").inside}
    assert inside == {"BB1": False, "BB2": False}
    assert not any(rule.ruled_out for rule in operated.mdcs)


def test_what_is_ruled_out_asks_for_nothing() -> None:
    """A version's rule that cannot hold is not a reason to name a missing field."""
    made = version(
        [("MDCB", "", 1)],
        [("BA1", "ZYSS in OP_A and NL > 1", "MDCB", 1), ("BB1", "NL > 1 and ZYSS in OP_A", "MDCB", 2)],
        [],
        {"OP_A": ["33.6x00"]},
    )
    grouper = Grouper(made)
    assert grouper.explain({"principal_diagnosis": "A"}).grouping_reason == "; ".join(
        ["no MDC takes this case", "principal_diagnosis is not in the tables of this version"]
    )
    operated = grouper.explain({"principal_diagnosis": "A", "principal_procedure": "33.6x00"})
    assert str(operated.grouping_reason).endswith("; missing age_years")


def test_an_mdc_whose_adrgs_are_all_ruled_out_asks_for_nothing() -> None:
    made = version(
        [("MDCB", "SJZYTS > 1", 1), ("MDCC", "NL > 1", 2)],
        [("BA1", "ZYSS in OP_A", "MDCB", 1), ("CA1", "XB = 1", "MDCC", 1)],
        [],
        {"OP_A": ["33.6x00"], "DI_A": ["A"]},
    )
    grouper = Grouper(made)
    cases = [
        {
            "principal_diagnosis": "A",
            "principal_procedure": procedure,
            **dict.fromkeys(["los_days", "age_years", "sex"]),
        }
        for procedure in (None, "33.6x00")
    ]
    reasons = [grouper.explain(case).grouping_reason for case in cases]
    assert [str(reason).rpartition("; ")[2] for reason in reasons] == [
        "missing age_years",
        "missing age_years, los_days",
    ]
    assert grouper.group(pl.DataFrame(cases))["grouping_reason"].to_list() == reasons


def test_complications_and_their_exclusion() -> None:
    explanation = explained(
        "D10.001", other_diagnoses=["D90.300", "d90.100", "D90.200", "D50.000", "D90.300"]
    )
    assert explanation.complications == (
        Complication(code="D90.300", level="CC", exclusion_set=None, counts=True),
        Complication(code="D90.100", level="MCC", exclusion_set="EX_1", counts=False),
        Complication(code="D90.200", level="CC", exclusion_set="EX_1", counts=False),
    )
    assert explanation.severity == "CC"
    counting = explained("D10.002", other_diagnoses=["D90.100"])
    assert counting.complications == (
        Complication(code="D90.100", level="MCC", exclusion_set="EX_1", counts=True),
    )


def test_a_repeated_principal_is_no_complication() -> None:
    explanation = explained("D90.100", other_diagnoses=["D90.100", "d90.100"])
    assert explanation.complications == ()
    assert explanation.severity == "none"


def test_an_exclusion_set_without_members_never_excludes() -> None:
    made = version(
        [("MDCB", "", 1)],
        [("B00", "", "MDCB", 1)],
        complications=[("I50.900", "MCC", "EX_999"), ("E11.900", "CC", "EX_1")],
        exclusions={"EX_1": ["A00.100"]},
    )
    found = Grouper(made).explain({"principal_diagnosis": "A00.100", "other_diagnoses": "I50.900,E11.900"})
    assert [(c.code, c.counts) for c in found.complications] == [("I50.900", True), ("E11.900", False)]
    assert found.severity == "MCC"


def test_conditions_are_those_of_their_own_rule() -> None:
    made = version(
        [("MDCB", "", 1)],
        [
            ("BA1", "{ZYZD, QTZD} in DI_A", "MDCB", 1),
            ("BB1", "QTZD in DI_A", "MDCB", 2),
            ("B00", "", "MDCB", 3),
        ],
        [],
        {"DI_A": ["A00.100"]},
    )
    explanation = Grouper(made).explain({"principal_diagnosis": "B20.000"})
    texts = {rule.code: [c.text for c in rule.conditions] for rule in explanation.mdcs[0].inside}
    assert texts == {"BA1": ["{ZYZD, QTZD} in DI_A"], "BB1": ["QTZD in DI_A"], "B00": []}


# ------------------------------------------------------------------------------------- what cannot be grouped


@pytest.mark.parametrize("nothing", [None, "", " \u3000"])
def test_a_missing_principal_diagnosis(nothing: str | None) -> None:
    explanation = explained(nothing, other_diagnoses=["D90.300"], principal_procedure="03.6x00")
    assert (explanation.mdcs, explanation.complications) == ((), ())
    assert (explanation.drg, explanation.grouping_status) == ("0000", "ungrouped")
    assert explanation.grouping_reason == "principal_diagnosis is missing"
    assert explanation.severity == "none"


def test_an_unknown_principal_diagnosis() -> None:
    explanation = explained("X99.999")
    assert explanation.grouping_status == "ungrouped"
    assert "principal_diagnosis is not in the tables of this version" in str(explanation.grouping_reason)
    assert tried(explanation, "MDCB").conditions == (Condition(text="ZYZD in DI_B00", held=False),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age_years", -5),
        ("age_years", 300),
        ("age_years", "abc"),
        ("sex", 7),
        ("icu_hours", math.inf),
        ("age_days", 10**30),
    ],
)
def test_an_impossible_value(name: str, value: object) -> None:
    explanation = explained("D10.001", other_diagnoses=["D90.300"], **{name: value})
    assert (explanation.drg, explanation.grouping_status) == ("0000", "invalid")
    assert str(explanation.grouping_reason).startswith(f"{name} is impossible (")
    assert (explanation.mdcs, explanation.complications, explanation.severity) == ((), (), "none")


@pytest.mark.parametrize(
    ("value", "expected"), [("45", "BR15"), ("", "BR15"), (math.nan, "BR15"), (45.9, "BR15")]
)
def test_numbers_as_they_come(value: object, expected: str) -> None:
    assert explained("D10.001", age_years=value).drg == expected


def test_a_field_that_is_not_given_is_not_known() -> None:
    explanation = DEMO.explain({"principal_diagnosis": "D10.001"})
    assert explanation.drg == "BR15"
    assert explanation.grouping_reason == "missing age_years, icu_hours, disposition"
    assert DEMO.explain({}).grouping_reason == "principal_diagnosis is missing"


def test_codes_as_lists_and_as_text() -> None:
    lists = explained("D10.001", other_diagnoses=["D90.300", "D50.000"])
    assert explained("D10.001", other_diagnoses="D90.300|D50.000").mdcs == lists.mdcs
    assert explained("D10.001", other_diagnoses="D90.300,D50.000").mdcs == lists.mdcs
    assert explained("D10.001", other_diagnoses=("D90.300", None, "D50.000")).mdcs == lists.mdcs


# -------------------------------------------------------------------------------------- what is no discharge


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("principal_diagnoses", "Did you mean 'principal_diagnosis'?"),
        ("other_diagnosis", "Did you mean 'other_diagnoses'?"),
        ("los_day", "Did you mean 'los_days'?"),
    ],
)
def test_a_slip_in_the_name_of_a_field(name: str, fix: str) -> None:
    with pytest.raises(InputError, match=f"a discharge has no field '{name}'") as caught:
        DEMO.explain({"principal_diagnosis": "D10.001", name: 1})
    assert caught.value.field == name
    assert fix in str(caught.value.fix)


def test_a_row_may_have_columns_of_its_own_and_names_of_a_layout() -> None:
    case = demo_case("D10.001", other_diagnoses=["D90.300"])
    plain = DEMO.explain(case)
    assert outcome(DEMO.explain(case | {"ward": "7", "charges": 5})) == outcome(plain)
    labels = {INPUT[name].label_zh: value for name, value in case.items()}
    assert outcome(DEMO.explain(labels | {"备注": "x"})) == outcome(plain)
    assert outcome(DEMO.explain({**case, "age_years": "-"})) == outcome(
        DEMO.explain({**case, "age_years": None})
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("principal_diagnosis", 12),
        ("principal_diagnosis", ["D10.001"]),
        ("other_diagnoses", [1]),
        ("other_procedures", 39.95),
        ("age_years", [45]),
        ("disposition", 5.5),
    ],
)
def test_a_value_of_the_wrong_type(name: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        DEMO.explain(demo_case("D10.001") | {name: value})
    assert caught.value.field == name
    assert repr(value) in caught.value.problem
    assert INPUT[name].meaning in str(caught.value.fix)


# ------------------------------------------------------------------------------------------- a typed result


@pytest.mark.parametrize("case", DEMO_CASES)
def test_json_and_back(case: dict[str, Any]) -> None:
    explanation = DEMO.explain(case)
    assert Explanation.model_validate_json(explanation.model_dump_json()) == explanation
    assert Explanation.model_validate(explanation.model_dump()) == explanation
    assert Discharge.model_validate_json(explanation.discharge.model_dump_json()) == explanation.discharge


def test_results_cannot_be_changed() -> None:
    explanation = explained("D10.001")
    for changed, name in (
        (explanation, "drg"),
        (explanation.mdcs[0], "held"),
        (explanation.discharge, "sex"),
    ):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(changed, name, None)


def test_a_discharge_may_be_typed_already() -> None:
    discharge = Discharge(**demo_case("D10.002", principal_procedure="09.9000", case_id="A-7"))
    explanation = DEMO.explain(discharge)
    assert explanation.discharge is discharge
    assert explanation == DEMO.explain(demo_case("D10.002", principal_procedure="09.9000", case_id="A-7"))
    assert explanation.grouping_status == "ambiguous"


def test_a_discharge_is_a_frame_of_one_row() -> None:
    discharge = Discharge.of(demo_case("D10.001", other_diagnoses=["D90.300"]))
    frame = discharge.frame()
    assert frame.columns == [*INPUT, "discharge_date"]
    assert frame.height == 1
    assert outcomes(DEMO.group(frame)) == [outcome(DEMO.explain(discharge))]
    assert frame["other_diagnoses"].dtype == pl.List(pl.String)


def test_a_code_that_may_not_be_principal() -> None:
    """It is in the code list or in the tables, and no rule asks for it; the frame says the same."""
    for code in ("V01.x00", "Z85.403", "I25.200x014", "A00.000"):
        case = {"principal_diagnosis": code, "sex": 1, "age_years": 40}
        explanation = Grouper("chs-drg-2.0").explain(case)
        assert explanation.grouping_status == "ungrouped", code
        assert "may not be the principal diagnosis" in str(explanation.grouping_reason)
        assert "not in the tables" not in str(explanation.grouping_reason)
        assert "灰码" in str(Grouper("chs-drg-2.0").explain(case, language="zh").grouping_reason)
