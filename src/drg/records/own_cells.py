"""Where a canonical value stands in the table of the user: in which column, and what the cell holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.columns import ALL
from drg.records.binding import Binding
from drg.records.bound_fields import Bound, first_of
from drg.records.cells import as_text, empty, nothing_as_null, unwrapped
from drg.records.code_cells import codes_listed
from drg.records.codes import comparable

_CODE: Final = "code"
_COLUMN: Final = "column"
_ROW: Final = "row"
_SPELLED: Final = "spelled"


def own_cells(
    binding: Binding, name: str, batch: pl.DataFrame, where: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """Of some rows the column that holds a canonical value, and its cell as text.

    Of several columns that are put together, the first and the last with what they became.

    Args:
        binding: of the table.
        name: of the canonical column.
        batch: rows of the table.
        where: the places of the rows in the batch, counted from 0.
    """
    found = [_of_bound(bound, name, batch, where) for bound in binding.bound.get(name, ())]
    if not found:
        return _of_elsewhere(binding, name, batch, where)
    if len(found) == 1:
        return found[0]
    columns = first_of([column.set(cell.is_null(), None) for column, cell in found])
    return first_of([columns, found[0][0]]), first_of([cell for _, cell in found])


def column_of(names: Sequence[str], batch: pl.DataFrame, where: pl.Series) -> pl.Series:
    """Which of several columns holds the value of each row: the first that is not empty."""
    held = [
        _repeated(one, len(where)).set(nothing_as_null(unwrapped(_cells(one, batch, where))).is_null(), None)
        for one in names[:-1]
    ]
    return first_of([*held, _repeated(names[-1], len(where))])


def own_codes(
    binding: Binding, name: str, batch: pl.DataFrame, where: pl.Series, codes: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """The column that holds a code of each row, and how it is spelled there; empty where no cell does.

    Args:
        binding: of the table.
        name: of the canonical column of codes.
        batch: rows of the table.
        where: the places of the rows in the batch, counted from 0; one of them may stand several times.
        codes: one for each of ``where``.
    """
    rows = where.unique()
    held = [
        pl.DataFrame({_ROW: rows, _SPELLED: _codes_in(one, name, batch, rows)})
        .explode(_SPELLED)
        .with_columns(pl.lit(one).alias(_COLUMN))
        for bound in binding.bound.get(name, ())
        for one in bound.names
    ]
    if not held:
        return empty(len(where), pl.String()), empty(len(where), pl.String())
    every = pl.concat(held)
    every = every.with_columns(comparable(every[_SPELLED]).alias(_CODE))
    first = every.unique([_ROW, _CODE], keep="first", maintain_order=True)
    wanted = pl.DataFrame({_ROW: where, _CODE: comparable(codes)})
    found = wanted.join(first, on=[_ROW, _CODE], how="left", maintain_order="left")
    return found[_COLUMN], found[_SPELLED]


def _codes_in(own: str, name: str, batch: pl.DataFrame, rows: pl.Series) -> pl.Series:
    return codes_listed([_cells(own, batch, rows)], ALL[name]).values


def _of_bound(bound: Bound, name: str, batch: pl.DataFrame, where: pl.Series) -> tuple[pl.Series, pl.Series]:
    first, last = bound.names[0], bound.names[-1]
    if len(bound.parts) > 1:
        rows = batch.select(bound.names)[where]
        values, _ = bound.read(bound.cells({one: rows[one] for one in bound.names}))
        return _repeated(f"{first} … {last}", len(where)), as_text(values)
    if first == last:
        cells = _cells(first, batch, where)
    else:
        rows = batch.select(bound.names)[where]
        cells = as_text(bound.cells({one: rows[one] for one in bound.names})[0])
    if (name, bound.source.conversion) == ("age_days", "age"):
        # The days stand in the column of years only as far as they are read there.
        values, _ = bound.read([cells])
        cells = cells.set(values.is_null(), None)
    return column_of(bound.names, batch, where), cells


def _of_elsewhere(
    binding: Binding, name: str, batch: pl.DataFrame, where: pl.Series
) -> tuple[pl.Series, pl.Series]:
    if name not in binding.gathered:
        # What others give, such as an age by the dates, stands in no column.
        values, _ = binding.column(name, batch)
        nothing = empty(len(where), pl.String())
        return nothing, nothing if values is None else as_text(values.gather(where))
    elsewhere = binding.gathered[name]
    return _repeated(elsewhere.called, len(where)), _cells(elsewhere.column, batch, where)


def _cells(name: str, batch: pl.DataFrame, where: pl.Series) -> pl.Series:
    return as_text(batch[name].gather(where))


def _repeated(text: str, times: int) -> pl.Series:
    return pl.repeat(text, times, dtype=pl.String, eager=True)
