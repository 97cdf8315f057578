"""A slow, plain evaluator of payment schemes: the oracle that the engine is compared with.

It is written from the meaning of a scheme alone (docs/payment-schemes.md). One case at a time, fractions
throughout, rounded where the scheme says. Of the package it uses the model of a scheme and nothing that
computes.

Symbols: a cost less excluded items, RW relative weight, U yuan per unit of weight, f coefficient, M mean cost
of the group, c value of a unit over its mean, S standard = RW·U·f, K and L thresholds of high and low cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any, NamedTuple

from drg.payment.outside_rules import Outside
from drg.payment.parts import Period
from drg.payment.scheme import ByStatus, PaymentScheme, Readmission

Case = Mapping[str, Any]
Numbers = tuple[Fraction | Decimal | str | None, ...]
Weights = Mapping[tuple[str, str | None], Decimal]

HIGHEST_COST = 100_000_000
PARTS = (
    "drg_payment_yuan",
    "high_cost_payment_yuan",
    "item_payment_yuan",
    "outside_payment_yuan",
    "special_case_payment_yuan",
    "excluded_items_payment_yuan",
)
# Where the standard is compared with the cost: the classes that are paid by their group.
INSIDE = ("normal", "high", "low", "extreme", "incomplete")


class Combination(NamedTuple):
    """What depends on group, hospital and insurance only (and on a readmission, which cuts f)."""

    weight: Fraction | None
    coefficient: Fraction  # S = M × coefficient × price ratio
    mean: Fraction
    price_ratio: Fraction
    standard: Fraction  # as it is used: rounded if the scheme rounds it first


class Earlier(NamedTuple):
    """What earlier stays of a patient bring to the one that they are paid with."""

    stays: int = 0
    net: Fraction = Fraction(0)
    days: int | None = 0
    paid_beside: Fraction = Fraction(0)
    borne: Fraction | None = Fraction(0)


class Paid(NamedTuple):
    """A part of the payment before rounding, and what it is called."""

    part: str
    amount: Fraction


NOTHING = Paid("item_payment_yuan", Fraction(0))


def to_fen(amount: Fraction) -> Fraction:
    """Rounded to the fen; half a fen goes up."""
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def yuan(amount: Fraction) -> Decimal:
    """An amount of whole fen."""
    fen = amount * 100
    assert fen.denominator == 1
    return Decimal(fen.numerator).scaleb(-2)


def amount(value: Any) -> Fraction | None:
    """An amount of a frame, rounded to the fen; None if there is none or it is no number."""
    if value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return to_fen(Fraction(number)) if number.is_finite() else None


def day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


# --------------------------------------------------------------------------------- group, hospital, insurance


def holds(row: Period, case: Case) -> bool:
    """Whether a row holds on the day of discharge; one without days always does."""
    left = day(case.get("discharge_date"))
    if row.valid_from is None and row.valid_to is None:
        return True
    return left is not None and (row.valid_from or left) <= left <= (row.valid_to or left)


def unit_of(case: Case, scheme: PaymentScheme) -> Fraction | None:
    """Yuan per unit of weight: the most specific rate, times the scale of the points method."""
    insurance, level = case.get("insurance_type"), case.get("hospital_level")
    rates = {(rate.insurance, rate.level): rate.value_yuan for rate in scheme.rates if holds(rate, case)}
    for given in ((insurance, level), (insurance, None), (None, level), (None, None)):
        if given in rates:
            return Fraction(rates[given]) * Fraction(scheme.method.scale or 1)
    return None


def amount_of(case: Case, drg: str, scheme: PaymentScheme) -> Fraction | None:
    """The amount that the group is paid instead of weight × rate × coefficient, if it is."""
    insurance, level = case.get("insurance_type"), case.get("hospital_level")
    rows = [row for row in scheme.amounts.rows if holds(row, case)] if scheme.amounts else []
    amounts = {(row.insurance, row.level): row.amount_yuan for row in rows if row.drg == drg}
    for given in ((insurance, level), (insurance, None), (None, level), (None, None)):
        if given in amounts:
            return Fraction(amounts[given])
    return None


def coefficient_of(case: Case, drg: str, scheme: PaymentScheme) -> Fraction | None:
    """The coefficient; None if nobody knows it."""
    if scheme.coefficients is None or drg in scheme.coefficients.base_groups:
        return Fraction(1)
    hospital, level = case.get("hospital_id"), case.get("hospital_level")
    rows = {
        (row.hospital, row.level, row.drg): row.value for row in scheme.coefficients.rows if holds(row, case)
    }
    wanted: list[tuple[str | None, str | None, str | None]] = []
    # A case without a hospital is in no row for one, and so with the level.
    wanted += [(hospital, None, drg)] if hospital else []
    wanted += [(None, level, drg)] if level else []
    wanted += [(None, None, drg)]
    wanted += [(hospital, None, None)] if hospital else []
    wanted += [(None, level, None)] if level else []
    for given in wanted:
        if given in rows:
            return Fraction(rows[given])
    if scheme.coefficients.default != "not_known":
        return Fraction(scheme.coefficients.default)
    own = case.get("hospital_coefficient")
    return Fraction(own) if own is not None and 0 < own <= 10 else None


def incentive_of(case: Case, drg: str, scheme: PaymentScheme) -> Fraction | None:
    """The coefficient by CMI of the case's hospital; 1 where none counts, None if nobody knows it."""
    if scheme.incentive is None or (scheme.coefficients and drg in scheme.coefficients.base_groups):
        return Fraction(1)
    for row in scheme.incentive.rows:
        if row.hospital == case.get("hospital_id") and holds(row, case):
            return Fraction(row.coefficient)
    default = scheme.incentive.default
    return None if isinstance(default, str) else Fraction(default)


