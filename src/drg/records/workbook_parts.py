"""The parts of an .xlsx workbook, looked through before any reader allocates memory for them.

A reader of sheets takes memory for every cell between the first and the last, of which a file of some
kilobytes may claim billions; and it gives cells that hold an error, or a formula that was never computed, as
empty ones.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Final
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from drg.records import input_limits as limits

# What the modules raise on archives and XML that are damaged.
DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError),
    *(OSError, ValueError, ElementTree.ParseError, expat.ExpatError),
)
_BLOCK: Final = 1 << 20
# A cell as nearly all programs write it, up to the letters and digits of its place.
_PLACED_CELL: Final = b'<c r="'
_LONGEST_PLACE: Final = 10
# Other ways to write cells and formulas, and the type of cells that hold errors.
_NOT_PLAIN: Final = (b":c", b":f", b'"e"', b"'e'")
_ENDS_NAME: Final = np.isin(np.arange(256), list(b" />\t\r\n"))
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,7})([0-9]{1,10})\Z")


class TooLargeError(Exception):
    """A workbook is larger than it may be.

    Attributes:
        part: the part of the archive.
        rows, columns: how far its cells reach; 0 if it is the text that is too large.
    """

    def __init__(self, part: str, rows: int = 0, columns: int = 0) -> None:
        super().__init__(part)
        self.part = part
        self.rows = rows
        self.columns = columns


@dataclass(frozen=True)
class CellFault:
    """A cell without a value that could be read.

    Attributes:
        row, column: counted from 1.
        text: the error, such as ``#N/A``, or the formula that was never computed, with its ``=``.
    """

    row: int
    column: int
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it holds an error."""
        return self.text.startswith("#")


@dataclass
class SheetContent:
    """How far the cells of a sheet reach, and which of them are faulty.

    Attributes:
        part: of the archive.
        rows, columns: the last ones, counted from 1.
        first_column: the first one with a value, of sheets with faults.
        faults: in the order of the sheet.
    """

    part: str
    rows: int = 0
    columns: int = 0
    first_column: int = 1
    faults: list[CellFault] = field(default_factory=list)


def look_through(archive: zipfile.ZipFile) -> dict[str, SheetContent]:
    """What is in each sheet of a workbook, by its name; all parts are unpacked once, so that damage is found.

    Raises:
        TooLargeError: its text is larger than it may be; for cells see ``check_reach``.
        zipfile.BadZipFile: or another one of ``DAMAGE``.
    """
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise zipfile.BadZipFile
    sheets = _sheets(archive)
    contents = {part: SheetContent(part) for part in sheets.values()}
    left = limits.LARGEST_WORKBOOK_BYTES
    for part in names:
        content = contents.get(part)
        is_plain = True
        with archive.open(part) as stream:
            for block in _blocks(stream, part):
                left -= len(block)
                if left < 0:
                    raise TooLargeError(part)
                is_plain = is_plain and (content is None or _reach(content, block))
        if content is None:
            continue
        if not is_plain:
            with archive.open(part) as stream:
                _Cells(content).read(stream)
    return {sheet: contents[part] for sheet, part in sheets.items()}


