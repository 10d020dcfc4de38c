"""Anomalies as patches that a learned dictionary codes badly, or with too much weight."""
