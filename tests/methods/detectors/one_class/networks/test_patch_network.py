"""The network of patches: what it sees, and that a whole image gives what each patch gives."""

import pytest
import torch

from methods.detectors.one_class.networks.patch_network import KERNELS, PatchNetwork, around_cells


def network(side: int, bias: bool = False) -> PatchNetwork:
    generator = torch.Generator().manual_seed(1)
    return PatchNetwork(1, side, 4, 5, bias, generator=generator).eval()


@pytest.mark.parametrize("side", sorted(KERNELS))
def test_an_image_gives_what_each_of_its_patches_gives_alone(side: int) -> None:
    psi = network(side)
    image = torch.rand(1, 1, side + 2 * psi.stride, side + psi.stride)
    with torch.no_grad():
        whole = psi(image)
        assert whole.shape == (1, 5, 3, 2)
        for row in range(3):
            for column in range(2):
                top, left = row * psi.stride, column * psi.stride
                alone = psi(image[:, :, top : top + side, left : left + side])
                torch.testing.assert_close(whole[:, :, row, column], alone[:, :, 0, 0])


@pytest.mark.parametrize("side", sorted(KERNELS))
def test_a_patch_lies_in_the_middle_of_its_cell(side: int) -> None:
    psi = network(side)
    tile = torch.rand(1, 1, 8 * psi.stride, 6 * psi.stride)
    with torch.no_grad():
        described = psi(around_cells(tile, side, psi.stride))
        assert described.shape == (1, 5, 8, 6)
        margin = (side - psi.stride) // 2
        padded = torch.nn.functional.pad(tile, (margin,) * 4)
        top, left = 3 * psi.stride, 2 * psi.stride
        patch = padded[:, :, top : top + side, left : left + side]
        torch.testing.assert_close(described[:, :, 3, 2], psi(patch)[:, :, 0, 0])


def test_only_a_network_with_biases_has_any() -> None:
    assert {name.rpartition(".")[2] for name, _ in network(16).named_parameters()} == {"weight"}
    assert "convolutions.0.bias" in dict(network(16, bias=True).named_parameters())


def test_without_biases_weights_of_zero_give_zero() -> None:
    psi = network(16)
    for weight in psi.parameters():
        torch.nn.init.zeros_(weight)
    assert not psi(torch.rand(3, 1, 16, 16)).any()
