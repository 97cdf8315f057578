"""Codes ↔ small integers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.records.codes import normalised

# The number of a code that is absent, or that the version does not know: it is in no set.
NO_CODE = 0


class CodeIndex:
    """The codes of one kind that a version knows, numbered from 1.

    The fast way of encoding is a dictionary look-up of the code as the tables spell it; only spellings that
    miss are brought into the normal form and looked up again.
    """

    def __init__(self, codes: pl.Series) -> None:
        spelled = codes.unique(maintain_order=True)
        frame = pl.DataFrame({"spelled": spelled, "normal": normalised(spelled)}).unique(
            "normal", keep="first", maintain_order=True
        )
        self.codes: pl.Series = pl.concat([pl.Series("spelled", [""]), frame["spelled"]])
        self._spelled = pl.Enum(self.codes)
        self._normal = pl.Enum(pl.concat([pl.Series("normal", [""]), frame["normal"]]))

    def __len__(self) -> int:
        return len(self.codes)

    def encode(self, codes: pl.Series) -> npt.NDArray[np.uint32]:
        """The number of each code; 0 for null, blank and unknown codes."""
        found = codes.cast(self._spelled, strict=False).to_physical()
        numbers: npt.NDArray[np.uint32] = found.cast(pl.UInt32).fill_null(NO_CODE).to_numpy(writable=True)
        if found.null_count() > codes.null_count():
            missed = (codes.is_not_null() & found.is_null()).arg_true()
            spellings = codes.gather(missed)
            distinct = spellings.unique()
            again = (
                normalised(distinct)
                .cast(self._normal, strict=False)
                .to_physical()
                .cast(pl.UInt32)
                .fill_null(NO_CODE)
            )
            found_again = spellings.replace_strict(distinct, again, return_dtype=pl.UInt32)
            numbers[missed.to_numpy()] = found_again.to_numpy()
        return numbers

    def decode(self, number: int) -> str:
        """The code as the tables spell it; empty for 0."""
        return str(self.codes[number])
