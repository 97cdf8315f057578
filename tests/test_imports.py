"""The house: which room may import which, and how large a module may grow."""

from __future__ import annotations

import ast
import importlib
import inspect
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import drg

ROOT = Path(drg.__file__).parent
# From left to right: a room imports only from rooms to its left.
ROOMS = (
    "words",
    "errors",
    "forks",
    "temporary",
    "categories",
    "column",
    "benefit_columns",
    "columns",
    "reasons",
    "records",
    "tables",
    "grouping",
    "payment",
    "benefit",
    "settlement",
    "ledger",
    "analysis",
    "report",
    "cli",
)
LINES = 400


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in sorted(ROOT.rglob("*.py"))}


def room(module: str) -> str | None:
    """The room of a module; None for the front door of the package."""
    name = ([*module.split("."), ""])[1]
    return None if name in ("", "__main__") else name


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str, *, at_run_time: bool) -> set[str]:
    """The modules of this package that a module imports: of ``from a import b`` a.b, if that is one."""
    tree = tree_of(module)
    found: set[str] = set()
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if at_run_time and isinstance(node, ast.If | ast.FunctionDef | ast.AsyncFunctionDef):
            later = not isinstance(node, ast.If) or ast.unparse(node.test).endswith("TYPE_CHECKING")
            if later:
                skipped.update(part for statement in node.body for part in ast.walk(statement))
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = names & set(MODULES)
            found |= modules
            if modules != names:
                found.add(str(node.module))
    return {name for name in found if name.partition(".")[0] == "drg"}


def test_there_is_something_to_look_at() -> None:
    assert {"drg", "drg.errors", "drg.grouping.kernels", "drg.tables.language"} <= set(MODULES)
    assert imports("drg.grouping.kernels", at_run_time=False) == {
        "drg.grouping.opcodes",
        "drg.grouping.jit",
        "drg.grouping.program",
    }
    assert "drg.grouping.batched_frames" in imports("drg.grouping.base", at_run_time=False)


def test_every_room_is_known() -> None:
    assert {room(module) for module in MODULES} - {None} <= set(ROOMS)


@pytest.mark.parametrize("module", MODULES)
def test_rooms_import_from_the_left(module: str) -> None:
    here = room(module)
    if here is None:
        return
    for imported in imports(module, at_run_time=False):
        there = room(imported)
        assert there is not None, f"{module} imports the front door"
        assert ROOMS.index(there) <= ROOMS.index(here), f"{module} imports {imported}"


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {module: imports(module, at_run_time=True) & set(MODULES) for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_small(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= LINES, f"{module} has {lines} lines"


# ------------------------------------------------------------------------------------------ the front door


def test_all_is_sorted_and_complete() -> None:
    assert drg.__all__ == sorted(drg.__all__)
    assert len(set(drg.__all__)) == len(drg.__all__)
    for name in drg.__all__:
        assert getattr(drg, name) is not None
    errors = {
        name
        for name, error in vars(importlib.import_module("drg.errors")).items()
        if inspect.isclass(error) and issubclass(error, drg.DrgError)
    }
    assert errors <= set(drg.__all__)
    assert {
        "explain",
        "group",
        "price",
        "Grouper",
        "Explanation",
        "Discharge",
        "Manifest",
        "list_groupers",
    } <= set(drg.__all__)


def test_what_is_not_offered_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = drg.no_such_name


def public(tree: ast.AST) -> list[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and the public methods of those classes."""
    found: list[ast.FunctionDef | ast.ClassDef] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found += public(node)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module: str) -> None:
    tree = tree_of(module)
    assert ast.get_docstring(tree), f"{module} says nothing of itself"
    silent = [node.name for node in public(tree) if not ast.get_docstring(node)]
    assert silent == []
