"""What a comparison tells: agreement, flows between groups, hospitals, drivers, reasons, quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import polars as pl

from drg.analysis.comparison.cause_sums import CauseExample, CausesFound, cause_sums, explained
from drg.analysis.comparison.compared_sums import MEASURES, MONEY, PLACE, cause, column_of, group, of
from drg.analysis.comparison.compared_versions import ComparedVersion
from drg.analysis.comparison.measures import agreement, cmi, cost, difference, lost, of_one, side_by_side
from drg.analysis.comparison.step import LEVELS
from drg.errors import InputError
from drg.grouping.outcomes import INVALID, STATUSES, UNGROUPED
from drg.records.short_table import ShortTable
from drg.words import Joined, Sentence

HOSPITAL: Final = ("hospital_id",)
DEPARTMENT: Final = PLACE
MOST_DRIVERS: Final = 10


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(ShortTable):
    """The cases of a frame as several versions group, and schemes price, them. The first version is the base.

    Every table is a polars frame; amounts are decimal yuan, exact to the fen. A group is named by its code; a
    case without one by ``0000`` (ungrouped), ``invalid``, or its ADRG and a dash.

    Attributes:
        sides: the versions, each with its scheme.
        cases: the case-level results, one row per case, in the order of the frame.
        language: of the sentences of reasons.
        count: how many cases there are.
        variance: how much of the variance each version explains of the same cases, those that every version
            groups: a row for each ``version``, ``value`` (cost, los), ``scale`` (raw, log), ``trimming``. Of
            all cases ``cases`` count; ``not_common`` are not grouped by every version, ``no_value`` have no
            cost, stay or log, ``trimmed`` are beyond the limits of their group in some version. ``groups``
            with a case, ``riv``, ``riv_adjusted``; ``riv_adjusted_difference`` from the base and its 95 %
            interval (``_low``, ``_high``), null after trimming and with fewer than 30 cases a group; the
            shares of cases and groups with a CV below 0.8 and 1, of values that are no logs.
        budget: what each scheme pays for all cases: a row for each ``version`` with a scheme and ``kind``
            (``by_group``; ``by_item``: by item, by the day or as decided; ``not_priced``: something is not
            known; ``total``), with ``cases``, ``cost_yuan``, ``payment_yuan``, and ``cases_difference`` and
            ``payment_difference_yuan`` from the base, null if the base has no scheme.
        scenario: see ``scenarios.outcome``; None without a scenario.
        findings: what a reader must know of the data: one sentence each, Chinese and English.
    """

    sides: tuple[ComparedVersion, ...]
    cases: pl.LazyFrame
    language: str
    count: int
    variance: pl.DataFrame
    budget: pl.DataFrame
    findings: tuple[tuple[str, str], ...]
    _cells: pl.DataFrame
    _reasons: pl.DataFrame
    _labels: pl.Series
    _summaries: tuple[dict[str, Any], ...]
    _groups: tuple[pl.DataFrame, ...]
    _causes: CausesFound
    scenario: pl.DataFrame | None = None
    _made: dict[tuple[object, ...], pl.DataFrame] = field(default_factory=dict)

    def _short(self) -> tuple[str, pl.DataFrame]:
        return f"Comparison: {self.count:,} cases, {' and '.join(self.ids)}", self.agreement

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the versions."""
        return tuple(side.id for side in self.sides)

    @property
    def others(self) -> tuple[str, ...]:
        """The ids of all versions but the base."""
        return self.ids[1:]

    def has_money(self, *versions: str) -> bool:
        """Whether each of these versions has a scheme."""
        return all(self.sides[self._at(version)].pricer for version in versions)

    @property
    def has_cost(self) -> bool:
        """Whether any case has a usable cost."""
        return bool((self._cells["costed"] > 0).any())

    @property
    def has_departments(self) -> bool:
        """Whether any case names its department."""
        return self._cells["department"].null_count() < self._cells.height

    @cached_property
    def totals(self) -> pl.DataFrame:
        """One row per version: cases by status, weight, CMI and amounts; see ``places`` for the columns."""
        rows = []
        for at, side in enumerate(self.sides):
            sums = self._summed((), [at])
            statuses = self._statuses(at)
            named = {"version": [side.id], "scheme": [side.pricer.id if side.pricer else None]}
            ids = pl.DataFrame(named, schema=dict.fromkeys(named, pl.String))
            rows.append(ids.hstack(statuses).hstack(of_one(sums, at)))
        return pl.concat(rows, how="diagonal")

    @cached_property
    def agreement(self) -> pl.DataFrame:
        """How far each version agrees with the base.

        Returns:
            For each other ``version`` and ``level`` (mdc, adrg, drg): ``same`` and ``different`` cases,
            those that have a code ``only_base`` or ``only_other``, ``neither``; and ``agreement``: same ÷
            cases with a code in at least one of the two, null if there are none.
        """
        frames = []
        for at in range(1, len(self.sides)):
            pairs = (
                self._pairs(at, ())
                .join(self._names(0, "base"), on="base")
                .join(self._names(at, "other"), on="other")
            )
            for level in LEVELS:
                counts = agreement(pairs, f"base_{level}", f"other_{level}")
                named = pl.lit(self.sides[at].id).alias("version"), pl.lit(level).alias("level")
                frames.append(counts.select(*named, pl.all()))
        return pl.concat(frames)

    def flows(self, version: str) -> pl.DataFrame:
        """The migration matrix from the base to a version, one row for each cell that holds a case.

        Returns:
            ``base`` and ``other`` (codes) with their names and statuses, ``cases``, ``changed`` (the code or
            the status differs); with schemes the measures of both and their differences (other − base).
            Largest first, changed before unchanged.
        """
        at = self._other(version)
        return self._kept(("flows", at), lambda: self._flows(at))

    def _flows(self, at: int) -> pl.DataFrame:
        found = self._pairs(at, ())
        return (
            found.join(self._names(0, "base"), on="base")
            .join(self._names(at, "other"), on="other")
            .with_columns(changed=self._changed(at, "base", "other"))
            .with_columns(self._text("base"), self._text("other"), cost())
            .select(
                *(f"{side}{part}" for side in ("base", "other") for part in ("", "_name", "_status")),
                "changed",
                *(name for name in found.columns if name not in ("base", "other", "costed")),
            )
            .sort("changed", "cases", "base", "other", descending=[True, True, False, False])
        )

    @cached_property
    def reasons(self) -> pl.DataFrame:
        """Cases by ``version``, ``base_status``, ``status``, ``reason`` and ``base_reason``.

        The first version for itself too. ``base_reason`` says why the base does not group cases that the
        version groups; of others it is null.
        """
        versions = pl.Series(self.ids)
        version = versions.gather(self._reasons["version"]).alias("version")
        found = self._reasons.select(version, pl.exclude("version"))
        found = found.rename({"first_status": "base_status", "first_reason": "base_reason"})
        statuses = pl.col("base_status", "status").cast(pl.String)
        return found.sort("version", -pl.col("cases"), statuses, "reason", "base_reason")

    @cached_property
    def lost(self) -> pl.DataFrame:
        """Cases that the base groups and another version does not, or the other way round, and why.

        Returns:
            The columns of ``reasons``, and ``now``: ``lost`` or ``gained``. Lost cases have the ``reason`` of
            the version, gained ones the ``base_reason``.
        """
        return lost(self.reasons, self.ids[0])

    def places(self, by: Sequence[str] = HOSPITAL) -> pl.DataFrame:
        """Hospitals, or departments of hospitals, under each version.

        Args:
            by: ``HOSPITAL`` or ``DEPARTMENT``.

        Returns:
            The keys, ``cases``, ``cost_yuan``; for each other version ``changed_<id>``; for each with a
            scheme ``weighted_<id>`` (cases with a weight), ``weight_<id>``, ``cmi_<id>``,
            ``standard_yuan_<id>``, ``payment_yuan_<id>``, ``priced_cost_yuan_<id>`` (of the cases that are
            priced), ``surplus_yuan_<id>`` (payment less priced cost); and where base and other have one the
            differences ``cmi_difference_<id>``, ``standard_difference_yuan_<id>``,
            ``payment_difference_yuan_<id>`` and ``surplus_difference_yuan_<id>``. Sorted by cases.
        """
        return self._kept(("places", *by), lambda: self._places(by))

    def _places(self, by: Sequence[str]) -> pl.DataFrame:
        every = list(range(len(self.sides)))
        sums = self._summed(by, every)
        columns: list[pl.Expr] = [*(pl.col(name) for name in by), pl.col("cases"), cost()]
        for at, side in enumerate(self.sides):
            if at:
                columns.append(pl.col(f"changed_{at}").alias(f"changed_{side.id}"))
            if side.pricer:
                columns += [pl.col(of(name, at)).alias(f"{column_of(name)}_{side.id}") for name in MEASURES]
                columns.append(cmi(at).alias(f"cmi_{side.id}"))
            if at and self.has_money(self.ids[0], side.id):
                columns.append((cmi(at) - cmi(0)).alias(f"cmi_difference_{side.id}"))
                columns += [
                    difference(name, at).alias(f"{column_of(name, 'difference')}_{side.id}") for name in MONEY
                ]
        keys = [pl.col(name) for name in by]
        return sums.select(columns).sort(-pl.col("cases"), *keys)

    def drivers(
        self, version: str, by: Sequence[str] = (), *, most: int = MOST_DRIVERS, by_cases: bool = False
    ) -> pl.DataFrame:
        """Which flows make the difference between a version and the base: the largest, and all others as one.

        With schemes of both, flows count by the size of their difference in surplus; those within a group
        count as well, for its weight and price may differ. Without, changed flows count by their cases.

        Args:
            version: the other version.
            by: of all cases, or of each ``HOSPITAL`` or ``DEPARTMENT``, or ``("department",)``.
            most: how many flows to name.
            by_cases: whether changed flows count by their cases with schemes too.

        Returns:
            The keys, ``rank`` (from 1; null for the row of all others), ``base``, ``other`` and their names,
            ``flows`` (1, or how many the row stands for), ``cases``, and with schemes ``weight_difference``,
            ``standard_difference_yuan``, ``payment_difference_yuan`` and ``surplus_difference_yuan``. Over
            the rows of a place they sum exactly to its differences.
        """
        at = self._other(version)
        money = self.has_money(self.ids[0], version) and not by_cases
        return self._kept(("drivers", at, *by, most, money), lambda: self._drivers(at, by, most, money))

    def _drivers(self, at: int, by: Sequence[str], most: int, money: bool) -> pl.DataFrame:
        flows = self._pairs(at, by)
        differences = [column_of(name, "difference") for name in ("weight", *MONEY)] if money else []
        if not money:
            flows = flows.filter(self._changed(at, "base", "other"))
        size = pl.col(column_of("surplus", "difference")).abs() if money else pl.col("cases")
        largest_first = [*(False for _ in by), True, True, False, False]
        sized = flows.with_columns(__size=size)
        ordered = sized.sort(*by, "__size", "cases", "base", "other", descending=largest_first)
        rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
        ordered = ordered.with_columns(rank=rank.over(list(by)) if by else rank)
        named = (
            ordered.filter(pl.col("rank") <= most)
            .join(self._names(0, "base"), on="base", maintain_order="left")
            .join(self._names(at, "other"), on="other", maintain_order="left")
            .with_columns(self._text("base"), self._text("other"), flows=pl.lit(1, dtype=pl.Int64))
        )
        others = ordered.filter(pl.col("rank") > most)
        sums = [pl.len().cast(pl.Int64).alias("flows"), pl.col("cases", *differences).sum()]
        rest = others.group_by(list(by)).agg(sums) if by else others.select(sums).filter(pl.col("flows") > 0)
        names = ["base", "base_name", "other", "other_name"]
        columns = [*by, "rank", *names, "flows", "cases", *differences]
        both = pl.concat([named.select(columns), rest], how="diagonal").select(columns)
        return both.sort(*by, "rank", nulls_last=[*(False for _ in by), True])

    def tells_causes(self, version: str) -> bool:
        """Whether causes between the base and a version are told: not if they read different codes."""
        return self._causes.told[self._other(version)]

    def homonyms(self, version: str) -> frozenset[str]:
        """The codes that the base and a version use for different groups."""
        return self._causes.homonyms[self._other(version)]

    def causes(self, version: str, by: Sequence[str] = ()) -> pl.DataFrame:
        """Why cases change between the base and a version: by their first cause (``causes.CAUSES``).

        Args:
            version: the other version.
            by: of all cases, or of each ``HOSPITAL`` or ``DEPARTMENT``.

        Returns:
            The keys, ``cause``, ``status`` (what a newly grouped case was, and what one that is no longer
            grouped is; else null), ``cases`` and their ``share`` of those that change in the place; with a
            scheme the measures of base and other, with both the differences (other − base). In the order of
            ``CAUSES``; over a place the cases sum to those that change. No rows if causes are not told.
        """
        at = self._other(version)
        return self._kept(("causes", at, *by), lambda: self._cause_sums(at, by))

    def _cause_sums(self, at: int, by: Sequence[str]) -> pl.DataFrame:
        flows = self._pairs(at, (*by, cause(at)))
        named = flows.join(self._names(0, "base"), on="base").join(self._names(at, "other"), on="other")
        return cause_sums(named, cause(at), by)

    def examples(self, version: str) -> list[CauseExample]:
        """The first cases of each cause in the order of the file, explained in the base and in a version."""
        at = self._other(version)
        found = self._causes.examples.filter(pl.col("version") == at)
        groupers = self.sides[0].grouper, self.sides[at].grouper
        return explained(found, self._causes.inputs, *groupers, self._causes.same[at])

    @cached_property
    def quality(self) -> pl.DataFrame:
        """The statistics of each version's groups: one row per version; see ``drg.evaluate``.

        With a scheme also ``cmi``, the mean weight of the cases that have one.
        """
        rows = [{"version": id_, **summary} for id_, summary in zip(self.ids, self._summaries, strict=True)]
        weights = [self.totals["cmi"]] if "cmi" in self.totals.columns else []
        return pl.DataFrame(rows, infer_schema_length=None).with_columns(weights)

    @cached_property
    def measures(self) -> pl.DataFrame:
        """``quality`` by ``measure`` and ``version``: ``value`` and its ``difference`` from the base."""
        return side_by_side(self.quality)

    def groups(self, version: str) -> pl.DataFrame:
        """The groups of a version that hold a case, with their cases and statistics, largest first."""
        at = self._at(version)
        names = self.sides[at].outcomes.select("drg", "drg_name").unique("drg", keep="first")
        return self._groups[at].join(names, on="drg", how="left", maintain_order="left")

    # ------------------------------------------------------------------------------------------- workings

    def _kept(self, key: tuple[object, ...], make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """A table that is worked out once: page and workbook ask for it several times."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _at(self, version: str) -> int:
        if version not in self.ids:
            fix = Sentence("The versions are {names}", names=Joined(", ", self.ids))
            raise InputError(Sentence("{version!r} is not compared here", version=version), fix=fix)
        return self.ids.index(version)

    def _other(self, version: str) -> int:
        at = self._at(version)
        if at == 0:
            problem = Sentence("{version} is the base, with which the others are compared", version=version)
            raise InputError(problem, fix=Sentence("Give one of {names}", names=Joined(", ", self.others)))
        return at

    def _changed(self, at: int, base: str, other: str) -> pl.Expr:
        """Whether the numbers of two groups are not those of one group under one code."""
        homonyms = self._labels.is_in(list(self._causes.homonyms[at]))
        return (pl.col(base) != pl.col(other)) | pl.col(base).is_in(homonyms.arg_true().implode())

    def _text(self, column: str) -> pl.Expr:
        """Group numbers as codes."""
        labels = self._labels
        return pl.col(column).map_batches(
            lambda numbers: labels.gather(numbers).alias(column), return_dtype=pl.String
        )

    def _names(self, at: int, prefix: str) -> pl.DataFrame:
        """The outcomes of a version by their numbers: ``<prefix>``, and its levels, name and status."""
        number = pl.DataFrame(
            {"label": self._labels, prefix: pl.int_range(len(self._labels), dtype=pl.Int32, eager=True)}
        )
        table = self.sides[at].outcomes.join(number, on="label", maintain_order="left")
        has_group = ~pl.col("grouping_status").is_in([UNGROUPED, INVALID])
        return table.select(
            prefix,
            *(pl.when(has_group).then(level).alias(f"{prefix}_{level}") for level in LEVELS),
            pl.col("drg_name").alias(f"{prefix}_name"),
            pl.col("grouping_status").alias(f"{prefix}_status"),
        )

    def _pairs(self, at: int, by: Sequence[str]) -> pl.DataFrame:
        """Sums by place and flow from the base to a version, with differences where both have a scheme."""
        priced = [one for one in (0, at) if self.sides[one].pricer]
        keys = [*by, group(0), group(at)]
        measures = [pl.col(of(name, one)).sum() for one in priced for name in MEASURES]
        sums = self._cells.group_by(keys).agg(pl.col("cases", "costed", "cost").sum(), *measures)
        sides = {0: "base", at: "other"}
        names = {of(name, one): column_of(name, sides[one]) for one in priced for name in MEASURES}
        compared = ("weight", *MONEY) if len(priced) == 2 else ()
        differences = [difference(name, at).alias(column_of(name, "difference")) for name in compared]
        renamed = sums.with_columns(differences).rename({group(0): "base", group(at): "other", **names})
        return renamed.sort(*by, "base", "other")

    def _summed(self, by: Sequence[str], sides: Sequence[int]) -> pl.DataFrame:
        measures = [pl.col(of(name, at)).sum() for at in sides if self.sides[at].pricer for name in MEASURES]
        changed = [
            pl.col("cases").filter(self._changed(at, group(0), group(at))).sum().alias(f"changed_{at}")
            for at in sides
            if at
        ]
        sums = [pl.col("cases", "costed", "cost").sum(), *measures, *changed]
        return self._cells.group_by(list(by)).agg(sums) if by else self._cells.select(sums)

    def _statuses(self, at: int) -> pl.DataFrame:
        own = self._reasons.filter(pl.col("version") == at)
        counts = dict(own.group_by("status").agg(pl.col("cases").sum()).iter_rows())
        return pl.DataFrame(
            {status: [counts.get(status, 0)] for status in STATUSES}, schema=dict.fromkeys(STATUSES, pl.Int64)
        )
