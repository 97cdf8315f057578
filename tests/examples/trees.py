"""The figures of JSON and TOML: each value by its path, and records as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.examples import cells, tables
from tests.examples.tables import Figures, Table


def of_tree(tree: object) -> Figures:
    """Plain values by their path; a list of records, and columns with their rows, as tables of their own."""
    values: list[list[str]] = []
    found: Figures = {}

    def add(path: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        again = sum(name.partition(" #")[0] == path for name in found)
        found[f"{path} #{again + 1}" if again else path] = tables.columns(columns, rows)

    def walk(path: str, node: Any) -> None:
        if isinstance(node, dict):
            if _is_table(node):
                add(f"{path} {node.get('id', '')}".strip(), [*map(_name, node["columns"])], node["rows"])
                node = {key: value for key, value in node.items() if key not in ("columns", "rows")}
            for key, value in node.items():
                walk(f"{path}.{key}" if path else str(key), cells.VOLATILE_KEYS.get(key, value))
        elif _are_records(node):
            columns = list(dict.fromkeys(key for record in node for key in record))
            add(path, columns, [[record.get(name) for name in columns] for record in node])
        elif isinstance(node, list) and any(map(_is_nested, node)):
            for value in node:
                walk(f"{path}[]", value)
        else:
            values.append([path, cells.loose(node)])

    walk("", tree)
    return {"": Table(["path", "value"], values), **found}


def _is_nested(node: object) -> bool:
    return isinstance(node, dict | list)


def _is_table(node: Mapping[str, Any]) -> bool:
    rows = node.get("rows")
    return "columns" in node and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _name(column: Any) -> str:
    return str(column["name"] if isinstance(column, dict) else column)


def _are_records(node: object) -> bool:
    """Several records of plain values, none of which differs from run to run."""
    return (
        isinstance(node, list)
        and len(node) > 1
        and all(
            isinstance(record, dict) and not cells.VOLATILE_KEYS.keys() & record.keys() for record in node
        )
        and not any(_is_nested(value) for record in node for value in record.values())
    )
