"""What a patch looks like before it is coded, in four numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.compiling import compiled


def describe(patches: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Brightness, contrast, roughness and coherence (n, 4) of patches (n, window * window).

    Brightness is the mean m, contrast ||s - m||^2. Gradients come from Roberts crosses: with u and
    v the differences along the two diagonals of each 2 x 2 pixels and sums over the patch,

        roughness = sum u^2 + sum v^2,
        coherence = sqrt((sum u^2 - sum v^2)^2 + 4 (sum u v)^2) / roughness,

    the second from 0 (no direction) to 1 (one direction), and 0 where there is no gradient.
    """
    described = np.empty((len(patches), 4), dtype=np.float32)
    _describe(np.ascontiguousarray(patches).reshape(-1, window, window), described)
    return described


def middle_side(window: int) -> int:
    """Side in pixels of the square in the middle of a patch: three fifths, as many on all sides."""
    side = round(0.6 * window)
    return max(1, side - (window - side) % 2)


def middle(patches: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """The square in the middle (n, m * m) of patches (n, window * window), see `middle_side`."""
    side = middle_side(window)
    first = (window - side) // 2
    inner = slice(first, first + side)
    return patches.reshape(-1, window, window)[:, inner, inner].reshape(len(patches), -1)


@compiled
def _describe(patches: Any, described: Any) -> None:
    count, height, width = patches.shape
    for n in range(count):
        patch = patches[n]
        mean = 0.0
        for row in range(height):
            for col in range(width):
                mean += patch[row, col]
        mean /= height * width
        contrast = 0.0
        for row in range(height):
            for col in range(width):
                contrast += (patch[row, col] - mean) ** 2
        uu = vv = uv = 0.0
        for row in range(height - 1):
            for col in range(width - 1):
                u = patch[row + 1, col + 1] - patch[row, col]
                v = patch[row + 1, col] - patch[row, col + 1]
                uu += u * u
                vv += v * v
                uv += u * v
        roughness = uu + vv
        described[n, 0] = mean
        described[n, 1] = contrast
        described[n, 2] = roughness
        described[n, 3] = 0.0
        if roughness > 0:
            described[n, 3] = np.sqrt((uu - vv) ** 2 + 4 * uv * uv) / roughness
