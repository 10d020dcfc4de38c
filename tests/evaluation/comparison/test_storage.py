import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.comparison.storage import (
    ComparisonError,
    StoredData,
    open_data,
    read_array,
    read_image,
    read_json,
    store_data,
    write_image,
    write_json,
)
from images.dataset import Finding
from images.open import open_folder
from images.reading.intensity import Range

SHAPES = st.sampled_from([(1, 1), (3, 5), (1, 3), (3, 1), (4, 2, 3), (3, 3, 3), (1, 1, 3)])


@settings(deadline=None, max_examples=50)
@given(
    st.one_of(
        arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32)),
        arrays(np.uint8, SHAPES).map(lambda levels: levels.astype(np.float32) / np.float32(255)),
        arrays(np.uint16, SHAPES).map(lambda levels: levels.astype(np.float32) / np.float32(65535)),
    )
)
def test_images_come_back_exactly(tmp_path_factory, image):
    path = tmp_path_factory.mktemp("images") / "image.tiff"
    write_image(path, image)
    again = read_image(path)
    assert again.dtype == np.float32
    assert again.shape == image.shape
    assert np.array_equal(again, image)


@pytest.mark.parametrize(("depth", "kind"), [(255, np.uint8), (65535, np.uint16)])
def test_images_take_no_more_room_than_their_source(tmp_path, depth, kind):
    levels = np.arange(depth - 200, depth + 1).reshape(1, -1)
    write_image(tmp_path / "a.tiff", levels.astype(np.float32) / np.float32(depth))
    assert read_array(tmp_path / "a.tiff").dtype == kind


@pytest.mark.parametrize("content", [b"", b"II*\0", b"not a picture", b"\x00" * 500])
def test_what_is_no_array_is_refused_by_name(tmp_path, content):
    (tmp_path / "bad.tiff").write_bytes(content)
    with pytest.raises(ComparisonError, match=r"bad\.tiff"):
        read_array(tmp_path / "bad.tiff")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ComparisonError, match=r"gone\.tiff"):
        read_array(tmp_path / "gone.tiff")


def test_the_older_name_of_a_role_is_read_as_the_present_one(tmp_path):
    findings = (Finding("a.png", "left over", "a.png is empty."), Finding("b.png", "test", "Test."))
    data = open_data(StoredData("old", (), (), "", False, findings), tmp_path)
    assert [finding.role for finding in data.findings] == ["not used", "test"]


def test_black_and_white_that_the_set_decided_are_kept(tmp_path):
    """The normal image reaches 3000, so all are 12-bit; the 8-bit file needs no decision."""
    for name, levels in (("train/good/a", 3000), ("test/good/b", 900), ("test/good/c", 100)):
        path = tmp_path / "set" / f"{name}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = np.uint8 if levels < 256 else np.uint16
        tifffile.imwrite(path, np.array([[0, levels], [levels, 0]], dtype=kind))
    stored = store_data(open_folder(tmp_path / "set"), tmp_path / "stored", lambda: None)
    write_json(tmp_path / "data.json", stored)
    again = open_data(read_json(tmp_path / "data.json", StoredData), tmp_path / "stored")
    assert again.read_scales() == {"<u2": Range(0, 4095)}
    assert again.normal[0].read().max() == pytest.approx(3000 / 4095)
