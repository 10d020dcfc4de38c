"""What a student is trained to minimise."""

import torch
from torch import Tensor

from methods.detectors.distillation.cells import CELL, MARGIN
from methods.detectors.distillation.networks.cell_network import CellNetwork
from methods.training.loop import Objective

AROUND = MARGIN // CELL


def regression_objective(student: CellNetwork, channels: int, hard: float) -> Objective:
    """The mean squared difference of a student to packed crops (see `pack`).

    With mu(r, c) the student's output of a receptive field and y(r, c) the standardised features,

        L = 1 / (w h d) sum_(r,c) || mu(r, c) - y(r, c) ||^2,

    the mean over the receptive fields (Bergmann et al. 2020, divided by the d features).
    With `hard` below 1 only that share of the squared differences, the largest, enters the mean
    (Batzner et al. 2024).
    """

    def objective(batch: Tensor, generator: torch.Generator) -> Tensor:
        images, features = unpack(batch, channels)
        return mean_of_hardest((student(images) - features[:, None]).square(), hard)

    return objective


def unpack(batch: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Images (n, channels, H, W) and features (n, d, rows, columns) of packed crops."""
    planes = channels * CELL**2
    images = torch.nn.functional.pixel_shuffle(batch[:, :planes], CELL)
    return images, batch[:, planes:, AROUND:-AROUND, AROUND:-AROUND]


def mean_of_hardest(differences: Tensor, share: float) -> Tensor:
    """The mean of the largest of all differences, at least one of them."""
    if share == 1:
        return differences.mean()
    flat = differences.flatten()
    return flat.topk(max(1, round(share * len(flat))), sorted=False).values.mean()
