"""How often the groups of a version are: the commonest ADRGs by a table, the others by MDC."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation import clinic
from drg.grouping import Grouper
from drg.grouping.outcomes import is_ambiguous

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Frequency of a group with MCC, CC and none, against each other.
_SEVERITY_SHARE: Final = np.array([0.6, 0.35, 0.2])
_ADRG_SPREAD: Final = 1.2  # log-SD of those that the table does not name
_DRG_SPREAD: Final = 0.25  # log-SD
_NAMED_SPREAD: Final = 0.1  # log-SD of those that it names: regions differ
_SURGICAL_SHARE: Final = 0.5
_AMBIGUOUS_SHARE: Final = 0.1
# What the ADRGs of an MDC that the table does not name have at least, of the share of the MDC.
_LEAST_OF_OTHERS: Final = 0.15
_FEWEST: Final = 3e-5  # share of the rarest group


class Commonest(NamedTuple):
    """One row of the table: ADRGs of an MDC, by their names.

    Attributes:
        mdc: its letter.
        name: a pattern that the name of the ADRG meets.
        share: their share of all cases.
        day_share: of their cases, those that stay for a day.
        returns: how patients come back: "series", "chronic" or "".
    """

    mdc: str
    name: re.Pattern[str]
    share: float
    day_share: float
    returns: str


OTHERS: Final = Commonest("", re.compile(""), 0.0, 0.0, "")


@lru_cache(maxsize=1)
def commonest() -> tuple[Commonest, ...]:
    """The table of the commonest ADRGs."""
    return tuple(
        Commonest(mdc, re.compile(name), float(percent) / 100, float(day_share or 0), returns)
        for mdc, name, percent, day_share, returns, *_ in clinic.rows("clinic_adrgs.csv")
    )


def of_adrgs(grouper: Grouper) -> dict[str, Commonest]:
    """The row of the table for each ADRG of a version; ``OTHERS`` if there is none."""
    found = {}
    for code, name, mdc in grouper.program.adrg.select("adrg", "name", "mdc").iter_rows():
        spelled = _spelled(name or "")
        rows = (row for row in commonest() if row.mdc == mdc[3:4] and row.name.search(spelled))
        found[code] = OTHERS if is_ambiguous(code) else next(rows, OTHERS)
    return found


def _spelled(name: str) -> str:
    """Versions spell the same name in several ways."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).replace("疾患", "疾病").replace(",", "、")


def group_shares(
    grouper: Grouper,
    named: dict[str, Commonest],
    there: npt.NDArray[np.bool_],
    severity: Ints,
    surgical: list[bool],
    rng: np.random.Generator,
) -> Floats:
    """The share of each group [d] among the cases that reach one; 0 for groups that are not ``there``."""
    if not there.any():
        return np.zeros(len(there))
    drg, adrg = grouper.program.drg, grouper.program.adrg
    surgery = dict(zip(drg["adrg"], surgical, strict=True))
    raw: dict[str, float] = {}
    for code in adrg["adrg"]:
        spread = _ADRG_SPREAD if named[code] is OTHERS else _NAMED_SPREAD
        raw[code] = float(np.exp(rng.normal(0, spread)))
        raw[code] *= _AMBIGUOUS_SHARE if is_ambiguous(code) else 1.0
        raw[code] *= _SURGICAL_SHARE if surgery.get(code) else 1.0
    within = _SEVERITY_SHARE[severity] * np.exp(rng.normal(0, _DRG_SPREAD, len(there))) * there
    shares = _of_adrgs(drg.select("adrg", "mdc"), raw, named, within)
    shares /= shares.sum()
    shares[there] = np.maximum(shares[there], min(_FEWEST, 0.1 / len(shares)))
    return np.asarray(shares / shares.sum())


def _of_adrgs(
    drg: pl.DataFrame, raw: dict[str, float], named: dict[str, Commonest], within: Floats
) -> Floats:
    """The share of each group [d]: the table's for ADRGs that it names; the others have the rest, by MDC."""
    codes = drg["adrg"].to_numpy()
    rows = {code: np.flatnonzero(codes == code) for code in raw}
    rows = {code: mine for code, mine in rows.items() if within[mine].sum() > 0}
    mdcs = dict(drg.select("adrg", "mdc").iter_rows())
    # What shares an amount: the ADRGs of a row of the table, or the other ones of an MDC.
    part = {code: mdcs[code] if named[code] is OTHERS else named[code] for code in rows}
    sums: dict[str | Commonest, float] = {}
    for code in rows:
        sums[part[code]] = sums.get(part[code], 0.0) + raw[code]
    amount = {row: row.share for row in sums if isinstance(row, Commonest)}
    rest: dict[str | Commonest, float] = {}
    for mdc in (mdc for mdc in sums if isinstance(mdc, str)):
        told = sum(share for row, share in amount.items() if row.mdc == mdc[3:4])
        rest[mdc] = max(clinic.share(mdc) - told, _LEAST_OF_OTHERS * clinic.share(mdc))
    free = (1 - sum(amount.values())) / (sum(rest.values()) or 1.0)
    amounts = amount | {mdc: free * share for mdc, share in rest.items()}
    shares = np.zeros(len(within))
    for code, mine in rows.items():
        share = amounts[part[code]] * raw[code] / sums[part[code]]
        shares[mine] = share * within[mine] / within[mine].sum()
    return shares
