"""Simulated discharges → the columns that benefits ask for. All shares are assumed, none is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation.households import CHILDBIRTH, NEWBORN_DAYS, newborns_of, persons
from drg.payment.money import yuan

# ASSUMED: of the cost by level, class B, self-paid and above limits; class A is what is left.
_CLASS_SHARES: Final = {"1": (0.18, 0.04, 0.01), "2": (0.24, 0.07, 0.02), "3": (0.28, 0.11, 0.03)}
# ASSUMED: how much the shares of stays vary: as if so many items were drawn.
_ITEMS: Final = 25.0
# ASSUMED: shares of the households of which a resident was in hospital.
_AID_CLASSES: Final = {
    "extreme_hardship": 0.006,
    "minimum_living": 0.03,
    "poverty_risk": 0.008,
    "near_minimum_living": 0.012,
}
_RESIDENTS: Final = "390"
# ASSUMED: of all stays.
_OFF_SITE: Final = {"filed": 0.02, "referred": 0.015, "temporary": 0.01}
# ASSUMED: of all households; the product is that of the benefit scheme demo.
_WITH_PRODUCT: Final = 0.3
PRODUCT: Final = "示例惠民保"
# ASSUMED: a stay at another level so soon after the one before is a referral.
_REFERRED_WITHIN: Final = timedelta(days=30)
_DELIVERIES: Final = "^O8[0-4]"  # categories of ICD-10
_SEED: Final = 3


def with_benefit_columns(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Simulated discharges with who lives with whom, catalogue classes, aid, product, referral and births.

    Args:
        frame: as ``simulate`` makes them.
        seed: another one draws others.
    """
    rng = np.random.default_rng([_SEED, seed, frame.height])
    homes = persons(frame).select("patient_id", "household_id", "insurance_type")
    residents = pl.col("insurance_type") == _RESIDENTS
    houses = homes.group_by("household_id").agg(residents.any().alias("residents")).sort("household_id")
    houses = houses.select(
        "household_id",
        pl.when("residents").then(_drawn(_AID_CLASSES, houses.height, rng)).alias("aid_class"),
        _drawn({PRODUCT: _WITH_PRODUCT}, houses.height, rng).alias("commercial_product"),
    )
    resident_class = pl.when(residents).then("aid_class").alias("aid_class")
    mothers = newborns_of(frame).rename({"woman": "mother_id"})
    of_person = homes.join(houses, on="household_id").select(
        "patient_id", "household_id", resident_class, "commercial_product"
    )
    newborn = (pl.col("age_days") <= NEWBORN_DAYS).fill_null(False)
    diagnosis = pl.col("principal_diagnosis").str
    in_childbed = diagnosis.starts_with(CHILDBIRTH) & pl.col("patient_id").is_in(
        mothers["mother_id"].implode()
    )
    birth = (diagnosis.contains(_DELIVERIES) | in_childbed).fill_null(False)
    return (
        frame.join(of_person, on="patient_id", how="left", maintain_order="left")
        .join(mothers, on="patient_id", how="left", maintain_order="left")
        .with_columns(
            _referrals(frame),
            _drawn(_OFF_SITE, frame.height, rng).alias("off_site"),
            birth.alias("maternity"),
            newborn.alias("newborn"),
            pl.when(newborn).then("mother_id").alias("mother_id"),
            *_classes(frame, rng),
        )
    )


def _drawn(shares: Mapping[str, float], size: int, rng: np.random.Generator) -> pl.Series:
    """One of some words for each, or none."""
    chosen = np.searchsorted(np.cumsum(list(shares.values())), rng.random(size), side="right")
    return pl.Series([*shares, None], dtype=pl.String).gather(pl.Series(chosen))


def _referrals(frame: pl.DataFrame) -> pl.Series:
    """Up or down, of stays that follow soon upon one at another level."""
    stays = frame.select("patient_id", "admission_date", "discharge_date", "hospital_level").with_row_index()
    before = stays.sort("patient_id", "discharge_date").with_columns(
        pl.col("hospital_level", "discharge_date").shift().over("patient_id").name.prefix("before_")
    )
    gap = pl.col("admission_date") - pl.col("before_discharge_date")
    level, was = (pl.col(name).cast(pl.Int8) for name in ("hospital_level", "before_hospital_level"))
    soon = gap <= _REFERRED_WITHIN
    word = pl.when(soon & (level > was)).then(pl.lit("up")).when(soon & (level < was)).then(pl.lit("down"))
    return before.with_columns(word.alias("referral")).sort("index")["referral"]


def _classes(frame: pl.DataFrame, rng: np.random.Generator) -> list[pl.Series]:
    """The cost by class of the catalogue, to the fen."""
    fen = (frame["total_cost_yuan"] * 100).cast(pl.Int64).to_numpy()
    by_level = np.array([_CLASS_SHARES[level] for level in sorted(_CLASS_SHARES)])
    shares = by_level[frame["hospital_level"].cast(pl.Int64).to_numpy() - 1]
    names = ("class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")
    rest: npt.NDArray[np.int64] = fen.copy()
    found = []
    for name, share in zip(names, shares.T, strict=True):
        part = np.minimum((fen * rng.beta(_ITEMS * share, _ITEMS * (1 - share))).astype(np.int64), rest)
        rest -= part
        found.append(yuan(part).alias(name))
    return [yuan(rest).alias("class_a_cost_yuan"), *found]
