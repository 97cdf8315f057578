"""Random rules of settlement, random priced cases that sit on their boundaries, payments, decisions, scores.

Everything is drawn from a ``random.Random``, as in ``tests.payment.strategies``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

import drg
from drg import Settlement
from drg.columns import ALL
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme import PaymentScheme
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS
from tests.payment.strategies import plain_scheme, sourced
from tests.settlement import reference

HOSPITALS = ("H1", "H2", "H3")
# Of each hospital, what its cases say; with two of them its level is not known.
LEVELS_OF = {"H1": ("3", "3", None), "H2": ("2",), "H3": ("1", "1", "1", "2")}
GROUPS = {"county": ("H1", "H2"), "town": ("H3",)}
INSURANCES = ("310", "390")
YEAR = 2025
HOME = "440100"
# Percents of the standard that cases cost, and at which bands begin.
LEVELS = (70, 80, 95, 100, 108, 120)

PRICED = (
    *("hospital_id", "insurance_type", "case_id", "discharge_date", "insured_area", "total_cost_yuan"),
    "hospital_level",
    *("excluded_items_yuan", "negotiated_drugs_yuan"),
    *("patient_share_yuan", "other_payers_yuan", "relative_weight", "points"),
    *(
        "standard_payment_yuan",
        "case_class",
        "drg_payment_yuan",
        "high_cost_payment_yuan",
        "item_payment_yuan",
    ),
    *(
        "outside_payment_yuan",
        "special_case_payment_yuan",
        "excluded_items_payment_yuan",
        "payment_yuan",
        "fund_payment_yuan",
    ),
    *(
        "patient_and_others_yuan",
        "borne_above_payment_yuan",
        "joined_cost_yuan",
        "surplus_formula_yuan",
        "surplus_adjustment_yuan",
        "surplus_yuan",
        "pricing_reason",
        "scheme",
    ),
)
PAYMENTS = ("hospital_id", "insurance_type", "period", "kind", "amount_yuan", "note")


class Drawn(NamedTuple):
    """All that one settlement takes."""

    scheme: PaymentScheme
    cases: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    close: bool | None


# -------------------------------------------------------------------------------------------------- schemes


def scheme(settlement: Mapping[str, Any] | None = None, **entries: Any) -> PaymentScheme:
    """A plain scheme with a section of settlement; sources are added to each part."""
    given = None if settlement is None else with_sources(settlement)
    return PaymentScheme.model_validate(plain_scheme(**entries, settlement=given))


def with_sources(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The section with a source beside each part."""
    parts = {
        name: part
        if isinstance(part, str)
        else [sourced(**b) for b in part]
        if name in ("budgets", "hospital_groups")
        else sourced(**{key: sourced(**v) if isinstance(v, dict) else v for key, v in part.items()})
        for name, part in rules.items()
    }
    return sourced(**parts)


def loaded(model: PaymentScheme) -> LoadedScheme:
    """A scheme as if it had been read from files."""
    return LoadedScheme(model, {}, Path())


def _share(rng: random.Random, low: int = 0, high: int = 100) -> Decimal:
    return Decimal(rng.randint(low * 100, high * 100)).scaleb(-4)


def _bands(rng: random.Random, first: int, key: str) -> dict[str, Any]:
    low, high = (1, 99) if first == 0 else (101, 150)
    starts = set(rng.sample(range(low, high), rng.randint(0, 3)))
    starts |= {level for level in LEVELS if low <= level < high and rng.random() < 0.4}
    later = [Decimal(start).scaleb(-2) for start in sorted(starts)]
    bands = [{"utilisation_at_least": start, key: _share(rng)} for start in (Decimal(first), *later)]
    return {"mode": rng.choice(["marginal", "marginal", "whole"]), "bands": bands}


def _scores(rng: random.Random, key: str, low: int, high: int) -> list[dict[str, Any]]:
    starts = [0, *sorted(rng.sample(range(10, 101, 10), rng.randint(0, 3)))]
    return [{"score_at_least": start, key: _share(rng, low, high)} for start in starts]


