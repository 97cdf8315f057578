"""Closed lists of words: ``Enum`` in results, and read in any form at every door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

import drg
from drg.categories import CaseClass, GroupingStatus, Severity
from drg.cli.main import cli
from drg.columns import ALL, Kind
from drg.ledger import Ledger, Stamp
from drg.records.cases import Cases
from drg.records.cells import category
from drg.records.files import write
from drg.records.scanning import scan_all
from drg.settlement.candidates import Candidates, find_candidates
from drg.settlement.point_value_payment import cleared
from drg.tables.write import write_version

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
YEAR = EXAMPLES / "settlement"
LISTS = {"grouping_status": GroupingStatus, "severity": Severity, "case_class": CaseClass}
STAMP = Stamp(at=datetime(2026, 1, 15, 9, 30))


def cast(frame: pl.DataFrame, dtype: Callable[[str], Any]) -> pl.DataFrame:
    """A frame with the columns of closed lists in another type."""
    return frame.with_columns(pl.col(name).cast(dtype(name)) for name in LISTS if name in frame.columns)


def other_enum(name: str) -> pl.Enum:
    """As another release may have had it: more words, in another order."""
    return pl.Enum(["later", *reversed([*map(str, LISTS[name])])])


# polars has a common type for text and any of the others, but none for two of these.
KINDS: list[Callable[[str], Any]] = [lambda _: pl.Categorical, other_enum, lambda name: ALL[name].dtype]


def in_files(frame: pl.DataFrame, directory: Path) -> pl.LazyFrame:
    """Files of which each has these columns in another type."""
    size = -(-frame.height // len(KINDS))
    files = []
    for number, dtype in enumerate(KINDS):
        files.append(directory / f"{number}.parquet")
        cast(frame.slice(number * size, size), dtype).write_parquet(files[-1])
    return scan_all(files)


def as_csv(frame: pl.DataFrame, directory: Path) -> pl.LazyFrame:
    write(frame.lazy(), directory / "cases.csv", sources=())
    return scan_all([directory / "cases.csv"])


FORMS: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    "enum": lambda frame, _: frame,
    "lazy": lambda frame, _: frame.lazy(),
    "text": lambda frame, _: cast(frame, lambda _: pl.String),
    "categorical": lambda frame, _: cast(frame, lambda _: pl.Categorical),
    "other enum": lambda frame, _: cast(frame, other_enum),
    "spelled": lambda frame, _: cast(frame, lambda _: pl.String).with_columns(
        pl.format(" {}　", pl.col(name)).alias(name) for name in LISTS if name in frame.columns
    ),
    "pandas": lambda frame, _: frame.to_pandas(),
    "pyarrow": lambda frame, _: frame.to_arrow(),
    "mappings": lambda frame, _: frame.to_dicts(),
    "csv": as_csv,
    "several files": in_files,
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pl.DataFrame], Any]:
    make = FORMS[request.param]
    (tmp_path / "given").mkdir()
    return lambda frame: make(frame, tmp_path / "given")


@pytest.fixture(scope="module")
def grouped() -> pl.DataFrame:
    cases = pl.read_csv(EXAMPLES / "discharges.csv", infer_schema=False)
    cases = cases.with_columns(hospital_level=pl.lit("3"), insurance_type=pl.lit("310"))
    return drg.group(cases, "chs-drg-3.0")


@pytest.fixture(scope="module")
def year() -> pl.DataFrame:
    """A year of grouped cases of three hospitals, typed; some are in none of the usual classes."""
    cases = Cases.of(pl.read_csv(YEAR / "grouped.csv", infer_schema=False)).lazy().collect()
    odd = cases.head(3).with_columns(
        case_id=pl.Series(["A", "B", "C"]),
        grouping_status=pl.Series(["ambiguous", "ungrouped", None], dtype=pl.Enum(GroupingStatus)),
    )
    return pl.concat([cases, odd])


@pytest.fixture(scope="module")
def priced(year: pl.DataFrame) -> pl.DataFrame:
    found = drg.price(year, YEAR / "scheme")
    assert {"ambiguous", "ungrouped", "high", "normal"} < set(found["case_class"])
    return found


def run(*arguments: str | Path) -> None:
    done = CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def values(data: Any, *names: str) -> list[list[str | None]]:
    """Columns of results of any kind as text."""
    frame = Cases.of(data).lazy(names).collect()
    return [frame[name].cast(pl.String).to_list() for name in names]


# --------------------------------------------------------------------------------------------------- results


def test_the_contract_says_what_they_can_hold() -> None:
    assert {name: pl.Enum(words) for name, words in LISTS.items()} == {
        name: column.dtype for name, column in ALL.items() if column.kind is Kind.CATEGORY
    }


def test_results_and_parquet_have_them(grouped: pl.DataFrame, priced: pl.DataFrame, tmp_path: Path) -> None:
    every = {**grouped.schema, **priced.schema}
    assert {name: every[name] for name in LISTS} == {name: pl.Enum(words) for name, words in LISTS.items()}
    arguments = ("group", EXAMPLES / "discharges.csv", "-g", "chs-drg-3.0", "-q", "--lang", "en")
    run(*arguments, "-o", tmp_path / "grouped.parquet")
    run(*arguments, "-o", tmp_path / "grouped.csv", "--no-bom")
    stored = pl.read_parquet(tmp_path / "grouped.parquet")
    assert stored.schema["grouping_status"] == pl.Enum(GroupingStatus)
    assert stored.schema["severity"] == pl.Enum(Severity)
    text = pl.read_csv(tmp_path / "grouped.csv", infer_schema=False)
    assert_frame_equal(stored.select(text.columns).cast(pl.String), text)


def test_a_comparison_has_them(grouped: pl.DataFrame) -> None:
    cases = grouped.select(name for name in grouped.columns if name not in drg.columns.OUTPUT)
    compared = drg.compare(cases, ["chs-drg-2.0", "chs-drg-3.0"], ["reference-3.0"])
    schema = compared.cases.collect_schema()
    assert schema["status_chs-drg-2.0"] == schema["status_chs-drg-3.0"] == pl.Enum(GroupingStatus)
    assert schema["class_chs-drg-3.0"] == pl.Enum(CaseClass)
    assert schema["change_chs-drg-3.0"] == pl.Enum(["mdc", "adrg", "drg"])
    causes = compared.causes("chs-drg-3.0").schema["cause"]
    assert schema["cause_chs-drg-3.0"] == causes
    assert isinstance(causes, pl.Enum)
    assert compared.reasons.schema["status"] == pl.Enum(GroupingStatus)
    assert compared.flows("chs-drg-3.0").schema["base_status"] == pl.Enum(GroupingStatus)


# --------------------------------------------------------------------------------------------------- the gate


@pytest.mark.parametrize("name", LISTS)
def test_words_are_read_in_any_form(name: str) -> None:
    words = [*map(str, LISTS[name])]
    expected = pl.Series([*words, None], dtype=ALL[name].dtype)
    for given in (
        expected,
        pl.Series([*words, None]),
        pl.Series([*words, None], dtype=pl.Categorical),
        expected.cast(other_enum(name)),
        pl.Series([*(f' "{word}" ' for word in words), "-"]),
        pl.Series([f"　{word}\t" for word in words] + [""]),
        pl.Series([*words, "later"], dtype=other_enum(name)),
        pl.Series([*words, "no such word"]),
    ):
        found = category(given, ALL[name])
        assert found.values.dtype == ALL[name].dtype
        assert found.values.to_list() == expected.to_list()
        assert found.unread is None
    nothing = category(pl.Series([None, None]), ALL[name])
    assert nothing.values.to_list() == [None, None]
    assert nothing.values.dtype == ALL[name].dtype


def test_none_is_a_severity_and_no_missing_value() -> None:
    """Other columns read the word as "not known"."""
    read = Cases.of(pl.DataFrame({"severity": ["none", "None", None], "drg_name": ["none"] * 3})).lazy()
    assert read.collect().select("severity", "drg_name").rows() == [
        ("none", None),
        (None, None),
        (None, None),
    ]


# ------------------------------------------------------------------------------------------------- every door


def test_price(year: pl.DataFrame, priced: pl.DataFrame, form: Callable[[pl.DataFrame], Any]) -> None:
    names = ("case_class", "payment_yuan", "surplus_yuan", "pricing_reason")
    assert values(drg.price(form(year), YEAR / "scheme"), *names) == values(priced, *names)


def test_explain_price(year: pl.DataFrame, priced: pl.DataFrame, form: Callable[[pl.DataFrame], Any]) -> None:
    for place in (0, year.height - 3, year.height - 2):
        one = form(year[place])
        explained = drg.explain_price(Cases.of(one), YEAR / "scheme")
        assert explained.case_class == priced["case_class"][place]


def settled(data: Any) -> tuple[drg.Settlement, pl.DataFrame]:
    """A settlement with decisions and scores, and its cases."""
    tables = {name: pl.read_csv(YEAR / f"{name}.csv", infer_schema=False) for name in ("decisions", "scores")}
    found = drg.settle(data, YEAR / "scheme", close=True, **tables)
    return found, found.cases.collect()


@pytest.fixture(scope="module")
def settlement(priced: pl.DataFrame) -> tuple[drg.Settlement, pl.DataFrame]:
    return settled(priced)


def test_settle(
    priced: pl.DataFrame,
    settlement: tuple[drg.Settlement, pl.DataFrame],
    form: Callable[[pl.DataFrame], Any],
) -> None:
    expected, cases = settlement
    assert expected.decisions.height > 0
    assert (cases["case_class"] == "special").sum() > (priced["case_class"] == "special").sum()
    found, its_cases = settled(form(priced))
    assert_frame_equal(found.rows, expected.rows)
    assert_frame_equal(found.findings, expected.findings)
    assert_frame_equal(found.decisions, expected.decisions)
    assert_frame_equal(its_cases.select(cases.columns), cases)


def by_points(data: Any) -> pl.DataFrame:
    settlement = drg.settle(data, YEAR / "points")
    return cleared(settlement.cases, settlement).collect()


@pytest.fixture(scope="module")
def pointed() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases that are paid by points, and what they are paid."""
    scheme = YEAR / "points"
    cases = drg.price(pl.read_csv(scheme / "grouped.csv", infer_schema=False), scheme)
    return cases, by_points(cases)


