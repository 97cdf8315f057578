"""The cells of the tables that a settlement is given: found by their headers, read exactly.

A table may come from a sheet, where everything is text, or from a program, where numbers are numbers: both
are brought to text first and then read in one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from drg.errors import InputError, MissingColumnError, did_you_mean
from drg.grouping.batched_frames import columns_counted
from drg.records.cells import as_text, bare, nothing_as_null, plain_type
from drg.records.frames import as_lazy
from drg.records.header import folded
from drg.settlement.settlement_findings import Finding, finding
from drg.words import Both, Joined, Sentence

PAYMENTS: Final = "payments"
DECISIONS: Final = "decisions"
SCORES: Final = "scores"

# What was paid or taken back, with the words that tables use for it; the first is the one to write.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "prepayment": ("预付金", "预付", "预付款", "预拨"),
    "daily": ("日拨付", "日拨", "日预拨"),
    "monthly": ("月结算", "月度结算", "月拨付", "月结"),
    "supplement": ("补拨", "补付", "补发"),
    "refund": ("退回", "退款", "退还"),
    "deduction": ("审核扣款", "扣款", "审核扣减", "拒付"),
}
ROW: Final = "row"
FIRST: Final = "first_row"  # the row that a row repeats, else null
MONTH: Final = "__month"  # the period of a row in its normal form
# So many rows are named for each thing that is wrong; the others are counted.
MOST_NAMED: Final = 1_000

_MONTH: Final = r"^(\d{4})(?:[-/]|年)(\d{1,2})(?:月|(?:[-/]|月)\d{1,2}日?(?:[ T].*)?)?$"
_MONTH_PACKED: Final = r"^(\d{4})(\d{2})(?:\d{2})?$"
_MONTH_DOTTED: Final = r"^(\d{4})\.(\d{2}|\d{1,2}\.\d{1,2})$"
# The numbers that Excel gives to the days from 1990 to 2099, as a cell without a date format shows them.
_SERIAL: Final = r"^(?:3[2-9]\d{3}|[4-6]\d{4}|7[0-2]\d{3}|730[0-4]\d)$"


@dataclass(frozen=True)
class Field:
    """A column of a table.

    Attributes:
        name, label_zh: what the header may call it.
        meaning, meaning_zh: what it holds.
        needed: whether a table without it is refused.
        others: further names that are read.
        former: a name that it had before, and that no table may use for it any more.
    """

    name: str
    label_zh: str
    meaning: str
    meaning_zh: str
    needed: bool = True
    others: tuple[str, ...] = ()
    former: str = ""


def read_fields(frame: pl.DataFrame | pl.LazyFrame, table: str, fields: Iterable[Field]) -> pl.DataFrame:
    """The fields of a table as text, blank cells as null, with the number of each row.

    Args:
        frame: the table; a column of numbers called ``__row`` says which row of its file each one is, else
            they are counted from 2: the header is row 1.
        table: how messages call it.
        fields: which; one that is not needed may be absent and is then empty.

    Raises:
        MissingColumnError: a field is needed and absent.
        InputError: two columns are the same field, or it is no frame.
    """
    given = _eager(frame, table)
    fields = tuple(fields)
    columns = _columns(given, table, fields)
    nothing = pl.repeat(None, given.height, dtype=pl.String, eager=True)
    texts = [(_text(given[columns[f.name]]) if f.name in columns else nothing).alias(f.name) for f in fields]
    rows = given["__row"] if "__row" in given.columns else pl.int_range(2, given.height + 2, eager=True)
    cells = pl.DataFrame([rows.cast(pl.UInt32).alias(ROW), *texts])
    repeated = _repeated(given.drop("__row", strict=False))
    first = cells[ROW].gather(repeated)
    cells = cells.with_columns(
        first.set(repeated == pl.int_range(cells.height, eager=True), None).alias(FIRST)
    )
    return cells.filter(pl.any_horizontal(pl.col(f.name).is_not_null() for f in fields))


def _eager(frame: Any, table: str) -> pl.DataFrame:
    try:
        return as_lazy(frame, lambda schema: schema).collect(engine="streaming")
    except InputError:
        raise InputError(
            Sentence("the table of {table} is no frame, but {type}", table=table, type=type(frame).__name__),
            fix=Sentence("Give a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame"),
        ) from None


def _columns(given: pl.DataFrame, table: str, fields: tuple[Field, ...]) -> dict[str, str]:
    """The column of the table for each field that it has."""
    by_fold: dict[str, list[str]] = {}
    for name in given.columns:
        by_fold.setdefault(folded(name), []).append(name)
    found: dict[str, str] = {}
    for f in fields:
        known = dict.fromkeys(map(folded, (f.name, f.label_zh, *f.others)))
        names = [column for name in known for column in by_fold.get(name, ())]
        if len(names) > 1:
            problem = Sentence(
                "two columns of the table of {table} are {label} {name}: {first} and {second}",
                table=table,
                label=f.label_zh,
                name=f.name,
                first=names[0],
                second=names[1],
            )
            fix = Sentence("Rename or delete one of them, such as {name}", name=names[1])
            raise InputError(problem, field=names[0], fix=fix)
        if names:
            found[f.name] = names[0]
        elif f.former and (old := by_fold.get(folded(f.former))):
            problem = Sentence(
                "in a table of {table} {old} is now {name} {label}",
                table=table,
                old=old[0],
                name=f.name,
                label=f.label_zh,
            )
            fix = Sentence("Rename the column, or delete it if it is something else")
            raise InputError(problem, field=old[0], fix=fix)
    missing = [f for f in fields if f.needed and f.name not in found]
    if missing:
        lines = Joined(
            "",
            (
                Both(
                    f"\n    {f.label_zh} ({f.name}): {f.meaning}",
                    f"\n    {f.label_zh}（{f.name}）：{f.meaning_zh}",
                )
                for f in missing
            ),
        )
        others = [name for name in given.columns if name not in found.values()]
        hint = next(filter(None, (did_you_mean(f.label_zh, others) for f in missing)), "")
        problem = Sentence(
            "the table of {table} lacks {columns}:{lines}",
            table=table,
            columns=columns_counted(len(missing)),
            lines=lines,
        )
        fix = Joined(" ", (hint, Sentence("Add what is missing; the header may be in Chinese or English")))
        raise MissingColumnError(problem, field=missing[0].name if len(missing) == 1 else None, fix=fix)
    return found


def _text(cells: pl.Series) -> pl.Series:
    """As a person would write it; null where nothing is said."""
    return nothing_as_null(as_text(plain_type(cells)).str.strip_chars())


def _repeated(given: pl.DataFrame) -> pl.Series:
    """For each row the place of the first row that holds the very same in all columns."""
    texts = given.select(_text(given[name]).alias(str(place)) for place, name in enumerate(given.columns))
    places = texts.with_row_index("place")
    return places.select(pl.col("place").first().over(texts.columns)).to_series()


def plain(text: pl.Series) -> pl.Series:
    """Full-width letters and digits as plain ones, small letters."""
    return bare(text).str.to_lowercase()


def months(text: pl.Series) -> pl.Series:
    """``2025-03`` of 2025-03, 2025/3, 202503, 2025年3月 or any date of the month; null if it cannot be read.

    ``2025.1`` is not read: in a sheet it may have been 2025.10.
    """
    cells = plain(text)
    serial = cells.set(~cells.str.contains(_SERIAL).fill_null(False), None).cast(pl.Int64)
    frame = pl.DataFrame({"text": cells, "serial": serial})
    found = []
    for form in (_MONTH, _MONTH_PACKED, _MONTH_DOTTED):
        parts = pl.col("text").str.extract_groups(form)
        month = parts.struct[1].str.extract(r"^(\d{1,2})").cast(pl.Int64, strict=False)
        year = parts.struct[0].cast(pl.Int64, strict=False)
        known = month.is_between(1, 12) & year.is_between(1990, 2099)
        made = pl.format("{}-{}", year, month.cast(pl.String).str.zfill(2))
        found.append(pl.when(known).then(made))
    day = pl.date(1899, 12, 30) + pl.duration(days=pl.col("serial"))
    return frame.select(pl.coalesce(*found, day.dt.to_string("%Y-%m"))).to_series()


@dataclass
class FindingsBuilder:
    """What is found in one table, and the rows that it leaves out.

    Attributes:
        cells: its rows as text, for the place of each finding.
        usable: the rows that nothing has ruled out so far.
        findings: in the order in which they were told.
    """

    cells: pl.DataFrame
    usable: pl.Series = field(init=False)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.usable = pl.Series([True], dtype=pl.Boolean).new_from_index(0, self.cells.height)

    def sorted_findings(self) -> tuple[Finding, ...]:
        """The findings in the order of the rows."""
        return tuple(sorted(self.findings, key=lambda finding: (finding.row or 0, finding.rule)))

    def add(
        self,
        where: pl.Series,
        rule: str,
        *,
        case: Callable[[Mapping[str, Any]], str] = lambda _: "",
        facts: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {},
        more: pl.DataFrame | None = None,
        leave_out: bool = False,
    ) -> None:
        """Tell something of the rows ``where``.

        Args:
            where: truth values, null for no.
            rule: of ``settlement_notes.csv``; its sentences may name the cells of the row.
            case: a row → which case of the rule it is.
            facts: a row → what the sentences name beside its cells.
            more: further columns of the rows.
            leave_out: whether the rows cannot be used.
        """
        where = where.fill_null(False)
        if not where.any():
            return

        def told(row: Mapping[str, Any]) -> Finding:
            place = {
                "row": row[ROW],
                "hospital_id": row.get("hospital_id"),
                "insurance_type": row.get("insurance_type"),
                "period": row.get(MONTH) or row.get("year"),
                "case_id": row.get("case_id"),
            }
            return finding(rule, place, {**row, **facts(row)}, case=case(row))

        rows = self.cells if more is None else self.cells.hstack(more)
        rows = rows.filter(where)
        self.findings += [told(row) for row in rows.head(MOST_NAMED).iter_rows(named=True)]
        left = rows.height - MOST_NAMED
        if left > 0:
            first = told(rows.row(MOST_NAMED, named=True))
            nowhere: dict[str, Any] = dict.fromkeys(("hospital_id", "insurance_type", "period", "case_id"))
            message = f"{left:,} more rows with the same fault, this being the first of them"
            message_zh = f"另有 {left:,} 行存在同样问题，此为其中第一行"
            self.findings.append(replace(first, message=message, message_zh=message_zh, **nowhere))
        if leave_out:
            self.usable = self.usable & ~where


def empty(name: str) -> Callable[[Mapping[str, Any]], str]:
    """The case of a rule by whether a cell is empty."""
    return lambda row: "empty" if row[name] is None else ""
