"""Files that somebody or something has damaged, and a process that reads many of them.

``python -m tests.records.hostile_files DIRECTORY SEED KINDS FIRST LAST`` reads the files of these numbers and
prints a line before and after each, so that whoever started it knows at which of them it died.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import traceback
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import drg
from drg.errors import DrgError
from drg.records.columns_read import look_through
from drg.records.notes import ROW
from drg.records.reading import read
from tests.records.broken_files import CASES, HEADER, TITLE, TOTAL, text, write_workbook

KINDS: Final = ("csv", "xlsx", "parquet")
_CLEAN: Final = [HEADER, *CASES]
_HUGE: Final = (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x08", b"\x00\x00\x00\x80")
# What stands in text files and does harm there.
_BYTES_OF_TEXT: Final = (
    *(b'"', b'"\n', b"\n", b"\r", b"\r\n", b"\x00", b",", b",,,", b";", b"\t", b'""', b"\xff", b"\xc3"),
    *(b"\xb1\xb1\xbe\xa9", "北京".encode(), b"\xef\xbb\xbf", b"=1+1", b"#REF!", b"9" * 400, b"x" * 5000),
)
_EDITS_OF_XML: Final = (
    *(('r="A2"', 'r="XFD1048576"'), ('r="B3"', 'r="ZZZZZ3"'), ('r="A2"', 'r="A0"'), ('r="C4"', "")),
    *(('t="s"', 't="e"'), ('t="s"', 't="b"'), ('t="s"', ""), ("<v>", "<f>1+1</f><v>"), ("<v>0</v>", "<v/>")),
    *(("<v>1</v>", "<v>99999999</v>"), ("</row>", ""), ("<row ", "<row/><row "), ("</c>", "</c></c>")),
    *(("<sheetData>", "<sheetData><c/>"), ("<v>3</v>", "<f>B1</f>"), ('r="3"', 'r="99999999999"')),
    *(("<worksheet", "<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"), ("<v>", "<v>&b;"), ("<c ", "<x:c ")),
    *(
        ("</sheetData>", "<row r='1048576'><c r='A1048576'><v>1</v></c></row></sheetData>"),
        ("<v>", "<v><![CDATA["),
    ),
)


def clean_bytes(directory: Path) -> dict[str, bytes]:
    """A table as a file of each kind."""
    write_workbook(directory / "clean.xlsx", {"Sheet1": _CLEAN})
    frame = pl.DataFrame(dict(zip(HEADER, zip(*CASES, strict=True), strict=True)))
    frame = frame.with_columns(pl.col("年龄", "实际住院天数").cast(pl.Int64), pl.lit(["x", "y"]).alias("own"))
    frame.write_parquet(directory / "clean.parquet", row_group_size=4)
    return {
        "csv": text([TITLE, *_CLEAN, TOTAL]).encode(),
        "xlsx": (directory / "clean.xlsx").read_bytes(),
        "parquet": (directory / "clean.parquet").read_bytes(),
    }


def damaged(kind: str, clean: Mapping[str, bytes], rng: random.Random) -> bytes:
    """One of the files, damaged in one of many ways."""
    content = clean[kind]
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = rng.choice(_DAMAGE[kind])(content, clean, rng)
    return content


_Damage = Callable[[bytes, Mapping[str, bytes], random.Random], bytes]


def _flipped(content: bytes, _: Mapping[str, bytes], rng: random.Random) -> bytes:
    found = bytearray(content or b" ")
    found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _cut(content: bytes, _: Mapping[str, bytes], rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _spliced(content: bytes, clean: Mapping[str, bytes], rng: random.Random) -> bytes:
    other = clean[rng.choice(KINDS)]
    at, start = rng.randrange(len(content) + 1), rng.randrange(len(other))
    return content[:at] + other[start : start + rng.randrange(80)] + content[at + rng.randrange(80) :]


def _footer(content: bytes, _: Mapping[str, bytes], rng: random.Random) -> bytes:
    """Huge and odd numbers in the footer of a Parquet file, or in one of its pages."""
    length = int.from_bytes(content[-8:-4], "little")
    low = max(0, len(content) - 8 - length) if rng.random() < 0.7 else 0
    at = rng.randrange(low, max(low + 1, len(content) - 8))
    put = rng.choice((*_HUGE, rng.randbytes(3), bytes([rng.randrange(256)])))
    return content[:at] + put + content[at + len(put) :]


def _text(content: bytes, _: Mapping[str, bytes], rng: random.Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(_BYTES_OF_TEXT) + content[at + rng.choice((0, 0, 1, 9)) :]


def _xml(content: bytes, _: Mapping[str, bytes], rng: random.Random) -> bytes:
    """A workbook with a part that is edited, lacks or is there twice."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 it is damaged already
        return content
    name = rng.choice([*parts, *["xl/worksheets/sheet1.xml"] * 8])
    part = parts.get(name, b"")
    if rng.random() < 0.6:
        old, new = rng.choice(_EDITS_OF_XML)
        part = part.replace(old.encode(), new.encode(), rng.choice((1, 1, -1)))
    else:
        part = rng.choice((_flipped, _cut, _text))(part, {}, rng)
    parts[name] = part
    if rng.random() < 0.1:
        del parts[rng.choice(list(parts))]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for one, data in parts.items():
            archive.writestr(one, data)
    return stream.getvalue()


