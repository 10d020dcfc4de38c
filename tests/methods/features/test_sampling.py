"""The map of a stage at the places where cells look, against the whole matrices."""

import numpy as np
import pytest

from methods.features.backbones.backbone import Stage
from methods.features.sampling import sampled, sampling
from methods.features.tiles import Piece, Tiling


def tiling(margin: int = 64) -> Tiling:
    return Tiling(cell=8, first=2.4, margin=margin, unit=16, context=256, window=None)


def whole(
    piece: Piece, stage: Stage, length: int, *, average: bool, margin: int = 64
) -> np.ndarray:
    """The matrix (cells, length) of linear interpolation, and of a mean of three before it."""
    looked = margin + np.array(piece.cells) * 8 + 2.4
    places = ((looked - piece.start - stage.centre) / stage.stride).clip(0, length - 1)
    weights = (1 - np.abs(places[:, None] - np.arange(length))).clip(0)
    if average:
        weights = weights @ (np.eye(length, k=-1) + np.eye(length) + np.eye(length, k=1))
    return weights / weights.sum(axis=1, keepdims=True)


def test_a_cell_between_two_places_takes_its_share_of_each() -> None:
    """Cell 1 looks at 8 + 2.4 = 10.4, with centre 3.4 at place (10.4 - 3.4) / 4 = 1.75."""
    found = sampling(tiling(0), Piece(range(1, 2), 0, 64), 3.4, 4, 16, average=False)
    row = np.zeros(16)
    row[found.places] = found.weights[0]
    assert row.tolist() == pytest.approx([0, 0.25, 0.75] + 13 * [0], abs=1e-6)


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("stride", [4, 16])
def test_only_zeros_are_left_out(stride: int, average: bool) -> None:
    """150 columns are taken in five steps; margins reach beyond both ends of the map."""
    stage = Stage(1, 3, stride, 3.1)
    rows, columns = Piece(range(5, 40), 0, 480), Piece(range(150), 16, 1328)
    shape = 480 // stride, 1312 // stride
    given = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    found = np.empty((3 * 35, 150), dtype=np.float32)
    sampled(given, stage, tiling(), rows, columns, average=average, out=found)
    down, across = (
        whole(piece, stage, length, average=average)
        for piece, length in zip((rows, columns), shape, strict=True)
    )
    np.testing.assert_allclose(found.reshape(3, 35, 150), down @ given @ across.T, atol=1e-6)
