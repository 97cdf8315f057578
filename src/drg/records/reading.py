"""Files as hospitals have them → discharges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from drg.errors import InputError
from drg.records import notes
from drg.records.binding import Binding
from drg.records.cases import CODE_VERSIONS, CodeVersion
from drg.records.discharges import Discharges
from drg.records.files import INPUT_FORMATS, Dialect, scan, stacked
from drg.records.header import detect
from drg.records.layout import CANONICAL, Layout
from drg.records.layout_files import find_layout, shipped_layouts
from drg.records.notes import FILE, OURS, ROW
from drg.words import Joined, Sentence


def read(
    files: str | Path | Iterable[str | Path],
    *,
    layout: str | Path | Layout | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    codes: CodeVersion = "insurance",
) -> Discharges:
    """Discharges from files as hospitals have them.

    Args:
        files: Parquet, CSV or workbooks of one layout, or directories of them. The tables of a settlement
            list are told apart by their headers and may come in any order.
        layout: its id or the path of its file, if it should not be found out by the header.
        encoding: of text files, such as gb18030, if it should not be found out.
        delimiter: between the cells of text files, if it should not be found out.
        sheet: the name or number of the sheet of workbooks, by default the first.
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
    paths = _expanded([files] if isinstance(files, str | Path) else files)
    dialect = Dialect(encoding, delimiter, sheet)
    scans = {path: scan(path, dialect, row=ROW) for path in paths}
    known = shipped_layouts() if layout is None else {"": find_layout(layout)}
    found, tables = _recognised(scans, known)
    headers = {path: frozenset(frame.collect_schema().names()) for path, frame in scans.items()}
    if len(paths) > 1 and not found.table:
        scans = {path: frame.with_columns(pl.lit(str(path)).alias(FILE)) for path, frame in scans.items()}
    remarks, gathered = notes.no_findings(), {}
    first = None
    if found.table:
        from drg.records.visits import gather

        first = found.table[0].name
        frames = {
            name: stacked([scans[path] for path in members]) for name, members in _by_table(tables).items()
        }
        _check_tables(found, frames, paths)
        everything = gather(found, frames)
        rows, gathered, remarks = everything.frame, everything.columns, everything.findings
    else:
        rows = stacked(list(scans.values()))
    schema = rows.collect_schema()
    own = {name: dtype for name, dtype in schema.items() if not name.startswith(OURS)}
    binding = Binding(found, own, first, gathered)
    discharges = Discharges(rows, binding, codes, paths, remarks, headers)
    if found.id != CANONICAL and "principal_diagnosis" not in binding.columns:
        raise InputError(
            Sentence(
                "there is no principal diagnosis, which {layout} calls {name}",
                layout=found.id,
                name=discharges.called("principal_diagnosis"),
            ),
            file=paths[0],
            fix=Sentence("Export the file with this column, or give a layout that says where it is"),
        )
    return discharges


def _expanded(files: Iterable[str | Path]) -> tuple[Path, ...]:
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
            Sentence("no file was given"), fix=Sentence("Give the path of a Parquet, CSV or Excel file")
        )
    return tuple(paths)


def _is_table(file: Path) -> bool:
    hidden = file.name.startswith((".", "~$"))
    return file.is_file() and not hidden and file.name.lower().endswith(INPUT_FORMATS)


def _recognised(
    scans: Mapping[Path, pl.LazyFrame], layouts: Mapping[str, Layout]
) -> tuple[Layout, dict[Path, str | None]]:
    """The layout of the files, and which table each is."""
    (only, *others) = layouts.values()
    if not others and not only.table:
        return only, dict.fromkeys(scans)
    found = {}
    for path, frame in scans.items():
        names = [name for name in frame.collect_schema().names() if name != ROW]
        found[path] = detect(names, layouts, path)
    (first, *_) = found.values()
    for path, candidate in found.items():
        if candidate.layout.id != first.layout.id:
            raise InputError(
                Sentence(
                    "the header is that of {layout}, but the first file is {first}",
                    layout=candidate.layout.id,
                    first=first.layout.id,
                ),
                file=path,
                fix=Sentence("Read files of different layouts one after the other"),
            )
    return first.layout, {path: c.table.name if c.table else None for path, c in found.items()}


def _by_table(tables: Mapping[Path, str | None]) -> dict[str, list[Path]]:
    members: dict[str, list[Path]] = {}
    for path, table in tables.items():
        members.setdefault(table or "", []).append(path)
    return members


def _check_tables(layout: Layout, frames: Mapping[str, pl.LazyFrame], files: Sequence[Path]) -> None:
    missing = [table for table in layout.table if table.required and table.name not in frames]
    if missing:
        names = Joined(" and ", (f"{table.name} ({table.title_zh})" for table in missing))
        raise InputError(
            Sentence("{layout} needs {names} as well", layout=layout.id, names=names),
            file=files[0],
            fix=Sentence("Give all its files, or the directory that holds them"),
        )
