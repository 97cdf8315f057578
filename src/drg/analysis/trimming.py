"""Which values of a group are too far out: by percentiles, quartiles, or the spread of the logs.

They are left out, or, if a rule winsorises, set to the limit that they are beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from drg.errors import InputError
from drg.words import Sentence

NONE: Final = "none"
PERCENTILE: Final = "percentile"
IQR: Final = "iqr"
LOG_SD: Final = "log-sd"

_WINSOR: Final = "winsor-"
_FORMS: Final = Sentence(
    "none, percentile:LOW,HIGH as percentile:1,99, iqr:TIMES as iqr:1.5, iqr:BELOW,ABOVE as iqr:0.5,1.5, "
    "log-sd:TIMES as log-sd:3, winsor-RULE as winsor-iqr:1.5"
)
# In the order in which they are compared.
RULES: Final = (
    *(
        "none",
        "percentile:1,99",
        "percentile:5,95",
        "iqr:1.5",
        "iqr:0.5,1.5",
        "iqr:3",
        "log-sd:2",
        "log-sd:3",
    ),
    *("winsor-percentile:1,99", "winsor-iqr:1.5", "winsor-log-sd:3"),
)

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
        times_below: of ``iqr``, the factor below the first quartile; ``times`` if it is None.
        winsorises: values beyond a limit are set to it, rounded to whole numbers, and not left out.

    Raises:
        InputError: for a method that does not exist or numbers that make no sense.
    """

    method: str = NONE
    low: float = 1.0
    high: float = 99.0
    times: float = 1.5
    times_below: float | None = None
    winsorises: bool = False

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
        for times in (self.times, self.times_below):
            if times is not None and not 0 < times < float("inf"):
                problem = Sentence("trimming at {times:g} times is not possible", times=times)
                raise InputError(problem, fix=Sentence("Give more than 0"))

    @classmethod
    def parse(cls, text: str) -> Trimming:
        """The rule that a text names, such as ``percentile:1,99``, ``iqr:0.5,1.5`` or ``winsor-iqr:1.5``.

        Numbers may be left out: percentile is 1 to 99, iqr 1.5 times, log-sd 3 times.

        Raises:
            InputError: if it names none.
        """
        named, _, rest = text.strip().lower().replace("_", "-").partition(":")
        method = named.removeprefix(_WINSOR)
        counts = {NONE: (0,), PERCENTILE: (0, 2), IQR: (0, 1, 2), LOG_SD: (0, 1)}.get(method)
        try:
            numbers = [float(number) for number in rest.split(",")] if rest else []
            if counts is not None and (len(numbers) not in counts or named == f"{_WINSOR}{NONE}"):
                raise ValueError(rest)
        except ValueError:
            fix = Sentence("Give one of: {forms}", forms=_FORMS)
            raise InputError(Sentence("{text!r} is no trimming", text=text), fix=fix) from None
        facts: dict[str, float] = {"times": 3.0} if method == LOG_SD else {}
        if method == PERCENTILE and numbers:
            facts = {"low": numbers[0], "high": numbers[1]}
        elif numbers:
            facts = {"times": numbers[-1]} | ({"times_below": numbers[0]} if len(numbers) == 2 else {})
        return cls(method, winsorises=named != method, **facts)

    def __str__(self) -> str:
        name = f"{_WINSOR if self.winsorises else ''}{self.method}"
        if self.method == NONE:
            return name
        if self.method == PERCENTILE:
            return f"{name}:{self.low:g},{self.high:g}"
        below = "" if self.times_below is None else f"{self.times_below:g},"
        return f"{name}:{below}{self.times:g}"

    @property
    def least_cases(self) -> int:
        """The smallest group that is trimmed; a percentile takes no more than its share of a group.

        Of two values, the 1st and the 99th percentile would leave none.
        """
        shares = [share for share in (self.low, 100 - self.high) if share > 0]
        if self.method != PERCENTILE or not shares:
            return 2
        return max(2, ceil(100 / min(shares) - 1e-9))


class Limits(NamedTuple):
    """The lowest and the highest value that is kept, by group number [groups]; −inf and inf if all are."""

    low: Floats
    high: Floats


class Trimmed(NamedTuple):
    """Values after trimming [n] each."""

    values: Numbers  # those beyond a limit set to it, if the rule winsorises
    below: npt.NDArray[np.bool_]
    above: npt.NDArray[np.bool_]
    kept: npt.NDArray[np.bool_]  # which count; False for those without a group, and for NaN


def trim(groups: npt.NDArray[np.integer[Any]], values: Numbers, rule: Trimming) -> Trimmed:
    """Which values are beyond the limits of their group, and what becomes of them.

    Args:
        groups: the number of each value's group [n], from 0; negative if it has none.
        values: whole numbers or floats [n]; NaN if there is none.
        rule: the rule.
    """
    usable = (groups >= 0) & ~np.isnan(values)
    low, high = limits(groups, values, rule)
    if not len(low):
        return Trimmed(values, usable, usable, usable)
    places = np.where(usable, groups, 0)
    below, above = usable & (values < low[places]), usable & (values > high[places])
    if not rule.winsorises:
        return Trimmed(values, below, above, usable & ~below & ~above)
    found = values.copy()
    found[below], found[above] = np.rint(low[places[below]]), np.rint(high[places[above]])
    return Trimmed(found, below, above, usable)


def limits(groups: npt.NDArray[np.integer[Any]], values: Numbers, rule: Trimming) -> Limits:
    """The limits of each group, which do not depend on the order of the values.

    Args:
        groups: the number of each value's group [n], from 0; negative if it has none.
        values: whole numbers or floats [n]; NaN if there is none.
        rule: the rule.

    Returns:
        A limit for each group number up to the highest. A group with fewer values than
        ``Trimming.least_cases`` has no limits, but for the zero of ``log-sd``.
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
    usable[usable] = sizes[groups[usable]] >= rule.least_cases
    present = np.flatnonzero(sizes >= rule.least_cases)
    if not len(present):
        return found
    ordered = _by_group(groups[usable].astype(np.int64), values[usable])
    runs = _Runs(ordered.astype(np.float64), sizes[present])
    if rule.method == PERCENTILE:
        low, high = (runs.quantile(share / 100) for share in (rule.low, rule.high))
    elif rule.method == IQR:
        first, third = (runs.quantile(share) for share in (0.25, 0.75))
        below = rule.times if rule.times_below is None else rule.times_below
        low, high = first - below * (third - first), third + rule.times * (third - first)
    else:
        low, high = runs.log_limits(rule.times)
    found.low[present], found.high[present] = low, high
    return found


def _by_group(groups: npt.NDArray[np.int64], values: Numbers) -> Numbers:
    """The values in the order of their groups, those of a group in ascending order."""
    if values.dtype.kind == "i":
        low = int(values.min())
        span = int(values.max()) - low + 1
        if (int(groups.max()) + 1) * span <= np.iinfo(np.int64).max:
            # One number for group and value: sorted several times faster than two.
            keys = groups * span + (values - low)
            if (keys[1:] >= keys[:-1]).all():
                return values
            return np.asarray(np.sort(keys) % span + low)
    return np.asarray(values[np.lexsort((values, groups))])


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
