"""What is drawn on images and what becomes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dashboard.components import drawing
from dashboard.session.state import Session
from images.colour import Mask
from images.drawing.shapes import Rectangle, Stroke
from tests.dashboard.small import (
    TIMEOUT,
    compared,
    components,
    defect,
    normal_image,
    page,
    png,
    quick_session,
    small_set,
    texts,
)
from tests.odd_input.encoding import archive

PART = Rectangle(0, 0, 64, 32)


def images() -> None:
    from dashboard.pages import images as images_page

    images_page.show()


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


def window() -> None:
    from dashboard.components import draw_dialog
    from dashboard.session import state

    draw_dialog.window(state.session())


def rectangle(shape: Rectangle) -> Mask:
    mask = np.zeros((64, 64), dtype=bool)
    mask[shape.top : shape.bottom, shape.left : shape.right] = True
    return mask


def run(session: Session) -> None:
    session.start()
    assert session.job is not None
    assert session.job.wait(TIMEOUT)
    assert session.job.state == "finished"


def test_the_window_shows_the_image_and_its_mask() -> None:
    session = quick_session(small_set())
    session.images.draw("mask", "test/c.png", [PART])
    test = page(window, session)
    test.selectbox(key="draw.image").select_index(2).run()
    assert not test.exception
    (canvas,) = components(test)
    assert canvas["size"] == [64, 64]
    assert canvas["image"]
    assert canvas["below"]
    assert canvas["label"] == "Defect mask on test/c.png"
    assert canvas["shapes"] == [{"left": 0, "top": 0, "right": 64, "bottom": 32, "erases": False}]
    # 144 pixels of the given mask, 64 x 32 drawn, and 12 x 12 of them in both.
    assert "2,048 pixels marked on this image. Drawn: masks on 1 image." in texts(test)
    test.segmented_control(key="draw.purpose").select("Normal part").run()
    (canvas,) = components(test)
    assert canvas["shapes"] == []
    assert not canvas["brush"]


def test_shapes_come_as_the_browser_sends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [
        {"left": 1, "top": 2, "right": 3, "bottom": 4, "erases": False},
        {"points": [[1.5, 2], [3, 4]], "radius": 6, "erases": True},
    ]
    monkeypatch.setattr(drawing.st, "session_state", {"key": {"shapes": sent}, "empty": {}})
    assert drawing.drawn_shapes("key") == (
        Rectangle(1, 2, 3, 4),
        Stroke(((1.5, 2.0), (3.0, 4.0)), 6.0, erases=True),
    )
    assert drawing.drawn_shapes("empty") == ()
    sent[0]["left"] = "nothing"
    with pytest.raises(ValidationError):
        drawing.drawn_shapes("key")


def test_a_drawn_mask_counts_like_a_given_one_and_nothing_runs_again() -> None:
    given, drawn = compared(small_set()), compared(small_set(masks=False))
    before = drawn.job
    assert given.job is not None
    assert before is not None
    assert before.assessments()[0].metrics.values["pixel_auroc"] is None
    for name in ("test/c.png", "test/<d>.png"):
        drawn.images.draw("mask", name, [Rectangle(30, 20, 42, 32)])
    assert drawn.data is not None
    found = drawn.data.test[2].mask()
    assert found is not None
    assert (found == defect()).all()
    run(drawn)
    assert drawn.job is not None
    assert drawn.job.reused == 2
    for one, other in zip(given.job.assessments(), drawn.job.assessments(), strict=True):
        assert one.metrics.values == other.metrics.values


def test_a_region_holds_for_every_image_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = quick_session(small_set())
    session.images.draw("region", "test/a.png", [PART])
    run(session)
    monkeypatch.setattr("dashboard.session.kept.KEPT", tmp_path)
    session.comparisons.keep()
    assert session.job is not None
    monkeypatch.setattr("dashboard.session.comparisons.LIVE", {})
    other = Session()
    other.find(session.job.token)
    assert other.data is not None
    grid = page(compare, other)
    (view,) = components(grid)
    assert all(row["counted"] for row in view["rows"])
    for picture in (*other.data.normal, *other.data.test):
        assert picture.read_counted is not None
        assert (picture.read_counted() == rectangle(PART)).all()
    mask = other.data.test[2].mask()
    assert mask is not None
    assert (mask == defect()).all()


def test_images_of_another_size_than_the_region_are_left_out_and_told() -> None:
    whole = small_set()
    small = replace(whole.test[3], name="test/small.png", read=lambda: normal_image(1)[:40])
    session = quick_session(replace(whole, test=(*whole.test[:3], small)))
    session.images.draw("region", "test/a.png", [PART])
    run(session)
    test = page(compare, session)
    assert not test.exception
    assert "1 file not used:" in texts(test)
    assert "test/small.png is 64 x 40 pixels, but its region of interest is 64 x 64." in texts(test)


def test_one_image_is_enough() -> None:
    whole = small_set(masks=False, kinds=False)
    session = quick_session(type(whole)("one", (), whole.test[2:3]))
    test = page(images, session)
    assert "There is no normal image to train on." in texts(test)
    session.images.draw("normal", "test/c.png", [Rectangle(0, 33, 64, 64)])
    session.images.draw("mask", "test/c.png", [Rectangle(30, 20, 42, 32)])
    test.run()
    assert "Drawn: masks on 1 image, 1 normal part." in texts(test)
    assert "Dark areas are outside the region of interest and not used for metrics." in texts(test)
    assert "1 normal image for training" in texts(test)
    run(session)
    assert session.job is not None
    for assessment in session.job.assessments():
        assert len(assessment.result.maps) == 1
        assert assessment.result.maps[0].shape == (64, 64)
        (truth,) = assessment.truths
        assert truth.counted is not None
        assert (truth.counted == ~rectangle(Rectangle(0, 33, 64, 64))).all()
        auroc = assessment.metrics.values["pixel_auroc"]
        assert auroc is not None
        assert auroc > 0.9


def test_what_was_drawn_goes_with_other_images_and_stays_with_further_uploads() -> None:
    session = Session()
    session.images.uploads.held["test"] = [("a.png", png(normal_image(1)))]
    session.images.use_uploads(lambda done: None)
    session.images.draw("mask", "test/a.png", [PART])
    session.images.uploads.held["test"].append(("b.png", png(normal_image(2))))
    session.images.use_uploads(lambda done: None)
    assert session.data is not None
    first, second = (picture.mask() for picture in session.data.test)
    assert first is not None
    assert first.sum() == 64 * 32
    assert second is None
    session.images.use_sample("brick")
    session.images.use_uploads(lambda done: None)
    assert session.data.test[0].mask() is None


def zipped(number: int) -> bytes:
    """A set in an archive, with names that all such sets have and images of its own."""
    return archive(
        {
            "train/good/000.png": png(normal_image(number)),
            "test/bent/000.png": png(normal_image(number + 1)),
        }
    )


def test_drawings_belong_to_pixels_and_not_to_names() -> None:
    session = Session()
    session.images.uploads.held["archive"] = [("bottle.zip", zipped(1))]
    session.images.use_uploads(lambda done: None)
    session.images.draw("mask", "test/bent/000.png", [PART])
    session.images.draw("normal", "test/bent/000.png", [Rectangle(0, 33, 64, 64)])
    session.images.draw("region", "test/bent/000.png", [Rectangle(0, 0, 60, 60)])
    session.images.uploads.held["archive"] = [("cable.zip", zipped(5))]
    session.images.use_uploads(lambda done: None)
    assert session.data is not None
    (picture,) = session.data.test
    assert picture.name == "test/bent/000.png"
    assert picture.read_mask is None
    assert picture.read_counted is None
    assert len(session.data.normal) == 1
    assert "Drawn by hand" not in texts(page(images, session))


def test_drawings_stay_on_an_image_under_another_name() -> None:
    session = Session()
    session.images.uploads.held["archive"] = [("bottle.zip", zipped(1))]
    session.images.use_uploads(lambda done: None)
    session.images.draw("mask", "test/bent/000.png", [PART])
    session.images.uploads.held["archive"] = []
    session.images.uploads.held["test"] = [("photo 7.png", png(normal_image(2)))]
    session.images.use_uploads(lambda done: None)
    assert session.data is not None
    mask = session.data.test[0].mask()
    assert mask is not None
    assert mask.sum() == 64 * 32
    assert "Drawn: masks on 1 image." in texts(page(images, session))
