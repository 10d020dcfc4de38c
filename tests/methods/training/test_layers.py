"""Layers are drawn as torch draws them, from a generator of their own."""

import math

import pytest
import torch
from torch import nn

from methods.training.layers import draw_layer, drop_half


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [(nn.Conv2d, (6, 40, 5)), (nn.ConvTranspose2d, (40, 6, 5)), (nn.Linear, (150, 40))],
)
def test_weights_are_spread_as_torch_spreads_them(kind: type, sizes: tuple[int, ...]) -> None:
    ours = draw_layer(kind, *sizes, generator=torch.Generator().manual_seed(0))
    theirs = kind(*sizes)
    # All three have 150 numbers entering a unit, as torch counts them.
    for weights in (ours.weight, theirs.weight):
        assert weights.abs().max().item() == pytest.approx(1 / math.sqrt(150), rel=0.01)
        assert weights.std().item() == pytest.approx(1 / math.sqrt(3 * 150), rel=0.05)
    assert ours.bias.abs().max().item() <= 1 / math.sqrt(150)


def test_weights_come_from_the_generator_and_leave_the_callers_random_state() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        draw_layer(nn.Linear, 3, 3, generator=torch.Generator().manual_seed(seed)).weight
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_half_of_the_values_are_dropped_and_the_mean_stays() -> None:
    dropped = drop_half(torch.ones(10_000), torch.Generator().manual_seed(0))
    assert set(dropped.tolist()) == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1, abs=0.05)
