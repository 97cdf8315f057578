"""The files of a scheme that a program made: checked as any scheme is, and written all together or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from drg.errors import OutputError, SchemeError
from drg.payment.load_scheme import LoadedScheme, load_scheme
from drg.payment.scheme_library import SCHEME_FILE
from drg.records.files import write_bytes
from drg.records.outputs import make_directory, together
from drg.temporary import scratch_directory
from drg.words import Sentence


def loaded(files: Mapping[str, str], id_: str) -> LoadedScheme:
    """The scheme of these files, read and checked as if it were installed.

    Raises:
        SchemeError: if it cannot be used, such as rules that name a group which the version lacks.
    """
    with scratch_directory() as scratch:
        directory = scratch / "scheme"
        directory.mkdir()
        for file, text in files.items():
            (directory / file).write_text(text, encoding="utf-8")
        try:
            return replace(load_scheme(directory), directory=Path(id_))
        except SchemeError as error:
            error.file = f"{id_}/{Path(error.file).name}" if error.file else id_
            raise


def check_free(directory: Path, *, overwrite: bool) -> None:
    """Whether a scheme may be written here: to know it before the work is done.

    Raises:
        OutputError: there is a scheme already.
    """
    if (directory / SCHEME_FILE).exists() and not overwrite:
        fix = Sentence("Choose another directory, or overwrite it with --overwrite")
        raise OutputError(Sentence("there is a scheme already"), file=directory, fix=fix)


def put(directory: Path, files: Mapping[str, str | bytes], *, overwrite: bool = False) -> None:
    """Write files into a directory, which is made if need be: all of them, or none.

    Raises:
        OutputError: if they cannot be written, or there is a scheme already.
    """
    if SCHEME_FILE in files:
        check_free(directory, overwrite=overwrite)
    with together():
        make_directory(directory)
        for name, content in files.items():
            whole = content.encode() if isinstance(content, str) else content
            write_bytes(whole, directory / name, sources=())
