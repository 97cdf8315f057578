"""Random benefit schemes, and persons with stays."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

SOURCE = {"source": "made up"}
INSURANCES = ("310", "390")
LEVELS = ("1", "2", "3")
AID = ("extreme_hardship", "minimum_living", "none")
OFF_SITE = ("local", "filed", "temporary")
REFERRAL = ("none", "up", "down")
PRODUCT = "惠民保"
RATHER_FEW = 0.4


def share(rng: random.Random, low: float = 0, high: float = 1) -> Decimal:
    """A share with up to eight decimals."""
    return round(Decimal(rng.uniform(low, high)), rng.choice((0, 1, 2, 8)))


def yuan(rng: random.Random, low: int, high: int) -> Decimal:
    """An amount in fen."""
    return (
        Decimal(rng.randint(low * 100, high * 100)) / 100
        if rng.random() < RATHER_FEW
        else Decimal(rng.randint(low, high))
    )


def tiers(rng: random.Random, above: Decimal = Decimal(0)) -> list[dict[str, Any]]:
    """One to three tiers."""
    ends = sorted({above + yuan(rng, 1, 20_000) for _ in range(rng.randint(0, 2))})
    return [*({"share": share(rng), "up_to_yuan": end} for end in ends), {"share": share(rng)}]


def who(rng: random.Random) -> dict[str, Any]:
    """Conditions of a row: at least one."""
    found: dict[str, Any] = {}
    while not found:
        for name, values in (
            ("insurance", INSURANCES),
            ("level", LEVELS),
            ("aid_class", AID[:2]),
            ("off_site", OFF_SITE),
            ("referral", REFERRAL),
        ):
            if rng.random() < 0.2:
                found[name] = rng.choice(values)
        if rng.random() < 0.2:
            found["age_at_least"] = rng.choice((18, 60))
        if rng.random() < 0.2:
            found["age_below"] = rng.choice((6, 18)) + found.get("age_at_least", 0)
    return found


def rows(rng: random.Random, content: Any, *, others: bool) -> list[dict[str, Any]]:
    """Rows for some, which may take each other's stays, and one for all others."""
    some = [who(rng) | content() for _ in range(rng.randint(0, 2))]
    return [*some, content()] if others or not some else some


def layer(rng: random.Random) -> dict[str, Any]:
    """Critical-illness insurance or aid."""

    def content() -> dict[str, Any]:
        threshold = yuan(rng, 0, 6000)
        cap = {"cap_yuan": yuan(rng, 1, 20_000)} if rng.random() < RATHER_FEW else {}
        return {"threshold_yuan": threshold, "tiers": tiers(rng, threshold), **cap}

    counts = {name: rng.random() < 0.5 for name in ("counts_first_own_share", "counts_above_cap")}
    return SOURCE | counts | {"rows": rows(rng, content, others=rng.random() < 0.5)}


def liability(rng: random.Random) -> dict[str, Any]:
    """One of a commercial product."""
    cap = {"cap_yuan": yuan(rng, 1, 20_000)} if rng.random() < RATHER_FEW else {}
    return {"deductible_yuan": yuan(rng, 0, 5000), "tiers": tiers(rng), **cap}


