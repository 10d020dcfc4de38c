"""The model of normality of Aburakhia et al. 2020 on numbers worked out by hand."""

from collections.abc import Iterator

import numpy as np
import pytest

from images.colour import Image
from methods.detector import DetectorError
from methods.detectors.patch_models.mean_feature import MeanFeature
from methods.features.patch_features import Band, PatchFeatures
from methods.models.mean import MeanModel
from methods.patches.grid import PatchGrid, ScoreMap
from methods.patches.patch_detector import NormalPatches
from methods.progress import no_progress


class Pixels(PatchFeatures):
    """Each pixel is a patch: its value and twice its value. One band a row."""

    def __init__(self) -> None:
        self.read = 0

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, 1, 1)

    def bands(self, image: Image) -> Iterator[Band]:
        self.read += 1
        for row in range(len(image)):
            yield Band(np.outer(image[row], [1, 2]), row * image.shape[1], self.grid(*image.shape))

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return scores

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        raise NotImplementedError


NORMAL = [np.array(rows, dtype=np.float32) for rows in ([[1, 2], [3, 4]], [[3, 2], [5, 8]])]
TEST = np.array([[2, 2], [4, 9]], dtype=np.float32)


def scores(border: int | None, standardise: bool) -> list[float]:
    features = Pixels()
    model = MeanModel(border, standardise, ["a", "b"])
    model.fit(NormalPatches(features, NORMAL), np.random.default_rng(0), no_progress)
    assert features.read == len(NORMAL)
    return [float(score) for band in features.bands(TEST) for score in model.score(band)]


def test_distance_to_the_mean_at_every_position() -> None:
    """Equations 1 and 2: means 2, 2, 4, 6, so only the last pixel is 3 away, and twice 3."""
    assert scores(None, standardise=False) == pytest.approx([0, 0, 0, 45**0.5])


def test_distance_to_one_mean_for_all_positions() -> None:
    """The mean is 28 / 8 = 3.5."""
    expected = [5**0.5 * abs(value - 3.5) for value in (2, 2, 4, 9)]
    assert scores(0, standardise=False) == pytest.approx(expected)


def test_differences_in_standard_deviations() -> None:
    """The variance is 132 / 8 - 3.5 ** 2 = 4.25; both features agree once standardised."""
    expected = [2**0.5 * abs(value - 3.5) / 4.25**0.5 for value in (2, 2, 4, 9)]
    assert scores(0, standardise=True) == pytest.approx(expected)


def test_the_features_that_differ_most_are_named() -> None:
    features = Pixels()
    model = MeanModel(0, False, ["a", "b"])
    model.fit(NormalPatches(features, NORMAL), np.random.default_rng(0), no_progress)
    last = Band(np.array([[9, 18]], dtype=np.float32), 3, features.grid(2, 2))
    reason = model.reason(last)
    assert reason.quantities == {"b": pytest.approx(11), "a": pytest.approx(5.5)}
    assert list(reason.quantities) == ["b", "a"]
    assert "12.3" in reason.text


def test_each_position_needs_images_of_one_size() -> None:
    rng = np.random.default_rng(0)
    small, large = (rng.random((side, 64), dtype=np.float32) for side in (64, 80))
    detector = MeanFeature({"positions": "each"})
    with pytest.raises(DetectorError, match="a mean per position needs images of the same size"):
        detector.fit([small, large])
    detector.fit([small, small / 2])
    with pytest.raises(DetectorError, match="64 x 80 pixels differs in size"):
        detector.score_map(large)


def test_the_preset_of_the_paper_is_its_map() -> None:
    detector = MeanFeature(MeanFeature.presets["paper"])
    features = detector._features()
    assert features.grid(512, 512).shape == (14, 14)
    assert len(features.channel_names()) == 192


def test_a_stage_that_is_not_there_is_refused() -> None:
    with pytest.raises(DetectorError, match="has no stage 9"):
        MeanFeature({"stages": (9,)}).fit(NORMAL)


def test_the_explanation_agrees_with_the_map() -> None:
    rng = np.random.default_rng(0)
    normal = [rng.random((100, 120), dtype=np.float32) for _ in range(3)]
    detector = MeanFeature({"smoothing": 0, "short_side": 100}).fit(normal)
    scores = detector.score_map(normal[0])
    # Row 27 and column 43 are the middle of a window: a cell of stage 4 looks at 8 i + 3.4.
    explanation = detector.explain(normal[0], 27, 43)
    assert explanation.score == pytest.approx(float(scores[27, 43]), rel=1e-3)
    assert explanation.panels[0].picture.shape == (33, 33)
