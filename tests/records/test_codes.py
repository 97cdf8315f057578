from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.grouping.code_index import CodeIndex
from drg.records.codebook import CodeBook, recognised
from drg.records.codes import DIAGNOSIS, PROCEDURE, code_names, crosswalk, names_of, normalised

DIAGNOSES = code_names(DIAGNOSIS)["code"]
BOOKS = {kind: CodeBook(kind) for kind in (DIAGNOSIS, PROCEDURE)}


@pytest.mark.parametrize(
    ("spelled", "normal"),
    [
        (" i50.900X007 ", "I50.900X007"),
        ("Ｉ50.900ｘ007", "I50.900X007"),
        ("I50.900.", "I50.900"),
        ("I50。900", "I50.900"),
        ("a17.000 + g01 *", "A17.000+G01*"),
        ("A17.000†G01＊", "A17.000+G01*"),
        ("A17.000+G01", "A17.000+G01*"),
        ("G01*A17.000+", "A17.000+G01*"),
        ("G01* + A17.000", "A17.000+G01*"),
        ("A17.000.+G01.*", "A17.000+G01*"),
        ("51.2300", "51.2300"),
        ("...", ""),
        ("", ""),
        (None, None),
    ],
)
def test_normal_form(spelled: str | None, normal: str | None) -> None:
    assert normalised(pl.Series([spelled], dtype=pl.String)).to_list() == [normal]


@given(st.lists(st.one_of(st.none(), st.text("aX1.+*† \u3000。", max_size=8))))
def test_the_normal_form_of_the_normal_form_is_itself(texts: list[str | None]) -> None:
    once = normalised(pl.Series(texts, dtype=pl.String))
    assert once.null_count() == sum(text is None for text in texts)
    assert normalised(once).to_list() == once.to_list()


@pytest.mark.parametrize("kind", [DIAGNOSIS, PROCEDURE])
def test_code_lists_are_in_normal_form_but_for_the_case_of_x(kind: str) -> None:
    names = code_names(kind)
    assert names["code"].is_sorted()
    assert names.null_count().sum_horizontal().item() == 0
    normal = normalised(names["code"])
    assert normal.equals(names["code"].str.to_uppercase())
    assert normal.n_unique() == len(names)
    pairs = crosswalk(kind)
    assert pairs["to_code"].is_in(names["code"].implode()).all()
    assert (pairs["from_code"] != pairs["to_code"]).all()
    assert pairs["from_code"].is_unique().all()


def test_the_engine_groups_codes_in_any_spelling() -> None:
    index = CodeIndex(pl.Series(["I50.900x007", "A17.000+G01*"]))
    assert index.encode(pl.Series(["i50.900X007.", "G01*A17.000+", "A17.000 + g01", "I50.9"])).tolist() == [
        1,
        2,
        2,
        0,
    ]


def test_names() -> None:
    assert names_of(["i50.900X007.", "A01.002+G01*", "nonsense", None, ""], DIAGNOSIS) == {
        "i50.900X007.": "心功能Ⅱ级（NYHA分级）",
        "A01.002+G01*": "伤寒性脑膜炎",
    }


def rules(book: CodeBook, *spellings: str) -> list[tuple[str | None, str | None]]:
    readings = book.readings(pl.Series(spellings))
    assert readings["spelled"].to_list() == list(spellings)
    return readings.select("code", "rule").rows()


def test_what_changes_is_told_if_it_matters() -> None:
    assert rules(
        BOOKS[DIAGNOSIS], " I50.900X007", "I50.900x007", "i50.900x007", "Ｉ50.900x007", "I50.900x007.", "..."
    ) == [
        ("I50.900x007", None),
        ("I50.900x007", None),
        ("I50.900x007", "code-rewritten"),
        ("I50.900x007", "code-rewritten"),
        ("I50.900x007", "code-rewritten"),
        (None, None),
    ]


