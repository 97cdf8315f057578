"""Rows of a scheme that stand in tables beside it, such as those of ``[amounts]`` in ``amounts.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from drg.errors import SchemeError
from drg.payment.weights import table_rows
from drg.words import Joined, Sentence

# The table of each section, and the columns that it must have.
TABLES: Final = {
    "amounts": ("amounts.csv", ("drg", "amount_yuan")),
    "incentive": ("incentives.csv", ("hospital", "coefficient")),
}


class SchemeTables:
    """The tables beside one scheme, by the sections whose rows they hold.

    Args:
        directory: of the scheme.
        known: as ``TABLES``, those that schemes of its kind can have.
    """

    def __init__(self, directory: Path, known: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
        # The numbers of the rows in a spreadsheet, by section.
        self.rows: dict[str, list[int]] = {}
        self._files = {name: directory / file for name, (file, _) in known.items()}
        self._required = {name: columns for name, (_, columns) in known.items()}

    def add(self, entries: dict[str, Any]) -> None:
        """Put the rows of the tables into their sections.

        Args:
            entries: of the scheme.

        Raises:
            SchemeError: a table is no table, or no section or other rows are for it.
        """
        for name, file in self._files.items():
            if not file.exists():
                continue
            section = entries.get(name)
            if not isinstance(section, dict):
                problem = Sentence("there is {file}, but no section [{name}]", file=file.name, name=name)
                fix = Sentence("Add [{name}] with a source to scheme.toml, or remove the file", name=name)
                raise SchemeError(problem, file=file, fix=fix)
            if "rows" in section:
                problem = Sentence("[{name}] has rows, and {file} has too", file=file.name, name=name)
                raise SchemeError(problem, file=file, fix=Sentence("Keep one of the two"))
            section["rows"], self.rows[name] = _read(file, self._required[name])

    def place(self, loc: Sequence[int | str]) -> tuple[Path, int | None] | None:
        """The table and the row in which an entry stands; None if it stands in the scheme itself."""
        if not loc or loc[0] not in self.rows or list(loc[1:2]) not in ([], ["rows"]):
            return None
        name, numbers = str(loc[0]), self.rows[str(loc[0])]
        at = loc[2] if len(loc) > 2 else None
        return self._files[name], numbers[at] if isinstance(at, int) else None

    def placed(self, error: SchemeError, loc: Sequence[int | str]) -> SchemeError:
        """An error on an entry, at the place where the entry stands."""
        if place := self.place(loc):
            error.file, error.row = str(place[0]), place[1]
            error.field = str(loc[3]) if len(loc) > 3 else None
        return error


def _read(file: Path, required: tuple[str, ...]) -> tuple[list[dict[str, str]], list[int]]:
    """The rows of a table without empty cells, and their numbers in a spreadsheet."""
    rows = table_rows(file)
    header = [name.strip() for name in next(rows, [])]
    if not set(required) <= set(header) or len(set(header)) < len(header):
        shown = Joined(", ", header) if any(header) else Sentence("missing")
        fix = Sentence("They must be {names} and, if needed, others, each once", names=Joined(", ", required))
        raise SchemeError(Sentence("the columns are {names}", names=shown), file=file, row=1, fix=fix)
    entries, numbers = [], []
    for number, cells in enumerate(rows, start=2):
        if len(cells) > len(header):
            problem = Sentence(
                "the row has {cells} cells, but the header has {columns}",
                cells=len(cells),
                columns=len(header),
            )
            fix = Sentence(
                "Give the row one cell per column; put a name that holds a comma in quotation marks"
            )
            raise SchemeError(problem, file=file, row=number, fix=fix)
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
        if given:
            entries.append(given)
            numbers.append(number)
    return entries, numbers
