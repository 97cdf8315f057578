"""Where the numbers of an explanation are written."""

from __future__ import annotations

from drg.payment.load_scheme import SCHEME_FILE
from drg.words import Sentence


def in_column(name: str) -> Sentence:
    """In a column of the case."""
    return Sentence("column {column}", column=name)


def in_scheme(section: str) -> Sentence:
    """In a section of the scheme."""
    return Sentence("{place}, {part}", place=SCHEME_FILE, part=section)


def in_scheme_row(section: str, at: int, what: str = "") -> Sentence:
    """In an entry of a section that has several."""
    place = in_scheme(f"{section} {at + 1}")
    return Sentence("{place} ({what})", place=place, what=what) if what else place
