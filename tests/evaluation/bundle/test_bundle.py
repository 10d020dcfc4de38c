"""A bundle judges as the comparison did, and says why when it cannot be used."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from evaluation.bundle.bundle import BundleError, open_bundle
from evaluation.bundle.export import bundle_of, common_region
from evaluation.bundle.judgement import judge
from evaluation.decisions.masks import PostProcessing
from evaluation.decisions.thresholds import manual
from images.dataset import GOOD, Picture
from images.errors import AnomalyError, ImageError
from methods.detector import Need
from methods.errors import UnavailableError
from methods.features.backbones import registry as backbones
from tests.dashboard.small import normal_image
from tests.evaluation.bundle.small import assessment, bundle, bundle_file

Header = dict[str, Any]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def test_it_judges_the_test_images_as_the_comparison_did() -> None:
    comparison, assessed = assessment()
    opened = open_bundle(bundle_file())
    found = [judge(opened, one.name, one.read()) for one in comparison.data.test]
    for at, one in enumerate(found):
        np.testing.assert_array_equal(one.scores, assessed.result.maps[at])
    assert [one.score for one in found] == assessed.image_scores.tolist()
    assert [one.p_value for one in found] == assessed.p_values.tolist()
    assert [one.defective for one in found] == [False, False, True, True]
    threshold = assessed.threshold("normal-quantile", "pixel").value
    assert opened.facts.pixel_threshold.value == threshold
    assert opened.scale == assessed.display_range(threshold)
    square = found[2]
    assert square.mask[20:32, 30:42].all()
    assert square.defective_share == square.mask.mean()


def test_it_says_where_everything_comes_from() -> None:
    comparison, assessed = assessment()
    facts = open_bundle(bundle_file()).facts
    assert facts.image_threshold.title == "Target false positive rate"
    assert facts.image_threshold.rate == 0.01
    assert facts.image_threshold.set_on == assessed.calibration_text == facts.card.calibration
    assert facts.card.training_digest == assessed.result.detector().images_
    assert facts.card.metrics["image_auroc"].value == assessed.metrics.values["image_auroc"]
    assert (facts.card.normal_images, facts.card.test_images) == (30, 4)
    assert (facts.card.good_test_images, facts.card.defective_test_images) == (2, 2)
    assert facts.versions["numpy"] == np.__version__
    opened = open_bundle(bundle_file())
    assert opened.normal_properties == comparison.normal_properties
    np.testing.assert_array_equal(opened.normal_scores, assessed.normal_image_scores)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (("normal images", "known classes"), "Trained on 30 normal images of waves"),
        (("test images",), "Trained on 4 test images of waves"),
        ((), "Not trained on any image, not even of waves"),
    ],
)
def test_it_says_on_what_it_was_trained(needs: tuple[Need, ...], said: str) -> None:
    facts = bundle().facts.model_copy(update={"needs": needs})
    assert facts.trained_on == said


def test_a_chosen_threshold_and_post_processing_come_along(tmp_path: Path) -> None:
    chosen = bundle_of(
        *assessment(), chosen={"pixel": manual(0.25)}, processing=PostProcessing(border=3)
    )
    chosen.save(tmp_path / "a.safetensors")
    facts = open_bundle(tmp_path / "a.safetensors").facts
    assert (facts.pixel_threshold.value, facts.pixel_threshold.rule) == (0.25, "by-hand")
    assert facts.image_threshold.rule == "normal-quantile"
    assert facts.processing.rule() == PostProcessing(border=3)


def test_the_region_of_new_images_is_what_one_of_the_normal_images_uses() -> None:
    """Rows 0 to 5 are used by the first, rows 2 to 7 by the second: rows 0 to 7 of 10."""

    def picture(rows: slice) -> Picture:
        counted = np.zeros((10, 4), dtype=bool)
        counted[rows] = True
        return Picture("a", GOOD, lambda: np.zeros((10, 4), np.float32), None, lambda: counted)

    region = common_region([picture(slice(0, 6)), picture(slice(2, 8))])
    assert region is not None
    assert region.any(axis=1).tolist() == [True] * 8 + [False] * 2
    everywhere = Picture("b", GOOD, lambda: np.zeros((10, 4), np.float32))
    assert common_region([picture(slice(0, 6)), everywhere]) is None


def test_pixels_outside_the_region_decide_nothing() -> None:
    region = np.ones((64, 64), dtype=bool)
    region[16:36, 26:46] = False  # the square and what the windows of 8 pixels around it see
    image = assessment()[0].data.test[2].read()
    found = judge(replace(bundle(), region=region), "c", image)
    assert not found.mask[~region].any()
    assert found.score < judge(bundle(), "c", image).score
    with pytest.raises(ImageError, match=r"c is 32 x 32 pixels, but the region of interest is 64"):
        judge(replace(bundle(), region=region), "c", image[:32, :32])


def changed(change: Callable[[Header], None], folder: Path) -> Path:
    """A copy of the bundle whose header was changed."""
    data = bundle_file().read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    change(header)
    text = json.dumps(header).encode()
    path = folder / "changed.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])
    return path


def with_metadata(folder: Path, **texts: str) -> Path:
    return changed(lambda header: header["__metadata__"].update(texts), folder)


def test_a_bundle_of_another_format_says_why_not(tmp_path: Path) -> None:
    path = with_metadata(tmp_path, format="anomaly-compare bundle 12")
    with pytest.raises(BundleError) as caught:
        open_bundle(path)
    assert str(caught.value) == (
        f"{path} is a bundle of format 12, and this version of Anomaly Compare reads format 1; "
        "export the method again with this version."
    )


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    facts = {**json.loads(bundle().facts.model_dump_json()), "later": [1]}
    opened = open_bundle(with_metadata(tmp_path, facts=json.dumps(facts)))
    assert opened.facts == bundle().facts


def test_a_fitted_detector_is_no_bundle() -> None:
    model = assessment()[1].result.folder / "model.safetensors"
    with pytest.raises(BundleError, match="is a fitted detector without thresholds; expected a"):
        open_bundle(model)


def test_other_files_are_no_bundles(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", bytes(10**6))
    (tmp_path / "empty").touch()
    (tmp_path / "pickle").write_bytes(b"cos\nsystem\n(S'touch /tmp/executed'\ntR.")
    (tmp_path / "long").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    save_file({"a": np.zeros(1)}, str(tmp_path / "tensors"))
    for name in ("bomb.zip", "empty", "pickle", "long", "tensors"):
        with pytest.raises(BundleError, match=f"{name} is not a bundle of Anomaly Compare"):
            open_bundle(tmp_path / name)
    with pytest.raises(BundleError, match="cannot be read: no such file or directory"):
        open_bundle(tmp_path / "missing")


def test_an_array_that_claims_more_than_the_file_holds(tmp_path: Path) -> None:
    def claim(header: Header) -> None:
        header["normal.scores"] |= {"shape": [2**40], "data_offsets": [0, 2**42]}

    with pytest.raises(BundleError, match="is not a bundle"):
        open_bundle(changed(claim, tmp_path))


def test_a_network_that_is_not_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backbones, "_allowed", ("efficientnet-lite0",))
    params = {"features": "network", "backbone": "timm:resnet18@/etc/passwd"}
    model = {**bundle().model_header, "params": json.dumps(params)}
    path = with_metadata(tmp_path, model=json.dumps(model))
    with pytest.raises(UnavailableError, match="'timm:resnet18@/etc/passwd' is not available here"):
        _ = open_bundle(path).detector


def used(path: Path) -> None:
    """Whatever the file holds, a person reads one sentence."""
    try:
        opened = open_bundle(path)
        judge(opened, "a.png", normal_image(1))
    except AnomalyError as error:
        assert str(error).endswith(".")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017


@given(value=JSON, data=st.data())
@settings(deadline=5000, max_examples=40)
def test_any_fact_is_read_or_refused(value: Any, data: st.DataObject, tmp_path_factory) -> None:
    facts = json.loads(bundle().facts.model_dump_json())
    place, whole = data.draw(st.sampled_from(sorted(facts))), facts
    while isinstance(whole[place], dict) and whole[place] and data.draw(st.booleans()):
        whole = whole[place]
        place = data.draw(st.sampled_from(sorted(whole)))
    whole[place] = value
    used(with_metadata(tmp_path_factory.getbasetemp(), facts=json.dumps(facts)))


@given(value=JSON, key=st.sampled_from(["format", "facts", "model"]))
@settings(deadline=5000, max_examples=20)
def test_any_metadata_is_read_or_refused(value: Any, key: str, tmp_path_factory) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    used(with_metadata(tmp_path_factory.getbasetemp(), **{key: text}))


@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
@settings(deadline=5000, max_examples=30)
def test_any_change_of_bytes_is_read_or_refused(
    changes: list[tuple[float, int]], tmp_path_factory
) -> None:
    data = bytearray(bundle_file().read_bytes())
    for place, value in changes:
        data[int(place**3 * len(data))] = value
    path = tmp_path_factory.getbasetemp() / "bytes.safetensors"
    path.write_bytes(data)
    open_or_refuse(path)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(deadline=5000, max_examples=10)
def test_a_file_that_is_cut_short_is_refused(share: float, tmp_path_factory) -> None:
    data = bundle_file().read_bytes()
    path = tmp_path_factory.getbasetemp() / "short.safetensors"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BundleError, match="is not a bundle"):
        open_bundle(path)


def open_or_refuse(path: Path) -> None:
    """Scoring with weights that were changed may fail in any way, which `predict` tells of."""
    try:
        _ = open_bundle(path).detector
    except AnomalyError as error:
        assert "\n" not in str(error)  # noqa: PT017
