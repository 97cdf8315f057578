"""What of a case decides its weight, rate and coefficient, as numbers of the price book's combinations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import ALL
from drg.records.cells import texts

# What a case must say beside its group, as far as the scheme asks.
PLACES: Final = ("insurance_type", "hospital_level", "hospital_id", "discharge_date", "tcm_share")
KEYS: Final = ("drg", *PLACES)
# In the place of a group, where it is not known as which one the case is paid.
UNDECIDED: Final = "not decided"
# In the place of an insurance, level or hospital that is known, but named nowhere in the scheme.
UNNAMED: Final = "not named"


def numbers(name: str, texts: pl.Series, categories: pl.Enum) -> npt.NDArray[np.int64]:
    """The numbers of known texts, counted from 1; 0 for all others, in places what is not known."""
    found = texts.cast(categories, strict=False)
    numbers: npt.NDArray[np.int64] = (found.to_physical().cast(pl.Int64) + 1).fill_null(0).to_numpy()
    if name in PLACES and (numbers == 0).any():
        unnamed = (found.is_null() & is_known(name, texts)).to_numpy()
        numbers = np.where(unnamed, len(categories.categories), numbers)  # the last one is UNNAMED
    return numbers


def is_known(name: str, texts: pl.Series) -> pl.Series:
    """Whether a text says which insurance, level or hospital it is, also if the scheme does not name it.

    A level is one of the national ones, an insurance a code of digits as in the national list; a hospital any
    text. What a scheme names is known all the same.
    """
    if name == "hospital_level":
        return texts.is_in(sorted({value for _, value in ALL[name].words})).fill_null(False)
    if name == "insurance_type":
        return texts.str.contains(r"^[0-9]+$").fill_null(False)
    return texts.is_not_null()


def by_form(name: str, names: Iterable[str | None]) -> dict[str, str]:
    """What a scheme names, by the form in which cases have it."""
    spelled = pl.Series(sorted({text for text in names if text is not None}), dtype=pl.String)
    forms = texts(spelled, ALL[name]).values
    return {form: text for form, text in zip(forms, spelled, strict=True) if form is not None}
