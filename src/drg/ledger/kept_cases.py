"""Priced cases on their way into a ledger: stored with their month, checked, counted by hospital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from drg.columns import ALL, PRICE, Kind
from drg.errors import InputError, LedgerError, MissingColumnError
from drg.ledger.entry import CASES_FILE
from drg.records.cases import Cases
from drg.records.exact_paths import scan_parquet
from drg.records.files import write
from drg.records.former_names import check_names
from drg.records.scanning import scan, scan_all
from drg.words import Joined, Sentence

# What a ledger adds to the cases: the month of discharge as 202503.
MONTH: Final = "ledger_month"
REQUIRED: Final = (
    *("hospital_id", "insurance_type", "case_id", "discharge_date", "total_cost_yuan"),
    *PRICE,
)
_CASE: Final = ("hospital_id", "case_id")
_TEXTS: Final = (*_CASE, "insurance_type")
_MOST_NAMED: Final = 10


def month_text(month: pl.Expr) -> pl.Expr:
    """202503 as 2025-03."""
    return pl.format("{}-{}", month // 100, (month % 100).cast(pl.String).str.zfill(2))


def month_number(text: str) -> int:
    """2025-03 as 202503."""
    return int(text.replace("-", ""))


def store(files: Sequence[Path], directory: Path, needs: Sequence[str], months_by: str) -> None:
    """Write priced cases as a ledger keeps them: every column and row, identifiers as text, and the month.

    Results that stand under their Chinese labels get their names.

    Args:
        files: what ``drg price`` writes.
        directory: of the entry.
        needs: the columns that the scheme's settlement reads, beside those that every settlement does.
        months_by: the date that puts a case into its month.

    Raises:
        MissingColumnError: names every column that is missing.
        InputError: a file cannot be read, or a column holds what it cannot hold.
    """
    cases = Cases.of(scan_all(files))
    names = {*cases.own_columns, *cases.binding.columns}
    check_names(names, file=files[0])
    missing = [name for name in dict.fromkeys((*REQUIRED, *needs)) if name not in names]
    if missing:
        _check_is_no_payments(cases.own_columns, files[0])
        labels = Joined(", ", (f"{name} {ALL[name].label_zh}" if name in ALL else name for name in missing))
        priced = any(name in PRICE for name in missing)
        raise MissingColumnError(
            Sentence("columns are missing: {names}", names=labels)
            if len(missing) > 1
            else Sentence("a column is missing: {names}", names=labels),
            file=files[0],
            fix=Sentence("Price the cases first, by the scheme of the ledger: drg price … --scheme")
            if priced
            else Sentence("Add it to the cases and price them again"),
        )
    if MONTH in names:
        problem = Sentence("the ledger needs this name")
        raise InputError(problem, file=files[0], field=MONTH, fix=Sentence("Rename the column"))
    read = {name: cases.binding.expression(name)[0] for name in (*_TEXTS, months_by)}
    date = read[months_by].dt
    month = date.year().cast(pl.Int32) * 100 + date.month().cast(pl.Int32)
    with_month = cases.rows.with_columns(*(read[name] for name in _TEXTS), month.alias(MONTH))
    # What stands under Chinese labels is kept by name, and words of closed lists in English.
    labelled = [name for name in cases.binding.labelled if ALL[name].kind is Kind.CATEGORY]
    with_month = with_month.with_columns(
        cases.binding.expression(name)[0].cast(pl.String).alias(cases.binding.called(name))
        for name in labelled
    )
    with_month = with_month.rename({cases.binding.called(name): name for name in cases.binding.labelled})
    write(with_month, directory / CASES_FILE, sources=files)


def _check_is_no_payments(names: Iterable[str], file: Path) -> None:
    """A table of payments has none of the columns of cases, which need not be listed then."""
    if {"kind", "类别"} & set(names) and {"amount_yuan", "金额"} & set(names):
        problem = Sentence("these look like payments, and not like cases")
        raise InputError(problem, file=file, fix=Sentence("Say what the file holds: --kind payments"))


def scan_cases(stored: Path) -> pl.LazyFrame:
    """Stored cases, read when they are needed.

    Raises:
        InputError: they were stored when columns of prices had other names.
    """
    frame = scan_parquet(stored)
    check_names(
        frame.collect_schema().names(),
        file=f"{stored.parent.name}/{stored.name}",
        fix=Sentence("What a ledger holds never changes: begin a new one with the cases priced again"),
    )
    return frame


def amount(frame: pl.LazyFrame, name: str) -> pl.Expr:
    """An amount in yuan of stored cases; null where it is none."""
    return Cases.of(frame).binding.expression(name)[0].cast(pl.Decimal(38, 2))


def check(files: Sequence[Path], stored: Path, scheme: str, pricing_digest: str, months_by: str) -> None:
    """Whether each stored case can be kept apart, put into a month and belongs to the ledger's scheme.

    Args:
        files: where the cases came from, for messages.
        stored: the cases.
        scheme: the id of the ledger's scheme.
        pricing_digest: of what it prices by now. Cases that do not say by what they were priced are kept; a
            settlement counts them.
        months_by: the date that puts a case into its month.

    Raises:
        InputError: what cannot, how many there are and in which rows.
    """
    frame = scan_parquet(stored)
    conditions = {
        "hospital_id": pl.col("hospital_id").is_null(),
        "case_id": pl.col("case_id").is_null(),
        months_by: pl.col(MONTH).is_null(),
        "scheme": pl.col("scheme").cast(pl.String).ne_missing(pl.lit(scheme)),
        "scheme_digest": (pl.col("scheme_digest").cast(pl.String) != pricing_digest).fill_null(False),
        "payment_yuan": amount(frame, "payment_yuan").is_null(),
    }
    words = {
        "hospital_id": (Sentence("no hospital"), Sentence("Fill in hospital_id (医疗机构代码)")),
        "case_id": (Sentence("no case id"), Sentence("Fill in case_id (病案标识)")),
        months_by: (
            Sentence("no {name} that can be read", name=months_by),
            Sentence("Write {name} ({label}) as 2025-03-31", name=months_by, label=ALL[months_by].label_zh),
        ),
        "scheme": (
            Sentence("not been priced with {scheme}", scheme=scheme),
            Sentence(
                "The ledger is for {scheme}: price them with drg price … --scheme {scheme}", scheme=scheme
            ),
        ),
        "scheme_digest": (
            Sentence("been priced by other rules or weights than {scheme} has in this ledger", scheme=scheme),
            Sentence(
                "Price them again by the scheme as the ledger has it; or, if its rules have changed, put the "
                "new ones there first: drg ledger add … --scheme DIRECTORY --correct"
            ),
        ),
        "payment_yuan": (
            Sentence("no payment that can be read"),
            Sentence("Price them again and add the file as it is written"),
        ),
    }
    found = frame.select(expr.sum().alias(name) for name, expr in conditions.items())
    counts = found.collect(engine="streaming").row(0, named=True)
    for name, count in counts.items():
        if count:
            what, fix = words[name]
            raise _refused(files, stored, conditions[name], int(count), name, what, fix)
    twice = frame.select(pl.struct(_CASE).n_unique() < pl.len()).collect(engine="streaming").item()
    if twice:
        keys = frame.select(_CASE).group_by(_CASE).len().filter(pl.col("len") > 1).sort(_CASE)
        some = keys.collect(engine="streaming")
        hospital, case, times = some.row(0)
        is_it = (pl.col("hospital_id") == hospital) & (pl.col("case_id") == case)
        rows = first_rows(files, stored, is_it)
        problem = Sentence(
            "case {case} of hospital {hospital} is there {times} times, in rows {rows}",
            case=case,
            hospital=hospital,
            times=times,
            rows=_in_words(rows),
        )
        if some.height > 1:
            problem = Sentence(
                "{problem}, and {count:,} more cases are there more than once",
                problem=problem,
                count=some.height - 1,
            )
        raise InputError(
            problem,
            file=rows[0][0],
            row=rows[0][1],
            field="case_id",
            fix=Sentence("Keep one row of each case; the second of two stays needs an id of its own"),
        )


def _refused(
    files: Sequence[Path], stored: Path, condition: pl.Expr, count: int, field: str, what: str, fix: str
) -> InputError:
    rows = first_rows(files, stored, condition)
    have = Sentence("{count:,} cases have", count=count) if count > 1 else Sentence("a case has")
    shown = _in_words(rows)
    problem = Sentence(
        "{cases} {what}, in rows {rows}; nothing was added",
        cases=have,
        what=what,
        rows=Sentence("{rows} …", rows=shown) if count > len(rows) else shown,
    )
    return InputError(problem, file=rows[0][0], row=rows[0][1], field=field, fix=fix)


def _in_words(rows: list[tuple[Path, int]]) -> Sentence:
    one_file = len({file for file, _ in rows}) == 1
    if one_file:
        return Joined(", ", (row for _, row in rows))
    return Joined(", ", (Sentence("{row} of {file}", row=row, file=file.name) for file, row in rows))


def first_rows(files: Sequence[Path], stored: Path, condition: pl.Expr) -> list[tuple[Path, int]]:
    """The first rows that are so: their files, and their numbers as a spreadsheet counts."""
    column = "__row"
    frame = scan_parquet(stored, row=column).filter(condition).select(column)
    places = frame.head(_MOST_NAMED).collect(engine="streaming")[column].to_list()
    if len(files) == 1:
        return [(files[0], place) for place in places]
    found = []
    before = 0
    for file in files:
        height = int(scan(file).select(pl.len()).collect(engine="streaming").item())
        found += [(file, place - before) for place in places if before + 2 <= place < before + height + 2]
        before += height
    return found


def count_months(stored: Path) -> pl.DataFrame:
    """Cases and payment by hospital and month, as ``months.SCHEMA`` but ``replaces``."""
    frame = scan_cases(stored)
    paid = amount(frame, "payment_yuan").alias("payment_yuan")
    sums = frame.select("hospital_id", MONTH, paid).group_by("hospital_id", MONTH)
    found = sums.agg(pl.len().cast(pl.Int64).alias("cases"), pl.col("payment_yuan").sum())
    month = month_text(pl.col(MONTH)).alias("month")
    names = ("hospital_id", "month", "cases", "payment_yuan")
    return found.collect(engine="streaming").with_columns(month).sort("hospital_id", "month").select(names)


def check_others(files: Sequence[Path], stored: Path, others: pl.LazyFrame) -> None:
    """Whether no stored case is in the ledger already.

    Args:
        files: where the cases came from, for messages.
        stored: the new cases.
        others: hospital_id, case_id, ``MONTH`` and ``entry`` of the cases that stay.

    Raises:
        LedgerError: names a case, where it is and how many more there are.
    """
    new = scan_parquet(stored).select(_CASE)
    both = others.join(new, on=_CASE, how="semi").collect(engine="streaming")
    if both.is_empty():
        return
    hospital, case, month, entry = both.sort("entry", MONTH, *_CASE).row(0)
    is_it = (pl.col("hospital_id") == hospital) & (pl.col("case_id") == case)
    file, row = first_rows(files, stored, is_it)[0]
    text = f"{month // 100}-{month % 100:02}"
    problem = Sentence(
        "case {case} of hospital {hospital} is in entry {entry} already, in {month}",
        case=case,
        hospital=hospital,
        entry=entry,
        month=text,
    )
    if both.height > 1:
        problem = Sentence(
            "{problem}, and {count:,} more cases are there already", problem=problem, count=both.height - 1
        )
    raise LedgerError(
        Sentence("{problem}; nothing was added", problem=problem),
        file=file,
        row=row,
        field="case_id",
        fix=Sentence(
            "Take it out of the file; if {month} is where it does not belong, add {month} of {hospital} "
            "without it first, with --correct",
            month=text,
            hospital=hospital,
        ),
    )
