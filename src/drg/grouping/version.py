"""A version by id, directory or tables → its program, from the cache if an earlier run has made it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from drg.errors import TablesError
from drg.grouping.program import Program
from drg.grouping.program_file import keep_program, key_of, load_program
from drg.tables.locate import find
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.tables import GrouperTables


class Version:
    """One version, checked and compiled; its tables are read when they are asked for.

    Args:
        grouper: the id of an installed version, the path of a directory that holds one, or loaded tables.

    Attributes:
        id: of the version.
        program: the compiled version.

    Raises:
        UnknownGrouperError: if no such version is installed.
        TablesError: if its tables do not hang together; RuleError if a rule cannot be read.
    """

    id: str
    program: Program

    def __init__(self, grouper: str | Path | GrouperTables) -> None:
        if isinstance(grouper, str | Path):
            self._directory: Path | None = find(grouper)
            self._key = key_of(self._directory)
            kept = None if self._key is None else load_program(self._key)
            if kept is not None:
                self.id, self.program = kept
                return
            tables = self._read()
        else:
            self._directory, self._key, tables = None, None, grouper
        from drg.grouping.compiler import compile_tables

        self.tables = tables
        self.id, self.program = tables.manifest.id, compile_tables(tables)
        if self._key is not None:
            keep_program(self._key, self.id, self.program)

    @cached_property
    def tables(self) -> GrouperTables:
        """The tables of the version.

        Raises:
            TablesError: their files have changed since the version was made ready.
        """
        return self._read()

    def _read(self) -> GrouperTables:
        from drg.tables.load import load_tables

        assert self._directory is not None
        tables = load_tables(self._directory)
        if self._key != key_of(self._directory):
            raise TablesError(
                Sentence("the files of the version were changed while it was being read"),
                file=self._directory,
                fix=Sentence("Start again"),
            )
        return tables
