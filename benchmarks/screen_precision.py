"""How often rules of supervision are right, and what they miss: writes the tables of docs/screen.md.

python benchmarks/screen_precision.py                  six regions of 60,000 cases: some minutes
python benchmarks/screen_precision.py --regions 1 --cases 20000 --show     a try; leaves the document alone

Of each region there are three copies: without errors, with the errors of ``drg simulate --plant``, and with
a habit planted in one hospital each. A finding of a patient or a record is right if all of it (of clones, all
but the original) was planted for its rule; one of a hospital if its habit was. What natural variation looks
like an error counts against the rule.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

if __name__ == "__main__":
    # A script's own directory is where Python looks, not that of its package.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import polars as pl

import drg
from benchmarks.groupers.report import generator
from benchmarks.measuring import ROOT
from drg import Grouper
from drg.analysis.screening import Screening, screen, shipped_rules
from drg.analysis.simulation import true_weights
from drg.analysis.simulation.planted import plant_errors

DOCUMENT = ROOT / "docs" / "screen.md"
VERSION = "chs-drg-2.0"
REGIONS, CASES, HOSPITALS = 6, 60_000, 15
PLANTED = (
    *("missing_cc=0.02", "swapped_principal=0.02", "upcoding=0.3"),
    *("split_stays=0.01", "split_procedures=0.01", "cloned_records=0.005"),
)
# The kinds of errors that a rule is there to find, and how many rows of a finding must have one.
OF_RECORDS: Final = {
    "split-stays": (("split_stays", "split_procedures"), 2),
    "returns-same-group": (("split_stays", "split_procedures"), 2),
    "cloned-records": (("cloned_records",), 1),
}
_COST: Final = pl.col("total_cost_yuan")


class Region(NamedTuple):
    """Discharges, ungrouped, with their groups and the means of these.

    Attributes:
        version: the version.
        cases: the discharges with ``drg``, ``group_cost`` (yuan) and ``group_days`` beside them.
        random: of what is drawn.
    """

    version: Grouper
    cases: pl.DataFrame
    random: np.random.Generator


def _some(region: Region, hospital: str, share: float, *among: pl.Expr) -> pl.Expr:
    """Whether a case is one of a share of these of the hospital, drawn at random."""
    drawn = pl.Series("__drawn", region.random.random(region.cases.height) < share)
    return pl.all_horizontal(pl.col("hospital_id") == hospital, pl.lit(drawn), *among).fill_null(False)


def _with(cases: pl.DataFrame, where: pl.Expr, **values: pl.Expr) -> pl.DataFrame:
    return cases.with_columns(
        pl.when(where).then(value.cast(cases.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


_STAY: Final = (pl.col("discharge_date").dt.date() - pl.col("admission_date").dt.date()).dt.total_days()
_NO_PROCEDURE: Final = pl.col("principal_procedure").is_null()


def discharged_on_day_15(region: Region, hospital: str) -> pl.DataFrame:
    """Half of those who would stay for 16 to 25 days leave on day 15."""
    where = _some(region, hospital, 0.5, _STAY.is_between(16, 25))
    leaves = pl.col("admission_date") + pl.duration(days=15)
    return _with(region.cases, where, discharge_date=leaves, los_days=pl.lit(15))


def one_code_everywhere(region: Region, hospital: str) -> pl.DataFrame:
    """One complication is added to 8 % of the cases."""
    codes = region.cases["other_diagnoses"].explode().drop_nulls()
    program = region.version.program
    level = program.arrays.complication_level[program.diagnoses.encode(codes)]
    code = codes.filter(pl.Series(level > 0)).value_counts(sort=True).row(5)[0]
    where = _some(region, hospital, 0.08)
    longer = pl.concat_list(pl.col("other_diagnoses").fill_null([]), pl.lit(code))
    return _with(region.cases, where, other_diagnoses=longer)


def handed_over(region: Region, hospital: str) -> pl.DataFrame:
    """Of 2 % of the patients a second stay follows on the next day, in one other hospital."""
    chosen = region.cases.filter(_some(region, hospital, 0.02, pl.col("disposition") == "1"))
    other = region.cases.filter(pl.col("hospital_id") != hospital)["hospital_id"].unique().sort()[3]
    days = _STAY + 1
    second = chosen.with_columns(
        pl.lit(other).alias("hospital_id"),
        (pl.col("case_id") + "-B").alias("case_id"),
        (pl.col("admission_date") + pl.duration(days=days)).alias("admission_date"),
        (pl.col("discharge_date") + pl.duration(days=days)).alias("discharge_date"),
    )
    return pl.concat([region.cases, second])


def lifted_over_the_threshold(region: Region, hospital: str) -> pl.DataFrame:
    """Half of the cases between 0.3 and 0.4 of the mean of their group cost just above 0.4 of it."""
    where = _some(region, hospital, 0.5, (_COST / pl.col("group_cost")).is_between(0.3, 0.4))
    return _with(region.cases, where, total_cost_yuan=pl.col("group_cost") * 0.41)


def light_cases_admitted(region: Region, hospital: str) -> pl.DataFrame:
    """A fifth of the cases of light groups without procedure stay for two days at 0.3 of the mean."""
    light = pl.col("group_cost") < 0.55 * _COST.cast(pl.Float64).mean()
    where = _some(region, hospital, 0.2, light, _NO_PROCEDURE, pl.col("disposition") == "1")
    leaves = pl.col("admission_date") + pl.duration(days=2)
    cost = pl.col("group_cost") * 0.3
    return _with(region.cases, where, discharge_date=leaves, los_days=pl.lit(2), total_cost_yuan=cost)


def beds_over_weekends(region: Region, hospital: str) -> pl.DataFrame:
    """3 % of the cases without procedure are in a bed from Friday to Monday, at 0.3 of the usual cost."""
    where = _some(region, hospital, 0.03, _NO_PROCEDURE, pl.col("disposition") == "1")
    friday = pl.col("admission_date").dt.truncate("1w") + pl.duration(days=4, hours=17)
    cost = pl.col("group_cost") / pl.col("group_days") * 3 * 0.3
    leaves = friday + pl.duration(days=2, hours=16)
    return _with(
        region.cases,
        where,
        admission_date=friday,
        discharge_date=leaves,
        los_days=pl.lit(3),
        total_cost_yuan=cost,
    )


def upcoded_in_a_month(region: Region, hospital: str) -> pl.DataFrame:
    """In June complications are added to 40 % of the cases."""
    in_june = (pl.col("hospital_id") == hospital) & (pl.col("discharge_date").dt.month() == 6)
    beside = ["drg", "group_cost", "group_days", "outpatient_cost_yuan"]
    june, rest = region.cases.filter(in_june), region.cases.filter(~in_june.fill_null(False))
    # Complications are taken from cases of the same ADRG, so others of the region stand beside.
    others = rest.sample(min(rest.height, 10_000), seed=int(region.random.integers(1 << 30)))
    pool = pl.concat([june, others]).sort("discharge_date")
    changed = plant_errors(pool.drop(beside), region.version, [f"upcoding={hospital}:0.4"]).cases
    changed = changed.filter(in_june).join(june.select("case_id", *beside), on="case_id")
    return pl.concat([rest, changed.select(rest.columns)])


def fewer_medical_cases(region: Region, hospital: str) -> pl.DataFrame:
    """Half of the cases in medical groups are not admitted: the share of surgery rises."""
    medical = pl.col("drg").str.slice(1, 1) >= "R"
    return region.cases.filter(~_some(region, hospital, 0.5, medical))


def charged_to_outpatients(region: Region, hospital: str) -> pl.DataFrame:
    """Outpatient costs around the stay are twice as high."""
    where = _some(region, hospital, 1.0)
    return _with(region.cases, where, outpatient_cost_yuan=pl.col("outpatient_cost_yuan") * 2)


# The habit of one hospital that a rule is there to find.
OF_HOSPITALS: Final[dict[str, Callable[[Region, str], pl.DataFrame]]] = {
    "stay-peak": discharged_on_day_15,
    "same-code": one_code_everywhere,
    "linked-transfers": handed_over,
    "cost-threshold-peak": lifted_over_the_threshold,
    "low-standard-admission": light_cases_admitted,
    "weekend-beds": beds_over_weekends,
    "complication-drift": upcoded_in_a_month,
    "surgery-share": fewer_medical_cases,
    "outpatient-shift": charged_to_outpatients,
}
# These look for upcoding in one hospital, as drg simulate plants it.
OF_UPCODING: Final = ("complication-share", "case-mix-index")


class Tally:
    """Findings, right ones, errors and errors found of each rule; findings where there are no errors."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])

    def add(self, rule: str, *counts: int) -> None:
        """Findings, right, errors, found, findings without errors."""
        self.counts[rule] = [one + more for one, more in zip(self.counts[rule], counts, strict=True)]


