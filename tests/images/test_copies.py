"""Test images with the pixels of normal images."""

import numpy as np

from images.colour import Image
from images.copies import copies, near_copies
from images.dataset import DataSet, Picture


def picture(name: str, digest: bytes) -> Picture:
    return Picture(name, None, lambda: np.zeros((2, 2), dtype=np.float32), digest=digest)


def test_equal_digests_are_copies_and_unknown_ones_are_not() -> None:
    normal = (picture("n.png", b"1"), picture("m.png", b""))
    test = (picture("a.png", b"1"), picture("b.png", b"2"), picture("c.png", b""))
    found = copies(DataSet("some", normal, test))
    assert [(one.name, other.name) for one, other in found] == [("a.png", "n.png")]


def noise(seed: int) -> Image:
    return np.random.default_rng(seed).random((64, 64), dtype=np.float32)


def shot(name: str, image: Image, digest: bytes = b"") -> Picture:
    return Picture(name, None, lambda: image, digest=digest)


def test_near_duplicates_between_training_and_test_images_are_told() -> None:
    """`dim` is the first normal image at 90 % of its brightness, `part` a cut of the second.

    `again` has exactly the pixels of the first, which `copies` tells, and the two test images that
    are alike say nothing about training.
    """
    normal = (shot("n.png", noise(1), b"1"), shot("m.png", noise(2), b"2"), shot("o.png", noise(5)))
    test = (
        shot("dim.png", 0.9 * noise(1), b"3"),
        shot("part.png", np.ascontiguousarray(noise(2)[8:, 4:]), b"4"),
        shot("again.png", noise(1), b"1"),
        shot("other.png", noise(3), b"5"),
        shot("other too.png", noise(3), b"5"),
    )
    looked: list[int] = []
    found = near_copies(DataSet("some", normal, test), lambda: looked.append(1))
    assert [(one.name, other.name) for one, other in found] == [
        ("dim.png", "n.png"),
        ("part.png", "m.png"),
    ]
    assert len(looked) == 8
    assert near_copies(DataSet("none", (), test)) == []
