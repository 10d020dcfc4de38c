"""A pretrained network whose activations describe patches: what it needs and gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.export.graph import Graph

Network = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Standardised images (1, 3, h, w) -> activations (1, channels, h / stride, w / stride) of the
chosen stages, earliest first."""

TIMM = "timm:"
"""How the names of the models of timm begin."""


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
    """A network trained on ImageNet: what to feed it and what comes out.

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

    def stage(self, number: int) -> Stage:
        """A stage by its number; raises `DetectorError` when there is none."""
        if 1 <= number <= len(self.stages):
            return self.stages[number - 1]
        raise DetectorError(
            f"{self.title} has no stage {number}; it has stages 1 to {len(self.stages)}."
        )