def of_records(tally: Tally, found: Screening, labels: pl.DataFrame) -> None:
    """The findings of patients and records against the labels."""
    for rule, (kinds, least) in OF_RECORDS.items():
        planted = labels.filter(pl.col("kind").is_in(kinds)).select("case_id", "original_case_id")
        evidence = found.evidence.filter(rule=rule).join(planted, on="case_id", how="left")
        known = pl.col("original_case_id").is_not_null().sum()
        right = evidence.group_by("finding").agg(known.alias("known")).filter(pl.col("known") >= least)
        good = evidence.join(right, on="finding", how="semi")["original_case_id"].drop_nulls().n_unique()
        errors = planted["original_case_id"].n_unique()
        tally.add(rule, found.findings.filter(rule=rule).height, right.height, errors, good, 0)


def of_hospital(tally: Tally, rule: str, found: Screening, hospital: str) -> None:
    """The findings of hospitals against the one that has the habit."""
    told = found.findings.filter(rule=rule)
    right = told.filter(hospital_id=hospital).height
    tally.add(rule, told.height, right, 1, int(right > 0), 0)


def measured(cases: int, seed: int, tally: Tally) -> None:
    """One region."""
    version, random = Grouper(VERSION), np.random.default_rng(seed)
    made = drg.simulate(cases, version, seed=seed, hospitals=HOSPITALS)
    weights = true_weights(version, seed=seed).select("drg", "relative_weight")

    def screened(discharges: pl.DataFrame) -> Screening:
        grouped = drg.group(discharges.drop("drg", "group_cost", "group_days", strict=False), version)
        return screen(
            grouped.join(weights, on="drg", how="left", maintain_order="left"), only=list(shipped_rules())
        )

    planted = plant_errors(made, version, PLANTED, seed=seed)
    found = screened(planted.cases)
    of_records(tally, found, planted.labels)
    upcoded = planted.counts.filter(kind="upcoding")["hospital_id"][0]
    for rule in OF_UPCODING:
        of_hospital(tally, rule, found, upcoded)

    grouped = drg.group(made, version)
    outside = pl.Series(random.lognormal(6, 0.8, made.height).round(2))
    region = made.with_columns(grouped["drg"], outside.alias("outpatient_cost_yuan")).with_columns(
        _COST.cast(pl.Float64).mean().over("drg").alias("group_cost"),
        pl.col("los_days").cast(pl.Float64).mean().over("drg").clip(1).alias("group_days"),
    )
    clean = screened(region)
    for rule in shipped_rules():
        tally.add(rule, 0, 0, 0, 0, clean.findings.filter(rule=rule).height)
    sizes = region["hospital_id"].value_counts(sort=True)["hospital_id"].to_list()
    # Neither the largest, which is most of the region, nor the smallest.
    for place, (rule, plant) in enumerate(OF_HOSPITALS.items(), start=2):
        hospital = sizes[place % (len(sizes) // 2) + 1]
        of_hospital(
            tally, rule, screened_one(screened, plant(Region(version, region, random), hospital)), hospital
        )


def screened_one(screened: Callable[[pl.DataFrame], Screening], cases: pl.DataFrame) -> Screening:
    """A region with a habit, in the order of its discharges."""
    return screened(cases.sort("discharge_date", maintain_order=True))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def table(regions: int, cases: int) -> str:
    """Precision and recall of every rule, as Markdown."""
    tally = Tally()
    for seed in range(1, regions + 1):
        measured(cases, seed, tally)
    header = (
        "rule",
        "planted",
        "findings",
        "right",
        "precision",
        "errors",
        "found",
        "recall",
        "findings in regions without errors",
        "on",
    )
    rows = []
    for rule in shipped_rules().values():
        findings, right, errors, found, without = tally.counts[rule.id]
        kinds = OF_RECORDS.get(rule.id)
        planted = ", ".join(kinds[0]) if kinds else "upcoding" if rule.id in OF_UPCODING else "–"
        if rule.id in OF_HOSPITALS:
            planted = OF_HOSPITALS[rule.id].__name__.replace("_", " ")
        counts = (
            (findings, right, _share(right, findings), errors, found, _share(found, errors))
            if errors
            else "–" * 6
        )
        rows.append((f"`{rule.id}`", planted, *counts, without, "yes" if rule.on else "no"))
    words = f"{regions} regions of {cases:,} cases and {HOSPITALS} hospitals of {VERSION}."
    return f"{generator().table(header, rows)}\n\n{words}"


# Of the cases of one hospital.
STRENGTHS: Final = (0.02, 0.05, 0.1, 0.2)


def strengths(regions: int, cases: int) -> str:
    """How much upcoding it takes until its hospital is told, as Markdown."""
    version = Grouper(VERSION)
    rows = []
    for share in STRENGTHS:
        found, others = 0, 0
        for seed in range(1, regions + 1):
            made = drg.simulate(cases, version, seed=seed, hospitals=HOSPITALS)
            planted = plant_errors(made, version, [f"upcoding={share}"], seed=seed)
            upcoded = planted.counts["hospital_id"][0]
            told = screen(drg.group(planted.cases, version), only=["complication-share"]).findings
            found += upcoded in told["hospital_id"]
            others += told.filter(pl.col("hospital_id") != upcoded).height
        rows.append((f"{share:.0%}", f"{found} of {regions}", others))
    header = ("share of the hospital's cases upcoded", "regions in which it is told", "other hospitals told")
    return generator().table(header, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the document up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--regions", type=int, default=REGIONS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--show", action="store_true", help="only print the table")
    options = parser.parse_args(arguments)
    blocks = {
        "precision": table(options.regions, options.cases),
        "strength": strengths(options.regions, options.cases),
    }
    if options.show:
        sys.stdout.write("\n\n".join((*blocks.values(), "")))
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, made in blocks.items():
        text = generator().with_block(text, name, made)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
