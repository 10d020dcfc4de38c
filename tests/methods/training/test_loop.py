"""The training loop: seeded, stopping early, keeping the best weights, and easy to cancel."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from methods.progress import Cancelled
from methods.training.crops import Crops
from methods.training.loop import PATIENCE, Objective, Schedule, train
from tests.progress import Heard, cancel_from


class Constant(nn.Module):
    """A network of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))


def crops(training: float, held_out: float) -> Crops:
    return Crops(
        np.full((8, 1, 4, 4), training, dtype=np.float32),
        np.full((2, 1, 4, 4), held_out, dtype=np.float32),
    )


def distance(network: Constant) -> Objective:
    def objective(batch: Tensor, generator: torch.Generator) -> Tensor:
        return (batch - network.value).square().mean()

    return objective


def test_the_weights_that_are_best_on_held_out_crops_are_kept() -> None:
    network = Constant()
    heard = Heard()
    # Training pulls the weight from 0 to 1; held-out crops like it best near 0.5.
    train(network, distance(network), crops(1.0, 0.5), Schedule(400, 4, 0.01), 0, heard)
    assert network.value.item() == pytest.approx(0.5, abs=0.15)
    # Adam moves it by 0.01 a step, so of 20 checks, 20 steps apart, the second or third is best.
    assert heard.fractions[-1] <= (3 + PATIENCE) / 20
    assert not network.training


def test_it_converges_where_training_and_held_out_crops_agree() -> None:
    network = Constant()
    heard = Heard()
    train(network, distance(network), crops(0.5, 0.5), Schedule(200, 4, 0.05), 0, heard)
    assert network.value.item() == pytest.approx(0.5, abs=0.01)
    assert heard.fractions == sorted(heard.fractions)


def test_cancelling_passes() -> None:
    network = Constant()
    stop = cancel_from(0.1)
    with pytest.raises(Cancelled):
        train(network, distance(network), crops(1.0, 1.0), Schedule(100, 4, 0.01), 0, stop)


def test_every_step_tells_its_loss_and_that_of_the_last_check() -> None:
    network = Constant()
    heard = Heard()
    train(network, distance(network), crops(0.5, 0.0), Schedule(40, 4, 0.1), 0, heard)
    # Adam's first step is the learning rate: the weight goes from 0 to 0.1. Of the second, with
    # gradients -1 and -0.8, moments are 0.17 / 0.19 and 0.001639 / 0.001999; the cosine
    # takes 0.15 % of the rate: the weight is 0.1987, its square 0.0395.
    assert heard.notes[0] == "step 1 of 40, loss 0.25"
    assert heard.notes[1] == "step 2 of 40, loss 0.16, 0.0395 on held-out crops"
