"""The training loop: seeded, stopping early, keeping the best weights, and easy to cancel."""

import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from methods.autoencoder.crops import Crops
from methods.autoencoder.training import (
    PATIENCE,
    Objective,
    Schedule,
    deterministic,
    one_thread,
    train,
)
from methods.progress import Cancelled
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


def test_one_core_holds_for_the_calling_thread_alone() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    inside, elsewhere = [], []

    def look() -> None:
        elsewhere.append(torch.get_num_threads())

    def fail() -> None:
        with deterministic():
            inside.append(torch.get_num_threads())
            other = threading.Thread(target=look)
            other.start()
            other.join()
            raise Cancelled

    with pytest.raises(Cancelled):
        fail()
    assert (inside, elsewhere) == ([1], [2])
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_products_do_not_depend_on_the_number_of_threads_of_the_process() -> None:
    generator = torch.Generator().manual_seed(0)
    # Long sums, which are put together from as many parts as there are threads.
    pairs = [
        (
            torch.randn(rows, 16_000, generator=generator),
            torch.randn(16_000, 18, generator=generator),
        )
        for rows in (6, 10, 18)
    ]
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with one_thread():
            found.append([first @ second for first, second in pairs])
    torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_the_choice_for_gpus_is_taken_back_by_the_last_one_inside() -> None:
    before = torch.backends.cudnn.deterministic
    first, second = deterministic(), deterministic()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.backends.cudnn.deterministic
    second.__exit__(None, None, None)
    assert torch.backends.cudnn.deterministic == before
