"""Names of pretrained networks, and the networks behind them.

A module in this folder describes the networks of one source by calls of `register`, and imports
torch or ONNX Runtime when one of them is built. A package that somebody installs offers a
`Backbone` under the entry-point group ``anomaly_backbones``.
"""

from collections.abc import Sequence
from functools import lru_cache

from images.registry import Registry, place_of
from methods.detector import DetectorError
from methods.errors import UnavailableError
from methods.features.backbones.backbone import ONNX, OUTSIDE, TIMM, Backbone, Network

DEFAULT = "efficientnet-lite0"


def _faults(backbone: object) -> list[str]:
    if not isinstance(backbone, Backbone):
        return ["is no Backbone"]
    if backbone.name.startswith(OUTSIDE) or not backbone.stages:
        others = " or ".join(OUTSIDE)
        return [f"is called {backbone.name!r} and has {len(backbone.stages)} stages; expected at "
                f"least one, and a name that does not begin with {others}"]  # fmt: skip
    return []


def _place(backbone: object) -> str:
    """All networks are of one class, so it is what builds them that tells where they are from."""
    if not isinstance(backbone, Backbone):
        return place_of(backbone)
    return f"{backbone.build.__module__}.{backbone.build.__qualname__}"


BACKBONES: Registry[Backbone] = Registry(
    "network",
    "anomaly_backbones",
    ("methods.features.backbones",),
    without=tuple(
        f"methods.features.backbones.{name}"
        for name in ("kept_graphs", "lite", "runtime", "timm_models")
    ),
    faults=_faults,
    place=_place,
    error=DetectorError,
    others=f", {TIMM}NAME or {ONNX}FILE",
)
register, names = BACKBONES.register, BACKBONES.names
"""Names are those of the networks registered; any model of timm comes as ``timm:NAME`` too, and any
ONNX file as ``onnx:FILE``."""

_allowed: tuple[str, ...] | None = None
_lent: set[str] = set()
"""Backbones that are taken too, but offered to nobody."""


def allow_only(others: Sequence[str]) -> None:
    """From now on this process takes the backbones with an entry here and these, no others.

    For a server, where whoever chooses a network is not who runs the machine: other names can open
    a file, ask whether it is there, or have weights downloaded.
    """
    global _allowed
    _allowed = tuple(dict.fromkeys((*names(), *others)))


def allow(name: str) -> None:
    """Take one more backbone in this process, where only some are taken, and offer it to nobody."""
    _lent.add(name)


def withdraw(name: str) -> None:
    """Take a backbone no longer that was allowed by itself."""
    _lent.discard(name)


def offered() -> tuple[str, ...]:
    """The backbones to choose from in a form."""
    return names() if _allowed is None else _allowed


def get(name: str) -> Backbone:
    """A backbone by its name, ``timm:NAME``, ``timm:NAME@FILE`` for weights in a local file, or
    ``onnx:FILE``.

    Raises `DetectorError` when there is none of that name, `UnavailableError` when it is not
    allowed.
    """
    _check_allowed(name)
    return _described(name) if name.startswith(OUTSIDE) else BACKBONES.get(name)


def file_digest(name: str) -> str:
    """The digest of the backbone ``timm:NAME@FILE`` or ``onnx:FILE``, of which nothing is run.

    Raises the same errors as `get`.
    """
    _check_allowed(name)
    if name.startswith(TIMM):
        from methods.features.backbones import timm_models

        return timm_models.file_digest(name.partition("@")[2])
    from methods.features.backbones.onnx_files import graph
    from methods.features.backbones.onnx_files import names as onnx_names

    return graph.file_digest(onnx_names.parse(name).file)


def _check_allowed(name: str) -> None:
    if _allowed is not None and name not in _allowed and name not in _lent:
        raise UnavailableError(
            f"The network {name!r} is not available here; choose from {', '.join(offered())}."
        )


@lru_cache(maxsize=32)
def _described(name: str) -> Backbone:
    if name.startswith(TIMM):
        from methods.features.backbones.timm_models import describe
    else:
        from methods.features.backbones.onnx_files.description import describe
    return describe(name)


def network(name: str, stages: tuple[int, ...]) -> Network:
    """The network of a backbone up to the last of `stages`; the latest few stay loaded.

    Raises `DetectorError` when a package or the weights are missing.
    """
    return _loaded(get(name), stages)


@lru_cache(maxsize=8)
def _loaded(backbone: Backbone, stages: tuple[int, ...]) -> Network:
    return backbone.build(stages)


def forget() -> None:
    """Let go of all networks that are loaded."""
    _described.cache_clear()
    _loaded.cache_clear()
