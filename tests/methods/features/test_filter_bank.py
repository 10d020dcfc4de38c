"""The filter bank on pictures whose answers can be worked out."""

import numpy as np
import pytest

from images.colour import Image
from methods.features import filter_bank
from methods.features.filter_bank import FilterBank

BANK = FilterBank(8, 4)
INSIDE = 4
"""A cell of a 64 x 64 image, in either direction, whose filters do not see the border."""


def described(image: Image, bank: FilterBank = BANK) -> np.ndarray:
    """The numbers of all cells (rows, columns, 22)."""
    patches = np.concatenate([band.patches for band in bank.bands(image)])
    return patches.reshape(*bank.grid(*image.shape[:2]).shape, -1)


def inner(image: Image) -> dict[str, float]:
    """The numbers of one cell in the middle, by name."""
    cell = described(image)[INSIDE * 2, INSIDE * 2]
    return dict(zip(BANK.channel_names(), cell.tolist(), strict=True))


def grating(wavelength: float, angle: float) -> Image:
    rows, columns = np.indices((64, 64))
    along = columns * np.cos(np.radians(angle)) + rows * np.sin(np.radians(angle))
    return (0.5 + 0.4 * np.cos(2 * np.pi * along / wavelength)).astype(np.float32)


def test_a_constant_has_a_mean_and_one_pattern() -> None:
    found = described(np.full((40, 52), 0.3, dtype=np.float32))
    expected = np.zeros(22)
    expected[0] = 0.3
    expected[BANK.channel_names().index("pattern 8")] = 1  # all eight neighbours are as bright
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), atol=1e-6)


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_a_grating_answers_its_own_gabor_filter_with_half_its_amplitude(angle: int) -> None:
    found = inner(grating(8, angle))
    gabor = {name: value for name, value in found.items() if name.startswith("Gabor")}
    assert max(gabor, key=gabor.__getitem__) == f"Gabor 8 px, {angle} deg"
    # Of 0.4 cos one half is the wave that the filter passes, with gain 1. Off that goes the part
    # around zero frequency: exp(-pi^2 / 2) of it, and it has fallen to exp(-pi^2 / 2) there.
    assert max(gabor.values()) == pytest.approx(0.2 * (1 - np.exp(-(np.pi**2))), rel=0.01)


def test_a_ramp_has_its_slope_at_both_scales() -> None:
    ramp = np.broadcast_to(np.arange(64) / 100, (64, 64)).astype(np.float32)
    found = inner(ramp)
    assert found["gradient, sigma 1"] == pytest.approx(0.01, rel=1e-3)
    assert found["gradient, sigma 2"] == pytest.approx(0.01, rel=1e-3)
    # The window has the columns 32 to 39: mean 35.5, variance (8^2 - 1) / 12.
    assert found["mean"] == pytest.approx(0.355, rel=1e-5)
    assert found["deviation"] == pytest.approx(0.01 * (63 / 12) ** 0.5, rel=1e-4)
    # A pixel, the three on its right and the two above and below are at least as bright.
    assert found["pattern 5"] == pytest.approx(1)


def test_deviation_of_a_checkerboard() -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)
    assert inner(board)["deviation"] == pytest.approx(0.5)


def test_strips_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).random((150, 70), dtype=np.float32)
    whole = described(image)
    monkeypatch.setattr(filter_bank, "STRIP", 24)
    assert len(list(BANK.bands(image))) > 5
    np.testing.assert_allclose(described(image), whole, atol=1e-5)
    band = BANK.at(image, 7, 3)
    np.testing.assert_allclose(band.patches[0], whole[7, 3], atol=1e-5)
    assert band.first == 7 * whole.shape[1] + 3


def test_colour_counts_as_grey() -> None:
    image = np.random.default_rng(1).random((48, 48), dtype=np.float32)
    colour = np.repeat(image[..., None], 3, axis=2)
    np.testing.assert_allclose(described(colour), described(image), atol=1e-5)


def test_scores_go_back_on_odd_sizes() -> None:
    grid = BANK.grid(41, 67)
    scores = np.ones(grid.shape, dtype=np.float32)
    np.testing.assert_allclose(BANK.to_pixels(grid, scores), np.ones((41, 67)))


def test_cells_that_see_mirrored_pixels() -> None:
    # Filters reach 20 pixels out of a window; the sixth cell begins 20 pixels inside.
    assert BANK.border == 5
