"""A scheme → the numbers of the loop: a row for each kind of stay that occurs, tiers and deductibles once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from drg.benefit import kernels as k
from drg.benefit.kernels import Ints
from drg.benefit.kinds_of_stay import UP, Entry, StayKind, entry_of
from drg.benefit.scheme import AmountTier, BenefitScheme, Layer, LayerRow, Liability

_NOTHING = (Decimal(0),)
_Tiers = tuple[tuple[int, int], ...]


def fen_of(yuan: Decimal) -> int:
    """An amount of a scheme in fen."""
    return int(yuan * 100)


def _units(share: Decimal) -> int:
    return int(share * k.SHARE_UNITS)


class Book:
    """What a scheme says of the kinds of stay that have been asked for; it grows."""

    def __init__(self, scheme: BenefitScheme) -> None:
        self.scheme = scheme
        self.entries: list[Entry] = []
        self._places: dict[StayKind, int] = {}
        self._rows: list[list[int]] = []
        self._tiers: dict[_Tiers, int] = {}
        self._deductibles: dict[tuple[Decimal, ...], int] = {}

    def place(self, kind: StayKind) -> int:
        """The row of a kind of stay."""
        if kind not in self._places:
            entry = entry_of(self.scheme, kind)
            row = [0] * k.KIND_WIDTH if entry.problem else self._numbers(entry)
            self._places[kind] = len(self.entries)
            self.entries.append(entry)
            self._rows.append(row)
        return self._places[kind]

    @property
    def kinds(self) -> Ints:
        """[r, KIND_WIDTH] for ``kernels.share_stays``."""
        return np.array(self._rows, dtype=np.int64).reshape(-1, k.KIND_WIDTH)

    @property
    def deductibles(self) -> Ints:
        """[d, m] in fen, by the number of the stay; the last column is that of all others."""
        width = max((len(one) for one in self._deductibles), default=1)
        rows = [[fen_of(yuan) for yuan in one] for one in self._deductibles]
        padded = [[*row, *[row[-1]] * (width - len(row))] for row in rows]
        return np.array(padded, dtype=np.int64).reshape(-1, width)

    @property
    def tiers(self) -> Ints:
        """[t, m, 2] the end of each tier in fen and its share."""
        width = max((len(one) for one in self._tiers), default=1)
        padded = [[*one, *[(k.UNLIMITED, 0)] * (width - len(one))] for one in self._tiers]
        return np.array(padded, dtype=np.int64).reshape(-1, width, 2)

    def _tiers_of(self, tiers: Sequence[AmountTier], less: Decimal = Decimal(0)) -> int:
        found = tuple(
            (
                k.UNLIMITED if tier.up_to_yuan is None else fen_of(tier.up_to_yuan),
                _units(max(tier.share - less, Decimal(0))),
            )
            for tier in tiers
        )
        return self._tiers.setdefault(found, len(self._tiers))

    def _numbers(self, entry: Entry) -> list[int]:
        scheme, basic = self.scheme, self.scheme.basic
        assert entry.class_b is not None
        assert entry.deductible is not None
        birth = scheme.maternity if entry.is_birth else None
        cap = entry.cap[1].yuan if entry.cap else None
        found = {
            k.CLASS_B_SHARE: _units(entry.class_b[1].share),
            k.OFF_SITE_SHARE: _units(entry.off_site.first_own_share) if entry.off_site else 0,
            k.DEDUCTIBLES: self._deductible_of(entry),
            k.DEDUCTIBLE_BY_YEAR: int(basic.deductible_by == "year"),
            k.PAYS_DIFFERENCE: int(basic.upward_pays_difference and entry.kind.referral == UP),
            k.DEDUCTIBLE_A_YEAR: _cap(basic.deductible_a_year_yuan),
            k.BASIC_TIERS: self._tiers_of(basic_tiers(scheme, entry), share_less(entry)),
            k.TIERS_BY_YEAR: int(basic.tiers_by == "year"),
            k.STAY_CAP: _cap(birth.fund_at_most_yuan if birth else None),
            k.BASIC_CAP: _cap(cap),
            k.PRODUCT_CAP: _cap(entry.product.cap_yuan if entry.product else None),
            k.HAS_PRODUCT: int(entry.product is not None),
        }
        found |= self._layer(k.CRITICAL_TIERS, scheme.critical, entry.critical)
        found |= self._layer(k.AID_TIERS, scheme.aid, entry.aid)
        product = entry.product
        found |= self._liability(k.WITHIN_TIERS, product.within_policy if product else None)
        found |= self._liability(k.OUTSIDE_TIERS, product.outside_policy if product else None)
        found |= self._liability(k.DRUGS_TIERS, product.special_drugs if product else None)
        found[k.WITHIN_FIRST] = int(product is not None and product.counts_first_own_share)
        found[k.OUTSIDE_ABOVE_LIMIT] = int(product is not None and product.counts_above_limit)
        return [found[column] for column in range(k.KIND_WIDTH)]

    def _deductible_of(self, entry: Entry) -> int:
        yuan = deductibles(self.scheme, entry)
        return self._deductibles.setdefault(yuan, len(self._deductibles))

    def _layer(self, at: int, layer: Layer | None, found: tuple[int, LayerRow] | None) -> dict[int, int]:
        """A payer's tiers, threshold, cap, and what it counts."""
        row = found[1] if found else None
        return {
            at: self._tiers_of(row.tiers) if row else -1,
            at + 1: fen_of(row.threshold_yuan) if row else 0,
            at + 2: _cap(row.cap_yuan if row else None),
            at + 3: int(layer is not None and layer.counts_first_own_share),
            at + 4: int(layer is not None and layer.counts_above_cap),
        }

    def _liability(self, at: int, found: Liability | None) -> dict[int, int]:
        return {
            at: self._tiers_of(found.tiers) if found else -1,
            at + 1: fen_of(found.deductible_yuan) if found else 0,
            at + 2: _cap(found.cap_yuan if found else None),
        }


def _cap(yuan: Decimal | None) -> int:
    return k.UNLIMITED if yuan is None else fen_of(yuan)


def deductibles(scheme: BenefitScheme, entry: Entry) -> tuple[Decimal, ...]:
    """The deductibles of stays of a kind, by their number in the year."""
    assert entry.deductible is not None
    newborn, birth = scheme.newborn, scheme.maternity
    waived = entry.is_newborn and newborn is not None and not newborn.deductible_applies
    waived = waived or (entry.is_birth and birth is not None and not birth.deductible_applies)
    return _NOTHING if waived else entry.deductible[1].yuan


def basic_tiers(scheme: BenefitScheme, entry: Entry) -> Sequence[AmountTier]:
    """The tiers of the basic fund for stays of a kind, before what is less off site."""
    assert entry.share is not None
    newborn, birth = scheme.newborn, scheme.maternity
    if entry.is_newborn and newborn is not None and newborn.share is not None:
        return (AmountTier(share=newborn.share),)
    if entry.is_birth and birth is not None and birth.share is not None:
        return (AmountTier(share=birth.share),)
    return entry.share[1].tiers


def share_less(entry: Entry) -> Decimal:
    """By how much the shares of the basic fund are lower for stays of a kind."""
    return entry.off_site.share_less if entry.off_site else Decimal(0)
