"""Where the cells of a network look, measured by what a small change of the input does."""

from collections.abc import Sequence

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
    image = _natural_noise(rng)
    before = network(_planes(image))
    spreads = [maps[0].std(axis=(1, 2), keepdims=True) + 1e-3 for maps in before]
    offsets: list[list[float]] = [[] for _ in strides]
    for number in range(CHANGES):
        size = SIZES[number % len(SIZES)]
        corner = rng.integers(MARGIN, SIDE - MARGIN - size, 2)
        value = rng.uniform(-1, 1) if number // len(SIZES) % 2 else rng.uniform(-1, 1, (size, size))
        changed = image.copy()
        changed[corner[0] : corner[0] + size, corner[1] : corner[1] + size] = value
        after = network(_planes(changed))
        for found, stride, old, new, spread in zip(
            offsets, strides, before, after, spreads, strict=True
        ):
            energy = np.square((new[0] - old[0]) / spread).sum(axis=0, dtype=np.float64)
            for axis in (0, 1):
                along = energy.sum(axis=1 - axis)
                seen = float(along @ np.arange(len(along)) / along.sum())
                found.append(corner[axis] + (size - 1) / 2 - stride * seen)
    return [float(np.mean(found)) for found in offsets]


def _natural_noise(rng: np.random.Generator) -> NDArray[np.float32]:
    """An image of noise whose amplitudes fall with the frequency, from -1 to 1."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None])
    spectrum = np.fft.fft2(rng.standard_normal((SIDE, SIDE))) / (frequency + 1 / SIDE)
    noise = np.fft.ifft2(spectrum).real
    return (noise / np.abs(noise).max()).astype(np.float32)


def _planes(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat(image[None, None], 3, axis=1)
