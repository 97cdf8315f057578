"""Stays and a benefit scheme → who pays what of each: fund, critical illness, aid, products, the patient."""

from drg.benefit.calculator import BenefitCalculator, benefits
from drg.benefit.changes import benefit_changes
from drg.benefit.explain import BenefitExplanation, StayBenefits, explain_benefits
from drg.benefit.load import LoadedBenefitScheme, list_benefit_schemes, load_benefit_scheme
from drg.benefit.scheme import BenefitScheme

__all__ = [
    "BenefitCalculator",
    "BenefitExplanation",
    "BenefitScheme",
    "LoadedBenefitScheme",
    "StayBenefits",
    "benefit_changes",
    "benefits",
    "explain_benefits",
    "list_benefit_schemes",
    "load_benefit_scheme",
]
