"""One odd pixel, or one odd image, must not change what the others of a set look like."""

from collections.abc import Sequence

import numpy as np
import pytest

from images.dataset import DataSet
from images.errors import ImageError
from images.open import named_files
from images.reading.reader import read_image
from images.roles.understanding import understand
from tests.odd_input.encoding import dicom, grey, tiff

SIDE = 48
GDAL = 42113


def texture(seed: int, low: float, high: float, dtype: str) -> np.ndarray:
    """Noise that reaches from low to high."""
    unit = np.random.default_rng(seed).random((SIDE, SIDE))
    unit[0, :2] = 0, 1
    return (low + unit * (high - low)).astype(dtype)


def checked(normal: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> DataSet:
    files = named_files(
        normal=[(f"{at}.tif", tiff(values)) for at, values in enumerate(normal)],
        test=[(f"{at}.tif", tiff(values)) for at, values in enumerate(test)],
    )
    files.check()
    return understand(files)


def warnings(data: DataSet) -> dict[str, str]:
    return {each.name: each.warning for each in data.findings if each.warning}


SETS = [
    *((0, 255, "float32"), (0, 1, "float32"), (200, 400, "float64"), (-40, 90, "float32")),
    *((0, 4095, "uint16"), (100, 16383, "uint16"), (-300, 300, "int16"), (0, 900, "int32")),
]


STRAY = [-3.4e38, -9999, 65535, 1e30]


def fits(value: float, dtype: str) -> bool:
    """Whether it is a value of the type."""
    bounds = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    return bool(bounds.min <= value <= bounds.max)


@pytest.mark.parametrize(
    ("low", "high", "dtype", "stray"),
    [(*each, stray) for each in SETS for stray in STRAY if fits(stray, each[2])],
)
@pytest.mark.parametrize("place", ["normal", "test"])
def test_one_stray_pixel_changes_no_other(
    low: float, high: float, dtype: str, stray: float, place: str
) -> None:
    normal = [texture(seed, low, high, dtype) for seed in range(3)]
    test = [texture(seed, low, high, dtype) for seed in range(3, 6)]
    clean = checked(normal, test)
    odd = normal if place == "normal" else test
    odd[1][7, 9] = stray
    data = checked(normal, test)
    for before, after in zip((*clean.normal, *clean.test), (*data.normal, *data.test), strict=True):
        changed = before.read() != after.read()
        assert changed.sum() == (after.name == f"{place}/1.tif")
        assert 0 <= after.read().min() <= after.read().max() <= 1
    (name,) = warnings(data)
    assert name == f"{place}/1.tif"
    assert warnings(clean) == {}


def test_an_image_with_a_stray_pixel_is_named_with_its_values() -> None:
    normal = [texture(seed, 0, 80, "float32") for seed in range(3)]
    test = [texture(3, 0, 80, "float32")]
    test[0][3, 4] = -9999
    data = checked(normal, test)
    assert warnings(data) == {
        "test/0.tif": "test/0.tif has values from -9999 to 80, far outside the range of the "
        "normal images; they are clipped to 0 to 100."
    }


def test_a_single_normal_image_with_a_stray_pixel() -> None:
    values = texture(0, 0, 80, "float32")
    clean = read_image(tiff(values))
    values[3, 4] = 1e9
    assert (read_image(tiff(values)) != clean).sum() == 1


def test_black_and_white_come_from_the_normal_images_with_room_beyond() -> None:
    normal, test = texture(0, 100, 300, "float32"), texture(1, 100, 1000, "float32")
    test[0] = 345
    data = checked([normal], [test])
    # A quarter of 200 is left free at each end: black is 50, white 350.
    assert data.normal[0].read()[0, :2].tolist() == pytest.approx([1 / 6, 5 / 6])
    assert data.test[0].read()[0, 0] == pytest.approx(295 / 300)
    assert data.test[0].read().max() == 1
    finding = next(each for each in data.findings if each.role == "normal")
    assert finding.text.endswith("; black is 50, white 350, from the normal images.")


def test_a_bright_defect_in_integers_still_stands_out() -> None:
    normal, test = texture(0, 0, 1000, "uint16"), texture(1, 0, 1000, "uint16")
    test[5:15, 5:15] = 3000
    data = checked([normal], [test])
    # 10 bits hold the normal images, and the test image shows that the camera has 12.
    assert data.normal[0].read().max() == pytest.approx(1000 / 4095)
    assert data.test[0].read().max() == pytest.approx(3000 / 4095)
    assert data.findings[0].text.endswith(
        "black is 0, white 4095, from the normal and test images."
    )
    test[5:15, 5:15] = 60000  # no camera of 12 bits
    data = checked([normal], [test])
    assert data.normal[0].read().max() == pytest.approx(1000 / 1023)
    assert list(warnings(data)) == ["test/0.tif"]


def test_one_normal_image_of_other_units_does_not_darken_the_rest() -> None:
    normal = [texture(seed, 0, 1, "float32") for seed in range(4)]
    normal.append(texture(4, 0, 65535, "float32"))
    data = checked(normal, [texture(5, 0, 1, "float32")])
    assert data.normal[0].read().max() == 1
    assert list(warnings(data)) == ["normal/4.tif"]


def test_test_images_of_other_units_are_named() -> None:
    data = checked([texture(0, 0, 1, "float32")], [texture(1, 0, 255, "float32")])
    assert list(warnings(data)) == ["test/0.tif"]


def test_without_a_normal_image_the_test_images_decide() -> None:
    data = checked([], [texture(1, 0, 80, "float32")])
    assert data.test[0].read().max() == pytest.approx(80 / 100)
    assert data.findings[0].text.endswith("; black is 0, white 100, from the test images.")


def test_normal_images_of_one_value_leave_black_and_white_to_all() -> None:
    normal = np.full((SIDE, SIDE), 7, np.float32)
    data = checked([normal], [texture(1, 7, 87, "float32")])
    assert data.test[0].read().max() == pytest.approx(80 / 100, abs=0.1)
    assert data.test[0].read().min() < 0.1


def test_an_undeclared_value_for_no_data_in_every_image() -> None:
    normal = [texture(seed, 0, 80, "float32") for seed in range(3)]
    test = [texture(3, 0, 80, "float32")]
    clean = checked(normal, test)
    for values in (*normal, *test):
        values[:20, 20:] = -9999
    data = checked(normal, test)
    for before, after in zip((*clean.normal, *clean.test), (*data.normal, *data.test), strict=True):
        assert (before.read()[20:] == after.read()[20:]).all()
    assert len(warnings(data)) == 4


# Declared to be no data


def with_gap(dtype: str, no_data: float, text: str) -> bytes:
    values = texture(1, 10, 80, dtype)
    values[5:15, 5:25] = no_data
    return tiff(values, extratags=[(GDAL, 2, 0, text, True)])


@pytest.mark.parametrize(
    ("dtype", "no_data", "text"),
    [
        ("float32", -3.4028234663852886e38, "-3.4028234663852886e+38"),
        ("float32", -9999, "-9999 "),
        ("float32", np.nan, "nan"),
        ("float64", -9999, "-9999.0"),
        ("int16", -9999, "-9999"),
        ("uint16", 65535, "65535"),
        ("uint8", 255, "255"),
        ("uint8", 0, "0"),
    ],
)
def test_pixels_without_data_are_filled_and_no_figure_looks_there(
    dtype: str, no_data: float, text: str
) -> None:
    whole = texture(1, 10, 80, dtype)
    others = [(f"{seed}.tif", tiff(texture(seed, 10, 80, dtype))) for seed in (2, 3)]
    files = named_files(normal=others, test=[("a.tif", with_gap(dtype, no_data, text))])
    without = named_files(normal=others, test=[("a.tif", tiff(whole))])
    gap = np.zeros((SIDE, SIDE), dtype=bool)
    gap[5:15, 5:25] = True
    for looked in (False, True):
        if looked:
            files.check()
        data = understand(files)
        image, expected = data.test[0].read(), understand(without).test[0].read()
        assert (image[~gap] == expected[~gap]).all()
        assert (image[5, 6:24] == image[4, 6:24]).all(), "the nearest pixel with data"
        assert data.test[0].read_counted is not None
        assert (data.test[0].read_counted() == ~gap).all()
    finding = next(each for each in data.findings if each.name == "test/a.tif")
    assert f"; {float(text):g} means no data" in finding.text
    assert finding.warning == (
        "8.7 % of test/a.tif has no data. These pixels are not used for metrics, and methods see "
        "the nearest valid value instead."
    )


def test_a_value_for_no_data_that_no_pixel_has_changes_nothing() -> None:
    values = texture(1, 10, 80, "uint8")
    for text in ("-9999", "300", "", "unknown"):
        files = named_files(test=[("a.tif", tiff(values, extratags=[(GDAL, 2, 0, text, True)]))])
        files.check()
        data = understand(files)
        assert (data.test[0].read() == values / np.float32(255)).all()
        assert data.test[0].read_counted is None
        assert data.findings[0].warning == ""


def test_an_image_of_nothing_but_no_data_is_refused() -> None:
    data = tiff(np.full((4, 5), -9999, np.float32), extratags=[(GDAL, 2, 0, "-9999", True)])
    with pytest.raises(ImageError, match=r"^a\.tif has no valid pixel: all are -9999, its no-data"):
        read_image(data, name="a.tif")


def test_colour_has_no_data_where_no_channel_has() -> None:
    values = np.dstack([grey(4, 5) // 2 + 1] * 3).astype(np.uint8)
    values[0, 0] = 0
    values[0, 1, 0] = 0
    data = tiff(values, photometric="rgb", extratags=[(GDAL, 2, 0, "0", True)])
    image = read_image(data)
    assert (image[0, 0] == image[1, 0]).all() or (image[0, 0] == image[0, 1]).all()
    assert image[0, 1, 0] == 0


def test_the_gap_is_turned_with_the_image() -> None:
    values = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    values[0, 0] = -9999
    tags = [(GDAL, 2, 0, "-9999", True), (274, 3, 1, 6, True)]
    files = named_files(test=[("a.tif", tiff(values, extratags=tags))])
    counted = understand(files).test[0].read_counted
    assert counted is not None
    assert (counted() == [[True, False], [True, True], [True, True]]).all()


def test_the_padding_of_a_dicom_file_is_no_data() -> None:
    values = texture(1, 10, 80, "int16")
    values[:5] = -2000
    files = named_files(test=[("a.dcm", dicom(values[None], PixelPaddingValue=-2000))])
    picture = understand(files).test[0]
    assert picture.read_counted is not None
    assert picture.read_counted().sum() == (SIDE - 5) * SIDE
    assert (picture.read()[:5] == picture.read()[5]).all()
