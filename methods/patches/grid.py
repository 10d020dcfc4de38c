"""The grid of square windows on an image: cut patches out, put their scores back on the pixels."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from images.colour import Image
from methods.blas import one_core
from methods.errors import DetectorError

ScoreMap = NDArray[np.float32]


@dataclass(frozen=True)
class PatchGrid:
    """Where the windows of one image size lie.

    `tops` and `lefts` are the first pixel rows and columns of the windows, `window` their side.
    A window may reach over the border of the image (cells of a network do); then the part outside
    counts for nothing.
    """

    height: int
    width: int
    window: int
    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]

    @classmethod
    def regular(cls, height: int, width: int, window: int, stride: int) -> Self:
        """Windows inside the image, `stride` apart; the last ones end flush with the border.

        Every pixel is covered as long as ``stride <= window``. Raises `DetectorError` when the
        image is smaller than the window.
        """
        if min(height, width) < window:
            raise DetectorError(
                f"The image is {width} x {height} pixels, smaller than a patch of "
                f"{window} x {window}."
            )
        return cls(height, width, window, *(_starts(n, window, stride) for n in (height, width)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.tops), len(self.lefts)

    def cut(self, image: Image, rows: slice = slice(None)) -> NDArray[np.float32]:
        """The patches of some grid rows, (n, window * window) for a grey image.

        A colour image gives (n, window * window * 3), the channels of a pixel side by side.
        """
        windows = sliding_window_view(image, (self.window, self.window), axis=(0, 1))
        chosen = windows[self.tops[rows][:, None], self.lefts[None, :]]
        if image.ndim == 3:
            chosen = np.moveaxis(chosen, 2, -1)
        return np.ascontiguousarray(chosen, dtype=np.float32).reshape(
            chosen.shape[0] * chosen.shape[1], -1
        )

    def nearest(self, row: int, col: int) -> tuple[int, int]:
        """Grid row and column of the window whose centre is nearest to a pixel."""
        half = (self.window - 1) / 2
        return (
            int(np.abs(self.tops + half - row).argmin()),
            int(np.abs(self.lefts + half - col).argmin()),
        )

    def spread(self, scores: ScoreMap) -> ScoreMap:
        """Pixel scores (H, W) as the mean over all windows that cover a pixel.

        The mean is exact also where windows overlap unevenly. Costs one pass over the pixels,
        whatever the window: windows enter as differences and two cumulative sums restore them.
        """
        total = _paint(scores.astype(np.float64), self)
        count = np.outer(
            _paint_line(np.ones(len(self.tops)), self.tops, self.window, self.height),
            _paint_line(np.ones(len(self.lefts)), self.lefts, self.window, self.width),
        )
        return (total / count).astype(np.float32)

    def interpolate(self, scores: ScoreMap, smoothing: float = 0.0) -> ScoreMap:
        """Pixel scores (H, W) linear between window centres and constant beyond the outer ones.

        With `smoothing`, under a Gaussian of that standard deviation in pixels; borders are
        mirrored. Both are one matrix a side, so smoothing costs nothing more.
        """
        down, across = (
            _weights(tuple(starts.tolist()), self.window, length, smoothing)
            for starts, length in ((self.tops, self.height), (self.lefts, self.width))
        )
        with one_core():
            return (down @ scores @ across.T).astype(np.float32)


def _starts(length: int, window: int, stride: int) -> NDArray[np.int64]:
    starts = np.arange(0, length - window + 1, stride)
    last = length - window
    return starts if starts[-1] == last else np.append(starts, last)


def _paint_line(
    values: NDArray[np.float64], starts: NDArray[np.int64], window: int, length: int
) -> NDArray[np.float64]:
    """Sum along the first axis of every value over the pixels its window covers."""
    steps = np.zeros((length + 1, *values.shape[1:]))
    np.add.at(steps, starts.clip(0, length), values)
    np.subtract.at(steps, (starts + window).clip(0, length), values)
    return np.cumsum(steps[:-1], axis=0)


def _paint(scores: NDArray[np.float64], grid: PatchGrid) -> NDArray[np.float64]:
    columns = _paint_line(scores, grid.tops, grid.window, grid.height)
    return _paint_line(columns.T, grid.lefts, grid.window, grid.width).T


@lru_cache(maxsize=8)
def _weights(
    starts: tuple[int, ...], window: int, length: int, smoothing: float
) -> NDArray[np.float32]:
    """Matrix (length, len(starts)) of linear interpolation from window centres to pixels.

    With `smoothing`, of the Gaussian over the pixels too.
    """
    centres, pixels = np.array(starts) + (window - 1) / 2, np.arange(length)
    right = np.searchsorted(centres, pixels, side="right").clip(
        min(1, len(centres) - 1), len(centres) - 1
    )
    left = (right - 1).clip(0)
    share = (pixels - centres[left]) / (centres[right] - centres[left]).clip(1)
    weights = np.zeros((length, len(starts)))
    weights[pixels, left] = 1 - share.clip(0, 1)
    weights[pixels, right] += share.clip(0, 1)
    if smoothing:
        weights = gaussian_filter1d(weights, smoothing, axis=0)
    return weights.astype(np.float32)


def relative_positions(cells: NDArray[np.int64], grid: PatchGrid) -> NDArray[np.float32]:
    """Row and column (n, 2) of cells, counted row after row: 0 at the first, 1 at the last.

    A grid of one row or column has its cells in the middle of it.
    """
    at = np.stack(np.divmod(cells, grid.shape[1]), axis=1)
    last = np.array(grid.shape) - 1
    return np.where(last > 0, at / last.clip(1), 0.5).astype(np.float32)


def mean_of_highest(scores: NDArray[np.float32], share: float) -> float:
    """The mean of the highest `share` of some scores, of one at least."""
    top = max(1, round(scores.size * share))
    return float(np.partition(scores.ravel(), -top)[-top:].mean(dtype=np.float64))
