"""What the cells of a column look like: codes, dates, amounts, sexes, ages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import polars as pl

from drg.columns import ALL, Column, Kind
from drg.records.cells import as_text, bare
from drg.records.codes import DIAGNOSIS, PROCEDURE, CodeKind, code_names, normalised
from drg.records.guess_names import named, names_procedures

# So much of what is filled in has to look alike.
MOST: Final = 0.6
# Spellings that are looked at; a column of codes has hundreds.
_SPELLINGS: Final = 400
_SEPARATORS: Final = r"[|,;、，；｜&\n]"
# With their dots: numbers of records are like codes without any. Amounts have two digits behind theirs.
_FORM: Final[dict[str, str]] = {
    DIAGNOSIS: r"^[A-Z]\d\d\.(?:\d{1,3}|X\d\d)(?:X\d{3})?(?:[+*†].*)?$",
    PROCEDURE: r"^\d\d\.(?:\d{4}|\d[0-9X]X\d\d)(?:X\d{3})?$",
}
_SHORT_PROCEDURE: Final = r"^\d\d\.\d{1,2}$"
_DATE: Final = r"^(?:19|20)\d{2}[-/.年]?\d{1,2}[-/.月]?\d{1,2}"
_SERIAL_DATE: Final = r"^[2-6]\d{4}(?:\.\d+)?$"
_NUMBER: Final = r"^[-+]?¥?\s*[\d,]*\.?\d+\s*(?:元|岁|天|日|小时|时|g|kg|克|千克|公斤|h|d)?$"
_AGE: Final = (
    r"^[YMDymd]?[\d.]+(?:周岁|岁|个月|月|周|天|日|小时|时|分钟?|[YMDHymdh])?"
    r"(?:[\d.]+(?:个月|月|天|日|小时))*$"
)
_DURATION: Final = r"^\d+/\d+/\d+$|\d+(?:天|小时|时|分)"


@dataclass(frozen=True)
class Contents:
    """What a column holds.

    Attributes:
        cells: what is filled in, in plain width.
        diagnoses, procedures: the shares of codes that are written like that.
        has_several: whether cells hold several codes.
    """

    cells: pl.Series
    diagnoses: float
    procedures: float
    has_several: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is filled in."""
        return self.cells.is_empty()

    @property
    def kind_of_code(self) -> CodeKind | None:
        """The kind of codes that it holds, if it holds any."""
        if max(self.diagnoses, self.procedures) < MOST:
            return None
        return DIAGNOSIS if self.diagnoses >= self.procedures else PROCEDURE

    @property
    def values(self) -> list[str]:
        """The distinct texts, the most frequent first."""
        counted = self.cells.value_counts(sort=True, name="count")
        return counted.sort("count", self.cells.name, descending=[True, False])[self.cells.name].to_list()

    @property
    def repeated(self) -> list[str]:
        """The texts that are there more than once, the most frequent first: words of a list, not names."""
        often = set(self.cells.filter(self.cells.is_duplicated()))
        return [value for value in self.values if value in often]

    @property
    def is_unique(self) -> bool:
        """Whether no two rows hold the same."""
        return self.cells.n_unique() == len(self.cells)

    def share(self, pattern: str) -> float:
        """How much of what is filled in fits a pattern."""
        return int(self.cells.str.contains(pattern).sum()) / max(len(self.cells), 1)

    @property
    def median(self) -> float | None:
        """Of the numbers; None if there are none."""
        middle = self.cells.cast(pl.Float64, strict=False).median()
        return float(middle) if isinstance(middle, int | float) else None

    def may_be(self, column: Column) -> bool:
        """Whether a canonical column may hold this; nothing may be anything."""
        if self.is_empty:
            return True
        code = self.kind_of_code
        if column.kind in (Kind.CODE, Kind.CODES):
            wanted = PROCEDURE if column.name.endswith(("procedure", "procedures")) else DIAGNOSIS
            return code == wanted
        if code is not None:
            return False
        if column.kind is Kind.DATE:
            return self.share(_DATE) >= MOST or self.share(_SERIAL_DATE) >= MOST
        if column.name in ("age_years", "age_days"):
            return self.share(_AGE) >= MOST
        if column.name == "sex":
            known = [*map(str, range(10)), *(word for word, _ in ALL["sex"].words)]
            return int(self.cells.str.to_lowercase().is_in(known).sum()) >= MOST * len(self.cells)
        if column.name in ("icu_hours", "ventilator_hours"):
            return max(self.share(_NUMBER), self.share(_DURATION)) >= MOST
        if column.kind in (Kind.NUMBER, Kind.MONEY):
            return self.share(_NUMBER) >= MOST
        return True

    @property
    def are_durations(self) -> bool:
        """Whether it holds days/hours/minutes."""
        return self.share(_DURATION) >= MOST


def contents(name: str, cells: pl.Series) -> Contents:
    """What a column holds; its name decides where 51.23 may be a procedure or an amount."""
    nested = cells.dtype.is_nested()
    texts = bare(as_text(cells.explode() if nested else cells)).drop_nulls().alias("cells")
    if texts.is_empty():
        return Contents(texts, 0, 0, nested)
    cut = [re.split(_SEPARATORS, text) for text in texts.unique(maintain_order=True).head(_SPELLINGS)]
    spelled = [piece.strip() for pieces in cut for piece in pieces if piece.strip()]
    codes = normalised(pl.Series(spelled, dtype=pl.String)).to_list()
    says_procedures = names_procedures(name) or named(name).says_code

    def share(kind: CodeKind) -> float:
        return sum(map(partial(_is_code, kind, says_procedures), spelled, codes)) / max(len(codes), 1)

    several = nested or any(len(pieces) > 1 for pieces in cut)
    return Contents(texts, share(DIAGNOSIS), share(PROCEDURE), several)


def _is_code(kind: CodeKind, says_procedures: bool, spelled: str, code: str) -> bool:
    # Without dots the list of codes says what they are; of digits alone the name has to say so too.
    if "." not in spelled:
        return code in _known(kind) and (kind == DIAGNOSIS or says_procedures)
    if code in _known(kind) or re.match(_FORM[kind], code):
        return True
    return kind == PROCEDURE and says_procedures and re.match(_SHORT_PROCEDURE, code) is not None


@lru_cache(maxsize=2)
def _known(kind: CodeKind) -> frozenset[str]:
    return frozenset(code_names(kind)["code"].str.to_uppercase())
