"""The one training loop: seeded, cancellable, stopping early on held-out crops."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from methods.progress import Progress
from methods.training.crops import Crops

CHECKS = 20
"""How often in a training the held-out crops are looked at."""
PATIENCE = 6
"""Checks without improvement after which training stops."""

Objective = Callable[[Tensor, torch.Generator], Tensor]
"""Loss of a batch (n, channels, side, side); whatever is random comes from the generator."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    batch: int
    learning_rate: float


def train(
    network: nn.Module,
    objective: Objective,
    crops: Crops,
    schedule: Schedule,
    seed: int,
    progress: Progress,
) -> None:
    """Minimise the objective over random batches of crops with Adam, and keep the best weights.

    The learning rate falls to zero along a cosine. At each of 20 checks the objective is taken on
    the held-out crops; the weights with the lowest value are kept, and six checks in a row
    without a lower one end the training. Each step reports its loss and that of the last check.
    The same seed gives the same weights on the same machine.
    """
    generator = torch.Generator().manual_seed(seed)
    where = next(network.parameters()).device
    pool = torch.from_numpy(crops.training)
    held_out = torch.from_numpy(crops.held_out).to(where)
    optimiser = torch.optim.Adam(network.parameters(), schedule.learning_rate)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
    best, best_loss, worse = copy.deepcopy(network.state_dict()), float("inf"), 0
    checked = ""
    for step in range(1, schedule.steps + 1):
        network.train()
        chosen = torch.randint(len(pool), (schedule.batch,), generator=generator)
        loss = objective(pool[chosen].to(where), generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        decay.step()
        if step % max(1, schedule.steps // CHECKS) == 0 or step == schedule.steps:
            found = _held_out_loss(network, objective, held_out, schedule.batch, seed)
            checked = f", {found:.3g} on held-out crops"
            worse += 1
            if found < best_loss:
                best, best_loss, worse = copy.deepcopy(network.state_dict()), found, 0
            if worse == PATIENCE:
                break
        note = f"step {step} of {schedule.steps}, loss {loss.item():.3g}{checked}"
        progress(step / schedule.steps, note)
    network.load_state_dict(best)
    network.eval()


@torch.no_grad()
def _held_out_loss(
    network: nn.Module, objective: Objective, held_out: Tensor, batch: int, seed: int
) -> float:
    """Mean objective on the held-out crops, with the same random numbers each time."""
    network.eval()
    generator = torch.Generator().manual_seed(seed)
    parts = torch.split(held_out, batch)
    total = sum(float(objective(part, generator)) * len(part) for part in parts)
    return total / len(held_out)