def uplift_of(case: Case, drg: str, share: Fraction | None, scheme: PaymentScheme) -> Fraction:
    """The coefficient for traditional medicine: of the first row that fits, else 1."""
    for row in scheme.tcm.uplifts if scheme.tcm else ():
        if row.share_at_least is not None and (share is None or share < Fraction(row.share_at_least)):
            continue
        if row.drgs and drg not in row.drgs:
            continue
        if row.hospitals and case.get("hospital_id") not in row.hospitals:
            continue
        return Fraction(row.coefficient)
    return Fraction(1)


def weight_of(case: Case, drg: str, weights: Weights) -> Fraction | None:
    for key in ((drg, case.get("hospital_level")), (drg, None)):
        if key in weights:
            return Fraction(weights[key])
    return None


def is_unknown(case: Case, name: str, scheme: PaymentScheme, weights: Weights) -> bool:
    """Nothing is said, or neither a national level, nor a code of an insurance, nor a name of the scheme."""
    value = case.get(name)
    if value is None:
        return True
    if value in named(name, scheme, weights) or name == "hospital_id":
        return False
    return value not in ("1", "2", "3") if name == "hospital_level" else not value.isdigit()


def named(name: str, scheme: PaymentScheme, weights: Weights) -> set[str | None]:
    """The insurances, levels or hospitals that the scheme names anywhere."""
    rows = scheme.coefficients.rows if scheme.coefficients else ()
    amounts = scheme.amounts.rows if scheme.amounts else ()
    if name == "insurance_type":
        factors = scheme.low.factors if scheme.low else ()
        tables = (scheme.rates, scheme.outside, factors, amounts)
        return {row.insurance for table in tables for row in table} - {None}
    if name == "hospital_id":
        by_cmi = {row.hospital for row in scheme.incentive.rows} if scheme.incentive else set()
        uplifts = scheme.tcm.uplifts if scheme.tcm else ()
        lifted = {hospital for row in uplifts for hospital in row.hospitals}
        return ({row.hospital for row in rows} | by_cmi | lifted) - {None}
    levels = {row.level for table in (scheme.rates, scheme.outside, rows, amounts) for row in table}
    return (levels | {level for _, level in weights}) - {None}


