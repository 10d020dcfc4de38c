"""Names of detectors and the classes behind them.

A detector stands in a module or folder of its own under `methods/` with `@register` on its class,
or in somebody else's package under the entry-point group ``anomaly_detectors``. Nothing else has to
name it.
"""

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from os import PathLike
from typing import Any, TypeVar

import methods
from methods.detector import Detector, DetectorError, read_saved
from methods.parameters import Parameters

PLUGIN_GROUP = "anomaly_detectors"

D = TypeVar("D", bound=type[Detector])

_registered: dict[str, type[Detector]] = {}


def register(detector: D) -> D:
    """Class decorator: make the detector known by its `name`."""
    known = _registered.get(detector.name)
    if known is not None and known.__qualname__ != detector.__qualname__:
        raise ValueError(f"two detectors are called {detector.name!r}: {known} and {detector}")
    _registered[detector.name] = detector
    return detector


@cache
def _discover() -> None:
    """Import every module under `methods`, then the plugins; a broken plugin is logged."""
    for module in pkgutil.iter_modules(methods.__path__, "methods."):
        importlib.import_module(module.name)
    for entry in entry_points(group=PLUGIN_GROUP):
        try:
            register(entry.load())
        except Exception:
            logging.getLogger(__name__).exception("The detector %r was left out.", entry.name)


def names() -> tuple[str, ...]:
    """The names of all detectors, in alphabetical order."""
    _discover()
    return tuple(sorted(_registered))


def get(name: str) -> type[Detector]:
    """The class of a detector; raises `DetectorError` when there is none of that name."""
    _discover()
    try:
        return _registered[name]
    except KeyError:
        raise DetectorError(
            f"There is no method {name!r}; choose from {', '.join(names())}."
        ) from None


def create(
    name: str, params: Parameters | Mapping[str, Any] | None = None, *, seed: int = 0
) -> Detector:
    """A new, unfitted detector."""
    return get(name)(params, seed=seed)


def load(path: str | PathLike[str]) -> Detector:
    """A fitted detector of whatever kind from the file that `Detector.save` wrote."""
    header, _ = read_saved(path)
    return get(header["detector"]).load(path)
