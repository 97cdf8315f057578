"""Text files of any encoding and delimiter → what polars reads: UTF-8.

Memory does not grow with a file: what is not UTF-8 is decoded block by block, into memory while it is small
and into a temporary file beyond, which lasts as long as the process.
"""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Final, cast

from drg.errors import InputError, system_reason
from drg.records.input_limits import LONGEST_LINE_BYTES
from drg.temporary import putting_aside, temporary_directory
from drg.words import Sentence

UTF_8: Final = "utf-8"
DELIMITERS: Final = (",", "\t", ";", "|")

_BLOCK = 1 << 20
_LARGEST_IN_MEMORY = 1 << 26
# So much without a single Chinese character is taken for UTF-8.
_BLOCKS_OF_ASCII = 64
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# GB 18030 has GBK and GB 2312 in it.
_CHINESE = "gb18030"
_PACKED: Final = {".gz": "gzip", ".zst": "zstd"}
# Files of these encodings may hold lines of the other, if several files were put together.
LINE_BY_LINE: Final = (UTF_8, _CHINESE)
_numbers: Final = itertools.count()
_FIX = Sentence("Name it with --encoding, such as gb18030 or utf-8, or save the file as 'CSV UTF-8'")


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked if its name ends in .gz or .zst.

    Raises:
        InputError: it cannot be opened or unpacked.
    """
    kind = _PACKED.get(file.suffix.lower())
    try:
        with file.open("rb") as raw:
            yield _unpacked(raw, kind) if kind else raw
    except OSError as error:
        packed = Sentence("it is damaged, or not packed as its name says")
        raise InputError(
            Sentence("cannot be read: {reason}", reason=system_reason(error) if error.errno else packed),
            file=file,
            fix=Sentence("Export it once more"),
        ) from None


def _unpacked(raw: IO[bytes], kind: str) -> IO[bytes]:
    import pyarrow as pa  # a tenth of a second that only packed files cost

    return cast("IO[bytes]", pa.CompressedInputStream(raw, kind))


def known_encoding(name: str) -> str:
    """The usual name of an encoding that a user gave.

    Raises:
        InputError: there is none of that name.
    """
    try:
        usual = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        fix = Sentence("Give one of utf-8, gb18030, gbk, utf-16")
        raise InputError(
            Sentence("there is no encoding {name!r}", name=name), field="encoding", fix=fix
        ) from None
    if usual in ("utf-8", "utf-8-sig", "ascii"):
        return UTF_8
    # Files that claim to be GB 2312 or GBK hold characters of their successor.
    return _CHINESE if usual in ("gbk", "gb2312", "hz") else usual


def detect_encoding(file: Path) -> str:
    """The encoding of a text file: by its byte order mark, or by its first characters beyond ASCII.

    Raises:
        InputError: it is neither UTF-8 nor GB 18030 nor marked as UTF-16.
    """
    with opened(file) as stream:
        head = stream.read(_BLOCK)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if head.startswith(mark):
                return encoding
        if b"\x00" in head:
            raise InputError(
                Sentence("the text holds zero bytes, so its encoding is not clear"), file=file, fix=_FIX
            )
        for _ in range(_BLOCKS_OF_ASCII):
            if not head.isascii():
                break
            head = stream.read(_BLOCK)
        # Where little text was seen, another block decides.
        head += stream.read(_BLOCK)
    for encoding in (UTF_8, _CHINESE):
        if _decodes(head, encoding):
            return encoding
    if (mixed := _by_lines(head)) is not None:
        return mixed
    raise InputError(Sentence("the text is neither UTF-8 nor GB 18030 (GBK)"), file=file, fix=_FIX)


def _by_lines(head: bytes) -> str | None:
    """The encoding of the first line that is not ASCII, if most lines are UTF-8 or GB 18030."""
    lines = [line for line in head.splitlines() if not line.isascii()]
    found = [next((one for one in LINE_BY_LINE if _decodes(line, one)), None) for line in lines]
    return found[0] if found.count(None) * 2 <= len(found) else None


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(text)
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(file: Path, encoding: str) -> Path | bytes:
    """A text file in UTF-8: itself, its decoded text, or a temporary file.

    Args:
        file: the text file.
        encoding: as ``detect_encoding`` or ``known_encoding`` names it.

    Raises:
        InputError: it holds what is no text in this encoding; names the row.
    """
    if encoding == UTF_8:
        return file
    with opened(file) as stream:
        return spooled(_decoded(stream, encoding, file))


def spooled(blocks: Iterable[bytes]) -> Path | bytes:
    """Blocks one after the other: in memory while they are small, beyond in a temporary file."""
    rest = iter(blocks)
    text = io.BytesIO()
    for block in rest:
        text.write(block)
        if text.tell() > _LARGEST_IN_MEMORY:
            break
    else:
        return text.getvalue()
    file = _directory() / f"{next(_numbers)}.csv"
    with putting_aside(), file.open("wb") as part:
        part.write(text.getvalue())
        part.writelines(rest)
    return file


def blocks(file: Path, encoding: str, *, only: bool) -> Iterator[bytes]:
    """A text file block by block.

    Args:
        file: the text file.
        encoding: of its first lines.
        only: give UTF-8, as all lines are in this encoding; otherwise give what is there, if it is UTF-8 or
            GB 18030.

    Raises:
        InputError: it holds what is no text in this encoding, and there is no other; names the row.
    """
    with opened(file) as stream:
        if only or encoding not in LINE_BY_LINE:
            yield from _decoded(stream, encoding, file)
            return
        first = stream.read(_BLOCK).removeprefix(codecs.BOM_UTF8)
        yield first
        while block := stream.read(_BLOCK):
            yield block


def check_lines(file: Path) -> None:
    """Refuse a file with a line that no record is as long as; it would be taken into memory whole.

    Raises:
        InputError: there is one; names it.
    """
    lines, length = 0, 0
    with opened(file) as stream:
        while block := stream.read(_BLOCK):
            end = b"\n" if b"\n" in block else b"\r"
            first = block.find(end)
            length += len(block) if first < 0 else first
            if length > LONGEST_LINE_BYTES:
                raise InputError(
                    Sentence("the line is longer than {size:,} MB", size=LONGEST_LINE_BYTES // 10**6),
                    file=file,
                    row=lines + 1,
                    fix=Sentence("Export the file once more, each case in a line of its own"),
                )
            if first >= 0:
                lines += block.count(end)
                length = len(block) - block.rfind(end) - 1


def ends_with_line_feed(file: Path) -> bool:
    """Whether the last line has an end; of packed files nobody asks."""
    if file.suffix.lower() in _PACKED:
        return True
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4))
        return stream.read().rstrip(b"\x00")[-1:] in (b"\n", b"\r")


def _decoded(stream: IO[bytes], encoding: str, file: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    rows = 1
    while True:
        block = stream.read(_BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise InputError(
                Sentence("the text is not {encoding} here", encoding=encoding.upper()),
                file=file,
                row=rows + error.object[: error.start].count(b"\n"),
                fix=_FIX,
            ) from None
        rows += text.count("\n")
        # UTF-16 keeps its mark inside the first character.
        yield text.removeprefix("\ufeff").encode() if text else b""
        if not block:
            return


@lru_cache(maxsize=1)
def _directory() -> Path:
    return temporary_directory()


def head(file: Path, encoding: str) -> str:
    """The beginning of a text file, in whole lines unless one is longer than a block."""
    with opened(file) as stream:
        block = stream.read(_BLOCK)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(block).removeprefix("\ufeff")
    whole = text.rpartition("\n")[0] if len(block) == _BLOCK else ""
    return whole or text


def detect_delimiter(line: str) -> str:
    """The character between the names of a header line: the one that is there most often, else a comma."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=lambda delimiter: (outside.count(delimiter), delimiter == ","))


def known_delimiter(text: str) -> str:
    """The delimiter that a user gave: one ASCII character, or ``tab``.

    Raises:
        InputError: it is something else.
    """
    delimiter = {"tab": "\t", "\\t": "\t"}.get(text.lower(), text)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise InputError(
            Sentence("{text!r} cannot stand between cells", text=text),
            field="delimiter",
            fix=Sentence("Give one of , ; | or tab"),
        )
    return delimiter
