"""How often rules of the self-check are right, and what they miss: writes the tables of docs/review.md.

python benchmarks/review_precision.py                  two regions of 20,000 cases: some minutes
python benchmarks/review_precision.py --regions 1 --cases 5000 --show     a try; leaves the document alone

Of each region there are copies with planted errors: those of ``drg simulate --plant``, and of this script. A
hint is right if its case has an error that the rule is there to find. All other hints are wrong, also those
that natural variation makes.
"""

from __future__ import annotations

import argparse
import sys
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
from benchmarks.screen_precision import Tally, shown_share
from drg import Grouper
from drg.analysis.coding_review import review, shipped_rules
from drg.analysis.coding_review.review_rules import ReviewRule, prefixes
from drg.analysis.simulation.planted import plant_errors

DOCUMENT = ROOT / "docs" / "review.md"
VERSION = "chs-drg-2.0"
REGIONS, CASES, HOSPITALS = 2, 20_000, 15
PLANTED: Final = ("missing_cc=0.02", "swapped_principal=0.02", "upcoding=0.3")
# The kind of ``drg simulate --plant`` that a rule is there to find.
OF_KINDS: Final = {
    "dearer-than-group": "missing_cc",
    "cost-of-another-diagnosis": "swapped_principal",
    "complication-without-effort": "upcoding",
    "complications-without-effort-often": "upcoding",
}
_SHARE: Final = 0.01


class Planted(NamedTuple):
    """Discharges, and the ids of those with an error."""

    cases: pl.DataFrame
    wrong: pl.Series


def _drawn(cases: pl.DataFrame, share: float, random: np.random.Generator) -> pl.Expr:
    return pl.lit(pl.Series("__drawn", random.random(cases.height) < share))


def reason_left_out(
    cases: pl.DataFrame, rule: ReviewRule, version: Grouper, random: np.random.Generator
) -> Planted:
    """Nobody has the procedure but 2 % of the patients; half of them have the complication coded too."""
    pattern = prefixes(rule.texts("procedures"))
    complications = version.tables.complications["code"]
    known = complications.filter(complications.str.contains(prefixes(rule.texts("asks"))))
    if known.is_empty():
        return Planted(cases, cases["case_id"].clear())
    code, procedure = known.sort()[0], rule.texts("procedures")[0] + "00"
    other = pl.col("other_procedures").fill_null([]).list
    cases = cases.with_columns(
        other.eval(pl.element().filter(~pl.element().str.contains(pattern))).alias("other_procedures"),
        pl.when(~pl.col("principal_procedure").str.contains(pattern)).then("principal_procedure"),
        *([pl.lit(0.0).alias("ventilator_hours")] if "hours" in rule.parameters else []),
    )
    grouped = drg.group(cases, version)
    ill = pl.concat_list(pl.col("other_diagnoses").fill_null([]), pl.lit(code))
    # A procedure of the bedside, which moves no case to another group.
    longer = pl.concat_list(pl.col("other_procedures"), pl.lit(procedure))
    done = cases.with_columns(longer.alias("other_procedures"), ill.alias("other_diagnoses"))
    lifted = drg.group(done, version)["drg"] != grouped["drg"]
    chosen = cases.select(_drawn(cases, 2 * _SHARE, random) & pl.lit(lifted)).to_series()
    coded = chosen & pl.Series(random.random(cases.height) < 0.5)
    cases = cases.with_columns(
        pl.when(chosen).then(longer).otherwise("other_procedures").alias("other_procedures"),
        pl.when(coded).then(ill).otherwise("other_diagnoses").alias("other_diagnoses"),
    )
    return Planted(cases, cases["case_id"].filter(chosen & ~coded))


def principal_behind_another(
    cases: pl.DataFrame, _rule: ReviewRule, version: Grouper, random: np.random.Generator
) -> Planted:
    """Of 2 % of the cases with a procedure the first other diagnosis is put first; those that are QY then."""
    others = pl.col("other_diagnoses").list
    there = pl.col("principal_procedure").is_not_null() & (others.len() > 0)
    is_good = pl.Series(drg.group(cases, version)["grouping_status"] == "grouped")
    where = (_drawn(cases, 2 * _SHARE, random) & there & pl.lit(is_good)).fill_null(value=False)
    chosen = cases.select(where.alias("chosen")).to_series()
    swapped = cases.with_columns(
        pl.when(chosen).then(others.first()).otherwise("principal_diagnosis").alias("principal_diagnosis"),
        pl.when(chosen)
        .then(pl.concat_list("principal_diagnosis", others.slice(1)))
        .otherwise("other_diagnoses")
        .alias("other_diagnoses"),
    )
    status = drg.group(swapped, version)["grouping_status"]
    return Planted(swapped, swapped["case_id"].filter(chosen & (status == "ambiguous")))


