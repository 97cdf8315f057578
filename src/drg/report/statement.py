"""Statements (结算单): for each hospital a workbook and a page that an accountant can follow."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from drg.analysis.statement import by_hospital, hospitals_of
from drg.analysis.statement_account import accounts_of
from drg.errors import InputError, did_you_mean
from drg.records.files import write_bytes
from drg.records.outputs import make_directory, together
from drg.records.workbook import NO_TIME
from drg.report.document_names import NO_NAMES, DocumentNames
from drg.report.statement_book import Statement, write_book
from drg.report.statement_lines import sections
from drg.report.statement_page import page
from drg.report.statement_text import Language
from drg.settlement.point_value_payment import cleared, point_values
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import MONTH
from drg.words import Sentence

_NAMES: Final = {"zh": "结算单", "en": "statement"}
# What some file system forbids in names.
_UNSAFE: Final = frozenset('<>:"/\\|?*%')


def write_statements(
    settlement: Settlement,
    directory: Path,
    *,
    hospitals: Sequence[str] | None = None,
    language: Language = "zh",
    made: datetime | None = None,
    with_cases: bool = True,
    names: DocumentNames = NO_NAMES,
    on_batch: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the statement of each hospital: a workbook and a page. The same settlement gives the same bytes.

    All of them are written, or none. The cases are read several hospitals at a time, so memory depends on
    the largest hospital and not on the number of hospitals.

    Args:
        settlement: of all hospitals, for budgets are theirs together.
        directory: where to; is made.
        hospitals: only these; None: all.
        language: of the statements.
        made: the time that a statement gives as its own; None: the end of the last month with cases.
        with_cases: whether the case table is part of the workbook.
        names: of hospitals, bureau and documents, as ``document_names.read_names`` gives them.
        on_batch: is told each hospital whose statement is written.

    Returns:
        The files, in order of the hospitals.

    Raises:
        InputError: there is no such hospital.
        OutputError: a file cannot be written.
    """
    known = hospitals_of(settlement.rows)
    if hospitals is not None:
        check_hospitals(settlement, hospitals)
        known = known.filter(pl.col("hospital_id").is_in(list(hospitals)))
    files = file_names(known["hospital_id"].to_list(), _NAMES[language])
    written: list[Path] = []
    with together():
        make_directory(directory)
        for statement in _statements(settlement, known, language, made, with_cases, names):
            name = files[statement.hospital]
            book, html = directory / f"{name}.xlsx", directory / f"{name}.html"
            write_book(statement, book)
            write_bytes(page(statement).encode(), html, sources=())
            written += [book, html]
            if on_batch is not None:
                on_batch(statement.hospital)
    return written


def _statements(
    settlement: Settlement,
    hospitals: pl.DataFrame,
    language: Language,
    made: datetime | None,
    with_cases: bool,
    names: DocumentNames,
) -> Iterator[Statement]:
    cases = settlement.cases
    if not point_values(settlement).is_empty():
        cases = cleared(cases, settlement)
    rows = settlement.rows.partition_by("hospital_id", as_dict=True)
    for hospital, table in by_hospital(cases, hospitals, settlement.scheme):
        accounts = accounts_of(settlement, rows[hospital,], table)
        yield Statement(
            hospital=hospital,
            scheme=settlement.scheme,
            accounts=tuple(
                (account, tuple(sections(account, settlement.scheme, language))) for account in accounts
            ),
            table=table,
            findings=_findings(settlement, hospital),
            language=language,
            made=made or last_day(settlement),
            made_is_given=made is not None,
            with_cases=with_cases,
            names=names,
        )


def _findings(settlement: Settlement, hospital: str) -> pl.DataFrame:
    """What concerns a hospital: its own, and what is of no hospital."""
    own = pl.col("hospital_id") == hospital
    return settlement.findings.filter(own | pl.col("hospital_id").is_null())


def check_hospitals(settlement: Settlement, hospitals: Sequence[str]) -> None:
    """Whether there are such hospitals.

    Raises:
        InputError: names the first that is not there.
    """
    known = settlement.rows["hospital_id"].unique().sort().to_list()
    for hospital in hospitals:
        if hospital not in known:
            raise InputError(
                Sentence("there is no hospital {hospital!r} in the settlement", hospital=hospital),
                field="hospital_id",
                fix=did_you_mean(hospital, known) or Sentence("Give an id as the cases have it"),
            )


def last_day(settlement: Settlement) -> datetime:
    """The end of the last month that has cases; without any, the first day that the workbook format knows."""
    months = settlement.rows.filter((pl.col("span") == MONTH) & (pl.col("cases") > 0))
    last = months["period"].max()
    if last is None:
        return NO_TIME
    year, month = (int(part) for part in str(last).split("-"))
    return datetime(year, month, calendar.monthrange(year, month)[1])


def file_names(hospitals: Sequence[str], what: str) -> dict[str, str]:
    """A name for each hospital that every file system takes, and that none shares with another."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for hospital in hospitals:
        safe = "".join(
            f"%{ord(letter):02X}" if letter in _UNSAFE or ord(letter) < 32 else letter for letter in hospital
        )
        name, number = f"{what}-{safe}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{what}-{safe}%{number}"
        taken.add(name.casefold())
        names[hospital] = name
    return names
