"""Every line of the accounts of a year, worked out by hand: from priced cases, as docs/settlement.md says.

Fractions throughout, rounded where the rules say. Nothing of the package is used, so that what comes out can
be held against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

Row = Mapping[str, Any]
Key = tuple[str, str]  # hospital and insurance

COMPARED: Final = ("normal", "incomplete", "high")
WITH_STANDARD: Final = (*COMPARED, "low", "extreme")
FEN: Final = Fraction(1, 100)


@dataclass(frozen=True)
class Step:
    """A line of a statement: what it is called there, how it comes about, and what it comes to."""

    name: str
    arithmetic: str
    amount: Fraction


def half_up(amount: Fraction) -> Fraction:
    """Rounded to the fen; half a fen goes up."""
    return floor(amount / FEN + Fraction(1, 2)) * FEN


def written(amount: Fraction) -> str:
    """With two decimals or as many as it has; below zero in brackets."""
    plain = Decimal(amount.numerator) / Decimal(amount.denominator)
    text = f"{plain:,.2f}" if plain == round(plain, 2) else f"{round(plain, 8).normalize():,f}"
    return f"({text})" if amount < 0 else text


def percent(share: Fraction) -> str:
    """A share of 1 in percent."""
    return f"{Decimal(share.numerator * 100) / Decimal(share.denominator):f}%"


class Account:
    """The lines of one hospital and insurance, in the order of its statement."""

    def __init__(self, cases: Iterable[Row], decided: Mapping[str, Fraction], rules: Row) -> None:
        self.steps: list[Step] = []
        self.rules = rules
        self._cases = [_figures(case, decided.get(case["case_id"])) for case in cases]

    def __getitem__(self, name: str) -> Fraction:
        return next(step.amount for step in self.steps if step.name == name)

    def put(self, name: str, amount: Fraction, arithmetic: str = "given") -> Fraction:
        """One more line."""
        self.steps.append(Step(name, arithmetic, amount))
        return amount

    def total(self, name: str) -> Fraction:
        """One more line: a sum over the cases, class by class."""
        by_class: dict[str, Fraction] = defaultdict(Fraction)
        for case in self._cases:
            by_class[case["case_class"]] += case[name]
        parts = [f"{case_class} {written(part)}" for case_class, part in sorted(by_class.items()) if part]
        return self.put(name, sum(by_class.values(), Fraction(0)), " + ".join(parts) or "no such case")

    def signed(self, name: str, *terms: tuple[str, Fraction]) -> Fraction:
        """One more line: terms with their signs."""
        text = "".join(f" {sign} {written(value)}" for sign, value in terms).removeprefix(" + ")
        return self.put(name, sum((v if sign == "+" else -v for sign, v in terms), Fraction(0)), text)

    def until_the_claim(self) -> None:
        """From the cases to what the account claims."""
        for name in ("cost", "standard", "surplus formula", "surplus"):
            self.total(name)
        self.signed("surplus adjustment", ("+", self["surplus"]), ("−", self["surplus formula"]))
        cost, standard = self.total("shared cost"), self.total("shared standard")
        if standard:
            self.put("utilisation", cost / standard, f"{written(cost)} ÷ {written(standard)}")
        self._share(cost, standard)
        others = [self.total(f"{name} payment") for name in ("item", "outside", "special", "excluded items")]
        self.signed("payment", *(("+", part) for part in (self["shared payment"], *others)))
        self.total("patient share")
        self.signed("payment less patient share", ("+", self["payment"]), ("−", self["patient share"]))

    def _share(self, cost: Fraction, standard: Fraction) -> None:
        """Surplus and overrun by marginal bands, then the cap."""
        available = self.put(
            "surplus available", max(standard - cost, Fraction(0)), f"{written(standard)} − {written(cost)}"
        )
        bands = self.rules["settlement"]["surplus"]["bands"]
        ends = [*(Fraction(band["utilisation_at_least"]) for band in bands[1:]), Fraction(1)]
        kept = self._slices(cost, standard, bands, ends, "hospital_keeps", above=False)
        if available:
            self.put("surplus retained", half_up(kept[0]), kept[1])
            self.signed("surplus returned", ("+", available), ("−", half_up(kept[0])))
        returned = available - half_up(kept[0])
        overrun = self.put(
            "overrun", max(cost - standard, Fraction(0)), f"{written(cost)} − {written(standard)}"
        )
        bands = self.rules["settlement"]["overrun"]["bands"]
        far = max(cost / standard, Fraction(2)) if standard else Fraction(2)
        ends = [*(Fraction(band["utilisation_at_least"]) for band in bands[1:]), far]
        borne, text = self._slices(cost, standard, bands, ends, "fund_bears", above=True)
        borne = half_up(borne)
        if overrun:
            self.put("overrun fund", borne, text)
            self.signed("overrun hospital", ("+", overrun), ("−", borne))
        share = Fraction(self.rules["settlement"]["limits"]["cap_of_cost"])
        cap = self.put("cap", half_up(cost * share), f"{written(cost)} × {percent(share)}")
        before = self.signed(
            "payment before limits", ("+", standard), ("−", returned), *([("+", borne)] if borne else [])
        )
        effect = self.put("cap effect", min(cap - before, Fraction(0)), f"{written(cap)} − {written(before)}")
        self.signed("shared payment", ("+", before), ("+", effect))

    def _slices(
        self,
        cost: Fraction,
        standard: Fraction,
        bands: Sequence[Row],
        ends: Sequence[Fraction],
        share: str,
        *,
        above: bool,
    ) -> tuple[Fraction, str]:
        """What the shares of the slices between cost and standard come to; a line for each slice."""
        total, texts = Fraction(0), []
        for number, (band, end) in enumerate(zip(bands, ends, strict=True), start=1):
            low = Fraction(band["utilisation_at_least"]) * standard
            high = end * standard
            low, high = (low, min(high, cost)) if above else (max(low, cost), high)
            if high > low:
                self.put(f"slice {number}", high - low, f"{written(high)} − {written(low)}")
                part = Fraction(band[share])
                total += part * (high - low)
                texts.append(f"{written(high - low)} × {percent(part)}")
        return total, " + ".join(texts)

    def after_the_claim(
        self, budget: Row, claimed: Fraction, cut: Fraction, unit: Fraction, given: Row
    ) -> None:
        """From the budget to the balance and the result.

        Args:
            budget: as the scheme gives it.
            claimed: by all accounts.
            cut: this account's part of the budget, rounded down to the fen.
            unit: the fen that it gets of what the others lack.
            given: score, payments and deductions.
        """
        claim = self["payment less patient share"]
        amount = self.put("budget", Fraction(budget["amount_yuan"]))
        share = Fraction(budget["reserve_share"])
        reserve = self.put("reserve", half_up(amount * share), f"{written(amount)} × {percent(share)}")
        carried = self.put("carried in", Fraction(budget.get("carried_in_yuan", 0)))
        pool = self.signed("budget to distribute", ("+", amount), ("−", reserve), ("+", carried))
        self.put("claims of all accounts", claimed, "of all hospitals, the sum of payment less patient share")
        self.signed("claims less budget", ("+", claimed), ("−", pool))
        self.put("claim of this account", claim, "payment less patient share")
        entitlement = claim
        if claimed > pool:
            self.put("claims that share in it, all accounts", claimed, "none is below 0")
            self.put("amount distributed", pool, "budget to distribute")
            self.put(
                "share in proportion, cut", cut, f"{written(pool)} × {written(claim)} ÷ {written(claimed)}"
            )
            self.put("rounding units placed here", unit, "by the largest remainders")
            adjustment = self.signed("budget adjustment", ("+", cut), ("+", unit), ("−", claim))
            entitlement = self.signed("entitlement", ("+", claim), ("+", adjustment))
        else:
            self.put("budget adjustment", Fraction(0))
            self.put("entitlement", claim)
        share = Fraction(self.rules["settlement"]["deposit"]["share"])
        deposit = self.put(
            "deposit", half_up(max(claim, Fraction(0)) * share), f"{written(claim)} × {percent(share)}"
        )
        score = self.put("score", Fraction(given["score"]))
        rows = self.rules["settlement"]["deposit"]["scores"]
        part = [Fraction(row["returned"]) for row in rows if Fraction(row["score_at_least"]) <= score][-1]
        self.put("share of the deposit returned", part, f"the row of {score}")
        returned = self.put(
            "deposit returned", half_up(deposit * part), f"{written(deposit)} × {percent(part)}"
        )
        self.signed("deposit forfeited", ("+", deposit), ("−", returned))
        deductions = self.put("deductions", Fraction(0))
        prepaid = self.put("prepayment", Fraction(given["prepayment"]))
        payable = self.signed(
            "payable", ("+", entitlement), ("−", deposit), ("+", returned), ("−", deductions), ("−", prepaid)
        )
        daily, monthly = (
            self.put("daily paid", Fraction(0)),
            self.put("monthly paid", Fraction(given["monthly"])),
        )
        more, back = self.put("supplements", Fraction(0)), self.put("refunds", Fraction(0))
        instalments = self.signed("instalments", ("+", daily), ("+", monthly), ("+", more), ("−", back))
        self.signed("balance", ("+", payable), ("−", instalments))
        beyond = self.total("borne beyond the payment")
        self.signed(
            "outcome", ("+", entitlement), ("+", self["patient share"]), ("+", beyond), ("−", self["cost"])
        )


def _figures(case: Row, special: Fraction | None) -> dict[str, Any]:
    """What a case adds to each line; ``special`` is what was decided for it."""
    money = {
        name: Fraction(value) for name, value in case.items() if name.endswith("_yuan") and value is not None
    }
    cost, standard = money["total_cost_yuan"], money.get("standard_payment_yuan", Fraction(0))
    case_class = str(case["case_class"]) if special is None else "special"
    by_group = money["drg_payment_yuan"] + money["high_cost_payment_yuan"]
    compared = case_class in COMPARED
    paid = money["payment_yuan"] if special is None else special
    patient = money["patient_share_yuan"]
    return {
        "case_class": case_class,
        "cost": cost,
        "standard": standard if case_class in WITH_STANDARD else Fraction(0),
        "surplus formula": standard - cost if case_class in WITH_STANDARD else Fraction(0),
        "surplus": paid - cost,
        "shared cost": cost if compared else Fraction(0),
        "shared standard": by_group if compared else Fraction(0),
        "item payment": Fraction(0)
        if compared or special is not None
        else paid - money["outside_payment_yuan"],
        "outside payment": Fraction(0) if special is not None else money["outside_payment_yuan"],
        "special payment": special or Fraction(0),
        "excluded items payment": Fraction(0),
        "patient share": min(patient, paid),
        "borne beyond the payment": max(patient - paid, Fraction(0)),
    }


def accounts_by_hand(
    priced: Iterable[Row],
    decisions: Iterable[Row],
    payments: Iterable[Row],
    scores: Iterable[Row],
    rules: Row,
) -> dict[Key, Account]:
    """All accounts of a year with all their lines.

    Args:
        priced: cases as pricing gives them.
        decisions: of special cases, as they are given to the settlement.
        payments: likewise.
        scores: likewise.
        rules: what ``scheme.toml`` says, as it is read.
    """
    decided: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for row in decisions:
        decided[row["hospital_id"]][row["case_id"]] = Fraction(row["special_payment_yuan"])
    cases: dict[Key, list[Row]] = defaultdict(list)
    for case in priced:
        cases[case["hospital_id"], case["insurance_type"]].append(case)
    accounts = {key: Account(cases[key], decided[key[0]], rules) for key in sorted(cases)}
    for account in accounts.values():
        account.until_the_claim()
    paid: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for row in payments:
        paid[row["hospital_id"], row["insurance_type"], row["kind"]] += Fraction(row["amount_yuan"])
    score = {row["hospital_id"]: row["score"] for row in scores}
    for budget in rules["settlement"]["budgets"]:
        sharing = {key: account for key, account in accounts.items() if key[1] == budget["insurance"]}
        claims = {key: account["payment less patient share"] for key, account in sharing.items()}
        cuts, units = parted(budget, claims)
        for key, account in sharing.items():
            given = {
                "score": score[key[0]],
                "prepayment": paid[(*key, "prepayment")],
                "monthly": paid[(*key, "monthly")],
            }
            account.after_the_claim(budget, sum(claims.values(), Fraction(0)), cuts[key], units[key], given)
    return accounts


def parted(budget: Row, claims: Mapping[Key, Fraction]) -> tuple[dict[Key, Fraction], dict[Key, Fraction]]:
    """The budget parted by claims: cut to the fen, and the fen that are left, to the largest remainders."""
    amount = Fraction(budget["amount_yuan"])
    pool = (
        amount
        - half_up(amount * Fraction(budget["reserve_share"]))
        + Fraction(budget.get("carried_in_yuan", 0))
    )
    if any(claim < 0 for claim in claims.values()):
        raise ValueError("a claim below 0 keeps out of the parting; this example has none")
    whole = sum(claims.values(), Fraction(0))
    exact = {key: pool * claim / whole for key, claim in claims.items()}
    cuts = {key: floor(part / FEN) * FEN for key, part in exact.items()}
    left = int((pool - sum(cuts.values(), Fraction(0))) / FEN)
    first = sorted(exact, key=lambda key: (cuts[key] - exact[key], key))[:left]
    return cuts, {key: FEN if key in first else Fraction(0) for key in exact}


def case_by_hand(case: Row, weights: Mapping[tuple[str, str], Fraction], rules: Row) -> str:
    """What a case is paid, in one line; raises if that is not what pricing says."""
    level, insurance, drg = case["hospital_level"], case["insurance_type"], case["drg"]
    cost, paid = Fraction(case["total_cost_yuan"]), Fraction(case["payment_yuan"])
    if case["grouping_status"] != "grouped" or case["case_class"] in ("unweighted", "long"):
        rule = rules.get(case["case_class"], {})
        share = Fraction(rule["share"]) if rule.get("pays") == "share" else Fraction(1)
        return _checked(f"{written(cost)} × {percent(share)}", half_up(cost * share), paid)
    texts = []
    medical = rules["tcm"]["medical_drg"].get(drg)
    if medical:
        share = Fraction(case["tcm_share"])
        if share < Fraction(rules["tcm"]["share_below"]):
            drg = medical
        texts.append(f"share {percent(share)}: as {drg}")
    rates = {(row["insurance"], row.get("level")): Fraction(row["value_yuan"]) for row in rules["rates"]}
    unit = rates.get((insurance, level)) or rates[insurance, None]
    factor = {row["level"]: Fraction(row["value"]) for row in rules["coefficients"]["rows"]}.get(
        level, Fraction(1)
    )
    weight, regional = weights[drg, level], Fraction(rules["method"]["regional_mean_yuan"])
    standard, mean = weight * unit * factor, weight * regional
    texts.append(f"S = {_plain(weight)} × {_plain(unit)} × {_plain(factor)} = {_plain(standard)}")
    tiers = rules["high"]["tiers"]
    times = next(
        Fraction(tier["threshold"])
        for tier in tiers
        if "weight_below" not in tier or weight < Fraction(tier["weight_below"])
    )
    above, below = times * min(standard, mean), Fraction(rules["low"]["threshold"]) * standard
    if cost > above:
        amount = standard + (cost - times * mean) * unit / regional
        texts.append(f"{written(cost)} > {_plain(times)} × {_plain(min(standard, mean))}")
        excess = f"({written(cost)} − {_plain(times)} × {_plain(mean)}) × {_plain(unit)} ÷ {_plain(regional)}"
        texts.append(f"S + {excess}")
    elif cost < below:
        factors = {row["insurance"]: Fraction(row["factor"]) for row in rules["low"]["factors"]}
        control = factors.get(insurance, Fraction(rules["low"]["factor"]))
        amount = cost * control
        texts.append(f"{written(cost)} < {percent(Fraction(rules['low']['threshold']))} × S")
        texts.append(f"{written(cost)} × {_plain(control)}")
    else:
        amount = standard
    return _checked("; ".join(texts), half_up(amount), paid)


def _plain(number: Fraction) -> str:
    return f"{(Decimal(number.numerator) / Decimal(number.denominator)).normalize():,f}"


def _checked(text: str, amount: Fraction, paid: Fraction) -> str:
    if amount != paid:
        raise ValueError(f"{text} = {written(amount)}, but {written(paid)} were paid")
    return f"{text} → **{written(amount)}**"
