"""Turned and mirrored copies of the normal images."""

from pathlib import Path

import numpy as np
import pytest

from images.colour import Image
from methods import registry
from methods.features.choice import CopiesParameters
from methods.features.copies import FEW, TURNS, turned, with_copies
from tests.methods.test_contract import TEST, texture

RAW = {"features": "raw patches", "window": 8, "stride": 4, "smoothing": 0}
COPYING = [
    name for name in registry.names() if issubclass(registry.get(name).Params, CopiesParameters)
]


def test_methods_that_take_copies() -> None:
    assert COPYING == ["nearest-neighbour", "one-class-svm", "padim"]


def test_the_turns_are_the_symmetries_of_a_square() -> None:
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    copies = [turned(image, turn) for turn in TURNS]
    assert len({copy.tobytes() + bytes(copy.shape) for copy in [image, *copies]}) == 8
    assert copies[0].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert copies[3].tolist() == [[2, 5], [1, 4], [0, 3]]
    assert copies[5].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert copies[6].tolist() == [[5, 2], [4, 1], [3, 0]]
    assert [each.shape for each in with_copies([image, image], ["turned by 90°"])] == [
        (2, 3), (2, 3), (3, 2), (3, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("name", COPYING)
def test_copies_are_learned_as_if_they_were_images(name: str) -> None:
    images = [texture(1, 96, 80), texture(2, 96, 80)]
    copied = registry.create(name, {**RAW, "copies": "turned"}).fit(images)
    plain = registry.create(name, RAW).fit(list(with_copies(images, list(TURNS))))
    # The order of the images is another, which a random sample depends on.
    agree = np.corrcoef(copied.score_map(TEST).ravel(), plain.score_map(TEST).ravel())[0, 1]
    assert agree > (0.999 if name == "padim" else 0.8)


def stripes(seed: int) -> Image:
    """Waves across, alike when mirrored and unlike when turned by a quarter."""
    rng = np.random.default_rng(seed)
    wave = 0.5 + 0.3 * np.sin(np.arange(96) / 2 + rng.uniform(0, 6))
    return (wave + rng.normal(0, 0.02, (96, 96))).clip(0, 1).astype(np.float32)


@pytest.mark.parametrize("count", [1, 4])
def test_automatic_takes_the_copies_that_look_normal(count: int) -> None:
    images = [stripes(seed) for seed in range(count)]
    detector = registry.create("padim", {**RAW, "copies": "automatic"}).fit(images)
    (told,) = detector.warnings()
    assert "mirrored left to right, mirrored top to bottom, turned by 180°" in told
    assert "90" not in told
    assert "diagonal" not in told


def test_automatic_leaves_many_images_as_they_are() -> None:
    images = [stripes(seed) for seed in range(FEW + 1)]
    automatic = registry.create("padim", {**RAW, "copies": "automatic"}).fit(images)
    plain = registry.create("padim", RAW).fit(images)
    np.testing.assert_array_equal(automatic.score_map(TEST), plain.score_map(TEST))
    assert automatic.warnings() == ()


def test_what_was_chosen_is_saved(tmp_path: Path) -> None:
    detector = registry.create("padim", {**RAW, "copies": "automatic"}).fit([stripes(0)])
    detector.save(tmp_path / "padim.safetensors")
    assert registry.load(tmp_path / "padim.safetensors").warnings() == detector.warnings()
