"""What is kept, and that it ends."""

import gc
import weakref

import numpy as np

from dashboard.components.gallery import PICTURE_BYTES, Gallery
from dashboard.pages.inspect import detector_of
from dashboard.session.memory import Memory
from images.dataset import DataSet, Picture
from tests.dashboard.small import compared, small_set


def test_things_are_made_once_and_the_oldest_go() -> None:
    memory, made = Memory(3), []

    def once(key: str, weight: float = 1.0) -> str:
        def make() -> str:
            made.append(key)
            return key

        return memory.once("owner", key, make, lambda thing: weight)

    for key in "abca":
        assert once(key) == key
    assert made == ["a", "b", "c"]
    once("d")  # b was asked for longest ago
    once("a")
    once("b")
    assert made == ["a", "b", "c", "d", "b"]
    once("heavy", 3.0)
    assert len(memory) == 1
    once("too heavy", 9.0)
    assert len(memory) == 1
    once("a")
    assert len(memory) == 1


def test_an_owner_takes_its_things_along() -> None:
    memory = Memory(10)
    memory.once("one", "a", lambda: 1)
    memory.once("two", "a", lambda: 2)
    memory.forget("one")
    assert memory.once("two", "a", lambda: 3) == 2
    assert memory.once("one", "a", lambda: 4) == 4


def test_a_gallery_keeps_no_more_than_its_limit() -> None:
    noise = np.random.default_rng(0).random((1400, 1400), dtype=np.float32)
    pictures = tuple(Picture(f"{at}.png", None, lambda: noise) for at in range(80))
    gallery = Gallery(DataSet("many", (), pictures))
    for at in range(80):
        size = len(gallery.test(at, 1400).data)
    assert 80 * size > PICTURE_BYTES
    assert len(gallery.kept) == PICTURE_BYTES // size


def test_detectors_go_with_the_session_that_asked_for_them() -> None:
    session = compared(small_set())
    job = session.job
    assert job is not None
    result = job.assessments()[0].result
    detector = detector_of(result)
    assert detector_of(result) is detector
    seen = weakref.ref(detector)
    del detector
    assert seen() is not None
    session.leave()
    gc.collect()
    assert seen() is None
