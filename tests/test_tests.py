"""The tests themselves: where they stand, and that the profile decides how much they try."""

from __future__ import annotations

import re
from pathlib import Path

import drg

TESTS = Path(__file__).parent
SOURCE = Path(drg.__file__).parent
# Of a whole room, or of what comes of several modules; everything else is named after one module.
OF_A_ROOM = {
    "": [
        "test_docs",
        "test_former_names",
        "test_groupers_report",
        "test_imports",
        "test_one_gate",
        "test_public",
        "test_reference",
        "test_simulated_year",
        "test_tests",
        "test_walkthrough",
    ],
    "analysis": ["test_check"],
    "analysis/calibration": ["test_calibrate", "test_recovery"],
    "analysis/comparison": ["test_compare"],
    "analysis/quality": ["test_bad_input", "test_levels"],
    "analysis/reconciliation": ["test_reconcile"],
    "analysis/simulation": ["test_document", "test_simulate"],
    "benefit": ["test_document", "test_joined_with_payment", "test_properties"],
    "cli": [
        "test_all_or_none",
        "test_broken_files",
        "test_consoles",
        "test_example_files",
        "test_kills",
        "test_languages",
        "test_other_commands",
        "test_paths",
        "test_series_commands",
    ],
    "examples": ["test_differences", "test_examples"],
    "grouping": [
        "test_conditions",
        "test_conformance",
        "test_differential",
        "test_group",
        "test_public_cases",
    ],
    "ledger": ["test_history", "test_kills"],
    "payment": ["test_properties", "test_reference", "test_shipped_schemes", "test_worked_examples"],
    "records": ["test_check_rules", "test_dirty_records", "test_hostile_files"],
    "report": ["test_all_workbooks"],
    "settlement": [
        "test_document",
        "test_month_of_200_cases",
        "test_mutated_schemes",
        "test_properties",
        "test_worked_year",
    ],
    "tables": ["test_roots", "test_shipped"],
    "words": ["test_catalogue", "test_sentences"],
}


def room(file: Path) -> str:
    return file.parent.relative_to(TESTS).as_posix().removeprefix(".")


def test_every_test_is_named_after_a_module_or_is_of_a_whole_room() -> None:
    """``test_price.py`` and ``test_price_frames.py`` are of a module ``price`` of the same room."""
    astray = []
    for file in sorted(TESTS.rglob("test_*.py")):
        modules = [path.stem for path in (SOURCE / room(file)).glob("*") if path.stem[0].isalpha()]
        name = file.stem.removeprefix("test_")
        named = any(name == module or name.startswith(f"{module}_") for module in modules)
        if not named and file.stem not in OF_A_ROOM.get(room(file), ()):
            astray.append(file.relative_to(TESTS).as_posix())
    assert astray == []


def test_what_is_listed_as_of_a_whole_room_is_there() -> None:
    listed = [TESTS / where / f"{name}.py" for where, names in OF_A_ROOM.items() for name in names]
    assert [file for file in listed if not file.is_file()] == []


def test_the_profile_decides_how_many_cases_a_property_tries() -> None:
    files = [file for file in TESTS.rglob("*.py") if file.name != "profiles.py"]
    of_its_own = re.compile(r"^@settings|max_examples *=", re.MULTILINE)
    found = [file.name for file in files if of_its_own.search(file.read_text(encoding="utf-8"))]
    assert found == []
