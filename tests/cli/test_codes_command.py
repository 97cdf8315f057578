"""``drg codes``, and ``drg tables show`` of what is no code: searches."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Drg


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_codes_by_name(drg: Drg) -> None:
    found = drg("codes", "胆囊", "--lang", "zh")
    assert found.code == 0
    assert "K81.900" in found.out
    assert "87.5901" in found.out
    assert "--all" in found.out
    assert "87.5901" not in drg("codes", "胆囊", "--kind", "diagnosis").out
    whole = drg("codes", "dannang", "--all", "--lang", "en").out
    assert "--all" not in whole
    assert whole.count("\n") > 150


def test_clinical_codes_are_marked(drg: Drg) -> None:
    found = drg("codes", "A01", "--lang", "zh").out
    assert "国临版；医保版：A01.003" in found
    assert "clinical: A01.000x002" in drg("codes", "A01.003", "--lang", "en").out


def test_codes_as_json(drg: Drg) -> None:
    (first, *_) = json.loads(drg("codes", "A01.003", "--json").out)
    assert first == {
        "kind": "diagnosis",
        "version": "insurance",
        "code": "A01.003",
        "name": "伤寒杆菌性脓毒症",
        "counterparts": ["A01.000x002"],
    }
    assert json.loads(drg("codes", "qqqq", "--json").out) == []


def test_nothing_is_found(drg: Drg) -> None:
    found = drg("codes", "qqqq", "--lang", "en")
    assert found.code == 1
    assert "there is no code or name like 'qqqq'" in found.err


def test_groups_by_name(drg: Drg) -> None:
    found = drg("tables", "show", "chs-drg-2.0", "青光眼", "--lang", "zh")
    assert found.code == 0
    assert "chs-drg-2.0 的 2 个组" in found.out
    assert "CV19" in found.out
    assert drg("tables", "show", "qingguangyan", "-g", "chs-drg-2.0", "--lang", "zh").out == found.out
    groups = json.loads(drg("tables", "show", "青光眼", "-g", "chs-drg-2.0", "--json").out)
    assert [group["code"] for group in groups] == ["CV1", "CV19"]
    assert groups[0].keys() == {"table", "code", "name", "rule"}


def test_what_is_a_code_is_shown(drg: Drg) -> None:
    (group,) = json.loads(drg("tables", "show", "demo", "BR1", "--json").out)
    assert group["line"]["code"] == "BR1"
    (code,) = json.loads(drg("tables", "show", "demo", "D90.100", "--json").out)
    assert code["level"] == "MCC"


def test_one_item_and_one_version(drg: Drg) -> None:
    for words in (("a", "b", "c"), ("demo", "BR1", "-g", "demo")):
        assert drg("tables", "show", *words).code == 2
    assert drg("tables", "show", "demo", "没有的").code == 1
