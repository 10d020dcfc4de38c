"""Suites: many methods on many data sets with several seeds, and what can be said of them all."""
