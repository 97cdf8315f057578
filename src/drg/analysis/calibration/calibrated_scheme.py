"""Weights and rates → the files of a payment scheme."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import tomli_w

from drg.analysis.calibration.rates import BudgetRate
from drg.payment.load_scheme import LoadedScheme
from drg.payment.plausible import unusual
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_library import SCHEME_FILE
from drg.payment.weights import WEIGHTS_FILE
from drg.tables.locate import installed

_HEAD: Final = """\
# 由病例费用测算的支付方案，测算依据见各处 source；可改写和增加的内容见 payment_schemes/template。
# A payment scheme calibrated from costs; each source says how. What else a scheme may say is shown in
# payment_schemes/template.

"""
_NOT_RULED: Final = "no rule was given: by item 未给出规则，按项目支付"
# What belongs to the scheme whose rules are kept, and not to the new one.
_ITS_OWN: Final = ("valid_from", "valid_to", "grouper_missing")


def scheme_files(
    about: Mapping[str, str],
    rows: Sequence[tuple[str, Decimal, str]],
    rates: Sequence[BudgetRate],
    mean_yuan: Decimal,
    mean_source: str,
    rules: LoadedScheme | None,
) -> dict[str, str]:
    """The files of a scheme by name: ``scheme.toml`` and ``weights.csv``.

    Args:
        about: its id, title, region, grouper, status and source, as a scheme has them.
        rows: group, weight and name.
        rates: from budgets; without any, those of the rules are kept, or the mean cost is the rate.
        mean_yuan: mean cost of a unit of weight.
        mean_source: how it came about.
        rules: the scheme whose method, coefficients and rules are kept.
    """
    head: dict[str, Any] = dict(about)
    if head["grouper"] not in installed():
        head["grouper_missing"] = (
            "calibrated with a version that is not installed; install it, then delete this"
        )
    rest = _kept(rules) if rules else _plain()
    method = rest["method"]
    if not rules or "regional_mean_yuan" in method:
        method["regional_mean_yuan"] = mean_yuan
        method["source"] = f"{method['source']}; regional mean: {mean_source}"
    if rates:
        rest["rates"] = [_rate(rate) for rate in rates]
    elif not rules:
        rest["rates"] = [{"value_yuan": mean_yuan, "source": f"no budget was given: {mean_source}"}]
    # What was worked out, or kept, is meant as it is; a note tells of costs that are out of proportion.
    rest.pop("unusual", None)
    if meant := [one.name for one in unusual(PaymentScheme.model_validate(head | rest))]:
        head["unusual"] = meant
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("drg", "relative_weight", "name"))
    writer.writerows((drg, f"{weight:f}", name) for drg, weight, name in rows)
    return {SCHEME_FILE: _HEAD + tomli_w.dumps(head | rest | head), WEIGHTS_FILE: text.getvalue()}


def _plain() -> dict[str, Any]:
    by_item = {"pays": "by_item", "source": _NOT_RULED}
    cases = {name: dict(by_item) for name in ("ungrouped", "ambiguous", "unweighted")}
    return {"method": {"kind": "rate", "source": "weight × rate 权重 × 费率"}, "rates": [], **cases}


def _kept(rules: LoadedScheme) -> dict[str, Any]:
    whole = rules.scheme.model_dump(exclude_none=True, exclude_defaults=True)
    return {name: value for name, value in whole.items() if name not in _ITS_OWN}


def names_groups(rules: LoadedScheme) -> bool:
    """Whether the rules of a scheme are for single groups, so that they fit one version only."""
    scheme = rules.scheme
    coefficients, readmission = scheme.coefficients, scheme.readmission
    in_rows = coefficients and (coefficients.base_groups or any(row.drg for row in coefficients.rows))
    return bool(in_rows or scheme.tcm or scheme.amounts or (readmission and readmission.except_adrg))


def _rate(rate: BudgetRate) -> dict[str, Any]:
    source = (
        f"budget {rate.budget_yuan:f} less reserve {rate.reserve_yuan:f} and {rate.by_item_yuan:f} for"
        f" {rate.by_item_cases} cases paid by item; the rest pays for {float(rate.weight):.4f} units of"
        f" {rate.cases} cases, rounded down"
    )
    found: dict[str, Any] = {"value_yuan": rate.value_yuan, "source": source}
    return found if rate.insurance is None else {**found, "insurance": rate.insurance}
