"""The self-check of coding: what a coder should look at, by money at stake; rules as data."""

from __future__ import annotations

from drg.analysis.coding_review.coding_review import CodingReview, review
from drg.analysis.coding_review.review_rules import ReviewRule, review_rules, shipped_rules

__all__ = ["CodingReview", "ReviewRule", "review", "review_rules", "shipped_rules"]
