"""Indicators, comparisons and findings of grouped discharges."""
