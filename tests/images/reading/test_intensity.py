"""Which sample value is black and which is white."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from images.reading.intensity import (
    Range,
    common_range,
    fixed_range,
    is_far,
    shared_range,
    shared_scale,
    to_unit,
)
from images.reading.reader import LARGEST


@pytest.mark.parametrize(
    ("dtype", "bits", "white"),
    [("uint8", 1, 255), ("uint8", 8, 255), ("uint16", 10, 1023), ("uint16", 12, 4095)],
)
def test_the_type_decides_where_it_can(dtype: str, bits: int, white: int) -> None:
    assert fixed_range(np.dtype(dtype), bits) == Range(0, white)


@pytest.mark.parametrize(("dtype", "bits"), [("uint16", 16), ("int8", 8), ("float32", 32)])
def test_the_set_decides_elsewhere(dtype: str, bits: int) -> None:
    assert fixed_range(np.dtype(dtype), bits) is None


@pytest.mark.parametrize(
    ("dtype", "low", "high", "black", "white"),
    [
        ("uint16", 0, 65535, 0, 65535),
        ("uint16", 500, 16384, 0, 65535),
        ("uint16", 500, 16383, 0, 16383),
        ("uint16", 500, 4095, 0, 4095),
        ("uint16", 0, 1023, 0, 1023),
        ("uint16", 0, 200, 0, 255),
        ("uint16", 0, 0, 0, 255),
        ("uint32", 0, 65536, 0, 2**18 - 1),
        ("uint32", 0, 2**32 - 1, 0, 2**32 - 1),
        ("int16", 0, 4095, 0, 4095),
        ("int16", 0, 20000, 0, 32767),
        ("int8", 0, 100, 0, 127),
        ("int16", -1000, 3000, -1000, 3000),
        ("float32", 0, 1, 0, 1),
        ("float32", 0.2, 0.4, 0, 1),
        ("float32", 0, 0.0625, 0, 1),
        ("float32", 0, 0.06, 0, 0.06),
        ("float32", 0, 0, 0, 1),
        ("float32", 0, 255, 0, 255),
        ("float32", -0.5, 0.5, -0.5, 0.5),
        ("float64", 3000, 9000, 3000, 9000),
    ],
)
def test_the_range_of_a_set(
    dtype: str, low: float, high: float, black: float, white: float
) -> None:
    assert shared_range(np.dtype(dtype), Range(low, high)) == Range(black, white)


TENS = Range(10, 20)


@pytest.mark.parametrize(
    ("dtype", "normal", "test", "expected"),
    [
        # A quarter of the width of 10 is free at each end, but not below 0.
        ("float32", [TENS], [], Range(7.5, 22.5)),
        ("float32", [TENS], [Range(0, 1000)], Range(7.5, 22.5)),
        ("float32", [Range(1, 21)], [], Range(0, 26)),
        ("float32", [Range(-1, 19)], [], Range(-6, 24)),
        ("float32", [], [TENS], Range(7.5, 22.5)),
        ("float32", [Range(5, 5)], [TENS], Range(1.25, 23.75)),
        ("float32", [Range(0.2, 1)], [TENS], Range(0, 1)),
        ("float32", [Range(0, 1)], [], Range(0, 1)),
        # 50 is 3 widths beyond 20: the last that is alike.
        ("float32", [TENS, TENS, Range(10, 50)], [], Range(0, 60)),
        ("float32", [TENS, TENS, Range(10, 51)], [], Range(7.5, 22.5)),
        ("int16", [Range(-100, 100)], [], Range(-150, 150)),
        ("uint16", [Range(0, 900)], [Range(0, 4095)], Range(0, 4095)),
        ("uint16", [Range(0, 900)], [Range(0, 4096)], Range(0, 1023)),
        ("uint16", [Range(0, 900), Range(0, 1000)], [Range(0, 800)], Range(0, 1023)),
        ("uint16", [], [], Range(0, 255)),
    ],
)
def test_the_scale_of_a_set(
    dtype: str, normal: list[Range], test: list[Range], expected: Range
) -> None:
    assert shared_scale(np.dtype(dtype), normal, test) == expected


def test_the_common_range_of_an_image() -> None:
    values = np.linspace(0, 100, 2000).astype(np.float32)
    assert common_range(values) == Range(0, 100)
    values[5:7] = 390, -9999  # 390 is within three widths of the quantiles
    assert common_range(values) == Range(0, 390)
    values[5:7] = 410, -9999
    assert common_range(values) == Range(0, 100)
    values[5:12] = 1e30  # more than one in a thousand
    assert common_range(values).high == pytest.approx(1e30)
    flagged = np.where(np.arange(2000) % 3 == 0, -9999, values.clip(0, 100))
    assert common_range(flagged).low > -1
    assert common_range(np.array([7, 7, 7])) == Range(7, 7)
    assert common_range(np.array([[0, 65535]], dtype=np.uint16)) == Range(0, 65535)


def test_what_is_far_outside_of_a_scale() -> None:
    scale = Range(0, 100)
    assert not is_far(Range(-100, 200), Range(50, 60), scale)
    assert is_far(Range(-101, 90), Range(0, 90), scale)
    assert is_far(Range(0, 201), Range(0, 90), scale)
    assert is_far(Range(101, 110), Range(101, 110), scale)


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 65535), ("uint16", 4095)])
def test_integers_become_the_nearest_floats(dtype: str, white: int) -> None:
    values = np.arange(white + 1).astype(dtype)
    assert (to_unit(values, Range(0, white)) == (np.arange(white + 1) / white).astype("f4")).all()


@given(
    arrays.arrays(
        st.sampled_from(["uint16", "int16", "int32", "uint32", "float32", "float64"]),
        st.integers(1, 20),
    ).filter(lambda values: bool((np.abs(values.astype("f8")) < LARGEST).all()))
)
@settings(deadline=None, max_examples=200)
def test_every_set_becomes_ordered_floats_in_0_to_1(values: np.ndarray) -> None:
    scale = shared_range(values.dtype, Range(values.min().item(), values.max().item()))
    image = to_unit(values, scale)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1
    assert (np.diff(image[np.argsort(values)]) >= 0).all()
    if values.max() > 63 and values.dtype.kind != "f":
        assert image.max() > 0.24, "a set that is not black must not become black"
