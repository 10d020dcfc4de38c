"""What is possible with images that are not enough, and the press that does it."""

from collections.abc import Sequence

import pytest

from dashboard.session.images import ImageSelection
from dashboard.session.next_step import next_step
from dashboard.session.state import Session
from tests.dashboard.small import defect, defective_image, normal_image, page, png, texts


def methods() -> None:
    from dashboard.pages import methods as methods_page

    methods_page.show()


def images() -> None:
    from dashboard.pages import images as images_page

    images_page.show()


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


def uploaded(**files: Sequence[bytes]) -> Session:
    """A session with files uploaded by role: normal, test, masks; or in a folder."""
    session = Session(images=ImageSelection())
    for role, contents in files.items():
        held = [(f"{role[0]}{at}.png", content) for at, content in enumerate(contents)]
        session.images.uploads.hold(role, held)
    session.images.use_uploads(lambda done: None)
    return session


NORMAL = [png(normal_image(number)) for number in range(10)]
MASK = png(defect().astype("float32"))


@pytest.mark.parametrize(
    ("files", "text", "steps"),
    [
        ({"normal": NORMAL}, "set 2 of the 10 normal images aside", ("set-aside",)),
        ({"normal": NORMAL[:1]}, "one normal image and nothing to test", ("as-test",)),
        ({"masks": [MASK]}, "There are only masks.", ("as-test",)),
        ({"test": NORMAL[:1]}, "Mark a part of the image as normal", ("draw",)),
        ({"test": NORMAL[:2]}, "Some methods do without", ("without-normal", "draw")),
        ({"folder": [b"no image"]}, "None of the files can be used as an image", ()),
    ],
)
def test_what_is_possible(files, text: str, steps: tuple[str, ...]) -> None:
    session = uploaded(**files)
    assert session.data is not None
    found = next_step(session, session.data)
    assert found is not None
    assert text in found.text
    assert found.steps == steps
    for draw in (images, methods, compare):
        test = page(draw, session, {"images.source": "Your images"})
        assert not test.exception
        assert text in texts(test)


def test_nothing_is_lacking() -> None:
    session = uploaded(normal=NORMAL[:3], test=NORMAL[3:])
    assert session.data is not None
    assert next_step(session, session.data) is None
    assert "ready to run" in texts(page(compare, session))


def test_some_normal_images_are_set_aside() -> None:
    session = uploaded(normal=NORMAL)
    page(methods, session).button(key="methods.next.set-aside").click().run()
    assert session.data is not None
    assert len(session.data.normal) == 8
    assert [picture.kind for picture in session.data.test] == ["good", "good"]
    assert next_step(session, session.data) is None


def test_masks_are_used_as_images() -> None:
    session = uploaded(masks=[png(defective_image(1)), MASK])
    page(compare, session).button(key="compare.next.as-test").click().run()
    assert session.data is not None
    assert len(session.data.test) == 2


def test_defective_test_images_alone() -> None:
    session = uploaded(normal=NORMAL, folder=[])
    bad = [("test/bad/a.png", png(defective_image(1)))]
    session.images.uploads.hold("folder", bad)
    session.images.use_uploads(lambda done: None)
    assert session.data is not None
    found = next_step(session, session.data)
    assert found is not None
    assert found.text.startswith("All test images are defective")
    page(images, session, {"images.source": "Your images"}).button(
        key="images.next.set-aside"
    ).click().run()
    assert [picture.kind for picture in session.data.test].count("good") == 2


def test_the_window_to_draw_opens() -> None:
    session = uploaded(test=NORMAL[:1])
    test = page(images, session, {"images.source": "Your images"})
    test.button(key="images.next.draw").click().run()
    assert test.session_state["draw.open"] is True
