"""Whether cases were priced with the scheme that is asked for."""

from __future__ import annotations

import polars as pl

from drg.errors import InputError
from drg.words import Sentence


def check_priced_with(cases: pl.DataFrame, scheme: str) -> None:
    """All of them were.

    Args:
        cases: with ``scheme``, as pricing writes it.
        scheme: its id.

    Raises:
        InputError: some were priced with another one, or with none.
    """
    others = cases.filter(pl.col("scheme").fill_null("") != scheme)["scheme"].unique().sort()
    if len(others):
        other = others[0] or Sentence("no scheme")
        problem = Sentence(
            "some of the cases were priced with {other}, not with {scheme}", other=other, scheme=scheme
        )
        fix = Sentence("Price them again: drg price … --scheme {scheme}", scheme=scheme)
        raise InputError(problem, field="scheme", fix=fix)
