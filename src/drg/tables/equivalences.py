"""Which ADRGs of two versions are the same group: by rule, by name, or as a version states it.

Codes do not tell: HC2 of 2.0 is HC4 of 3.0.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from drg.errors import did_you_mean
from drg.records.codes import normalised
from drg.tables.language import COMPLICATION_SETS, And, Count, Expression, Member, Not, Or, parse
from drg.tables.lint import refuse
from drg.tables.locate import find_base
from drg.tables.manifest import read_manifest
from drg.tables.read import read_table
from drg.tables.table_layout import EQUIVALENCES
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.tables.load import GrouperTables

EMPTY: Final = pl.DataFrame(schema=dict.fromkeys(EQUIVALENCES.columns, pl.String))
# Signs that tell groups apart: 出生体重＜1500g is not 出生体重＞1500g.
_SIGNS: Final = frozenset("<>≤≥=")
# 2.0 writes 疾病 wherever 1.1 wrote 疾患.
_OLD_WORD, _NEW_WORD = "疾患", "疾病"
_AMBIGUOUS: Final = "QY"
# So much of a list two versions have in common if it is the same list.
_MOST: Final = 0.9


def normal_name(name: str) -> str:
    """A name as names compare: NFKC, capitals, without spaces and punctuation; 疾患 is written 疾病."""
    plain = unicodedata.normalize("NFKC", name).upper()
    return "".join(sign for sign in plain if sign.isalnum() or sign in _SIGNS).replace(_OLD_WORD, _NEW_WORD)


def equivalences_of(directory: Path, adrg: pl.DataFrame) -> pl.DataFrame:
    """The equivalences of the version in ``directory``, or of the nearest version that it is based on.

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
            fix: Sentence = Joined(" ", (hint, Sentence("Name an ADRG of this version")))
            refuse(row, "adrg", Sentence("there is no ADRG {adrg!r} in this version", adrg=row["adrg"]), fix)
        if normal_name(names[row["adrg"]]) == normal_name(row["other_name"]):
            fix = Sentence("Delete the row: equal names need no equivalence")
            refuse(row, "other_name", Sentence("ADRG {adrg!r} has this name already", adrg=row["adrg"]), fix)


def same_adrgs(before: GrouperTables, after: GrouperTables) -> dict[str, str]:
    """The ADRG of ``before`` that is the same group, for each ADRG of ``after`` that has one.

    Two ADRGs of an MDC are the same group if, in this order,

    1. their rules are the same but for the names of lists, and of each list at least nine tenths of the codes
       are in common (of several such ADRGs the one with most in common, then that of equal code);
    2. they have the same name (``normal_name``), of several those of equal code; not if their rules name
       lists that have no code in common, for then one of the two carries the name of another group;
    3. a row of ``equivalences`` of either version gives one of them the name of the other;
    4. both are the QY group (歧义组) of the MDC, or both have no name and the same code.

    The rules come before the names because transcribed tables may have names that belong to other groups.
    """
    sides = [_groups(tables) for tables in (before, after)]
    found = _by_rules(*sides)
    names = [_by_name(groups) for groups in sides]
    for key, codes in names[1].items():
        _pair(found, names[0].get(key, []), codes, sides)
    for at, tables in ((1, after), (0, before)):
        for adrg, other_name in tables.equivalences.select("adrg", "other_name").rows():
            there = names[1 - at].get((sides[at][adrg].mdc, normal_name(other_name)), [])
            if len(there) == 1:
                old, new = (there, [adrg]) if at else ([adrg], there)
                _pair(found, old, new, sides)
    return found


class _Group(NamedTuple):
    """An ADRG: its MDC, its name, its rule without the names of lists, and the codes of these lists."""

    mdc: str
    name: str
    form: str
    lists: tuple[frozenset[str], ...]


def _groups(tables: GrouperTables) -> dict[str, _Group]:
    spelled = tables.sets.with_columns(code=normalised(tables.sets["code"]))
    sets = {name: frozenset(codes) for name, codes in spelled.group_by("set").agg("code").iter_rows()}
    found = {}
    for code, name, mdc, rule in tables.adrg.select("adrg", "name", "mdc", "rule").rows():
        form, lists = _form(parse(rule))
        known = tuple(sets.get(one, frozenset()) for one in lists)
        # No normal name holds a bracket.
        own = f"({_AMBIGUOUS})" if code.endswith(_AMBIGUOUS) else normal_name(name) or f"({code})"
        found[code] = _Group(mdc, own, form, known)
    return found


def _form(rule: Expression) -> tuple[str, list[str]]:
    """A rule with # for each list, whatever the order of its parts; and the lists."""
    if isinstance(rule, And | Or):
        parts = sorted((_form(part) for part in rule.parts), key=itemgetter(0))
        return f"{type(rule).__name__}({','.join(form for form, _ in parts)})", [
            s for _, own in parts for s in own
        ]
    if isinstance(rule, Not):
        form, lists = _form(rule.part)
        return f"Not({form})", lists
    if isinstance(rule, Member):
        lists = [name for name in rule.sets if name not in COMPLICATION_SETS]
        levels = sorted(COMPLICATION_SETS.intersection(rule.sets))
        return f"{sorted(rule.fields)} in {levels}{'#' * len(lists)}", lists
    if isinstance(rule, Count):
        return f"count {sorted(rule.fields)} {rule.operator} {rule.value}", [rule.set]
    return repr(rule), []


def _by_rules(before: dict[str, _Group], after: dict[str, _Group]) -> dict[str, str]:
    alike = [
        (share, old == new, old, new)
        for new, group in after.items()
        for old, other in before.items()
        if group.mdc == other.mdc and group.form == other.form and group.name != f"({_AMBIGUOUS})"
        if (share := _share(group.lists, other.lists)) >= _MOST
    ]
    found: dict[str, str] = {}
    for _, _, old, new in sorted(alike, key=lambda pair: (-pair[0], not pair[1], pair[2:])):
        if new not in found and old not in found.values():
            found[new] = old
    return found


def _share(lists: tuple[frozenset[str], ...], others: tuple[frozenset[str], ...]) -> float:
    """How much lists have in common, in the worst pair of them; 0 if there are none."""
    shares = (len(one & two) / len(one | two) for one, two in zip(lists, others, strict=True) if one | two)
    return min(shares, default=0.0)


def _pair(
    found: dict[str, str], before: list[str], after: list[str], sides: Sequence[dict[str, _Group]]
) -> None:
    if len(before) == len(after) == 1:
        pairs = [(after[0], before[0])]
    else:
        pairs = [(code, code) for code in after if code in before]
    for new, old in pairs:
        lists = [frozenset().union(*side[code].lists) for side, code in zip(sides, (old, new), strict=True)]
        apart = all(lists) and lists[0].isdisjoint(lists[1])
        if new not in found and old not in found.values() and not apart:
            found[new] = old


def _by_name(groups: dict[str, _Group]) -> dict[tuple[str, str], list[str]]:
    """The codes of the ADRGs by MDC and name."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for code, group in groups.items():
        found[group.mdc, group.name].append(code)
    return found
