"""DRG grouping and payment for China's hospitals: versioned tables in, groups, money and evidence out.

``read`` reads files as hospitals have them; these and frames of any kind become ``Cases``, in the columns and
types of the registry; all other functions take either. ``guess_layout`` makes a layout for other files.
``group`` adds groups to discharges, ``explain`` shows how one comes to its group; a ``Grouper`` is a version,
a ``GrouperSeries`` some of which each groups the discharges of its days, ``list_groupers`` lists them.
``price`` adds to grouped discharges what they are paid, ``explain_price`` shows the arithmetic of one case; a
``Pricer`` is a scheme, ``list_schemes`` lists them; ``reason_text`` says codes of reasons in words.
``settle`` adds priced cases up to what each hospital keeps, bears and is due; a ``Ledger`` keeps the year.
``check`` finds what is wrong, ``validate`` sets cases with an error apart; ``compare`` says what another
version changes, ``code_variants`` what each code does, ``reconcile`` what a bureau's return has otherwise,
``evaluate`` how well a version tells costs apart; ``scenario`` changes cases, ``simulate`` makes them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drg.errors import (
    DrgError,
    InputError,
    LedgerError,
    MissingColumnError,
    MissingColumnWarning,
    OutputError,
    RuleError,
    SchemeError,
    TablesError,
    UnknownGrouperError,
    UnknownSchemeError,
)
from drg.forks import watch as _watch

if TYPE_CHECKING:
    from drg.analysis.calibration import Calibration, CalibrationNote, CalibrationSettings, calibrate
    from drg.analysis.calibration.rates import BudgetRate
    from drg.analysis.calibration.whatif import WhatIf, what_if
    from drg.analysis.checks import CheckResult, check, validate
    from drg.analysis.code_variants import code_variants
    from drg.analysis.comparison import Comparison, compare
    from drg.analysis.comparison.cause_sums import CauseExample
    from drg.analysis.comparison.compared_versions import ComparedVersion
    from drg.analysis.quality import Evaluation, evaluate
    from drg.analysis.reconciliation import Reconciliation, reconcile
    from drg.analysis.scenarios import ScenarioCases, ScenarioChange, scenario
    from drg.analysis.simulation import simulate
    from drg.analysis.trimming import Trimming
    from drg.grouping import (
        AnyGrouper,
        Choice,
        Complication,
        Condition,
        Explanation,
        Grouper,
        GrouperSeries,
        Tried,
    )
    from drg.grouping.corrected import CorrectedRow
    from drg.ledger import Ledger, LedgerAddition, LedgerEntry, Stamp
    from drg.ledger.entry import FileDigest
    from drg.payment import (
        LoadedScheme,
        PaymentScheme,
        PriceExplanation,
        Pricer,
        PriceStep,
        list_schemes,
        load_scheme,
    )
    from drg.reasons import ReasonForm
    from drg.records import Discharge
    from drg.records.cases import Cases, CodeVersion
    from drg.records.discharges import Discharges
    from drg.records.frames import Frame
    from drg.records.guess import guess_layout
    from drg.records.layout import Layout
    from drg.records.reading import read
    from drg.records.reason_text import reason_text
    from drg.records.rules import Rule
    from drg.records.shape import TableShape
    from drg.records.source_tables import SourceTable
    from drg.settlement import DueDates, Settlement, settle
    from drg.settlement.settlement_findings import Finding
    from drg.tables import GrouperTables, Manifest, list_groupers, load_tables

__all__ = [
    "AnyGrouper",
    "BudgetRate",
    "Calibration",
    "CalibrationNote",
    "CalibrationSettings",
    "Cases",
    "CauseExample",
    "CheckResult",
    "Choice",
    "CodeVersion",
    "ComparedVersion",
    "Comparison",
    "Complication",
    "Condition",
    "CorrectedRow",
    "Discharge",
    "Discharges",
    "DrgError",
    "DueDates",
    "Evaluation",
    "Explanation",
    "FileDigest",
    "Finding",
    "Frame",
    "Grouper",
    "GrouperSeries",
    "GrouperTables",
    "InputError",
    "Layout",
    "Ledger",
    "LedgerAddition",
    "LedgerEntry",
    "LedgerError",
    "LoadedScheme",
    "Manifest",
    "MissingColumnError",
    "MissingColumnWarning",
    "OutputError",
    "PaymentScheme",
    "PriceExplanation",
    "PriceStep",
    "Pricer",
    "ReasonForm",
    "Reconciliation",
    "Rule",
    "RuleError",
    "ScenarioCases",
    "ScenarioChange",
    "SchemeError",
    "Settlement",
    "SourceTable",
    "Stamp",
    "TableShape",
    "TablesError",
    "Tried",
    "Trimming",
    "UnknownGrouperError",
    "UnknownSchemeError",
    "WhatIf",
    "calibrate",
    "check",
    "code_variants",
    "compare",
    "evaluate",
    "explain",
    "explain_price",
    "group",
    "guess_layout",
    "list_groupers",
    "list_schemes",
    "load_scheme",
    "load_tables",
    "price",
    "read",
    "reason_text",
    "reconcile",
    "scenario",
    "settle",
    "simulate",
    "validate",
    "what_if",
]

# Imported at first use: polars and numba take half a second, which `drg --help` should not.
_ROOMS = {
    "AnyGrouper": "drg.grouping",
    "BudgetRate": "drg.analysis.calibration",
    "Calibration": "drg.analysis.calibration",
    "CalibrationNote": "drg.analysis.calibration",
    "CalibrationSettings": "drg.analysis.calibration",
    "Cases": "drg.records.cases",
    "CauseExample": "drg.analysis.comparison.cause_sums",
    "CheckResult": "drg.analysis.checks",
    "Choice": "drg.grouping",
    "CodeVersion": "drg.records.cases",
    "ComparedVersion": "drg.analysis.comparison.compared_versions",
    "Comparison": "drg.analysis.comparison",
    "Complication": "drg.grouping",
    "Condition": "drg.grouping",
    "CorrectedRow": "drg.grouping.corrected",
    "Discharge": "drg.records",
    "Discharges": "drg.records.discharges",
    "DueDates": "drg.settlement",
    "SourceTable": "drg.records.source_tables",
    "TableShape": "drg.records.shape",
    "Evaluation": "drg.analysis.quality",
    "Explanation": "drg.grouping",
    "FileDigest": "drg.ledger.entry",
    "Finding": "drg.settlement.settlement_findings",
    "Frame": "drg.records.frames",
    "Grouper": "drg.grouping",
    "GrouperSeries": "drg.grouping",
    "GrouperTables": "drg.tables",
    "Layout": "drg.records.layout",
    "Ledger": "drg.ledger",
    "LedgerAddition": "drg.ledger",
    "LedgerEntry": "drg.ledger",
    "LoadedScheme": "drg.payment",
    "Manifest": "drg.tables",
    "PaymentScheme": "drg.payment",
    "PriceExplanation": "drg.payment",
    "PriceStep": "drg.payment",
    "Pricer": "drg.payment",
    "ReasonForm": "drg.reasons",
    "Reconciliation": "drg.analysis.reconciliation",
    "Rule": "drg.records.rules",
    "ScenarioCases": "drg.analysis.scenarios",
    "ScenarioChange": "drg.analysis.scenarios",
    "Settlement": "drg.settlement",
    "Stamp": "drg.ledger",
    "Tried": "drg.grouping",
    "Trimming": "drg.analysis.trimming",
    "WhatIf": "drg.analysis.calibration",
    "calibrate": "drg.analysis.calibration",
    "check": "drg.analysis.checks",
    "code_variants": "drg.analysis.code_variants",
    "compare": "drg.analysis.comparison",
    "evaluate": "drg.analysis.quality",
    "guess_layout": "drg.records.guess",
    "list_groupers": "drg.tables",
    "list_schemes": "drg.payment",
    "load_scheme": "drg.payment",
    "load_tables": "drg.tables",
    "read": "drg.records.reading",
    "reason_text": "drg.records.reason_text",
    "reconcile": "drg.analysis.reconciliation",
    "scenario": "drg.analysis.scenarios",
    "settle": "drg.settlement",
    "simulate": "drg.analysis.simulation",
    "validate": "drg.analysis.checks",
    "what_if": "drg.analysis.calibration",
}

_watch()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("drg")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=4)
def _installed(grouper: str) -> AnyGrouper:
    from drg.grouping import grouper_of

    return grouper_of(grouper)


def _ready(grouper: str | Path | AnyGrouper) -> AnyGrouper:
    """A grouper that can be used at once; versions named by id are kept, for their tables do not change."""
    from drg.grouping import grouper_of

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
        grouper: the id of a version or series (see ``list_groupers``), the directory of a version, a Grouper,
            or a GrouperSeries; a series groups each case by the version in force on its ``discharge_date``.
        reasons: as sentences (``text``), or as codes (``code``), which ``reason_text`` says in words later.
        language: of the sentences, ``en`` or ``zh`` (中文).
        strict: refuse a frame that lacks a column that a rule reads.

    Returns:
        The same kind of frame, the same rows in the same order, with the columns of
        ``columns.OUTPUT_COLUMNS`` added. A case that cannot be grouped keeps its row; its status says why.

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
        discharge: field names (canonical or of a layout) and values; what is not given is not known.
        grouper: as for ``group``.
        language: of the reason, ``en`` or ``zh`` (中文).

    Returns:
        The outcome, every rule that was tried, what held and by which codes, which complications counted.

    Raises:
        InputError: for a field that does not exist or holds the wrong type.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).explain(discharge, language=language)


def _ready_pricer(scheme: str | Path | Pricer) -> Pricer:
    """A pricer that can be used at once; schemes named by id are kept, for their files do not change."""
    from drg.payment import Pricer

    if isinstance(scheme, Pricer):
        return scheme
    return _installed_pricer(scheme) if isinstance(scheme, str) else Pricer(scheme)


@lru_cache(maxsize=4)
def _installed_pricer(scheme: str) -> Pricer:
    from drg.payment import Pricer

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
        case: a grouped row: column names (canonical or of a layout) and values; others are not known.
        scheme: as for ``price``.
        readmitted: another stay follows that cuts this one, which one case alone does not show.
        extreme: the case is among the most expensive, which one case alone does not show.
        language: of the reason, ``en`` or ``zh`` (中文).

    Returns:
        The outcome and the steps that lead to it.

    Raises:
        InputError: if the case has no group or no cost, or a field holds what it cannot hold.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    return _ready_pricer(scheme).explain(case, readmitted=readmitted, extreme=extreme, language=language)
