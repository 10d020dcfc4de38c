"""The one training loop: seeded, cancellable, stopping early on held-out crops."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from methods.progress import Progress, Repeating
from methods.training.crops import Crops
from methods.training.curve import StepNote, TrainingStep
from methods.training.interruption import interruptible

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
    *,
    name: str = "",
    done: int = 0,
) -> None:
    """Minimise the objective over random batches of crops with Adam, and keep the best weights.

    The learning rate falls to zero along a cosine. At each of 20 checks the objective is taken on
    the held-out crops; the weights with the lowest value are kept, and six checks in a row
    without a lower one end the training. Each step reports its loss and that of the last check, as
    a `StepNote` with the `name` of the network. The same seed gives the same weights on the same
    machine.

    A network that was trained before, for `done` steps, is trained for `schedule.steps` more: with
    a new learning rate (a warm restart; Loshchilov and Hutter, SGDR, ICLR 2017), other batches, and
    its present weights as the best so far.
    """
    told = Repeating(progress)
    # Convolutions whose channels lie side by side in memory take a fifth less time to train.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with interruptible(told.again):
        _train(network, objective, crops, schedule, seed, told, name, done)
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    network.eval()


def warm_up() -> None:
    """Load what torch loads at the first step of a process, which takes about two seconds."""
    weight = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.Adam([weight], fused=True)
    weight.sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _train(
    network: nn.Module,
    objective: Objective,
    crops: Crops,
    schedule: Schedule,
    seed: int,
    progress: Progress,
    name: str,
    done: int,
) -> None:
    generator = torch.Generator().manual_seed(_seed_after(seed, done))
    where = next(network.parameters()).device
    pool = torch.from_numpy(crops.training)
    held_out = torch.from_numpy(crops.held_out).to(where)
    optimiser = torch.optim.Adam(network.parameters(), schedule.learning_rate, fused=True)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, schedule.steps))
    best, best_loss, worse = copy.deepcopy(network.state_dict()), float("inf"), 0
    if done and schedule.steps:
        best_loss = _held_out_loss(network, objective, held_out, schedule.batch, seed)
    last, checked = done + schedule.steps, ""
    for step in range(1, schedule.steps + 1):
        network.train()
        chosen = torch.randint(len(pool), (schedule.batch,), generator=generator)
        loss = objective(pool[chosen].to(where), generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        decay.step()
        found = None
        if step % max(1, schedule.steps // CHECKS) == 0 or step == schedule.steps:
            found = _held_out_loss(network, objective, held_out, schedule.batch, seed)
            checked = f", {found:.3g} on held-out crops"
            worse += 1
            if found < best_loss:
                best, best_loss, worse = copy.deepcopy(network.state_dict()), found, 0
        told = TrainingStep(done + step, last, loss.item(), found, name, done)
        text = f"step {done + step} of {last}, loss {told.loss:.3g}{checked}"
        progress(step / schedule.steps, StepNote(text, told))
        if worse == PATIENCE:
            break
    network.load_state_dict(best)


def _seed_after(seed: int, done: int) -> int:
    """The seed of the batches after so many steps: other ones than those before."""
    return int(np.random.SeedSequence([seed, done]).generate_state(1)[0]) if done else seed


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
