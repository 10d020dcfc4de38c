"""Models that are a sum of Gaussian kernels on normal patches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.features.patch_features import Patches
from methods.patches.sampled import SampleModel

BLOCK_BYTES = 16 * 2**20
"""Of the table of kernels that is held at once."""


class KernelModel(SampleModel):
    """How far a patch is from weighted normal ones, as Gaussian kernels on them see it.

    `_fit` gives `points_` (m, k), `weights_` (m,) that sum to one, and `width_`.
    """

    points_: Patches
    weights_: NDArray[np.float32]
    width_: float

    def _score(self, patches: Patches) -> NDArray[np.float32]:
        return kernel_distances(patches, self.points_, self.weights_, self.width_)

    def _state(self) -> dict[str, Array]:
        return {"points": self.points_, "weights": self.weights_, "width": np.array(self.width_)}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.points_ = arrays["points"]
        self.weights_ = arrays["weights"]
        self.width_ = float(arrays["width"])


def kernel_distances(
    patches: Patches, points: Patches, weights: NDArray[np.float32], width: float
) -> NDArray[np.float32]:
    """How far patches (n, k) are from weighted points (m, k), as a kernel of that width sees it.

    With the kernel K(u) = exp(-||u||^2 / (2 width^2)) and weights w that sum to one,

        distance(z) = width sqrt( -2 log sum_i w_i K(z - x_i) ),

    which is ||z - x|| for a single point and does not come to a stop where all kernels vanish.
    Cost: n m k multiplications and n m exponentials.
    """
    scale = np.float32(1 / (2 * width**2))
    half_squares = np.einsum("mk,mk->m", points, points) / 2
    heights = np.log(weights) - 2 * scale * half_squares
    found = np.empty(len(patches), dtype=np.float32)
    step = max(1, BLOCK_BYTES // (4 * len(points)))
    for start in range(0, len(patches), step):
        block = patches[start : start + step]
        logs = block @ points.T
        logs *= 2 * scale
        logs += heights
        highest = logs.max(axis=1)
        logs -= highest[:, None]
        np.exp(logs, out=logs)
        total = np.log(logs.sum(axis=1)) + highest - scale * np.einsum("nk,nk->n", block, block)
        found[start : start + step] = np.sqrt(-2 * total.clip(max=0))
    return found * np.float32(width)
