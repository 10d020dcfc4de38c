"""What a student minimises, on numbers worked out by hand."""

import numpy as np
import pytest
import torch

from methods.detectors.distillation.cells import CELL, MARGIN, pack
from methods.detectors.distillation.networks.cell_network import CellNetwork
from methods.detectors.distillation.networks.regression import (
    mean_of_hardest,
    regression_objective,
)


def test_only_the_hardest_differences_enter_the_mean() -> None:
    """Half of 1, 9, 4 and 16 are 9 and 16; a share of almost nothing is the largest."""
    differences = torch.tensor([[1.0, 9.0], [4.0, 16.0]])
    assert mean_of_hardest(differences, 1.0) == pytest.approx(7.5)
    assert mean_of_hardest(differences, 0.5) == pytest.approx(12.5)
    assert mean_of_hardest(differences, 0.001) == pytest.approx(16)


def test_the_loss_of_a_student_that_says_nothing_is_the_mean_square_of_the_features() -> None:
    """Features 1 and 3 of the first cell, 0 and 2 of the second: (1 + 9 + 0 + 4) / 4."""
    student = CellNetwork(1, 4, (17, 33), 2, generator=torch.Generator())
    for head in student.out:
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
    pixels = np.random.default_rng(0).random((1, CELL + 2 * MARGIN, 2 * CELL + 2 * MARGIN))
    features = np.array([[[1, 3], [0, 2]]], dtype=np.float32)
    batch = torch.from_numpy(pack(pixels.astype(np.float32), features))[None]
    objective = regression_objective(student, channels=1, hard=1.0)
    assert objective(batch, torch.Generator()).item() == pytest.approx(3.5)
