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
class Contest:
    """How generator and critic are trained; a step is one of the generator."""

    schedule: Schedule
    critic_steps: int
    penalty_weight: float


def compete(
    network: AdversarialNetwork, crops: Crops, contest: Contest, seed: int, progress: Progress
) -> None:
    """Train the critic to tell crops from what is drawn, and the generator to leave no difference.

    With codes z from N(0, I), generator g and critic c, both with Adam,

        critic:     min  E c(g(z)) - E c(x) + weight E (|grad c| - 1)^2
        generator:  min  - E c(g(z))

    so that E c(x) - E c(g(z)) nears the Wasserstein distance of crops and samples, which each step
    reports. There is no early stop: neither loss says how good the samples are. The same seed gives
    the same weights on the same machine.
    """
    generator = torch.Generator().manual_seed(seed)
    schedule = contest.schedule
    drawing, critic = network.generator, network.critic
    where = network.autoencoder.mean.device
    pool = torch.from_numpy(crops.training)
    cells = pool.shape[2] // network.autoencoder.stride
    codes = (schedule.batch, network.autoencoder.to_code.out_channels, cells, cells)
    draws, judges = (
        torch.optim.Adam(part.parameters(), schedule.learning_rate, BETAS)
        for part in (drawing, critic)
    )
    drawing.train()

    def drawn() -> Tensor:
        noise = torch.randn(codes, generator=generator).to(where)
        return network.standardised(network.autoencoder.decode(noise))

    for step in range(1, schedule.steps + 1):
        for _ in range(contest.critic_steps):
            chosen = torch.randint(len(pool), (schedule.batch,), generator=generator)
            real = network.standardised(pool[chosen].to(where))
            with torch.no_grad():
                samples = drawn()
            distance = critic(real).mean() - critic(samples).mean()
            penalty = gradient_penalty(critic, real, samples, generator)
            judges.zero_grad()
            (contest.penalty_weight * penalty - distance).backward()
            judges.step()
        critic.requires_grad_(False)
        draws.zero_grad()
        (-critic(drawn()).mean()).backward()
        draws.step()
        critic.requires_grad_(True)
        note = f"step {step} of {schedule.steps}, Wasserstein distance {distance.item():.3g}"
        progress(step / schedule.steps, note)
    network.eval()