def answers(
    case: Case, drg: str, share: Fraction | None, scheme: PaymentScheme, weights: Weights
) -> tuple[set[Fraction | None], set[Numbers | None]]:
    """The weights, and all numbers, that the case could have by what is not known of it."""
    uplifts = scheme.tcm.uplifts if scheme.tcm else ()
    starts = {Fraction(row.share_at_least) for row in uplifts if row.share_at_least is not None}
    # A share that is not known may be any.
    shares = [share] if share is not None or not starts else [Fraction(0), *starts]
    possible_weights: set[Fraction | None] = set()
    possible: set[Numbers | None] = set()
    for one, its_share in product(possibilities(case, scheme, weights), shares):
        weight = weight_of(one, drg, weights)
        possible_weights.add(weight)
        uplift = uplift_of(one, drg, its_share, scheme)
        numbers: Numbers = (
            weight,
            unit_of(one, scheme),
            coefficient_of(one, drg, scheme),
            low_factor_of(one, scheme),
            incentive_of(one, drg, scheme),
            uplift,
        )
        amount_yuan = amount_of(one, drg, scheme)
        if amount_yuan is not None:
            numbers = ("an amount", amount_yuan, weight, low_factor_of(one, scheme), uplift)
        possible.add(None if weight is None and amount_yuan is None else numbers)
    return possible_weights, possible


def possibilities(case: Case, scheme: PaymentScheme, weights: Weights) -> Iterator[Case]:
    """The case in all places and on all days that it could be of by what is not known of it."""
    places: tuple[str, ...] = ("insurance_type", "hospital_level", "hospital_id")
    options: list[Sequence[Any]] = [
        [*named(name, scheme, weights), "elsewhere"]
        if is_unknown(case, name, scheme, weights)
        else [case[name]]
        for name in places
    ]
    rows: list[Period] = [*scheme.rates]
    for section in (scheme.coefficients, scheme.amounts, scheme.incentive):
        rows += section.rows if section else ()
    edges = {edge for row in rows for edge in (row.valid_from, row.valid_to) if edge}
    left = day(case.get("discharge_date"))
    # Something changes on the day after the last one or on the first one: these days and those beside them.
    days = {edge + timedelta(days=by) for edge in edges for by in (-1, 0, 1)}
    options.append([left] if left or not days else sorted(days))
    places = (*places, "discharge_date")
    for chosen in product(*options):
        yield {**case, **dict(zip(places, chosen, strict=True))}


def value_of_a_point(case: Case, scheme: PaymentScheme, weights: Weights) -> Fraction | None:
    """The yuan of a point for a case without regard to its group; None if nobody can tell."""
    possible = {unit_of(one, scheme) for one in possibilities(case, scheme, weights)}
    (unit,) = possible if len(possible) == 1 else (None,)
    return None if unit is None else unit / Fraction(scheme.method.scale or 1)


def combination(
    weight: Fraction, unit: Fraction, coefficient: Fraction, scheme: PaymentScheme
) -> Combination:
    regional = Fraction(scheme.method.regional_mean_yuan or unit)
    standard = weight * unit * coefficient
    if scheme.rounding and scheme.rounding.standard_first:
        standard = to_fen(standard)
    return Combination(weight, coefficient, weight * regional, unit / regional, standard)


def of_amount(
    amount_yuan: Fraction, weight: Fraction | None, cut: Fraction, scheme: PaymentScheme
) -> Combination:
    """The amount is the standard; the mean is weight × regional mean if there are both, else the amount."""
    regional = scheme.method.regional_mean_yuan
    mean = amount_yuan if weight is None or regional is None else weight * Fraction(regional)
    standard = amount_yuan * cut
    coefficient = standard / mean
    if scheme.rounding and scheme.rounding.standard_first:
        standard = to_fen(standard)
    return Combination(weight, coefficient, mean, Fraction(1), standard)


def high_tier(weight: Fraction | None, scheme: PaymentScheme) -> tuple[Fraction, str, Fraction]:
    """K, the formula and the share of the excess of the first tier whose limit is above the weight.

    Of a group without a weight, of the last tier.
    """
    high = scheme.high
    assert high is not None
    for tier in high.tiers:
        if tier.weight_below is None or (weight is not None and weight < Fraction(tier.weight_below)):
            formula = high.formula if tier.formula is None else tier.formula
            share = high.fund_share if tier.fund_share is None else tier.fund_share
            return Fraction(tier.threshold), formula, Fraction(1 if share is None else share)
    raise AssertionError("the last tier has no limit")


