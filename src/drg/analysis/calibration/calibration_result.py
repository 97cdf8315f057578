"""What a calibration gives: weights, how each came about, rates, and a scheme that is ready to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl

from drg.analysis.calibration.calibrated_scheme import scheme_files
from drg.analysis.calibration.estimate import WEIGHTED, Estimates, Scale, Sums, half_up
from drg.analysis.calibration.groups_of_version import Version
from drg.analysis.calibration.rates import BudgetRate
from drg.analysis.trimming import Trimming
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme_files import loaded, put
from drg.records.short_table import ShortTable

YUAN = pl.Decimal(38, 2)
RATIO = pl.Decimal(38, 8)


@dataclass(frozen=True)
class CalibrationNote:
    """Something that whoever uses the weights should know, in both languages."""

    message: str
    message_zh: str


@dataclass(frozen=True)
class CalibrationSettings:
    """With what a calibration was made.

    Attributes:
        grouper: the id of the version.
        base: the label of the base period.
        trimming: the rule.
        min_cases: the smallest number of cases for a mean of its own.
        prior: what the prior is called; None without one.
        blend: a fallback is mixed with the own mean.
        monotone: weights do not descend with severity within an ADRG.
        decimals: of the weights.
        scale: of which cases the mean cost is 1: ``weighted`` or ``all``.
        reserve: the share of the budget that is kept back.
        rules: the id of the scheme whose rules are kept; None without one.
    """

    grouper: str
    base: str
    trimming: Trimming
    min_cases: int
    prior: str | None
    blend: bool
    monotone: bool
    decimals: int
    scale: Scale
    reserve: Decimal
    rules: str | None


@dataclass(frozen=True, repr=False)
class Calibration(ShortTable):
    """Relative weights from the costs of grouped cases.

    Attributes:
        settings: with what it was made.
        weights: the rounded weight by group; groups without a weight are not in it.
        groups: one row per group of the version and how its weight came about; see ``docs/calibration.md``.
        periods: one row per period: its cases, what was left out, what was trimmed, the mean.
        cells: one row per group and period with cases: cases, trimmed, kept and the mean of the kept.
        rates: the rates from the budgets; empty without one.
        mean_cost_yuan: what a unit of weight costs: the mean cost of the cases of the base period whose group
            has a weight, ÷ their mean weight before rounding.
        mean_weight: the mean of the rounded weights over these cases, exactly; before rounding it is 1, or
            by the scale ``all`` what it is.
        all_cases_scale: a weight × this is the weight by the scale ``all``; 1 if that is the scale.
        notes: what must be known of it.
        rules: the scheme whose rules are kept; None without one.
        trims: one row per rule of trimming and what it does to the weights; None if not asked for.
    """

    settings: CalibrationSettings
    weights: Mapping[str, Decimal]
    groups: pl.DataFrame
    periods: pl.DataFrame
    cells: pl.DataFrame
    rates: tuple[BudgetRate, ...]
    mean_cost_yuan: Decimal
    mean_weight: Fraction
    all_cases_scale: Fraction
    notes: tuple[CalibrationNote, ...]
    rules: LoadedScheme | None
    trims: pl.DataFrame | None = None

    def _short(self) -> tuple[str, pl.DataFrame]:
        weighted = self.groups.filter(pl.col("relative_weight").is_not_null())
        heading = f"Calibration for {self.settings.grouper}: {weighted.height:,} of {self.groups.height:,}"
        table = weighted.select("drg", "drg_name", "kept", "relative_weight")
        return f"{heading} groups have a weight; 1 is {self.mean_cost_yuan:,} yuan", table

    def scheme_files(
        self,
        scheme_id: str,
        *,
        title: str | None = None,
        region: str = "未注明 / not stated",
        status: str = "illustrative",
        source: str | None = None,
    ) -> dict[str, str]:
        """The files of a scheme with these weights and rates, by name.

        Args:
            scheme_id: of the scheme; installed, it must be the name of its directory.
            title: for people; by default the id and the version.
            region: for which it is.
            status: ``published``, ``transcribed`` or ``illustrative``.
            source: where the weights are from; by default the periods and how they were made into weights.
        """
        names = dict(self.groups.select("drg", "drg_name").iter_rows())
        about = {
            "id": scheme_id,
            "title": title or f"{scheme_id}（{self.settings.grouper} 测算权重 / calibrated weights）",
            "region": region,
            "grouper": self.settings.grouper,
            "status": status,
            "source": source or self.method,
        }
        rows = [(drg, weight, names[drg]) for drg, weight in self.weights.items()]
        mean_source = f"mean cost of the cases of {self.settings.base} whose group has a weight"
        if self.settings.scale != WEIGHTED:
            mean_source += ", by their mean weight"
        return scheme_files(about, rows, self.rates, self.mean_cost_yuan, mean_source, self.rules)

    def scheme(self, scheme_id: str = "calibrated", **facts: str) -> LoadedScheme:
        """The scheme, ready for ``drg.Pricer`` and ``what_if``.

        Args:
            scheme_id: what it is called.
            **facts: as for ``scheme_files``.

        Raises:
            SchemeError: if it cannot be used, such as rules that name a group which the version lacks.
        """
        return loaded(self.scheme_files(scheme_id, **facts), scheme_id)

    def write(
        self, directory: str | Path, *, scheme_id: str | None = None, overwrite: bool = False, **facts: str
    ) -> None:
        """Write the scheme as a directory, ready for ``--scheme``.

        Args:
            directory: where to; it is made if need be.
            scheme_id: what it is called; by default as the directory.
            overwrite: replace a scheme that is there.
            **facts: as for ``scheme_files``.

        Raises:
            OutputError: if it cannot be written, or there is a scheme already.
            SchemeError: if the scheme cannot be used.
        """
        path = Path(directory)
        id_ = scheme_id or path.resolve().name
        files = self.scheme_files(id_, **facts)
        loaded(files, id_)
        put(path, files, overwrite=overwrite)

    @property
    def method(self) -> str:
        """How the weights were made, in one line; the source of the scheme."""
        s = self.settings
        periods = ", ".join(
            f"{label} × {weight}" for label, weight in self.periods["period", "weight"].iter_rows()
        )
        steps = [
            f"mean cost by group ÷ mean cost of all cases: {periods}",
            f"trimmed by {s.trimming}",
            f"groups below {s.min_cases} cases by their ADRG" + (f", then by {s.prior}" if s.prior else ""),
        ]
        steps += ["blended with the own mean"] if s.blend else []
        steps += ["MCC ≥ CC ≥ none by isotonic pooling"] if s.monotone else []
        one = f"mean 1 over the cases of {s.base}" if s.scale == WEIGHTED else "1 is the mean of all cases"
        steps.append(f"{one}; rounded half up to {s.decimals} decimals")
        return "; ".join(steps)


def groups_frame(
    found: Estimates,
    sums: list[Sums],
    version: Version,
    prior: Mapping[str, Decimal],
    bounds: Mapping[int, tuple[float, float]],
    decimals: int,
) -> pl.DataFrame:
    """One row per group: each step of the way to its weight."""
    rows = []
    for group in found.groups:
        number = group.number
        cells = [one.cells[number] for one in sums if number in one.cells]
        low, high = bounds.get(number, (None, None))
        rows.append(
            {
                "drg": version.drgs[number],
                "drg_name": version.names[number],
                "adrg": version.adrgs[number],
                "severity": version.severities[number],
                "cases": sum(cell.cases for cell in cells),
                "trimmed_low": sum(cell.trimmed_low for cell in cells),
                "trimmed_high": sum(cell.trimmed_high for cell in cells),
                "kept": group.kept,
                "mean_cost_yuan": _yuan(sum(cell.cost_fen for cell in cells), group.kept),
                "own_weight": _eight(group.own),
                "source": group.source,
                "own_share": _eight(group.blended),
                "raw_weight": _eight(group.raw),
                "pooled_with": " ".join(version.drgs[other] for other in group.pooled_with) or None,
                "pooled_weight": _eight(group.in_order),
                "normalised_weight": _eight(group.exact),
                "relative_weight": group.weight,
                "low_95": None if low is None else _rounded(low, found.factor, decimals),
                "high_95": None if high is None else _rounded(high, found.factor, decimals),
                "prior_weight": prior.get(version.drgs[number]),
            }
        )
    weight = pl.Decimal(38, decimals)
    eight = ("own_weight", "own_share", "raw_weight", "pooled_weight", "normalised_weight", "prior_weight")
    texts = ("drg", "drg_name", "adrg", "severity", "source", "pooled_with")
    schema: dict[str, pl.DataType | type[pl.DataType]] = dict.fromkeys(rows[0], pl.Int64())
    schema |= dict.fromkeys(texts, pl.String()) | dict.fromkeys(eight, RATIO) | {"mean_cost_yuan": YUAN}
    schema |= dict.fromkeys(("relative_weight", "low_95", "high_95"), weight)
    return pl.DataFrame(rows, schema=schema, orient="row")


def periods_frame(sums: list[Sums]) -> pl.DataFrame:
    """One row per period; its cases are parted into those that count and those that do not."""
    rows = []
    for one in sums:
        period, cells = one.period, one.cells.values()
        rows.append(
            {
                "period": period.label,
                "weight": f"{float(period.weight):g}",
                "rows": period.rows,
                "not_grouped": period.not_grouped,
                "no_cost": period.no_cost,
                "unusable_cost": period.unusable_cost,
                "zero_cost": period.zero_cost,
                "unknown_group": sum(period.unknown.values()),
                "cases": len(period.costs),
                "trimmed_low": sum(cell.trimmed_low for cell in cells),
                "trimmed_high": sum(cell.trimmed_high for cell in cells),
                "kept": int(one.kept.sum()),
                "mean_cost_yuan": half_up(one.mean_fen / 100, 2),
            }
        )
    schema: dict[str, pl.DataType | type[pl.DataType]] = dict.fromkeys(rows[0], pl.Int64())
    schema |= {"period": pl.String(), "weight": pl.String(), "mean_cost_yuan": YUAN}
    return pl.DataFrame(rows, schema=schema, orient="row")


def cells_frame(sums: list[Sums], version: Version) -> pl.DataFrame:
    """One row per group and period."""
    rows = []
    for number, drg in enumerate(version.drgs):
        for one in sums:
            if cell := one.cells.get(number):
                counts = (cell.cases, cell.trimmed_low, cell.trimmed_high, cell.kept)
                rows.append((drg, one.period.label, *counts, _yuan(cell.cost_fen, cell.kept)))
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"drg": pl.String(), "period": pl.String()}
    schema |= dict.fromkeys(("cases", "trimmed_low", "trimmed_high", "kept"), pl.Int64())
    return pl.DataFrame(rows, schema={**schema, "mean_cost_yuan": YUAN}, orient="row")


def _yuan(fen: int, cases: int) -> Decimal | None:
    return half_up(Fraction(fen, 100 * cases), 2) if cases else None


def _eight(value: Fraction | None) -> Decimal | None:
    return None if value is None else half_up(value, 8)


def _rounded(value: float, factor: Fraction, decimals: int) -> Decimal:
    return half_up(Fraction(value) / factor, decimals)
