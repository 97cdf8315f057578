"""A scheme in words: every rule that it has is said, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from drg.payment.high_rules import High
from drg.payment.load_scheme import installed_schemes, load_scheme
from drg.payment.outside_rules import Outside
from drg.payment.scheme import Low
from drg.report.scheme_words import sentences
from drg.words import told

RULES = {
    "coefficients": "Coefficient",
    "amounts": "are paid an amount",
    "incentive": "ncentive coefficient",
    "high": "High cost",
    "low": "Low cost",
    "extreme": "dearest",
    "excluded_items": "Excluded items",
    "additions": "Paid beside the group",
    "incomplete": "Broken-off",
    "readmission": "followed by another",
    "tcm": "raditional medicine",
}


@pytest.mark.parametrize("scheme", sorted(installed_schemes()))
def test_every_rule_is_said(scheme: str) -> None:
    loaded = load_scheme(scheme)
    english = [told(sentence, "en") for sentence in sentences(loaded, 10_000)]
    chinese = [told(sentence, "zh") for sentence in sentences(loaded, 10_000)]
    assert len(english) == len(chinese)
    whole = "\n".join(english)
    for name, words in RULES.items():
        assert (words in whole) == bool(getattr(loaded.scheme, name)), name
    assert whole.count("Rate: ") + whole.count("Value of a point: ") == len(loaded.scheme.rates)
    assert whole.count("Outside payment by group") == len(loaded.scheme.outside)
    assert "groups of the version have no weight" in whole
    # Chinese sentences have no English words but ids and names of sections.
    left = re.findall(r"\b(?:paid|cost|groups?|cases?|rate|weights?|stays?|days)\b", "\n".join(chinese))
    assert left == []


def test_settlement_of_some_hospitals_and_patients_is_said() -> None:
    said = list(sentences(load_scheme("template"), 0))
    english, chinese = ("\n".join(told(one, language) for one in said) for language in ("en", "zh"))
    for part in (
        "Budget of 2025 for 甲县医共体: 2 hospitals",
        "The reserve of 2025, budget × 0.05, pays the fund's share of overruns; the rest is carried over",
        "Quota of special cases, of the discharges paid by group: level 3: 5 %; level 2: 3 %",
        "elsewhere in the province are settled apart: areas that begin with 44",
    ):
        assert part in english
    for part in ("2025 年 甲县医共体 预算：2 家医院", "余额结转下年", "3 级：5 %", "参保地以 44 开头"):
        assert part in chinese


def test_stays_outside_payment_by_group_are_said() -> None:
    """Prices by stage, level and insurance, and shares of the standard."""
    loaded = load_scheme("demo")
    bed_day = {"case_class": "bed_day", "case_kind": "bed_day", "pays": "per_day", "source": "made up"}
    stages = ({"up_to_day": 60, "price_yuan": 500}, {"price_yuan": 300})
    rules = (
        Outside.model_validate({**bed_day, "level": "3", "insurance": "310", "stages": stages}),
        Outside.model_validate({**bed_day, "stages": stages[1:]}),
        Outside.model_validate({**bed_day, "pays": "share_of_standard", "share": Decimal("0.8")}),
    )
    scheme = loaded.scheme.model_copy(update={"outside": rules})
    said = list(sentences(replace(loaded, scheme=scheme), 0))
    english, chinese = (
        [text for text in (told(one, language) for one in said) if "bed_day" in text or "床日（" in text]
        for language in ("en", "zh")
    )
    assert english == [
        "Outside payment by group: bed_day (case_kind is bed_day, insurance 310, level 3), "
        "paid by day: 500 yuan a day up to day 60, 300 yuan a day from then on",
        "Outside payment by group: bed_day (case_kind is bed_day), paid by day: 300 yuan a day",
        "Outside payment by group: bed_day (case_kind is bed_day), paid 0.8 × the standard of their group",
    ]
    assert "第 60 天及以前每天 500 元、之后每天 300 元" in chinese[0]
    assert "按病组支付标准 × 0.8 支付" in chinese[2]


def test_rules_for_single_groups_are_said() -> None:
    said = list(sentences(load_scheme("demo-groups"), 0))
    english, chinese = ("\n".join(told(one, language) for one in said) for language in ("en", "zh"))
    assert "2 groups are paid an amount, from 6,000 yuan (NR13) to 18,000 yuan (NA19)" in english
    assert "Some amounts are for hospital levels: 3" in english
    assert "by CMI ÷ mean CMI of the level: 0.98 (from 0), 1 (from 1), 1.02 (from 1.1)" in english
    assert "2 hospitals have an incentive coefficient, from 0.98 to 1.02" in english
    assert "Incentive coefficient of other hospitals: 1" in english
    assert "Traditional medicine: coefficients × 1.1 (1 groups, a share of 0.6 or more)" in english
    assert "中医药倾斜：系数再乘 1.1（1 个病组、占比达到 0.6）" in chinese


def test_control_factors_are_said() -> None:
    loaded = load_scheme("demo")
    low = Low.model_validate(
        {
            **{"threshold": Decimal("0.4"), "reference": "mean", "source": "made up"},
            **{"factor": "price_ratio", "factors": ({"insurance": "390", "factor": Decimal("0.95")},)},
        }
    )
    scheme = loaded.scheme.model_copy(update={"low": low})
    said = list(sentences(replace(loaded, scheme=scheme), 0))
    (english,) = [text for text in (told(one, "en") for one in said) if "Low cost" in text]
    assert english.endswith(
        "paid cost × 0.95 (insurance 390), yuan per unit of weight ÷ regional mean (others)"
    )
    (chinese,) = [text for text in (told(one, "zh") for one in said) if "低倍率" in text]
    assert "0.95（险种 390）、每权重单价 ÷ 次均费用（其他险种）" in chinese


def test_tiers_with_formulas_of_their_own_are_said() -> None:
    loaded = load_scheme("demo")
    tiers = [
        {"threshold": 3, "weight_below": 1, "fund_share": Decimal("0.8")},
        {"threshold": 2, "formula": "cap"},
    ]
    high = High.model_validate(
        {"formula": "linear_add", "reference": "standard", "tiers": tiers, "source": "made up"}
    )
    scheme = loaded.scheme.model_copy(update={"high": high})
    said = list(sentences(replace(loaded, scheme=scheme), 0))
    english, chinese = (
        [text for text in (told(one, language) for one in said) if text.startswith(head)]
        for language, head in (("en", "High cost"), ("zh", "高倍率"))
    )
    assert english == [
        "High cost, weights below 1: above 3 × the standard of the case; paid by standard and 0.8 of what is "
        "beyond the threshold",
        "High cost, other weights: above 2 × the standard of the case; paid by threshold × standard",
    ]
    assert "权重低于 1" in chinese[0]
    assert "超出部分的 0.8" in chinese[0]


def test_points_of_cases_beside_groups_are_said() -> None:
    loaded = load_scheme("demo")
    method = loaded.scheme.method.model_copy(
        update={"kind": "points", "scale": Decimal(100), "points_for": ("low", "bed_day")}
    )
    scheme = loaded.scheme.model_copy(update={"method": method})
    said = list(sentences(replace(loaded, scheme=scheme), 0))
    assert any(told(one, "en").endswith("closes the year: low, bed_day") for one in said)
    (chinese,) = [text for text in (told(one, "zh") for one in said) if "折算点数" in text]
    assert "低倍率" in chinese


def test_the_lower_of_two_references_is_said() -> None:
    loaded = load_scheme("demo")
    assert loaded.scheme.high is not None
    high = loaded.scheme.high.model_copy(update={"reference": "lower_of_two"})
    scheme = loaded.scheme.model_copy(update={"high": high})
    said = [told(one, "en") for one in sentences(replace(loaded, scheme=scheme), 0)]
    assert any(
        "standard of the case or the mean cost of the group, whichever is lower" in one for one in said
    )
