"""Metrics from raw scores and the truth: rankings, curves, PRO, separation, intervals.

A function here takes scores as they are, never clamped or normalised, and says when a metric has
no value.
"""
