"""Who pays what of the stays of persons, worked out from the clauses as docs/benefits.md tells them.

Plain Python with fractions, stay by stay, in yuan; nothing is taken from the package.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

INFINITY = 10**30
HELD = None


def fen_half_up(yuan: Fraction) -> Fraction:
    """Rounded to the fen, halves up."""
    return Fraction(math.floor(yuan * 100 + Fraction(1, 2)), 100)


def first_fitting(rows: Iterable[Mapping[str, Any]], stay: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first row that is for a stay."""
    columns = {"insurance": "insurance_type", "level": "hospital_level"}
    for row in rows:
        same = (
            row[name] == stay.get(columns.get(name, name))
            for name in ("insurance", "level", "aid_class", "referral", "off_site")
            if name in row
        )
        old_enough = stay["age_years"] >= row.get("age_at_least", 0)
        young_enough = stay["age_years"] < row.get("age_below", 1000)
        if all(same) and old_enough and young_enough:
            return row
    return None


def tiered(
    tiers: list[dict[str, Any]], start: Fraction, end: Fraction, less: Fraction = Fraction(0)
) -> Fraction:
    """What tiers pay of the part of a sum between two amounts."""
    total, low = Fraction(0), Fraction(0)
    for tier in tiers:
        high = Fraction(tier.get("up_to_yuan", INFINITY))
        overlap = max(min(end, high) - max(start, low), 0)
        total += overlap * max(Fraction(tier["share"]) - less, 0)
        low = high
    return fen_half_up(total)


def above_threshold(
    row: Mapping[str, Any], name: str, before: Fraction, amount: Fraction, paid: Fraction
) -> Fraction:
    """What a payer bears of an amount: above its threshold of the year, up to its cap of the year."""
    threshold = Fraction(row[name])
    start, end = max(before, threshold), max(before + amount, threshold)
    return min(
        tiered(row["tiers"], start, end), max(Fraction(row.get("cap_yuan", INFINITY)) - paid, Fraction(0))
    )