def random_scheme(rng: random.Random) -> dict[str, Any]:
    """The entries of a scheme, every clause in some of them."""
    maybe = rng.random
    by_year = maybe() < 0.3
    basic: dict[str, Any] = SOURCE | {
        "deductible_by": "year" if by_year else "stay",
        "deductibles": rows(
            rng, lambda: {"yuan": [yuan(rng, 0, 1500) for _ in range(rng.randint(1, 3))]}, others=True
        ),
        "upward_pays_difference": not by_year and maybe() < 0.5,
        "tiers_by": rng.choice(("stay", "year")),
        "shares": rows(rng, lambda: {"tiers": tiers(rng)}, others=maybe() < 0.9),
    }
    if maybe() < RATHER_FEW:
        basic["deductible_a_year_yuan"] = yuan(rng, 100, 3000)
    if maybe() < RATHER_FEW:
        basic["caps"] = rows(rng, lambda: {"yuan": yuan(rng, 1, 40_000)}, others=True)
    scheme: dict[str, Any] = SOURCE | {
        "id": "drawn",
        "title": "drawn",
        "region": "fictional",
        "status": "illustrative",
        "items": SOURCE | {"class_b": rows(rng, lambda: {"share": share(rng, 0, 0.5)}, others=True)},
        "basic": basic,
    }
    if maybe() < 0.8:
        scheme["critical"] = layer(rng)
    if maybe() < 0.7:
        scheme["aid"] = layer(rng)
    if maybe() < 0.6:
        product: dict[str, Any] = SOURCE | {"product": PRODUCT, "within_policy": liability(rng)}
        product |= {name: liability(rng) for name in ("outside_policy", "special_drugs") if maybe() < 0.6}
        product |= {name: maybe() < 0.5 for name in ("counts_first_own_share", "counts_above_limit")}
        if maybe() < RATHER_FEW:
            product["cap_yuan"] = yuan(rng, 1, 20_000)
        scheme["commercial"] = [product]
    if maybe() < 0.5:
        scheme["maternity"] = SOURCE | {"deductible_applies": maybe() < 0.5}
        scheme["maternity"] |= {"share": share(rng)} if maybe() < 0.5 else {}
        scheme["maternity"] |= {"fund_at_most_yuan": yuan(rng, 1, 5000)} if maybe() < 0.5 else {}
    if maybe() < 0.5:
        scheme["newborn"] = SOURCE | {"deductible_applies": maybe() < 0.5, "with_mother": maybe() < 0.5}
        scheme["newborn"] |= {"share": share(rng)} if maybe() < 0.5 else {}
    if maybe() < 0.6:
        scheme["off_site"] = [
            SOURCE
            | {"off_site": kind, "first_own_share": share(rng, 0, 0.3), "share_less": share(rng, 0, 0.3)}
            for kind in OFF_SITE[1:]
        ]
    return scheme


def random_stays(rng: random.Random, count: int, persons: int = 4) -> list[dict[str, Any]]:
    """Stays of a few persons, in any order, over two years."""
    return [random_stay(rng, place, persons) for place in range(count)]


def random_stay(rng: random.Random, place: int, persons: int) -> dict[str, Any]:
    """One stay, whole."""
    amounts = [yuan(rng, 0, rng.choice((1, 500, 30_000))) for _ in range(4)]
    discharge = datetime(2025, 1, 1) + timedelta(days=rng.randint(0, 500), hours=rng.choice((0, 12)))
    return {
        "case_id": f"c{place}",
        "patient_id": f"p{rng.randrange(persons)}",
        "mother_id": f"p{rng.randrange(persons)}",
        "discharge_date": discharge,
        "admission_date": discharge - timedelta(days=rng.randint(0, 9)),
        "insurance_type": rng.choice(INSURANCES),
        "hospital_level": rng.choice(LEVELS),
        "age_years": rng.choice((0, 6, 17, 18, 59, 60, 90)),
        "aid_class": rng.choice(AID),
        "referral": rng.choice(REFERRAL),
        "off_site": rng.choice(OFF_SITE),
        "commercial_product": rng.choice((None, PRODUCT)),
        "maternity": rng.random() < 0.1,
        "newborn": rng.random() < 0.1,
        "class_a_cost_yuan": amounts[0],
        "class_b_cost_yuan": amounts[1],
        "self_paid_cost_yuan": amounts[2],
        "above_limit_cost_yuan": amounts[3],
        "special_drugs_cost_yuan": rng.choice((Decimal(0), amounts[2], round(amounts[2] / 3, 2))),
        "total_cost_yuan": sum(amounts, Decimal(0)),
    }