def check_reach(sheets: Iterable[SheetContent], most_cells: int) -> None:
    """Whether a reader may take memory for the cells of some sheets.

    Raises:
        TooLargeError: it may not.
    """
    cells = 0
    for sheet in sheets:
        cells += sheet.rows * sheet.columns
        if (
            cells > most_cells
            or sheet.rows > limits.MOST_ROWS_OF_SHEET
            or sheet.columns > limits.MOST_COLUMNS_OF_SHEET
        ):
            raise TooLargeError(sheet.part, sheet.rows, sheet.columns)


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet."""
    relations = _tree(archive, "xl/_rels/workbook.xml.rels")
    target = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found: dict[str, str] = {}
    for sheet in _tree(archive, "xl/workbook.xml").iterfind("{*}sheets/{*}sheet"):
        id_ = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        part = str(PurePosixPath("/xl") / target[id_])[1:]
        archive.getinfo(part)
        found[sheet.get("name", "")] = part
    return found


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    if archive.getinfo(part).file_size > limits.LONGEST_TEXT_BYTES:
        raise TooLargeError(part)
    return ElementTree.fromstring(archive.read(part))


def _blocks(stream: IO[bytes], part: str) -> Iterator[bytes]:
    """The content of a part, cut before an element of XML."""
    rest = b""
    while block := stream.read(_BLOCK):
        whole, mark, tail = block.rpartition(b"<")
        if mark:
            yield rest + whole
            rest = mark + tail
        else:
            rest += block
        if len(rest) > limits.LONGEST_TEXT_BYTES:
            raise TooLargeError(part)
    yield rest


def _reach(content: SheetContent, block: bytes) -> bool:
    """Take in how far cells reach; whether all say where they are, and none may lack a value."""
    if any(other in block for other in _NOT_PLAIN):
        return False
    text = np.frombuffer(block + bytes(len(_PLACED_CELL) + _LONGEST_PLACE + 1), dtype=np.uint8)
    tags = np.flatnonzero(text == ord("<"))
    # Names that go on, such as cols, are of other elements.
    ends = _ENDS_NAME[text[tags + 2]]
    if (ends & (text[tags + 1] == ord("f"))).any():
        return False
    cells = tags[ends & (text[tags + 1] == ord("c"))]
    if any((text[cells + at] != byte).any() for at, byte in enumerate(_PLACED_CELL)):
        return False
    rows = np.zeros(cells.size, dtype=np.int64)
    columns = np.zeros(cells.size, dtype=np.int64)
    is_open = np.ones(cells.size, dtype=np.bool_)
    for at in range(len(_PLACED_CELL), len(_PLACED_CELL) + _LONGEST_PLACE + 1):
        character = text[cells + at]
        is_open &= character != ord('"')
        letter = is_open & (character >= ord("A")) & (character <= ord("Z")) & (rows == 0)
        digit = is_open & (character >= ord("0")) & (character <= ord("9"))
        if (is_open & ~letter & ~digit).any():
            return False
        columns = np.where(letter, 26 * columns + character - (ord("A") - 1), columns)
        rows = np.where(digit, 10 * rows + character - ord("0"), rows)
    if is_open.any():
        return False
    content.rows = max(content.rows, int(rows.max(initial=0)))
    content.columns = max(content.columns, int(columns.max(initial=0)))
    return True


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


class _Cells:
    """The cells of a sheet one by one, which takes some time."""

    def __init__(self, content: SheetContent) -> None:
        self._content = content
        self._row = self._column = 0
        self._type = ""
        self._in = ""
        self._texts: dict[str, str] = {}
        self._first: int | None = None

    def read(self, stream: IO[bytes]) -> None:
        """Take in how far the cells reach, and those that are faulty."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        parser.ParseFile(stream)
        self._content.first_column = self._first or 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
        elif kind == "c":
            said = attributes.get("r")
            place = None if said is None else _REFERENCE.match(said)
            if said is not None and place is None:
                # A reader takes whatever it makes of it for a place.
                raise zipfile.BadZipFile
            self._column = _number(place[1]) if place else self._column + 1
            self._row = int(place[2]) if place else max(self._row, 1)
            self._content.rows = max(self._content.rows, self._row)
            self._content.columns = max(self._content.columns, self._column)
            self._type, self._texts = attributes.get("t", ""), {}
        elif kind in ("f", "v", "is"):
            self._in = kind
            self._texts.setdefault(kind, "")

    def _text(self, text: str) -> None:
        if self._in:
            self._texts[self._in] += text

    def _end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        if kind == self._in:
            self._in = ""
        if kind != "c":
            return
        value = self._texts.get("v", "") or self._texts.get("is", "")
        if value or "is" in self._texts:
            self._first = min(self._first or self._column, self._column)
        # A formula may give an empty text, which has its type.
        is_computed = value or "f" not in self._texts or (self._type == "str" and "v" in self._texts)
        text = ""
        if self._type == "e":
            text = value if value.startswith("#") else "#"
        elif not is_computed:
            text = "=" + self._texts["f"]
        if text:
            self._content.faults.append(CellFault(self._row, self._column, text))


def _refuse(*_: object) -> None:
    raise zipfile.BadZipFile
