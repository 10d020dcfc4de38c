"""A method put to work: a fitted detector with all that decides about new images, in one file.

The packages of a comparison are imported by `export` alone, so that `predict` starts at once.
"""
