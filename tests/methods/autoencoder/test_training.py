"""The training loop: seeded, stopping early, keeping the best weights, and easy to cancel."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from methods.autoencoder.crops import Crops
from methods.autoencoder.training import PATIENCE, Objective, Schedule, reproducible, train
from methods.progress import Cancelled, no_progress


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
    seen: list[float] = []
    # Training pulls the weight from 0 to 1; held-out crops like it best near 0.5.
    train(network, distance(network), crops(1.0, 0.5), Schedule(400, 4, 0.01), 0, seen.append)
    assert network.value.item() == pytest.approx(0.5, abs=0.15)
    # Adam moves it by 0.01 a step, so of 20 checks, 20 steps apart, the second or third is best.
    assert seen[-1] <= (3 + PATIENCE) / 20
    assert not network.training


def test_it_converges_where_training_and_held_out_crops_agree() -> None:
    network = Constant()
    seen: list[float] = []
    train(network, distance(network), crops(0.5, 0.5), Schedule(200, 4, 0.05), 0, seen.append)
    assert network.value.item() == pytest.approx(0.5, abs=0.01)
    assert seen == sorted(seen)


def test_the_seed_decides_initial_weights_and_the_callers_random_state_stays() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    weights = []
    for seed in (1, 1, 2):
        with reproducible(seed):
            weights.append(nn.Linear(3, 3).weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_cancelling_passes() -> None:
    network = Constant()

    def cancel(fraction: float) -> None:
        if fraction >= 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(network, distance(network), crops(1.0, 1.0), Schedule(100, 4, 0.01), 0, cancel)


def test_loss_and_seconds_left_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    network = Constant()
    with caplog.at_level("INFO", logger="methods.autoencoder.training"):
        train(network, distance(network), crops(0.5, 0.5), Schedule(20, 4, 0.01), 0, no_progress)
    assert caplog.messages[0].startswith("step 1 of 20: loss 0.25000, held out 0.24")
    assert caplog.messages[-1].endswith("about 0 s left")


def test_training_has_one_thread_and_the_caller_keeps_theirs() -> None:
    before = torch.get_num_threads()

    def fail() -> None:
        with reproducible(0):
            assert torch.get_num_threads() == 1
            raise Cancelled

    with pytest.raises(Cancelled):
        fail()
    assert torch.get_num_threads() == before
