"""The lines of text files: which are odd, found in one quick pass; and files that polars cannot read."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice, starmap
from typing import Final

import polars as pl

from drg.records.row_kinds import FIRST_WORDS

LINE: Final = "line"
NUMBER: Final = "number"
# A record goes on over at most so many lines; beyond that its quotation mark is a stray one.
_MOST_LINES: Final = 200
# Fewer may stand in a line of text by chance.
_ENOUGH_DELIMITERS: Final = 3


@dataclass(frozen=True)
class OddLines:
    """The lines of a text file that are not plainly a row of so many cells.

    Attributes:
        rows: number of each line, counted from 1, and its cells.
        blank: number and count of cells of each line in which nothing is written.
        lines: how many there are in all.
        deleted: the number of each line that the file itself says is deleted.
    """

    rows: list[tuple[int, list[str]]]
    blank: list[tuple[int, int]]
    lines: int
    deleted: Sequence[int] = ()


class NotPlainError(Exception):
    """The lines cannot be read by polars as they are: see ``Mended``."""


def odd_lines(frame: pl.LazyFrame, delimiter: str, names: Sequence[str], after: int) -> OddLines:
    """Look through the lines of a text.

    Args:
        frame: the lines, with their numbers; columns ``LINE`` and ``NUMBER``.
        delimiter: what stands between cells.
        names: of the columns.
        after: the line of the header; only lines below it are looked at.

    Raises:
        NotPlainError: a quotation mark is not closed in its line, a line holds a carriage return, or the
            text is not UTF-8.
    """
    line = pl.col(LINE)
    maybe_no_case = line.str.contains(_beginning(delimiter))
    if names[0]:
        maybe_no_case |= line.str.strip_chars_start('"').str.starts_with(names[0])
    open_quote = line.str.count_matches('"', literal=True) % 2 != 0
    has_return = line.str.contains("\r", literal=True)
    # Quoted cells may hold delimiters; whether they do, the cells decide.
    odd = (line.str.count_matches(delimiter, literal=True) != len(names) - 1) | maybe_no_case
    try:
        found, lines = pl.collect_all(
            [
                frame.select(
                    NUMBER, LINE, plain=~(open_quote | has_return), odd=odd & (pl.col(NUMBER) > after)
                )
                .filter(pl.col("odd") | ~pl.col("plain"))
                .drop("odd"),
                frame.select(pl.len()),
            ],
            engine="streaming",
        )
    except pl.exceptions.ComputeError as error:
        raise NotPlainError from error
    if not found["plain"].all():
        raise NotPlainError
    is_blank = found[LINE].str.contains(rf'^[\s"{re.escape(delimiter)}]*$')
    others = found.filter(~is_blank)
    return OddLines(
        rows=[(row, _cells(text, delimiter)) for row, text in others.select(NUMBER, LINE).rows()],
        blank=found.filter(is_blank)
        .select(NUMBER, line.str.count_matches(delimiter, literal=True) + 1)
        .rows(),
        lines=int(lines.item()),
    )


def _beginning(delimiter: str) -> str:
    """The pattern of lines that may be no case, by how they begin."""
    return rf'^[\s"{re.escape(delimiter)}]*(?:$|{FIRST_WORDS})'


class Mended:
    r"""The records of a text file whose lines are not plain.

    There are cells with line feeds, stray quotation marks, ends of lines of several kinds, lines of another
    encoding.

    Args:
        delimiter: what stands between cells.
        names: of the columns.
        after: the record of the header.

    Attributes:
        odd: as ``odd_lines``; complete after ``lines``.
        stray: the records with a quotation mark that no other closes; it is part of the cell.
        other_encoding: the lines that are GB 18030 and not UTF-8.
        undecodable: the lines that are neither; what cannot be read is ``\ufffd``.
    """

    def __init__(self, delimiter: str, names: Sequence[str] = (), after: int = 0) -> None:
        self._delimiter = delimiter
        self._names = names
        self._after = after
        self.odd = OddLines([], [], 0)
        self.stray: list[int] = []
        self.other_encoding: list[int] = []
        self.undecodable: list[int] = []

    def lines(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The records in UTF-8, one after the other, as polars reads them.

        Args:
            blocks: of the file; each line is UTF-8 or GB 18030.
        """
        number = 0
        first_name = self._names[0] or None
        begins = re.compile(_beginning(self._delimiter))
        for number, cells in enumerate(self.records(blocks), start=1):
            if number <= self._after:
                # Lines are skipped, not records.
                cells = [cell.replace("\n", "") for cell in cells]
            elif not any(cell.strip() for cell in cells):
                self.odd.blank.append((number, len(cells)))
            elif len(cells) != len(self._names) or cells[0] == first_name or begins.match("".join(cells)):
                self.odd.rows.append((number, cells))
            yield (self._delimiter.join(map(self._quoted, cells)) + "\n").encode()
        self.odd = replace(self.odd, lines=number)

    def records(self, blocks: Iterable[bytes]) -> Iterator[list[str]]:
        """The cells of each record."""
        source = starmap(self._decoded, enumerate(_physical_lines(blocks), start=1))
        is_open = _open_quotation(self._delimiter)
        ahead: deque[str] = deque()
        for number in count(1):
            text = ahead.popleft() if ahead else next(source, None)
            if text is None:
                return
            first, used = text, 0
            while is_open(text) and used < _MOST_LINES:
                if used == len(ahead):
                    ahead.extend(islice(source, 1))
                if used == len(ahead):
                    break
                text += "\n" + ahead[used]
                used += 1
            if is_open(text) or self._swallows_rows(text):
                # No end of the quotation in sight, or rows before it: the mark is part of its cell.
                self.stray.append(number)
                yield first.split(self._delimiter)
                continue
            for _ in range(used):
                ahead.popleft()
            yield _cells(text, self._delimiter)

    def _swallows_rows(self, text: str) -> bool:
        """Whether a line inside a quotation is as wide as a row by itself."""
        delimiters = len(self._names) - 1
        if delimiters < _ENOUGH_DELIMITERS:
            return False
        return any(line.count(self._delimiter) >= delimiters for line in text.split("\n")[1:])

    def _decoded(self, number: int, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            text = line.decode("gb18030", errors="replace")
            (self.undecodable if "\ufffd" in text else self.other_encoding).append(number)
            return text

    def _quoted(self, cell: str) -> str:
        plain = not any(character in cell for character in (self._delimiter, '"', "\n", "\r"))
        return cell if plain else '"' + cell.replace('"', '""') + '"'


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of a record."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [""])
    except csv.Error:
        # A cell is longer than the module takes.
        return text.split(delimiter)


def _open_quotation(delimiter: str) -> Callable[[str], bool]:
    """Whether a line ends inside a cell that began with a quotation mark."""
    between = re.escape(delimiter)
    closed = re.compile(rf'(?:^|(?<={between}))\s*"(?:[^"]|"")*"\s*(?=$|{between})')
    opening = re.compile(rf'(?:^|{between})\s*"')
    return lambda text: '"' in text and opening.search(closed.sub("", text)) is not None


def _physical_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file, whether they end with a line feed, a carriage return or both."""
    rest = b""
    for block in blocks:
        text = rest + block
        # A carriage return at the end may be the first half of an end of line.
        last = b"\r" if text.endswith(b"\r") else b""
        pieces = re.split(rb"\r\n|\r|\n", text.removesuffix(last))
        rest = pieces.pop() + last
        yield from pieces
    if rest := rest.removesuffix(b"\r"):
        yield rest
