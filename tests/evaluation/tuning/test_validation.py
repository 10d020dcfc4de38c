"""Which images are held out, what is painted on them, and that no test image is looked at."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from evaluation.tuning.validation import (
    CONTRASTS,
    SIZES,
    TuningError,
    _brush,
    hold_out,
    labelled_validation,
    mixed,
    painted_validation,
    set_aside,
)
from images.dataset import GOOD, DataSet, Picture
from tests.evaluation.synthetic import data_set, noise


def untouchable(data: DataSet) -> DataSet:
    def fail() -> None:
        raise AssertionError("A test image was read.")

    return replace(
        data, test=tuple(replace(picture, read=fail, read_mask=fail) for picture in data.test)
    )


def names(pictures: tuple[Picture, ...]) -> list[str]:
    return [picture.name for picture in pictures]


def test_images_are_held_out_and_painted_on_without_a_test_image() -> None:
    """0.3 of 10 images are 3; two kinds have 3 defects each in the search and 9 after it."""
    found = painted_validation(untouchable(data_set(normal=10)), ("stain", "cut-paste"))
    held = {name for name in names(found.searched) if name.startswith("train/")}
    assert (len(found.train), len(held)) == (7, 3)
    assert not held & set(names(found.train))
    for pictures, count in ((found.searched, 3), (found.confirmed, 9)):
        kinds = [picture.kind for picture in pictures]
        assert [kinds.count(kind) for kind in (GOOD, "stain", "cut-paste")] == [3, count, count]
        third = len(kinds) // 3
        assert [kinds[at * third : (at + 1) * third].count("stain") for at in range(3)] == [
            count // 3
        ] * 3
    painted = [p for p in (*found.searched, *found.confirmed) if p.kind != GOOD]
    assert len({picture.read().tobytes() for picture in painted}) == 24
    assert all(np.array_equal(p.read(), p.read()) and p.defective() for p in painted)
    assert found.text == "18 painted defects (stain, cut-paste)"


def test_images_that_share_pixels_are_on_one_side() -> None:
    """Four images and a copy of each are four groups, of which one is held out."""
    data = data_set(normal=4)
    twins = tuple(
        Picture(f"twin/{at}.png", GOOD, partial(noise, at)) for at in range(len(data.normal))
    )
    train, held_out = hold_out(replace(data, normal=data.normal + twins), seed=0)
    assert len(held_out) == 2
    assert held_out[0].name.rpartition("/")[2] == held_out[1].name.rpartition("/")[2]
    assert len(train) == 6


def test_each_known_class_is_held_out_from_and_trained_on() -> None:
    """Of eight groups of one class two are held out (0.3 of them), of two one, of one none."""
    classes = 8 * ["a"] + 2 * ["b"] + ["c"]
    data = data_set(normal=len(classes))
    normal = tuple(
        replace(picture, known_class=name)
        for picture, name in zip(data.normal, classes, strict=True)
    )
    _, held_out = hold_out(replace(data, normal=normal), seed=0)
    assert sorted(str(picture.known_class) for picture in held_out) == ["a", "a", "b"]


def test_too_few_images_are_refused_with_their_number() -> None:
    with pytest.raises(TuningError, match=r"squares has 2 independent normal images.*needs 3"):
        painted_validation(data_set(normal=2))
    with pytest.raises(TuningError, match="no painted defect of the kind dent; expected some of"):
        painted_validation(data_set(normal=4), ("dent",))


def test_three_brushes_have_all_sizes_and_contrasts_and_nine_all_pairs() -> None:
    three = [_brush(at, 1, 2) for at in range(3)]
    assert {brush.size for brush in three} == set(SIZES)
    assert {brush.contrast for brush in three} == set(CONTRASTS)
    assert len({(b.size, b.contrast) for b in (_brush(at, 1, 2) for at in range(9))}) == 9


def test_classes_are_mixed_evenly() -> None:
    """Of two and four, the places are 1/4 and 3/4, and 1/8, 3/8, 5/8 and 7/8."""
    pictures = [Picture(name, GOOD, partial(noise, 0)) for name in "abwxyz"]
    assert "".join(names(mixed([pictures[:2], pictures[2:]]))) == "waxybz"


def test_labelled_images_that_are_set_aside_are_no_test_images() -> None:
    data = data_set(normal=4, good=2, defective=3)
    rest, aside = set_aside(data, ["square/0.png", "good"])
    assert names(rest.test) == ["square/1.png", "square/2.png"]
    found = labelled_validation(rest, aside)
    assert sorted(names(found.searched))[:3] == ["good/0.png", "good/1.png", "square/0.png"]
    assert len(found.searched) == 4
    assert found.searched == found.confirmed
    assert found.text == "3 labelled images"


def test_what_cannot_be_set_aside_is_named() -> None:
    data = data_set(normal=4)
    with pytest.raises(TuningError, match="'scratch' is not a folder or the name of test images"):
        set_aside(data, ["scratch"])
    with pytest.raises(TuningError, match="none is left to test on"):
        set_aside(data, ["good", "square"])
    with pytest.raises(TuningError, match="None of the images that are set aside is labelled as"):
        labelled_validation(*set_aside(data, ["good"]))