def test_cases_by_the_value_of_a_point(
    pointed: tuple[pl.DataFrame, pl.DataFrame], form: Callable[[pl.DataFrame], Any]
) -> None:
    cases, expected = pointed
    assert expected["cleared_payment_yuan"].null_count() < expected.height
    assert_frame_equal(by_points(form(cases)).select(expected.columns), expected, check_dtypes=False)


@pytest.fixture(scope="module")
def candidates(priced: pl.DataFrame) -> Candidates:
    return find_candidates(priced, drg.load_scheme(YEAR / "scheme"))


def test_special_cases(
    priced: pl.DataFrame, candidates: Candidates, form: Callable[[pl.DataFrame], Any]
) -> None:
    loaded, expected = drg.load_scheme(YEAR / "scheme"), candidates
    assert expected.cases.height > 0
    found = find_candidates(form(priced), loaded)
    assert_frame_equal(found.cases, expected.cases)
    assert_frame_equal(found.quotas, expected.quotas)


@pytest.mark.parametrize("kinds", [[*KINDS, lambda _: pl.String], [*KINDS, KINDS[0]]])
def test_a_ledger_of_files_in_several_forms(priced: pl.DataFrame, tmp_path: Path, kinds: Any) -> None:
    """As after an update: the cases of the first months are text, or of another list."""
    expected = drg.settle(priced, YEAR / "scheme")
    ledger = Ledger.create(tmp_path / "ledger")
    ledger.add_scheme(YEAR / "scheme", stamp=STAMP)
    quarter = pl.col("discharge_date").cast(pl.Datetime).dt.quarter()
    for number, dtype in enumerate(kinds, start=1):
        file = tmp_path / f"{number}.parquet"
        cast(priced.filter(quarter == number), dtype).write_parquet(file)
        ledger.add_cases([file], stamp=STAMP)
    assert_frame_equal(ledger.settle().rows, expected.rows)
    assert ledger.verify().is_empty()


