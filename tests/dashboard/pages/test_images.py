"""Samples, uploads and how files were understood."""

import numpy as np
from streamlit.testing.v1 import AppTest

from dashboard.components.understanding import AUTOMATIC
from dashboard.session.state import Session
from images.dataset import DataSet
from images.samples.catalogue import load_sample
from tests.dashboard.small import defect, defective_image, normal_image, page, png, texts
from tests.images.layouts.made import EMPTY, image, mask
from tests.odd_input.encoding import archive


def images() -> None:
    from dashboard.pages import images as images_page

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
    assert f"{len(session.data.normal)} normal images for training" in texts(test)
    assert "Synthetic: the photograph of brick" in texts(test)
    assert not test.button(key="run.sample").disabled
    shown = "".join(element.proto.body for element in test.get("html"))
    assert shown.count("<img") == len(session.data.normal) + len(session.data.test)
    assert 'alt="test/scratch/' in shown


def test_test_images_of_one_kind_are_shown() -> None:
    session = Session()
    test = page(images, session, {"images.kind": "good"})
    assert not test.exception
    assert session.data is not None
    good = [picture.name for picture in session.data.test if picture.kind == "good"]
    shown = "".join(element.proto.body for element in test.get("html"))
    assert shown.count("<img") == len(session.data.normal) + len(good)
    assert 'alt="test/scratch/' not in shown


def test_another_sample() -> None:
    session = Session()
    test = page(images, session)
    test.radio(key="images.sample").set_value("grass").run()
    assert session.data is load_sample("grass")
    assert "photograph of grass" in texts(test)


def test_uploads_are_understood_and_what_is_not_used_is_told() -> None:
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
    assert "1 file not used" in texts(test)
    assert "b.png" in texts(test)
    assert not test.button(key="run.upload").disabled


def test_uploads_stay_when_the_page_is_changed_and_go_when_removed() -> None:
    session = Session()
    test = upload_page(session)
    normal = files(["n1.png"], [png(normal_image(1))])
    test.file_uploader(key="images.upload.normal.0").set_value(normal).run()
    again = upload_page(session)
    assert "Uploaded: 1 file as normal." in texts(again)
    assert "1 normal image for training" in texts(again)
    again.button(key="images.remove").click().run()
    assert session.data is load_sample("brick")
    assert "The sample stays selected until you upload images." in texts(again)


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
    assert "set.zip is not a ZIP archive" in texts(test)
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
    assert "it may be inverted" in texts(test)
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
    assert "it may be inverted" not in texts(test)
    test.checkbox[0].uncheck().run()
    assert (session.data.test[0].mask() == ~defect()).all()
    test.button(key="images.remove").click().run()
    assert not session.images.uploads.remedies


def test_a_role_is_changed_by_hand() -> None:
    session = Session()
    test = upload_page(session)
    pile = files(["a.png", "b.png"], [png(normal_image(1)), png(normal_image(2))])
    test.file_uploader(key="images.upload.test.0").set_value(pile).run()
    session.images.give_roles({"test/a.png": "normal"})
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["test/a.png"]
    assert [picture.name for picture in session.data.test] == ["test/b.png"]


def hand_in(session: Session, **uploads: list[tuple[str, bytes]]) -> None:
    for role, given in uploads.items():
        session.images.uploads.held.setdefault(role, []).extend(given)
    session.images.use_uploads(lambda done: None)


def test_a_role_given_by_hand_stays_when_one_more_file_is_handed_in() -> None:
    session = Session()
    hand_in(session, test=[("a.png", png(normal_image(1))), ("b.png", png(normal_image(2)))])
    session.images.give_roles({"test/a.png": "normal"})
    hand_in(session, test=[("c.png", png(normal_image(3)))])
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["test/a.png"]
    assert [picture.name for picture in session.data.test] == ["test/b.png", "test/c.png"]
    session.images.uploads.held["test"][0] = ("a.png", png(normal_image(4)))
    hand_in(session)
    assert session.data is not None
    assert not session.data.normal  # another image of the same name


def test_a_role_stays_with_an_image_that_changed_its_name() -> None:
    """Handed in one by one, files lose the folder that all of them were in."""
    session = Session()
    hand_in(session, folder=[("lot/x/a.png", image(1)), ("lot/y/b.png", image(2))])
    session.images.give_roles({"x/a.png": "normal", "y/": "test/dent"})
    hand_in(session, folder=[("lot/y/c.png", image(3))])
    assert session.data is not None
    assert [(it.name, it.kind) for it in session.data.test] == [
        ("y/b.png", "dent"),
        ("y/c.png", "dent"),
    ]
    hand_in(session, folder=[("other/z.png", image(4))])
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["lot/x/a.png"]


def test_a_file_handed_in_as_normal_is_normal_whatever_it_is_called() -> None:
    session = Session()
    test = upload_page(session)
    names = ["wafer_mask.png", "golf GT.jpg", "lot.gt.png"]
    pictures = [png(normal_image(number)) for number in range(3)]
    test.file_uploader(key="images.upload.normal.0").set_value(files(names, pictures)).run()
    assert "3 normal images for training" in texts(test)
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == [
        "normal/golf GT.jpg",
        "normal/lot.gt.png",
        "normal/wafer_mask.png",
    ]


