"""Codes of files → codes of the insurance version, with findings on what was read otherwise or is not known.

Only distinct spellings are worked on, and of these only those that the code list does not have as they stand.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from drg.columns import INPUT, Kind
from drg.records.codes import (
    A_CODE,
    DIAGNOSIS,
    NOTHING,
    PROCEDURE,
    CodeKind,
    code_names,
    crosswalk,
    normalised,
)
from drg.records.findings import NOTICE, SAID, WARNING
from drg.words import Joined, Sentence, in_both

REWRITTEN: Final = "code-rewritten"
CONVERTED: Final = "code-converted"
AMBIGUOUS: Final = "code-ambiguous"
UNMAPPED: Final = "code-unmapped"
UNKNOWN: Final = "code-unknown"
CLINICAL: Final = "code-clinical"
SEVERAL: Final = "code-several"
LOST_ZEROS: Final = "code-lost-zeros"

KINDS: Final[dict[str, CodeKind]] = {
    "principal_diagnosis": DIAGNOSIS,
    "other_diagnoses": DIAGNOSIS,
    "principal_procedure": PROCEDURE,
    "other_procedures": PROCEDURE,
}
# The number of letters that say what a code is about; neighbours in spelling should share them.
_CATEGORY: Final = {DIAGNOSIS: 3, PROCEDURE: 4}
_NEAR_ENOUGH = 60
# A diagnosis begins with a letter, and goes on with digits: 150.9OO is I50.900.
_LETTERS = str.maketrans("10", "IO")
_DIGITS = str.maketrans("OIL", "011")
_MOST_SEARCHED = 200


@dataclass(frozen=True)
class Reading:
    """How one spelling was read.

    Attributes:
        spelled: in the file.
        code: what counts; null for a spelling of nothing but dots.
        rule, severity: of the finding, if there is something to say.
        message, fix: what to say.
    """

    spelled: str
    code: str | None
    rule: str | None = None
    severity: str | None = None
    message: str | None = None
    fix: str | None = None


_READING: Final = pl.Schema(dict.fromkeys(("spelled", "code", *SAID), pl.String()))


class CodeBook:
    """The codes of one kind; safe to share between threads.

    Args:
        kind: diagnosis or procedure.
        clinical: whether files hold codes of the clinical version.
        pairs: clinical and insurance codes (``from_code``, ``to_code``), by default those of the package.
    """

    def __init__(self, kind: CodeKind, *, clinical: bool = False, pairs: pl.DataFrame | None = None) -> None:
        self.kind = kind
        self.clinical = clinical
        names = code_names(kind)
        self._name = dict(names.rows())
        self._by_normal = dict(zip(normalised(names["code"]), names["code"], strict=True))
        self._targets = _targets(crosswalk(kind) if pairs is None else pairs) if clinical else {}
        # What may stand as it is: no look-up of more than this for a clean file.
        moved = pl.Series(list(self._targets), dtype=pl.String).implode()
        self._settled = pl.Enum(names["code"].filter(~normalised(names["code"]).is_in(moved)))
        self._readings: dict[str, dict[str, str | None]] = {}
        self._by_category: dict[str, list[str]] = {}
        for code in self._by_normal:
            self._by_category.setdefault(code[: _CATEGORY[kind]], []).append(code)
        self._searched = 0
        self._lock = threading.Lock()

    def open_questions(self, codes: pl.Series) -> pl.Series:
        """The distinct spellings that are not simply codes of the list."""
        found = codes.cast(self._settled, strict=False)
        if found.null_count() == codes.null_count():
            return codes.clear()
        return codes.filter(found.is_null() & codes.is_not_null()).unique()

    def readings(self, spellings: pl.Series) -> pl.DataFrame:
        """How spellings are read: one row for each, with the fields of ``Reading``."""
        with self._lock:
            new = [text for text in spellings if text not in self._readings]
            if new:
                normal = normalised(pl.Series(new, dtype=pl.String))
                for spelled, code in zip(new, normal, strict=True):
                    read = self._read(spelled, code)
                    self._readings[spelled] = vars(read) | in_both(message=read.message, fix=read.fix)
            rows = [self._readings[text] for text in spellings]
        return pl.DataFrame(rows, schema=_READING)

    def _read(self, spelled: str, normal: str) -> Reading:
        if not normal or normal in NOTHING:
            return Reading(spelled, None)
        targets = self._targets.get(normal, [])
        if len(targets) == 1:
            return self._converted(spelled, targets[0])
        code = self._by_normal.get(normal)
        if len(targets) > 1:
            return self._ambiguous(spelled, code or normal, targets)
        if code is None:
            return self._unknown(spelled, normal)
        # Blanks around a code and the case of x are no news.
        if _fold_x(spelled.strip()) == _fold_x(code):
            return Reading(spelled, code)
        return Reading(
            spelled,
            code,
            REWRITTEN,
            NOTICE,
            Sentence("read as {code}", code=code),
            Sentence("Write the code as in the code list"),
        )

    def _converted(self, spelled: str, target: str) -> Reading:
        return Reading(
            spelled,
            target,
            CONVERTED,
            NOTICE,
            Sentence("clinical-version code, converted to {code}", code=self._named(target)),
            Sentence("Nothing to do; check the conversion if the group surprises"),
        )

    def _ambiguous(self, spelled: str, code: str, targets: list[str]) -> Reading:
        choices = ", ".join(self._named(target) for target in targets)
        return Reading(
            spelled,
            code,
            AMBIGUOUS,
            WARNING,
            Sentence("clinical-version code with several insurance-version codes; not converted"),
            Sentence("Choose one of {choices}", choices=choices),
        )

    def _unknown(self, spelled: str, normal: str) -> Reading:
        # As the list would spell it: only the letter in front can be a capital X.
        code = normal[:1] + _fold_x(normal[1:])
        if padded := self._with_zeros(normal):
            return Reading(
                spelled,
                code,
                LOST_ZEROS,
                WARNING,
                Sentence(
                    "a number and no code; zeros were probably lost from {code}", code=self._named(padded)
                ),
                Sentence("Write {code} as text, or export once more with this column as text", code=padded),
            )
        if len(re.findall(A_CODE, normal)) > 1 and normal not in self._name:
            return Reading(
                spelled,
                code,
                SEVERAL,
                WARNING,
                Sentence("several codes in one cell, of which only one can count; none was read"),
                Sentence("Give each code a cell of its own, or join other codes with |"),
            )
        near = [self._named(code) for code in self.nearest(normal)]
        if not self.clinical and (targets := self._clinical.get(normal)):
            choices = Joined(" or ", [self._named(target) for target in targets])
            return Reading(
                spelled,
                code,
                CLINICAL,
                WARNING,
                Sentence("a code of the clinical version"),
                Sentence("Read the file with --codes clinical: it is {choices}", choices=choices),
            )
        rule, message = UNKNOWN, Sentence("not in the insurance version")
        if self.clinical:
            rule = UNMAPPED
            message = Sentence("not in the crosswalk from the clinical version, nor in the insurance version")
        fix = Sentence("Look it up in the code list")
        if near:
            fix = Sentence("Did you mean {names}?", names=Joined(" or ", near))
        return Reading(spelled, code, rule, WARNING, message, fix)

    @cached_property
    def _clinical(self) -> dict[str, list[str]]:
        """What codes of the clinical version are in the insurance version."""
        return _targets(crosswalk(self.kind))

    def _with_zeros(self, normal: str) -> str | None:
        """The procedure code that a spreadsheet made this number of, such as 1.24 of 01.2400."""
        whole, dot, decimals = normal.partition(".")
        if self.kind != PROCEDURE or not (whole + decimals).isdecimal() or len(whole) > 2:
            return None
        padded = f"{whole:0>2}.{decimals:0<4}"
        return padded if padded != normal and (dot or decimals == "") and padded in self._name else None

    def nearest(self, normal: str, count: int = 2) -> list[str]:
        """The most alike codes of the list: those of the same category first; empty if none is alike."""
        from rapidfuzz import fuzz, process  # for wrong codes only

        if self.kind == DIAGNOSIS:
            normal = normal[:1].translate(_LETTERS) + normal[1:].translate(_DIGITS)
        choices = self._by_category.get(normal[: _CATEGORY[self.kind]])
        if not choices:
            # A search of the whole list takes some milliseconds.
            self._searched += 1
            if self._searched > _MOST_SEARCHED:
                return []
            choices = list(self._by_normal)
        found = process.extract(normal, choices, scorer=fuzz.ratio, limit=count, score_cutoff=_NEAR_ENOUGH)
        return [self._by_normal[code] for code, _, _ in found]

    def _named(self, code: str) -> str:
        name = self._name.get(code)
        return f"{code} ({name})" if name else code


def _targets(pairs: pl.DataFrame) -> dict[str, list[str]]:
    """The insurance-version codes of each clinical-version code."""
    targets: dict[str, list[str]] = {}
    for source, target in zip(normalised(pairs["from_code"]), pairs["to_code"], strict=True):
        if target not in targets.setdefault(source, []):
            targets[source].append(target)
    return targets


def _fold_x(code: str) -> str:
    return code.replace("X", "x")


@dataclass(frozen=True)
class CodeFindings:
    """Findings on the codes of one column of a batch.

    Attributes:
        field: the canonical column.
        places: the rows of the batch, counted from 0.
        readings: one row per place, with the fields of ``Reading``.
    """

    field: str
    places: pl.Series
    readings: pl.DataFrame


def recognised(
    series: Iterable[pl.Series], books: dict[str, CodeBook]
) -> tuple[list[pl.Series], list[CodeFindings]]:
    """Columns of codes as the code list spells them, and what there is to say of them.

    Args:
        series: canonical columns; those that hold no codes pass unchanged.
        books: the code book of each kind.
    """
    done: list[pl.Series] = []
    findings: list[CodeFindings] = []
    for column in series:
        name = column.name
        if name not in KINDS:
            done.append(column)
            continue
        is_list = INPUT[name].kind is Kind.CODES
        flat = column.explode(empty_as_null=False, keep_nulls=False) if is_list else column
        questions = books[KINDS[name]].open_questions(flat)
        if questions.is_empty():
            done.append(column)
            continue
        readings = books[KINDS[name]].readings(questions)
        done.append(_replaced(column, readings, is_list))
        told = readings.filter(pl.col("rule").is_not_null())
        if not told.is_empty():
            findings.append(_found(column, flat, told, is_list))
    return done, findings


def _replaced(column: pl.Series, readings: pl.DataFrame, is_list: bool) -> pl.Series:
    changed = readings.filter(pl.col("spelled").ne_missing(pl.col("code")))
    if changed.is_empty():
        return column
    old, new = changed["spelled"], changed["code"]
    if not is_list:
        return column.replace(old, new)
    codes = pl.element().replace(old, new).drop_nulls()
    return column.to_frame().select(pl.all().list.eval(codes)).to_series()


def _found(column: pl.Series, flat: pl.Series, told: pl.DataFrame, is_list: bool) -> CodeFindings:
    places = pl.int_range(len(column), eager=True, dtype=pl.UInt32)
    if is_list:
        places = places.repeat_by(column.list.len().fill_null(0)).explode(empty_as_null=False)
    here = pl.DataFrame({"place": places, "spelled": flat}).join(told, on="spelled", maintain_order="left")
    return CodeFindings(column.name, here["place"], here.drop("place"))
