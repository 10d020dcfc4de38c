"""Positions are told apart where normal images are aligned, and only there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from images.colour import Image
from methods import registry
from methods.features.aligned import AlignedFeatures, PositionMeans
from methods.features.patch_features import Band, PatchFeatures
from methods.patches.grid import PatchGrid, ScoreMap
from methods.progress import no_progress


class Pixels(PatchFeatures):
    """Every pixel is a patch of its brightness and of noise that no position explains."""

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, 1, 1)

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape)
        for row in range(image.shape[0]):
            yield Band(image[row].reshape(-1, 1), row * image.shape[1], grid)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return scores

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        raise NotImplementedError


def means_of(images: list[Image], alignment: str = "auto") -> PositionMeans:
    means = PositionMeans(alignment)  # type: ignore[arg-type]
    means.fit(Pixels(), images, no_progress)
    return means


def images(count: int, pattern: np.ndarray | float, deviation: float) -> list[Image]:
    rng = np.random.default_rng(0)
    return [(pattern + rng.normal(0, deviation, (30, 40))).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize("deviation", [0.05, 0.1])
def test_the_share_that_positions_explain(deviation: float) -> None:
    """A wave of variance 0.01 at fixed positions in noise."""
    wave = np.sqrt(2) * 0.1 * np.sin(2 * np.pi * np.arange(40) / 20)[None, :]
    means = means_of(images(20, wave, deviation))
    expected = 0.01 / (0.01 + deviation**2)
    assert means.explained_ == pytest.approx(expected, abs=0.02)
    assert means.offsets_ is not None


@pytest.mark.parametrize("count", [3, 5, 60])
def test_noise_alone_is_never_taken_for_alignment(count: int) -> None:
    means = means_of(images(count, 0.5, 0.1))
    assert abs(means.explained_) < 0.04
    assert means.offsets_ is None
    assert means.text() == ""


def test_patches_lose_what_is_usual_at_their_position() -> None:
    rng = np.random.default_rng(1)
    pattern = 5 * gaussian_filter(rng.normal(size=(30, 40)), 6, mode="nearest")
    normal = images(50, pattern, 0.02)
    means = means_of(normal)
    aligned = AlignedFeatures(Pixels(), means)
    left = np.concatenate([band.patches for band in aligned.bands(normal[0])]).reshape(30, 40)
    # The pattern is gone but for the blur of one cell, and the mean of all stays.
    assert left.std() < 0.1 * normal[0].std()
    assert left.mean() == pytest.approx(pattern.mean(), abs=0.02)


def test_images_of_several_sizes_and_too_few_are_not_aligned() -> None:
    wave = np.sin(np.arange(40))[None, :]
    several = [*images(4, wave, 0.01), np.zeros((9, 9), dtype=np.float32)]
    assert means_of(several).offsets_ is None
    assert means_of(images(2, wave, 0.01)).offsets_ is None
    assert means_of(images(5, wave, 0.01), "off").offsets_ is None
    assert means_of(images(5, 0.5, 0.1), "on").offsets_ is not None


def test_an_image_of_another_size_is_taken_as_it_is() -> None:
    aligned = AlignedFeatures(Pixels(), means_of(images(5, np.sin(np.arange(40))[None, :], 0.01)))
    other = np.random.default_rng(2).random((7, 9), dtype=np.float32)
    found = np.concatenate([band.patches for band in aligned.bands(other)])
    np.testing.assert_array_equal(found.ravel(), other.ravel())


@pytest.mark.parametrize("name", ["padim", "nearest-neighbour"])
def test_a_part_in_the_wrong_place_is_found_where_images_are_aligned(
    name: str, tmp_path: Path
) -> None:
    """A disc at a fixed place, and another like it where none belongs."""
    rows, cols = np.indices((128, 128))

    def shot(seed: int, *centres: tuple[int, int]) -> Image:
        image = np.full((128, 128), 0.4)
        for row, col in centres:
            image[np.hypot(rows - row, cols - col) < 14] = 0.7
        noise = np.random.default_rng(seed).normal(0, 0.03, image.shape)
        return (image + noise).clip(0, 1).astype(np.float32)

    normal = [shot(seed, (40, 40)) for seed in range(6)]
    wrong = shot(99, (40, 40), (88, 88))
    contrast = {}
    for alignment in ("auto", "off"):
        detector = registry.create(name, {"alignment": alignment}).fit(normal)
        scores = detector.score_map(wrong)
        contrast[alignment] = scores[80:97, 80:97].mean() / scores[32:49, 32:49].mean()
    assert contrast["auto"] > 1.5 * contrast["off"]
    detector = registry.create(name).fit(normal)
    detector.save(tmp_path / "model.safetensors")
    loaded = registry.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.score_map(wrong), detector.score_map(wrong))
    assert "The normal images are aligned" in loaded.explain(wrong, 88, 88).text
