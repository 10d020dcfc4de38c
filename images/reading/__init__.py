"""Bytes become arrays: every kind of picture file, archives, and the limits on both.

A module reads one format or one container; what a file is used for is decided in `images.roles`.
"""
