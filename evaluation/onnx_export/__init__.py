"""A method of a comparison as a folder that scores images without this program.

`example` is copied into that folder and is never imported.
"""
