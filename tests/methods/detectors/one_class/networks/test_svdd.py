"""The formulas of deep SVDD on numbers worked out by hand."""

import pytest
import torch
from torch import Tensor, nn

from methods.detectors.one_class.networks.patch_network import PatchNetwork
from methods.detectors.one_class.networks.svdd import (
    FEWEST,
    FLATTEST,
    UPDATE,
    OneClassLoss,
    Pretraining,
    SoftBoundaryLoss,
    SvddNetwork,
    away_from_zero,
    collapse,
    radius_of,
    squared_weights,
)

ANY = torch.Generator()


class Given(nn.Module):
    """A psi that gives its input, two numbers a patch; it has one weight, 3."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[3.0]]))

    def forward(self, images: Tensor) -> Tensor:
        return images


def given(centre: list[float]) -> SvddNetwork:
    network = SvddNetwork(Given(), 2)  # type: ignore[arg-type]
    network.centre.copy_(torch.tensor(centre).view(1, 2, 1, 1))
    return network


def points(*rows: list[float]) -> Tensor:
    return torch.tensor(rows)[:, :, None, None]


def test_a_score_is_the_squared_distance_to_the_centre() -> None:
    distances = given([1.0, 2.0])(points([1.0, 2.0], [4.0, 6.0]))
    assert distances.flatten().tolist() == [0.0, 25.0]


def test_the_loss_of_one_class_is_the_mean_distance_and_the_decay() -> None:
    """Distances 0 and 25, and a weight of 3: 12.5 + 0.1 * 9."""
    loss = OneClassLoss(given([1.0, 2.0]), 0.1)
    found = loss(points([1.0, 2.0], [4.0, 6.0]), ANY).detach()
    assert float(found) == pytest.approx(13.4)


def test_the_soft_boundary_counts_what_is_outside() -> None:
    """Squared distances 0, 4, 25 and 9, R^2 = 4, nu = 0.5: 4 + (21 + 5) / 4 / 0.5."""
    network = given([0.0, 0.0]).eval()
    network.squared_radius.fill_(4.0)
    batch = points([0.0, 0.0], [0.0, 2.0], [3.0, 4.0], [3.0, 0.0])
    found = SoftBoundaryLoss(network, 0.0, 0.5)(batch, ANY).detach()
    assert float(found) == pytest.approx(4 + 13)


def test_the_radius_is_a_quantile_at_set_times() -> None:
    network = given([0.0, 0.0]).train()
    loss = SoftBoundaryLoss(network, 0.0, 0.25)
    batch = points([0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0])
    for _ in range(UPDATE - 1):
        loss(batch, ANY)
        assert float(network.squared_radius) == 0
    loss(batch, ANY)
    # A quarter of 0, 1, 4, 9 and 16 lies above 9, which linear interpolation puts at 9.
    assert float(network.squared_radius) == pytest.approx(9, abs=0.1)
    network.eval()
    loss(10 * batch, ANY)
    assert float(network.squared_radius) == pytest.approx(9, abs=0.1)


def test_the_quantile_is_where_the_term_in_the_radius_is_least() -> None:
    distances = torch.rand(200, generator=torch.Generator().manual_seed(0))
    for nu in (0.05, 0.3, 0.7):
        candidates = torch.linspace(0, 1, 1001)
        terms = candidates + (distances[:, None] - candidates).relu().mean(dim=0) / nu
        assert float(radius_of(distances, nu)) == pytest.approx(
            float(candidates[terms.argmin()]), abs=0.02
        )


def test_the_centre_is_kept_away_from_zero() -> None:
    centre = torch.tensor([0.05, -0.05, 0.0, 0.3, -2.0])
    assert away_from_zero(centre).tolist() == pytest.approx([0.1, -0.1, 0.1, 0.3, -2.0])


def test_the_centre_is_the_mean_of_a_first_pass() -> None:
    network = given([9.0, 9.0])
    network.set_centre(points([1.0, 2.0], [3.0, -6.0]))
    assert network.centre.flatten().tolist() == [2.0, -2.0]


def test_the_decay_counts_weights_and_no_bias() -> None:
    layer = nn.Linear(2, 1)
    layer.weight.data.copy_(torch.tensor([[1.0, 2.0]]))
    layer.bias.data.fill_(3.0)
    assert float(squared_weights(layer).detach()) == 5


def test_collapse_is_told_by_variance_and_distinct_scores() -> None:
    """Around (1, 0): variances 1 and 4 over two axes of a centre of length 2; scores 2 and 10."""
    network = given([2.0, 0.0])
    described = torch.tensor([[1.0, -1.0], [3.0, 3.0], [1.0, -1.0], [3.0, 3.0]])
    assert collapse(described, network) == (pytest.approx(5 / 4), 2)
    assert collapse(torch.ones(50, 2), network) == (0.0, 1)


def trained(bias: bool) -> tuple[float, int]:
    """How far from a collapse a network is after training with a heavy decay."""
    generator = torch.Generator().manual_seed(0)
    psi = PatchNetwork(1, 8, 4, 4, bias, generator=generator)
    network = SvddNetwork(psi, 4)
    patches = torch.rand(500, 1, 8, 8, generator=generator)
    psi.standardise(patches)
    network.set_centre(patches)
    loss = OneClassLoss(network, decay=1.0)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 400)
    network.train()
    for _ in range(400):
        optimiser.zero_grad()
        chosen = torch.randint(len(patches), (32,), generator=generator)
        loss(patches[chosen], generator).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        falling.step()
    network.eval()
    with torch.no_grad():
        return collapse(psi(patches).flatten(1), network)


def test_with_a_bias_the_network_collapses_and_without_it_does_not() -> None:
    """A bias alone reaches the centre, and the decay then takes the weights to zero."""
    variance, distinct = trained(bias=True)
    assert variance < FLATTEST
    assert distinct < FEWEST
    variance, distinct = trained(bias=False)
    assert variance > 1e-3
    assert distinct > 450


def test_weights_of_zero_are_a_solution_only_with_a_bias() -> None:
    """With the bias at the centre the loss is zero; without one it stays ||c||^2."""
    for bias in (True, False):
        psi = PatchNetwork(1, 8, 4, 2, bias, generator=torch.Generator().manual_seed(0))
        network = SvddNetwork(psi, 2).eval()
        network.centre.copy_(torch.tensor([3.0, 4.0]).view(1, 2, 1, 1))
        for weight in psi.parameters():
            nn.init.zeros_(weight)
        if bias:
            psi.convolutions[-1].bias.data.copy_(network.centre.flatten())
        distances = network(torch.rand(6, 1, 8, 8)).flatten()
        assert distances.tolist() == [0.0 if bias else 25.0] * 6


def test_pretraining_learns_to_restore() -> None:
    generator = torch.Generator().manual_seed(0)
    psi = PatchNetwork(3, 16, 4, 8, generator=generator)
    autoencoder = Pretraining(psi, 3, 4, 8, generator=generator)
    patches = torch.rand(8, 3, 1, 1, generator=generator).expand(8, 3, 16, 16).clone()
    psi.standardise(patches)
    assert autoencoder(patches).shape == (8, 3, 16, 16)
    before = float(autoencoder.loss(patches, generator).detach())
    optimiser = torch.optim.Adam(autoencoder.parameters(), 0.01)
    for _ in range(60):
        optimiser.zero_grad()
        autoencoder.loss(patches, generator).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert before == pytest.approx(1, abs=0.3)
    assert float(autoencoder.loss(patches, generator).detach()) < 0.6
