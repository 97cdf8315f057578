"""Codes of diagnoses and procedures found by their beginning, or by name or pinyin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.records.cases import CodeVersion
from drg.records.codes import DIAGNOSIS, PROCEDURE, CodeKind, code_names, crosswalk, normalised
from drg.records.name_search import name_ranks

KINDS: Final[tuple[CodeKind, ...]] = (DIAGNOSIS, PROCEDURE)
# A letter alone, or a digit at the first or second place: a code. Other letters are pinyin.
_CODE: Final = r"[A-Za-z]?\d.*|[A-Za-z]"


@dataclass(frozen=True)
class FoundCode:
    """A code that was looked for.

    Attributes:
        kind: diagnosis or procedure.
        version: insurance (医保版) or clinical (国临版).
        code: as its version spells it.
        name: of an insurance code; of a clinical one that of its counterpart, if there is just one.
        counterparts: other codes of the same meaning in the other version.
    """

    kind: CodeKind
    version: CodeVersion
    code: str
    name: str
    counterparts: tuple[str, ...]


def search_codes(query: str, kinds: Sequence[CodeKind] = KINDS) -> list[FoundCode]:
    """Codes of the insurance version, and of the clinical version those whose counterpart is another code.

    Args:
        query: the beginning of a code; or words of a name, as characters, pinyin or initials of it.
        kinds: which to look for.

    Returns:
        By code in their order; by name the best first.
    """
    asked = query.strip()
    if re.fullmatch(_CODE, asked):
        return [one for kind in kinds for one in _by_code(asked, kind)]
    if not asked:
        return []
    ranked = [one for kind in kinds for one in _by_name(asked, kind)]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def _by_code(asked: str, kind: CodeKind) -> list[FoundCode]:
    (beginning,) = normalised(pl.Series([asked]))
    known, pairs = code_names(kind), crosswalk(kind)
    clinical = _targets(pairs, "to_code", "from_code")
    insurance = _targets(pairs, "from_code", "to_code")
    names = dict(known.rows())
    fits = known["code"].str.to_uppercase().str.starts_with(beginning)
    found = [
        FoundCode(kind, "insurance", code, name, clinical.get(code, ()))
        for code, name in known.filter(fits).rows()
    ]
    for code, targets in insurance.items():
        if code.upper().startswith(beginning):
            name = names.get(targets[0], "") if len(targets) == 1 else ""
            found.append(FoundCode(kind, "clinical", code, name, targets))
    return sorted(found, key=lambda one: (one.code, one.version == "clinical"))


def _by_name(asked: str, kind: CodeKind) -> list[tuple[tuple[int, str], FoundCode]]:
    known = code_names(kind)
    clinical = _targets(crosswalk(kind), "to_code", "from_code")
    ranked = known.with_columns(name_ranks(known["name"], asked)).drop_nulls("rank")
    return [
        ((rank, code), FoundCode(kind, "insurance", code, name, clinical.get(code, ())))
        for code, name, rank in ranked.rows()
    ]


def _targets(pairs: pl.DataFrame, by: str, to: str) -> dict[str, tuple[str, ...]]:
    """The other codes of each code."""
    found: dict[str, list[str]] = {}
    for one, other in pairs.select(by, to).rows():
        if one != other and other not in found.setdefault(one, []):
            found[one].append(other)
    return {code: tuple(others) for code, others in found.items() if others}
