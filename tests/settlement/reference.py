"""A slow, plain evaluator of settlements: the oracle that the engine is compared with.

It is written from the definitions alone (docs/settlement.md and the words of ``settlement_rules.py``). One
case at a time, one account at a time, fractions of a yuan throughout, rounded where they say. Of the
package it uses the model of a scheme and nothing that computes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import Budget, SettlementRules

Case = Mapping[str, Any]
Figures = dict[str, Any]
Account = tuple[int, str, str, str]  # year, insurance, basis, hospital

CLASSES = (
    *("invalid", "special", "joined", "ungrouped", "ambiguous", "short", "long", "bed_day", "day_surgery"),
    *("unstable", "unweighted", "unpriced", "incomplete", "extreme", "high", "low", "normal"),
)
BY_GROUP = ("incomplete", "extreme", "high", "low", "normal")
BESIDE = ("item_payment", "outside_payment", "special_case_payment", "excluded_items_payment")
PAID_BESIDE = {
    "item_payment": "item_payment_yuan",
    "outside_payment": "outside_payment_yuan",
    "special_case_payment": "special_case_payment_yuan",
    "excluded_items_payment": "excluded_items_payment_yuan",
}
COUNTS = ("cases", "cases_held", "weighted_cases", *(f"cases_{name}" for name in CLASSES))
FINE = ("relative_weight", "points")
AMOUNTS = (
    "cost",
    "standard",
    "surplus_formula",
    "shared_cost",
    "shared_standard",
    *BESIDE,
    "converted_payment",
    "patient_and_others",
    "borne_above_payment",
)
KINDS = {
    "prepayment": "prepayment",
    "daily": "daily_paid",
    "monthly": "monthly_paid",
    "supplement": "supplements",
    "refund": "refunds",
    "deduction": "deductions",
}
RATIOS = ("cmi", "utilisation", "band")
FEN = Fraction(1, 100)
FINEST = Fraction(1, 10**8)
# What adds up from month to month and to the year, and what only the clearing of a year knows.
CLOSING = (
    *("quality_adjustment", "budget_adjustment", "entitlement", "outcome", "deposit_returned"),
    *("deposit_forfeited", "held_back", "payable", "balance"),
)


@dataclass
class Settled:
    """The figures of every row by account, span and period; and the budgets."""

    rows: dict[tuple[Account, str, str], Figures]
    budgets: list[Figures]


def half_up(value: Fraction, unit: Fraction = FEN) -> Fraction:
    """Rounded to whole units, half a unit up."""
    return floor(value / unit + Fraction(1, 2)) * unit


def number(value: Any) -> Fraction:
    return Fraction(0) if value is None else Fraction(value)


def settle(
    cases: Sequence[Case],
    scheme: PaymentScheme,
    payments: Iterable[Mapping[str, Any]] = (),
    decisions: Iterable[Mapping[str, Any]] = (),
    scores: Iterable[Mapping[str, Any]] = (),
    *,
    close: bool | None = None,
) -> Settled:
    """Settle priced cases.

    Args:
        cases: rows that pricing gave.
        scheme: by which they were priced.
        payments: hospital_id, insurance_type, year, month, kind, amount in yuan.
        decisions: hospital_id, case_id, approved, payment in yuan or None.
        scores: hospital_id, year, insurance_type or None, score.
        close: every year, none, or (None) those that have a case in December.
    """
    return _Year(scheme, decided(cases, scheme, decisions), payments, scores, close).settled()


# ---------------------------------------------------------------------------------------------- special cases


def decided(cases: Sequence[Case], scheme: PaymentScheme, decisions: Iterable[Case]) -> list[Case]:
    """The cases after the decisions: approved ones are special, as many as the quota allows."""
    special = scheme.settlement.special if scheme.settlement else None

    def quota(hospital: str, year: int) -> int:
        share = Fraction(special.quota_share) if special else Fraction(5, 100)
        if special and special.quotas:
            mine = [c for c in cases if (c["hospital_id"], c["discharge_date"].year) == (hospital, year)]
            levels = {case["hospital_level"] for case in mine} - {None}
            shares = [row.share for row in special.quotas if levels == {row.level}]
            share = Fraction(shares[0]) if shares else Fraction(0)
        return floor(share * inside[hospital, year])

    result: list[Case] = [dict(case) for case in cases]
    inside: dict[tuple[str, int], int] = defaultdict(int)
    taken: dict[tuple[str, int], int] = defaultdict(int)
    for case in cases:
        key = (case["hospital_id"], case["discharge_date"].year)
        inside[key] += case["case_class"] in BY_GROUP
        taken[key] += case["case_class"] == "special"
    for decision in decisions:
        if not decision["approved"]:
            continue
        names = ("hospital_id", "case_id")
        found = [at for at, case in enumerate(cases) if all(case[n] == decision[n] for n in names)]
        if len(found) != 1 or cases[found[0]]["case_class"] in ("special", "invalid", "joined"):
            continue
        case = dict(result[found[0]])
        key = (case["hospital_id"], case["discharge_date"].year)
        if taken[key] >= quota(*key):
            continue
        taken[key] += 1
        beside = leaving_cost(case, scheme)
        paid = decision["payment"]
        case["case_class"] = "special"
        case["special_case_payment_yuan"] = (
            number(case["total_cost_yuan"]) - beside + number(case["joined_cost_yuan"])
            if paid is None
            else Fraction(paid)
        )
        for name in (
            "drg_payment_yuan",
            "high_cost_payment_yuan",
            "item_payment_yuan",
            "outside_payment_yuan",
        ):
            case[name] = 0
        if case["patient_and_others_yuan"] is not None:
            # The fund pays at least nothing, so others bear at most the payment.
            borne = number(case["patient_and_others_yuan"]) + number(case["borne_above_payment_yuan"])
            paid = case["special_case_payment_yuan"] + number(case["excluded_items_payment_yuan"])
            case["patient_and_others_yuan"] = min(borne, paid)
            case["borne_above_payment_yuan"] = max(borne - paid, 0)
        result[found[0]] = case
    return result


# ------------------------------------------------------------------------------------------------------ rules


def leaving_cost(case: Case, scheme: PaymentScheme) -> Fraction:
    """What of a case's cost is paid beside its group, and not compared."""
    columns = ["excluded_items_yuan"] if scheme.excluded_items else []
    columns += [rule.column for rule in scheme.additions if rule.out_of_cost]
    return sum((number(case[name]) for name in columns), Fraction(0))


