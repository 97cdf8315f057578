from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from drg.columns import INPUT, RECORD
from drg.errors import InputError
from drg.records.binding import Binding
from drg.records.header import Header, detect, folded
from drg.records.layout import Layout
from drg.records.layout_files import find_layout, read_layout, shipped_layouts
from tests.layout_files import hqms_fields

MINIMAL = """
id = "mine"
title = "Mine"
title_zh = "我的"
[[field]]
column = "principal_diagnosis"
names = ["DIAG", "诊断"]
conversion = "code"
"""
SEX = """
[[field]]
column = "sex"
names = ["XB"]
conversion = "sex"
"""


def layout(tmp_path: Path, text: str) -> Layout:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return read_layout(file)


def schema(*names: str) -> dict[str, pl.DataType]:
    return dict.fromkeys(names, pl.String())


def test_shipped_layouts() -> None:
    layouts = shipped_layouts()
    assert list(layouts) == ["canonical", "hqms", "n041", "settlement"]
    for id_, shipped in layouts.items():
        assert shipped.id == id_
        assert shipped.source
        columns = [source.column for source in shipped.field]
        # Only the settlement list knows of hours in intensive care and on a ventilator.
        unknown = {"icu_hours", "ventilator_hours"} if id_ in ("hqms", "n041") else set()
        assert set(columns) == {*INPUT, *RECORD} - unknown


def test_the_canonical_layout_names_every_column_and_its_label() -> None:
    for source in shipped_layouts()["canonical"].field:
        assert source.names == (source.column, source.canonical.label_zh)


def test_hqms_knows_its_fields_and_labels() -> None:
    fields = hqms_fields()
    assert len(fields) == 623
    codes, labels = (Header(names) for names in zip(*fields, strict=True))
    label_of = {folded(field): folded(label) for field, label in fields}
    for source in shipped_layouts()["hqms"].field:
        by_code, by_label = codes.parts(source), labels.parts(source)
        assert by_code
        assert len(by_code) == len(by_label), source.column
        for code, label in zip(by_code, by_label, strict=True):
            assert label_of[folded(code[0])] == folded(label[0])


def test_a_layout_of_ones_own(tmp_path: Path) -> None:
    mine = layout(tmp_path, MINIMAL)
    frame = pl.DataFrame({"诊断": ["I50.900", " - ", "''"], "x": ["", "", ""]})
    (expression,) = Binding(mine, frame.schema).expressions()
    assert frame.select(expression)["principal_diagnosis"].to_list() == ["I50.900", None, None]
    assert find_layout(str(tmp_path / "mine.toml")) == mine
    assert find_layout(mine) is mine


