"""Masks: which pixels a mask file marks, and the remedies for masks that look wrong.

What turns a mask into a bool array belongs here; which image a mask belongs to is decided in
`images.roles`.
"""
