"""Normal images that look odd, and taking one out."""

from dataclasses import replace

import pytest

from dashboard.session.state import Session
from images.dataset import GOOD, DataSet, Picture
from tests.dashboard.small import (
    TIMEOUT,
    compared,
    defective_image,
    normal_image,
    page,
    small_set,
    texts,
)


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


def images() -> None:
    from dashboard.pages import images as images_page

    images_page.show()


def with_a_bad_one() -> DataSet:
    """Eight normal images, one of which is defective."""
    normal = [
        Picture(f"train/{n}.png", GOOD, lambda n=n: normal_image(n), digest=bytes([n]))
        for n in range(8)
    ]
    normal[5] = replace(normal[5], name="train/bad.png", read=lambda: defective_image(5))
    return replace(small_set(), normal=tuple(normal))


@pytest.fixture
def session() -> Session:
    return compared(with_a_bad_one())


def test_a_defective_normal_image_is_found_taken_out_and_put_back(session: Session) -> None:
    test = page(compare, session, {"compare.view": "Normal images"})
    assert not test.exception
    assert "1 normal image of 8 may be defective" in texts(test)
    shown = [element.proto.body for element in test.get("html")]
    first = next(body for body in shown if "normal-scores" in body)
    assert "train/bad.png" in first
    assert "looks odd" in first
    test.button(key="normal.take_out.5").click().run()
    assert session.images.taken_out_here == ("train/bad.png",)
    assert session.job is not None
    assert session.job.wait(TIMEOUT)
    comparison = session.job.comparison()
    assert comparison is not None
    assert [picture.name for picture in comparison.data.normal] == [
        f"train/{n}.png" for n in (0, 1, 2, 3, 4, 6, 7)
    ]
    page_of_images = page(images, session)
    assert "train/bad" in texts(page_of_images)
    page_of_images.button(key="images.put_back").click().run()
    assert session.data is not None
    assert len(session.data.normal) == 8
    assert session.images.taken_out_here == ()


def test_no_image_can_be_taken_out_of_what_is_no_longer_chosen(session: Session) -> None:
    session.methods.add("padim")
    test = page(compare, session, {"compare.view": "Normal images"})
    assert all(
        button.disabled
        for button in test.button
        if button.key is not None and button.key.startswith("normal.take_out")
    )


def test_other_images_are_not_taken_out(session: Session) -> None:
    session.images.take_out("train/bad.png")
    session.images.use(small_set())
    assert session.images.taken_out_here == ()
    assert session.data is not None
    assert len(session.data.normal) == 4
