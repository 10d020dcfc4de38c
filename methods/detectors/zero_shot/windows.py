"""Windows of several sizes on a grid of patches, and what their scores say of each patch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def windows(side: int, window: int) -> NDArray[np.int64]:
    """The patches (n, window * window) in each square window, numbered row after row.

    The windows of a grid of `side` by `side` patches are one patch apart.
    """
    patches = np.arange(side * side).reshape(side, side)
    views = np.lib.stride_tricks.sliding_window_view(patches, (window, window))
    return views.reshape(-1, window * window)


def harmonic_of_windows(
    scores: NDArray[np.float64], members: NDArray[np.int64], side: int
) -> NDArray[np.float64]:
    """For each patch (side, side) the harmonic mean of the scores (n,) of the windows around it.

    A low score, which says normal, so has more weight than a high one (Jeong et al. 2023, Eq. 4).
    """
    inverse = np.bincount(members.ravel(), np.repeat(1 / scores, members.shape[1]), side * side)
    counts = np.bincount(members.ravel(), minlength=side * side)
    return (counts / inverse).reshape(side, side)


def harmonic_mean(maps: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The harmonic mean of several maps, pixel by pixel."""
    return len(maps) / np.sum([1 / each for each in maps], axis=0)


def to_pixels(scores: NDArray[np.float64], height: int, width: int) -> NDArray[np.float32]:
    """Scores (n, n) of patches that cover an image, as a map of its pixels (height, width).

    Linear between the middles of patches, constant beyond the outer ones.
    """
    down, across = (_weights(len(scores), length) for length in (height, width))
    return (down @ scores @ across.T).astype(np.float32)


def patch_at(place: int, length: int, side: int) -> int:
    """The patch, of `side` along a length in pixels, that a pixel lies in."""
    return place * side // length


def _weights(side: int, length: int) -> NDArray[np.float64]:
    """Matrix (length, side) that interpolates along one axis."""
    middles = (np.arange(length) + 0.5) / length * side - 0.5
    return np.stack([np.interp(middles, np.arange(side), row) for row in np.eye(side)], axis=1)