def sums(cases: Iterable[Case], scheme: PaymentScheme) -> Figures:
    """What the cases of one account and time add up to."""
    compared = ["normal", "incomplete"]
    if scheme.high and any((tier.formula or scheme.high.formula) != "by_item" for tier in scheme.high.tiers):
        compared.append("high")
    total: Figures = dict.fromkeys(COUNTS, 0) | dict.fromkeys((*FINE, *AMOUNTS), Fraction(0))
    for case in cases:
        kind = case["case_class"]
        total["cases"] += 1
        total[f"cases_{kind}"] += 1
        unknown_share = "patient_share_yuan" in case and case["patient_and_others_yuan"] is None
        if kind in ("invalid", "unpriced") or unknown_share:
            total["cases_held"] += 1
            continue
        if case["relative_weight"] is not None:
            total["weighted_cases"] += 1
            total["relative_weight"] += number(case["relative_weight"])
        cost, standard = number(case["total_cost_yuan"]), number(case["standard_payment_yuan"])
        net = cost - leaving_cost(case, scheme)
        if scheme.readmission and scheme.readmission.pays == "one_stay":
            net += number(case["joined_cost_yuan"])
        by_group = number(case["drg_payment_yuan"]) + number(case["high_cost_payment_yuan"])
        total["cost"] += cost
        if kind in BY_GROUP:
            total["standard"] += standard
            total["surplus_formula"] += standard - net
        if kind in compared:
            total["shared_cost"] += net
            total["shared_standard"] += by_group
            if scheme.method.kind == "points":
                points = number(case["points"])
                part = half_up(points * by_group / standard, FINEST) if standard > 0 else points
                total["points"] += part
        else:
            total["item_payment"] += by_group
        if kind in scheme.method.points_for:
            # What they are paid beside groups has points, and is paid anew by their value.
            total["points"] += number(case["points"])
            beside = number(case["item_payment_yuan"]) + number(case["outside_payment_yuan"])
            total["converted_payment"] += by_group + beside
        for name in BESIDE:
            total[name] += number(case[PAID_BESIDE[name]])
        if "patient_share_yuan" in case:
            total["patient_and_others"] += number(case["patient_and_others_yuan"])
            total["borne_above_payment"] += number(case["borne_above_payment_yuan"])
    return total


