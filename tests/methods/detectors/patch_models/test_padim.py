"""The Gaussians of PaDiM (Defard et al. 2021, Eq. 1 and 2) on numbers worked out by hand."""

from collections.abc import Iterator

import numpy as np
import pytest

from images.colour import Image
from methods.detector import DetectorError
from methods.detectors.patch_models.padim import Padim
from methods.features.patch_features import Band, PatchFeatures
from methods.models.gaussian import GaussianAtEachPosition, SharedGaussian, whitening
from methods.patches.even_border import EvenBorder, sides_and_corners
from methods.patches.grid import PatchGrid, ScoreMap
from methods.patches.patch_detector import NormalPatches, PatchModel
from methods.patches.reduction import Reduction
from methods.progress import no_progress


class Pairs(PatchFeatures):
    """Two pixels side by side are a patch of two features; one band a row."""

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid(height, width, 1, np.arange(height), np.arange(0, width, 2))

    def bands(self, image: Image) -> Iterator[Band]:
        for row, values in enumerate(image):
            yield Band(values.reshape(-1, 2), row * image.shape[1] // 2, self.grid(*image.shape))

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        raise NotImplementedError

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        raise NotImplementedError


def image(*rows: list[float]) -> Image:
    return np.array(rows, dtype=np.float32)


def fitted(model: PatchModel, normal: list[Image]) -> PatchModel:
    model.fit(NormalPatches(Pairs(), normal), np.random.default_rng(0), no_progress)
    return model


def scores(model: PatchModel, seen: Image) -> list[float]:
    return [float(score) for band in Pairs().bands(seen) for score in model.score(band)]


def test_whitening_is_the_root_of_the_inverse() -> None:
    covariance = np.array([[2.0, 1.0], [1.0, 3.0]])
    root = whitening(covariance, 1.0)
    # The inverse of (3, 1; 1, 4) is (4, -1; -1, 3) / 11.
    np.testing.assert_allclose(root @ root.T, np.array([[4, -1], [-1, 3]]) / 11, rtol=1e-6)


def test_one_gaussian_for_all_positions() -> None:
    # Patches (1, 6), (3, 14), (1, 14), (3, 6): means 2 and 10, deviations 1 and 4, uncorrelated.
    normal = [image([1, 6, 3, 14]), image([1, 14, 3, 6])]
    model = fitted(SharedGaussian(Reduction("none", 1), 0.25), normal)
    # The patch (4, 10) is 2 deviations off in one feature, with variance 1 + 0.25.
    found = scores(model, image([4, 10, 4, 14]))
    assert found == pytest.approx([(4 / 1.25) ** 0.5, (5 / 1.25) ** 0.5], rel=1e-5)


def test_correlation_makes_what_breaks_it_stand_out() -> None:
    # Standardised patches (1, 1), (-1, -1), (1, 1), (-1, -1): correlation 1.
    normal = [image([1, 6, 3, 14]), image([1, 6, 3, 14])]
    model = fitted(SharedGaussian(Reduction("none", 1), 0.5), normal)
    # S + 0.5 I has the eigenvalues 2.5 along (1, 1) and 0.5 along (1, -1).
    found = scores(model, image([3, 14, 3, 6]))
    assert found == pytest.approx([(2 / 2.5) ** 0.5, (2 / 0.5) ** 0.5], rel=1e-5)


def test_a_gaussian_at_each_position() -> None:
    # First position (1, 6), (3, 14); second position always (2, 10). Over all patches the means
    # are 2 and 10, the variances 1/2 and 8, so that the first position has the standardised
    # patches (-r, -r) and (r, r) with r = sqrt(2): S = (4, 4; 4, 4) with N - 1 = 1 below, plus e.
    normal = [image([1, 6, 2, 10]), image([3, 14, 2, 10])]
    model = fitted(GaussianAtEachPosition(Reduction("none", 1), 0.5), normal)
    found = scores(model, image([3, 14, 3, 14]))
    # (r, r) is along (1, 1): squared length 4, variance 8 + 0.5 there and 0.5 at the second.
    assert found == pytest.approx([(4 / 8.5) ** 0.5, (4 / 0.5) ** 0.5], rel=1e-5)


def test_position_sums_agree_with_numpy() -> None:
    rng = np.random.default_rng(0)
    normal = [rng.normal(5, 1, (3, 4)).astype(np.float32) for _ in range(6)]
    model = fitted(GaussianAtEachPosition(Reduction("none", 1), 0.01), normal)
    reduced = np.stack([model.reduction(each.reshape(-1, 2)) for each in normal])
    seen = rng.normal(5, 1, (3, 4)).astype(np.float32)
    expected = []
    for cell, patch in enumerate(model.reduction(seen.reshape(-1, 2))):
        at = reduced[:, cell]
        inverse = np.linalg.inv(np.cov(at.T) + 0.01 * np.eye(2))
        difference = patch - at.mean(axis=0)
        expected.append((difference @ inverse @ difference) ** 0.5)
    np.testing.assert_allclose(scores(model, seen), expected, rtol=1e-4)


class Value(PatchModel):
    """Scores a patch with its first feature."""

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: object) -> None:
        pass

    def score(self, band: Band) -> np.ndarray:
        return band.patches[:, 0]

    def reason(self, band: Band):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def state(self):  # type: ignore[no-untyped-def]
        return {}

    def restore(self, arrays) -> None:  # type: ignore[no-untyped-def]
        pass


