"""The page of the public interface, from signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import drg

# What belongs together, in the order in which one meets it.
SECTIONS: Final = {
    "Read": (
        "read",
        "guess_layout",
        "Cases",
        "Discharges",
        "SourceTable",
        "TableShape",
        "Discharge",
        "Layout",
        "Frame",
        "CodeVersion",
    ),
    "Group": (
        *("group", "explain", "list_groupers", "load_tables", "AnyGrouper", "Grouper", "GrouperSeries"),
        *("GrouperTables", "Manifest", "Explanation", "Tried", "Condition", "Complication", "Choice"),
        *("CorrectedRow", "ReasonForm", "reason_text"),
    ),
    "Price": (
        *("price", "explain_price", "list_schemes", "load_scheme", "Pricer", "PaymentScheme", "LoadedScheme"),
        *("PriceExplanation", "PriceStep"),
    ),
    "Benefits": (
        *("benefits", "explain_benefits", "benefit_changes", "list_benefit_schemes", "load_benefit_scheme"),
        *("BenefitCalculator", "BenefitScheme", "LoadedBenefitScheme", "BenefitExplanation", "StayBenefits"),
        *("benefit_sums", "BenefitSums"),
        *("compare_benefits", "BenefitComparison"),
    ),
    "Settle": (
        "settle",
        "Settlement",
        "DueDates",
        "Ledger",
        "LedgerEntry",
        "LedgerAddition",
        "FileDigest",
        "Finding",
        "Stamp",
    ),
    "Check": ("check", "validate", "CheckResult", "Rule"),
    "Compare and evaluate": (
        *("compare", "Comparison", "ComparedVersion", "CauseExample", "evaluate", "Evaluation", "Trimming"),
        *("reconcile", "Reconciliation", "code_variants", "hospital_report", "HospitalReport"),
        *("scenario", "ScenarioCases", "ScenarioChange"),
    ),
    "Screen": ("screen", "Screening"),
    "Review": ("review", "CodingReview"),
    "Weights": (
        *("calibrate", "Calibration", "CalibrationSettings", "CalibrationNote", "BudgetRate"),
        *("what_if", "WhatIf", "simulate"),
    ),
    "Errors": tuple(
        name
        for name in drg.__all__
        if inspect.isclass(getattr(drg, name)) and issubclass(getattr(drg, name), Exception)
    ),
}
# Methods by which the parts of the program work together; none of them is part of the interface.
INNER: Final = {
    "ScenarioChange": {"columns", "kind"},
    "BenefitCalculator": {"benefits_of_cases", "check_cases", "columns_of", "missing_columns"},
    "AnyGrouper": {
        "check_choice",
        "check_columns",
        "group_batch",
        "group_cases",
        "knows",
        "lacks",
    },
    "Cases": {
        *(
            "books",
            "canonical",
            "collect",
            "convert",
            "lazy",
            "names",
            "of_rows",
            "origins",
            "own_columns",
            "placed",
        ),
        *("doubtful", "read", "source", "with_columns", "layout"),
    },
    "Discharge": {"frame"},
    "Discharges": {"collect", "first_tables", "origins", "remark_counts", "with_lacking", "with_remarks"},
    "TableShape": {"after", "leave_out", "refused", "say"},
    "Grouper": {"decode"},
    "GrouperSeries": {"by_version"},
    "Pricer": {
        *(
            "asks",
            "check_cases",
            "check_columns",
            "encode",
            "marks",
            "missing_columns",
            "price_batch",
            "price_cases",
            "reads",
        ),
    },
}


def members(name: str) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, its own and those of the classes of drg that it is of."""
    found: dict[str, Any] = {}
    hidden: set[str] = set()
    for of in getattr(drg, name).__mro__:
        if of.__module__.startswith("drg."):
            hidden |= INNER.get(of.__name__, set())
            for key, member in vars(of).items():
                is_one = inspect.isroutine(member) or hasattr(member, "__get__")
                if is_one and not key.startswith("_") and not inspect.isclass(member):
                    found.setdefault(key, member)
    of_tuple = {"count", "index"}
    yield from (
        (key, member) for key, member in found.items() if key not in hidden | of_tuple and _doc(member)
    )


def _doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _function(member: Any) -> Callable[..., Any] | None:
    """The function of a method; None for a property."""
    function = getattr(member, "__func__", member)
    return function if inspect.isfunction(function) else None


def signature(function: Callable[..., Any], width: int = 100) -> str:
    """A signature with its annotations as they are written; one parameter a line if it is wider."""
    found = inspect.signature(function)
    parts: list[str] = []
    for one in found.parameters.values():
        if one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if one.default is one.empty else f" = {one.default!r}"
        parts.append(f"{'**' if one.kind is one.VAR_KEYWORD else ''}{one.name}: {one.annotation}{default}")
    result = "" if found.return_annotation in (found.empty, "None") else f" -> {found.return_annotation}"
    line = f"{function.__name__}({', '.join(parts)}){result}"
    if len(line) <= width:
        return line
    return f"{function.__name__}(\n" + "".join(f"    {one},\n" for one in parts) + f"){result}"


def _prose(doc: str) -> str:
    """A docstring as Markdown: its sections become lists."""
    lines: list[str] = []
    for line in doc.splitlines():
        if re.fullmatch(r"(Args|Returns|Raises|Attributes):", line):
            lines += [f"*{line}*", ""]
        elif found := re.fullmatch(r"    (\S[^:]*): (.+)", line):
            lines.append(f"- `{found[1]}`: {found[2]}")
        else:
            lines.append(f"  {line.strip()}" if line.startswith("        ") else line.strip())
    return re.sub(r"``", "`", "\n".join(lines)).strip()


def _entry(name: str) -> str:
    thing = getattr(drg, name)
    if inspect.isfunction(thing):
        return f"### {name}\n\n```python\n{signature(thing)}\n```\n\n{_prose(_doc(thing))}"
    if not inspect.isclass(thing):
        return f"### {name}\n\n{ALIASES[name]}"
    rows = []
    if not issubclass(thing, Exception):
        for key, member in members(name):
            function = _function(member)
            first = _doc(member).partition("\n\n")[0].replace("\n", " ").replace("``", "`")
            rows.append(f"- `{signature(function, 1000) if function else key}`: {first}")
    own = [_prose(_doc(thing))] + (["*Methods and properties:*", "\n".join(rows)] if rows else [])
    return "\n\n".join([f"### {name}", *own])


ALIASES: Final = {
    "CodeVersion": "`insurance` (医保版) or `clinical` (国临版): the version of the codes in the data.",
    "Frame": "A frame of any kind that narwhals knows: what goes in comes out.",
    "ReasonForm": "`text`: reasons as sentences; `code`: as codes, see [outcomes](outcomes.md#codes).",
}


def page() -> str:
    """The whole page."""
    text = [
        "# Public interface",
        "Written by `docs/generate.py` from signatures and docstrings. All names are those of `import drg`;\n"
        "what is not here may change at any time. Results show a short table, also in a notebook.",
    ]
    for title, names in SECTIONS.items():
        text += [f"## {title}", *map(_entry, names)]
    return "\n\n".join(text) + "\n"