def rounding(rules: SettlementRules) -> Callable[[Fraction], Fraction]:
    """How a share of an amount is rounded."""
    chosen = rules.rounding
    unit = Fraction(1) if chosen and chosen.unit == "yuan" else FEN
    if chosen and chosen.mode == "down":
        return lambda value: floor(value / unit) * unit
    return lambda value: half_up(value, unit)


def kept_by_hospital(standard: Fraction, cost: Fraction, rules: SettlementRules) -> Fraction:
    """Of a surplus, before rounding."""
    surplus = max(standard - cost, Fraction(0))
    if rules.surplus is None or surplus == 0:
        return surplus
    used = cost / standard
    bands = [(Fraction(b.utilisation_at_least), Fraction(b.hospital_keeps)) for b in rules.surplus.bands]
    if rules.surplus.mode == "whole":
        return surplus * next(share for start, share in reversed(bands) if used >= start)
    ends = [start for start, _ in bands[1:]] + [Fraction(1)]
    return sum(
        (max(end - max(start, used), Fraction(0)) * standard * share)
        for (start, share), end in zip(bands, ends, strict=True)
    ) + Fraction(0)


def borne_by_fund(standard: Fraction, cost: Fraction, rules: SettlementRules) -> Fraction:
    """Of an overrun, before rounding."""
    overrun = max(cost - standard, Fraction(0))
    if rules.overrun is None or overrun == 0:
        return Fraction(0)
    bands = [(Fraction(b.utilisation_at_least), Fraction(b.fund_bears)) for b in rules.overrun.bands]
    if rules.overrun.mode == "whole":
        return overrun * next(share for start, share in reversed(bands) if cost >= start * standard)
    ends = [start * standard for start, _ in bands[1:]] + [cost]
    return sum(
        max(min(end, cost) - start * standard, Fraction(0)) * share
        for (start, share), end in zip(bands, ends, strict=True)
    ) + Fraction(0)


def band(standard: Fraction, cost: Fraction, rules: SettlementRules) -> str | None:
    """The limits between which cost ÷ standard falls."""
    if standard <= 0:
        return None
    below = [b.utilisation_at_least for b in rules.surplus.bands] if rules.surplus else [Decimal(0)]
    above = [b.utilisation_at_least for b in rules.overrun.bands] if rules.overrun else [Decimal(1)]
    starts = [*below, *above]
    at = max(i for i, start in enumerate(starts) if cost >= Fraction(start) * standard)
    text = [f"{(start * 100).normalize():f}%" for start in starts[at : at + 2]]
    return f"≥ {text[0]}" if len(text) == 1 else f"{text[0]} – {text[1]}"


def shared(total: Figures, rules: SettlementRules) -> Figures:
    """From the sums of cases to what is paid for them."""
    to_unit = rounding(rules)
    standard, cost = max(total["shared_standard"], Fraction(0)), total["shared_cost"]
    found = dict(total)
    found["cmi"] = (
        half_up(total["relative_weight"] / total["weighted_cases"], FINEST)
        if total["weighted_cases"]
        else None
    )
    found["utilisation"] = half_up(cost / standard, FINEST) if standard > 0 else None
    found["band"] = band(standard, cost, rules)
    paid = sum((total[name] for name in BESIDE), total["shared_standard"])
    found["surplus"] = paid - total["cost"]
    found["surplus_adjustment"] = found["surplus"] - total["surplus_formula"]
    found["surplus_available"] = max(standard - cost, Fraction(0))
    kept = kept_by_hospital(standard, cost, rules)
    found["surplus_retained"] = min(to_unit(kept), found["surplus_available"]) if rules.surplus else kept
    found["surplus_returned"] = found["surplus_available"] - found["surplus_retained"]
    found["overrun"] = max(cost - standard, Fraction(0))
    found["overrun_fund"] = min(to_unit(borne_by_fund(standard, cost, rules)), found["overrun"])
    found["overrun_hospital"] = found["overrun"] - found["overrun_fund"]
    payment = total["shared_standard"] - found["surplus_returned"] + found["overrun_fund"]
    found["cap_effect"] = found["floor_effect"] = Fraction(0)
    limits = rules.limits
    if limits and limits.cap_of_cost is not None:
        highest = to_unit(cost * Fraction(limits.cap_of_cost))
        found["cap_effect"] = min(highest - payment, Fraction(0))
    if limits and limits.floor_of_cost is not None:
        lowest = to_unit(cost * Fraction(limits.floor_of_cost))
        found["floor_effect"] = max(lowest - payment, Fraction(0))
    found["shared_payment"] = payment + found["cap_effect"] + found["floor_effect"]
    found["payment"] = sum((total[name] for name in BESIDE), found["shared_payment"])
    return found