def test_an_overlay_replaces_columns_and_keeps_the_rest(tmp_path: Path) -> None:
    mine = layout(
        tmp_path,
        """
        id = "mine"
        title = "Mine"
        title_zh = "我的"
        based_on = "n041"
        blank = ["未查"]
        [[field]]
        column = "age_days"
        names = ["BZYZSNL"]
        conversion = "months_to_days"
        [[field]]
        column = "birth_weight_g"
        names = ["XSECSTZ"]
        conversion = "integer"
        unit = "kg"
        [[field]]
        column = "disposition"
        names = ["LYFS"]
        conversion = "text"
        values = { "回家" = "1" }
        """,
    )
    names = ("BZYZSNL", "XSECSTZ", "LYFS", "XB", "JBDM")
    frame = pl.DataFrame(
        [("3", "3.2", "回家", "男", "I50.900"), ("未查", "", "5", "", "")], schema=names, orient="row"
    )
    values, unread = Binding(mine, frame.schema).read(frame, INPUT)
    assert unread == []
    assert pl.DataFrame(values).select("age_days", "birth_weight_g", "disposition", "sex").rows() == [
        (91, 3200, "1", 1),
        (None, None, "5", None),
    ]
    base = shipped_layouts()["n041"]
    assert {source.column for source in mine.field} == {source.column for source in base.field}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = mine", ["not valid TOML from character 6 on: id = mine", "row 1"]),
        (MINIMAL.replace('"mine"', "5"), ["id: 5 is not possible", 'id = "county-hospital"']),
        (MINIMAL.replace('title = "Mine"', ""), ["title is missing", 'title = "Export']),
        (MINIMAL.replace('"mine"', '"My layout"'), ["id: 'My layout' is not possible", "small letters"]),
        (MINIMAL.replace('"Mine"', '""'), ["title: '' is not possible", "not empty"]),
        ('field = "sex"' + MINIMAL.partition("[[field]]")[0], ["field: 'sex' is not possible", "[[field]]"]),
        ("field = [1]" + MINIMAL.partition("[[field]]")[0], ["field 1: 1 is not possible"]),
        ("blank = [1]" + MINIMAL, ["blank 1: 1 is not possible", 'blank = ["-", "无"]']),
        (MINIMAL + "first = 1.5", ["field 1 (principal_diagnosis), first: 1.5 is not possible"]),
        (MINIMAL + "values = { a = 1 }", ["values, a: 1 is not possible"]),
        (MINIMAL + 'values = "a"', ["values: 'a' is not possible", 'values = { "一级" = "1" }']),
        (MINIMAL + 'gather = "frist"', ["no way 'frist' to gather", "Did you mean 'first'?"]),
        (MINIMAL + 'where = { names = [], values = ["1"] }', ["where, names: [] is not possible"]),
        (MINIMAL + 'where = { names = ["A"] }', ["where, values is missing"]),
        (
            MINIMAL + '[[table]]\nname = "t"\ntitle_zh = "表"\nkey = ["A"]\nrequired = "no"',
            ["table 1 (t), required: 'no' is not possible: true or false"],
        ),
        ('colour = "red"' + MINIMAL, ["colour: unknown key", "Known keys: id, title"]),
        (MINIMAL.replace("names =", "name ="), ["field 1 (principal_diagnosis)", "Did you mean 'names'?"]),
        (
            MINIMAL + SEX.replace('"sex"\nn', '"sexe"\nn'),
            ["no column 'sexe'", "Did you mean 'sex'?", "field 2"],
        ),
        (
            MINIMAL + SEX.replace('conversion = "sex"', 'conversion = "sexx"'),
            ["no conversion 'sexx'", "Did you mean 'sex'?"],
        ),
        (
            MINIMAL + SEX.replace('conversion = "sex"', 'conversion = "money"'),
            ["'money' does not make sex", "Give one of integer"],
        ),
        (MINIMAL + SEX + 'unit = "kilo"', ["no unit 'kilo'", "kg"]),
        (MINIMAL + SEX + 'unit = "kg"', ["'kg' does not measure sex"]),
        (MINIMAL + SEX + 'parts = [["A"]]', ["either names or parts"]),
        (
            MINIMAL + SEX.replace('names = ["XB"]', 'parts = [["A"], ["B"]]'),
            ["reads one field only", "sum, join"],
        ),
        (
            MINIMAL + SEX.replace('names = ["XB"]', 'names = "XB"'),
            ["'XB' is not possible", 'names = ["XB", "性别"]'],
        ),
        (
            MINIMAL + '[[field]]\ncolumn = "other_diagnoses"\nnames = ["D1"]\nconversion = "codes_wide"',
            ["{n} in a name", "C06x{n}C"],
        ),
        (MINIMAL + SEX + 'table = "t"', ["names no table"]),
        (MINIMAL.replace("principal_diagnosis", "principal_procedure"), ["no field for principal_diagnosis"]),
        ('based_on = "n042"' + MINIMAL, ["no layout 'n042' to be based on", "Did you mean 'n041'?"]),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        layout(tmp_path, text)
    assert "mine.toml" in str(raised.value)
    for part in said:
        assert part in str(raised.value)


