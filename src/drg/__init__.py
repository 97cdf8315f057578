"""DRG grouping and payment for China's hospitals: versioned tables in, groups, money and evidence out.

``read`` reads files as hospitals have them; these and frames of any kind become ``Cases``, in the columns and
types of the registry. All other functions take either. ``guess_layout`` makes a layout for other files.
``group`` adds the groups to a frame of discharges, ``explain`` shows how one discharge comes to its group,
``list_groupers`` lists the versions that are installed, a ``Grouper`` is one version, ready for use, and a
``GrouperSeries`` versions of which each groups the discharges of the days on which it is in force.
``price`` adds to grouped discharges what they are paid, ``explain_price`` shows the arithmetic of one case,
``list_schemes`` lists schemes, a ``Pricer`` is one, ready; ``reason_text`` says codes of reasons in words.
``benefits`` works out who pays what of stays, ``explain_benefits`` of one, ``compare_benefits`` by two
schemes, ``benefit_sums`` what each payer pays to each hospital by month.
``settle`` adds priced cases up to what each hospital keeps, bears and is due; a ``Ledger`` keeps the year.
``check`` finds what is wrong with discharges, ``validate`` parts those that have an error from the rest.
``code_variants`` says what each code does, ``reconcile`` what a bureau's return has otherwise, ``compare``
what another version changes, ``evaluate`` how well a version tells costs apart, ``screen`` what
supervision should ask about, ``review`` what a coder should look up, ``hospital_report`` what a hospital's
month was like; ``scenario`` changes discharges, ``calibrate`` makes weights from costs, ``simulate`` makes up
discharges.
"""

from __future__ import annotations

from importlib import import_module
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
    from drg.analysis.benefit_sums import BenefitSums, benefit_sums
    from drg.analysis.calibration import Calibration, CalibrationNote, CalibrationSettings, calibrate
    from drg.analysis.calibration.rates import BudgetRate
    from drg.analysis.calibration.whatif import WhatIf, what_if
    from drg.analysis.checks import CheckResult, check, validate
    from drg.analysis.code_variants import code_variants
    from drg.analysis.coding_review import CodingReview, review
    from drg.analysis.comparison import Comparison, compare
    from drg.analysis.comparison.cause_sums import CauseExample
    from drg.analysis.comparison.compared_versions import ComparedVersion
    from drg.analysis.hospital import HospitalReport, hospital_report
    from drg.analysis.quality import Evaluation, evaluate
    from drg.analysis.reconciliation import Reconciliation, reconcile
    from drg.analysis.scenarios import ScenarioCases, ScenarioChange, scenario
    from drg.analysis.screening import Screening, screen
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
    from drg.grouping.verbs import explain, group
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
    from drg.payment.verbs import explain_price, price
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
    "BenefitSums",
    "BudgetRate",
    "Calibration",
    "CalibrationNote",
    "CalibrationSettings",
    "Cases",
    "CauseExample",
    "CheckResult",
    "Choice",
    "CodeVersion",
    "CodingReview",
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
    "HospitalReport",
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
    "Screening",
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
    "benefit_sums",
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
    "hospital_report",
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
    "review",
    "scenario",
    "screen",
    "settle",
    "simulate",
    "validate",
    "what_if",
]

# Imported at first use: polars and numba take half a second, which `drg --help` should not.
_NAMES = {
    "drg.analysis.benefit_comparison": "BenefitComparison compare_benefits",
    "drg.analysis.benefit_sums": "BenefitSums benefit_sums",
    "drg.analysis.calibration": "BudgetRate Calibration CalibrationNote "
    "CalibrationSettings WhatIf calibrate what_if",
    "drg.analysis.checks": "CheckResult check validate",
    "drg.analysis.code_variants": "code_variants",
    "drg.analysis.coding_review": "CodingReview review",
    "drg.analysis.comparison": "Comparison compare",
    "drg.analysis.comparison.cause_sums": "CauseExample",
    "drg.analysis.comparison.compared_versions": "ComparedVersion",
    "drg.analysis.hospital": "HospitalReport hospital_report",
    "drg.analysis.quality": "Evaluation evaluate",
    "drg.analysis.reconciliation": "Reconciliation reconcile",
    "drg.analysis.scenarios": "ScenarioCases ScenarioChange scenario",
    "drg.analysis.screening": "Screening screen",
    "drg.analysis.simulation": "simulate",
    "drg.analysis.trimming": "Trimming",
    "drg.benefit": "BenefitCalculator BenefitExplanation BenefitScheme LoadedBenefitScheme StayBenefits "
    "benefit_changes benefits explain_benefits list_benefit_schemes load_benefit_scheme",
    "drg.grouping": "AnyGrouper Choice Complication Condition Explanation Grouper GrouperSeries Tried",
    "drg.grouping.corrected": "CorrectedRow",
    "drg.grouping.verbs": "explain group",
    "drg.ledger": "Ledger LedgerAddition LedgerEntry Stamp",
    "drg.ledger.entry": "FileDigest",
    "drg.payment": "LoadedScheme PaymentScheme PriceExplanation PriceStep Pricer list_schemes load_scheme",
    "drg.payment.verbs": "explain_price price",
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
