"""How unusual a restoration is: statistics of image and residual against those of normal images.

A residual alone misleads where the texture changes. It grows with local contrast, so that a defect
smoother than the texture is restored *better* than normal and ranks below it. Here a residual is
judged beside the contrast that it comes with, and both sides of normal count.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from methods.detectors.restoration.networks.mixture import Mixture, fit_mixture
from methods.detectors.restoration.networks.residuals import window_mean
from methods.progress import Progress

if TYPE_CHECKING:
    from methods.detector import Array

COMPONENTS = 8
LOSS_WEIGHT = 1.5
"""Nats for each standard deviation of the loss. On ten sets, from 0.5 to 2 the mean image AUROC
rises from 0.77 to 0.81 and the mean pixel AUROC falls from 0.876 to 0.869."""
FLOOR = 1e-3
"""Least variance, in units of the images' variance."""
TAIL = 4.0
"""Nats for each dimension. Energies far above it count by their logarithm, as with the heavy tails
of Student's t: a mixture of normal images says little about what lies far from all of them."""
RIDGE = 1e-3
"""Added to each variance of a component, in units of the variance of all normal pixels."""
LIKEST = 1e-3
"""The share of normal pixels whose energy counts as zero."""


def residual_statistics(image: Tensor, restored: Tensor, deviation: Tensor) -> Tensor:
    """What a mixture knows of a pixel, (n, 6, H, W), of two batches (n, channels, H, W).

    In units of the images' `deviation`, with means m, variances v and the covariance c through the
    window of SSIM of image x and restoration y, each the mean over the channels:

        m(x), m(x - y), log(m((x - y)^2) - m(x - y)^2), log v(x), log v(y), artanh(c / sqrt(v v))

    Variances have 0.001 added, so that constant areas have a logarithm. They are computed of
    differences from the means of the whole images, which changes none and keeps their digits.
    """
    levels = [each.mean(dim=(2, 3), keepdim=True) / deviation for each in (image, restored)]
    x, y = image / deviation - levels[0], restored / deviation - levels[1]
    sums = torch.cat([x, y, x * x, y * y, x * y]).mean(dim=1, keepdim=True)
    means = window_mean(torch.cat([x, y]))
    squares = (means * means).mean(dim=1, keepdim=True).chunk(2)
    product = means.chunk(2)
    mean1, mean2, square1, square2, cross = window_mean(sums).chunk(5)
    power1 = (square1 - squares[0]).clamp_min(0) + FLOOR
    power2 = (square2 - squares[1]).clamp_min(0) + FLOOR
    covariance = cross - (product[0] * product[1]).mean(dim=1, keepdim=True)
    left = (power1 + power2 - 2 * FLOOR - 2 * covariance).clamp_min(0) + FLOOR
    likeness = ((covariance + FLOOR) / (power1 * power2).sqrt()).clamp(-0.995, 0.995)
    mean1, mean2 = (
        mean + level.mean(dim=1, keepdim=True)
        for mean, level in zip((mean1, mean2), levels, strict=True)
    )
    return torch.cat(
        [mean1, mean1 - mean2, left.log(), power1.log(), power2.log(), likeness.atanh()], dim=1
    )


class NormalResiduals:
    """A Gaussian mixture of what describes normal pixels, or cells of them.

    A pixel scores its energy, minus log likelihood, above that of the likeliest normal ones, and
    `LOSS_WEIGHT` for each standard deviation of its loss: a density knows no direction, and of two
    statistics that are equally rare the one that is restored worse is the likelier defect.
    """

    def __init__(self, components: int = COMPONENTS) -> None:
        self.components = components

    def fit(
        self, losses: Tensor, points: Tensor, generator: torch.Generator, progress: Progress
    ) -> None:
        """Learn from losses (n) and descriptions (n, d) of normal pixels."""
        self._centre = points.mean(dim=0)
        self._spread = points.std(dim=0, correction=0).clamp_min(1e-3)
        self._unit = losses.std(correction=0).clamp_min(1e-6)
        self._mixture = fit_mixture(
            self._standard(points), self.components, generator, progress, RIDGE
        )
        self._lowest = self._mixture.energy(self._standard(points)).quantile(LIKEST)

    def score(self, losses: Tensor, points: Tensor) -> Tensor:
        """The scores (n) of losses (n) and descriptions (n, d), from zero upwards."""
        energies = (self._mixture.energy(self._standard(points)) - self._lowest).clamp_min(0)
        tail = TAIL * points.shape[1]
        return tail * torch.log1p(energies / tail) + LOSS_WEIGHT * losses / self._unit

    def state(self) -> dict[str, "Array"]:
        """Everything learned, as arrays."""
        return {
            name: values.cpu().numpy()
            for name, values in {
                "weights": self._mixture.weights,
                "means": self._mixture.means,
                "covariances": self._mixture.covariances,
                "centre": self._centre,
                "spread": self._spread,
                "unit": self._unit[None],
                "lowest": self._lowest[None],
            }.items()
        }

    def restore(self, arrays: Mapping[str, "Array"], where: torch.device) -> None:
        """Restore what `state` returned."""
        held = {
            name: torch.from_numpy(np.array(values)).to(where) for name, values in arrays.items()
        }
        self._mixture = Mixture(held["weights"], held["means"], held["covariances"])
        self._centre, self._spread = held["centre"], held["spread"]
        self._unit, self._lowest = held["unit"][0], held["lowest"][0]

    def _standard(self, points: Tensor) -> Tensor:
        return (points - self._centre) / self._spread
