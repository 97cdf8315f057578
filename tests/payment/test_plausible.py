"""Numbers out of proportion are refused with what was likely meant, unless the scheme means them so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drg import SchemeError
from drg.payment.load_scheme import load_scheme
from drg.payment.plausible import _RANGES, unusual
from drg.payment.scheme import PaymentScheme

S = {"source": "made up"}
SCHEME = """
id = "made"
title = "made"
region = "none"
grouper = "demo"
status = "illustrative"
source = "made up"
method = {{ kind = "rate", source = "made up" }}
ungrouped = {{ pays = "nothing", source = "made up" }}
ambiguous = {{ pays = "nothing", source = "made up" }}
unweighted = {{ pays = "nothing", source = "made up" }}
{unusual}
{part}
[[rates]]
value_yuan = 10000
source = "made up"
"""
BANDS = """
[settlement]
source = "x"
[settlement.overrun]
mode = "marginal"
source = "x"
bands = [{ utilisation_at_least = 1, fund_bears = 0.5 }, { utilisation_at_least = 110, fund_bears = 0 }]
"""
SCORES = """
[settlement]
source = "x"
[settlement.quality]
source = "x"
scores = [{ score_at_least = 0, factor = 0 }, { score_at_least = 0.8, factor = 1 }]
"""
PRICE = """
[[outside]]
case_class = "bed_day"
case_kind = "b"
pays = "per_day"
price_yuan = 0.03
source = "x"
"""
STAGES = PRICE.replace(
    "price_yuan = 0.03", "stages = [{ up_to_day = 60, price_yuan = 500 }, { price_yuan = 0.03 }]"
)
FAULTS = {
    "coefficients.rows.1.value": (
        '[coefficients]\nsource = "x"\n[[coefficients.rows]]\nvalue = 92\nlevel = "3"\nsource = "x"',
        "value is 92; such a number is usually between 0.1 and 5",
        "If 92 % is meant, write 0.92",
    ),
    "coefficients.default": (
        '[coefficients]\ndefault = 92\nsource = "x"',
        "default is 92; such a number is usually between 0.1 and 5",
        "If 92 % is meant, write 0.92",
    ),
    "low.factor": (
        '[low]\nthreshold = 0.4\nreference = "mean"\nfactor = 90\nsource = "x"',
        "factor is 90; such a number is usually between 0.1 and 5",
        "If 90 % is meant, write 0.9",
    ),
    "low.factors.1.factor": (
        '[low]\nthreshold = 0.4\nreference = "mean"\nsource = "x"\n'
        'factors = [{ insurance = "390", factor = 95 }]',
        "factor is 95; such a number is usually between 0.1 and 5",
        "If 95 % is meant, write 0.95",
    ),
    "outside.1.stages.2.price_yuan": (
        STAGES,
        "price_yuan is 0.03; such a number is usually between 5 and 1000000",
        "Amounts are in yuan: if 万元 are meant, write 300",
    ),
    "high.tiers.1.threshold": (
        '[high]\nformula = "cap"\nreference = "mean"\ntiers = [{ threshold = 300 }]\nsource = "x"',
        "threshold is 300; such a number is usually between 1 and 20",
        "If 300 % is meant, write 3",
    ),
    "settlement.overrun.bands.2.utilisation_at_least": (
        BANDS,
        "utilisation_at_least is 110; such a number is usually between 1 and 5",
        "If 110 % is meant, write 1.1",
    ),
    "settlement.limits.cap_of_cost": (
        '[settlement]\nsource = "x"\n[settlement.limits]\ncap_of_cost = 110\nsource = "x"',
        "cap_of_cost is 110; such a number is usually between 0.3 and 5",
        "If 110 % is meant, write 1.1",
    ),
    "settlement.quality.scores.2.score_at_least": (
        SCORES,
        "score_at_least is 0.8; such a number is usually between 1 and 100",
        "Scores go from 0 to 100: write 80",
    ),
    "outside.1.price_yuan": (
        PRICE,
        "price_yuan is 0.03; such a number is usually between 5 and 1000000",
        "Amounts are in yuan: if 万元 are meant, write 300",
    ),
}


def scheme(directory: Path, part: str, unusual: str = "") -> Path:
    directory.mkdir(exist_ok=True)
    # Tables go after the last plain entry, and before the rates, which are tables too.
    text = SCHEME.format(part=part, unusual=unusual)
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    (directory / "weights.csv").write_text("drg,relative_weight\nBR15,1\n", encoding="utf-8")
    return directory


@pytest.mark.parametrize("name", FAULTS)
def test_a_slip_is_refused_with_what_was_meant(tmp_path: Path, name: str) -> None:
    part, problem, meant = FAULTS[name]
    with pytest.raises(SchemeError) as caught:
        load_scheme(scheme(tmp_path, part))
    assert caught.value.field == name
    assert caught.value.row is not None
    assert str(caught.value.problem) == problem
    assert str(caught.value.fix).startswith(meant)
    assert str(caught.value.fix).endswith(f'unusual = ["{name}"]')
    assert "通常在" in caught.value.text("zh")


@pytest.mark.parametrize("name", FAULTS)
def test_who_means_it_says_so(tmp_path: Path, name: str) -> None:
    loaded = load_scheme(scheme(tmp_path, FAULTS[name][0], f'unusual = ["{name}"]'))
    assert [one.name for one in unusual(loaded.scheme)] == [name]


def test_below_one_is_no_threshold_of_high_cost(tmp_path: Path) -> None:
    part = '[high]\nformula = "cap"\nreference = "mean"\ntiers = [{ threshold = 0.3 }]\nsource = "x"'
    with pytest.raises(SchemeError, match=r"threshold is 0\.3; .*\[low\]"):
        load_scheme(scheme(tmp_path, part))


def test_a_name_that_is_not_unusual_is_a_slip_too(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match=r"unusual names 'low\.factr'") as caught:
        load_scheme(scheme(tmp_path, FAULTS["low.factor"][0], 'unusual = ["low.factor", "low.factr"]'))
    assert str(caught.value.fix) == "Did you mean 'low.factor'? Remove it"


@pytest.mark.parametrize(
    ("scale", "value", "fits"),
    [(1, "1", False), (1, "9575", True), (100, "53.8", True), (1000, "0.05", False)],
)
def test_a_rate_and_a_point_are_yuan_of_a_unit_of_weight(scale: int, value: str, fits: bool) -> None:
    method: dict[str, Any] = {"kind": "rate", **S} if scale == 1 else {"kind": "points", "scale": scale, **S}
    pays = {"pays": "nothing", **S}
    made = PaymentScheme.model_validate(
        {
            **{"id": "a", "title": "a", "region": "a", "grouper": "demo", "status": "illustrative", **S},
            **{"method": method, "rates": [{"value_yuan": Decimal(value), **S}]},
            **{"ungrouped": pays, "ambiguous": pays, "unweighted": pays},
        }
    )
    assert [one.name for one in unusual(made)] == ([] if fits else ["rates.1.value_yuan"])


def test_every_range_is_of_an_entry() -> None:
    for key in _RANGES:
        model: Any = PaymentScheme
        for part in key.split("."):
            fields = model.model_fields
            assert part in fields, key
            model = _model_of(fields[part].annotation)


def _model_of(annotation: Any) -> Any:
    if hasattr(annotation, "model_fields"):
        return annotation
    parts = getattr(annotation, "__args__", ())
    return next((found for part in parts if (found := _model_of(part)) is not None), None)
