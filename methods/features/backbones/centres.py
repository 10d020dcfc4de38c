"""Where the cells of a network look, measured by what a small change of the input does."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.features.backbones.backbone import Network

SIDE = 384
"""Of the image that is changed, pixels."""
MARGIN = 128
"""Between a change and the border of that image, so that padding plays no part."""
SIZES = (3, 7, 15, 25)
"""Sides of the changed squares, pixels."""
CHANGES = 64
FEW_CHANGES = 8
LEAST = 0.25
"""Of the largest change of a cell, the share that another cell's must have to play a part, in a
network that sees all of its input at once: there, every change reaches every cell."""

Square = tuple[NDArray[np.int64], Any, int]
"""Row and column of the first pixel of a square, its values, and its side."""


def measured_centres(network: Network, strides: Sequence[int]) -> list[float]:
    """The pixel at which the first cell of each stage looks: cell i looks at stride * i + centre.

    `network` takes standardised images (1, 3, h, w) to the activations (1, c, h / stride,
    w / stride) of all stages. Seeded squares of one value or of noise are put on an image whose
    spectrum falls like that of photographs. The centre is the one with which the centre of gravity
    of the squared changes of all activations, in standard deviations, lies on the square, on
    average over all squares, rows and columns. A trained network weighs the pixels of its receptive
    field unevenly, so this is not the middle of that field. Cost: 65 passes over 384 x 384 pixels.
    """
    rng = np.random.default_rng(0)
    image = _natural_noise(rng, (SIDE, SIDE))

    def squares() -> Iterator[Square]:
        for number in range(CHANGES):
            side = SIZES[number % len(SIZES)]
            corner = rng.integers(MARGIN, SIDE - MARGIN - side, 2)
            yield corner, _values(rng, number, side), side

    found = _offsets(network, strides, image, squares(), 0.0)
    return found.mean(axis=(0, 2)).tolist()


def measured_offsets(
    network: Network, strides: Sequence[int], size: tuple[int, int], changes: int = CHANGES
) -> NDArray[np.float64]:
    """The row and the column (stages, 2) at which the first cell of each stage looks.

    As by `measured_centres`, for a network that may see all of its input at once: with squares
    whose middles are spread evenly over the cells, on an image of `size`, height and width, by the
    median over these. Cells that change by less than the share `LEAST` of the largest change are
    left out. Cost: `changes` passes and one; `FEW_CHANGES` tell whether cells are in place.
    """
    rng = np.random.default_rng(0)
    image = _natural_noise(rng, size)
    unit = math.lcm(*strides)
    places = (np.arange(changes) + 0.5) * unit / changes - 0.5

    def squares() -> Iterator[Square]:
        cells = np.array(size) // unit
        first = np.maximum(cells // 3, 1)
        along = np.stack([rng.permutation(places), rng.permutation(places)], axis=1)
        for number, place in enumerate(along):
            side = SIZES[number % len(SIZES)]
            middle = unit * rng.integers(first, np.maximum(cells - first, first + 1)) + place
            corner = np.rint(middle - (side - 1) / 2).astype(np.int64)
            yield corner, _values(rng, number, side), side

    return np.median(_offsets(network, strides, image, squares(), LEAST), axis=0)


def _offsets(
    network: Network,
    strides: Sequence[int],
    image: NDArray[np.float32],
    squares: Iterable[Square],
    least: float,
) -> NDArray[np.float64]:
    """Rows and columns (squares, stages, 2) at which first cells look, by every square."""
    before = network(_planes(image))
    spreads = [maps[0].std(axis=(1, 2), keepdims=True) + 1e-3 for maps in before]
    found: list[list[list[float]]] = []
    for corner, values, side in squares:
        changed = image.copy()
        changed[corner[0] : corner[0] + side, corner[1] : corner[1] + side] = values
        after = network(_planes(changed))
        found.append([])
        for stride, old, new, spread in zip(strides, before, after, spreads, strict=True):
            energy = np.square((new[0] - old[0]) / spread).sum(axis=0, dtype=np.float64)
            energy[energy < least * energy.max()] = 0
            middles = []
            for axis in (0, 1):
                along = energy.sum(axis=1 - axis)
                seen = float(along @ np.arange(len(along)) / along.sum())
                middles.append(corner[axis] + (side - 1) / 2 - stride * seen)
            found[-1].append(middles)
    return np.array(found)


def _values(rng: np.random.Generator, number: int, side: int) -> Any:
    """One value for half of the squares, noise for the others."""
    return rng.uniform(-1, 1) if number // len(SIZES) % 2 else rng.uniform(-1, 1, (side, side))


def _natural_noise(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """An image of noise whose amplitudes fall with the frequency, from -1 to 1."""
    down, across = (np.fft.fftfreq(length) for length in size)
    frequency = np.hypot(down[:, None], across[None])
    spectrum = np.fft.fft2(rng.standard_normal(size)) / (frequency + 1 / max(size))
    noise = np.fft.ifft2(spectrum).real
    return (noise / np.abs(noise).max()).astype(np.float32)


def _planes(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat(image[None, None], 3, axis=1)
