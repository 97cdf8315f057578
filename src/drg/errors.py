"""Every error that drg raises on purpose.

    DrgError
    ├── TablesError             a grouper version cannot be used as it stands
    │   ├── RuleError           a rule is not in the published notation
    │   └── UnknownGrouperError no version of that name
    ├── SchemeError             a payment scheme cannot be used as it stands
    │   └── UnknownSchemeError  no scheme of that name
    ├── InputError              the discharge data cannot be read at all
    │   └── MissingColumnError  a column that nothing can be done without is absent
    ├── LedgerError             a ledger cannot be used as it stands, or does not take what it is given
    └── OutputError             the result cannot be written

A case that cannot be grouped is not an error: it stays in its row with a status and a reason.
"""

from __future__ import annotations

import copyreg
import difflib
import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from drg.words import ENGLISH, Sentence, recognised, told


def _ended(text: str, language: str) -> str:
    # A text of several lines is a list, not a sentence.
    if text.endswith((".", "?", "!", "。", "？", "！")) or "\n" in text:
        return text
    return text + Sentence(".").to(language)


def _within(place: str, part: Sentence) -> Sentence:
    return Sentence("{place}, {part}", place=place, part=part) if place else part


class DrgError(Exception):
    """Base of all errors of this package.

    Args:
        problem: what is wrong, in one sentence without a full stop; a ``Sentence``, if it is to be told in
            other languages too.
        file: the file (or table) in which it was found.
        row: the row as a spreadsheet numbers it: the header is row 1.
        field: the column.
        fix: what the reader can do about it; a ``Sentence`` likewise.
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
        self.file = str(file) if isinstance(file, Path) else file
        self.row = row
        self.field = field
        self.fix = fix
        super().__init__(str(self))

    @property
    def place(self) -> str:
        """Where it is: ``adrg.csv, row 12, column rule``; empty if no place is known."""
        place = self.file or ""
        if self.row is not None:
            place = _within(place, Sentence("row {row}", row=self.row))
        if self.field is not None:
            place = _within(place, Sentence("column {column}", column=self.field))
        return place

    def text(self, language: str) -> str:
        """The whole message in a language: where, what, and what to do."""
        place, problem, fix = (told(part or "", language) for part in (self.place, self.problem, self.fix))
        text = _ended(place + Sentence(": ").to(language) + problem if place else problem, language)
        if not fix:
            return text
        between = "\n" if "\n" in text else Sentence(" ").to(language)
        return text + between + _ended(fix, language)

    def __str__(self) -> str:
        return self.text(ENGLISH)

    def __reduce__(self) -> tuple[Any, ...]:
        # Not made anew, which would ask for what a subclass needs: processes hand errors to each other.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


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
        return _within(super().place, Sentence("character {character}", character=self.character))

    def text(self, language: str) -> str:
        """The whole message in a language, and the rule with a mark below that character."""
        start = max(0, self.character - 1 - 40)
        window = self.rule[start : start + 80].replace("\n", " ")
        pointer = " " * (self.character - 1 - start) + "^"
        return f"{super().text(language)}\n    {window}\n    {pointer}"


class UnknownGrouperError(TablesError):
    """No grouper version of that name is installed."""


class SchemeError(DrgError):
    """A payment scheme cannot be used as it stands."""


class UnknownSchemeError(SchemeError):
    """No payment scheme of that name is installed."""


class InputError(DrgError):
    """The discharge data cannot be read at all."""


class MissingColumnError(InputError):
    """A column that nothing can be done without is absent, or any that is needed, if that was asked."""


class MissingColumnWarning(UserWarning):
    """The data lacks columns that the version or the scheme asks for; they count as not known."""


class LedgerError(DrgError):
    """A ledger cannot be used as it stands, or does not take what it is given."""


class OutputError(DrgError):
    """The result cannot be written."""


_BY_THE_SYSTEM: Final = (
    Sentence("No such file or directory"),
    Sentence("Permission denied"),
    Sentence("Is a directory"),
    Sentence("Not a directory"),
    Sentence("File exists"),
    Sentence("File name too long"),
    Sentence("No space left on device"),
    Sentence("Read-only file system"),
    Sentence("File too large"),
    Sentence("Disk quota exceeded"),
    Sentence("Input/output error"),
    Sentence("Too many levels of symbolic links"),
)
# How polars says what the system said.
_OF_POLARS: Final = re.compile(r"(?:.*: )?(.*) \(os error (\d+)\)")
_NO_ROOM: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def system_reason(error: OSError) -> str:
    """Why the system refused something."""
    told = _OF_POLARS.match(str(error))
    return recognised(error.strerror or (told[1] if told else str(error)), _BY_THE_SYSTEM)


def no_room(error: BaseException) -> OSError | None:
    """Why something could not be written, if that is what an error of polars or the system says."""
    told = _OF_POLARS.match(str(error))
    number = int(told[2]) if told else (isinstance(error, OSError) and error.errno) or 0
    return OSError(number, os.strerror(number)) if number in _NO_ROOM else None


# Characters of a faulty line that a message repeats.
_SHOWN: Final = 120


def not_toml(error: ValueError, text: str, kind: type[DrgError], file: Path, fix: Sentence) -> DrgError:
    """The error on a text that is no TOML: where in it, and what stands there."""
    place = re.search(r"line (\d+), column (\d+)", str(error))
    if place is None:
        return kind(Sentence("not valid TOML: the last entry is not complete"), file=file, fix=fix)
    row, character = map(int, place.groups())
    whole = text.split("\n")[row - 1].rstrip()
    # What a console would take for a command is not shown to it.
    line = "".join(one if one.isprintable() or one == "\t" else "\ufffd" for one in whole[:_SHOWN])
    problem = Sentence("not valid TOML from character {character} on: {line}", character=character, line=line)
    if re.match("Cannot (overwrite|declare|mutate|redefine)|Duplicate", str(error)):
        problem = Sentence("what this line says was said above: {line}", line=line)
    return kind(problem, file=file, row=row, fix=fix)


def did_you_mean(wrong: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """``Did you mean …?`` with the nearest known name, or an empty string if none is as alike."""
    by_fold = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wrong.casefold(), list(by_fold), n=1, cutoff=likeness)
    return Sentence("Did you mean {name!r}?", name=by_fold[near[0]]) if near else ""
