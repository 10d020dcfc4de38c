"""Folds of normal images: nothing is scored by a model that learned from it."""

from functools import partial

import numpy as np
import pytest

from evaluation.comparison.folds import CrossFit, Part, mirrored_around
from images.colour import Image, Mask
from images.dataset import GOOD, Picture
from images.errors import ImageError


def numbered(at: int, height: int = 8, width: int = 20) -> Image:
    """Every pixel has a value of its own."""
    return (np.arange(height * width) + 1000 * at).reshape(height, width).astype(np.float32)


def pictures(count: int) -> tuple[Picture, ...]:
    return tuple(Picture(str(at), GOOD, partial(numbered, at)) for at in range(count))


def plan(count: int, groups: tuple[int, ...] | None = None, seed: int = 0) -> CrossFit:
    return CrossFit(pictures(count), groups or tuple(range(count)), seed)


@pytest.mark.parametrize(("images", "count"), [(3, 3), (7, 2), (12, 5)])
def test_every_image_is_held_out_once_and_learned_from_otherwise(images: int, count: int) -> None:
    folds = plan(images).folds(count)
    held_out = [scored.place for fold in folds for scored in fold.scored]
    assert sorted(held_out) == list(range(images))
    for fold in folds:
        assert all(scored.part is None for scored in fold.scored)
        names = {int(picture.name) for picture in fold.train}
        assert names == set(range(images)) - {scored.place for scored in fold.scored}
    sizes = [len(fold.scored) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


def test_images_that_share_pixels_are_held_out_together() -> None:
    groups = (0, 1, 0, 2, 3, 0, 2)
    for seed in range(10):
        for fold in plan(7, groups, seed).folds(3):
            held_out = {groups[scored.place] for scored in fold.scored}
            learned = {groups[int(picture.name)] for picture in fold.train}
            assert not held_out & learned


def test_there_are_no_more_folds_than_groups() -> None:
    assert plan(20).most_folds == 10
    assert plan(4).most_folds == 4
    assert plan(6, (0, 0, 1, 1, 2, 2)).most_folds == 3


def test_the_same_seed_gives_the_same_folds() -> None:
    def held_out(seed: int) -> list[list[int]]:
        return [[scored.place for scored in fold.scored] for fold in plan(12, None, seed).folds(4)]

    assert held_out(3) == held_out(3)
    assert held_out(3) != held_out(4)


@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_with_few_images_every_pixel_is_held_out_once(images: int, count: int) -> None:
    few = plan(images)
    assert few.by_parts
    covered = np.zeros((images, 8, 20), dtype=int)
    for fold in few.folds(count):
        for scored, picture in zip(fold.scored, fold.train, strict=True):
            assert scored.part is not None
            assert scored.part.axis == 1  # across the longer side
            scored.part.of(covered[scored.place])[:] += 1
            learned = picture.read()
            assert learned.shape == (8, 20)
            hidden = scored.part.of(numbered(scored.place))
            assert not np.isin(learned, hidden).any()
    assert (covered == 1).all()


def test_a_strip_is_replaced_by_what_lies_beside_it_mirrored() -> None:
    def around(start: int, stop: int) -> list[int]:
        return mirrored_around(Part(0, start, stop), 8).tolist()

    assert around(2, 6) == [0, 1, 1, 0, 7, 6, 6, 7]
    assert around(0, 3) == [5, 4, 3, 3, 4, 5, 6, 7]
    assert around(6, 8) == [0, 1, 2, 3, 4, 5, 5, 4]
    assert around(1, 8) == [0] * 8


def test_an_image_of_one_pixel_is_refused() -> None:
    tiny = Picture("dot.png", GOOD, lambda: np.zeros((1, 1), dtype=np.float32))
    whole = [fold for fold in CrossFit((tiny,), (0,)).folds(2) if fold.scored[0].part.stop == 1]
    with pytest.raises(
        ImageError, match=r"dot\.png is too small to hold out a part for calibration"
    ):
        whole[-1].train[0].read()


def test_strips_divide_the_area_that_counts() -> None:
    def counted() -> Mask:
        region = np.zeros((8, 20), dtype=bool)
        region[2:5, 6:14] = True
        return region

    (whole,) = pictures(1)
    few = CrossFit((Picture("a", GOOD, whole.read, read_counted=counted),), (0,))
    parts = [fold.scored[0].part for fold in few.folds(4)]
    assert [(part.start, part.stop) for part in parts if part] == [
        (0, 8),
        (8, 10),
        (10, 12),
        (12, 20),
    ]


def test_few_groups_among_many_images_are_cut_into_parts_and_told() -> None:
    shared = plan(4, (0, 0, 1, 1))
    assert shared.by_parts
    assert shared.shared_text() == (
        "All normal images share pixels with another image or are near-duplicates, for example "
        "overlapping tiles: parts of images were held out instead of whole images, so thresholds "
        "may be too low."
    )
    assert plan(5, (0, 0, 1, 2, 3)).shared_text().startswith("2 of the 5 normal images share")
    assert plan(5, (0, 0, 1, 2, 3)).shared_text().endswith("they are held out together.")
    assert plan(5).shared_text() == ""


def test_a_large_set_is_calibrated_on_two_hundred_images() -> None:
    large = plan(1000)
    assert len(large.calibrated) == len({picture.name for picture in large.calibrated}) == 200
    folds = large.folds(5)
    assert sorted(scored.place for fold in folds for scored in fold.scored) == list(range(200))
    for fold in folds:
        names = {large.calibrated[scored.place].name for scored in fold.scored}
        assert not names & {picture.name for picture in fold.train}
        assert len(fold.train) == 800
    assert large.text(5).startswith("200 of the 1000 normal images, each scored by a model that")
