"""The table of images, large previews, and near-duplicates."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import near_copies_view
from dashboard.session import widgets
from dashboard.session.state import Session
from images.dataset import GOOD, DataSet, Picture
from tests.dashboard.pages.test_images import images
from tests.dashboard.small import page, small_set, texts


def session_of(data: DataSet) -> Session:
    session = Session()
    session.images.use(data)
    return session


def table_page(data: DataSet, **chosen: str) -> AppTest:
    values = {widgets.IMAGES_VIEW: "Table", **{f"images.{key}": it for key, it in chosen.items()}}
    return page(images, session_of(data), values)


def flat(name: str, kind: str, value: float, *shape: int) -> Picture:
    return Picture(name, kind, lambda: np.full(shape, value, dtype=np.float32))


def test_sizes_and_brightness_at_a_glance() -> None:
    """A grey image of a quarter, and white of which red, green and blue weigh 1 together."""
    data = DataSet(
        "two",
        (flat("train/n.png", GOOD, 0.25, 4, 6),),
        (flat("test/a.png", "hole", 1.0, 5, 7, 3),),
    )
    test = table_page(data)
    assert not test.exception
    found = test.dataframe[0].value
    rows = [tuple(row) for row in found.drop(columns="Brightness").itertuples(index=False)]
    assert rows == [
        ("train/n.png", "normal", "good", 6, 4, 1, "not from a file"),
        ("test/a.png", "test", "hole", 7, 5, 3, "not from a file"),
    ]
    assert list(found["Brightness"]) == pytest.approx([0.25, 1.0])


def test_the_table_is_filtered_by_role_and_kind() -> None:
    names = {
        (): 8,
        ("role", "normal"): 4,
        ("role", "test"): 4,
        ("kind", "square"): 2,
    }
    for chosen, rows in names.items():
        test = table_page(small_set(), **dict([chosen] if chosen else []))
        assert len(test.dataframe[0].value) == rows
    both = table_page(small_set(), role="test", kind="good")
    assert list(both.dataframe[0].value["Image"]) == ["test/a.png", "test/b.png"]


def test_an_image_is_shown_large_with_the_next_one_a_press_away() -> None:
    """Place 3 is the last of four normal images, place 4 the first test image."""
    test = page(images, session_of(small_set()), {widgets.LARGE: 3})
    assert not test.exception
    assert "Normal image: 64 x 64 pixels, grey, mean brightness 0.5" in texts(test)
    assert "4 of 8." in texts(test)
    test.button(key=widgets.LARGE_NEXT).click().run()
    assert "test/a.png" in texts(test)
    assert "5 of 8." in texts(test)
    assert test.session_state[widgets.LARGE] == 4


def with_a_near_copy() -> DataSet:
    """The first test image is a cut of the second normal one."""
    noise = [np.random.default_rng(seed).random((64, 64), dtype=np.float32) for seed in range(4)]
    cut = np.ascontiguousarray(noise[1][4:, 8:])
    return DataSet(
        "noise",
        tuple(Picture(f"n{at}.png", GOOD, noise[at].copy) for at in range(2)),
        (Picture("cut.png", GOOD, cut.copy), Picture("own.png", GOOD, noise[3].copy)),
    )


SAID = "1 test image with nearly the pixels of a normal image"


def test_a_near_copy_is_told_at_once_in_a_small_set() -> None:
    test = page(images, session_of(with_a_near_copy()))
    assert SAID in texts(test)
    assert "cut.png is nearly n1.png, or overlaps it" in texts(test)


def test_in_a_larger_set_it_is_told_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_copies_view, "AT_ONCE", 0.0)
    test = page(images, session_of(with_a_near_copy()))
    assert SAID not in texts(test)
    test.button(key=widgets.NEAR_COPIES).click().run()
    assert SAID in texts(test)
    monkeypatch.setattr(near_copies_view, "MOST", 0.0)
    assert "the limit is 0" in texts(test.run())
