"""Grouping in one call: versions that are named by id stay ready between calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from drg.grouping import AnyGrouper, Explanation, grouper_of
from drg.reasons import ReasonForm
from drg.records import Discharge
from drg.records.cases import Cases
from drg.records.frames import Frame


@lru_cache(maxsize=4)
def _installed(grouper: str) -> AnyGrouper:
    return grouper_of(grouper)


def _ready(grouper: str | Path | AnyGrouper) -> AnyGrouper:
    """A grouper that can be used at once; versions named by id are kept, for their tables do not change."""
    return _installed(grouper) if isinstance(grouper, str) else grouper_of(grouper)


def group(
    frame: Frame,
    grouper: str | Path | AnyGrouper,
    *,
    reasons: ReasonForm = "text",
    language: str = "en",
    strict: bool = False,
) -> Frame:
    """Group discharges.

    Args:
        frame: one row per discharge: a polars DataFrame or LazyFrame, a pyarrow Table, a pandas DataFrame or
            any other that narwhals knows, a list of mappings, or what ``read`` gives; in canonical columns or
            those of a layout. ``principal_diagnosis`` is always needed; other columns that a rule of the
            version reads count as not known where they are absent, with a ``MissingColumnWarning``.
        grouper: the id of an installed version (see ``list_groupers``), the directory of one, or a Grouper;
            or the id of a series of versions such as ``national``, or a GrouperSeries: then each case is
            grouped by the version in force on its ``discharge_date``.
        reasons: as sentences (``text``), or as codes that programs can count (``code``); ``reason_text`` says
            these in words later.
        language: of the sentences, ``en`` or ``zh`` (中文).
        strict: refuse a frame that lacks a column that a rule reads.

    Returns:
        The same kind of frame, the same rows in the same order, with ``mdc``, ``adrg``, ``drg``,
        ``drg_name``, ``severity``, ``grouping_status``, ``grouping_reason`` and ``grouper`` added. A case
        that cannot be grouped keeps its row: its status and reason say why.

    Raises:
        MissingColumnError: without ``principal_diagnosis``, of a series ``discharge_date``; see ``strict``.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).group(frame, reasons=reasons, language=language, strict=strict)


def explain(
    discharge: Mapping[str, Any] | Discharge | Cases,
    grouper: str | Path | AnyGrouper,
    *,
    language: str = "en",
) -> Explanation:
    """Explain how one discharge comes to its group.

    Args:
        discharge: field names (the input columns and ``discharge_date``, or those of a layout) and values; a
            field that is not given is not known, other columns are not looked at.
        grouper: as for ``group``.
        language: of the reason, ``en`` or ``zh`` (中文).

    Returns:
        The outcome, every rule that was tried, what held and by which codes, and which complications counted;
        of a series also which version was chosen, and why.

    Raises:
        InputError: for a field that does not exist or holds the wrong type.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).explain(discharge, language=language)
