"""A pretrained network whose activations describe patches: what it needs and gives."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.export.graph import Graph

Network = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Standardised images (1, 3, h, w) -> activations (1, channels, h / stride, w / stride) of the
chosen stages, earliest first."""

TIMM = "timm:"
"""How the names of the models of timm begin."""
ONNX = "onnx:"
"""How the names of networks in ONNX files begin."""
WINDOW = 672
"""Side of the largest image that a network which sees all of it at once is given, pixels."""
MEASURED = 224
"""Least side of the image on which it is measured where the cells of such a network look."""
OUTSIDE = (TIMM, ONNX)
"""How the names of networks begin that are not registered but described when one is asked for."""


@dataclass(frozen=True)
class Window:
    """The pixels that a network sees at once where it does not see an image whole."""

    height: int
    width: int
    fixed: bool
    """Whether it takes no smaller images either."""

    @classmethod
    def of_any_size(cls, strides: Sequence[int]) -> Self:
        """That of a network that takes any size of whole cells: about `WINDOW`."""
        unit = math.lcm(*strides)
        side = unit * max(1, WINDOW // unit)
        return cls(side, side, fixed=False)

    def measured(self, strides: Sequence[int]) -> tuple[int, int]:
        """Height and width of images on which it is measured where the cells look."""
        unit = math.lcm(*strides)
        side = -(-MEASURED // unit) * unit
        return self.sides if self.fixed else (side, side)

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width


@dataclass(frozen=True)
class Stage:
    """One step of a network, counted from 1 for the stem.

    Cell i of its map looks at the input around pixel ``stride * i + centre``: see
    `methods.features.backbones.centres`.
    """

    number: int
    channels: int
    stride: int
    centre: float


@dataclass(frozen=True)
class Backbone:
    """A pretrained network: what to feed it and what comes out.

    It expects ``(255 * image - mean) / std`` for an RGB image in [0, 1].
    """

    name: str
    title: str
    licence: str
    input_size: int
    """Side of the images it was trained on, pixels."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    stages: tuple[Stage, ...]
    packages: tuple[str, ...]
    """What pip installs to have it."""
    build: Callable[[tuple[int, ...]], Network]
    """The network up to the last of the given stages."""
    write: Callable[[Graph, str, tuple[int, ...]], list[str]] | None = None
    """The same as nodes of a graph, from standardised images to the activations of the stages; None
    where it cannot be written."""
    window: Window | None = None
    """The largest tile of an image that goes through the network at once, for one whose activations
    depend on all of what it sees, or that takes one size; None for one that sees no farther than a
    few cells, so that tiles agree with the whole."""
    padded: bool = True
    """Whether it pads its input with zeros, as convolutions do, so that its activations are unusual
    next to the border. A transformer does not."""
    digest: str = ""
    """Of its weights, where they come from a file or a download; saved with what is fitted."""

    def stage(self, number: int) -> Stage:
        """A stage by its number; raises `DetectorError` when there is none."""
        if 1 <= number <= len(self.stages):
            return self.stages[number - 1]
        has = f"stages 1 to {len(self.stages)}" if len(self.stages) > 1 else "stage 1 only"
        raise DetectorError(f"{self.title} has no stage {number}; it has {has}.")
