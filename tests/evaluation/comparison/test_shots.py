"""The images of a learning curve."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from evaluation.comparison.comparison import Comparison
from evaluation.comparison.folds import CrossFit
from evaluation.comparison.shots import MOST_TESTED, ShotsError, doublings, shots_of
from images.dataset import GOOD, DataSet, Picture
from images.samples.defects import DEFECTS
from tests.evaluation.synthetic import data_set, noise


def comparison(data: DataSet, tmp_path, groups=None) -> Comparison:
    groups = groups or tuple(range(len(data.normal)))
    return Comparison(data, CrossFit(data.normal, groups, 3), (), (), tmp_path)


def large(seed):
    return np.tile(noise(seed), (2, 2))


def unlabelled(normal: int) -> DataSet:
    return DataSet(
        "large",
        tuple(Picture(f"train/{at}.png", GOOD, partial(large, at)) for at in range(normal)),
        (Picture("test/0.png", None, partial(large, 100)),),
    )


def test_numbers_of_images() -> None:
    assert doublings(1) == (1,)
    assert doublings(5) == (1, 2, 4, 5)
    assert doublings(8) == (1, 2, 4, 8)


def test_a_draw_of_more_images_holds_the_smaller_ones(tmp_path) -> None:
    shots = shots_of(comparison(data_set(normal=6), tmp_path))
    names = [{picture.name for picture in shots.drawn(count, 0, 3)} for count in (1, 2, 4, 6)]
    assert [len(each) for each in names] == [1, 2, 4, 6]
    assert names[0] < names[1] < names[2] < names[3]
    other = {picture.name for picture in shots.drawn(4, 1, 3)}
    assert other != names[2]


def test_labelled_test_images_are_scored_half_of_them_defective(tmp_path) -> None:
    data = data_set(good=80, defective=40)
    shots = shots_of(comparison(data, tmp_path))
    kinds = [picture.kind for picture in shots.tested]
    assert len(kinds) == MOST_TESTED
    assert kinds.count(GOOD) == MOST_TESTED // 2
    assert shots.places is not None
    assert [data.test[place] for place in shots.places] == list(shots.tested)
    assert shots.text() == "the same 60 labelled test images"
    few_good = shots_of(comparison(data_set(good=2, defective=70), tmp_path))
    assert [picture.kind for picture in few_good.tested].count(GOOD) == 2
    assert len(few_good.tested) == MOST_TESTED


def test_without_labels_defects_are_painted_on_images_that_are_not_drawn(tmp_path) -> None:
    # 0 and 1 share pixels, so they are held out together or not at all.
    data = unlabelled(6)
    shots = shots_of(comparison(data, tmp_path, (0, 0, 1, 2, 3, 4)))
    assert shots.places is None
    held_out = {picture.name.partition(",")[0] for picture in shots.tested}
    pool = {picture.name for picture in shots.pool}
    assert pool | held_out == {picture.name for picture in data.normal}
    assert not pool & held_out
    pair = {"train/0.png", "train/1.png"}
    assert pair <= pool or pair <= held_out
    assert len(shots.tested) == len(held_out) * (1 + len(DEFECTS))
    good, painted = shots.tested[0], shots.tested[1]
    assert good.kind == GOOD
    changed = painted.read() != good.read()
    mask = painted.mask()
    assert mask is not None
    assert mask.any()
    assert not changed[~mask].any()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (unlabelled(0), "There are no normal images"),
        (unlabelled(2), "it takes labelled test images"),
        (
            replace(unlabelled(3), normal=data_set(normal=3).normal),
            r"train/\d.png is too small to paint defects on; expected 48 pixels",
        ),
    ],
)
def test_what_cannot_be_measured_is_said(data: DataSet, message: str, tmp_path) -> None:
    with pytest.raises(ShotsError, match=message):
        shots_of(comparison(data, tmp_path))
