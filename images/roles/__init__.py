"""What every file of a set is for: its role, its mask, and the sentence that says how it was read.

What decides by names, folders, layouts and annotations belongs here; pixels are read in
`images.reading`.
"""
