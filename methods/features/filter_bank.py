"""Responses of fixed filters as the description of a patch, for the day without a network."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, fftfreq, ifft2
from scipy.ndimage import gaussian_gradient_magnitude

from images.colour import Image, to_grey
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.features.raw import RawPatchParameters
from methods.features.registry import FeatureKind, register
from methods.patches.grid import PatchGrid, ScoreMap

WAVELENGTHS = (4.0, 8.0)
"""Of the Gabor filters, pixels; the envelope's standard deviation is half of one."""
ORIENTATIONS = (0, 45, 90, 135)
"""In which the waves of the Gabor filters run, degrees from the row to the column axis."""
GRADIENT_SIGMAS = (1.0, 2.0)
NEIGHBOURS = 8
PATTERNS = NEIGHBOURS + 2
"""Uniform local binary patterns: by the number of brighter neighbours, and all others."""
REACH = 20
"""Pixels around a window that its numbers may depend on, more than all filters see."""
STRIP = 128
"""Pixel rows that are filtered at once, surroundings excluded."""

Maps = NDArray[np.float32]


class FilterBank(PatchFeatures):
    """Responses of fixed filters, averaged over square windows, `stride` pixels apart.

    A window is described by 22 numbers: mean and standard deviation of brightness; mean magnitude
    of eight complex Gabor filters without response to a constant (Daugman, Journal of the Optical
    Society of America A 1985), at two wavelengths and four orientations; mean gradient magnitude at
    two scales; and the shares of the ten uniform local binary patterns of eight neighbours (Ojala,
    Pietikäinen and Mäenpää, IEEE TPAMI 2002). Colour images are taken as grey, borders are
    mirrored, and a pixel's score is the mean over all windows that cover it. Cost: some nine
    Fourier transforms of the image; memory holds a strip of it.
    """

    costly = True

    def __init__(self, window: int, stride: int) -> None:
        self.window = window
        self.stride = stride

    def signature(self) -> str:
        return f"{type(self).__name__} {self.window} {self.stride}"

    @property
    def border(self) -> int:
        """Cells from the border inwards whose filters see mirrored pixels."""
        return -(-REACH // self.stride)

    def channel_names(self) -> list[str]:
        """A name for every component of a patch."""
        return [
            "mean",
            "deviation",
            *(f"Gabor {wave:g} px, {angle} deg" for wave in WAVELENGTHS for angle in ORIENTATIONS),
            *(f"gradient, sigma {sigma:g}" for sigma in GRADIENT_SIGMAS),
            *(f"pattern {number}" for number in range(PATTERNS)),
        ]

    def grid(self, height: int, width: int) -> PatchGrid:
        return PatchGrid.regular(height, width, self.window, self.stride)

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape[:2])
        mirrored = _mirrored(image)
        rows, columns = grid.shape
        step = max(1, (STRIP - self.window) // self.stride)
        for first in range(0, rows, step):
            patches = self._describe(mirrored, grid, slice(first, first + step))
            yield Band(patches, first * columns, grid)

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return grid.spread(scores)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        grid = self.grid(*image.shape[:2])
        row = self._describe(_mirrored(image), grid, slice(grid_row, grid_row + 1))
        return Band(row[grid_col : grid_col + 1], grid_row * grid.shape[1] + grid_col, grid)

    def _describe(self, mirrored: Image, grid: PatchGrid, rows: slice) -> Patches:
        """The patches (n, 22) of some grid rows."""
        tops = grid.tops[rows]
        strip = mirrored[tops[0] : tops[-1] + self.window + 2 * REACH]
        inner = strip[REACH:-REACH, REACH:-REACH]
        corners = (tops - tops[0], grid.lefts)

        def mean(values: NDArray[np.floating]) -> NDArray[np.float64]:
            return _window_means(values, *corners, self.window)

        middle = np.float64(inner.mean())
        offset = mean(inner - middle)
        variance = mean(np.square(inner - middle, dtype=np.float64)) - offset**2
        described = [offset + middle, np.sqrt(variance.clip(0))]
        described += [mean(magnitude) for magnitude in _gabor_magnitudes(strip)]
        for sigma in GRADIENT_SIGMAS:
            gradient = gaussian_gradient_magnitude(strip, sigma)
            described.append(mean(gradient[REACH:-REACH, REACH:-REACH]))
        described += [mean(pattern) for pattern in _patterns(strip)]
        return np.stack(described, axis=-1).reshape(-1, len(described)).astype(np.float32)


def _mirrored(image: Image) -> Image:
    """The image in grey, with `REACH` mirrored pixels on every side."""
    return np.pad(to_grey(image), REACH, mode="symmetric")


def _window_means(
    values: NDArray[np.floating], tops: NDArray[np.int64], lefts: NDArray[np.int64], window: int
) -> NDArray[np.float64]:
    """Means (rows, columns) over square windows, by a table of sums."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(values, axis=0, dtype=np.float64, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    above, below = sums[tops], sums[tops + window]
    columns = below - above
    totals: NDArray[np.float64] = columns[:, lefts + window] - columns[:, lefts]
    return totals / window**2


def _gabor_magnitudes(strip: Image) -> Iterator[Maps]:
    """Magnitudes of the Gabor responses, inside the surroundings of a strip.

    The transfer function is a Gaussian around the wave's frequency less as much of one around zero
    as makes a constant vanish.
    """
    spectrum = fft2(strip, workers=-1)
    down, across = (fftfreq(length) for length in strip.shape)
    for wavelength in WAVELENGTHS:
        sigma = wavelength / 2
        low = np.outer(_envelope(down, sigma), _envelope(across, sigma))
        for angle in np.radians(ORIENTATIONS):
            x, y = np.cos(angle) / wavelength, np.sin(angle) / wavelength
            band = np.outer(_envelope(down - y, sigma), _envelope(across - x, sigma))
            transfer = (band - band[0, 0] * low).astype(np.float32)
            response = ifft2(spectrum * transfer, workers=-1, overwrite_x=True)
            yield np.abs(response[REACH:-REACH, REACH:-REACH])


def _envelope(frequencies: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """The transfer function of a Gaussian that is sampled at pixels: it repeats every 1 / pixel."""
    repeated = frequencies[:, None] + np.array([-1, 0, 1])
    return np.exp(-2 * (np.pi * sigma * repeated) ** 2).sum(axis=1)


def _patterns(strip: Image) -> Iterator[Maps]:
    """Where each uniform local binary pattern is (1) and is not (0)."""
    from skimage.feature import local_binary_pattern

    grey = np.rint(255 * strip.clip(0, 1)).astype(np.uint8)
    found = local_binary_pattern(grey, NEIGHBOURS, 1, method="uniform")  # type: ignore[no-untyped-call]
    inner = found[REACH:-REACH, REACH:-REACH]
    for number in range(PATTERNS):
        yield (inner == number).astype(np.float32)


@register
class FilterBankKind(FeatureKind):
    """Filter responses in the windows of raw patches."""

    name = "filter bank"
    summary = "the answers of a bank of filters"
    rank = 1
    Params = RawPatchParameters

    def features(self, params: RawPatchParameters) -> FilterBank:
        return FilterBank(params.window, params.stride)
