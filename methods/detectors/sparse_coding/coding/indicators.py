"""The few numbers from which it is judged whether a patch is normal."""

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.group_solver import GroupCodes
from methods.detectors.sparse_coding.coding.residuals import largest_block_error
from methods.detectors.sparse_coding.coding.solver import Codes
from methods.detectors.sparse_coding.coding.texture import describe

FLOOR = 1e-4
"""Squared norms below this share of a normal patch's are noise of 8-bit pixels; so are their roots.
"""

CODING = ("Squared error", "l1 norm")
GROUP = "Group norm"
PEAK = "Largest error"
TEXTURE = ("Brightness", "Contrast", "Roughness", "Coherence")

Indicators = NDArray[np.float64]


def of_codes(codes: Codes) -> Indicators:
    """Logarithms (n, 2) of the squared error and of the l1 norm."""
    return np.log(np.stack([codes.squared_error + FLOOR, codes.l1_norm + FLOOR**0.5], axis=1))


def of_group_norm(codes: GroupCodes) -> Indicators:
    """Logarithm (n, 1) of the sum of the groups' l2 norms."""
    return np.log(codes.group_norm[:, None] + FLOOR**0.5)


def of_residuals(
    patches: NDArray[np.float32], dictionary: NDArray[np.float32], codes: Codes
) -> Indicators:
    """Logarithm (n, 1) of the largest squared error of 3 x 3 pixels of patches as coded (n, d)."""
    largest = largest_block_error(patches, dictionary, codes)
    return np.log(largest[:, None].astype(np.float64) + FLOOR / 10)


def of_texture(patches: NDArray[np.float32], typical_norm: float) -> Indicators:
    """What `texture.describe` tells (n, 4) of patches (n, d), with squared norms as logarithms."""
    described = describe(patches, round(patches.shape[1] ** 0.5)).astype(np.float64)
    described[:, 1:3] = np.log(described[:, 1:3] / typical_norm**2 + FLOOR)
    return described