def _budgets(rng: random.Random, cases: Sequence[Mapping[str, Any]], *, points: bool) -> list[dict[str, Any]]:
    together = rng.random() < 0.4
    insurances: list[str | None] = [None] if together else rng.sample(INSURANCES, rng.randint(1, 2))
    # One budget for all hospitals, or one for each group, or for one of the groups only.
    some_groups: list[str | None] = rng.choice([[None], [None], list(GROUPS), ["county"]])
    budgets = []
    for insurance, group in product(insurances, some_groups):
        paid = sum(
            Fraction(case["payment_yuan"]) - Fraction(case["patient_and_others_yuan"] or 0)
            for case in cases
            if insurance in (None, case["insurance_type"])
            and (group is None or case["hospital_id"] in GROUPS[group])
        )
        amount = max(reference.half_up(Fraction(paid * rng.randint(70, 130), 100)), Fraction(1))
        excess = rng.choice(["common_factor", "hospitals_over", "carried_over", "fund"])
        remainder = rng.choice(["common_factor", "carried_over", "fund"])
        if points:
            excess = remainder = "point_value"
        budget = {
            "year": YEAR,
            "amount_yuan": Decimal(int(amount * 100)).scaleb(-2),
            "reserve_share": rng.choice([Decimal(0), _share(rng, 0, 10)]),
            "reserve_rest": rng.choice(["fund", "carried_over"]),
            "carried_in_yuan": rng.choice([Decimal(0), Decimal(rng.randint(-100_000, 100_000)).scaleb(-2)]),
            "excess": excess,
            "remainder": remainder,
        }
        if budget["reserve_share"] and rng.random() < 0.6:
            budget["reserve_covers"] = "overruns"
        named = {"insurance": insurance, "hospital_group": group}
        budgets.append(budget | {name: value for name, value in named.items() if value is not None})
    return budgets


def _off_site(rng: random.Random) -> dict[str, Any]:
    counts = ["real", "simulated"]
    near = {"areas_begin_with": rng.choice([["44"], ["4403", "4401"]]), "counts": rng.choice(counts)}
    off_site = {"home_areas": [HOME], "counts": rng.choice(counts)}
    return rng.choice([off_site, off_site | {"in_province": near}])


def random_rules(
    rng: random.Random, cases: Sequence[Mapping[str, Any]], *, points: bool = False
) -> dict[str, Any]:
    """The section [settlement]; each part is there more often than not."""

    def perhaps(part: Any) -> Any:
        return part if rng.random() < 0.7 else None

    monthly, deposit = rng.randint(50, 95), rng.randint(0, 5)
    daily = Decimal(rng.randint(0, monthly)).scaleb(-2)
    limits: dict[str, Any] = {}
    if rng.random() < 0.7:
        limits["cap_of_cost"] = Decimal(rng.randint(90, 150)).scaleb(-2)
    if not limits or rng.random() < 0.5:
        limits["floor_of_cost"] = Decimal(rng.randint(30, 90)).scaleb(-2)
    by_points = points and rng.random() < 0.8
    rules = {
        "surplus": None if by_points else perhaps(_bands(rng, 0, "hospital_keeps")),
        "overrun": None if by_points else perhaps(_bands(rng, 1, "fund_bears")),
        "limits": limits if not by_points and rng.random() < 0.5 else None,
        "prepayment": perhaps({"recover_months": rng.randint(1, 12)}),
        "disbursement": perhaps({"monthly_share": Decimal(monthly).scaleb(-2), "daily_share": daily}),
        "deposit": perhaps(
            {"share": Decimal(deposit).scaleb(-2), "scores": _scores(rng, "returned", 0, 100)}
        ),
        "quality": perhaps({"scores": _scores(rng, "factor", 80, 110)}),
        "special": perhaps(
            rng.choice(
                [
                    {"quota_share": rng.choice([Decimal("0.05"), Decimal("0.5")])},
                    {"quotas": [{"level": level, "share": _share(rng)} for level in "32"]},
                ]
            )
        ),
        "budgets": _budgets(rng, cases, points=by_points) if by_points or rng.random() < 0.8 else None,
        "off_site": perhaps(_off_site(rng)),
        "rounding": perhaps({"unit": rng.choice(["fen", "yuan"]), "mode": rng.choice(["half_up", "down"])}),
    }
    for budget in rules["budgets"] or () if rules["overrun"] is None else ():
        # Without a rule, the fund bears nothing that could be taken back.
        budget["excess"] = budget["excess"].replace("hospitals_over", "common_factor")
        budget.pop("reserve_covers", None)
    if any("hospital_group" in budget for budget in rules["budgets"] or ()):
        # For every year, or for the year of the budgets; another year's do not matter.
        year = rng.choice([{}, {"year": YEAR}])
        rows = [{"name": name, "hospitals": list(members)} | year for name, members in GROUPS.items()]
        other = {"name": "town", "hospitals": list(HOSPITALS), "year": YEAR + 1}
        rules["hospital_groups"] = [*rows, *([other] if year else [])]
    return {name: part for name, part in rules.items() if part is not None}


