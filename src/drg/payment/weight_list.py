"""A list of weights as an authority publishes it → the weight table of a scheme.

Lists are sheets with a title, Chinese headers, and weights for all hospitals or in a column for each level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import InputError
from drg.grouping.version import Version
from drg.records.cells import bare
from drg.records.scanning import scan
from drg.tables.locate import find, installed
from drg.words import Joined, Sentence

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "drg": (
        *("drg", "drg编码", "drg代码", "drg组编码", "drg组代码", "drg分组编码", "drg病组编码", "drgs编码"),
        *("病组编码", "病组代码", "分组编码", "组编码", "细分组编码", "编码", "代码", "drg_code"),
    ),
    "relative_weight": (
        *(
            "relative_weight",
            "weight",
            "rw",
            "权重",
            "相对权重",
            "基准权重",
            "支付权重",
            "病组权重",
            "drg权重",
        ),
        *("权重值", "权重rw", "调整后权重"),
    ),
    "level": ("level", "hospital_level", "级别", "医院级别", "医疗机构级别", "医院等级"),
    "name": (
        *("name", "drg_name", "drg名称", "drg组名称", "drg分组名称", "drg病组名称", "病组名称", "分组名称"),
        *("组名称", "细分组名称", "名称"),
    ),
}
_LEVELS: Final = (("3", "三级"), ("2", "二级"), ("1", "一级"))
_MOST_ROWS_ABOVE: Final = 30
_ROW: Final = "__row"
_MOST_NAMED: Final = 5
_PLACES: Final = 8
_NOTHING: Final = ("-", "—", "–", "/", "无")


@dataclass(frozen=True)
class WeightRow:
    """A weight: group, hospital level (None: all), the weight as it is written, the group's name."""

    drg: str
    level: str | None
    relative_weight: Decimal
    name: str


def read_weight_list(file: Path) -> list[WeightRow]:
    """The weights of a list, in its order.

    Args:
        file: Excel, CSV or Parquet. The header may stand below titles; it names the group (DRG编码) and its
            weight (权重), or weights of levels (三级权重, 二级权重, 一级权重).

    Raises:
        InputError: it is no such list, or a row is not one of it; names the row and what was expected.
    """
    cells = scan(file, row=_ROW).collect(engine="streaming")
    rows = [
        [None if cell is None else str(cell).strip() for cell in row] for row in cells.drop(_ROW).iter_rows()
    ]
    numbers = cells[_ROW].to_list()
    tables: list[list[str | None]] = [[*cells.columns[1:]], *rows[:_MOST_ROWS_ABOVE]]
    for place, header in enumerate(tables):
        if (columns := _columns(header)) is not None:
            found = list(_weights(file, columns, rows[place:], numbers[place:]))
            if not found:
                raise InputError(
                    Sentence("there is no weight"), file=file, fix=Sentence("Add rows such as BR15,0.9258")
                )
            return found
    raise InputError(
        Sentence("no row has the names of a list of weights: {names}", names=Joined(", ", tables[0])),
        file=file,
        fix=Sentence(
            "Call the columns DRG编码 (drg) and 权重 (relative_weight), or 三级权重, 二级权重 and 一级权重"
        ),
    )


def version_of(rows: Sequence[WeightRow], file: Path) -> str:
    """The installed version that has the groups of a list.

    Raises:
        InputError: none has all of them, or several have; names the closest.
    """
    codes = {row.drg for row in rows}
    missing = {id_: codes - set(Version(find(id_)).program.drg["drg"]) for id_ in installed()}
    best = min(map(len, missing.values()))
    closest = sorted(id_ for id_, lacking in missing.items() if len(lacking) == best)
    if best == 0 and len(closest) == 1:
        return closest[0]
    listed = Joined(", ", closest[:_MOST_NAMED])
    if best == 0:
        problem = Sentence("several versions have all of these groups: {ids}", ids=listed)
    else:
        codes_shown = Joined(", ", sorted(missing[closest[0]])[:_MOST_NAMED])
        problem = Sentence(
            "no installed version has all of these groups; closest is {id}, which lacks {count:,}: {codes}",
            id=listed,
            count=best,
            codes=codes_shown,
        )
    raise InputError(
        problem, file=file, field="drg", fix=Sentence("Say which version it is with --grouper ID")
    )


def _columns(header: Sequence[str | None]) -> dict[str, int] | None:
    """The place of each column, those of levels by ``level 3``; None if it is no header of such a list."""
    folded = [re.sub(r"[\s_（）()/:：]", "", cell or "").lower() for cell in header]
    found = {
        name: folded.index(word)
        for name, words in _NAMES.items()
        for word in [re.sub("_", "", one) for one in words][::-1]
        if word in folded
    }
    for level, word in _LEVELS:
        of_level = [
            place for place, cell in enumerate(folded) if word in cell and ("权重" in cell or "rw" in cell)
        ]
        if len(of_level) == 1:
            found[f"level {level}"] = of_level[0]
    has_levels = any(name.startswith("level ") for name in found)
    return found if "drg" in found and ("relative_weight" in found or has_levels) else None


def _weights(
    file: Path,
    columns: Mapping[str, int],
    rows: Sequence[Sequence[str | None]],
    numbers: Sequence[int],
) -> Iterator[WeightRow]:
    levels = {
        name.removeprefix("level "): place for name, place in columns.items() if name.startswith("level ")
    }
    words = {word: level for level, word in _LEVELS}
    first: dict[tuple[str, str], int] = {}
    for number, row in zip(numbers, rows, strict=True):
        cell = {name: _plain(row[place]) for name, place in columns.items()}
        weights = {level: cell[f"level {level}"] for level in levels}
        if not levels:
            level = cell.get("level", "")
            weights = {words.get(level, level): cell["relative_weight"]}
        if not cell["drg"]:
            if not any(weights.values()):
                continue
            raise InputError(
                Sentence("the group is missing"),
                file=file,
                row=number,
                field="drg",
                fix=Sentence("Write its code"),
            )
        for level, weight in weights.items():
            # A group that hospitals of a level do not treat has none there.
            if weight or not levels:
                if (before := first.setdefault((cell["drg"], level), number)) != number:
                    raise InputError(
                        Sentence("{drg} has a weight already, in row {row}", drg=cell["drg"], row=before),
                        file=file,
                        row=number,
                        field="drg",
                        fix=Sentence("Keep one of the two"),
                    )
                name = (row[columns["name"]] or "") if "name" in columns else ""
                yield WeightRow(cell["drg"], level or None, _decimal(weight, file, number), name)


def _plain(cell: str | None) -> str:
    """A cell without blanks and full-width signs; nothing where a dash says that there is nothing."""
    text = str(bare(pl.Series([cell or ""]))[0] or "").strip()
    return "" if text in _NOTHING else text


def _decimal(text: str, file: Path, row: int) -> Decimal:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and value > 0:
        return value if -int(value.as_tuple().exponent) <= _PLACES else round(value, _PLACES)
    raise InputError(
        Sentence("the relative weight {text!r} is {problem}", text=text, problem=Sentence("no number")),
        file=file,
        row=row,
        field="relative_weight",
        fix=Sentence("Write a positive number such as 1.2345"),
    )
