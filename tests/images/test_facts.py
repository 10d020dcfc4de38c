"""Size, channels, bit depth and brightness of images, with and without decoding them."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from images.dataset import Picture
from images.facts import Facts, Tone, facts_of, tone_of
from images.open import named_files
from images.reading.intensity import Range
from images.reading.page import Samples
from images.roles.understanding import understand
from tests.odd_input.encoding import encoded


def test_the_mean_of_four_grey_samples() -> None:
    """(0 + 50 + 100 + 255) / 4 = 101.25, which is 101.25 / 255 of white."""
    tone = tone_of(Samples(np.array([[0, 50], [100, 255]], dtype=np.uint8)))
    assert tone == Tone(1, 101.25, False)
    assert tone.brightness(Range(0, 255)) == pytest.approx(101.25 / 255)


def test_colours_weigh_as_in_grey() -> None:
    """One red and one green pixel: (0.2126 + 0.7152) x 255 / 2."""
    samples = np.array([[[255, 0, 0], [0, 255, 0]]], dtype=np.uint8)
    tone = tone_of(Samples(samples))
    assert tone.channels == 3
    assert tone.brightness(Range(0, 255)) == pytest.approx(0.9278 / 2, abs=1e-6)


def test_equal_channels_are_grey_and_inverted_samples_dark() -> None:
    """A sample of 51 is a fifth of white; where 0 is white it is four fifths."""
    equal = np.full((2, 2, 3), 51, dtype=np.uint8)
    assert tone_of(Samples(equal)).channels == 1
    tone = tone_of(Samples(equal[..., 0], inverted=True))
    assert tone.brightness(Range(0, 255)) == pytest.approx(0.8)


def test_transparent_pixels_are_black() -> None:
    """Half of a white image is transparent."""
    alpha = np.array([[0, 1]], dtype=np.float32)
    tone = tone_of(Samples(np.full((1, 2), 255, dtype=np.uint8), alpha))
    assert tone.brightness(Range(0, 255)) == pytest.approx(0.5)


def test_facts_of_an_array() -> None:
    assert facts_of(np.full((2, 3), 0.25, dtype=np.float32)) == Facts(3, 2, 1, "", 0.25)


def test_files_have_facts_once_they_were_looked_at_and_decode_nothing_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """5 x 4 pixels: 51 of 255 in 8 bits is a fifth of white.

    The set decides what is white in 16 bits: 13,107 needs 14 of them, so white is 16,383.
    """
    deep = io.BytesIO()
    Pillow.fromarray(np.full((4, 5), 13107, dtype=np.uint16)).save(deep, "PNG")
    files = named_files(
        [("a.png", encoded(np.full((4, 5), 51, dtype=np.uint8), "PNG"))],
        [("b.png", deep.getvalue())],
    )
    assert understand(files, {}).normal[0].facts is None
    files.check()
    data = understand(files, {})

    def read(self: Picture) -> None:
        raise AssertionError(self.name)

    monkeypatch.setattr("images.roles.understanding.to_image", read)
    (normal,), (test,) = data.normal, data.test
    for picture, depth, white in ((normal, "8-bit", 0.2), (test, "16-bit", 13107 / 16383)):
        found = picture.at_a_glance()
        assert (found.width, found.height, found.channels, found.depth) == (5, 4, 1, depth)
        assert found.brightness == pytest.approx(white, abs=1e-6)
