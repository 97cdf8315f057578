"""Random payment schemes and random cases that sit on the boundaries between their classes.

Everything is drawn from a ``random.Random``: with a seed for long runs, from hypothesis for short ones that
shrink. Groups are those of the demo grouper, so that the schemes also load from files.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

import drg as package
from drg.columns import PRICE_COLUMNS
from drg.payment.addition_rules import AMOUNTS, COUNTS
from drg.payment.group_rules import FEES, TcmUplift
from drg.payment.outside_rules import Outside
from drg.payment.plausible import unusual
from drg.payment.scheme import PaymentScheme
from tests.payment import reference

Weights = dict[tuple[str, str | None], Decimal]

DRGS = ("AA19", "BB21", "BB23", "BR11", "BR13", "BR15", "BS19", "BV19", "NA19", "NR15")
HOSPITALS = ("H1", "H2", "H3")
LEVELS = ("1", "2", "3")
INSURANCES = ("310", "390", "340")
KINDS = ("bed_day", "day_surgery", "other")
SOURCE = "made up for tests"
# What oracle and engine both give; the reason is text for people.
OUTPUTS = [c.name for c in PRICE_COLUMNS if c.name not in ("pricing_reason", "scheme_digest")]

SCHEMA: dict[str, Any] = {
    "case_id": pl.String,
    "hospital_id": pl.String,
    "hospital_level": pl.String,
    "patient_id": pl.String,
    "insurance_type": pl.String,
    "adrg": pl.String,
    "drg": pl.String,
    "grouping_status": pl.String,
    "grouper": pl.String,
    "los_days": pl.Int64,
    "admission_date": pl.Datetime("us"),
    "discharge_date": pl.Datetime("us"),
    "case_kind": pl.String,
    "incomplete": pl.Boolean,
    "total_cost_yuan": pl.Decimal(18, 2),
    "excluded_items_yuan": pl.Decimal(18, 2),
    "special_payment_yuan": pl.Decimal(18, 2),
    **dict.fromkeys((*AMOUNTS, *FEES), pl.Decimal(18, 2)),
    **dict.fromkeys(COUNTS, pl.Int64),
    "tcm_share": pl.Decimal(18, 8),
    "hospital_coefficient": pl.Decimal(18, 8),
    "patient_share_yuan": pl.Decimal(18, 2),
    "other_payers_yuan": pl.Decimal(18, 2),
}


def frame(cases: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The cases as a frame; costs are text if one of them is."""
    has_text = any(isinstance(case["total_cost_yuan"], str) for case in cases)
    costs = pl.String if has_text else SCHEMA["total_cost_yuan"]
    rows = [{name: case.get(name) for name in SCHEMA} for case in cases]
    if has_text:
        for row in rows:
            row["total_cost_yuan"] = None if row["total_cost_yuan"] is None else str(row["total_cost_yuan"])
    return pl.DataFrame(rows, schema=SCHEMA | {"total_cost_yuan": costs}, orient="row")


# ---------------------------------------------------------------------------------------------------- files


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    return "{" + ", ".join(f"{_toml(str(key))} = {_toml(part)}" for key, part in value.items()) + "}"


def meant(text: str) -> str:
    """A scheme file that means all its numbers, however much out of proportion."""
    entries = tomllib.loads(text, parse_float=Decimal)
    names = [one.name for one in unusual(PaymentScheme.model_validate(entries))]
    return f"unusual = {_toml(names)}\n{text}"


