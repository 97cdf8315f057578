"""What a scheme may say, and what is said of one that cannot be used: file, line, entry and remedy."""

from __future__ import annotations

import random
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drg.categories import CaseClass
from drg.errors import SchemeError, UnknownSchemeError
from drg.payment.load_scheme import load_scheme
from drg.payment.scheme import PaymentScheme
from tests.payment.strategies import (
    SOURCE,
    Weights,
    plain_scheme,
    random_scheme,
    sourced,
    write_scheme,
)

ONE: Weights = {("BR15", None): Decimal(1)}

TEXT = """\
id = "mine"
title = "mine"
region = "none"
grouper = "demo"
status = "illustrative"
source = "made up"

[method]
kind = "rate"
source = "made up"

[[rates]]
value_yuan = 10000
source = "made up"

[ungrouped]
pays = "nothing"
source = "made up"

[ambiguous]
pays = "nothing"
source = "made up"

[unweighted]
pays = "nothing"
source = "made up"
"""
HIGH = '\n[high]\nformula = "cap"\nreference = "mean"\nsource = "made up"\n'
WEIGHTS = "drg,relative_weight\nBR15,1\n"


def written(directory: Path, text: str = TEXT, weights: str | None = WEIGHTS) -> Path:
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    if weights is not None:
        (directory / "weights.csv").write_text(weights, encoding="utf-8")
    return directory


def line(text: str, start: str) -> int:
    """The line of the file that starts so, the last one if there are several."""
    return max(number for number, row in enumerate(text.splitlines(), start=1) if row.startswith(start))


# ------------------------------------------------------------------------------------------ what may be said


def test_a_small_scheme_loads(tmp_path: Path) -> None:
    loaded = load_scheme(written(tmp_path))
    assert loaded.scheme.id == "mine"
    assert loaded.scheme.high is None
    weight = loaded.weight("BR15", "any level")
    assert weight is not None
    assert weight.relative_weight == 1


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    text = TEXT.replace("value_yuan = 10000", "value_yuan = 9575.10")
    scheme = load_scheme(written(tmp_path, text)).scheme
    assert str(scheme.rates[0].value_yuan) == "9575.10"


def test_random_schemes_are_read_as_they_were_written(tmp_path: Path) -> None:
    for seed in range(20):
        entries, weights = random_scheme(random.Random(seed))
        loaded = load_scheme(write_scheme(tmp_path / str(seed), entries, weights))
        model = PaymentScheme.model_validate(entries)
        assert loaded.scheme == model.model_copy(update={"unusual": loaded.scheme.unusual})
        assert {key: weight.relative_weight for key, weight in loaded.weights.items()} == weights


def test_case_classes_are_in_the_order_in_which_they_apply() -> None:
    order = "invalid special joined ungrouped ambiguous short long bed_day day_surgery unstable unweighted"
    assert [str(case_class) for case_class in CaseClass] == [
        *order.split(),
        *("unpriced", "incomplete", "extreme"),
        "high",
        "low",
        "normal",
    ]


def test_a_scheme_does_not_change() -> None:
    scheme = PaymentScheme.model_validate(plain_scheme())
    with pytest.raises(ValidationError, match="frozen"):
        scheme.title = "other"


# ------------------------------------------------------------------------------------------- what may not be

