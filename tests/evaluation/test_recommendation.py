"""Which methods suit some images."""

import numpy as np
from numpy.typing import NDArray

from evaluation.recommendation import described, recommended
from images.dataset import GOOD, DataSet, Picture


def picture(image: NDArray[np.floating], kind: str | None = GOOD) -> Picture:
    return Picture("a.png", kind, lambda: image.astype(np.float32))


def noise(count: int) -> list[Picture]:
    rng = np.random.default_rng(0)
    return [picture(image) for image in rng.random((count, 40, 60))]


def data(normal: list[Picture], tests: int = 3) -> DataSet:
    return DataSet("some", tuple(normal), tuple(noise(tests)))


def names(of: DataSet) -> list[str]:
    return [one.detector for one in recommended(of)]


def test_textures_get_one_model_for_all_positions() -> None:
    found = recommended(data(noise(20)))
    assert [one.detector for one in found] == ["padim", "gaussian-mixture", "sparse-coding"]
    assert not found[0].params
    assert described(data(noise(20))) == (
        "20 normal images, grey, 60 x 40 pixels, of a texture or objects that move"
    )


def test_aligned_objects_get_a_model_at_each_position_if_images_are_enough() -> None:
    ramp = picture(np.stack([np.tile(np.linspace(0, 1, 60), (40, 1))] * 3, axis=-1))
    assert recommended(data([ramp] * 16))[0].params == {"positions": "each", "reduction": "random"}
    assert not recommended(data([ramp] * 15))[0].params
    assert described(data([ramp] * 16)) == (
        "16 normal images, colour, 60 x 40 pixels, of the same object in one place"
    )


def test_few_or_no_normal_images() -> None:
    assert names(data(noise(4))) == ["padim", "nearest-neighbour", "sparse-coding"]
    assert described(data(noise(1))) == "1 normal image, grey, 60 x 40 pixels"
    assert recommended(data(noise(1)))[1].reason.startswith("With 1 normal image there")
    assert names(data([])) == ["mutual-scoring"]
    assert names(data([], tests=1)) == []