def account(found: Figures, rules: SettlementRules, basis: str, *, cleared: bool) -> Figures:
    """From the payment to the balance. ``found`` has the adjustments and what was paid, too."""
    to_unit = rounding(rules)
    nothing = Fraction(0)
    local = basis == "local"
    due = max(found["payment"] - found["patient_and_others"], nothing)
    found["entitlement"] = (
        found["payment"]
        - found["patient_and_others"]
        + found["quality_adjustment"]
        + found["budget_adjustment"]
    )
    # The hospital has all that patients and others bear, also where that is more than the payment.
    borne = found["patient_and_others"] + found["borne_above_payment"]
    found["outcome"] = found["entitlement"] + borne - found["cost"]
    deposit = to_unit(due * Fraction(rules.deposit.share)) if rules.deposit and local else nothing
    found["deposit"] = deposit
    found["deposit_returned"] = found["deposit_forfeited"] = found["held_back"] = nothing
    if local and found["deposit_share"] is not None:
        found["deposit_returned"] = to_unit(deposit * found["deposit_share"])
        found["deposit_forfeited"] = deposit - found["deposit_returned"]
    found["daily_due"] = nothing
    if rules.disbursement and local:
        found["daily_due"] = to_unit(due * Fraction(rules.disbursement.daily_share))
        if not cleared:
            monthly = to_unit(due * Fraction(rules.disbursement.monthly_share))
            found["held_back"] = max(due - monthly - deposit, nothing)
    found["prepayment_recovered"] = nothing
    if rules.prepayment:
        months = rules.prepayment.recover_months
        part = to_unit(found["prepayment"] * found["month"] / months)
        over = found["month"] >= months
        found["prepayment_recovered"] = found["prepayment"] if over else min(part, found["prepayment"])
    found["instalments"] = (
        found["daily_paid"] + found["monthly_paid"] + found["supplements"] - found["refunds"]
    )
    taken = found["prepayment"] if cleared else found["prepayment_recovered"]
    payable = found["entitlement"] - deposit + found["deposit_returned"] - found["held_back"]
    payable = payable - found["deductions"] - taken
    simulated = basis.endswith("_simulated")
    found["payable"] = nothing if simulated else payable
    found["balance"] = nothing if simulated else payable - found["instalments"]
    return found


# ----------------------------------------------------------------------------------------------------- budget


def apportion(total: Fraction, weights: Sequence[Fraction], unit: Fraction) -> list[Fraction]:
    """In proportion: whole units first, then one each by the largest remainder, the rest to the largest."""
    whole = floor(total / unit)
    quotas = [whole * weight / sum(weights) for weight in weights]
    parts = [floor(quota) for quota in quotas]
    by_rest = sorted(range(len(weights)), key=lambda i: (parts[i] - quotas[i], i))
    for i in by_rest[: whole - sum(parts)]:
        parts[i] += 1
    amounts = [part * unit for part in parts]
    amounts[weights.index(max(weights))] += total - whole * unit
    return amounts