RATE = sourced(value_yuan=1)
TIER = {"threshold": 2}
DAYS = {"case_class": "bed_day", "case_kind": "bed_day", "pays": "per_day"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no source": ({"source": None}, "source"),
    "no rate": ({"rates": []}, "there is no rate"),
    "rate of nothing": ({"rates": [sourced(value_yuan=0)]}, "greater than 0"),
    "rate below nothing": ({"rates": [sourced(value_yuan=-1)]}, "greater than"),
    "rate in words": ({"rates": [sourced(value_yuan="much")]}, "decimal"),
    "nine decimals": ({"rates": [sourced(value_yuan=Decimal("1.123456789"))]}, "decimal places"),
    "two rates for the same": ({"rates": [RATE, RATE]}, "same insurance and level"),
    "two rates on the same day": (
        {
            "rates": [
                sourced(value_yuan=1, valid_to="2025-06-30"),
                sourced(value_yuan=2, valid_from="2025-06-30"),
            ]
        },
        "same insurance and level on the same days",
    ),
    "a rate for any day beside one of some": (
        {"rates": [RATE, sourced(value_yuan=1, valid_from="2025-06-30")]},
        "same insurance and level on the same days",
    ),
    "a rate that ends before it begins": (
        {"rates": [sourced(value_yuan=1, valid_from="2025-02-01", valid_to="2025-01-31")]},
        "valid_to is before valid_from",
    ),
    "two coefficients on the same day": (
        {
            "coefficients": sourced(
                rows=[
                    sourced(value=1, level="1", valid_to="2025-06-30"),
                    sourced(value=2, level="1", valid_from="2025-06-01"),
                ]
            )
        },
        "same hospital, level and group on the same days",
    ),
    "no amount": ({"amounts": sourced(rows=[])}, "at least 1"),
    "amount of nothing": ({"amounts": sourced(rows=[{"drg": "BR15", "amount_yuan": 0}])}, "greater than 0"),
    "two amounts for the same": (
        {"amounts": sourced(rows=[{"drg": "BR15", "amount_yuan": 1}, {"drg": "BR15", "amount_yuan": 2}])},
        "two amounts of BR15 are for the same insurance and level",
    ),
    "amounts beside a budget that closes by points": (
        {
            "method": sourced(kind="points", scale=100),
            "amounts": sourced(rows=[{"drg": "BR15", "amount_yuan": 1}]),
            "settlement": sourced(
                budgets=[
                    sourced(year=2025, amount_yuan=1, excess="point_value", remainder="point_value"),
                ]
            ),
        },
        "beside amounts, which have no points",
    ),
    "bands of incentives with a gap below": (
        {"incentive": sourced(bands=[{"cmi_ratio_at_least": 1, "coefficient": 1}])},
        "begin at 0",
    ),
    "bands of incentives out of order": (
        {"incentive": sourced(bands=[{"cmi_ratio_at_least": at, "coefficient": 1} for at in (0, 2, 1)])},
        "in order of cmi_ratio_at_least",
    ),
    "two incentives for the same": (
        {"incentive": sourced(rows=[{"hospital": "H", "coefficient": 1}] * 2)},
        "two coefficients by CMI are for H on the same days",
    ),
    "tcm without a rule": ({"tcm": sourced()}, "give share_below and medical_drg, or uplifts"),
    "tcm by half": ({"tcm": sourced(share_below=Decimal("0.6"))}, "are given together"),
    "uplift for all": ({"tcm": sourced(uplifts=[{"coefficient": 1}])}, "say which cases"),
    "uplift that is never used": (
        {
            "tcm": sourced(
                uplifts=[
                    {"share_at_least": Decimal("0.5"), "coefficient": 1},
                    {"share_at_least": Decimal("0.6"), "drgs": ["BV19"], "coefficient": 2},
                ]
            )
        },
        "row 2 of uplifts is never used: row 1 takes all its cases",
    ),
    "unstable without groups": (
        {"outside": [sourced(case_class="unstable", los_days_at_most=1, pays="by_item")]},
        "name the groups of such cases in drgs",
    ),
    "a rule for a group below one for it and others": (
        {
            "outside": [
                sourced(case_class="unstable", drgs=drgs, pays="by_item")
                for drgs in (["BR11", "BR15"], ["BR15"])
            ]
        },
        "row 2 of outside is never used",
    ),
    "rate without source": ({"rates": [{"value_yuan": 1}]}, "source"),
    "status": ({"status": "official"}, "published"),
    "id": ({"id": "two words"}, "pattern"),
    "dates": ({"valid_from": "2025-01-02", "valid_to": "2025-01-01"}, "valid_to is before valid_from"),
    "no such day": ({"valid_from": "2025-02-30"}, "date"),
    "method": ({"method": sourced(kind="weights")}, "'rate' or 'points'"),
    "points without scale": ({"method": sourced(kind="points")}, "scale"),
    "scale without points": ({"method": sourced(kind="rate", scale=100)}, "scale"),
    "coefficient for nothing": ({"coefficients": sourced(rows=[sourced(value=1)])}, "name a hospital"),
    "coefficient for both": (
        {"coefficients": sourced(rows=[sourced(value=1, hospital="H", level="1")])},
        "not both",
    ),
    "two coefficients for the same": (
        {"coefficients": sourced(rows=[sourced(value=1, level="1"), sourced(value=2, level="1")])},
        "same hospital, level and group",
    ),
    "coefficient of nothing": ({"coefficients": sourced(default=0)}, "greater than 0"),
    "no tier": ({"high": sourced(formula="cap", reference="mean", tiers=[])}, "at least 1"),
    "gap above the last tier": (
        {"high": sourced(formula="cap", reference="mean", tiers=[{**TIER, "weight_below": 1}])},
        "last tier must not have weight_below",
    ),
    "gap between tiers": (
        {"high": sourced(formula="cap", reference="mean", tiers=[TIER, TIER])},
        "in order of weight_below",
    ),
    "overlap of tiers": (
        {
            "high": sourced(
                formula="cap",
                reference="mean",
                tiers=[{**TIER, "weight_below": 2}, {**TIER, "weight_below": 2}, TIER],
            )
        },
        "without overlap",
    ),
    "tiers from heavy to light": (
        {
            "high": sourced(
                formula="cap",
                reference="mean",
                tiers=[{**TIER, "weight_below": 3}, {**TIER, "weight_below": 2}, TIER],
            )
        },
        "in order of weight_below",
    ),
    "formula": ({"high": sourced(formula="double", reference="mean", tiers=[TIER])}, "'linear_add'"),
    "reference": (
        {"high": sourced(formula="cap", reference="median", tiers=[TIER])},
        "'standard', 'mean' or 'lower_of_two'",
    ),
    "top share in percent": ({"extreme": sourced(top_share=5)}, "less than or equal to 1"),
    "top share of nothing": ({"extreme": sourced(top_share=0)}, "greater than 0"),
    "within": ({"extreme": sourced(top_share=Decimal("0.05"), within="hospital")}, "'all' or 'group'"),
    "low threshold in percent": (
        {"low": sourced(threshold=40, reference="mean")},
        "less than or equal to 1",
    ),
    "two factors for the same": (
        {
            "low": sourced(
                threshold=Decimal("0.4"),
                reference="mean",
                factors=[{"insurance": "390", "factor": 1}, {"insurance": "390", "factor": 2}],
            )
        },
        "two factors are for the same insurance",
    ),
    "a ratio to no mean": (
        {"low": sourced(threshold=Decimal("0.4"), reference="mean", factor="price_ratio")},
        "needs regional_mean_yuan",
    ),
    "outside without condition": (
        {"outside": [sourced(case_class="short", pays="by_item")]},
        "say which cases",
    ),
    "price without its use": (
        {"outside": [sourced(case_class="short", los_days_at_most=1, pays="by_item", price_yuan=1)]},
        "price_yuan",
    ),
    "no price": (
        {"outside": [sourced(case_class="short", los_days_at_most=1, pays="per_day")]},
        "price_yuan",
    ),
    "days below nothing": (
        {"outside": [sourced(case_class="short", los_days_at_most=-1, pays="by_item")]},
        "greater than or equal to 0",
    ),
    "class outside": (
        {"outside": [sourced(case_class="normal", los_days_at_most=1, pays="by_item")]},
        "'day_surgery', 'unstable' or 'unweighted'",
    ),
    "stages beside a price": (
        {"outside": [sourced(**DAYS, price_yuan=1, stages=[{"price_yuan": 1}])]},
        "instead of price_yuan",
    ),
    "stages of a case": (
        {"outside": [sourced(**{**DAYS, "pays": "per_case"}, stages=[{"price_yuan": 1}])]},
        "stages are given for per_day",
    ),
    "a last stage that ends": (
        {"outside": [sourced(**DAYS, stages=[{"price_yuan": 1, "up_to_day": 60}])]},
        "the last, which has no end",
    ),
    "a stage without an end": (
        {"outside": [sourced(**DAYS, stages=[{"price_yuan": 1}, {"price_yuan": 2}])]},
        "the last, which has no end",
    ),
    "stages that overlap": (
        {
            "outside": [
                sourced(
                    **DAYS,
                    stages=[
                        {"price_yuan": 1, "up_to_day": 60},
                        {"price_yuan": 2, "up_to_day": 60},
                        {"price_yuan": 3},
                    ],
                )
            ]
        },
        "in order of up_to_day",
    ),
    "no share of the standard": (
        {"outside": [sourced(**{**DAYS, "pays": "share_of_standard"})]},
        "share is given for share and share_of_standard",
    ),
    "a share of a price": (
        {"outside": [sourced(**DAYS, price_yuan=1, share=1)]},
        "share is given for share and share_of_standard",
    ),
    "a row that is never used": (
        {"outside": [sourced(**DAYS, price_yuan=1), sourced(**DAYS, price_yuan=2, level="3")]},
        "row 2 of outside is never used: row 1 takes all its cases",
    ),
    "no share": ({"ungrouped": sourced(pays="share")}, "share"),
    "share without its use": ({"ungrouped": sourced(pays="by_item", share=1)}, "share"),
    "share in percent": (
        {"ungrouped": sourced(pays="share", share=70)},
        "less than or equal to 1",
    ),
    "no rule for ungrouped": ({"ungrouped": None}, "required"),
    "excluded share in percent": ({"excluded_items": sourced(share=80)}, "less than or equal to 1"),
    "readmission factor above 1": ({"readmission": sourced(days=15, factor=2)}, "less than or equal to 1"),
    "readmission without a factor": ({"readmission": sourced(days=15)}, "factor is given unless"),
    "one stay with a factor": (
        {"readmission": sourced(days=15, pays="one_stay", factor=1)},
        "factor is given unless",
    ),
    "readmission on no day": ({"readmission": sourced(days=0, factor=1)}, "greater than or equal to 1"),
    "half a day": ({"readmission": sourced(days=Decimal("1.5"), factor=1)}, "integer"),
    "tcm share in percent": (
        {"tcm": sourced(share_below=60, medical_drg={})},
        "less than or equal to 1",
    ),
    "a share of what is no fee": (
        {"tcm": sourced(share_below=1, medical_drg={}, tcm_fees=["patient_share_yuan"])},
        "no column of fees",
    ),
    "a fee on both sides": (
        {
            "tcm": sourced(
                share_below=1, medical_drg={}, tcm_fees=["surgery_yuan"], other_fees=["surgery_yuan"]
            )
        },
        "would count twice",
    ),
    "a share of nothing": (
        {"tcm": sourced(share_below=1, medical_drg={}, tcm_fees=[])},
        "at least 1 item",
    ),
    "a default that is no number": ({"coefficients": sourced(default="unknown")}, "not_known"),
    "days since 1970": ({"valid_from": 20_250_101}, "20250101 is no date: write it like 2026-01-31"),
    "days since 1970 as text": ({"valid_from": "3"}, "3 is no date: write it like 2026-01-31"),
    "unknown part": ({"highest": sourced()}, "not permitted"),
    "unknown key": ({"incomplete": sourced(share=1)}, "not permitted"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_scheme_may_not_say(name: str) -> None:
    entries, message = REFUSED[name]
    with pytest.raises(ValidationError, match=message):
        PaymentScheme.model_validate(plain_scheme(**entries))


# --------------------------------------------------------------------------------------------------- messages

# The text of the scheme, the line that is meant, and what the message says.
MESSAGES: dict[str, tuple[str, str, list[str]]] = {
    "unknown key": (
        TEXT + HIGH + "tiers = [{ threshold = 3 }]\ntreshold = 3\n",
        "treshold",
        ["unknown key 'treshold'"],
    ),
    "unknown part": (
        TEXT + "\n[hihg]\n" + 'source = "x"\n',
        "[hihg]",
        ["unknown key 'hihg'", "Did you mean 'high'?"],
    ),
    "gap": (TEXT + HIGH + "tiers = [{ threshold = 3, weight_below = 2 }]\n", "[high]", ["heavy groups"]),
    "overlap": (
        TEXT
        + HIGH
        + "tiers = [{ threshold = 3, weight_below = 2 }, { threshold = 2, weight_below = 1 }, "
        + "{ threshold = 1 }]\n",
        "[high]",
        ["overlap"],
    ),
    "percent": (
        TEXT + '\n[extreme]\ntop_share = 5\nsource = "x"\n',
        "top_share",
        ["top_share", "5", "less than or equal to 1", "0.05"],
    ),
    "wrong type": (
        TEXT.replace("value_yuan = 10000", 'value_yuan = "ten thousand"'),
        "value_yuan",
        ["value_yuan", "ten thousand"],
    ),
    "missing": (TEXT.replace("value_yuan = 10000\n", ""), "[[rates]]", ["value_yuan is missing"]),
    "unknown grouper": (TEXT.replace('"demo"', '"dmo"'), "grouper", ["dmo", "demo"]),
    "not TOML": (TEXT.replace("[ungrouped]", "[ungrouped"), "[ungrouped", ["TOML"]),
    "unknown group": (
        TEXT + '\n[tcm]\nshare_below = 0.6\nmedical_drg = { BV19 = "BR99" }\nsource = "x"\n',
        "medical_drg",
        ["demo has no group 'BR99'"],
    ),
    "unknown fee": (
        TEXT + '\n[tcm]\nshare_below = 0.6\ntcm_fees = ["tcm_cost"]\nmedical_drg = {}\nsource = "x"\n',
        "tcm_fees",
        ["'tcm_cost' is no column of fees", "tcm_cost_yuan"],
    ),
    "unknown word for the default": (
        TEXT + '\n[coefficients]\ndefault = "unknown"\nsource = "x"\n',
        "default",
        ["default is 'unknown'", 'default = 1; "not_known"'],
    ),
    "unknown word for the factor": (
        TEXT + '\n[low]\nthreshold = 0.4\nreference = "mean"\nfactor = "ratio"\nsource = "x"\n',
        "factor",
        ["factor is 'ratio'", "factor = 0.5"],
    ),
    "unknown word for what is paid": (
        TEXT.replace('pays = "nothing"', 'pays = "unknown"', 1),
        'pays = "unknown"',
        ["pays is 'unknown'", '"not_known"'],
    ),
    "unknown ADRG": (
        TEXT + '\n[readmission]\ndays = 15\nfactor = 0.5\nexcept_adrg = ["RE1"]\nsource = "x"\n',
        "except_adrg",
        ["demo has no ADRG 'RE1'"],
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_name_the_line_and_the_remedy(tmp_path: Path, name: str) -> None:
    text, start, said = MESSAGES[name]
    with pytest.raises(SchemeError) as caught:
        load_scheme(written(tmp_path, text))
    error = caught.value
    assert error.file == str(tmp_path / "scheme.toml")
    assert error.row == line(text, start)
    assert error.fix
    for words in said:
        assert words in str(error)


@pytest.mark.parametrize(
    ("weights", "row", "said"),
    [
        ("drg,relative_weight\nBR15,1\nBR99,2\n", 3, "demo has no group 'BR99'"),
        ("drg,relative_weight\nBR15,1\nBR15,2\n", 3, "BR15 has a weight already, in row 2"),
        ("drg,relative_weight,level\nBR15,1,1\nBR15,2,1\n", 3, "already, in row 2"),
        ("drg,relative_weight\nBR15,0\n", 2, "'0'"),
        ("drg,relative_weight\nBR15,-1\n", 2, "'-1'"),
        ("drg,relative_weight\nBR15,heavy\n", 2, "'heavy'"),
        ("drg,relative_weight\nBR15,NaN\n", 2, "'NaN'"),
        ("drg,relative_weight\nBR15,1.123456789\n", 2, "1.123456789"),
        ("drg,weight\nBR15,1\n", 1, "columns"),
        ("drg,relative_weight,price\nBR15,1,1\n", 1, "columns"),
    ],
)
def test_weight_tables_that_cannot_be_used(tmp_path: Path, weights: str, row: int, said: str) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(written(tmp_path, weights=weights))
    assert caught.value.file == str(tmp_path / "weights.csv")
    assert caught.value.row == row
    assert said in str(caught.value)
    assert caught.value.fix


def test_no_weight_table(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match="weight table is missing"):
        load_scheme(written(tmp_path, weights=None))


def test_a_level_may_have_a_weight_of_its_own(tmp_path: Path) -> None:
    loaded = load_scheme(written(tmp_path, weights="drg,relative_weight,level\nBR15,1,\nBR15,0.8,1\n"))
    found = {level: loaded.weight("BR15", level) for level in ("1", "2", None)}
    assert {level: weight and str(weight.relative_weight) for level, weight in found.items()} == {
        "1": "0.8",
        "2": "1",
        None: "1",
    }
    assert loaded.weight("BR13", "1") is None


def test_unknown_schemes_are_named() -> None:
    with pytest.raises(UnknownSchemeError, match=r"Did you mean 'demo'\?"):
        load_scheme("demmo")


def test_groups_of_an_excerpt_are_not_checked(tmp_path: Path) -> None:
    """If the scheme says that its grouper is not installed, and why."""
    text = TEXT.replace('grouper = "demo"', 'grouper = "nowhere-2030"\ngrouper_missing = "not published"')
    loaded = load_scheme(written(tmp_path, text, "drg,relative_weight\nXX19,1\n"))
    assert loaded.grouper is None
    with pytest.raises(SchemeError, match="nowhere-2030"):
        load_scheme(written(tmp_path, text.replace('grouper_missing = "not published"\n', "")))


def test_the_writer_of_these_tests_writes_toml(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, plain_scheme(), ONE)
    entries = tomllib.loads((path / "scheme.toml").read_text(encoding="utf-8"))
    assert entries["rates"] == [{"value_yuan": 10_000, "source": SOURCE}]


def test_an_unknown_section_is_told_where_a_part_of_it_begins(tmp_path: Path) -> None:
    text = f'{TEXT}\n[settlement]\nsource = "x"\n[[settlement.coefficients.rows]]\nvalue = 1\n'
    (tmp_path / "scheme.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError, match="unknown key 'coefficients'") as caught:
        load_scheme(tmp_path)
    assert caught.value.row == text.splitlines().index("[[settlement.coefficients.rows]]") + 1


# ------------------------------------------------------------------------------------- amounts in a table

AMOUNTS = TEXT + '\n[amounts]\nsource = "made up"\n'


def with_amounts(directory: Path, table: str, text: str = AMOUNTS, weights: str | None = WEIGHTS) -> Path:
    (directory / "amounts.csv").write_text(table, encoding="utf-8")
    return written(directory, text, weights)


def test_amounts_stand_in_a_table(tmp_path: Path) -> None:
    header = "drg,amount_yuan,level,insurance,valid_from,name"
    table = f"{header}\n\nBR15,5000.50,3,,2025-07-01,a\nBR13,6000,,310,,\n"
    loaded = load_scheme(with_amounts(tmp_path, table))
    assert loaded.scheme.amounts
    first, second = loaded.scheme.amounts.rows
    assert (first.drg, str(first.amount_yuan), first.level, first.insurance) == ("BR15", "5000.50", "3", None)
    assert (str(first.valid_from), first.valid_to, first.name) == ("2025-07-01", None, "a")
    assert (second.drg, second.level, second.insurance) == ("BR13", None, "310")


def test_a_scheme_of_amounts_needs_neither_rate_nor_weights(tmp_path: Path) -> None:
    text = AMOUNTS.replace('[[rates]]\nvalue_yuan = 10000\nsource = "made up"\n', "")
    loaded = load_scheme(with_amounts(tmp_path, "drg,amount_yuan\nBR15,5000\n", text, None))
    assert loaded.weights == {}
    assert loaded.scheme.rates == ()


def test_amounts_count_to_the_rules_of_pricing(tmp_path: Path) -> None:
    digests = {
        load_scheme(with_amounts(tmp_path, f"drg,amount_yuan\nBR15,{yuan}\n")).pricing_digest
        for yuan in (5000, 5001, "5000.00")
    }
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("table", "row", "field", "said"),
    [
        ("drg,amount\nBR15,1\n", 1, None, "the columns are drg, amount"),
        ("", 1, None, "the columns are missing"),
        ("drg,amount_yuan,price\nBR15,5000,1\n", 2, "price", "unknown key 'price'"),
        ("drg,amount_yuan\nBR15,5000,1\n", 2, None, "the row has 3 cells"),
        ("drg,amount_yuan\n\nBR15,much\n", 3, "amount_yuan", "amount_yuan is 'much'"),
        ("drg,amount_yuan\nBR15,5000\nBR13,\n", 3, "amount_yuan", "amount_yuan is missing"),
        ("drg,amount_yuan\nBR15,0.5\n", 2, "amount_yuan", "if 万元 are meant, write 5000"),
        ("drg,amount_yuan\nBR15,5000\nBR51,5000\n", 3, "drg", "demo has no group 'BR51'"),
        ("drg,amount_yuan,valid_from\nBR15,5000,soon\n", 2, "valid_from", "valid_from is 'soon'"),
        ("drg,amount_yuan\nBR15,1000\nBR15,2000\n", 3, None, "two amounts of BR15 are for the same"),
    ],
)
def test_tables_of_amounts_that_cannot_be_used(
    tmp_path: Path, table: str, row: int | None, field: str | None, said: str
) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(with_amounts(tmp_path, table))
    assert caught.value.file == str(tmp_path / "amounts.csv")
    assert (caught.value.row, caught.value.field) == (row, field)
    assert said in str(caught.value)
    assert caught.value.fix


def test_an_amount_out_of_proportion_may_be_meant(tmp_path: Path) -> None:
    text = AMOUNTS.replace('title = "mine"', 'title = "mine"\nunusual = ["amounts.rows.2.amount_yuan"]')
    load_scheme(with_amounts(tmp_path, "drg,amount_yuan\nBR15,5000\nBR13,9\n", text))


def test_a_table_without_its_section(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match=r"there is amounts.csv, but no section \[amounts\]"):
        load_scheme(with_amounts(tmp_path, "drg,amount_yuan\nBR15,5000\n", TEXT))


def test_a_table_beside_rows(tmp_path: Path) -> None:
    text = AMOUNTS + '[[amounts.rows]]\ndrg = "BR13"\namount_yuan = 1000\n'
    with pytest.raises(SchemeError, match=r"\[amounts\] has rows, and amounts.csv has too"):
        load_scheme(with_amounts(tmp_path, "drg,amount_yuan\nBR15,5000\n", text))


def test_a_section_without_its_table(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match="rows is missing") as caught:
        load_scheme(written(tmp_path, AMOUNTS))
    assert "amounts.csv" in str(caught.value.fix)


def test_a_group_that_is_named_as_one_without_a_weight_has_none(tmp_path: Path) -> None:
    rule = (
        '\n[[outside]]\ncase_class = "unweighted"\ndrgs = ["AA19", "BR15"]\npays = "by_item"\nsource = "x"\n'
    )
    with pytest.raises(SchemeError, match="BR15 is named as a group without a weight, but has one") as caught:
        load_scheme(written(tmp_path, TEXT + rule))
    assert caught.value.field == "outside.1.drgs"
    assert caught.value.row == line(TEXT + rule, "drgs")
