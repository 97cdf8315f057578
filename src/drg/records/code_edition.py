"""Whether the codes of a file are those of the other edition than it is read as: clinical or insurance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from drg.columns import INPUT, Kind
from drg.records import notes
from drg.records.binding import Binding
from drg.records.codebook import KINDS
from drg.records.codes import CodeKind, are_listed, crosswalk, normalised
from drg.records.discharges import Discharges
from drg.records.source_tables import SourceTable

# So many rows of each file are looked at.
ROWS: Final = 10_000
# Most codes are the same in both editions. Those of one alone say which it is if they are more than half
# of all, or so many, such a share of all, and so many times those of the other edition alone.
_MANY: Final = 10
_SHARE: Final = 0.05
_TIMES: Final = 2


class _Counts(NamedTuple):
    codes: int
    clinical: int
    insurance: int


def edition_findings(discharges: Discharges) -> pl.DataFrame:
    """One finding for each file most of whose telling codes are of the edition that it is not read as."""
    found = []
    for table, counts, rows in _counted(discharges):
        is_clinical = discharges.codes == "clinical"
        others, own = counts.clinical, counts.insurance
        if is_clinical:
            others, own = own, others
        many = others >= max(_MANY, _SHARE * counts.codes, _TIMES * own)
        if others * 2 > counts.codes or many:
            share = round(100 * others / counts.codes)
            looked_at = rows if rows == ROWS else None
            finding = notes.other_edition(share, looked_at, table.header_row, is_clinical=is_clinical)
            found.append(table.placed(finding))
    return notes.together(found)


def _counted(discharges: Discharges) -> Iterator[tuple[SourceTable, _Counts, int]]:
    """The codes of each table by edition, and how many rows were looked at."""
    names = [name for name in KINDS if name in discharges.binding.columns]
    if len(discharges.tables) == 1 or discharges.layout.table:
        head = discharges.collect(discharges.rows.head(ROWS))
        yield discharges.first_tables[0], _counts(discharges.binding, head, names), head.height
        return
    for table in discharges.tables:
        head = discharges.collect(table.frame.head(ROWS))
        binding = Binding(discharges.layout, head.schema)
        yield table, _counts(binding, head, names), head.height


def _counts(binding: Binding, batch: pl.DataFrame, names: list[str]) -> _Counts:
    total = clinical = insurance = 0
    for codes in binding.read(batch, names)[0]:
        flat = (
            codes.explode(empty_as_null=False, keep_nulls=False)
            if INPUT[codes.name].kind is Kind.CODES
            else codes
        )
        spellings = flat.drop_nulls().value_counts()
        normal = normalised(spellings.to_series(0))
        of_one = _of_one(KINDS[codes.name])
        count = spellings["count"]
        total += int(count.filter(normal != "").sum())
        clinical += int(count.filter(normal.is_in(of_one.clinical.implode())).sum())
        insurance += int(count.filter(normal.is_in(of_one.insurance.implode())).sum())
    return _Counts(total, clinical, insurance)


class _OfOne(NamedTuple):
    """The codes that one edition alone has, as far as the crosswalk tells."""

    clinical: pl.Series
    insurance: pl.Series


@lru_cache(maxsize=2)
def _of_one(kind: CodeKind) -> _OfOne:
    pairs = crosswalk(kind)
    clinical, insurance = normalised(pairs["from_code"]).unique(), normalised(pairs["to_code"]).unique()
    return _OfOne(
        clinical.filter(~are_listed(clinical, kind)),
        insurance.filter(~insurance.is_in(clinical.implode())),
    )
