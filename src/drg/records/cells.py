"""One reader for each kind of cell: what a column holds, of whatever type → values as the registry has them.

A column that has its type already passes as it is. Of text the usual spelling is read quickly, and of what
is left each distinct spelling once, thoroughly. Nothing is refused cell by cell: what cannot be read becomes
null and is told apart from what is empty. Only a column that cannot hold what it should raises.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple, cast

import polars as pl

from drg.columns import Column, Kind
from drg.errors import InputError
from drg.words import CHINESE, Sentence, categories

# What is written where nothing is known, in any column; letter case and width make no difference.
MISSING: Final = (
    "-",
    "--",
    "—",
    "——",
    "–",
    "/",
    "\\",
    "\\N",
    "无",
    "空",
    "未填",
    "NULL",
    "None",
    "NaN",
    "NA",
    "N/A",
    "#N/A",
)
# What stands around a value but is no part of it: blanks of all kinds, and the mark of text of Excel.
AROUND: Final = " \t\r\n\x00\x0b\x0c\xa0\u3000\u200b\ufeff'`"
# Text that Excel shall not calculate with, or that was quoted once too often: ="007", "007".
QUOTED: Final = r'^=?"([^"]*)"$'
# Between the members of a list while they are one text; in no file.

_SAMPLE = 1000
_MISSING: Final = frozenset(unicodedata.normalize("NFKC", word).casefold() for word in ("", *MISSING))
# No word for "missing" is longer, and hardly a code is as short.
_LONGEST_MISSING = max(len(word.encode()) for word in MISSING)
YES: Final = ("1", "true", "t", "yes", "y", "是", "有")
NO: Final = ("0", "false", "f", "no", "n", "否")
# 1234.5, 1,234.50, -3e2; not 1,5, which some write for one and a half.
_NUMBER: Final = r"¥?\s*([-+]?(?:\d+|\d{1,3}(?:[, ]\d{3})+|\.\d)(?:\.?\d*)(?:e[-+]?\d{1,3})?)"
# What may be written behind a number, by the unit of the column, and how much of that unit it is.
_WORDS: Final[dict[str, dict[str, Decimal]]] = {
    "years": dict.fromkeys(("周岁", "岁", "y"), Decimal(1)),
    "days": {
        **dict.fromkeys(("天", "日", "d"), Decimal(1)),
        **dict.fromkeys(("小时", "时", "h"), 1 / Decimal(24)),
    },
    "hours": {
        **dict.fromkeys(("小时", "时", "h"), Decimal(1)),
        **dict.fromkeys(("天", "日", "d"), Decimal(24)),
        **dict.fromkeys(("分钟", "分", "min"), 1 / Decimal(60)),
    },
    "g": {
        **dict.fromkeys(("g", "克"), Decimal(1)),
        **dict.fromkeys(("kg", "千克", "公斤"), Decimal(1000)),
    },
    "yuan": dict.fromkeys(("元", "圆"), Decimal(1)),
}


_KILOGRAMS_BELOW: Final = 15


class Cells(NamedTuple):
    """What a column holds.

    Attributes:
        values: of the type of the column; null where nothing is known.
        unread: which cells hold something that could not be read; None if there are none.
        doubtful: which cells were read in the way that is likely and not certain; None if there are none.
    """

    values: pl.Series
    unread: pl.Series | None = None
    doubtful: pl.Series | None = None


Reader = Callable[[pl.Series, Column, Decimal], Cells]


def as_text(cells: pl.Series) -> pl.Series:
    """Cells as a person would write them: 5 and not 5.0, 2024-03-01 and not 2024-03-01 00:00:00."""
    dtype = cells.dtype
    if dtype == pl.String:
        return cells
    if isinstance(dtype, pl.List | pl.Array):
        return cells.cast(pl.List(pl.String)).list.join("|", ignore_nulls=True)
    if dtype.is_float():
        cells = cells.fill_nan(None)
        whole = cells.is_finite() & (cells == cells.floor()) & (cells.abs() < 1e15)
        return cells.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, cells.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return cells.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return cells.cast(pl.String)


def bare(texts: pl.Series) -> pl.Series:
    """Texts in plain width without what stands around them; null where they say that nothing is known."""
    plain = unwrapped(texts.str.normalize("NFKC"))
    return plain.set(plain.str.to_lowercase().is_in(list(_MISSING)), None)


def unwrapped(texts: pl.Series) -> pl.Series:
    """Texts without what stands around them."""
    inside = texts.str.strip_chars(AROUND)
    if not inside.str.ends_with('"').any():
        return inside
    return inside.str.replace(QUOTED, "$1").str.strip_chars(AROUND)


def by_spelling(texts: pl.Series, quick: pl.Series, read: Callable[[pl.Series], pl.Series]) -> Cells:
    """``quick``, with the texts that it left open read by ``read``, each distinct spelling once.

    Args:
        texts: the cells.
        quick: their values, null where the quick way read none.
        read: bare texts → values.
    """
    left = texts.is_not_null() & quick.is_null()
    if not left.any():
        return Cells(quick)
    places = left.arg_true()
    texts_left = texts.gather(places)
    spellings = texts_left.unique()
    plain = bare(spellings)
    found = read(plain).cast(quick.dtype)
    values = quick
    if found.null_count() < len(found):
        again = texts_left.replace_strict(spellings, found, default=None, return_dtype=quick.dtype)
        values = quick.scatter(places, again)
    bad = spellings.filter(found.is_null() & plain.is_not_null())
    return Cells(values, left & texts.is_in(bad.implode()) if len(bad) else None)


# ------------------------------------------------------------------------------------------------- numbers


def numbers(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:
    """Numbers, with thousands separators or their unit behind them; fractions as the column rounds them.

    Args:
        cells: text or numbers.
        column: to fill.
        unit: how much of the unit of the column one unit of the cells is, unless they name their own.
    """
    cells, unread = text_or_numbers(cells, column), None
    is_ready = cells.dtype == column.dtype == pl.Int64 and unit == 1
    if is_ready and not (column.unit == "g" and _in_kilograms(cells).any()):
        return Cells(_known(cells, column))
    if cells.dtype == pl.String:
        quick = finite(cells.cast(pl.Float64, strict=False)) * float(unit)
        number, unread, _ = by_spelling(cells, quick, lambda text: number_of(text, column, unit))
    else:
        number = cells.cast(pl.Float64).fill_nan(None) * float(unit)
    if column.unit == "g":
        in_kilograms = _in_kilograms(number)
        if in_kilograms.any():
            found = rounded(number.zip_with(~in_kilograms, number * 1000), column, unread)
            return found._replace(doubtful=in_kilograms)
    return rounded(number, column, unread)


def _in_kilograms(weights: pl.Series) -> pl.Series:
    """Which weights of newborns must be kilograms: nobody weighs so few grams, nor as many kilograms."""
    return ((weights > 0) & (weights < _KILOGRAMS_BELOW)).fill_null(False)


def rounded(number: pl.Series, column: Column, unread: pl.Series | None = None) -> Cells:
    """Numbers in the type of a column."""
    number = _known(number, column)
    values = number
    if column.dtype == pl.Int64:
        if column.rounding == "completed":
            # What a product of two fractions lacks to a whole number is no fraction.
            values = (number + 1e-9).floor()
        elif column.rounding == "nearest":
            values = (number + 0.5).floor()
        values = values.cast(pl.Int64, strict=False)
        if column.rounding == "none":
            values = values.set((values != number).fill_null(False), None)
        strange = number.is_not_null() & values.is_null()
    else:
        strange = number.is_infinite().fill_null(False)
        values = number.set(strange, None) if strange.any() else number
    if strange.any():
        unread = strange if unread is None else unread | strange
    return Cells(values, unread)


def number_of(text: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> pl.Series:
    """The number of each bare text, in the unit of the column."""
    text = text.str.to_lowercase()
    for word, value in column.words:
        # Also with the code before the word: 1-男, 2.女.
        text = text.str.replace(rf"^({value}[-.、:\s]*)?{word}$", value)
    words = _WORDS.get(column.unit, {})
    either = "|".join(sorted(words, key=len, reverse=True)) or "$"
    parts = text.str.extract_groups(rf"^{_NUMBER}\s*({either})?$").struct.unnest()
    number = parts["1"].str.replace_all("[, ]", "").cast(pl.Float64, strict=False)
    factors = {word: float(factor) for word, factor in words.items()}
    factor = parts["2"].replace_strict(factors, default=float(unit), return_dtype=pl.Float64)
    return finite(number * factor)


def finite(number: pl.Series) -> pl.Series:
    """Numbers, null where they are infinite or no number."""
    return number.set(~number.is_finite(), None)


def _known(number: pl.Series, column: Column) -> pl.Series:
    for unknown in column.unknown:
        number = number.set(number == unknown, None)
    return number


# ----------------------------------------------------------------------------------------- texts and flags


def texts(cells: pl.Series, column: Column, values: Mapping[str, str] | None = None) -> Cells:
    """Texts without blanks around them; 310.0 is 310, and other words for a value are that value.

    Args:
        cells: text, whole numbers or floats.
        column: to fill.
        values: what stands for what, beside the words of the column.
    """
    text = _as_texts(cells, column)
    if column.kind is Kind.IDENTIFIER and not values and not _is_repetitive(text):
        return Cells(nothing_as_null(unwrapped(text)))
    spellings = text.unique().drop_nulls()
    plain = unwrapped(spellings)
    narrow = bare(plain)
    # Names keep their brackets; codes are plain letters and digits.
    plain = plain.zip_with(narrow.is_not_null() & ~narrow.str.contains(r"^[ -~]*$"), narrow)
    if column.kind is not Kind.IDENTIFIER:
        plain = plain.str.replace(r"^(\d+)\.0+$", "$1")
    if column.words:
        # The value before its word, or filled up with zeros: 5.死亡, 05.
        plain = plain.str.replace(r"^(\d+)\s*[-.、:：]\s*\p{Han}.*$", "$1").str.replace(r"^0+(\d)", "$1")
    plain = plain.replace(dict(values or {})).replace(dict(column.words))
    changed = plain.ne_missing(spellings)
    if not changed.any():
        return Cells(text)
    return Cells(text.replace(spellings.filter(changed), plain.filter(changed)))


def _is_repetitive(text: pl.Series) -> bool:
    """Whether there are few distinct texts, as of hospitals and unlike of cases."""
    some = text.head(_SAMPLE)
    return some.n_unique() * 2 < len(some)


def flags(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:  # noqa: ARG001
    """Truth values: 1, 是, yes, true, and their contraries."""
    if cells.dtype == pl.Boolean:
        return Cells(cells)
    texts = _as_texts(cells, column)

    def read(text: pl.Series) -> pl.Series:
        plain = text.str.to_lowercase().str.strip_suffix(".0")
        known = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
        return plain.replace_strict(known, default=None, return_dtype=pl.Boolean)

    return by_spelling(texts, empty(len(texts), pl.Boolean()), read)


def category(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:  # noqa: ARG001
    """Words of a closed list, in English or Chinese; another word says nothing."""
    if cells.dtype == column.dtype:
        return Cells(cells)
    words = _as_texts(cells, column).cast(column.dtype, strict=False)
    if words.null_count() > cells.null_count():
        english = {chinese: word for word, chinese in categories(column.name, CHINESE).items()}
        # Of severities 无 is a word, though it says nothing elsewhere.
        plain = unwrapped(as_text(cells).str.normalize("NFKC")).replace(english)
        words = words.zip_with(words.is_not_null(), plain.cast(column.dtype, strict=False))
    return Cells(words)


def nothing_as_null(texts: pl.Series) -> pl.Series:
    """Texts, null where they say that nothing is known; quick where few are as short as such words."""
    lengths = texts.str.len_bytes()
    shortest = lengths.min()
    if shortest is None or cast("int", shortest) > _LONGEST_MISSING:
        return texts
    spellings = texts.filter(lengths <= _LONGEST_MISSING).unique()
    missing = spellings.filter(bare(spellings).is_null())
    return texts.replace(missing, None) if len(missing) else texts


# --------------------------------------------------------------------------------------- common to them all


def empty(rows: int, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Nulls; most columns of a single discharge are such, and an expression would take five times as long."""
    return pl.Series([None], dtype=dtype).new_from_index(0, rows)


