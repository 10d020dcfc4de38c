"""Files, archives and folders become arrays, masks and data sets.

On top stand the words that all packages share (image, data set, error) and the front door, `open`;
nothing here knows detectors, metrics or pages.
"""
