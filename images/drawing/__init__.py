"""What a person draws on an image, and what becomes of it in a data set.

Shapes and their pixels belong here; the part of the page in which they are drawn is in
`dashboard`.
"""
