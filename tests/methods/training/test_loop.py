"""The training loop: seeded, stopping early, keeping the best weights, and easy to cancel."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from methods.progress import Cancelled
from methods.training.crops import Crops
from methods.training.curve import StepNote
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


def steps_of(heard: Heard) -> list[StepNote]:
    return [note for note in heard.notes if isinstance(note, StepNote)]


def test_every_step_tells_its_numbers() -> None:
    network = Constant()
    heard = Heard()
    train(network, distance(network), crops(0.5, 0.0), Schedule(40, 4, 0.1), 0, heard, name="one")
    first, second, *_, last = (note.step for note in steps_of(heard))
    assert (first.step, first.steps, first.loss, first.held_out) == (1, 40, 0.25, None)
    assert (first.network, first.start, first.fold) == ("one", 0, None)
    assert second.loss == pytest.approx(0.16)
    assert second.held_out == pytest.approx(0.0395, abs=5e-5)
    assert last.step == len(steps_of(heard)) == 14  # six checks without a lower value


def test_a_training_that_goes_on_counts_its_steps_from_those_before() -> None:
    network = Constant()
    train(network, distance(network), crops(0.5, 0.5), Schedule(20, 4, 0.02), 0, Heard())
    before = network.value.item()
    heard = Heard()
    more = Schedule(5, 4, 0.01)
    train(network, distance(network), crops(0.5, 0.5), more, 0, heard, done=20)
    assert heard.notes[0].startswith("step 21 of 25, loss ")
    assert heard.fractions == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [note.step.start for note in steps_of(heard)] == [20] * 5
    assert steps_of(heard)[0].step.loss == pytest.approx((0.5 - before) ** 2, rel=1e-4)


def test_a_training_that_goes_on_keeps_the_weights_it_had_when_it_finds_none_better() -> None:
    network = Constant()
    with torch.no_grad():
        network.value.fill_(0.5)
    train(network, distance(network), crops(1.0, 0.5), Schedule(5, 4, 0.05), 0, Heard(), done=10)
    assert network.value.item() == 0.5
    # Without a training before, the first check is the best so far whatever it finds.
    train(network, distance(network), crops(1.0, 0.5), Schedule(5, 4, 0.05), 0, Heard())
    assert network.value.item() == pytest.approx(0.55, abs=1e-3)


def test_a_training_that_goes_on_takes_other_batches() -> None:
    pool = np.arange(64, dtype=np.float32).reshape(64, 1, 1, 1)
    seen: list[list[float]] = []

    def batches(done: int) -> list[list[float]]:
        network = Constant()
        seen.clear()

        def objective(batch: Tensor, generator: torch.Generator) -> Tensor:
            if network.training:
                seen.append(batch.flatten().tolist())
            return network.value.square()

        train(network, objective, Crops(pool, pool[:1]), Schedule(3, 8, 1.0), 5, Heard(), done=done)
        return list(seen)

    assert batches(3) != batches(0) == batches(0)
    assert batches(3) == batches(3) != batches(6)


def test_no_further_step_changes_nothing() -> None:
    network = Constant()
    heard = Heard()
    train(network, distance(network), crops(1.0, 0.0), Schedule(0, 4, 0.05), 0, heard, done=7)
    assert network.value.item() == 0
    assert heard.notes == []


def test_weights_lie_in_memory_row_by_row_after_training() -> None:
    network = nn.Conv2d(3, 4, 3, padding=1)

    def objective(batch: Tensor, generator: torch.Generator) -> Tensor:
        assert network.weight.is_contiguous(memory_format=torch.channels_last)
        return network(batch).square().mean()

    pool = np.random.default_rng(0).random((8, 3, 6, 6), dtype=np.float32)
    train(network, objective, Crops(pool, pool), Schedule(2, 4, 0.01), 0, Heard())
    assert network.weight.is_contiguous()
