"""Discharges in the columns of their files, and the same in canonical columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, NamedTuple

import polars as pl

from drg.columns import INPUT, RECORD
from drg.errors import InputError
from drg.records import notes
from drg.records.binding import Binding, Unread
from drg.records.codebook import KINDS, CodeBook, CodeFindings, recognised
from drg.records.codes import DIAGNOSIS, PROCEDURE
from drg.records.discharge import Discharge
from drg.records.files import collect
from drg.records.findings import SCHEMA
from drg.records.layout import COLUMNS, Layout
from drg.records.layout_files import CANONICAL
from drg.records.notes import FILE, OURS, ROW

_PLACE: Final = f"{OURS}place"
_SAID: Final = ("rule", "severity", "message", "message_zh", "fix", "fix_zh")

CODE_VERSIONS: Final = ("insurance", "clinical")
CodeVersion = Literal["insurance", "clinical"]


class Converted(NamedTuple):
    """A batch in canonical columns, and what there is to say of it."""

    frame: pl.DataFrame
    findings: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Discharges:
    """Discharges in the columns of their files, and how these become canonical columns.

    Attributes:
        rows: the files' own columns, and columns of ours beside them: ``notes.ROW``, ``notes.FILE`` if there
            are several files, and what other tables hold. This is what ``convert`` takes in batches.
        layout: of the files.
        files: where the rows come from.
        codes: the version of the code lists that the files use.
        binding: where each canonical column is.
        remarks: findings on the files as a whole, and on rows that belong to no discharge.
        headers: the columns of each file; where files differ, a row is empty in those of other files.
    """

    rows: pl.LazyFrame
    layout: Layout
    files: tuple[Path, ...]
    codes: CodeVersion
    binding: Binding
    remarks: pl.DataFrame
    headers: Mapping[Path, frozenset[str]]

    @cached_property
    def own_columns(self) -> tuple[str, ...]:
        """The columns of the files, as they are called there."""
        return tuple(name for name in self.rows.collect_schema().names() if not name.startswith(OURS))

    @property
    def source(self) -> pl.LazyFrame:
        """The rows of the files in their own columns, as they are; of several tables, those of the first."""
        return self.rows.select(self.own_columns)

    @property
    def is_canonical(self) -> bool:
        """Whether the own columns are the canonical ones already, by name."""
        return self.layout.id == CANONICAL and all(
            self.binding.is_called(name) for name in self.binding.columns
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The canonical columns: of a layout all that groupers read, and what else the files have.

        Canonical files have what they have.
        """
        known = self.binding.columns
        if self.layout.id == CANONICAL:
            return known
        return (*INPUT, *(name for name in RECORD if name in known))

    @property
    def findings_schema(self) -> pl.Schema:
        """The columns of findings: ``findings.SCHEMA``, after ``file`` if there are several files."""
        file = {"file": pl.String()} if len(self.files) > 1 and not self.layout.table else {}
        return pl.Schema({**file, **SCHEMA})

    @cached_property
    def books(self) -> dict[str, CodeBook]:
        """The code lists, by kind."""
        clinical = self.codes == "clinical"
        return {kind: CodeBook(kind, clinical=clinical) for kind in (DIAGNOSIS, PROCEDURE)}

    def canonical(self, batch: pl.DataFrame, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """Canonical columns of a batch of ``rows`` (or of ``source``, if the layout has one table)."""
        return self.convert(batch, columns).frame

    def convert(self, batch: pl.DataFrame, columns: Iterable[str] | None = None) -> Converted:
        """Canonical columns of a batch, and findings on what was read otherwise or could not be read.

        Args:
            batch: some of ``rows``.
            columns: which canonical columns, by default ``self.columns``.
        """
        wanted = self.columns if columns is None else tuple(columns)
        series, unread = self.binding.read(batch, wanted)
        series, code_findings = recognised(series, self.books)
        known = {values.name: values for values in series}
        for name in wanted:
            if name not in known:
                known[name] = pl.repeat(None, batch.height, dtype=COLUMNS[name].dtype, eager=True).alias(name)
        findings = self._findings(batch, unread, code_findings)
        return Converted(pl.DataFrame([known[name] for name in wanted]), findings)

    def with_codes(self, batch: pl.DataFrame) -> Converted:
        """A batch of canonical rows with its codes read; all other columns as they are."""
        names = [name for name in KINDS if name in self.binding.columns]
        series, _ = self.binding.read(batch, names)
        series, code_findings = recognised(series, self.books)
        return Converted(batch.with_columns(series), self._findings(batch, [], code_findings))

    def _findings(
        self, batch: pl.DataFrame, unread: Sequence[Unread], codes: Sequence[CodeFindings]
    ) -> pl.DataFrame:
        if not unread and not codes:
            return pl.DataFrame(schema=self.findings_schema)
        rows = (
            batch[ROW] if ROW in batch.columns else pl.repeat(None, batch.height, dtype=pl.UInt32, eager=True)
        )
        case_ids = next(iter(self.binding.read(batch, ["case_id"])[0]), None)
        if case_ids is None:
            case_ids = pl.repeat(None, batch.height, dtype=pl.String, eager=True)

        def placed(places: pl.Series, more: Mapping[str, pl.Series]) -> pl.DataFrame:
            return pl.DataFrame({"row": rows.gather(places), "case_id": case_ids.gather(places), **more})

        parts = []
        for one in unread:
            cells = placed(one.places, {"value": one.texts})
            column = one.source.canonical
            found = notes.malformed(cells, column, one.name, row="row", case_id="case_id", value="value")
            parts.append(found.with_columns(one.places.alias(_PLACE)))
        for told in codes:
            cells = placed(told.places, told.readings.to_dict())
            found = notes.findings(
                cells,
                row=pl.col("row"),
                case_id=pl.col("case_id"),
                field=told.field,
                value=pl.col("spelled"),
                **{name: pl.col(name) for name in _SAID},
            )
            parts.append(found.with_columns(told.places.alias(_PLACE)))
        together = pl.concat(parts).sort(_PLACE, maintain_order=True)
        if FILE in batch.columns:
            together.insert_column(0, batch[FILE].gather(together[_PLACE]).alias("file"))
        return together.drop(_PLACE)

    def lazy(self, *, numbered: bool = False) -> pl.LazyFrame:
        """All rows in canonical columns, read when they are needed.

        Args:
            numbered: also ``notes.ROW``, and ``notes.FILE`` if there are several files.
        """
        schema = self.rows.collect_schema()
        ours = {name: schema[name] for name in (ROW, FILE) if numbered and name in schema}
        dtypes = {name: COLUMNS[name].dtype for name in self.columns}
        return self.rows.map_batches(
            lambda batch: pl.DataFrame([*(batch[name] for name in ours), *self.canonical(batch)]),
            schema=pl.Schema({**ours, **dtypes}),
            streamable=True,
            predicate_pushdown=False,
            projection_pushdown=False,
        )

    def frame(self) -> pl.DataFrame:
        """All rows in canonical columns."""
        return collect(self.lazy(), sources=self.files)

    def lacking(self, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """Findings on canonical columns that the files do not have, of those that are asked for."""
        wanted = INPUT if columns is None else columns
        return notes.together(
            [
                notes.column_missing(COLUMNS[name], self.called(name), self.layout.id)
                for name in wanted
                if name not in self.binding.columns
            ]
        )

    def findings(self) -> pl.DataFrame:
        """Everything that there is to say of the files; reads them once.

        Returns:
            Findings of the shape ``findings.SCHEMA``, after a column ``file`` if there are several files.
        """
        parts = [self.lacking(), self.remarks]
        found = self.rows.map_batches(
            lambda batch: self.convert(batch).findings,
            schema=self.findings_schema,
            streamable=True,
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
        )
        every = pl.concat([*parts, collect(found, sources=self.files)], how="diagonal")
        return every.select(self.findings_schema.names())

    def case(self, case_id: str) -> Discharge:
        """The first discharge with this id.

        Raises:
            InputError: there is none.
        """
        schema = self.rows.collect_schema()
        if "case_id" not in self.binding.columns:
            problem = "there is no column case_id"
            raise InputError(problem, file=self.files[0], fix="Give the fields of the case as options")
        same = self.rows.map_batches(
            lambda batch: batch.filter(self.canonical(batch, ["case_id"])["case_id"] == case_id),
            schema=schema,
            streamable=True,
            slice_pushdown=False,
        )
        found = collect(same.head(1), sources=self.files)
        if found.is_empty():
            raise InputError(
                f"there is no case {case_id!r}", file=self.files[0], field="case_id", fix="Check the id"
            )
        if self.is_canonical:
            known = self.with_codes(found).frame
            row = known.select(name for name in Discharge.model_fields if name in known.columns)
        else:
            row = self.canonical(found, Discharge.model_fields)
        return Discharge.of(row.row(0, named=True))

    def called(self, column: str) -> str:
        """What the layout calls a canonical column."""
        sources = [source for source in self.layout.field if source.column == column]
        return " or ".join(dict.fromkeys(names[0] for source in sources for names in source.fields))
