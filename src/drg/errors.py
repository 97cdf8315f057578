"""Every error that drg raises on purpose.

    DrgError
    ├── TablesError             a grouper version cannot be used as it stands
    │   ├── RuleError           a rule is not in the published notation
    │   └── UnknownGrouperError no version of that name
    ├── SchemeError             a payment scheme cannot be used as it stands
    │   └── UnknownSchemeError  no scheme of that name
    ├── InputError              the discharge data cannot be read at all
    │   └── MissingColumnError  a column that the version's rules need is absent
    ├── LedgerError             a ledger cannot be used as it stands, or does not take what it is given
    └── OutputError             the result cannot be written

A case that cannot be grouped is not an error: it stays in its row with a status and a reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def _sentence(text: str) -> str:
    # A text of several lines is a list, not a sentence.
    return text if text.endswith((".", "?", "!")) or "\n" in text else f"{text}."


class DrgError(Exception):
    """Base of all errors of this package.

    Args:
        problem: what is wrong, in one sentence without a full stop.
        file: the file (or table) in which it was found.
        row: the row as a spreadsheet numbers it: the header is row 1.
        field: the column.
        fix: what the reader can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.row = row
        self.field = field
        self.fix = fix
        super().__init__(str(self))

    @property
    def place(self) -> str:
        """Where it is: ``adrg.csv, row 12, column rule``; empty if no place is known."""
        parts = [self.file] if self.file else []
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.field is not None:
            parts.append(f"column {self.field}")
        return ", ".join(parts)

    def __str__(self) -> str:
        text = _sentence(f"{self.place}: {self.problem}" if self.place else self.problem)
        if not self.fix:
            return text
        return text + ("\n" if "\n" in text else " ") + _sentence(self.fix)


class TablesError(DrgError):
    """A grouper version cannot be used as it stands."""


class RuleError(TablesError):
    """A rule is not in the published notation, or names something that the version does not have.

    Attributes:
        rule: the text of the whole rule.
        character: where in it, counted from 1.
    """

    def __init__(
        self,
        problem: str,
        *,
        rule: str,
        character: int,
        file: str | Path | None = None,
        row: int | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.rule = rule
        self.character = character
        super().__init__(problem, file=file, row=row, field=field, fix=fix)

    @property
    def place(self) -> str:
        """Where it is, down to the character of the rule."""
        return ", ".join(part for part in (super().place, f"character {self.character}") if part)

    def __str__(self) -> str:
        start = max(0, self.character - 1 - 40)
        window = self.rule[start : start + 80].replace("\n", " ")
        pointer = " " * (self.character - 1 - start) + "^"
        return f"{super().__str__()}\n    {window}\n    {pointer}"


class UnknownGrouperError(TablesError):
    """No grouper version of that name is installed."""


class SchemeError(DrgError):
    """A payment scheme cannot be used as it stands."""


class UnknownSchemeError(SchemeError):
    """No payment scheme of that name is installed."""


class InputError(DrgError):
    """The discharge data cannot be read at all."""


class MissingColumnError(InputError):
    """A column that the version's rules need is absent."""


class LedgerError(DrgError):
    """A ledger cannot be used as it stands, or does not take what it is given."""


class OutputError(DrgError):
    """The result cannot be written."""


def did_you_mean(wrong: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """``Did you mean …?`` with the nearest known name, or an empty string if none is as alike."""
    by_fold = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wrong.casefold(), list(by_fold), n=1, cutoff=likeness)
    return f"Did you mean {by_fold[near[0]]!r}?" if near else ""
