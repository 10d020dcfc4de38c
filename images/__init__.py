"""Files, archives and folders become arrays, masks and data sets."""
