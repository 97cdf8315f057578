"""Names that are new, by the old ones; ``renamed.toml`` says which."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.examples.tables import Figures, Table


class Renamed(NamedTuple):
    """New names by the old ones, and new names of files and directories by the old ones."""

    names: Mapping[str, str]
    files: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> Renamed:
        return cls(**tomllib.loads(file.read_text(encoding="utf-8")))

    def files_of(self, files: Mapping[str, Figures]) -> dict[str, Figures]:
        """Figures under their new names."""
        return {
            "/".join(self.files.get(part, part) for part in file.split("/")): {
                self._heading(sheet): self._table(table) for sheet, table in sheets.items()
            }
            for file, sheets in files.items()
        }

    def _heading(self, text: str) -> str:
        """The new name of a heading, or of each name in one such as ``病组 drg`` or ``discharge.sex``."""
        if text in self.names:
            return self.names[text]
        return re.sub(r"\w+", lambda word: self.names.get(word[0], word[0]), text)

    def _table(self, table: Table) -> Table:
        rows = [[self.names.get(cell, cell) for cell in row] for row in table.rows]
        if "path" in table.columns:
            place = table.columns.index("path")
            for row in rows:
                row[place] = self._heading(row[place])
        return Table([self._heading(column) for column in table.columns], rows)
