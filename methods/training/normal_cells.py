"""What is drawn from the maps of normal images: cells, and where they lie along the border."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from methods.patches.even_border import sides_and_corners
from methods.progress import Progress, span
from methods.training.crops import Batch
from methods.training.tiles import Place

BAND = 4
"""Pixels of the reduced image in a zone along the border, counted from the border inwards."""
BORDER = 16
"""Pixels from the border inwards that have zones: as far as crops reach over it in training."""
ANYWHERE = 20_000
"""Cells of normal images from which a mixture is learned."""
NEAR = 40_000
"""Cells near the border that tell what is usual there."""
PRIOR = 100.0
"""Prior weight, in cells, of the mean over all zones in the estimate for one zone."""
PIXELS = 12_000_000
"""Normal images are visited until they have about that many pixels."""
FEWEST = 4
"""Images that are visited at least, where there are as many."""

Cells = NDArray[np.float32]
Zones = NDArray[np.int64]


def zone_count(cell: int) -> int:
    """How many zones there are with cells of `cell` pixels."""
    return 1 + 8 * _depth(cell)


def zones_of(shape: tuple[int, ...], cell: int) -> Zones:
    """The zone of every cell of a map of that shape, in that shape; see `sides_and_corners`."""
    band = _band(cell)
    coarse = sides_and_corners((-(-shape[0] // band), -(-shape[1] // band)), _depth(cell))
    coarse = coarse.reshape(-(-shape[0] // band), -1)
    return coarse.repeat(band, axis=0).repeat(band, axis=1)[: shape[0], : shape[1]]


def images_to_visit(count: int, pixels: int) -> int:
    """How many of `count` images of about that many pixels are visited."""
    return min(count, max(FEWEST, PIXELS // pixels))


class NormalCells:
    """Cells (n, k) drawn from the maps of normal images, with the zone of each."""

    def __init__(self, rng: np.random.Generator, images: int) -> None:
        self._rng = rng
        self._images = images
        self._parts: list[tuple[Cells, Zones, NDArray[np.bool_]]] = []

    def add(self, cells: Cells, zones: Zones, whole: Zones) -> None:
        """Draw from a part of the map of an image: cells (n, k), their zones, and those of all."""
        near = np.count_nonzero(whole)
        anywhere = self._rng.random(len(cells)) * whole.size < ANYWHERE / self._images
        along = (zones > 0) & (self._rng.random(len(cells)) * near < NEAR / self._images)
        kept = anywhere | along
        self._parts.append((cells[kept], zones[kept], anywhere[kept]))

    @property
    def cells(self) -> Cells:
        """All drawn cells (n, k); there are more of those near the border than in the images."""
        return np.concatenate([cells for cells, _, _ in self._parts])

    @property
    def zones(self) -> Zones:
        """The zone of each of `cells`."""
        return np.concatenate([zones for _, zones, _ in self._parts])

    @property
    def anywhere(self) -> Cells:
        """Those of `cells` that were drawn everywhere alike."""
        return np.concatenate([cells[anywhere] for cells, _, anywhere in self._parts])


def as_points(described: Batch) -> Cells:
    """Cells (k, rows, columns) as points (n, k)."""
    return np.ascontiguousarray(described.reshape(len(described), -1).T)


def draw_normal(
    images: Sequence[Image],
    parts: Callable[[Image, Progress], tuple[Zones, Iterator[tuple[Place, Batch]]]],
    seed: int,
    progress: Progress,
) -> NormalCells:
    """Cells of normal images, which are visited in random order until there are enough.

    `parts` gives the zones of the map of an image, and the cells (k, rows, columns) of each place.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images)).tolist()
    height, width = images[order[0]].shape[:2]
    visits = images_to_visit(len(order), height * width)
    drawn = NormalCells(rng, visits)
    for visit, index in enumerate(order[:visits]):
        share = span(progress, visit / visits, (visit + 1) / visits)
        zones, described = parts(images[index], share)
        for place, cells in described:
            drawn.add(as_points(cells), zones[place].ravel(), zones)
        share(1.0)
    return drawn


def _band(cell: int) -> int:
    """Cells in a zone, across."""
    return max(1, BAND // cell)


def _depth(cell: int) -> int:
    """Zones from the border inwards."""
    return BORDER // (_band(cell) * cell)
