"""Codes ↔ small integers."""

from __future__ import annotations

from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.grouping.spelled import MISSED, Spelled, is_worth_while, numbers, spelled
from drg.records.codes import normalised

# The number of a code that is absent, or that the version does not know: it is in no set.
NO_CODE = 0


# Unknown spellings that an index remembers before it starts afresh: memory must not grow with the file.
_SPELLINGS_KEPT = 1_000_000


class CodeIndex:
    """The codes of one kind that a version knows, numbered from 1; safe to share between threads.

    Codes are looked up as the tables spell them, many by ``spelled``, few by polars; only spellings
    that miss are brought into the normal form and looked up again.

    Attributes:
        frame: each code as the tables spell it (``spelled``) and in the normal form (``normal``).
        codes: what each number stands for; empty for 0.
    """

    def __init__(self, codes: pl.Series) -> None:
        spelled = codes.unique(maintain_order=True)
        self._set(
            pl.DataFrame({"spelled": spelled, "normal": normalised(spelled)}).unique(
                "normal", keep="first", maintain_order=True
            )
        )

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> CodeIndex:
        """The index that has this ``frame``."""
        index = cls.__new__(cls)
        index._set(frame)
        return index

    def _set(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.codes: pl.Series = pl.concat([pl.Series("spelled", [""]), frame["spelled"]])
        self._known = self._numbered()

    @cached_property
    def _number_of_normal(self) -> dict[str, int]:
        return dict(zip(self.frame["normal"], range(1, len(self.codes)), strict=True))

    def __len__(self) -> int:
        return len(self.codes)

    def _numbered(self) -> pl.Series:
        """The known codes as categories, numbered in order; unknown ones will be numbered after them.

        polars keeps the numbers as long as there is such a series.
        """
        return self.codes.cast(pl.Categorical(pl.Categories.random()))

    @cached_property
    def _spelled(self) -> Spelled:
        return spelled(self.codes)

    def encode(self, codes: pl.Series) -> npt.NDArray[np.uint32]:
        """The number of each code; 0 for null, blank and unknown codes."""
        if not is_worth_while(codes):
            return self._encoded(codes)
        found = numbers(codes, self._spelled)
        missed = np.flatnonzero(found == MISSED)
        if len(missed):
            found[missed] = self._encoded(codes.gather(missed))
        return found

    def _encoded(self, codes: pl.Series) -> npt.NDArray[np.uint32]:
        found = codes.cast(self._known.dtype).to_physical().fill_null(NO_CODE)
        known: npt.NDArray[np.uint32] = found.to_numpy(writable=True)
        strange = found >= len(self)
        if strange.any():
            if cast("int", found.max()) > len(self) + _SPELLINGS_KEPT:
                self._known = self._numbered()
            spellings = codes.filter(strange)
            distinct = spellings.unique()
            again = [self._number_of_normal.get(normal, NO_CODE) for normal in normalised(distinct)]
            found_again = spellings.replace_strict(distinct, again, return_dtype=pl.UInt32)
            known[strange.to_numpy()] = found_again.to_numpy()
        return known

    def numbers_in(self, other: CodeIndex) -> npt.NDArray[np.uint32]:
        """The number in another index of each code of this one [number here]; 0 for codes that it lacks."""
        known = other.frame.select("normal").with_row_index("number", offset=1)
        found = self.frame.join(known, on="normal", how="left", maintain_order="left")["number"]
        return np.append(np.uint32(NO_CODE), found.fill_null(NO_CODE).to_numpy())

    def decode(self, number: int) -> str:
        """The code as the tables spell it; empty for 0."""
        return str(self.codes[number])
