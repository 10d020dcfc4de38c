"""Features of a network: the grid on the pixels, tiles, borders."""

import weakref
from functools import cache

import numpy as np
import pytest
from skimage import data

from images.colour import Image
from images.on_demand import OnDemand
from methods.detectors.patch_models.mean_feature import MeanFeature
from methods.features import network, tiles
from methods.features.backbones.registry import get
from methods.features.backbones.registry import network as load
from methods.features.network import NetworkFeatures
from methods.features.patch_features import Patches

LITE = "efficientnet-lite0"


def brick(height: int, width: int, top: int = 0, left: int = 0) -> Image:
    pixels: Image = data.brick()[top : top + height, left : left + width].astype(np.float32) / 255
    return pixels


def whole(features: NetworkFeatures, image: Image) -> Patches:
    """All patches of an image (rows, columns, d)."""
    grid = features.grid(*image.shape[:2])
    patches = np.concatenate([band.patches for band in features.bands(image)])
    return patches.reshape(*grid.shape, -1)


def test_stage_7_at_448_is_the_map_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """14 x 14 x 192, the very activations of the network, without any resampling."""
    monkeypatch.setattr(network, "MARGIN", 0)
    image = brick(448, 448)
    found = whole(NetworkFeatures(LITE, [7], average=False), image)
    assert found.shape == (14, 14, 192)
    pixels = np.repeat((255 * image - 127)[None, None] / 128, 3, axis=1)
    (expected,) = load(LITE, (7,))(pixels)
    np.testing.assert_allclose(found, expected[0].transpose(1, 2, 0), atol=1e-4)


def test_stages_are_sampled_at_the_centres_of_the_finest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ramp along x in every stage, as each stage's own cells would see it."""
    features = NetworkFeatures(LITE, [3, 4, 6], average=True)

    def ramp(images: np.ndarray) -> list[np.ndarray]:
        maps = []
        for stage in features.stages:
            rows, columns = (side // stage.stride for side in images.shape[2:])
            centres = np.arange(columns) * stage.stride + stage.centre
            maps.append(np.broadcast_to(centres, (1, stage.channels, rows, columns)))
        return [np.ascontiguousarray(each, dtype=np.float32) for each in maps]

    monkeypatch.setattr(network.backbones, "network", lambda name, stages: ramp)
    found = whole(features, brick(96, 160))
    assert found.shape == (12, 20, 24 + 40 + 112)
    centres = 8 * np.arange(20) + 2.4 + network.MARGIN
    np.testing.assert_allclose(found, np.broadcast_to(centres[:, None], found.shape), rtol=1e-6)


@pytest.mark.parametrize("stages", [(3, 4, 6), (7,)])
def test_tiles_agree_with_the_whole(
    stages: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.tile(brick(512, 256), (5, 1))
    features = NetworkFeatures(LITE, stages, short_side=256)
    expected = whole(features, image)
    monkeypatch.setattr(tiles, "TILE_PIXELS", 1024 * 512)
    assert len(list(features.bands(image))) > 1
    np.testing.assert_allclose(whole(features, image), expected, atol=1e-3)


def test_one_cell_agrees_with_the_whole() -> None:
    image = brick(200, 331)
    features = NetworkFeatures(LITE, (3, 4, 6))
    expected = whole(features, image)
    for row, column in ((0, 0), (13, 20), (24, 41)):
        band = features.at(image, row, column)
        assert band.first == row * 42 + column
        np.testing.assert_allclose(band.patches[0], expected[row, column], atol=1e-3)


@pytest.mark.parametrize(
    ("size", "short_side", "scaled"),
    [
        ((300, 400), 0, (300, 400)),
        ((301, 602), 448, (448, 896)),
        ((1000, 500), 250, (500, 250)),
    ],
)
def test_the_aspect_is_kept(
    size: tuple[int, int], short_side: int, scaled: tuple[int, int]
) -> None:
    grid = NetworkFeatures(LITE, [4], short_side=short_side).grid(*size)
    assert grid.shape == (-(-scaled[0] // 8), -(-scaled[1] // 8))


def test_windows_lie_where_cells_look() -> None:
    """Stage 4 looks at 3.4, 11.4, ...; at half size at 2 (3.4 + 0.5) - 0.5, ... of the source."""
    for short_side, centres in ((0, [3.4, 11.4, 19.4]), (100, [7.3, 23.3, 39.3])):
        grid = NetworkFeatures(LITE, [4], short_side=short_side).grid(200, 200)
        assert grid.window % 2 == 1
        found = grid.lefts[:3] + (grid.window - 1) / 2
        assert np.abs(found - centres).max() <= 0.5


@cache
def fitted(short_side: int) -> MeanFeature:
    normal = [brick(191, 307, top, left) for top in (0, 160, 320) for left in (0, 100, 200)]
    return MeanFeature({"short_side": short_side}).fit(normal)


@pytest.mark.parametrize("short_side", [0, 300])
@pytest.mark.parametrize(
    ("row", "column"), [(0, 0), (0, 296), (180, 0), (180, 296), (0, 150), (90, 0), (97, 143)]
)
def test_the_map_peaks_within_a_cell_of_a_defect(row: int, column: int, short_side: int) -> None:
    """Defects in the corners, at the borders and inside of an image of 191 x 307 pixels.

    The peak of what the defect adds to the map, so that the texture does not matter.
    """
    detector = fitted(short_side)
    damaged = brick(191, 307, 80, 50)
    clean = detector.score_map(damaged)
    damaged[row : row + 11, column : column + 11] = np.eye(11) * 0.8 + 0.1
    added = detector.score_map(damaged) - clean
    peak_row, peak_column = np.unravel_index(added.argmax(), added.shape)
    assert row - 8 <= peak_row <= row + 10 + 8
    assert column - 8 <= peak_column <= column + 10 + 8


def test_channels_are_named() -> None:
    names = NetworkFeatures(LITE, [6, 3]).channel_names()
    assert len(names) == get(LITE).stage(3).channels + get(LITE).stage(6).channels
    assert names[0] == "stage 3, channel 0"
    assert names[-1] == "stage 6, channel 111"


def test_normal_images_are_measured_one_at_a_time() -> None:
    """Each is read once, and none is kept while the next is read."""
    kept: list[weakref.ref[np.ndarray]] = []

    def read(index: int) -> np.ndarray:
        assert not any(reference() is not None for reference in kept[:-1])
        image = brick(40, 60, top=index)
        kept.append(weakref.ref(image))
        return image

    NetworkFeatures(LITE, [4], match_lighting=True).fit(OnDemand(6, read))
    assert len(kept) == 6
    assert all(reference() is None for reference in kept)
