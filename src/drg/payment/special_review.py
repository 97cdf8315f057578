"""Special-case review (特例单议): how many cases a hospital may have, and which are worth an application."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl
from pydantic import Field, model_validator

from drg.columns import ALL
from drg.payment.names import Level
from drg.payment.parts import Part, Positive, Share, Sourced
from drg.records.cells import texts
from drg.words import Sentence

# Where a scheme does not say (national rule).
QUOTA_SHARE: Final = Decimal("0.05")


class LevelQuota(Part):
    """The share of hospitals of a level."""

    level: Level
    share: Share


class SpecialReview(Sourced):
    """Special-case review of a scheme.

    The quota is a share of the hospital's discharges that are paid by group, in a year. A case is a candidate
    if one of the limits is reached; a limit that is left out selects nothing.

    Attributes:
        quota_share: of all hospitals.
        quotas: by level of the hospital, instead.
    """

    quota_share: Share = QUOTA_SHARE
    quotas: tuple[LevelQuota, ...] = ()
    overrun_yuan_at_least: Positive | None = None
    cost_ratio_at_least: Positive | None = None
    los_days_at_least: int | None = Field(default=None, ge=1)
    los_ratio_at_least: Positive | None = None
    icu_hours_at_least: Positive | None = None

    @model_validator(mode="after")
    def _has_one_quota(self) -> SpecialReview:
        if self.quotas and "quota_share" in self.model_fields_set:
            raise ValueError(Sentence("give quota_share for all hospitals, or quotas by level, not both"))
        if len(self.shares) < len(self.quotas):
            raise ValueError(Sentence("two quotas are for the same level"))
        return self

    @property
    def shares(self) -> dict[str, Decimal]:
        """The shares by level, as cases have it: 3 for 三级; empty if there is one for all."""
        levels = pl.Series([row.level for row in self.quotas], dtype=pl.String)
        forms = texts(levels, ALL["hospital_level"]).values
        return {form: row.share for form, row in zip(forms, self.quotas, strict=True)}