def test_layouts_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'hqms'"):
        find_layout("hqsm")
    with pytest.raises(InputError, match="cannot be read"):
        find_layout(tmp_path / "no.toml")
    (tmp_path / "gbk.toml").write_bytes('title = "我的"'.encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8"):
        find_layout(tmp_path / "gbk.toml")


@pytest.mark.parametrize(
    ("spelled", "name"),
    [(" ｃ03c ", "C03C"), ("年龄（岁）", "年龄(岁)"), ("性 别", "性别"), ("\ufeffA48", "a48")],
)
def test_header_names_compare_without_width_case_and_blanks(spelled: str, name: str) -> None:
    assert folded(spelled) == folded(name)


def test_a_series_is_in_order_whatever_its_gaps() -> None:
    header = Header(["C06x10C", "其他诊断编码3", "C06X02C", "C06xC", "C06x1aC", "C06x03C", "C06x01"])
    assert header.series(["C06x{n}C", "其他诊断编码{n}"]) == (
        ("C06X02C",),
        ("C06x03C", "其他诊断编码3"),
        ("C06x10C",),
    )
    assert header.series(["C06x{n}C"], first=3) == (("C06x03C",), ("C06x10C",))


@pytest.mark.parametrize(
    ("names", "layout", "table"),
    [
        (["case_id", "principal_diagnosis"], "canonical", None),
        (["principal_diagnosis"], "canonical", None),
        (["A48", "C03C", "C06x01C"], "hqms", None),
        (["病案号", "住院次数", "出院主要诊断编码", "出院其他诊断编码1"], "hqms", None),
        (["bah", "jbdm", "jbdm1"], "n041", None),
        (["病案号", "主要诊断编码", "其他诊断编码1", "手术操作编码1"], "n041", None),
        (["mdtrt_sn", "gend", "age"], "settlement", "setlinfo"),
        (["mdtrt_sn", "diag_code", "maindiag_flag"], "settlement", "diseinfo"),
        (["就诊ID", "诊断代码"], "settlement", "diseinfo"),
        (["mdtrt_sn", "oprn_oprt_code"], "settlement", "oprninfo"),
        (["mdtrt_sn", "amt"], "settlement", "iteminfo"),
        (["mdtrt_sn", "scs_cutd_sum_dura"], "settlement", "icuinfo"),
    ],
)
def test_detection(names: list[str], layout: str, table: str | None) -> None:
    found = detect(names, shipped_layouts(), Path("f"))
    assert (found.layout.id, found.table.name if found.table else None) == (layout, table)


def test_every_layout_is_detected_by_its_own_names() -> None:
    for layout in shipped_layouts().values():
        for table in layout.table or (None,):
            sources = layout.sources(table.name if table else None)
            names = [
                name.replace("{n}", "1") for source in sources for part in source.fields for name in part[:1]
            ]
            found = detect(
                list(dict.fromkeys([*(table.key[:1] if table else ()), *names])), shipped_layouts(), Path("f")
            )
            assert (found.layout.id, found.table) == (layout.id, table)


def test_a_header_that_fits_nothing_is_explained() -> None:
    with pytest.raises(InputError) as raised:
        detect(["A48", "CO3C", "foo"], shipped_layouts(), Path("f.csv"))
    message = str(raised.value)
    for part in (
        "f.csv",
        "known names, of 3: A48\n",
        "hqms: found case_id",
        "needs C03C",
        "Did you mean 'C03C'?",
        "--layout",
    ):
        assert part in message


def test_a_tie_is_not_decided(tmp_path: Path) -> None:
    one = layout(tmp_path, MINIMAL)
    with pytest.raises(InputError, match="fits mine and other equally well"):
        detect(["DIAG"], {"mine": one, "other": replace(one, id="other")}, Path("f.csv"))


def test_alternatives_fill_each_other() -> None:
    hqms = shipped_layouts()["hqms"]
    frame = pl.DataFrame({"A16": ["5", None, None], "A14": ["0", "12天", "65"], "年龄": ["1", "2", "3"]})
    values, _ = Binding(hqms, frame.schema).read(frame, ["age_years", "age_days"])
    assert [list(row) for row in zip(*values, strict=True)] == [[0, 5], [0, 12], [65, None]]
    frame = pl.DataFrame({"病案号": ["1", "-"], "A48": [None, "2"], "A49": ["1", None]})
    assert Binding(hqms, frame.schema).read(frame, ["case_id"])[0][0].to_list() == ["1-1", "2"]


def test_sums_and_wide_codes() -> None:
    frame = pl.DataFrame(
        {
            "D11": ["1.10", "", "x", None],
            "D12": ["2.20", "0.05", "1", "-"],
            "D19x01": ["9", "9", "9", "9"],
            "C06x10C": ["c", "—", None, ""],
            "C06x02C": ["a", "b ", " ", None],
        }
    )
    binding = Binding(shipped_layouts()["hqms"], frame.schema)
    (cost, codes), unread = binding.read(frame, ["cost_parts_yuan", "other_diagnoses"])
    assert [None if value is None else str(value) for value in cost] == ["3.30", "0.05", "1.00", None]
    assert codes.to_list() == [["a", "c"], ["b"], [], []]
    assert [(one.names, one.places.to_list(), one.texts.to_list()) for one in unread] == [
        (("D11",), [2], ["x"])
    ]
    same = frame.select(binding.expressions())
    assert same["cost_parts_yuan"].equals(cost)
    assert same["other_diagnoses"].equals(codes)
