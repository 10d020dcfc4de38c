"""Readers of the folder layouts in which data sets are passed on."""
