from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import drg
from drg import Grouper
from drg.analysis.simulation.drawing import NUMBERS
from drg.analysis.simulation.plans import Plan, plan
from drg.analysis.simulation.prototypes import Prototypes, find_prototypes, flat
from drg.tables.language import parse
from tests.helpers import DATA


def plans(rule: str) -> list[Plan | None]:
    return [plan(parse(rule), np.random.default_rng(seed)) for seed in range(30)]


def frame(grouper: Grouper, prototypes: Prototypes) -> pl.DataFrame:
    """Prototypes as discharges."""
    known, program = prototypes.candidates, grouper.program

    def spelled(numbers: np.ndarray, diagnoses: bool) -> list[str]:
        index = program.diagnoses if diagnoses else program.procedures
        return [index.decode(int(number)) for number in numbers]

    return pl.DataFrame(
        {name: pl.Series(known.numbers[row], nan_to_null=True) for row, name in enumerate(NUMBERS)}
        | {
            "principal_diagnosis": spelled(known.principal, True),
            "other_diagnoses": [
                "|".join(filter(None, spelled(one, True))) for one in known.other_diagnoses.T
            ],
            "principal_procedure": spelled(known.procedure, False),
            "other_procedures": [
                "|".join(filter(None, spelled(one, False))) for one in known.other_procedures.T
            ],
            "disposition": known.disposition.tolist(),
            "department": known.department.tolist(),
        }
    )


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("demo", 1.0),
        pytest.param("chs-drg-2.0", 1.0, marks=pytest.mark.thorough),
        # 23 of its groups are fallbacks that no case reaches: the set of the MDC is that of all its ADRGs.
        pytest.param("chs-drg-3.0", 847 / 870, marks=pytest.mark.thorough),
        pytest.param("chongqing-2025", 1.0, marks=pytest.mark.thorough),
        pytest.param("foshan-2022", 0.98, marks=pytest.mark.thorough),
    ],
)
def test_groups_are_reached(name: str, share: float) -> None:
    grouper = Grouper(name)
    prototypes = find_prototypes(grouper)
    assert len(prototypes.reached) >= share * grouper.program.drg.height
    names = dict(enumerate(grouper.program.drg["drg"]))
    # What the conformance samples reach, prototypes reach.
    sample = DATA / "conformance" / f"{name}.parquet"
    known = pl.read_parquet(sample)["expected_drg"].drop_nulls().to_list() if sample.exists() else []
    assert set(known) <= {names[group] for group in prototypes.reached.tolist()}
    # As strings, through the public door, they reach the same.
    expected = [names.get(group, "0000") for group in prototypes.group.tolist()]
    found = drg.group(frame(grouper, prototypes), grouper)["drg"].fill_null("0000")
    assert found.to_list() == expected


def test_a_plan_meets_its_rule() -> None:
    for found in plans('ZYZD in DI_A and {ZYSS, QTSS} in OP_B and NL > 3 and not NL >= 18 and LYFS = "5"'):
        assert found is not None
        assert found.among["ZYZD"] == [("DI_A",)]
        assert (found.among.get("ZYSS") or found.among["QTSS"]) == [("OP_B",)]
        assert found.numbers == {"age_years": (4, 17)}
        assert found.texts == {"disposition": "5"}
    ways = {tuple(found.levels) for found in plans("QTZD in MCC or QTZD in CC") if found is not None}
    assert ways == {(1,), (2,)}
    (found, *_) = plans("ZYSS not in OP_ALL and QTZD not in {MCC, CC} and length(OP_X ∩ {ZYSS, QTSS}) > 1")
    assert found is not None
    assert found.not_among == {"ZYSS": {"OP_ALL"}}
    assert found.forbidden_level == 3
    assert found.counts == [("OP_X", ("ZYSS", "QTSS"), 2)]


@pytest.mark.parametrize("rule", ["0", "NL < 3 and NL > 5", "QTZD in CC and not QTZD in {MCC, CC}", "not 1"])
def test_what_cannot_be_met_has_no_plan(rule: str) -> None:
    assert plans(rule) == [None] * 30


def test_codes_end_to_end() -> None:
    codes = np.array([[1, 0, 3], [0, 0, 4]], dtype=np.uint32)
    numbers, begin = flat(codes)
    assert numbers.tolist() == [1, 3, 4]
    assert begin.tolist() == [0, 1, 1, 3]
