"""A warning when the test images as a whole are of another kind."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.decisions.shift import differences, shift_text, side_of_bulk
from images.properties import Properties, properties_of


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers)


def test_the_bulk_must_lie_beyond_the_widened_range() -> None:
    normal = values(1.0, 2.0)  # widened by half of 1 on each side: 0.5 to 2.5
    assert side_of_bulk(normal, values(2.4, 2.4, 9.0)) == 0
    assert side_of_bulk(normal, values(2.6, 2.6, 0.0)) == 1
    assert side_of_bulk(normal, values(2.6, 2.6, 2.0, 2.0)) == 0  # half is no bulk
    assert side_of_bulk(normal, values(0.4, 0.4, 1.5)) == -1
    assert side_of_bulk(normal, values(0.4, 2.6)) == 0  # not on one side


def test_a_single_normal_image_leaves_some_room() -> None:
    assert side_of_bulk(values(2.0), values(2.09)) == 0
    assert side_of_bulk(values(2.0), values(2.11)) == 1
    assert side_of_bulk(values(), values(1.0)) == side_of_bulk(values(1.0), values()) == 0


def image(seed: int, sigma: float = 2.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(96, 96)), sigma)
    grey = 0.5 + 0.1 * smooth / smooth.std() + rng.normal(0, 0.02, (96, 96))
    return grey.clip(0, 1).astype(np.float32)


def test_properties_of_what_was_drawn() -> None:
    found = properties_of(image(0))
    assert found.brightness == pytest.approx(0.5, abs=0.02)
    assert found.contrast == pytest.approx(3.29 * np.hypot(0.1, 0.02), abs=0.04)  # 5 % to 95 %
    assert found.noise == pytest.approx(0.02, abs=0.006)
    assert found.colour == 0
    assert (found.height, found.width) == (96, 96)
    tinted = np.stack([image(0), image(0) - 0.1, image(0) - 0.05], axis=2).clip(0, 1)
    assert properties_of(tinted).colour == pytest.approx(0.1, abs=0.01)


def test_turning_an_image_changes_no_property_but_its_sides() -> None:
    one = image(1)[:, :80]
    turned = properties_of(np.ascontiguousarray(np.rot90(one)))
    expected = properties_of(np.ascontiguousarray(one))
    assert (turned.height, turned.width) == (expected.width, expected.height)
    for name in ("brightness", "contrast", "noise", "texture_scale"):
        assert getattr(turned, name) == pytest.approx(getattr(expected, name), rel=1e-4)


def test_twice_the_magnification_doubles_the_texture_scale() -> None:
    clean = [
        properties_of(gaussian_filter(image(3, sigma), 1.0)).texture_scale for sigma in (4.0, 8.0)
    ]
    assert clean[1] / clean[0] == pytest.approx(2, rel=0.2)


def test_what_differs_is_named_with_both_values() -> None:
    normal = [properties_of(image(seed)) for seed in range(5)]
    darker = [properties_of(image(seed) - np.float32(0.2)) for seed in range(10, 14)]
    (sentence,) = differences(normal, darker)
    assert sentence.startswith("darker (brightness 0.3")
    assert "normal images 0.5" in sentence
    assert differences(normal, [properties_of(image(seed)) for seed in range(20, 30)]) == []
    finer = [properties_of(image(seed, 1.0)) for seed in range(10, 14)]
    assert any(text.startswith("finer in texture") for text in differences(normal, finer))


def test_the_warning_names_methods_and_says_when_nothing_simple_differs() -> None:
    normal = [properties_of(image(seed)) for seed in range(3)]
    assert shift_text([], normal, normal) == ""
    text = shift_text(["padim", "autoencoder"], normal, normal)
    assert "differ from the normal images according to padim, autoencoder" in text
    assert "the difference has another cause" in text
    brighter: list[Properties] = [replace(one, brightness=0.9) for one in normal]
    assert "Most test images are brighter (brightness 0.9" in shift_text(["a"], normal, brighter)
