"""The page of all rules is what the rules say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from drg.analysis.checks import choose
from drg.report.checks import rules_page

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"


def test_the_page_is_current() -> None:
    page = rules_page(choose(until=date.max))
    assert PAGE.read_text(encoding="utf-8") == page, "run: python docs/generate.py"
