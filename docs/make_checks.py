"""Writes checks.md, the page of all rules of the quality check: python docs/make_checks.py."""

from datetime import date
from pathlib import Path

from drg.analysis.checks import choose
from drg.report.checks import rules_page

PAGE = Path(__file__).with_name("checks.md")

if __name__ == "__main__":
    PAGE.write_text(rules_page(choose(until=date.max)), encoding="utf-8", newline="\n")
