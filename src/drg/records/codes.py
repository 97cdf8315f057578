"""How codes are written and how they compare."""

from __future__ import annotations

import polars as pl


def normalised(codes: pl.Series) -> pl.Series:
    """Codes in the form in which they compare: NFKC, without blanks, in capitals.

    ``" i50.900X007 "`` and ``"Ｉ50.900x007"`` are the same code as ``"I50.900x007"``.
    """
    return codes.str.normalize("NFKC").str.replace_all(r"[\s\u200b\ufeff]", "").str.to_uppercase()
