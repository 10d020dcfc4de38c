"""Sample data: made without a download, the same each time, with exact masks."""

import socket
import sys
import time
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from images.colour import to_grey
from images.dataset import GOOD, DataSet, Pixels
from images.roles.understanding import problem
from images.samples import circuit_board, nanofibres
from images.samples.catalogue import TEXTURES, _enlarged, load_sample, samples
from images.samples.defects import DEFECTS
from images.shared_pixels import groups_of

TEXTURED = (*TEXTURES, "nanofibres")
COUNTS = {
    **dict.fromkeys(TEXTURES, (13, 6, 6)),
    "nanofibres": (12, 4, 9),
    "circuit-board": (16, 5, 10),
    "digits": (40, 20, 18),
    "digits-classes": (180, 60, 40),
    "wafers": (180, 72, 32),
}
"""Normal images, good and defective test images of each sample."""
KINDS = {
    **{texture: set(DEFECTS) for texture in TEXTURES},
    "nanofibres": {"bead", "film", "broken"},
    "circuit-board": {"missing part", "rotated part", "wrong part", "scratch", "stain"},
    "digits": {f"digit {digit}" for digit in range(1, 10)},
    "digits-classes": {"6", "7", "8", "9"},
    "wafers": {"donut", "fingerprints", "half moon", "zigzag"},
}
SHAPES = {
    "nanofibres": (256, 256),
    "circuit-board": (160, 160, 3),
    "digits": (64, 64),
    "digits-classes": (64, 64),
    "wafers": (52, 52),
}
WITHOUT_MASKS = ("digits", "digits-classes", "wafers")


@pytest.fixture(params=COUNTS)
def sample(request: pytest.FixtureRequest) -> DataSet:
    return load_sample(request.param)


def test_the_samples_have_these_names() -> None:
    assert set(samples()) == set(COUNTS)


def test_a_sample_can_be_compared(sample: DataSet) -> None:
    assert problem(sample) is None
    assert sample.synthetic == ("Synthetic" in sample.about) == ("digits" not in sample.name)
    good = [picture for picture in sample.test if picture.kind == GOOD]
    counts = len(sample.normal), len(good), len(sample.test) - len(good)
    assert counts == COUNTS[sample.name]
    assert {picture.kind for picture in sample.normal} == {GOOD}
    assert {picture.kind for picture in sample.test} == {GOOD, *KINDS[sample.name]}
    names = [picture.name for picture in (*sample.normal, *sample.test)]
    assert len(set(names)) == len(names)
    assert [finding.name for finding in sample.findings] == names


def test_images_are_of_8_bits_in_0_to_1(sample: DataSet) -> None:
    for picture in (*sample.normal, *sample.test):
        image = picture.read()
        assert image.dtype == np.float32
        assert image.shape == SHAPES.get(sample.name, (102, 102))
        levels = np.rint(image * 255)
        assert (image == (levels / 255).astype(np.float32)).all()
        assert levels.min() >= 0
        assert levels.max() <= 255


def test_no_two_images_share_pixels(sample: DataSet) -> None:
    pictures = (*sample.normal, *sample.test)
    assert groups_of(Pixels(pictures)) == list(range(len(pictures)))


def test_good_test_images_are_as_bright_and_as_rich_in_contrast_as_normal_ones(
    sample: DataSet,
) -> None:
    normal = [to_grey(picture.read()) for picture in sample.normal]
    good = [to_grey(picture.read()) for picture in sample.test if picture.kind == GOOD]
    for figure in (np.mean, np.std):
        known = np.array([figure(image) for image in normal])
        new = np.array([figure(image) for image in good])
        assert abs(new.mean() - known.mean()) < 0.05 * known.mean()
        # The mean of the few good ones lies within the spread of the normal ones.
        assert abs(new.mean() - known.mean()) < known.std()


def test_masks_hold_a_small_part(sample: DataSet) -> None:
    for picture in sample.test:
        mask = picture.mask()
        if sample.name in WITHOUT_MASKS and picture.kind != GOOD:
            assert mask is None
            continue
        assert mask is not None
        assert mask.shape == picture.read().shape[:2]
        if picture.kind == GOOD:
            assert not mask.any()
        else:
            assert 0.002 < mask.mean() < 0.12


@pytest.mark.parametrize("name", TEXTURED)
def test_brightness_alone_does_not_give_a_defect_away(name: str) -> None:
    sample = load_sample(name)
    normal = np.stack([picture.read() for picture in sample.normal])
    defective = [picture for picture in sample.test if picture.kind != GOOD]
    masks = np.stack([picture.mask() for picture in defective])
    images = np.stack([picture.read() for picture in defective])
    assert (images < normal.min()).mean() < 1e-3
    assert (images > normal.max()).mean() < 1e-3
    smooth = np.stack([gaussian_filter(image, 4) for image in images])
    for score in (images, smooth, np.abs(images - normal.mean())):
        assert 0.2 < roc_auc_score(masks.ravel(), score.ravel()) < 0.8


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_mask_is_where_a_texture_has_changed(kind: str) -> None:
    rng = np.random.default_rng(3)
    clean, other = (rng.integers(0, 256, (2, 192, 192)) / 255).astype(np.float32)
    for _ in range(20):
        painted = DEFECTS[kind](clean, other, rng)
        assert ((painted.image != clean) == painted.mask).all()
        assert painted.mask.any()
        assert painted.image.dtype == np.float32