# ---------------------------------------------------------------------------------------------------- cases


def yuan(fen: int) -> Decimal:
    """Whole fen as an amount."""
    return Decimal(fen).scaleb(-2)


def priced_case(
    case_class: str = "normal",
    *,
    cost: Any = "9000.00",
    standard: Any = "10000.00",
    paid: Any = None,
    **values: Any,
) -> dict[str, Any]:
    """One priced case, its parts as pricing fills them.

    Args:
        case_class: decides which part of the payment is filled.
        cost: of the stay in yuan.
        standard: of its group.
        paid: the payment without excluded items; left out: the standard, or the cost if it is paid by item.
        values: other columns.
    """
    cost, standard = Decimal(cost), None if standard is None else Decimal(standard)
    beside = Decimal(values.get("excluded_items_yuan") or 0)
    case: dict[str, Any] = dict.fromkeys(PRICED) | {
        "hospital_id": "H1",
        "insurance_type": "310",
        "case_id": "C1",
        "discharge_date": datetime(YEAR, 1, 15),
        "relative_weight": Decimal(1),
        "scheme": "plain",
        "patient_share_yuan": Decimal(0),
    }
    case |= {"total_cost_yuan": cost, "standard_payment_yuan": standard, "case_class": case_class}
    parts = dict.fromkeys(
        (
            "drg_payment_yuan",
            "high_cost_payment_yuan",
            "item_payment_yuan",
            "outside_payment_yuan",
            "special_case_payment_yuan",
        ),
        Decimal(0),
    )
    by_group = case_class in ("normal", "incomplete", "high")
    default = standard if by_group and standard is not None else cost - beside
    amount = default if paid is None else Decimal(paid)
    if case_class in ("invalid", "unpriced"):
        amount = Decimal(0)
    if case_class == "high" and standard is not None:
        parts |= {"drg_payment_yuan": standard, "high_cost_payment_yuan": amount - standard}
    elif by_group:
        parts["drg_payment_yuan"] = amount
    elif case_class in ("long", "bed_day", "day_surgery"):
        parts["outside_payment_yuan"] = amount
    elif case_class == "special":
        parts["special_case_payment_yuan"] = amount
    else:
        parts["item_payment_yuan"] = amount
    case |= (
        parts
        | values
        | {"excluded_items_payment_yuan": Decimal(values.get("excluded_items_payment_yuan") or 0)}
    )
    payment = sum(parts.values(), case["excluded_items_payment_yuan"])
    borne = case["patient_share_yuan"]
    rest = None if borne is None else payment - borne - (case["other_payers_yuan"] or 0)
    fund = None if rest is None else max(rest, Decimal(0))
    net = cost - beside + Decimal(case["joined_cost_yuan"] or 0)
    formula = standard - net if case_class in reference.BY_GROUP and standard is not None else 0
    return case | {
        "payment_yuan": payment,
        "fund_payment_yuan": fund,
        "patient_and_others_yuan": None if fund is None else payment - fund,
        "borne_above_payment_yuan": None if rest is None else max(-rest, Decimal(0)),
        "surplus_yuan": payment - cost,
        "surplus_formula_yuan": formula,
        "surplus_adjustment_yuan": payment - cost - formula,
    }


