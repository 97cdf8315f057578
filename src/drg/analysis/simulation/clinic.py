"""What is known of codes and departments without any table: illustrative, by chapter of ICD-10.

The shares and ages are made up so that the result looks like a general hospital. Codes that are not of ICD-10
get the values of an unknown chapter.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt


class Patients(NamedTuple):
    """Who has a diagnosis.

    Attributes:
        age: mean age of adults in years.
        spread: its standard deviation.
        women: share of women.
        children: share of children.
    """

    age: float
    spread: float
    women: float
    children: float


def rows(table: str) -> list[list[str]]:
    """The rows of a table of this room, without its header."""
    with Path(__file__).with_name(table).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


_UNKNOWN: Final = Patients(52, 18, 0.5, 0.03)
_CHAPTERS: Final = {
    chapter: Patients(*map(float, numbers)) for chapter, *numbers in rows("clinic_chapters.csv")
}
_WOMEN: Final = (
    ("C51", "C58"),
    ("D06", "D06"),
    ("D25", "D28"),
    ("D39", "D39"),
    ("N70", "N98"),
    ("O00", "O99"),
)
# Codes of pregnancy and delivery that are not in their chapter.
_PREGNANCY: Final = (("Z32", "Z37"), ("Z39", "Z39"))
_MEN: Final = (("C60", "C63"), ("D29", "D29"), ("D40", "D40"), ("N40", "N51"))
# What old and ill people often have besides.
_COMMON: Final = (
    "D50 D64 D69 E04 E11 E77 E78 E79 E87 G47 H25 I10 I11 I20 I25 I48 I50 I63 I65 I67 I70 J18 J42 J44 J96 J98"
    " K21 K25 K29 K59 K76 K80 M47 M50 M51 M81 N18 N28 N39 R73"
)
_COMMON_WEIGHT: Final = 40.0
_ODD_COMPANIONS: Final = "OPQSTUVWXYZ"

_NEWBORN: Final = ("P",)

FEMALE: Final = 2
MALE: Final = 1


def _within(category: str, spans: tuple[tuple[str, str], ...]) -> bool:
    return any(first <= category <= last for first, last in spans)


def patients(code: str) -> Patients:
    """Who has this diagnosis."""
    pregnant = _within(code[:3], _PREGNANCY)
    found = _CHAPTERS.get("O" if pregnant else code[:1], _UNKNOWN)
    if _within(code[:3], _WOMEN):
        return found._replace(women=1.0)
    return found._replace(women=0.0) if _within(code[:3], _MEN) else found


def popularity(codes: list[str], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """How often each code is an other diagnosis; 0 for those that depend on sex, age or an accident."""
    common = frozenset(_COMMON.split())
    weights = np.exp(rng.normal(0.0, 1.0, len(codes)))
    for row, code in enumerate(codes):
        category = code[:3]
        if code[:1] in _ODD_COMPANIONS or _within(category, _WOMEN) or _within(category, _MEN):
            weights[row] = 0.0
        elif category in common:
            weights[row] *= _COMMON_WEIGHT
    return weights


# Diagnostics and treatment at the bedside, by chapters of the principal diagnosis (none: any).
_BEDSIDE: Final = [(chapters, code) for chapters, code, _ in rows("clinic_procedures.csv")]


def bedside(code: str) -> list[str]:
    """Procedures that no version asks for, as cases with a diagnosis have them."""
    if code[:1] in _NEWBORN:
        return [procedure for chapters, procedure in _BEDSIDE if code[:1] in chapters]
    return [procedure for chapters, procedure in _BEDSIDE if not chapters or code[:1] in chapters]


# By the letter of the MDC: departments (诊疗科目名录) of medical and of surgical cases, how many cases it has
# against the others, and how long they stay against the others.
_DEPARTMENTS: Final = {
    mdc: (medical, surgical, float(share), float(stay))
    for mdc, medical, surgical, share, stay in rows("clinic_departments.csv")
}
_ANYWHERE: Final = ("02", "04", 2.0, 1.0)
_ALL_SHARES: Final = sum(share for _, _, share, _ in _DEPARTMENTS.values())


def department(mdc: str, *, surgical: bool) -> str:
    """The code of the department that discharges cases of an MDC."""
    return str(_DEPARTMENTS.get(mdc[3:4], _ANYWHERE)[1 if surgical else 0])


def share(mdc: str) -> float:
    """The share of an MDC among the cases of a region."""
    return float(_DEPARTMENTS.get(mdc[3:4], _ANYWHERE)[2]) / _ALL_SHARES


def stay(mdc: str) -> float:
    """How long cases of an MDC stay, against others of the same weight."""
    return float(_DEPARTMENTS.get(mdc[3:4], _ANYWHERE)[3])
