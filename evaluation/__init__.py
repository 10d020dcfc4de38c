"""Curves, figures, thresholds, comparisons and reports; `python -m evaluation` runs one."""
