"""The national 3.0 workbook → a version of ours, with what was read, amended and left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from drg.errors import RuleError, did_you_mean
from drg.records.outputs import make_directory, together
from drg.tables.create import checked_manifest, place_for
from drg.tables.language import parse
from drg.tables.logic import set_names
from drg.tables.manifest import Correction, Manifest, TableName, Verification
from drg.tables.names import write_names
from drg.tables.published import chs_drg_3_0
from drg.tables.published_workbook import Workbook, read_workbook
from drg.tables.table_layout import TABLES
from drg.tables.write import write_version
from drg.words import Joined, Sentence

NATIONAL_AUTHORITY = "国家医疗保障局"
CODE_SYSTEM = "医保版（ICD-10 医保2.0版，ICD-9-CM-3 医保2.0版）"


@dataclass(frozen=True)
class LeftOut:
    """A group that a partial import leaves out.

    Attributes:
        table: mdc, adrg or drg.
        code: the group.
        sets: the sets that its rule asks for and that the workbook lacks; none if its parent is left out.
    """

    table: str
    code: str
    sets: tuple[str, ...]


@dataclass(frozen=True)
class Amended:
    """An amendment, as it was applied.

    Attributes:
        table: the table that it concerns.
        citation, citation_zh: where the authority publishes the rows.
        added: the rows that the workbook lacked; the others were there.
        rows: how many rows the amendment has.
    """

    table: TableName
    citation: str
    citation_zh: str
    added: tuple[tuple[str, ...], ...]
    rows: int


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        directory: where the version was written.
        manifest: its manifest.
        workbook: what was read.
        expected: the published counts, by the names of ``workbook.counts``.
        amended: the amendments that were applied.
        left_out: the groups that a partial import left out.
    """

    directory: Path
    manifest: Manifest
    workbook: Workbook
    expected: dict[str, int]
    amended: tuple[Amended, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def complete(self) -> bool:
        """Whether the workbook holds what the published one holds."""
        return self.workbook.counts == self.expected


def import_workbook(
    file: str | Path,
    id_: str,
    root: Path | None = None,
    *,
    title: str | None = None,
    authority: str = NATIONAL_AUTHORITY,
    partial: bool = False,
    amendments: bool = True,
) -> Imported:
    """Turns the national 3.0 workbook into a version.

    Args:
        file: the workbook, in either edition.
        id_: the id of the version.
        root: the directory in which the directory ``id_`` is made; by default that of the user.
        title: its title; by default what the workbook calls itself.
        authority: who publishes the workbook.
        partial: leave out groups whose rules ask for sets that the workbook lacks.
        amendments: add the rows that the published workbook is known to lack.

    Raises:
        TablesError: the workbook cannot be read. RuleError: a rule is not in the notation or, unless
            ``partial``, asks for a set that the workbook lacks.
        OutputError: there is a version of that id already, or no place to write to.
    """
    directory = place_for(root, id_)
    workbook = read_workbook(file)
    tables, left_out = _without_absent_sets(workbook.tables, partial=partial)
    amended: tuple[Amended, ...] = ()
    if amendments:
        tables, amended = _amend(tables)
    published = chs_drg_3_0()
    manifest = checked_manifest(
        id=id_,
        title=title or workbook.title or f"CHS-DRG {id_}",
        authority=authority,
        code_system=CODE_SYSTEM,
        source=f"{workbook.file.name}, sha256 {workbook.sha256}",
        verification=_verification(workbook, published.counts, amended, left_out),
        corrections=[
            Correction(
                table=one.table,
                reason=one.citation,
                reason_zh=one.citation_zh,
                added=[" ".join(row) for row in one.added],
            )
            for one in amended
            if one.added
        ],
    )
    with together():
        make_directory(directory)
        write_names(directory, workbook.names)
        write_version(
            directory, manifest, tables
        )  # its manifest last: so a version is there when it is whole
    return Imported(directory, manifest, workbook, published.counts, amended, left_out)


def _without_absent_sets(
    tables: dict[str, pl.DataFrame], *, partial: bool
) -> tuple[dict[str, pl.DataFrame], tuple[LeftOut, ...]]:
    """The tables without the groups whose rules ask for sets that are absent, and those groups."""
    known = frozenset(tables["sets"]["set"].unique())
    absent = {
        name: {
            row[name]: names
            for row in tables[name].rows(named=True)
            if (names := _absent(row["rule"], known))
        }
        for name in ("mdc", "adrg", "drg")
    }
    count = sum(map(len, absent.values()))
    if count and not partial:
        _refuse_absent(tables, absent, known, count)
    left_out: list[LeftOut] = []
    kept = dict(tables)
    gone: set[str] = set()
    for name in ("mdc", "adrg", "drg"):
        frame = tables[name]
        orphan = pl.any_horizontal(
            pl.lit(False),
            *(pl.col(parent).is_in(gone) for parent in ("mdc", "adrg") if parent in frame.columns[1:]),
        )
        out = pl.col(name).is_in(list(absent[name])) | orphan
        codes = frame.filter(out)[name].to_list()
        left_out += [LeftOut(name, code, absent[name].get(code, ())) for code in codes]
        gone.update(codes)
        kept[name] = frame.filter(~out)
    return kept, tuple(left_out)


def _absent(rule: str, known: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in set_names(parse(rule)) if name not in known)


def _refuse_absent(
    tables: dict[str, pl.DataFrame],
    absent: dict[str, dict[str, tuple[str, ...]]],
    known: frozenset[str],
    count: int,
) -> None:
    table = next(name for name, groups in absent.items() if groups)
    row = tables[table].filter(pl.col(table).is_in(list(absent[table]))).row(0, named=True)
    name = absent[table][row[table]][0]
    problem = Sentence(
        "the workbook has no set {name!r}, for which the rule of {group} asks", name=name, group=row[table]
    )
    ways = Sentence(
        "Mend the rule, add the set, or leave out such groups ({count}) with --partial", count=count
    )
    raise RuleError(
        problem,
        rule=row["rule"],
        character=_where(name, row["rule"]),
        file=row["file"],
        row=row["row"],
        field=f"{table.upper()}规则",
        fix=Joined(" ", (did_you_mean(name, known), ways)),
    )


def _where(name: str, rule: str) -> int:
    found = re.search(rf"\b{name}\b", rule)
    return found.start() + 1 if found else 1


def _amend(tables: dict[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], tuple[Amended, ...]]:
    amended = []
    for amendment in chs_drg_3_0().amendments:
        frame = tables[amendment.table]
        columns = next(table.columns for table in TABLES if table.name == amendment.table)
        rows = pl.DataFrame(amendment.rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        added = rows.join(frame, on=columns, how="anti", maintain_order="left")
        tables = {**tables, amendment.table: pl.concat([frame, added], how="diagonal")}
        cited = (amendment.citation, amendment.citation_zh)
        amended.append(Amended(amendment.table, *cited, tuple(added.rows()), len(amendment.rows)))
    return tables, tuple(amended)


def _verification(
    workbook: Workbook,
    expected: dict[str, int],
    amended: tuple[Amended, ...],
    left_out: tuple[LeftOut, ...],
) -> Verification:
    counts = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in workbook.counts.items())
    edition = chs_drg_3_0().editions.get(workbook.sha256)
    source = f"the published file, {edition}" if edition else "a workbook of unknown digest"
    as_published = workbook.counts == expected
    parts = [
        f"read from {source}: {counts}",
        "these are the published counts" if as_published else "these are not the published counts",
        *workbook.notes,
        *(f"{len(a.added)} rows added to {a.table}: {a.citation}" for a in amended if a.added),
    ]
    if left_out:
        parts.append(f"partial: {len(left_out)} groups whose sets are absent were left out")
    # The counts of an edited copy may be right, its digest cannot.
    return Verification(
        status="official" if edition else "transcribed" if as_published else "unverified",
        note="; ".join(parts),
    )
