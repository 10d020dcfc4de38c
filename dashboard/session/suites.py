"""The results of a suite: in a folder that the starter of the server has named."""

import os
from functools import lru_cache
from pathlib import Path

from evaluation.suites.rows import Row, read_rows
from evaluation.suites.runner import ROWS_FOLDER, read_facts
from evaluation.suites.suite import SuiteError

VARIABLE = "ANOMALY_SUITE"
"""The folder of a suite's results, as `--out` named it; no visitor can name another."""


def named_folder() -> Path | None:
    """The folder that the server was started with."""
    place = os.environ.get(VARIABLE, "")
    return Path(place) if place else None


def rows_in(folder: Path) -> tuple[str, list[Row]]:
    """The name of the suite in a folder and its rows so far; read again when one was added.

    Raises `SuiteError` or `ComparisonError`.
    """
    rows = folder / ROWS_FOLDER
    if not rows.is_dir():
        raise SuiteError(f"{folder} has no results of a suite; expected a folder given as --out.")
    return read_facts(folder).name, _read(rows, rows.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(folder: Path, changed: int) -> list[Row]:
    return read_rows(folder)