def test_corners_have_zones_of_their_own() -> None:
    # top 1, 2; bottom 3, 4; left 5, 6; right 7, 8; corners: top left 9, 10; top right 11, 12;
    # bottom left 13, 14; bottom right 15, 16.
    assert sides_and_corners((6, 7), 2).reshape(6, 7).tolist() == [
        [9, 10, 1, 1, 1, 12, 11],
        [10, 10, 2, 2, 2, 12, 12],
        [5, 6, 0, 0, 0, 8, 7],
        [5, 6, 0, 0, 0, 8, 7],
        [14, 14, 4, 4, 4, 16, 16],
        [13, 14, 3, 3, 3, 16, 15],
    ]


def test_scores_near_the_border_count_in_what_is_usual_there() -> None:
    # Cells of a 3 x 3 grid: all but the middle are border. Top 4, bottom 2, sides 8, middle 1.
    rows = [[4, 0, 4, 0, 4, 0], [8, 0, 1, 0, 8, 0], [2, 0, 2, 0, 2, 0]]
    model = fitted(EvenBorder(Value(), 1), [image(*rows)])
    assert scores(model, image(*rows)) == [1] * 9
    assert scores(model, 3 * image(*rows)) == [3] * 9


def test_each_position_needs_images_of_one_size() -> None:
    rng = np.random.default_rng(0)
    small, large = (rng.random((side, 64), dtype=np.float32) for side in (64, 80))
    detector = Padim(Padim.presets["aligned"])
    with pytest.raises(DetectorError, match="a Gaussian per position needs images of the same"):
        detector.fit([small, large])
    detector.fit([small, small / 2])
    with pytest.raises(DetectorError, match="64 x 80 pixels differs in size"):
        detector.score_map(large)


@pytest.mark.parametrize("features", ["network", "filter bank", "raw patches"])
@pytest.mark.parametrize("positions", ["shared", "each"])
def test_goes_with_any_features(features: str, positions: str) -> None:
    rng = np.random.default_rng(0)
    normal = [rng.normal(0.5, 0.05, (48, 40)).astype(np.float32) for _ in range(6)]
    detector = Padim(
        {
            "features": features,
            "positions": positions,
            "window": 5,
            "stride": 4,
            "short_side": 40,
            "stages": (3, 4, 5),
            "lighting": "kept",
            "reduction": "principal",
            "dimensions": 5,
        }
    ).fit(normal)
    seen = rng.normal(0.5, 0.05, (48, 40)).astype(np.float32)
    seen[20:32, 16:28] = 1
    scores = detector.score_map(seen)
    assert scores[22:30, 18:26].mean() > 1.5 * scores[:12].mean()
