from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from drg.errors import TablesError
from drg.tables import Manifest
from drg.tables.manifest import manifest_text, parse_manifest, read_manifest

FULL = """
id = "wuhan-2022"
title = "武汉 \\"2022\\""
based_on = "chs-drg-1.0"
authority = "武汉市医疗保障局"
valid_from = 2022-01-01
valid_to = 2022-12-31
code_system = "医保2.0"
source = "the workbook"

[verification]
status = "transcribed"
note = "compared twice"
"""


def test_minimal() -> None:
    manifest = parse_manifest('id = "a"\ntitle = "b"', Path("m"))
    assert manifest == Manifest(id="a", title="b")
    assert manifest.based_on is None
    assert manifest.verification is None


def test_full() -> None:
    manifest = parse_manifest(FULL, Path("m"))
    assert manifest.title == '武汉 "2022"'
    assert manifest.valid_to == date(2022, 12, 31)
    assert manifest.verification is not None
    assert manifest.verification.status == "transcribed"


def test_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Manifest(id="a", title="b").title = "c"


@pytest.mark.parametrize("text", [FULL, 'id = "a"\ntitle = "tab\\t \\u007f back\\\\slash 无"'])
def test_written_manifest_reads_the_same(text: str) -> None:
    manifest = parse_manifest(text, Path("m"))
    assert parse_manifest(manifest_text(manifest), Path("m")) == manifest


@pytest.mark.parametrize(
    ("text", "field", "problem", "fix"),
    [
        ('title = "b"', "id", "id is missing", 'id = "wuhan-2022"'),
        ('id = "a"', "title", "title is missing", 'title = "武汉 2022"'),
        ('id = "a"\ntitle = ""', "title", "title is ''; expected text", "Write it like this"),
        ('id = "a"\ntitle = 5', "title", "title is 5; expected text in quotes", 'title = "武汉 2022"'),
        ('id = "a/b"\ntitle = "b"', "id", "id is 'a/b'; expected text in quotes, made of letters", "id = "),
        ('id = "..\\n"\ntitle = "b"', "id", "expected text", "id = "),
        ('id = "a"\ntitle = "b"\nbased_on = "../x"', "based_on", "'../x'; expected the id", "chs-drg-1.1"),
        (
            'id = "a"\ntitle = "b"\nbase_on = "x"',
            "base_on",
            "unknown key 'base_on'",
            "Did you mean 'based_on'?",
        ),
        ('id = "a"\ntitle = "b"\nqq = 1', "qq", "unknown key 'qq'", "Known keys: id, title, based_on"),
        (
            'id = "a"\ntitle = "b"\nvalid_from = "2022-01-01"',
            "valid_from",
            "expected a date",
            "valid_from = 2022-01-01",
        ),
        (
            'id = "a"\ntitle = "b"\nvalid_from = 2022-01-01T10:00:00',
            "valid_from",
            "expected a date",
            "valid_from = 2022-01-01",
        ),
        (
            'id = "a"\ntitle = "b"\nvalid_from = 2022-01-02\nvalid_to = 2022-01-01',
            "valid_to",
            "valid_to 2022-01-01 is before valid_from 2022-01-02",
            "Mend one of the two",
        ),
        ('id = "a"\ntitle = "b"\nverification = "x"', "verification", "expected a table", "[verification]"),
        (
            'id = "a"\ntitle = "b"\n[verification]\nstatus = "good"\nnote = "x"',
            "verification.status",
            "'good'; expected one of official, transcribed",
            'status = "transcribed"',
        ),
        (
            'id = "a"\ntitle = "b"\n[verification]\nstatus = "official"',
            "verification.note",
            "verification.note is missing",
            "note = ",
        ),
        (
            'id = "a"\ntitle = "b"\n[verification]\nstatus = "official"\nnotes = "x"\nnote = "x"',
            "verification.notes",
            "unknown key 'verification.notes'",
            "Did you mean 'note'?",
        ),
    ],
)
def test_errors_name_file_field_and_fix(text: str, field: str, problem: str, fix: str) -> None:
    with pytest.raises(TablesError) as caught:
        parse_manifest(text, Path("x/manifest.toml"))
    error = caught.value
    assert (error.file, error.field) == (str(Path("x/manifest.toml")), field)
    assert problem in error.problem
    assert fix in str(error.fix)
    assert "pydantic" not in str(error)


def test_bad_toml_names_the_line() -> None:
    with pytest.raises(TablesError, match="not valid TOML") as caught:
        parse_manifest('id = "a"\ntitle = b\n', Path("m"))
    assert caught.value.row == 2
    assert "第 2 行：自第 9 个字符起不是有效的 TOML：title = b。" in caught.value.text("zh")


def test_what_is_said_twice_is_shown() -> None:
    for text in ('id = "a"\nid = "b"\n', '[a]\nid = "b"\n[a]\n', 'a = {id = "b", id = "c"}\n'):
        with pytest.raises(TablesError, match="was said above: ") as caught:
            parse_manifest(text, Path("m"))
        assert caught.value.row == text.count("\n")


def test_unfinished_toml() -> None:
    with pytest.raises(TablesError, match="not valid TOML"):
        parse_manifest('id = "a', Path("m"))


def test_absent_manifest(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="the manifest is missing") as caught:
        read_manifest(tmp_path)
    assert caught.value.file == str(tmp_path / "manifest.toml")


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_bytes(b'\xef\xbb\xbfid = "a"\r\ntitle = "b"\r\n')
    assert read_manifest(tmp_path).id == "a"


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_bytes('id = "a"\ntitle = "演示"'.encode("gbk"))
    with pytest.raises(TablesError, match="not UTF-8"):
        read_manifest(tmp_path)


def test_expected_id(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text('id = "a"\ntitle = "b"')
    with pytest.raises(TablesError, match="the directory is called 'c'") as caught:
        read_manifest(tmp_path, expected_id="c")
    assert caught.value.field == "id"
