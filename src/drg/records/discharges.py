"""Cases from files, with what there is to say of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from drg.columns import ALL, INPUT
from drg.errors import InputError
from drg.records import notes
from drg.records.binding import without_empty_marks
from drg.records.cases import Cases
from drg.records.findings import SCHEMA
from drg.records.layout import NUMBER
from drg.records.scanning import collect
from drg.records.source_tables import SourceTable
from drg.words import Sentence

__all__ = ["Discharges"]


@dataclass(frozen=True, eq=False)
class Discharges(Cases):
    """Cases from files.

    Attributes:
        files: where the rows come from.
        remarks: findings on the files as a whole, and on rows that belong to no discharge.
        tables: what the files hold; where tables differ, a row is empty in the columns of others.
    """

    files: tuple[Path, ...] = ()
    remarks: pl.DataFrame = field(default_factory=notes.no_findings)
    tables: tuple[SourceTable, ...] = ()

    def frame(self) -> pl.DataFrame:
        """All rows in canonical columns, in memory.

        Where a column has cells that could not be read, they stand as they are in one of the same name and a
        question mark, such as ``sex?``: whatever takes the frame knows that they are not empty.
        """
        return without_empty_marks(self.collect(self.lazy(marked=True)))

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Compute in memory what was made of ``rows``.

        Raises:
            InputError: a file turns out to be unreadable on the way.
        """
        return collect(frame, sources=self.files)

    @cached_property
    def origins(self) -> pl.DataFrame:
        """The file and the sheet of each table."""
        return origins_of(self.tables)

    @property
    def first_tables(self) -> list[SourceTable]:
        """The tables with a row for each discharge: all, but for layouts with several kinds of them."""
        return [table for table in self.tables if {*table.names} <= {*self.own_columns}]

    def lacking(self, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """Findings on canonical columns that the files do not have, of those that are asked for."""
        wanted = INPUT if columns is None else columns
        lacking = [ALL[name] for name in wanted if not self.binding.has(name)]
        return notes.together(
            [
                table.placed(
                    notes.column_derived(column, table.header_row)
                    if column.name in self.binding.known
                    else notes.column_missing(
                        column, self.called(column.name), self.layout.id, table.header_row
                    )
                )
                for column in lacking
                for table in self.first_tables
            ]
        )

    def with_lacking(self, columns: Iterable[str]) -> Discharges:
        """The same with findings on those of some columns that the files do not have."""
        return replace(self, remarks=notes.together([self.lacking(columns), self.remarks]))

    @property
    def remark_counts(self) -> dict[tuple[str, str], int]:
        """The remarks by rule and severity."""
        rows = self.remarks.group_by("rule", "severity", maintain_order=True).len().rows()
        return {(rule, severity): count for rule, severity, count in rows}

    def with_remarks(self, findings: pl.LazyFrame) -> pl.LazyFrame:
        """Findings of a check behind the remarks on the files."""
        return pl.concat([self.remarks.lazy(), findings])

    def findings(self) -> pl.DataFrame:
        """Everything that there is to say of the files; reads them once.

        Returns:
            Findings of the shape ``findings.SCHEMA``.
        """
        found = self.rows.map_batches(
            lambda batch: self.convert(batch).findings,
            schema=SCHEMA,
            streamable=True,
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
        )
        return notes.together([self.lacking(), self.remarks, self.collect(found)])

    def case(self, case_id: str) -> Cases:
        """The first discharge with this id, alone.

        Raises:
            InputError: there is none.
        """
        if "case_id" not in self.binding.columns:
            problem = Sentence("there is no column case_id")
            raise InputError(
                problem, file=self.files[0], fix=Sentence("Give the fields of the case as options")
            )
        (read,) = self.binding.expression("case_id")
        found = self.collect(self.rows.filter(read == case_id).head(1))
        if found.is_empty():
            raise InputError(
                Sentence("there is no case {case_id!r}", case_id=case_id),
                file=self.files[0],
                field="case_id",
                fix=Sentence("Check the id"),
            )
        return Cases(found.lazy(), self.binding, self.codes)

    def called(self, column: str) -> str:
        """What the layout calls a canonical column: in Chinese, if the file has Chinese names."""
        is_ascii = all(name.isascii() for name in self.own_columns)
        sources = [source for source in self.layout.field if source.column == column]
        usual = (
            next((one for one in names if one.isascii() == is_ascii), names[0]).replace(
                NUMBER, str(source.first)
            )
            for source in sources
            for names in source.fields
        )
        return " or ".join(dict.fromkeys(usual))


def origins_of(tables: Sequence[SourceTable]) -> pl.DataFrame:
    """The file and the sheet of each table."""
    rows = [(table.name, table.sheet) for table in tables]
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in ("file", "sheet")}, orient="row")
