"""What the header of a column says that it holds: by the names that hospital systems give to columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from drg.columns import ALL, OUTPUT, PRICE, PRICING
from drg.records.conversions import usual_conversion
from drg.records.header import folded
from drg.records.layout import CANONICAL, NUMBER, Layout, Source
from drg.records.layout_files import shipped_layouts

# What a column may be beside a canonical one.
DIAGNOSES: Final = "diagnoses"  # the first of a series is the principal diagnosis
PROCEDURES: Final = "procedures"
RECORD_NUMBER: Final = "record_number"  # of the patient, through all stays
STAY_NUMBER: Final = "stay_number"
AGE_UNIT: Final = "age_unit"
UNUSED: Final = "unused"  # known, and of no concern

PRINCIPAL: Final = "principal"
OTHER: Final = "other"

_TABLE: Final = Path(__file__).parent / "layouts" / "synonyms.csv"
# Units as headers write them, by the unit of layouts; months are a conversion of their own.
MONTHS: Final = "months"
_UNITS: Final = {
    **dict.fromkeys(("万元", "万", "wan", "wan_yuan"), "wan_yuan"),
    **dict.fromkeys(("元", "人民币元", "rmb", "yuan", "cny"), "yuan"),
    **dict.fromkeys(("分", "fen"), "fen"),
    **dict.fromkeys(("kg", "千克", "公斤"), "kg"),
    **dict.fromkeys(("g", "克"), "g"),
    **dict.fromkeys(("小时", "时", "h", "hour", "hours"), "hours"),
    **dict.fromkeys(("分钟", "min", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("天", "日", "d", "day", "days"), "days"),
    **dict.fromkeys(("岁", "周岁", "y", "year", "years"), "years"),
    **dict.fromkeys(("月", "个月", "m", "month", "months"), MONTHS),
}
_BRACKETS: Final = r"[(\[【<{]([^)\]】>}]*)[)\]】>}]"
_CHINESE_NUMBERS: Final = "一二三四五六七八九十"
# Code words that say nothing of what a column holds, for its contents do.
_WORDS: Final = r"编码|代码|编号|icd[-_]?(?:10|9(?:[-_]?cm[-_]?3)?)?|code"


@dataclass(frozen=True)
class Named:
    """The name of a column, taken apart.

    Attributes:
        stem: what is left of it without number, unit and decoration.
        number: its number in a series.
        unit: in brackets or behind the name: one of ``conversions.UNITS``, or ``MONTHS``.
        says_code: whether it says that it holds codes.
    """

    stem: str
    number: int | None
    unit: str | None
    says_code: bool


@lru_cache(maxsize=8192)
def named(name: str) -> Named:
    """Take the name of a column apart: ``*手术编码（ICD-9）1`` is 手术, 1."""
    plain = folded(name).lstrip("*★☆▲#")
    unit: str | None = None

    def bracket(match: re.Match[str]) -> str:
        nonlocal unit
        inside = match[1]
        unit = _UNITS.get(inside, unit)
        return inside if inside.isdecimal() else ""

    bare = re.sub(_BRACKETS, bracket, plain)
    # A unit alone in brackets left nothing to call the column by.
    bare = bare or plain
    if unit is None and (tail := re.search(r"_([a-z]+(?:_yuan)?)$", bare)) and tail[1] in _UNITS:
        unit, bare = _UNITS[tail[1]], bare[: tail.start()]
    says_code = re.search(_WORDS, bare) is not None
    short = re.sub(_WORDS, "", bare)
    short = re.sub(r"[_\-./\\:、,|+&]+", "", short) or re.sub(r"[_\-./\\:、,|+&]+", "", bare)
    number: int | None = None
    if found := list(re.finditer(r"\d+", short)):
        last = found[-1]
        rest = short[: last.start()] + short[last.end() :]
        if rest:
            number, short = int(last[0]), rest
    elif len(short) > 1 and short[-1] in _CHINESE_NUMBERS:
        number, short = _CHINESE_NUMBERS.index(short[-1]) + 1, short[:-1]
    return Named(short, number, unit, says_code)


@dataclass(frozen=True)
class Said:
    """What a column is by its name.

    Attributes:
        role: a canonical column, or one of the roles of this module.
        rank: the lower, the more usual the name is.
    """

    role: str
    rank: int


@lru_cache(maxsize=1)
def _names() -> dict[str, Said]:
    """What each stem says; a name with code in it says the same as without it."""
    found: dict[str, Said] = {}
    for rank, (role, text) in enumerate(_rows("name")):
        found.setdefault(named(text).stem, Said(role, rank))
    for source in shipped_layouts()[CANONICAL].field:
        for name in source.names:
            found.setdefault(named(name).stem, Said(source.column, len(found)))
    return found


@lru_cache(maxsize=1)
def _names_of_results() -> dict[str, Said]:
    """What each stem says in a table of results, as a bureau returns it; names of ours come first."""
    columns = (OUTPUT | PRICE | PRICING).values()
    own = [(column.name, text) for column in columns for text in (column.name, column.label_zh)]
    found: dict[str, Said] = {}
    for rank, (role, text) in enumerate((*own, *_rows("result"))):
        found.setdefault(named(text).stem, Said(role, rank))
    return found


def said_of_results(name: str) -> Said | None:
    """What a column of a table of results is by its name; None if the name is not known."""
    return _names_of_results().get(named(name).stem) or said(name)


@lru_cache(maxsize=1)
def _parts() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for role, text in _rows("part"):
        found.setdefault(role, []).append(text)
    return {role: tuple(texts) for role, texts in found.items()}


def _rows(match: str) -> Iterator[tuple[str, str]]:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["match"] == match:
                yield row["column"], row["text"]


def said(name: str) -> Said | None:
    """What a column is by its name; None if the name is not known."""
    return _names().get(named(name).stem)


def part_said(name: str) -> str | None:
    """Of a column that holds codes, whether its name has a word for principal, other or unused ones."""
    plain = folded(name)
    for role in (UNUSED, OTHER, PRINCIPAL):
        if any(part in plain for part in _parts()[role]):
            return role
    return None


def names_procedures(name: str) -> bool:
    """Whether the name of a column has a word for procedures."""
    plain = folded(name)
    return any(part in plain for part in _parts()["procedure"])


@lru_cache(maxsize=2)
def names_layout(*matches: str) -> Layout:
    """All names as a layout, by which the header of a file is found below titles.

    Args:
        matches: of which kinds; those of discharges by default.
    """
    names: dict[str, list[str]] = {}
    for role, text in (row for match in matches or ("name",) for row in _rows(match)):
        column = {DIAGNOSES: "principal_diagnosis", PROCEDURES: "principal_procedure"}.get(role, role)
        column = {RECORD_NUMBER: "case_id", STAY_NUMBER: "case_id"}.get(column, column)
        if column in ALL:
            names.setdefault(column, []).extend((text, f"{text}{NUMBER}"))
    sources = tuple(
        Source(column=column, names=tuple(texts), conversion=usual_conversion(ALL[column]))
        for column, texts in names.items()
    )
    return Layout(id="synonyms", title="names", title_zh="名称", field=sources)
