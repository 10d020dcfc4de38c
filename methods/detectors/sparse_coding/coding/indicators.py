"""The few numbers from which it is judged whether a patch is normal."""

import numpy as np
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.group_solver import GroupCodes
from methods.detectors.sparse_coding.coding.residuals import largest_block_error
from methods.detectors.sparse_coding.coding.solver import Codes
from methods.detectors.sparse_coding.coding.texture import describe, middle

FLOOR = 1e-4
"""Squared norms below this share of a normal patch's are noise of 8-bit pixels; so are their roots.
"""

CODING = ("Squared error", "l1 norm")
GROUP = "Group norm"
PEAK = "Largest error"
TEXTURE = ("Brightness", "Contrast", "Roughness", "Coherence")
MIDDLE = tuple(f"{name} of the middle" for name in TEXTURE)

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
    """What `texture.describe` tells (n, 8) of patches (n, d), and of the square in their middle.

    Squared norms are logarithms. The whole patch knows the texture, its middle where it changes: a
    patch that a defect fills in part is an unusual mixture for one, and all defect for the other.
    """
    window = round(patches.shape[1] ** 0.5)
    inner = middle(patches, window)
    described = np.concatenate(
        [describe(patches, window), describe(inner, round(inner.shape[1] ** 0.5))], axis=1
    ).astype(np.float64)
    for squared in (slice(1, 3), slice(5, 7)):
        described[:, squared] = np.log(described[:, squared] / typical_norm**2 + FLOOR)
    return described
