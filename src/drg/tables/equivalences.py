"""Which ADRGs of two versions are the same group: by name, or by the equivalences that a version states.

Codes do not tell: HC2 of 2.0 is HC4 of 3.0.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from drg.errors import did_you_mean
from drg.tables.layout import EQUIVALENCES
from drg.tables.lint import refuse
from drg.tables.locate import find_base
from drg.tables.manifest import read_manifest
from drg.tables.read import read_table

if TYPE_CHECKING:
    from drg.tables.load import GrouperTables

EMPTY: Final = pl.DataFrame(schema=dict.fromkeys(EQUIVALENCES.columns, pl.String))
# Signs that tell groups apart: 出生体重＜1500g is not 出生体重＞1500g.
_SIGNS: Final = frozenset("<>≤≥=")
# 2.0 writes 疾病 wherever 1.1 wrote 疾患.
_OLD_WORD, _NEW_WORD = "疾患", "疾病"
_AMBIGUOUS: Final = "QY"


def normal_name(name: str) -> str:
    """A name as names compare: NFKC, capitals, without spaces and punctuation; 疾患 is written 疾病."""
    plain = unicodedata.normalize("NFKC", name).upper()
    return "".join(sign for sign in plain if sign.isalnum() or sign in _SIGNS).replace(_OLD_WORD, _NEW_WORD)


def equivalences_of(directory: Path, adrg: pl.DataFrame) -> pl.DataFrame:
    """The equivalences of the version in ``directory``, or of the nearest version that it is based on.

    Args:
        directory: of the version.
        adrg: its ADRGs.

    Returns:
        The columns of ``layout.EQUIVALENCES``; no rows if there is no such file. Of inherited rows those
        whose ADRG the version has.

    Raises:
        TablesError: the file is not as it must be, or names an ADRG that the version has not.
    """
    here = directory
    while not (file := here / EQUIVALENCES.file).is_file():
        base = read_manifest(here).based_on
        if base is None:
            return EMPTY
        here = find_base(here, base)
    rows = read_table(file, EQUIVALENCES)
    if here == directory:
        _check(rows, adrg)
    return rows.select(EQUIVALENCES.columns).filter(pl.col("adrg").is_in(adrg["adrg"].implode()))


def _check(equivalences: pl.DataFrame, adrg: pl.DataFrame) -> None:
    """Whether every row names an ADRG that the version has, by a name that it does not have itself."""
    names = dict(adrg.select("adrg", "name").rows())
    for row in equivalences.rows(named=True):
        if row["adrg"] not in names:
            hint = did_you_mean(row["adrg"], names)
            fix = f"{hint} Name an ADRG of this version".strip()
            refuse(row, "adrg", f"there is no ADRG {row['adrg']!r} in this version", fix)
        if normal_name(names[row["adrg"]]) == normal_name(row["other_name"]):
            fix = "Delete the row: equal names need no equivalence"
            refuse(row, "other_name", f"ADRG {row['adrg']!r} has this name already", fix)


def same_adrgs(before: GrouperTables, after: GrouperTables) -> dict[str, str]:
    """The ADRG of ``before`` that is the same group, for each ADRG of ``after`` that has one.

    Two ADRGs are the same group if they are in the same MDC and have the same name (``normal_name``). Where
    several of an MDC share a name, those of equal code belong together. A row of ``equivalences`` of either
    version gives one of its ADRGs a further name. QY groups (歧义组) of an MDC are the same, and so are ADRGs
    without names that have one code.
    """
    named = [_named(tables) for tables in (before, after)]
    found: dict[str, str] = {}
    for key, codes in named[1].items():
        _pair(found, named[0].get(key, []), codes)
    for tables, own, others in ((after, named[1], named[0]), (before, named[0], named[1])):
        mdcs = dict(tables.adrg.select("adrg", "mdc").rows())
        for adrg, other_name in tables.equivalences.select("adrg", "other_name").rows():
            there = others.get((mdcs[adrg], normal_name(other_name)), [])
            if len(there) == 1:
                _pair(found, *((there, [adrg]) if own is named[1] else ([adrg], there)))
    return found


def _pair(found: dict[str, str], before: list[str], after: list[str]) -> None:
    if len(before) == len(after) == 1:
        pairs = [(after[0], before[0])]
    else:
        pairs = [(code, code) for code in after if code in before]
    for new, old in pairs:
        if new not in found and old not in found.values():
            found[new] = old


def _named(tables: GrouperTables) -> dict[tuple[str, str], list[str]]:
    """The codes of the ADRGs by MDC and name."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for key, code in _keys(tables.adrg):
        found[key].append(code)
    return found


def _keys(adrg: pl.DataFrame) -> Iterator[tuple[tuple[str, str], str]]:
    for code, name, mdc in adrg.select("adrg", "name", "mdc").rows():
        if code.endswith(_AMBIGUOUS):
            yield (mdc, f"({_AMBIGUOUS})"), code
        else:
            # No normal name holds a bracket.
            yield (mdc, normal_name(name) or f"({code})"), code
