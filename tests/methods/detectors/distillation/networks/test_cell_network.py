"""What a cell network sees of an image."""

import numpy as np
import pytest
import torch

from methods.detectors.distillation.cells import CELL, MARGIN
from methods.detectors.distillation.networks.cell_network import MIDDLE, CellNetwork

FIELDS = (17, 33, 65)


def network(channels: int = 1, fields: tuple[int, ...] = FIELDS) -> CellNetwork:
    generator = torch.Generator().manual_seed(0)
    return CellNetwork(channels, 4, fields, 5, generator=generator).eval()


def test_there_is_an_output_for_each_cell_and_field() -> None:
    images = torch.zeros(2, 3, 3 * CELL + 2 * MARGIN, 4 * CELL + 2 * MARGIN)
    assert network(3)(images).shape == (2, 3, 5, 3, 4)
    assert network(3, (33,))(images).shape == (2, 1, 5, 3, 4)


@pytest.mark.parametrize("fields", [FIELDS, (17,), (33,), (17, 65)])
def test_a_field_is_as_wide_as_it_says_and_lies_around_the_middle_of_its_cell(
    fields: tuple[int, ...],
) -> None:
    """The pixels on which the output of the cell in row 1, column 2 depends, by its gradient."""
    images = torch.rand(1, 1, 3 * CELL + 2 * MARGIN, 4 * CELL + 2 * MARGIN, requires_grad=True)
    outputs = network(fields=fields)(images)
    for index, field in enumerate(fields):
        (gradient,) = torch.autograd.grad(
            outputs[0, index, :, 1, 2].square().sum(), images, retain_graph=True
        )
        rows, columns = np.nonzero(gradient[0, 0].numpy())
        for seen, cell in ((rows, 1), (columns, 2)):
            middle = MARGIN + cell * CELL + MIDDLE
            assert (seen.min(), seen.max()) == (middle - field // 2, middle + field // 2)


def test_cells_of_a_part_of_an_image_are_those_of_the_whole() -> None:
    images = torch.rand(1, 1, 6 * CELL + 2 * MARGIN, 5 * CELL + 2 * MARGIN)
    with torch.inference_mode():
        whole = network()(images)
        part = network()(images[:, :, 2 * CELL :, CELL:-CELL])
    torch.testing.assert_close(part, whole[..., 2:, 1:-1], rtol=1e-4, atol=1e-6)


def test_images_are_standardised_on_the_way_in() -> None:
    plain, scaled = network(), network()
    images = torch.rand(2, 1, CELL + 2 * MARGIN, CELL + 2 * MARGIN)
    plain.standardise(images)
    scaled.standardise(5 * images + 3)
    torch.testing.assert_close(scaled(5 * images + 3), plain(images), rtol=1e-4, atol=1e-5)
