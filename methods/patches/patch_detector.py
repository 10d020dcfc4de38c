"""Detectors that compose patch features with a model of normal patches.

An image becomes a grid of patches, the model scores each patch, and the features put the scores
back on the pixels. Most detectors are this and a choice of the two parts.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from images.colour import Image
from images.on_demand import OnDemand, selected
from methods.detector import Array, Cloud, Detector, DetectorError, Explanation, Panel
from methods.features.aligned import AlignedFeatures, PositionMeans
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.features.remembered import FeatureStore, RememberedFeatures
from methods.patches.grid import PatchGrid, ScoreMap, relative_positions
from methods.progress import Progress, span


@dataclass(frozen=True)
class Reason:
    """Why a model gave a patch its score."""

    text: str
    expected: Patches | None = None
    """The normal patch that the model compares with, where it has one."""
    panels: tuple[Panel, ...] = ()
    quantities: Mapping[str, float] | None = None
    cloud: Cloud | None = None


class NormalPatches:
    """The patches of the normal images, read from the images whenever they are asked for."""

    def __init__(self, features: PatchFeatures, images: Sequence[Image]) -> None:
        self._features = features
        self._images = images

    def __len__(self) -> int:
        """The number of images."""
        return len(self._images)

    def of_images(self, chosen: NDArray[np.int64]) -> "NormalPatches":
        """The patches of some of the images, by their numbers (n,)."""
        return NormalPatches(self._features, selected(self._images, chosen.tolist()))

    def bands(self, progress: Progress) -> Iterator[Band]:
        """One pass over all patches of all images; memory holds one band."""
        for index in range(len(self._images)):
            for band in self._features.bands(self._images[index]):
                yield band
                progress((index + share_done(band)) / len(self._images))

    def sample(self, count: int, rng: np.random.Generator, progress: Progress) -> Patches:
        """At most `count` patches (n, d), from every image the same number but for one.

        With fewer patches than images they come from images spread evenly over all.
        """
        return self.sample_with_places(count, rng, progress)[0]

    def sample_with_places(
        self, count: int, rng: np.random.Generator, progress: Progress
    ) -> tuple[Patches, NDArray[np.int64]]:
        """Like `sample`, and for every patch the number of its image and its cell (n, 2)."""
        shares = np.diff(np.arange(len(self._images) + 1) * count // len(self._images))
        parts, places = [], []
        for index, share in enumerate(shares.tolist()):
            if share:
                patches, cells = self._features.sample(self._images[index], share, rng)
                parts.append(patches)
                places.append(np.stack([np.full(len(cells), index), cells], axis=1))
            progress((index + 1) / len(shares))
        return np.concatenate(parts), np.concatenate(places)

    def positions(self, places: NDArray[np.int64], progress: Progress) -> NDArray[np.float32]:
        """Where in their images the cells at `places` (n, 2) are: see `relative_positions`."""
        found = np.empty((len(places), 2), dtype=np.float32)
        for index in np.unique(places[:, 0]):
            grid = self._features.grid(*self._images[index].shape[:2])
            here = places[:, 0] == index
            found[here] = relative_positions(places[here, 1], grid)
            progress((index + 1) / len(self._images))
        return found

    def windows(self, places: NDArray[np.int64], progress: Progress) -> Iterator[tuple[int, Image]]:
        """The pixels of the windows at `places` (n, 2), each with its number among them.

        Every image is read once.
        """
        for index in np.unique(places[:, 0]):
            image = self._images[index]
            grid = self._features.grid(*image.shape[:2])
            for at in np.flatnonzero(places[:, 0] == index):
                row, column = divmod(int(places[at, 1]), grid.shape[1])
                yield int(at), window_of(image, grid, row, column)
            progress((index + 1) / len(self._images))

    def mapped(self, change: Callable[[Image], Image]) -> "NormalPatches":
        """The patches of the same images after a change, made whenever one is read."""
        return NormalPatches(
            self._features, OnDemand(len(self._images), lambda at: change(self._images[at]))
        )

    def split(self, share: float, narrowest: int) -> tuple["NormalPatches", "NormalPatches"]:
        """Patches to learn from, and patches held out that have no pixel in common with them.

        A strip at one end of each image is held out, a `share` of its longer side and at least
        `narrowest` pixels wide, so that every image is in both parts. Raises `DetectorError`,
        once pixels are asked for, when no more than that is left of an image.
        """
        rest, strips = (
            _Strips(self._features, self._images, share, narrowest, held_out)
            for held_out in (False, True)
        )
        return NormalPatches(self._features, rest), NormalPatches(self._features, strips)


class _Strips(OnDemand[Image]):
    """A strip at one end of each image, or what the strip leaves of it.

    The strip lies across the longer side, at the far end of one image and the near end of the next.
    """

    def __init__(
        self,
        features: PatchFeatures,
        images: Sequence[Image],
        share: float,
        narrowest: int,
        held_out: bool,
    ) -> None:
        super().__init__(len(images), self._cut)
        self._features = features
        self._images = images
        self._share = share
        self._narrowest = narrowest
        self._held_out = held_out

    def _cut(self, index: int) -> Image:
        image = self._images[index]
        height, width = image.shape[:2]
        self._features.grid(height, width)  # refuses an image that is too small as a whole
        strip = max(round(max(height, width) * self._share), self._narrowest)
        rest = max(height, width) - strip
        if rest < self._narrowest:
            raise DetectorError(
                f"The image is {width} x {height} pixels; to hold out a part of it, one side "
                f"must be at least {2 * self._narrowest} pixels."
            )
        far = index % 2 == 0
        cut = rest if far else strip
        part = slice(cut, None) if self._held_out == far else slice(cut)
        return image[part] if height >= width else image[:, part]


class PatchModel(ABC):
    """What normal patches look like, and how far a patch is from that."""

    @abstractmethod
    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        """Learn from normal patches."""

    @abstractmethod
    def score(self, band: Band) -> NDArray[np.float32]:
        """A score (n,) for every patch, higher = more anomalous."""

    @abstractmethod
    def reason(self, band: Band) -> Reason:
        """Why the single patch in `band` has its score."""

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""


class PatchDetector(Detector):
    """A detector made of patch features and a model of normal patches."""

    def warm_up(self) -> None:
        features = self._features()
        if features.costly:
            for _ in features.bands(np.zeros((64, 64), dtype=np.float32)):
                pass

    @abstractmethod
    def _features(self) -> PatchFeatures:
        """The features that the parameters ask for."""

    @abstractmethod
    def _model(self) -> PatchModel:
        """An unfitted model as the parameters ask for it."""

    def _model_for(self, image: Image) -> PatchModel:
        """The fitted model that scores an image; the same for all images but where `fit` sees
        those that are scored."""
        return self.model_

    def parts(self) -> tuple[PatchFeatures, PatchModel]:
        """The features and the model that it is made of, unfitted."""
        return self._features(), self._model()

    @property
    def smoothing(self) -> float:
        """Standard deviation in pixels of the Gaussian that smooths the map; 0 for none."""
        return self._smoothing()

    def _smoothing(self) -> float:
        """The same, as the parameters ask for it."""
        return 0.0

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        self.plain_ = self._features()
        self.plain_.fit(images)
        with self._own_store() as own:
            self.means_ = self._position_means()
            if self.means_ is not None:
                plain = self._with_store(self.plain_, own)
                self.means_.fit(plain, self._showing_positions(images), span(progress, 0.0, 0.4))
                progress = span(progress, 0.4, 1.0)
            patches = NormalPatches(self._composed(own), images)
            model = self._model()
            model.fit(patches, np.random.default_rng(self.seed), progress)
        self.features_ = self._composed(self._store)
        self.model_ = model

    def _position_means(self) -> PositionMeans | None:
        """What tells positions apart where normal images are aligned, or None for never."""
        return None

    def _showing_positions(self, images: Sequence[Image]) -> Sequence[Image]:
        """The images that tell whether images are aligned, and what is usual at each position."""
        return images

    @contextmanager
    def _own_store(self) -> Iterator[FeatureStore]:
        """The store that was given, or one for this fit, which visits images several times."""
        if self._store is not None:
            yield self._store
            return
        with TemporaryDirectory(prefix="anomaly-compare-") as folder:
            yield FeatureStore(Path(folder))

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        grid, model = self._grid(image), self._model_for(image)
        scores = np.empty(grid.shape, dtype=np.float32)
        for band in self._bands(image):
            scores.ravel()[band.cells] = model.score(band)
            progress(share_done(band))
        return self.features_.to_smooth_pixels(grid, scores, self._smoothing())

    def _bands(self, image: Image) -> Iterator[Band]:
        """The patches of an image whose map is computed."""
        return self.features_.bands(image)

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        grid_row, grid_col = self._grid(image).nearest(row, col)
        band = self.features_.at(image, grid_row, grid_col)
        model = self._model_for(image)
        reason = model.reason(band)
        score = float(model.score(band)[0])
        seen = self.features_.picture(band.patches[0])
        if seen is None:
            panels = [Panel("Seen here", window_of(image, band.grid, grid_row, grid_col))]
        else:
            panels = [Panel("Patch", seen)]
            if reason.expected is not None:
                expected = self.features_.picture(reason.expected)
                assert expected is not None
                panels += [Panel("Expected", expected), Panel("Residual", seen - expected, True)]
        return Explanation(
            score,
            reason.text + self.plain_.text() + (self.means_.text() if self.means_ else ""),
            (*panels, *reason.panels),
            reason.quantities,
            reason.cloud,
        )

    def remember(self, store: FeatureStore | None) -> None:
        super().remember(store)
        if self.fitted:
            self.features_ = self._composed(store)

    def _composed(self, store: FeatureStore | None) -> PatchFeatures:
        features = self._with_store(self.plain_, store)
        return features if self.means_ is None else AlignedFeatures(features, self.means_)

    @staticmethod
    def _with_store(features: PatchFeatures, store: FeatureStore | None) -> PatchFeatures:
        if store is None or not features.costly:
            return features
        return RememberedFeatures(features, store)

    def _state(self) -> dict[str, Array]:
        means = self.means_.state() if self.means_ is not None else {}
        return {**self.model_.state(), **self.plain_.state(), **means}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.plain_ = self._features()
        self.means_ = self._position_means()
        if self.means_ is not None:
            self.means_.restore(arrays)
        self.features_ = self._composed(None)
        self.model_ = self._model()
        self.model_.restore(arrays)
        # Last, since only a file that holds all the rest can be one of an earlier version.
        self.plain_.restore(arrays)

    def _grid(self, image: Image) -> PatchGrid:
        return self.features_.grid(*image.shape[:2])


def share_done(band: Band) -> float:
    """The share of an image's patches that lie before the end of a band."""
    return band.cells.stop / (band.grid.shape[0] * band.grid.shape[1])


def smooth(scores: ScoreMap, sigma: float) -> ScoreMap:
    """A score map smoothed with a Gaussian of `sigma` pixels; borders are mirrored."""
    return gaussian_filter(scores, sigma) if sigma > 0 else scores


def window_of(image: Image, grid: PatchGrid, grid_row: int, grid_col: int) -> Image:
    """The pixels of one window, less what lies outside the image."""
    top, left = int(grid.tops[grid_row]), int(grid.lefts[grid_col])
    rows = slice(max(top, 0), top + grid.window)
    return image[rows, max(left, 0) : left + grid.window]