def high_above(known: Combination, scheme: PaymentScheme) -> Fraction:
    """The cost above which a case is high."""
    assert scheme.high is not None
    threshold, _, _ = high_tier(known.weight, scheme)
    of_standard, of_mean = threshold * known.standard, threshold * known.mean
    if scheme.high.reference == "lower_of_two":
        return of_standard if of_standard < of_mean else of_mean
    return of_standard if scheme.high.reference == "standard" else of_mean


def low_below(known: Combination, scheme: PaymentScheme) -> Fraction:
    """The cost below which a case is low."""
    assert scheme.low is not None
    reference = known.standard if scheme.low.reference == "standard" else known.mean
    return Fraction(scheme.low.threshold) * reference


def low_factor_of(case: Case, scheme: PaymentScheme) -> Decimal | str:
    """The control factor of the case's insurance, or of all others; 1 if there are no low cases."""
    if scheme.low is None:
        return Decimal(1)
    by_insurance = {row.insurance: row.factor for row in scheme.low.factors}
    return by_insurance.get(case.get("insurance_type") or "", scheme.low.factor)


# ---------------------------------------------------------------------------------------------- all the cases


def _extreme(
    cases: Sequence[Case], scheme: PaymentScheme, into: Mapping[int, int], earlier: Mapping[int, Earlier]
) -> set[int]:
    """The rows among the most expensive: all cases together, or each group for itself.

    Stays that are paid as one are one case.
    """
    if scheme.extreme is None:
        return set()
    fields: dict[str | None, list[tuple[Fraction, int]]] = defaultdict(list)
    for row, case in enumerate(cases):
        cost = amount(case["total_cost_yuan"])
        if row in into or cost is None or cost < 0:
            continue
        cost += earlier[row].net if row in earlier else 0
        if case["grouping_status"] == "grouped" and cost <= HIGHEST_COST:
            fields[case["drg"] if scheme.extreme.within == "group" else None].append((cost, row))
    found = set()
    for field in fields.values():
        most = floor(Fraction(scheme.extreme.top_share) * len(field))
        count = Counter(cost for cost, _ in field)
        dearer, rank = 0, {}
        for cost in sorted(count, reverse=True):
            # Equal costs stand together: if they do not all fit, none of them is extreme.
            dearer += count[cost]
            rank[cost] = dearer
        found |= {row for cost, row in field if rank[cost] <= most}
    return found


def _followed(cases: Sequence[Case], rule: Readmission | None) -> set[int]:
    """The rows of stays after which the patient came back to the same hospital and group."""
    if rule is None:
        return set()
    stays = defaultdict(list)
    for row, case in enumerate(cases):
        key = tuple(case.get(name) for name in ("hospital_id", "patient_id", "drg"))
        if None not in key and case.get("adrg") not in rule.except_adrg:
            stays[key].append((row, day(case.get("admission_date")), day(case.get("discharge_date"))))
    found = set()
    for same in stays.values():
        for row, _, left in same:
            for other, came, _ in same:
                if other != row and left and came and 0 <= (came - left).days <= rule.days:
                    found.add(row)
    return found


def price(cases: Sequence[Case], scheme: PaymentScheme, weights: Weights) -> list[dict[str, Any]]:
    """Price cases: one mapping per case with every price column but the reason."""
    rule = scheme.readmission
    into = _paid_with(cases, scheme) if rule and rule.pays == "one_stay" else {}
    followed = _followed(cases, rule) if rule and rule.pays == "factor" else set()
    earlier = {
        last: _earlier([case for row, case in enumerate(cases) if into.get(row) == last], scheme)
        for last in into.values()
    }
    extreme = _extreme(cases, scheme, into, earlier)
    return [
        _nothing_by_itself(case, scheme)
        if row in into
        else _price_one(
            case,
            scheme,
            weights,
            earlier.get(row, Earlier()),
            is_extreme=row in extreme,
            is_followed=row in followed,
        )
        for row, case in enumerate(cases)
    ]


# ------------------------------------------------------------------------------------------ stays paid as one


