"""The contract of patch features: an image becomes a grid of vectors, a band of rows at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from images.colour import Image
from methods.patches.grid import PatchGrid, ScoreMap

Patches = NDArray[np.float32]


@dataclass(frozen=True)
class Band:
    """Patches (n, d) of consecutive cells of a grid, counted row after row."""

    patches: Patches
    first: int
    """Number of the first patch's cell: grid row * columns + grid column."""
    grid: PatchGrid

    @property
    def cells(self) -> slice:
        """The cells that the patches fill, as a slice of the flattened grid."""
        return slice(self.first, self.first + len(self.patches))


class PatchFeatures(ABC):
    """Describes the patches of an image.

    Bands are small enough that a band is computed in well under a second, so that progress and
    cancelling work and memory stays flat as images grow.
    """

    costly: ClassVar[bool] = False
    """Whether bands take longer to compute than to read from disk."""

    def fit(self, images: Sequence[Image]) -> None:  # noqa: B027
        """Adapt to normal images; most features need not."""

    def signature(self) -> str:
        """What tells these features from others of the same image; asked for if `costly`."""
        return type(self).__name__

    def text(self) -> str:
        """What an explanation says of how these features were adapted."""
        return ""

    def state(self) -> dict[str, NDArray[Any]]:
        """What `fit` found, as arrays."""
        return {}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:  # noqa: B027
        """Restore what `state` returned."""

    @property
    def border(self) -> int:
        """Cells from the border inwards whose patches show that the image ends there."""
        return 0

    @property
    def parts(self) -> tuple[int, ...]:
        """How many features of a patch belong together, in their order; empty where all do."""
        return ()

    @abstractmethod
    def grid(self, height: int, width: int) -> PatchGrid:
        """The windows on an image of that size; raises `DetectorError` when it is too small."""

    @abstractmethod
    def bands(self, image: Image) -> Iterator[Band]:
        """All patches of an image, from the first cell of the grid to the last."""

    @abstractmethod
    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        """Scores of a grid (rows, columns) put back on its pixels (H, W)."""

    def to_smooth_pixels(self, grid: PatchGrid, scores: ScoreMap, sigma: float) -> ScoreMap:
        """The same under a Gaussian of `sigma` pixels, 0 for none; borders are mirrored."""
        pixels = self.to_pixels(grid, scores)
        return gaussian_filter(pixels, sigma) if sigma > 0 else pixels

    @abstractmethod
    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        """The patch of one cell, as a band of one."""

    def sample(
        self, image: Image, count: int, rng: np.random.Generator
    ) -> tuple[Patches, NDArray[np.int64]]:
        """At most `count` patches of an image, drawn without replacement, and their cells."""
        patches = np.concatenate([band.patches for band in self.bands(image)])
        cells = rng.choice(len(patches), min(count, len(patches)), replace=False)
        return patches[cells], cells

    def picture(self, patch: Patches) -> Image | None:
        """A vector as a picture, or None when these features cannot be looked at."""
        return None


class WrappedFeatures(PatchFeatures):
    """Other features of which something is changed; all else is left to them."""

    def __init__(self, features: PatchFeatures) -> None:
        self._features = features

    @property
    def border(self) -> int:
        return self._features.border

    @property
    def parts(self) -> tuple[int, ...]:
        return self._features.parts

    def grid(self, height: int, width: int) -> PatchGrid:
        return self._features.grid(height, width)

    def bands(self, image: Image) -> Iterator[Band]:
        return self._features.bands(image)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return self._features.to_pixels(grid, scores)

    def to_smooth_pixels(self, grid: PatchGrid, scores: ScoreMap, sigma: float) -> ScoreMap:
        return self._features.to_smooth_pixels(grid, scores, sigma)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        return self._features.at(image, grid_row, grid_col)

    def picture(self, patch: Patches) -> Image | None:
        return self._features.picture(patch)
