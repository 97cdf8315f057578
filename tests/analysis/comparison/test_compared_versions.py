from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg import Grouper, InputError, Manifest, MissingColumnError, SchemeError, UnknownGrouperError
from drg.records.codes import DIAGNOSIS, crosswalk
from drg.tables import GrouperTables
from tests.comparing import VERSIONS, discharges, scheme
from tests.helpers import version

CASES = discharges(30)
INSURANCE = "医保版（ICD-10 医保2.0版）"
CLINICAL = "国临版（ICD-10 国临2.0版）"


def made(id_: str, code_system: str | None, code: str = "K80.101") -> Grouper:
    """A version with one group of one diagnosis."""
    tables = version(
        [("A", "ZYZD in S", 1)], [("AA1", "", "A", 1)], [("AA11", "", "AA1", "", 1)], {"S": [code]}
    )
    names = ("mdc", "adrg", "drg", "sets", "complications", "exclusions")
    frames: dict[str, Any] = {name: getattr(tables, name) for name in names}
    return Grouper(GrouperTables(Manifest(id=id_, title=id_, code_system=code_system), **frames))


ONE = pl.DataFrame({"principal_diagnosis": ["K80.101"]})


@pytest.mark.parametrize("groupers", [[], ["chs-drg-2.0"]])
def test_fewer_than_two_versions_are_refused(groupers: list[str]) -> None:
    with pytest.raises(InputError, match="at least two versions"):
        drg.compare(CASES, groupers)


def test_a_version_that_comes_twice_is_refused() -> None:
    with pytest.raises(InputError, match=r"chs-drg-2.0 is there 2 times.*id of its own"):
        drg.compare(CASES, ["chs-drg-2.0", "chs-drg-1.1", "chs-drg-2.0"])


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownGrouperError, match=r"chs-drg-20"):
        drg.compare(CASES, ["chs-drg-2.0", "chs-drg-20"])


def test_a_scheme_of_another_version_is_refused_with_the_reason() -> None:
    with pytest.raises(
        SchemeError, match=r"harbin-2022 prices the groups of harbin-2022.*belongs to one version"
    ):
        drg.compare(CASES, VERSIONS, ["harbin-2022"])


def test_a_scheme_of_a_version_that_is_not_compared_is_refused() -> None:
    with pytest.raises(SchemeError, match="prices the groups of chongqing-2025"):
        drg.compare(CASES, ["chongqing-2022", "chs-drg-2.0"], ["chongqing-2025"])


def test_two_schemes_for_one_version_are_refused() -> None:
    one = scheme(Grouper("chs-drg-2.0"))
    with pytest.raises(SchemeError, match=r"are both for chs-drg-2\.0"):
        drg.compare(CASES, VERSIONS, [one, one])


def test_versions_without_a_common_code_system_are_refused() -> None:
    with pytest.raises(InputError, match=r"(?s)share no code system.*chs-drg-2.0: 医保版.*demo: 虚构编码"):
        drg.compare(CASES, ["chs-drg-2.0", "demo"])


@pytest.mark.parametrize(
    ("systems", "codes", "way_out"),
    [
        ((INSURANCE, CLINICAL), "insurance", "--codes clinical"),
        ((INSURANCE, "医保版（ICD-10 医保3.0版）"), "insurance", "same code_system into both manifests"),
        ((INSURANCE, "医保版（ICD-10 医保3.0版）"), "clinical", "same code_system into both manifests"),
        (("other", CLINICAL), "clinical", "same code_system into both manifests"),
    ],
)
def test_what_no_crosswalk_joins_is_refused(systems: Sequence[str], codes: Any, way_out: str) -> None:
    groupers = [made(f"v{at}", system) for at, system in enumerate(systems)]
    with pytest.raises(InputError, match=f"(?s)no crosswalk joins.*{way_out}"):
        drg.compare(ONE, groupers, codes=codes)


def test_the_crosswalk_joins_clinical_and_insurance_codes() -> None:
    single = crosswalk(DIAGNOSIS).filter(pl.len().over("from_code") == 1)
    clinical, insurance = single.row(0)
    groupers = [made("one", INSURANCE, insurance), made("two", CLINICAL, clinical)]
    cases = pl.DataFrame({"principal_diagnosis": [clinical]})
    comparison = drg.compare(cases, groupers, codes="clinical")
    assert comparison.flows("two").select("base", "other", "cases").row(0) == ("AA11", "AA11", 1)


def test_a_version_that_states_no_code_system_is_told() -> None:
    comparison = drg.compare(ONE, [made("one", INSURANCE), made("two", None)])
    assert any("two does not state its code system" in en for _, en in comparison.findings)
    assert comparison.flows("two").height == 1


def test_missing_columns_are_named_for_versions_and_schemes() -> None:
    bare = CASES.drop("principal_diagnosis", "total_cost_yuan")
    with pytest.raises(MissingColumnError, match=r"(?s)chs-drg-1.0 needs.*principal_diagnosis"):
        drg.compare(bare, VERSIONS)
    with pytest.raises(
        MissingColumnError, match=r"(?s)principal_diagnosis.*scheme-of-chs-drg-2.0 needs.*total_cost_yuan"
    ):
        drg.compare(bare, VERSIONS, [scheme(Grouper("chs-drg-2.0"))])


def test_other_columns_count_as_not_known() -> None:
    less = drg.compare(CASES.drop("sex", "icu_hours"), VERSIONS)
    nothing = [pl.lit(None, CASES.schema[name]).alias(name) for name in ("sex", "icu_hours")]
    assert less.reasons.equals(drg.compare(CASES.with_columns(nothing), VERSIONS).reasons)


@pytest.mark.parametrize(("what", "value"), [("codes", "icd"), ("language", "fr")])
def test_unknown_choices_are_refused(what: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"there is no .*{value}"):
        drg.compare(CASES, VERSIONS, **{what: value})


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InputError, match="not a table of discharges"):
        drg.compare([1, 2], VERSIONS)


def test_versions_and_the_base_are_checked_by_name() -> None:
    comparison = drg.compare(CASES, VERSIONS)
    with pytest.raises(InputError, match="is not compared here"):
        comparison.flows("demo")
    with pytest.raises(InputError, match="is the base"):
        comparison.drivers(VERSIONS[0])


def test_results_do_not_overwrite_the_discharges(tmp_path: Path) -> None:
    file = tmp_path / "discharges.parquet"
    CASES.write_parquet(file)
    with pytest.raises(drg.OutputError, match="this is the input"):
        drg.compare(pl.scan_parquet(file), VERSIONS, cases=file, sources=[file])
