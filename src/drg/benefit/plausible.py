"""Whether the numbers of a benefit scheme are of the size that such numbers have: 0.7 and not 70."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drg.benefit.scheme import BenefitScheme
from drg.payment.plausible import Unusual, out_of_proportion, usual_range

_RANGES: Final = {
    "items.class_b.share": usual_range("0", "0.5"),
    "items.assumed_in_policy_share": usual_range("0.3", "1"),
    "basic.deductibles.yuan": usual_range("50", "5000", "yuan", or_zero=True),
    "basic.deductible_a_year_yuan": usual_range("100", "20000", "yuan"),
    "basic.shares.tiers.share": usual_range("0.2", "1", or_zero=True),
    "basic.shares.tiers.up_to_yuan": usual_range("500", "1000000", "yuan"),
    "basic.caps.yuan": usual_range("20000", "2000000", "yuan"),
    "critical.rows.threshold_yuan": usual_range("1000", "100000", "yuan"),
    "critical.rows.tiers.share": usual_range("0.3", "1"),
    "critical.rows.tiers.up_to_yuan": usual_range("5000", "2000000", "yuan"),
    "critical.rows.cap_yuan": usual_range("50000", "5000000", "yuan"),
    "aid.rows.threshold_yuan": usual_range("500", "50000", "yuan", or_zero=True),
    "aid.rows.tiers.share": usual_range("0.3", "1"),
    "aid.rows.tiers.up_to_yuan": usual_range("1000", "1000000", "yuan"),
    "aid.rows.cap_yuan": usual_range("3000", "1000000", "yuan"),
    "commercial.within_policy.deductible_yuan": usual_range("1000", "100000", "yuan", or_zero=True),
    "commercial.outside_policy.deductible_yuan": usual_range("1000", "100000", "yuan", or_zero=True),
    "commercial.special_drugs.deductible_yuan": usual_range("1000", "100000", "yuan", or_zero=True),
    "commercial.cap_yuan": usual_range("50000", "10000000", "yuan"),
    "maternity.fund_at_most_yuan": usual_range("500", "50000", "yuan"),
    "off_site.first_own_share": usual_range("0", "0.5"),
    "off_site.share_less": usual_range("0", "0.5"),
}


def unusual(scheme: BenefitScheme) -> Iterator[Unusual]:
    """The entries of a scheme that are out of proportion, in their order, whether it names them or not."""
    return out_of_proportion(scheme, _RANGES)
