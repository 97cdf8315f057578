"""The share of traditional medicine: whether it earns a TCM group, or a coefficient."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import polars as pl

from drg.payment.case_keys import UNDECIDED
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.group_rules import Tcm
from drg.payment.money import NOT_GIVEN, fen, fine
from drg.payment.price_kernels import SHARE_UNITS, Flags, Ints


class Judged(NamedTuple):
    """What became of the cases.

    Attributes:
        drg: [n] the groups as which they are priced.
        few: [n] the share is too low: priced as the medical group.
        unknown: [n] the share is not known: ``UNDECIDED``.
    """

    drg: pl.Series
    few: Flags
    unknown: Flags


class Shares(NamedTuple):
    """The two sides of a share; [n] each, negative where not known."""

    part: Ints
    whole: Ints


def judge(tcm: Tcm, frame: pl.DataFrame, drg: pl.Series, net: Ints) -> Judged | None:
    """The groups as which cases are priced; None if no case is in a TCM group.

    Args:
        tcm: the rule.
        frame: the cases.
        drg: [n] their groups.
        net: [n] cost less excluded items in fen; negative where it cannot be used, and nothing is judged.
    """
    if tcm.share_below is None:
        return None
    concerned: Flags = drg.is_in(list(tcm.medical_drg)).fill_null(False).to_numpy() & (net >= 0)
    if not concerned.any():
        return None
    part, whole = shares(tcm, frame, net)
    known = (part >= 0) & (whole > 0)
    # At most 10^10 × 10^8: whole numbers of 64 bits hold both sides.
    few = concerned & known
    few[few] = part[few] * SHARE_UNITS < whole[few] * int(tcm.share_below * SHARE_UNITS)
    unknown = concerned & ~known
    drg = drg.replace(tcm.medical_drg).zip_with(pl.Series(few), drg)
    if unknown.any():
        drg = pl.Series([UNDECIDED]).new_from_index(0, len(drg)).zip_with(pl.Series(unknown), drg)
    return Judged(drg, few, unknown)


def tiers(tcm: Tcm) -> list[str]:
    """The shares from which on a coefficient may be another, in order, from 0; none if no share matters."""
    starts = {row.share_at_least for row in tcm.uplifts if row.share_at_least is not None}
    return [f"{start:f}" for start in (Decimal(0), *sorted(starts))] if starts else []


def tier_of(tcm: Tcm, frame: pl.DataFrame, net: Ints) -> pl.Series:
    """The highest of ``tiers`` that each case reaches; null where its share is not known."""
    part, whole = shares(tcm, frame, net)
    known = (net >= 0) & (part >= 0) & (whole > 0)
    names = tiers(tcm)
    reached = np.zeros(frame.height, dtype=np.int64)
    for start in names[1:]:
        reached[known] += part[known] * SHARE_UNITS >= whole[known] * int(Decimal(start) * SHARE_UNITS)
    found = pl.Series(names, dtype=pl.String).gather(pl.Series(reached))
    return found.zip_with(pl.Series(known), pl.Series([None], dtype=pl.String))


def shares(tcm: Tcm, frame: pl.DataFrame, net: Ints) -> Shares:
    """The two sides of each case's share: as given, or in fen from the fees; see ``judge``."""
    part, known = _sum(tcm.tcm_fees, frame)
    whole = net
    if tcm.other_fees:
        others, others_known = _sum(tcm.other_fees, frame)
        whole, known = part + others, known & others_known
    part = np.where(known & (part <= HIGHEST_COST_FEN) & (whole <= HIGHEST_COST_FEN), part, NOT_GIVEN)
    if "tcm_share" in frame.columns:
        share = fine(frame, "tcm_share")
        given = share != NOT_GIVEN
        part = np.where(given, np.where(share <= SHARE_UNITS, share, NOT_GIVEN), part)
        whole = np.where(given, SHARE_UNITS, whole)
    return Shares(part, whole)


def _sum(names: Sequence[str], frame: pl.DataFrame) -> tuple[Ints, Flags]:
    """The sum of some fees, and where it is known: all of them are given, if only as 0."""
    total, known = np.zeros(frame.height, dtype=np.int64), np.ones(frame.height, dtype=np.bool_)
    for name in names:
        fees = fen(frame, name)
        known &= (fees >= 0) & (fees <= HIGHEST_COST_FEN)
        total += np.where(known, fees, 0)
    return total, known
