"""Who pays what of the stays of two persons in a year, every line by hand, as docs/benefits.md says.

    python docs/benefits_by_hand.py    writes the parts of docs/benefits-worked.md

Fractions throughout, rounded where the formulas say. What the scheme says is read from its file; nothing of
the package is used, so that what comes out can be held against it.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from year_by_hand import Step, half_up, percent, written

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT: Final = ROOT / "docs" / "benefits-worked.md"
SCHEME: Final = ROOT / "benefit_schemes" / "demo" / "scheme.toml"
Stay = Mapping[str, Any]
CLASSES: Final = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")
# How the scheme writes what the stays say.
_WORDS: Final = {
    "特困": "extreme_hardship",
    "低保": "minimum_living",
    "监测": "poverty_risk",
    "低保边缘": "near_minimum_living",
    "下转": "down",
    "上转": "up",
}
_COLUMNS: Final = {"insurance": "insurance_type", "level": "hospital_level"}
_ENDLESS: Final = 10**12


def rules_of_scheme() -> dict[str, Any]:
    """What the scheme says."""
    return tomllib.loads(SCHEME.read_text(encoding="utf-8"), parse_float=Decimal)


# --------------------------------------------------------------------------------------------- the persons


def _stay(case_id: str, left: date, days: int, classes: Sequence[str], **more: Any) -> dict[str, Any]:
    amounts = [Decimal(amount) for amount in classes]
    return {
        "case_id": case_id,
        "insurance_type": "390",
        "aid_class": "none",
        "referral": "none",
        "off_site": "local",
        "commercial_product": None,
        "maternity": False,
        "newborn": False,
        "admission_date": left - timedelta(days=days),
        "discharge_date": left,
        "total_cost_yuan": sum(amounts, Decimal(0)),
        **dict(zip(CLASSES, amounts, strict=True)),
    } | more


def on_dialysis() -> list[dict[str, Any]]:
    """A resident with a minimum living allowance, on dialysis: a bill each week, and one stay elsewhere."""
    person = {"patient_id": "D", "age_years": 56, "aid_class": "minimum_living"}
    weeks = [
        _stay(
            f"D{week:02}",
            date(2025, 1, 5) + timedelta(weeks=week - 1),
            6,
            ("1486.35", "268.50", "45.15", "0"),
            hospital_level="2",
            **person,
        )
        for week in range(1, 53)
    ]
    # In week 30, between two bills.
    access = _stay(
        "D30a",
        date(2025, 7, 30),
        2,
        ("13860.40", "5217.85", "1380.00", "640.00"),
        hospital_level="3",
        referral="up",
        **person,
    )
    return [*weeks[:30], access, *weeks[30:]]


def newborn() -> list[dict[str, Any]]:
    """A preterm child: after birth at level 2, in intensive care at level 3, and once more in summer."""
    person = {"patient_id": "N", "age_years": 0, "commercial_product": "示例惠民保"}
    return [
        _stay(
            "N1",
            date(2025, 2, 11),
            1,
            ("1874.20", "312.45", "96.00", "0"),
            hospital_level="2",
            newborn=True,
            **person,
        ),
        _stay(
            "N2",
            date(2025, 5, 6),
            84,
            ("203416.75", "41288.30", "19860.00", "2435.00"),
            hospital_level="3",
            referral="up",
            newborn=True,
            **person,
        ),
        _stay(
            "N3",
            date(2025, 8, 19),
            7,
            ("6120.55", "1433.10", "410.25", "0"),
            hospital_level="3",
            **person,
        ),
    ]


# ------------------------------------------------------------------------------------------ the arithmetic


class PersonYear:
    """The stays of a person in a year, in order of discharge.

    Attributes:
        steps: the lines of each stay, by its case id.
    """

    def __init__(self, stays: Sequence[Stay], rules: Mapping[str, Any]) -> None:
        self.steps: dict[str, list[Step]] = {}
        self._rules = rules
        self._sums: dict[str, Fraction] = defaultdict(Fraction)
        self._number, self._standard_before = 0, Fraction(0)
        for stay in stays:
            self._lines: list[Step] = []
            self._work(stay)
            self.steps[stay["case_id"]] = self._lines

    def amount(self, case_id: str, name: str) -> Fraction:
        """What a line comes to; 0 if the stay has no such line."""
        return next((step.amount for step in self.steps[case_id] if step.name == name), Fraction(0))

    def total(self, name: str) -> Fraction:
        """What a line comes to in the year."""
        return sum((self.amount(case_id, name) for case_id in self.steps), Fraction(0))

    def _put(self, name: str, amount: Fraction, arithmetic: str) -> Fraction:
        self._lines.append(Step(name, arithmetic, amount))
        return amount

    def _add(self, name: str, amount: Fraction) -> None:
        self._sums[name] += amount

    def _work(self, stay: Stay) -> None:
        self._number += 1
        class_a, class_b, self_paid, above_limit = (Fraction(stay[name]) for name in CLASSES)
        parts = " + ".join(written(Fraction(stay[name])) for name in CLASSES)
        cost = self._put("cost", class_a + class_b + self_paid + above_limit, parts)
        share = Fraction(self._row(self._rules["items"]["class_b"], stay)["share"])
        first = self._put(
            "first own share", half_up(class_b * share), f"{written(class_b)} × {percent(share)}"
        )
        text = f"{written(class_a)} + {written(class_b)} − {written(first)}"
        within = self._put("within policy", class_a + class_b - first, text)
        text = f"{written(self_paid)} + {written(above_limit)}"
        self._put("outside policy", self_paid + above_limit, text)
        uncapped, fund = self._basic(stay, within)
        # Critical illness and aid of this scheme count what is above the cap, not the first own share.
        own = within - uncapped + (uncapped - fund)
        text = f"{written(within)} − {written(uncapped)}"
        text += f" + {written(uncapped - fund)}" if uncapped > fund else ""
        self._put("counted own payments", own, text)
        row = self._row(self._rules["critical"]["rows"], stay)
        critical = self._above("critical illness", row, "threshold_yuan", own)
        aid = Fraction(0)
        aided = self._row(self._rules["aid"]["rows"], stay)
        if aided is not None:
            left = own - critical
            text = f"{written(own)} − {written(critical)}"
            self._put("left for aid", left, text)
            aid = self._above("medical aid", aided, "threshold_yuan", left)
        payers = [fund, critical, aid]
        commercial = self._commercial(stay, within - sum(payers) + first, self_paid)
        text = " − ".join(written(part) for part in (cost, *payers, commercial))
        self._put("patient", cost - sum(payers) - commercial, text)

    @staticmethod
    def _row(rows: Sequence[Mapping[str, Any]], stay: Stay) -> Any:
        """The first row that fits; None if there is none."""
        for row in rows:
            asked = [name for name in ("insurance", "level", "aid_class", "referral") if name in row]
            same = all(_WORDS.get(row[name], row[name]) == stay[_COLUMNS.get(name, name)] for name in asked)
            if same and stay["age_years"] >= row.get("age_at_least", 0):
                return row
        return None

    def _basic(self, stay: Stay, within: Fraction) -> tuple[Fraction, Fraction]:
        """What the fund would pay without caps, and what it pays."""
        basic = self._rules["basic"]
        yuan = self._row(basic["deductibles"], stay)["yuan"]
        standard = Fraction(yuan[min(self._number, len(yuan)) - 1])
        if stay["newborn"]:  # [newborn] deductible_applies = false
            standard = Fraction(0)
            due, text = standard, "none for a newborn"
        elif stay["referral"] == "up":
            due = max(standard - self._standard_before, Fraction(0))
            text = f"stay {self._number}, referred upward: "
            text += f"{written(standard)} − {written(self._standard_before)}"
        else:
            due, text = standard, f"stay {self._number} of the year"
        self._standard_before = standard
        deductible = self._put("deductible", min(due, within), text)
        base = self._put(
            "above the deductible", within - deductible, f"{written(within)} − {written(deductible)}"
        )
        share = Fraction(self._row(basic["shares"], stay)["tiers"][0]["share"])
        uncapped = half_up(base * share)
        rest = Fraction(self._row(basic["caps"], stay)["yuan"]) - self._sums["basic fund"]
        text = f"{written(base)} × {percent(share)}"
        if rest < uncapped:
            text += f" = {written(uncapped)}, of which the cap of the year leaves {written(rest)}"
        fund = self._put("basic fund", min(uncapped, rest), text)
        self._add("basic fund", fund)
        return uncapped, fund

    def _above(self, name: str, row: Mapping[str, Any], threshold: str, counted: Fraction) -> Fraction:
        """What a payer bears of an amount, by the sums of the year."""
        before, begin = self._sums[f"{name}, counted"], Fraction(row[threshold])
        after = before + counted
        total, low, parts = Fraction(0), Fraction(0), []
        for tier in row["tiers"]:
            high = Fraction(tier.get("up_to_yuan", _ENDLESS))
            part = min(max(after, begin), high) - max(before, begin, low)
            if part > 0:
                total += part * Fraction(tier["share"])
                parts.append(f"{written(part)} × {percent(Fraction(tier['share']))}")
            low = high
        rest = Fraction(row.get("cap_yuan", _ENDLESS)) - self._sums[name]
        text = f"the year: {written(before)} → {written(after)}; above {written(begin)}: "
        text += " + ".join(parts) or "nothing yet"
        if half_up(total) > rest:
            text += f", of which the cap of the year leaves {written(rest)}"
        paid = self._put(name, min(half_up(total), rest), text)
        self._add(f"{name}, counted", counted)
        self._add(name, paid)
        return paid

    def _commercial(self, stay: Stay, still: Fraction, self_paid: Fraction) -> Fraction:
        found = [one for one in self._rules["commercial"] if one["product"] == stay["commercial_product"]]
        if not found:
            return Fraction(0)
        text = f"{written(still)} of classes A and B are not yet paid"
        self._put("left within policy", still, text)
        within = self._above("commercial, within policy", found[0]["within_policy"], "deductible_yuan", still)
        outside = self._above(
            "commercial, outside policy", found[0]["outside_policy"], "deductible_yuan", self_paid
        )
        drugs = self._above(
            "commercial, special drugs", found[0]["special_drugs"], "deductible_yuan", Fraction(0)
        )
        text = f"{written(within)} + {written(outside)} + {written(drugs)}"
        return self._put("commercial product", within + outside + drugs, text)


# -------------------------------------------------------------------------------------------- the document

PAYERS: Final = ("basic fund", "critical illness", "medical aid", "commercial product", "patient")


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _lines(year: PersonYear, case_id: str) -> str:
    rows = [[step.name, step.arithmetic, written(step.amount)] for step in year.steps[case_id]]
    return _table(("item", "by hand", "yuan"), rows)


def _stays(stays: Sequence[Stay], year: PersonYear) -> str:
    names = ("cost", "deductible", "basic fund", "counted own payments", *PAYERS[1:])
    shown = [name for name in names if year.total(name)]
    rows = [
        [stay["case_id"], stay["discharge_date"], *(written(year.amount(stay["case_id"], n)) for n in shown)]
        for stay in stays
    ]
    rows.append(["year", "", *(written(year.total(name)) for name in shown)])
    return _table(("stay", "discharge", *shown), rows)


def _shares(year: PersonYear) -> str:
    cost = year.total("cost")
    rows = [
        [name, written(year.total(name)), f"{float(year.total(name) / cost):.1%}"]
        for name in ("cost", *PAYERS)
        if year.total(name)
    ]
    return _table(("", "yuan", "share of the cost"), rows)


def first_with(year: PersonYear, name: str, text: str = "") -> str:
    """The first stay of which a line comes to something, with a text in its arithmetic."""
    return next(
        case_id
        for case_id, steps in year.steps.items()
        if any(step.name == name and step.amount and text in step.arithmetic for step in steps)
    )


def blocks() -> dict[str, str]:
    """The parts of the document by name."""
    rules = rules_of_scheme()
    weeks, child = on_dialysis(), newborn()
    patient, baby = PersonYear(weeks, rules), PersonYear(child, rules)
    found = {
        "first": "D01",
        "threshold": first_with(patient, "critical illness"),
        "referred": "D30a",
        "after": "D31",
        "tier": first_with(patient, "critical illness", "× 75%"),
    }
    return {
        "dialysis-year": _shares(patient),
        **{
            f"dialysis-{name}": f"Stay {case_id}:\n\n{_lines(patient, case_id)}"
            for name, case_id in found.items()
        },
        "dialysis-stays": _stays(weeks, patient),
        "newborn-year": _shares(baby),
        **{f"newborn-{stay['case_id']}": _lines(baby, stay["case_id"]) for stay in child},
        "newborn-stays": _stays(child, baby),
    }


def document(text: str) -> str:
    """The document with its parts as they are now."""
    for name, content in blocks().items():
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        text, count = re.subn(
            f"{begin}.*?{end}",
            lambda _, part=f"{begin}{content}\n{end}": part,  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"block {name!r} is there {count} times")
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
