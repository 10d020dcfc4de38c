"""Raw pixels as the description of a patch."""

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.ndimage import uniform_filter

from images.colour import Image, to_grey
from methods.effort import takes
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.features.registry import FeatureKind, register
from methods.parameters import Parameters
from methods.patches.grid import PatchGrid, ScoreMap
from methods.search import within

BAND_BYTES = 16 * 2**20


class RawPatchParameters(Parameters):
    """The windows of a detector that works on raw patches."""

    window: int = Field(
        15,
        ge=3,
        le=64,
        title="Patch size",
        description="Side length of a raw patch or of a filter bank window, in pixels.",
        json_schema_extra=within(7, 31)
        | takes(training=2, inference=2, of_training=0.2, of_inference=0.2),
    )
    stride: int = Field(
        2,
        ge=1,
        le=64,
        title="Stride",
        description="Distance between raw patches or windows in pixels, at most the patch size.",
        json_schema_extra=takes(inference=-2),
    )

    @model_validator(mode="after")
    def _every_pixel_is_covered(self) -> Self:
        if self.stride > self.window:
            raise ValueError(
                f"stride is {self.stride}; expected at most the patch size {self.window}, so that "
                "every pixel is covered"
            )
        return self


class RawPatches(PatchFeatures):
    """Square windows of brightness, `window` pixels a side and `stride` apart.

    Colour images are taken as grey. With `surroundings` above 0, brightness is counted from the
    mean over a square of that side around each pixel, so that slow changes of illumination vanish.
    A pixel's score is the mean over all windows that cover it.
    """

    def __init__(self, window: int, stride: int, surroundings: int = 0) -> None:
        self.window = window
        self.stride = stride
        self.surroundings = surroundings

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, self.window, self.stride)

    def bands(self, image: Image) -> Iterator[Band]:
        grey = self._brightness(image)
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
        patch = self._brightness(image)[top : top + self.window, left : left + self.window]
        return Band(patch.reshape(1, -1), grid_row * grid.shape[1] + grid_col, grid)

    def sample(
        self, image: Image, count: int, rng: np.random.Generator
    ) -> tuple[Patches, NDArray[np.int64]]:
        grey = self._brightness(image)
        grid = self.grid(*grey.shape)
        rows, columns = grid.shape
        chosen = rng.choice(rows * columns, min(count, rows * columns), replace=False)
        windows = np.lib.stride_tricks.sliding_window_view(grey, (self.window, self.window))
        cut = windows[grid.tops[chosen // columns], grid.lefts[chosen % columns]]
        return cut.reshape(len(chosen), -1), chosen

    def picture(self, patch: Patches) -> Image:
        return patch.reshape(self.window, self.window)

    def _brightness(self, image: Image) -> Image:
        grey = to_grey(image)
        return grey - uniform_filter(grey, self.surroundings) if self.surroundings else grey


@register
class RawPatchKind(FeatureKind):
    """Pixels as they are."""

    name = "raw patches"
    summary = "its pixels"
    rank = 2
    Params = RawPatchParameters

    def features(self, params: RawPatchParameters) -> RawPatches:
        return RawPatches(params.window, params.stride)
