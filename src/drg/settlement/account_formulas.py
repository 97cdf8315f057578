"""Every figure of an account, once: ``account_formulas.csv`` says what it is called and how it comes about.

The rows are worked out for whole frames of accounts (``evaluation``); the same rows are the lines of a
statement, with their arithmetic in words and as a spreadsheet's formula (``report.statement_lines``). To add
a figure, add a
row: of the kind ``line`` it stands in the statement only, ``amount`` and ``number`` are columns of the
settlement as well.

Names in ``expression`` and ``shown`` that are no figures of the table:

- numbers of the scheme: ``cap_of_cost``, ``floor_of_cost``, ``deposit_share``, ``monthly_share``,
  ``daily_share``, ``recover_months``, and of a budget ``reserve_share``; 0 where the scheme does not name
  them; ``covers_overruns`` (its reserve pays what the fund bears of overruns);
- what the scheme has: ``has_cap``, ``has_floor``, ``has_disbursement``, ``has_quality``;
- of the account: ``local``, ``real`` (not simulated), ``cleared`` (the year is over), ``scored`` (a score
  pays its deposit back), ``by_points`` (the value of a point closes its budget), ``month``,
  ``weighted_cases``;
- of its budget, which ``closing`` works out for all accounts together: ``closing`` (it has been closed),
  ``by_value`` (by the value of a point), ``parted`` (in proportion), ``taken_back`` (of overruns), ``part``
  (of what is parted), ``has_cleared_cases``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

Look = Literal["money", "exact", "share", "fine_share", "number", "count", "text"]
Words = tuple[str, str]  # Chinese, English
FILE: Final = Path(__file__).with_suffix(".csv")
_TOTAL: Final = ("病例汇总表合计", "total of the table of case classes")


@dataclass(frozen=True)
class Formula:
    """One figure.

    Attributes:
        name: of the figure; of its column in a settlement.
        kind: ``amount`` adds up from month to month, ``number`` does not; ``line`` is no column.
        zh, en: what it is called; in English by default its name.
        expression: how it comes about (see ``payment.expressions``); empty if it is given.
        section: of the statement; empty: only where another line refers to it.
        shown: a condition on being a line of the statement.
        look: how it is written.
        scheme: the rule of the scheme that stands beside it; see ``report.statement_rules``.
        total: it is the total of this column of the table of case classes.
        meaning: of the column, in English.
        given: where it comes from, if it is given; figures in braces.
        otherwise: what the statement says where the expression comes to nothing; without it, no line.
        remark: what the statement adds to the arithmetic.
    """

    name: str
    kind: str
    zh: str
    en: str = ""
    expression: str = ""
    section: str = ""
    shown: str = ""
    look: Look = "money"
    scheme: str = ""
    total: str = ""
    meaning: str = ""
    given: Words = ("", "")
    otherwise: Words | None = None
    remark: Words = ("", "")

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the settlement."""
        return self.kind != "line"

    def label(self, language: str) -> str:
        """What it is called."""
        return self.zh if language == "zh" else self.en or self.name.replace("_", " ")


_PLAIN: Final = ("name", "kind", "zh", "en", "expression", "section", "shown", "scheme", "total", "meaning")


def _read() -> Iterator[Formula]:
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            given, otherwise, remark = (
                (row[f"{name}_zh"], row[f"{name}_en"]) for name in ("given", "otherwise", "remark")
            )
            yield Formula(
                **{name: row[name] for name in _PLAIN},
                look=cast("Look", row["look"] or "money"),
                given=_TOTAL if row["total"] and not given[0] else given,
                otherwise=otherwise if otherwise[0] else None,
                remark=remark,
            )


TABLE: Final = tuple(_read())
