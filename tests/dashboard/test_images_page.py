"""Samples, uploads and how files were understood."""

import numpy as np
from streamlit.testing.v1 import AppTest

from dashboard.state import Session
from images.samples import load_sample
from tests.dashboard.small import defect, defective_image, normal_image, page, png, texts


def images() -> None:
    from dashboard import images_page

    images_page.show()


def files(names: list[str], pictures: list[bytes]) -> list[tuple[str, bytes, str]]:
    return [(name, picture, "image/png") for name, picture in zip(names, pictures, strict=True)]


def upload_page(session: Session) -> AppTest:
    test = page(images, session)
    test.segmented_control(key="images.source").select("Your images").run()
    return test


def test_opens_on_a_sample_that_is_ready_to_run() -> None:
    session = Session()
    test = page(images, session)
    assert not test.exception
    assert session.data is load_sample("brick")
    assert f"{len(session.data.normal)} normal images to learn from" in texts(test)
    assert "Synthetic: the photograph of brick" in texts(test)
    assert not test.button(key="run.sample").disabled
    shown = "".join(element.proto.body for element in test.get("html"))
    assert shown.count("<img") == len(session.data.normal) + len(session.data.test)
    assert 'alt="test/scratch/' in shown


def test_another_sample() -> None:
    session = Session()
    test = page(images, session)
    test.radio(key="images.sample").set_value("grass").run()
    assert session.data is load_sample("grass")
    assert "photograph of grass" in texts(test)


def test_uploads_are_understood_and_what_is_left_over_is_told() -> None:
    session = Session()
    test = upload_page(session)
    mask = np.where(defect(), np.float32(1), np.float32(0))
    normal = files(["n1.png", "n2.png"], [png(normal_image(1)), png(normal_image(2))])
    test.file_uploader(key="images.upload.normal.0").set_value(normal).run()
    assert "has no test image" in texts(test)
    assert test.button(key="run.upload").disabled
    broken = [*files(["a.png"], [png(defective_image(3))]), ("b.png", b"no image", "image/png")]
    test.file_uploader(key="images.upload.test.0").set_value(broken).run()
    test.file_uploader(key="images.upload.masks.0").set_value(
        files(["a_mask.png"], [png(mask)])
    ).run()
    assert not test.exception
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["normal/n1.png", "normal/n2.png"]
    (tested,) = session.data.test
    found = tested.mask()
    assert found is not None
    assert np.array_equal(found, defect())
    assert "1 file left over" in texts(test)
    assert "b.png" in texts(test)
    assert not test.button(key="run.upload").disabled


def test_uploads_stay_when_the_page_is_changed_and_go_when_removed() -> None:
    session = Session()
    test = upload_page(session)
    normal = files(["n1.png"], [png(normal_image(1))])
    test.file_uploader(key="images.upload.normal.0").set_value(normal).run()
    again = upload_page(session)
    assert "Handed in: 1 file as normal." in texts(again)
    assert "1 normal image to learn from" in texts(again)
    again.button(key="images.remove").click().run()
    assert session.data is load_sample("brick")
    assert "Until you hand in images, the sample stays chosen." in texts(again)


def test_a_file_name_is_text_everywhere() -> None:
    session = Session()
    test = upload_page(session)
    name = "<img src=x onerror=alert(1)>.png"
    test.file_uploader(key="images.upload.normal.0").set_value(
        files([name], [png(normal_image(1))])
    ).run()
    shown = "".join(element.proto.body for element in test.get("html"))
    assert "<img src=x" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_a_zip_that_is_none() -> None:
    session = Session()
    test = upload_page(session)
    test.file_uploader(key="images.upload.archive.0").set_value(
        ("set.zip", b"nothing", "application/zip")
    ).run()
    assert not test.exception
    assert "set.zip is no ZIP archive" in texts(test)
    assert session.data is not None


def test_masks_that_look_wrong_are_fixed_on_request() -> None:
    session = Session()
    test = upload_page(session)
    swapped = np.where(defect(), np.float32(0), np.float32(1))
    larger = np.pad(np.float32(defect()), ((0, 1), (0, 1)))
    for role, names, pictures in (
        ("normal", ["n.png"], [png(normal_image(1))]),
        ("test", ["a.png", "b.png"], [png(defective_image(2)), png(defective_image(3))]),
        ("masks", ["a.png", "b.png"], [png(swapped), png(larger)]),
    ):
        test.file_uploader(key=f"images.upload.{role}.0").set_value(files(names, pictures)).run()
    assert "perhaps it is inverted" in texts(test)
    assert [box.label for box in test.checkbox] == [
        "Invert masks that mark most of their image (1 mask)",
        "Resize masks to their images (1 mask)",
    ]
    for box in (0, 1):
        test.checkbox[box].check().run()
    assert not test.exception
    assert session.data is not None
    first, second = (picture.mask() for picture in session.data.test)
    assert first is not None
    assert (first == defect()).all()
    assert second is not None
    assert second.shape == defect().shape
    assert "perhaps it is inverted" not in texts(test)
    test.checkbox[0].uncheck().run()
    assert (session.data.test[0].mask() == ~defect()).all()
    test.button(key="images.remove").click().run()
    assert not session.remedies


def test_a_role_is_changed_by_hand() -> None:
    session = Session()
    test = upload_page(session)
    pile = files(["a.png", "b.png"], [png(normal_image(1)), png(normal_image(2))])
    test.file_uploader(key="images.upload.test.0").set_value(pile).run()
    session.give_roles({"test/a.png": "normal"})
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["test/a.png"]
    assert [picture.name for picture in session.data.test] == ["test/b.png"]
