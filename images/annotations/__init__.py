"""Readers of annotations that stand beside images and mark defects by shapes.

A module reads one format, with `@register` on its class; nothing else has to name it.
"""
