"""How the names of a header are found."""

from __future__ import annotations

import pytest

from drg.records.header import Header


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("*病案号", "病案号"),
        ("★病案号（必填）", "病案号"),
        ("住院总费用（元）", "住院总费用"),
        ("*总费用(元)", "总费用"),
    ],
)
def test_what_a_form_adds_to_a_name(spelled: str, name: str) -> None:
    assert Header([spelled]).find([name]) == (spelled,)
    assert Header([spelled, name]).find([name]) == (name,)


@pytest.mark.parametrize(("spelled", "name"), [("住院总费用（万元）", "住院总费用"), ("年龄（天）", "年龄")])
def test_another_unit_is_another_name(spelled: str, name: str) -> None:
    assert Header([spelled]).find([name]) == ()


def test_a_series_with_decoration() -> None:
    assert Header(["*手术编码1", "手术编码2*"]).series(["手术编码{n}"]) == (("*手术编码1",), ("手术编码2*",))


def test_the_name_of_a_series_without_a_number_comes_first() -> None:
    header = Header(["其他诊断编码2", "其他诊断编码1", "其他诊断编码", "JBDM"])
    found = header.series(["其他诊断编码", "其他诊断编码{n}", "JBDM{n}"])
    assert found == (("其他诊断编码",), ("其他诊断编码1",), ("其他诊断编码2",))
    assert Header(["JBDM1"]).series(["其他诊断编码", "JBDM{n}"]) == (("JBDM1",),)
