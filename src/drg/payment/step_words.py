"""Numbers of an explanation as they are written, and where they come from."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from drg.payment.formulas import FEN, half_up
from drg.payment.group_rules import Amount
from drg.payment.load_scheme import LoadedScheme
from drg.payment.parts import Period
from drg.payment.scheme import Coefficient, Rate
from drg.payment.scheme_library import SCHEME_FILE
from drg.payment.scheme_tables import TABLES
from drg.words import Joined, Sentence


def number(value: Decimal | Fraction) -> str:
    """A number as it is written: exact up to eight decimals, without empty ones."""
    if isinstance(value, Fraction):
        value = Decimal(half_up(value * 10**8)).scaleb(-8)
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(fen: int | Fraction) -> str:
    """An amount in fen as yuan: 12,345.67; with what is beyond the fen if it is not whole."""
    if isinstance(fen, Fraction) and fen.denominator != 1:
        return number(fen / FEN)
    return f"{Decimal(int(fen)).scaleb(-2):,.2f}"


def in_column(name: str) -> Sentence:
    """In a column of the case."""
    return Sentence("column {column}", column=name)


def in_scheme(section: str) -> Sentence:
    """In a section of the scheme."""
    return Sentence("{place}, {part}", place=SCHEME_FILE, part=section)


def in_scheme_row(section: str, at: int, what: str = "") -> Sentence:
    """In an entry of a section that has several."""
    place = in_scheme(f"{section} {at + 1}")
    return Sentence("{place} ({what})", place=place, what=what) if what else place


def in_table_or_scheme(loaded: LoadedScheme, section: str, at: int, what: str) -> Sentence:
    """In a row of a section: of its table, if it has one."""
    if section in loaded.table_rows:
        row = loaded.table_rows[section][at]
        return Sentence("{file}, row {row} ({group})", file=TABLES[section][0], row=row, group=what)
    return in_scheme_row(f"{section}.rows", at, what)


def of_rate(rate: Rate) -> str:
    """For whom and when a rate holds."""
    what = [Sentence("insurance {id}", id=rate.insurance)] if rate.insurance else []
    what += [Sentence("level {level}", level=rate.level)] if rate.level else []
    return Joined(", ", (*(what or [Sentence("any insurance and level")]), *_days(rate)))


def of_amount(row: Amount) -> str:
    """For which group, whom and when an amount holds."""
    what = [Sentence("DRG {drg}", drg=row.drg)]
    what += [Sentence("insurance {id}", id=row.insurance)] if row.insurance else []
    what += [Sentence("level {level}", level=row.level)] if row.level else []
    return Joined(", ", (*what, *_days(row)))


def of_coefficient(row: Coefficient) -> str:
    """For what and when a coefficient holds."""
    what = [Sentence("hospital {id}", id=row.hospital)] if row.hospital else []
    what += [Sentence("level {level}", level=row.level)] if row.level else []
    what += [Sentence("DRG {drg}", drg=row.drg)] if row.drg else []
    return Joined(", ", (*what, *_days(row)))


def _days(row: Period) -> list[Sentence]:
    if row.valid_from and row.valid_to:
        return [Sentence("discharged from {first} to {last}", first=row.valid_from, last=row.valid_to)]
    if row.valid_from:
        return [Sentence("discharged from {first} on", first=row.valid_from)]
    return [Sentence("discharged until {last}", last=row.valid_to)] if row.valid_to else []
