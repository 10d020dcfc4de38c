"""Parts that show the results of a comparison: its methods and thresholds, tables and plots.

What needs a finished comparison belongs here.
"""
