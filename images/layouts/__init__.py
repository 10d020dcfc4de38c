"""Readers of the folder layouts in which data sets are passed on.

A module reads one layout, with `@register` on its class; nothing else has to name it.
"""
