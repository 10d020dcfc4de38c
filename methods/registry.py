"""Names of detectors and the classes behind them.

A detector stands in a module of its own in a family, a folder of `methods/detectors/`, with
`@register` on its class, or in somebody else's package under the entry-point group
``anomaly_detectors``. Nothing else has to name it.
"""

import importlib
import pkgutil
import re
from collections.abc import Mapping
from os import PathLike
from typing import Any, get_args

from images.registry import Registry, lacking
from methods import detectors
from methods.detector import Detector, DetectorError, Gift, Need, saved_name
from methods.parameters import Parameters, faults_of_fields

NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
FROM_ELSEWHERE = "From other packages"
TEXTS = ("name", "title", "summary", "reference")
"""What a detector must say of itself."""


def _faults(detector: Any) -> list[str]:
    """Why a class cannot be listed, drawn as a form and run; each goes on after its place."""
    if not (isinstance(detector, type) and issubclass(detector, Detector)):
        return ["is not a subclass of Detector"]
    faults = []
    missing = lacking(detector, TEXTS)
    params = getattr(detector, "Params", None)
    if not (isinstance(params, type) and issubclass(params, Parameters)):
        missing.append("Params")
        params = Parameters
    if missing:
        faults.append(f"lacks {', '.join(missing)}")
    if "name" not in missing and not re.fullmatch(NAME, detector.name):
        faults.append(
            f"has the name {detector.name!r}; expected lower-case letters, digits and hyphens"
        )
    for said, words in (("needs", get_args(Need)), ("gives", get_args(Gift))):
        unknown = [word for word in getattr(detector, said) if word not in words]
        if unknown:
            faults.append(f"{said} {', '.join(map(repr, unknown))}; expected {', '.join(words)}")
    return [*faults, *faults_of_fields(params)]


DETECTORS: Registry[type[Detector]] = Registry(
    "detector",
    "anomaly_detectors",
    [family.name for family in pkgutil.iter_modules(detectors.__path__, f"{detectors.__name__}.")],
    faults=_faults,
    error=DetectorError,
    chosen_as="method",
)
register, names = DETECTORS.register, DETECTORS.names


_LEFT_OUT: dict[str, str] = {}


def get(name: str) -> type[Detector]:
    """The detector of a name; raises `DetectorError`, which says why, when there is none."""
    if name not in DETECTORS and name in _LEFT_OUT:
        raise DetectorError(_LEFT_OUT[name])
    return DETECTORS.get(name)


def leave_out(name: str, reason: str, remedy: str) -> None:
    """Say that a detector of ours is not listed here: why, a clause, and what to do about it."""
    _LEFT_OUT[name] = f"{name} is not available: {reason}. To use it: {remedy}."


def left_out() -> tuple[str, ...]:
    """A sentence or two on each detector of ours that is not listed here."""
    names()
    return tuple(_LEFT_OUT.values())


def families() -> dict[str, tuple[str, ...]]:
    """The names of all detectors by family: the `TITLE` of its package, plug-ins at the end."""
    grouped: dict[str, list[str]] = {}
    for name in names():
        package = get(name).__module__.rpartition(".")[0]
        own = package.startswith(f"{detectors.__name__}.")
        title = importlib.import_module(package).TITLE if own else FROM_ELSEWHERE
        grouped.setdefault(title, []).append(name)
    titles = sorted(grouped, key=lambda title: (title == FROM_ELSEWHERE, title))
    return {title: tuple(grouped[title]) for title in titles}


def declaration(name: str) -> str:
    """What a detector needs, gives and costs, in a line."""
    detector = get(name)
    needs = " and ".join(detector.needs) or "nothing"
    line = f"needs {needs}; gives {', '.join(detector.gives)}"
    return f"{line}. {detector.cost}" if detector.cost else f"{line}."


def create(
    name: str, params: Parameters | Mapping[str, Any] | None = None, *, seed: int = 0
) -> Detector:
    """A new, unfitted detector."""
    return get(name)(params, seed=seed)


def load(path: str | PathLike[str]) -> Detector:
    """A fitted detector of whatever kind from the file that `Detector.save` wrote."""
    return get(saved_name(path)).load(path)