_DAMAGE: Final[dict[str, tuple[_Damage, ...]]] = {
    "csv": (_text, _text, _text, _flipped, _cut, _spliced),
    "xlsx": (_xml, _xml, _xml, _flipped, _cut, _spliced),
    "parquet": (_footer, _footer, _flipped, _cut, _spliced),
}


def fault(file: Path) -> str:
    """What is wrong with how a file is read, as a command does it; empty if nothing is."""
    try:
        reading = look_through(read(file))
        grouped = drg.group(reading.discharges, "demo").rows.collect()
    except DrgError as error:
        said = error.text("en")
        return "" if str(file) in said or file.name in said else f"no file named: {said}"
    except BaseException:  # noqa: BLE001 a panic of a library is no Exception
        return traceback.format_exc()
    (table,) = reading.discharges.tables
    rows = table.frame.collect()
    if grouped.height != rows.height:
        return f"{rows.height} rows were read, {grouped.height} grouped"
    if file.suffix == ".parquet":
        there = _rows_there(file, rows.height)
        return "" if rows.height == there else f"{there} rows, {rows.height} of them read"
    numbers = sorted({*rows[ROW].to_list(), *table.shape.left_out})
    if numbers and numbers != list(range(numbers[0], numbers[-1] + 1)):
        return f"rows are lost: {numbers}"
    return _changed(file, rows, table.names, numbers) if file.suffix == ".csv" else ""


def _rows_there(file: Path, otherwise: int) -> int:
    """The rows of a Parquet file as another reader counts them."""
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowException):
        return otherwise


def _changed(file: Path, rows: pl.DataFrame, names: tuple[str, ...], numbers: list[int]) -> str:
    """Whether plain lines of a text file are not read as they stand there."""
    content = file.read_bytes()
    if b'"' in content or b"\x00" in content or b"\r" in content:
        return ""
    lines = content.removesuffix(b"\n").split(b"\n")
    if numbers and numbers[-1] != len(lines):
        return f"{len(lines)} lines, but the last row is {numbers[-1]}"
    for number, *cells in rows.rows():
        try:
            there = lines[number - 1].decode().split(",")
        except UnicodeDecodeError:
            continue
        if len(there) == len(names) and [cell or "" for cell in cells] != there:
            return f"row {number} is {there}, read as {cells}"
    return ""


def faults(directory: Path, seed: int, kinds: Sequence[str], count: int) -> list[str]:
    """What is wrong with how so many damaged files are read, in processes that may die of them."""
    found, first = [], 0
    while first < count:
        arguments = [str(directory), str(seed), ",".join(kinds), str(first), str(count)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.records.hostile_files", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            check=False,
        )
        lines = done.stdout.splitlines()
        found += [line for line in lines if not line.startswith("begin ")]
        if done.returncode == 0:
            break
        begun = [int(line.split()[1]) for line in lines if line.startswith("begin ")]
        last = begun[-1] if begun else first
        found.append(f"{kinds} {seed}/{last}: the process died ({done.returncode})")
        first = last + 1
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(directory: Path, seed: int, kinds: Sequence[str], first: int, last: int) -> None:
    """Read the files of these numbers."""
    clean = clean_bytes(directory)
    for number in range(first, last):
        _say(f"begin {number}")
        kind = kinds[number % len(kinds)]
        file = directory / f"damaged.{kind}"
        file.write_bytes(damaged(kind, clean, random.Random(f"{seed}/{kind}/{number}")))
        if wrong := fault(file):
            _say(f"{kind} {seed}/{number}: " + wrong.strip().replace("\n", " | "))


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(","), int(sys.argv[4]), int(sys.argv[5]))
