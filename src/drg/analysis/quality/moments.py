"""Sums of grouped discharges by group, batch by batch: the part of quality that needs no second look."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import polars as pl

from drg.analysis.quality.quality_cases import EXCLUDED, KIND, CaseReader
from drg.analysis.quality.sums import Sums, added, riv
from drg.grouping.outcomes import GROUPED

# So many partial sums are kept before they are added up.
_MOST_PARTS: Final = 64
FEN: Final = 100  # in a yuan
_COUNTS: Final = ("cases", "cost_cases", "los_cases", "zero_costs", "impossible_costs", "impossible_los")
_SUMS: Final = ("cost_sum_fen", "cost_squares_fen2", "los_sum_days", "los_squares_days2")
_TYPES: Final = {
    "drg": pl.String(),
    **dict.fromkeys(_COUNTS, pl.Int64()),
    **dict.fromkeys(_SUMS, pl.Int128()),
}


class GroupMoments:
    """Exact sums by group of cases that arrive in batches, from several threads and in any order.

    Args:
        drg_column: the group.
        status_column: the grouping status; only ``grouped`` cases have a part in the sums.
        cost_column: the cost in yuan; it may be absent.
        los_column: the length of stay in days; it may be absent.
        exclude: statuses that do not count at all, beside the cases that ``case_kind`` puts outside DRG.
        longest_stay: a case that stayed more days does not count at all, if this is given.
        min_cases: a group with fewer has few cases.
        ddof: the divisor of variances is the number of cases less this: 1 (sample) or 0.

    Raises:
        InputError: for a status that cannot be excluded.
    """

    def __init__(
        self,
        drg_column: str = "drg",
        status_column: str = "grouping_status",
        cost_column: str = "total_cost_yuan",
        los_column: str = "los_days",
        *,
        exclude: Collection[str] = (),
        longest_stay: int | None = None,
        min_cases: int = 30,
        ddof: int = 1,
    ) -> None:
        columns = (drg_column, status_column, cost_column, los_column)
        self._reader = CaseReader(*columns, tuple(exclude), longest_stay)
        self.min_cases = min_cases
        self.ddof = ddof
        self.statuses: Counter[str] = Counter()
        self._parts: list[pl.DataFrame] = [pl.DataFrame(schema=_TYPES)]
        self._lock = threading.Lock()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that it looks at, as far as there are any."""
        reader = self._reader
        return (reader.drg_column, reader.status_column, reader.cost_column, reader.los_column, KIND)

    def add(self, df: pl.DataFrame) -> None:
        """Add grouped cases as ``Cases.read`` gives them: the columns of ``reads``."""
        self.add_read(self.read(df))

    def read(self, df: pl.DataFrame) -> pl.DataFrame:
        """Grouped cases in the columns of ``cases.SCHEMA``."""
        return self._reader.read(df)

    def add_read(self, cases: pl.DataFrame) -> None:
        """Add cases in the columns of ``cases.SCHEMA``."""
        statuses = cases.group_by("status").len().rows()
        part = _part(cases.filter(pl.col("drg").is_not_null()))
        with self._lock:
            self.statuses.update(dict(statuses))
            self._parts.append(part)
            if len(self._parts) > _MOST_PARTS:
                self._parts = [_together(self._parts)]

    def groups(self) -> pl.DataFrame:
        """The groups that have cases, by code.

        Returns:
            ``drg``; ``cases``; ``cost_cases`` and ``los_cases``, those with a usable value; ``zero_costs``,
            ``impossible_costs``, ``impossible_los``; the exact sums (Int128) ``cost_sum_fen``,
            ``cost_squares_fen2``, ``los_sum_days``, ``los_squares_days2``; and ``mean_cost_yuan``,
            ``sd_cost_yuan``, ``cv_cost``, ``mean_los_days``, ``sd_los_days``, ``cv_los``, null where they
            are not defined.
        """
        with self._lock:
            self._parts = [_together(self._parts)]
            found = self._parts[0]
        found = found.sort("drg")
        costs, days = _sums(found, "cost_cases", _SUMS[:2]), _sums(found, "los_cases", _SUMS[2:])
        ddof = self.ddof
        measures = {
            "mean_cost_yuan": [one.mean(FEN) for one in costs],
            "sd_cost_yuan": [one.sd(ddof, FEN) for one in costs],
            "cv_cost": [one.cv(ddof) for one in costs],
            "mean_los_days": [one.mean() for one in days],
            "sd_los_days": [one.sd(ddof) for one in days],
            "cv_los": [one.cv(ddof) for one in days],
        }
        return found.with_columns(
            pl.Series(name, values, dtype=pl.Float64) for name, values in measures.items()
        )

    def summary(self) -> dict[str, float | int | None]:
        """The measures of the whole; None where one is not defined.

        Returns:
            ``cases``; ``excluded``; ``grouped``; ``grouping_rate``, grouped ÷ (cases − excluded);
            ``groups_used``; ``few_case_groups``, those with fewer than ``min_cases``; ``cost_cases``,
            ``los_cases``, ``mean_cost_yuan``, ``mean_los_days``, ``riv_cost``, ``riv_los``; and, among the
            groups whose CV of cost is defined, ``share_cases_cv_below_0_8``, ``share_groups_cv_below_0_8``,
            ``share_cases_cv_below_1``, ``share_groups_cv_below_1``.
        """
        groups = self.groups()
        costs, days = _sums(groups, "cost_cases", _SUMS[:2]), _sums(groups, "los_cases", _SUMS[2:])
        all_costs, all_days = added(costs), added(days)
        cases, excluded = self.statuses.total(), self.statuses[EXCLUDED]
        grouped = self.statuses[GROUPED]
        found: dict[str, float | int | None] = {
            "cases": cases,
            "excluded": excluded,
            "grouped": grouped,
            "grouping_rate": grouped / (cases - excluded) if cases > excluded else None,
            "groups_used": groups.height,
            "few_case_groups": int((groups["cases"] < self.min_cases).sum()),
            "cost_cases": all_costs.cases,
            "los_cases": all_days.cases,
            "mean_cost_yuan": all_costs.mean(FEN),
            "mean_los_days": all_days.mean(),
            "riv_cost": riv(costs),
            "riv_los": riv(days),
        }
        return found | cv_shares(costs, self.ddof)


