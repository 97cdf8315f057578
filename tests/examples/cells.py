"""A cell as text that is the same wherever its figure is the same."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from importlib.metadata import version

# What differs from run to run or from machine to machine, and what stands for it.
VOLATILE = (
    # Digests and seals of files and ledger entries: the bytes of Parquet differ between versions of polars.
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    # How long a command took, and the cases per second.
    (re.compile(r"\b\d+(\.\d+)? s\b( \([\d,.]+ [^)]*/s\))?"), "<seconds>"),
    (re.compile(r"用时 [\d.]+ 秒(（[\d,.]+ 例/秒）)?"), "<seconds>"),
    # The version of the program that wrote a ledger entry, where it stands alone.
    (re.compile(rf"^{re.escape(version('drg'))}$"), "<version>"),
)
# Entries of JSON that differ so: the version of polars behind a ledger entry, the bytes of a stored file.
VOLATILE_KEYS = {"polars": "<version>", "size": "<bytes>"}
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?(e[-+]?\d+)?")
# Insurance-version codes of procedures look like numbers, but their last zeros count.
_PROCEDURE = re.compile(r"\d\d\.\d{4}")
# A figure is what has a digit: an amount, a count, a code, a date, a group.
_FIGURE = re.compile(r"[A-Za-z0-9_.:%‰+-]*\d[A-Za-z0-9_.:%‰-]*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Binary fractions are compared to so many digits: machines differ in the last ones.
_DIGITS = 11
_NOTHING = 1e-12


def cell(value: object) -> str:
    """A value of a frame, a workbook or JSON; numbers in text keep their form, see :func:`number`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _binary(value)
    if isinstance(value, int | Decimal):
        return _plain(Decimal(value))
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "|".join(map(cell, value))
    text = " ".join(str(value).split())
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    if len(text) > 16 and is_number(text):
        return _binary(float(text)) if "." in text else text
    return text


def is_number(text: str) -> bool:
    """Whether a text is a number; ``0001`` is a code."""
    return _NUMBER.fullmatch(text) is not None


def number(text: str) -> str:
    """A number without the zeros that say nothing, any other text as it is."""
    return _plain(Decimal(text)) if is_number(text) else text


def loose(value: object) -> str:
    """A value that stands alone, without a column that says whether it is a number or a code."""
    text = cell(value)
    return text if _PROCEDURE.fullmatch(text) else number(text)


def figures(text: str) -> str:
    """The figures in a text, in their order."""
    found = _FIGURE.findall(_THOUSANDS.sub("", text))
    return " ".join(_percent(figure.strip(".:").rstrip("-")) for figure in found)


def _percent(figure: str) -> str:
    return loose(figure[:-1]) + "%" if figure.endswith("%") else loose(figure)


def _binary(value: float) -> str:
    if abs(value) < _NOTHING:
        return "0"
    text = f"{value:.{_DIGITS}g}"
    return number(text) if is_number(text) else text


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