def _paid_with(cases: Sequence[Case], scheme: PaymentScheme) -> dict[int, int]:
    """The row of each stay that is paid with a later one, and the row of the last stay of its chain."""
    rule = scheme.readmission
    assert rule is not None
    chains: dict[tuple[Any, ...], list[tuple[date, date, Fraction, int]]] = defaultdict(list)
    for row, case in enumerate(cases):
        same = tuple(case.get(name) for name in ("hospital_id", "patient_id", "drg"))
        came, left = day(case.get("admission_date")), day(case.get("discharge_date"))
        cost = amount(case["total_cost_yuan"])
        if None in same or came is None or left is None or left < came:
            continue
        if case["grouping_status"] != "grouped" or case.get("grouper") not in (None, scheme.grouper):
            continue
        if case.get("adrg") in rule.except_adrg or case.get("special_payment_yuan") is not None:
            continue
        if cost is None or not 0 <= cost <= HIGHEST_COST or _beside(case, scheme, cost) is None:
            continue
        chains[*same, case.get("insurance_type")].append((came, left, cost, row))
    result: dict[int, int] = {}
    for chain in chains.values():
        # From the last to the first: a stay goes with the first later one that is near enough.
        ordered = sorted(chain)
        for place, (_, left, _, row) in reversed(list(enumerate(ordered))):
            for came, _, _, other in ordered[place + 1 :]:
                if came >= left:
                    if (came - left).days <= rule.days:
                        result[row] = result.get(other, other)
                    break
    return result


def _earlier(stays: Sequence[Case], scheme: PaymentScheme) -> Earlier:
    net = beside = Fraction(0)
    days: int | None = 0
    borne: Fraction | None = Fraction(0)
    for case in stays:
        cost = amount(case["total_cost_yuan"])
        assert cost is not None
        excluded, paid = _beside(case, scheme, cost) or (Fraction(0), Fraction(0))
        net, beside = net + cost - excluded, beside + paid
        its_days, left = case.get("los_days"), _left_of(case, Fraction(0))
        days = None if days is None or its_days is None else days + its_days
        borne = None if borne is None or left is None else borne - left
    return Earlier(len(stays), net, days, beside, borne)


def _nothing_by_itself(case: Case, scheme: PaymentScheme) -> dict[str, Any]:
    """The row of a stay that is paid with a later one: what others bear of it counts there as well."""
    cost, nothing = amount(case["total_cost_yuan"]), Fraction(0)
    assert cost is not None
    share = nothing if "patient_share_yuan" in case else None
    result: dict[str, Any] = {
        **dict.fromkeys(("relative_weight", "coefficient", "points", "standard_payment_yuan")),
        "case_class": "joined",
        **dict.fromkeys(PARTS, nothing),
        "payment_yuan": nothing,
        "fund_payment_yuan": share,
        "patient_and_others_yuan": share,
        "borne_above_payment_yuan": share,
        "joined_cost_yuan": None,
        "surplus_formula_yuan": nothing,
        "surplus_adjustment_yuan": -cost,
        "surplus_yuan": -cost,
        "scheme": scheme.id,
    }
    return {name: yuan(value) if isinstance(value, Fraction) else value for name, value in result.items()}


# ------------------------------------------------------------------------------------------------- one case


