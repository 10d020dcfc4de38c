"""Which images show the same pixels: overlapping tiles, copies, mirrored copies, near-duplicates.

Such images are not independent: a model that learned from one of them has seen the other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image as Pillow

from images.colour import Image, to_grey

BLOCK = 16
"""Side in pixels of the blocks that are compared."""
ONE_IN = 61
"""One block in so many is kept, chosen by what it shows."""
TAPS = {0: np.uint64(0x9E3779B97F4A7C15), 3: np.uint64(0xC2B2AE3D27D4EB4F), 6: np.uint64(40503)}
"""Weights of the pixels of a block by their distance to its nearer end."""
KEPT = 1024
"""Blocks that are kept of an image, at most."""
DISTINCT = 24
"""Brightness levels in a block below which it is too plain to prove anything."""
SHARED = 3
"""Equal blocks that prove that two images share pixels."""
THUMBNAIL = 48
"""Side in pixels of the small pictures by which near-duplicates are found."""
ALIKE = 0.005
"""Share of the usual distance between two images below which they are near-duplicates."""


def groups_of(images: Sequence[Image], on_image: Callable[[], None] = lambda: None) -> list[int]:
    """A group number for each image; images that share pixels are in one group.

    Two images share pixels when some blocks of 16 x 16 pixels are equal in both, wherever they lie
    and however the image was turned by 90 degrees or mirrored. Only blocks with many levels of
    brightness count, so that plain areas and drawings with few levels prove nothing. They are also
    in one group when they are near-duplicates: small pictures of them differ by less than 0.5 % of
    what is usual between two of the images, as two shots of one scene do.

    Groups are numbered in the order of their first images. `on_image` is called before each image.
    Reads each image once and costs some 40 ms a megapixel; memory holds one image, up to 1,024
    numbers of 8 bytes and 2,304 of 4 for each.
    """
    fingerprints, thumbnails = [], []
    for index in range(len(images)):
        on_image()
        grey = to_grey(images[index])
        fingerprints.append(_fingerprint(grey))
        thumbnails.append(_thumbnail(grey))
    return _connected(len(images), [*_equal_blocks(fingerprints), *_alike(thumbnails)])


def _fingerprint(grey: Image) -> NDArray[np.uint64]:
    """Sums that blocks at places chosen by their content have, whatever the place.

    A sum weighs some pixels of a block by numbers that are symmetric along both sides and the same
    for both, so it stays when a block is turned or mirrored; it overflows, which does no harm.
    """
    if min(grey.shape) < BLOCK:
        return np.empty(0, dtype=np.uint64)
    levels = np.rint(grey.clip(0, 1) * (2**16 - 1)).astype(np.uint64)
    sums = levels
    for _ in (0, 1):  # down the columns, then along the rows
        length = len(sums) - BLOCK + 1
        sums = sum(
            weight * (sums[near : near + length] + sums[BLOCK - 1 - near :][:length])
            for near, weight in TAPS.items()
        ).T
    rows, columns = np.nonzero(sums % ONE_IN == 0)
    found, first = np.unique(sums[rows, columns], return_index=True)
    blocks = sliding_window_view(levels, (BLOCK, BLOCK))
    rich = np.empty(0, dtype=np.uint64)
    for start in range(0, len(found), KEPT):
        here = slice(start, start + KEPT)
        values = np.sort(blocks[rows[first[here]], columns[first[here]]].reshape(-1, BLOCK**2))
        distinct = 1 + (values[:, 1:] != values[:, :-1]).sum(axis=1)
        rich = np.append(rich, found[here][distinct >= DISTINCT])
        if len(rich) >= KEPT:
            break
    return rich[:KEPT]


def _equal_blocks(fingerprints: Sequence[NDArray[np.uint64]]) -> list[tuple[int, int]]:
    """Pairs of images with several equal blocks."""
    holders: dict[int, list[int]] = {}
    for index, numbers in enumerate(fingerprints):
        for number in numbers.tolist():
            holders.setdefault(number, []).append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indices in holders.values():
        # A chain through all holders connects them too; only few holders can afford all pairs.
        shared.update(combinations(indices, 2) if len(indices) <= 8 else pairwise(indices))
    return [pair for pair, count in shared.items() if count >= SHARED]


def _thumbnail(grey: Image) -> NDArray[np.float32]:
    """A small picture of an image (2304,), of length 1 and mean 0."""
    small = Pillow.fromarray(grey).resize((THUMBNAIL, THUMBNAIL), Pillow.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return values / length if length > 1e-6 else np.zeros_like(values)


def _alike(thumbnails: Sequence[NDArray[np.float32]]) -> Iterable[tuple[int, int]]:
    """Pairs of images whose small pictures are much nearer to each other than is usual."""
    if len(thumbnails) < 3:
        return
    pictures = np.stack(thumbnails)
    distances = 1 - pictures @ pictures.T
    usual = float(np.median(distances[np.triu_indices(len(pictures), 1)]))
    for first, second in zip(*np.nonzero(np.triu(distances < ALIKE * usual, 1)), strict=True):
        yield int(first), int(second)


def _connected(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """A number for each of `count` items, the same for items that a chain of pairs connects."""
    parents = list(range(count))

    def root(item: int) -> int:
        while parents[item] != item:
            item = parents[item]
        return item

    for first, second in pairs:
        one, other = sorted((root(first), root(second)))
        parents[other] = one
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(item), len(numbers)) for item in range(count)]
