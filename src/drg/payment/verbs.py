"""Pricing in one call: schemes that are named by id stay ready between calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from drg.payment import PriceExplanation, Pricer
from drg.reasons import ReasonForm
from drg.records.cases import Cases
from drg.records.frames import Frame


def _ready_pricer(scheme: str | Path | Pricer) -> Pricer:
    """A pricer that can be used at once; schemes named by id are kept, for their files do not change."""
    if isinstance(scheme, Pricer):
        return scheme
    return _installed_pricer(scheme) if isinstance(scheme, str) else Pricer(scheme)


@lru_cache(maxsize=4)
def _installed_pricer(scheme: str) -> Pricer:
    return Pricer(scheme)


def price(
    frame: Frame,
    scheme: str | Path | Pricer,
    *,
    reasons: ReasonForm = "text",
    language: str = "en",
) -> Frame:
    """Price grouped discharges.

    Args:
        frame: one row per grouped discharge, as ``group`` gives them, of any kind that it takes.
            ``total_cost_yuan`` is always needed, and what decides a rate of the scheme; other columns that it
            asks for count as not known if absent, with a ``MissingColumnWarning``. Amounts are in yuan.
        scheme: the id of an installed scheme (see ``list_schemes``), the directory of one, or a Pricer.
        reasons: as sentences (``text``) or as codes (``code``); as for ``group``.
        language: of the sentences, ``en`` or ``zh`` (中文).

    Returns:
        The same kind of frame, the same rows in the same order, with the columns of ``columns.PRICE_COLUMNS``
        added. A case that cannot be priced keeps its row: its class and reason say why.

    Raises:
        MissingColumnError: if group, cost or a column that decides a rate is absent.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    return _ready_pricer(scheme).price(frame, reasons=reasons, language=language)


def explain_price(
    case: Mapping[str, Any] | Cases,
    scheme: str | Path | Pricer,
    *,
    readmitted: bool = False,
    extreme: bool = False,
    language: str = "en",
) -> PriceExplanation:
    """Explain what one grouped case is paid: each number, where it comes from, and the arithmetic.

    Args:
        case: a grouped row: column names (canonical, or those of a layout) and values; a column that is not
            given is not known.
        scheme: as for ``price``.
        readmitted: another stay follows that cuts this one, or that it is paid with, which one case alone
            does not show.
        extreme: the case is among the most expensive, which one case alone does not show.
        language: of the reason, ``en`` or ``zh`` (中文).

    Returns:
        The outcome and the steps that lead to it.

    Raises:
        InputError: if the case has no group or no cost, or a field holds what it cannot hold.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    return _ready_pricer(scheme).explain(case, readmitted=readmitted, extreme=extreme, language=language)
