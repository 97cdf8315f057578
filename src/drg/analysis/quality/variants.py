"""Cost and length of stay as they stand and as logs, whole and trimmed: what each says of the grouping."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import fsum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.quality.gather import Ints
from drg.analysis.quality.sums import Sums, riv, sums_by
from drg.analysis.trimming import NONE, Trimming, trim

Floats = npt.NDArray[np.float64]

COST: Final = "cost"
LOS: Final = "los"
RAW: Final = "raw"
LOG: Final = "log"


@dataclass(frozen=True)
class Variant:
    """One way to look at the values.

    Attributes:
        value: ``cost`` or ``los``.
        scale: ``raw`` or ``log`` (natural).
        trimming: the rule, on the raw value.
        numbers: [n] fen or days, negative where the value has no part.
        left_out: grouped cases without a usable value, or without a log.
        trimmed_low, trimmed_high: cases below and above the limits of their group; left out, or set to it.
    """

    value: str
    scale: str
    trimming: Trimming
    numbers: Ints
    left_out: int
    trimmed_low: int
    trimmed_high: int

    @property
    def name(self) -> str:
        """Such as ``log_cost_trimmed``."""
        logs = "log_" if self.scale == LOG else ""
        return f"{logs}{self.value}{'' if self.trimming.method == NONE else '_trimmed'}"

    @property
    def cases(self) -> int:
        """How many have a part."""
        return int((self.numbers >= 0).sum())

    def floats(self) -> Floats:
        """[n] the values on their scale; NaN where there is none."""
        there = self.numbers >= 0
        found = np.full(len(self.numbers), np.nan)
        found[there] = np.log(self.numbers[there]) if self.scale == LOG else self.numbers[there]
        return found

    def sums(self, group: Ints, groups: int) -> list[Sums]:
        """The exact sums of each group."""
        found = sums_by(pl.DataFrame({"group": group, "number": self.numbers}), "group", "number")
        every = pl.DataFrame({"group": np.arange(groups)})
        rows = every.join(found, on="group", how="left").sort("group").drop("group").fill_null(0).rows()
        return [Sums(*row) for row in rows]

    def riv(self, group: Ints, groups: int) -> float | None:
        """The reduction in variance; None if it is not defined. Logs are floats, all else is exact."""
        if self.scale == RAW:
            return riv(self.sums(group, groups))
        there = self.numbers > 0
        if not there.any() or self.numbers[there].min() == self.numbers[there].max():
            return None
        chosen, logs = group[there], np.log(self.numbers[there])
        counts = np.bincount(chosen, minlength=groups)
        means = np.bincount(chosen, logs, groups) / np.maximum(counts, 1)
        within = fsum((logs - means[chosen]) ** 2)
        return 1 - within / fsum((logs - fsum(logs) / len(logs)) ** 2)


def variants(group: Ints, cost: Ints, los: Ints, rule: Trimming) -> list[Variant]:
    """Cost and stay, then their logs, then both again trimmed, if a rule trims.

    Args:
        group: [n] the group of each case, from 0; every number is there.
        cost: [n] fen, negative where there is none.
        los: [n] days, negative where there is none.
        rule: of trimming.
    """
    rules = [Trimming()] if rule.method == NONE else [Trimming(), rule]
    values = {COST: cost, LOS: los}
    looks = product(rules, (RAW, LOG), (COST, LOS))
    return [_variant(group, name, values[name], scale, one) for one, scale, name in looks]


def _variant(group: Ints, name: str, values: Ints, scale: str, rule: Trimming) -> Variant:
    usable = values >= 0
    found = trim(np.where(usable, group, -1), values, rule)
    kept = found.kept
    has_value = kept & (found.values > 0) if scale == LOG else kept
    return Variant(
        value=name,
        scale=scale,
        trimming=rule,
        numbers=np.where(has_value, found.values, -1),
        left_out=int((~usable).sum() + (kept & ~has_value).sum()),
        trimmed_low=int(found.below.sum()),
        trimmed_high=int(found.above.sum()),
    )