def _price_one(
    case: Case,
    scheme: PaymentScheme,
    weights: Weights,
    earlier: Earlier,
    *,
    is_extreme: bool,
    is_followed: bool,
) -> dict[str, Any]:
    cost = amount(case["total_cost_yuan"])
    usable = cost is not None and 0 <= cost <= HIGHEST_COST
    beside = _beside(case, scheme, cost) if cost is not None and usable else None
    invalid = beside is None
    excluded, paid_beside = beside or (Fraction(0), Fraction(0))
    net = cost - excluded if cost is not None and not invalid else None

    drg, is_grouped = case["drg"], case["grouping_status"] == "grouped"
    undecided = False
    share = _tcm_share(case, net, scheme) if is_grouped and net is not None and scheme.tcm else None
    if is_grouped and net is not None and scheme.tcm and drg in scheme.tcm.medical_drg:
        undecided = share is None
        if share is not None and share < Fraction(scheme.tcm.share_below or 0):
            drg = scheme.tcm.medical_drg[drg]
    if net is not None and earlier.stays:
        # The share of traditional medicine was that of the last stay; all else is judged by all stays.
        days = case.get("los_days")
        net += earlier.net
        both = None if days is None or earlier.days is None else days + earlier.days
        case = {**case, "los_days": both}
        if net + excluded > HIGHEST_COST:
            net = None
    group = None if undecided else drg
    weight = weight_of(case, drg, weights) if is_grouped and not undecided else None
    unit = unit_of(case, scheme)
    coefficient: Fraction | None = None
    if is_grouped and not undecided:
        possible_weights, possible = answers(case, drg, share, scheme, weights)
        if len(possible) > 1:
            undecided = True
            weight = weight if len(possible_weights) == 1 else None
    amount_yuan = amount_of(case, drg, scheme) if is_grouped and not undecided else None
    factor = Fraction(scheme.readmission.factor or 0) if is_followed and scheme.readmission else Fraction(1)
    if is_grouped and not undecided:
        factor *= uplift_of(case, drg, share, scheme)
    known = None
    if amount_yuan is not None:
        coefficient = factor
        known = of_amount(amount_yuan, weight, factor, scheme)
    elif weight is not None and not undecided:
        plain, incentive = coefficient_of(case, drg, scheme), incentive_of(case, drg, scheme)
        coefficient = None if plain is None or incentive is None else plain * incentive * factor
    if known is None and weight is not None and unit is not None and coefficient is not None:
        known = combination(weight, unit, coefficient, scheme)

    if net is None:
        case_class, paid = "invalid", [NOTHING]
    else:
        case_class, paid = _class_and_payment(
            case, group, scheme, weights, net, weight, known, is_extreme=is_extreme, undecided=undecided
        )
    own_points: Decimal | None = None
    if case_class in scheme.method.points_for:
        # Payment divided by the value of a point, with four decimals.
        value = value_of_a_point(case, scheme, weights)
        total = to_fen(sum((one.amount for one in paid), Fraction(0)))
        if value is None:
            case_class, paid = "unpriced", [NOTHING]
        else:
            own_points = Decimal(floor(total / value * 10**4 + Fraction(1, 2))).scaleb(-4)
    parts = dict.fromkeys(PARTS, Fraction(0))
    if case_class != "invalid":
        for part, value in _rounded(paid):
            parts[part] += value
        parts["excluded_items_payment_yuan"] = paid_beside + earlier.paid_beside

    payment = sum(parts.values(), Fraction(0))
    standard = None if known is None else to_fen(known.standard)
    formula = standard - net if case_class in INSIDE and standard is not None and net is not None else 0
    surplus = payment - cost if cost is not None and case_class not in ("invalid", "unpriced") else None
    rest = _left_of(case, payment)
    rest = None if rest is None or earlier.borne is None else rest - earlier.borne
    fund = None if rest is None else max(rest, Fraction(0))
    points = _points(weight, coefficient, scheme, case_class) if amount_yuan is None else None
    result: dict[str, Any] = {
        "relative_weight": None if weight is None else _eight(weight),
        "coefficient": None if coefficient is None else _eight(coefficient),
        "points": points if own_points is None else own_points,
        "standard_payment_yuan": standard,
        "case_class": case_class,
        **parts,
        "payment_yuan": payment,
        "fund_payment_yuan": fund,
        "patient_and_others_yuan": None if fund is None else payment - fund,
        "borne_above_payment_yuan": None if rest is None else max(-rest, Fraction(0)),
        "joined_cost_yuan": earlier.net if earlier.stays else None,
        "surplus_formula_yuan": None if surplus is None else Fraction(formula),
        "surplus_adjustment_yuan": None if surplus is None else surplus - formula,
        "surplus_yuan": surplus,
        "scheme": scheme.id,
    }
    return {name: yuan(value) if isinstance(value, Fraction) else value for name, value in result.items()}