def close_budget(budget: Budget, rows: Sequence[Figures], rules: SettlementRules) -> Figures:
    """Close a budget; the rows get their ``budget_adjustment``."""
    unit = Fraction(1) if rules.rounding and rules.rounding.unit == "yuan" else FEN
    amount = Fraction(budget.amount_yuan)
    reserve = half_up(amount * Fraction(budget.reserve_share))
    relief = [max(row["overrun_fund"] + row["cap_effect"], Fraction(0)) for row in rows]
    # The fund's share of overruns is paid from the reserve first, so the pool need not pay that part.
    used = min(reserve, sum(relief, Fraction(0))) if budget.reserve_covers == "overruns" else Fraction(0)
    pool = amount - reserve + used + Fraction(budget.carried_in_yuan)
    claims = [row["payment"] - row["patient_and_others"] + row["quality_adjustment"] for row in rows]
    claimed = sum(claims, Fraction(0))
    found: Figures = {
        "year": budget.year,
        "insurance_type": budget.insurance,
        "accounts": len(rows),
        "budget": amount,
        "hospital_group": budget.hospital_group,
        "reserve": reserve,
        "reserve_used": used,
        "reserve_left": reserve - used,
        "reserve_carried_out": reserve - used if budget.reserve_rest == "carried_over" else Fraction(0),
        "carried_in": Fraction(budget.carried_in_yuan),
        "pool": pool,
        "claimed": claimed,
        "carried_out": Fraction(0),
        "borne_by_fund": Fraction(0),
        "factor": None,
        "point_value": None,
        "points": None,
    }
    after: list[Fraction] | None = list(claims)
    how: str = budget.excess if claimed > pool else budget.remainder
    if how == "point_value":
        points = [row["points"] * row["quality_factor"] for row in rows]
        by_points = [
            row["shared_payment"] + row["converted_payment"] + row["quality_adjustment"] for row in rows
        ]
        left = pool - claimed + sum(by_points)
        if sum(points) <= 0 or left < 0:
            after = None
        else:
            found["point_value"] = left / sum(points)
            found["points"] = sum(points)
            earned = apportion(left, points, unit)
            after = [c - b + e for c, b, e in zip(claims, by_points, earned, strict=True)]
    elif claimed == pool:
        how = "balanced"
    elif how == "carried_over":
        found["carried_out"] = pool - claimed
    elif how == "fund":
        found["borne_by_fund"] = claimed - pool
    else:
        if how == "hospitals_over":
            after = _without_relief(claims, relief, claimed - pool)
        after, found["factor"] = _by_factor(after or [], pool, unit)
    if after is None:
        how, after, found["carried_out"] = "not_possible", claims, pool - claimed
    found["closed_by"] = how
    found["paid"] = sum(after, Fraction(0))
    for row, claim, now in zip(rows, claims, after, strict=True):
        row["budget_adjustment"] = now - claim
    return found


def _without_relief(claims: list[Fraction], relief: list[Fraction], excess: Fraction) -> list[Fraction]:
    if sum(relief) == 0:
        return claims
    taken = relief if excess >= sum(relief) else apportion(excess, relief, FEN)
    return [claim - part for claim, part in zip(claims, taken, strict=True)]


def _by_factor(
    claims: list[Fraction], pool: Fraction, unit: Fraction
) -> tuple[list[Fraction] | None, Fraction | None]:
    if sum(claims) == pool:
        return claims, None
    above = [claim for claim in claims if claim > 0]
    for_them = pool - sum(claim for claim in claims if claim <= 0)
    if not above or for_them < 0:
        return None, None
    parts = iter(apportion(for_them, above, unit))
    return [next(parts) if claim > 0 else claim for claim in claims], for_them / sum(above)


# ------------------------------------------------------------------------------------------------- the year


