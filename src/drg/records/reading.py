"""Files as hospitals have them → discharges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import polars as pl

from drg.columns import ALL
from drg.errors import InputError
from drg.records import notes
from drg.records.binding import Binding
from drg.records.bound_fields import Elsewhere
from drg.records.cases import CODE_VERSIONS, CodeVersion, bound
from drg.records.discharges import Discharges, origins_of
from drg.records.header import detect
from drg.records.header_row import KnownNames, first_of_twins
from drg.records.layout import CANONICAL, Layout
from drg.records.layout_files import find_layout, shipped_layouts
from drg.records.notes import OURS, TABLE
from drg.records.scanning import INPUT_FORMATS, stacked, tables_of
from drg.records.source_tables import Dialect, SourceTable
from drg.words import Joined, Sentence


def read(
    files: str | Path | Iterable[str | Path],
    *,
    layout: str | Path | Layout | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    codes: CodeVersion = "insurance",
) -> Discharges:
    """Discharges from files as hospitals have them.

    Args:
        files: Parquet, CSV or workbooks of one layout, or directories of them. The tables of a settlement
            list are told apart by their headers and may come in any order.
        layout: its id or the path of its file, if it should not be found out by the header.
        encoding: of text files, such as gb18030, if it should not be found out.
        delimiter: between the cells of text files, if it should not be found out.
        sheet: the name or number of the sheet of workbooks; by default every sheet that a reader sees and
            that holds the same kind of table.
        header_row: the row that holds the names of the columns, counted from 1, if it should not be found.
        codes: the version of the codes in the files; clinical (国临版) ones are converted.

    Raises:
        InputError: a file cannot be read, or its header fits no layout.
    """
    if codes not in CODE_VERSIONS:
        raise InputError(
            Sentence("there is no code version {name!r}", name=codes),
            field="codes",
            fix=Sentence("Give one of {names}", names=Joined(", ", CODE_VERSIONS)),
        )
    paths = expanded([files] if isinstance(files, str | Path) else files)
    dialect = Dialect(encoding, delimiter, sheet, header_row)
    known = shipped_layouts() if layout is None else {"": find_layout(layout)}
    names = KnownNames(known.values())
    tables = [table for path in paths for table in tables_of(path, dialect, names)]
    _check_distinct(tables)
    found, kinds = _recognised(tables, known)
    frames = labelled_tables(tables)
    gathered: dict[str, Elsewhere] = {}
    remarks = [table.remarks for table in tables]
    first = None
    if found.table:
        from drg.records.visits import gather

        first = found.table[0].name
        members = {
            name: stacked([frame for frame, kind in zip(frames, kinds, strict=True) if kind == name])
            for name in dict.fromkeys(filter(None, kinds))
        }
        _check_tables(found, members, paths)
        everything = gather(found, members, origins_of(tables))
        rows, gathered = everything.frame, everything.columns
        remarks.append(everything.findings)
    else:
        rows = stacked(frames)
        remarks += _columns_of_others(found, tables)
    schema = rows.collect_schema()
    own = {name: dtype for name, dtype in schema.items() if not name.startswith(OURS)}
    binding = Binding(found, own, first, gathered)
    remarks += _columns_twice(binding, tables)
    discharges = Discharges(
        rows,
        binding,
        codes,
        paths,
        notes.together(remarks),
        tuple(tables),
    )
    if found.id != CANONICAL and "principal_diagnosis" not in binding.columns:
        raise InputError(
            Sentence(
                "there is no principal diagnosis, which {layout} calls {name}",
                layout=found.id,
                name=discharges.called("principal_diagnosis"),
            ),
            file=paths[0],
            fix=Sentence(
                "Export the file with this column, or give a layout that says where it is; "
                "drg layouts guess {file} makes one",
                file=paths[0],
            ),
        )
    return discharges


def read_results(files: Iterable[Path]) -> Discharges:
    """Cases as this package has written them, perhaps through a spreadsheet program, of one layout or none.

    Raises:
        InputError: a file cannot be read, or is not grouped though others are.
    """
    known = KnownNames(shipped_layouts().values())
    paths = tuple(files)
    check_once(paths)
    tables = [table for path in paths for table in tables_of(path, Dialect(), known)]
    _check_distinct(tables)
    rows = stacked(labelled_tables(tables))
    remarks = [table.remarks for table in tables]
    binding = _bound(rows)
    _check_grouped(tables, binding)
    return Discharges(
        rows,
        binding,
        "insurance",
        paths,
        notes.together(remarks),
        tuple(tables),
    )


def _bound(rows: pl.LazyFrame) -> Binding:
    return bound({name: type_ for name, type_ in rows.collect_schema().items() if not name.startswith(OURS)})


def _check_grouped(tables: Sequence[SourceTable], all_: Binding) -> None:
    """Refuse a file that is not grouped among others that are: its cases would count as not grouped."""
    for table in tables if len(tables) > 1 else ():
        own = _bound(table.frame)
        for name in ("drg", "grouping_status"):
            if all_.has(name) and not own.has(name):
                raise InputError(
                    Sentence("the column {name} is missing, which other files have", name=name),
                    file=table.file,
                    field=name,
                    fix=Sentence("Group the discharges first: drg group FILE -o grouped.csv --grouper ID"),
                )


def labelled_tables(tables: Sequence[SourceTable]) -> list[pl.LazyFrame]:
    """The rows of each table, with its number if there are several."""
    if len(tables) == 1:
        return [tables[0].frame]
    return [
        table.frame.with_columns(pl.lit(number, dtype=pl.UInt32).alias(TABLE))
        for number, table in enumerate(tables)
    ]


def expanded(files: Iterable[str | Path]) -> tuple[Path, ...]:
    """The files, and for each directory the tables in it."""
    paths: list[Path] = []
    for given in files:
        path = Path(given)
        if not path.is_dir():
            paths.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if _is_table(file))
        if not inside:
            raise InputError(
                Sentence("there is no table in this directory"),
                file=path,
                fix=Sentence("Tables end in {endings}", endings=Joined(", ", INPUT_FORMATS)),
            )
        paths += inside
    if not paths:
        raise InputError(
            Sentence("no file was given"),
            fix=Sentence("Give the path of a Parquet, CSV, Excel or dBASE file"),
        )
    check_once(paths)
    return tuple(paths)


def check_once(paths: Sequence[Path]) -> None:
    """Refuse a file that is given twice, under whatever name: its cases would count twice."""
    first: dict[tuple[int, int], Path] = {}
    for path in paths:
        # What is not there, or is no file, is told by who reads it.
        if not path.is_file():
            continue
        status = path.stat()
        key = (status.st_dev, status.st_ino)
        if key in first:
            problem = Sentence("this is the same file as {name}", name=first[key].name)
            raise InputError(problem, file=path, fix=Sentence("Name it once"))
        # Some file systems of Windows have no numbers of files.
        if status.st_ino:
            first[key] = path


def _is_table(file: Path) -> bool:
    hidden = file.name.startswith((".", "~$"))
    return file.is_file() and not hidden and file.name.lower().endswith(INPUT_FORMATS)


def _columns_of_others(layout: Layout, tables: Sequence[SourceTable]) -> list[pl.DataFrame]:
    """Findings on columns that some of the tables have, and others do not."""
    bindings = [Binding(layout, dict.fromkeys(table.names, pl.String())) for table in tables]
    every = dict.fromkeys(name for binding in bindings for name in binding.columns)
    found = []
    for table, binding in zip(tables, bindings, strict=True):
        for name in every:
            if name not in binding.columns:
                called = next(one.called(name) for one in bindings if name in one.columns)
                missing = notes.column_missing(ALL[name], called, layout.id, table.header_row)
                found.append(table.placed(missing))
    return found


def _columns_twice(binding: Binding, tables: Sequence[SourceTable]) -> list[pl.DataFrame]:
    """Findings on columns that are read, and whose names stand in a header twice."""
    return [
        table.placed(notes.column_twice(first, table.header_row))
        for table in tables
        for first in dict.fromkeys(map(first_of_twins, table.names))
        if first in binding.names
    ]


def _check_distinct(tables: Sequence[SourceTable]) -> None:
    """Refuse a workbook two of whose sheets hold the same rows: its cases would be paid twice."""
    by_file: dict[Path, list[SourceTable]] = {}
    for table in tables:
        if table.sheet is not None:
            by_file.setdefault(table.file, []).append(table)
    for file, sheets in by_file.items():
        for one, other in combinations(sheets, 2):
            if set(one.names) != set(other.names):
                continue
            rows = [sheet.frame.select(one.names).unique().collect() for sheet in (one, other)]
            least = min(frame.height for frame in rows)
            both = rows[0].join(rows[1], on=one.names, how="semi", nulls_equal=True).height
            if both * 2 > least:
                raise InputError(
                    Sentence(
                        "sheets {one} and {other} have {count} rows in common",
                        one=one.sheet,
                        other=other.sheet,
                        count=both,
                    ),
                    file=file,
                    fix=Sentence("Say which sheet holds the cases: --sheet {one}", one=one.sheet),
                )


def _recognised(
    tables: Sequence[SourceTable], layouts: Mapping[str, Layout]
) -> tuple[Layout, list[str | None]]:
    """The layout of the tables, and which table of it each is."""
    (only, *others) = layouts.values()
    if not others and not only.table:
        return only, [None] * len(tables)
    found = [detect(table.names, layouts, table.file) for table in tables]
    for table, candidate in zip(tables, found, strict=True):
        if candidate.layout.id != found[0].layout.id:
            raise InputError(
                Sentence(
                    "the header is that of {layout}, but the first file is {first}",
                    layout=candidate.layout.id,
                    first=found[0].layout.id,
                ),
                file=table.label,
                fix=Sentence("Read files of different layouts one after the other"),
            )
    return found[0].layout, [one.table.name if one.table else None for one in found]


def _check_tables(layout: Layout, frames: Mapping[str, pl.LazyFrame], files: Sequence[Path]) -> None:
    missing = [table for table in layout.table if table.required and table.name not in frames]
    if missing:
        names = Joined(" and ", (f"{table.name} ({table.title_zh})" for table in missing))
        raise InputError(
            Sentence("{layout} needs {names} as well", layout=layout.id, names=names),
            file=files[0],
            fix=Sentence("Give all its files, or the directory that holds them"),
        )