def _beside(case: Case, scheme: PaymentScheme, cost: Fraction) -> tuple[Fraction, Fraction] | None:
    """What leaves the cost of a case, and what is paid beside its group; None if an item is impossible."""
    leaving = paid = Fraction(0)
    if scheme.excluded_items:
        leaving = amount(case.get("excluded_items_yuan")) or Fraction(0)
        if not 0 <= leaving <= cost:
            return None
        paid = to_fen(leaving * Fraction(scheme.excluded_items.share))
    for rule in scheme.additions:
        if rule.price_yuan is not None:
            # So many, each at a price.
            count = case.get(rule.column) or 0
            if not 0 <= count <= 10_000:
                return None
            worth = count * Fraction(rule.price_yuan)
        else:
            given = amount(case.get(rule.column)) or Fraction(0)
            if not 0 <= given <= cost:
                return None
            worth = given * Fraction(rule.share or 0)
            leaving += given if rule.out_of_cost else 0
        if rule.at_most_yuan is not None:
            worth = min(worth, Fraction(rule.at_most_yuan))
        paid += to_fen(worth)
    return None if leaving > cost else (leaving, paid)


def _points(
    weight: Fraction | None, coefficient: Fraction | None, scheme: PaymentScheme, case_class: str
) -> Any:
    if weight is None or coefficient is None or scheme.method.scale is None or case_class == "special":
        return None
    return _eight(weight * Fraction(scheme.method.scale) * coefficient)


def _tcm_share(case: Case, net: Fraction, scheme: PaymentScheme) -> Fraction | None:
    """The share of traditional medicine, as given or of the fees that count; None if it is not known."""
    assert scheme.tcm is not None
    given = case.get("tcm_share")
    if given is not None:
        return Fraction(given) if 0 <= given <= 1 else None
    ours = [amount(case.get(name)) for name in scheme.tcm.tcm_fees]
    others = [amount(case.get(name)) for name in scheme.tcm.other_fees]
    known = [fee for fee in (*ours, *others) if fee is not None and 0 <= fee <= HIGHEST_COST]
    if len(known) < len(ours) + len(others):
        return None
    part = sum(known[: len(ours)], Fraction(0))
    whole = sum(known, Fraction(0)) if others else net
    return part / whole if 0 < whole <= HIGHEST_COST and part <= HIGHEST_COST else None


def _class_and_payment(
    case: Case,
    group: str | None,
    scheme: PaymentScheme,
    weights: Weights,
    net: Fraction,
    weight: Fraction | None,
    known: Combination | None,
    *,
    is_extreme: bool,
    undecided: bool,
) -> tuple[str, list[Paid]]:
    """The first class that applies, and what it is paid; parts of one payment are rounded together.

    The group is the one as which the case is priced; None if nobody can tell.
    """
    special = amount(case.get("special_payment_yuan"))
    if special is not None:
        return "special", [Paid("special_case_payment_yuan", special)]
    if case["grouping_status"] == "ambiguous":
        return _held_or("ambiguous", scheme.ambiguous, net)
    if case["grouping_status"] != "grouped":
        return _held_or("ungrouped", scheme.ungrouped, net)
    for rule in scheme.outside:
        if not _fits(rule, case) or (rule.drgs and group not in (None, *rule.drgs)):
            continue
        # It is for another place, whatever is not known.
        unknown = {name for name in _places(rule) if is_unknown(case, name, scheme, weights)}
        if any(case.get(name) != place for name, place in _places(rule).items() if name not in unknown):
            continue
        if unknown or (rule.drgs and group is None) or rule.pays == "not_known":
            return "unpriced", [NOTHING]
        return _outside(rule, case, net, known)
    if weight is None and known is None and not undecided:
        return _held_or("unweighted", scheme.unweighted, net)
    if known is None:
        return "unpriced", [NOTHING]
    if scheme.incomplete and case.get("incomplete"):
        share = net / known.mean if net < known.mean else Fraction(1)
        return "incomplete", [Paid("drg_payment_yuan", known.standard * share)]
    if is_extreme:
        return "extreme", [Paid("item_payment_yuan", net)]
    if scheme.high and net > high_above(known, scheme):
        return "high", _high(known, scheme, net)
    if scheme.low and net < low_below(known, scheme):
        factor = low_factor_of(case, scheme)
        ratio = known.price_ratio if isinstance(factor, str) else Fraction(factor)
        return "low", [Paid("item_payment_yuan", net * ratio)]
    return "normal", [Paid("drg_payment_yuan", known.standard)]


