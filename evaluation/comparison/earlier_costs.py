"""What methods cost in earlier runs on this machine, kept in a file, so that it can be foretold.

Each run appends a line of JSON: the method, its parameters, the number and size of images, and the
times. No image and no name of one is kept.
"""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import TypeAdapter, ValidationError

from images.kept import cache_folder

FILE = "costs.jsonl"
KEPT = 500
"""Runs that are kept, the latest."""


@dataclass(frozen=True)
class EarlierCost:
    """What one method cost in one run."""

    detector: str
    params: Mapping[str, Any]
    """All of them, as JSON."""
    cores: int
    """Cores that it could use."""
    images: int
    """Images that it was fitted on."""
    pixels: float
    """Of such an image, as the method sees it."""
    test_pixels: float
    """Of a test image."""
    fit_seconds: float
    own_seconds: float
    """Of these, without computing features."""
    map_seconds: float
    """For the score map of a test image."""
    fold_strain: float | None = None
    """See `Expected.strain`."""


_COST = TypeAdapter(EarlierCost)
_lock = threading.Lock()
_read: tuple[Path, int, tuple[EarlierCost, ...]] | None = None
"""The file that was read last, its time of change and what it held."""


def remember(cost: EarlierCost) -> None:
    """Keep what a run cost; where nothing can be kept, do without."""
    with suppress(OSError, RuntimeError):
        path = _path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cost)) + "\n")
        if len(lines := path.read_text(encoding="utf-8").splitlines()) > 2 * KEPT:
            with NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as shorter:
                shorter.write("\n".join(lines[-KEPT:]) + "\n")
            os.replace(shorter.name, path)


def earlier_costs() -> tuple[EarlierCost, ...]:
    """What was kept, the oldest first; a line that is damaged is passed over."""
    global _read
    try:
        path = _path()
        changed = path.stat().st_mtime_ns
        with _lock:
            if _read is None or _read[:2] != (path, changed):
                lines = path.read_text(encoding="utf-8").splitlines()
                found = [cost for line in lines[-KEPT:] if (cost := _cost_in(line)) is not None]
                _read = path, changed, tuple(found)
            return _read[2]
    except (OSError, RuntimeError, UnicodeDecodeError):
        return ()


def _path() -> Path:
    return cache_folder() / FILE


def _cost_in(line: str) -> EarlierCost | None:
    try:
        return _COST.validate_json(line)
    except ValidationError:
        return None