def procedures_left_out(
    cases: pl.DataFrame, _rule: ReviewRule, _version: Grouper, random: np.random.Generator
) -> Planted:
    """Who has a procedure of operations (01 to 86) is charged for it; of 2 % the procedures are not coded."""
    fee = pl.when(pl.col("principal_procedure") < "87").then(1000)
    cases = cases.with_columns(fee.cast(pl.Decimal(18, 2)).alias("surgery_yuan"))
    where = (_drawn(cases, 2 * _SHARE, random) & pl.col("surgery_yuan").is_not_null()).fill_null(value=False)
    chosen = cases.select(where.alias("chosen")).to_series()
    nothing = {
        "principal_procedure": pl.lit(None, pl.String),
        "other_procedures": pl.lit([], pl.List(pl.String)),
    }
    dropped = cases.with_columns(
        pl.when(chosen).then(value).otherwise(name).alias(name) for name, value in nothing.items()
    )
    return Planted(dropped, dropped["case_id"].filter(chosen))


def condition_dropped(
    cases: pl.DataFrame, rule: ReviewRule, version: Grouper, random: np.random.Generator
) -> Planted:
    """Half of the patients with two stays have a chronic complication in the first; half of these in both."""
    complications = version.tables.complications["code"]
    code = complications.filter(complications.str.starts_with("I50")).sort()[0]
    pattern = prefixes(rule.texts("kinds"))
    clean = pl.col("other_diagnoses").list.eval(pl.element().filter(~pl.element().str.contains(pattern)))
    cases = cases.with_columns(clean.alias("other_diagnoses"))
    order = pl.col("admission_date").rank("ordinal").over("patient_id")
    several = (pl.len().over("patient_id") == 2) & pl.col("patient_id").is_not_null()
    ill = pl.concat_list(pl.col("other_diagnoses").fill_null([]), pl.lit(code))
    with_code = cases.with_columns(ill.alias("other_diagnoses"))
    lifted = pl.Series(drg.group(with_code, version)["drg"] != drg.group(cases, version)["drg"])
    drawn = pl.col("drawn").first().over("patient_id")
    first = several & (order == 1) & (drawn < 0.5)
    second = several & (order == 2) & (drawn < 0.5)
    drawn_of = cases.with_columns(drawn=pl.Series(random.random(cases.height)))
    marks = drawn_of.select(
        first.alias("first"), (second & (drawn < 0.25)).alias("both"), second.alias("second")
    )
    has = (marks["first"] | marks["both"]).fill_null(value=False)
    made = cases.with_columns(pl.when(has).then(ill).otherwise("other_diagnoses").alias("other_diagnoses"))
    wrong = (marks["second"] & ~marks["both"] & lifted).fill_null(value=False)
    return Planted(made, made["case_id"].filter(wrong))


Plant = Callable[[pl.DataFrame, ReviewRule, Grouper, np.random.Generator], Planted]
# What is planted for a rule by this script.
OF_RULES: Final[dict[str, Plant]] = {
    **{rule.id: reason_left_out for rule in shipped_rules().values() if rule.finds == "evidence"},
    "chronic-condition-gone": condition_dropped,
    "procedure-of-another-diagnosis": principal_behind_another,
    "surgery-fees-without-procedure": procedures_left_out,
}


def _count(tally: Tally, rule: str, cases: pl.DataFrame, wrong: pl.Series) -> None:
    hints = review(cases, VERSION, only=[rule]).hints
    told = hints.filter(pl.col("case_id").is_in(wrong.implode())).height
    tally.add(rule, hints.height, told, len(wrong), told, 0)


def measured(cases: int, seed: int, tally: Tally) -> None:
    """One region."""
    version, random = Grouper(VERSION), np.random.default_rng(seed)
    made = drg.simulate(cases, version, seed=seed, hospitals=HOSPITALS)
    planted = plant_errors(made, version, PLANTED, seed=seed)
    for rule, kind in OF_KINDS.items():
        _count(tally, rule, planted.cases, planted.labels.filter(kind=kind)["case_id"])
    for rule, plant in OF_RULES.items():
        _count(tally, rule, *plant(made, shipped_rules()[rule], version, random))
    clean = review(made, version, only=list(shipped_rules())).hints
    for rule in shipped_rules():
        tally.add(rule, 0, 0, 0, 0, clean.filter(rule=rule).height)


def table(regions: int, cases: int) -> str:
    """Precision and recall of every rule, as Markdown."""
    tally = Tally()
    for seed in range(1, regions + 1):
        measured(cases, seed, tally)
    header = (
        "rule",
        "planted",
        "hints",
        "right",
        "precision",
        "errors",
        "recall",
        "hints without errors",
        "on",
    )
    rows = []
    for rule in shipped_rules().values():
        hints, right, errors, _, without = tally.counts[rule.id]
        planted = OF_KINDS.get(rule.id) or "–"
        if rule.id in OF_RULES:
            planted = OF_RULES[rule.id].__name__.replace("_", " ")
        counts = (hints, right, shown_share(right, hints), errors, shown_share(right, errors))
        shown = counts if errors else "–" * 5
        rows.append((f"`{rule.id}`", planted, *shown, without, "yes" if rule.on else "no"))
    words = f"{regions} regions of {cases:,} cases and {HOSPITALS} hospitals of {VERSION}."
    return f"{generator().table(header, rows)}\n\n{words}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Bring the document up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--regions", type=int, default=REGIONS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--show", action="store_true", help="only print the table")
    options = parser.parse_args(arguments)
    made = table(options.regions, options.cases)
    if options.show:
        sys.stdout.write(f"{made}\n")
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(generator().with_block(text, "precision", made), encoding="utf-8")


if __name__ == "__main__":
    main()
