"""The second network and the residual of its feature mask."""

import math

import pytest
import torch

from methods.detectors.restoration.networks.denoiser import Denoiser, mask_residual


@torch.no_grad()
def test_the_mask_is_the_sum_of_the_last_filters_of_all_layers() -> None:
    denoiser = Denoiser(channels=1, layers=2, filters=1, generator=torch.Generator())
    for layer in denoiser.layers:
        layer.weight.zero_()
        layer.bias.zero_()
    # First layer: passes on relu(2 x) and adds 3 x; second: adds 5 times what was passed on.
    denoiser.layers[0].weight[0, 0, 1, 1] = 2
    denoiser.layers[0].weight[1, 0, 1, 1] = 3
    denoiser.layers[1].weight[1, 0, 1, 1] = 5
    image = torch.tensor([[[[1.0, -1.0]]]])
    # 3 * 1 + 5 * relu(2) = 13 and 3 * (-1) + 5 * relu(-2) = -3.
    assert denoiser(image).flatten().tolist() == [13.0, -3.0]


def test_the_mask_residual_is_the_log_ratio_of_what_is_left_to_what_is_held() -> None:
    error, mask = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.2)
    # (0.5 - 0.2)^2 = 0.09 is left and 0.2^2 = 0.04 is held; both have 0.0001 added.
    expected = math.log(0.0901 / 0.0401)
    assert mask_residual(error, mask)[0, 0, 8, 8].item() == pytest.approx(expected, abs=1e-4)