def benefits(scheme: Mapping[str, Any], stays: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Who pays what of each stay, in the order in which they are given; None for one without a rule."""
    results: dict[int, dict[str, Any] | None] = {}
    years: dict[Any, list[int]] = {}
    for place, stay in enumerate(stays):
        newborn = stay.get("newborn") and scheme.get("newborn", {}).get("with_mother")
        person = stay["mother_id"] if newborn else stay["patient_id"]
        years.setdefault((person, stay["discharge_date"].year), []).append(place)
    for places in years.values():
        places.sort(
            key=lambda at: (stays[at]["discharge_date"], stays[at]["admission_date"], stays[at]["case_id"])
        )
        # What the year has added up to so far.
        total: dict[str, Fraction] = dict.fromkeys(
            (
                *("deductible", "base", "basic", "counted", "critical", "left", "aid", "within", "outside"),
                *("drugs", "within_paid", "outside_paid", "drugs_paid", "commercial"),
            ),
            Fraction(0),
        )
        number, standard_before = 0, Fraction(0)
        for at in places:
            stay = stays[at]
            found = one_stay(scheme, stay, total, number + 1, standard_before)
            results[at] = found
            if found is not None:
                number += 1
                standard_before = found["standard"]
    return [results[place] for place in range(len(stays))]


def one_stay(
    scheme: Mapping[str, Any],
    stay: Mapping[str, Any],
    total: dict[str, Fraction],
    number: int,
    standard_before: Fraction,
) -> dict[str, Any] | None:
    """Who pays what of one stay; adds it to the totals of the year."""
    basic = scheme["basic"]
    own_row = first_fitting(scheme["items"]["class_b"], stay)
    deductible_row = first_fitting(basic["deductibles"], stay)
    share_row = first_fitting(basic["shares"], stay)
    cap_row = first_fitting(basic.get("caps", [{"yuan": INFINITY}]), stay)
    if own_row is None or deductible_row is None or share_row is None or cap_row is None:
        return HELD
    away = first_fitting(scheme.get("off_site", []), stay) or {"first_own_share": 0, "share_less": 0}
    birth = scheme.get("maternity") if stay.get("maternity") else None
    newborn = scheme.get("newborn") if stay.get("newborn") else None
    product = next(
        (one for one in scheme.get("commercial", []) if one["product"] == stay.get("commercial_product")),
        None,
    )
    class_a, class_b, self_paid, above_limit, drugs = (
        Fraction(stay.get(name) or 0)
        for name in (
            *("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan"),
            "special_drugs_cost_yuan",
        )
    )

    # What the patient bears first; what is within policy.
    first_own = fen_half_up(class_b * Fraction(own_row["share"]))
    first_own += fen_half_up((class_a + class_b - first_own) * Fraction(away["first_own_share"]))
    in_policy = class_a + class_b - first_own

    # The deductible.
    yuan = deductible_row["yuan"]
    standard = Fraction(yuan[min(number, len(yuan)) - 1])
    if (newborn and not newborn["deductible_applies"]) or (birth and not birth["deductible_applies"]):
        standard = Fraction(0)
    due = standard
    if basic.get("upward_pays_difference") and stay.get("referral") == "up":
        due = max(standard - standard_before, Fraction(0))
    if basic.get("deductible_by") == "year":
        due = max(standard - total["deductible"], Fraction(0))
    due = min(
        due, max(Fraction(basic.get("deductible_a_year_yuan", INFINITY)) - total["deductible"], Fraction(0))
    )
    deductible = min(due, in_policy)

    # The basic fund.
    base = in_policy - deductible
    start = total["base"] if basic.get("tiers_by") == "year" else Fraction(0)
    tiers = share_row["tiers"]
    if birth and "share" in birth:
        tiers = [{"share": birth["share"]}]
    if newborn and "share" in newborn:
        tiers = [{"share": newborn["share"]}]
    before_cap = tiered(tiers, start, start + base, Fraction(away["share_less"]))
    fund = min(before_cap, max(Fraction(cap_row["yuan"]) - total["basic"], Fraction(0)))
    if birth and "fund_at_most_yuan" in birth:
        fund = min(fund, Fraction(birth["fund_at_most_yuan"]))
    above_cap = before_cap - fund

    def own(layer: Mapping[str, Any]) -> Fraction:
        found = in_policy - before_cap
        found += above_cap if layer["counts_above_cap"] else 0
        return found + (first_own if layer["counts_first_own_share"] else 0)

    # Critical illness, then aid, of what is left within policy.
    nothing = {"counts_above_cap": False, "counts_first_own_share": False}
    counted, critical = own(scheme.get("critical", nothing)), Fraction(0)
    if "critical" in scheme:
        row = first_fitting(scheme["critical"]["rows"], stay)
        if row is not None:
            critical = above_threshold(row, "threshold_yuan", total["counted"], counted, total["critical"])
    left, aid = Fraction(0), Fraction(0)
    if "aid" in scheme:
        left = max(own(scheme["aid"]) - critical, Fraction(0))
        row = first_fitting(scheme["aid"]["rows"], stay)
        if row is not None:
            aid = above_threshold(row, "threshold_yuan", total["left"], left, total["aid"])

    # A commercial product.
    commercial = Fraction(0)
    if product is not None:
        still = in_policy - fund - critical - aid
        still += first_own if product.get("counts_first_own_share") else 0
        outside = self_paid - drugs + (above_limit if product.get("counts_above_limit") else 0)
        for name, kind, amount in (
            ("within_policy", "within", max(still, Fraction(0))),
            ("outside_policy", "outside", outside),
            ("special_drugs", "drugs", drugs),
        ):
            if name in product:
                paid = above_threshold(
                    product[name], "deductible_yuan", total[kind], amount, total[f"{kind}_paid"]
                )
                commercial += paid
                total[f"{kind}_paid"] += paid
            total[kind] += amount
        commercial = min(
            commercial, max(Fraction(product.get("cap_yuan", INFINITY)) - total["commercial"], Fraction(0))
        )

    cost = class_a + class_b + self_paid + above_limit
    for name, amount in (
        *(("deductible", deductible), ("base", base), ("basic", fund), ("counted", counted)),
        *(("critical", critical), ("left", left), ("aid", aid), ("commercial", commercial)),
    ):
        total[name] += amount
    return {
        "standard": standard,
        "stay_in_year": number,
        "in_policy_yuan": in_policy,
        "first_own_share_yuan": first_own,
        "outside_policy_yuan": self_paid + above_limit,
        "deductible_yuan": deductible,
        "basic_fund_yuan": fund,
        "critical_illness_yuan": critical,
        "medical_aid_yuan": aid,
        "commercial_yuan": commercial,
        "patient_share_yuan": cost - fund - critical - aid - commercial,
        "other_payers_yuan": critical + aid + commercial,
        "deductible_to_date_yuan": total["deductible"],
        "counted_own_to_date_yuan": total["counted"],
        "basic_fund_to_date_yuan": total["basic"],
        "critical_illness_to_date_yuan": total["critical"],
        "medical_aid_to_date_yuan": total["aid"],
        "commercial_to_date_yuan": total["commercial"],
    }