_EXPECTED: Final = {
    Kind.CODE: Sentence("codes are text"),
    Kind.CODES: Sentence("codes are text"),
    Kind.NUMBER: Sentence("a number is expected"),
    Kind.MONEY: Sentence("an amount is expected"),
    Kind.DATE: Sentence("a date is expected"),
}


def wrong_type(cells: pl.Series, column: Column) -> InputError:
    """The error of a column whose type cannot hold what it should."""
    of_codes = column.kind in (Kind.CODE, Kind.CODES)
    return InputError(
        Sentence(
            "{label} {name} holds {type}, but {expected}",
            label=column.label_zh,
            name=column.name,
            type=cells.dtype,
            expected=_EXPECTED.get(column.kind, Sentence("a text is expected")),
        ),
        field=column.name,
        fix=Sentence("Read the column as text: as a number, a code such as 01.2400 loses its zeros")
        if of_codes
        else Sentence("Give {meaning}", meaning=column.meaning),
    )


def text_or_numbers(cells: pl.Series, column: Column) -> pl.Series:
    """Cells of text or of numbers.

    Raises:
        InputError: they are neither.
    """
    cells = plain_type(cells)
    if cells.dtype == pl.Boolean:
        return cells.cast(pl.Int64)
    if cells.dtype != pl.String and not cells.dtype.is_numeric():
        raise wrong_type(cells, column)
    return cells


def plain_type(cells: pl.Series) -> pl.Series:
    """Cells without types that only save room; columns without a single value are text."""
    if isinstance(cells.dtype, pl.Categorical | pl.Enum | pl.Null) or cells.null_count() == len(cells):
        return cells.cast(pl.String) if not cells.dtype.is_nested() else empty(len(cells), pl.String())
    return cells


def _as_texts(cells: pl.Series, column: Column) -> pl.Series:
    cells = plain_type(cells)
    if cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object):
        raise wrong_type(cells, column)
    return as_text(cells)
