from dataclasses import replace

import numpy as np
import pytest

from evaluation.split import hold_out
from images.dataset import GOOD, Picture


def picture(at, rows=400):
    pixels = np.full((rows, 6), at, dtype=np.float32) + np.arange(rows, dtype=np.float32)[:, None]
    counted = np.tile([True, False, False], (rows, 2))
    return Picture(str(at), GOOD, lambda: pixels, read_counted=lambda: counted)


@pytest.mark.parametrize("count", [1, 5, 9])
def test_few_images_give_a_strip_each(count):
    split = hold_out([picture(at) for at in range(count)])
    assert len(split.train) == len(split.held_out) == count
    for at, (upper, lower) in enumerate(zip(split.train, split.held_out, strict=True)):
        whole = picture(at)
        assert len(lower.read()) == 80  # 20 % of 400 rows
        assert np.array_equal(np.concatenate([upper.read(), lower.read()]), whole.read())
        counted = np.concatenate([upper.read_counted(), lower.read_counted()])
        assert np.array_equal(counted, whole.read_counted())
    assert split.text == f"the lowest part (20%) of each of the {count} normal images"


@pytest.mark.parametrize(("rows", "strip"), [(200, 64), (100, 50), (3, 1)])
def test_a_strip_is_wide_enough_for_large_windows(rows, strip):
    (lower,) = hold_out([picture(0, rows)]).held_out
    assert len(lower.read()) == strip


def test_a_strip_lies_where_pixels_count():
    region = np.zeros((400, 6), dtype=bool)
    region[50:250, 2:] = True
    whole = replace(picture(0), read_counted=lambda: region)
    split = hold_out([whole])
    (upper,), (lower,) = split.train, split.held_out
    assert len(upper.read()) == len(upper.read_counted()) == 250 - 64
    assert lower.read_counted().sum() == 64 * 4
    assert np.array_equal(lower.read(), whole.read()[186:])


def test_many_images_give_whole_ones():
    normal = [picture(at) for at in range(15)]
    split = hold_out(normal, seed=4)
    assert len(split.held_out) == 3
    names = sorted(int(one.name) for one in (*split.train, *split.held_out))
    assert names == list(range(15))
    assert hold_out(normal, seed=4) == split
    assert hold_out(normal, seed=5) != split
    assert split.text == "3 of the 15 normal images, drawn at random"
