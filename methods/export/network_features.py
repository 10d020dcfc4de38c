"""From an image to the activations of a network on a grid of cells, and back to its pixels.

Every step is that of `methods.features.network.NetworkFeatures`, for an image as a whole instead of
tile by tile.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from methods.export.cells import Cells
from methods.export.graph import Graph
from methods.export.lighting import gain_and_shift
from methods.export.resampling import between, mirrored, numbers, rounded_up, smoothed
from methods.features.backbones.backbone import Stage
from methods.features.network import MARGIN, NetworkFeatures


@dataclass(frozen=True)
class Side:
    """One side of the image: how long it is, how long the network sees it, and its cells."""

    length: str
    scaled: str
    cells: str


class NetworkCells:
    """Writes the features of an image, (H, W, 3), in one graph."""

    def __init__(self, g: Graph, features: NetworkFeatures, image: str) -> None:
        self._g = g
        self._features = features
        self._planes = g("Transpose", image, perm=[2, 0, 1])
        lengths = [g.length(image, axis) for axis in (0, 1)]
        self.sides = [self._side(each, lengths) for each in lengths]

    def prepared(self) -> str:
        """The image (1, 3, h, w) as the network wants it, scaled and mirrored at its borders.

        The side that is resampled comes before the other, so that whole rows are moved.
        """
        g = self._g
        scale, shift = self._standardisation()
        planes = g("Add", g("Mul", self._planes, scale), shift)
        for side in self.sides:
            planes = g("Transpose", self._sampled(planes, side), perm=[0, 2, 1])
        return g("Unsqueeze", planes, [0])

    def cells(self, prepared: str) -> Cells:
        """The activations of the network on the grid."""
        g, features = self._g, self._features
        write = features.backbone.write
        assert write is not None
        stages = features.stages
        found = write(g, prepared, tuple(stage.number for stage in stages))
        parts = [
            self._on_grid(activations, stage)
            for activations, stage in zip(found, stages, strict=True)
        ]
        whole = parts[0] if len(parts) == 1 else g("Concat", *parts, axis=1)
        channels = sum(stage.channels for stage in stages)
        rows, columns = (side.cells for side in self.sides)
        return Cells(rows, columns, g("Reshape", whole, [channels, -1]))

    def to_pixels(self, scores: str, smoothing: float) -> str:
        """Scores (n,) of cells as a map (H, W), smoothed with a Gaussian."""
        g = self._g
        rows, columns = (side.cells for side in self.sides)
        grid = g("Reshape", scores, g.vector(rows, columns))
        half = self._half_window()
        down, across = (
            smoothed(g, between(g, self._centres(side, half), side.length), smoothing)
            for side in self.sides
        )
        return g("MatMul", g("MatMul", down, grid), g("Transpose", across, perm=[1, 0]))

    def _side(self, length: str, lengths: Sequence[str]) -> Side:
        g, features = self._g, self._features
        exact = g.cast(length, np.float64)
        if features.short_side > 0:
            short = g.cast(g("Min", *lengths), np.float64)
            scale = g("Div", np.float64(features.short_side), short)
        else:
            scale = g.constant(np.array(features.scale_))
        scaled = g.cast(g("Round", g("Mul", exact, scale)), np.int64)
        return Side(length, scaled, rounded_up(g, scaled, features.cell))

    def _standardisation(self) -> tuple[str, str]:
        """Factors and summands (3, 1, 1) of the channels: lighting and the network's own scale."""
        g, features = self._g, self._features
        mean, std = (
            np.array(each, dtype=np.float64)[:, None, None]
            for each in (features.backbone.mean, features.backbone.std)
        )
        factor, summand = (255 / std).astype(np.float32), (-mean / std).astype(np.float32)
        if features.lighting_ is None:
            return g.constant(factor), g.constant(summand)
        gain, light = gain_and_shift(g, self._planes, features.lighting_)
        return g("Mul", gain, factor), g("Add", g("Mul", light, factor), summand)

    def _seen(self, side: Side) -> str:
        """Which pixels of the scaled side the network sees, mirrored beyond its ends."""
        g, features = self._g, self._features
        rest = g("Mod", g("Neg", side.scaled), features.tiling.unit)
        stop = g("Add", g("Add", side.scaled, MARGIN), rest)
        return mirrored(g, numbers(g, -MARGIN, stop), side.scaled)

    def _sampled(self, planes: str, side: Side) -> str:
        """Planes (3, a, b) whose first side is scaled and mirrored beyond its ends.

        Scaled pixels are weighted means of a few pixels beside each other.
        """
        g, scale = self._g, self._features.scale_
        if self._features.short_side > 0:
            return g("MatMul", self._resizing(side), planes)
        if scale == 1:
            return g("Gather", planes, self._seen(side), axis=1)
        centres, support = self._looks(side)
        start = g("Floor", g("Add", g("Sub", centres, support), np.float64(0.5)))
        first = g("Max", g.cast(start, np.int64), 0)
        taps = 2 if scale > 1 else math.ceil(2 / scale) + 1
        places = [g("Add", first, tap) for tap in range(taps)]
        raw = [self._weight(each, centres, support, side) for each in places]
        total = g("Sum", *raw)
        found = ""
        for place, weight in zip(places, raw, strict=True):
            share = g("Unsqueeze", g.cast(g("Div", weight, total), np.float32), [1])
            inside = g("Min", place, g("Sub", side.length, 1))
            part = g("Mul", g("Gather", planes, inside, axis=1), share)
            found = g("Add", found, part) if found else part
        return found

    def _resizing(self, side: Side) -> str:
        """The weights as a matrix, for any scale."""
        g = self._g
        centres, support = self._looks(side)
        places = numbers(g, 0, side.length)
        weights = self._weight(places, g("Unsqueeze", centres, [1]), support, side)
        total = g("ReduceSum", weights, [1], keepdims=1)
        return g.cast(g("Div", weights, total), np.float32)

    def _looks(self, side: Side) -> tuple[str, str]:
        """Where the pixels that the network sees lie on the image, and how far each one looks.

        Those of Pillow's bilinear filter, which widens where it shrinks.
        """
        g = self._g
        length, scaled = (g.cast(each, np.float64) for each in (side.length, side.scaled))
        step = g("Div", length, scaled)
        seen = g.cast(self._seen(side), np.float64)
        return g("Mul", g("Add", seen, np.float64(0.5)), step), g("Max", step, np.float64(1))

    def _weight(self, places: str, centres: str, support: str, side: Side) -> str:
        g = self._g
        middles = g("Add", g.cast(places, np.float64), np.float64(0.5))
        away = g("Div", g("Abs", g("Sub", middles, centres)), support)
        hat = g("Max", g("Sub", np.float64(1), away), np.float64(0))
        return g("Where", g("Less", places, side.length), hat, np.float64(0))

    def _on_grid(self, activations: str, stage: Stage) -> str:
        """A stage (1, c, h, w) on the grid, (1, c, rows, columns)."""
        g = self._g
        down, across = (
            self._weights(side.cells, stage, g.length(activations, axis))
            for side, axis in zip(self.sides, (2, 3), strict=True)
        )
        return g("MatMul", g("MatMul", down, activations), g("Transpose", across, perm=[1, 0]))

    def _weights(self, cells: str, stage: Stage, length: str) -> str:
        """Matrix (cells, length) that takes a stage's map to the centres of the cells.

        Linear interpolation; of means over three neighbours it is a trapezium.
        """
        g, features = self._g, self._features
        first = (MARGIN + features.finest.centre - stage.centre) / stage.stride
        steps = g.cast(numbers(g, 0, cells), np.float64)
        places = g(
            "Add", g("Mul", steps, np.float64(features.cell / stage.stride)), np.float64(first)
        )
        away = g("Sub", g("Unsqueeze", places, [1]), g.cast(numbers(g, 0, length), np.float64))
        reach = 2 if features.average else 1
        slope = g("Sub", np.float64(reach), g("Abs", away))
        weights = g(
            "Div", g("Clip", slope, np.float64(0), np.float64(1)), np.float64(2 * reach - 1)
        )
        return g.cast(weights, np.float32)

    def _half_window(self) -> str:
        """Half the side of a cell's window, as `NetworkFeatures.grid` has it."""
        g = self._g
        height, scaled = (
            g.cast(each, np.float64) for each in (self.sides[0].length, self.sides[0].scaled)
        )
        return g("Round", g("Div", g("Mul", height, np.float64(2 * self._features.cell)), scaled))

    def _centres(self, side: Side, half: str) -> str:
        """The middle pixels of the windows of the cells along a side."""
        g, features = self._g, self._features
        cells = g.cast(numbers(g, 0, side.cells), np.float64)
        steps = g("Mul", cells, np.float64(features.cell))
        places = g("Add", g("Add", steps, np.float64(features.finest.centre)), np.float64(0.5))
        length, scaled = (g.cast(each, np.float64) for each in (side.length, side.scaled))
        pixels = g("Sub", g("Div", g("Mul", places, length), scaled), np.float64(0.5))
        return g("Add", g("Round", g("Sub", pixels, half)), half)


def why_not(features: object) -> str:
    """Why features cannot be written, a clause; empty where they can."""
    if not isinstance(features, NetworkFeatures):
        return "its patches are not described by a network"
    if features.backbone.write is None:
        return f"the network {features.backbone.name} is not available as a graph"
    if features.backbone.window is not None or not features.backbone.padded:
        return f"the network {features.backbone.name} sees images in windows or without margins"
    return ""
