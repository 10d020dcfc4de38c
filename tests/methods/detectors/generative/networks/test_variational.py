"""The variational network, what it is trained to minimise, and restoration by its bound."""

import math

import pytest
import torch

from methods.detectors.generative.networks.map_restoration import energy, restore, total_variation
from methods.detectors.generative.networks.variational import VariationalNetwork
from methods.detectors.generative.variational_autoencoder import variational_objective


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(channels: int = 1, code: int = 3) -> VariationalNetwork:
    made = VariationalNetwork(channels, 4, 2, code, generator=seeded()).eval()
    made.mean.fill_(0.5)
    made.deviation.fill_(0.2)
    return made


def indifferent(net: VariationalNetwork) -> VariationalNetwork:
    """The network with posterior N(0, 1) and likelihood N(0, 1), whatever it sees."""
    with torch.no_grad():
        for last in (net.to_code, net.to_log_variance, net.out, net.out_log_variance):
            last.weight.zero_()
            assert last.bias is not None
            last.bias.zero_()
    return net


@torch.no_grad()
def test_an_indifferent_network_loses_the_entropy_of_a_pixel() -> None:
    """With mu = 0, sigma = 1 and no divergence: 1/2 (x^2 + log 2 pi) with x = (0.9 - 0.5) / 0.2.

    The bound on the variance lifts its logarithm from 0 to log(1 + e^-6).
    """
    net = indifferent(network())
    lifted = math.log1p(math.exp(-6))
    expected = 0.5 * (4 * math.exp(-lifted) + lifted + math.log(2 * math.pi))
    images = torch.full((2, 1, 16, 16), 0.9)
    found = variational_objective(net)(images, seeded())
    assert found.item() == pytest.approx(expected, rel=1e-5)


@torch.no_grad()
def test_the_divergence_is_shared_by_the_pixels_of_a_cell() -> None:
    """Codes of N(2, 1) cost 3 x 2 nats a cell of 16 pixels, and half of that with half weight."""
    net = indifferent(network())
    assert net.to_code.bias is not None
    images = torch.rand((2, 1, 16, 16), generator=seeded())
    without = variational_objective(net)(images, seeded())
    net.to_code.bias.fill_(2.0)
    for weight in (1.0, 0.5):
        loss = variational_objective(net, weight)(images, seeded())
        assert (loss - without).item() == pytest.approx(weight * 6 / 16, rel=1e-4)
    torch.testing.assert_close(net.divergence_map(images), torch.full(images.shape, 6 / 16))


def test_mean_and_variance_of_the_code_have_a_gradient() -> None:
    net = network()
    variational_objective(net)(torch.rand((2, 1, 16, 16), generator=seeded()), seeded()).backward()
    for layer in (net.to_code, net.to_log_variance, net.out, net.out_log_variance):
        assert layer.weight.grad is not None
        assert layer.weight.grad.abs().sum() > 0


def test_the_variation_of_a_small_image() -> None:
    # Across 20 and 10, down 30 and 20, each less the tenth that is rounded off.
    image = torch.tensor([[0.0, 20.0], [30.0, 40.0]]).expand(1, 1, 2, 2)
    assert total_variation(image).item() == pytest.approx(80 - 4 * 0.1, abs=2e-3)
    assert total_variation(torch.ones(1, 3, 5, 5)).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("weight", [0.0, 1.0])
@torch.no_grad()
def test_restoring_lowers_the_energy(weight: float) -> None:
    net = network(channels=3)
    images = torch.rand((1, 3, 32, 32), generator=seeded())
    image, noise = net.standardised(images), torch.zeros(1, 3, 8, 8)
    energies = []
    for steps in (0, 1, 5, 20):
        restored = restore(net, images, noise, steps=steps, rate=0.02, weight=weight)
        found = energy(net, net.standardised(restored), image, noise, weight)
        energies.append(found.item())
    assert energies == sorted(energies, reverse=True)
    assert energies[-1] < energies[0] - 1


@torch.no_grad()
def test_a_large_weight_of_the_variation_keeps_the_image() -> None:
    """Whatever differs between neighbours must pay; a shift of the whole image need not."""
    net = network()
    images = torch.rand((1, 1, 32, 32), generator=seeded())
    noise = torch.zeros(1, 3, 8, 8)
    free, held = (
        restore(net, images, noise, steps=20, rate=0.02, weight=weight) - images
        for weight in (0.0, 5.0)
    )
    assert held.std() < 0.3 * free.std()


def test_restoring_works_within_inference_mode_and_leaves_the_network_alone() -> None:
    net = network()
    with torch.inference_mode():
        images = torch.rand((1, 1, 32, 32), generator=seeded())
        restored = restore(net, images, torch.zeros(1, 3, 8, 8), steps=2, rate=0.1, weight=0.1)
    assert (restored - images).abs().max() > 1e-3
    assert all(values.grad is None for values in net.parameters())
