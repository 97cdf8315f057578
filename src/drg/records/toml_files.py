"""TOML that people write, such as layouts and schemes: faulty, huge or nested too deep."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drg.errors import DrgError, InputError, not_toml, system_reason
from drg.records.input_limits import LARGEST_TOML_BYTES
from drg.records.plain_files import read_bytes
from drg.words import Sentence


@contextmanager
def told_errors(text: str, kind: type[DrgError], file: Path, fix: Sentence) -> Iterator[None]:
    """While such a text is read and checked: what is wrong with it as one error that says where.

    Args:
        text: all of it.
        kind: of the error.
        file: for messages.
        fix: how entries are written.

    Raises:
        DrgError: of this kind.
    """
    if len(text) > LARGEST_TOML_BYTES:
        raise kind(
            Sentence("the file is larger than {size:,} MB", size=LARGEST_TOML_BYTES // 10**6),
            file=file,
            fix=Sentence("Take out what does not belong there"),
        )
    try:
        yield
    except tomllib.TOMLDecodeError as error:
        raise not_toml(error, text, kind, file, fix) from None
    except RecursionError:
        raise kind(Sentence("lists or tables stand too deep inside each other"), file=file, fix=fix) from None
    except ValueError as error:
        # Python refuses to read numbers of thousands of digits, and says so in no error of its own.
        if "digits" not in str(error):
            raise
        raise kind(Sentence("a number has too many digits"), file=file, fix=fix) from None


def read_toml(file: Path, fix: Sentence) -> dict[str, Any]:
    """What a file says that the user named.

    Args:
        file: its path.
        fix: how entries are written.

    Raises:
        InputError: it cannot be read, or is no TOML.
    """
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise InputError(problem, file=file, fix=Sentence("Check the path")) from None
    except UnicodeDecodeError:
        problem = Sentence("not UTF-8 text")
        raise InputError(problem, file=file, fix=Sentence("Save the file as UTF-8")) from None
    with told_errors(text, InputError, file, fix):
        return tomllib.loads(text)
