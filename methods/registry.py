"""Names of detectors and the classes behind them.

A detector stands in a module of its own in a family, a folder of `methods/detectors/`, with
`@register` on its class, or in somebody else's package under the entry-point group
``anomaly_detectors``. Nothing else has to name it.
"""

import importlib
import logging
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from os import PathLike
from typing import Any, TypeVar

import methods
from methods import detectors
from methods.detector import Detector, DetectorError, saved_name
from methods.parameters import Parameters

PLUGIN_GROUP = "anomaly_detectors"
NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
TEXTS = ("title", "summary", "reference")
"""What a detector must say of itself."""

D = TypeVar("D", bound=type[Detector])

_registered: dict[str, type[Detector]] = {}


def register(detector: D) -> D:
    """Class decorator: make the detector known by its `name`.

    Raises `DetectorError` when the class does not say what a detector must say of itself, or when
    another has its name. Ours keep their names whichever is imported first.
    """
    if faults := _faults(detector):
        raise DetectorError(f"The detector {_place(detector)} {'; '.join(faults)}.")
    known = _registered.get(detector.name)
    if known is not None and _place(known) != _place(detector):
        if _is_ours(known) or not _is_ours(detector):
            raise DetectorError(
                f"Two detectors have the name {detector.name!r}: {_place(known)} is used, "
                f"{_place(detector)} is ignored."
            )
        _log().error(
            "%s is ignored: %r is the name of a built-in detector.", _place(known), detector.name
        )
    _registered[detector.name] = detector
    return detector


def _faults(detector: Any) -> list[str]:
    """Why a class cannot be listed, drawn as a form and run; each goes on after its name."""
    if not (isinstance(detector, type) and issubclass(detector, Detector)):
        return ["is not a subclass of Detector"]
    faults = []
    texts = {name: getattr(detector, name, None) for name in ("name", *TEXTS)}
    missing = [name for name, text in texts.items() if not (isinstance(text, str) and text.strip())]
    params = getattr(detector, "Params", None)
    if not (isinstance(params, type) and issubclass(params, Parameters)):
        missing.append("Params")
        params = Parameters
    missing += sorted(getattr(detector, "__abstractmethods__", ()))
    if missing:
        faults.append(f"lacks {', '.join(missing)}")
    if "name" not in missing and not re.fullmatch(NAME, detector.name):
        faults.append(
            f"has the name {detector.name!r}; expected lower-case letters, digits and hyphens"
        )
    for name, field in params.model_fields.items():
        told = {"a default": not field.is_required(), "a title": field.title,
                "a description": field.description}  # fmt: skip
        if lacks := [what for what, there in told.items() if not there]:
            faults.append(f"has a parameter {name} without {' and '.join(lacks)}")
    return faults


def _place(detector: type) -> str:
    return f"{detector.__module__}.{detector.__qualname__}"


def _is_ours(detector: type) -> bool:
    return detector.__module__.partition(".")[0] == methods.__name__


def _log() -> logging.Logger:
    return logging.getLogger(__name__)


@cache
def _discover() -> None:
    """Import every module of every family, then the plugins; one that cannot be used is logged.

    What a family keeps in folders of its own is imported when a detector needs it.
    """
    for family in pkgutil.iter_modules(detectors.__path__, f"{detectors.__name__}."):
        modules = importlib.import_module(family.name).__path__
        for module in pkgutil.iter_modules(modules, f"{family.name}."):
            if not module.ispkg:
                importlib.import_module(module.name)
    for entry in entry_points(group=PLUGIN_GROUP):
        try:
            register(entry.load())
        except DetectorError as error:
            _log().error("The detector %r was ignored: %s", entry.name, error)
        except Exception:
            _log().exception("The detector %r was ignored.", entry.name)


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
    return get(saved_name(path)).load(path)