@pytest.fixture(scope="module")
def evaluation(grouped: pl.DataFrame) -> drg.Evaluation:
    return drg.evaluate(grouped, exclude=["invalid"])


def test_evaluate(
    grouped: pl.DataFrame, evaluation: drg.Evaluation, form: Callable[[pl.DataFrame], Any]
) -> None:
    expected = evaluation
    found = drg.evaluate(form(grouped), exclude=["invalid"])
    assert found.summary == expected.summary
    assert expected.summary["excluded"] == (grouped["grouping_status"] == "invalid").sum() > 0
    assert_frame_equal(found.groups, expected.groups)


@pytest.fixture(scope="module")
def calibration(grouped: pl.DataFrame) -> drg.Calibration:
    return drg.calibrate(grouped, min_cases=2)


def test_calibrate(
    grouped: pl.DataFrame, calibration: drg.Calibration, form: Callable[[pl.DataFrame], Any]
) -> None:
    expected = calibration
    found = drg.calibrate(Cases.of(form(grouped)), min_cases=2)
    assert_frame_equal(found.groups, expected.groups)
    assert found.weights == expected.weights


def test_what_if(grouped: pl.DataFrame, form: Callable[[pl.DataFrame], Any]) -> None:
    scheme = drg.load_scheme("reference-3.0")
    expected = drg.what_if(grouped, scheme, scheme)
    found = drg.what_if(form(grouped), scheme, scheme)
    assert_frame_equal(found.classes, expected.classes)
    assert found.classes.schema["case_class"] == pl.Enum(CaseClass)
    assert_frame_equal(found.total, expected.total)


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[drg.Grouper]:
    """A version, and another that lacks a group."""
    tables, other = drg.load_tables("demo"), tmp_path_factory.mktemp("version") / "other"
    without = {**tables.frames, "drg": tables.drg.filter(pl.col("drg") != "BR13")}
    write_version(other, tables.manifest.model_copy(update={"id": "other"}), without)
    return [drg.Grouper("demo"), drg.Grouper(other)]


