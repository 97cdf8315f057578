"""Reasons are data until they are written: stable codes with facts, and a sentence in each language."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

import drg
from drg.benefit.reasons import NOTE as NOTE_OF_BENEFITS
from drg.categories import CaseClass, GroupingStatus, Severity
from drg.columns import ALL, INPUT
from drg.payment.formulas import FEN, HIGHEST_COST_FEN
from drg.payment.reasons import NOTE
from drg.reasons import COLUMNS, code_of, coded, column_in_words, counted, expected, in_words, reasons
from drg.words import LANGUAGES, categories, rows

ROOT = Path(__file__).resolve().parents[1]
STABLE = ROOT / "tests" / "data" / "reasons.csv"
SOURCE = {path: path.read_text(encoding="utf-8") for path in (ROOT / "src" / "drg").rglob("*.py")}
# A fact of each kind, and how it is told.
FACTS = {
    "series": (["national"], "national", "national"),
    "mdc": (["MDCB"], "MDCB", "MDCB"),
    "periods": (
        ["a-1", "", "2025-12-31", "a-2", "2026-01-01", ""],
        *["a-1 … – 2025-12-31, a-2 2026-01-01 – …"] * 2,
    ),
    "column": (["sex"], "sex", "性别"),
    "columns": (["age_days", "birth_weight_g"], "age_days, birth_weight_g", "新生儿日龄、新生儿出生体重"),
    "texts": (["二级", "三级"], "二级, 三级", "二级、三级"),
    "factor": (["0.5"], "0.5", "0.5"),
    "share": (["0.6"], "60%", "60%"),
    "grouper": (["demo"], "demo", "demo"),
    "period": (["2025-01-01", ""], *["2025-01-01 – …"] * 2),
    "case_class": (["high"], "high", "高倍率"),
    "days": (["15"], "15", "15"),
}  # fmt: skip


# ----------------------------------------------------------------------------------------------- the table


def test_codes_and_names_never_change() -> None:
    with STABLE.open(encoding="utf-8", newline="") as file:
        known = [tuple(row.values()) for row in csv.DictReader(file)]
    now = [(reason.code, reason.name, " ".join(reason.facts)) for reason in reasons().values()]
    # A new reason goes to the end of its letter, in both tables.
    assert now == known


def test_codes_are_unique_and_in_order() -> None:
    codes = [row["code"] for row in rows("reasons") if row["code"]]
    assert codes == sorted(set(codes))
    assert len(reasons()) == len(codes)
    for letter in "BGP":
        own = [code for code in codes if code.startswith(letter)]
        assert own == [f"{letter}{number:02}" for number in range(1, len(own) + 1)]
    assert {code[0] for code in codes} == {"B", "G", "P"}
    assert [f"P{bit.bit_length():02}" for bit in NOTE.values()] == [
        reason.code for reason in reasons().values() if reason.name in NOTE
    ]


@pytest.mark.parametrize("row", rows("reasons"), ids=lambda row: row["code"] or row["en"])
def test_every_reason_has_its_sentence_in_every_language(row: dict[str, str]) -> None:
    fields = {language: Counter(field for _, field, *_ in Formatter().parse(row[language]) if field)
              for language in LANGUAGES}  # fmt: skip
    assert all(row[language].strip(" ;,") or row["code"] == "" for language in LANGUAGES)
    assert fields["en"] == fields["zh"]
    facts = row["facts"].split()
    if row["code"]:
        assert set(fields["en"]) == {*facts, *(["expected"] if facts == ["column"] else [])}
        assert set(facts) <= set(FACTS)


@pytest.mark.parametrize("name", reasons())
def test_every_reason_is_told_with_its_facts(name: str) -> None:
    reason = reasons()[name]
    text = coded(name, *(fact for kind in reason.facts for fact in FACTS[kind][0]))
    for place, language in enumerate(LANGUAGES, start=1):
        told = in_words(text, language)
        assert "{" not in told
        assert code_of(text) not in told
        for kind in reason.facts:
            assert FACTS[kind][place] in told
    assert in_words(f"{text}|{text}", "en") == f"{in_words(text, 'en')}; {in_words(text, 'en')}"


def test_every_reason_is_said_somewhere() -> None:
    said = set(re.findall(r'"(\w+)"', "\n".join(SOURCE.values())))
    assert [name for name in reasons() if name not in said] == []
    # A slip in a name of a note would only fail when the line is run.
    named = set(re.findall(r'NOTE\["(\w+)"\]', "\n".join(SOURCE.values())))
    assert named <= set(NOTE) | set(NOTE_OF_BENEFITS)


def test_figures_in_sentences_are_those_that_count() -> None:
    told = {name: reason.en for name, reason in reasons().items()}
    assert f"0 to {HIGHEST_COST_FEN // FEN:,} yuan" in told["cost_impossible"]
    assert f"at most {ALL['hospital_coefficient'].highest:g} expected" in told["coefficient_impossible"]
    assert f"0 to {INPUT['los_days'].highest:,.0f} expected" in told["los_days_impossible"]


def test_every_code_is_documented() -> None:
    document = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")
    for reason in reasons().values():
        assert f"| `{reason.code}` | `{reason.name}` |" in document


def test_sentences_stand_in_the_table_alone() -> None:
    """No code holds a sentence of a reason: not to say it, nor to look for it."""
    parts = {
        part.strip()
        for row in rows("reasons")
        for language, least in (("en", 20), ("zh", 8))
        for part in re.split(r"\{.*?\}", row[language])
        if row["code"] and len(part.strip()) >= least
    }
    assert len(parts) > 50
    assert [(path.name, part) for path, text in SOURCE.items() for part in parts if part in text] == []


@pytest.mark.parametrize(
    ("column", "values"),
    [("grouping_status", GroupingStatus), ("severity", Severity), ("case_class", CaseClass)],
)
def test_words_of_closed_lists(column: str, values: Any) -> None:
    assert ALL[column].dtype == pl.Enum(values)
    for language in LANGUAGES:
        assert list(categories(column, language)) == [*map(str, values)]
    assert all(categories(column, "zh").values())


# ----------------------------------------------------------------------------------------- codes and words


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4))
def test_any_text_can_be_a_fact(texts: list[str]) -> None:
    text = coded("no_weight_at_level", *texts)
    assert "|" not in text
    assert (text.count(":"), text.count(",")) == (1, len(texts) - 1)
    assert in_words(text, "en") == reasons()["no_weight_at_level"].en.format(texts=", ".join(texts))


@pytest.mark.parametrize(
    "text",
    [
        "", "anything", "a|b", "G99", "G99:sex", "G09", "G09:nothing", "G10:", "G04:sex", "P17", "P17:1,2",
        "P18:much", "P22:2025-01-01", "P22:1,2,3", "G07:national,a-1,2025-01-01", "G4", "x G04", "g04",
    ],
)  # fmt: skip
def test_what_is_no_code_stays_as_it_is(text: str) -> None:
    """Such as sentences, and codes of a later release."""
    for language in LANGUAGES:
        assert in_words(text, language) == text


def test_what_is_no_code_stays_beside_codes() -> None:
    assert in_words("ein Satz|G04|G99", "en") == "ein Satz; no MDC takes this case; G99"


def test_several_impossible_values_are_several_sentences() -> None:
    text = coded("value_impossible", "sex", "age_years")
    assert text == "G09:sex,age_years"
    assert in_words(text, "en") == "; ".join(
        f"{name} is impossible ({expected(INPUT[name])} expected)" for name in ("sex", "age_years")
    )
    assert in_words(text, "zh") == "性别不合理（应为 1 或 2）；年龄不合理（应为 0 至 150）"


def test_cases_are_counted_by_reason() -> None:
    column = pl.Series(["P08|P14", None, "P14", "P08|P14", "P17:0.5"])
    assert counted(column) == {"P08": 2, "P14": 3, "P17:0.5": 1}
    assert counted(column.cast(pl.Categorical)) == counted(column)
    assert counted(pl.Series([None, None])) == {}


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["G04", "G10:sex"])])
def test_a_column_of_any_type_is_told(dtype: Any) -> None:
    column = pl.Series("grouping_reason", ["G04", None, "G10:sex", "G04"], dtype=dtype)
    told = ["no MDC takes this case", None, "missing sex", "no MDC takes this case"]
    assert_series_equal(column_in_words(column, "en"), pl.Series("grouping_reason", told))
    nothing = pl.Series("x", [None, None])
    assert_series_equal(column_in_words(nothing, "en"), pl.Series("x", [None, None], dtype=pl.String))


# ------------------------------------------------------------------------------------------- the public ways


def discharges() -> pl.DataFrame:
    return pl.read_csv(ROOT / "examples" / "discharges.csv", infer_schema=False)


@pytest.mark.parametrize("grouper", ["chs-drg-3.0", "national"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_in_words_are_the_sentences(grouper: str, language: str) -> None:
    odd = pl.DataFrame(
        {
            "principal_diagnosis": ["A00.000", None, "Q99.999", "A00.000", "A00.000"],
            "discharge_date": ["2027-03-01", None, "2026-01-01", "1990-01-01", "2026-01-01"],
            "sex": ["3", "1", "2", "1", None],
        }
    )  # fmt: skip
    cases = pl.concat([discharges(), odd], how="diagonal")
    coded_ = drg.group(cases, grouper, reasons="code")
    assert_frame_equal(
        drg.reason_text(coded_, language=language), drg.group(cases, grouper, language=language)
    )
    codes = set(counted(coded_["grouping_reason"]))
    assert {code_of(code) for code in codes} >= {"G01", "G03", "G04", "G08", "G09", "G10"}
    priced = drg.price(coded_, "reference-3.0", reasons="code")
    with_words = drg.price(coded_, "reference-3.0", language=language)
    assert_series_equal(
        drg.reason_text(priced, language=language)["pricing_reason"], with_words["pricing_reason"]
    )
    # What is in the frame already passes as it is.
    assert_series_equal(with_words["grouping_reason"], coded_["grouping_reason"])


def test_reason_text_takes_what_group_and_price_give() -> None:
    cases = discharges().head(30)
    text = drg.group(cases, "chs-drg-3.0", language="zh")
    code = drg.group(cases, "chs-drg-3.0", reasons="code")
    expected = text["grouping_reason"].to_list()
    assert set(expected) - {None}
    assert_frame_equal(drg.reason_text(code.lazy(), language="zh").collect(), text)
    assert_series_equal(drg.reason_text(code["grouping_reason"], language="zh"), text["grouping_reason"])
    table = drg.reason_text(code.to_arrow(), language="zh")
    assert isinstance(table, pa.Table)
    assert table.column_names == text.columns
    assert table["grouping_reason"].to_pylist() == expected
    frame = drg.reason_text(code.to_pandas(), language="zh")
    assert isinstance(frame, pd.DataFrame)
    assert [None if value != value else value for value in frame["grouping_reason"]] == expected
    assert list(frame.columns) == text.columns
    told = drg.reason_text(code.to_dicts(), language="zh")
    assert [row["grouping_reason"] for row in told] == expected
    grouped = drg.reason_text(
        drg.group(drg.read(ROOT / "examples" / "discharges.csv"), "chs-drg-3.0", reasons="code"),
        language="zh",
    )
    assert isinstance(grouped, drg.Cases)
    assert grouped.source.head(30).collect()["grouping_reason"].to_list() == expected
    assert drg.reason_text("G04", language="zh") == "不符合任何 MDC 的入组条件"


def test_only_columns_of_reasons_are_told() -> None:
    frame = pl.DataFrame({name: ["G04"] for name in (*COLUMNS, "reason_a", "pricing_a", "reason", "note")})
    told = drg.reason_text(frame).row(0, named=True)
    assert {name for name, text in told.items() if text != "G04"} == {*COLUMNS, "reason_a", "pricing_a"}


def test_forms_and_languages_that_do_not_exist() -> None:
    cases: Any = [{"principal_diagnosis": "A00.000"}]
    for function in (
        lambda **options: drg.group(cases, "demo", **options),
        lambda **options: drg.price(cases, "demo", **options),
        lambda **options: drg.compare(cases, ["demo", "chs-drg-2.0"], **options),
    ):
        with pytest.raises(drg.InputError, match="no form of reasons 'codes'"):
            function(reasons="codes")
        with pytest.raises(drg.InputError, match="no language 'fr'"):
            function(language="fr")
    with pytest.raises(drg.InputError, match="no language 'fr'"):
        drg.reason_text("G04", language="fr")
    with pytest.raises(drg.InputError, match="is not a table"):
        drg.reason_text(3)


def test_batches_that_are_shown_have_codes() -> None:
    seen: list[pl.DataFrame] = []
    grouped = drg.Grouper("chs-drg-3.0").group(discharges(), language="zh", on_batch=seen.append)
    shown = pl.concat(seen)["grouping_reason"]
    assert isinstance(shown.dtype, pl.Categorical)
    assert sorted(map(str, column_in_words(shown, "zh"))) == sorted(map(str, grouped["grouping_reason"]))
