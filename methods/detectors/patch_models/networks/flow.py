"""A normalising flow: an invertible network that maps patches to a standard normal density."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from methods.progress import Progress
from methods.training.devices import deterministic
from methods.training.layers import draw_layer

CLAMP = 1.5
"""Largest absolute logarithm of a scale in one layer."""
CHECKS = 20
"""How often in a training the held-out patches are looked at."""
PATIENCE = 6
"""Checks without improvement after which training stops."""
BLOCK = 8192
"""Patches whose hidden units are held at once when they are only scored."""


class Coupling(nn.Module):
    """One affine coupling layer (Dinh, Sohl-Dickstein and Bengio, Real NVP, ICLR 2017).

    A fixed permutation splits z into halves a and b; with a condition c (n, k),

        b' = b * exp s(a, c) + t(a, c),    log |det| = sum s(a, c),

    where one hidden layer gives s, softly clamped to +-`CLAMP`, and t. It starts as the identity,
    up to the order of the numbers.
    """

    order: Tensor
    back: Tensor

    def __init__(
        self, dimensions: int, condition: int, hidden: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        order = torch.randperm(dimensions, generator=generator)
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(order))
        self.kept = dimensions // 2
        self.changed = dimensions - self.kept
        self.inner = draw_layer(nn.Linear, self.kept + condition, hidden, generator=generator)
        self.outer = draw_layer(nn.Linear, hidden, 2 * self.changed, generator=generator)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """The images (n, d) of points (n, d), and the logarithm (n,) of the determinant."""
        kept, changed = torch.split(z[:, self.order], [self.kept, self.changed], dim=1)
        scale, shift = self._scale_and_shift(kept, condition)
        return torch.cat([kept, changed * scale.exp() + shift], dim=1), scale.sum(dim=1)

    def inverse(self, u: Tensor, condition: Tensor) -> Tensor:
        """The points (n, d) whose images are `u`."""
        kept, changed = torch.split(u, [self.kept, self.changed], dim=1)
        scale, shift = self._scale_and_shift(kept, condition)
        return torch.cat([kept, (changed - shift) * torch.exp(-scale)], dim=1)[:, self.back]

    def _scale_and_shift(self, kept: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.relu(self.inner(torch.cat([kept, condition], dim=1)))
        scale, shift = self.outer(hidden).split(self.changed, dim=1)
        return CLAMP * torch.tanh(scale / CLAMP), shift


class Flow(nn.Module):
    """Coupling layers one after the other: u = f(z | c), with log |det df/dz|.

    The density is that of a standard normal u,

        log p(z | c) = -||u||^2 / 2 - d/2 log(2 pi) + log |det df/dz|.
    """

    def __init__(
        self,
        dimensions: int,
        condition: int,
        layers: int,
        hidden: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Coupling(dimensions, condition, hidden, generator) for _ in range(layers)
        )
        self.dimensions = dimensions

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """u (n, d) and log |det| (n,) for points (n, d) and their conditions (n, k)."""
        total = z.new_zeros(len(z))
        for layer in self.layers:
            z, found = layer(z, condition)
            total = total + found
        return z, total

    def inverse(self, u: Tensor, condition: Tensor) -> Tensor:
        """The points (n, d) that the flow maps to `u`."""
        for layer in reversed(self.layers):
            assert isinstance(layer, Coupling)
            u = layer.inverse(u, condition)
        return u

    def log_density(self, z: Tensor, condition: Tensor) -> Tensor:
        """log p(z | c), shape (n,)."""
        u, determinant = self(z, condition)
        constant = self.dimensions / 2 * math.log(2 * math.pi)
        return determinant - u.square().sum(dim=1) / 2 - constant

    @torch.no_grad()
    def log_densities(self, z: Tensor, condition: Tensor) -> Tensor:
        """`log_density` in blocks, of any number of points."""
        pairs = zip(torch.split(z, BLOCK), torch.split(condition, BLOCK), strict=True)
        return torch.cat([self.log_density(*pair) for pair in pairs])


@dataclass(frozen=True)
class Points:
    """Points (n, d) and their conditions (n, k)."""

    values: Tensor
    condition: Tensor


@dataclass(frozen=True)
class FlowSchedule:
    """How long and how fast to train."""

    steps: int
    batch: int
    learning_rate: float


def train_flow(
    flow: Flow,
    training: Points,
    held_out: Points,
    schedule: FlowSchedule,
    generator: torch.Generator,
    progress: Progress,
) -> Sequence[float]:
    """Maximise the likelihood of points with Adam; returns the held-out losses of all checks.

    The loss is -log p / d, the mean over points. Learning rate, checks, early end and notes are
    those of `methods.training.loop.train`, which draws crops of images where this draws points.
    The first check is before the first step, so the flow kept is never worse on held-out points
    than the one given. Runs on one core.
    """
    with deterministic():
        optimiser = torch.optim.Adam(flow.parameters(), schedule.learning_rate)
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.steps)
        losses = [_held_out_loss(flow, held_out)]
        best = copy.deepcopy(flow.state_dict())
        for step in range(1, schedule.steps + 1):
            chosen = torch.randint(len(training.values), (schedule.batch,), generator=generator)
            chosen = chosen.to(training.values.device)
            log_p = flow.log_density(training.values[chosen], training.condition[chosen])
            loss = -log_p.mean() / flow.dimensions
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
            optimiser.step()
            decay.step()
            if step % max(1, schedule.steps // CHECKS) == 0 or step == schedule.steps:
                losses.append(_held_out_loss(flow, held_out))
                if losses[-1] < min(losses[:-1]):
                    best = copy.deepcopy(flow.state_dict())
                if len(losses) - 1 - losses.index(min(losses)) == PATIENCE:
                    break
            note = f"step {step} of {schedule.steps}, loss {loss.item():.3g}"
            progress(step / schedule.steps, f"{note}, {losses[-1]:.3g} on held-out patches")
        flow.load_state_dict(best)
        flow.eval()
    return losses


def _held_out_loss(flow: Flow, held_out: Points) -> float:
    return -float(flow.log_densities(held_out.values, held_out.condition).mean()) / flow.dimensions
