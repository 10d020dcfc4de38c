"""Sample data: made without a download, the same each time, with exact masks."""

import socket
import sys
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score

from images.dataset import GOOD, DataSet
from images.defects import DEFECTS
from images.nanofibres import DEFECTS as FIBRE_DEFECTS
from images.nanofibres import draw, draw_sample
from images.samples import TEXTURES, load_sample, samples
from images.understanding import problem


@pytest.fixture(params=samples())
def sample(request: pytest.FixtureRequest) -> DataSet:
    return load_sample(request.param)


def test_a_sample_can_be_compared(sample: DataSet) -> None:
    assert problem(sample) is None
    assert sample.synthetic
    assert "Synthetic" in sample.about
    assert len(sample.normal) == 12
    assert {picture.kind for picture in sample.normal} == {GOOD}
    expected = FIBRE_DEFECTS if sample.name == "nanofibres" else DEFECTS
    assert {picture.kind for picture in sample.test} == {GOOD, *expected}
    names = [picture.name for picture in (*sample.normal, *sample.test)]
    assert len(set(names)) == len(names)
    assert [finding.name for finding in sample.findings] == names


def test_images_are_8_bit_grey_in_0_to_1(sample: DataSet) -> None:
    for picture in (*sample.normal, *sample.test):
        image = picture.read()
        assert image.dtype == np.float32
        assert image.ndim == 2
        levels = np.rint(image * 255)
        assert (image == (levels / 255).astype(np.float32)).all()
        assert levels.min() >= 0
        assert levels.max() <= 255


def test_masks_hold_a_small_part(sample: DataSet) -> None:
    for picture in sample.test:
        mask = picture.mask()
        assert mask is not None
        assert mask.shape == picture.read().shape
        if picture.kind == GOOD:
            assert not mask.any()
        else:
            assert 0.002 < mask.mean() < 0.12


def test_brightness_alone_does_not_give_a_defect_away(sample: DataSet) -> None:
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
def test_training_and_test_images_are_from_disjoint_halves(texture: str) -> None:
    from skimage import data

    whole = getattr(data, texture)()
    whole = np.divide(whole, np.float32(255), dtype=np.float32)
    left, right = whole[:, :256], whole[:, 256:]
    sample = load_sample(texture)
    assert all(
        _holds(left, picture.read()) or _holds(left[:, ::-1], picture.read())
        for picture in sample.normal
    )
    assert all(_holds(right, picture.read()) for picture in sample.test if picture.kind == GOOD)


def _holds(whole: np.ndarray, part: np.ndarray) -> bool:
    """Whether a picture is a piece of another."""
    places = np.argwhere(whole[: -part.shape[0] + 1, : -part.shape[1] + 1] == part[0, 0])
    return any(
        (whole[row : row + part.shape[0], column : column + part.shape[1]] == part).all()
        for row, column in places
    )


def test_nanofibres_are_the_same_for_a_seed() -> None:
    known = [picture.read() for picture in load_sample("nanofibres").normal]
    again, _ = draw_sample(0)
    assert all((first == second).all() for first, second in zip(known, again, strict=True))
    assert not (draw(np.random.default_rng(1)) == known[0]).all()


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