def _high(known: Combination, scheme: PaymentScheme, net: Fraction) -> list[Paid]:
    threshold, formula, share = high_tier(known.weight, scheme)
    if formula == "linear_add":
        # Of what is beyond the threshold, so much is paid.
        more = (net - threshold * known.mean) * known.price_ratio * share
        return [Paid("drg_payment_yuan", known.standard), Paid("high_cost_payment_yuan", more)]
    if formula == "deduct":
        deducted = (threshold - 1) * known.mean * known.coefficient
        return [Paid("high_cost_payment_yuan", (net - deducted) * known.price_ratio)]
    if formula == "cap":
        return [Paid("high_cost_payment_yuan", threshold * known.standard)]
    return [Paid("high_cost_payment_yuan", net)]


def _rounded(paid: list[Paid]) -> list[Paid]:
    """Rounded once as a whole; the first part is rounded by itself and the last is the rest."""
    total = to_fen(sum((value for _, value in paid), Fraction(0)))
    first = [Paid(part, to_fen(value)) for part, value in paid[:-1]]
    rest = total - sum((value for _, value in first), Fraction(0))
    return [*first, Paid(paid[-1].part, rest)]


def _held_or(case_class: str, rule: ByStatus, net: Fraction) -> tuple[str, list[Paid]]:
    """What a case without a usable group is paid; held as not priced where nobody knows."""
    if rule.pays == "not_known":
        return "unpriced", [NOTHING]
    return case_class, [_by_status(rule, net)]


def _by_status(rule: ByStatus, net: Fraction) -> Paid:
    shares = {"by_item": Fraction(1), "share": Fraction(rule.share or 0), "nothing": Fraction(0)}
    return Paid("item_payment_yuan", net * shares[rule.pays])


def _places(rule: Outside) -> dict[str, str]:
    asked = {"hospital_level": rule.level, "insurance_type": rule.insurance}
    return {name: place for name, place in asked.items() if place is not None}


def _fits(rule: Outside, case: Case) -> bool:
    days = case.get("los_days")
    if rule.los_days_at_most is not None and (days is None or days > rule.los_days_at_most):
        return False
    if rule.los_days_at_least is not None and (days is None or days < rule.los_days_at_least):
        return False
    return rule.case_kind is None or rule.case_kind == case.get("case_kind")


def _outside(rule: Outside, case: Case, net: Fraction, known: Combination | None) -> tuple[str, list[Paid]]:
    price_yuan = Fraction(rule.price_yuan or 0)
    if rule.pays == "share_of_standard":
        if known is None:
            return "unpriced", [NOTHING]
        return rule.case_class, [Paid("outside_payment_yuan", known.standard * Fraction(rule.share or 0))]
    if rule.pays == "per_day":
        if case.get("los_days") is None:
            return "invalid", [NOTHING]
        if rule.stages:
            days = [_price_of_day(rule, number) for number in range(1, case["los_days"] + 1)]
            return rule.case_class, [Paid("outside_payment_yuan", sum(days, Fraction(0)))]
        return rule.case_class, [Paid("outside_payment_yuan", price_yuan * case["los_days"])]
    if rule.pays == "per_case":
        return rule.case_class, [Paid("outside_payment_yuan", price_yuan)]
    shares = {"by_item": Fraction(1), "share": Fraction(rule.share or 0), "nothing": Fraction(0)}
    return rule.case_class, [Paid("item_payment_yuan", net * shares[rule.pays])]


def _price_of_day(rule: Outside, number: int) -> Fraction:
    """The price of one day of a stay."""
    for stage in rule.stages:
        if stage.up_to_day is None or number <= stage.up_to_day:
            return Fraction(stage.price_yuan)
    raise AssertionError("the last stage has no end")


def _left_of(case: Case, payment: Fraction) -> Fraction | None:
    """The payment after what patient and other payers bear: the fund pays it, if it is positive."""
    patient = amount(case.get("patient_share_yuan"))
    if patient is None:
        return None
    others = amount(case.get("other_payers_yuan")) or Fraction(0)
    return payment - patient - others


def _eight(number: Fraction) -> Decimal:
    """With eight decimals, as the columns of weights and coefficients have."""
    return Decimal(floor(number * 10**8 + Fraction(1, 2))).scaleb(-8)
