"""How codes are written, how they compare, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import polars as pl

from drg.records.cells import MISSING
from drg.records.exact_paths import read_csv

CodeKind = Literal["diagnosis", "procedure"]
DIAGNOSIS: Final = "diagnosis"
PROCEDURE: Final = "procedure"

# Words for "missing", in the form in which codes compare.
NOTHING: Final = frozenset(word.upper() for word in MISSING)

# All codes of the lists have a dot, and no two of them differ by its place alone.
_DIAGNOSIS_WITHOUT_DOT: Final = r"(^|\+)([A-Z]\d\d)(\d[0-9X]*)"
_PROCEDURE_WITHOUT_DOT: Final = r"^(\d\d)(\d\d(?:\d\d(?:X\d+)?)?)$"
A_CODE: Final = r"(?i:[A-Z]\d\d[0-9A-Z.]*(?:[+*†‡][A-Z0-9.]*\*?)?|\d\d\.\d[0-9A-Z]*)"

_DATA: Final = Path(__file__).parent / "data"
_LISTS: Final[dict[str, str]] = {DIAGNOSIS: "diagnoses.csv", PROCEDURE: "procedures.csv"}


def normalised(codes: pl.Series) -> pl.Series:
    """Codes in the form in which they compare.

    That is NFKC, without blanks, quotation marks, trailing dots and the name of the code, in capitals, the
    category before a dot, a dagger pair as ``A17.000+G01*``.
    ``" i50.900X007. "``, ``"I50900x007"`` and ``"Ｉ50.900x007 心力衰竭"`` are the same code as
    ``"I50.900x007"``; ``"G01*A17.000+"``, ``"A17.000† G01*"`` and ``"A17.000+G01"`` are the same as
    ``"A17.000+G01*"``.
    """
    text = codes.str.normalize("NFKC")
    named = (text.str.contains(r"\p{Han}") & (text.str.count_matches(A_CODE) == 1)).fill_null(False)
    if named.any():
        text = text.scatter(named.arg_true(), _without_names(text.filter(named)))
    plain = text.str.replace_all(r"[\s\u200b\ufeff'`\"=]", "").str.to_uppercase()
    undotted = ~plain.str.contains(".", literal=True).fill_null(True)
    if undotted.any():
        dotted = plain.filter(undotted).str.replace_all(_DIAGNOSIS_WITHOUT_DOT, "${1}${2}.$3")
        dotted = dotted.str.replace(_PROCEDURE_WITHOUT_DOT, "${1}.$2")
        plain = plain.scatter(undotted.arg_true(), dotted)
    odd = plain.str.contains(r"[+*†‡∗✱⁎。]|\.$").fill_null(False)
    if not odd.any():
        return plain
    pairs = (
        plain.filter(odd)
        .str.replace_all(r"[†‡]", "+")
        .str.replace_all(r"[∗✱⁎]", "*")
        .str.replace_all("。", ".", literal=True)
        .str.replace_all(r"\.+([+*]|$)", "$1")
        .str.replace(r"^([^+*]+)\*\+?([^+*]+)\+?$", "$2+$1*")
        .str.replace(r"(\+[^+*]+)$", "$1*")
    )
    if odd.all():
        return pairs
    return plain.scatter(odd.arg_true(), pairs)


def _without_names(texts: pl.Series) -> pl.Series:
    """Codes with their Chinese names → codes."""
    return (
        texts.str.replace(rf"^\s*({A_CODE})(?:\s|[-:_|(\[]|\p{{Han}}).*$", "$1")
        .str.replace(rf"^\s*\p{{Han}}.*?[\s:(\[]*({A_CODE})[)\]\s]*$", "$1")
    )  # fmt: skip


def comparable(cells: pl.Series) -> pl.Series:
    """Codes, or lists of them, in the form in which they compare; nothing where none is said.

    Most codes of most files are clean, and the normal form costs ten times what finding that out does: only
    spellings that capitals alone do not bring into it are worked on, each once.
    """
    is_list = isinstance(cells.dtype, pl.List)
    flat = cells.explode(empty_as_null=False, keep_nulls=False) if is_list else cells
    odd = flat.filter(
        flat.str.contains(r"[^!-~]|['`\"=]|\*.|\.[+*]|\+[^*]*$|\.$|^[^.]*$").fill_null(False)
    ).unique()
    normal = normalised(odd)
    normal = normal.set(normal.is_in(["", *NOTHING]), None)
    if not is_list:
        return (cells.replace(odd, normal) if len(odd) else cells).str.to_uppercase()
    element = pl.element().replace(odd, normal) if len(odd) else pl.element()
    codes = cells.list.eval(element.str.to_uppercase())
    # Dropping costs more than all the rest, and most lists have nothing to drop.
    return codes.list.drop_nulls() if flat.has_nulls() or normal.has_nulls() else codes


@lru_cache(maxsize=2)
def code_names(kind: CodeKind) -> pl.DataFrame:
    """The insurance-version codes of a kind, sorted: ``code`` and ``name`` ("" if not known)."""
    return read_csv(_DATA / _LISTS[kind], infer_schema=False).fill_null("")


@lru_cache(maxsize=2)
def _listed(kind: CodeKind) -> pl.Series:
    return code_names(kind)["code"].str.to_uppercase().implode()


def are_listed(codes: pl.Series, kind: CodeKind) -> pl.Series:
    """Whether codes, in the form in which they compare, are in the list of the insurance version."""
    if codes.null_count() == len(codes):
        return pl.repeat(False, len(codes), dtype=pl.Boolean, eager=True)
    return codes.is_in(_listed(kind)).fill_null(False)


@lru_cache(maxsize=2)
def crosswalk(kind: CodeKind) -> pl.DataFrame:
    """Clinical-version codes (``from_code``) and their other codes in the insurance version (``to_code``)."""
    pairs = read_csv(_DATA / "crosswalk.csv", infer_schema=False)
    return pairs.filter(pl.col("kind") == kind).select("from_code", "to_code")


def names_of(codes: Iterable[str | None], kind: CodeKind) -> dict[str, str]:
    """The names of some codes, however they are spelled; codes without a name are left out."""
    spelled = pl.Series("spelled", list({code for code in codes if code}), dtype=pl.String)
    asked = pl.DataFrame({"spelled": spelled, "normal": normalised(spelled)})
    known = (
        code_names(kind).filter(pl.col("name") != "").with_columns(normal=pl.col("code").str.to_uppercase())
    )
    found = asked.join(known, on="normal").select("spelled", "name")
    return dict(found.rows())
