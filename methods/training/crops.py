"""Random square crops of normal images: a bounded pool to train on, and a few held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from images.colour import Image, to_grey, to_rgb
from methods.detector import Array
from methods.errors import DetectorError
from methods.progress import Progress

POOL_BYTES = 64 * 2**20
HELD_OUT = 64
ENOUGH = 0.25
"""Share of an image's crops that must be clear of the held-out one, or it has no room for that."""
MARGIN = 0.25
"""Share of a crop's side by which it may reach over the border of an image."""

Batch = NDArray[np.float32]


@dataclass(frozen=True)
class Crops:
    """Crops (n, channels, side, side), float32; one channel when every image was grey, else three.

    `held_out` has one crop an image, of at most 64 images. A crop of `training` overlaps the
    held-out one of its image only where the image has no room for another.
    """

    training: Batch
    held_out: Batch

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return self.training.shape[1]


def saved_channels(arrays: Mapping[str, Array]) -> int:
    """The channels of the images that a saved network takes, before one of that size is made.

    Raises `DetectorError` unless they are 1 or 3.
    """
    found = int(arrays["channels"][0])
    if found not in (1, 3):
        raise DetectorError(f"its network takes {found} channels; expected 1 or 3")
    return found


def draw_crops(
    images: Sequence[Image],
    side: int,
    reduction: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Crops:
    """Draw crops of `side` pixels from images reduced by a factor and mirrored at their borders.

    Crops reach over the border by up to `MARGIN` of their side, as a network that scores an image
    sees it; an image smaller than a crop is mirrored until it has room for one. Each image is read
    once and gives the same number of crops; the pool takes at most 64 MiB, or one crop an image.
    """
    share = max(1, POOL_BYTES // (side * side * 4) // len(images))
    training: list[Image] = []
    held_out: list[Image] = []
    for index in range(len(images)):
        image = mirrored(reduce(images[index], reduction), side)
        apart, corners = _corners(image, side, share, rng)
        held_out.append(_crop(image, apart, side))
        training += [_crop(image, corner, side) for corner in corners]
        progress((index + 1) / len(images))
    channels = 3 if any(crop.ndim == 3 for crop in training) else 1
    limit = max(len(images), POOL_BYTES // (side * side * 4 * channels))
    if len(training) > limit:
        training = [training[at] for at in rng.choice(len(training), limit, replace=False)]
    return Crops(
        _stack(training, channels), _stack(held_out[:: -(-len(held_out) // HELD_OUT)], channels)
    )


def reduce(image: Image, factor: int) -> Image:
    """The image at 1 / factor of its resolution, each pixel the mean of a block.

    Blocks that reach over the lower or right border are filled with the border's pixels.
    """
    if factor == 1:
        return image
    height, width = image.shape[:2]
    rest = ((0, -height % factor), (0, -width % factor), (0, 0))[: image.ndim]
    padded = np.pad(image, rest, mode="edge")
    blocks = padded.reshape(
        padded.shape[0] // factor, factor, padded.shape[1] // factor, factor, *image.shape[2:]
    )
    return blocks.mean(axis=(1, 3), dtype=np.float32)


def mirrored(image: Image, side: int) -> Image:
    """The image with its surroundings mirrored: a margin on each side, and room for one crop."""
    least = round(MARGIN * side)
    margins = [
        (margin := max(least, -(-(side - length) // 2)), margin) for length in image.shape[:2]
    ]
    return np.pad(image, [*margins, (0, 0)][: image.ndim], mode="reflect")


def to_channels(image: Image, channels: int) -> Batch:
    """The image as (channels, H, W), grey for 1 and colour for 3, whatever it was."""
    return to_grey(image)[None] if channels == 1 else np.moveaxis(to_rgb(image), 2, 0)


def _corners(
    image: Image, side: int, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Corner (2,) of a crop to hold out and corners (n, 2) of those to train on."""
    height, width = image.shape[:2]
    room = (height - side + 1, width - side + 1)
    apart, *_ = draws = rng.integers((0, 0), room, size=(1 + 4 * count, 2))
    clear = (abs(draws - apart) >= side).any(axis=1)
    return apart, (draws[clear] if clear.mean() > ENOUGH else draws[1:])[:count]


def _crop(image: Image, corner: NDArray[np.int64], side: int) -> Image:
    top, left = corner
    return image[top : top + side, left : left + side].copy()


def _stack(crops: Sequence[Image], channels: int) -> Batch:
    return np.stack([to_channels(crop, channels) for crop in crops])
