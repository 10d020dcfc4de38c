"""Zones along the border of a map, and what is drawn from the maps of normal images."""

import numpy as np
import pytest

from methods.training.normal_cells import (
    ANYWHERE,
    NEAR,
    NormalCells,
    images_to_visit,
    zone_count,
    zones_of,
)


@pytest.mark.parametrize(("cell", "band"), [(1, 4), (2, 2), (4, 1), (8, 1)])
def test_zones_reach_16_pixels_inwards_in_bands_of_4_or_of_a_cell(cell: int, band: int) -> None:
    zones = zones_of((200 // cell, 168 // cell), cell)
    depth = 16 // cell
    assert (zones[depth:-depth, depth:-depth] == 0).all()
    middle = zones.shape[1] // 2
    along = zones[: depth + 1, middle]
    # Each band is a zone of its own, and the first cell inside belongs to none.
    assert len(set(along[:depth:band].tolist())) == depth // band
    assert (along[:depth] > 0).all()
    assert along[depth] == 0
    assert zones.max() < zone_count(cell)


def test_a_map_smaller_than_the_border_is_all_border() -> None:
    assert zones_of((1, 30), 1).shape == (1, 30)
    assert (zones_of((1, 30), 1) > 0).all()


def test_large_images_are_visited_until_there_are_enough_pixels() -> None:
    assert images_to_visit(60, 1024 * 1024) == 11
    assert images_to_visit(60, 5000 * 5000) == 4
    assert images_to_visit(3, 5000 * 5000) == 3
    assert images_to_visit(154, 256 * 256) == 154


def test_cells_are_drawn_everywhere_alike_and_more_along_the_border() -> None:
    drawn = NormalCells(np.random.default_rng(0), images=2)
    zones = zones_of((600, 800), 1)
    rows = np.repeat(np.arange(600, dtype=np.float32), 800)[:, None]
    for _ in range(2):
        drawn.add(rows, zones.ravel(), zones)
    assert len(drawn.anywhere) == pytest.approx(ANYWHERE, rel=0.05)
    assert drawn.anywhere.mean() == pytest.approx(299.5, abs=5)
    assert np.count_nonzero(drawn.zones) == pytest.approx(NEAR, rel=0.1)
    assert len(drawn.cells) == len(drawn.zones)