def write_scheme(directory: Path, entries: Mapping[str, Any], weights: Mapping[Any, Decimal]) -> Path:
    """Write a scheme as files: plain entries as they go into the model, and the weights.

    What is out of proportion is meant so.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in entries.items())
    (directory / "scheme.toml").write_text(meant(text), encoding="utf-8")
    rows = [f"{drg},{weight:f},{level or ''}\n" for (drg, level), weight in weights.items()]
    (directory / "weights.csv").write_text("drg,relative_weight,level\n" + "".join(rows), encoding="utf-8")
    return directory


# -------------------------------------------------------------------------------------------------- schemes


def _decimal(rng: random.Random, low: int, high: int, places: int) -> Decimal:
    """A decimal between two whole numbers with so many places, often with fewer."""
    places = rng.choice([0, 1, places, places])
    return Decimal(rng.randint(low * 10**places, high * 10**places)).scaleb(-places)


def _positive(rng: random.Random, low: int, high: int, places: int) -> Decimal:
    return max(_decimal(rng, low, high, places), Decimal(1).scaleb(-places))


def _share(rng: random.Random, lowest: int = 0) -> Decimal:
    return Decimal(rng.randint(lowest, 100)).scaleb(-2)


def sourced(**entries: Any) -> dict[str, Any]:
    return {**{name: value for name, value in entries.items() if value is not None}, "source": SOURCE}


def _rates(rng: random.Random) -> list[dict[str, Any]]:
    places = [(insurance, level) for insurance in (None, *INSURANCES) for level in (None, *LEVELS)]
    some = rng.sample(places, rng.randint(1, 6))
    if rng.random() < 0.7 and (None, None) not in some:
        some.append((None, None))
    low, high, places_after = rng.choice([(40, 60, 4), (4000, 20_000, 2)])
    return [
        sourced(value_yuan=_positive(rng, low, high, places_after), insurance=insurance, level=level, **days)
        for insurance, level in some
        for days in _periods(rng)
    ]


def _periods(rng: random.Random) -> list[dict[str, date]]:
    """Days for rows for the same: any day; or one after the other, with or without a gap."""
    if rng.random() < 0.7:
        return [{}]
    change = date(2025, 1, 1) + timedelta(days=rng.randint(30, 330))
    first, second = {"valid_to": change}, {"valid_from": change + timedelta(days=rng.choice([1, 1, 30]))}
    if rng.random() < 0.5:
        first["valid_from"] = date(2025, 1, 1)
    if rng.random() < 0.5:
        second["valid_to"] = second["valid_from"] + timedelta(days=rng.randint(0, 90))
    return rng.choice([[first, second], [first], [second]])


def _amounts(rng: random.Random) -> dict[str, Any]:
    """Amounts of some groups, of which some have a weight besides; for some places and days."""
    places = [(insurance, level) for insurance in (None, *INSURANCES) for level in (None, *LEVELS)]
    rows = [
        {
            "drg": drg,
            "amount_yuan": _positive(rng, 500, 60_000, 4),
            **{name: place for name, place in (("insurance", insurance), ("level", level)) if place},
            **days,
        }
        for drg in rng.sample(DRGS, rng.randint(1, 4))
        for insurance, level in rng.sample(places, rng.choice([1, 1, 2, 4]))
        for days in _periods(rng)
    ]
    return sourced(rows=rows)


def _coefficients(rng: random.Random) -> dict[str, Any]:
    places: list[tuple[str | None, str | None, str | None]] = []
    for _ in range(rng.randint(0, 6)):
        hospital, level, drg = rng.choice(HOSPITALS), rng.choice(LEVELS), rng.choice(DRGS)
        kinds: list[tuple[str | None, str | None, str | None]] = [
            (hospital, None, drg),
            (None, level, drg),
            (None, None, drg),
        ]
        kinds += [(hospital, None, None), (None, level, None)]
        place = rng.choice(kinds)
        if place not in places:
            places.append(place)
    rows = [
        sourced(value=_coefficient(rng), hospital=hospital, level=level, drg=drg, **days)
        for hospital, level, drg in places
        for days in _periods(rng)
    ]
    base_groups = rng.sample(DRGS, rng.randint(0, 2))
    default = "not_known" if rng.random() < 0.3 else _coefficient(rng)
    return sourced(default=default, base_groups=base_groups, rows=rows)


def _incentive(rng: random.Random) -> dict[str, Any]:
    rows = [
        {"hospital": hospital, "coefficient": _coefficient(rng), **days}
        for hospital in rng.sample(HOSPITALS, rng.randint(0, 3))
        for days in _periods(rng)
    ]
    return sourced(default="not_known" if rng.random() < 0.3 else _coefficient(rng), rows=rows)


def _tcm(rng: random.Random) -> dict[str, Any]:
    """Medical groups, coefficients for some cases, or both."""
    medical = {"BS19": rng.choice(["BR15", "NR15"]), "BV19": "BR13"}
    found: dict[str, Any] = {"share_below": _share(rng), "medical_drg": medical}
    uplifts = [_uplift(rng) for _ in range(rng.choice([0, 0, 1, 3]))]
    models = [TcmUplift.model_validate(row) for row in uplifts]
    used = [
        row
        for place, row in enumerate(uplifts)
        if not any(earlier.takes_all_of(models[place]) for earlier in models[:place])
    ]
    if used and rng.random() < 0.4:
        found = {}
    return sourced(**found, **_fees(rng), uplifts=used)


def _uplift(rng: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {"coefficient": _coefficient(rng)}
    if rng.random() < 0.7:
        row["share_at_least"] = _share(rng, 1)
    if rng.random() < 0.5 or len(row) == 1:
        row["drgs"] = rng.sample(DRGS, rng.randint(1, 4))
    if rng.random() < 0.3:
        row["hospitals"] = rng.sample(HOSPITALS, rng.randint(1, 2))
    return row


def _coefficient(rng: random.Random) -> Decimal:
    return Decimal(rng.randint(800, 1300)).scaleb(-3)


def _high(rng: random.Random) -> dict[str, Any]:
    limits = sorted(rng.sample(["0.5", "0.8", "1", "2", "3", "5"], rng.randint(0, 4)), key=Decimal)
    tiers: list[dict[str, Any]] = [
        {"threshold": Decimal(rng.randint(15, 40)).scaleb(-1), "weight_below": Decimal(limit)}
        for limit in limits
    ]
    tiers.append({"threshold": Decimal(rng.randint(15, 40)).scaleb(-1)})
    formula = rng.choice(["linear_add", "deduct", "cap", "by_item"])
    reference = rng.choice(["standard", "mean", "lower_of_two"])
    for tier in tiers if formula != "by_item" and rng.random() < 0.4 else ():
        tier["formula"] = rng.choice(["linear_add", "deduct", "cap"])
    adding = [tier for tier in tiers if tier.get("formula", formula) == "linear_add"]
    for tier in adding if rng.random() < 0.3 else ():
        tier["fund_share"] = _share(rng, 1)
    share = _share(rng, 1) if adding and rng.random() < 0.4 else None
    return sourced(formula=formula, fund_share=share, reference=reference, tiers=tiers)


def _outside(rng: random.Random, weights: Weights) -> list[dict[str, Any]]:
    prices = {"per_day": (100, 800), "per_case": (1000, 8000)}
    rules = []
    without_weight = [drg for drg in DRGS if all(drg != weighted for weighted, _ in weights)]
    classes = ["short", "long", "bed_day", "day_surgery", "unstable"]
    classes += ["unweighted"] if without_weight else []
    for case_class in rng.sample(classes, rng.randint(0, len(classes))):
        pays = rng.choice(
            [
                *("by_item", "share", "per_day", "per_day", "per_case"),
                *("share_of_standard", "nothing", "not_known"),
            ]
        )
        price_yuan = _positive(rng, *prices[pays], 3) if pays in prices else None
        rule = sourced(case_class=case_class, pays=pays, price_yuan=price_yuan)
        if case_class in ("unstable", "unweighted") or rng.random() < 0.1:
            groups = without_weight if case_class == "unweighted" else DRGS
            rule["drgs"] = rng.sample(groups, rng.randint(1, min(3, len(groups))))
        if pays in ("share", "share_of_standard"):
            rule["share"] = _share(rng, 1)
        if pays == "per_day" and rng.random() < 0.5:
            rule["stages"] = _stages(rng)
            del rule["price_yuan"]
        if case_class == "short" or rng.random() < 0.1:
            rule["los_days_at_most"] = rng.randint(0, 3)
        if case_class == "long":
            rule["los_days_at_least"] = rng.randint(30, 61)
        if case_class in KINDS or rng.random() < 0.1:
            rule["case_kind"] = case_class if case_class in KINDS else rng.choice(KINDS)
        rules += _by_place(rng, rule)
    models = [Outside.model_validate(rule) for rule in rules]
    return [
        rule
        for place, rule in enumerate(rules)
        if not any(earlier.takes_all_of(models[place]) for earlier in models[:place])
    ]


def _stages(rng: random.Random) -> list[dict[str, Any]]:
    ends = sorted(rng.sample([1, 2, 5, 10, 30, 60], rng.randint(0, 3)))
    return [
        {"price_yuan": _positive(rng, 100, 800, 3), **({"up_to_day": end} if end else {})}
        for end in (*ends, None)
    ]


def _by_place(rng: random.Random, rule: dict[str, Any]) -> list[dict[str, Any]]:
    """A rule for all, or rows for some levels and insurances, with one for the rest or without."""
    if rng.random() < 0.6:
        return [rule]
    rules = []
    for _ in range(rng.randint(1, 3)):
        place = {"level": rng.choice([None, *LEVELS]), "insurance": rng.choice([None, *INSURANCES])}
        one = {**rule, **{name: value for name, value in place.items() if value}}
        if "price_yuan" in one:
            one["price_yuan"] += rng.randint(1, 9)
        rules.append(one)
    return [*rules, rule] if rng.random() < 0.5 else rules


def _by_status(rng: random.Random) -> dict[str, Any]:
    pays = rng.choice(["by_item", "share", "nothing", "not_known"])
    return sourced(pays=pays, share=_share(rng) if pays == "share" else None)


def _fees(rng: random.Random) -> dict[str, Any]:
    """Of which fees the share of traditional medicine is made: the default, or some single ones."""
    if rng.random() < 0.4:
        return {}
    fees = rng.sample(FEES, rng.randint(2, len(FEES)))
    ours = rng.randint(1, len(fees) - 1)
    return {"tcm_fees": fees[:ours], "other_fees": fees[ours:]}


def _points_for(rng: random.Random, entries: Mapping[str, Any]) -> list[str]:
    """Some of the classes that are not paid by their group."""
    high = entries["high"]
    possible = ["ungrouped", "ambiguous", "unweighted", "extreme"]
    possible += [rule["case_class"] for rule in entries["outside"]]
    possible += ["high"] if high and high["formula"] == "by_item" else []
    possible += ["low"] if entries["low"] else []
    return [name for name in dict.fromkeys(possible) if rng.random() < 0.6]


def _weights(rng: random.Random) -> Weights:
    weights: Weights = {}
    for drg in DRGS:
        if rng.random() < 0.9:
            weights[drg, None] = _positive(rng, 0, 6, 4)
        if rng.random() < 0.2:
            weights[drg, rng.choice(LEVELS)] = _positive(rng, 0, 6, 4)
    weights.setdefault((DRGS[0], None), Decimal(1))
    return weights


def random_scheme(rng: random.Random) -> tuple[dict[str, Any], Weights]:
    """The entries of a random scheme, and its weights; each component is there more often than not."""

    def perhaps(entry: Any) -> Any:
        return entry if rng.random() < 0.75 else None

    weights = _weights(rng)
    rates = _rates(rng)
    points = rates[0]["value_yuan"] < 1000
    unit = rates[0]["value_yuan"] * (100 if points else 1)
    mean = perhaps((unit * Decimal(rng.randint(80, 125)) / 100).quantize(Decimal("0.01")))
    method = sourced(
        kind="points" if points else "rate", scale=100 if points else None, regional_mean_yuan=mean
    )
    entries: dict[str, Any] = {
        "id": "random",
        "title": "random",
        "region": "none",
        "grouper": "demo",
        "status": "illustrative",
        "source": SOURCE,
        "method": method,
        "rates": rates,
        "coefficients": perhaps(_coefficients(rng)),
        "amounts": _amounts(rng) if rng.random() < 0.4 else None,
        "incentive": _incentive(rng) if rng.random() < 0.3 else None,
        "high": perhaps(_high(rng)),
        "extreme": sourced(top_share=_share(rng, 1), within=rng.choice(["all", "group"])),
        "low": perhaps(
            sourced(
                threshold=Decimal(rng.randint(20, 60)).scaleb(-2),
                reference=rng.choice(["standard", "mean"]),
                factor="price_ratio" if mean and rng.random() < 0.3 else _coefficient(rng),
                factors=[
                    {"insurance": insurance, "factor": _coefficient(rng)}
                    for insurance in rng.sample(INSURANCES, rng.choice([0, 0, 1, 2]))
                ],
            )
        ),
        "outside": _outside(rng, weights),
        "ungrouped": _by_status(rng),
        "ambiguous": _by_status(rng),
        "unweighted": _by_status(rng),
        "excluded_items": perhaps(sourced(share=_share(rng))),
        "additions": _additions(rng),
        "incomplete": perhaps(sourced()),
        "readmission": perhaps(
            sourced(
                days=rng.randint(1, 31),
                **_pays_again(rng),
                except_adrg=[rng.choice(["BR1", "NR1"])],
            )
        ),
        "tcm": perhaps(_tcm(rng)),
        "rounding": perhaps(sourced(standard_first=rng.random() < 0.5)),
    }
    if points:
        method["points_for"] = _points_for(rng, entries)
    if rng.random() < 0.6:
        entries["extreme"] = None
        method["points_for"] = [name for name in method.get("points_for", []) if name != "extreme"]
    elif rng.random() < 0.7:
        entries["extreme"]["top_share"] = Decimal("0.05")
    return {name: value for name, value in entries.items() if value is not None}, weights


def _additions(rng: random.Random) -> list[dict[str, Any]]:
    """What is paid beside the group; excluded items are not among them."""
    rows = []
    for column in rng.sample([*AMOUNTS[1:5], *COUNTS], rng.choice([0, 0, 1, 2, 3])):
        row = sourced(name=f"item {column}", column=column)
        if column in COUNTS:
            row["price_yuan"] = _positive(rng, 50, 3000, 3)
        else:
            row |= {"share": _share(rng), "out_of_cost": rng.random() < 0.6}
        if rng.random() < 0.4:
            row["at_most_yuan"] = _positive(rng, 100, 5000, 3)
        rows.append(row)
    return rows


def without(entries: Mapping[str, Any], *sections: str) -> dict[str, Any]:
    """The entries of a scheme without some sections, and without points for their cases."""
    left = {name: part for name, part in entries.items() if name not in sections}
    named = [name for name in left["method"].get("points_for", []) if name not in sections]
    return left | {"method": left["method"] | {"points_for": named}}


# ---------------------------------------------------------------------------------------------------- cases


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


def _boundaries(case: Mapping[str, Any], scheme: PaymentScheme, weights: Weights) -> list[Fraction]:
    """Net costs at which the class or the formula of this case changes."""
    weight = reference.weight_of(case, case["drg"], weights)
    amount = reference.amount_of(case, case["drg"], scheme)
    unit = reference.unit_of(case, scheme)
    coefficient = reference.coefficient_of(case, case["drg"], scheme)
    if amount is not None:
        known = reference.of_amount(amount, weight, Fraction(1), scheme)
    elif weight is None or unit is None or coefficient is None:
        return [Fraction(1000)]
    else:
        known = reference.combination(weight, unit, coefficient, scheme)
    found = [known.mean, known.standard]
    if scheme.high:
        found.append(reference.high_above(known, scheme))
    if scheme.low:
        found.append(reference.low_below(known, scheme))
    return found


def _net_cost(rng: random.Random, case: Mapping[str, Any], scheme: PaymentScheme, weights: Weights) -> int:
    """In fen: at a boundary, one fen beside it, or anywhere."""
    if rng.random() < 0.3:
        return rng.randint(0, 10 ** rng.randint(3, 8))
    boundary = rng.choice(_boundaries(case, scheme, weights)) * 100
    return max(0, rng.choice([floor(boundary), ceil(boundary)]) + rng.choice([-1, 0, 0, 1]))


def _stay(rng: random.Random) -> dict[str, Any]:
    """Dates that suit the length of stay; some are missing. Half of the cases are of few patients."""
    days = rng.choice([0, 1, 2, 3, 5, 10, 29, 30, 31, 59, 60, 61, 100])
    came = datetime(2025, 1, 1) + timedelta(days=rng.randint(0, 300), hours=rng.randint(0, 23))
    left = came + timedelta(days=days)
    stay = {"los_days": days, "admission_date": came, "discharge_date": left}
    for name in stay:
        if rng.random() < 0.03:
            stay[name] = None
    return stay


# Text that is no number, and text that is one.
UNUSABLE_TEXTS = ("", " ", "abc", "--", "1,5", "12 百元")


def random_cases(
    rng: random.Random, scheme: PaymentScheme, weights: Weights, count: int, groups: Sequence[str] = DRGS
) -> list[dict[str, Any]]:
    """Random cases that a scheme finds hard: costs at its boundaries, gaps, kinds and special payments."""
    has_text = rng.random() < 0.3
    cases: list[dict[str, Any]] = []
    while len(cases) < count:
        stays = [_case(rng, scheme, weights, f"C{len(cases)}", groups)]
        if scheme.readmission and rng.random() < 0.3:
            stays += _later_stays(rng, stays[0], scheme.readmission.days)
        cases += stays
    cases = cases[:count]
    for row, case in enumerate(cases):
        case["case_id"] = f"C{row}"
        if has_text and rng.random() < 0.05:
            case["total_cost_yuan"] = rng.choice(UNUSABLE_TEXTS)
    rng.shuffle(cases)
    return cases


def _pays_again(rng: random.Random) -> dict[str, Any]:
    """What is paid of stays that follow one another."""
    if rng.random() < 0.5:
        return {"pays": "one_stay"}
    return {"factor": Decimal(rng.randint(0, 10)).scaleb(-1)}


def _later_stays(rng: random.Random, first: Mapping[str, Any], days: int) -> list[dict[str, Any]]:
    """Stays of the same patient in the same group; the gap is at the limit of the rule or beside it."""
    later: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, 2)):
        before = later[-1] if later else first
        if before["discharge_date"] is None:
            break
        gap = max(1, days + rng.choice([-3, -1, 0, 0, 1, 2]))
        came = before["discharge_date"].replace(hour=rng.randint(0, 23)) + timedelta(days=gap)
        length = rng.randint(1, 9)
        stay = {"los_days": length, "admission_date": came, "discharge_date": came + timedelta(days=length)}
        later.append({**first, **stay})
    return later


def _case(
    rng: random.Random, scheme: PaymentScheme, weights: Weights, patient: str, groups: Sequence[str]
) -> dict[str, Any]:
    drg = rng.choice(groups)
    case: dict[str, Any] = {
        "hospital_id": rng.choice([*HOSPITALS, None] if rng.random() < 0.1 else HOSPITALS),
        "hospital_coefficient": _brought(rng),
        "hospital_level": rng.choice([*LEVELS, None, "9"] if rng.random() < 0.1 else LEVELS),
        "patient_id": None if rng.random() < 0.03 else patient,
        "insurance_type": rng.choice([*INSURANCES, None, "999"] if rng.random() < 0.1 else INSURANCES),
        "adrg": drg[:3],
        "drg": drg,
        "grouping_status": "grouped",
        "grouper": scheme.grouper,
        "case_kind": rng.choice([*KINDS]) if rng.random() < 0.1 else None,
        "incomplete": rng.choice([None, False, False, False, False, True]),
        **_stay(rng),
    }
    other = rng.random()
    if other < 0.03:
        case |= {"adrg": "BQY", "drg": "BQY", "grouping_status": "ambiguous"}
    elif other < 0.06:
        case |= {"adrg": None, "drg": "0000", "grouping_status": rng.choice(["ungrouped", "invalid"])}
    elif other < 0.08:
        case |= {"adrg": "BZ1", "drg": None, "grouping_status": "no_drg"}
    net = _net_cost(rng, case, scheme, weights)
    excluded = rng.randint(0, 500_000) if rng.random() < 0.15 else 0
    items = _items(rng, scheme)
    leaving = sum(items[rule.column] or 0 for rule in scheme.additions if rule.out_of_cost)
    cost: Decimal | None = _yuan(net + (excluded if scheme.excluded_items else 0) + leaving)
    beside = rng.random()
    if beside < 0.02:
        cost = rng.choice([None, Decimal("-0.01"), Decimal("-1200.50"), Decimal("100000000.01")])
    elif beside < 0.03:
        cost = rng.choice([Decimal("100000000.00"), Decimal("0.00"), Decimal("0.01")])
    case["total_cost_yuan"] = cost
    counted = {rule.column for rule in scheme.additions if rule.price_yuan is not None}
    for name, item in items.items():
        case[name] = item if item is None or name in counted else _yuan(item)
    case["excluded_items_yuan"] = _yuan(excluded) if excluded or rng.random() < 0.5 else None
    case["special_payment_yuan"] = _yuan(rng.randint(0, 10_000_000)) if rng.random() < 0.02 else None
    judged = scheme.tcm is not None and any(row.share_at_least for row in scheme.tcm.uplifts)
    tcm_groups = scheme.tcm.medical_drg if scheme.tcm else ("BS19", "BV19")
    case |= _tcm_fees(rng, scheme, net) if judged or case["drg"] in tcm_groups else {}
    case["patient_share_yuan"] = _yuan(rng.randint(0, 500_000)) if rng.random() < 0.7 else None
    case["other_payers_yuan"] = _yuan(rng.randint(0, 100_000)) if rng.random() < 0.5 else None
    return case


def _items(rng: random.Random, scheme: PaymentScheme) -> dict[str, int | None]:
    """Counts, and amounts in fen, of what the scheme pays beside the group; few are impossible."""
    found: dict[str, int | None] = {}
    for rule in scheme.additions:
        most = 40 if rule.price_yuan is not None else 500_000
        found[rule.column] = rng.choice([None, 0, rng.randint(0, most), rng.randint(0, most)])
        if rng.random() < 0.02:
            found[rule.column] = rng.choice([-1, 10_001 if rule.price_yuan is not None else 10**10])
    return found


def _brought(rng: random.Random) -> Decimal | None:
    """The coefficient that a case brings along; a few are impossible."""
    return rng.choice([None, Decimal("0.92"), Decimal("0.92"), _coefficient(rng), Decimal(10), Decimal(92)])


def _tcm_fees(rng: random.Random, scheme: PaymentScheme, net: int) -> dict[str, Any]:
    """Fees whose share is at the limit or beside it; some are missing."""
    if scheme.tcm is None or rng.random() < 0.2:
        return {"tcm_cost_yuan": rng.choice([None, _yuan(net)])}
    limits = [scheme.tcm.share_below, *(row.share_at_least for row in scheme.tcm.uplifts)]
    limit = rng.choice([Fraction(one) for one in limits if one is not None] or [Fraction(1)])
    if rng.random() < 0.1:
        known = [one for one in limits if one is not None]
        share = rng.choice([*known, Decimal("0.59999999"), Decimal(0), Decimal(1), Decimal(60)])
        return {"tcm_share": share}
    at = floor(limit * net)
    part = max(0, at + rng.choice([-1, 0, 0, 1]))
    found = {}
    for names, total in ((scheme.tcm.tcm_fees, part), (scheme.tcm.other_fees, max(0, net - part))):
        for name in names[1:]:
            fee = rng.choice([0, rng.randint(0, total)])
            found[name], total = fee, total - fee
        found |= dict.fromkeys(names[:1], total)
    fees: dict[str, Any] = {name: _yuan(fee) for name, fee in found.items()}
    if rng.random() < 0.1:
        fees[rng.choice(list(fees))] = rng.choice([None, Decimal("100000000.01")])
    return fees


def randoms() -> st.SearchStrategy[random.Random]:
    """A source of randomness that hypothesis controls, for the functions above."""
    return st.randoms(use_true_random=False)


# --------------------------------------------------------------------------------------------------- engine


def plain_scheme(**entries: Any) -> dict[str, Any]:
    """The entries of a scheme that pays weight × 10,000 and nothing else; parts are replaced or added."""
    plain = {
        "id": "plain",
        "title": "plain",
        "region": "none",
        "grouper": "demo",
        "status": "illustrative",
        "source": SOURCE,
        "method": sourced(kind="rate"),
        "rates": [sourced(value_yuan=10_000)],
        "ungrouped": sourced(pays="nothing"),
        "ambiguous": sourced(pays="nothing"),
        "unweighted": sourced(pays="nothing"),
    }
    return {name: value for name, value in (plain | entries).items() if value is not None}


def plain_case(drg: str, cost: Any, **values: Any) -> dict[str, Any]:
    """A grouped case of ten days; costs may be written as text."""
    case = dict.fromkeys(SCHEMA) | {"drg": drg, "adrg": drg[:3], "grouping_status": "grouped"}
    case |= {"grouper": "demo", "los_days": 10, "total_cost_yuan": cost, "hospital_id": "H1"}
    case |= values
    for name, value in case.items():
        if name.endswith("_yuan") and re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            case[name] = Decimal(str(value)).quantize(Decimal("0.01"))
    return case


def oracle_rows(
    entries: Mapping[str, Any], weights: Weights, cases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    return reference.price(cases, PaymentScheme.model_validate(entries), weights)


def engine_rows(
    entries: Mapping[str, Any], weights: Weights, cases: Sequence[Mapping[str, Any]], directory: Path
) -> list[dict[str, Any]]:
    """What the engine gives for the columns that the oracle knows, with the scheme read from files."""
    return rows_of(package.price(frame(cases), write_scheme(directory, entries, weights)))


def rows_of(priced: pl.DataFrame) -> list[dict[str, Any]]:
    return priced.select(OUTPUTS).to_dicts()


def both(
    entries: Mapping[str, Any], weights: Weights, cases: Sequence[Mapping[str, Any]], directory: Path
) -> list[dict[str, Any]]:
    """The rows on which the oracle and the engine agree."""
    expected = oracle_rows(entries, weights, cases)
    for case, wanted, given in zip(
        cases, expected, engine_rows(entries, weights, cases, directory), strict=True
    ):
        assert given == wanted, case
    return expected
