"""Folders for temporary files that do not outlive the process that they belong to."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from evaluation.comparison.storage import writing

FOLDER_PREFIX = "anomaly-compare-"
"""How the names of folders for temporary files begin."""


def new_folder(place: Path | None = None, prefix: str = FOLDER_PREFIX) -> Path:
    """A folder for temporary files; those of processes that were killed go.

    It is in a place of its own machine, or has a prefix that no other machine uses there. Its name
    goes on with the number of the process that it belongs to. Raises `WriteError`.
    """
    with writing(place or "The folder for temporary files"):
        place = place or Path(tempfile.gettempdir())
        for folder in place.glob(f"{prefix}*-*"):
            number = folder.name.removeprefix(prefix).split("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=place))
