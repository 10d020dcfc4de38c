"""Test images with the pixels of normal images."""

import numpy as np

from images.copies import copies
from images.dataset import DataSet, Picture


def picture(name: str, digest: bytes) -> Picture:
    return Picture(name, None, lambda: np.zeros((2, 2), dtype=np.float32), digest=digest)


def test_equal_digests_are_copies_and_unknown_ones_are_not() -> None:
    normal = (picture("n.png", b"1"), picture("m.png", b""))
    test = (picture("a.png", b"1"), picture("b.png", b"2"), picture("c.png", b""))
    found = copies(DataSet("some", normal, test))
    assert [(one.name, other.name) for one, other in found] == [("a.png", "n.png")]
