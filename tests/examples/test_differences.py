"""A figure that is another one is found, and named; what only looks different is not."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from tests.examples import cells, figures, kept
from tests.examples.differences import between, summary
from tests.examples.renamed import Renamed
from tests.examples.tables import Figures, Table

NOTHING = Renamed({}, {})
CASES = pl.DataFrame(
    {
        "case_id": ["0001", "0002", "0003"],
        "principal_procedure": ["47.0100", None, "36.0700x004"],
        "discharge_date": [date(2025, 1, 20)] * 3,
        "payment_yuan": [Decimal("9000.00"), Decimal("12345.60"), None],
        "cases": [1, 20, 3],
        "reason": ["no MDC takes this case", None, None],
    }
)


def read(file: Path) -> dict[str, Figures]:
    return {"cases": figures.of_file(file)}


def written(frame: pl.DataFrame, directory: Path, ending: str) -> dict[str, Figures]:
    file = directory / f"cases{ending}"
    if ending == ".csv":
        frame.write_csv(file)
    elif ending == ".parquet":
        frame.write_parquet(file)
    else:
        frame.write_excel(file)
    return read(file)


def differences(
    before: dict[str, Figures], after: dict[str, Figures], renamed: Renamed = NOTHING
) -> list[str]:
    found = summary(between(before, after, renamed))
    return [f"{file}: {text}" for file, texts in found.items() for text in texts]


@pytest.fixture
def csv(tmp_path: Path) -> dict[str, Figures]:
    return written(CASES, tmp_path, ".csv")


def test_an_amount_and_a_count_that_change_are_named(csv: dict[str, Figures], tmp_path: Path) -> None:
    changed = CASES.with_columns(
        payment_yuan=pl.Series([Decimal("9000.01"), Decimal("12345.60"), None]),
        cases=pl.Series([1, 20, 4]),
    )
    assert differences(csv, written(changed, tmp_path, ".csv")) == [
        "cases: row 2 (0001), payment_yuan: 9000 → 9000.01",
        "cases: row 4 (0003), cases: 3 → 4",
    ]


def test_an_amount_and_a_count_of_an_example_that_change_are_named() -> None:
    """In what is kept itself: one amount of an account, one count of a page, one amount of a workbook."""
    before, after = kept.expected("settle"), kept.expected("settle")
    account = after["year.csv"][""]
    place, count = account.columns.index("balance_yuan"), account.columns.index("cases")
    amount = account.rows[4][place]
    account.rows[4][place] = str(Decimal(amount) + Decimal("0.01"))
    account.rows[6][count] = "7"
    page = after["zh/结算单-H1.html"][""]
    line = next(line for line in page.rows if line[0] == "按病组支付")
    line[1] = line[1].replace("112500", "112500.5")
    found = differences(before, after)
    assert len(found) == 3
    assert f"balance_yuan: {amount} → {account.rows[4][place]}" in found[0]
    assert ", cases: " in found[1]
    assert "按病组支付" in found[2]


@pytest.mark.parametrize("ending", [".parquet", ".xlsx"])
def test_another_kind_of_file_holds_the_same_figures(
    csv: dict[str, Figures], tmp_path: Path, ending: str
) -> None:
    other = written(CASES, tmp_path, ending)
    ((_, table),) = other["cases"].items()
    assert differences(csv, {"cases": {"": table}}) == []


@pytest.mark.parametrize(
    ("before", "after"), [("47.0100", "47.01"), ("0001", "1"), ("no MDC takes this case", "P03")]
)
def test_a_code_or_a_reason_is_compared_as_it_stands(tmp_path: Path, before: str, after: str) -> None:
    frame = CASES.select("case_id", "principal_procedure", "reason")
    changed = frame.with_columns(pl.all().replace(before, after))
    found = differences(written(frame, tmp_path, ".csv"), written(changed, tmp_path, ".csv"))
    assert len(found) >= 1
    assert after in " ".join(found)


def test_a_column_a_row_a_sheet_and_a_file_that_are_new_or_missing_are_named(
    csv: dict[str, Figures], tmp_path: Path
) -> None:
    changed = written(CASES[[0, 2]].drop("reason").with_columns(score=1), tmp_path, ".csv")
    row = "0002 | 2025-01-20 | 12345.6 | 20"
    assert differences(csv, changed) == [
        "cases: column reason: there → missing",
        "cases: column score: (none) → new",
        f"cases: row 3 (0002), row: {row} → missing",
    ]
    table = csv["cases"][""]
    assert differences(csv, {"cases": {"": table, "notes": table}, "page": {}}) == [
        "cases: [notes], sheet: (none) → new",
        "page: file: (none) → new",
    ]


def test_another_order_of_rows_is_named_once(csv: dict[str, Figures], tmp_path: Path) -> None:
    found = differences(csv, written(CASES.reverse(), tmp_path, ".csv"))
    assert found == ["cases: order of rows: as kept → another"]


def test_rows_that_nothing_tells_apart_are_compared_in_their_sequence() -> None:
    before = {"page": {"": Table(["label", "figures", "words"], [["a", "1", "a 1"], ["a", "1", "a 1"]])}}
    more = [["a", "1", "a one: 1"], ["b", "2", "b 2"], ["a", "1", "a 1"]]
    assert differences(before, {"page": {"": Table(["label", "figures", "words"], more)}}) == [
        "page: row 3 (b 2), row: (none) → b | 2"
    ]


def test_many_differences_of_a_column_are_counted() -> None:
    rows = [[str(number), "1"] for number in range(10)]
    table = {"cases": {"": Table(["case_id", "payment"], rows)}}
    other = {"cases": {"": Table(["case_id", "payment"], [[row[0], "2"] for row in rows])}}
    assert differences(table, other)[-1] == "cases: row 4 (2), payment: 1 → 2 (and 7 more)"


def test_what_is_the_same_in_several_files_is_listed_once(csv: dict[str, Figures], tmp_path: Path) -> None:
    table = written(CASES.drop("reason"), tmp_path, ".csv")["cases"]
    found = differences({"a": csv["cases"], "b": csv["cases"]}, {"a": table, "b": table})
    assert found == ["a, b: column reason: there → missing"]


def test_a_name_that_is_new_is_declared_once(csv: dict[str, Figures], tmp_path: Path) -> None:
    changed = CASES.rename({"payment_yuan": "drg_payment_yuan"}).with_columns(
        reason=pl.Series(["G04", None, None])
    )
    renamed = Renamed(
        {"payment_yuan": "drg_payment_yuan", "no MDC takes this case": "G04"}, {"cases": "priced"}
    )
    after = {"priced": written(changed, tmp_path, ".csv")["cases"]}
    assert differences(csv, after, renamed) == []
    tree = tmp_path / "tree.json"
    tree.write_text(json.dumps({"payment_yuan": 1, "list": [{"a": {"payment_yuan": 2}}]}))
    before = read(tree)
    tree.write_text(tree.read_text().replace("payment_yuan", "drg_payment_yuan"))
    assert differences(before, read(tree)) != []
    assert differences(before, read(tree), Renamed(renamed.names, {})) == []


@pytest.mark.parametrize("shown", ["<td>12,345.60</td>", "<td><b>12345.6</b></td>"])
def test_pages_are_compared_by_label_and_figures(tmp_path: Path, shown: str) -> None:
    file = tmp_path / "page.html"
    text = "<style>p { top: 1px }</style><h1>Year {year}</h1><table><tr><td>{label}</td>{shown}</tr></table>"
    file.write_text(text.replace("{year}", "2025").replace("{label}", "payment").replace("{shown}", shown))
    assert figures.of_file(file)[""].rows[0][:2] == ["", "2025"]
    assert figures.of_file(file)[""].rows[1][:2] == ["payment", "12345.6"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("surplus -30,049.35 of 75.000000%", "-30049.35 75%"),
        ("chs-drg-2.0: BR11, 47.0100 at 09:30:00.", "chs-drg-2.0 BR11 47.0100 09:30:00"),
        ("200 cases in 0.38 s (528 cases/s).", "200"),
        ("0%–80%，共 12 例", "0% 80% 12"),
        ("none of all", ""),
    ],
)
def test_a_figure_is_what_has_a_digit(text: str, found: str) -> None:
    assert cells.figures(cells.cell(text)) == found


def test_the_data_of_a_page_is_compared(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    data = {"tables": [{"id": "flows", "columns": [{"name": "drg"}, {"name": "cases"}], "rows": [["A", 3]]}]}
    file.write_text(f'<script type="application/json">{json.dumps(data)}</script>')
    assert figures.of_file(file)["data tables[] flows"] == Table(["drg", "cases"], [["A", "3"]])


def test_a_workbook_is_compared_by_what_it_shows_and_by_its_formulas(tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("sums")
        sheet.write_row(0, 0, ["drg", "payment"])
        sheet.write_row(1, 0, ["A", 1000.10])
        sheet.write(2, 0, "all")
        sheet.write_formula(2, 1, "=SUM(B2:B2)", None, 1000.10)
    found = figures.of_file(file)
    assert found["sums"] == Table(["drg", "payment"], [["A", "1000.1"], ["all", "1000.1"]])
    assert found["sums (formulas)"].rows == [["=SUM(B2:B2)"]]


def test_a_large_table_keeps_sums_and_digests(tmp_path: Path) -> None:
    frame = pl.DataFrame({"code": [f"c{n}" for n in range(30_000)], "cases": [2] * 30_000})
    before = written(frame, tmp_path, ".parquet")
    assert before["cases"]["(columns)"].rows[1][:4] == ["cases", "30000", "30000", "60000"]
    last = pl.int_range(pl.len()) == 29_999
    changed = frame.with_columns(cases=pl.when(last).then(3).otherwise("cases"))
    found = differences(before, written(changed, tmp_path, ".parquet"))
    assert found[0] == "cases: [(columns)], row 3 (cases), sum: 60000 → 60001"
    assert len(found) == 2


def test_what_is_kept_comes_back(csv: dict[str, Figures], tmp_path: Path) -> None:
    kept.keep("story", csv, tmp_path)
    assert kept.expected("story", tmp_path) == csv
    file = tmp_path / "story.jsonl.gz"
    before = file.read_bytes()
    kept.keep("story", csv, tmp_path)
    assert file.read_bytes() == before
