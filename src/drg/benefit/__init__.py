"""Stays and a benefit scheme → who pays what of each: fund, critical illness, aid, products, the patient."""
