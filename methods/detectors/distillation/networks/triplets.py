"""What a teacher is trained to minimise where there is no pretrained network: triplets of crops."""

import torch
from torch import Tensor

from methods.detectors.distillation.cells import CELL, MARGIN
from methods.detectors.distillation.networks.cell_network import CellNetwork
from methods.training.loop import Objective

SIDE = CELL + 2 * MARGIN
"""Pixels that a cell and its surroundings take."""
SHIFT = 4
"""Pixels by which a crop and its positive lie apart at most, along each side."""
CROP = SIDE + SHIFT
BRIGHTNESS = 0.1
CONTRAST = 0.1
NOISE = 0.1
"""Most change of brightness, of contrast, and deviation of noise; in deviations of the images."""
MARGIN_OF_TRIPLETS = 1.0


def triplet_objective(teacher: CellNetwork) -> Objective:
    """The loss of crops (n, channels, 76, 76), at least two, each a random place of an image.

    The positive of a crop is itself shifted by a few pixels, with other brightness and contrast and
    with noise; its negative is the next crop of the batch. See `triplet_loss` and `correlation`.
    """

    def objective(batch: Tensor, generator: torch.Generator) -> Tensor:
        shifts = torch.randint(SHIFT + 1, (2, 2), generator=generator).tolist()
        first, second = (batch[..., down : down + SIDE, across : across + SIDE]
                         for down, across in shifts)  # fmt: skip
        crops = torch.cat([first, _changed(second, teacher.deviation, generator)])
        anchors, positives = teacher(crops).flatten(2).transpose(0, 1).chunk(2, dim=1)
        negatives = anchors.roll(1, dims=1)
        losses = triplet_loss(anchors, positives, negatives)
        return losses.mean() + torch.stack([correlation(each) for each in anchors]).mean()

    return objective


def triplet_loss(anchors: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
    """The loss (..., n) of descriptors (..., n, d) (Bergmann et al. 2020).

        d+ = || a - p ||^2,   d- = min(|| a - q ||^2, || p - q ||^2),   max(0, 1 + d+ - d-)

    Mean squares stand for the norms, so that the margin does not depend on d.
    """  # fmt: skip
    near = (anchors - positives).square().mean(dim=-1)
    far = torch.minimum(
        (anchors - negatives).square().mean(dim=-1), (positives - negatives).square().mean(dim=-1)
    )
    return (MARGIN_OF_TRIPLETS + near - far).clamp_min(0)


def correlation(descriptors: Tensor) -> Tensor:
    """The mean squared correlation of two components of descriptors (n, d), at least two.

    It keeps components from repeating each other, as the sum of correlations in Bergmann et al.
    2020 does.
    """
    centred = descriptors - descriptors.mean(dim=0)
    unit = centred / centred.norm(dim=0).clamp_min(1e-6)
    matrix = unit.T @ unit
    others = ~torch.eye(len(matrix), dtype=torch.bool, device=matrix.device)
    return matrix[others].square().mean()


def _changed(crops: Tensor, deviation: Tensor, generator: torch.Generator) -> Tensor:
    """Crops with another brightness and contrast each, and with noise."""
    gain, offset = (torch.rand((2, len(crops), 1, 1, 1), generator=generator) * 2 - 1).to(
        crops.device
    )
    noise = torch.randn(crops.shape, generator=generator).to(crops.device)
    added = BRIGHTNESS * offset + NOISE * noise
    return crops * (1 + CONTRAST * gain) + deviation * added
