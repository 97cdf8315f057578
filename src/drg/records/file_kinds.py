"""What a file holds by its first bytes, whatever its name ends in."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path
from typing import Final

from drg.errors import InputError
from drg.words import Sentence

PARQUET: Final = ".parquet"
XLSX: Final = ".xlsx"
XLS: Final = ".xls"
XLSB: Final = ".xlsb"
ODS: Final = ".ods"
GZIP: Final = ".csv.gz"
ZSTD: Final = ".csv.zst"
TEXT: Final = ".csv"

_WHAT: Final = {
    PARQUET: Sentence("Parquet"),
    XLSX: Sentence("a workbook"),
    XLS: Sentence("a workbook"),
    XLSB: Sentence("a workbook"),
    ODS: Sentence("a workbook"),
    GZIP: Sentence("packed by gzip"),
    ZSTD: Sentence("packed by zstd"),
    TEXT: Sentence("text"),
}
_BEGINNINGS: Final = (
    (b"PAR1", PARQUET),
    (b"\xd0\xcf\x11\xe0", XLS),
    (b"\x1f\x8b", GZIP),
    (b"\x28\xb5\x2f\xfd", ZSTD),
)
# The part of an old kind of file that holds an encrypted workbook.
ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_ZIPPED: Final = b"PK\x03\x04"
# The part that says what kind of workbook a zip archive is.
_PARTS: Final = {"xl/workbook.xml": XLSX, "xl/workbook.bin": XLSB, "content.xml": ODS}
# Endings of the same kind.
_ALIKE: Final = {".xlsm": XLSX, ".txt": TEXT, ".tsv": TEXT}
_LOOKED_AT: Final = 4096


def check_kind(file: Path, ending: str) -> None:
    """Refuse a file that is of another kind than its name says.

    Args:
        file: it is there.
        ending: that of its name, one of those that are read.

    Raises:
        InputError: it is empty, encrypted, or of another kind; names the ending that it should have.
    """
    with file.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    if not head:
        raise InputError(
            Sentence("the file is empty"), file=file, fix=Sentence("A table has at least a header row")
        )
    kind = _kind(file, head)
    if kind == XLS and _is_encrypted(file):
        fix = Sentence("Save it without a password")
        raise InputError(Sentence("the workbook is encrypted"), file=file, fix=fix)
    expected = _ALIKE.get(ending, ending)
    if kind is None or kind == expected:
        return
    raise InputError(
        Sentence("the file is {what}, not what its ending {ending} says", what=_WHAT[kind], ending=ending),
        file=file,
        fix=Sentence("Give it the ending {ending}, or export it once more", ending=kind),
    )


def _is_encrypted(file: Path) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(ENCRYPTED) >= 0


def _kind(file: Path, head: bytes) -> str | None:
    """The usual ending of what a file holds; None if that is not clear."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(_ZIPPED):
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return None
        return next((kind for part, kind in _PARTS.items() if part in names), None)
    is_text = b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return TEXT if is_text else None
