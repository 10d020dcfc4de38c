"""The loss of triplets, on numbers worked out by hand."""

import pytest
import torch

from methods.detectors.distillation.networks.cell_network import CellNetwork
from methods.detectors.distillation.networks.triplets import (
    CROP,
    correlation,
    triplet_loss,
    triplet_objective,
)


def test_the_nearer_of_both_negatives_counts() -> None:
    """Means of squares: d+ = (1 + 0) / 2, d- = min((0 + 4) / 2, (1 + 4) / 2): 1 + 0.5 - 2 < 0.

    With a negative at (0, 1), d- = min(0.5, 1), so that the loss is 1 + 0.5 - 0.5.
    """
    anchor, positive = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0.0]])
    assert triplet_loss(anchor, positive, torch.tensor([[0.0, 2.0]])) == pytest.approx(0)
    assert triplet_loss(anchor, positive, torch.tensor([[0.0, 1.0]])) == pytest.approx(1)


def test_a_negative_near_the_positive_counts() -> None:
    """d+ = 2, the anchor is 4.5 away from the negative, the positive 0.5: 1 + 2 - 0.5."""
    anchor, positive = torch.tensor([[0.0, 0.0]]), torch.tensor([[2.0, 0.0]])
    assert triplet_loss(anchor, positive, torch.tensor([[3.0, 0.0]])) == pytest.approx(2.5)


def test_components_that_repeat_each_other_are_correlated() -> None:
    first = torch.tensor([1.0, -1.0, 1.0, -1.0])
    second = torch.tensor([1.0, 1.0, -1.0, -1.0])
    assert correlation(torch.stack([first, -3 * first], dim=1)) == pytest.approx(1)
    assert correlation(torch.stack([first, second], dim=1)) == pytest.approx(0)


def test_the_same_generator_draws_the_same_loss() -> None:
    teacher = CellNetwork(1, 4, (17, 33), 3, generator=torch.Generator().manual_seed(0))
    objective = triplet_objective(teacher)
    batch = torch.rand(4, 1, CROP, CROP)
    first, again, other = (
        objective(batch, torch.Generator().manual_seed(seed)).item() for seed in (1, 1, 2)
    )
    assert first == again != other
