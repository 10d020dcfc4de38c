"""Layers whose weights come from a generator that is given, not from the process's own."""

import math
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

L = TypeVar("L", nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def draw_layer(kind: type[L], *sizes: int, generator: torch.Generator, **options: Any) -> L:
    """A layer of torch with weights drawn as torch does, from the generator.

    Weights and biases are uniform within 1 / sqrt(n), with the n numbers that torch counts as
    entering a unit. torch itself draws them from a state that all threads share, so that networks
    made at the same time would not be the same each time.
    """
    made: L = skip_init(kind, *sizes, **options)  # type: ignore[no-untyped-call]
    bound = 1 / math.sqrt(made.weight[0].numel())
    for values in made.parameters():
        nn.init.uniform_(values, -bound, bound, generator=generator)
    return made


def drop_half(values: Tensor, generator: torch.Generator) -> Tensor:
    """Dropout: half of the values, drawn from the generator, are zero and the others doubled."""
    kept = torch.rand(values.shape, generator=generator) < 0.5
    return 2 * values * kept.to(values.device)
