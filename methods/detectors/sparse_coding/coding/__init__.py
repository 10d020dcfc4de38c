"""Dictionaries, solvers and indicators of sparse codes, and the models made of them.

What is compiled by numba belongs here; apart from `parameters` it is imported when a detector is
fitted or loaded.
"""
