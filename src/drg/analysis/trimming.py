"""Which values of a group are too far out to count: by percentiles, quartiles, or the spread of the logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from drg.errors import InputError
from drg.words import Sentence

NONE: Final = "none"
PERCENTILE: Final = "percentile"
IQR: Final = "iqr"
LOG_SD: Final = "log-sd"

_FORMS: Final = "none, percentile:LOW,HIGH as percentile:1,99, iqr:TIMES as iqr:1.5, log-sd:TIMES as log-sd:3"

Numbers = npt.NDArray[Any]  # whole numbers or floats
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trimming:
    """A rule of trimming; it is applied to each group by itself, and limits are kept, not trimmed.

    Attributes:
        method: ``none``; ``percentile``: outside the ``low`` and the ``high`` percentile, which are
            interpolated linearly; ``iqr``: below the first or above the third quartile by more than
            ``times`` the distance between them (Tukey 1977); ``log-sd``: a natural log that is more than
            ``times`` standard deviations (of the sample, n − 1) from the mean of the logs. A value that is
            not positive has no log: it is below any limit of ``log-sd``.
        low, high: percentiles, 0 to 100.
        times: a factor, more than 0.

    Raises:
        InputError: for a method that does not exist or numbers that make no sense.
    """

    method: str = NONE
    low: float = 1.0
    high: float = 99.0
    times: float = 1.5

    def __post_init__(self) -> None:
        if self.method not in (NONE, PERCENTILE, IQR, LOG_SD):
            problem = Sentence("there is no trimming {method!r}", method=self.method)
            raise InputError(problem, fix=Sentence("Give one of: {forms}", forms=_FORMS))
        if not 0 <= self.low < self.high <= 100:
            problem = Sentence(
                "trimming by percentiles {low:g} to {high:g} is not possible", low=self.low, high=self.high
            )
            fix = Sentence("Give two percentiles from 0 to 100, the lower one first, as percentile:1,99")
            raise InputError(problem, fix=fix)
        if not 0 < self.times < float("inf"):
            problem = Sentence("trimming at {times:g} times is not possible", times=self.times)
            raise InputError(problem, fix=Sentence("Give more than 0"))

    @classmethod
    def parse(cls, text: str) -> Trimming:
        """The rule that a text names: ``none``, ``percentile:1,99``, ``iqr:1.5`` or ``log-sd:3``.

        Numbers may be left out: percentile is 1 to 99, iqr 1.5 times, log-sd 3 times.

        Raises:
            InputError: if it names none.
        """
        method, _, rest = text.strip().lower().replace("_", "-").partition(":")
        most = {NONE: 0, PERCENTILE: 2, IQR: 1, LOG_SD: 1}.get(method)
        try:
            numbers = [float(number) for number in rest.split(",")] if rest else []
            if most is not None and len(numbers) not in (0, most):
                raise ValueError(rest)
        except ValueError:
            fix = Sentence("Give one of: {forms}", forms=_FORMS)
            raise InputError(Sentence("{text!r} is no trimming", text=text), fix=fix) from None
        if method == PERCENTILE and numbers:
            return cls(method, low=numbers[0], high=numbers[1])
        if method == LOG_SD:
            return cls(method, times=numbers[0] if numbers else 3.0)
        return cls(method, times=numbers[0]) if numbers else cls(method)

    def __str__(self) -> str:
        if self.method == PERCENTILE:
            return f"{self.method}:{self.low:g},{self.high:g}"
        return self.method if self.method == NONE else f"{self.method}:{self.times:g}"


class Limits(NamedTuple):
    """The lowest and the highest value that is kept, by group number [groups]; −inf and inf if all are."""

    low: Floats
    high: Floats


def trim(groups: npt.NDArray[np.integer[Any]], values: Numbers, rule: Trimming) -> npt.NDArray[np.bool_]:
    """Which values count.

    Args:
        groups: the number of each value's group [n], from 0; negative if it has none.
        values: whole numbers or floats [n]; NaN if there is none.
        rule: the rule.

    Returns:
        True for the values that are kept [n]; False for those without a group, and for NaN.
    """
    low, high = limits(groups, values, rule)
    usable = groups >= 0
    if not len(low):
        return usable
    places = np.where(usable, groups, 0)
    kept: npt.NDArray[np.bool_] = usable & (values >= low[places]) & (values <= high[places])
    return kept


def limits(groups: npt.NDArray[np.integer[Any]], values: Numbers, rule: Trimming) -> Limits:
    """The limits of each group, which do not depend on the order of the values.

    Args:
        groups: the number of each value's group [n], from 0; negative if it has none.
        values: whole numbers or floats [n]; NaN if there is none.
        rule: the rule.

    Returns:
        A limit for each group number up to the highest. A group with fewer than two values has no limits,
        but for the zero of ``log-sd``.
    """
    usable = (groups >= 0) & ~np.isnan(values)
    count = int(groups.max(initial=-1)) + 1
    found = Limits(np.full(count, -np.inf), np.full(count, np.inf))
    if rule.method == NONE:
        return found
    if rule.method == LOG_SD:
        # What is not positive lies below all limits, and has no part in making them.
        found.low[:] = np.nextafter(0.0, 1.0)
        usable &= values > 0
    sizes = np.bincount(groups[usable], minlength=count)
    usable[usable] = sizes[groups[usable]] > 1
    present = np.flatnonzero(sizes > 1)
    if not len(present):
        return found
    order = np.lexsort((values[usable], groups[usable]))
    runs = _Runs(values[usable][order].astype(np.float64), sizes[present])
    if rule.method == PERCENTILE:
        low, high = (runs.quantile(share / 100) for share in (rule.low, rule.high))
    elif rule.method == IQR:
        first, third = (runs.quantile(share) for share in (0.25, 0.75))
        low, high = first - rule.times * (third - first), third + rule.times * (third - first)
    else:
        low, high = runs.log_limits(rule.times)
    found.low[present], found.high[present] = low, high
    return found


class _Runs(NamedTuple):
    """The values of one group after another, each group's in ascending order."""

    values: Floats  # [n]
    sizes: npt.NDArray[np.int64]  # of each group, more than 1

    def quantile(self, share: float) -> Floats:
        """The quantile of each group, interpolated linearly as ``numpy.quantile`` does."""
        first = np.cumsum(self.sizes) - self.sizes
        place = (self.sizes - 1) * share
        below = np.floor(place).astype(np.int64)
        part = place - below
        a = self.values[first + below]
        b = self.values[first + np.minimum(below + 1, self.sizes - 1)]
        return np.asarray(np.where(part < 0.5, a + (b - a) * part, b - (b - a) * (1 - part)))

    def log_limits(self, times: float) -> tuple[Floats, Floats]:
        """The limits of each group by mean and standard deviation of the logs."""
        group = np.repeat(np.arange(len(self.sizes)), self.sizes)
        logs = np.log(self.values)
        mean = np.bincount(group, logs) / self.sizes
        spread = np.sqrt(np.bincount(group, (logs - mean[group]) ** 2) / (self.sizes - 1))
        # Equal values have no spread, and the rounding of the log must not put them outside of it.
        slack = 1e-12
        return np.exp(mean - times * spread - slack), np.exp(mean + times * spread + slack)
