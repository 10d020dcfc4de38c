"""Losses between an image and its restoration, as a map over the pixels."""

from torch import Tensor


def squared_error(image: Tensor, restored: Tensor) -> Tensor:
    """Squared difference, mean over the channels: (n, 1, H, W)."""
    return (image - restored).square().mean(dim=1, keepdim=True)
