"""The page Apply: the decisions of the comparison on new images, and what a person says of them."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.session.state import Session
from evaluation.bundle.bundle import BundleError
from evaluation.decisions.thresholds import manual
from images.dataset import GOOD
from methods.detector import DetectorError
from methods.errors import UnavailableError
from methods.features.backbones import registry as backbones
from tests.dashboard.small import (
    compared,
    components,
    defective_image,
    normal_image,
    page,
    png,
    quick_session,
    small_set,
    texts,
)
from tests.evaluation.bundle.small import bundle, bundle_file
from tests.evaluation.bundle.test_network import moved_network
from tests.methods.features.backbones.onnx_files.made import of_tokens


def apply() -> None:
    from dashboard.pages import apply as apply_page

    apply_page.show()


@pytest.fixture(scope="module")
def finished() -> Session:
    return compared(small_set())


@pytest.fixture
def session(finished: Session) -> Session:
    finished.applied.remove_images()
    finished.applied.verdicts.clear()
    finished.applied.uploaded = None
    finished.view.thresholds.clear()
    finished.images.use(finished.images.source)
    return finished


def dropped(session: Session) -> Session:
    session.applied.waiting = [
        ("good.png", png(normal_image(20))),
        ("bad.png", png(defective_image(21))),
        ("bad too.png", png(defective_image(22))),
    ]
    return session


def test_nothing_has_run() -> None:
    test = page(apply, quick_session(small_set()))
    assert not test.exception
    assert "Run a comparison, or upload a file that was exported" in texts(test)


def test_new_images_are_judged_as_in_the_comparison(session: Session) -> None:
    test = page(apply, dropped(session))
    assert not test.exception
    assert "3 images, 2 of them called defective." in texts(test)
    assert session.job is not None
    assessment = session.job.assessments()[0]
    (drawn,) = components(test)
    threshold = assessment.threshold("normal-quantile", "pixel").value
    assert drawn["methods"][0]["threshold"] == threshold
    assert drawn["methods"][0]["low"] == assessment.display_range(threshold).low
    assert [row["name"] for row in drawn["rows"]] == ["good.png", "bad.png", "bad too.png"]
    assert drawn["rows"][0]["note"].startswith("normal, score ")
    assert drawn["rows"][1]["note"].endswith(", p = 0.2")  # 1 of 4 normal images and itself


def test_a_threshold_of_the_comparison_applies_without_scoring_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(apply, dropped(session))
    assert session.applied.bundle is not None
    kind = type(session.applied.bundle.detector)
    monkeypatch.setattr(kind, "score_map", None)
    session.view.choose("PCA", "image", manual(1e6))
    test = page(apply, session)
    assert not test.exception
    assert "3 images, 0 of them called defective." in texts(test)


def test_thresholds_that_a_person_chose_hold_each_for_its_level(session: Session) -> None:
    assert session.job is not None
    usual = session.job.assessments()[0].threshold("normal-quantile", "pixel").value
    session.view.choose("PCA", "image", manual(1e6))
    test = page(apply, dropped(session))
    assert not test.exception
    assert "3 images, 0 of them called defective." in texts(test)
    assert session.applied.bundle is not None
    facts = session.applied.bundle.facts
    assert (facts.pixel_threshold.value, facts.image_threshold.value) == (usual, 1e6)


def test_what_a_person_says_is_counted_kept_and_written(session: Session) -> None:
    test = page(apply, dropped(session))
    good, bad, too = (image.digest for image in session.applied.images)
    test.segmented_control(key=f"apply.verdict.{good}").set_value("normal").run()
    session.applied.verdicts |= {bad: "defect", too: "normal"}
    test.run()
    confusion = session.applied.confusion()
    assert (confusion.true_positives, confusion.false_positives) == (1, 1)
    assert (confusion.true_negatives, confusion.false_negatives) == (1, 0)
    rows = list(csv.DictReader(io.StringIO(session.applied.table())))
    assert [row["your_verdict"] for row in rows] == ["normal", "defect", "normal"]
    session.applied.remove_images()
    page(apply, dropped(session))
    assert session.applied.confusion() == confusion


def test_images_called_normal_are_trained_on_in_the_next_comparison(session: Session) -> None:
    test = page(apply, dropped(session))
    image = session.applied.images[2]
    session.applied.verdicts[image.digest] = "normal"
    test.run()
    test.button(key="apply.add").click().run()
    assert "1 normal image added." in texts(test)
    assert session.data is not None
    assert [picture.name for picture in session.data.normal][4:] == ["confirmed/bad too.png"]
    assert session.data.normal[4].kind == GOOD
    test.button(key="apply.add").click().run()
    session.applied.remove_images()
    assert len(session.data.normal) == 5
    assert session.data.normal[4].read().shape == (64, 64)
    assert any("confirmed by you" in finding.text for finding in session.data.findings)
    session.images.take_out("confirmed/bad too.png")
    assert session.data.normal[4:] == ()


def test_archives_copies_and_what_cannot_be_read(session: Session) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/0 notes.txt", "About the images.")
        archive.writestr("a/one.png", png(normal_image(30)))
        archive.writestr("a/same.png", png(normal_image(30)))
        archive.writestr("../outside.png", png(normal_image(31)))
        archive.writestr("__MACOSX/a/._one.png", b"")
    session.applied.waiting = [("two.zip", buffer.getvalue()), ("text.png", b"no image")]
    test = page(apply, session)
    assert "1 image, 0 of them called defective." in texts(test)
    assert "text.png is not a readable image" in texts(test)
    assert "notes.txt is not a readable image" in texts(test)
    assert "outside.png has a path outside the archive" in texts(test)
    assert "MACOSX" not in texts(test)


def test_what_goes_beyond_the_limit_is_told_once_and_not_read(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.session.applied.MOST", 2)
    session.applied.waiting = [(f"{number}.png", png(normal_image(number))) for number in range(9)]
    page(apply, session)
    assert session.applied.troubles == [
        "No more than 2 images are kept at a time; 7 images of those that were added last were not "
        "looked at."
    ]


def test_images_unlike_the_normal_ones_are_told(session: Session) -> None:
    session.applied.waiting = [
        (f"{number}.png", png(1 - 0.9 * normal_image(number))) for number in range(4)
    ]
    assert "The new images as a whole differ from the normal images" in texts(page(apply, session))


def test_a_file_that_was_exported_judges_alone() -> None:
    session = quick_session(small_set())
    session.applied.upload("PCA.safetensors", bundle_file().read_bytes())
    test = page(apply, dropped(session))
    assert not test.exception
    assert test.selectbox(key="apply.method").value == "Uploaded file"
    assert "3 images, 2 of them called defective." in texts(test)
    assert "Trained on 30 normal images of waves (synthetic)" in texts(test)


@pytest.mark.parametrize("data", [b"", b"PK\3\4" + bytes(100), b"\x80\4K\1.", bytes(10**4)])
def test_a_file_that_is_no_bundle_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(BundleError) as caught:
        Session().applied.upload("a.safetensors", data)
    assert str(caught.value) == "a.safetensors is not a bundle of Anomaly Compare."


def test_a_bundle_with_a_network_that_is_not_offered_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backbones, "_allowed", backbones.names())
    params = json.dumps({"features": "network", "backbone": "timm:resnet18@/etc/passwd"})
    hostile = replace(bundle(), model_header={**bundle().model_header, "params": params})
    session = Session()
    with pytest.raises(DetectorError, match="is not available here"):
        session.applied.upload("a.safetensors", hostile.to_bytes())
    assert session.applied.uploaded is None


def test_the_network_of_a_bundle_is_uploaded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backbones, "_allowed", backbones.names())
    opened, file = moved_network(tmp_path, monkeypatch)
    digest = opened.model_arrays["network.weights"].tobytes().hex()
    session = Session()
    with pytest.raises(UnavailableError) as caught:
        session.applied.upload("moved.safetensors", Path(opened.name).read_bytes())
    assert str(caught.value) == (
        f"moved.safetensors needs its network, the file old.onnx with the digest {digest} "
        "(b2sum -l 128), which is not on this machine; upload it below."
    )
    session.applied.bundle_trouble = str(caught.value)
    test = page(apply, session)
    assert not test.exception
    assert str(caught.value) in texts(test)
    labels = [element.proto.label for element in test.get("file_uploader")]
    assert labels == ["Exported method (optional)", "Network of the method"]
    of_tokens(tmp_path / "other.onnx")
    other = (tmp_path / "other.onnx").read_bytes()
    for name, data, why in (
        ("text.onnx", b"About networks.", "text.onnx is not an ONNX file."),
        ("other.onnx", other, "other.onnx is not the network of moved.safetensors; expected "
         f"old.onnx with the digest {digest}."),
    ):  # fmt: skip
        with pytest.raises(UnavailableError) as caught:
            session.applied.upload_network(name, data)
        assert str(caught.value) == why
    session.applied.upload_network("new.onnx", file.read_bytes())
    session.applied.bundle_trouble = ""
    test = page(apply, dropped(session))
    assert not test.exception
    assert "3 images, " in texts(test)
    assert backbones.offered() == backbones.names()
