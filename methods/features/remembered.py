"""Features that were computed once and are kept on disk while a method is fitted several times."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from images.colour import Image
from methods.features.patch_features import Band, PatchFeatures, WrappedFeatures

LIMIT_BYTES = 4 * 2**30


class FeatureStore:
    """Bands of patches in a folder, found again by their features and the pixels of their image.

    Keeps up to `limit` bytes and forgets nothing: beyond that, features are computed again.
    """

    def __init__(self, folder: Path, limit: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._room = limit
        self._bands: dict[str, list[tuple[int, Path]]] = {}
        self.seconds = 0.0
        """Spent on computing features, which need not be computed again."""

    def bands(self, features: PatchFeatures, image: Image) -> Iterator[Band]:
        """The bands of an image, from disk where they were computed before."""
        digest = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16)
        digest.update(f"{image.shape} {features.signature()}".encode())
        key = digest.hexdigest()
        if key in self._bands:
            grid = features.grid(*image.shape[:2])
            for first, path in self._bands[key]:
                yield Band(np.load(path), first, grid)
            return
        kept: list[tuple[int, Path]] = []
        for band in self._timed(features.bands(image)):
            path = self._folder / f"{key}-{band.first}.npy"
            if self._save(path, band):
                kept.append((band.first, path))
            yield band
        if self._room >= 0:
            self._bands[key] = kept

    def _timed(self, bands: Iterator[Band]) -> Iterator[Band]:
        while True:
            begin = time.perf_counter()
            band = next(bands, None)
            self.seconds += time.perf_counter() - begin
            if band is None:
                return
            yield band

    def _save(self, path: Path, band: Band) -> bool:
        """Whether there was room for a band."""
        self._room -= band.patches.nbytes
        if self._room >= 0:
            try:
                np.save(path, band.patches)
            except OSError:  # the disk is full
                path.unlink(missing_ok=True)
                self._room = -1
        return self._room >= 0


class RememberedFeatures(WrappedFeatures):
    """Other features, looked up in a store before they are computed."""

    def __init__(self, features: PatchFeatures, store: FeatureStore) -> None:
        super().__init__(features)
        self._store = store

    def bands(self, image: Image) -> Iterator[Band]:
        return self._store.bands(self._features, image)