def test_masks_may_say_which_test_images_are_normal() -> None:
    session = Session()
    images_and_masks = {"test": [("a.png", image(1)), ("b.png", image(2))]}
    hand_in(session, normal=[("n.png", image(3))], **images_and_masks)
    assert "The kind of the test images is unknown." in texts(upload_page(session))
    hand_in(session, masks=[("a.png", mask())])
    assert "The kind of 1 of the test images is unknown." in texts(upload_page(session))
    hand_in(session, masks=[("b.png", EMPTY)])
    shown = upload_page(session)
    assert "which are normal" not in texts(shown)
    assert "kind by its mask" in "".join(it.proto.body for it in shown.get("html"))
    assert session.data is not None
    assert [picture.defective() for picture in session.data.test] == [True, False]


def data_of(session: Session) -> DataSet:
    assert session.data is not None
    return session.data


def zipped(*names: str) -> list[tuple[str, bytes]]:
    return [("parts.zip", archive({name: image(at) for at, name in enumerate(names)}))]


def test_how_a_set_was_read_is_said_and_can_be_changed() -> None:
    session = Session()
    hand_in(session, archive=zipped("train/good/1.png", "test/good/2.png", "test/hole/3.png"))
    test = upload_page(session)
    assert (
        "Read as MVTec AD: 1 normal image for training, 2 test images of 2 kinds, 0 masks."
        in texts(test)
    )
    test.selectbox(key="images.layout").set_value("by-name").run()
    assert "Read by folder and file names: 1 normal image" in texts(test)
    test.selectbox(key="images.layout").set_value("btad").run()
    assert not test.exception
    assert "parts is not in the layout BTAD; expected train/ok, test/ok," in texts(test)
    test.run()
    assert "parts is not in the layout BTAD" in texts(test)
    test.selectbox(key="images.layout").set_value(AUTOMATIC).run()
    assert "Read as MVTec AD" in texts(test)


def test_a_folder_that_says_nothing_is_given_a_role() -> None:
    session = Session()
    hand_in(
        session, archive=zipped("train/0/1.png", "train/0/2.png", "train/1/3.png", "test/4.png")
    )
    test = upload_page(session)
    assert "What do these folders contain?" in texts(test)
    assert test.button(key="run.upload").disabled
    assert "The role of the folders train/0, train/1 in parts is unknown" in texts(test)
    test.selectbox(key="images.folder.train/0").set_value("normal").run()
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["train/0/1.png", "train/0/2.png"]
    assert "The role of the folder train/1 in parts is unknown" in texts(test)
    test.selectbox(key="images.folder.train/1").set_value("test/1").run()
    assert not test.exception
    assert not data_of(session).undecided
    assert test.selectbox(key="images.folder.train/0").value == "normal"
    assert [(it.name, it.kind) for it in session.data.test] == [
        ("test/4.png", None),
        ("train/1/3.png", "1"),
    ]
    assert not test.button(key="run.upload").disabled
    test.selectbox(key="images.folder.train/1").set_value("normal").run()
    assert len(data_of(session).normal) == 3


def test_folders_are_asked_for_where_nothing_is_normal() -> None:
    session = Session()
    hand_in(session, archive=zipped("perfect/1.png", "anomaly/2.png"))
    test = upload_page(session)
    test.selectbox(key="images.folder.perfect").set_value("normal").run()
    assert not test.exception
    assert session.data is not None
    assert [picture.name for picture in session.data.normal] == ["perfect/1.png"]


def test_one_of_several_sets_is_chosen() -> None:
    session = Session()
    names = [f"{part}/train/good/1.png" for part in ("bottle", "cable")]
    hand_in(session, archive=zipped(*names, "cable/test/good/2.png"))
    test = upload_page(session)
    assert session.data is None
    test.selectbox(key="images.part").set_value("cable").run()
    assert not test.exception
    assert session.data is not None
    assert session.data.name == "cable"
    assert [picture.name for picture in session.data.test] == ["cable/test/good/2.png"]
    assert all(picture.digest for picture in session.data.test)
    test.selectbox(key="images.part").set_value("bottle").run()
    assert session.data.name == "bottle"


def test_methods_that_do_without_normal_images_are_offered() -> None:
    session = Session()
    test = upload_page(session)
    pictures = [png(normal_image(1)), png(normal_image(2)), png(defective_image(3))]
    test.file_uploader(key="images.upload.test.0").set_value(
        files(["a.png", "b.png", "c.png"], pictures)
    ).run()
    assert test.button(key="run.upload").disabled
    test.button(key="images.next.without-normal").click().run()
    assert [chosen.detector for chosen in session.methods.chosen] == ["mutual-scoring"]
    assert not test.button(key="run.upload").disabled
    assert test.button(key="images.next.without-normal").disabled