class _Year:
    def __init__(
        self,
        scheme: PaymentScheme,
        cases: Sequence[Case],
        payments: Iterable[Mapping[str, Any]],
        scores: Iterable[Mapping[str, Any]],
        close: bool | None,
    ) -> None:
        self.scheme, self.close = scheme, close
        self.rules = scheme.settlement or SettlementRules(source="none")
        self.scores = list(scores)
        self.cases: dict[Account, dict[int, list[Case]]] = defaultdict(lambda: defaultdict(list))
        self.paid: dict[Account, list[Mapping[str, Any]]] = defaultdict(list)
        for case in cases:
            date = case["discharge_date"]
            place = (date.year, case["insurance_type"], self._basis(case), case["hospital_id"])
            self.cases[place][date.month].append(case)
        for paid in payments:
            self.paid[paid["year"], paid["insurance_type"], "local", paid["hospital_id"]].append(paid)
        self.accounts = sorted({*self.cases, *self.paid})

    def _basis(self, case: Case) -> str:
        away = self.rules.off_site
        area = (case.get("insured_area") or "").strip()
        if away is None or not area or area in away.home_areas:
            return "local"
        name, counts = "off_site", away.counts
        if away.in_province:
            name = "cross_province"
            if any(area.startswith(begin) for begin in away.in_province.areas_begin_with):
                name, counts = "in_province", away.in_province.counts
        return name if counts == "real" else f"{name}_simulated"

    def settled(self) -> Settled:
        rows: dict[tuple[Account, str, str], Figures] = {}
        budgets = []
        for year in sorted({place[0] for place in self.accounts}):
            accounts = [place for place in self.accounts if place[0] == year]
            with_cases = [month for place in accounts for month in self.cases[place]]
            with_paid = [paid["month"] for place in accounts for paid in self.paid[place]]
            last, end = max(with_cases, default=0), max(with_cases + with_paid)
            for place in accounts:
                rows |= self._months(place, end)
            cleared = last == 12 if self.close is None else self.close
            if not cleared and last == 0:
                continue
            span = "year" if cleared else "forecast"
            year_rows = {place: self._before_closing(place, end, last, cleared=cleared) for place in accounts}
            for budget in self.rules.budgets:
                theirs = [row for place, row in year_rows.items() if self._shares_in(place, budget)]
                if theirs:
                    budgets.append(close_budget(budget, theirs, self.rules) | {"span": span})
            for place, row in year_rows.items():
                rows[place, span, str(year)] = account(row, self.rules, place[2], cleared=True)
        order = {(b.year, b.insurance, b.hospital_group): at for at, b in enumerate(self.rules.budgets)}
        keys = ("year", "insurance_type", "hospital_group")
        budgets.sort(key=lambda b: (b["span"] != "year", order[tuple(b[key] for key in keys)]))
        return Settled(rows, budgets)

    def _shares_in(self, place: Account, budget: Budget) -> bool:
        """A budget is for local patients of its year, its insurance or all, its hospitals or all."""
        year, insurance, basis, hospital = place
        members = {
            name
            for row in self.rules.hospital_groups
            if row.name == budget.hospital_group and row.year in (None, year)
            for name in row.hospitals
        }
        return (
            basis == "local"
            and budget.year == year
            and (budget.insurance is None or budget.insurance == insurance)
            and (budget.hospital_group is None or hospital in members)
        )

    def _given(self, place: Account, until: int) -> Figures:
        given: Figures = dict.fromkeys(KINDS.values(), Fraction(0))
        for paid in self.paid[place]:
            if paid["month"] <= until:
                given[KINDS[paid["kind"]]] += Fraction(paid["amount"])
        return given | {"month": until}

    def _until(self, place: Account, month: int) -> list[Case]:
        return [case for at in range(1, month + 1) for case in self.cases[place][at]]

    def _months(self, place: Account, end: int) -> dict[tuple[Account, str, str], Figures]:
        rows = {}
        before: Figures = {}
        for month in range(1, end + 1):
            so_far = shared(sums(self._until(place, month), self.scheme), self.rules)
            so_far |= self._given(place, month)
            so_far |= {"quality_adjustment": Fraction(0), "budget_adjustment": Fraction(0)}
            so_far = account(so_far | {"deposit_share": None}, self.rules, place[2], cleared=False)
            alone = shared(sums(self.cases[place][month], self.scheme), self.rules)
            of_month = dict(alone)
            for name, value in so_far.items():
                # Counts, weights, points and ratios are the month's own; amounts are what the year grew by.
                if name not in (*COUNTS, *FINE, *RATIOS) and isinstance(value, Fraction):
                    of_month[name] = value - before.get(name, 0)
            before = so_far
            period = f"{place[0]}-{month:02}"
            rows[place, "month", period] = of_month
            rows[place, "year_to_date", period] = so_far
        return rows

    def _before_closing(self, place: Account, end: int, last: int, *, cleared: bool) -> Figures:
        total = sums(self._until(place, 12), self.scheme)
        if not cleared:
            for name in total:
                unit = Fraction(1) if name in COUNTS else FINEST if name in FINE else FEN
                total[name] = half_up(Fraction(total[name]) * 12 / last, unit)
        row = shared(total, self.rules) | self._given(place, 12) | {"month": end}
        score = self._score(place) if cleared else None
        row["quality_factor"], row["deposit_share"] = Fraction(1), None
        if score is not None and self.rules.quality:
            fits = [r.factor for r in self.rules.quality.scores if score >= r.score_at_least]
            row["quality_factor"] = Fraction(fits[-1])
        if score is not None and self.rules.deposit:
            backs = [r.returned for r in self.rules.deposit.scores if score >= r.score_at_least]
            row["deposit_share"] = Fraction(backs[-1])
        by_points = any(b.excess == "point_value" and self._shares_in(place, b) for b in self.rules.budgets)
        in_points = row["shared_payment"] + row["converted_payment"]
        base = in_points if by_points else row["payment"] - row["patient_and_others"]
        row["quality_adjustment"] = rounding(self.rules)(base * (row["quality_factor"] - 1))
        row["budget_adjustment"] = Fraction(0)
        return row

    def _score(self, place: Account) -> Decimal | None:
        year, insurance, basis, hospital = place
        if basis != "local":
            return None
        mine = [s for s in self.scores if (s["hospital_id"], s["year"]) == (hospital, year)]
        own = [s["score"] for s in mine if s["insurance_type"] == insurance]
        every = [s["score"] for s in mine if s["insurance_type"] is None]
        return next(iter(own + every), None)
