"""Grouped discharges and a payment scheme → what each case is paid, and the arithmetic of one."""

from drg.payment.explain import PriceExplanation, PriceStep
from drg.payment.load_scheme import LoadedScheme, list_schemes, load_scheme
from drg.payment.pricer import Pricer
from drg.payment.scheme import PaymentScheme

__all__ = [
    "LoadedScheme",
    "PaymentScheme",
    "PriceExplanation",
    "PriceStep",
    "Pricer",
    "list_schemes",
    "load_scheme",
]
