"""Rules that set a threshold.

A module holds one rule, or a few of one kind, with `@register` on the class; nothing else has to
name it, and it appears on the page, in the report and in `results.json`.
"""
