"""DRG grouping and payment for China's hospitals: versioned tables in, groups, money and evidence out.

``read`` reads files as hospitals have them; these and frames of any kind become ``Cases``, in the columns and
types of the registry. All other functions take either.
``group`` adds the groups to a frame of discharges, ``explain`` shows how one discharge comes to its group,
``list_groupers`` lists the versions that are installed, a ``Grouper`` is one version, ready for use, and a
``GrouperSeries`` versions of which each groups the discharges of the days on which it is in force.
``price`` adds to grouped discharges what they are paid, ``explain_price`` shows the arithmetic of one case,
``list_schemes`` lists the payment schemes, and a ``Pricer`` is one scheme, ready for use.
``settle`` adds priced cases up to what each hospital keeps, bears and is due; a ``Ledger`` keeps the year.
``check`` finds what is wrong with discharges, ``validate`` parts those that have an error from the rest.
``compare`` says what another version changes, ``evaluate`` how well a version tells costs apart,
``calibrate`` makes weights from costs, ``simulate`` makes up discharges.
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
    OutputError,
    RuleError,
    SchemeError,
    TablesError,
    UnknownGrouperError,
    UnknownSchemeError,
)

if TYPE_CHECKING:
    from drg.analysis.calibration import Calibration, calibrate
    from drg.analysis.checks import CheckResult, check, validate
    from drg.analysis.comparison import Comparison, compare
    from drg.analysis.quality import Evaluation, evaluate
    from drg.analysis.simulation import simulate
    from drg.grouping import AnyGrouper, Explanation, Grouper, GrouperSeries
    from drg.ledger import Ledger
    from drg.payment import PaymentScheme, PriceExplanation, Pricer, list_schemes
    from drg.records import Discharge
    from drg.records.cases import Cases
    from drg.records.discharges import Discharges
    from drg.records.frames import Frame
    from drg.records.reading import read
    from drg.settlement import Settlement, settle
    from drg.tables import Manifest, list_groupers

__all__ = [
    "Calibration",
    "Cases",
    "CheckResult",
    "Comparison",
    "Discharge",
    "Discharges",
    "DrgError",
    "Evaluation",
    "Explanation",
    "Grouper",
    "GrouperSeries",
    "InputError",
    "Ledger",
    "LedgerError",
    "Manifest",
    "MissingColumnError",
    "OutputError",
    "PaymentScheme",
    "PriceExplanation",
    "Pricer",
    "RuleError",
    "SchemeError",
    "Settlement",
    "TablesError",
    "UnknownGrouperError",
    "UnknownSchemeError",
    "calibrate",
    "check",
    "compare",
    "evaluate",
    "explain",
    "explain_price",
    "group",
    "list_groupers",
    "list_schemes",
    "price",
    "read",
    "settle",
    "simulate",
    "validate",
]

# Imported at first use: polars and numba take half a second, which `drg --help` should not.
_ROOMS = {
    "Calibration": "drg.analysis.calibration",
    "Cases": "drg.records.cases",
    "CheckResult": "drg.analysis.checks",
    "Comparison": "drg.analysis.comparison",
    "Discharge": "drg.records",
    "Discharges": "drg.records.discharges",
    "Evaluation": "drg.analysis.quality",
    "Explanation": "drg.grouping",
    "Grouper": "drg.grouping",
    "GrouperSeries": "drg.grouping",
    "Ledger": "drg.ledger",
    "Manifest": "drg.tables",
    "PaymentScheme": "drg.payment",
    "PriceExplanation": "drg.payment",
    "Pricer": "drg.payment",
    "Settlement": "drg.settlement",
    "calibrate": "drg.analysis.calibration",
    "check": "drg.analysis.checks",
    "compare": "drg.analysis.comparison",
    "evaluate": "drg.analysis.quality",
    "list_groupers": "drg.tables",
    "list_schemes": "drg.payment",
    "read": "drg.records.reading",
    "settle": "drg.settlement",
    "simulate": "drg.analysis.simulation",
    "validate": "drg.analysis.checks",
}


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


def group(frame: Frame, grouper: str | Path | AnyGrouper, *, language: str = "en") -> Frame:
    """Group discharges.

    Args:
        frame: one row per discharge: a polars DataFrame or LazyFrame, a pyarrow Table, a pandas DataFrame or
            any other that narwhals knows, a list of mappings, or what ``read`` gives; in canonical columns or
            those of a layout. ``principal_diagnosis`` is always needed; other columns if a rule of the
            version reads them.
        grouper: the id of an installed version (see ``list_groupers``), the directory of one, or a Grouper;
            or the id of a series of versions such as ``national``, or a GrouperSeries: then each case is
            grouped by the version in force on its ``discharge_date``.
        language: of the reasons, ``en`` or ``zh`` (中文).

    Returns:
        The same kind of frame, the same rows in the same order, with ``mdc``, ``adrg``, ``drg``,
        ``drg_name``, ``severity``, ``grouping_status``, ``grouping_reason`` and ``grouper`` added. A case
        that cannot be grouped keeps its row: its status and reason say why.

    Raises:
        MissingColumnError: if a column that some rule reads is absent, or of a series ``discharge_date``.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).group(frame, language=language)


def explain(
    discharge: Mapping[str, Any] | Discharge | Cases, grouper: str | Path | AnyGrouper
) -> Explanation:
    """Explain how one discharge comes to its group.

    Args:
        discharge: field names (the input columns and ``discharge_date``, or those of a layout) and values; a
            field that is not given is not known, other columns are not looked at.
        grouper: as for ``group``.

    Returns:
        The outcome, every rule that was tried, what held and by which codes, and which complications counted;
        of a series also which version was chosen, and why.

    Raises:
        InputError: for a field that does not exist or holds the wrong type.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    return _ready(grouper).explain(discharge)


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


def price(frame: Frame, scheme: str | Path | Pricer, *, language: str = "en") -> Frame:
    """Price grouped discharges.

    Args:
        frame: one row per grouped discharge, as ``group`` gives them, of any kind that it takes.
            ``total_cost_yuan`` is always needed; other columns if the scheme asks for them. Amounts are in
            yuan.
        scheme: the id of an installed scheme (see ``list_schemes``), the directory of one, or a Pricer.
        language: of the reasons, ``en`` or ``zh`` (中文).

    Returns:
        The same kind of frame, the same rows in the same order, with the columns of ``columns.PRICE_COLUMNS``
        added. A case that cannot be priced keeps its row: its class and reason say why.

    Raises:
        MissingColumnError: if a column that the scheme needs is absent.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    return _ready_pricer(scheme).price(frame, language=language)


def explain_price(
    case: Mapping[str, Any] | Cases,
    scheme: str | Path | Pricer,
    *,
    readmitted: bool = False,
    extreme: bool = False,
) -> PriceExplanation:
    """Explain what one grouped case is paid: each number, where it comes from, and the arithmetic.

    Args:
        case: a grouped row: column names (canonical, or those of a layout) and values; a column that is not
            given is not known.
        scheme: as for ``price``.
        readmitted: another stay follows that cuts this one, which one case alone does not show.
        extreme: the case is among the most expensive, which one case alone does not show.

    Returns:
        The outcome and the steps that lead to it.

    Raises:
        InputError: if the case has no group or no cost, or a field holds what it cannot hold.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    return _ready_pricer(scheme).explain(case, readmitted=readmitted, extreme=extreme)
