"""dBASE and FoxPro tables (.dbf), as hospitals export the statistics form 卫统4 → batches of text.

``dbfread`` reads the header and the memo file; records are of one width, so numpy and polars take their
columns apart. Numbers and dates stay the text that the file has.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from drg.errors import InputError
from drg.records.cells import as_text
from drg.records.encodings import UTF_8, known_encoding
from drg.words import Sentence

ENDING: Final = ".dbf"
# What stands where a character is of no known encoding.
UNKNOWN_CHARACTER: Final = "\ufffd"

_BATCH_BYTES = 1 << 23
_DELETED: Final = b"*"
_FLAG = "flag"
# Types of fields: those that are text, how numpy reads those that are numbers, and what is no data of a case.
_TEXTS: Final = "CNFDLV"
_BINARY: Final = {"I": "<i4", "+": "<i4", "O": "<f8", "Y": "<i8", "T": "<i4,<i4", "@": "<i4,<i4"}
_MEMO: Final = "M"
_LEFT_OUT: Final = "0GPWQ"
_VISUAL_FOXPRO: Final = (0x30, 0x31, 0x32)
# Code pages beside GBK, which is the usual one; those of the West are set by mistake in Chinese files.
_CODE_PAGES: Final = {0x4F: "big5hkscs", 0x78: "big5hkscs", 0x13: "cp932", 0x7B: "cp932", 0x79: "cp949"}
_CHINESE: Final = "gb18030"
_UNIX_EPOCH_JULIAN: Final = 2_440_588
# What says nothing in a field, by its type.
_NOTHING: Final = {"D": ["", "00000000"], "L": ["", "?"]}
_ONCE_MORE: Final = Sentence("Export or copy the file once more")
_AROUND: Final = " \x00\t\r\n"


class Field(NamedTuple):
    """One field of the records.

    Attributes:
        name: of the column.
        kind: the letter of its type.
        numpy: how numpy reads it.
    """

    name: str
    kind: str
    numpy: str


class DbfFile:
    """An open .dbf file.

    Args:
        file: its path.
        encoding: of its texts, if it should not be found out.

    Attributes:
        records: how many there are, deleted ones among them.
        has_unknown_characters: whether any text that was read so far holds characters of no known encoding.

    Raises:
        InputError: its header is damaged, its memo file is missing, or it was cut off.
    """

    def __init__(self, file: Path, encoding: str | None = None) -> None:
        self._file = file
        self.has_unknown_characters = False
        self._table = _table(file)
        header = self._table.header
        self.records: int = header.numrecords
        self._fields = [self._field(one.name, one.type, one.length) for one in self._table.fields]
        width = 1 + sum(np.dtype(one.numpy).itemsize for one in self._fields)
        if width != header.recordlen or header.headerlen < 32 * (1 + len(self._fields)) or not self._fields:
            raise _damaged(file)
        self._dtype = np.dtype(
            [(_FLAG, "S1"), *((str(at), one.numpy) for at, one in enumerate(self._fields))]
        )
        self._check_size()
        self._memo_file = self._found_memo_file()
        self._encoding = known_encoding(encoding) if encoding else self._detected()

    @cached_property
    def names(self) -> list[str]:
        """The names of the fields that hold data, in their order."""
        return [one.name.encode("latin-1").decode(self._encoding, "replace") for _, one in self._shown]

    @cached_property
    def _shown(self) -> list[tuple[str, Field]]:
        """The fields that hold data, with their places in a record."""
        return [(str(at), one) for at, one in enumerate(self._fields) if one.kind not in _LEFT_OUT]

    def deleted_rows(self) -> list[int]:
        """The rows of records that are marked as deleted.

        Raises:
            InputError: what should be a record is none.
        """
        rows: list[int] = []
        for first, records in self._raw():
            flags = records[_FLAG]
            strange = np.flatnonzero(~np.isin(flags, (_DELETED, b" ", b"")))
            if strange.size:
                raise InputError(
                    Sentence("there is no record here; the file is damaged"),
                    file=self._file,
                    row=first + int(strange[0]),
                    fix=_ONCE_MORE,
                )
            rows += (np.flatnonzero(flags == _DELETED) + first).tolist()
        return rows

    def lazy(self, names: Sequence[str], row: str) -> pl.LazyFrame:
        """The records that are not deleted, as text, read when they are needed.

        Args:
            names: of the columns, one for each of ``names``.
            row: the name of a column to add in front, with the number of each row as a spreadsheet counts.
        """
        fields = dict(zip(names, self._shown, strict=True))
        schema = {row: pl.UInt32(), **dict.fromkeys(names, pl.String())}

        def source(
            columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _: int | None
        ) -> Iterator[pl.DataFrame]:
            wanted = list(schema) if columns is None else columns
            for first, records in self._raw():
                places = np.flatnonzero(records[_FLAG] != _DELETED)
                batch = pl.DataFrame(
                    {
                        name: pl.Series(places + first, dtype=pl.UInt32)
                        if name == row
                        else self._texts(records[fields[name][0]][places], fields[name][1])
                        for name in wanted
                    }
                )
                batch = batch.with_columns(_bare(name, fields[name][1]) for name in wanted if name != row)
                batch = batch if predicate is None else batch.filter(predicate)
                yield batch if most is None else batch.head(most)
                if most is not None and (most := most - batch.height) <= 0:
                    return

        return register_io_source(source, schema=schema, is_pure=True)

    def _raw(self) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
        """The records in batches, each with the row of its first one."""
        most = max(1, _BATCH_BYTES // self._dtype.itemsize)
        with self._file.open("rb") as stream:
            stream.seek(self._table.header.headerlen)
            for begin in range(0, self.records, most):
                yield begin + 2, np.fromfile(stream, self._dtype, min(most, self.records - begin))

    def _field(self, name: str, kind: str, length: int) -> Field:
        if kind == "B":
            # Visual FoxPro has numbers where others have pictures.
            kind = "O" if self._table.header.dbversion in _VISUAL_FOXPRO else "G"
        if kind == _MEMO and length == np.dtype("<i4").itemsize:
            return Field(name, kind, "<i4")
        if kind in _BINARY and np.dtype(_BINARY[kind]).itemsize == length:
            return Field(name, kind, _BINARY[kind])
        if length and kind in _TEXTS + _MEMO:
            return Field(name, kind, f"S{length}")
        if length and kind in _LEFT_OUT:
            return Field(name, kind, f"V{length}")
        raise _damaged(self._file)

    def _check_size(self) -> None:
        """Refuse a file that holds fewer or more records than its header says."""
        header = self._table.header
        width = header.recordlen
        size = self._file.stat().st_size - header.headerlen
        there = max(size // width, 0)
        if there >= self.records:
            with self._file.open("rb") as stream:
                stream.seek(header.headerlen + self.records * width)
                more = stream.read(1) in (b" ", _DELETED) and there > self.records
            if not more:
                return
        raise InputError(
            Sentence(
                "the header says {said} records, but the file holds {there}",
                said=self.records,
                there=there,
            ),
            file=self._file,
            row=min(there, self.records) + 2,
            fix=_ONCE_MORE,
        )

    def _found_memo_file(self) -> Path | None:
        if not any(one.kind == _MEMO for one in self._fields):
            return None
        beside = {path.name.casefold(): path for path in self._file.parent.iterdir()}
        for ending in (".fpt", ".dbt"):
            if (found := beside.get(f"{self._file.stem}{ending}".casefold())) is not None:
                return found
        raise InputError(
            Sentence(
                "the file has memo fields, but there is no {name} beside it", name=f"{self._file.stem}.fpt"
            ),
            file=self._file,
            fix=Sentence("Copy the .fpt or .dbt file to the same directory, or export without memo fields"),
        )

    def _detected(self) -> str:
        """The encoding of the texts: by what they hold, by the code page in the header, else GB 18030."""
        decoder = codecs.getincrementaldecoder(UTF_8)
        otherwise = _CODE_PAGES.get(self._table.header.language_driver, _CHINESE)
        for texts in self._beyond_ascii():
            try:
                # A text may end within a character, as the field ends there.
                read = "".join(decoder().decode(text.rstrip(b" ")) for text in texts)
            except UnicodeDecodeError:
                return otherwise
            if re.search(r"[\u2e80-\U0010ffff]", read):
                return UTF_8
        return otherwise

    def _beyond_ascii(self) -> Iterator[list[bytes]]:
        """The texts that are not ASCII, batch by batch, after the names of the fields."""
        yield [one.name.encode("latin-1") for one in self._fields]
        for _, records in self._raw():
            columns = [records[str(at)] for at, one in enumerate(self._fields) if one.kind in "CV"]
            yield [text for column in columns if not _is_ascii(column) for text in np.unique(column).tolist()]

    def _texts(self, cells: np.ndarray[Any, Any], field: Field) -> pl.Series:
        if field.kind == _MEMO:
            return self._memos(cells)
        if field.kind in _BINARY:
            return _of_binary(cells, field.kind)
        found = pl.Series(cells.tolist(), dtype=pl.Binary)
        if _is_ascii(cells):
            texts = found.cast(pl.String)
        else:
            spellings = found.unique()
            read = pl.Series([self._decoded(one) for one in spellings], dtype=pl.String)
            texts = found.replace_strict(spellings, read, return_dtype=pl.String)
        return texts

    def _decoded(self, text: bytes) -> str:
        """A text; of a character that the end of the field has cut, nothing."""
        read = codecs.getincrementaldecoder(self._encoding)("replace").decode(text.rstrip(b" \x00"))
        self.has_unknown_characters |= UNKNOWN_CHARACTER in read
        return read

    def _memos(self, cells: np.ndarray[Any, Any]) -> pl.Series:
        from dbfread.memo import open_memofile

        assert self._memo_file is not None
        texts: list[str | None] = []
        try:
            with open_memofile(str(self._memo_file), self._table.header.dbversion) as memos:
                for cell in cells.tolist():
                    memo = memos[int(cell.strip() or 0) if isinstance(cell, bytes) else cell]
                    texts.append(self._decoded(memo) if memo else None)
        except (OSError, ValueError, struct.error):
            raise _damaged(self._memo_file) from None
        return pl.Series(texts, dtype=pl.String)


def _bare(name: str, field: Field) -> pl.Expr:
    """A column without blanks around its texts; null where they say nothing."""
    text = pl.col(name).str.strip_chars(_AROUND)
    return pl.when(~text.is_in(_NOTHING.get(field.kind, [""]))).then(text).alias(name)


def _is_ascii(cells: np.ndarray[Any, Any]) -> bool:
    return not (np.ascontiguousarray(cells).view(np.uint8) > 127).any()


def _of_binary(cells: np.ndarray[Any, Any], kind: str) -> pl.Series:
    """Numbers and times that are no text in the file, as text."""
    if kind in "T@":
        days, milliseconds = (
            pl.Series(np.ascontiguousarray(cells[part])).cast(pl.Int64) for part in ("f0", "f1")
        )
        seconds = (days - _UNIX_EPOCH_JULIAN) * 86_400 + (milliseconds + 500) // 1000
        times = (seconds * 1_000_000).cast(pl.Datetime("us"))
        return times.set(days == 0, None).dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    numbers = pl.Series(np.ascontiguousarray(cells))
    if kind == "Y":
        # Money in ten thousandths.
        return pl.Series([str(Decimal(amount).scaleb(-4)) for amount in numbers], dtype=pl.String)
    return as_text(numbers)


def _table(file: Path) -> Any:
    """The header, as dbfread reads it."""
    import dbfread  # for such files only

    try:
        # Names of fields are of an encoding that is not known yet.
        return dbfread.DBF(str(file), encoding="latin-1", ignorecase=False, ignore_missing_memofile=True)
    except (ValueError, TypeError, struct.error):
        raise _damaged(file) from None


def _damaged(file: Path) -> InputError:
    return InputError(
        Sentence("this is no .dbf file of dBASE or FoxPro, or it is damaged"),
        file=file,
        fix=Sentence("Export it once more, as dBASE III or as text (.csv)"),
    )
