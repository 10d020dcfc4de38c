"""Patches compared with what is normal at their own position, where normal images are aligned.

In photographs of one product in one place a patch is normal only where it belongs; in a texture all
positions are alike. Which of the two a set of images is shows in the normal images alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from images.colour import Image
from images.words import percent
from methods.detector import Array
from methods.features.patch_features import Band, PatchFeatures, WrappedFeatures
from methods.progress import Progress

Alignment = Literal["auto", "on", "off"]

ALIGNED_ABOVE = 0.1
"""Share of the variance that positions must explain for images to count as aligned."""
BLUR = 1.0
"""Standard deviation in cells of the Gaussian over the means of the positions."""
FEWEST_IMAGES = 3


class PositionMeans:
    """How normal patches at each position differ from the mean of all, where they do.

    With x_i(p) the patch of normal image i at position p, m(p) the mean over N images, m the mean
    of all patches and v the mean variance within a position, positions explain the share

        e = (Var_p m(p) - v / N) / (Var_p m(p) - v / N + v),

    a mean over standardised features; v / N is what chance explains. Cells next to the border are
    left out of it, since there textures differ too. Where e exceeds `ALIGNED_ABOVE`, or `alignment`
    is "on", patches have w (m(p) - m) taken away, with m(p) blurred over the neighbouring cells and
    w = e' / (e' + v / N) the factor by which the difference is shrunk (James and Stein 1961), e'
    the explained variance. The model then sees what remains, at all positions together, so a few
    images suffice. Images of another size are taken as they are. Memory: 20 bytes a cell and
    feature.
    """

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment
        self.offsets_: NDArray[np.float32] | None = None
        """(rows, columns, d): what is taken away, or None where images are not aligned."""
        self.explained_ = 0.0

    def fit(self, features: PatchFeatures, images: Sequence[Image], progress: Progress) -> None:
        """Find out whether the images are aligned; one pass over their patches."""
        if self.alignment == "off" or len(images) < FEWEST_IMAGES:
            return
        sums: NDArray[np.float64] | None = None
        for index in range(len(images)):
            for band in features.bands(images[index]):
                shape = (*band.grid.shape, band.patches.shape[1])
                if sums is None:
                    sums, squares = np.zeros((2, *shape))
                if shape != sums.shape:
                    return  # images of several sizes are not aligned
                for total, values in ((sums, band.patches), (squares, band.patches**2)):
                    total.reshape(-1, shape[2])[band.cells] += values
            progress((index + 1) / len(images))
        assert sums is not None
        self._decide(sums / len(images), squares / len(images), len(images), features.border)

    def moved(self, band: Band) -> Band:
        """A band less what is usual at its positions."""
        if self.offsets_ is None or band.grid.shape != self.offsets_.shape[:2]:
            return band
        flat = self.offsets_.reshape(-1, self.offsets_.shape[2])
        return Band(band.patches - flat[band.cells], band.first, band.grid)

    def text(self) -> str:
        """What an explanation says of it."""
        if self.offsets_ is None:
            return ""
        return (
            f" The normal images are aligned (positions explain {percent(self.explained_)} of "
            "their variance), so the patch is compared with normal patches at the same position."
        )

    def state(self) -> dict[str, Array]:
        """What was found, as arrays."""
        if self.offsets_ is None:
            return {}
        return {"aligned.offsets": self.offsets_, "aligned.explained": np.array([self.explained_])}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""
        if "aligned.offsets" in arrays:
            self.offsets_ = arrays["aligned.offsets"]
            self.explained_ = float(arrays["aligned.explained"][0])

    def _decide(
        self, means: NDArray[np.float64], squares: NDArray[np.float64], count: int, border: int
    ) -> None:
        depth = min(border, (min(means.shape[:2]) - 1) // 4)
        inner = slice(depth, -depth or None)
        within = (squares - means**2)[inner, inner].mean(axis=(0, 1)) * count / (count - 1)
        between = means[inner, inner].var(axis=(0, 1)) - within / count
        total = (between + within).clip(np.finfo(np.float32).tiny)
        self.explained_ = float((between / total).mean())
        if self.alignment == "auto" and self.explained_ <= ALIGNED_ABOVE:
            return
        offsets = means - means.mean(axis=(0, 1))
        for axis in (0, 1):
            offsets = gaussian_filter1d(offsets, BLUR, axis, mode="nearest")
        share = between.clip(0) / (between.clip(0) + within / count).clip(1e-12)
        self.offsets_ = (offsets * share).astype(np.float32)


class AlignedFeatures(WrappedFeatures):
    """Other features less what is usual at their positions."""

    def __init__(self, features: PatchFeatures, means: PositionMeans) -> None:
        super().__init__(features)
        self._means = means

    def bands(self, image: Image) -> Iterator[Band]:
        return map(self._means.moved, self._features.bands(image))

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        return self._means.moved(self._features.at(image, grid_row, grid_col))
