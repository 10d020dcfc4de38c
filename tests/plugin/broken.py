"""What cannot be loaded."""

raise OSError("libmissing.so cannot be opened")