def random_case(
    rng: random.Random, number: int, last_month: int, level: Decimal, *, exact: bool
) -> dict[str, Any]:
    """A priced case; ``level`` is about its cost ÷ standard, or exactly that."""
    kind = rng.choice(["normal"] * 8 + list(reference.CLASSES))
    standard = yuan(rng.choice([1_000_000, rng.randint(1, 3_000_000)]))
    if exact:
        kind, standard = rng.choice(["normal", "short"]), yuan(10_000 * rng.randint(1, 200))
    beside = 0 if exact else rng.choice([0, 0, 0, rng.randint(-20, 20)])
    cost = yuan(int(standard * 100 * (level + Decimal(beside).scaleb(-2))))
    cost = max(cost, yuan(0))
    excluded = None if exact else rng.choice([None, None, yuan(rng.randint(0, int(cost * 100)))])
    paid = None
    if kind == "incomplete":
        paid = yuan(rng.randint(0, int(standard * 100)))
    elif kind == "high":
        paid = standard + yuan(rng.randint(-500_000, 3_000_000))
    elif kind not in ("normal", "invalid", "unpriced"):
        paid = yuan(rng.randint(0, 3_000_000))
    weight = Decimal(rng.randint(1, 60_000)).scaleb(-4)
    hospital = rng.choice(HOSPITALS)
    return priced_case(
        kind,
        cost=cost,
        standard=standard,
        paid=paid,
        case_id=f"C{number}",
        hospital_id=hospital,
        hospital_level=rng.choice(LEVELS_OF[hospital]),
        insurance_type=rng.choice(INSURANCES),
        discharge_date=datetime(YEAR, rng.randint(1, last_month), rng.randint(1, 28), rng.randint(0, 23)),
        insured_area=rng.choice([None, HOME, HOME, HOME, "440300", "440500", "510100"]),
        excluded_items_yuan=excluded,
        negotiated_drugs_yuan=rng.choice([None, min(yuan(rng.randint(0, 1000)), cost - (excluded or 0))]),
        excluded_items_payment=excluded if excluded and rng.random() < 0.5 else None,
        patient_share_yuan=None if rng.random() < 0.02 else yuan(rng.randint(0, 400_000)),
        other_payers_yuan=rng.choice([None, yuan(rng.randint(0, 50_000))]),
        joined_cost_yuan=rng.choice([None, None, yuan(rng.randint(0, 1_000_000))]),
        relative_weight=None if kind in ("unweighted", "ungrouped") else weight,
        points=weight * 100,
    )


def random_payments(rng: random.Random) -> list[dict[str, Any]]:
    """Instalments; some for accounts without cases."""
    return [
        {
            "hospital_id": rng.choice(HOSPITALS),
            "insurance_type": rng.choice(INSURANCES),
            "year": YEAR,
            "month": rng.randint(1, 12),
            "kind": rng.choice(list(reference.KINDS)),
            "amount": yuan(rng.randint(0, 2_000_000)),
        }
        for _ in range(rng.randint(0, 12))
    ]


