"""Cases come into a ledger whole or not at all, each once."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from drg.errors import InputError, LedgerError, MissingColumnError
from drg.ledger import Ledger, Stamp
from drg.ledger.kept_cases import MONTH
from drg.payment import load_scheme
from drg.payment.load_scheme import installed_schemes
from drg.records import files
from drg.records.result_labels import labelled
from tests.ledger.made import held, priced, write


def months(ledger: Ledger, as_of: int | None = None) -> list[tuple[str, str, int]]:
    return ledger.months(as_of).select("hospital_id", "month", "cases").rows()


def test_a_month_comes_in(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 5)
    file = write(frame, tmp_path / "january.parquet")
    at = datetime(2025, 2, 5, 9, 30, tzinfo=UTC)
    entry = ledger.add_cases([file], stamp=Stamp(at, "H1", "一月")).entry
    assert (entry.number, entry.kind, entry.rows) == (2, "cases", 5)
    assert (entry.first_month, entry.last_month) == ("2025-01", "2025-01")
    assert (entry.months, entry.hospitals) == (1, 2)
    assert (entry.at, entry.by, entry.note) == (at, "H1", "一月")
    assert [source.name for source in entry.inputs] == ["january.parquet"]
    assert ledger.cases().collect().equals(frame)
    assert months(ledger) == [("H1", "2025-01", 3), ("H2", "2025-01", 2)]
    assert ledger.months()["payment_yuan"].sum() == 6000


def test_csv_and_parquet_give_the_same(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 6).with_columns(other_diagnoses=pl.lit(["I10.x00", "E11.900"]))
    flat = frame.with_columns(pl.col("other_diagnoses").list.join("|"))
    ledger.add_cases([write(frame.head(3), tmp_path / "a.parquet")])
    later = flat.tail(3).with_columns(pl.col("discharge_date").dt.offset_by("1mo"))
    ledger.add_cases([write(later, tmp_path / "b.csv")])
    assert ledger.verify().is_empty()
    found = ledger.cases().collect()
    assert found["case_id"].to_list() == frame["case_id"].to_list()
    assert found["payment_yuan"].to_list() == ["1200.00"] * 6
    assert found["other_diagnoses"].to_list() == ["I10.x00|E11.900"] * 6
    assert found["discharge_date"].str.slice(0, 7).to_list() == ["2025-01"] * 3 + ["2025-02"] * 3
    assert ledger.months()["payment_yuan"].sum() == 7200


def test_a_chinese_workbook_is_kept_by_name(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 4)
    file = tmp_path / "a.xlsx"
    files.write(labelled(frame.lazy(), file, "zh"), file, sources=[])
    assert set(pl.read_excel(file)["病例类型"]) == {"正常倍率"}
    ledger.add_cases([file])
    kept = ledger.cases().collect()
    assert kept["case_class"].to_list() == frame["case_class"].cast(pl.String).to_list()
    assert kept["payment_yuan"].cast(pl.Float64).to_list() == frame["payment_yuan"].cast(pl.Float64).to_list()


def test_several_files_and_dates(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-03", 4)
    one = write(frame.head(2).with_columns(discharge_date=date(2025, 3, 31)), tmp_path / "a.parquet")
    two = write(frame.tail(2).with_columns(discharge_date=pl.lit("2025/04/01")), tmp_path / "b.csv")
    entry = ledger.add_cases([one, two]).entry
    assert (entry.first_month, entry.last_month, entry.rows) == ("2025-03", "2025-04", 4)


def test_months_by_the_date_of_settlement(tmp_path: Path) -> None:
    directory = tmp_path / "scheme"
    shutil.copytree(installed_schemes()["demo"], directory)
    file = directory / "scheme.toml"
    text = file.read_text(encoding="utf-8").partition("\n[settlement")[0]
    by = '\n[settlement]\nmonths_by = "settlement_date"\nsource = "made up"\n'
    file.write_text(text + by, encoding="utf-8")
    ledger = Ledger.create(tmp_path / "ledger")
    assert ledger.add_scheme(directory).entry.months_by == "settlement_date"
    frame = priced("2025-01", 4)
    with pytest.raises(MissingColumnError, match="settlement_date 结算日期"):
        ledger.add_cases([write(frame, tmp_path / "a.parquet")])
    settled = frame.with_columns(settlement_date=pl.Series(["2025-01-31", "2025-02-01", "2025-02-03", "x"]))
    with pytest.raises(InputError, match="no settlement_date that can be read"):
        ledger.add_cases([write(settled, tmp_path / "b.parquet")])
    ledger.add_cases([write(settled.head(3), tmp_path / "c.parquet")])
    assert months(ledger) == [("H1", "2025-01", 1), ("H1", "2025-02", 1), ("H2", "2025-02", 1)]
    assert ledger.settle(close=False).rows.filter(span="month")["period"].unique().sort().to_list() == [
        "2025-01",
        "2025-02",
    ]
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match="in months by settlement_date, not by discharge_date"):
        ledger.add_scheme(directory, correct=True)


def test_a_scheme_comes_first(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="no payment scheme yet"):
        ledger.add_cases([write(priced("2025-01", 2), tmp_path / "a.parquet")])
    with pytest.raises(LedgerError, match="there is no entry 1"):
        ledger.entries(1)


def test_a_month_twice(ledger: Ledger, tmp_path: Path) -> None:
    file = write(priced("2025-01", 4), tmp_path / "a.parquet")
    ledger.add_cases([file])
    with pytest.raises(LedgerError, match=r"H1 2025-01 \(entry 2\), H2 2025-01 \(entry 2\).*--correct"):
        ledger.add_cases([file])
    # Also if only one of its hospitals is there, with other cases.
    other = write(priced("2025-01", 4, ("H2", "H3"), first=100), tmp_path / "b.parquet")
    with pytest.raises(LedgerError, match=r"H2 2025-01 \(entry 2\); nothing"):
        ledger.add_cases([other])
    assert len(ledger.entries()) == 2


def test_a_correction_replaces_exactly_what_it_covers(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    ledger.add_cases([write(priced("2025-02", 4), tmp_path / "b.parquet")])
    before = held(ledger)
    own = priced("2025-01", 4, payment=1300).filter(hospital_id="H1").head(1)
    added = ledger.add_cases([write(own, tmp_path / "c.parquet")], correct=True)
    assert (added.entry.replaces, added.entry.replaced_pairs) == ((2,), 1)
    assert added.months is not None
    assert added.months.select("cases_before", "cases").rows() == [(2, 1)]
    assert held(ledger) == sorted(set(before) - {("H1", "2025-01-2")})
    assert ledger.cases().filter(case_id="2025-01-0").collect()["payment_yuan"].to_list() == [1300]
    assert held(ledger, 3) == before
    assert ledger.verify().is_empty()


def test_a_correction_needs_something_to_correct(ledger: Ledger, tmp_path: Path) -> None:
    file = write(priced("2025-01", 2), tmp_path / "a.parquet")
    with pytest.raises(LedgerError, match="nothing to correct"):
        ledger.add_cases([file], correct=True)


def test_a_month_can_be_emptied_and_filled_again(ledger: Ledger, tmp_path: Path) -> None:
    file = write(priced("2025-01", 4), tmp_path / "a.parquet")
    ledger.add_cases([file])
    entry = ledger.add_cases([], empty=[("H1", "2025-01")]).entry
    assert (entry.rows, entry.emptied, entry.replaces) == (0, (("H1", "2025-01"),), (2,))
    assert {hospital for hospital, _ in held(ledger)} == {"H2"}
    with pytest.raises(LedgerError, match="no cases of H1 in 2025-01"):
        ledger.add_cases([], empty=[("H1", "2025-01")])
    own = write(priced("2025-01", 4).filter(hospital_id="H1"), tmp_path / "b.parquet")
    assert ledger.add_cases([own]).entry.replaces == ()
    assert len(held(ledger)) == 4
    ledger.add_cases([], empty=[("H1", "2025-01"), ("H2", "2025-01")])
    with pytest.raises(LedgerError, match="there are no cases yet"):
        ledger.cases()
    assert ledger.verify().is_empty()


def test_a_case_can_move(ledger: Ledger, tmp_path: Path) -> None:
    """From one month to another, which leaves its month empty: one entry does both."""
    ledger.add_cases([write(priced("2025-01", 1), tmp_path / "a.parquet")])
    moved = priced("2025-01", 1).with_columns(discharge_date=datetime(2025, 2, 1))
    file = write(moved, tmp_path / "b.parquet")
    with pytest.raises(LedgerError, match="case 2025-01-0 of hospital H1 is in entry 2 already, in 2025-01"):
        ledger.add_cases([file])
    with pytest.raises(LedgerError, match="have cases of H1 in 2025-02, which shall be empty"):
        ledger.add_cases([file], empty=[("H1", "2025-02")])
    ledger.add_cases([file], empty=[("H1", "2025-01")])
    assert months(ledger) == [("H1", "2025-01", 0), ("H1", "2025-02", 1)]


@pytest.mark.parametrize("month", ["2025-13", "2025", "25-01", "2025-1"])
def test_what_is_no_month(ledger: Ledger, month: str) -> None:
    with pytest.raises(LedgerError, match="is no month"):
        ledger.add_cases([], empty=[("H1", month)])


def test_a_case_twice_in_a_file(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 4, ("H1",))
    file = write(pl.concat([frame, frame.tail(1)]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"row 5.*case 2025-01-3 of hospital H1 is there 2 times, in rows 5"):
        ledger.add_cases([file])
    # The same id in two hospitals is two cases.
    two = pl.concat([frame, frame.with_columns(hospital_id=pl.lit("H2"))])
    assert ledger.add_cases([write(two, tmp_path / "b.parquet")]).entry.rows == 8


def test_a_case_twice_over_two_files(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 4, ("H1",))
    one, two = write(frame, tmp_path / "a.parquet"), write(frame.tail(1), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"in rows 5 of a\.parquet, 2 of b\.parquet"):
        ledger.add_cases([one, two])
    with pytest.raises(InputError, match=r"this is the same file as a\.parquet"):
        ledger.add_cases([one, write(frame, tmp_path / "c.parquet")][:1] * 2)


def test_the_same_file_twice(ledger: Ledger, tmp_path: Path) -> None:
    empty = write(priced("2025-01", 0), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"this is the same file as a\.parquet"):
        ledger.add_cases([empty, empty])
    with pytest.raises(LedgerError, match="there are no cases in it"):
        ledger.add_cases([empty])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("hospital_id", None, "no hospital"),
        ("hospital_id", " ", "no hospital"),
        ("case_id", None, "no case id"),
        ("discharge_date", None, "no discharge_date that can be read"),
        ("discharge_date", "yesterday", "no discharge_date that can be read"),
        ("scheme", "other", "not been priced with demo"),
        ("scheme", None, "not been priced with demo"),
        ("scheme_digest", "0123456789abcdef", "been priced by other rules or weights than demo has in this"),
        ("payment_yuan", "much", "no payment that can be read"),
    ],
)
def test_rows_that_cannot_be_kept_apart(
    ledger: Ledger, tmp_path: Path, column: str, value: str | None, message: str
) -> None:
    frame = priced("2025-01", 6).with_columns(pl.col(column).cast(pl.String))
    is_bad = pl.int_range(pl.len()).is_in([2, 4])
    cells = pl.when(is_bad).then(pl.lit(value)).otherwise(column).alias(column)
    file = write(frame.with_columns(cells), tmp_path / "a.csv")
    told = rf"row 4, column {column}: 2 cases have {message}.*, in rows 4, 6; nothing"
    with pytest.raises(InputError, match=told) as e:
        ledger.add_cases([file])
    assert e.value.fix
    assert len(ledger.entries()) == 1


def test_cases_of_rules_that_the_ledger_had_before(ledger: Ledger, tmp_path: Path) -> None:
    from_demo = load_scheme("demo")
    (tmp_path / "demo").mkdir()
    text = (from_demo.directory / "scheme.toml").read_text(encoding="utf-8")
    (tmp_path / "demo" / "scheme.toml").write_text(text.replace("= 11000", "= 11001", 1), encoding="utf-8")
    for file in from_demo.files[1:]:
        (tmp_path / "demo" / file.name).write_bytes(file.read_bytes())
    january = write(priced("2025-01", 4), tmp_path / "january.parquet")
    ledger.add_scheme(tmp_path / "demo", correct=True)
    with pytest.raises(InputError, match="priced by other rules or weights") as e:
        ledger.add_cases([january])
    assert "--scheme DIRECTORY --correct" in str(e.value.fix)
    ledger.add_scheme("demo", correct=True)
    ledger.add_cases([january])
    # Cases that do not say it are kept; the settlement counts them.
    bare = priced("2025-02", 4).with_columns(scheme_digest=pl.lit(None, dtype=pl.String))
    ledger.add_cases([write(bare, tmp_path / "february.parquet")])
    assert "scheme_state_not_known" in ledger.settle().findings["rule"].to_list()


def test_many_bad_rows_are_counted(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 30).with_columns(case_id=pl.lit(None, dtype=pl.String))
    with pytest.raises(InputError, match=r"30 cases have no case id, in rows 2, 3, .* 11 …; nothing"):
        ledger.add_cases([write(frame, tmp_path / "a.parquet")])


def test_missing_columns(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 2)
    with pytest.raises(MissingColumnError, match="hospital_id 医疗机构代码, payment_yuan 支付合计"):
        ledger.add_cases([write(frame.drop("payment_yuan", "hospital_id"), tmp_path / "a.parquet")])
    with pytest.raises(MissingColumnError, match="excluded_items_yuan 除外项目费用"):
        # What the ledger's own scheme asks for.
        ledger.add_cases([write(frame.drop("excluded_items_yuan"), tmp_path / "b.parquet")])
    with pytest.raises(InputError, match="the ledger needs this name"):
        ledger.add_cases([write(frame.with_columns(pl.lit(1).alias(MONTH)), tmp_path / "c.parquet")])


def test_numbers_as_identifiers(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 4, ("1", "2"))
    numbers = frame.with_columns(pl.col("hospital_id").cast(pl.Int64), case_id=pl.int_range(pl.len()))
    ledger.add_cases([write(numbers, tmp_path / "a.parquet")])
    assert held(ledger) == [("1", "0"), ("1", "2"), ("2", "1"), ("2", "3")]


def test_a_file_that_changes_on_the_way(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drg.ledger import kept_cases as cases

    file = write(priced("2025-01", 2), tmp_path / "a.parquet")
    check = cases.check

    def change(*arguments: object) -> None:
        check(*arguments)  # type: ignore[arg-type]
        write(priced("2025-01", 3), file)

    monkeypatch.setattr(cases, "check", change)
    ledger.add_cases([file])  # after it was read
    store = cases.store

    def late(*arguments: object) -> None:
        store(*arguments)  # type: ignore[arg-type]
        write(priced("2025-02", 30), file)

    monkeypatch.setattr(cases, "store", late)
    with pytest.raises(InputError, match="changed while it was read"):
        ledger.add_cases([file], correct=True)


def test_the_scheme(ledger: Ledger, tmp_path: Path) -> None:
    from drg.payment.load_scheme import SCHEMES

    root = SCHEMES.root
    assert root is not None
    assert ledger.scheme().scheme.id == "demo"
    with pytest.raises(LedgerError, match="has demo in entry 1 already"):
        ledger.add_scheme("demo")
    with pytest.raises(LedgerError, match="the very same files"):
        ledger.add_scheme("demo", correct=True)
    with pytest.raises(LedgerError, match="this ledger is for demo, not for harbin-2022"):
        ledger.add_scheme("harbin-2022", correct=True)
    with pytest.raises(LedgerError, match="there is no scheme to correct"):
        Ledger.create(tmp_path / "new").add_scheme("demo", correct=True)
    changed = tmp_path / "changed"
    changed.mkdir()
    text = (root / "demo" / "scheme.toml").read_text(encoding="utf-8")
    (changed / "scheme.toml").write_text(text.replace("11000", "11500"), encoding="utf-8")
    (changed / "weights.csv").write_bytes((root / "demo" / "weights.csv").read_bytes())
    ledger.add_cases([write(priced("2025-01", 2), tmp_path / "a.parquet")])
    assert ledger.add_scheme(changed, correct=True).entry.replaces == (1,)
    assert ledger.scheme().scheme.rates[0].value_yuan == 11500
    assert ledger.scheme(2).scheme.rates[0].value_yuan == 11000
    assert ledger.verify()["rule"].to_list() == ["scheme_changed"]


def test_payments_instead_of_cases_are_told(ledger: Ledger, tmp_path: Path) -> None:
    columns = ("hospital_id", "insurance_type", "period", "kind", "amount_yuan")
    payments = pl.DataFrame([dict.fromkeys(columns, "1")])
    with pytest.raises(InputError, match=r"these look like payments, and not like cases.* --kind payments"):
        ledger.add_cases([write(payments, tmp_path / "paid.parquet")])
