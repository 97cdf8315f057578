"""What a rule of the quality check is, and the words in which rules are written.

A rule is data: one polars expression over the columns that checking gives, and what to say where it is true.
To add one, write it into the module of its theme, ``rules_*.py``; everything else follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.columns import INPUT, RECORD, Column
from drg.records.binding import UNREAD
from drg.records.findings import WARNING

# Where rules come from. A rule that no regulation states is what reviewers commonly ask for.
ABSTRACT: Final = "住院病案首页数据填写质量规范（暂行），国卫办医发〔2016〕24号"
FORM: Final = "住院病案首页填写说明，卫医政发〔2011〕84号"
CLAIM: Final = "医疗保障基金结算清单填写规范，医保办发〔2021〕34号"
CODE_LISTS: Final = "医疗保障疾病诊断分类与代码、手术操作分类与代码"
ICD_10: Final = "ICD-10 第二卷"
SEX_CODES: Final = "GB/T 2261.1"
SCHEME: Final = "分组方案"
PRACTICE: Final = "field practice 行业惯例"

SEX: Final = pl.col("sex")
AGE_YEARS: Final = pl.col("age_years")
AGE_DAYS: Final = pl.col("age_days")
BIRTH_WEIGHT: Final = pl.col("birth_weight_g")
ADMISSION_WEIGHT: Final = pl.col("admission_weight_g")
LOS: Final = pl.col("los_days")
DISPOSITION: Final = pl.col("disposition")
PRINCIPAL: Final = pl.col("principal_diagnosis")
OTHERS: Final = pl.col("other_diagnoses")
PROCEDURE: Final = pl.col("principal_procedure")
OTHER_PROCEDURES: Final = pl.col("other_procedures")
BORN: Final = pl.col("birth_date")
ADMITTED: Final = pl.col("admission_date")
DISCHARGED: Final = pl.col("discharge_date")

MALE, FEMALE = 1, 2
# The columns that rules can read.
RECORDED: Final[dict[str, Column]] = INPUT | RECORD
NEWBORN: Final = (AGE_YEARS == 0) & (AGE_DAYS < 29)

# Columns whose name begins so are worked out by a grouper version.
BY_GROUPER: Final = "grouper:"


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule of the quality check.

    Attributes:
        id: its name, which stays the same for ever.
        severity: ``findings.ERROR``, ``WARNING`` or ``NOTICE``.
        fields: the columns that are to be looked at; the value of the first is shown.
        when: true where there is a finding; null is none.
        message: what is wrong; a ``Sentence``, or ``Both`` for a rule of your own.
        fix: what to do about it, likewise.
        source: the regulation that the rule follows.
        optional: columns that count as empty if the data lacks them.
        shown: what to show instead of the first field, such as the one code of many.
        across: the expression compares rows, so it needs all of them at once; texts arrive as numbers that
            are equal where the texts are.
    """

    id: str
    fields: tuple[str, ...]
    when: pl.Expr
    message: str
    fix: str
    severity: str = WARNING
    source: str = PRACTICE
    optional: tuple[str, ...] = ()
    shown: pl.Expr | None = None
    across: bool = False

    def __repr__(self) -> str:
        return f"Rule({self.id!r})"

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that the expression reads, in a fixed order."""
        roots = {name.removesuffix(UNREAD) for name in self.when.meta.root_names()}
        return tuple(sorted(roots - {""}))

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns without which the rule is skipped."""
        names = dict.fromkeys((self.fields[0], *self.reads))
        return tuple(name for name in names if name not in self.optional)


def begins(code: pl.Expr, *prefixes: str) -> pl.Expr:
    """Whether a code begins with one of the prefixes."""
    return pl.any_horizontal(code.str.starts_with(prefix) for prefix in prefixes)


def between(code: pl.Expr, first: str, last: str) -> pl.Expr:
    """Whether a code is in a range of categories, both included: V01 to Y98."""
    return (code >= first) & (code < f"{last}\uffff")


def any_code(codes: pl.Expr, test: pl.Expr) -> pl.Expr:
    """Whether a test, written over ``pl.element()``, holds for a code of a list; false for no list."""
    return codes.list.eval(test).list.any().fill_null(False)


def those(codes: pl.Expr, test: pl.Expr) -> pl.Expr:
    """The codes of a list for which a test holds, as text."""
    return codes.list.eval(pl.element().filter(test)).list.join("|")
