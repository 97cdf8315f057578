"""What a bureau returns of cases: a table of results of any layout, bound by its names and contents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.categories import CaseClass
from drg.records import guess_names as names
from drg.records import notes
from drg.records.binding import Binding
from drg.records.cases import CodeVersion
from drg.records.discharges import Discharges
from drg.records.frames import as_lazy
from drg.records.guess import Found, Guessing
from drg.records.guess_contents import MOST, contents
from drg.records.header_row import KnownNames
from drg.records.layout import Layout, ResultsLayout, Source
from drg.records.layout_files import find_layout, shipped_layouts
from drg.records.notes import OURS, ROW
from drg.records.reading import check_once, expanded, labelled_tables
from drg.records.scanning import stacked, tables_of
from drg.records.source_tables import Dialect, SourceTable
from drg.words import Sentence

# Rows that are looked at.
_ROWS: Final = 20_000
_GROUP: Final = r"^\s*[A-Za-z][A-Za-z0-9]{2,5}(?:[^A-Za-z0-9]|$)|^\s*0{3,4}\s*$"
_GROUPS: Final = ("mdc", "adrg", "drg")
_PRINCIPAL: Final = {
    "principal_diagnosis": "other_diagnoses",
    "principal_procedure": "other_procedures",
}
_CLASSES: Final = {
    CaseClass.NORMAL: "正常 正常病例 正常倍率病例 正常入组 普通病例 常规病例 一般病例",
    CaseClass.HIGH: "高 高倍率病例 高倍率病案 高费用 高费用病例 费用极高病例 超高病例",
    CaseClass.LOW: "低 低倍率病例 低倍率病案 低费用 低费用病例 费用极低病例 超低病例",
    CaseClass.SPECIAL: "特例单议病例 特病单议 特殊病例单议 单议 特例",
    CaseClass.EXTREME: "极高费用病例 费用特高病例",
    CaseClass.BED_DAY: "床日病例 床日付费 按床日付费",
    CaseClass.DAY_SURGERY: "日间手术病例 日间病例",
    CaseClass.UNGROUPED: "未入组病例 无法入组 未分组",
    CaseClass.AMBIGUOUS: "歧义 歧义组 歧义病例 QY",
    CaseClass.LONG: "住院时间过长 长住院 超长住院",
    CaseClass.SHORT: "住院时间过短 短住院",
}
_WORDS: Final = {word: str(kind) for kind, words in _CLASSES.items() for word in words.split()}


@dataclass(frozen=True)
class Returned:
    """What a bureau returns.

    Attributes:
        cases: in the columns of the registry.
        ids: the columns whose names say that they identify a stay or a record.
        doubts: columns whose reading should be looked at, and why.
    """

    cases: Discharges
    ids: tuple[str, ...]
    doubts: tuple[tuple[str, Sentence], ...]


def read_returned(
    files: str | Path | Iterable[str | Path],
    *,
    layout: str | Path | Layout | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    codes: CodeVersion = "insurance",
) -> Returned:
    """Results from files as a bureau returns them; for the arguments see ``reading.read``.

    Raises:
        InputError: a file cannot be read.
    """
    paths = expanded([files] if isinstance(files, str | Path) else files)
    check_once(paths)
    given = () if layout is None else (find_layout(layout, ResultsLayout),)
    known = given or (*shipped_layouts().values(), names.names_layout("name", "result"))
    dialect = Dialect(encoding, delimiter, sheet, header_row)
    tables = [table for path in paths for table in tables_of(path, dialect, KnownNames(known))]
    rows = stacked(labelled_tables(tables))
    return _returned(rows, tables, paths, given[0] if given else None, codes)


def of_frame(data: Any, codes: CodeVersion = "insurance") -> Returned:
    """Results from a frame of any kind."""
    rows = as_lazy(data, lambda schema: tuple(schema))
    table = SourceTable(Path("-"), rows, tuple(rows.collect_schema().names()))
    return _returned(rows, [table], (), None, codes)


def _returned(
    rows: pl.LazyFrame,
    tables: list[SourceTable],
    paths: tuple[Path, ...],
    given: Layout | None,
    codes: CodeVersion,
) -> Returned:
    own = {name: dtype for name, dtype in rows.collect_schema().items() if not name.startswith(OURS)}
    base: Layout | None = None
    found: list[Found] = []
    if given is None:
        first = replace(tables[0], names=tuple(name for name in own if name.strip()))
        cells = rows.head(_ROWS).collect()
        looking = _Looking(first, {name: contents(name, cells[name]) for name in first.names})
        base, found = looking.everything()
    sources = tuple(source for one in found for source in one.sources)
    named = {source.column for source in sources}
    sources += tuple(source for source in (base.field if base else ()) if source.column not in named)
    title = Sentence("return of the bureau")
    layout = given or ResultsLayout(id="returned", title=str(title), title_zh=title.to("zh"), field=sources)
    remarks = notes.together([table.remarks for table in tables])
    cases = Discharges(rows, Binding(layout, own), codes, paths, remarks, tuple(tables) if paths else ())
    doubts = tuple((", ".join(one.names), doubt) for one in found for doubt in one.doubts)
    return Returned(cases, id_columns(own), doubts)


def id_columns(header: Iterable[str]) -> tuple[str, ...]:
    """The columns whose names say that they identify a stay or a record of a patient."""
    said = {name: names.said(name) for name in header if name != ROW}
    return tuple(name for name, one in said.items() if one and one.role in ("case_id", names.RECORD_NUMBER))


class _Looking(Guessing):
    """What the columns of a table of results are."""

    def said(self, name: str) -> names.Said | None:
        """What a column is by its name; a group has to look like one, else it is the name of one."""
        said = names.said_of_results(name)
        if said and said.role in _GROUPS:
            looked = self.looked[name]
            if not looked.is_empty and looked.share(_GROUP) < MOST:
                return names.Said("drg_name", said.rank) if said.role == "drg" else None
        return said

    def everything(self) -> tuple[Layout | None, list[Found]]:
        """As ``found``, with the words of bureaus for classes."""
        base, found = self.found()
        by_column = {one.column: self._with_words(one) for one in found}
        for principal, others in _PRINCIPAL.items():
            self._put_among_others(by_column, principal, others)
        return base, list(by_column.values())

    def _put_among_others(self, found: dict[str, Found], principal: str, others: str) -> None:
        """What is called another code is not the principal one, though no column is: a return may lack it."""
        first = found.get(principal)
        if first is None or not all(self._is_other(name, others) for name in first.names):
            return
        del found[principal]
        rest = found[others].names if others in found else ()
        parts = tuple((name,) for name in (*first.names, *rest))
        kind = "codes_wide" if len(parts) > 1 else "codes"
        source = Source(column=others, parts=parts, conversion=kind)
        found[others] = Found(others, (*first.names, *rest), (source,))

    def _is_other(self, name: str, others: str) -> bool:
        said = self.said(name)
        return (said is not None and said.role == others) or names.part_said(name) == names.OTHER

    @staticmethod
    def _with_words(found: Found) -> Found:
        if found.column != "case_class":
            return found
        return replace(found, sources=tuple(replace(one, values=_WORDS) for one in found.sources))