def cv_shares(groups: Iterable[Sums], ddof: int) -> dict[str, float | int | None]:
    """The shares of cases and of groups with a CV below 0.8 and 1, among those whose CV is defined."""
    return shares_below([(cv, group.cases) for group in groups if (cv := group.cv(ddof)) is not None])


def shares_below(defined: Sequence[tuple[float, int]]) -> dict[str, float | int | None]:
    """The shares of cases and of groups with a CV below 0.8 and 1, from the CV and cases of each group."""
    cases = sum(count for _, count in defined)
    found: dict[str, float | int | None] = {}
    for name, limit in (("0_8", 0.8), ("1", 1.0)):
        below = [count for cv, count in defined if cv < limit]
        found[f"share_cases_cv_below_{name}"] = sum(below) / cases if defined else None
        found[f"share_groups_cv_below_{name}"] = len(below) / len(defined) if defined else None
    return found


def _part(cases: pl.DataFrame) -> pl.DataFrame:
    """The sums of one batch."""
    cost, los = (pl.when(pl.col(name) >= 0).then(name).cast(pl.Int128) for name in ("cost", "los"))
    values = cases.select("drg", "cost", "los", c=cost, c2=cost * cost, d=los, d2=los * los)
    sums = zip(("c", "c2", "d", "d2"), _SUMS, strict=True)
    found = values.group_by("drg").agg(
        cases=pl.len(),
        cost_cases=pl.col("c").count(),
        los_cases=pl.col("d").count(),
        zero_costs=(pl.col("cost") == 0).sum(),
        impossible_costs=(pl.col("cost") < 0).sum(),
        impossible_los=(pl.col("los") < 0).sum(),
        **{name: pl.col(column).sum() for column, name in sums},
    )
    return found.cast({name: dtype for name, dtype in _TYPES.items() if name != "drg"})


def _together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts).group_by("drg").agg(pl.col(*_COUNTS, *_SUMS).sum())


def _sums(groups: pl.DataFrame, count: str, sums: Sequence[str]) -> list[Sums]:
    return [Sums(*row) for row in groups.select(count, *sums).rows()]
