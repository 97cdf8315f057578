"""Tables as .dbf files, byte by byte, as hospital systems write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

DBASE: Final = 0x03
DBASE_WITH_MEMO: Final = 0x83
VISUAL_FOXPRO: Final = 0x30


class Field(NamedTuple):
    name: str
    kind: str = "C"
    length: int = 20


# As the statistics form 卫统4 names its fields.
FIELDS: Final = (
    *(Field("BAH"), Field("ZYCS", "N", 3), Field("XM", "C", 10), Field("XB", "C", 1), Field("CSRQ", "D", 8)),
    *(Field("NL", "N", 3), Field("RYSJ", "D", 8), Field("CYSJ", "D", 8), Field("CYKB"), Field("JBDM")),
    *(Field("JBDM1"), Field("SSJCZBM1"), Field("SSJCZBM2"), Field("SJZYTS", "N", 5), Field("LYFS", "C", 1)),
    *(Field("ZFY", "N", 12), Field("SFTF", "L", 1)),
)
_FIRST = (*("0001", "1", "甲", "1", "19790501", "45", "20250301", "20250306", "普外科", "K80.101"),)
_OTHERS = ("20250309", "内科", "I20.000", "I10.x00x002", "", "", "6", "1", "2000.00", "F")
CASES: Final = (
    (*_FIRST, "I50.900", "51.2300", "", "5", "1", "1000.50", "T"),
    ("0002", "1", "乙乙乙乙乙", "2", "19500101", "75", "20250303", *_OTHERS),
)


def dbf(
    rows: Sequence[Sequence[str | bytes]] = CASES,
    fields: Sequence[Field] = FIELDS,
    *,
    encoding: str = "gbk",
    code_page: int = 0,
    version: int = DBASE,
    deleted: Sequence[int] = (),
    records: int | None = None,
    end: bytes = b"\x1a",
) -> bytes:
    """The content of a file; numbers stand at the right of their fields, all else at the left."""
    width = 1 + sum(field.length for field in fields)
    head = struct.pack("<BBBBLHH", version, 125, 3, 31, records or len(rows), 33 + 32 * len(fields), width)
    content = head.ljust(29, b"\x00") + bytes([code_page, 0, 0])
    for name, kind, length in fields:
        content += name.encode(encoding)[:10].ljust(11, b"\x00") + kind.encode() + bytes(4) + bytes([length])
        content += bytes(15)
    content += b"\r"
    for at, row in enumerate(rows):
        content += b"*" if at in deleted else b" "
        for cell, (_, kind, length) in zip(row, fields, strict=True):
            raw = cell if isinstance(cell, bytes) else cell.encode(encoding)
            raw = raw[:length]
            content += raw.rjust(length) if kind in "NF" else raw.ljust(length)
    return content + end


def write_dbf(file: Path, content: bytes | None = None) -> Path:
    file.write_bytes(dbf() if content is None else content)
    return file


def memo_file(text: bytes) -> bytes:
    """A memo file of dBASE III with one memo, in block 1."""
    return struct.pack("<L", 2).ljust(512, b"\x00") + (text + b"\x1a\x1a").ljust(512, b"\x00")