def random_decisions(rng: random.Random, cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Decisions on some of the cases."""
    return [
        {
            "hospital_id": case["hospital_id"],
            "case_id": case["case_id"],
            "approved": rng.random() < 0.8,
            "payment": rng.choice([None, yuan(rng.randint(0, 5_000_000))]),
        }
        for case in rng.sample(list(cases), min(len(cases), rng.randint(0, 4)))
    ]


def random_scores(rng: random.Random) -> list[dict[str, Any]]:
    """Scores of some hospitals, for all insurances or one."""
    places = [(hospital, insurance) for hospital in HOSPITALS for insurance in (None, *INSURANCES)]
    return [
        {
            "hospital_id": hospital,
            "year": YEAR,
            "insurance_type": insurance,
            "score": Decimal(rng.choice([rng.randint(0, 10) * 100_000, rng.randint(0, 1_000_000)])).scaleb(
                -4
            ),
        }
        for hospital, insurance in rng.sample(places, rng.randint(0, 5))
    ]


def random_settlement(rng: random.Random, most: int = 40, **fixed: Any) -> Drawn:
    """A random scheme and all that it settles; ``fixed`` parts of the rules replace those drawn."""
    last_month = rng.choice([12, rng.randint(1, 12)])
    level = Decimal(rng.choice(LEVELS)).scaleb(-2)
    exact = rng.random() < 0.3
    count = rng.randint(1, most)
    cases = [random_case(rng, number, last_month, level, exact=exact) for number in range(count)]
    points = rng.random() < 0.3
    rules = random_rules(rng, cases, points=points) | fixed
    rules = {name: part for name, part in rules.items() if part is not None}
    extra: dict[str, Any] = {}
    if points:
        extra = {
            "method": sourced(kind="points", scale=100),
            "low": sourced(threshold=Decimal("0.4"), reference="standard"),
            "outside": [sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", price_yuan=300)],
        }
    if rng.random() < 0.7:
        extra["excluded_items"] = sourced(share=Decimal(1))
    if rng.random() < 0.3:
        drugs = {"name": "drugs", "column": "negotiated_drugs_yuan", "share": Decimal(1)}
        extra["additions"] = [sourced(**drugs, out_of_cost=rng.random() < 0.7)]
    if rng.random() < 0.3:
        extra["readmission"] = sourced(days=15, pays="one_stay")
    if rng.random() < 0.7:
        formula = rng.choice(["linear_add", "by_item"])
        extra["high"] = sourced(formula=formula, reference="standard", tiers=[{"threshold": 3}])
    if points:
        converted = ["ungrouped", "ambiguous", "unweighted", "low", "bed_day"]
        converted += ["high"] if extra.get("high", {}).get("formula") == "by_item" else []
        extra["method"]["points_for"] = [name for name in converted if rng.random() < 0.5]
    return Drawn(
        scheme(rules, **extra),
        cases,
        random_payments(rng),
        random_decisions(rng, cases),
        random_scores(rng),
        rng.choice([None, None, True, False]),
    )


# --------------------------------------------------------------------------------------------------- engine


def frame(cases: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Priced cases as a frame."""
    schema = {name: ALL[name].dtype for name in ("case_id", *PRICED)}
    return pl.DataFrame(list(cases), schema=schema, orient="row")


def payments_frame(payments: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Payments as a table of text; a number in the note tells equal ones apart."""
    rows = [
        {
            "hospital_id": paid["hospital_id"],
            "insurance_type": paid["insurance_type"],
            "period": f"{paid['year']}-{paid['month']:02}",
            "kind": paid["kind"],
            "amount_yuan": str(paid["amount"]),
            "note": str(number),
        }
        for number, paid in enumerate(payments)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(PAYMENTS, pl.String), orient="row")


def decisions_frame(decisions: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Decisions as a table of text."""
    names = ("hospital_id", "case_id", "decision", "special_payment_yuan")
    rows = [
        (
            given["hospital_id"],
            given["case_id"],
            "approved" if given["approved"] else "rejected",
            None if given["payment"] is None or not given["approved"] else str(given["payment"]),
        )
        for given in decisions
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def scores_frame(scores: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Scores as a table of text."""
    names = ("hospital_id", "year", "insurance_type", "score")
    rows = [[None if score[name] is None else str(score[name]) for name in names] for score in scores]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def settled(drawn: Drawn) -> Settlement:
    """What the engine gives."""
    return drg.settle(
        frame(drawn.cases),
        loaded(drawn.scheme),
        payments=payments_frame(drawn.payments),
        decisions=decisions_frame(drawn.decisions),
        scores=scores_frame(drawn.scores),
        close=drawn.close,
    )


def by_reference(drawn: Drawn) -> reference.Settled:
    """What the oracle gives."""
    return reference.settle(
        drawn.cases, drawn.scheme, drawn.payments, drawn.decisions, drawn.scores, close=drawn.close
    )


def rows_of(settlement: Settlement) -> dict[tuple[reference.Account, str, str], dict[str, Any]]:
    """The rows of the engine by account, span and period."""
    return {
        (
            (row["year"], row["insurance_type"], row["basis"], row["hospital_id"]),
            row["span"],
            row["period"],
        ): row
        for row in settlement.rows.iter_rows(named=True)
    }


FIGURES = tuple(column.name for column in SETTLEMENT_COLUMNS[6:])


def differences(found: Settlement, wanted: reference.Settled) -> list[tuple[Any, ...]]:
    """Where engine and oracle differ: row, figure, found, wanted."""
    rows = rows_of(found)
    different: list[tuple[Any, ...]] = [
        (key, "row", key in rows, key in wanted.rows) for key in rows.keys() ^ wanted.rows.keys()
    ]
    for key in rows.keys() & wanted.rows.keys():
        for name in FIGURES:
            mine, theirs = rows[key][name], wanted.rows[key].get(name.removesuffix("_yuan"))
            if key[1] in ("month", "year_to_date") and name == "quality_factor":
                theirs = None
            if (
                None if mine is None or isinstance(mine, str) else Fraction(mine)
            ) != theirs and mine != theirs:
                different.append((key, name, mine, theirs))
    if len(wanted.budgets) != found.budgets.height:
        different.append(("budgets", found.budgets.height, len(wanted.budgets)))
    for row, budget in zip(found.budgets.iter_rows(named=True), wanted.budgets, strict=False):
        for name, mine in row.items():
            theirs = budget[name.removesuffix("_yuan")]
            if isinstance(theirs, Fraction):
                places = {"factor": 12, "point_value": 12, "points": 8}.get(name, 2)
                theirs = reference.half_up(theirs, Fraction(1, 10**places))
            if (Fraction(mine) if isinstance(mine, Decimal) else mine) != theirs:
                different.append(("budget", budget["insurance_type"], name, mine, theirs))
    return different
