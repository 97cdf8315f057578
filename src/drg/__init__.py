"""DRG grouping for China's hospitals: versioned tables in, groups and evidence out.

``group`` adds the groups to a frame of discharges, ``explain`` shows how one discharge comes to its group,
``list_groupers`` lists the versions that are installed, and a ``Grouper`` is one version, ready for use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drg.errors import (
    DrgError,
    InputError,
    MissingColumnError,
    OutputError,
    RuleError,
    TablesError,
    UnknownGrouperError,
)

if TYPE_CHECKING:
    from drg.grouping import Explanation, Grouper
    from drg.grouping.frames import Frame
    from drg.records import Discharge
    from drg.tables import Manifest, list_groupers

__all__ = [
    "Discharge",
    "DrgError",
    "Explanation",
    "Grouper",
    "InputError",
    "Manifest",
    "MissingColumnError",
    "OutputError",
    "RuleError",
    "TablesError",
    "UnknownGrouperError",
    "explain",
    "group",
    "list_groupers",
]

__version__ = version("drg")

# Imported at first use: polars and numba take half a second, which `drg --help` should not.
_ROOMS = {
    "Discharge": "drg.records",
    "Explanation": "drg.grouping",
    "Grouper": "drg.grouping",
    "Manifest": "drg.tables",
    "list_groupers": "drg.tables",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=4)
def _installed(grouper: str) -> Grouper:
    from drg.grouping import Grouper

    return Grouper(grouper)


def _ready(grouper: str | Path | Grouper) -> Grouper:
    """A grouper that can be used at once; versions named by id are kept, for their tables do not change."""
    from drg.grouping import Grouper

    if isinstance(grouper, Grouper):
        return grouper
    return _installed(grouper) if isinstance(grouper, str) else Grouper(grouper)


def group(frame: Frame, grouper: str | Path | Grouper, *, language: str = "en") -> Frame:
    """Group discharges.

    Args:
        frame: one row per discharge: a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame.
            ``principal_diagnosis`` is always needed; other columns if a rule of the version reads them.
        grouper: the id of an installed version (see ``list_groupers``), the directory of one, or a Grouper.
        language: of the reasons, ``en`` or ``zh`` (中文).

    Returns:
        The same kind of frame, the same rows in the same order, with ``mdc``, ``adrg``, ``drg``,
        ``drg_name``, ``severity``, ``grouping_status``, ``grouping_reason`` and ``grouper`` added. A case
        that cannot be grouped keeps its row: its status and reason say why.

    Raises:
        MissingColumnError: if a column that some rule reads is absent.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).group(frame, language=language)


def explain(discharge: Mapping[str, Any] | Discharge, grouper: str | Path | Grouper) -> Explanation:
    """Explain how one discharge comes to its group.

    Args:
        discharge: field names (the input columns) and values; a field that is not given is not known.
        grouper: as for ``group``.

    Returns:
        The outcome, every rule that was tried, what held and by which codes, and which complications counted.

    Raises:
        InputError: for a field that does not exist or holds the wrong type.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).explain(discharge)
