"""Deep support vector data description: a network that draws normal patches to a centre."""

import math
from collections import deque

import torch
from torch import Tensor, nn

from methods.detectors.one_class.networks.patch_network import PatchNetwork
from methods.training.layers import draw_layer

LEAST_CENTRE = 0.1
"""Components of the centre nearer to zero are put here: zero weights would reach a centre at zero
(published code of Ruff et al.)."""
UPDATE = 20
"""Training batches between two updates of the radius, and whose distances count for it."""
FLATTEST = 1e-6
"""A lower variance of psi, in units of the squared length of the centre, is a collapse."""
FEWEST = 3
"""Fewer distinct scores of normal patches are a collapse."""


class SvddNetwork(nn.Module):
    """A network psi with a centre c and a squared radius R^2; gives ||psi(s) - c||^2.

    Patches (n, channels, side, side) have distances (n, 1, 1, 1), and larger images those of every
    patch on the grid of psi.
    """

    centre: Tensor
    squared_radius: Tensor

    def __init__(self, psi: PatchNetwork, code: int) -> None:
        super().__init__()
        self.psi = psi
        self.register_buffer("centre", torch.full((1, code, 1, 1), LEAST_CENTRE))
        self.register_buffer("squared_radius", torch.zeros(()))

    @torch.no_grad()
    def set_centre(self, patches: Tensor) -> None:
        """Put the centre into the mean of psi over patches, each component away from zero."""
        self.eval()
        self.centre.copy_(away_from_zero(self.psi(patches).mean(dim=0, keepdim=True)))

    def distances(self, described: Tensor) -> Tensor:
        """||psi - c||^2 (n, 1, rows, columns) of described patches (n, code, rows, columns)."""
        return (described - self.centre).square().sum(dim=1, keepdim=True)

    def forward(self, images: Tensor) -> Tensor:
        """||psi(s) - c||^2 of every patch."""
        return self.distances(self.psi(images))


def away_from_zero(centre: Tensor, least: float = LEAST_CENTRE) -> Tensor:
    """The centre with components nearer to zero than `least` put at `least`, with their sign."""
    moved = torch.where(centre < 0, -least, least)
    return torch.where(centre.abs() < least, moved, centre)


def squared_weights(network: nn.Module) -> Tensor:
    """||theta||^2, the sum of the squares of all weights; biases do not count."""
    weights = [each for each in network.parameters() if each.ndim > 1]
    return torch.stack([each.square().sum() for each in weights]).sum()


class OneClassLoss:
    """1/N sum ||psi(s) - c||^2 + decay ||theta||^2 (Ruff et al. 2018, equation 4)."""

    def __init__(self, network: SvddNetwork, decay: float) -> None:
        self.network = network
        self.decay = decay

    def __call__(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        distances = self.network(batch)
        return self._of(distances) + self.decay * squared_weights(self.network)

    def _of(self, distances: Tensor) -> Tensor:
        return distances.mean()


class SoftBoundaryLoss(OneClassLoss):
    """R^2 + 1/(nu N) sum max(0, ||psi(s) - c||^2 - R^2) + decay ||theta||^2 (equation 3).

    R^2 is no parameter of the training: every `UPDATE` batches it becomes the (1 - nu) quantile of
    the squared distances of those batches, which is where the term in R is least.
    """

    def __init__(self, network: SvddNetwork, decay: float, nu: float) -> None:
        super().__init__(network, decay)
        self.nu = nu
        self._recent: deque[Tensor] = deque(maxlen=UPDATE)

    def _of(self, distances: Tensor) -> Tensor:
        if self.network.training:
            self._recent.append(distances.detach().flatten())
            if len(self._recent) == UPDATE:
                self.network.squared_radius.copy_(radius_of(torch.cat([*self._recent]), self.nu))
                self._recent.clear()
        radius = self.network.squared_radius
        return radius + (distances - radius).relu().mean() / self.nu


def radius_of(squared_distances: Tensor, nu: float) -> Tensor:
    """The squared radius of a ball that leaves a share `nu` of squared distances (n) outside."""
    return squared_distances.quantile(1 - nu)


class Pretraining(nn.Module):
    """psi and a decoder that restores a patch from it, to be trained as an autoencoder.

    The decoder begins with 4 x 4 pixels and doubles them with transposed convolutions.
    """

    def __init__(
        self, psi: PatchNetwork, channels: int, width: int, code: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.psi = psi
        doublings = int(math.log2(psi.side // 4))
        widths = [width * min(2**level, 4) for level in range(doublings - 1, -1, -1)]
        self.layers = nn.ModuleList(
            [draw_layer(nn.ConvTranspose2d, code, widths[0], 4, bias=False, generator=generator)]
        )
        for before, after in zip(widths, [*widths[1:], channels], strict=True):
            self.layers.append(
                draw_layer(
                    nn.ConvTranspose2d, before, after, 4, 2, 1, bias=False, generator=generator
                )
            )

    def forward(self, patches: Tensor) -> Tensor:
        """Restored patches, standardised as psi sees them."""
        values = self.psi(patches)
        for layer in self.layers[:-1]:
            values = nn.functional.leaky_relu(layer(values), 0.1)
        restored: Tensor = self.layers[-1](values)
        return restored

    def loss(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        """Mean squared error of a batch, in units of the variance of training patches."""
        seen = (batch - self.psi.mean) / self.psi.deviation
        return (self(batch) - seen).square().mean()


def collapse(described: Tensor, network: SvddNetwork) -> tuple[float, int]:
    """How far from a collapse described normal patches (n, code) are.

    The variance of psi over them, in units of ||c||^2, and the number of distinct scores.
    """
    spread = described.var(dim=0, unbiased=False).sum() / network.centre.square().sum()
    scores = network.distances(described[:, :, None, None]).flatten()
    return float(spread), len(torch.unique(scores))
