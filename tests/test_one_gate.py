"""The same cases give the same results, whatever they come in: header, file, frame, options or function."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import drg
from drg.cli.main import cli
from drg.columns import ALL, INPUT, PRICING, RECORD
from drg.grouping import Grouper
from drg.grouping.stream import group_discharges
from drg.records.cases import Cases
from drg.records.findings_log import FindingsLog
from tests.helpers import DATA
from tests.profiles import tries

GATE = DATA / "gate"
ENGLISH, CHINESE, SPELLINGS = (GATE / f"{name}.csv" for name in ("english", "chinese", "spellings"))
VERSION, SCHEME, HARBIN = "chs-drg-2.0", "demo", "harbin-2022"
KNOWN = INPUT | RECORD | PRICING

# What each cell of english.csv and chinese.csv says, however it is spelled.
READ: dict[str, list[Any]] = {
    "sex": [1, 1, 1, 1, 2, 2, 3, None],
    "age_years": [45, 45, 45, 45, 0, 0, 45, 200],
    "age_days": [None, None, None, None, 12, 12, None, None],
    "birth_weight_g": [None, None, None, None, 3200, 3200, None, None],
    "los_days": [5] * 8,
    "disposition": ["1"] * 8,
    "hospital_level": ["3", "3", "3", "3", "2", "2", "3", "3"],
    "insurance_type": ["310", "310", "310", "310", "390", "390", "310", "310"],
    "total_cost_yuan": [*map(Decimal, ["12345.60"] * 3 + ["123456", "9000", "9000", "100", "-5"])],
}
READ["total_cost_yuan"][3] = Decimal("12345.60")
GROUPS = ["HC23", "HC23", "HC23", "HC23", "PR15", "PR15", "0000", "0000"]


@pytest.mark.parametrize("file", [ENGLISH, CHINESE])
def test_every_spelling_is_read_under_every_header(file: Path) -> None:
    cases = drg.read(file)
    frame = cases.frame()
    for name, values in READ.items():
        assert frame[name].to_list() == values, name
    assert frame["discharge_date"].dt.date().cast(pl.String).to_list() == ["2025-03-01"] * 7 + [None]
    grouped = drg.group(cases, VERSION).frame()
    assert grouped["drg"].to_list() == GROUPS
    assert grouped["grouping_status"].to_list() == ["grouped"] * 6 + ["invalid"] * 2
    found = drg.check(cases, rules=["sex-malformed", "sex-impossible", "age-years-impossible"]).findings
    assert found.select("row", "rule", "value").rows() == [
        (8, "sex-impossible", "3"),
        (9, "sex-malformed", "x"),
        (9, "age-years-impossible", "200"),
    ]
    priced = drg.price(drg.group(cases, HARBIN), HARBIN).frame()
    costs = priced["payment_yuan"] - priced["surplus_yuan"]
    assert costs.to_list()[:7] == READ["total_cost_yuan"][:7]
    assert priced["case_class"].to_list()[-1] == "invalid"


OPTIONS = (
    (),
    ("--canonical",),
    ("--findings", "findings.csv"),
    ("--canonical", "--findings", "findings.csv"),
)


@pytest.mark.parametrize("options", OPTIONS)
def test_no_option_of_a_command_changes_a_group(tmp_path: Path, options: tuple[str, ...]) -> None:
    for file, groups in ((SPELLINGS, ["HC23"] * 10), (ENGLISH, GROUPS), (CHINESE, GROUPS)):
        out = tmp_path / "out.csv"
        paths = [str(tmp_path / one) if one.endswith(".csv") else one for one in options]
        done = CliRunner().invoke(cli, ["group", str(file), "-o", str(out), "-g", VERSION, *paths])
        assert done.exit_code == 0, done.output
        assert pl.read_csv(out, infer_schema=False)["drg"].to_list() == groups


def test_a_row_is_explained_as_it_is_grouped() -> None:
    for file in (ENGLISH, CHINESE):
        rows = pl.read_csv(file, infer_schema=False).to_dicts()
        assert [drg.explain(row, VERSION).drg for row in rows] == GROUPS
        priced = drg.price(drg.group(rows, HARBIN), HARBIN)
        assert [drg.explain_price(row, HARBIN).payment for row in priced] == [
            row["payment_yuan"] for row in priced
        ]


def test_a_grouped_file_of_a_layout_can_be_priced(tmp_path: Path) -> None:
    """Results stand beside the columns of the file, and the file is read again by its header."""
    grouped = drg.group(drg.read(CHINESE), HARBIN).source.collect()
    assert "主要诊断" in grouped.columns
    assert "principal_diagnosis" not in grouped.columns
    grouped.write_csv(tmp_path / "grouped.csv")
    again = drg.price(pl.read_csv(tmp_path / "grouped.csv", infer_schema=False), HARBIN)
    assert again["payment_yuan"].to_list() == drg.price(grouped, HARBIN)["payment_yuan"].to_list()


# ------------------------------------------------------------------------------------------- random cases

VALUES: dict[str, list[Any]] = {
    "sex": [1, 2, 9, 3],
    "age_years": [0, 1, 45, 75, 151],
    "age_days": [0, 12, 364],
    "birth_weight_g": [0, 1499, 3200],
    "admission_weight_g": [3200],
    "department": ["03", "内科（一）"],
    "los_days": [1.0, 5.0, 61.0],
    "disposition": ["1", "5"],
    "icu_hours": [0.0, 95.99, 120.5],
    "principal_diagnosis": ["D10.001", "D10.002", "i50.900", "Ｄ10.001", "D99.999"],
    "other_diagnoses": [[], ["D90.300"], ["D90.300", "D50.000"]],
    "principal_procedure": ["09.9000", "39.9500"],
    "other_procedures": [[], ["39.9500"]],
    "hospital_id": ["H1", "H2"],
    "patient_id": ["P1", "P2"],
    "birth_date": [date(1979, 3, 2), date(2024, 2, 20), date(2024, 3, 5)],
    "admission_date": [datetime(2024, 3, 1, 8), datetime(2024, 3, 9, 23, 30)],
    "discharge_date": [datetime(2024, 3, 6, 9), datetime(2024, 3, 12)],
    "insurance_type": ["310", "390"],
    "total_cost_yuan": [Decimal("0.00"), Decimal("12345.60"), Decimal("-1.00"), Decimal("100000000.01")],
    "hospital_level": ["1", "3"],
    "case_kind": ["bed_day"],
    "incomplete": [True, False],
}
ALWAYS = ("principal_diagnosis", "total_cost_yuan")


def typed_frames() -> st.SearchStrategy[pl.DataFrame]:
    cells = {name: st.sampled_from([None, *values]) for name, values in VALUES.items()}
    schema = {"case_id": pl.String, **{name: KNOWN[name].dtype for name in VALUES}}

    def made(rows: list[dict[str, Any]]) -> pl.DataFrame:
        return pl.DataFrame([{"case_id": f"C{n}", **row} for n, row in enumerate(rows)], schema=schema)

    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=8).map(made)


def as_written(frame: pl.DataFrame) -> pl.DataFrame:
    """All text, as people write it."""
    text = frame.with_columns(pl.col(pl.List(pl.String)).list.join("；"))
    text = text.select(pl.all().cast(pl.String))
    return text.with_columns(
        sex=pl.col("sex").replace({"1": "男", "2": "2-女"}),
        los_days=pl.col("los_days") + "天",
        hospital_level=pl.col("hospital_level").replace({"1": "一级", "3": "3.0"}),
        insurance_type=pl.col("insurance_type").replace({"310": "310.0", "390": "居民"}),
        total_cost_yuan=pl.col("total_cost_yuan").replace({"12345.60": "１２,３４５.６"}),
        incomplete=pl.col("incomplete").replace({"true": "是", "false": "否"}),
        age_days=pl.col("age_days").fill_null("-"),
        birth_weight_g=pl.col("birth_weight_g").fill_null("无"),
    )


def in_chinese(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({name: ALL[name].label_zh for name in frame.columns})


def of_file(frame: pl.DataFrame, file: Path) -> Cases:
    if file.suffix == ".csv":
        frame.write_csv(file)
    else:
        frame.write_parquet(file)
    return drg.read(file)


MAKES: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    "csv, english": lambda frame, to: of_file(as_written(frame), to / "en.csv"),
    "csv, chinese": lambda frame, to: of_file(in_chinese(as_written(frame)), to / "zh.csv"),
    "parquet, typed": lambda frame, to: of_file(frame, to / "typed.parquet"),
    "parquet, text": lambda frame, to: of_file(as_written(frame), to / "text.parquet"),
    "polars": lambda frame, _: frame,
    "polars, lazy": lambda frame, _: as_written(frame).lazy(),
    "polars, chinese": lambda frame, _: in_chinese(frame),
    "pyarrow": lambda frame, _: frame.to_arrow(),
    "pandas": lambda frame, _: frame.to_pandas(),
    "pandas, text": lambda frame, _: in_chinese(as_written(frame)).to_pandas(),
    "mappings": lambda frame, _: frame.to_dicts(),
}
GROUPER = Grouper("demo")
RESULTS = (
    "drg",
    "grouping_status",
    "grouping_reason",
    "case_class",
    "payment_yuan",
    "surplus_yuan",
    "pricing_reason",
)


def results(data: Any) -> pl.DataFrame:
    priced = drg.price(drg.group(data, GROUPER), SCHEME)
    return Cases.of(priced).lazy(RESULTS).collect()


@tries(0.12)
@given(typed_frames())
def test_the_same_cases_of_any_make_give_the_same(frame: pl.DataFrame) -> None:
    expected = results(frame)
    counts = drg.check(frame, GROUPER).summary
    with tempfile.TemporaryDirectory() as directory:
        for make, made in MAKES.items():
            data = made(frame, Path(directory))
            assert results(data).equals(expected), make
            assert drg.check(data, GROUPER).summary.equals(counts), make


@tries(0.12)
@given(typed_frames())
def test_what_is_asked_of_a_file_changes_no_group(frame: pl.DataFrame) -> None:
    expected = results(frame)["drg"].to_list()
    with tempfile.TemporaryDirectory() as directory:
        for make in ("csv, english", "csv, chinese", "parquet, typed", "parquet, text"):
            cases = MAKES[make](frame, Path(directory))
            for canonical in (False, True):
                for asked in (False, True):
                    with FindingsLog(keep=False) as log:
                        grouped = group_discharges(
                            GROUPER, cases, canonical=canonical, log=log if asked else None
                        )
                        assert grouped.collect()["drg"].to_list() == expected, (make, canonical, asked)