def test_an_unknown_code_is_answered_with_the_nearest_of_its_category() -> None:
    (reading,) = BOOKS[DIAGNOSIS].readings(pl.Series(["I50.99"])).to_dicts()
    assert (reading["code"], reading["rule"]) == ("I50.99", "code-unknown")
    assert "I50.900 (心力衰竭)" in reading["fix"]
    assert all(code.startswith("I50") for code in BOOKS[DIAGNOSIS].nearest("I50.99"))
    # Letters and digits that look alike.
    assert BOOKS[DIAGNOSIS].nearest("150.9OO")[0] == "I50.900"
    # A category that does not exist is looked for in the whole list, and nothing alike is said to be alike.
    assert "D50.900" in BOOKS[DIAGNOSIS].nearest("DD50.900", count=5)
    assert BOOKS[DIAGNOSIS].nearest("心力衰竭") == []


def test_the_search_of_the_whole_list_ends() -> None:
    book = CodeBook(DIAGNOSIS)
    book._searched = 10**6
    assert book.nearest("DD50.900") == []
    assert book.nearest("I50.99") != []


@pytest.mark.parametrize(
    ("spelled", "code"),
    [("51.23", "51.2300"), ("1.24", "01.2400"), ("99.99", "99.9900"), ("51.230", "51.2300")],
)
def test_a_number_is_told_from_a_code(spelled: str, code: str) -> None:
    (reading,) = BOOKS[PROCEDURE].readings(pl.Series([spelled])).to_dicts()
    assert (reading["code"], reading["rule"]) == (spelled, "code-lost-zeros")
    assert code in reading["fix"]


def test_clinical_codes_are_converted_and_told() -> None:
    pairs = pl.DataFrame(
        [
            ("A01.000x002", "A01.003"),
            ("I10.x01", "I10.x00x002"),
            ("I10.x01", "I10.x00x023"),
            ("I50.900", "I50.907"),
        ],
        schema=["from_code", "to_code"],
        orient="row",
    )
    book = CodeBook(DIAGNOSIS, clinical=True, pairs=pairs)
    spellings = ("a01.000X002", "I10.x01", "I50.900", "I50.900x007", "Q9999", "a01.003")
    assert rules(book, *spellings) == [
        ("A01.003", "code-converted"),
        ("I10.x01", "code-ambiguous"),
        # In both versions, with another meaning.
        ("I50.907", "code-converted"),
        ("I50.900x007", None),
        ("Q99.99", "code-unmapped"),
        ("A01.003", "code-rewritten"),
    ]
    ambiguous = book.readings(pl.Series(["I10.x01"]))["fix"][0]
    assert "I10.x00x002" in ambiguous
    assert "I10.x00x023" in ambiguous
    # Without the declaration nothing is converted.
    assert rules(BOOKS[DIAGNOSIS], "I50.900") == [("I50.900", None)]


def test_the_shipped_crosswalk_is_used() -> None:
    (source, target) = crosswalk(PROCEDURE).row(0)
    assert rules(CodeBook(PROCEDURE, clinical=True), source) == [(target, "code-converted")]


def test_columns_are_read_and_findings_know_their_rows() -> None:
    principal = pl.Series("principal_diagnosis", ["I50.900", "i50.900", None, "I50.900"])
    others = pl.Series(
        "other_diagnoses", [["I10.x00x002", "i10.x00x002", "..."], [], None, ["Q", "i10.x00x002"]]
    )
    sex = pl.Series("sex", [1, 2, 1, 2])
    series, findings = recognised([principal, others, sex], BOOKS)
    assert series[0].to_list() == ["I50.900", "I50.900", None, "I50.900"]
    assert series[1].to_list() == [["I10.x00x002"] * 2, [], None, ["Q", "I10.x00x002"]]
    assert series[2] is sex
    assert [(f.field, f.places.to_list(), f.readings["spelled"].to_list()) for f in findings] == [
        ("principal_diagnosis", [1], ["i50.900"]),
        ("other_diagnoses", [0, 3, 3], ["i10.x00x002", "Q", "i10.x00x002"]),
    ]


def test_clean_columns_are_not_touched() -> None:
    codes = pl.Series("principal_diagnosis", [*DIAGNOSES.head(50), None])
    series, findings = recognised([codes], BOOKS)
    assert series[0] is codes
    assert findings == []
