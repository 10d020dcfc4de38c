"""Saved detectors and comparisons that someone has changed: refused in a sentence, never run."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from evaluation.comparison.storage import ComparisonError, read_image, write_array
from evaluation.report.html import html_report
from methods import registry
from methods.detector import DetectorError, read_saved
from tests.dashboard.small import QUICK, normal_image, small_set

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
Header = dict[str, Any]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    images = [normal_image(number) for number in range(3)]
    registry.create("pca-residual", QUICK).fit(images).save(path)
    return path


def with_header(saved: Path, change: Callable[[Header], None]) -> Path:
    """A copy of a saved detector whose header was changed."""
    data = saved.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    change(header)
    text = json.dumps(header).encode()
    path = saved.with_name("changed.safetensors")
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])
    return path


@pytest.mark.parametrize("params", ["", "7", '["a"]', "{,}", '{"stride": "x"}', "[" * 9999])
def test_parameters_that_are_none(saved: Path, params: str) -> None:
    path = with_header(saved, lambda header: header["__metadata__"].update(params=params))
    with pytest.raises(DetectorError) as caught:
        registry.load(path)
    assert str(caught.value).startswith(f"{path} is damaged: ")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("seed", ["", "x", "1e999", "null", "[]", "NaN"])
def test_a_seed_that_is_no_number(saved: Path, seed: str) -> None:
    path = with_header(saved, lambda header: header["__metadata__"].update(seed=seed))
    with pytest.raises(DetectorError, match="is damaged: "):
        registry.load(path)


def test_a_detector_of_no_known_kind(saved: Path) -> None:
    path = with_header(saved, lambda header: header["__metadata__"].update(detector="os.system"))
    with pytest.raises(DetectorError, match=r"There is no method 'os\.system'; choose from"):
        registry.load(path)


def test_an_array_that_claims_more_than_the_file_holds(saved: Path) -> None:
    def claim(header: Header) -> None:
        name = next(name for name in header if name != "__metadata__")
        header[name] |= {"shape": [2**40, 2**20], "data_offsets": [0, 2**62]}

    with pytest.raises(DetectorError, match="cannot be read as a saved detector"):
        registry.load(with_header(saved, claim))


@given(value=JSON, key=st.sampled_from(["params", "seed", "detector", "format"]))
@settings(deadline=5000, max_examples=60)
def test_any_metadata_is_read_or_refused(saved: Path, key: str, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    path = with_header(saved, lambda header: header["__metadata__"].update({key: text}))
    try:
        registry.load(path)
    except DetectorError as error:
        assert "\n" not in str(error).strip()  # noqa: PT017


@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
@settings(deadline=5000, max_examples=60)
def test_saved_detectors_with_changed_bytes(saved: Path, changes: list[tuple[float, int]]) -> None:
    data = bytearray(saved.read_bytes())
    for place, value in changes:
        data[int(place**3 * len(data))] = value
    path = saved.with_name("bytes.safetensors")
    path.write_bytes(data)
    with suppress(DetectorError):
        registry.load(path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    run(small_set(), [Variant("pca-residual", QUICK, label="one")], folder)
    return folder


def open_whole(folder: Path) -> None:
    comparison = Comparison.open(folder)
    for picture in (*comparison.data.normal, *comparison.data.test):
        picture.read()
        picture.mask()
    for result in comparison.results:
        assert len([*result.maps, *result.normal_maps]) == len(result.maps) + len(
            result.normal_maps
        )


@given(data=st.data())
@settings(deadline=5000, max_examples=60)
def test_any_change_of_a_kept_comparison_is_read_or_refused(
    kept: Path, data: st.DataObject
) -> None:
    files = sorted(path for path in kept.rglob("*") if path.suffix in (".json", ".tiff"))
    path = data.draw(st.sampled_from(files))
    whole = path.read_bytes()
    changed = bytearray(whole)
    places = st.floats(0, 1, exclude_max=True)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=5)):
        changed[int(place**2 * len(changed))] = value
    path.write_bytes(changed)
    try:
        open_whole(kept)
    except ComparisonError as error:
        assert str(kept) in str(error)  # noqa: PT017
    finally:
        path.write_bytes(whole)


def test_names_in_a_kept_comparison_lead_nowhere(kept: Path, tmp_path: Path) -> None:
    description = json.loads((kept / "comparison.json").read_text())
    for picture in (*description["data"]["normal"], *description["data"]["test"]):
        picture["name"] = "../../../../etc/passwd"
    description["variants"][0]["label"] = "../../escaped"
    folder = tmp_path / "inner" / "comparison"
    folder.mkdir(parents=True)
    (folder / "comparison.json").write_text(json.dumps(description))
    (tmp_path / "escaped").mkdir()
    opened = Comparison.open(folder)
    assert [failure.reason for failure in opened.failures] == [
        ("It was cancelled before it finished.")
    ]
    with pytest.raises(ComparisonError, match=r"data/test/00000\.tiff cannot be read"):
        opened.data.test[0].read()


def test_a_comparison_without_test_images_has_no_figures(tmp_path: Path) -> None:
    run(replace(small_set(), test=()), [Variant("pca-residual", QUICK, label="one")], tmp_path)
    comparison = Comparison.open(tmp_path)
    assessment = assess(comparison, comparison.results[0])
    assert set(assessment.metrics.values.values()) == {None}
    assert assessment.resampled.values == {}
    assert "one" in html_report(comparison, [assessment])


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.uint32, np.float64, np.complex64])
def test_an_image_of_another_kind(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "a.tiff"
    tifffile.imwrite(path, np.zeros((4, 4), kind))
    with pytest.raises(ComparisonError, match=r"a\.tiff is not an image; it contains "):
        read_image(path)


def test_a_score_map_of_another_kind(kept: Path, tmp_path: Path) -> None:
    comparison = Comparison.open(kept)
    path = comparison.results[0].maps.path(0)
    whole = path.read_bytes()
    write_array(path, np.zeros((4, 4), np.uint8))
    with pytest.raises(ComparisonError, match=r"is not a score map; expected float32 \(H, W\)"):
        _ = comparison.results[0].maps[0]
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ("network.scale", "did not keep by what scale images are resized"),
        (
            "network.winsorised",
            "did not keep the lighting of the normal images, or with strong defects in it",
        ),
    ],
)
def test_network_features_of_an_earlier_version(tmp_path: Path, missing: str, what: str) -> None:
    """Refused, since scores would be those of another scale or contrast than it learned with."""
    path = tmp_path / "model.safetensors"
    images = [normal_image(number) for number in range(3)]
    registry.create("mean-feature", {"stages": "4"}).fit(images).save(path)
    header, arrays = read_saved(path)
    del arrays[missing]
    save_file(arrays, str(path), metadata=header)
    with pytest.raises(DetectorError) as caught:
        registry.load(path)
    assert str(caught.value) == (
        f"{path} was saved by an earlier version, which {what}; fit the detector again."
    )


def test_a_detector_of_a_later_version_is_named(saved: Path) -> None:
    later = "anomaly-compare detector 12"
    path = with_header(saved, lambda header: header["__metadata__"].update(format=later))
    with pytest.raises(DetectorError) as caught:
        registry.load(path)
    assert str(caught.value) == (f"{path} holds {later!r}; expected 'anomaly-compare detector 1'.")
