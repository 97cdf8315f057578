"""Statuses and reasons: what is said of a case beside its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drg.columns import Column
from drg.errors import InputError
from drg.words import Joined, Sentence

GROUPED = "grouped"
AMBIGUOUS = "ambiguous"
NO_DRG = "no_drg"
UNGROUPED = "ungrouped"
INVALID = "invalid"
STATUSES = (GROUPED, AMBIGUOUS, NO_DRG, UNGROUPED, INVALID)

SEVERITIES = ("none", "CC", "MCC", "MCC")  # by the mask of the levels that count

UNGROUPED_DRG = "0000"

# The first part of a reason.
NOTHING = 0
QY = 1
NO_DRG_HOLDS = 2
NO_PRINCIPAL = 3
NO_MDC = 4
NO_ADRG = 5
NO_DATE = 6
NO_VERSION = 7

LANGUAGES = ("en", "zh")


class _Words(NamedTuple):
    """The phrases of one language."""

    first: dict[int, str]
    unknown_principal: str
    missing: str
    impossible: str
    either: str
    span: str
    comma: str
    semicolon: str


_WORDS = {
    "en": _Words(
        first={
            QY: "the principal procedure fits no surgical ADRG of the MDC (QY)",
            NO_DRG_HOLDS: "the ADRG has no DRG that takes this case",
            NO_PRINCIPAL: "principal_diagnosis is missing",
            NO_MDC: "no MDC takes this case",
            NO_ADRG: "no ADRG of the MDC takes this case",
            NO_DATE: "discharge_date is missing or cannot be read: which version of {series} was in force is"
            " not known",
            NO_VERSION: "no version of {series} was in force on discharge_date ({periods})",
        },
        unknown_principal="principal_diagnosis is not in the tables of this version",
        missing="missing {fields}",
        impossible="{field} is impossible ({expected} expected)",
        either="{low:g} or {high:g}",
        span="{low:g} to {high:,.0f}",
        comma=", ",
        semicolon="; ",
    ),
    "zh": _Words(
        first={
            QY: "主要手术或操作不属于该 MDC 的任何外科 ADRG（歧义组 QY）",
            NO_DRG_HOLDS: "该 ADRG 下没有符合条件的细分组",
            NO_PRINCIPAL: "缺少主要诊断",
            NO_MDC: "不符合任何 MDC 的入组条件",
            NO_ADRG: "不符合该 MDC 下任何 ADRG 的入组条件",
            NO_DATE: "缺少出院时间或无法识别，不能确定执行 {series} 的哪个版本",
            NO_VERSION: "出院日期不在 {series} 任何版本的有效期内（{periods}）",
        },
        unknown_principal="主要诊断编码不在本分组方案中",
        missing="缺少{fields}",
        impossible="{field}不合理（应为 {expected}）",
        either="{low:g} 或 {high:g}",
        span="{low:g} 至 {high:,.0f}",
        comma="、",
        semicolon="；",
    ),
}


def check_language(language: str) -> None:
    """Whether reasons can be given in a language.

    Raises:
        InputError: names those in which they can.
    """
    if language not in LANGUAGES:
        raise InputError(
            Sentence("there is no language {name!r}", name=language),
            fix=Sentence("Give one of {names}", names=Joined(", ", LANGUAGES)),
        )


def is_ambiguous(adrg: str) -> bool:
    """Whether an ADRG is a QY row (歧义组): the principal procedure belongs to no ADRG of its MDC."""
    return adrg.endswith("QY")


def reason(
    first: int, unknown_principal: bool, fields: Sequence[Column], impossible: bool, language: str = "en"
) -> str | None:
    """The reason of a case, or None if there is nothing to say.

    Args:
        first: what became of the case.
        unknown_principal: the principal diagnosis is in no table of the version.
        fields: those that a visited rule asked for in vain or, if ``impossible``, that hold what cannot be.
        impossible: see ``fields``.
        language: one of ``LANGUAGES``.
    """
    words = _WORDS[language]
    parts = [words.first[first]] if first else []
    if unknown_principal:
        parts.append(words.unknown_principal)
    names = [field.label_zh if language == "zh" else field.name for field in fields]
    if impossible:
        parts += [
            words.impossible.format(field=name, expected=expected(field, language))
            for name, field in zip(names, fields, strict=True)
        ]
    elif names:
        parts.append(words.missing.format(fields=words.comma.join(names)))
    return words.semicolon.join(parts) or None


def reason_without_version(first: int, series: str, periods: str, language: str = "en") -> str:
    """The reason of a case for which a series of versions has none.

    Args:
        first: ``NO_DATE`` or ``NO_VERSION``.
        series: its id.
        periods: its versions and when each was in force.
        language: one of ``LANGUAGES``.
    """
    return _WORDS[language].first[first].format(series=series, periods=periods)


def expected(column: Column, language: str = "en") -> str:
    """The possible values of a number column: ``0 to 150``, ``1 or 2``."""
    words = _WORDS[language]
    form = words.either if column.highest - column.lowest == 1 else words.span
    return form.format(low=column.lowest, high=column.highest)
