"""Results under their Chinese labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from drg.columns import ALL, OUTPUT, PRICE
from drg.records.cases import Cases
from drg.records.cells import category
from drg.records.files import write
from drg.records.header import Header
from drg.records.reading import read_results
from drg.records.result_labels import labelled, labelled_results
from drg.words import categories

LABELS = [ALL[name].label_zh for name in (*OUTPUT, *PRICE)]


def frame(*names: str) -> pl.LazyFrame:
    return pl.LazyFrame({name: ["x"] for name in names})


def test_no_two_columns_have_one_label() -> None:
    assert [label for label, n in Counter(one.label_zh for one in ALL.values()).items() if n > 1] == []


def test_labels_are_for_chinese_workbooks() -> None:
    rows = frame("sex", *OUTPUT, *PRICE)
    assert labelled(rows, Path("o.xlsx"), "zh").collect_schema().names() == ["sex", *LABELS]
    for file, language in (("o.csv", "zh"), ("o.parquet", "zh"), ("o.xlsx", "en")):
        assert labelled(rows, Path(file), language).collect_schema().names() == ["sex", *OUTPUT, *PRICE]
    assert labelled(rows, Path("O.XLSX"), "zh", ALL).collect_schema().names() == ["性别", *LABELS]


def test_what_would_not_be_known_again_keeps_its_name() -> None:
    names = ["drg", "grouping_status", *PRICE]
    found = labelled(frame(*names), Path("o.xlsx"), "zh").collect_schema().names()
    assert found == ["drg", "grouping_status", *(ALL[name].label_zh for name in PRICE)]


def test_a_column_of_the_user_keeps_the_label() -> None:
    names = labelled(frame("原因", " 病组", *OUTPUT), Path("o.xlsx"), "zh").collect_schema().names()
    assert names[:2] == ["原因", " 病组"]
    assert {"drg", "grouping_reason", "病组名称", "入组状态"} <= set(names)


def test_labels_are_known_again_all_together() -> None:
    assert labelled_results(Header(["性别", *LABELS])) == {*OUTPUT, *PRICE}
    assert labelled_results(Header([*OUTPUT, *PRICE])) == frozenset()
    for label in ("病组", "入组状态", "分组方案"):
        assert not labelled_results(Header(name for name in LABELS[: len(OUTPUT)] if name != label))


@pytest.mark.parametrize("own", ["病组", "原因", "权重", "DRG"])
def test_a_column_of_the_user_is_no_result(own: str) -> None:
    """Alone it is none; beside results, these are what is read."""
    assert not set(Cases.of(frame(own, "principal_diagnosis")).binding.columns) & {*OUTPUT, *PRICE} - {"drg"}
    both = labelled(frame(own, *OUTPUT, *PRICE), Path("o.xlsx"), "zh")
    binding = Cases.of(both).binding
    assert {*OUTPUT, *PRICE} <= set(binding.columns)
    assert all(binding.called(name) != own for name in (*OUTPUT, *PRICE))


@pytest.mark.parametrize("name", ["grouping_status", "severity", "case_class"])
def test_words_under_labels_are_chinese_and_read_back(name: str, tmp_path: Path) -> None:
    words = categories(name, "zh")
    other = {one: ["x"] * len(words) for one in (*OUTPUT, *PRICE) if one != name}
    english = pl.LazyFrame({name: [*words], **other}, schema_overrides={name: ALL[name].dtype})
    file = tmp_path / "o.xlsx"
    write(labelled(english, file, "zh"), file, sources=[])
    assert pl.read_excel(file)[ALL[name].label_zh].to_list() == [*words.values()]
    assert read_results([file]).lazy([name]).collect()[name].to_list() == [*words]
    # Under its own name a word stays a word for programs.
    assert labelled(english, Path("o.csv"), "zh").collect()[name].to_list() == [*words]


def test_what_says_nothing_is_no_word() -> None:
    read = category(pl.Series(["无", "", None, "－", "MCC", "没有", " 无 "]), ALL["severity"]).values
    assert read.to_list() == ["none", None, None, None, "MCC", None, "none"]
