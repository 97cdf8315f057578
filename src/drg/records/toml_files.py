"""TOML that people write, such as layouts and schemes: faulty, huge or nested too deep."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drg.errors import DrgError, not_toml
from drg.records.input_limits import LARGEST_TOML_BYTES
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
