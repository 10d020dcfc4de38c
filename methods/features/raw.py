"""Raw pixels as the description of a patch."""

from collections.abc import Iterator

import numpy as np

from images.colour import Image, to_grey
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.patches import PatchGrid, ScoreMap

BAND_BYTES = 16 * 2**20


class RawPatches(PatchFeatures):
    """Square windows of brightness, `window` pixels a side and `stride` apart.

    Colour images are taken as grey. A pixel's score is the mean over all windows that cover it.
    """

    def __init__(self, window: int, stride: int) -> None:
        self.window = window
        self.stride = stride

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, self.window, self.stride)

    def bands(self, image: Image) -> Iterator[Band]:
        grey = to_grey(image)
        grid = self.grid(*grey.shape)
        rows, columns = grid.shape
        step = max(1, BAND_BYTES // (columns * self.window**2 * 4))
        for first in range(0, rows, step):
            yield Band(grid.cut(grey, slice(first, first + step)), first * columns, grid)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return grid.spread(scores)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        grid = self.grid(*image.shape[:2])
        top, left = grid.tops[grid_row], grid.lefts[grid_col]
        patch = to_grey(image)[top : top + self.window, left : left + self.window]
        return Band(patch.reshape(1, -1), grid_row * grid.shape[1] + grid_col, grid)

    def sample(self, image: Image, count: int, rng: np.random.Generator) -> Patches:
        grey = to_grey(image)
        grid = self.grid(*grey.shape)
        rows, columns = grid.shape
        chosen = rng.choice(rows * columns, min(count, rows * columns), replace=False)
        windows = np.lib.stride_tricks.sliding_window_view(grey, (self.window, self.window))
        cut = windows[grid.tops[chosen // columns], grid.lefts[chosen % columns]]
        return cut.reshape(len(chosen), -1)

    def picture(self, patch: Patches) -> Image:
        return patch.reshape(self.window, self.window)
