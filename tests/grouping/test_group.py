"""Grouping frames: every kind in, the same kind out, every row kept with its status and reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, InputError, MissingColumnError, MissingColumnWarning, UnknownGrouperError
from drg.categories import GroupingStatus, Severity
from drg.columns import INPUT, OUTPUT_COLUMNS
from drg.reasons import handed_over
from tests.helpers import (
    DATA,
    DEMO_CASES,
    DEMO_GROUPS,
    DEMO_SCHEMA,
    LEVELS,
    NEWBORN,
    OUTPUTS,
    demo_case,
    demo_frame,
    outcomes,
    version,
)

DEMO = Grouper("demo")
FRAME = demo_frame(DEMO_CASES)
DRGS = [drg_ for _, _, drg_ in DEMO_GROUPS]
# The columns with a closed list of words.
WORDS = {"severity": [*map(str, Severity)], "grouping_status": [*map(str, GroupingStatus)]}
OUTPUT_SCHEMA = {
    column.name: pl.Enum(WORDS[column.name]) if column.name in WORDS else pl.String
    for column in OUTPUT_COLUMNS
}


def grouped(*cases: dict[str, Any], **columns: Any) -> list[dict[str, Any]]:
    """The outcomes of demo cases, with whole columns replaced by lists of any type."""
    frame = demo_frame(cases).with_columns(pl.Series(name, values) for name, values in columns.items())
    return outcomes(DEMO.group(frame))


def drgs(frame: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(value) else value for value in frame["drg"]]


# ------------------------------------------------------------------------------------------- the demo version


def test_the_cases_of_the_demo() -> None:
    result = drg.group(FRAME, "demo")
    assert result.select(LEVELS).rows() == DEMO_GROUPS
    assert set(result["grouper"]) == {"demo"}
    assert dict(result["grouping_status"].value_counts().iter_rows()) == {
        "grouped": 16,
        "ambiguous": 1,
        "no_drg": 1,
        "ungrouped": 2,
    }


def test_severity_is_the_highest_complication_that_counts() -> None:
    others = [[], ["D90.100"], ["D90.200"], ["D90.300"], ["D90.200", "D90.100"], ["D90.999"], ["D10.002"]]
    rows = grouped(*[demo_case("D10.002", other_diagnoses=codes) for codes in others])
    assert [row["severity"] for row in rows] == ["none", "MCC", "CC", "CC", "MCC", "none", "none"]
    excluded = grouped(*[demo_case("D10.001", other_diagnoses=codes) for codes in others])
    assert [row["severity"] for row in excluded] == ["none", "none", "none", "CC", "none", "none", "none"]


def test_names_and_what_has_none() -> None:
    names = dict(zip(DRGS, DEMO.group(FRAME)["drg_name"], strict=True))
    assert names["AA19"] == "心脏移植（演示）"
    assert {names["BQY"], names["B000"], names["0000"], names[None]} == {None}


# ----------------------------------------------------------------------------- kinds of frames in and out


def test_polars_frame() -> None:
    before = FRAME.clone()
    result = DEMO.group(FRAME)
    assert type(result) is pl.DataFrame
    assert result.schema == {**DEMO_SCHEMA, **OUTPUT_SCHEMA}
    assert list(result.columns) == [*FRAME.columns, *(column.name for column in OUTPUT_COLUMNS)]
    assert_frame_equal(result.select(FRAME.columns), before, check_exact=True)
    assert_frame_equal(FRAME, before, check_exact=True)


def test_lazy_frame() -> None:
    result = DEMO.group(FRAME.lazy())
    assert type(result) is pl.LazyFrame
    assert result.collect_schema() == {**DEMO_SCHEMA, **OUTPUT_SCHEMA}
    expected = DEMO.group(FRAME)
    assert_frame_equal(result.collect(), expected)
    assert_frame_equal(result.collect(engine="streaming"), expected)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_what_follows_a_lazy_frame_sees_whole_cases(engine: Any) -> None:
    """The optimiser may not take away columns or rows that grouping needs."""
    lazy, eager = DEMO.group(FRAME.lazy().with_row_index("id")), DEMO.group(FRAME.with_row_index("id"))
    steps: tuple[Callable[[Any], Any], ...] = (
        lambda frame: frame.select("id", "drg"),
        lambda frame: frame.select("grouping_reason"),
        lambda frame: frame.select("id", "sex"),
        lambda frame: frame.drop("other_diagnoses", "icu_hours"),
        lambda frame: frame.filter(pl.col("drg") == "BR15"),
        lambda frame: frame.filter(pl.col("sex") == 2).select("drg", "id"),
        lambda frame: frame.head(3),
        lambda frame: frame.tail(3).select("drg"),
        lambda frame: frame.slice(5, 4).filter(pl.col("severity") == "MCC"),
        lambda frame: frame.select(pl.len()),
    )
    for step in steps:
        assert_frame_equal(step(lazy).collect(engine=engine), step(eager))


def test_arrow_table() -> None:
    table = FRAME.to_arrow().replace_schema_metadata({"source": "hospital"})
    result = DEMO.group(table)
    assert type(result) is pa.Table
    assert result.column_names == [*FRAME.columns, *OUTPUTS]
    assert result.select(FRAME.columns).equals(table, check_metadata=True)
    assert result["drg"].to_pylist() == DRGS
    types = {name: result.schema.field(name).type for name in OUTPUTS}
    assert {type_ for name, type_ in types.items() if name not in WORDS} <= {pa.string(), pa.large_string()}
    assert all(pa.types.is_dictionary(types[name]) for name in WORDS)
    assert result["grouping_status"].to_pylist() == DEMO.group(FRAME)["grouping_status"].to_list()


def test_arrow_tables_of_other_types() -> None:
    table = FRAME.to_arrow()
    fields = [
        field.with_type(pa.string()) if field.type == pa.large_string()
        else field.with_type(pa.list_(pa.string())) if field.name.startswith("other_")
        else field
        for field in table.schema
    ]  # fmt: skip
    narrow = table.cast(pa.schema(fields))
    codes = narrow["principal_diagnosis"].combine_chunks().dictionary_encode()
    dictionary = narrow.set_column(
        narrow.column_names.index("principal_diagnosis"), "principal_diagnosis", codes
    )
    pieces = pa.concat_tables([dictionary.slice(0, 3), dictionary.slice(3, 0), dictionary.slice(3)])
    result = DEMO.group(pieces)
    assert result["drg"].to_pylist() == DRGS
    assert result.select(FRAME.columns).equals(pieces)


def pandas_frame() -> pd.DataFrame:
    """As people have it: lists in an object column, missing values as NaN."""
    frame = FRAME.to_pandas()
    for name in ("other_diagnoses", "other_procedures"):
        frame[name] = [list(codes) for codes in frame[name]]
    return frame


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(100, 100 + 2 * len(FRAME), 2),
        pd.Index([f"case {n // 2}" for n in range(len(FRAME))], name="case"),
        pd.Index(range(len(FRAME)), name="sex"),
        pd.MultiIndex.from_product([["a", "b"], range(len(FRAME) // 2)], names=["drg", None]),
        pd.date_range("2024-01-31", periods=len(FRAME), name="day"),
    ],
)
def test_pandas_frame(index: pd.Index) -> None:
    frame = pandas_frame().set_axis(index)
    frame["ward"] = pd.Categorical(["A", "B"] * (len(frame) // 2))
    before = frame.copy(deep=True)
    result = DEMO.group(frame)
    assert type(result) is pd.DataFrame
    assert list(result.columns) == [*frame.columns, *OUTPUTS]
    pd.testing.assert_frame_equal(result[frame.columns], before, check_freq=True)
    pd.testing.assert_frame_equal(frame, before, check_freq=True)
    assert result.index.equals(index)
    assert drgs(result) == DRGS
    types = {name: str(result[name].dtype) for name in OUTPUTS}
    assert {type_ for name, type_ in types.items() if name not in WORDS} <= {"str", "object", "string"}
    for name, values in WORDS.items():
        assert result[name].dtype == pd.CategoricalDtype(values, ordered=True)


@pytest.mark.parametrize(
    ("column", "convert"),
    [
        ("principal_diagnosis", lambda column: column.astype("category")),
        ("principal_diagnosis", lambda column: column.astype(object)),
        ("principal_procedure", lambda column: column.astype(object).where(column.notna(), np.nan)),
        ("principal_procedure", lambda column: column.astype(object).where(column.notna(), None)),
        ("disposition", lambda column: column.astype("category")),
        ("disposition", lambda column: column.astype("int64")),
        ("disposition", lambda column: column.astype("float64")),
        ("sex", lambda column: column.astype("Int8")),
        ("sex", lambda column: column.astype("str")),
        ("age_years", lambda column: column.astype("float32")),
        ("birth_weight_g", lambda column: column.astype("Int64")),
        ("birth_weight_g", lambda column: column.astype(object)),
        ("other_diagnoses", lambda column: column.map(lambda codes: np.array(codes, dtype=object))),
        ("other_diagnoses", lambda column: column.map(tuple)),
        ("other_diagnoses", lambda column: column.map("|".join)),
        ("other_diagnoses", lambda column: column.map(lambda codes: codes or np.nan)),
        ("other_diagnoses", lambda column: column.map(lambda codes: [*codes, None])),
    ],
)
def test_pandas_columns_of_any_type(column: str, convert: Any) -> None:
    frame = pandas_frame()
    frame[column] = convert(frame[column])
    assert drgs(DEMO.group(frame)) == DRGS


def test_pandas_frame_of_arrow_columns() -> None:
    assert drgs(DEMO.group(pandas_frame().convert_dtypes(dtype_backend="pyarrow"))) == DRGS


@pytest.mark.parametrize("extra", [[1, "a"], [{1}, object()], [1j, 2j]], ids=["mixed", "objects", "complex"])
def test_pandas_columns_that_only_pass_through_may_hold_anything(extra: list[object]) -> None:
    frame = pandas_frame().head(2)
    frame["extra"] = extra
    assert drgs(DEMO.group(frame)) == DRGS[:2]


def test_pandas_column_of_numbers_and_texts() -> None:
    """As a workbook gives it: one cell of the age column holds text."""
    frame = pandas_frame().head(2)
    frame["age_years"] = pd.Series([45, "四十五"], dtype=object)
    assert list(DEMO.group(frame)["grouping_status"]) == ["grouped", "invalid"]


@pytest.mark.parametrize(
    "frame", [{"principal_diagnosis": ["A"]}, [], None, pl.Series(["A"]), pa.array(["A"])]
)
def test_anything_else_is_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="is not a table of discharges") as caught:
        DEMO.group(frame)
    assert "pandas" in str(caught.value.fix)


def test_frames_without_rows() -> None:
    for kind in (lambda frame: frame, pl.DataFrame.to_arrow, pl.DataFrame.to_pandas, pl.DataFrame.lazy):
        result = DEMO.group(kind(FRAME.clear()))
        assert type(result) is type(kind(FRAME))
    assert DEMO.group(FRAME.clear()).schema == {**DEMO_SCHEMA, **OUTPUT_SCHEMA}
    assert DEMO.group(FRAME.clear().lazy()).collect(engine="streaming").height == 0
    nothing = FRAME.lazy().filter(pl.col("principal_diagnosis") == "no such code")
    assert DEMO.group(nothing).collect().schema == {**DEMO_SCHEMA, **OUTPUT_SCHEMA}


# ------------------------------------------------------------------------------- layouts of one kind of frame


def test_sliced_and_chunked_frames() -> None:
    many = pl.concat([FRAME] * 50)
    expected = DRGS * 50
    assert DEMO.group(many)["drg"].to_list() == expected
    assert DEMO.group(many[13:777])["drg"].to_list() == expected[13:777]
    assert DEMO.group(many[::-1])["drg"].to_list() == expected[::-1]
    assert DEMO.group(many.gather_every(3, 1))["drg"].to_list() == expected[1::3]
    pieces = [many.slice(start, 7) for start in range(0, many.height, 7)]
    chunked = pl.concat(pieces, rechunk=False)
    assert chunked.n_chunks() > 50
    assert DEMO.group(chunked)["drg"].to_list() == expected
    assert DEMO.group(chunked.slice(3, 500).slice(9, 400))["drg"].to_list() == expected[12:412]


@pytest.mark.parametrize("rows", [1, 7, 1000, 10_000])
def test_the_size_of_batches_does_not_matter(rows: int) -> None:
    name = "chs-drg-2.0"
    cases = pl.read_parquet(DATA / "conformance" / f"{name}.parquet")
    cases = cases.head(40 * rows)
    grouper = Grouper(name)
    whole = grouper.group_batch(cases)
    batches = pl.concat(grouper.group_batch(batch) for batch in cases.iter_slices(rows))
    assert_frame_equal(batches, whole)
    lazy = grouper.group(
        pl.concat([batch.lazy() for batch in cases.iter_slices(max(rows, 100))], rechunk=False)
    )
    assert_frame_equal(lazy.collect(engine="streaming"), handed_over(whole, "text", "en"))


def test_threads_share_a_grouper() -> None:
    name = "chs-drg-1.1"
    cases = pl.read_parquet(DATA / "conformance" / f"{name}.parquet")
    grouper = Grouper(name)
    parts = [cases.sample(fraction=1.0, shuffle=True, seed=seed) for seed in range(8)]
    serial = [grouper.group(part) for part in parts]
    assert not serial[0].equals(serial[1])
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            for one, other in zip(pool.map(grouper.group, parts), serial, strict=True):
                assert_frame_equal(one, other)


OTHERS = ["D50.000", "D90.300", "d90.100"]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([OTHERS]),
        pl.Series([OTHERS], dtype=pl.Array(pl.String, 3)),
        pl.Series([OTHERS], dtype=pl.List(pl.Categorical)),
        pl.Series([OTHERS], dtype=pl.List(pl.Enum(OTHERS))),
        pl.Series([[None, "", *OTHERS, " ", None]]),
        pl.Series(["D50.000|D90.300|d90.100"]),
        pl.Series(["D50.000,D90.300,d90.100"]),
        pl.Series(["D50.000, D90.300 | d90.100"]),
        pl.Series(["|,D50.000||D90.300,,d90.100|"]),
        pl.Series(["D50.000|D90.300|d90.100"], dtype=pl.Categorical),
    ],
    ids=str,
)
def test_columns_of_several_codes(column: pl.Series) -> None:
    """D90.100 is an MCC that D10.001 excludes; D90.300 always counts."""
    with_others = grouped(demo_case("D10.001"), other_diagnoses=column)[0]
    assert (with_others["drg"], with_others["severity"]) == ("BR13", "CC")
    assert grouped(demo_case("D10.002"), other_diagnoses=column)[0]["drg"] == "BR11"
    assert grouped(demo_case("D12.000"), other_diagnoses=column)[0]["drg"] == "BS19"


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([None]),
        pl.Series([None], dtype=pl.List(pl.String)),
        pl.Series([[]], dtype=pl.List(pl.String)),
        pl.Series([[]], dtype=pl.List(pl.Null)),
        pl.Series([[None]]),
        pl.Series([["", " "]]),
        pl.Series([""]),
        pl.Series([" | "]),
        pl.Series([","]),
    ],
    ids=str,
)
def test_columns_of_several_codes_that_hold_none(column: pl.Series) -> None:
    assert grouped(demo_case("D10.001"), other_diagnoses=column)[0]["drg"] == "BR15"


def test_null_lists_between_others() -> None:
    codes = [None, ["D90.100"], [], None, ["D90.300", "D90.300"], None]
    rows = grouped(*[demo_case("D10.002")] * 6, other_diagnoses=codes)
    assert [row["severity"] for row in rows] == ["none", "MCC", "none", "none", "CC", "none"]


@pytest.mark.parametrize(
    "dtype", [pl.String, pl.Categorical, pl.Enum(["D10.001", "D10.002", "?", "d10.001 "])]
)
def test_columns_of_codes(dtype: Any) -> None:
    codes = pl.Series(["D10.001", None, "?", "d10.001 ", "D10.002"], dtype=dtype)
    rows = grouped(*[demo_case("")] * 5, principal_diagnosis=codes)
    assert [row["drg"] for row in rows] == ["BR15", "0000", "0000", "BR15", "BR15"]


@pytest.mark.parametrize(
    "spelling", ["d10.001", " D10.001\t", "Ｄ１０．００１", "D10. 001", "\u3000D10.001\u00a0"]
)
def test_codes_compare_in_one_spelling(spelling: str) -> None:
    row = grouped(demo_case(spelling, other_diagnoses=[spelling, "d90.300"]))[0]
    assert (row["drg"], row["severity"], row["grouping_reason"]) == ("BR13", "CC", None)


def test_columns_that_are_all_null() -> None:
    nothing = pl.DataFrame({name: [None, None] for name in DEMO.required_columns})
    rows = outcomes(DEMO.group(nothing))
    assert [row["grouping_reason"] for row in rows] == ["principal_diagnosis is missing"] * 2
    known = nothing.with_columns(principal_diagnosis=pl.Series(["D10.001", "D30.000"]))
    rows = outcomes(DEMO.group(known))
    assert [row["drg"] for row in rows] == ["BR15", "0000"]
    assert rows[0]["grouping_reason"] == "missing age_years, icu_hours, disposition"
    assert rows[1]["grouping_reason"] == "no MDC takes this case; missing sex, age_years, icu_hours"


def test_extra_columns_pass_through() -> None:
    extra = pl.DataFrame(
        {
            "病案号": ["007"] * FRAME.height,
            "费用": pl.Series([Decimal("12.50")] * FRAME.height),
            "nested": [{"a": [1]}] * FRAME.height,
            "admission_weight_g": ["not a number: no rule of demo reads it"] * FRAME.height,
            "rule": range(FRAME.height),
        }
    )
    frame = pl.concat([extra, FRAME], how="horizontal").with_columns(o=pl.Series([object()] * FRAME.height))
    result = DEMO.group(frame.drop("o"))
    assert_frame_equal(result.drop(OUTPUTS), frame.drop("o"), check_exact=True)
    assert DEMO.group(frame)["drg"].to_list() == result["drg"].to_list() == DRGS


def test_only_needed_columns_are_needed() -> None:
    assert set(DEMO.required_columns) == set(DEMO_SCHEMA)
    assert "admission_weight_g" not in DEMO.required_columns
    gate = Grouper(version([("MDCB", "ZYZD in DI_A", 1)], [("B00", "", "MDCB", 1)], (), {"DI_A": ["A"]}))
    assert gate.group(pl.DataFrame({"principal_diagnosis": ["a"]}))["adrg"].to_list() == ["B00"]


# --------------------------------------------------------------------------------------------------- errors


def test_a_column_that_is_missing_is_as_empty_as_one_that_says_nothing() -> None:
    for name in DEMO.required_columns:
        if name == "principal_diagnosis":
            continue
        with pytest.warns(MissingColumnWarning) as warned:
            without = DEMO.group(FRAME.drop(name))
        (warning,) = warned
        assert f"{name} ({INPUT[name].label_zh}): " in str(warning.message)
        empty = DEMO.group(FRAME.with_columns(pl.lit(None, FRAME.schema[name]).alias(name)))
        assert without.equals(empty.drop(name)), name


def test_a_missing_column_is_named_with_a_rule_that_needs_it() -> None:
    with pytest.raises(MissingColumnError) as caught:
        DEMO.group(FRAME.drop("icu_hours"), strict=True)
    assert caught.value.field == "icu_hours"
    assert "icu_hours (重症监护时长): ADRG AH1 asks for ICUXS: ICUXS >= 96" in str(caught.value)
    assert isinstance(caught.value, InputError)


def test_all_missing_columns_are_named() -> None:
    frame = FRAME.lazy().drop("sex", "principal_diagnosis", "los_days").rename({"age_days": "age_day"})
    with pytest.raises(MissingColumnError, match="demo needs a column") as caught:
        DEMO.group(frame)
    assert caught.value.field == "principal_diagnosis"
    with pytest.raises(MissingColumnError) as caught:
        DEMO.group(frame, strict=True)
    message = str(caught.value)
    assert "demo needs 4 columns that the data lacks" in message
    assert "sex (性别): MDC MDCN asks for XB: ZYZD in DI_N00 and XB = 2" in message
    assert 'los_days (实际住院天数): DRG BR1A asks for SJZYTS: LYFS = "5" and SJZYTS <= 2' in message
    assert "principal_diagnosis (主要诊断): " in message
    assert "age_days (新生儿日龄): " in message
    assert "Did you mean 'age_day'?" in message


def test_a_needless_column_may_hold_anything() -> None:
    grouper = Grouper(version([("MDCB", "ZYZD in DI_A", 1)], [("B00", "", "MDCB", 1)], (), {"DI_A": ["A"]}))
    frame = pl.DataFrame({"principal_diagnosis": ["A"], "sex": ["?"], "age_years": [-5]})
    assert grouper.group(frame)["grouping_status"].to_list() == ["no_drg"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_column_that_is_there_already(name: str) -> None:
    with pytest.raises(InputError, match=f"already has a column {name}") as caught:
        DEMO.group(FRAME.with_columns(pl.lit("x").alias(name)))
    assert caught.value.field == name
    assert "drop" in str(caught.value.fix)


def test_grouping_twice_is_refused() -> None:
    with pytest.raises(InputError, match="already has a column mdc, adrg, drg"):
        DEMO.group(DEMO.group(FRAME))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("principal_diagnosis", 1),
        ("principal_diagnosis", 1.5),
        ("principal_diagnosis", ["D10.001"]),
        ("principal_procedure", 39.95),
        ("other_diagnoses", 12),
        ("other_diagnoses", [1, 2]),
        ("other_procedures", [["33.6x00"]]),
    ],
)
def test_codes_that_are_no_text(name: str, value: object) -> None:
    column = pl.Series(name, [value] * FRAME.height)
    with pytest.raises(InputError, match="codes are text") as caught:
        DEMO.group(FRAME.with_columns(column))
    assert caught.value.field == name
    assert "Read the column as text" in str(caught.value.fix)


def test_numbers_that_are_none() -> None:
    with pytest.raises(InputError, match="a number is expected") as caught:
        DEMO.group(FRAME.with_columns(pl.Series("age_years", [[1]] * FRAME.height)))
    assert caught.value.field == "age_years"


@pytest.mark.parametrize(("name", "value"), [("disposition", ["5"]), ("age_years", {"years": 1})])
def test_nested_values_in_plain_columns(name: str, value: object) -> None:
    with pytest.raises(InputError):
        DEMO.group(FRAME.with_columns(pl.Series(name, [value] * FRAME.height)))


def test_an_unknown_grouper() -> None:
    with pytest.raises(UnknownGrouperError, match=r"Did you mean 'chs-drg-2\.0'"):
        drg.group(FRAME, "chs-drg-20")


# ------------------------------------------------------------------------------ rows that are not as others

NOT_IN_TABLES = "principal_diagnosis is not in the tables of this version"
NO_MDC = "no MDC takes this case"
NEVER = (
    "no group of this version asks for the code, so it may not be the principal diagnosis "
    "(most such codes are grey ones)"
)
GROUPED = ("BR15", "grouped", None)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # The principal diagnosis.
        (demo_case(None), ("0000", "ungrouped", "principal_diagnosis is missing")),
        (demo_case(""), ("0000", "ungrouped", "principal_diagnosis is missing")),
        (demo_case(" \u3000"), ("0000", "ungrouped", "principal_diagnosis is missing")),
        (
            demo_case(None, principal_procedure="03.6x00"),
            ("0000", "ungrouped", "principal_diagnosis is missing"),
        ),
        (demo_case("X99.999"), ("0000", "ungrouped", f"{NO_MDC}; {NOT_IN_TABLES}")),
        (demo_case("D10.0"), ("0000", "ungrouped", f"{NO_MDC}; {NOT_IN_TABLES}")),
        (demo_case("X99.999", principal_procedure="03.6x00"), ("AA19", "grouped", NOT_IN_TABLES)),
        # In the tables as a complication alone; in the code list alone.
        (demo_case("D90.100"), ("0000", "ungrouped", f"{NO_MDC}; {NEVER}")),
        (demo_case("V01.x00"), ("0000", "ungrouped", f"{NO_MDC}; {NEVER}")),
        (demo_case("V01.x00", principal_procedure="03.6x00"), ("AA19", "grouped", NOT_IN_TABLES)),
        # What is impossible.
        (
            demo_case("D10.001", age_years=-5),
            ("0000", "invalid", "age_years is impossible (0 to 150 expected)"),
        ),
        (
            demo_case("D10.001", age_years=300),
            ("0000", "invalid", "age_years is impossible (0 to 150 expected)"),
        ),
        (demo_case("D10.001", sex=7), ("0000", "invalid", "sex is impossible (1 or 2 expected)")),
        (demo_case("D10.001", sex=-1), ("0000", "invalid", "sex is impossible (1 or 2 expected)")),
        (
            demo_case("D10.001", los_days=-1),
            ("0000", "invalid", "los_days is impossible (0 to 36,600 expected)"),
        ),
        (
            demo_case("D10.001", birth_weight_g=20_001),
            ("0000", "invalid", "birth_weight_g is impossible (1 to 20,000 expected)"),
        ),
        (
            demo_case("D10.001", icu_hours=math.inf),
            ("0000", "invalid", "icu_hours is impossible (0 to 878,400 expected)"),
        ),
        (
            demo_case("D10.001", sex=3, age_days=55_001),
            (
                "0000",
                "invalid",
                "sex is impossible (1 or 2 expected); age_days is impossible (0 to 55,000 expected)",
            ),
        ),
        (
            demo_case("", age_years=300),
            ("0000", "invalid", "age_years is impossible (0 to 150 expected)"),
        ),
        (
            demo_case("X99.999", age_years=300),
            ("0000", "invalid", f"{NOT_IN_TABLES}; age_years is impossible (0 to 150 expected)"),
        ),
        # What is missing: the case is grouped by what is known.
        (demo_case("D20.100", **NEWBORN), ("PU19", "grouped", "missing birth_weight_g")),
        (demo_case("D20.100", **NEWBORN, birth_weight_g=0), ("PU19", "grouped", "missing birth_weight_g")),
        (demo_case("D10.001", age_years=None), ("BR15", "grouped", "missing age_years")),
        (
            demo_case("D20.100", age_years=0, age_days=None),
            ("0000", "ungrouped", f"{NO_MDC}; missing age_days"),
        ),
        (demo_case("D10.001", icu_hours=None), ("BR15", "grouped", "missing icu_hours")),
        (demo_case("D10.001", icu_hours=math.nan), ("BR15", "grouped", "missing icu_hours")),
        (demo_case("D10.001", disposition=None), ("BR15", "grouped", "missing disposition")),
        (demo_case("D10.001", disposition=" "), ("BR15", "grouped", "missing disposition")),
        (demo_case("D10.001", disposition="5", los_days=None), ("BR15", "grouped", "missing los_days")),
        (demo_case("D30.000", sex=None), ("0000", "ungrouped", f"{NO_MDC}; missing sex")),
        (demo_case("D30.000", sex=0), ("0000", "ungrouped", f"{NO_MDC}; missing sex")),
        (demo_case("D30.000", sex=9), ("0000", "ungrouped", f"{NO_MDC}; missing sex")),
        (
            demo_case("D30.000", sex=2, age_years=None, icu_hours=None, principal_procedure="08.1000"),
            ("NA19", "grouped", "missing age_years, icu_hours"),
        ),
        # What is missing but was not asked for.
        (demo_case("D10.001", sex=None, los_days=None, birth_weight_g=None, age_days=None), GROUPED),
        (
            demo_case("D10.001", principal_procedure="03.6x00", age_years=None, icu_hours=None),
            ("AA19", "grouped", None),
        ),
        (demo_case("D10.001", other_diagnoses=None, other_procedures=None), GROUPED),
        (demo_case("D10.001", other_diagnoses=[None, "", "?"], principal_procedure="?"), GROUPED),
        (demo_case("d10. 001", other_diagnoses=[" d90.300"]), ("BR13", "grouped", None)),
        # Groups that say something about themselves.
        (
            demo_case("D10.002", principal_procedure="09.9000"),
            ("BQY", "ambiguous", "the principal procedure fits no surgical ADRG of the MDC (QY)"),
        ),
        (
            demo_case("D10.002", principal_procedure="09.9000", icu_hours=None),
            (
                "BQY",
                "ambiguous",
                "the principal procedure fits no surgical ADRG of the MDC (QY); missing icu_hours",
            ),
        ),
        (demo_case("D14.000"), (None, "no_drg", "the ADRG has no DRG that takes this case")),
        (demo_case("D30.000"), ("0000", "ungrouped", NO_MDC)),
        (demo_case("D30.100", sex=2), ("0000", "ungrouped", "no ADRG of MDCN takes this case")),
    ],
)
def test_status_and_reason(case: dict[str, Any], expected: tuple[str | None, str, str | None]) -> None:
    row = grouped(case)[0]
    assert (row["drg"], row["grouping_status"], row["grouping_reason"]) == expected
    assert (row["adrg"] is None) == (row["mdc"] is None) == (row["drg"] == "0000")
    if row["grouping_status"] == "invalid":
        assert row["severity"] == "none"


def test_bad_rows_leave_their_neighbours_alone() -> None:
    """A file in which every second row is bad keeps every row, and the good ones their groups."""
    bad = [
        demo_case(None),
        demo_case("X99.999"),
        demo_case("D10.001", age_years=-5),
        demo_case("D10.001", age_years=300),
        demo_case("D10.001", sex=7),
        demo_case("D20.100", **NEWBORN),
        demo_case("D10.001", other_diagnoses=[]),
        demo_case("D10.001", other_diagnoses=None),
        demo_case(" d10.001"),
        demo_case("D10.001", other_diagnoses=["D90.300"] * 10_000),
    ]
    cases = [case for pair in zip(bad, DEMO_CASES, strict=False) for case in pair]
    frame = demo_frame(cases).with_columns(case_id=pl.Series(["same id"] * len(cases)))
    result = DEMO.group(frame)
    assert_frame_equal(result.drop(OUTPUTS), frame)
    assert result["drg"].gather_every(2, 1).to_list() == DRGS[: len(bad)]
    alone = [grouped(case)[0] for case in bad]
    assert outcomes(result.gather_every(2)) == alone
    counts = dict(result.gather_every(2)["grouping_status"].value_counts().iter_rows())
    assert counts == {"ungrouped": 2, "invalid": 3, "grouped": 5}
    assert None not in result["grouping_status"].to_list()


def test_a_row_of_ten_thousand_codes() -> None:
    unknown = [f"Q{number:05}" for number in range(10_000)]
    many = [*unknown[:9_999], "D90.300"]
    procedures = [*unknown, "01.2000"]
    case = demo_case(
        "D13.000x001", other_diagnoses=many, principal_procedure="01.1000", other_procedures=procedures
    )
    joined = {"other_diagnoses": ["|".join(many)], "other_procedures": [",".join(procedures)]}
    for rows in (grouped(case), grouped(case, **joined)):
        assert [(row["drg"], row["severity"], row["grouping_reason"]) for row in rows] == [
            ("BB19", "CC", None)
        ]


# ---------------------------------------------------------------------------------------- values as they come


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("45", "grouped", None),
        (" 45.0 ", "grouped", None),
        ("", "grouped", "missing age_years"),
        ("  ", "grouped", "missing age_years"),
        (None, "grouped", "missing age_years"),
        ("NaN", "grouped", "missing age_years"),
        ("abc", "invalid", "age_years is impossible (0 to 150 expected)"),
        ("45岁", "grouped", None),
        ("４５", "grouped", None),
        ("-", "grouped", "missing age_years"),
        ("无", "grouped", "missing age_years"),
        ("4 5", "invalid", "age_years is impossible (0 to 150 expected)"),
        ("-5", "invalid", "age_years is impossible (0 to 150 expected)"),
        ("300", "invalid", "age_years is impossible (0 to 150 expected)"),
        ("inf", "invalid", "age_years is impossible (0 to 150 expected)"),
    ],
)
@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_numbers_as_text(dtype: Any, text: str | None, status: str, reason: str | None) -> None:
    column = pl.Series([text, "45"], dtype=dtype)
    bad, good = grouped(demo_case("D10.001"), demo_case("D10.001"), age_years=column)
    assert (bad["grouping_status"], bad["grouping_reason"]) == (status, reason)
    assert (good["drg"], good["grouping_status"], good["grouping_reason"]) == GROUPED


@pytest.mark.parametrize(
    "dtype",
    [
        pl.Int8,
        pl.Int16,
        pl.Int32,
        pl.UInt8,
        pl.UInt64,
        pl.Int128,
        pl.Float32,
        pl.Float64,
        pl.Decimal(10, 2),
        pl.String,
    ],
)
def test_numbers_of_any_type(dtype: Any) -> None:
    sexes, ages = pl.Series([2, 2, 1]).cast(dtype), pl.Series([69, 75, 75]).cast(dtype)
    cases = [demo_case("D30.000", principal_procedure="08.1000")] * 3
    rows = grouped(*cases, sex=sexes, age_years=ages)
    assert [row["drg"] for row in rows] == ["NA19", "NA1H", "0000"]


@pytest.mark.parametrize("years", [0.0, 0.5, 0.999])
def test_years_and_days_count_when_they_are_complete(years: float) -> None:
    newborn = grouped(
        demo_case("D20.100", birth_weight_g=1200), age_years=[years], age_days=pl.Series([28.99])
    )[0]
    assert newborn["drg"] == "PS19"
    older = grouped(demo_case("D20.100", birth_weight_g=1200), age_years=[years], age_days=pl.Series([29.0]))[
        0
    ]
    assert older["drg"] == "0000"
    cases = [demo_case("D30.000", sex=2, principal_procedure="08.1000")] * 3
    rows = grouped(*cases, age_years=[69.99, 70.0, 70.99])
    assert [row["drg"] for row in rows] == ["NA19", "NA1H", "NA1H"]
    assert grouped(demo_case("D10.001"), age_years=[-0.01])[0]["grouping_status"] == "invalid"
    assert grouped(demo_case("D10.001"), age_years=[150.99])[0]["grouping_status"] == "grouped"


def test_grams_are_rounded_so_that_every_weight_lies_in_one_band() -> None:
    weights = [1499.0, 1499.49, 1499.5, 1500.0, 2499.49, 2499.5, 15.0, -0.4, 20_000.4, 20_000.5]
    rows = grouped(*[demo_case("D20.100", **NEWBORN)] * len(weights), birth_weight_g=weights)
    assert [row["drg"] for row in rows] == [
        "PS19", "PS19", "PS29", "PS29", "PS29", "PU19", "PS19", "0000", "PU19", "0000",
    ]  # fmt: skip
    assert [row["grouping_status"] for row in rows].count("invalid") == 2


def test_days_of_stay_and_hours_keep_their_fractions() -> None:
    rows = grouped(*[demo_case("D10.001", disposition="5")] * 3, los_days=[2.0, 2.25, 1.75])
    assert [row["drg"] for row in rows] == ["BR1A", "BR15", "BR1A"]
    rows = grouped(*[demo_case("D10.001")] * 3, icu_hours=[95.99, 96.0, 96.01])
    assert [row["drg"] for row in rows] == ["BR15", "AH19", "AH19"]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["5", " 5\t", "1", None, "50"]),
        pl.Series(["5", " 5\t", "1", None, "50"], dtype=pl.Categorical),
        pl.Series([5, 5, 1, None, 50]),
        pl.Series([5, 5, 1, None, 50], dtype=pl.UInt8),
        pl.Series([5.0, 5.0, 1.0, math.nan, 50.0]),
    ],
)
def test_dispositions_compare_as_text(column: pl.Series) -> None:
    rows = grouped(*[demo_case("D10.001", los_days=1)] * 5, disposition=column)
    assert [row["drg"] for row in rows] == ["BR1A", "BR1A", "BR15", "BR15", "BR15"]
    assert [row["grouping_reason"] for row in rows] == [None, None, None, "missing disposition", None]


def test_a_disposition_of_five_and_a_half_is_not_five() -> None:
    rows = grouped(demo_case("D10.001", los_days=1), disposition=[5.5])
    assert rows[0]["drg"] == "BR15"


# ------------------------------------------------------------------------------------------------ the package


def test_group_takes_an_id_a_directory_a_grouper_and_tables() -> None:
    directory = Grouper("demo").tables.mdc["file"][0].rpartition("/")[0]
    for grouper in ("demo", directory, DEMO, Grouper(DEMO.tables)):
        assert_frame_equal(drg.group(FRAME, grouper), DEMO.group(FRAME))
    assert repr(DEMO) == "Grouper('demo')"
    assert DEMO.id == "demo"


def test_every_input_column_of_demo_is_registered() -> None:
    assert set(DEMO_SCHEMA) <= set(INPUT)
    dtypes = {name: INPUT[name].dtype for name in DEMO_SCHEMA}
    assert dtypes | {"los_days": pl.Int64} == DEMO_SCHEMA
