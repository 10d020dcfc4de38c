"""Images judged by each other, through the whole detector."""

import numpy as np
import pytest

from images.colour import Image
from methods.detector import DetectorError
from methods.detectors.zero_shot.mutual_scoring import MutualScoring
from methods.patches.grid import mean_of_highest
from tests.methods.test_contract import texture, with_defect

RAW = {"features": "raw patches", "dimensions": 30, "budget": 2_000}


def test_it_finds_the_one_image_that_differs() -> None:
    images = [*(texture(seed) for seed in range(6)), with_defect(texture(6))]
    detector = MutualScoring(RAW).fit(images)
    maps = [detector.score_map(image) for image in images]
    assert np.argmax([scores.max() for scores in maps]) == 6
    row, col = np.unravel_index(maps[6].argmax(), maps[6].shape)
    assert 36 <= row < 60
    assert 36 <= col < 60


def test_a_copy_of_an_image_does_not_make_its_defect_normal() -> None:
    defect = with_defect(texture(6))
    images = [*(texture(seed) for seed in range(6)), defect]
    once = MutualScoring(RAW).fit(images).score_map(defect)
    again = MutualScoring(RAW).fit([*images, defect.copy(), defect.copy()]).score_map(defect)
    np.testing.assert_array_equal(once, again)


def test_an_image_is_scored_alike_whether_saved_or_not(tmp_path) -> None:
    images = [texture(seed) for seed in range(3)]
    detector = MutualScoring(RAW).fit(images)
    detector.save(tmp_path / "mutual")
    opened = MutualScoring.load(tmp_path / "mutual")
    for image in [*images, texture(9)]:
        np.testing.assert_array_equal(detector.score_map(image), opened.score_map(image))


def same(count: int) -> list[Image]:
    return [texture(1) for _ in range(count)]


@pytest.mark.parametrize("images", [same(1), same(3)])
def test_one_image_cannot_be_judged(images: list[Image]) -> None:
    with pytest.raises(DetectorError, match="at least 2 different test images, found 1"):
        MutualScoring(RAW).fit(images)


def test_neighbourhoods_find_it_too() -> None:
    images = [*(texture(seed) for seed in range(6)), with_defect(texture(6))]
    detector = MutualScoring({**RAW, "neighbourhoods": 3}).fit(images)
    assert np.argmax([detector.score_map(image).max() for image in images]) == 6
    explained = detector.explain(images[6], 48, 48)
    assert explained.score > detector.explain(images[6], 10, 10).score


def test_image_scores_lean_on_similar_images(tmp_path) -> None:
    """With one neighbour, half of a score is its own and half the mean of the two by weight."""
    images = [texture(seed) for seed in range(4)]
    plain = MutualScoring(RAW).fit(images)
    assert plain.judge(images[0]) is None
    detector = MutualScoring({**RAW, "neighbours": 1}).fit(images)
    own = [mean_of_highest(plain.score_map(image), 0.01) for image in images]
    detector.save(tmp_path / "mutual")
    opened = MutualScoring.load(tmp_path / "mutual")
    for image in [*images, texture(9)]:
        np.testing.assert_array_equal(detector.score_map(image), plain.score_map(image))
        judged = detector.judge(image)
        assert judged is not None
        assert opened.judge(image) == judged
    assert detector.similar_ is not None
    assert sorted(detector.similar_.scores) == pytest.approx(sorted(own))
    judged = detector.judge(images[0])
    assert judged is not None
    assert min(own) < judged.score < max(own) or judged.score == pytest.approx(own[0])


def test_positions_are_told_apart_from_as_many_images_as_are_compared() -> None:
    images = [np.full((9, 9), value, dtype=np.float32) for value in range(7)]
    shown = MutualScoring({"images": 3})._showing_positions(images)
    assert [int(image[0, 0]) for image in shown] == [0, 3, 6]
