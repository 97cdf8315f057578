"""Codes as they are spelled → their numbers, without looking at more than sixteen bytes of each.

polars and Arrow keep a text of at most twelve bytes whole in its *view*: its length, then its bytes, then
zeros. Two such texts are equal if their views are. So codes are looked up by their views, in a table of slots
that is twice to four times as long as the list of known codes; longer texts are left to others.
"""

from __future__ import annotations

import sys
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.grouping.jit import compiled, kernel, suited

Views = npt.NDArray[np.uint32]  # [n, 4]
Numbers = npt.NDArray[np.uint32]

LONGEST: Final = 12  # bytes of a text that its view holds
MISSED: Final = 0xFFFFFFFF

# The sum of the four products fits 63 bits. Its lower half depends on the first bytes of each word of a view,
# its upper half on the last ones.
_A, _B, _C, _D = 0x1F35D2B7, 0x1B873593, 0x165667B1, 0x1E35A7BD
_HALF = 29


class Spelled(NamedTuple):
    """A list of codes, ready to be looked up in.

    ``slots`` has the place of a code in ``views``, or -1; its length is a power of two.
    """

    views: Views
    slots: npt.NDArray[np.int32]


def spelled(codes: pl.Series) -> Spelled:
    """The table of some distinct codes; the place of a code in the series will be its number."""
    views = _views(codes)
    slots = np.full(1 << (2 * len(codes)).bit_length(), -1, dtype=np.int32)
    if views is None:
        return Spelled(np.empty((0, 4), dtype=np.uint32), slots)
    compiled(fill)(views, slots)
    return Spelled(views, slots)


def is_worth_while(codes: pl.Series) -> bool:
    """Whether there are so many codes that looking them up here is faster than polars."""
    return suited(look_up, len(codes)) is not look_up


def numbers(codes: pl.Series, known: Spelled) -> Numbers:
    """The number of each code; 0 for null, ``MISSED`` for what is long or not in the list."""
    found = np.empty(len(codes), dtype=np.uint32)
    views = _views(codes)
    if views is None:
        found[:] = MISSED
    else:
        compiled(look_up)(views, known.views, known.slots, found)
    if codes.has_nulls():
        found[codes.is_null().to_numpy()] = 0
    return found


def _views(codes: pl.Series) -> Views | None:
    array = codes.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    if sys.byteorder != "little" or str(array.type) != "string_view":
        return None
    whole = np.frombuffer(array.buffers()[1], dtype=np.uint32).reshape(-1, 4)
    views: Views = whole[array.offset : array.offset + len(array)]
    return views if views.flags.aligned else None


def _place(views: Views, i: int) -> int:
    # As signed numbers: of others numba would make binary fractions.
    a, b, c, d = np.int64(views[i, 0]), np.int64(views[i, 1]), np.int64(views[i, 2]), np.int64(views[i, 3])
    mixed = a * _A + b * _B + c * _C + d * _D
    return int(mixed ^ (mixed >> _HALF))


@kernel(load_from=0, compile_from=0)
def fill(views: Views, slots: npt.NDArray[np.int32]) -> None:
    """Put codes into free slots; long ones are left out."""
    mask = len(slots) - 1
    for i in range(len(views)):
        if views[i, 0] > LONGEST:
            continue
        at = _place(views, i) & mask
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = i


@kernel(load_from=1_000_000, compile_from=10_000_000)
def look_up(views: Views, known: Views, slots: npt.NDArray[np.int32], found: Numbers) -> None:
    """Write the number of each code into ``found``."""
    mask = len(slots) - 1
    for i in range(len(views)):
        found[i] = MISSED
        if views[i, 0] > LONGEST:
            continue
        at = _place(views, i) & mask
        while slots[at] >= 0:
            j = slots[at]
            if (
                views[i, 0] == known[j, 0]
                and views[i, 1] == known[j, 1]
                and views[i, 2] == known[j, 2]
                and views[i, 3] == known[j, 3]
            ):
                found[i] = j
                break
            at = (at + 1) & mask
