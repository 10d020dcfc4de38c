"""The way of restoration networks: an image reduced and mirrored, cells scored, and their map."""

from collections.abc import Callable
from typing import Any

import numpy as np

from methods.detectors.restoration.restoration import RestorationDetector
from methods.export.cells import zones_with_corners
from methods.export.graph import Graph
from methods.export.lighting import gain_and_shift
from methods.export.pixels import brightness
from methods.export.resampling import (
    enlarging,
    hats,
    mirrored,
    numbers,
    rounded_up,
    smoothed,
)
from methods.export.restoration.mixture import likelihood_scores
from methods.training.normal_cells import BAND, zone_count

Describe = Callable[[str], str]
"""What a detector's `_describe` makes of (1, channels, h, w): (1, k, h / cell, w / cell)."""


def write_map(
    g: Graph, detector: "RestorationDetector[Any]", image: str, describe: Describe
) -> str:
    """The score map of an image (H, W, 3), as in `RestorationDetector`, without tiles."""
    factor = detector.params.reduction
    _, reach, cell = detector.tiling
    sides = [g.length(image, axis) for axis in (0, 1)]
    small = [rounded_up(g, side, factor) for side in sides]
    described = describe(_mirrored(g, _reduced(g, detector, image, sides), detector, small))
    rows, columns = (rounded_up(g, side, cell) for side in small)
    start = g.constant([reach // cell] * 2)
    inner = g("Slice", described, start, g("Add", g.vector(rows, columns), start), [2, 3])
    points = g("Flatten", g("Squeeze", inner, [0]), axis=1)
    scores = (
        likelihood_scores(g, detector.normal_, points)
        if detector.by_likelihood
        else g("Squeeze", points, [0])
    )
    usual = g("Gather", detector.usual_, g("Reshape", _zones(g, rows, columns, cell), [-1]))
    grid = g("Reshape", g("Div", scores, usual), g.vector(rows, columns))
    down, across = (
        _to_pixels(g, detector, *each) for each in zip((rows, columns), small, sides, strict=True)
    )
    return g("MatMul", g("MatMul", down, grid), g("Transpose", across, perm=[1, 0]))


def _reduced(g: Graph, detector: "RestorationDetector[Any]", image: str, sides: list[str]) -> str:
    """The image (1, channels, h, w) in its usual lighting, each pixel the mean of a block.

    See `Lighting.matching` and `crops.reduce`.
    """
    factor = detector.params.reduction
    planes = g("Transpose", image, perm=[2, 0, 1])
    if detector.lighting_ is not None:
        gain, shift = gain_and_shift(g, planes, detector.lighting_)
        planes = g("Add", g("Mul", planes, gain), shift)
    if detector.channels_ == 1:
        planes = brightness(g, planes)
    if factor > 1:
        for axis, side in enumerate(sides, start=1):
            whole = g("Mul", rounded_up(g, side, factor), factor)
            inside = g("Min", numbers(g, 0, whole), g("Sub", side, 1))
            planes = g("Gather", planes, inside, axis=axis)
    batch = g("Unsqueeze", planes, [0])
    if factor == 1:
        return batch
    return g("AveragePool", batch, kernel_shape=[factor] * 2, strides=[factor] * 2)


def _mirrored(g: Graph, batch: str, detector: "RestorationDetector[Any]", small: list[str]) -> str:
    """The image with its surroundings, its sides multiples of the stride; see `over_tiles`."""
    stride, reach, _ = detector.tiling
    for axis, side in enumerate(small, start=2):
        rest = g("Mod", g("Neg", side), stride)
        seen = numbers(g, -reach, g("Add", g("Add", side, reach), rest))
        batch = g("Gather", batch, mirrored(g, seen, side), axis=axis)
    return batch


def _zones(g: Graph, rows: str, columns: str, cell: int) -> str:
    """The zones (rows, columns) of `normal_cells.zones_of`."""
    band = max(1, BAND // cell)
    depth = (zone_count(cell) - 1) // 8
    coarse = [rounded_up(g, each, band) for each in (rows, columns)]
    zones = zones_with_corners(g, coarse[0], coarse[1], depth)
    for axis, side in enumerate((rows, columns)):
        zones = g("Gather", zones, g("Div", numbers(g, 0, side), band), axis=axis)
    return zones


def _to_pixels(
    g: Graph, detector: "RestorationDetector[Any]", cells: str, small: str, side: str
) -> str:
    """Matrix (side, cells) that enlarges, smooths and enlarges again, each time cut to size."""
    _, _, cell = detector.tiling
    factor = detector.params.reduction
    enlarged = (
        enlarging(g, cells, cell, small)
        if cell > 1
        else hats(g, g.cast(numbers(g, 0, small), np.float64), small)
    )
    matrix = smoothed(g, enlarged, detector.params.smoothing / factor)
    return g("MatMul", enlarging(g, small, factor, side), matrix) if factor > 1 else matrix
