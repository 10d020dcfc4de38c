"""The training of generator and critic against each other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from methods.detectors.generative.networks.adversarial import AdversarialNetwork, gradient_penalty
from methods.progress import Progress
from methods.training.crops import Crops
from methods.training.loop import Schedule

BETAS = (0.0, 0.9)
"""Decay rates of Adam, as Gulrajani et al. 2017 chose them."""


@dataclass(frozen=True)
class AdversarialSchedule:
    """How generator and critic are trained."""

    generator: Schedule
    critic_steps: int
    """Steps of the critic for each one of the generator."""
    penalty_weight: float


def train_adversarially(
    network: AdversarialNetwork,
    crops: Crops,
    schedule: AdversarialSchedule,
    seed: int,
    progress: Progress,
) -> None:
    """Train the critic to tell crops from samples, and the generator to leave no difference.

    With codes z from N(0, I), generator g and critic c, both with Adam,

        critic:     min  E c(g(z)) - E c(x) + weight E (|grad c| - 1)^2
        generator:  min  - E c(g(z))

    so that E c(x) - E c(g(z)) approximates the Wasserstein distance of crops and samples, which
    each step reports. There is no early stop: neither loss says how good the samples are. The same
    seed gives the same weights on the same machine.
    """
    rng = torch.Generator().manual_seed(seed)
    batch, steps = schedule.generator.batch, schedule.generator.steps
    generator, critic = network.generator, network.critic
    where = network.autoencoder.mean.device
    pool = torch.from_numpy(crops.training)
    cells = pool.shape[2] // network.autoencoder.stride
    codes = (batch, network.autoencoder.to_code.out_channels, cells, cells)
    optimise_generator, optimise_critic = (
        torch.optim.Adam(part.parameters(), schedule.generator.learning_rate, BETAS)
        for part in (generator, critic)
    )
    generator.train()

    def samples() -> Tensor:
        noise = torch.randn(codes, generator=rng).to(where)
        return network.standardised(network.autoencoder.decode(noise))

    for step in range(1, steps + 1):
        for _ in range(schedule.critic_steps):
            chosen = torch.randint(len(pool), (batch,), generator=rng)
            real = network.standardised(pool[chosen].to(where))
            with torch.no_grad():
                drawn = samples()
            distance = critic(real).mean() - critic(drawn).mean()
            penalty = gradient_penalty(critic, real, drawn, rng)
            optimise_critic.zero_grad()
            (schedule.penalty_weight * penalty - distance).backward()
            optimise_critic.step()
        critic.requires_grad_(False)
        optimise_generator.zero_grad()
        (-critic(samples()).mean()).backward()
        optimise_generator.step()
        critic.requires_grad_(True)
        note = f"step {step} of {steps}, Wasserstein distance {distance.item():.3g}"
        progress(step / steps, note)
    network.eval()
