"""What the self-check looks at: cases grouped afresh, their codes one by one, what is usual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import polars as pl

from drg.analysis.code_variants import lazy_variants
from drg.analysis.coding_review.review_rules import prefixes
from drg.analysis.comparison.compared_versions import ComparedVersion, check_columns
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.severity import MCC, NONE, Ladder, ladders_of_version
from drg.columns import ALL, INPUT, OUTPUT, PRICE
from drg.records.binding import with_unread
from drg.records.cases import Cases

_BESIDE: Final = (
    *("icu_hours", "ventilator_hours", "surgery_yuan", "materials_yuan", "department"),
    *("patient_id", "case_id"),
)
# Of a normal distribution, the standard deviation of its median absolute deviation.
_OF_MAD: Final = 1.4826
_FEN: Final = 100
# Cases of a group whose mean cost stands for its payment.
_ENOUGH: Final = 10


@dataclass(frozen=True, eq=False)
class ReviewCases:
    """The cases of a self-check.

    Attributes:
        version: the version, with a scheme or without.
        records: what grouping and pricing read of each case, and its group.
        screen: the same as the rules of supervision see it.
    """

    version: ComparedVersion
    records: pl.DataFrame
    screen: ScreenCases

    @classmethod
    def of(cls, cases: Cases, version: ComparedVersion) -> ReviewCases:
        """Group cases; results that they have already are left aside."""
        names = [name for name in cases.columns if name not in OUTPUT and name not in PRICE]
        check_columns([version], names)
        read = dict.fromkeys((*names, *INPUT))
        of_codes = replace(cases, codes="clinical" if version.converts else "insurance")
        marked = of_codes.collect(of_codes.lazy(read, marked=True))
        grouped = version.grouper.group_batch(marked.select(with_unread(ALL, marked.columns)))
        records = marked.hstack(grouped.select(name for name in OUTPUT if name not in marked.columns))
        plain = records.select(name for name in records.columns if name in ALL)
        made = ScreenCases.of(Cases.of(plain), more=_BESIDE)
        # A file without a column has nothing in it, and is told so.
        given = frozenset((*cases.binding.columns, *cases.own_columns)) - frozenset(PRICE) | frozenset(OUTPUT)
        return cls(version, records, replace(made, origin=cases, given=given))

    @property
    def rows(self) -> pl.DataFrame:
        """One row for each case; see ``ScreenCases``."""
        return self.screen.rows

    @cached_property
    def diagnoses(self) -> pl.DataFrame:
        """``place``, ``code`` and whether it is the principal one, for each diagnosis of each case."""
        return _codes(self.rows, "principal_diagnosis", "other_diagnoses")

    @cached_property
    def procedures(self) -> pl.DataFrame:
        """The same of procedures."""
        return _codes(self.rows, "principal_procedure", "other_procedures")

    def with_diagnosis(self, texts: Iterable[str]) -> pl.DataFrame:
        """The diagnoses that begin so."""
        return _beginning(self.diagnoses, texts)

    def with_procedure(self, texts: Iterable[str]) -> pl.DataFrame:
        """The procedures that begin so."""
        return _beginning(self.procedures, texts)

    @cached_property
    def ladders(self) -> pl.DataFrame:
        """Of each group in a ladder the ``gravest``, the ``next`` graver and the ``mildest`` group of it."""
        found: list[dict[str, Any]] = []
        for ladder in ladders_of_version(self.version.grouper.tables):
            found += _rungs(ladder)
        schema = dict.fromkeys(("drg", "gravest", "graver", "mildest"), pl.String())
        return pl.DataFrame(found, schema=schema)

    @cached_property
    def usual(self) -> pl.DataFrame:
        """Of each group the median and robust deviation of the logarithms of cost (fen) and stay (days)."""
        rows = self.rows.filter(pl.col("drg").is_not_null(), pl.col("cost") > 0, pl.col("los_days") >= 0)
        logs = rows.select(
            "drg",
            pl.col("cost").log().alias("cost"),
            pl.col("los_days").clip(0.5).log().alias("stay"),
        )
        for name in ("cost", "stay"):
            off = (pl.col(name) - pl.col(name).median()).abs().median().over("drg")
            logs = logs.with_columns((_OF_MAD * off).alias(f"{name}_deviation"))
        return logs.group_by("drg").agg(
            pl.len().alias("usual_cases"),
            *(pl.col(name).median().alias(f"usual_{name}") for name in ("cost", "stay")),
            *(pl.col(f"{name}_deviation").first() for name in ("cost", "stay")),
        )

    def counts(self, texts: Iterable[str]) -> bool:
        """Whether the version counts any code that begins so as a complication."""
        return bool(self.version.grouper.tables.complications["code"].str.contains(prefixes(texts)).any())

    def regrouped(self, places: pl.Series, **values: pl.Series) -> pl.DataFrame:
        """The group of some cases if fields were others."""
        records = self.records[places].drop(name for name in OUTPUT if name in self.records.columns)
        records = records.with_columns(series.alias(name) for name, series in values.items())
        grouped = self.version.grouper.group_batch(records.select(with_unread(ALL, records.columns)))
        return grouped.select(name for name in OUTPUT)

    def variants(self, places: pl.Series, kind: str) -> pl.DataFrame:
        """What each code of some cases does; see ``code_variants``.

        Returns:
            ``place``, the code as ``subject``, and of the case with it put first, or left out,
            ``grouping_status``, ``other_drg`` and ``other_payment`` (fen).
        """
        records = self.records[places].select(
            name for name in self.records.columns if name in ALL and name not in OUTPUT
        )
        # The codes have been converted already.
        version = replace(self.version, converts=False)
        found = lazy_variants(Cases.of(records), [version]).collect(engine="streaming")
        place = pl.Series("place", places, dtype=pl.UInt32).gather(found["case"] - 1)
        return (
            found.with_columns(place)
            .filter(pl.col("variant") == kind)
            .select(
                *("place", pl.col("code").alias("subject"), "grouping_status"),
                pl.col("drg").alias("other_drg"),
                (pl.col("payment_yuan") * _FEN).cast(pl.Int64).alias("other_payment"),
            )
        )

    def worth(self, places: pl.Series, drg: pl.Series) -> pl.Series:
        """What some cases are paid in fen if their groups were these.

        Without a scheme it is the mean cost of the group in these cases, if it has enough of them.
        """
        if self.version.pricer is None:
            enough = self.screen.groups.filter(pl.col("group_cases") >= _ENOUGH)
            means = enough.select("drg", pl.col("group_cost").round().cast(pl.Int64))
            return (
                drg.alias("drg")
                .to_frame()
                .join(means, on="drg", how="left", maintain_order="left")["group_cost"]
            )
        records = self.records[places].with_columns(drg.alias("drg"))
        priced = self.version.pricer.price_batch(records)
        return (priced["payment_yuan"] * _FEN).cast(pl.Int64)


def _codes(rows: pl.DataFrame, principal: str, others: str) -> pl.DataFrame:
    one = rows.select("place", pl.col(principal).alias("code"), pl.lit(value=True).alias("principal"))
    rest = rows.select("place", pl.col(others).alias("code"), pl.lit(value=False).alias("principal"))
    return pl.concat([one, rest.explode("code")]).drop_nulls("code")


def _beginning(codes: pl.DataFrame, texts: Iterable[str]) -> pl.DataFrame:
    """Each different code is looked at once."""
    every = codes["code"].unique()
    return codes.filter(pl.col("code").is_in(every.filter(every.str.contains(prefixes(texts))).implode()))


def _rungs(ladder: Ladder) -> list[dict[str, Any]]:
    order = list(ladder.levels)
    gravest = order[-1]
    above: dict[str, str] = {}
    for high, low in ladder.pairs(order):
        above.setdefault(low, high)
    mildest = order[0] if ladder.levels[order[0]] == NONE else None
    return [
        {
            "drg": drg,
            "gravest": gravest if ladder.levels[drg] != MCC and gravest != drg else None,
            "graver": above.get(drg),
            "mildest": mildest if mildest != drg else None,
        }
        for drg in order
    ]
