"""Statistics of residuals, and how unlikely they are, against numbers worked by hand."""

import math

import numpy as np
import pytest
import torch

from methods.detectors.restoration.networks.normality import (
    LOSS_WEIGHT,
    NormalResiduals,
    residual_statistics,
)
from methods.progress import no_progress

ONE = torch.ones(1, 1, 1, 1)


def statistics_inside(image: torch.Tensor, restored: torch.Tensor, deviation: torch.Tensor) -> list:
    return residual_statistics(image, restored, deviation)[0, :, 16, 16].tolist()


def test_of_flat_images_only_the_means_speak() -> None:
    image, restored = torch.full((1, 1, 32, 32), 0.6), torch.full((1, 1, 32, 32), 0.5)
    # In deviations of 0.2: means 3 and 2.5; variances 0 and their logarithm log 0.001; the
    # likeness of two that never change is whole, and cut off at 0.995.
    low = math.log(1e-3)
    expected = [3.0, 0.5, low, low, low, math.atanh(0.995)]
    found = statistics_inside(image, restored, 0.2 * ONE)
    assert found == pytest.approx(expected, abs=2e-2)


def test_of_a_fine_chessboard_restored_at_half_its_contrast() -> None:
    rows, cols = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    board = (((rows + cols) % 2) * 2.0 - 1.0)[None, None]
    # Means of 0, variances 1 and 0.25, and what is left, 0.5 of the board, has 0.25.
    found = statistics_inside(board, 0.5 * board, ONE)
    quarter = math.log(0.251)
    assert found[:5] == pytest.approx([0, 0, quarter, math.log(1.001), quarter], abs=1e-2)


def test_of_colours_the_statistics_are_those_of_the_mean_of_the_channels() -> None:
    rng = torch.Generator().manual_seed(0)
    image, restored = torch.rand((2, 1, 1, 32, 32), generator=rng)
    grey = residual_statistics(image, restored, ONE)
    colour = residual_statistics(
        image.expand(-1, 3, -1, -1), restored.expand(-1, 3, -1, -1), ONE.expand(-1, 3, -1, -1)
    )
    torch.testing.assert_close(colour, grey, rtol=1e-4, atol=1e-4)


def learned() -> tuple[NormalResiduals, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn((20_000, 2), generator=generator) * torch.tensor([1.0, 5.0])
    losses = torch.rand(20_000, generator=generator)
    model = NormalResiduals(components=1)
    model.fit(losses, points, generator, no_progress)
    return model, losses, points


def test_of_one_gaussian_the_score_grows_with_the_squared_distance() -> None:
    model, _, _ = learned()
    points = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, -15.0]])
    centre, *away = model.score(torch.zeros(3), points).tolist()
    assert centre == pytest.approx(0, abs=0.05)
    # Three deviations away, on either side and in any unit: an energy of 9 / 2. In two dimensions
    # it counts as 8 log(1 + 4.5 / 8).
    assert away == pytest.approx([8 * math.log(1.5625)] * 2, rel=0.05)


def test_the_loss_counts_in_its_own_deviations() -> None:
    model, losses, _ = learned()
    points = torch.zeros((2, 2))
    without, with_loss = model.score(torch.tensor([0.0, 0.5]), points).tolist()
    assert with_loss - without == pytest.approx(LOSS_WEIGHT * 0.5 / float(losses.std()), rel=1e-4)


def test_what_was_learned_comes_back_from_arrays() -> None:
    model, losses, points = learned()
    again = NormalResiduals()
    again.restore(model.state(), torch.device("cpu"))
    before = model.score(losses, points).numpy()
    np.testing.assert_array_equal(again.score(losses, points).numpy(), before)
