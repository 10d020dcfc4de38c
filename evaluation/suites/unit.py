"""The unit of work of a suite: one method on one set with one seed, wherever the set was stored.

A set is stored once, as images, masks and the groups of normal images that share pixels; a unit
reads it from there and writes its score maps and model into a folder of its own, which goes when
the row is there.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evaluation.assessment import assess
from evaluation.comparison.comparison import (
    COMPARISON_FILE,
    DATA_FOLDER,
    FORMAT,
    Description,
    Failure,
    Variant,
)
from evaluation.comparison.folds import Split
from evaluation.comparison.method import run_method
from evaluation.comparison.storage import (
    StoredData,
    open_data,
    read_json,
    store_data,
    write_json,
    writing,
)
from evaluation.suites.rows import Row, row_of, settings_of
from evaluation.suites.uncalibrated import uncalibrated_row
from images.dataset import DataSet, Pixels
from images.errors import explained
from images.shared_pixels import groups_of
from images.version import VERSION

SET_FILE = "set.json"


@dataclass(frozen=True)
class StoredSet:
    """What `set.json` holds."""

    data: StoredData
    groups: tuple[int, ...]
    """For each normal image the group of those with which it shares pixels."""


@dataclass(frozen=True)
class Unit:
    """One method on one set with one seed."""

    set: str
    variant: Variant
    """With the seed."""
    calibration_seconds: float | None
    """None for a method that is not calibrated."""
    settings: Mapping[str, Any] = field(init=False)
    """What its row must say of itself; see `settings_of`."""

    def __post_init__(self) -> None:
        settings = settings_of(self.variant, self.calibration_seconds)
        object.__setattr__(self, "settings", settings)

    def failed(self, reason: str) -> Row:
        """The row of a unit that gave no result."""
        variant = self.variant
        return Row(
            self.set,
            variant.label,
            variant.seed,
            failure=reason,
            settings=self.settings,
            version=VERSION,
        )


def store_set(data: DataSet, folder: Path) -> tuple[str, ...]:
    """Store a data set so that units can read it; returns what a person must know of its files."""
    stored = store_data(data, folder / DATA_FOLDER, lambda: None)
    normal = open_data(stored, folder / DATA_FOLDER).normal
    write_json(folder / SET_FILE, StoredSet(stored, tuple(groups_of(Pixels(normal)))))
    return tuple(finding.text for finding in stored.findings if finding.role == "not used")


def run_unit(unit: Unit, place: Path) -> Row:
    """Run a unit on the set that is stored at a place; a method that fails gives a row too.

    Raises `ComparisonError` when no set is stored there.
    """
    stored = read_json(place / SET_FILE, StoredSet)
    if unit.calibration_seconds is None:
        data = open_data(stored.data, place / DATA_FOLDER)
        try:
            return uncalibrated_row(unit.set, unit.variant, data, unit.settings)
        except Exception as error:
            return unit.failed(explained(error))
    with writing("The folder for temporary files"):
        scratch = tempfile.TemporaryDirectory()
    with scratch as name:
        folder = Path(name)
        _link(place / DATA_FOLDER, folder / DATA_FOLDER)
        description = Description(
            FORMAT,
            unit.variant.seed,
            stored.groups,
            Split.draw(
                stored.groups,
                unit.variant.seed,
                [picture.known_class for picture in stored.data.normal],
            ),
            unit.calibration_seconds,
            stored.data,
            (unit.variant,),
            VERSION,
        )
        write_json(folder / COMPARISON_FILE, description)
        outcome = run_method(folder, unit.variant)
        if isinstance(outcome, Failure):
            return unit.failed(outcome.reason)
        comparison = replace(description.begun(folder), results=(outcome,))
        try:
            return row_of(unit.set, assess(comparison, outcome), unit.settings)
        except Exception as error:
            return unit.failed(f"No metrics: {explained(error)}")


def _link(source: Path, target: Path) -> None:
    """Let a folder appear in another place; a copy where the system makes no links."""
    try:
        os.symlink(source.resolve(), target, target_is_directory=True)
    except OSError:
        with writing(target):
            shutil.copytree(source, target)
