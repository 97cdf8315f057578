"""What supervision of the fund asks about: rules as data, findings with evidence, hospitals ranked."""

from __future__ import annotations

from drg.analysis.screening.screen_rules import ScreenRule, screen_rules, shipped_rules
from drg.analysis.screening.screening import Screening, screen

__all__ = ["ScreenRule", "Screening", "screen", "screen_rules", "shipped_rules"]
