"""DRG grouping and payment for China's hospitals: versioned tables in, groups, money and evidence out.

``read`` reads files as hospitals have them; these and frames of any kind become ``Cases``, in the columns and
types of the registry. All other functions take either. ``guess_layout`` makes a layout for other files.
``group`` adds the groups to a frame of discharges, ``explain`` shows how one discharge comes to its group,
``list_groupers`` lists the versions that are installed, a ``Grouper`` is one version, ready for use, and a
``GrouperSeries`` versions of which each groups the discharges of the days on which it is in force.
``reason_text`` says reasons in words that were given as codes.
``price`` adds to grouped discharges what they are paid, ``explain_price`` shows the arithmetic of one case,
``list_schemes`` lists the payment schemes, and a ``Pricer`` is one scheme, ready for use.
``benefits`` works out who pays what of stays (``explain_benefits`` of one, line by line), and
``compare_benefits`` what another scheme would change.
``settle`` adds priced cases up to what each hospital keeps, bears and is due; a ``Ledger`` keeps the year.
``check`` finds what is wrong with discharges, ``validate`` parts those that have an error from the rest.
``code_variants`` says what each code does, ``reconcile`` what a bureau's return has otherwise.
``compare`` says what another version changes, ``evaluate`` how well a version tells costs apart,
``scenario`` changes discharges, ``calibrate`` makes weights from costs, ``simulate`` makes up discharges.
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
    from drg.analysis.benefit_comparison import BenefitComparison, compare_benefits
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
    from drg.benefit import (
        BenefitCalculator,
        BenefitExplanation,
        BenefitScheme,
        LoadedBenefitScheme,
        StayBenefits,
        benefit_changes,
        benefits,
        explain_benefits,
        list_benefit_schemes,
        load_benefit_scheme,
    )
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
    "BenefitCalculator",
    "BenefitComparison",
    "BenefitExplanation",
    "BenefitScheme",
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
    "LoadedBenefitScheme",
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
    "StayBenefits",
    "TableShape",
    "TablesError",
    "Tried",
    "Trimming",
    "UnknownGrouperError",
    "UnknownSchemeError",
    "WhatIf",
    "benefit_changes",
    "benefits",
    "calibrate",
    "check",
    "code_variants",
    "compare",
    "compare_benefits",
    "evaluate",
    "explain",
    "explain_benefits",
    "explain_price",
    "group",
    "guess_layout",
    "list_benefit_schemes",
    "list_groupers",
    "list_schemes",
    "load_benefit_scheme",
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
_NAMES = {
    "drg.analysis.benefit_comparison": "BenefitComparison compare_benefits",
    "drg.analysis.calibration": "BudgetRate Calibration CalibrationNote "
    "CalibrationSettings WhatIf calibrate what_if",
    "drg.analysis.checks": "CheckResult check validate",
    "drg.analysis.code_variants": "code_variants",
    "drg.analysis.comparison": "Comparison compare",
    "drg.analysis.comparison.cause_sums": "CauseExample",
    "drg.analysis.comparison.compared_versions": "ComparedVersion",
    "drg.analysis.quality": "Evaluation evaluate",
    "drg.analysis.reconciliation": "Reconciliation reconcile",
    "drg.analysis.scenarios": "ScenarioCases ScenarioChange scenario",
    "drg.analysis.simulation": "simulate",
    "drg.analysis.trimming": "Trimming",
    "drg.benefit": "BenefitCalculator BenefitExplanation BenefitScheme LoadedBenefitScheme StayBenefits "
    "benefit_changes benefits explain_benefits list_benefit_schemes load_benefit_scheme",
    "drg.grouping": "AnyGrouper Choice Complication Condition Explanation Grouper GrouperSeries Tried",
    "drg.grouping.corrected": "CorrectedRow",
    "drg.ledger": "Ledger LedgerAddition LedgerEntry Stamp",
    "drg.ledger.entry": "FileDigest",
    "drg.payment": "LoadedScheme PaymentScheme PriceExplanation PriceStep Pricer list_schemes load_scheme",
    "drg.reasons": "ReasonForm",
    "drg.records": "Discharge",
    "drg.records.cases": "Cases CodeVersion",
    "drg.records.discharges": "Discharges",
    "drg.records.frames": "Frame",
    "drg.records.guess": "guess_layout",
    "drg.records.layout": "Layout",
    "drg.records.reading": "read",
    "drg.records.reason_text": "reason_text",
    "drg.records.rules": "Rule",
    "drg.records.shape": "TableShape",
    "drg.records.source_tables": "SourceTable",
    "drg.settlement": "DueDates Settlement settle",
    "drg.settlement.settlement_findings": "Finding",
    "drg.tables": "GrouperTables Manifest list_groupers load_tables",
}
_ROOMS = {name: room for room, names in _NAMES.items() for name in names.split()}

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
        case: a grouped row: column names (canonical, or those of a layout) and values; a column that is not
            given is not known.
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
