"""The quick reader of TIFF reads what this program writes, and leaves the rest to the other one."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from evaluation.comparison.plain_tiff import read_plain
from evaluation.comparison.storage import read_array, write_array


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (300, 500), (4, 6, 3)])
def test_it_reads_what_is_written(tmp_path: Path, kind: type, shape: tuple[int, ...]) -> None:
    array = (np.random.default_rng(0).random(shape) * 200).astype(kind)
    write_array(tmp_path / "a.tiff", array)
    found = read_plain(tmp_path / "a.tiff")
    assert found is not None
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    assert found.flags.writeable


@pytest.mark.parametrize(
    "options",
    [
        {"byteorder": ">"},
        {"compression": "zlib"},
        {"rowsperstrip": 4},
        {"bigtiff": True},
        {"tile": (16, 16)},
        {"photometric": "minisblack", "dtype": np.int16},
    ],
)
def test_other_forms_are_left_to_the_other_reader(tmp_path: Path, options: dict) -> None:
    array = np.arange(400, dtype=options.pop("dtype", np.uint16)).reshape(20, 20)
    tifffile.imwrite(tmp_path / "a.tiff", array, **options)
    assert read_plain(tmp_path / "a.tiff") is None


def test_a_damaged_file_is_never_read_as_something_else(tmp_path: Path) -> None:
    """Cut short at any place, or with a byte of its head changed, it gives nothing or as many
    values as its head says."""
    array = np.arange(6 * 5, dtype=np.float32).reshape(6, 5)
    path = tmp_path / "a.tiff"
    write_array(path, array)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert read_plain(path) is None
    for place in range(len(whole) - array.nbytes):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        found = read_plain(path)
        assert found is None or found.nbytes == array.nbytes
    path.write_bytes(whole)
    assert np.array_equal(read_array(path), array)
