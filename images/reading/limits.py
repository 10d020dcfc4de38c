"""Every limit on input: what is refused because it would take too much memory or time."""

PIXELS = 100_000_000
"""Of one image, width times height; as float32 in colour such an image takes 1.2 GB."""

FILE_PIXELS = 1_000_000_000
"""Of all pages of one file together."""

PAGES = 1_000
"""Of one file: pages of a TIFF, frames of an animation."""

FILE_BYTES = 2**30
"""Of one file, unpacked."""

TEXT_BYTES = 2**27
"""Of one file of labels or annotations."""

ARCHIVE_BYTES = 2**33
"""Of all files of an archive together, unpacked."""

ENTRIES = 20_000
"""Files of one folder, archive or upload."""

DIRECTORY_BYTES = 2**24
"""Of the directory at the end of an archive, which is held in memory before it can be counted."""

RATIO = 200
"""Unpacked bytes for each packed one, in a file of more than `RATIO_FROM` bytes."""

RATIO_FROM = 2**26
"""A black mask packs better than any limit would allow, so small files may."""
