"""Folders for temporary files that do not outlive the process that they belong to."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from evaluation.comparison.storage import writing

FOLDER_PREFIX = "anomaly-compare-"
"""How the names of folders for temporary files begin."""


def new_folder() -> Path:
    """A folder for temporary files; those of processes that were killed go.

    Its name begins with the number of the process that it belongs to. Raises `WriteError`.
    """
    with writing("The folder for temporary files"):
        place = Path(tempfile.gettempdir())
        for folder in place.glob(f"{FOLDER_PREFIX}*-*"):
            number = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=place))
