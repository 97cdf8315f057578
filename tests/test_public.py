"""What ``drg`` offers: whole, listed, documented, with options that are given by name."""

from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

import drg
from tests.comparing import demo_groupers
from tests.helpers import DEMO_CASES, demo_frame

ROOT = Path(__file__).resolve().parents[1]
# Of other packages, or of Python.
FOREIGN = {
    *(
        "Any",
        "Callable",
        "Collection",
        "Iterable",
        "Iterator",
        "Literal",
        "Mapping",
        "None",
        "Self",
        "Sequence",
    ),
    *("DataFrame", "Decimal", "Expr", "Fraction", "LazyFrame", "Path", "Series", "Schema"),
}
# Names for few words or kinds of number, which the documents of their functions say.
ALIASES = {"Amount", "Codes", "Kind", "Mode", "MonthsBy", "Number", "Scale", "Text"}
# Their fields are the form of a file, which has a document of its own.
FORMS = {"BenefitScheme", "Layout", "LoadedBenefitScheme", "LoadedScheme", "Manifest", "PaymentScheme"}
# Only the program makes these, of parts of its own.
INTERNAL = {"Cases"}
# What a function is about may be given by place.
SUBJECTS = {
    *(
        "case",
        "cases",
        "discharge",
        "file",
        "files",
        "frame",
        "frames",
        "grouper",
        "groupers",
        "n",
        "new",
        "old",
    ),
    *("bureau", "ours", "priced", "reasons", "scenario", "scheme", "schemes", "shared"),
}
CASE = {"principal_diagnosis": "K80.101", "principal_procedure": "51.2300", "sex": 1, "age_years": 45}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("public_names", ROOT / "docs" / "public_names.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NAMES = load()


def written_types() -> dict[str, str]:
    """Where → every annotation of public functions, methods and fields."""
    found: dict[str, str] = {}
    for name in drg.__all__:
        thing = getattr(drg, name)
        if inspect.isfunction(thing):
            found |= {f"{name}.{key}": text for key, text in thing.__annotations__.items()}
        elif inspect.isclass(thing) and not issubclass(thing, Exception) and name not in FORMS:
            if name not in INTERNAL:
                fields = vars(thing).get("__annotations__", {})
                found |= {f"{name}.{key}": text for key, text in fields.items() if not key.startswith("_")}
            for key, member in NAMES.members(name):
                function = getattr(
                    member, "__func__", getattr(member, "fget", getattr(member, "func", member))
                )
                given = getattr(function, "__annotations__", {})
                found |= {f"{name}.{key}.{one}": text for one, text in given.items()}
    return found


def test_every_type_that_signatures_mention_is_offered() -> None:
    found = written_types()
    assert {"group.frame", "Explanation.choice", "Ledger.entries.return", "Comparison.totals.return"} <= set(
        found
    )
    unknown = {
        f"{where}: {word}"
        for where, text in found.items()
        for word in re.findall(r"\b[A-Z]\w+", str(getattr(text, "__forward_arg__", text)))
        if word not in FOREIGN | ALIASES | set(drg.__all__)
    }
    assert unknown == set()


def test_everything_is_documented_once() -> None:
    listed = [name for names in NAMES.SECTIONS.values() for name in names]
    assert sorted(listed) == drg.__all__
    page = NAMES.page()
    assert all(f"\n### {name}\n" in page for name in drg.__all__)
    for name, inner in NAMES.INNER.items():
        assert [key for key in inner if not hasattr(getattr(drg, name), key)] == []


def test_options_are_given_by_name() -> None:
    functions = [getattr(drg, name) for name in drg.__all__ if inspect.isfunction(getattr(drg, name))]
    assert len(functions) >= 15
    by_place = {
        f"{function.__name__}.{one.name}"
        for function in functions
        for one in inspect.signature(function).parameters.values()
        if one.kind is not one.KEYWORD_ONLY and one.name not in SUBJECTS
    }
    assert by_place == set()


def test_names_are_listed_and_nothing_is_imported_for_it() -> None:
    code = (
        "import sys, drg; names = dir(drg);"
        "assert set(names) == {*drg.__all__, '__version__'}, names;"
        "print([name for name in ('polars', 'numba', 'pydantic', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- what results show -----------------------------------------------------------------------------------


def calibration() -> tuple[pl.DataFrame, drg.Calibration]:
    made = drg.group(drg.simulate(2_000, "demo"), "demo")
    return made, drg.calibrate(made)


def what_if() -> drg.WhatIf:
    made, found = calibration()
    without = made.with_columns(case_kind=pl.lit(None, pl.String), incomplete=pl.lit(None, pl.Boolean))
    return drg.what_if(without, "demo", found.scheme("trial"))


def settlement() -> drg.Settlement:
    scheme = ROOT / "examples" / "settlement" / "scheme"
    cases = pl.read_csv(ROOT / "examples" / "settlement" / "grouped.csv", infer_schema=False)
    return drg.settle(drg.price(cases, scheme), scheme)


EXAMPLE = ROOT / "examples" / "discharges.csv"
PRICED = {"drg": "HC45", "grouping_status": "grouped", "grouper": "chs-drg-3.0", "total_cost_yuan": 12345.6}
RESULTS: dict[str, Callable[[], Any]] = {
    "Calibration": lambda: calibration()[1],
    "CheckResult": lambda: drg.check(drg.read(EXAMPLE), "chs-drg-3.0"),
    "Comparison": lambda: drg.compare(demo_frame(DEMO_CASES), demo_groupers()),
    "Evaluation": lambda: drg.evaluate(drg.group(drg.read(EXAMPLE), "chs-drg-3.0")),
    "Explanation": lambda: drg.explain(CASE, "chs-drg-3.0"),
    "PriceExplanation": lambda: drg.explain_price(PRICED, "reference-3.0"),
    "Screening": lambda: drg.screen(drg.group(drg.simulate(300, "demo"), "demo")),
    "Settlement": settlement,
    "WhatIf": what_if,
}
SHOWN = {
    "Calibration": "AH19",
    "CheckResult": "sex-impossible",
    "Comparison": "adrg",
    "Evaluation": "riv_cost",
    "Explanation": "胆囊切除手术",
    "PriceExplanation": "6,739.72",
    "Screening": "cost-over-mean",
    "Settlement": "113,500.00",
    "WhatIf": "difference_yuan",
}


@pytest.mark.parametrize("name", SHOWN)
def test_results_show_a_short_table(name: str) -> None:
    result = RESULTS[name]()
    text, page = repr(result), result._repr_html_()
    assert text == str(result)
    assert text.startswith(name)
    assert 3 <= len(text.splitlines()) <= 12
    assert SHOWN[name] in text
    assert "<table" in page
    assert name in page


def test_nothing_to_show_is_a_heading() -> None:
    nothing = drg.check(pl.DataFrame({"principal_diagnosis": []}, schema={"principal_diagnosis": pl.String}))
    assert repr(nothing) == "CheckResult: 0 cases, 0 findings"
    assert "<table" not in nothing._repr_html_()


@pytest.mark.parametrize(
    ("ready", "text", "shown"),
    [
        (lambda: drg.Grouper("demo"), "Grouper('demo')", "ADRG"),
        (lambda: drg.GrouperSeries("national"), "GrouperSeries('national')", "chs-drg-3.0"),
        (lambda: drg.Pricer("demo"), "Pricer('demo')", "illustrative"),
    ],
)
def test_what_is_ready_is_one_line_and_a_table_in_notebooks(ready: Any, text: str, shown: str) -> None:
    made = ready()
    assert repr(made) == str(made) == text
    assert shown in made._repr_html_()


def test_reasons_of_explanations_are_in_the_language_that_is_asked_for() -> None:
    nothing = CASE | {"principal_diagnosis": "Z99.999"}
    english, chinese = (
        drg.explain(nothing, "demo", language=language).grouping_reason for language in ("en", "zh")
    )
    assert english
    assert chinese
    assert english.isascii()
    assert not chinese.isascii()
