"""Programs between runs: a version is read, checked and compiled once, and after that taken from the cache.

The key covers every byte of the version's files, the code that reads, checks and compiles them, and the
libraries that take part. So a version that cannot be used is never found here, and a change is never missed.
"""

from __future__ import annotations

import io
import json
import math
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from drg.columns import INPUT
from drg.grouping import cache
from drg.grouping.code_index import CodeIndex
from drg.grouping.program import Arrays, Program, Reading
from drg.tables.source import sources

_PACKAGE: Final = Path(__file__).resolve().parents[1]
# What takes part in making a program: these modules and all of these rooms.
CODE: Final = (
    *("words/*.py", "errors.py", "categories.py", "column.py", "benefit_columns.py", "columns.py"),
    *("reasons.py", "forks.py", "temporary.py"),
    *("records/**/*.py", "tables/**/*.py", "grouping/**/*.py"),
)
_STARTED: Final = time.time()
_LENGTH_BYTES: Final = 8
_ALIGNED: Final = 64  # where arrays begin, for the processor's sake
_FRAMES: Final = ("mdc", "adrg", "drg")
_INDICES: Final = ("diagnoses", "procedures")
_TEXTS: Final = ("text_values", "instruction_texts", "diagnosis_sets", "procedure_sets", "exclusion_sets")


def key_of(directory: Path) -> str | None:
    """The key of a version's program; None if it is not to be kept."""
    code, files = _code(), sources(directory)
    return None if code is None or files is None else cache.digest(code, *files)


def load_program(key: str) -> tuple[str, Program] | None:
    """The id of a version and its program, if it was kept."""
    content = cache.load(_name(key), key)
    return None if content is None else _from_bytes(content)


def keep_program(key: str, version: str, program: Program) -> None:
    """Keep the program of a version for the next run."""
    cache.keep(_name(key), key, _to_bytes(version, program))


def _name(key: str) -> str:
    return f"{key[:32]}.program"


@lru_cache(maxsize=1)
def _code() -> str | None:
    """The code that makes programs, as a digest.

    None if it cannot be read, or if it was changed after this process began and so is not what runs here.
    """
    files = sorted(path for pattern in CODE for path in _PACKAGE.glob(pattern))
    if not files or any(path.stat().st_mtime > _STARTED for path in files):
        return None
    versions = repr((sys.version, np.__version__, pl.__version__))
    return cache.digest(versions, *(path.read_bytes() for path in files))


def _to_bytes(version: str, program: Program) -> bytes:
    """A program as bytes: the length of the words, the words as JSON, and then the parts that they place."""
    frames = {name: getattr(program, name) for name in _FRAMES}
    frames |= {name: getattr(program, name).frame for name in _INDICES}
    arrays = program.arrays._asdict() | {f"frame_{name}": _ipc(frame) for name, frame in frames.items()}
    places: dict[str, Any] = {}
    content = io.BytesIO()
    for name, array in arrays.items():
        content.write(bytes(-content.tell() % _ALIGNED))
        places[name] = [array.dtype.str, array.shape, content.tell()]
        content.write(np.ascontiguousarray(array).data)
    words: dict[str, Any] = {
        "version": version,
        "numbers": [column.name for column in program.numbers],
        "texts": [column.name for column in program.texts],
        "readings": {name: [r.table, r.code, r.rule, r.variable] for name, r in program.readings.items()},
        "places": places,
        **{name: getattr(program, name) for name in _TEXTS},
    }
    head = json.dumps(words, ensure_ascii=False).encode()
    length = len(head).to_bytes(_LENGTH_BYTES, "little")
    return length + head + bytes(-(len(length) + len(head)) % _ALIGNED) + content.getvalue()


def _from_bytes(content: memoryview) -> tuple[str, Program]:
    begin = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    words = json.loads(bytes(content[_LENGTH_BYTES:begin]))
    body = content[begin + -begin % _ALIGNED :]

    def array(name: str) -> np.ndarray[Any, Any]:
        kind, shape, place = words["places"][name]
        return np.frombuffer(body, kind, math.prod(shape), place).reshape(shape)

    def frame(name: str) -> pl.DataFrame:
        return pl.read_ipc_stream(array(f"frame_{name}").tobytes())

    parts: dict[str, Any] = {
        **{name: CodeIndex.of_frame(frame(name)) for name in _INDICES},
        **{name: frame(name) for name in _FRAMES},
        **{name: _tuples(words[name]) for name in _TEXTS},
    }
    program = Program(
        arrays=Arrays(*(array(name) for name in Arrays._fields)),
        **parts,
        numbers=tuple(INPUT[name] for name in words["numbers"]),
        texts=tuple(INPUT[name] for name in words["texts"]),
        readings={name: Reading(*parts) for name, parts in words["readings"].items()},
    )
    return words["version"], program


def _ipc(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.uint8]]:
    content = io.BytesIO()
    frame.write_ipc_stream(content, compression="uncompressed", compat_level=pl.CompatLevel.newest())
    return np.frombuffer(content.getvalue(), dtype=np.uint8)


def _tuples(values: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)
