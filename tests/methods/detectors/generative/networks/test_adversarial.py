"""Critic, gradient penalty, score and training, against numbers computed independently."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from methods.detectors.generative.gan import encoder_objective
from methods.detectors.generative.networks.adversarial import (
    AdversarialNetwork,
    Critic,
    gradient_penalty,
)
from methods.detectors.generative.networks.training import AdversarialSchedule, train_adversarially
from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.progress import no_progress
from methods.training.crops import Crops
from methods.training.loop import Schedule
from tests.progress import Heard


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(channels: int = 1, seed: int = 0) -> AdversarialNetwork:
    generator = seeded(seed)
    autoencoder = ConvolutionalAutoencoder(channels, 4, 2, 3, generator=generator)
    autoencoder.mean.fill_(0.5)
    autoencoder.deviation.fill_(0.2)
    return AdversarialNetwork(autoencoder, Critic(channels, 4, 2, generator=generator)).eval()


def linear(weights: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda images: (weights * images).flatten(1).sum(dim=1)


def test_the_penalty_of_a_linear_critic() -> None:
    """Its gradient is w everywhere: (|w| - 1)^2, here with |w| = 5 and with |w| = 1."""
    real, drawn = torch.rand((2, 6, 1, 4, 4), generator=seeded())
    weights = torch.zeros(1, 4, 4)
    weights[0, 0, 0], weights[0, 2, 3] = 3.0, 4.0
    assert gradient_penalty(linear(weights), real, drawn, seeded()).item() == pytest.approx(16)
    penalty = gradient_penalty(linear(weights / 5), real, drawn, seeded())
    assert penalty.item() == pytest.approx(0, abs=1e-6)


def test_the_penalty_is_taken_between_a_real_and_a_drawn_image() -> None:
    """The critic x^2 / 2 of one pixel has the gradient x, here from 2 to 4."""
    real, drawn = torch.full((500, 1, 1, 1), 2.0), torch.full((500, 1, 1, 1), 4.0)
    found = gradient_penalty(lambda x: 0.5 * x.square().flatten(1).sum(1), real, drawn, seeded())
    # E (x - 1)^2 for x uniform in [2, 4] is (27 - 1) / 6.
    assert found.item() == pytest.approx(26 / 6, rel=0.05)


def test_the_penalty_has_a_gradient_for_the_critic() -> None:
    weights = torch.full((1, 2, 2), 1.0, requires_grad=True)
    real, drawn = torch.rand((2, 3, 1, 2, 2), generator=seeded())
    gradient_penalty(linear(weights), real, drawn, seeded()).backward()
    # |w| = 2, and d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|.
    torch.testing.assert_close(weights.grad, torch.full((1, 2, 2), 1.0))


@torch.no_grad()
def test_a_critic_judges_each_image_for_itself_whatever_its_size() -> None:
    critic = Critic(3, 4, 3, generator=seeded()).train()
    images = torch.rand((5, 3, 32, 32), generator=seeded())
    scores = critic(images)
    assert scores.shape == (5,)
    torch.testing.assert_close(critic(images[2:3]), scores[2:3])
    assert critic.features(torch.zeros(1, 3, 40, 64)).shape == (1, 16, 5, 8)


@torch.no_grad()
def test_the_score_of_one_pixel_and_one_feature() -> None:
    """A critic whose one feature is twice the pixel at the middle of its cell; deviation 0.2."""
    net = network()
    (first, second) = net.critic.layers
    for layer in (first, second):
        layer.weight.zero_()
        layer.bias.zero_()
    first.weight[0, 0, 2, 2] = second.weight[0, 0, 2, 2] = 1.0
    first.weight *= 2
    image = torch.full((1, 1, 16, 16), 0.7)
    restored = torch.full((1, 1, 16, 16), 0.6)
    # Standardised 1 and 0.5: squared error 0.25; of 8 features one differs, 2 from 1.
    assert second.out_channels == 8
    found = net.izi_f(image, restored, weight=3.0)
    torch.testing.assert_close(found, torch.full_like(found, 0.25 + 3 * 1.0 / 8))
    torch.testing.assert_close(net.izi_f(image, image, 3.0), torch.zeros_like(found))


@torch.no_grad()
def test_the_loss_of_the_encoder_is_the_published_sum() -> None:
    net = network(channels=3)
    images = torch.rand((2, 3, 16, 16), generator=seeded())
    x, y = net.standardised(images), net.standardised(net(images))
    half = net.autoencoder.stride // 2
    f, g = (net.critic.features(each.roll((-half, -half), (2, 3))) for each in (x, y))
    error = np.square((x - y).numpy()).mean()
    feature_error = np.square((f - g).numpy()).mean()
    found = encoder_objective(net, 0.5)(images, seeded()).item()
    assert found == pytest.approx(error + 0.5 * feature_error, rel=1e-4)


def bright_or_dark(count: int = 64) -> Crops:
    """Crops that are one brightness throughout, from 0.3 to 0.7."""
    levels = np.linspace(0.3, 0.7, count, dtype=np.float32)
    pool = np.broadcast_to(levels[:, None, None, None], (count, 1, 16, 16)).copy()
    return Crops(pool, pool[:4])


def test_the_generator_learns_the_distribution_of_the_crops() -> None:
    net, heard = network(), Heard()
    schedule = AdversarialSchedule(Schedule(150, 16, 2e-3), 2, 10.0)
    train_adversarially(net, bright_or_dark(), schedule, 0, heard)
    assert heard.notes[0].startswith("step 1 of 150, Wasserstein distance ")
    assert heard.fractions[-1] == 1
    assert not net.training
    with torch.no_grad():
        drawn = net.autoencoder.decode(torch.randn((32, 3, 4, 4), generator=seeded()))
    assert drawn.mean().item() == pytest.approx(0.5, abs=0.06)
    assert drawn.std().item() == pytest.approx(0.12, abs=0.06)


def test_the_same_seed_gives_the_same_generator() -> None:
    schedule = AdversarialSchedule(Schedule(3, 4, 1e-3), 2, 10.0)
    first, again, other = (network() for _ in range(3))
    for net, seed in ((first, 1), (again, 1), (other, 2)):
        train_adversarially(net, bright_or_dark(), schedule, seed, no_progress)
    for key, values in first.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], values, rtol=0, atol=0)
    weights = [net.autoencoder.out.weight for net in (first, other)]
    assert not torch.equal(*weights)
    assert all(values.requires_grad for values in first.critic.parameters())
