"""Where something is kept from one start to the next."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """In the folder of caches of the person who runs this; it need not exist.

    Raises `RuntimeError` where that person has no home.
    """
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(caches or Path.home() / ".cache") / "anomaly-compare"
