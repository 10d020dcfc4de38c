"""The kinds of features that detectors offer, and the parameters of each.

A kind stands in a module of this folder, with `@register` on a class beside its features, or in
somebody else's package under the entry-point group ``anomaly_features``; that module imports no
detector. It appears in the form of every `methods.features.choice.FeatureDetector` with parameters
of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from images.registry import Registry, faults_of, instance
from methods.detector import DetectorError
from methods.features.aligned import PositionMeans
from methods.features.patch_features import PatchFeatures
from methods.parameters import Parameters, faults_of_fields

OURS = __name__.partition(".")[0]


class FeatureKind(ABC):
    """One way to describe a patch that a person can choose."""

    name: ClassVar[str]
    """As in forms, on the command line and in saved files."""
    summary: ClassVar[str]
    """What describes a patch, words that go on after "by": ``"its pixels"``."""
    rank: ClassVar[int] = 100
    """Where it stands in a form; lower first."""
    Params: ClassVar[type[Parameters]] = Parameters
    """What a person can set. Checks across fields must hold for the defaults. The fields of a kind
    from another package begin with its name, ``onnx_file`` for ``"onnx"``, since they join those of
    every detector; those of ``RawPatchParameters`` and ``NetworkParameters`` may be taken over."""

    @abstractmethod
    def features(self, params: Any) -> PatchFeatures:
        """The features, from parameters that derive from `Params`.

        Raises `DetectorError` when they cannot be had.
        """

    def position_means(self, params: Any) -> PositionMeans | None:
        """What tells positions apart where normal images are aligned; None for never."""
        return None


def _faults(given: object) -> list[str]:
    """Why a kind cannot be chosen."""
    if faults := faults_of(FeatureKind, ("name", "summary"))(given):
        return faults
    kind = given if isinstance(given, type) else type(given)
    params = getattr(kind, "Params", None)
    if not (isinstance(params, type) and issubclass(params, Parameters)):
        return ["lacks Params"]
    faults = faults_of_fields(params)
    name: str = kind.name  # type: ignore[attr-defined]
    prefix = "".join(letter if letter.isalnum() else "_" for letter in name) + "_"
    if wrong := sorted(each for each in _own_fields(params) if not each.startswith(prefix)):
        faults.append(f"has parameters {', '.join(wrong)}; expected names that begin with {prefix}")
    return faults


def _own_fields(params: type[Parameters]) -> set[str]:
    """The fields that a class from another package adds to ours."""
    bases = [kind for kind in params.__mro__ if kind.__module__.partition(".")[0] == OURS]
    ours = {name for kind in bases for name in getattr(kind, "model_fields", {})}
    return set(params.model_fields) - ours


KINDS: Registry[FeatureKind] = Registry(
    "kind of features",
    "anomaly_features",
    ("methods.features",),
    # These join what the registry holds.
    without=("methods.features.choice", "methods.features.registry"),
    entry_of=instance,
    faults=_faults,
    order=lambda kind: (kind.rank, kind.name),
    error=DetectorError,
)
register, names, get = KINDS.register, KINDS.names, KINDS.get


def joined_parameters() -> tuple[type[Parameters], ...]:
    """The parameters of all kinds as bases of one class; the first kind's fields come first."""
    every = list(dict.fromkeys(kind.Params for kind in KINDS.entries()))
    return tuple(reversed([one for one in every if not _is_base_of_another(one, every)]))


def _is_base_of_another(one: type[Parameters], every: Iterable[type[Parameters]]) -> bool:
    return any(issubclass(other, one) for other in every if other is not one)
