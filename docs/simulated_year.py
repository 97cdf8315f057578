"""A simulated year of forty hospitals, settled, and worked out once more by hand.

python docs/simulated_year.py    writes the parts of docs/simulated-year.md
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import generate
import polars as pl
from year_by_hand import Account, Key, accounts_by_hand, case_by_hand, written

import drg
from drg import Settlement

ROOT = Path(__file__).resolve().parents[1]
SCHEME = ROOT / "examples" / "year" / "scheme"
GROUPER = "chongqing-2025"
CASES = 40_000
HOSPITALS = 40
SEED = 40
MEAN_COST_YUAN = 9600
QUOTAS_PER_THOUSAND = {"1": 1, "2": 3, "3": 5}
PREPAID_YUAN = {"1": 20_000, "2": 100_000, "3": 400_000}


@dataclass(frozen=True)
class Year:
    """The cases of a year as they were priced, what was given besides, and how they were settled."""

    priced: pl.DataFrame
    decisions: pl.DataFrame
    payments: pl.DataFrame
    scores: pl.DataFrame
    settlement: Settlement


def simulated_year(cases: int = CASES) -> Year:
    """A year of so many cases, always the same."""
    made = drg.simulate(cases, GROUPER, seed=SEED, hospitals=HOSPITALS, mean_cost_yuan=MEAN_COST_YUAN)
    return settled_year(with_what_is_not_simulated(drg.group(made, GROUPER)))


def settled_year(grouped: pl.DataFrame) -> Year:
    """A year of these cases: every month is paid out as it was settled, prepayments were made in January."""
    priced = drg.price(grouped, SCHEME)
    decisions, scores = decided(priced), scored(priced)
    prepaid = _prepayments(priced)
    months = drg.settle(priced, SCHEME, decisions=decisions, payments=prepaid, scores=scores, close=True)
    payments = pl.concat([prepaid, _paid_months(months)])
    settlement = drg.settle(priced, SCHEME, decisions=decisions, payments=payments, scores=scores, close=True)
    return Year(priced, decisions, payments, scores, settlement)


def with_what_is_not_simulated(grouped: pl.DataFrame) -> pl.DataFrame:
    """What the patient bore, and shares of traditional medicine: by the number of the row, made up."""
    row = pl.int_range(pl.len())
    patient = pl.when(pl.col("insurance_type") == "310").then(22).otherwise(34) + row % 7
    return grouped.with_columns(
        patient_share_yuan=(pl.col("total_cost_yuan") * patient / 100).round(2).cast(pl.Decimal(18, 2)),
        tcm_share=((45 + row * 7 % 40) / 100).cast(pl.Decimal(18, 8)),
    )


def decided(priced: pl.DataFrame) -> pl.DataFrame:
    """Special cases: of those above three standards the dearest, as far as the quota goes, at their cost."""
    inside = pl.col("case_class").is_in(["normal", "high", "low"])
    per_thousand = pl.col("hospital_level").replace_strict(QUOTAS_PER_THOUSAND)
    quota = (inside.sum().over("hospital_id") * per_thousand // 1000).alias("quota")
    dear = (
        priced.with_columns(quota)
        .filter(
            (pl.col("case_class") == "high")
            & (pl.col("total_cost_yuan") >= 3 * pl.col("standard_payment_yuan"))
        )
        .sort("hospital_id", -pl.col("total_cost_yuan").cast(pl.Float64), "case_id")
    )
    approved = dear.filter(pl.int_range(pl.len()).over("hospital_id") < pl.col("quota"))
    return approved.select(
        "hospital_id",
        "case_id",
        decision=pl.lit("approved"),
        special_payment_yuan=pl.col("total_cost_yuan").cast(pl.String),
    )


def scored(priced: pl.DataFrame) -> pl.DataFrame:
    """A score for each hospital, made up."""
    hospitals = priced["hospital_id"].unique().sort()
    scores = pl.Series(["95", "88", "92", "79"])
    return pl.DataFrame(
        {
            "hospital_id": hospitals,
            "year": "2025",
            "score": scores.gather(pl.int_range(len(hospitals), eager=True) % 4),
        }
    )


def _prepayments(priced: pl.DataFrame) -> pl.DataFrame:
    accounts = (
        priced.group_by("hospital_id", "insurance_type")
        .agg(pl.first("hospital_level"))
        .sort("hospital_id", "insurance_type")
    )
    return accounts.select(
        "hospital_id",
        "insurance_type",
        period=pl.lit("2025-01"),
        kind=pl.lit("prepayment"),
        amount_yuan=pl.col("hospital_level").replace_strict({k: str(v) for k, v in PREPAID_YUAN.items()}),
    )


def _paid_months(settled: Settlement) -> pl.DataFrame:
    months = settled.rows.filter(pl.col("span") == "month", pl.col("payable_yuan") > 0)
    return months.select(
        "hospital_id",
        "insurance_type",
        "period",
        kind=pl.lit("monthly"),
        amount_yuan=pl.col("payable_yuan").cast(pl.String),
    )


# ------------------------------------------------------------------------------------------ the document

DOCUMENT = ROOT / "docs" / "simulated-year.md"
# A hospital of level II: a part of its surplus is returned, the cap binds, and it has a special case.
HOSPITAL = "H027"


def rules_of_scheme() -> dict[str, Any]:
    """What the scheme says, read without the package."""
    return tomllib.loads((SCHEME / "scheme.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def weights_of_scheme() -> dict[tuple[str, str], Fraction]:
    """The weights by group and level."""
    rows = csv.DictReader((SCHEME / "weights.csv").read_text(encoding="utf-8").splitlines())
    return {(row["drg"], row["level"]): Fraction(row["relative_weight"]) for row in rows}


def by_hand(year: Year) -> dict[Key, Account]:
    """Every account of the year, worked out by hand."""
    return accounts_by_hand(
        year.priced.to_dicts(),
        year.decisions.to_dicts(),
        year.payments.to_dicts(),
        year.scores.to_dicts(),
        rules_of_scheme(),
    )


def blocks(year: Year) -> dict[str, str]:
    """The parts of the document by name."""
    accounts = by_hand(year)
    own = {insurance: accounts[HOSPITAL, insurance] for insurance in ("310", "390")}
    return {
        "year-levels": _levels(year, accounts),
        "year-cases": _cases(year),
        **{f"year-{insurance}": _lines(account) for insurance, account in own.items()},
    }


def _levels(year: Year, accounts: Mapping[Key, Account]) -> str:
    level_of = dict(year.priced.select("hospital_id", "hospital_level").unique().rows())
    names = ("cost", "standard", "payment", "entitlement", "balance")
    rows = []
    for level in (*sorted(set(level_of.values()), reverse=True), None):
        keys = [key for key in accounts if level in (None, level_of[key[0]])]
        cases = year.priced.filter(True if level is None else pl.col("hospital_level") == level)
        sums = [written(sum((accounts[key][name] for key in keys), Fraction(0))) for name in names]
        weight = cases["relative_weight"].mean()
        hospitals = cases["hospital_id"].n_unique()
        rows.append([level or "all", hospitals, f"{cases.height:,}", f"{float(str(weight)):.4f}", *sums])
    return generate.table(("level", "hospitals", "cases", "CMI", *names), rows)


def _cases(year: Year) -> str:
    """A case of each class of the hospital, those of groups of traditional medicine apart."""
    rules, weights = rules_of_scheme(), weights_of_scheme()
    tcm = pl.col("drg").is_in(list(rules["tcm"]["medical_drg"]))
    low = tcm & (pl.col("tcm_share") < 0.6)
    kind = (
        pl.when(low).then(pl.lit("TCM, share below 60 %")).when(tcm).then(pl.lit("TCM, share from 60 % on"))
    ).otherwise(pl.col("case_class").cast(pl.String))
    own = year.priced.filter(hospital_id=HOSPITAL).with_columns(kind=kind).sort("case_id")
    first = own.unique("kind", keep="first", maintain_order=True).sort("kind")
    rows = [
        [
            case["case_id"],
            case["insurance_type"],
            case["drg"] or "–",
            case["kind"],
            case_by_hand(case, weights, rules),
        ]
        for case in first.iter_rows(named=True)
    ]
    return generate.table(("case", "insurance", "group", "what", "by hand"), rows)


def _lines(account: Account) -> str:
    rows = ([step.name, step.arithmetic, written(step.amount)] for step in account.steps)
    return generate.table(("item", "by hand", "amount"), rows)


def document(text: str, year: Year) -> str:
    """The document with its parts as they are now."""
    for name, content in blocks(year).items():
        text = generate.with_block(text, name, content)
    return text


if __name__ == "__main__":
    before = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(document(before, simulated_year()), encoding="utf-8", newline="\n")