@pytest.mark.parametrize("texture", TEXTURES)
def test_normal_and_test_tiles_lie_like_the_squares_of_a_chessboard(texture: str) -> None:
    from skimage import data

    whole = getattr(data, texture)()
    tiles = {
        (row, column): whole[1 + 102 * row :, 1 + 102 * column :][:102, :102]
        for row in range(5)
        for column in range(5)
    }
    sample = load_sample(texture)
    black = [tile for (row, column), tile in tiles.items() if (row + column) % 2 == 0]
    white = [tile for (row, column), tile in tiles.items() if (row + column) % 2 == 1]
    for picture, tile in zip(sample.normal, black, strict=True):
        np.testing.assert_array_equal(np.rint(255 * picture.read()), tile)
    # Every other white one stays good, the ones between get a defect inside their masks.
    good_first = [*white[::2], *white[1::2]]
    for picture, tile in zip(sample.test, good_first, strict=True):
        mask = picture.mask()
        assert mask is not None
        np.testing.assert_array_equal(np.rint(255 * picture.read()) != tile, mask)


@pytest.mark.parametrize("drawn", [nanofibres, circuit_board])
def test_drawn_images_are_the_same_for_a_seed(drawn: Any) -> None:
    first, other = drawn.draw(np.random.default_rng(0)), drawn.draw(np.random.default_rng(1))
    assert (drawn.draw(np.random.default_rng(0)) == first).all()
    assert not (other == first).all()


@pytest.mark.parametrize("name", COUNTS)
def test_a_sample_is_the_same_each_time_and_loads_quickly(name: str) -> None:
    known = load_sample(name)
    load_sample.cache_clear()
    start = time.thread_time()
    again = load_sample(name)
    assert time.thread_time() - start < 4  # two seconds on a quiet machine
    for first, second in zip(
        (*known.normal, *known.test), (*again.normal, *again.test), strict=True
    ):
        assert (first.name, first.kind) == (second.name, second.kind)
        np.testing.assert_array_equal(first.read(), second.read())


@pytest.mark.parametrize("kind", circuit_board.DEFECTS)
def test_a_mask_is_where_a_circuit_board_has_changed(kind: str) -> None:
    clean = circuit_board.draw(np.random.default_rng(5))
    spoiled = circuit_board.draw_defective(np.random.default_rng(5), circuit_board.DEFECTS[kind])
    changed = (spoiled.image != clean).any(axis=2)
    np.testing.assert_array_equal(changed, spoiled.mask)
    # All of it differs; most of it by more than the grain of the camera.
    visible = np.abs(spoiled.image - clean).max(axis=2) > 0.02
    assert visible[spoiled.mask].mean() > 0.7


def test_a_circuit_board_lies_at_the_same_place_to_a_pixel() -> None:
    for picture in load_sample("circuit-board").normal:
        red, green, _ = picture.read()[55:65].mean(axis=0).T
        # The board begins 15 pixels from the left and ends 15 pixels from the right.
        board = np.flatnonzero(green > red + 0.08)
        assert abs(board[0] - 15) <= 2
        assert abs(board[-1] - 144) <= 2


def test_a_digit_is_enlarged_by_bicubic_interpolation() -> None:
    step = np.zeros((8, 8))
    step[:, 4:] = 8
    large = _enlarged(step)
    assert large.shape == (64, 64)
    assert (large == large[0]).all()
    # Half of 16 is 128 of 255 (rounded to even); interpolation overshoots on the bright side by
    # 0.07 of the step at most, falls to half in the middle and is clipped at black.
    assert (large[0, :24] == 0).all()
    np.testing.assert_allclose(large[0, 44:], 128 / 255)
    assert large[0].max() == pytest.approx(1.07 * 128 / 255, abs=0.01)
    assert large[0, 31:33].mean() == pytest.approx(64 / 255, abs=0.01)


def test_normal_digits_are_zeros_in_turn_with_the_good_test_images() -> None:
    sample = load_sample("digits")
    digits = load_digits()
    zeros = digits.images[digits.target == 0]
    good = [picture for picture in sample.test if picture.kind == GOOD]
    in_turn = [sample.normal[0], sample.normal[1], good[0], sample.normal[2]]
    for picture, digit in zip(in_turn, zeros, strict=False):
        np.testing.assert_array_equal(picture.read(), _enlarged(digit))


def test_samples_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    load_sample.cache_clear()
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in samples():
        load_sample(name)


def test_there_is_no_other_sample() -> None:
    with pytest.raises(KeyError):
        load_sample("concrete")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("digits-classes", {"0", "1", "2", "3", "4", "5"}),
        (
            "wafers",
            {"basketball", "big cluster", "grid", "incomplete", "none", "ring", "scratch", "slice",
             "small cluster"},
        ),
    ],
)  # fmt: skip
def test_known_classes_of_a_sample(name: str, known: set[str]) -> None:
    sample = load_sample(name)
    assert set(sample.known_classes) == known
    for picture in sample.test:
        folder = picture.name.split("/")[1]
        expected = (GOOD, folder) if folder in known else (folder, None)
        assert (picture.kind, picture.known_class) == expected
