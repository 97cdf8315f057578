"""The quota of special cases of each hospital and year: a share of its discharges that are paid by group."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from drg.payment.special_review import QUOTA_SHARE, SpecialReview

# The levels that the cases of a hospital say.
LEVELS: Final = pl.col("hospital_level").drop_nulls().unique().sort().alias("levels")
# Why there is no quota: no level is known, there are several, or the scheme has none for it.
NO_LEVEL: Final = "no_level"
SEVERAL: Final = "several"
NO_QUOTA: Final = "no_quota"


def with_quotas(counts: pl.DataFrame, review: SpecialReview | None, of: str) -> pl.DataFrame:
    """Add what may be special: ``percent`` as text, and ``quota``, rounded down.

    Args:
        counts: by hospital and year; ``levels`` is not read where the quota is the same for all.
        review: of the scheme; None: it says nothing.
        of: the column that counts the discharges that are paid by group.

    Returns:
        The counts; where the quota is not known, that is null, and ``lacking`` says why.
    """
    by_level = review.shares if review else {}
    every = None if by_level else review.quota_share if review else QUOTA_SHARE
    shares, why = [], []
    for levels in counts["levels"]:
        share, lacking = (every, None) if every is not None else _of_level(list(levels), by_level)
        shares.append(share)
        why.append(lacking)
    discharges = counts[of].to_list()
    quotas = [
        None if share is None else int(Fraction(share) * count)
        for share, count in zip(shares, discharges, strict=True)
    ]
    return counts.with_columns(
        pl.Series("percent", [None if share is None else as_percent(share) for share in shares], pl.String),
        pl.Series("quota", quotas, pl.Int64),
        pl.Series("lacking", why, pl.String),
    )


def _of_level(levels: list[str], shares: dict[str, Decimal]) -> tuple[Decimal | None, str | None]:
    if len(levels) != 1:
        return None, SEVERAL if levels else NO_LEVEL
    share = shares.get(levels[0])
    return share, NO_QUOTA if share is None else None


def as_percent(share: Decimal) -> str:
    """5 % of 0.05."""
    return f"{(share * 100).normalize():f} %"
