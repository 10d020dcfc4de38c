"""Windows on an image: where they lie, and that no cell is out of place."""

import numpy as np
import pytest

from images.colour import Image
from methods.features import network
from methods.features.backbones.backbone import Backbone, Stage, Window
from methods.features.network import NetworkFeatures
from methods.features.tiles import Piece, Tiling


def tiling(window: Window, margin: int = 0) -> Tiling:
    return Tiling(cell=14, first=6.5, margin=margin, unit=14, context=224, window=window)


def test_cells_come_from_the_window_in_whose_middle_they_are_most() -> None:
    """74 cells on 1036 pixels, three windows of 518.

    They overlap by 518 / 4 = 130 pixels at least, so two do not do. The second begins at
    259 = 18.5 * 14, hence at 18 * 14 = 252. Middles are 258.5, 510.5 and 776.5, so that cells
    change windows at 384.5, where cell 27 looks, and at 643.5, between cells 45 and 46.
    """
    pieces = tiling(Window(518, 518, fixed=True)).rows(74, (1036, 518))
    assert pieces == [
        Piece(range(28), 0, 518),
        Piece(range(28, 46), 252, 770),
        Piece(range(46, 74), 518, 1036),
    ]
    assert tiling(Window(518, 518, fixed=True)).columns(37, (1036, 518)) == [
        Piece(range(37), 0, 518)
    ]


@pytest.mark.parametrize(
    ("fixed", "margin", "expected"),
    [(False, 0, (0, 12)), (True, 0, (0, 418)), (False, 64, (64, 64 + 10)), (True, 64, (64, 354))],
)
def test_small_images_are_mirrored_up_to_a_window_of_a_fixed_size(
    fixed: bool, margin: int, expected: tuple[int, int]
) -> None:
    """100 pixels: to 112 = 8 * 14, or 518; with margins 228, to 238 = 17 * 14."""
    assert tiling(Window(518, 518, fixed=fixed)).padding(100, 0, margin) == expected


def ramps(height: int, width: int) -> Image:
    """Red grows by 1/1000 a row, green by 1/1000 a column."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / 1000
    return np.stack([rows, columns, np.zeros_like(rows)], axis=2)


@pytest.mark.parametrize(
    ("window", "size", "tiles"),
    [
        (Window(84, 84, fixed=False), (280, 70), {(84, 70)}),
        (Window(84, 84, fixed=False), (150, 205), {(84, 84)}),
        (Window(84, 112, fixed=True), (151, 50), {(84, 112)}),
        (Window(84, 84, fixed=True), (20, 30), {(84, 84)}),
    ],
)
def test_no_cell_is_out_of_place(
    window: Window,
    size: tuple[int, int],
    tiles: set[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mean over each square of 14 x 14 pixels says where the square is, whatever the window."""
    given = set()

    def means(images: np.ndarray) -> list[np.ndarray]:
        height, width = images.shape[2:]
        given.add((height, width))
        squares = images.reshape(1, 3, height // 14, 14, width // 14, 14)
        return [squares.mean(axis=(3, 5))]

    backbone = Backbone(
        name="means",
        title="Means",
        licence="",
        input_size=84,
        mean=(0, 0, 0),
        std=(255, 255, 255),
        stages=(Stage(1, 3, 14, 6.5),),
        packages=(),
        build=lambda stages: means,
        window=window,
        padded=False,
    )
    monkeypatch.setattr(network.backbones, "get", lambda name: backbone)
    monkeypatch.setattr(network.backbones, "network", lambda name, stages: means)
    image = ramps(*size)
    features = NetworkFeatures("means", [1], average=False, short_side=min(size))
    rows, columns = features.grid(*size).shape
    bands = list(features.bands(image))
    found = np.concatenate([band.patches for band in bands]).reshape(rows, columns, 3)
    whole = (size[0] // 14, size[1] // 14)  # of the others a part is mirrored
    expected = np.mgrid[:rows, :columns] * 14 + 6.5
    for axis in (0, 1):
        np.testing.assert_allclose(
            found[: whole[0], : whole[1], axis] * 1000,
            expected[axis][: whole[0], : whole[1]],
            atol=1e-3,
        )
    assert given == tiles
    assert [band.first for band in bands] == np.cumsum(
        [0, *(len(band.patches) for band in bands[:-1])]
    ).tolist()
    for cell in ((0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2)):
        np.testing.assert_array_equal(features.at(image, *cell).patches[0], found[cell])
