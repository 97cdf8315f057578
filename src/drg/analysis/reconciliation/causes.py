"""The causes of a difference between our price of a case and the bureau's: the first that is found counts."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from drg.words import Sentence


class Cause(StrEnum):
    """Why a case is another in the bureau's return; in the order in which they are looked for."""

    MISSING_IN_BUREAU = "missing_in_bureau"
    MISSING_IN_OURS = "missing_in_ours"
    AMBIGUOUS_MATCH = "ambiguous_match"
    CODES_CHANGED = "codes_changed"
    RECORD_CHANGED = "record_changed"
    OTHER_VERSION = "other_version"
    GROUP_UNEXPLAINED = "group_unexplained"
    SPECIAL = "special"
    ROUNDING = "rounding"
    READMISSION = "readmission"
    OTHER_SCHEME = "other_scheme"
    OTHER_WEIGHT = "other_weight"
    OTHER_COEFFICIENT = "other_coefficient"
    OTHER_RATE = "other_rate"
    OTHER_CLASS = "other_class"
    AMOUNT_MISSING = "amount_missing"
    AMOUNT_UNEXPLAINED = "amount_unexplained"


NAMES: Final = {
    Cause.MISSING_IN_BUREAU: Sentence("missing in the bureau's return"),
    Cause.MISSING_IN_OURS: Sentence("missing in our file"),
    Cause.AMBIGUOUS_MATCH: Sentence("not matched for certain"),
    Cause.CODES_CHANGED: Sentence("codes changed on the way"),
    Cause.RECORD_CHANGED: Sentence("other fields of the record changed on the way"),
    Cause.OTHER_VERSION: Sentence("another grouper version"),
    Cause.GROUP_UNEXPLAINED: Sentence("another group, not explained"),
    Cause.SPECIAL: Sentence("special review"),
    Cause.ROUNDING: Sentence("amount by rounding"),
    Cause.READMISSION: Sentence("readmission rule"),
    Cause.OTHER_SCHEME: Sentence("another payment scheme"),
    Cause.OTHER_WEIGHT: Sentence("another weight"),
    Cause.OTHER_COEFFICIENT: Sentence("another coefficient"),
    Cause.OTHER_RATE: Sentence("another rate or coefficient"),
    Cause.OTHER_CLASS: Sentence("another case class (high, low …)"),
    Cause.AMOUNT_MISSING: Sentence("one side has no amount"),
    Cause.AMOUNT_UNEXPLAINED: Sentence("amount not explained"),
}
