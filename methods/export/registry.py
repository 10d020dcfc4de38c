"""Who writes which detector and which model of patches as nodes of a graph.

A module of `methods.export.detectors` or `methods.export.patch_models` registers one writer with
`writes_detector` or `writes_model`; so can a package from elsewhere, beside its detector.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from methods.detector import Detector
from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.patches.patch_detector import PatchModel

DetectorWriter = Callable[[Graph, Any, str], str]
"""Adds the way from an image (H, W, 3) to its score map (H, W)."""
ModelWriter = Callable[[Graph, Any, Cells], str]
"""Adds the way from cells to a score (n,) for each of them."""

PACKAGES = ("methods.export.detectors", "methods.export.patch_models")

W = TypeVar("W", bound=Callable[..., str])

_detectors: dict[type, DetectorWriter] = {}
_models: dict[type, ModelWriter] = {}


def writes_detector(kind: type) -> Callable[[W], W]:
    """A decorator: the function writes detectors of this class and of those under it."""
    return _registering(_detectors, kind)


def writes_model(kind: type) -> Callable[[W], W]:
    """A decorator: the function writes models of patches of this class and of those under it."""
    return _registering(_models, kind)


def detector_writer(detector: Detector) -> DetectorWriter | None:
    """Who writes a detector; None where nobody does."""
    return _of(_detectors, type(detector))


def model_writer(model: PatchModel) -> ModelWriter | None:
    """Who writes a model; None where nobody does."""
    return _of(_models, type(model))


def _registering(writers: dict[type, Any], kind: type) -> Callable[[W], W]:
    def register(write: W) -> W:
        writers[kind] = write
        return write

    return register


def _of(writers: dict[type, Any], kind: type) -> Any:
    _import_writers()
    return next((writers[each] for each in kind.__mro__ if each in writers), None)


@cache
def _import_writers() -> None:
    for package in PACKAGES:
        paths = importlib.import_module(package).__path__
        for module in pkgutil.iter_modules(paths, f"{package}."):
            importlib.import_module(module.name)