@pytest.fixture(scope="module")
def comparison(versions: list[drg.Grouper]) -> drg.Comparison:
    return drg.compare(drg.simulate(1_000, "demo"), versions)


def test_compare_takes_what_was_grouped_before(
    versions: list[drg.Grouper], comparison: drg.Comparison, form: Callable[[pl.DataFrame], Any]
) -> None:
    expected = comparison
    found = drg.compare(form(drg.group(drg.simulate(1_000, "demo"), "demo")), versions)
    assert_frame_equal(found.reasons, expected.reasons)
    assert_frame_equal(found.causes("other"), expected.causes("other"))
    assert expected.causes("other").height > 0


def test_check(priced: pl.DataFrame, form: Callable[[pl.DataFrame], Any]) -> None:
    assert_frame_equal(drg.check(form(priced)).summary, drg.check(priced).summary)


def test_pages_and_workbooks_are_the_same(priced: pl.DataFrame, tmp_path: Path) -> None:
    """Of a statement, its classes in Chinese."""
    written = []
    for name, data in (("enum", priced), ("text", cast(priced, lambda _: pl.String))):
        file = tmp_path / f"{name}.parquet"
        data.write_parquet(file)
        options = ("-s", YEAR / "scheme", "--statement", tmp_path / name, "--lang", "zh", "-q")
        decisions = ("--decisions", YEAR / "decisions.csv")
        run("settle", file, "-o", tmp_path / f"{name}.xlsx", *options, *decisions)
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    assert written[0] == written[1]
    assert len(written[0]) >= 6
    assert any("正常倍率".encode() in page for name, page in written[0].items() if name.endswith(".html"))
