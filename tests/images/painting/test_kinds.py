"""Every kind of painted defect: where it is, how clear it is, and what it refuses."""

import numpy as np
import pytest

from images.colour import Image
from images.painting.kinds import KINDS, Brush, PaintingError, paint_defect

WHOLE = Brush(size=0.6, contrast=1.0)


def waves(seed: int, *, colour: bool = False) -> Image:
    rng = np.random.default_rng(seed)
    shape = (70, 90, 3) if colour else (70, 90)
    image = 0.5 + 0.2 * np.sin(np.arange(90) / 4).reshape((1, 90) + (1,) * colour)
    return (image + rng.normal(0, 0.05, shape)).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_marked_stays(kind: str, colour: bool) -> None:
    """Cloned patches may change unmarked pixels by less than two grey levels of 256."""
    image, another = waves(1, colour=colour), waves(2)
    painted = paint_defect(kind, image, another, WHOLE, np.random.default_rng(3))
    change = np.abs(painted.image - image)
    change = change.max(axis=2) if colour else change
    assert painted.image.shape == image.shape
    assert painted.image.dtype == np.float32
    assert 0 <= painted.image.min() <= painted.image.max() <= 1
    assert 0 < painted.mask.mean() < 0.5
    assert change[~painted.mask].max() < (2 / 255 if kind == "poisson" else 1e-6)
    assert change[painted.mask].mean() > 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_contrast_scales_the_change(kind: str) -> None:
    """The same defect with a quarter of the contrast changes every pixel by a quarter."""
    image, another = waves(1), waves(2)
    whole, faint = (
        paint_defect(kind, image, another, Brush(0.6, contrast), np.random.default_rng(4))
        for contrast in (1.0, 0.25)
    )
    assert np.array_equal(whole.mask, faint.mask)
    assert faint.image - image == pytest.approx((whole.image - image) / 4, abs=1e-6)


def test_a_defect_stays_in_a_square_of_its_size() -> None:
    """A square of 0.5 of the shorter side, which is 70, has 35 rows and columns."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        mask = paint_defect("cut-paste", waves(1), waves(2), Brush(0.5, 1.0), rng).mask
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) < 35


def test_a_defect_lies_in_the_region_of_interest() -> None:
    counted = np.zeros((70, 90), dtype=bool)
    counted[:10, :10] = True
    for kind in KINDS:
        painted = paint_defect(
            kind, waves(1), waves(2), Brush(0.4, 1.0), np.random.default_rng(5), counted
        )
        assert (painted.mask & counted).any()


def test_a_small_image_is_refused_with_its_size() -> None:
    image = np.zeros((20, 30), dtype=np.float32)
    with pytest.raises(PaintingError, match=r"30 x 20 pixels is too small.*24 x 24 or more"):
        paint_defect("stain", image, image, WHOLE, np.random.default_rng(0))
