from __future__ import annotations

from drg import Grouper
from drg.analysis.calibration.groups_of_version import version_of


def chains(grouper: str) -> set[tuple[str, ...]]:
    version = version_of(grouper)
    return {tuple(version.drgs[number] for number in chain) for chain in version.chains}


def test_chains_of_demo() -> None:
    # BR1A is for those who die at once, NA1H for the old: neither is a severity.
    assert chains("demo") == {("BB25", "BB23", "BB21"), ("BR15", "BR13", "BR11"), ("NR15", "NR13")}
    version = version_of("demo")
    severities = dict(zip(version.drgs, version.severities, strict=True))
    assert [severities[drg] for drg in ("BR11", "BR13", "BR15", "BR1A", "BS19")] == [
        "MCC",
        "CC",
        "none",
        None,
        None,
    ]


def test_groups_split_by_age_are_in_order_within_an_age() -> None:
    found = chains("anyang-2021")
    assert ("DJ15A", "DJ12A") in found
    assert ("DJ15B", "DJ12B") in found


def test_qy_rows_are_no_groups() -> None:
    version = version_of(Grouper("demo"))
    assert "BQY" not in version.drgs
    assert "BS19" in version.drgs
    assert [version.drgs[number] for number in version.members["BR1"]] == ["BR1A", "BR11", "BR13", "BR15"]
